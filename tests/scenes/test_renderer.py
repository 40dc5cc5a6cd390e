"""Both renderers: exact geometry, determinism, light that behaves; what happens without OpenGL."""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from spnet.errors import BadInput, SpnetWarning
from spnet.scenes import shapes
from spnet.scenes.builder import Builder
from spnet.scenes.exactness import deviation
from spnet.scenes.renderer import NoContext, Renderer, context, open_renderer
from spnet.scenes.scene import BY_UV, LEAF, Environment, Lighting, Material, Scene, Spot, Sun, View
from spnet.scenes.textures import TextureSet, procedural

WIDTH, HEIGHT = 120, 88


@pytest.fixture(scope="module")
def textures() -> TextureSet:
    return procedural(seed=1, richness=0.0, side=32)


@pytest.fixture(scope="module", params=["gl", "torch"])
def renderer(request: pytest.FixtureRequest, textures: TextureSet) -> Iterator[Renderer]:
    try:
        opened = open_renderer(WIDTH, HEIGHT, textures, name=request.param)
    except NoContext as problem:
        pytest.skip(str(problem))
    with opened as ready:
        yield ready


def lit(**changes: object) -> Lighting:
    grey = Environment(np.full((16, 32, 3), 0.5, np.float32))
    return replace(Lighting(grey), **changes)  # type: ignore[arg-type]


def scene_of(builder: Builder, lighting: Lighting | None = None) -> Scene:
    mesh, materials, thing, things, sources = builder.finish()
    return Scene("test", mesh, materials, thing, things, lighting or lit(), lambda rng: VIEW, sources)


VIEW = View((0.0, -3.0, 1.2), (0.0, 0.0, 0.6), 65.0, 0.1)


def clutter(seed: int = 0, size: float = 4.0, count: int = 60) -> Scene:
    """Floor, wall, and solids of many sizes, also thin ones and some around the camera."""
    rng = np.random.default_rng(seed)
    builder = Builder()
    half = size * 2
    builder.add(shapes.quad((-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)), Material())
    builder.add(shapes.quad((-half, size, 0), (half, size, 0), (half, size, 3), (-half, size, 3)), Material())
    for k in range(count):
        at = (*rng.uniform(-size, size, 2).tolist(), float(rng.uniform(0, 2)))
        extent = np.exp(rng.uniform(np.log(0.01), np.log(1.0), 3)).tolist()
        if k % 3:
            mesh = shapes.box(at, (extent[0], extent[1], extent[2]), float(rng.uniform(0, 6)))
        else:
            mesh = shapes.ellipsoid(at, (extent[0], extent[1], extent[2]), 24)
        builder.add(mesh, Material(tuple(rng.uniform(0.1, 0.9, 3).tolist())), thing=f"solid {k}")
    return scene_of(builder)


