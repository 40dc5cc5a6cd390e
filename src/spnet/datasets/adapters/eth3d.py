"""ETH3D high-resolution multi-view, training scenes: DSLR photographs and laser scans, 6048x4032."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from spnet.datasets.adapters.archive import resized
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import centre, cropped, known, need_file
from spnet.errors import BadInput
from spnet.formats import read_bytes
from spnet.io import read_rgb
from spnet.types import FloatImage, Intrinsics

INDOOR = ("delivery_area", "kicker", "office", "pipes", "relief", "relief_2", "terrains")
OUTDOOR = ("courtyard", "electro", "facade", "meadow", "playground", "terrace")
# OMNI-DC (src/data/eth3d_base.py) tests on all but one scene of each kind, at an eighth of the size.
VALIDATION = ("office", "courtyard")
WINDOW = (3840, 5120)
FACTOR = 8
PROTOCOL = "omni-dc"


def items(root: Path, split: str) -> Sequence[Item]:
    """Frames of the scenes, sorted by scene and name."""
    kinds = {"indoor": INDOOR, "outdoor": OUTDOOR}.get(split.rpartition("-")[2], INDOOR + OUTDOOR)
    scenes = sorted(kinds)
    if split.startswith(PROTOCOL):
        scenes = [scene for scene in scenes if scene not in VALIDATION]
    there = [scene for scene in scenes if (root / scene / "images" / "dslr_images").is_dir()]
    if not there or (split.startswith(PROTOCOL) and there != scenes):
        lacking = next(scene for scene in scenes if scene not in there)
        raise BadInput(f"{root} does not hold ETH3D's split {split}: no {root / lacking / 'images' / 'dslr_images'}.")
    read = _read_view if split.startswith(PROTOCOL) else _read
    return [
        Item(f"{scene}/{path.stem}", partial(read, root / scene, path))
        for scene in there
        for path in sorted((root / scene / "images" / "dslr_images").glob("*.JPG"))
    ]


def _read(scene: Path, path: Path) -> Frame:
    rgb = read_rgb(path)
    file = scene / "ground_truth_depth" / "dslr_images" / path.name
    depth = read_raw(need_file(file, f"the depth of {path}, of the archive {scene.name}_dslr_depth.7z"), rgb.shape)
    calibration = scene / "dslr_calibration_jpg"
    return Frame(rgb, depth, None, _cameras(calibration).get(f"dslr_images/{path.name}"), rgb_file=path)


def read_raw(path: Path, shape: tuple[int, ...]) -> FloatImage:
    """A depth file, named like the JPEG: float32 metres row by row, little endian, without header, infinite = unknown.

    Args:
        path: the file.
        shape: (H, W) of its image; further entries are ignored.

    Returns:
        (H, W) metres, 0 = unknown.

    Raises:
        BadInput: unreadable, or not of that size.
    """
    data = read_bytes(path)
    height, width = shape[:2]
    if len(data) != 4 * height * width:
        raise BadInput(f"{path} holds {len(data)} bytes: an image of {width}x{height} needs {4 * height * width}.")
    return known(np.frombuffer(data, "<f4").reshape(height, width))


@lru_cache(maxsize=16)
def _cameras(folder: Path) -> dict[str, Intrinsics]:
    """Image name -> camera, from COLMAP's text files; empty where they are absent."""
    if not (folder / "cameras.txt").is_file() or not (folder / "images.txt").is_file():
        return {}
    try:
        by_id = {words[0]: _pinhole(words) for words in _rows(folder / "cameras.txt")}
        # Two lines an image: number, rotation (4), translation (3), camera, name; then its key points, often none.
        images = (folder / "images.txt").read_text(encoding="utf-8").splitlines()
        images = [line for line in images if not line.startswith("#")][::2]
        return {words[9]: by_id[words[8]] for words in (line.split() for line in images) if words}
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise BadInput(f"{folder}: cameras.txt and images.txt are not COLMAP's text files ({error!r}).") from None


def _rows(path: Path) -> list[list[str]]:
    rows = path.read_text(encoding="utf-8").splitlines()
    return [row.split() for row in rows if row.strip() and not row.startswith("#")]


def _pinhole(words: list[str]) -> Intrinsics:
    """number, model, width, height, fx, fy, cx, cy, distortion; COLMAP's pixel centres are at halves."""
    fx, fy, cx, cy = (float(word) for word in words[4:8])
    return Intrinsics(fx, fy, cx - 0.5, cy - 0.5)


def _read_view(scene: Path, path: Path) -> Frame:
    frame = _read(scene, path)
    if frame.rgb is None or frame.depth is None:
        raise BadInput(f"{path} is incomplete.")
    top, left = centre(frame.depth.shape, *WINDOW, path)
    window = (slice(top, top + WINDOW[0]), slice(left, left + WINDOW[1]))
    size = WINDOW[1] // FACTOR, WINDOW[0] // FACTOR
    rgb = Image.fromarray(np.ascontiguousarray(frame.rgb[window])).resize(size, Image.Resampling.BILINEAR)
    view = frame.intrinsics and resized(cropped(frame.intrinsics, left, top), WINDOW, (size[1], size[0]))
    return Frame(np.asarray(rgb), pooled(frame.depth[window], FACTOR), None, view)


def pooled(depth: FloatImage, factor: int) -> FloatImage:
    """The mean of the known depths in each square of `factor` pixels; 0 where none is known.

    >>> pooled(np.array([[2, 0, 0, 0], [0, 4, 0, 0]], np.float32), 2).tolist()
    [[3.0, 0.0]]
    """
    height, width = depth.shape[0] // factor, depth.shape[1] // factor
    squares = depth.reshape(height, factor, width, factor).astype(np.float64)
    count = (squares > 0).sum(axis=(1, 3))
    mean: FloatImage = (squares.sum(axis=(1, 3)) / np.maximum(count, 1)).astype(np.float32)
    return mean


ADAPTER = Adapter(
    name="eth3d",
    title="ETH3D, DSLR photographs of the training scenes",
    where="https://www.eth3d.net/datasets: of each of the 13 training scenes <scene>_dslr_jpg.7z and "
    "<scene>_dslr_depth.7z, unpacked into one folder.",
    licence="CC BY-NC-SA 4.0",
    splits=("train", "indoor", "outdoor", f"{PROTOCOL}-indoor", f"{PROTOCOL}-outdoor"),
    unit="mm",
    items=items,
    citation="T. Schöps, J. L. Schönberger, S. Galliani, T. Sattler, K. Schindler, M. Pollefeys and A. Geiger: A "
    "Multi-View Stereo Benchmark with High-Resolution Images and Multi-Camera Videos. CVPR 2017.",
    note="The distorted photographs, for which the depth is given; the intrinsics leave out the lens's distortion. "
    "Depth is what the laser saw, the rest unknown. omni-dc-*: the middle 5120x3840, pixels averaged 8x8 to 640x480. "
    "Frames beyond 65.5 m become NPY.",
)
