"""`spnet test`: the original's folders, files, RMSE and REL; its errors; going on after a stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from command import spnet
from spnet.errors import BadInput
from spnet.evaluation.original import OriginalTest, Score, set_means, table
from spnet.evaluation.original_sets import find_sets, read_normalised

DENSITIES = ("10%", "1%", "0.1%")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sets of two images each, one of them in a nested folder."""
    rng = np.random.default_rng(0)
    for name in ("NYU", "KITTI"):
        for image in ("a", "sub/b"):
            gt = rng.integers(1000, 60000, (40, 48)).astype(np.uint16)
            gt[:2] = 0
            write(tmp_path / "Test_Datasets" / name / "gt" / f"{image}.png", gt)
            write(
                tmp_path / "Test_Datasets" / name / "rgb" / f"{image}.png",
                rng.integers(0, 255, (40, 48, 3)).astype(np.uint8),
            )
            for density, share in zip(DENSITIES, (0.1, 0.01, 0.002), strict=True):
                raw = np.where(rng.random(gt.shape) < share, gt, 0).astype(np.uint16)
                write(tmp_path / "Test_Datasets" / name / f"raw_{density}" / f"{image}.png", raw)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "Test_Datasets"


def write(path: Path, values: np.ndarray) -> None:  # type: ignore[type-arg]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


