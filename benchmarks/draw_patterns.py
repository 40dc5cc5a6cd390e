"""The picture of docs/sparsity.md: what each pattern measures of the desk in examples/desk.

python benchmarks/draw_patterns.py -o docs/images/patterns.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import maximum_filter

from spnet.io import read_depth, read_rgb
from spnet.sparsity import parse_pattern
from spnet.types import ByteImage, FloatImage, Sample
from spnet.viz import colorize, depth_range

DESK = Path(__file__).parents[1] / "examples" / "desk"
PANEL, LINE, COLUMNS, GAP = (256, 192), 20, 5, 4
DOT = 5  # pixels of the 640 that a lone point is drawn with; fewer would be lost when the picture is made smaller
SPECS = (
    "random(1%)", "sift", "orb",
    "corners(300)", "grid(32)", "lowres(16)", "lidar(64)", "lidar(16)",
    "lidar(16, sensor=hdl64)", "lidar(32, parallax)", "lidar(32, roll=8, dropout=30%)", "range(0.3, 2.5)", "holes",
    "holes(structured-light)", "holes(stereo)", "noise(20%)", "gauss(5%)", "bleed(12)",
)  # fmt: skip


def panel(image: ByteImage, title: str) -> Image.Image:
    """One cell with its title above."""
    canvas = Image.new("RGB", (PANEL[0], PANEL[1] + LINE), (255, 255, 255))
    canvas.paste(Image.fromarray(image).resize(PANEL, Image.Resampling.BOX), (0, LINE))
    ImageDraw.Draw(canvas).text((3, 3), title, fill=(35, 35, 38), font_size=13)
    return canvas


def drawn(raw: FloatImage, low: float, high: float) -> ByteImage:
    """Colours where something is measured; lone points are enlarged, the nearest in front."""
    if (raw > 0).mean() < 0.1:
        near = np.where(raw > 0, 1 / np.maximum(raw, 1e-3), 0)
        grown = maximum_filter(near, DOT)
        raw = np.where(grown > 0, 1 / np.maximum(grown, 1e-6), 0).astype(np.float32)
    return colorize(raw, raw > 0, low, high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", default="docs/images/patterns.png")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sample = Sample(read_rgb(DESK / "rgb.jpg"), read_depth(DESK / "depth_kinect.png"), "desk")
    low, high = depth_range(sample.depth)
    cells = [panel(sample.rgb, "image"), panel(colorize(sample.depth, sample.mask, low, high), "depth (Kinect v1)")]
    cells += [panel(drawn(parse_pattern(spec)(sample, options.seed), low, high), spec) for spec in SPECS]
    rows = -(-len(cells) // COLUMNS)
    width, height = PANEL[0] + GAP, PANEL[1] + LINE + GAP
    sheet = Image.new("RGB", (COLUMNS * width, rows * height), (255, 255, 255))
    for number, cell in enumerate(cells):
        sheet.paste(cell, (number % COLUMNS * width, number // COLUMNS * height))
    sheet.quantize(256).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
