"""Pictures of what the network sees and makes of it while it is trained: one row a sample."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from spnet.files import atomic_path
from spnet.types import ByteImage, FloatImage
from spnet.viz import colorize, depth_range, input_panel

FOLDER = "panels"
COLUMNS = ("image", "measured", "truth", "prediction")

# All ours, chosen by looking at the pictures.
ROWS = 4  # samples of a panel
_CELL = 224  # pixels, side of a picture
_GAP = 6
_HEAD = 24  # of the captions
_PAPER, _INK = (255, 255, 255), (35, 35, 38)
_NAME = re.compile(r"(step|val)_(\d{8})\.png")

Kind = Literal["step", "val"]  # samples of a training step, or images of a validation


@dataclass(frozen=True)
class Row:
    """One sample: rgb (H, W, 3) uint8; raw, gt and dense (H, W), all in one unit, 0 = unknown."""

    rgb: ByteImage
    raw: FloatImage
    gt: FloatImage
    dense: FloatImage


def rows_of(batch: Mapping[str, Tensor], pred: Tensor) -> list[Row]:
    """The first samples of a batch.

    Args:
        batch: rgb (B, 3, H, W) in [0, 1]; raw and gt (B, 1, H, W), 0 = unknown; on any device.
        pred: (B, 1, H, W), what the network made of it, in the same unit.
    """
    rgb = (255 * _array(batch["rgb"][:ROWS]).clip(0, 1)).round().astype(np.uint8).transpose(0, 2, 3, 1)
    maps = (_array(maps[:ROWS])[:, 0] for maps in (batch["raw"], batch["gt"], pred))
    return [Row(*parts) for parts in zip(rgb, *maps, strict=True)]


def draw_panel(rows: Sequence[Row]) -> ByteImage:
    """Image, measured depth, truth and prediction of some samples; a row has one colour scale.

    Returns:
        (H, W, 3) uint8.
    """
    sizes = [_size(row.gt.shape) for row in rows]
    width = max(size[0] for size in sizes) + _GAP
    height = _HEAD + sum(size[1] + _GAP for size in sizes) - _GAP
    canvas = Image.new("RGB", (len(COLUMNS) * width - _GAP, height), _PAPER)
    draw = ImageDraw.Draw(canvas)
    for column, caption in enumerate(COLUMNS):
        draw.text((column * width + 2, _HEAD - 7), caption, _INK, ImageFont.load_default(14), anchor="ls")
    top = _HEAD
    for row, size in zip(rows, sizes, strict=True):
        for column, picture in enumerate(_pictures(row, size)):
            canvas.paste(picture, (column * width, top))
        top += size[1] + _GAP
    return np.asarray(canvas)


def _array(maps: Tensor) -> FloatImage:
    found: FloatImage = maps.detach().float().cpu().numpy()
    return found


def _pictures(row: Row, size: tuple[int, int]) -> list[Image.Image]:
    low, high = depth_range(row.gt if (row.gt > 0).any() else row.dense)
    return [
        _resized(row.rgb, size),
        input_panel(row.rgb, np.maximum(row.raw, 0), size, low, high),
        *(_resized(colorize(depth, vmin=low, vmax=high), size) for depth in (row.gt, row.dense)),
    ]


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height of a cell; small crops grow by a whole factor."""
    longer = max(shape)
    factor = _CELL / longer if longer > _CELL else max(1, _CELL // longer)
    return max(1, round(shape[1] * factor)), max(1, round(shape[0] * factor))


def _resized(picture: ByteImage, size: tuple[int, int]) -> Image.Image:
    larger = size[0] > picture.shape[1]
    return Image.fromarray(picture).resize(size, Image.Resampling.NEAREST if larger else Image.Resampling.LANCZOS)


def save_panel(out: Path, step: int, panel: ByteImage, kind: Kind = "step") -> None:
    """Write `<out>/panels/<kind>_<step>.png`.

    Raises:
        CannotWrite: it cannot be written.
    """
    with atomic_path(out / FOLDER / f"{kind}_{step:08d}.png") as path:
        Image.fromarray(panel).save(path, "PNG")


def list_panels(out: Path, kind: Kind = "step") -> dict[int, Path]:
    """Step -> file of the run's panels, by rising step."""
    files = sorted((out / FOLDER).glob(f"{kind}_*.png"))
    return {int(match[2]): path for path in files if (match := _NAME.fullmatch(path.name))}


def drop_panels(out: Path, step: int) -> None:
    """Remove the panels of steps after `step`, which are to be done again."""
    for made_at, path in [*list_panels(out).items(), *list_panels(out, "val").items()]:
        if made_at > step:
            path.unlink(missing_ok=True)
