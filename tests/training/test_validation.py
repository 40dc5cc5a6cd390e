"""Validation: which images, the figures against the benchmark's, and that the training does not notice it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from spnet.datasets import open_data
from spnet.errors import BadInput, SpnetWarning
from spnet.evaluation.cases import Cases
from spnet.fill import fill
from spnet.losses import relative_loss
from spnet.metrics import depth_errors
from spnet.model.build import build_model
from spnet.model.config import ModelConfig, Norm, Revision
from spnet.predictor import Predictor
from spnet.training.config import TrainConfig
from spnet.training.validation import Validator, full_name, held_out, is_held_out

SIDE = (24, 32)
PATTERNS = ("random(5%)", "random(20%)")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve slanted, patchy walls in millimetres."""
    root = tmp_path_factory.mktemp("data") / "walls"
    rng = np.random.default_rng(0)
    v, u = np.indices(SIDE)
    for i in range(12):
        depth = 4000 + 40 * u + 20 * (i - 6) * v + 700 * ((u - 16) ** 2 + (v - 12) ** 2 < 40)
        rgb = rng.integers(0, 255, (*SIDE, 3), dtype=np.uint8)
        for kind, image in (("rgb", rgb), ("depth", depth.astype(np.uint16))):
            path = root / kind / f"{i:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
    return root


@pytest.fixture
def config(data: Path) -> TrainConfig:
    return TrainConfig(
        revision="fill", samples="family", data=(f"{data}@mm",),
        val_data=(f"{data}@mm",), val_patterns=PATTERNS, val_images=3,
    )  # fmt: skip


def network(revision: Revision, norm: Norm = "CNX") -> nn.Module:
    torch.manual_seed(0)
    model = build_model(ModelConfig((8, 16, 24, 32), (1, 1, 1, 1), norm=norm, revision=revision, drop_path=0.5))
    if revision == "fill":
        nn.init.normal_(model.decoder.head.weight, std=0.05)  # it is zero: the network would be the baseline
    return model.train()


class Constant(nn.Module):
    """Says the same depth everywhere, in the network's unit."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, rgb: torch.Tensor, raw: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(raw) + self.value


def test_the_same_figures_as_the_benchmark(config: TrainConfig, data: Path) -> None:
    """Inputs of the benchmark's own `Cases`, dense maps of a `Predictor`, averaged here."""
    model = network("fill")
    scores = Validator(config).run(model)
    cases = Cases(open_data([f"{data}@mm"]), PATTERNS)
    predictor = Predictor(model)
    for pattern, label in enumerate(PATTERNS):
        errors, planar = [], []
        for where in cases.images(3):
            case = cases.case(where, pattern)
            dense = predictor.complete(case.sample.rgb, case.sample.depth).depth
            errors.append(depth_errors(dense, case.truth, case.scored))
            planar.append(depth_errors(fill(case.sample.depth).planar, case.truth, case.scored)["rel"])
        assert scores[f"rel/{label}"] == pytest.approx(np.mean([one["rel"] for one in errors]), rel=1e-5)
        assert scores[f"rmse/{label}"] == pytest.approx(np.mean([one["rmse"] for one in errors]), rel=1e-5)
        assert scores[f"planar/{label}"] == pytest.approx(np.mean(planar), rel=1e-5)
    for key in ("rel", "planar"):
        assert scores[key] == pytest.approx(np.mean([scores[f"{key}/{label}"] for label in PATTERNS]))
    assert scores["rel"] != pytest.approx(scores["planar"], rel=1e-3)


def test_the_first_images_are_kept_to_be_looked_at(config: TrainConfig) -> None:
    validator = Validator(replace(config, val_images=6, revision="spnet"))
    validator.run(Constant(0.5))
    assert [np.count_nonzero(row.raw) < 70 for row in validator.shown] == [True, False, True, False]  # 5 % and 20 %
    first = validator.shown[0]
    assert first.rgb.shape == (*SIDE, 3)
    assert np.array_equal(first.gt[first.raw > 0], first.raw[first.raw > 0])
    assert np.allclose(first.dense, 0.5 * 1.25 * first.raw.max())


@pytest.mark.parametrize(
    ("changes", "metres"),
    [
        ({"revision": "spnet", "samples": "paper"}, lambda raw: 20.0),
        ({"revision": "spnet", "samples": "family"}, lambda raw: 1.25 * raw.max()),
    ],
)
def test_the_scale_is_that_of_the_training(config: TrainConfig, data: Path, changes: dict, metres) -> None:  # type: ignore[no-untyped-def, type-arg]
    scores = Validator(replace(config, val_images=1, val_patterns=("random(5%)",), **changes)).run(Constant(0.25))
    case = Cases(open_data([f"{data}@mm"]), ["random(5%)"])
    [where] = case.images(1)
    raw, truth = case.case(where, 0).sample.depth, case.case(where, 0).truth
    truth = truth[raw == 0].astype(np.float64)
    assert scores["rel"] == pytest.approx((np.abs(0.25 * metres(raw) - truth) / truth).mean(), rel=1e-5)


def test_truth_beyond_the_papers_range_is_unknown(config: TrainConfig, tmp_path: Path) -> None:
    for kind, image in (
        ("rgb", np.zeros((8, 8, 3), np.uint8)),
        ("depth", np.r_[np.full((4, 8), 5000), np.full((4, 8), 30000)].astype(np.uint16)),
    ):
        (tmp_path / kind).mkdir()
        Image.fromarray(image).save(tmp_path / kind / "a.png")
    config = replace(
        config, revision="spnet", samples="paper", val_data=(f"{tmp_path}@mm",), val_patterns=("random(50%)",)
    )
    assert Validator(config).run(Constant(0.25))["rel"] == pytest.approx(0.0, abs=1e-6)  # 5 m, and no word of 30 m
    free = replace(config, samples="family")
    assert Validator(free).run(Constant(0.25))["rel"] > 0.3


