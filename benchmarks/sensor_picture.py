"""The picture of docs/sensors.md: scenes with exact depth, what each simulated camera measures, and real images below.

python benchmarks/sensor_picture.py --scene RGB DEPTH UNIT --real RGB DEPTH UNIT -o docs/images/sensors.png
"""

from __future__ import annotations

import argparse

import numpy as np
from PIL import Image, ImageDraw

from spnet.io import read_depth, read_rgb
from spnet.sparsity.sensors import (
    AZURE_KINECT,
    D435,
    KINECT_V1,
    active_stereo,
    phone_lidar,
    structured_light,
    time_of_flight,
)
from spnet.types import ByteImage, FloatImage, Sample
from spnet.viz import colorize, depth_range

PANEL = (240, 180)
LINE = 20


def panel(image: ByteImage, title: str) -> ByteImage:
    """One cell with its title above."""
    canvas = Image.new("RGB", (PANEL[0], PANEL[1] + LINE), (255, 255, 255))
    canvas.paste(Image.fromarray(image).resize(PANEL, Image.Resampling.NEAREST), (0, LINE))
    ImageDraw.Draw(canvas).text((3, 3), title, fill=(35, 35, 38), font_size=12)
    return np.asarray(canvas)


def scene_row(sample: Sample, seed: int) -> list[ByteImage]:
    low, high = depth_range(sample.depth)

    def coloured(depth: FloatImage) -> ByteImage:
        return colorize(depth, depth > 0, low, high)

    def source() -> np.random.Generator:
        return np.random.default_rng(seed)

    return [
        panel(sample.rgb, "colour"),
        panel(coloured(sample.depth), "exact depth"),
        panel(coloured(structured_light(sample, source(), KINECT_V1)), "structured light: Kinect v1"),
        panel(coloured(active_stereo(sample, source(), D435)), "active stereo: D435"),
        panel(coloured(time_of_flight(sample, source(), AZURE_KINECT)), "time of flight: Azure Kinect"),
        panel(coloured(phone_lidar(sample, source())), "phone LiDAR"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    three = ("RGB", "DEPTH", "UNIT")
    parser.add_argument("--scene", nargs=3, metavar=three, action="append", default=[], help="dense truth")
    parser.add_argument("--real", nargs=3, metavar=three, action="append", default=[], help="a real camera's image")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--out", required=True)
    args = parser.parse_args()
    rows = [scene_row(Sample(read_rgb(rgb), read_depth(depth, unit)), args.seed) for rgb, depth, unit in args.scene]
    real: list[ByteImage] = []
    for rgb, path, unit in args.real:
        depth = read_depth(path, unit)
        real += [panel(read_rgb(rgb), "colour"), panel(colorize(depth, depth > 0), "real: Kinect v1")]
    if real:
        rows.append(real)
    wide = max(len(row) for row in rows)
    blank = np.full_like(rows[0][0], 255)
    picture = np.concatenate([np.concatenate(row + [blank] * (wide - len(row)), axis=1) for row in rows])
    Image.fromarray(picture).quantize(255, dither=Image.Dither.NONE).save(args.out, optimize=True)


if __name__ == "__main__":
    main()
