"""Where real depth cameras leave holes, beside where the simulated ones do.

OMP_NUM_THREADS=1 python benchmarks/sensor_holes.py --real DIR... --data DIR... --sensors kinect_v1 d435 --median 0.3 2

A folder holds `rgb/` and `gt/` or `depth/` (16-bit PNG, 0 = none), or hole masks alone (PNG, 0 = hole). Its
`manifest.json`, where there is one, may say the unit and the camera; `surface/` holds the true normals and materials of
rendered pairs, which the simulations use unless --guess is given. Everything is computed alike for real and
simulated images: from colour and measured depth, never from the truth behind a hole. A hole has the depth and slant of
the nearest measured pixel. The frame is what is joined to the image's border. Gaps of one or two pixels count in the
hole share alone.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import binary_closing, distance_transform_edt, gaussian_filter, label

from spnet.geometry import default_intrinsics
from spnet.scenes.surface_file import read_surface
from spnet.sparsity.sensors import (
    AZURE_KINECT,
    D435,
    D455,
    KINECT_V1,
    SR300,
    active_stereo,
    phone_lidar,
    structured_light,
    time_of_flight,
)
from spnet.sparsity.sensors.scene import cosine
from spnet.types import AnyArray, BoolImage, FloatImage, Intrinsics, Sample

SENSORS: dict[str, Callable[[Sample, np.random.Generator], FloatImage]] = {
    "kinect_v1": partial(structured_light, sensor=KINECT_V1),
    "sr300": partial(structured_light, sensor=SR300),
    "structured_light": structured_light,
    "d435": partial(active_stereo, sensor=D435),
    "d455": partial(active_stereo, sensor=D455),
    "active_stereo": active_stereo,
    "azure_kinect": partial(time_of_flight, sensor=AZURE_KINECT),
    "phone": phone_lidar,
}
JUMP = 0.05  # share of depth between both ends of a hole that makes it one beside a foreground object
SMALL, LARGE = 100, 1000  # pixels of a 640 x 480 image
LUMINANCE = (0.0, 0.1, 0.25, 0.5, 0.75, 1.01)
ANGLE = (0.0, 30.0, 50.0, 60.0, 70.0, 80.0, 90.1)
DEPTH = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 10.0, np.inf)


# ------------------------------------------------------------------------------------------------------------ reading


def read_set(folder: Path, most: int, median: tuple[float, float]) -> Iterator[tuple[BoolImage, Sample | None]]:
    """(mask of measured pixels, the sample where there is more than a mask), at most `most`, evenly over the folder."""
    depths = next((folder / name for name in ("gt", "depth") if (folder / name).is_dir()), None)
    manifest = folder / "manifest.json"
    about: dict[str, Any] = json.loads(manifest.read_text()) if manifest.is_file() else {}
    items = {item["name"]: item for item in about.get("items", [])}
    found = 0
    paths = sorted((depths or folder).glob("*.png"))
    order = np.random.default_rng(0).permutation(len(paths))
    for path in (paths[k] for k in order):
        if found == most:
            return
        if depths is None:
            found += 1
            yield np.asarray(Image.open(path).convert("L")) > 127, None
            continue
        sample = _read_pair(path, folder / "rgb", about, items.get(path.stem, {}))
        known = sample.depth[sample.mask]
        if known.size and median[0] <= float(np.median(known)) < median[1]:
            found += 1
            yield sample.mask, sample


def _read_pair(path: Path, colours: Path, about: dict[str, Any], item: dict[str, Any]) -> Sample:
    true = colours.parent / "surface" / f"{path.stem}.npz"
    raw = np.asarray(Image.open(path))
    unit = item["max_depth"] / 65535 if "max_depth" in item else 0.001
    colour = next(file for file in colours.iterdir() if file.stem == path.stem)
    rgb = np.asarray(Image.open(colour).convert("RGB"))
    return Sample(
        rgb,
        (raw * unit).astype(np.float32),
        path.stem,
        intrinsics=_camera(about, item, raw.shape),
        surface=read_surface(true) if true.is_file() else None,
    )


def _camera(about: dict[str, Any], item: dict[str, Any], shape: tuple[int, ...]) -> Intrinsics | None:
    height, width = shape
    if "K" in item:
        return Intrinsics(*item["K"])
    if "f" in item:
        return Intrinsics(item["f"], item["f"], (width - 1) / 2, (height - 1) / 2)
    if "intrinsics" in about:
        k = about["intrinsics"]
        return Intrinsics(k["fx"], k["fy"], k["x_offset"], k["y_offset"])
    if "K" not in about:
        return None
    fx, fy, cx, cy = about["K"]
    scale = width / (2 * cx)  # the file may have been made smaller than the camera's image
    return Intrinsics(*(value * scale if abs(scale - 1) > 0.15 else value for value in (fx, fy, cx, cy)))


# ---------------------------------------------------------------------------------------------------------- statistics


@dataclass
class Tally:
    """What is summed up over the images of one column of the table."""

    share: list[float] = field(default_factory=list)
    inner: list[float] = field(default_factory=list)
    count: list[int] = field(default_factory=list)
    sizes: list[AnyArray] = field(default_factory=list)
    sides: list[AnyArray] = field(default_factory=list)
    left_offsets: list[AnyArray] = field(default_factory=list)
    right_offsets: list[AnyArray] = field(default_factory=list)
    rates: dict[str, AnyArray] = field(default_factory=dict)


def add_image(tally: Tally, measured: BoolImage, sample: Sample | None) -> None:
    """Add one image: `sample.depth` is what was measured."""
    scale = 307200 / measured.size
    tally.share.append(1 - float(measured.mean()))
    measured = measured | binary_closing(np.pad(measured, 2, mode="edge"), np.ones((3, 3)))[2:-2, 2:-2]
    names, number = label(~measured)
    size = np.bincount(names.ravel(), minlength=number + 1)
    outer = np.unique(np.concatenate([names[0], names[-1], names[:, 0], names[:, -1]]))
    inside = np.setdiff1d(np.arange(1, number + 1), outer)
    frame = np.isin(names, outer[outer > 0])
    tally.inner.append(float((~measured & ~frame).sum() / max(1, (~frame).sum())))
    tally.sizes.append(size[inside] * scale)
    tally.count.append(int((size[inside] * scale >= 4).sum()))
    if sample is None or not measured.any():
        return
    camera = sample.intrinsics or default_intrinsics(measured.shape)
    _add_sides(tally, sample.depth, camera)
    _add_rates(tally, sample, camera, ~frame)


def _add_sides(tally: Tally, depth: FloatImage, camera: Intrinsics) -> None:
    """Holes as runs along rows, by what is at their two ends; `sides` counts pixels: left, right, flat, border."""
    hole = np.zeros((depth.shape[0], depth.shape[1] + 2), dtype=np.int8)
    hole[:, 1:-1] = depth == 0
    step = np.diff(hole, axis=1)
    row, start = np.nonzero(step == 1)
    _, stop = np.nonzero(step == -1)
    length = stop - start
    open_end = (start == 0) | (stop == depth.shape[1])
    before, after = depth[row, np.maximum(start - 1, 0)], depth[row, np.minimum(stop, depth.shape[1] - 1)]
    left = ~open_end & (after < (1 - JUMP) * before)  # the object is to the right of the hole
    right = ~open_end & (before < (1 - JUMP) * after)
    kinds = (left, right, ~open_end & ~left & ~right, open_end)
    tally.sides.append(np.array([length[kind].sum() for kind in kinds]))
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = camera.fx * np.abs(1 / after - 1 / before)
    clear = length >= 3  # offset of the eye that would cast this shadow, metres
    for kind, offsets in ((left, tally.left_offsets), (right, tally.right_offsets)):
        chosen = kind & clear & (shift > 20)
        offsets.append(length[chosen] / shift[chosen])


def _add_rates(tally: Tally, sample: Sample, camera: Intrinsics, counted: BoolImage) -> None:
    """Holes and pixels per bin of luminance, angle and depth, the frame left out."""
    hole = sample.depth == 0
    nearest = distance_transform_edt(hole, return_distances=False, return_indices=True)
    depth = sample.depth[tuple(nearest)]
    weight = gaussian_filter((~hole).astype(np.float32), 2)
    inverse = np.where(hole, 0, 1 / depth).astype(np.float32)  # smoothed: a camera's steps are no slopes
    smooth = np.where(hole, 0, gaussian_filter(inverse, 2) / np.maximum(weight, 1e-6)).astype(np.float32)
    angle = np.rad2deg(np.arccos(cosine(smooth, camera, step=3)))[tuple(nearest)]
    luminance = sample.rgb @ np.array([0.299, 0.587, 0.114]) / 255
    for name, values, bins in (("luminance", luminance, LUMINANCE), ("angle", angle, ANGLE), ("depth", depth, DEPTH)):
        counts = np.stack([np.histogram(values[counted & which], bins)[0] for which in (hole, ~hole | hole)])
        tally.rates[name] = tally.rates.get(name, 0) + counts


# --------------------------------------------------------------------------------------------------------------- table


def _percent(value: float) -> str:
    return "–" if not np.isfinite(value) else f"{100 * value:.3g}"


def rows(tally: Tally) -> dict[str, str]:
    """The table's cells of one column, by row."""

    def quartiles(values: list[float]) -> str:
        return " / ".join(_percent(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))

    cells = {"n": str(len(tally.share)), "hole share, %, quartiles": quartiles(tally.share)}
    cells["hole share without the frame's, %"] = quartiles(tally.inner)
    cells["holes an image (4 px or more), quartiles"] = " / ".join(
        f"{x:.0f}" for x in np.quantile(tally.count, (0.25, 0.5, 0.75))
    )
    sizes = np.concatenate(tally.sizes) if tally.sizes else np.zeros(0)
    total = max(sizes.sum(), 1e-9)
    for name, low, high in (
        (f"area in holes under {SMALL} px, %", 0, SMALL),
        (f"area in holes of {SMALL} to {LARGE} px, %", SMALL, LARGE),
        (f"area in holes over {LARGE} px, %", LARGE, np.inf),
    ):
        cells[name] = _percent(sizes[(sizes >= low) & (sizes < high)].sum() / total)
    if not tally.sides:
        return cells
    sides = np.sum(tally.sides, axis=0)
    for name, value in zip(
        ("left of an object", "right of an object", "no jump across", "open to a side"), sides, strict=True
    ):
        cells[f"hole pixels {name}, %"] = _percent(value / max(1, sides.sum()))
    for name, parts in (("left", tally.left_offsets), ("right", tally.right_offsets)):
        offsets = np.concatenate(parts)
        cells[f"eye's offset from {name} shadows, mm, median"] = (
            f"{1000 * np.median(offsets):.0f}" if len(offsets) else "–"
        )
    for name, bins in (("luminance", LUMINANCE), ("angle", ANGLE), ("depth", DEPTH)):
        holes, pixels = tally.rates[name]
        enough = pixels >= 0.002 * pixels.sum()
        for k in range(len(bins) - 1):
            rate = holes[k] / pixels[k] if enough[k] else np.nan
            cells[f"hole rate, {name} {bins[k]:g} to {bins[k + 1]:g}, %"] = _percent(rate)
    return cells