def random_states() -> tuple[object, ...]:
    return torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index, union-attr]  # noqa: NPY002


@pytest.mark.parametrize(
    ("revision", "norm", "channels_last"),
    [("fill", "CNX", True), ("fill", "CNX", False), ("spnet", "BN", True), ("pacgdc", "LN", False)],
)
def test_the_training_does_not_notice(config: TrainConfig, revision: Revision, norm: Norm, channels_last: bool) -> None:
    """One training step after a validation is bit-equal to one without; every random state is where it was."""
    validator = Validator(replace(config, revision=revision, samples="paper"))
    batch = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    raw = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(2)) + 0.5

    def trained(*, validated: bool) -> tuple[dict[str, torch.Tensor], list[tuple[int, ...]]]:
        model = network(revision, norm)
        if channels_last:
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        model.encoder.eval()  # a part that is frozen on purpose stays so
        optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
        for _ in range(2):
            optimizer.zero_grad(set_to_none=True)
            pred = model(batch, raw, torch.ones_like(raw))
            relative_loss(pred, raw + 0.1, raw).total.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if validated:
                before = random_states()
                validator.run(model)
                assert random_states() == before
        assert model.training
        assert model.decoder.training
        assert not model.encoder.training
        return model.state_dict(), [weight.stride() for weight in model.parameters()]

    plain, checked = trained(validated=False), trained(validated=True)
    assert all(torch.equal(plain[0][key], checked[0][key]) for key in plain[0])
    assert plain[1] == checked[1]


def test_modes_come_back_after_an_error(config: TrainConfig) -> None:
    class Broken(Constant):
        def forward(self, rgb: torch.Tensor, raw: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            raise KeyboardInterrupt

    model = Broken(1.0).train()
    with pytest.raises(KeyboardInterrupt):
        Validator(replace(config, revision="spnet")).run(model)
    assert model.training


def test_a_second_validation_reads_nothing(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    validator = Validator(config)
    model = network("fill")
    first = validator.run(model)
    monkeypatch.setattr(validator, "_make", lambda index: pytest.fail("made again"))
    assert validator.run(model) == first


def test_what_does_not_fit_into_the_cache_is_made_again(config: TrainConfig) -> None:
    """Inputs are functions of names: a small cache gives the same figures."""
    model = network("fill")
    small = Validator(config, cache_mb=0.1)
    assert small.run(model) == small.run(model) == Validator(config).run(model)
    assert 0 < len(small._cached) < 3


def test_held_out_images_depend_on_their_names_alone(config: TrainConfig, data: Path) -> None:
    names = [full_name("walls", f"{i:02d}") for i in range(12)]
    kept = {name for name in names if is_held_out(name, 0.4)}
    assert held_out(replace(config, val_share=0.4)) == kept
    assert 0 < len(kept) < 12
    assert kept <= {name for name in names if is_held_out(name, 0.7)}  # a larger share only adds
    assert held_out(config) == set()
    validator = Validator(replace(config, val_data=(), val_share=0.4, val_images=50))
    assert {full_name(d.name, d.pairs[i].name) for d, i in validator.images} == kept
    shares = np.mean([[is_held_out(f"{s}/{i}", 0.05) for i in range(4000)] for s in "ab"])
    assert shares == pytest.approx(0.05, abs=0.008)


def test_images_are_evenly_spaced(config: TrainConfig) -> None:
    assert [item for _, item in Validator(config).images] == [0, 6, 11]
    assert len(Validator(replace(config, val_images=50)).images) == 12


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_data": ()}, "nothing to validate on"),
        ({"val_data": (), "val_share": 1e-9}, "holds out no image"),
        ({"val_data": ("nowhere",)}, "No data set matches"),
        ({"val_patterns": ("random(200%)",)}, "random"),
        ({"val_patterns": ()}, "at least one"),
        ({"val_patterns": ("random(1%)", "random( 1% )")}, "another name"),
        ({"val_patterns": ("random(0%)",)}, "None of the validation images"),
    ],
)
def test_what_cannot_be_validated_is_said_at_the_start(
    config: TrainConfig, changes: dict[str, tuple[str, ...]], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        Validator(replace(config, **changes))  # type: ignore[arg-type]


def test_a_bad_image_is_named_once_and_left_out(config: TrainConfig, data: Path, tmp_path: Path) -> None:
    root = tmp_path / "set"
    for kind in ("rgb", "depth"):
        (root / kind).mkdir(parents=True)
        for i in range(2):
            (root / kind / f"{i}.png").write_bytes((data / kind / f"{i:02d}.png").read_bytes())
    (root / "rgb" / "0.png").write_bytes(b"no image")
    with pytest.warns(SpnetWarning, match="left out of the validation") as warned:
        validator = Validator(replace(config, val_data=(f"{root}@mm",)))
    assert len(warned) == 1
    scores = [validator.run(network("fill")) for _ in range(2)]
    assert scores[0] == scores[1]
    assert np.isfinite(scores[0]["rel"])


def test_a_network_that_has_diverged_scores_nan(config: TrainConfig) -> None:
    scores = Validator(replace(config, revision="spnet")).run(Constant(float("nan")))
    assert np.isnan(scores["rel"])
    assert np.isfinite(scores["planar"])
