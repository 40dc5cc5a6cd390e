"""Drawing with an antialiased pen: shapes and words for posters, labels, screens and facades."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from spnet.scenes.scene import Floats

OVERSAMPLING = 2  # pictures are drawn this much larger and reduced
_VOWELS, _CONSONANTS = "aeiouy", "bcdfghklmnprstvwz"

Ink = tuple[int, int, int]


@cache
def _font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=pixels)


def word(rng: np.random.Generator, longest: int = 9) -> str:
    """A pronounceable word of no language, or a number."""
    if rng.random() < 0.15:
        return str(int(rng.integers(1, 10 ** int(rng.integers(1, 5)))))
    length = int(rng.integers(2, max(longest, 2) + 1))
    start = int(rng.integers(0, 2))
    letters = [(_VOWELS, _CONSONANTS)[(i + start) % 2] for i in range(length)]
    text = "".join(alphabet[int(rng.integers(0, len(alphabet)))] for alphabet in letters)
    return (text, text.capitalize(), text.upper())[int(rng.integers(0, 3))]


def ink(colour: ArrayLike) -> Ink:
    """A colour of 0 to 1 as the pen wants it."""
    r, g, b = (np.clip(np.asarray(colour, np.float64), 0, 1) * 255).round().astype(int).tolist()
    return r, g, b


class Sheet:
    """A square picture under a pen; all lengths are shares of its side, y runs down."""

    def __init__(self, size: int, ground: ArrayLike) -> None:
        """An empty sheet, `size` pixels a side."""
        self.size = size
        self._side = size * OVERSAMPLING
        self._image = Image.new("RGB", (self._side, self._side), ink(ground))
        self._pen = ImageDraw.Draw(self._image)

    def _pixels(self, lengths: ArrayLike) -> list[float]:
        return [float(v) for v in (np.asarray(lengths, np.float64) * self._side).ravel()]

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, colour: ArrayLike, radius: float = 0.0) -> None:
        """A filled rectangle, its corners rounded."""
        x0, x1 = sorted((x0, x1))
        y0, y1 = sorted((y0, y1))
        self._pen.rounded_rectangle(self._pixels([x0, y0, x1, y1]), radius * self._side, fill=ink(colour))

    def ellipse(self, x: float, y: float, half_x: float, half_y: float, colour: ArrayLike) -> None:
        """A filled ellipse about (x, y)."""
        self._pen.ellipse(self._pixels([x - half_x, y - half_y, x + half_x, y + half_y]), fill=ink(colour))

    def ring(self, x: float, y: float, radius: float, width: float, colour: ArrayLike) -> None:
        """A circle's line."""
        rim = self._pixels([x - radius, y - radius, x + radius, y + radius])
        self._pen.ellipse(rim, outline=ink(colour), width=max(round(width * self._side), 1))

    def polygon(self, points: ArrayLike, colour: ArrayLike) -> None:
        """A filled polygon of (k, 2) points."""
        self._pen.polygon(self._pixels(points), fill=ink(colour))

    def line(self, points: ArrayLike, width: float, colour: ArrayLike) -> None:
        """A line through (k, 2) points."""
        self._pen.line(self._pixels(points), fill=ink(colour), width=max(round(width * self._side), 1), joint="curve")

    def text(self, x: float, y: float, height: float, words: str, colour: ArrayLike, *, centred: bool = False) -> float:
        """Words with their upper left corner, or the middle of their upper edge, at (x, y).

        Returns:
            Their width.
        """
        font = _font(max(round(height * self._side), 4))
        width = float(font.getlength(words)) / self._side
        left = x - width / 2 if centred else x
        self._pen.text((left * self._side, y * self._side), words, fill=ink(colour), font=font)
        return width

    def fitted(self, x: float, y: float, width: float, height: float, words: str, colour: ArrayLike) -> None:
        """Words within a box whose upper left corner is (x, y), as large as it allows."""
        natural = float(_font(64).getlength(words)) / 64 or 1.0
        size = min(height, width / natural)
        self.text(x + width / 2, y + (height - size) / 2, size, words, colour, centred=True)

    def column(
        self, rng: np.random.Generator, box: tuple[float, float, float, float], step: float, colour: ArrayLike
    ) -> None:
        """A block of text too small to read, as bars of word length; box is x0, y0, x1, y1."""
        x0, y0, x1, y1 = box
        for y in np.arange(y0, y1 - 0.6 * step, step):
            x = x0
            end = x1 if rng.random() < 0.8 else rng.uniform(x0 + 0.3 * (x1 - x0), x1)
            while x < end:
                length = min(float(rng.uniform(1.0, 5.0)) * step * 0.55, end - x)
                self.rectangle(x, float(y), x + length, float(y) + 0.5 * step, colour)
                x += length + 0.4 * step

    def picture(self) -> Floats:
        """(size, size, 3), 0 to 1."""
        small = self._image.reduce(OVERSAMPLING)
        return np.asarray(small).astype(np.float32) / np.float32(255)