def views(size: float, count: int) -> list[View]:
    rng = np.random.default_rng(7)
    return [
        View(
            (*rng.uniform(-size, size, 2).tolist(), float(rng.uniform(0.3, 2.5))),
            (*rng.uniform(-size, size, 2).tolist(), float(rng.uniform(0, 1.5))),
            float(rng.uniform(25, 110)),
            float(rng.normal(0, 0.3)),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("size", [1.5, 4.0, 40.0])
def test_depth_is_that_of_an_independent_ray_caster(renderer: Renderer, size: float) -> None:
    pytest.importorskip("embreex", reason="embreex is not installed (pip install 'spnet[dev]')")
    scene = clutter(seed=int(size), size=size)
    renderer.load(scene)
    found = [deviation(scene, view, renderer.render(view)) for view in views(size, 4 if renderer.name == "gl" else 2)]
    pixels = sum(one.pixels for one in found)
    assert pixels > WIDTH * HEIGHT / 2
    assert max(one.median for one in found) <= 1e-5
    # at these few pixels a silhouette's rounding to either side weighs more than in a full picture
    assert sum(one.within * one.pixels for one in found) / pixels >= 0.998


def test_planes_have_the_depth_normal_and_owner_of_the_formula(renderer: Renderer) -> None:
    builder = Builder()
    builder.add(shapes.quad((-9, -9, 0), (9, -9, 0), (9, 9, 0), (-9, 9, 0)), Material((0.5, 0.5, 0.5)))
    builder.add(shapes.quad((-1, 2, 0), (1, 2, 0), (1, 2, 1), (-1, 2, 1)), Material((0.2, 0.2, 0.9)), thing="board")
    scene = scene_of(builder)
    renderer.load(scene)
    seen = renderer.render(VIEW)
    camera = VIEW.intrinsics(WIDTH, HEIGHT)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rays = np.stack([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, np.ones(x.shape)], -1) @ VIEW.rotation()
    with np.errstate(divide="ignore"):
        floor, board = -VIEW.eye[2] / rays[..., 2], (2 - VIEW.eye[1]) / rays[..., 1]
    at = np.asarray(VIEW.eye) + rays * board[..., None]
    on_board = (np.abs(at[..., 0]) < 1) & (at[..., 2] > 0) & (at[..., 2] < 1) & (board > 0)
    edge = np.zeros_like(on_board)
    edge[1:-1, 1:-1] = sum(np.roll(on_board, s, a) != on_board for s in (1, -1) for a in (0, 1))[1:-1, 1:-1] > 0
    ground = ~on_board & (floor > 0) & (floor < 5) & ~edge
    inner = on_board & ~edge
    assert seen.depth[inner] == pytest.approx(board[inner], rel=1e-5)
    assert seen.depth[ground] == pytest.approx(floor[ground], rel=1e-5)
    assert (seen.thing[inner] == 1).all()
    assert (seen.thing[ground] == 0).all()
    assert (seen.material[inner] == 1).all()
    assert np.abs(seen.normals[inner] - VIEW.rotation() @ (0, -1, 0)).max() < 1e-3
    assert np.abs(seen.normals[ground] - VIEW.rotation() @ (0, 0, 1)).max() < 1e-3
    sky = (rays[..., 2] > 0.05) & ~on_board & ~edge
    assert sky.any()
    assert (seen.depth[sky] == 0).all()
    assert (seen.thing[sky] == -1).all()
    assert (seen.material[sky] == -1).all()
    assert (seen.normals[sky] == 0).all()
    assert seen.radiance[sky] == pytest.approx(0.5, abs=0.02), "the environment is seen"


def test_the_same_view_gives_the_same_bytes(renderer: Renderer) -> None:
    first, other = clutter(1), clutter(2)
    renderer.load(first)
    before = renderer.render(VIEW)
    renderer.load(other)
    between = renderer.render(VIEW)
    renderer.load(first)
    after = renderer.render(VIEW)
    for name in ("radiance", "depth", "normals", "thing", "material"):
        assert getattr(before, name).tobytes() == getattr(after, name).tobytes(), name
        assert getattr(before, name).tobytes() != getattr(between, name).tobytes(), name
    assert before.radiance.dtype == before.depth.dtype == before.normals.dtype == np.float32
    assert before.thing.dtype == before.material.dtype == np.int32


def test_peek_agrees_with_the_picture(renderer: Renderer) -> None:
    renderer.load(clutter(3))
    depth, thing = renderer.peek(VIEW)
    full = renderer.render(VIEW)
    assert depth.shape == thing.shape
    assert (thing < 0).mean() == pytest.approx((full.thing < 0).mean(), abs=0.03)
    assert np.median(depth[depth > 0]) == pytest.approx(np.median(full.depth[full.depth > 0]), rel=0.05)


def box_on_floor(**changes: object) -> Scene:
    builder = Builder()
    builder.add(shapes.quad((-9, -9, 0), (9, -9, 0), (9, 9, 0), (-9, 9, 0)), Material((0.5, 0.5, 0.5), roughness=1))
    builder.add(shapes.box((0, 0, 0.5), (0.4, 0.4, 1)), Material((0.5, 0.5, 0.5), roughness=1), thing="box")
    return scene_of(builder, lit(**changes))


def brightness(renderer: Renderer, scene: Scene, place: tuple[float, float]) -> float:
    """Mean radiance of the floor around a place, seen from above."""
    renderer.load(scene)
    view = View((place[0], place[1] - 0.01, 2.0), (place[0], place[1], 0.0), 30)
    seen = renderer.render(view)
    centre = seen.radiance[HEIGHT // 2 - 5 : HEIGHT // 2 + 5, WIDTH // 2 - 5 : WIDTH // 2 + 5]
    return float(centre.mean())


DARK = Environment(np.zeros((16, 32, 3), np.float32))


def test_the_sun_lights_and_throws_shadows(renderer: Renderer) -> None:
    scene = box_on_floor(environment=DARK, sun=Sun((1.0, 0.0, -1.0), (2.0, 2.0, 2.0), radius=5.0))
    lit_floor, shadow = brightness(renderer, scene, (-1.0, 0.0)), brightness(renderer, scene, (0.6, 0.0))
    # albedo times light times the cosine of 45 degrees, and a little that comes back from the box
    assert lit_floor == pytest.approx(0.5 * 2 * 0.7071, rel=0.12)
    assert shadow < 0.1 * lit_floor


def test_lamps_fall_off_with_the_square_and_throw_shadows(renderer: Renderer) -> None:
    scene = box_on_floor(environment=DARK, spots=(Spot((-1.0, 0.0, 2.0), (0.0, 0.0, -1.0), (4.0, 4.0, 4.0)),))
    below = brightness(renderer, scene, (-1.0, 0.0))
    assert below == pytest.approx(0.5 * 4 / 4.05, rel=0.08)
    aside = brightness(renderer, scene, (-1.0, 2.0))
    # twice the squared distance, 45 degrees on the floor
    assert aside == pytest.approx(0.5 * 4 / 8.05 * 0.7071, rel=0.15)
    assert brightness(renderer, scene, (0.6, 0.0)) < 0.1 * below


def test_a_dull_surface_takes_the_environment_s_brightness(renderer: Renderer) -> None:
    assert brightness(renderer, box_on_floor(), (-3.0, -3.0)) == pytest.approx(0.5 * 0.5, rel=0.12)


def test_fog_hides_what_is_far(renderer: Renderer) -> None:
    clear, hazy = box_on_floor(), box_on_floor(fog=(0.1, 0.2, 0.9, 2.0))
    renderer.load(hazy)
    seen = renderer.render(VIEW)
    far = seen.depth > 4
    assert far.any()
    assert seen.radiance[far].mean(0) == pytest.approx([0.1, 0.2, 0.9], abs=0.02)
    renderer.load(clear)
    assert renderer.render(VIEW).depth.tobytes() == seen.depth.tobytes(), "light does not move surfaces"


@pytest.fixture(scope="module")
def gl(textures: TextureSet) -> Iterator[Renderer]:
    try:
        opened = open_renderer(WIDTH, HEIGHT, textures, name="gl")
    except NoContext as problem:
        pytest.skip(str(problem))
    with opened as ready:
        yield ready


def test_glass_is_seen_through_but_has_depth(gl: Renderer) -> None:
    def scene(opacity: float) -> Scene:
        builder = Builder()
        builder.add(shapes.quad((-4, 4, -2), (4, 4, -2), (4, 4, 4), (-4, 4, 4)), Material((0.9, 0.1, 0.1)))
        pane = Material((0.1, 0.1, 0.9), opacity=opacity, reflectance=0.0, roughness=0.0)
        builder.add(shapes.quad((-4, 2, -2), (4, 2, -2), (4, 2, 4), (-4, 2, 4)), pane, thing="pane")
        return scene_of(builder)

    pictures = {}
    for opacity in (0.2, 1.0):
        gl.load(scene(opacity))
        seen = gl.render(VIEW)
        middle = (slice(HEIGHT // 2 - 8, HEIGHT // 2 + 8), slice(WIDTH // 2 - 8, WIDTH // 2 + 8))
        assert (seen.thing[middle] == 1).all(), "the surface is the pane's"
        pictures[opacity] = seen.radiance[middle].mean((0, 1))
    assert pictures[0.2][0] > 4 * pictures[1.0][0], "red shines through"
    assert pictures[1.0][2] > 2 * pictures[0.2][2]


def test_textures_lie_where_their_coordinates_say(renderer: Renderer, textures: TextureSet) -> None:
    layer = textures.members["poster"][0]
    builder = Builder()
    poster = Material((1.0, 1.0, 1.0), layer, BY_UV, 1.0, roughness=1.0, reflectance=0.0)
    # two triangles that share no corner order, so that all weights count
    builder.add(shapes.quad((-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)), poster)
    renderer.load(scene_of(builder, lit(ambient=(0.5, 0.5, 0.5))))
    angle = 2 * np.degrees(np.arctan(1 / 3 * WIDTH / HEIGHT))  # its height fills the picture
    seen = renderer.render(View((0.0, -3.0, 0.0), (0.0, 0.0, 0.0), float(angle))).radiance
    left = (WIDTH - HEIGHT) // 2
    found = seen[:, left : left + HEIGHT].mean(-1)
    picture = Image.fromarray(textures.picture(layer)).resize((HEIGHT, HEIGHT), Image.Resampling.BILINEAR)
    wanted = (np.asarray(picture) / 255.0) ** 2.2
    inner = slice(4, -4)
    assert np.corrcoef(found[inner, inner].ravel(), wanted.mean(-1)[inner, inner].ravel())[0, 1] > 0.9


def test_leaves_are_cut_out(gl: Renderer) -> None:
    builder = Builder()
    builder.add(shapes.quad((-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)), Material((0.1, 0.6, 0.1), mapping=LEAF))
    gl.load(scene_of(builder))
    seen = gl.render(View((0.0, -3.0, 0.0), (0.0, 0.0, 0.0), 50))
    covered = (seen.depth > 0).mean() / ((2 / 3 / (2 * np.tan(np.radians(25)))) ** 2 * WIDTH / HEIGHT)
    assert 0.3 < covered < 0.8
    assert seen.depth[HEIGHT // 2, WIDTH // 2] == pytest.approx(3, rel=1e-4)


def test_loading_scenes_again_and_again_keeps_the_memory(gl: Renderer) -> None:
    def resident() -> int:
        gc.collect()
        with open("/proc/self/statm") as file:  # noqa: PTH123 - no file of a user
            return int(file.read().split()[1]) * 4096

    scenes = [clutter(k, count=40) for k in range(2)]
    for _ in range(2):
        for scene in scenes:
            gl.load(scene)
            gl.render(VIEW)
    before = resident()
    for _ in range(5):
        for scene in scenes:
            gl.load(scene)
            gl.render(VIEW)
    assert resident() - before < 15e6


def test_without_opengl_a_warning_and_the_ray_caster(monkeypatch: pytest.MonkeyPatch, textures: TextureSet) -> None:
    def absent(*_: object, **__: object) -> object:
        raise NoContext(context.MISSING_EGL.format(problem="libEGL.so.1: cannot open shared object file"))

    monkeypatch.setattr("spnet.scenes.renderer.gl.open_context", absent)
    with pytest.warns(SpnetWarning, match="libegl1") as record:
        fallback = open_renderer(16, 16, textures)
    assert len(record) == 1
    assert fallback.name == "torch"
    fallback.load(clutter())
    assert (fallback.render(VIEW).depth > 0).any()
    with pytest.raises(NoContext, match="apt-get install libegl1"):
        open_renderer(16, 16, textures, name="gl")


def test_a_driver_that_fails_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    moderngl = pytest.importorskip("moderngl", reason="moderngl is not installed (pip install 'spnet[scenes]')")

    def broken(*_: object, **__: object) -> object:
        raise Exception("(detect) libEGL.so: cannot open\nmore")

    monkeypatch.setattr(moderngl, "create_context", broken)
    with pytest.raises(NoContext, match=r"^OpenGL could not be opened \(\(detect\) libEGL.so: cannot open\);"):
        context.open_context()


def test_triton_can_be_imported_after_the_renderer() -> None:
    """As torch does; in a process of its own, because what is tested is that it lives."""
    pytest.importorskip("triton", reason="Triton is not installed")
    code = """
from spnet.scenes.renderer.base import NoContext
from spnet.scenes.renderer.context import open_context
try:
    open_context()
except NoContext as problem:
    print(problem)
else:
    import triton
    print("both")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    if run.stdout.strip() != "both":
        pytest.skip(run.stdout)


def test_unknown_names_and_sizes(textures: TextureSet) -> None:
    with pytest.raises(BadInput, match="no renderer 'vulkan'"):
        open_renderer(64, 64, textures, name="vulkan")
    with pytest.raises(BadInput, match="at least 8"):
        open_renderer(4, 64, textures)


def test_a_scene_without_triangles(gl: Renderer) -> None:
    with pytest.raises(BadInput, match="without triangles"):
        gl.load(scene_of(Builder()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gl.load(clutter())
