"""Training samples by number: their order and mixture, what never comes, what is read, and what stands for the data."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import default_collate

from spnet.datasets import open_data
from spnet.errors import BadInput, SpnetWarning
from spnet.training.batched import finish_batch
from spnet.training.config import TrainConfig
from spnet.training.order import ROUND, Order, shares, whole_numbers
from spnet.training.reading import Store
from spnet.training.samples import TrainSamples
from spnet.training.validation import full_name, is_held_out


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write_pair(root: Path, name: str, shape: tuple[int, int] = (40, 56), kind: str = "png") -> None:
    """A picture whose red and green are its column and row, and whose depth is 1000 + 10 column + row mm."""
    v, u = np.indices(shape)
    for folder, values in (("rgb", np.stack([u, v, 0 * u], axis=-1).astype(np.uint8)),
                           ("depth", (1000 + 10 * u + v).astype(np.uint16))):  # fmt: skip
        path = root / folder / f"{name}.{'png' if folder == 'rgb' else kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".npy":
            np.save(path, values.astype(np.float32) / 1000)
        else:
            Image.fromarray(values).save(path)


@pytest.fixture
def sets(tmp_path: Path) -> list[Path]:
    """Sets of 2, 3 and 5 pairs."""
    for name, count in (("a", 2), ("b", 3), ("c", 5)):
        for i in range(count):
            write_pair(tmp_path / "sets" / name, f"{'deep/' if i else ''}{i}")
    return [tmp_path / "sets" / name for name in "abc"]


@pytest.fixture
def config(sets: list[Path]) -> TrainConfig:
    return TrainConfig(data=tuple(f"{path}@mm" for path in sets), crop=32, workers=0)


def test_without_weights_every_epoch_shows_every_image_once() -> None:
    order = Order([2, 3], [None, None], seed=1)
    epochs = [[order(5 * epoch + i) for i in range(5)] for epoch in range(20)]
    assert all(len(set(epoch)) == 5 for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 10
    assert set(epochs[0]) == {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)}


def test_weights_are_met_in_every_round_and_within_a_set_every_image_comes_before_one_comes_again() -> None:
    order = Order([7, 300, 50], [1.0, 3.0, None], seed=2)
    drawn = [order(i) for i in range(3 * ROUND)]
    expected = whole_numbers(shares([7, 300, 50], [1.0, 3.0, None]), ROUND)
    for start in range(0, 3 * ROUND, ROUND):
        counts = Counter(which for which, _ in drawn[start : start + ROUND])
        assert [counts[which] for which in range(3)] == expected
    assert expected[0] * 3 == pytest.approx(expected[1], abs=2)
    assert expected[2] == round(ROUND * 50 / 357)
    for which, size in enumerate((7, 300, 50)):
        images = [image for chosen, image in drawn if chosen == which]
        for start in range(0, len(images) - size, size):
            assert sorted(images[start : start + size]) == list(range(size))
    assert [order(i) for i in (2500, 17)] == [drawn[2500], drawn[17]]  # of the number alone
    assert [Order([7, 300, 50], [1.0, 3.0, None], seed=3)(i) for i in range(50)] != drawn[:50]


def test_a_weight_is_read_from_the_spec(sets: list[Path], config: TrainConfig) -> None:
    opened = open_data([f"3*{sets[0]}@mm", f"0.5 * {sets[1]}", str(sets[2])])
    assert [(data.root, data.weight) for data in opened] == [(sets[0], 3.0), (sets[1], 0.5), (sets[2], None)]
    assert {pair.unit for pair in opened[0].pairs} == {"mm"}
    assert [data.weight for data in open_data([f"2*{sets[0].parent}/*"])] == pytest.approx([0.4, 0.6, 1.0])
    samples = TrainSamples(replace(config, data=(f"9*{sets[0]}@mm", f"1*{sets[1]}@mm")), 1000)
    assert Counter(samples.position(i)[0] for i in range(1000)) == {0: 900, 1: 100}
    for wrong in (f"0*{sets[0]}", "2*/none/at/all"):
        with pytest.raises(BadInput, match=r"over 0|No data set matches"):
            open_data([wrong])


def test_a_folder_whose_name_looks_like_a_weight(sets: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    (sets[0].parent / "2021_a").symlink_to(sets[0])
    monkeypatch.chdir(sets[0].parent)
    (data,) = open_data(["2*a"])
    assert (data.root.name, data.weight) == ("2021_a", None)


def test_held_out_images_never_come(config: TrainConfig) -> None:
    everything = TrainSamples(config, 1)
    names = [full_name(everything.sets[s].name, everything.sets[s].pairs[i].name) for s, i in everything.where]
    kept = {name for name in names if is_held_out(name, 0.5)}
    assert 0 < len(kept) < len(names)
    samples = TrainSamples(replace(config, val_share=0.5), 1)
    seen = {samples.position(index) for index in range(100)}
    assert {full_name(samples.sets[s].name, samples.sets[s].pairs[i].name) for s, i in seen} == set(names) - kept
    assert len(samples.where) == len(names) - len(kept)
    with pytest.raises(BadInput, match="held out"):
        TrainSamples(replace(config, val_share=1 - 1e-12), 1)


@pytest.mark.parametrize("changes", [{}, {"samples": "family"}, {"samples": "family", "octaves": 6.0}])
def test_overfit_shows_the_same_few_crops_unchanged(config: TrainConfig, changes: dict[str, object]) -> None:
    config = replace(config, overfit=3, **changes)  # type: ignore[arg-type]
    samples = TrainSamples(config, 12)
    batch = finish_batch(config, default_collate([samples[i] for i in range(12)]), torch.device("cpu"))
    assert len(samples.where) == 3
    by_image: dict[tuple[int, int], list[int]] = {}
    for index in range(12):
        by_image.setdefault(samples.position(index), []).append(index)
    assert sorted(map(len, by_image.values())) == [4, 4, 4]
    for same in by_image.values():
        assert all(torch.equal(batch[key][same[0]], batch[key][i]) for key in batch for i in same)
    v, u = np.indices((32, 32))
    assert np.array_equal(np.rint(batch["rgb"][0, 0].numpy() * 255), u + 12)
    assert np.array_equal(np.rint(batch["rgb"][0, 1].numpy() * 255), v + 4)
    depth = 1 + 0.01 * (u + 12) + 0.001 * (v + 4)
    expected = depth / (depth.max() if config.octaves else 20)
    assert np.allclose(batch["gt"][0, 0].numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["png", "tif", "npy"])
@pytest.mark.parametrize("changes", [{}, {"samples": "family", "crop_area": (0.45, 2.25)}])
def test_colour_and_depth_stay_registered(tmp_path: Path, kind: str, changes: dict[str, object]) -> None:
    """Whatever the window and its mirroring, the depth at a pixel is that of the place its colour shows."""
    write_pair(tmp_path / "set", "x", (90, 120), kind)
    spec = f"{tmp_path / 'set'}@{'m' if kind == 'npy' else 'mm'}"
    config = TrainConfig(data=(spec,), crop=32, jitter=0, depth_scale=0, **changes)  # type: ignore[arg-type]
    samples = TrainSamples(config, 30)
    batch = finish_batch(config, default_collate([samples[i] for i in range(30)]), torch.device("cpu"))
    place = batch["rgb"][:, :2] * 255
    shown = (1 + 0.01 * place[:, 0] + 0.001 * place[:, 1]) / 20
    assert float((shown - batch["gt"][:, 0]).abs().max()) < 0.02 / 20  # 8 bits, and the nearest of a few pixels
    slopes = (place[:, 0, :, -1] - place[:, 0, :, 0]).sign().mean(1)
    assert {-1.0, 1.0} == set(slopes.tolist())  # half of them are mirrored


def test_samples_are_sensed_as_often_as_asked_and_measured_from_that(tmp_path: Path) -> None:
    write_pair(tmp_path / "set", "x", (90, 120), "npy")
    config = TrainConfig(
        data=(f"{tmp_path / 'set'}@m",), crop=64, samples="family", sparsity="random(20%)", jitter=0, depth_scale=0
    )
    exact = TrainSamples(config, 60)
    half = TrainSamples(replace(config, sensed=0.5), 60)
    always = TrainSamples(replace(config, sensed=1.0), 60)
    changed = 0
    for index in range(60):
        assert not np.array_equal(always[index]["gt"], exact[index]["gt"])
        changed += not np.array_equal(half[index]["gt"], exact[index]["gt"])
        item = half[index]
        measured = item["raw"] > 0
        assert measured.any()
        assert np.array_equal(item["raw"][measured], item["gt"][measured]), "the camera measures what it senses"
    assert 18 <= changed <= 42


def test_the_items_are_cut_before_they_are_converted(config: TrainConfig) -> None:
    item = TrainSamples(config, 1)[0]
    assert item["rgb"].dtype == torch.uint8
    assert item["rgb"].shape == (3, 32, 32)
    assert item["depth"].shape == (32, 32)


BAD = ((0, "0"), (1, "0"), (2, "0"), (2, "deep/1"))


@pytest.mark.filterwarnings("default::spnet.errors.SpnetWarning")
def test_what_cannot_be_used_is_named_once_and_replaced(config: TrainConfig, sets: list[Path]) -> None:
    (sets[0] / "rgb/0.png").write_bytes(b"no picture")
    Image.fromarray(np.zeros((40, 56), np.uint16)).save(sets[1] / "depth/0.png")
    Image.fromarray(np.full((40, 56), 90, np.uint8)).save(sets[2] / "depth/0.png")
    Image.fromarray(np.full((41, 56), 9000, np.uint16)).save(sets[2] / "depth/deep/1.png")
    samples = TrainSamples(config, 40)
    with pytest.warns(SpnetWarning) as warned:
        assert len([samples[i] for i in range(40)]) == 40
    texts = sorted(str(w.message) for w in warned)
    assert sorted(samples.unreadable()) == sorted(f"{sets[s].name}/{name}" for s, name in BAD)
    for reason in samples.unreadable().values():
        assert sum(text.startswith(reason) for text in texts) == 1, "told again, without the worker that met it"
    assert len(texts) == 4
    for words in ("is not an image", "no measured depth", "8-bit", "of one size"):
        assert sum(words in text for text in texts) == 1, words


@pytest.mark.filterwarnings("default::spnet.errors.SpnetWarning")
def test_a_wrong_unit_is_said_once(sets: list[Path]) -> None:
    samples = TrainSamples(TrainConfig(data=(f"{sets[0]}@m",), crop=32), 20)
    with pytest.warns(SpnetWarning, match="can hardly be right") as warned:
        assert [samples[i] for i in range(10)]
    assert len(warned) == 1


def test_the_fingerprint_is_of_the_content(config: TrainConfig, sets: list[Path], tmp_path: Path) -> None:
    def fingerprint(**changes: object) -> str:
        return TrainSamples(replace(config, **changes), 1).fingerprint()  # type: ignore[arg-type]

    first = fingerprint()
    moved = tmp_path / "moved"
    shutil.copytree(sets[0].parent, moved)
    assert fingerprint(data=tuple(f"{moved / name}@mm" for name in "abc")) == first
    assert fingerprint(data=config.data[:2]) != first
    assert fingerprint(data=(f"2*{sets[0]}@mm", *config.data[1:])) != first
    assert fingerprint(data=(f"{sets[0]}@cm", *config.data[1:])) != first
    names = TrainSamples(config, 1).fingerprint_of_names()
    pixels = np.array(Image.open(sets[1] / "rgb/0.png"))
    pixels[0, 0] += 1
    Image.fromarray(pixels).save(sets[1] / "rgb/0.png")
    assert fingerprint() != first
    assert TrainSamples(config, 1).fingerprint_of_names() == names


@pytest.mark.parametrize("kind", ["png", "npy"])
def test_decoded_files_are_kept_and_give_the_same_samples(tmp_path: Path, kind: str) -> None:
    write_pair(tmp_path / "set", "x", kind=kind)
    config = TrainConfig(data=(f"{tmp_path / 'set'}@{'m' if kind == 'npy' else 'mm'}",), crop=32, overfit=1)
    plain = TrainSamples(config, 1)[0]
    for _ in range(2):  # when it is decoded, and when it is found
        item = TrainSamples(replace(config, cache=1.0), 1)[0]
        assert all(torch.equal(item[key], plain[key]) for key in plain)
    assert len(list((tmp_path / "cache/spnet/decoded").iterdir())) == 2


def test_a_changed_file_is_decoded_again(tmp_path: Path) -> None:
    store, path = Store(1e6, tmp_path / "store"), tmp_path / "x"
    calls: list[str] = []

    def decode(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        calls.append(path.read_text())
        return np.array([len(calls[-1])], np.uint8)

    for text in ("one", "one", "three", "three"):
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
        assert store.get(path, decode)[0] == len(text)
    assert calls == ["one", "three"]
    for kept in (tmp_path / "store").iterdir():
        kept.write_bytes(kept.read_bytes()[:20])
    assert store.get(path, decode)[0] == 5  # what is damaged is not believed
    with pytest.raises(BadInput, match="cannot be read"):
        store.get(tmp_path / "none", decode)


def test_the_store_stays_within_its_limit(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    paths = [tmp_path / str(i) for i in range(10)]
    for path in paths:
        path.write_text("x")

    def fill(limit: float) -> int:
        store = Store(limit, folder)
        for path in paths:
            store.get(path, lambda _: np.zeros(1000, np.uint8))
        return sum(kept.stat().st_size for kept in folder.iterdir())

    assert 4000 < fill(5500) <= 6000  # a header each on top
    assert len(list(folder.iterdir())) == 5
    assert fill(2500) <= 2500
    (tmp_path / "file").write_text("no folder")
    assert Store(1e6, tmp_path / "file").get(paths[0], lambda _: np.ones(3)).sum() == 3  # the store cannot be written
