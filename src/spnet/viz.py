"""Pictures of depth: one perceptual colour map, and a preview of image, input and result on one scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from spnet.errors import BadInput
from spnet.types import BoolImage, ByteImage, FloatImage
from spnet.units import per_cent

# Every 15th entry of matplotlib's "plasma" (CC0, by N. J. Smith and S. van der Walt), far to near: lightness rises
# evenly, so that it reads in grey and for the colour-blind, and its dark end still shows on a dark background.
_ANCHORS = np.frombuffer(
    bytes.fromhex(
        "0d08872f05964903a06100a77801a88e0ca4a21d9ab42e8dc43e7fd24f71de6164e97257f3854bf99a3efdaf31fdc627f8df25f0f921"
    ),
    np.uint8,
).reshape(-1, 3)
_COLOURS: NDArray[np.uint8] = np.stack(
    [np.interp(np.arange(256), np.arange(0, 256, 15), channel) for channel in _ANCHORS.T], axis=1
).astype(np.uint8)

# All ours, chosen by looking at the pictures.
UNKNOWN = (45, 45, 48)
_PAPER, _INK = (255, 255, 255), (35, 35, 38)
_SMALLEST_PANEL, _LARGEST_PANEL = 320, 1280  # pixels, the longer side
_STACKED_FROM = 2.0  # width / height from which the panels are put below one another
_BEND = -0.5  # power of the distance in which the colours are even
_DIM = 0.38  # brightness of the image behind the measured points
_ROUND_STEPS = (  # digits of the marked distances, dense to sparse
    (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9),
    (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
    (1, 1.5, 2, 3, 5, 7),
    (1, 2, 5),
    (1, 3),
    (1,),
)


def depth_range(depth: FloatImage, mask: BoolImage | None = None) -> tuple[float, float]:
    """The 1st and 99th percentile of the known depths, at least 10 % apart; (1, 10) where none is known.

    >>> depth_range(np.full((2, 2), 2.0, np.float32))
    (1.9, 2.1)
    """
    known = depth[_known(depth, mask)]
    if not known.size:
        return 1.0, 10.0
    low, high = (float(value) for value in np.percentile(known, (1, 99)))
    return (low, high) if high >= 1.1 * low else (round(0.95 * low, 9), round(1.05 * high, 9))


def colorize(
    depth: FloatImage,
    mask: BoolImage | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
) -> ByteImage:
    """Colour a depth map: near is yellow, far is blue, unknown is dark grey.

    The colours are even in 1 / sqrt(depth), which lies between log depth and inverse depth: the near range gets more
    of them, without the far one going flat.

    Args:
        depth: (H, W) metres, 0 = unknown.
        mask: (H, W) True where the depth is to be shown; by default wherever it is known.
        vmin: metres at the near end of the colours; by default the 1st percentile.
        vmax: metres at the far end; by default the 99th percentile.

    Returns:
        (H, W, 3) uint8.

    Raises:
        BadInput: vmin is not positive or not below vmax.

    >>> colorize(np.array([[1, 0, 10]], np.float32), vmin=1, vmax=10).tolist()
    [[[240, 249, 33], [45, 45, 48], [13, 8, 135]]]
    """
    low, high = depth_range(depth, mask)
    low, high = low if vmin is None else vmin, high if vmax is None else vmax
    if not 0 < low < high < math.inf:
        raise BadInput(f"The colours cannot run from {low:g} to {high:g} m: expected 0 < vmin < vmax.")
    known = _known(depth, mask)
    colours = np.empty((*depth.shape, 3), np.uint8)
    colours[...] = UNKNOWN
    colours[known] = _COLOURS[(255 * (1 - place_on_scale(depth[known], low, high))).round().astype(np.uint8)]
    return colours


def _known(depth: FloatImage, mask: BoolImage | None) -> BoolImage:
    known = np.isfinite(depth) & (depth > 0)
    return known if mask is None else known & mask


def place_on_scale(distances: FloatImage, low: float, high: float) -> FloatImage:
    """Where distances lie on the scale of `colorize`, 0 (near end) to 1 (far end)."""
    near, far = low**_BEND, high**_BEND
    place: FloatImage = np.clip((distances.astype(np.float64) ** _BEND - near) / (far - near), 0, 1)
    return place


def preview(rgb: ByteImage, sparse: FloatImage, dense: FloatImage) -> ByteImage:
    """Image, measured input and result on one colour scale, with captions and a scale bar in metres.

    The panels stand side by side, wide images (from 2:1) below one another. Large images are reduced to panels of
    1280 pixels, tiny ones enlarged. Few measured points are drawn larger than they are, over the darkened image.

    Args:
        rgb: (H, W, 3) uint8.
        sparse: (H, W) metres, 0 = unknown.
        dense: (H, W) metres, 0 = unknown.

    Returns:
        (H', W', 3) uint8.

    Raises:
        BadInput: the three differ in size.
    """
    shape = rgb.shape[:2]
    if not shape == sparse.shape == dense.shape:
        raise BadInput(f"A preview needs one size: rgb {shape}, sparse {sparse.shape}, dense {dense.shape}.")
    low, high = depth_range(dense if (dense > 0).any() else sparse)
    size = _panel_size(shape)
    panels = {
        "RGB": _resize(rgb, size),
        f"Input: {_amount(sparse)} measured": input_panel(rgb, sparse, size, low, high),
        "Result": _resize(colorize(dense, vmin=low, vmax=high), size),
    }
    layout = _Layout.of(size, list(panels), stacked=shape[1] >= _STACKED_FROM * shape[0])
    canvas = Image.new("RGB", layout.canvas, _PAPER)
    draw = ImageDraw.Draw(canvas)
    for index, (caption, panel) in enumerate(panels.items()):
        x, y = layout.corner(index)
        draw.text((x, y - 0.4 * layout.text), caption, _INK, layout.font(), anchor="ls")
        canvas.paste(panel, (x, y))
    _scale_bar(canvas, layout, low, high)
    return np.asarray(canvas)


def _amount(sparse: FloatImage) -> str:
    count = int((sparse > 0).sum())
    if count < 1e-4 * sparse.size:
        return f"{count} pixel{'' if count == 1 else 's'}"
    return per_cent(count / sparse.size)


def _panel_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """(width, height) of a panel; small images grow by a whole factor."""
    longer = max(shape)
    factor = min(1.0, _LARGEST_PANEL / longer) if longer >= _SMALLEST_PANEL else -(-_SMALLEST_PANEL // longer)
    return max(1, round(shape[1] * factor)), max(1, round(shape[0] * factor))


def _resize(picture: ByteImage, size: tuple[int, int]) -> Image.Image:
    larger = size[0] > picture.shape[1]
    method = Image.Resampling.NEAREST if larger else Image.Resampling.LANCZOS
    return Image.fromarray(np.ascontiguousarray(picture)).resize(size, method)


def input_panel(rgb: ByteImage, sparse: FloatImage, size: tuple[int, int], low: float, high: float) -> Image.Image:
    """The measured pixels in colour over the darkened grey image, drawn as dots where they are few.

    Args:
        rgb: (H, W, 3) uint8.
        sparse: (H, W) metres, 0 = unknown.
        size: width and height of the panel.
        low, high: metres at the ends of the colours.
    """
    grey = np.asarray(_resize(rgb, size).convert("L"), np.float32) * _DIM
    panel = Image.fromarray(np.repeat(grey[..., None], 3, axis=2).astype(np.uint8))
    return draw_points(panel, sparse, colorize(sparse, vmin=low, vmax=high))


def draw_points(panel: Image.Image, sparse: FloatImage, colours: ByteImage) -> Image.Image:
    """The panel with the known pixels of a sparse map on it, drawn as dots where they are few.

    Args:
        panel: RGB, of any size; a picture of the same view.
        sparse: (H, W) metres, 0 = unknown; of two dots in one place the nearer is seen.
        colours: (H, W, 3) of the pixels.
    """
    size, measured = panel.size, sparse > 0
    scale = size[0] / sparse.shape[1]
    spacing = math.sqrt(size[0] * size[1] / max(1, int(measured.sum())))
    across = round(min(0.45 * spacing, max(size) / 110))  # under half of the gap, at most 1/110 of the panel
    if scale >= 1 and across <= scale:
        mask = Image.fromarray(measured).resize(size, Image.Resampling.NEAREST)
        panel.paste(_resize(colours, size), mask=mask)
        return panel
    rows, columns = np.nonzero(measured)
    far_first = np.argsort(-sparse[rows, columns], kind="stable")  # the nearest ends up on top
    rows, columns = rows[far_first], columns[far_first]
    pixels = np.array(panel)
    for down, right in _dot(max(1, across)):
        y = np.clip(((rows + 0.5) * scale + down).astype(int), 0, size[1] - 1)
        x = np.clip(((columns + 0.5) * scale + right).astype(int), 0, size[0] - 1)
        pixels[y, x] = colours[rows, columns]
    return Image.fromarray(pixels)


def _dot(across: int) -> list[tuple[float, float]]:
    """Offsets (down, right) of the pixels of a disc from its centre; up to 3 pixels across it is a square."""
    steps = np.arange(across) - (across - 1) / 2
    reach = (across / 2) ** 2 if across > 3 else math.inf
    return [(float(y), float(x)) for y in steps for x in steps if y * y + x * x <= reach]


@dataclass(frozen=True)
class _Layout:
    """Where everything goes. Lengths in pixels; `text` is the text height that the margins follow."""

    panel: tuple[int, int]
    cell: int  # width of a column: the panel, or the longest caption where that is wider
    text: int
    stacked: bool

    @staticmethod
    def of(panel: tuple[int, int], captions: list[str], *, stacked: bool) -> _Layout:
        columns = 1 if stacked else 3
        text = min(48, max(13, columns * panel[0] // 74))
        longest = max(ImageFont.load_default(text).getlength(caption) for caption in captions)
        return _Layout(panel, max(panel[0], math.ceil(longest)), text, stacked)

    def font(self, share: float = 1.0) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        return ImageFont.load_default(round(share * self.text))

    def corner(self, index: int) -> tuple[int, int]:
        """Upper left corner of a panel."""
        x, y = self.text, round(1.9 * self.text)
        if self.stacked:
            return x, y + index * (self.panel[1] + round(1.9 * self.text))
        return x + index * (self.cell + self.text), y

    @property
    def bar(self) -> tuple[int, int, int, int]:
        """x, y, width, height of the colour strip: below both depth panels."""
        x = self.corner(0 if self.stacked else 1)[0]
        right = self.corner(2)[0] + (self.panel[0] if self.panel[0] > 8 * self.text else self.cell)
        return x, self.corner(2)[1] + self.panel[1] + round(0.8 * self.text), right - x, round(0.6 * self.text)

    @property
    def canvas(self) -> tuple[int, int]:
        _, y, _, height = self.bar
        return self.corner(2)[0] + self.cell + self.text, y + height + 2 * self.text


def _scale_bar(canvas: Image.Image, layout: _Layout, low: float, high: float) -> None:
    """The colours from near to far, with round distances marked below."""
    x, y, width, height = layout.bar
    strip = _COLOURS[np.linspace(255, 0, width).round().astype(np.uint8)]
    canvas.paste(Image.fromarray(np.repeat(strip[None], height, axis=0)), (x, y))
    draw, font = ImageDraw.Draw(canvas), layout.font(0.85)
    room = 4 * layout.text / width  # one label with air around it, as a share of the bar
    marks = round_distances(low, high, room)
    for value, place in zip(marks, place_on_scale(np.array(marks, np.float32), low, high), strict=True):
        at = x + float(place) * (width - 1)
        label = f"{value:g} m"
        half = draw.textlength(label, font) / 2
        draw.line((at, y + height, at, y + height + 0.25 * layout.text), _INK, max(1, layout.text // 14))
        centre = min(max(at, layout.text / 2 + half), canvas.width - layout.text / 2 - half)
        draw.text((centre, y + height + 0.4 * layout.text), label, _INK, font, anchor="mt")


def round_distances(low: float, high: float, room: float = 0.1) -> list[float]:
    """Round distances to mark on the scale of `colorize`.

    Args:
        low: metres at the near end.
        high: metres at the far end.
        room: the least gap between two marks, as a share of the scale.

    Returns:
        Rising values in [low, high]; at least one.

    >>> round_distances(0.9, 8.0)
    [1.0, 2.0, 5.0]
    >>> round_distances(4.1, 4.9, room=0.2)
    [4.2, 4.4, 4.6, 4.8]
    """
    decades = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    choices = [[float(f"{digit}e{ten}") for ten in decades for digit in digits] for digits in _ROUND_STEPS]
    if high < 3 * low:  # evenly spaced marks: 1, 2 or 5 of some power of ten apart
        ten = math.floor(math.log10(high - low)) - 1
        steps = [float(f"{digit}e{ten + more}") for more in (0, 1, 2) for digit in (1, 2, 5)]
        choices = [[float(f"{i * s:.9g}") for i in range(int(low / s), int(high / s) + 2)] for s in steps]
    for values in choices:
        marks = [value for value in values if low <= value <= high]
        gaps = np.diff(place_on_scale(np.array(marks, np.float32), low, high))
        if marks and (len(marks) == 1 or gaps.min() >= room):
            return marks
    return [float(f"{math.sqrt(low * high):.2g}")]
