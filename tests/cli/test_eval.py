"""`spnet eval` on the command line, on tiny data: score, go on, compare, make the inputs again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from command import spnet

EVAL = ("eval", "--data", "rooms@mm", "--jobs", "2", "--no-report", "--methods", "nearest", "planar", "--patterns")


def test_a_run_is_written_goes_on_and_is_the_same_every_time(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, *EVAL, "random(10%)", "random(10%)", "holes", "-o", "a") == 0
    table = capsys.readouterr().out
    assert "| random(10%) | rooms | 3 |" in table
    assert Path("a/table.md").read_text(encoding="utf-8").startswith(table)
    for name in ("results.jsonl", "times.jsonl", "manifest.json", "table.csv", "table.tex"):
        assert Path("a", name).is_file(), name
    results = [json.loads(line) for line in Path("a/results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(results) == 2 * 3 * 2
    assert all(result["errors"]["rel"] < 1 for result in results)
    first, journal = Path("a/results.jsonl").read_bytes(), Path("a/.journal.jsonl").read_bytes()
    assert spnet(monkeypatch, *EVAL, "random(10%)", "holes", "-o", "a") == 0  # nothing is left to do
    assert Path("a/results.jsonl").read_bytes() == first
    assert Path("a/.journal.jsonl").read_bytes() == journal
    assert spnet(monkeypatch, *EVAL, "random(10%)", "holes", "-o", "b") == 0
    assert Path("b/results.jsonl").read_bytes() == first


def test_the_report_opens_with_pictures(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jinja2", reason="the report needs the extra eval")
    one = ("eval", "--data", "rooms@mm", "--methods", "nearest", "planar", "--patterns", "random(10%)", "-o", "run")
    assert spnet(monkeypatch, *one, "--focus", "nearest", "--jobs", "1") == 0
    page = Path("run/report.html").read_text(encoding="utf-8")
    assert "data:image/" in page
    assert "rooms" in page


def test_two_runs_are_compared_and_inputs_verified(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spnet(monkeypatch, *EVAL, "random(10%)", "-o", "a") == 0
    capsys.readouterr()
    assert spnet(monkeypatch, "eval", "compare", "a", "--methods", "nearest", "planar") == 0
    assert "| random(10%)" in capsys.readouterr().out
    shutil.copytree("a", "b")
    assert spnet(monkeypatch, "eval", "compare", "a", "b", "--methods", "planar") == 0
    assert spnet(monkeypatch, "eval", "verify", "a", "--jobs", "1") == 0
    assert "3 inputs are the same" in capsys.readouterr().out
    data.rename(data.parent / "moved")
    assert spnet(monkeypatch, "eval", "verify", "a/manifest.json", "--data", "moved@mm") == 1  # another name
    (data.parent / "elsewhere").mkdir()
    (data.parent / "moved").rename(data.parent / "elsewhere" / "rooms")
    assert spnet(monkeypatch, "eval", "verify", "a/manifest.json", "--data", "elsewhere/rooms@mm") == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data", "nowhere"),
        ("--data", "rooms@mm", "--patterns", "rain(3)"),
        ("--data", "rooms@mm", "--methods", "no_such_method"),
        ("--data", "rooms@mm", "--limit", "0"),
        ("--data", "rooms@mm", "--jobs", "-3"),
        ("--data", "rooms@mm", "--time-limit", "0"),
        ("--data", "rooms@mm", "--methods"),
        ("--data", "rooms@mm", "--patterns"),
        ("--data", "rooms@mm", "rooms@mm"),
        ("--data", "rooms@mm", "--patterns", "random(0%)"),
        ("--data", "rooms@mm", "--protocol", "mine"),
        ("--data", "rooms@mm", "--focus", "linear"),
        ("--data", "rooms@mm", "--methods", "a=nearest", "a=linear"),
        ("--data", "rooms@mm", "-o", "rooms/rgb/0.png"),
        ("compare", "nowhere"),
        ("verify", "nowhere"),
    ],
    ids=lambda arguments: " ".join(arguments[-2:]),
)
def test_errors_end_in_one_sentence(
    arguments: tuple[str, ...], data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    methods = () if "--methods" in arguments or "--data" not in arguments else ("--methods", "nearest")
    assert spnet(monkeypatch, "eval", *arguments, *methods) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("spnet: ")
    assert "Traceback" not in said
    assert said.endswith(".")
