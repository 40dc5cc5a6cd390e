"""Writers of miniature archives, shared by the adapters' tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from spnet.types import AnyArray


def ramp(height: int, width: int, start: int = 1000, row: int = 100, column: int = 1) -> AnyArray:
    """uint16 (H, W), every value different along both axes, so that a transposed or flipped reading shows."""
    values = start + row * np.arange(height)[:, None] + column * np.arange(width)
    return values.astype(np.uint16)


def colours(height: int, width: int) -> AnyArray:
    """uint8 (H, W, 3): red grows downwards, green to the right, blue is constant."""
    image = np.full((height, width, 3), 77, np.uint8)
    image[..., 0] = np.linspace(0, 250, height).round()[:, None]
    image[..., 1] = np.linspace(0, 250, width).round()
    return image


def write_image(path: Path, values: AnyArray) -> Path:
    """PNG of 8 or 16 bits, or JPEG without visible loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, quality=100, subsampling=0)
    return path


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def cut(path: Path, keep: float = 0.5) -> None:
    """Truncate a file, as a broken download would be."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
