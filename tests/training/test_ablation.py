"""Ablation: what differs between runs, what is resumed, scaled scenes, and the figures of the tables by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_runs import add_dot, make_walls, tiny

import spnet.training.ablation as ablation_module
from spnet.datasets import open_data
from spnet.errors import BadInput
from spnet.evaluation.cases import Cases
from spnet.evaluation.results import Result, read_results
from spnet.model.build import build_model
from spnet.model.config import NORMS, SIZES, model_config
from spnet.model.weights import save_weights
from spnet.sparsity import HoleMaps
from spnet.training.ablation import BUDGET, Ablation, Run, Trained, train_all
from spnet.training.ablation_chart import draw_chart
from spnet.training.ablation_data import small_copies, small_masks
from spnet.training.ablation_scores import (
    FixedScale,
    ScaledSet,
    Scoring,
    drift_all,
    held_out_sets,
    other_sets,
    score_all,
)
from spnet.training.ablation_tables import UNSEEN, growth, make_figures, spread, tables
from spnet.training.config import TrainConfig, field_types
from spnet.training.health import REPORT


@pytest.fixture(autouse=True)
def _dot() -> Iterator[None]:
    add_dot()
    yield
    del SIZES["dot"]


@pytest.fixture
def walls(tmp_path: Path) -> Path:
    return make_walls(tmp_path / "walls", 8)


@pytest.fixture
def base(walls: Path) -> TrainConfig:
    return tiny(walls, steps=2, batch=2, save_every=1, val_share=0.5, ema=0.0)


def test_runs_differ_in_norm_and_seed_alone(base: TrainConfig) -> None:
    plan = Ablation(replace(base, seed=5), ("LN", "CNX"), 2)
    assert plan.runs == [Run("LN", 5), Run("CNX", 5), Run("LN", 6), Run("CNX", 6)]
    configs = [asdict(plan.config(run)) for run in plan.runs]
    different = {key for key in configs[0] if len({str(one[key]) for one in configs}) > 1}
    assert different == {"norm", "seed"}
    assert Ablation(base).norms == NORMS
    assert field_types().keys() >= BUDGET.keys()


@pytest.mark.parametrize("norms", [(), ("SP",), ("LN", "LN")])
def test_norms_that_are_none(base: TrainConfig, norms: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="expected some of CNX"):
        Ablation(base, norms)


def test_finished_runs_stay_and_stopped_ones_go_on(
    base: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, out, started = Ablation(base, ("CNX", "LN"), 1), tmp_path / "out", []
    stopped = replace(plan, base=replace(base, max_minutes=1e-9))
    assert train_all(stopped, out, device="cpu") is None
    trained = train_all(plan, out, device="cpu", started=lambda run, _: started.append(run.name))
    assert trained is not None
    assert started == ["CNX-0", "LN-0"]
    assert [one.run for one in trained] == plan.runs
    assert all(one.weights and one.weights.is_file() and one.parameters > 0 and one.loss > 0 for one in trained)
    assert trained[0].step_s > 0

    monkeypatch.setattr(ablation_module, "train", lambda *_, **__: pytest.fail("trained again"))
    assert train_all(plan, out) == trained
    longer = replace(plan, base=replace(base, steps=3, lr=1e-5))
    with pytest.raises(BadInput, match=r"CNX-0 holds a run with other lr, steps"):
        train_all(longer, out)


def test_a_run_that_is_given_up_does_not_stop_the_others(
    base: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ablation_module.train

    def train(config: TrainConfig, out: Path, *rest: object, **more: object) -> Path | None:
        if config.norm != "CX":
            return real(config, out, *rest, **more)  # type: ignore[arg-type]
        real(replace(config, max_minutes=1e-9), out)
        (out / REPORT).write_text("{}")
        raise BadInput("Loss or gradient were not finite in 20 steps.")

    monkeypatch.setattr(ablation_module, "train", train)
    trained = train_all(Ablation(base, ("CX", "LN"), 1), tmp_path / "out", device="cpu")
    assert trained is not None
    assert [one.weights is None for one in trained] == [True, False]
    again = train_all(Ablation(base, ("CX", "LN"), 1), tmp_path / "out")
    assert again is not None
    assert [one.weights for one in again] == [one.weights for one in trained]
    with pytest.raises(BadInput, match="No data set matches"):
        train_all(Ablation(replace(base, data=("nowhere",)), ("LN",), 1), tmp_path / "other")


def test_a_scaled_scene_has_the_same_sparsity_and_exactly_scaled_depth(base: TrainConfig) -> None:
    scoring = Scoring(limit=3, crop=32)
    one, eighth = (Cases(held_out_sets(base, factor, scoring), ("random(10%)",)) for factor in (1.0, 0.125))
    assert one.names == ["walls ×1"]
    assert eighth.names == ["walls ×0.125"]
    images = list(one.images())
    assert len(images) == 3
    for where in images:
        a, b = one.case(where, 0), eighth.case(where, 0)
        assert a.sample.rgb.shape == (32, 32, 3)
        assert a.sample.max_depth is None
        assert np.array_equal(a.sample.rgb, b.sample.rgb)
        assert np.array_equal(a.sample.depth * np.float32(0.125), b.sample.depth)
        assert np.array_equal(a.truth * np.float32(0.125), b.truth)
        assert np.array_equal(a.scored, b.scored)


def test_the_middle_is_cut_out_and_the_camera_with_it(walls: Path) -> None:
    data = open_data([str(walls)])[0]
    whole = data[2]
    cut = ScaledSet(data, [2], 1.0, 32, own=False)[0]
    assert np.array_equal(cut.rgb, whole.rgb[8:40, 12:44])
    assert np.array_equal(cut.depth, whole.depth[8:40, 12:44])
    assert np.array_equal(ScaledSet(data, [2], 1.0, 0, own=False)[0].depth, whole.depth)
    assert ScaledSet(data, [2], 1.0, 1000, own=False)[0].depth.shape == (48, 48)


def test_a_set_with_a_scale_of_its_own_is_scored_as_it_was_trained(tmp_path: Path) -> None:
    for kind, image in (("rgb", np.zeros((8, 8, 3), np.uint8)), ("depth", np.full((8, 8), 32768, np.uint16))):
        (tmp_path / "street" / kind).mkdir(parents=True)
        Image.fromarray(image).save(tmp_path / "street" / kind / "0.png")
    data = open_data([f"{tmp_path / 'street'}@normalized:100"])[0]
    at_training, at_20 = (ScaledSet(data, [0], 1.0, 0, own=own)[0].depth[0, 0] for own in (True, False))
    assert at_training == pytest.approx(10, rel=1e-4)  # half of the network's range, as in training
    assert at_20 == pytest.approx(50, rel=1e-4)


def test_a_network_is_used_at_its_fixed_scale(tmp_path: Path, walls: Path) -> None:
    torch.manual_seed(0)
    config = model_config("dot", "CNX")
    model = build_model(config).eval()
    path = tmp_path / "w.safetensors"
    save_weights(path, model.state_dict(), config, name="dot", max_depth=20.0)
    sample = open_data([str(walls)])[0][0]
    got = FixedScale("a", str(path), device="cpu").complete(sample)
    rgb = torch.from_numpy(sample.rgb).permute(2, 0, 1)[None].float() / 255
    raw = torch.from_numpy(sample.depth)[None, None] / 20
    with torch.no_grad():
        expected = model(rgb, raw, (raw > 0).float())[0, 0].clamp(min=0).numpy() * 20
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    assert got.any()


def test_scoring_runs_through_the_engine_and_is_resumed(
    base: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = train_all(Ablation(base, ("CNX", "LN"), 1), tmp_path / "out", device="cpu")
    assert trained is not None
    networks = {one.run.name: one.weights for one in trained if one.weights}
    other = make_walls(tmp_path / "others", 2)
    scoring = Scoring((1.0, 4.0), (str(other),), (1.0, 0.2), ("random(10%)",), 2, 32)
    results = score_all(base, scoring, networks, tmp_path / "out", device="cpu")
    assert {r.dataset for r in results} == {"walls ×1", "walls ×4", "others ×1", "others ×0.2"}
    assert len(results) == 3 * 2 * 4  # two networks and the yardstick
    assert all(r.status == "ok" and r.errors["rel"] > 0 for r in results)
    figures = make_figures(results, ["walls"])
    drift = drift_all(base, scoring, networks, tmp_path / "out", device="cpu")
    drifts = make_figures(drift, ["walls"])
    text = tables(trained, figures, drifts)
    assert "others ×0.2" in text
    assert "Drift in %" in text
    draw_chart(tmp_path / "chart.png", trained, figures)
    monkeypatch.setattr(FixedScale, "complete", lambda *_: pytest.fail("scored again"))
    assert score_all(base, scoring, networks, tmp_path / "out", device="cpu") == results
    assert Image.open(tmp_path / "chart.png").size[0] > 500


def test_drift_is_what_the_scale_does_to_the_answer(
    base: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A method that adds 1 m to everything: f(s x) / s - f(x) = 1 / s - 1."""
    scoring = Scoring((0.5, 1.0, 4.0), patterns=("random(10%)",), limit=1)
    (data,) = held_out_sets(base, 1.0, scoring)
    monkeypatch.setattr(
        FixedScale, "complete", lambda self, x: np.full_like(x.depth, float(self.weights)) + x.depth.max()
    )
    results = drift_all(base, scoring, {"CNX-0": Path("1"), "LN-0": Path("0")}, tmp_path / "out")
    found = {(r.dataset, r.method): r.errors["rel"] for r in results}
    assert found.keys() == {(f"walls ×{s}", run) for s in ("0.5", "4") for run in ("CNX-0", "LN-0")}
    case = Cases([data], ("random(10%)",)).case(next(Cases([data], ("random(10%)",)).images()), 0)
    inverse = float((1 / case.truth[case.scored].astype(np.float64)).mean())
    assert found["walls ×0.5", "CNX-0"] == pytest.approx(1.0 * inverse, rel=1e-5)
    assert found["walls ×4", "CNX-0"] == pytest.approx(0.75 * inverse, rel=1e-5)
    assert found["walls ×4", "LN-0"] == pytest.approx(0, abs=1e-6)
    assert len(read_results(tmp_path / "out" / "drift")) == 4


