"""Writers of small archives in the official layouts and byte formats, with content that shows a wrong axis order."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (6, 10)  # H, W: neither square nor symmetric


def picture(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) uint8 noise."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def ramp(start: float, size: tuple[int, int] = SIZE, step: float = 0.125) -> np.ndarray:
    """(H, W) float32 metres, no two pixels alike: a step along x is 1/8 m, one down is W steps."""
    count = size[0] * size[1]
    return (start + step * np.arange(count, dtype=np.float64).reshape(size)).astype(np.float32)


def save(path: Path, image: np.ndarray, **options: object) -> Path:
    """An image file of any kind that Pillow writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)
    return path


def save16(path: Path, metres: np.ndarray, per_metre: float) -> Path:
    """A 16-bit PNG of metres."""
    return save(path, np.rint(np.asarray(metres, np.float64) * per_metre).astype(np.uint16))


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def nyuv2_mat(root: Path, frames: int = 4, size: tuple[int, int] = SIZE) -> Path:
    """MATLAB v7.3 is HDF5 with reversed axes: images (N, 3, W, H), depths (N, W, H); splits.mat is MATLAB v5."""
    import h5py
    from scipy.io import savemat

    root.mkdir(parents=True, exist_ok=True)
    with h5py.File(root / "nyu_depth_v2_labeled.mat", "w") as file:
        file["images"] = np.stack([picture(i, size).transpose(2, 1, 0) for i in range(frames)])
        file["depths"] = np.stack([ramp(1 + i, size).T for i in range(frames)])
        raw = np.stack([ramp(1 + i, size).T for i in range(frames)])
        raw[:, 0, 0], raw[:, 1, 0] = 0, 10  # a hole and a saturated pixel, at (row 0, column 0) and (row 0, column 1)
        file["rawDepths"] = raw
    train = np.array([[1], [4]], np.uint16)
    savemat(root / "splits.mat", {"trainNdxs": train, "testNdxs": np.array([[3], [2]], np.uint16)})
    return root


def nyuv2_png(root: Path, *, dense: bool) -> Path:
    """As extract_official_train_test_set_from_mat.py of the monocular depth repositories writes it; numbers from 0."""
    for part, scene, number in (("test", "kitchen", 1), ("test", "bathroom", 2), ("train", "office", 0)):
        folder = root / "official_splits" / part / scene
        save(folder / f"rgb_{number:05d}.jpg", picture(number))
        save16(folder / f"sync_depth_{number:05d}.png", ramp(1 + number), 1000)
        if dense:
            save16(folder / "dense" / f"sync_depth_dense_{number:05d}.png", ramp(2 + number), 1000)
    return root


def tag_float() -> bytes:
    """What MPI Sintel's .dpt and .cam files start with."""
    return struct.pack("<f", 202021.25)
