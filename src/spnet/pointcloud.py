"""Coloured point clouds, and writing them as PLY and GLB."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.files import atomic_path
from spnet.geometry import default_intrinsics, unproject
from spnet.types import ByteImage, FloatImage, Intrinsics

# Numbers of the glTF 2.0 specification.
_FLOAT, _UNSIGNED_BYTE, _ARRAY_BUFFER, _POINTS = 5126, 5121, 34962, 0
_MAGIC, _JSON_CHUNK, _BINARY_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942


@dataclass(frozen=True)
class PointCloud:
    """Coloured points in the camera's frame.

    Attributes:
        points: (N, 3) float32 metres: x right, y down, z forward.
        colors: (N, 3) uint8 RGB.
    """

    points: NDArray[np.float32]
    colors: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.points.ndim != 2 or self.points.shape[1] != 3 or self.points.shape != self.colors.shape:
            shapes = f"{self.points.shape} and {self.colors.shape}"
            raise BadInput(f"A point cloud needs points and colours of the shape (N, 3), not {shapes}.")

    def __len__(self) -> int:
        return len(self.points)

    def save(self, path: str | Path) -> None:
        """Write `.ply` or `.glb`, by the suffix.

        Raises:
            BadInput: another suffix, or no points.
            CannotWrite: the target cannot be written.
        """
        writers: dict[str, Callable[[str | Path, PointCloud], None]] = {".ply": write_ply, ".glb": write_glb}
        suffix = Path(path).suffix.lower()
        if suffix not in writers:
            name = Path(path).name
            raise BadInput(f"A point cloud cannot be written as {name!r}: the name must end in .ply or .glb.")
        writers[suffix](path, self)


def from_depth(depth: FloatImage, rgb: ByteImage, intrinsics: Intrinsics | None = None) -> PointCloud:
    """The cloud of all known pixels, row by row.

    Args:
        depth: (H, W) metres, 0 = unknown.
        rgb: (H, W, 3) uint8.
        intrinsics: the camera; None: the guess of `default_intrinsics`.

    Raises:
        BadInput: the two differ in size.

    >>> cloud = from_depth(np.array([[0, 2]], np.float32), np.full((1, 2, 3), 9, np.uint8))
    >>> cloud.points[:, 2], cloud.colors
    (array([2.], dtype=float32), array([[9, 9, 9]], dtype=uint8))
    """
    if rgb.shape != (*depth.shape, 3):
        raise BadInput(f"A point cloud needs one size: depth {depth.shape}, rgb {rgb.shape}.")
    known = np.isfinite(depth) & (depth > 0)
    points = unproject(depth, intrinsics or default_intrinsics(depth.shape))
    return PointCloud(points[known], rgb[known])


def write_ply(path: str | Path, cloud: PointCloud) -> None:
    """Write a binary little-endian PLY in the camera's own axes; the file is complete or absent.

    Raises:
        CannotWrite: the target cannot be written.
    """
    places, channels = ("x", "y", "z"), ("red", "green", "blue")
    vertices = np.empty(len(cloud), [*((name, "<f4") for name in places), *((name, "u1") for name in channels)])
    for index, (place, channel) in enumerate(zip(places, channels, strict=True)):
        vertices[place], vertices[channel] = cloud.points[:, index], cloud.colors[:, index]
    header = [
        "ply",
        "format binary_little_endian 1.0",
        "comment metres; x right, y down, z forward",
        f"element vertex {len(cloud)}",
        *(f"property float {name}" for name in places),
        *(f"property uchar {name}" for name in channels),
        "end_header\n",
    ]
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write("\n".join(header).encode())
        file.write(vertices.tobytes())


def write_glb(path: str | Path, cloud: PointCloud) -> None:
    """Write a glTF 2.0 binary with one POINTS primitive; the file is complete or absent.

    Turned to glTF's axes (y up, z towards the viewer). Colours are stored linear, as glTF defines them, so that
    viewers show those of the image.

    Raises:
        BadInput: no points, which glTF cannot express.
        CannotWrite: the target cannot be written.
    """
    if not len(cloud):
        raise BadInput(f"{path}: a GLB file needs at least one point.")
    positions = np.ascontiguousarray(cloud.points * np.array([1, -1, -1], np.float32), "<f4")
    colors = np.full((len(cloud), 4), 255, np.uint8)
    colors[:, :3] = _LINEAR[cloud.colors]
    binary = positions.tobytes() + colors.tobytes()  # both are multiples of 4 bytes
    document = json.dumps(_gltf(positions, colors), separators=(",", ":")).encode()
    document += b" " * (-len(document) % 4)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(struct.pack("<III", _MAGIC, 2, 12 + 8 + len(document) + 8 + len(binary)))
        file.write(struct.pack("<II", len(document), _JSON_CHUNK) + document)
        file.write(struct.pack("<II", len(binary), _BINARY_CHUNK) + binary)


def _gltf(positions: NDArray[np.float32], colors: NDArray[np.uint8]) -> dict[str, object]:
    """The scene description; POSITION must state its bounds."""
    count, split = len(positions), positions.nbytes
    low, high = positions.min(axis=0).tolist(), positions.max(axis=0).tolist()
    place = {"bufferView": 0, "componentType": _FLOAT, "count": count, "type": "VEC3", "min": low, "max": high}
    color = {"bufferView": 1, "componentType": _UNSIGNED_BYTE, "normalized": True, "count": count, "type": "VEC4"}
    return {
        "asset": {"version": "2.0", "generator": "spnet"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "COLOR_0": 1}, "mode": _POINTS}]}],
        "accessors": [place, color],
        "bufferViews": [
            {"buffer": 0, "byteLength": split, "target": _ARRAY_BUFFER},
            {"buffer": 0, "byteOffset": split, "byteLength": colors.nbytes, "target": _ARRAY_BUFFER},
        ],
        "buffers": [{"byteLength": split + colors.nbytes}],
    }


def _linear_table() -> NDArray[np.uint8]:
    """sRGB level to linear level (IEC 61966-2-1)."""
    level = np.arange(256) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    table: NDArray[np.uint8] = np.rint(255 * linear).astype(np.uint8)
    return table


_LINEAR = _linear_table()
