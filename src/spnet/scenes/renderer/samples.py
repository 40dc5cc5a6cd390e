"""Which samples beside the pixels' centres need a colour of their own, and how all colours make a picture.

A pixel has its centre and four samples around it, each with the number of the triangle that it sees. Inside a surface
the centre's colour does for all; at edges the samples that see something else are shaded too, once each surface.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spnet.scenes.renderer.geometry import Geometry
from spnet.scenes.scene import Floats
from spnet.types import BoolImage

Numbers = NDArray[np.uint32]
Indices = NDArray[np.int64]

# Where the samples lie in a pixel: the usual pattern of four, which Direct3D prescribes and drivers keep to.
OFFSETS = np.array([(0.375, 0.125), (0.875, 0.375), (0.125, 0.625), (0.625, 0.875)], np.float32)
ALIKE = 0.9  # cosine between normals of one surface, e.g. of a bent one's triangles; ours


@dataclass(frozen=True)
class Edges:
    """Pixels whose samples are not all like their centre.

    Attributes:
        pixel: (n,) their numbers, row by row.
        source: (n, 4) for each sample the row of `place` that colours it, -1 = the centre.
        place: (m, 2) float32 where to shade, pixels from the upper left corner.
        number: (m,) uint32 which triangle.
    """

    pixel: Indices
    source: Indices
    place: Floats
    number: Numbers


def find_edges(centre: Numbers, samples: Numbers, geometry: Geometry) -> Edges:
    """What has to be shaded beside the centres.

    Args:
        centre: (H, W) number of the triangle at each centre.
        samples: (H, W, 4) at each sample.
        geometry: where normals and owners come from.
    """
    width = centre.shape[1]
    around = samples.reshape(-1, 4)
    pixel = np.flatnonzero((around != centre.reshape(-1, 1)).any(1))
    seen = np.concatenate([centre.reshape(-1)[pixel, None], around[pixel]], 1)  # (n, 5), the centre first
    owner, normal = geometry.owner[seen], geometry.normal[seen]
    like = np.zeros((len(pixel), 4), np.int64)  # which of the five colours a sample; itself if none before is like it
    for k in range(1, 5):
        like[:, k - 1] = k
        for j in range(k - 1, -1, -1):
            cosine = np.einsum("nc,nc->n", normal[:, j], normal[:, k])
            same = (seen[:, j] == seen[:, k]) | ((owner[:, j] == owner[:, k]) & (np.abs(cosine) > ALIKE))
            like[:, k - 1] = np.where(same, j, like[:, k - 1])
    # what is like something that is itself like another takes that one's colour
    for k in range(1, 4):
        follow = (like[:, k] > 0) & (like[:, k] < k + 1)
        like[:, k] = np.where(
            follow, np.take_along_axis(like, np.maximum(like[:, k : k + 1] - 1, 0), 1)[:, 0], like[:, k]
        )
    own = like == np.arange(1, 5)
    rows = np.full((len(pixel), 5), -1, np.int64)
    rows[:, 1:][own] = np.arange(int(own.sum()))
    source = np.take_along_axis(rows, like, 1)
    at, which = np.nonzero(own)
    place = np.stack([pixel[at] % width, pixel[at] // width], 1).astype(np.float32) + OFFSETS[which]
    changed = (like > 0).any(1)
    return Edges(pixel[changed], source[changed], place, seen[at, which + 1].astype(np.uint32))


@dataclass(frozen=True)
class Behind:
    """What lies behind see-through surfaces, at pixels where one is seen.

    Attributes:
        pixel: (n,) their numbers.
        nearest: (n,) number of the see-through triangle behind the first, 0 = none.
        solid: (n,) number of the solid triangle behind all of them, 0 = the sky.
    """

    pixel: Indices
    nearest: Numbers
    solid: Numbers

    def entries(self, width: int) -> tuple[Floats, Numbers]:
        """Places and numbers to shade: the solid ones, then those of `nearest` that are there."""
        place = np.stack([self.pixel % width, self.pixel // width], 1).astype(np.float32) + np.float32(0.5)
        there = self.nearest > 0
        return np.concatenate([place, place[there]]), np.concatenate([self.solid, self.nearest[there]])

    def colour(self, shaded: Floats) -> Floats:
        """(n, 3) from the (m, 4) colours of `entries`, the alpha last."""
        count = len(self.pixel)
        colour = shaded[:count, :3].copy()
        there = self.nearest > 0
        pane = shaded[count:]
        colour[there] = pane[:, :3] + (1 - pane[:, 3:]) * colour[there]
        return colour


def see_through(centre: Numbers, edges: Edges, geometry: Geometry) -> Indices:
    """Numbers of the pixels where any sample sees a see-through surface."""
    mask: BoolImage = geometry.clear[centre.reshape(-1)]
    shaded = geometry.clear[edges.number]
    if shaded.any():
        wanted = (np.append(shaded, False)[edges.source]).any(1)
        mask[edges.pixel[wanted]] = True
    return np.flatnonzero(mask)


def compose(
    centre: Floats, shaded: Floats, edges: Edges, behind: Behind | None, behind_colour: Floats | None
) -> Floats:
    """The picture.

    Args:
        centre: (H, W, 4) colours of the centres, the alpha last.
        shaded: (m, 4) colours of the edges' places.
        edges: which samples they belong to.
        behind: which pixels have something behind.
        behind_colour: (n, 3) its colours.

    Returns:
        (H, W, 3) radiance.
    """
    height, width = centre.shape[:2]
    flat = centre.reshape(-1, 4)
    back = np.zeros((height * width, 3), np.float32)
    if behind is not None and behind_colour is not None:
        back[behind.pixel] = behind_colour
    result = flat[:, :3] + (1 - flat[:, 3:]) * back
    own = shaded[edges.source]  # (n, 4, 4); row -1 is overwritten below
    under = back[edges.pixel][:, None]
    samples = own[..., :3] + (1 - own[..., 3:]) * under
    samples = np.where((edges.source < 0)[..., None], result[edges.pixel][:, None], samples)
    result[edges.pixel] = samples.mean(1)
    return result.reshape(height, width, 3)
