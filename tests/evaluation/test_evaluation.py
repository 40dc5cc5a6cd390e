"""Evaluation: the same inputs for every method, unobserved pixels only, tables that add up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.datasets import FolderDataset
from spnet.errors import BadInput, SpnetWarning
from spnet.evaluation import FunctionMethod, Score, evaluate, make_method, markdown_table
from spnet.evaluation.report import ALL, mean_scores, write_scores
from spnet.sparsity import parse_pattern
from spnet.types import FloatImage, Sample


@pytest.fixture
def data(tmp_path: Path) -> FolderDataset:
    for kind in ("rgb", "gt"):
        (tmp_path / kind).mkdir()
    for i in range(3):
        v, u = np.indices((48, 64))
        Image.fromarray(np.full((48, 64, 3), 9 * i, np.uint8)).save(tmp_path / "rgb" / f"{i}.png")
        Image.fromarray((1000 + 10 * u + v * i).astype(np.uint16)).save(tmp_path / "gt" / f"{i}.png")
    (tmp_path / "manifest.json").write_text(json.dumps({"unit": "uint16 mm", "K": [60, 60, 31.5, 23.5]}))
    return FolderDataset(tmp_path)


def test_units_and_intrinsics_come_from_the_manifest(data: FolderDataset) -> None:
    assert data[0].depth.max() == pytest.approx(1.63)
    assert data.intrinsics is not None
    assert data.intrinsics.cx == 31.5


def test_scores_count_unobserved_pixels_of_the_same_input(data: FolderDataset) -> None:
    seen: list[FloatImage] = []

    def spy(sample: Sample) -> FloatImage:
        seen.append(sample.depth)
        return np.full_like(sample.depth, 1.0)

    methods = [FunctionMethod("spy", spy), FunctionMethod("spy2", spy)]
    scores = list(evaluate([data], [parse_pattern("random(10%)")], methods))
    assert len(scores) == 6
    for first, second, score in zip(seen[::2], seen[1::2], scores[::2], strict=True):
        assert np.array_equal(first, second)
        assert score.pixels == (first == 0).sum()
    truth = data[0].depth
    hidden = seen[0] == 0
    assert scores[0].rel == pytest.approx((np.abs(truth - 1) / truth)[hidden].mean(), rel=1e-5)
    assert scores[0].rmse == pytest.approx(np.sqrt(((truth - 1) ** 2)[hidden].mean()), rel=1e-5)
    again = list(evaluate([data], [parse_pattern("random(10%)")], methods))
    assert again == scores


def test_linear_beats_nearest_on_slanted_walls(data: FolderDataset) -> None:
    methods = [make_method("nearest"), make_method("linear"), make_method("planar")]
    means = mean_scores(evaluate([data], [parse_pattern("random(1%)")], methods))
    assert means["random(1%)", ALL, "linear"][0] < means["random(1%)", ALL, "nearest"][0]


def test_mean_over_images_then_sets_and_the_best_in_bold() -> None:
    scores = [
        Score("a", "1", "p", "m", 0.1, 1, 1, 9), Score("a", "2", "p", "m", 0.3, 3, 1, 9),
        Score("b", "1", "p", "m", 0.4, 4, 1, 9), Score("b", "1", "p", "k", 0.5, 2, 1, 9),
    ]  # fmt: skip
    assert mean_scores(scores)["p", ALL, "m"] == (pytest.approx(0.3), pytest.approx(3.0), 3)
    table = markdown_table(scores)
    assert "| p | b | 1 | **0.4000** | 4.0000 | 0.5000 | **2.0000** |" in table


def test_results_are_written(tmp_path: Path) -> None:
    write_scores(tmp_path / "run", [Score("a", "1", "p", "m", 0.1, 1, 1, 9)])
    line = json.loads((tmp_path / "run" / "results.jsonl").read_text())
    assert line["rel"] == 0.1
    assert "| p | a | 1 |" in (tmp_path / "run" / "table.md").read_text()


def test_a_failing_method_is_named_and_has_no_mean(data: FolderDataset, tmp_path: Path) -> None:
    def fails(sample: Sample) -> FloatImage:
        if sample.name == "1":
            raise BadInput("No.")
        return np.full_like(sample.depth, 1.0)

    methods = [FunctionMethod("bad", fails), make_method("nearest")]
    with pytest.warns(SpnetWarning, match="bad fails on 1: No"):
        scores = list(evaluate([data], [parse_pattern("random(10%)")], methods))
    assert len(scores) == 6
    row = markdown_table(scores).splitlines()[2]
    assert row.count("failed") == 2
    assert row.count("**") == 4  # the other method's figures are the lowest
    write_scores(tmp_path / "run", scores)
    lines = [json.loads(line) for line in (tmp_path / "run" / "results.jsonl").read_text().splitlines()]
    assert [line["rel"] is None for line in lines] == [False, False, True, False, False, False]


def test_an_unreadable_image_is_named_and_left_out(data: FolderDataset) -> None:
    (data.root / "rgb" / "0.png").write_bytes(b"no image")
    with pytest.warns(SpnetWarning, match="not scored"):
        scores = list(evaluate([data], [parse_pattern("random(10%)")], [make_method("nearest")]))
    assert [score.image for score in scores] == ["1", "2"]


def test_two_sets_of_one_name_stay_apart(data: FolderDataset, tmp_path: Path) -> None:
    for parent in "ab":
        shutil.copytree(data.root, tmp_path / parent / "test", ignore=shutil.ignore_patterns("a", "b"))
    sets = [FolderDataset(tmp_path / parent / "test") for parent in "ab"]
    scores = list(evaluate(sets, [parse_pattern("random(10%)")], [make_method("nearest")], limit=1))
    assert [score.dataset for score in scores] == [str(tmp_path / parent / "test") for parent in "ab"]
    with pytest.raises(BadInput, match="at least 1"):
        list(evaluate(sets, [], [], limit=0))
