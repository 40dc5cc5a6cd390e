"""Pairs by number: pair k of a `SceneSpec` is the same whenever, and by whichever process, it is made.

A process opens one `Studio`, which keeps textures, models and the renderer; a scene is laid out once for all its views.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spnet.errors import SpnetError, SpnetWarning
from spnet.scenes.scene import Ints, Material, Rendered, Scene
from spnet.scenes.spec import SceneSpec
from spnet.scenes.textures import TextureSet
from spnet.scenes.views import choose_views
from spnet.types import ByteImage, FloatImage, Intrinsics, Surface
from spnet.units import LARGEST

if TYPE_CHECKING:
    from spnet.scenes.renderer import Renderer

LAYOUTS_TRIED = 5  # ours
MakeScene = Callable[[str, int], Scene]
Photograph = Callable[[Rendered, np.random.Generator], ByteImage]
Stored = NDArray[np.uint16]


@dataclass(frozen=True)
class Shot:
    """One pair.

    Attributes:
        number: k.
        kind: of the scene.
        rgb: (H, W, 3) uint8.
        depth: (H, W) float32 metres as the renderer has it, 0 = sky.
        max_depth: metres that the files can hold.
        intrinsics: the camera.
        surface: true normals and materials.
        thing: (H, W) int32, index into `things`; -1 = sky.
        things: names of the things of the scene.
        sources: ids of the assets in the scene.
        facts: what was drawn for the scene.
    """

    number: int
    kind: str
    rgb: ByteImage
    depth: FloatImage
    max_depth: float
    intrinsics: Intrinsics
    surface: Surface
    thing: Ints
    things: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def stored(self) -> Stored:
        """(H, W) uint16 as files have it: depth / max_depth * 65535; 0 is sky, or further away than max_depth."""
        return quantised(self.depth, self.max_depth)


def quantised(depth: FloatImage, max_depth: float) -> Stored:
    """Depth in metres to 65535ths of max_depth, rounded; what is known stays so, what is beyond becomes 0.

    >>> quantised(np.array([[0, 1e-6, 10, 20, 20.1]], np.float32), 20.0).tolist()
    [[0, 1, 32768, 65535, 0]]
    """
    steps = np.rint(depth * np.float64(LARGEST / max_depth))
    steps = np.where(depth > 0, np.maximum(steps, 1), 0)
    return np.where(steps > LARGEST, 0, steps).astype(np.uint16)


class Studio:
    """What a process needs to make pairs."""

    def __init__(
        self, spec: SceneSpec, textures: TextureSet, make: MakeScene, renderer: Renderer, photograph: Photograph
    ) -> None:
        """Put together from parts; `open_studio` makes them.

        Args:
            spec: which pairs.
            textures: that materials refer to.
            make: a scene from its kind and seed.
            renderer: for pictures of the spec's size.
            photograph: what a camera makes of a rendering.
        """
        self.spec, self.textures, self.make, self.photograph = spec, textures, make, photograph
        self.renderer = renderer

    def shoot(self, scene: int, views: Sequence[int] | None = None) -> list[Shot]:
        """Pairs of one scene.

        Args:
            scene: its number.
            views: which, from 0; None is all.
        """
        spec = self.spec
        kind = spec.kind(scene)
        made, seed = self.lay_out(scene)
        self.renderer.load(made)
        chosen = choose_views(made, self.renderer.peek, spec.views, np.random.default_rng([seed, 1]))
        table = material_table(made.materials, self.textures)
        shots = []
        for view in range(spec.views) if views is None else views:
            number = scene * spec.views + view
            rendered = self.renderer.render(chosen[view])
            shots.append(
                Shot(
                    number=number,
                    kind=kind,
                    rgb=self.photograph(rendered, np.random.default_rng([seed, 2, view])),
                    depth=rendered.depth,
                    max_depth=spec.max_depth(number),
                    intrinsics=chosen[view].intrinsics(spec.width, spec.height),
                    surface=Surface(rendered.normals, rendered.material, table),
                    thing=rendered.thing,
                    things=made.things,
                    sources=made.sources,
                    facts={**made.facts, "field of view": f"{chosen[view].field_of_view:.1f}"},
                )
            )
        return shots

    def lay_out(self, scene: int) -> tuple[Scene, int]:
        """A scene and its seed. Where a layout fails, which is a fault of ours, another is made and a warning given.

        Raises:
            SpnetError: several failed.
        """
        kind, sentence = self.spec.kind(scene), ""
        for attempt in range(LAYOUTS_TRIED):
            seed = self.spec.scene_seed(scene, attempt)
            try:
                return self.make(kind, seed), seed
            except (ValueError, ArithmeticError, LookupError) as error:
                if isinstance(error, SpnetError):
                    raise
                sentence = f"A {kind} of seed {seed} could not be laid out ({type(error).__name__}: {error})"
                warnings.warn(f"{sentence}; another is taken. Please report it.", SpnetWarning, stacklevel=2)
        raise SpnetError(f"{sentence}, nor {LAYOUTS_TRIED - 1} others.")

    def close(self) -> None:
        """Release the renderer."""
        self.renderer.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def material_table(materials: Sequence[Material], textures: TextureSet) -> NDArray[np.float32]:
    """(M, 6) as `spnet.types.Surface` has it: colour times the texture's mean, roughness, reflectance, opacity."""
    rows = []
    for one in materials:
        albedo = np.multiply(one.colour, textures.mean_colour(one.texture))
        facing = max(one.reflectance, float(albedo.mean())) if one.metal else one.reflectance
        rows.append([*albedo, one.roughness, facing, one.opacity])
    return np.clip(np.array(rows, np.float32).reshape(-1, 6), 0, 1)


