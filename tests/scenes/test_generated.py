"""`scenes://` as a data root: the cache, the order, samples by number, sensors that see true surfaces."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_studio import open_tiny

from command import spnet
from spnet.datasets import open_data
from spnet.datasets.generated import GeneratedDataset
from spnet.errors import BadInput
from spnet.model.config import SIZES, ModelConfig
from spnet.scenes import gallery, sampler
from spnet.scenes.gallery import Gallery
from spnet.scenes.renderer import NoContext
from spnet.scenes.spec import SceneSpec
from spnet.scenes.writing import write_scenes
from spnet.training.augment import Window, cut_surface
from spnet.training.config import TrainConfig
from spnet.training.loop import train
from spnet.training.order import Order
from spnet.training.reading import open_pair
from spnet.training.samples import TrainSamples
from spnet.types import Intrinsics, Surface

SPEC = SceneSpec(("room",), width=48, height=32)
ROOT = "scenes://room?size=48x32&n=60"
OPEN = sampler.open_studio


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sampler, "open_studio", open_tiny)
    monkeypatch.setattr(sampler, "_open", {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the scenes that are rendered from now on."""
    rendered: list[int] = []
    shoot = sampler.Studio.shoot

    def counted(self: sampler.Studio, scene: int, *rest: Any) -> list[sampler.Shot]:
        rendered.append(scene)
        return shoot(self, scene, *rest)

    monkeypatch.setattr(sampler.Studio, "shoot", counted)
    return rendered


def test_a_scene_is_rendered_once_and_comes_from_the_cache_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = counting(monkeypatch)
    shots = open_tiny(SPEC).shoot(1)
    first = Gallery(SPEC, 1e9, tmp_path)
    for view in (2, 0, 1):
        np.testing.assert_array_equal(first(3 + view).rgb, shots[view].rgb)
        np.testing.assert_array_equal(first(3 + view).stored, shots[view].stored)
    assert rendered == [1, 1]  # this test's own, and the gallery's
    second = Gallery(SPEC, 1e9, tmp_path)
    kept, fresh = second(4), gallery.picture_of(shots[1])
    assert rendered == [1, 1]
    assert kept.intrinsics == fresh.intrinsics
    for name in ("normals", "material", "materials"):
        np.testing.assert_array_equal(getattr(kept.surface, name), getattr(fresh.surface, name))


def test_a_damaged_file_of_the_cache_is_rendered_again(tmp_path: Path) -> None:
    found = Gallery(SPEC, 1e9, tmp_path)
    before = found(0).rgb
    path = next(path for _, _, path in found.files() if path.stem == "000000000")
    path.write_bytes(path.read_bytes()[:100])
    np.testing.assert_array_equal(Gallery(SPEC, 1e9, tmp_path)(0).rgb, before)
    assert path.stat().st_size > 100


def test_the_cache_stays_within_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "LOOK_AGAIN", 1)
    size = Gallery(SPEC, 1e9, tmp_path / "a")
    size(0)
    one = size.files()[0][1]
    bounded = Gallery(SPEC, 7.5 * one, tmp_path / "b")
    for number in range(0, 30, 3):
        bounded(number)
        assert sum(size for _, size, _ in bounded.files()) <= 7.5 * one
    assert "000000027.npz" in {path.name for _, _, path in bounded.files()}  # the newest stay


def test_without_a_cache_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = counting(monkeypatch)
    found = Gallery(SPEC, 0, tmp_path)
    for number in (0, 1, 2, 4, 3):
        found(number)
    assert rendered == [0, 1]
    assert not list(tmp_path.rglob("*.npz"))


def test_the_data_set_is_the_folder_that_would_be_written(tmp_path: Path) -> None:
    write_scenes(SPEC, 6, tmp_path / "out", save=("surface",))
    (folder,) = open_data([str(tmp_path / "out")])
    (data,) = open_data([ROOT], generated=True)
    assert len(data) == 60
    assert data.name == "scenes-room-0"
    for k in (0, 5):
        here, there = data[k], folder[k]
        np.testing.assert_array_equal(here.rgb, there.rgb)
        np.testing.assert_allclose(here.depth, there.depth, rtol=1e-6)
        assert here.max_depth == there.max_depth
        assert here.surface is not None
        assert there.surface is not None
        np.testing.assert_array_equal(here.surface.normals, there.surface.normals)


