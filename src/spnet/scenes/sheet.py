"""A contact sheet: colour over depth, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from spnet.scenes.sampler import Shot
from spnet.types import ByteImage, FloatImage
from spnet.viz import colorize

GAP = 4  # pixels between pictures
LABEL = 12  # pixels of the line under a pair
PAPER = 24  # grey of the sheet


def contact_sheet(shots: Sequence[Shot], columns: int, width: int = 240) -> ByteImage:
    """Pairs side by side, each colour over depth (near is yellow) with kind, number and range under it.

    Args:
        shots: the pairs.
        columns: pairs in a row.
        width: of a picture, pixels.

    Returns:
        (H, W, 3) uint8.
    """
    first = shots[0].rgb
    height = max(1, round(width * first.shape[0] / first.shape[1]))
    cell = 2 * height + LABEL + GAP
    rows = -(-len(shots) // columns)
    sheet = Image.new("RGB", (columns * (width + GAP) + GAP, rows * cell + GAP), (PAPER, PAPER, PAPER))
    draw = ImageDraw.Draw(sheet)
    for place, shot in enumerate(shots):
        left, top = GAP + place % columns * (width + GAP), GAP + place // columns * cell
        sheet.paste(Image.fromarray(shot.rgb).resize((width, height), Image.Resampling.BOX), (left, top))
        sheet.paste(Image.fromarray(_depth(shot.depth, (width, height))), (left, top + height))
        known = shot.depth[shot.depth > 0]
        span = f"{known.min():.1f}-{known.max():.1f} m" if known.size else "sky"
        draw.text((left, top + 2 * height), f"{shot.number} {shot.kind} {span}", fill=(200, 200, 200))
    return np.asarray(sheet)


def _depth(depth: FloatImage, size: tuple[int, int]) -> ByteImage:
    small = np.asarray(Image.fromarray(depth).resize(size, Image.Resampling.NEAREST))
    return colorize(small)