def open_studio(spec: SceneSpec, assets: Path | None = None) -> Studio:
    """A studio with everything that is installed here.

    Args:
        spec: which pairs.
        assets: folder of the asset pack; None is the usual place, and procedural things alone where there is none.

    Raises:
        SpnetError: no OpenGL where it was asked for, a damaged asset pack, an unknown kind.
    """
    from spnet.scenes.assets_here import assets_here
    from spnet.scenes.camera import photograph
    from spnet.scenes.environments import Environments
    from spnet.scenes.layouts import make_scene
    from spnet.scenes.models import Stock
    from spnet.scenes.renderer import open_renderer
    from spnet.scenes.textures import procedural

    spec.check_kinds()
    textures = procedural(richness=spec.richness)
    pack = assets_here(assets)
    stock = Stock(textures, pack)
    environments = Environments(pack.environments if pack is not None else None)
    renderer = open_renderer(spec.width, spec.height, stock.textures, name=spec.renderer)

    def make(kind: str, seed: int) -> Scene:
        return make_scene(kind, seed, stock, environments)

    return Studio(spec, stock.textures, make, renderer, photograph)


_open: dict[str, Any] = {}


def studio_here(spec: SceneSpec, assets: Path | None = None) -> Studio:
    """This process's studio for a spec; opened when it is first asked for, and the one before is closed.

    A process that was forked from one with an open studio opens its own: a context of OpenGL belongs to one process.
    """
    key = (os.getpid(), spec, assets)
    if _open.get("key") != key:
        before = _open.pop("studio", None)
        if before is not None and _open["key"][0] == os.getpid():
            before.close()
        _open["key"] = (os.getpid(), None, None)  # a context may be opened, and then fail
        _open["studio"] = open_studio(spec, assets)
        _open["key"] = key
    studio: Studio = _open["studio"]
    return studio


def studio_is_open() -> bool:
    """Whether this process has opened a studio, and so perhaps OpenGL."""
    return bool(_open.get("key", (None,))[0] == os.getpid())


def shoot_pair(spec: SceneSpec, number: int, assets: Path | None = None) -> Shot:
    """Pair number `number`, made in this process.

    Raises:
        SpnetError: as `open_studio`.
    """
    if number < 0:
        raise SpnetError(f"There is no pair number {number}: they count from 0.")
    scene, view = divmod(number, spec.views)
    return studio_here(spec, assets).shoot(scene, [view])[0]