def test_weights_and_what_cannot_be_read() -> None:
    (data,) = open_data([f"0.3*{ROOT}"], generated=True)
    assert data.weight == 0.3
    for spec, sentence in (
        ("0*scenes://room", "weight over 0"),
        ("x scenes://room", "weight over 0"),
        ("scenes://room?n=0", "n= from 1"),
        ("scenes://room?n=1.5", "whole number"),
        ("scenes://room?cache=-1", "cache= from 0"),
        ("scenes://moon", "no kind of scene 'moon'"),
    ):
        with pytest.raises(BadInput, match=sentence):
            open_data([spec], generated=True)
    with pytest.raises(BadInput, match="spnet scenes render"):
        open_data([ROOT])
    assert isinstance(data, GeneratedDataset)
    with pytest.raises(BadInput, match="no sparse depth"):
        data.read_given(0, "raw")
    with pytest.raises(IndexError):
        data.pairs[60]


def test_pairs_of_a_scene_stay_together_in_the_order() -> None:
    order = Order([600, 50], [0.5, 0.5], seed=3, windows=[24, 0])
    again = Order([600, 50], [0.5, 0.5], seed=3, windows=[24, 0])
    drawn = [order(k) for k in range(2000)]
    assert drawn == [again(k) for k in range(2000)]
    images = [image for which, image in drawn if which == 0]
    assert sorted(images[:600]) == list(range(600))
    assert images[:24] != sorted(images[:24])
    for start in range(0, 600, 24):
        assert {image // 24 for image in images[start : start + 24]} == {start // 24}
    assert images[600:] != images[:400]  # another epoch, another order
    assert len(images) == 1000
    short = Order([50], [None], seed=0, windows=[24])
    assert sorted(short(k)[1] for k in range(50)) == list(range(50))


def config(**changes: Any) -> TrainConfig:
    fields: dict[str, Any] = {
        "data": (ROOT,), "samples": "family", "crop": 32, "batch": 4, "steps": 4, "workers": 0, "crop_area": (0.5, 1.0),
    }  # fmt: skip
    return TrainConfig(**(fields | changes))


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("kind", ["family", "paper"])
def test_sample_k_is_the_same_from_the_cache_and_without_one(kind: str) -> None:
    cached = TrainSamples(config(samples=kind), 100)
    bare = TrainSamples(config(samples=kind, data=(f"{ROOT}&cache=0",)), 100)
    for k in (17, 3, 17, 60):
        assert equal(cached[k], bare[k])
    assert cached.fingerprint() == bare.fingerprint()
    longer = TrainSamples(config(samples=kind, data=("scenes://room?size=48x32&n=61",)), 100)
    assert longer.fingerprint() != cached.fingerprint()
    assert cached.fingerprint_of_names() == bare.fingerprint_of_names()


def test_sensors_of_a_training_see_the_true_surface() -> None:
    """The sphere is a mirror: a simulated camera measures nothing there, which no picture could tell it."""
    samples = TrainSamples(config(sparsity="holes(structured-light)", crop_area=(1.0, 1.0)), 100)
    (data,) = samples.sets
    lost: list[bool] = []
    kept: list[bool] = []
    for k in range(12):
        _, image = samples.position(k)
        opened = open_pair(data.pairs[image], None)
        assert opened.surface is not None
        if (opened.surface.material == 1).mean() < 0.05:
            continue
        drawn = samples[k]
        raw, gt = drawn["raw"][0].numpy(), drawn["gt"][0].numpy()
        surface, _ = samples._true(0, data.pairs[image], opened, Window(0, 0, 32, 48))
        assert surface is not None
        rng = np.random.default_rng([0, k, 0])
        window = samples._window(opened.stored, rng)
        ball = cut_surface(opened.surface, window, 32).material == 1
        lost += (raw[ball & (gt > 0)] == 0).tolist()
        kept += (raw[~ball & (gt > 0)] > 0).tolist()
    assert len(lost) > 300
    assert np.mean(lost) > 0.85
    assert np.mean(kept) > 0.3


def test_a_mirrored_crop_keeps_normals_and_camera_true() -> None:
    """Points and normals of a mirrored crop are those of the scene's mirror image."""
    normals = np.random.default_rng(0).normal(size=(20, 30, 3)).astype(np.float32)
    surface = Surface(normals, np.arange(600).reshape(20, 30), np.zeros((600, 6), np.float32))
    whole = Intrinsics(40.0, 40.0, 14.5, 9.5)
    window = Window(2, 4, 16, 16, flip=True)
    cut, camera = cut_surface(surface, window, 16), window.camera(whole, 16)
    for row, column in ((0, 0), (5, 11), (15, 15)):
        original = 2 + row, 4 + 15 - column
        assert cut.material[row, column] == surface.material[original]
        np.testing.assert_allclose(cut.normals[row, column], normals[original] * (-1, 1, 1))
        x = (column - camera.cx) / camera.fx
        assert x == pytest.approx(-(original[1] - whole.cx) / whole.fx)
        assert (row - camera.cy) / camera.fy == pytest.approx((original[0] - whole.cy) / whole.fy)


class Enough(Exception):
    """Stops a run in the middle of a step."""


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stopped_training_goes_on_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """Also where the cache is gone meanwhile; data workers are forked here and so know the tiny studio."""
    monkeypatch.setattr("spnet.training.feed.studio_is_open", lambda: False)
    monkeypatch.setitem(SIZES, "dot", ModelConfig((16, 16, 24, 32), (1, 1, 1, 1), drop_path=0.5))
    run = config(model="dot", steps=6, save_every=2, log_every=1, workers=workers, panel_every=0)
    train(run, tmp_path / "whole", device="cpu")

    def stop(record: dict[str, Any]) -> None:
        if record["step"] == 3:
            raise Enough

    with pytest.raises(Enough):
        train(run, tmp_path / "stopped", stop, device="cpu")
    shutil.rmtree(tmp_path / "cache")
    train(run, tmp_path / "stopped", device="cpu")
    whole, stopped = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "stopped"))
    assert equal(whole, stopped)


