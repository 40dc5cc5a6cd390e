"""Pictures of what the network sees and makes of it while it is trained: one row a sample."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

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
_NAME = re.compile(r"step_(\d{8})\.png")


def draw_panel(batch: Mapping[str, Tensor], pred: Tensor) -> ByteImage:
    """Image, measured depth, truth and prediction of the first samples of a batch; a row has one colour scale.

    Args:
        batch: rgb (B, 3, H, W) in [0, 1]; raw and gt (B, 1, H, W), 0 = unknown; on any device.
        pred: (B, 1, H, W), what the network made of it, in the same unit.

    Returns:
        (H', W', 3) uint8.
    """
    rows = min(ROWS, len(pred))
    rgb = (255 * _array(batch["rgb"][:rows]).clip(0, 1)).round().astype(np.uint8).transpose(0, 2, 3, 1)
    raw, gt, dense = (_array(maps[:rows])[:, 0] for maps in (batch["raw"], batch["gt"], pred))
    size = _size(rgb.shape[1:3])
    step = size[0] + _GAP, size[1] + _GAP
    canvas = Image.new("RGB", (len(COLUMNS) * step[0] - _GAP, _HEAD + rows * step[1] - _GAP), _PAPER)
    draw = ImageDraw.Draw(canvas)
    for column, caption in enumerate(COLUMNS):
        draw.text((column * step[0] + 2, _HEAD - 7), caption, _INK, ImageFont.load_default(14), anchor="ls")
    for row in range(rows):
        for column, picture in enumerate(_row(rgb[row], raw[row], gt[row], dense[row], size)):
            canvas.paste(picture, (column * step[0], _HEAD + row * step[1]))
    return np.asarray(canvas)


def _array(maps: Tensor) -> FloatImage:
    found: FloatImage = maps.detach().float().cpu().numpy()
    return found


def _row(
    rgb: ByteImage, raw: FloatImage, gt: FloatImage, dense: FloatImage, size: tuple[int, int]
) -> list[Image.Image]:
    low, high = depth_range(gt if (gt > 0).any() else dense)
    return [
        _resized(rgb, size),
        input_panel(rgb, np.maximum(raw, 0), size, low, high),
        *(_resized(colorize(depth, vmin=low, vmax=high), size) for depth in (gt, dense)),
    ]


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height of a cell; small crops grow by a whole factor."""
    longer = max(shape)
    factor = _CELL / longer if longer > _CELL else max(1, _CELL // longer)
    return max(1, round(shape[1] * factor)), max(1, round(shape[0] * factor))


def _resized(picture: ByteImage, size: tuple[int, int]) -> Image.Image:
    larger = size[0] > picture.shape[1]
    return Image.fromarray(picture).resize(size, Image.Resampling.NEAREST if larger else Image.Resampling.LANCZOS)


def save_panel(out: Path, step: int, panel: ByteImage) -> None:
    """Write `<out>/panels/step_<step>.png`.

    Raises:
        CannotWrite: it cannot be written.
    """
    with atomic_path(out / FOLDER / f"step_{step:08d}.png") as path:
        Image.fromarray(panel).save(path, "PNG")


def list_panels(out: Path) -> dict[int, Path]:
    """Step -> file of the run's panels, by rising step."""
    files = sorted((out / FOLDER).glob("step_*.png"))
    return {int(match[1]): path for path in files if (match := _NAME.fullmatch(path.name))}


def drop_panels(out: Path, step: int) -> None:
    """Remove the panels of steps after `step`, which are to be done again."""
    for made_at, path in list_panels(out).items():
        if made_at > step:
            path.unlink(missing_ok=True)
