"""The pictures of docs/concepts.md and docs/limits.md, drawn with the weights that are the default when it runs.

python benchmarks/draw_guide.py -o docs/images
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from PIL import Image, ImageDraw

from spnet import Predictor
from spnet.app.pictures import ERROR_RANGE, error_map
from spnet.fill import fill
from spnet.io import read_depth, read_rgb
from spnet.model.norms import norm_layer
from spnet.sparsity import parse_pattern
from spnet.types import ByteImage, FloatImage, Sample
from spnet.viz import colorize, depth_range, draw_points, input_panel

mpl.use("Agg")
from matplotlib import pyplot as plt

DESK = Path(__file__).parents[1] / "examples" / "desk"
PANEL, LINE, GAP = (280, 210), 20, 4
SEED = 0
# Tol's muted palette, told apart with any kind of colour blindness.
COLOURS = {"SP-Norm": "#332288", "LayerNorm": "#CC6677", "gate without norm": "#999933", "nothing": "#888888"}
CHANNELS = 16


def panel(image: ByteImage | Image.Image, title: str) -> Image.Image:
    """One cell with its title above."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    canvas = Image.new("RGB", (PANEL[0] + GAP, PANEL[1] + LINE + GAP), (255, 255, 255))
    canvas.paste(picture.resize(PANEL, Image.Resampling.LANCZOS), (0, LINE))
    ImageDraw.Draw(canvas).text((3, 3), title, fill=(35, 35, 38), font_size=13)
    return canvas