def test_what_is_missing_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sampler, "open_studio", OPEN)

    def absent(*_: object, **__: object) -> object:
        raise NoContext("There is no EGL here; install libegl1.")

    monkeypatch.setattr("spnet.scenes.renderer.open_renderer", absent)
    small = ("-n", "2", "--kinds", "room", "--size", "48x32", "--richness", "0")
    assert spnet(monkeypatch, "scenes", "render", "-o", str(tmp_path / "a"), "--renderer", "gl", *small) == 1
    assert capsys.readouterr().err == "spnet: There is no EGL here; install libegl1.\n"
    assert not list((tmp_path / "a").glob("*/*"))
    assert spnet(monkeypatch, "scenes", "render", "-o", "/proc/self/no", *small) == 1
    assert capsys.readouterr().err.startswith("spnet: Cannot write /proc/self/no")
    missing = ("--assets", str(tmp_path))
    assert spnet(monkeypatch, "scenes", "render", "-o", str(tmp_path / "b"), *missing, *small) == 1
    assert "There is no asset pack in" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
    wrong = tmp_path / "wrong.deb"
    wrong.write_bytes(b"another package")
    assert spnet(monkeypatch, "scenes", "assets", "-o", str(tmp_path / "pack"), "--from", str(wrong)) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("spnet: ")
    assert "wrong.deb" in told
    samples = TrainSamples(config(data=(f"{ROOT}&renderer=gl&richness=0",)), 100)
    with pytest.raises(NoContext, match="no EGL here"):  # and not 20 images that cannot be read
        samples[0]


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "made"
    small = ("--kinds", "room", "--size", "48x32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert (
            spnet(monkeypatch, "scenes", "render", "-n", "4", "-o", str(out), *small, "--save", "normals", "masks") == 0
        )
        assert "4 pairs rendered by a few lines of NumPy, 0 there already" in capsys.readouterr().out
        assert spnet(monkeypatch, "scenes", "render", "-n", "4", "-o", str(out), *small) == 1
        assert "pairs of other scenes" in capsys.readouterr().err
        sheet = tmp_path / "sheet.png"
        assert spnet(monkeypatch, "scenes", "preview", str(sheet), "-n", "5", "--columns", "2", *small) == 0
        assert sheet.stat().st_size > 1000
        assert spnet(monkeypatch, "scenes", "preview", str(sheet), "-n", "0") == 1
        assert spnet(monkeypatch, "scenes", "render", "-o", str(tmp_path / "x"), "--kinds", "moon") == 1
        assert "no kind of scene 'moon'" in capsys.readouterr().err
        assert spnet(monkeypatch, "data", "info", f"{ROOT}&seed=3") == 0
        told = capsys.readouterr().out
        assert "scenes-room-3" in told
        assert "60 an epoch" in told
        assert spnet(monkeypatch, "data", "check", ROOT) == 1
        assert "spnet scenes render" in capsys.readouterr().err
