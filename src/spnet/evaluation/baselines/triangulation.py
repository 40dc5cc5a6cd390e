"""The fills of `spnet.fill` as methods: what any other method must beat. They keep the measured pixels."""

from __future__ import annotations

from dataclasses import dataclass

from spnet.fill import fill, linear_fill, nearest_fill
from spnet.types import FloatImage, Sample


@dataclass(frozen=True)
class NearestFill:
    """Every pixel gets the nearest measurement."""

    name: str = "nearest"

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres."""
        return nearest_fill(sample.depth)


@dataclass(frozen=True)
class LinearFill:
    """Depth, linear over the Delaunay triangles; the nearest measurement outside their hull."""

    name: str = "linear"

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres."""
        return linear_fill(sample.depth)


@dataclass(frozen=True)
class PlanarFill:
    """Inverse depth, linear over the Delaunay triangles, which is exact on planes; nearest outside their hull."""

    name: str = "planar"

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W), metres."""
        return fill(sample.depth).planar