def columns(args: argparse.Namespace) -> Iterator[tuple[str, dict[str, str]]]:
    """(title, cells) of every set and simulation."""
    for folder in args.real:
        tally = Tally()
        for measured, sample in read_set(folder, args.images, (0.0, np.inf)):
            add_image(tally, measured, sample)
        yield f"real: {folder.name}", rows(tally)
    for sensor in args.sensors:
        for folder in args.data:
            tally = Tally()
            for k, (_, truth) in enumerate(read_set(folder, args.images, tuple(args.median))):
                if truth is None or truth.mask.mean() < 0.98:
                    continue  # holes of the truth would be counted as the sensor's
                if args.guess:
                    truth = replace(truth, surface=None)
                depth = SENSORS[sensor](truth, np.random.default_rng((args.seed, k)))
                add_image(tally, depth > 0, replace(truth, depth=depth))
            if tally.share:
                yield f"{sensor}: {folder.name}", rows(tally)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, nargs="*", default=[], help="folders of real images or masks")
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="folders with dense truth")
    parser.add_argument("--sensors", nargs="*", choices=list(SENSORS), default=["kinect_v1"])
    parser.add_argument("--median", type=float, nargs=2, default=(0.0, np.inf), help="median truth depth, metres")
    parser.add_argument("--images", type=int, default=100, help="most images a folder")
    parser.add_argument("--guess", action="store_true", help="normals and materials from depth and colour")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    table = list(columns(args))
    names = list(dict.fromkeys(name for _, cells in table for name in cells))
    print("| |" + "".join(f" {title} |" for title, _ in table))
    print("|---|" + "---|" * len(table))
    for name in names:
        print(f"| {re.sub(r' inf', ' more', name)} |" + "".join(f" {cells.get(name, '')} |" for _, cells in table))


if __name__ == "__main__":
    main()