def sheet(cells: list[Image.Image], columns: int, path: Path, *, photo: bool = False) -> None:
    """The cells in rows, as a PNG, of few colours where no photo is among them."""
    width, height = cells[0].size
    rows = -(-len(cells) // columns)
    canvas = Image.new("RGB", (columns * width, rows * height), (255, 255, 255))
    for number, cell in enumerate(cells):
        canvas.paste(cell, (number % columns * width, number // columns * height))
    (canvas if photo else canvas.quantize(200)).save(path, optimize=True)


def draw_steps(desk: Sample, predictor: Predictor, path: Path) -> None:
    """From measurements to the result, step by step."""
    sparse = parse_pattern("random(500)")(desk, SEED)
    low, high = depth_range(desk.depth)
    filled = fill(sparse)

    def shown(depth: FloatImage) -> ByteImage:
        return colorize(depth, vmin=low, vmax=high)

    cells = [
        panel(desk.rgb, "colour"),
        panel(input_panel(desk.rgb, sparse, PANEL, low, high), "measured: 500 pixels"),
        panel(draw_points(Image.new("RGB", PANEL), sparse, np.full_like(desk.rgb, 255)), "mask (dots enlarged)"),
        panel(shown(filled.nearest), "nearest fill"),
        panel(shown(filled.planar), "planar fill"),
        panel(shown(predictor.complete(desk.rgb, sparse).depth), "result"),
    ]
    sheet(cells, 3, path, photo=True)


def draw_planar(path: Path) -> None:
    """A floor along one column of an image: depth interpolated, and inverse depth interpolated."""
    row = np.arange(0, 201)
    truth = 1.5 / ((row + 20) / 300)  # a camera 1.5 m above a floor; f = 300, the horizon 20 rows higher up
    at = np.array([0, 60, 200])
    figure, axes = plt.subplots(figsize=(5.6, 2.6), constrained_layout=True)
    axes.plot(row, truth, color="black", lw=4, alpha=0.25, label="the floor")
    axes.plot(row, np.interp(row, at, truth[at]), color=COLOURS["LayerNorm"], label="z linear")
    axes.plot(row, 1 / np.interp(row, at, 1 / truth[at]), color=COLOURS["SP-Norm"], ls="--", label="1/z linear")
    axes.plot(at, truth[at], "o", color="black", label="measured")
    axes.set(xlabel="row of the image, downwards", ylabel="z in metres")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def layers() -> dict[str, torch.nn.Module]:
    """Norms as they are in the network, with drawn weights, the same 1×1 convolution in both gates."""
    torch.manual_seed(SEED)
    gate, plain = norm_layer("CNX", CHANNELS), norm_layer("CX", CHANNELS)
    plain.load_state_dict(gate.state_dict())
    return {"SP-Norm": gate, "LayerNorm": norm_layer("LN", CHANNELS), "gate without norm": plain}


def draw_norms(depth: FloatImage, path: Path) -> None:
    """What passes a norm: the size of its output, per pixel, where features are proportional to depth."""
    direction = torch.randn(CHANNELS, generator=torch.Generator().manual_seed(SEED))[None, :, None, None]
    features = direction * torch.from_numpy(depth)[None, None]
    names = ["nothing", *layers()]
    figure = plt.figure(figsize=(9, 5), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.4))
    maps, curves = upper.subplots(1, 4), lower.subplots(gridspec_kw={"left": 0.2, "right": 0.8})
    known = depth > 0
    scales = 2.0 ** np.arange(-4, 5)
    with torch.no_grad():
        for axes, name in zip(maps, names, strict=True):
            layer = layers().get(name, torch.nn.Identity())
            size = layer(features).std(dim=1)[0].numpy()
            relative = np.where(known, size / np.median(size[known]), np.nan)
            axes.imshow(relative, cmap="cividis", vmin=0.5, vmax=2)
            axes.set_title({"nothing": "features = depth × a vector"}.get(name, f"after {name}"), fontsize=9)
            axes.axis("off")
            sizes = np.array(
                [float(layer(features * s).std(dim=1)[0][torch.from_numpy(known)].median()) for s in scales]
            )
            middle = sizes[len(sizes) // 2]
            wide = {"lw": 7, "alpha": 0.4} if name == "nothing" else {"marker": "o", "ms": 3}  # the others lie on it
            curves.loglog(scales, sizes / middle, color=COLOURS[name], label=name, base=2, **wide)
    curves.set(xlabel="all depth multiplied by", ylabel="size of the output")
    curves.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def without(depth: FloatImage, rows: slice, columns: slice) -> FloatImage:
    left = depth.copy()
    left[rows, columns] = 0
    return left


def draw_failures(desk: Sample, predictor: Predictor, folder: Path) -> None:
    """One picture a failure: measurements, result, error against the Kinect's depth."""
    band = np.zeros_like(desk.depth)
    band[170:330] = parse_pattern("random(1%)")(desk, SEED)[170:330]
    cases = {
        "few": parse_pattern("random(100)")(desk, SEED),
        "outside": band,
        "outliers": parse_pattern("random(500) | noise(10%)")(desk, SEED),
        "shifted": parse_pattern("random(5%) | shift(12)")(desk, SEED),
        "hole": without(desk.depth, slice(215, 440), slice(365, 545)),
    }
    low, high = depth_range(desk.depth)
    for name, sparse in cases.items():
        dense = predictor.complete(desk.rgb, sparse).depth
        cells = [
            panel(input_panel(desk.rgb, sparse, PANEL, low, high), f"measured: {np.count_nonzero(sparse)} pixels"),
            panel(colorize(dense, vmin=low, vmax=high), "result"),
            panel(
                error_map(dense, desk.depth), f"relative error: blue {ERROR_RANGE[0]:.1%}, yellow {ERROR_RANGE[1]:.0%}"
            ),
        ]
        sheet(cells, 3, folder / f"limit_{name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/images"))
    folder = parser.parse_args().output
    desk = Sample(read_rgb(DESK / "rgb.jpg"), read_depth(DESK / "depth_kinect.png"), "desk")
    predictor = Predictor(device="cpu", backend="torch")
    draw_steps(desk, predictor, folder / "concept_steps.png")
    draw_planar(folder / "concept_planar.png")
    draw_norms(desk.depth[::2, ::2], folder / "concept_norms.png")
    draw_failures(desk, predictor, folder)


if __name__ == "__main__":
    main()
