"""A run: the same inputs for every method, nothing lost by a bad image or method, the same results every time."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.datasets import FolderDataset, open_data
from spnet.errors import BadInput
from spnet.evaluation import FunctionMethod, evaluate, make_method, pool
from spnet.evaluation.cases import Cases, Where
from spnet.evaluation.journal import Journal, method_digest
from spnet.evaluation.manifest import make_manifest, verify_inputs
from spnet.evaluation.results import Result, write_results
from spnet.evaluation.run import Outcome, Run
from spnet.sparsity import quote
from spnet.types import FloatImage, Sample

SPARSE = "random(10%)"


@pytest.fixture
def data(tmp_path: Path) -> FolderDataset:
    """Three slanted walls."""
    root = tmp_path / "walls"
    for kind in ("rgb", "gt"):
        (root / kind).mkdir(parents=True)
    for i in range(3):
        v, u = np.indices((48, 64))
        Image.fromarray(np.full((48, 64, 3), 9 * i, np.uint8)).save(root / "rgb" / f"{i}.png")
        Image.fromarray((1000 + 10 * u + v * i).astype(np.uint16)).save(root / "gt" / f"{i}.png")
    (root / "manifest.json").write_text(json.dumps({"unit": "uint16 mm", "K": [60, 60, 31.5, 23.5]}))
    return FolderDataset(root)


def ones(sample: Sample) -> FloatImage:
    return np.ones_like(sample.depth)


def moody(sample: Sample) -> FloatImage:
    """Another fault on each image: hangs, dies, raises; otherwise ones."""
    if sample.name == "0":
        time.sleep(60)
    if sample.name == "1":
        os._exit(3)
    raise KeyError("lost")


def halves(sample: Sample) -> FloatImage:
    """NaN on one image, the wrong shape on another."""
    if sample.name == "1":
        return np.full_like(sample.depth, np.nan)
    return np.ones_like(sample.depth[::2] if sample.name == "2" else sample.depth)


def test_scores_count_unobserved_pixels_of_the_same_input(data: FolderDataset) -> None:
    seen: dict[str, list[FloatImage]] = {"a": [], "b": []}

    def spy(name: str) -> FunctionMethod:
        return FunctionMethod(name, lambda sample: (seen[name].append(sample.depth), ones(sample))[1])

    run = evaluate([data], [SPARSE], [spy("a"), spy("b")])
    assert len(run.results) == 6
    assert all(np.array_equal(one, other) for one, other in zip(seen["a"], seen["b"], strict=True))
    truth, hidden = data[0].depth, seen["a"][0] == 0
    first = run.results[0]
    assert (first.image, first.method, first.pixels, first.measured) == ("0", "a", hidden.sum(), (~hidden).sum())
    assert first.errors["rel"] == pytest.approx((np.abs(truth - 1) / truth)[hidden].mean(), rel=1e-5)
    assert first.errors["rmse"] == pytest.approx(np.sqrt(((truth - 1) ** 2)[hidden].mean()), rel=1e-5)
    assert evaluate([data], [SPARSE], [spy("a"), spy("b")]).results == run.results


def test_methods_know_what_they_are_given(data: FolderDataset) -> None:
    seen: list[Sample] = []
    evaluate([data], [SPARSE], [FunctionMethod("spy", lambda sample: (seen.append(sample), ones(sample))[1])], limit=1)
    assert (seen[0].dataset, seen[0].pattern, seen[0].name) == ("walls", SPARSE, "0")
    assert seen[0].intrinsics is not None


def test_linear_beats_nearest_on_slanted_walls(data: FolderDataset) -> None:
    run = evaluate([data], ["random(1%)"], ["nearest", "linear"])
    rel = {m: np.mean([r.errors["rel"] for r in run.results if r.method == m]) for m in ("nearest", "linear")}
    assert rel["linear"] < rel["nearest"]


def test_one_bad_method_costs_its_own_cases_alone(data: FolderDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GRACE", 0.0)
    methods = [FunctionMethod("moody", moody), FunctionMethod("halves", halves), "nearest"]
    run = evaluate([data], [SPARSE], methods, jobs=2, time_limit=5.0)
    status = {(r.method, r.image): (r.status, r.reason) for r in run.results}
    assert status["moody", "0"] == ("timeout", "Not done after 5 s.")
    assert status["moody", "1"] == ("crashed", "The process ended with exit status 3.")
    assert status["moody", "2"] == ("failed", "KeyError: 'lost'")
    assert status["halves", "0"][0] == "ok"
    assert status["halves", "1"][0] == status["halves", "2"][0] == "invalid"
    assert "NaN or infinite" in status["halves", "1"][1]
    assert "shape (24, 64)" in status["halves", "2"][1]
    assert [status["nearest", str(i)][0] for i in range(3)] == ["ok"] * 3
    bad = next(r for r in run.results if r.status == "crashed")
    assert bad.measured > 0
    assert bad.pixels > 0
    assert not bad.errors


def test_workers_find_what_this_process_finds(data: FolderDataset, tmp_path: Path) -> None:
    patterns, methods = [SPARSE, "lidar(16)", "holes"], ["nearest", "planar"]
    here, there = (evaluate([data], patterns, methods, jobs=jobs) for jobs in (0, 2))
    for name, run in (("here", here), ("there", there)):
        write_results(tmp_path / name, run.results)
    assert len({(tmp_path / name / "results.jsonl").read_bytes() for name in ("here", "there")}) == 1
    assert here.pins == there.pins


def test_bad_images_are_named_and_the_others_scored(data: FolderDataset) -> None:
    (data.root / "rgb" / "0.png").write_bytes(b"no image")
    shutil.copy(data.root / "rgb" / "1.png", data.root / "rgb" / "no_truth.png")
    shutil.copy(data.root / "rgb" / "2.png", data.root / "rgb" / "2.PNG")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(data.root / "rgb" / "small.png")
    shutil.copy(data.root / "gt" / "1.png", data.root / "gt" / "small.png")
    Image.fromarray(np.zeros((48, 64), np.uint16)).save(data.root / "gt" / "empty.png")
    shutil.copy(data.root / "rgb" / "1.png", data.root / "rgb" / "empty.png")
    run = evaluate(open_data([str(data.root)], strict=False), [SPARSE], ["nearest"])
    assert [r.image for r in run.results] == ["1"]
    reasons = {s.image: s.reason for s in run.skipped}
    assert "not an image" in reasons["0"]
    assert "no partner" in reasons["no_truth"]
    assert "same stem" in reasons["2"]
    assert "must be of one size" in reasons["small"]
    assert "no measured depth" in reasons["empty"]


def test_nothing_left_to_score(data: FolderDataset) -> None:
    run = evaluate([data], ["random(100%)", SPARSE], ["nearest"], limit=1)
    assert [r.pattern for r in run.results] == [SPARSE]
    assert "leaves no pixel" in run.skipped[0].reason


def test_given_inputs_are_read_from_the_data_set(data: FolderDataset) -> None:
    (data.root / "raw_1%").mkdir()
    for i in range(3):
        sparse = np.zeros((48, 64), np.uint16)
        sparse[::4, ::4] = 1500 + i
        Image.fromarray(sparse).save(data.root / "raw_1%" / f"{i}.png")
    seen: list[Sample] = []
    method = FunctionMethod("spy", lambda sample: (seen.append(sample), ones(sample))[1])
    run = evaluate([data], ["given(raw_1%)"], [method], protocol="spnet")
    assert seen[1].depth.max() == pytest.approx(1.501)
    assert {r.measured for r in run.results} == {12 * 16}
    assert {r.pixels for r in run.results} == {48 * 64}  # the original scores measured pixels too
    assert {r.pattern for r in run.results} == {"given(raw_1%)"}


def test_a_set_named_twice_would_count_twice(data: FolderDataset) -> None:
    with pytest.raises(BadInput, match="named twice"):
        evaluate([data, FolderDataset(data.root.parent / "." / data.root.name)], [SPARSE], ["nearest"])


def test_two_sets_of_one_name_stay_apart(data: FolderDataset, tmp_path: Path) -> None:
    for parent in "ab":
        shutil.copytree(data.root, tmp_path / parent / "test")
    sets = [FolderDataset(tmp_path / parent / "test") for parent in "ab"]
    run = evaluate(sets, [SPARSE], ["nearest"], limit=1)
    assert [r.dataset for r in run.results] == [str(tmp_path / parent / "test") for parent in "ab"]


@pytest.mark.parametrize(
    ("patterns", "methods", "more"),
    [
        ([SPARSE], ["nearest"], {"limit": 0}),
        ([SPARSE], ["nearest", "nearest=linear"], {}),
        (["rain(3)"], ["nearest"], {}),
        ([SPARSE], ["nearest"], {"protocol": "mine"}),
        ([SPARSE], ["nearest"], {"time_limit": 0.0}),
        (["given(raw) | noise(5%)"], ["nearest"], {}),
    ],
)
def test_what_makes_no_run(data: FolderDataset, patterns: list[str], methods: list[str], more: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        evaluate([data], patterns, methods, **more)  # type: ignore[arg-type]


def test_the_manifest_pins_every_input(data: FolderDataset, tmp_path: Path) -> None:
    run = evaluate([data], [SPARSE, "lidar(16)"], ["nearest"], seed=5)
    manifest = json.loads(json.dumps(make_manifest(run, limit=None, command="spnet eval", created="today")))
    assert len(manifest["inputs"]) == 6
    assert verify_inputs(manifest) == (6, [])
    elsewhere = tmp_path / "elsewhere" / "walls"
    shutil.copytree(data.root, elsewhere)
    assert verify_inputs(manifest, [FolderDataset(elsewhere)]) == (6, [])
    truth = np.asarray(Image.open(elsewhere / "gt" / "1.png")).copy()
    truth += 1
    Image.fromarray(truth).save(elsewhere / "gt" / "1.png")
    (elsewhere / "gt" / "2.png").unlink()
    same, others = verify_inputs(manifest, [FolderDataset(elsewhere, strict=False)])
    assert same == 2
    assert others == [
        f"walls/1 under {SPARSE} is another input.",
        "walls/1 under lidar(16) is another input.",
        f"walls/2 under {SPARSE} cannot be made.",
        "walls/2 under lidar(16) cannot be made.",
    ]
    with pytest.raises(BadInput, match="no manifest"):
        verify_inputs({"seed": 1})


def test_hole_masks_may_have_moved(data: FolderDataset, tmp_path: Path) -> None:
    here, there = tmp_path / "masks, old (1)", tmp_path / "masks"
    here.mkdir()
    Image.fromarray(np.eye(48, 64, dtype=np.uint8) * 255).save(here / "a.png")
    run = evaluate([data], [f"holes(maps={quote(str(here))}) | range(0.1, 9)"], ["nearest"], limit=1)
    manifest = make_manifest(run, limit=1, command="", created="")
    here.rename(there)
    assert verify_inputs(manifest, hole_maps=str(there)) == (1, [])


def count_calls(calls: list[str]) -> FunctionMethod:
    return FunctionMethod("counted", lambda sample: (calls.append(sample.name), ones(sample))[1])


def test_what_is_known_is_not_computed_again(data: FolderDataset) -> None:
    calls: list[str] = []
    first = evaluate([data], [SPARSE], [count_calls(calls)], limit=2)
    assert calls == ["0", "2"]
    second = evaluate([data], [SPARSE], [count_calls(calls)], known=first.outcomes)
    assert calls == ["0", "2", "1"]
    assert [r.image for r in second.results] == ["0", "1", "2"]
    evaluate([data], [SPARSE], [count_calls(calls)], known=second.outcomes, seed=1)  # other inputs
    assert len(calls) == 6


@pytest.mark.parametrize("kind", ["rgb", "gt"])
def test_another_picture_or_truth_is_another_input(data: FolderDataset, kind: str) -> None:
    calls: list[str] = []
    first = evaluate([data], [SPARSE], [count_calls(calls)])
    manifest = make_manifest(first, limit=None, command="", created="")
    raw = Cases([data], [SPARSE]).case(Where(0, 0), 0).sample.depth
    path = data.root / kind / "0.png"
    image = np.asarray(Image.open(path)).copy()
    image[raw == 0] += 7  # where the pattern does not look
    Image.fromarray(image).save(path)
    assert np.array_equal(Cases([data], [SPARSE]).case(Where(0, 0), 0).sample.depth, raw)
    evaluate([data], [SPARSE], [count_calls(calls)], known=first.outcomes)
    assert calls == ["0", "1", "2", "0"]
    assert verify_inputs(manifest, [data]) == (2, [f"walls/0 under {SPARSE} is another input."])


def test_the_journal_survives_being_cut_off(data: FolderDataset, tmp_path: Path) -> None:
    run = evaluate([data], [SPARSE], ["nearest"])
    with Journal(tmp_path / "run", {"nearest": "nearest"}, "unobserved") as journal:
        for outcome in run.outcomes:
            journal.add(outcome)
    assert journal_of(tmp_path).known() == run.outcomes
    text = journal_of(tmp_path).path.read_text()
    journal_of(tmp_path).path.write_text(text[:-20])
    assert journal_of(tmp_path).known() == run.outcomes[:2]
    with journal_of(tmp_path) as journal:
        journal.add(run.outcomes[2])
    assert journal_of(tmp_path).known() == run.outcomes


def journal_of(folder: Path, spec: str = "nearest", protocol: str = "unobserved") -> Journal:
    return Journal(folder / "run", {"nearest": spec}, protocol)


def test_outcomes_of_another_method_or_protocol_are_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"one")
    spec, result = f"nearest={weights}", Result("d", "i", "p", "nearest", errors={"rel": 0.5})
    with journal_of(tmp_path, spec) as journal:
        journal.add(Outcome(result, 0.1, "digest"))
    assert [o.result for o in journal_of(tmp_path, spec).known()] == [result]
    assert journal_of(tmp_path, spec, "spnet").known() == []
    assert journal_of(tmp_path).known() == []
    weights.write_bytes(b"two")
    assert journal_of(tmp_path, spec).known() == []
    before = method_digest(spec, "unobserved")
    monkeypatch.setattr("spnet.evaluation.manifest.version", lambda package: "0.0")
    assert method_digest(spec, "unobserved") != before  # another torch, another result
    assert method_digest(f"results:{tmp_path}", "unobserved") is None  # a folder may change at any time


def test_an_empty_run() -> None:
    run = evaluate([], [SPARSE], ["nearest"])
    assert isinstance(run, Run)
    assert run.results == []
    assert make_method("nearest").name == "nearest"
