"""Pictures of depth: one perceptual colour map, and the preview that shows image, input and result side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import grey_dilation

from spnet.types import BoolImage, ByteImage, FloatImage

# 33 anchors of matplotlib's "magma" (CC0): perceptually uniform, readable by the colour-blind and in grey.
_MAGMA = (
    "0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81762181832681902a819c2e7faa337db73779c43c75"
    "d0416fdc4869e75263ef5d5ef56b5cf9795dfc8961fd9869fea772feb67cfec488fed395fde2a3fcf0b2fcfdbf"
)
_ANCHORS = np.frombuffer(bytes.fromhex(_MAGMA), np.uint8).reshape(-1, 3).astype(np.float32)
COLOURS: NDArray[np.float32] = np.stack(
    [np.interp(np.linspace(0, 1, 256), np.linspace(0, 1, len(_ANCHORS)), _ANCHORS[:, i]) for i in range(3)], axis=1
).astype(np.float32)
UNKNOWN = (38, 42, 48)  # neutral and darker than any text
BACKGROUND, INK = (250, 250, 248), (40, 42, 46)
MAX_PANEL = 1280  # pixels; a preview is to be looked at


def depth_range(depth: FloatImage) -> tuple[float, float]:
    """The 1st and 99th percentile of the known depths, a little apart even for a flat wall."""
    known = depth[depth > 0]
    if len(known) == 0:
        return 1.0, 2.0
    low, high = (float(v) for v in np.percentile(known, (1, 99)))
    return (low, high) if high > low * 1.01 else (low * 0.95, low * 1.05)


def colorize(depth: FloatImage, low: float | None = None, high: float | None = None) -> ByteImage:
    """Colour a depth map: near is bright, far is dark, unknown is grey.

    Colours are even in inverse depth, which gives the near range, where things are, the most of them.

    Args:
        depth: (H, W) metres, 0 = unknown.
        low, high: metres at the two ends of the colour map; by default from the depths.

    Returns:
        (H, W, 3) uint8.
    """
    auto = depth_range(depth)
    low, high = low or auto[0], high or auto[1]
    known = depth > 0
    inverse = 1 / np.where(known, depth, 1)
    place = (inverse - 1 / high) / (1 / low - 1 / high)
    colours = COLOURS[(np.clip(place, 0, 1) * 255).astype(np.uint8)]
    return np.where(known[..., None], colours, np.array(UNKNOWN)).astype(np.uint8)


def preview(rgb: ByteImage, sparse: FloatImage, dense: FloatImage) -> ByteImage:
    """Image, input and result side by side on one colour scale, with a scale bar in metres.

    Args:
        rgb: (H, W, 3) uint8.
        sparse: (H, W) metres, 0 = unknown.
        dense: (H, W) metres.

    Returns:
        A picture (H', W', 3) uint8.
    """
    low, high = depth_range(dense)
    share = float((sparse > 0).mean())
    panels = {
        "image": _fit(rgb),
        f"measured: {_percent(share)} of pixels": _fit(_visible_points(rgb, sparse, low, high)),
        "completed depth": _fit(colorize(dense, low, high)),
    }
    height, width = next(iter(panels.values())).shape[:2]
    unit = int(np.clip(width // 24, 11, 26))  # text size; everything else follows it
    gap, title, bar = unit, 2 * unit, 3 * unit
    canvas = Image.new("RGB", (3 * width + 4 * gap, height + title + bar + gap), BACKGROUND)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=unit)
    for column, (caption, panel) in enumerate(panels.items()):
        x = gap + column * (width + gap)
        draw.text((x, title / 2), caption, fill=INK, font=font, anchor="lm")
        canvas.paste(Image.fromarray(panel), (x, title))
    _scale_bar(canvas, (gap + 2 * (width + gap), title + height + gap // 2, width, unit), low, high)
    return np.asarray(canvas)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _fit(image: ByteImage) -> ByteImage:
    """Between 160 and 1280 pixels wide."""
    height, width = image.shape[:2]
    wanted = int(np.clip(width, 160, MAX_PANEL))
    if wanted == width:
        return image
    size = (wanted, min(4 * MAX_PANEL, max(1, round(height * wanted / width))))
    method = Image.Resampling.NEAREST if wanted > width else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(image).resize(size, method))


def _visible_points(rgb: ByteImage, sparse: FloatImage, low: float, high: float) -> ByteImage:
    """The measurements in colour over a dimmed grey image; few points are drawn larger than a pixel."""
    known: BoolImage = sparse > 0
    spacing = np.sqrt(known.size / max(1, int(known.sum())))
    wide = rgb.shape[1] / MAX_PANEL  # what the panel will shrink by
    size = int(np.clip(spacing / 4, 1, max(5, rgb.shape[1] / 110))) if spacing > 4 else 1
    size = max(size, int(np.ceil(wide)) if spacing > 4 else 1) | 1
    # Where enlarged points overlap the nearer one is kept: the largest inverse depth.
    inverse = np.where(known, 1 / np.where(known, sparse, 1), 0).astype(np.float32)
    inverse = grey_dilation(inverse, size=(size, size)) if size > 1 else inverse
    shown = np.where(inverse > 0, 1 / np.where(inverse > 0, inverse, 1), 0).astype(np.float32)
    grey = np.asarray(Image.fromarray(rgb).convert("L"), dtype=np.float32)[..., None] * 0.35 + 14
    return np.where((shown > 0)[..., None], colorize(shown, low, high), grey).astype(np.uint8)


def _scale_bar(canvas: Image.Image, box: tuple[int, int, int, int], low: float, high: float) -> None:
    """A strip of the colour map under the result, near on the left, with round metres marked."""
    x, y, width, unit = box
    place = np.linspace(1, 0, width)
    strip = COLOURS[(place * 255).astype(np.uint8)].astype(np.uint8)[None].repeat(max(4, unit // 2), axis=0)
    canvas.paste(Image.fromarray(strip), (x, y))
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=unit * 0.8)
    bottom, last = y + strip.shape[0], -1e9
    for value in round_ticks(low, high):
        at = x + (1 / low - 1 / value) / (1 / low - 1 / high) * (width - 1)
        text = f"{value:g} m"
        half = draw.textlength(text, font=font) / 2
        centre = min(max(at, x + half), x + width - half)
        if centre - half > last + unit / 2:
            draw.line((at, y, at, bottom + unit / 5), fill=INK, width=1)
            draw.text((centre, bottom + unit / 4), text, fill=INK, font=font, anchor="mt")
            last = centre + half


def round_ticks(low: float, high: float) -> list[float]:
    """Round values from low to high: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times powers of ten.

    >>> round_ticks(0.9, 4.4)
    [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0]
    """
    decades = range(int(np.floor(np.log10(low))), int(np.floor(np.log10(high))) + 1)
    values = [float(f"{digit}e{decade}") for decade in decades for digit in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)]
    return [value for value in values if low <= value <= high]
