"""Two methods compared: paired on the same inputs, refused on others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spnet.errors import BadInput
from spnet.evaluation.compare import compare_runs
from spnet.evaluation.results import Result, write_results

RELS = {"1": 0.10, "2": 0.30, "3": 0.22, "4": 0.14, "5": 0.19, "6": 0.27}


def make_run(folder: Path, methods: dict[str, dict[str, float | None]], **manifest: Any) -> Path:
    """A run folder: method -> image -> REL, None where it failed."""
    results = [
        Result("a", image, "p", method, "failed", "No.", 10, 90)
        if rel is None
        else Result("a", image, "p", method, measured=10, pixels=90, errors={"rel": rel, "delta_1.25": 1 - rel})
        for method, rels in methods.items()
        for image, rel in rels.items()
    ]
    write_results(folder, results)
    images = dict.fromkeys(result.image for result in results)
    inputs = [{"dataset": "a", "image": i, "pattern": "p", "sha256": f"same{i}"} for i in images]
    listed = {"protocol": "unobserved", "inputs": inputs, "methods": [{"name": method} for method in methods]}
    (folder / "manifest.json").write_text(json.dumps(listed | manifest))
    return folder


def row(table: str) -> dict[str, str]:
    """The only row of the table."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    assert len(lines) == 3
    return dict(zip(lines[0], lines[2], strict=True))


def shifted(by: float) -> dict[str, float | None]:
    """The images' errors, larger by about this much."""
    return {image: rel + by * (1 + 0.1 * int(image)) for image, rel in RELS.items()}


def test_two_methods_of_one_run(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"m": shifted(0), "k": shifted(0.02)})
    found = row(compare_runs(run, run))
    gap = 0.02 * (1 + 0.1 * 3.5)
    mean = sum(RELS.values()) / 6
    assert found["n"] == "6"
    assert found["A"] == f"{mean:.4f}"
    assert found["B"] == f"{mean + gap:.4f}"
    assert found["A − B"] == f"{-gap:.4f}"
    assert found["A / B"] == f"{mean / (mean + gap):.3f}"
    assert (found["A wins"], found["A is"]) == ("100 %", "better")
    low, high = map(float, found["95 % interval"].split(" to "))
    assert low < -gap < high < 0
    assert row(compare_runs(run, run, "k", "m"))["A is"] == "worse"
    assert row(compare_runs(run, run, "m", "k", "delta_1.25"))["A is"] == "better"


def test_no_difference_is_not_called_one(tmp_path: Path) -> None:
    swapped = {image: rel + (0.03 if int(image) % 2 else -0.03) for image, rel in RELS.items()}
    run = make_run(tmp_path, {"m": shifted(0), "k": swapped})
    found = row(compare_runs(run, run))
    assert (found["A wins"], found["A is"]) == ("50 %", "no difference shown")


def test_failures_are_counted_and_left_out_of_the_pairs(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"m": shifted(0), "k": shifted(0.02) | {"6": None}})
    found = row(compare_runs(run, run))
    assert (found["n"], found["failed A, B"]) == ("5", "0, 1")
    assert found["A"] == f"{sum(rel for image, rel in RELS.items() if image != '6') / 5:.4f}"


def test_one_image_gives_no_verdict(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"m": {"1": 0.1}, "k": {"1": 0.2}})
    assert row(compare_runs(run, run))["A is"] == "too few images"


def test_two_runs_on_the_inputs_that_both_have(tmp_path: Path) -> None:
    a = make_run(tmp_path / "a", {"m": shifted(0), "other": shifted(1)})
    b = make_run(tmp_path / "b", {"m": {i: rel for i, rel in shifted(0.02).items() if i != "6"}})
    text = compare_runs(a, b, "m")
    assert row(text)["n"] == "5"
    assert f"Left out, as only {a} has them: 1 of its inputs, the first is a/6 under p." in text
    assert f"A = m of {a}, B = m of {b}" in text
    assert row(compare_runs(a, b, "other"))["A is"] == "worse"  # B has but one


def test_other_inputs_are_refused_and_the_first_named(tmp_path: Path) -> None:
    a, b = (make_run(tmp_path / name, {"m": shifted(0)}) for name in "ab")
    manifest = json.loads((b / "manifest.json").read_text())
    for entry in manifest["inputs"][3:]:
        entry["sha256"] = "other"
    (b / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadInput, match=r"a/4 under p was not the same input.*same4.*other"):
        compare_runs(a, b)
    make_run(b, {"m": shifted(0)}, protocol="kitti")
    with pytest.raises(BadInput, match=r"protocol unobserved.*kitti"):
        compare_runs(a, b)
    make_run(b, {"m": shifted(0)}, inputs=3)
    with pytest.raises(BadInput, match="lists no inputs"):
        compare_runs(a, b)


def test_without_a_manifest_it_says_what_was_not_checked(tmp_path: Path) -> None:
    a, b = (make_run(tmp_path / name, {"m": shifted(0)}) for name in "ab")
    (b / "manifest.json").unlink()
    assert f"{b} has no manifest.json" in compare_runs(a, b)


def test_what_cannot_be_compared_is_said_in_a_sentence(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", {"m": shifted(0), "k": shifted(0), "l": shifted(0)})
    with pytest.raises(BadInput, match=r"Name two methods of .* it has m, k, l"):
        compare_runs(run, run)
    with pytest.raises(BadInput, match=r"no method 'x' in .* name one of k, l, m"):
        compare_runs(run, run, "m", "x")
    with pytest.raises(BadInput, match="compared with itself"):
        compare_runs(run, run, "m", "m")
    with pytest.raises(BadInput, match="no metric 'wrong'"):
        compare_runs(run, run, "m", "k", "wrong")
    with pytest.raises(BadInput, match="Nothing to compare"):
        compare_runs(run, run, "m", "k", "mae")
    with pytest.raises(BadInput, match="Cannot read"):
        compare_runs(tmp_path / "none", run)