class Constant(nn.Module):
    """Predicts one value everywhere, and counts the images."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))
        self.seen: list[Tensor] = []

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        self.seen.append(raw.clone())
        return self.value.expand_as(raw).clone()


def test_figures_by_hand(tmp_path: Path) -> None:
    """gt 0.25 and 0.5 (as 16-bit values), one pixel unknown, prediction 0.5 everywhere."""
    quarter, half = 16384, 32768
    root = tmp_path / "one"
    write(root / "gt" / "x.png", np.array([[quarter, half, 0]], np.uint16))
    write(root / "rgb" / "x.png", np.zeros((1, 3, 3), np.uint8))
    write(root / "raw_10%" / "x.png", np.array([[0, half, 0]], np.uint16))
    model = Constant(0.5)
    (score,), failed = OriginalTest(model, device="cpu").run(find_sets([root]))
    assert not failed
    assert model.seen[0].flatten().tolist() == pytest.approx([0, half / 65535, 0])
    first, second = 256 * (0.5 - quarter / 65535), 256 * (half / 65535 - 0.5)
    assert score.rmse == pytest.approx(np.sqrt((first**2 + second**2) / 2), rel=1e-5)
    relative = (first / (256 * quarter / 65535), second / (256 * half / 65535))
    assert score.rel == pytest.approx(sum(relative) / 2, rel=1e-5)
    assert np.array_equal(read_normalised(root / "result_10%" / "x.png"), np.full((1, 3), half / 65535, np.float32))


def test_predictions_are_scored_as_they_are_and_cut_in_the_file(tmp_path: Path) -> None:
    """1.5 is beyond what the file holds: the file says 1, the score knows better. So does the reference."""
    root = tmp_path / "one"
    write(root / "gt" / "x.png", np.full((1, 1), 65535, np.uint16))
    write(root / "rgb" / "x.png", np.zeros((1, 1, 3), np.uint8))
    write(root / "raw_1%" / "x.png", np.zeros((1, 1), np.uint16))
    for value, stored in ((1.5, 65535), (-0.5, 0)):
        (score,), _ = OriginalTest(Constant(value), device="cpu").run(find_sets([root]), overwrite=True)
        assert score.rmse == pytest.approx(256 * abs(value - 1), rel=1e-5)
        assert np.asarray(Image.open(root / "result_1%" / "x.png")).item() == stored


def test_means_are_over_images_then_densities_then_sets() -> None:
    def score(dataset: str, density: str, image: str, rmse: float) -> Score:
        return Score(dataset, density, image, rmse, rmse / 100)

    scores = [
        score("A", "10%", "x", 1),
        score("A", "10%", "y", 3),
        score("A", "1%", "x", 6),
        score("B", "10%", "x", 10),
    ]
    means = set_means(scores)
    assert means["A"] == {"10%": (2, 0.02), "1%": (6, 0.06), "mean": (4, 0.04)}
    rows = table(scores).splitlines()
    assert rows[2] == "| A | 2 | 2.000 | 0.0200 | 6.000 | 0.0600 | 4.000 | 0.0400 |"
    assert rows[3] == "| B | 1 | 10.000 | 0.1000 | – | – | 10.000 | 0.1000 |"
    assert rows[4] == "| mean over sets |  | 6.000 | 0.0600 | – | – | 7.000 | 0.0700 |"


def test_the_whole_command(
    data: Path, small_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, "test", "--model", str(small_model)) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith(
        "| set | images | 10% RMSE | 10% REL | 1% RMSE | 1% REL | 0.1% RMSE | 0.1% REL | mean RMSE |"
    )
    assert [line.split("|")[1].strip() for line in out[2:]] == ["KITTI", "NYU", "mean over sets"]
    for name in ("NYU", "KITTI"):
        for density in DENSITIES:
            for image in ("a", "sub/b"):
                stored = np.asarray(Image.open(data / name / f"result_{density}" / f"{image}.png"))
                assert stored.shape == (40, 48)
                assert stored.dtype in (np.uint16, np.int32)


def test_going_on_after_a_stop(data: Path) -> None:
    sets = find_sets([data])
    model = Constant(0.4)
    whole, _ = OriginalTest(model, device="cpu").run(sets)
    assert len(model.seen) == 12
    (data / "NYU" / "result_1%" / "a.png").unlink()
    lines = (data / "KITTI" / "result_1%" / "scores.jsonl").read_text().splitlines()
    (data / "KITTI" / "result_1%" / "scores.jsonl").write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:20])
    again = Constant(0.4)
    assert OriginalTest(again, device="cpu").run(sets)[0] == whole
    assert len(again.seen) == 2  # the file that was lost and the line that was cut off
    with pytest.raises(BadInput, match="other weights"):
        OriginalTest(Constant(0.3), device="cpu").run(sets)
    other, _ = OriginalTest(Constant(0.3), device="cpu").run(sets, overwrite=True)
    assert other != whole
    elsewhere, _ = OriginalTest(Constant(0.4), device="cpu").run(sets, data.parent / "out")
    assert elsewhere == whole
    assert (data.parent / "out" / "NYU" / "result_0.1%" / "sub" / "b.png").is_file()
    assert json.loads((data / "NYU" / "result_1%" / "scores.jsonl").read_text().splitlines()[1])["dataset"] == "NYU"


def test_results_of_another_origin_are_not_overwritten(data: Path) -> None:
    write(data / "NYU" / "result_10%" / "a.png", np.zeros((2, 2), np.uint16))
    with pytest.raises(BadInput, match="another origin"):
        OriginalTest(Constant(0.4), device="cpu").run(find_sets([data]))


def test_a_bad_image_is_named_and_the_others_are_scored(
    data: Path, small_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(data / "NYU" / "raw_1%" / "a.png", np.zeros((40, 48), np.uint8))
    write(data / "NYU" / "gt" / "sub" / "b.png", np.zeros((40, 48), np.uint16))
    write(data / "KITTI" / "rgb" / "a.png", np.zeros((3, 3, 3), np.uint8))
    assert spnet(monkeypatch, "test", "--model", str(small_model)) == 1
    said = capsys.readouterr()
    assert "raw_1%/a.png is no 16-bit depth map" in said.err
    assert said.err.count("sub/b.png holds no truth") == 3
    assert said.err.count("must be of one size") == 3
    assert "7 image(s) failed" in said.err
    assert "| NYU | 1 |" in said.out


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: (d / "NYU" / "raw_1%" / "sub" / "b.png").unlink(), "Missing in the test set: .*raw_1%/sub/b.png"),
        (lambda d: (d / "NYU" / "gt" / "a.png").unlink(), "Missing in the test set: .*NYU/gt/a.png"),
        (lambda d: (d / "NYU" / "gt").rename(d / "NYU" / "truth"), "has no truth"),
        (lambda d: [p.rename(p.with_name("x" + p.name)) for p in (d / "NYU").glob("raw_*")], "has no sparse depth"),
        (lambda d: d.rename(d.with_name("elsewhere")), "There is no folder"),
        (lambda d: [p.rename(p.with_name("x")) for p in d.glob("*/rgb")], "holds no test set"),
    ],
)
def test_what_is_missing_is_named(
    spoil: Callable[[Path], object], message: str, data: Path, small_model: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    spoil(data)
    assert spnet(monkeypatch, "test", "--model", str(small_model)) == 1
    with pytest.raises(BadInput, match=message):
        find_sets([data])


def test_weights_that_train_writes_are_those_that_test_reads(
    data: Path, small_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, "test") == 1
    assert "train with --recipe paper" in capsys.readouterr().err
    (data.parent / "checkpoints").mkdir()
    (data.parent / "checkpoints" / "model.safetensors").write_bytes(small_model.read_bytes())
    assert spnet(monkeypatch, "test") == 0


def test_a_fill_is_tested_too(data: Path, fill_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert spnet(monkeypatch, "test", "--model", str(fill_model), "--data", "Test_Datasets/NYU", "-o", "out") == 0
    assert Path("out/NYU/result_10%/a.png").is_file()


class Answers(nn.Module):
    """Predicts what it was given."""

    def __init__(self, answer: np.ndarray) -> None:  # type: ignore[type-arg]
        super().__init__()
        self.answer = torch.from_numpy(answer)

    def forward(self, rgb: Tensor, raw: Tensor, mask: Tensor) -> Tensor:
        return self.answer


def test_the_references_figures_from_files(tmp_path: Path) -> None:
    """Golden RMSE and REL (spec section 6), pooled over two images, which are one here; the truth has 16 bits."""
    golden = Path(__file__).parents[3] / "shared" / "golden" / "official_outputs.npz"
    if not golden.is_file():
        pytest.skip("the golden vectors are not here")
    arrays = np.load(golden)
    rs = np.random.RandomState(7)
    rs.uniform(0, 1, (2, 3, 64, 96))
    gt = rs.uniform(0.05, 0.9, (2, 1, 64, 96))
    gt[rs.uniform(size=gt.shape) < 0.1] = 0
    root = tmp_path / "golden"
    for folder in ("gt", "raw_10%"):
        write(root / folder / "x.png", np.rint(gt.reshape(128, 96) * 65535).astype(np.uint16))
    write(root / "rgb" / "x.png", np.zeros((128, 96, 3), np.uint8))
    model = Answers(arrays["out_CNX"].reshape(1, 1, 128, 96))
    (score,), _ = OriginalTest(model, device="cpu").run(find_sets([root]))
    assert score.rmse == pytest.approx(arrays["metric_rmse"].item(), rel=1e-5)
    assert score.rel == pytest.approx(arrays["metric_rel"].item(), rel=1e-4)
