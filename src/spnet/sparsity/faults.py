"""What sensors get wrong: outliers, noise, a shifted image, values that bleed over edges, coarse steps, limits.

Every function takes measured depth (H, W) in metres, 0 = not measured, and returns it with the fault.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from spnet.types import FloatImage

OUTLIER_BETWEEN = (10, 90)  # percentiles of depth (OMNI-DC)
EDGE = 0.10  # ours: neighbouring pixels whose depths differ by over 10 % lie on either side of an edge


def outliers(depth: FloatImage, scene: FloatImage, share: float, rng: np.random.Generator) -> FloatImage:
    """Each value becomes, with probability `share`, a uniform draw between the scene's 10th and 90th percentile.

    OMNI-DC's noise; its code takes the percentiles over unknown pixels too, as zeros, ours over known ones only.

    Args:
        depth: (H, W) what is measured.
        scene: (H, W) the dense truth.
        share: 0 to 1.
        rng: the random source.
    """
    known = scene[scene > 0]
    if known.size == 0:
        return depth
    low, high = np.percentile(known, OUTLIER_BETWEEN)
    hit = (depth > 0) & (rng.random(depth.shape, dtype=np.float32) < share)
    out = depth.copy()
    out[hit] = rng.uniform(low, high, int(hit.sum()))
    return out


def gauss(depth: FloatImage, rng: np.random.Generator, *, relative: float = 0.0, metres: float = 0.0) -> FloatImage:
    """Gaussian noise with a standard deviation relative to the depth, in metres, or both. What falls to 0 is lost."""
    at = depth > 0
    values = depth[at]
    sigma = np.float32(relative) * values + np.float32(metres)
    values = values + rng.standard_normal(values.size, dtype=np.float32) * sigma
    out = np.zeros_like(depth)
    out[at] = np.maximum(values, 0)
    return out


def shifted(depth: FloatImage, pixels: float, rng: np.random.Generator) -> FloatImage:
    """Depth registered wrongly: moved by `pixels` in a random direction (rounded); what leaves the image is lost."""
    angle = rng.uniform(0, 2 * np.pi)
    down, right = round(pixels * np.sin(angle)), round(pixels * np.cos(angle))
    h, w = depth.shape
    out = np.zeros_like(depth)
    if abs(down) < h and abs(right) < w:
        out[max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)] = depth[
            max(-down, 0) : h + min(-down, 0), max(-right, 0) : w + min(-right, 0)
        ]
    return out


def bled(depth: FloatImage, scene: FloatImage, reach: int, share: float, rng: np.random.Generator) -> FloatImage:
    """Values within `reach` pixels of a depth edge take, with probability `share`, the other side's depth.

    A calibration or timing error of a LiDAR does this, and so does a scan from beside the camera. Within the square of
    reach around a pixel, the other side is the nearest or the farthest depth, whichever is less like the pixel's own;
    there is an edge where neighbours in the square differ by over 10 %.

    Args:
        depth: (H, W) what is measured.
        scene: (H, W) the dense truth.
        reach: pixels.
        share: 0 to 1.
        rng: the random source.
    """
    near = _window(np.where(scene > 0, scene, np.float32(np.inf)), reach, True)
    far = _window(scene, reach, False)
    # A marked pixel lies beside the other side, which is then within reach.
    at = (depth > 0) & (_window(_edges(scene), reach - 1, False) > 0)
    if share < 1:
        at &= rng.random(depth.shape, dtype=np.float32) < share
    out = depth.copy()
    own, low, high = depth[at], near[at], far[at]
    out[at] = np.where(own * own < low * high, high, low)  # nearer to the low end in the logarithm
    return out


def _edges(scene: FloatImage) -> FloatImage:
    """(H, W) 1 at known pixels beside, or above or below, a known one that is over 10 % nearer or farther; else 0."""
    edges = np.zeros_like(scene)
    for ahead, behind in (((slice(1, None),), (slice(None, -1),)), ((..., slice(1, None)), (..., slice(None, -1)))):
        low, high = np.minimum(scene[ahead], scene[behind]), np.maximum(scene[ahead], scene[behind])
        jump = (low > 0) & (high > np.float32(1 + EDGE) * low)
        edges[ahead] = np.maximum(edges[ahead], jump)
        edges[behind] = np.maximum(edges[behind], jump)
    return edges


def _window(image: FloatImage, reach: int, lowest: bool) -> FloatImage:
    """The lowest or highest value within the square of (2 reach + 1) pixels."""
    one = minimum_filter1d if lowest else maximum_filter1d
    filtered: FloatImage = one(one(image, 2 * reach + 1, axis=0, mode="nearest"), 2 * reach + 1, axis=1, mode="nearest")
    return filtered


def quantised(depth: FloatImage, step: float) -> FloatImage:
    """Rounded to multiples of `step` metres; what rounds to 0 is lost."""
    rounded: FloatImage = (np.rint(depth / step) * step).astype(np.float32)
    return rounded


def limited(depth: FloatImage, near: float, far: float) -> FloatImage:
    """Only what lies between two depths, metres, both included."""
    within: FloatImage = depth * ((depth >= np.float32(near)) & (depth <= np.float32(far)))
    return within
