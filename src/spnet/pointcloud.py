"""Coloured point clouds, and writing them as PLY and GLB."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.files import atomic_path
from spnet.geometry import default_intrinsics, unproject
from spnet.types import ByteImage, FloatImage, Intrinsics


@dataclass(frozen=True)
class PointCloud:
    """Points (N, 3) float32 metres in the camera's frame (x right, y down, z forward); colours (N, 3) uint8."""

    points: NDArray[np.float32]
    colors: NDArray[np.uint8]

    def save(self, path: str | Path) -> None:
        """Write `.ply` (binary) or `.glb`.

        Raises:
            BadInput: another suffix.
            CannotWrite: the target cannot be written.
        """
        writers = {".ply": _ply_bytes, ".glb": _glb_bytes}
        suffix = Path(path).suffix.lower()
        if suffix not in writers:
            raise BadInput(f"Cannot write a point cloud as {Path(path).name!r}: use .ply or .glb.")
        with atomic_path(path) as temporary:
            temporary.write_bytes(writers[suffix](self))


def from_depth(depth: FloatImage, rgb: ByteImage, intrinsics: Intrinsics | None = None) -> PointCloud:
    """The cloud of all known pixels.

    Args:
        depth: (H, W) metres, 0 = unknown.
        rgb: (H, W, 3) uint8.
        intrinsics: the camera; guessed (45° of view) where None.
    """
    known = depth > 0
    points = unproject(depth, intrinsics or default_intrinsics(depth.shape))
    return PointCloud(points[known], rgb[known])


def _ply_bytes(cloud: PointCloud) -> bytes:
    names = ("x", "y", "z"), ("red", "green", "blue")
    vertex = np.empty(len(cloud.points), dtype=[*((n, "<f4") for n in names[0]), *((n, "u1") for n in names[1])])
    for i in range(3):
        vertex[names[0][i]], vertex[names[1][i]] = cloud.points[:, i], cloud.colors[:, i]
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(vertex)}"]
    lines += [f"property float {n}" for n in names[0]] + [f"property uchar {n}" for n in names[1]] + ["end_header"]
    return ("\n".join(lines) + "\n").encode() + vertex.tobytes()


def _glb_bytes(cloud: PointCloud) -> bytes:
    """glTF 2.0 binary with one POINTS primitive; glTF's y points up and z towards the viewer."""
    positions = np.ascontiguousarray(cloud.points * np.array([1, -1, -1], np.float32), dtype="<f4")
    colors = np.full((len(positions), 4), 255, dtype=np.uint8)
    colors[:, :3] = cloud.colors
    low, high = (positions.min(0), positions.max(0)) if len(positions) else (np.zeros(3), np.zeros(3))
    size, body = positions.nbytes, positions.tobytes() + colors.tobytes()
    count = len(positions)
    document = {
        "asset": {"version": "2.0", "generator": "spnet"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "COLOR_0": 1}, "mode": 0}]}],
        "buffers": [{"byteLength": len(body)}],
        "bufferViews": [
            {"buffer": 0, "byteLength": size, "target": 34962},
            {"buffer": 0, "byteOffset": size, "byteLength": colors.nbytes, "target": 34962},
        ],
        "accessors": [
            {
                "bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3",
                "min": [float(v) for v in low], "max": [float(v) for v in high],
            },
            {"bufferView": 1, "componentType": 5121, "normalized": True, "count": count, "type": "VEC4"},
        ],
    }  # fmt: skip
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body += b"\0" * (-len(body) % 4)
    total = 12 + 8 + len(text) + 8 + len(body)
    header = struct.pack("<III", 0x46546C67, 2, total)
    return header + struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(body), 0x004E4942) + body