def test_small_copies_show_the_nearest_depth_and_the_mean_colour(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rgb, stored = rng.integers(0, 255, (8, 12, 3), dtype=np.uint8), rng.integers(1, 60000, (8, 12)).astype(np.uint16)
    for kind, image in (("rgb", rgb), ("depth", stored)):
        (tmp_path / "set" / kind / "sub").mkdir(parents=True)
        Image.fromarray(image).save(tmp_path / "set" / kind / "sub" / "0.png")
    for unit, scale in (("mm", 1e-3), ("normalized:100", 100 / 65535)):
        folder = tmp_path / unit.replace(":", "")
        told: list[str] = []
        (copy,) = small_copies((f"{tmp_path / 'set'}@{unit}",), 4, folder, told.append)
        assert told == ["set"]
        sample = open_data([copy])[0][0]
        assert sample.name == "sub/0"
        assert sample.max_depth == (None if unit == "mm" else 100)
        np.testing.assert_allclose(sample.depth, stored[1::2, 1::2] * scale, rtol=1e-6)
        np.testing.assert_allclose(sample.rgb, rgb.reshape(4, 2, 6, 2, 3).mean((1, 3)), atol=1.01)  # rounded twice
        before = Path(copy).stat().st_mtime_ns
        assert small_copies((f"{tmp_path / 'set'}@{unit}",), 4, folder, told.append) == (copy,)
        assert told == ["set"]
        assert Path(copy).stat().st_mtime_ns == before
    with pytest.raises(BadInput, match="is a copy of something else"):
        small_copies((f"{tmp_path / 'set'}@mm",), 2, tmp_path / "mm")


def test_a_copy_that_was_cut_off_is_made_anew(tmp_path: Path, walls: Path) -> None:
    (copy,) = map(Path, small_copies((str(walls),), 24, tmp_path / "out"))
    (copy / "manifest.json").unlink()
    (copy / "rgb" / "0.png").write_bytes(b"")
    (weighted,) = small_copies((f"0.3*{walls}",), 24, tmp_path / "out")
    assert weighted == f"0.3*{copy}"
    assert open_data([weighted])[0][0].rgb.shape == (24, 28, 3)


def test_small_masks(tmp_path: Path) -> None:
    mask = np.zeros((8, 8), np.uint8)
    mask[:4] = 255
    (tmp_path / "masks").mkdir()
    Image.fromarray(mask).save(tmp_path / "masks" / "a.png")
    made = small_masks(str(tmp_path / "masks"), 4, tmp_path / "out")
    assert small_masks(str(tmp_path / "masks"), 4, tmp_path / "out") == made
    with Image.open(made / "a.png") as small:
        assert np.array_equal(np.asarray(small.convert("L")), mask[1::2, 1::2])
    assert len(HoleMaps(made)) == 1


def test_two_sets_of_one_name_are_refused(base: TrainConfig, tmp_path: Path) -> None:
    other = make_walls(tmp_path / "elsewhere" / "walls", 2)
    with pytest.raises(BadInput, match="Two data sets are called walls"):
        score_all(base, Scoring(data=(str(other),)), {}, tmp_path / "out")
    assert len(other_sets(1.0, Scoring(data=(str(other),), limit=1))[0].pairs) == 1


def test_scales_must_hold_the_training_scale() -> None:
    with pytest.raises(BadInput, match="must be among them"):
        Scoring(scales=(0.5, 2.0))
    with pytest.raises(BadInput, match="positive"):
        Scoring(data_scales=(0.0,))


# REL by run, scale and image; two images, one pattern.
VALUES = {
    "CNX-0": {1.0: (0.10, 0.20), 0.5: (0.20, 0.40), 2.0: (0.10, 0.20)},
    "CNX-1": {1.0: (0.12, 0.22), 0.5: (0.20, 0.40), 2.0: (0.10, 0.20)},
    "LN-0": {1.0: (0.20, 0.40), 0.5: (0.80, 1.60), 2.0: (0.40, 0.80)},
    "LN-1": {1.0: (0.24, 0.44), 0.5: (0.80, 1.60), 2.0: (0.40, 0.80)},
    "nearest": {1.0: (0.30, 0.50), 0.5: (0.30, 0.50), 2.0: (0.30, 0.50)},
}


def made_results() -> list[Result]:
    return [
        Result(f"rooms ×{scale:g}", str(image), "random(1%)", run, measured=5, pixels=9, errors={"rel": rel})
        for run, scales in VALUES.items()
        for scale, values in scales.items()
        for image, rel in enumerate(values)
    ]


def test_figures_by_hand() -> None:
    figures = make_figures(made_results(), ["rooms"])
    assert figures.scales == ["×0.5", "×1", "×2"]
    assert not figures.others_by_norm
    means = spread(figures.by_run)
    mean, deviation = means["×1", "rooms", "CNX"]
    assert mean == pytest.approx(0.16)
    assert deviation == pytest.approx(0.02 / np.sqrt(2))  # seed means 0.15 and 0.17
    assert means[UNSEEN, "rooms", "CNX"][0] == pytest.approx((0.30 + 0.15) / 2)
    assert means["smaller", "rooms", "LN"][0] == pytest.approx(1.2)
    assert means["larger", "rooms", "LN"][0] == pytest.approx(0.6)
    assert growth(figures.by_norm, "CNX", "×0.5").value == pytest.approx(0.30 / 0.16)


def trained_runs(lost: str = "") -> list[Trained]:
    runs = [Run("CNX", 0), Run("LN", 0), Run("CNX", 1), Run("LN", 1)]
    return [Trained(run, None if run.name == lost else Path("w"), 1234, 0.5, 0.25) for run in runs]


def test_tables_by_hand() -> None:
    text = tables(trained_runs(), make_figures(made_results(), ["rooms"]))
    assert "n: rooms 2" in text
    row = next(line for line in text.splitlines() if line.startswith("| LN"))
    assert "1,234" in row
    assert "250" in row
    assert "120.0 ± 0.0" in row  # at half the scale
    fixed = next(line for line in text.splitlines() if line.startswith("| nearest"))
    assert [cell.strip() for cell in fixed.strip("|").split("|")][:8] == [
        "nearest",
        "–",
        "–",
        *["40.0"] * 4,
        "1.00 (1.00–1.00)",
    ]
    paired = [line for line in text.splitlines() if line.startswith("| LN")][1]
    cells = [cell.strip() for cell in paired.strip("|").split("|")]
    assert cells[0] == "LN"
    assert cells[1].startswith("2.00 (")  # .32 / .16 at the training's scale
    assert cells[2] == "2.00, 2.00"
    assert cells[3].startswith("4.00 (")  # smaller: 1.2 / .3
    assert cells[8] == "4.00, 4.00"  # unseen


def test_a_lost_run_is_named() -> None:
    results = [result for result in made_results() if result.method != "LN-1"]
    text = tables(trained_runs("LN-1"), make_figures(results, ["rooms"]))
    assert "LN (1 of 2 given up)" in text


def test_answers_that_explode_do_not_break_the_tables() -> None:
    results = [
        replace(result, errors={"rel": 1e12}) if (result.method, result.dataset) == ("LN-1", "rooms ×2") else result
        for result in made_results()
    ]
    bad = [
        Result(r.dataset, r.image, r.pattern, r.method, "invalid", "NaN.", r.measured, r.pixels)
        if (r.method, r.dataset, r.image) == ("LN-0", "rooms ×0.5", "1")
        else r
        for r in results
    ]
    text = tables(trained_runs(), make_figures(bad, ["rooms"]))
    cells = [
        cell.strip() for line in text.splitlines() if line.startswith("| LN") for cell in line.strip("|").split("|")
    ]
    assert cells[3] == "failed"
    assert cells[5] == "5e+13"
