"""Trees and bushes in three degrees of detail, so that a wood of hundreds stays within a scene's budget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from spnet.scenes import shapes
from spnet.scenes.outdoors import matter
from spnet.scenes.outdoors.coarse import clustered
from spnet.scenes.outdoors.leaves import cloud, leaves, thinned
from spnet.scenes.outdoors.library import SHELF
from spnet.scenes.outdoors.site import Site
from spnet.scenes.outdoors.track import Numbers
from spnet.scenes.scene import LEAF, Material, Mesh, Model, joined
from spnet.scenes.textures import TextureSet

SHARES = (1.0, 0.4, 0.13, 0.045, 0.016)  # of leaves that stay, by degree of detail; ours
RANGES = (13.0, 28.0, 62.0, 110.0)  # metres from the cameras at which the next degree begins; ours


CLOSE = 9.0  # metres within which trees keep most of their leaves, however many there are
BUDGET = 110_000  # triangles of a grove


@dataclass(frozen=True)
class Tree:
    """A tree about the origin.

    Attributes:
        wood: trunk and branches, by degree of detail.
        crown: leaves, by degree of detail.
        bark, leaf: their materials.
        height, spread: its height and the radius of its crown, metres.
        girth: radius of its trunk.
        clear: height up to which there are no leaves.
    """

    wood: tuple[Mesh, ...]
    crown: tuple[Mesh, ...]
    bark: Material
    leaf: Material
    height: float
    spread: float
    girth: float
    clear: float

    def mesh(self, degree: int) -> tuple[Mesh, tuple[Material, Material]]:
        """All of it at a degree of detail, 0 the finest."""
        wood, crown = self.wood[min(degree, len(self.wood) - 1)], self.crown[min(degree, len(self.crown) - 1)]
        return joined([wood, crown], [0, 1]), (self.bark, self.leaf)


def grown(rng: np.random.Generator, textures: TextureSet, habit: str, season: str = "summer") -> Tree:
    """A random tree.

    Args:
        rng: source of randomness.
        textures: where the bark's layers come from.
        habit: "broad", "slender", "conifer", "stem" (a forest's: a long bare trunk), "bush" or "bare".
        season: see `matter.foliage`.
    """
    bark = matter.bark(rng, textures)
    if habit == "conifer":
        return _conifer(rng, bark, matter.foliage(rng, "summer"))
    return _broad(rng, habit, bark, matter.foliage(rng, season))


def _degrees(rng: np.random.Generator, trunk: list[Mesh], crown: Mesh, **facts: float | Material) -> Tree:
    """Thin out a tree's leaves for the coarser degrees; the last ones keep only the trunk."""
    chosen = rng.random(len(crown) // 2)
    crowns = tuple(crown if share == 1 else thinned(crown, chosen, share) for share in SHARES)
    whole = joined(trunk)
    bare = clustered(trunk[0], 0.8)
    wood = (whole, whole, joined(trunk[: 1 + len(trunk) // 3]), bare, bare)
    return Tree(wood, crowns, **facts)  # type: ignore[arg-type]


def _broad(rng: np.random.Generator, habit: str, bark: Material, leaf: Material) -> Tree:
    """A trunk, branches that fork off it, and clouds of leaves about their ends."""
    u = rng.uniform
    height, clear, width = {
        "broad": (u(5, 13), u(0.18, 0.34), u(0.3, 0.46)),
        "slender": (u(5, 15), u(0.15, 0.35), u(0.14, 0.24)),
        "stem": (u(11, 22), u(0.42, 0.62), u(0.14, 0.24)),
        "bush": (u(0.7, 2.6), 0.06, u(0.4, 0.7)),
        "bare": (u(5, 12), u(0.2, 0.35), u(0.3, 0.42)),
    }[habit]
    girth = float(height * u(0.011, 0.022)) if habit != "bush" else 0.03
    spread, low = float(width * height), float(clear * height)
    lean = rng.normal(0, 0.03, 2) * height
    z = np.linspace(0, 0.92 * height, 7)
    axis = np.column_stack([lean[:1] * (z / height) ** 2 + 0 * z, lean[1:] * (z / height) ** 2 + 0 * z, z])
    axis[1:-1, :2] += rng.normal(0, 0.008 * height, (5, 2))
    radii = girth * (1.0 - 0.85 * z / height)
    radii[0] *= 1.5
    axis[0, 2] = -0.4
    wood = [shapes.tube(axis, radii.tolist(), 9)]
    count = int(rng.integers(9, 16)) if habit != "bush" else 7
    clouds = []
    total = {"bush": 700, "stem": 2300}.get(habit, 3000)
    size = float(np.clip(0.027 * height, 0.07, 0.26))
    for k in range(count):
        share = (k + u(0.1, 0.9)) / count
        start = _along(axis, low + (0.9 * height - low) * share**1.15)
        angle = k * 2.4 + u(-0.4, 0.4)
        reach = spread * (0.55 + 0.6 * np.sin(np.pi * min(share * 0.75 + 0.25, 1.0))) * u(0.6, 0.95)
        rise = float(u(0.15, 0.75) + 0.5 * share) * reach
        end = start + np.array([np.cos(angle) * reach, np.sin(angle) * reach, rise])
        bend = (start + end) / 2 + (0, 0, 0.12 * reach)
        thick = girth * (0.45 - 0.25 * share)
        wood.append(shapes.tube([start, bend, end], [thick, 0.6 * thick, 0.2 * thick], 5, capped=False))
        if habit == "bare":
            wood += _twigs(rng, start, bend, end, thick)
            continue
        half = spread * np.array([0.5, 0.5, 0.36]) * u(0.75, 1.15)
        clouds.append(cloud(rng, bend + 0.75 * (end - bend), half, total // count, size))
    if habit == "bare":
        clouds.append(cloud(rng, axis[-1], (0.3, 0.3, 0.3), 4, 0.1))
    else:
        half = np.array([0.55 * spread, 0.55 * spread, max(0.14 * height, 0.3 * spread)])
        clouds.append(cloud(rng, axis[-1] - (0, 0, 0.05 * height), half, total // 5, size))
    return _degrees(
        rng, wood, joined(clouds), bark=bark, leaf=leaf, height=float(height), spread=spread, girth=girth, clear=low
    )


def _twigs(rng: np.random.Generator, start: Numbers, bend: Numbers, end: Numbers, thick: float) -> list[Mesh]:
    """The fine branches of a tree in winter."""
    parts = []
    for base, share in ((bend, 0.5), (bend + 0.5 * (end - bend), 0.4), (end, 0.35)):
        for _ in range(2):
            tip = base + rng.normal(0, 0.35, 3) * np.linalg.norm(end - start) * share + (0, 0, 0.25)
            parts.append(shapes.tube([base, tip], [0.3 * thick, 0.08 * thick], 3, capped=False))
    return parts


def _along(axis: Numbers, z: float) -> Numbers:
    return np.array([np.interp(z, axis[:, 2], axis[:, k]) for k in range(3)])


def _conifer(rng: np.random.Generator, bark: Material, leaf: Material) -> Tree:
    """A straight trunk with whorls of drooping branches."""
    height, clear = float(rng.uniform(5, 20)), float(rng.uniform(0.03, 0.4))
    spread, girth = float(height * rng.uniform(0.13, 0.22)), float(height * rng.uniform(0.01, 0.018))
    low = clear * height
    axis = np.array([(0, 0, -0.4), (0, 0, 0.5 * height), (0, 0, height)])
    wood = [shapes.tube(axis, [1.3 * girth, 0.6 * girth, 0.01], 8)]
    levels = np.linspace(low, 0.97 * height, int(rng.integers(12, 20)))
    size = float(np.clip(0.05 * height, 0.2, 0.6))
    places, outward = [], []
    for z in levels:
        reach = spread * (1 - (z - low) / (height - low)) ** 0.85 + 0.08
        arms = int(rng.integers(6, 9))
        angle = rng.uniform(0, 2 * np.pi) + np.arange(arms) * 2 * np.pi / arms + rng.normal(0, 0.2, arms)
        count = max(int(6 + 10 * reach / spread), 3)
        along = np.sqrt(rng.random((arms, count)))
        r = along * reach * rng.uniform(0.75, 1.1, (arms, 1))
        across = rng.normal(0, 0.13, (arms, count)) * r
        c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
        droop = z - 0.3 * r - 0.12 * r * r / max(spread, 0.5) + rng.normal(0, 0.06, r.shape)
        places.append(np.stack([r * c - across * s, r * s + across * c, droop], -1).reshape(-1, 3))
        outward.append(np.stack([c + 0 * r, s + 0 * r, 0.5 + 0 * r], -1).reshape(-1, 3))
    crown = leaves(np.concatenate(places), size, rng, np.concatenate(outward), 0.45)
    return _degrees(rng, wood, crown, bark=bark, leaf=leaf, height=height, spread=spread, girth=girth, clear=low)


def of_model(rng: np.random.Generator, model: Model) -> Tree | None:
    """A tree of the stock in all degrees of detail; None if its leaves are not of the usual make."""
    leafy = np.array([material.mapping == LEAF for material in model.materials])
    if leafy.sum() != 1 or len(model.materials) != 2:
        return None
    on = leafy[model.mesh.material]
    crown, wood = picked(model.mesh, on), picked(model.mesh, ~on)
    half = len(crown) // 2
    if len(crown) % 2 or not np.array_equal(crown.corners[:half, 0], crown.corners[half:, 0]):
        return None
    crown = picked(crown, np.arange(2 * half).reshape(2, half).T.reshape(-1))  # the two triangles of a leaf together
    chosen = rng.random(half)
    low, high = model.mesh.bounds
    spread = float((high - low)[:2].max()) / 2
    return Tree(
        (wood, clustered(wood, 0.12), clustered(wood, 0.4), clustered(wood, 0.8), clustered(wood, 1.6)),
        tuple(crown if share == 1 else thinned(crown, chosen, share) for share in SHARES),
        model.materials[int(np.flatnonzero(~leafy)[0])],
        model.materials[int(np.flatnonzero(leafy)[0])],
        float(high[2]),
        spread,
        0.018 * float(high[2]),
        float(np.percentile(crown.corners[..., 2], 4)),
    )


def picked(mesh: Mesh, which: np.ndarray) -> Mesh:
    """Some triangles of a mesh, its materials all 0."""
    none = np.zeros_like(mesh.material[which])
    return Mesh(mesh.corners[which], mesh.normals[which], mesh.uv[which], none)


class Grove:
    """The trees of a scene: a few grown ones, placed many times in the detail that their distance asks for."""

    def __init__(self, site: Site, habits: tuple[str, ...], season: str) -> None:
        """Grow them.

        Args:
            site: where they will stand.
            habits: one tree of each: see `grown`; "stock" is one of the stock's.
            season: see `matter.foliage`.
        """
        self.site, self._spent = site, 0
        self.trees = [self._tree(habit, season) for habit in habits]

    def _tree(self, habit: str, season: str) -> Tree:
        rng = self.site.rng
        number = int(rng.integers(0, SHELF))
        found: object = None
        if habit == "stock" and "tree" in self.site.stock.kinds:
            for number in rng.integers(0, SHELF, 6).tolist():
                model = self.site.library.model(self.site.stock, "tree", number)
                if "broad" in model.name:
                    break
            found = self.site.library.other("stock tree", number, partial(of_model, model=model))
        if not isinstance(found, Tree):
            kind = "broad" if habit == "stock" else habit
            found = self.site.library.other(f"{kind} tree", number, lambda rng: grown(rng, self.site.textures, kind))
        assert isinstance(found, Tree)
        return replace(found, leaf=matter.foliage(rng, "summer" if habit == "conifer" else season))

    def plant(self, places: Numbers, which: int | None = None, scale: tuple[float, float] = (0.75, 1.25)) -> None:
        """Plant trees at (n, 2) places: which of the grown ones, or anyhow."""
        p = np.asarray(places, np.float64).reshape(-1, 2)
        if not len(p):
            return
        rng = self.site.rng
        kind = rng.integers(0, len(self.trees), len(p)) if which is None else np.full(len(p), which)
        away = self.site.away(p)
        degree = self._degrees(kind, away)
        size = rng.uniform(*scale, len(p))
        points = self.site.ground(p)
        for k, tree in enumerate(self.trees):
            for d in range(len(SHARES)):
                mine = (kind == k) & (degree == d)
                if not mine.any():
                    continue
                mesh, materials = tree.mesh(d)
                name = "bush" if tree.clear < 0.3 else "tree"
                self.site.scatter(mesh, materials, points[mine], size[mine], name)
        for (x, y, z), k, s, a in zip(points.tolist(), kind.tolist(), size.tolist(), away.tolist(), strict=True):
            if a < RANGES[1]:
                self._block(x, y, z, self.trees[k], s)

    def _degrees(self, kind: np.ndarray, away: Numbers) -> np.ndarray:
        """Degrees of detail by distance, coarser where so many trees would be too many triangles."""
        sizes = np.array([[len(t.mesh(d)[0]) for d in range(len(SHARES))] for t in self.trees])
        degree = np.searchsorted(RANGES, away)
        for nearer in (0.75, 0.5, 0.3, 0.15):
            if self._spent + sizes[kind, degree].sum() <= BUDGET:
                break
            degree = np.searchsorted(np.multiply(RANGES, nearer), away)
        degree = np.where(away < CLOSE, np.minimum(degree, 1), degree)
        self._spent += int(sizes[kind, degree].sum())
        return degree

    def _block(self, x: float, y: float, z: float, tree: Tree, scale: float) -> None:
        """Trunk and crown are in a camera's way."""
        r = max(1.4 * tree.girth * scale, 0.08)
        self.site.obstacles.add(x, y, r, r, 0.0, z - 1, z + tree.height * scale)
        r = 0.8 * tree.spread * scale
        self.site.obstacles.add(x, y, r, r, 0.0, z + tree.clear * scale, z + tree.height * scale)
