"""Roads: cross-sections, lanes, markings, kerbs, pavements, crossings, side streets.

A track's height is that of the pavements and of the ground beside the road; the carriageway lies a kerb lower.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spnet.scenes.outdoors import matter
from spnet.scenes.outdoors.heap import Heap, quads
from spnet.scenes.outdoors.painted import Patch, dashes, step, surface
from spnet.scenes.outdoors.site import Site
from spnet.scenes.outdoors.track import Numbers, Track
from spnet.scenes.scene import Material, Triple
from spnet.scenes.surfaces import plain
from spnet.scenes.textures.noise import neutral

KERB = 0.14  # width of kerb stones, metres; ours
Range = tuple[float, float]


@dataclass(frozen=True)
class Section:
    """A road across, in metres; pairs are its left and its right.

    Attributes:
        lanes: number of lanes on either side of the middle; none on the left is a one-way road or a path.
        lane: width of one.
        parking: width of the parking lanes.
        kerb: height of the kerbs; 0 for a road without.
        pavement: width of the pavements, or of the verges of a road without kerbs.
        camber: fall from the middle to the sides, metres a metre.
    """

    lanes: tuple[int, int] = (1, 1)
    lane: float = 3.2
    parking: tuple[float, float] = (0.0, 0.0)
    kerb: float = 0.12
    pavement: tuple[float, float] = (2.0, 2.0)
    camber: float = 0.02

    @property
    def half(self) -> tuple[float, float]:
        """Half-widths of the carriageway, parking included."""
        left, right = (n * self.lane + p for n, p in zip(self.lanes, self.parking, strict=True))
        return (left, right) if self.lanes[0] else (right / 2, right / 2)

    @property
    def edge(self) -> tuple[float, float]:
        """Distances of the outer edges of the pavements."""
        left, right = (h + KERB + p for h, p in zip(self.half, self.pavement, strict=True))
        return left, right


@dataclass
class Road:
    """A road along a track, from station `start` to `end`.

    Attributes:
        gaps: for its left and its right, where its kerbs stop for a side street: stations from and to.
        crossings: zebra crossings: stations from and to.
    """

    track: Track
    section: Section
    start: float
    end: float
    gaps: tuple[list[Range], list[Range]] = field(default_factory=lambda: ([], []))
    crossings: list[Range] = field(default_factory=list)

    def lane_middle(self, side: int, lane: int = 0) -> float:
        """Position across of a lane of the right (1) or left (-1), counted from the middle."""
        if not self.section.lanes[0]:
            return (lane + 0.5) * self.section.lane - self.section.half[0]
        return side * (lane + 0.5) * self.section.lane

    def sunk(self, t: float) -> float:
        """Height of the carriageway over the track."""
        return -self.section.kerb - self.section.camber * abs(t) + 0.0

    def on(self, s: float, t: float) -> Triple:
        """A point on the carriageway."""
        return self.track.spot(s, t, self.sunk(t))

    def beside(self, s: float, t: float) -> Triple:
        """A point at the height of the pavement."""
        return self.track.spot(s, t)

    def pieces(self, side: int, widen: float = 0.0) -> list[Range]:
        """Stations from and to of what is left of a side between its gaps, the gaps widened."""
        pieces, begin = [], self.start
        for low, high in sorted(self.gaps[side > 0]):
            if low - widen - begin > 0.5:
                pieces.append((begin, low - widen))
            begin = max(begin, high + widen)
        if self.end - begin > 0.5:
            pieces.append((begin, self.end))
        return pieces


def stations(start: float, end: float, step: float = 2.5) -> Numbers:
    """Stations about `step` apart."""
    return np.linspace(start, end, max(round((end - start) / step), 1) + 1)


def build(site: Site, road: Road, base: Material, pave: Material, kerbs: Material, marks: list[Patch]) -> None:
    """Carriageway, kerbs and pavements.

    Args:
        site: where.
        road: what.
        base, pave, kerbs: materials of the carriageway, the pavements, the kerbs.
        marks: markings and patches of the carriageway.
    """
    heap, section, track = Heap(), road.section, road.track
    left, right = section.half

    def profile(s: Numbers, t: Numbers) -> Numbers:
        return -section.kerb - section.camber * np.abs(t) + 0 * s

    across = np.array([-left, -left / 2, 0.0, right / 2, right])
    surface(heap, track, stations(road.start, road.end), across, base, marks, profile)
    for side in (-1, 1):
        half, edge = section.half[side > 0], section.edge[side > 0]
        if section.pavement[side > 0] <= 0:
            continue
        for low, high in road.pieces(side):
            _side(heap, road, side, stations(low, high), (half, half + KERB, edge), pave, kerbs)
    site.add(heap)


def _side(
    heap: Heap, road: Road, side: int, s: Numbers, t: tuple[float, float, float], pave: Material, kerbs: Material
) -> None:
    """Kerb and pavement between two gaps; t are the kerb's two edges and the pavement's outer one."""
    section, track = road.section, road.track
    half, inner, edge = t

    def strip(a: float, b: float, material: Material) -> None:
        surface(heap, track, s, np.array(sorted((side * a, side * b))), material)

    if section.kerb > 0:
        strip(half, inner, kerbs)
        step(heap, track, s, side * half, road.sunk(half) - 0.05, 0.0, kerbs, right=side < 0)
        strip(inner, edge, pave)
    else:
        strip(half, edge, pave)
    step(heap, track, s, side * edge, -0.5, 0.0, kerbs, right=side > 0)
    for station, forward in ((s[0], False), (s[-1], True)):
        rim = track.at(station, np.array([side * half, side * edge])[:, None], np.array([-0.4, 0.0])[None])
        corners = [rim[0, 0], rim[1, 0], rim[1, 1], rim[0, 1]]
        ordered = corners if (side < 0) == (not forward) else corners[::-1]
        heap.add(quads([ordered], [[(0, 0), (edge - half, 0), (edge - half, 0.4), (0, 0.4)]]), kerbs)


def markings(rng: np.random.Generator, road: Road, base: Material, urban: bool) -> list[Patch]:
    """Lines, crossings, mended patches, covers of shafts."""
    section, paint = road.section, matter.marking(rng)
    left, right = section.half
    patches = _mended(rng, road, base)
    lines = rng.random() < (0.75 if urban else 0.9) and left + right > 4.6
    middle = matter.marking(rng, yellow=True) if rng.random() < 0.15 else paint
    spans = _between(road, [c for side in road.gaps for c in side] + [(a - 0.5, b + 0.5) for a, b in road.crossings])
    dash, gap = (3.0, float(rng.uniform(3, 6))) if urban else (float(rng.uniform(3, 6)), float(rng.uniform(6, 12)))
    solid = rng.random() < 0.2
    for low, high in spans if lines else []:
        if section.lanes[0]:
            patches += dashes(low, high, 0.0, 0.13, dash, 0.0 if solid else gap, middle)
        for side in (-1, 1):
            for lane in range(1, section.lanes[side > 0]):
                t = side * lane * section.lane if section.lanes[0] else lane * section.lane - left
                patches += dashes(low, high, t, 0.13, dash, gap, paint)
    if not urban or rng.random() < 0.25:
        for t in (-left + section.parking[0] + 0.2, right - section.parking[1] - 0.2):
            patches += dashes(road.start, road.end, t, 0.13, 1, 0.0, paint)
    patches += _bays(road, paint, rng) if urban else []
    for low, high in road.crossings:
        stripe = 0.5
        for t in np.arange(-left + 0.4, right - 0.6, 2 * stripe):
            patches.append(Patch(low, high, float(t), float(t) + stripe, paint))
        for side in (-1, 1):
            stop = (low - 1.6, low - 1.2) if side > 0 else (high + 1.2, high + 1.6)
            span = (0.1, right - 0.2) if side > 0 else (-left + 0.2, -0.1)
            patches.append(Patch(*stop, *span, paint))
    return patches


def _bays(road: Road, paint: Material, rng: np.random.Generator) -> list[Patch]:
    """Lines between the places of parking lanes."""
    patches, section = [], road.section
    for side in (-1, 1):
        wide = section.parking[side > 0]
        if wide <= 0 or rng.random() < 0.4:
            continue
        outer = section.half[side > 0]
        ends = sorted((side * (outer - wide), side * (outer - 0.1)))
        patches += [
            Patch(s, s + 0.1, ends[0], ends[1], paint) for s in np.arange(road.start + 5, road.end - 5, 5.6).tolist()
        ]
        inner = sorted((side * (outer - wide), side * (outer - wide - 0.1)))
        patches.append(Patch(road.start, road.end, inner[0], inner[1], paint))
    return patches


def _mended(rng: np.random.Generator, road: Road, base: Material) -> list[Patch]:
    """Patches of other asphalt, trenches along the road, covers."""
    left, right = road.section.half
    patches = []
    for _ in range(int(rng.integers(0, 7))):
        s, t = float(rng.uniform(road.start, min(road.end, 70))), float(rng.uniform(-left, right - 1))
        long, wide = float(rng.uniform(0.8, 14)), float(rng.uniform(0.5, 2.2))
        patches.append(Patch(s, s + long, t, min(t + wide, right), matter.patched(rng, base)))
    iron = plain(neutral(rng, (0.13, 0.27)), 0.6, 0.3, grain_size=0.05)
    for _ in range(int(rng.integers(0, 9))):
        s, t = float(rng.uniform(road.start, min(road.end, 60))), float(rng.uniform(-left + 0.2, right - 0.9))
        patches.append(Patch(s, s + 0.62, t, t + 0.62, iron))
    return patches


def _between(road: Road, blocked: list[Range]) -> list[Range]:
    """Stations between ranges."""
    spans, begin = [], road.start
    for low, high in sorted(blocked):
        if low > begin:
            spans.append((begin, low))
        begin = max(begin, high)
    return [*spans, (begin, road.end)] if begin < road.end else spans
