"""How different the pairs of generated scenes are: depths, edges, and how alike the two most alike are.

    OMP_NUM_THREADS=1 python benchmarks/scenes_diversity.py DIR [DIR...] [--pairs 2000]

DIR is what `spnet scenes render` wrote, or any data set of the same layout, to compare. Of every image it takes

- the median of its known depth, and its 5th and 95th percentile;
- edges of the picture (Sobel's slope of the luminance over 0.1 a pixel, after a blur of a pixel) and of the depth (a
  jump of over 5 % between neighbours, grown by 2 pixels): the shares with and without the other;
- a thumbnail of 16 x 12 pixels of luminance and one of log depth, each made free of its mean and of length 1; the
  cosine with the most alike thumbnail of another image. 1 would be a copy.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, gaussian_filter, sobel

from spnet.datasets import FolderDataset
from spnet.types import AnyArray, Sample

THUMBNAIL = (16, 12)
JUMP, SLOPE = 0.05, 0.1
COPY = 0.99  # cosine of picture and of depth thumbnails over which two pairs are taken to show the same
BOUNDS = (0, 0.3, 0.6, 1, 2, 4, 8, 15, 30, 60, np.inf)


@dataclass(frozen=True)
class Facts:
    """Of one image."""

    depths: tuple[float, float, float]  # 5th percentile, median, 95th percentile, metres
    known: float
    edges: tuple[
        float, float, float, float
    ]  # picture with and without depth edge, depth without picture edge, all depth
    thumbnail: AnyArray
    relief: AnyArray


def facts_of(sample: Sample) -> Facts:
    """All that is reported of one image."""
    known = sample.depth > 0
    low, median, high = np.percentile(sample.depth[known], (5, 50, 95)).tolist()
    grey = sample.rgb @ np.array([0.299, 0.587, 0.114]) / 255
    smooth = gaussian_filter(grey, 1.0)
    slope = np.hypot(sobel(smooth, 0), sobel(smooth, 1)) / 8
    picture, jump = slope > SLOPE, binary_dilation(jumps(sample.depth), iterations=2)
    shares = (picture & jump).mean(), (picture & ~jump).mean(), (jump & ~picture).mean(), jump.mean()
    filled = np.where(known, sample.depth, sample.depth.max() * 2)
    return Facts(
        (low, median, high),
        float(known.mean()),
        tuple(float(share) for share in shares),  # type: ignore[arg-type]
        unit(small(grey.astype(np.float32))),
        unit(np.log(small(filled))),
    )


def jumps(depth: AnyArray) -> AnyArray:
    """True at either side of a jump, the rim of the sky included."""
    far = np.where(depth > 0, depth, 1e4)
    out = np.zeros(depth.shape, bool)
    for a, b in (((slice(1, None), slice(None)), (slice(-1), slice(None))),
                 ((slice(None), slice(1, None)), (slice(None), slice(-1)))):  # fmt: skip
        edge = np.abs(far[a] - far[b]) > JUMP * np.minimum(far[a], far[b])
        out[a] |= edge
        out[b] |= edge
    return out


def small(image: AnyArray) -> AnyArray:
    """The mean over each of 16 x 12 parts."""
    return np.asarray(Image.fromarray(image).resize(THUMBNAIL, Image.Resampling.BOX))


def unit(image: AnyArray) -> AnyArray:
    """As a vector without mean, of length 1."""
    flat = image.ravel() - image.mean()
    return flat / max(float(np.linalg.norm(flat)), 1e-6)


def nearest(facts: list[Facts]) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Of every image: cosine of the most alike picture, of the most alike depth, and the lesser of both at its best."""
    pictures, reliefs = np.stack([f.thumbnail for f in facts]), np.stack([f.relief for f in facts])
    first, second = pictures @ pictures.T, reliefs @ reliefs.T
    both = np.minimum(first, second)
    for table in (first, second, both):
        np.fill_diagonal(table, -1)
    return first.max(1), second.max(1), both.max(1)


def report(root: Path, most: int) -> None:
    """Print what there is to say of one folder."""
    data = FolderDataset(root, strict=False)
    places = np.linspace(0, len(data) - 1, min(most, len(data))).round().astype(int)
    samples = (data[place] for place in places.tolist())
    facts = [facts_of(sample) for sample in samples if (sample.depth > 0).any()]
    print(f"\n{root.name}: {len(facts)} pairs")
    depths = np.array([f.depths for f in facts])
    counts = Counter(np.digitize(depths[:, 1], BOUNDS).tolist())
    spans = [f"{BOUNDS[k - 1]:g}-{BOUNDS[k]:g} m {100 * counts[k] / len(facts):.1f} %" for k in sorted(counts)]
    print("median depth: " + ", ".join(spans))
    print(
        "5 / 50 / 95 % of the images' medians: "
        + " / ".join(f"{x:.2f}" for x in np.percentile(depths[:, 1], (5, 50, 95)))
    )
    span = np.median(depths[:, 2] / depths[:, 0])
    print(
        f"95th over 5th percentile within an image, median: {span:.1f}; known: {np.mean([f.known for f in facts]):.1%}"
    )
    with_, without, bare, jump = np.mean([f.edges for f in facts], axis=0)
    edge = with_ + without
    print(f"pixels at an edge of the picture: {edge:.1%}, of these {with_ / max(edge, 1e-9):.0%} with an edge of depth")
    print(f"pixels at an edge of depth: {jump:.1%}, of these {bare / max(jump, 1e-9):.0%} without one of the picture")
    if len(facts) > 1:
        picture, relief, both = nearest(facts)
        for name, values in (("picture", picture), ("depth", relief), ("both", both)):
            quantiles = " / ".join(f"{x:.3f}" for x in np.percentile(values, (50, 95, 100)))
            print(f"cosine with the nearest neighbour, {name}: {quantiles} (median, 95 %, most)")
        print(f"pairs alike (both over {COPY}): {int((both > COPY).sum())}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dirs", type=Path, nargs="+")
    parser.add_argument("--pairs", type=int, default=2000)
    args = parser.parse_args()
    for root in args.dirs:
        report(root, args.pairs)


if __name__ == "__main__":
    main()
