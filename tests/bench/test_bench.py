"""`spnet bench`: what it counts, how it compares, what it writes, and what it refuses."""

from __future__ import annotations

import json
import math
import re
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command import spnet
from spnet.bench import measure, memory
from spnet.bench.energy import Energy
from spnet.bench.inputs import made_up_inputs
from spnet.bench.measure import Plan, measure_case, time_methods
from spnet.bench.memory import MemoryJob, Peak
from spnet.bench.plots import time_chart
from spnet.bench.results import Bench, Case, Row, Spread
from spnet.bench.roofline import Layer, Work, Yardsticks, counted_flops, layers, work_of
from spnet.bench.run import parse_resolution
from spnet.bench.tables import markdown
from spnet.bench.ways import PLAIN, PlainTorch, Way, chosen_ways, make_network, open_way
from spnet.errors import BadInput, MissingExtra
from spnet.evaluation.results import Result, write_results
from spnet.evaluation.svg import svg


def quiet(*_: object) -> None:
    """No progress."""


# --- what is counted


@pytest.mark.parametrize("kind", ["small_model", "fill_model"])
@pytest.mark.parametrize("shape", [(32, 64), (33, 65)])
def test_operations_are_those_of_pytorchs_counter(
    kind: str, shape: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    spec = str(request.getfixturevalue(kind))
    counted = counted_flops(make_network(spec), *shape)
    assert sum(layer.flops for layer in layers(make_network(spec), *shape)) == counted > 0


def test_tiny_has_the_operations_that_its_layers_say() -> None:
    work = work_of("tiny", 480, 640)
    assert work.parameters == 35_000_689
    assert work.flops / 1e9 == pytest.approx(82, rel=0.01)
    stem = work.layers[0]
    assert stem.flops == 2 * 5 * 24 * 9 * 480 * 640
    assert stem.numbers == (5 + 24) * 480 * 640 + 5 * 24 * 9


def test_the_bound_is_arithmetic_or_memory_layer_by_layer() -> None:
    work = Work(0, 0, (Layer(100, 1), Layer(1, 50)))
    assert work.bound(10.0, 4.0, "fp32") == pytest.approx(100 / 10 + 4 * 50 / 4)
    assert work.bound(10.0, 4.0, "int8") == pytest.approx(100 / 10 + 50 / 4)


def test_yardsticks_measure_every_precision() -> None:
    import torch

    rates = Yardsticks(["fp32", "bf16", "fp32", "int8"], torch.device("cpu")).measure()
    assert set(rates) == {"fp32", "bf16", "int8", "copy"}
    assert all(rate > 1e6 for rate in rates.values())


def test_energy_is_the_sum_of_the_packages(tmp_path: Path) -> None:
    for name, value in (("intel-rapl:0", 3_000_000), ("intel-rapl:1", 500_000), ("intel-rapl:0:0", 9)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(f"{value}\n")
    energy = Energy("cpu", rapl=tmp_path)
    assert energy.joules() == 3.5
    assert energy.why == ""
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("no number")
    assert Energy("cpu", rapl=tmp_path).joules() is None
    assert "RAPL cannot be read" in Energy("cpu", rapl=tmp_path).why
    assert "shows no RAPL counter" in Energy("cpu", rapl=tmp_path / "nothing").why


# --- how it compares


class Naps:
    """An engine that takes its time."""

    def __init__(self, seconds: float, offset: float = 0.0) -> None:
        self.seconds, self.offset, self.calls = seconds, offset, 0

    def __call__(self, inputs: Any) -> Any:
        self.calls += 1
        time.sleep(self.seconds)
        return inputs["raw"] + self.offset


def plan(**options: Any) -> Plan:
    usual = {"models": (), "resolutions": ((48, 64),), "ways": (PLAIN, Way("torch")), "measure": ("time",), "rounds": 5}
    return Plan(**{**usual, **options})


def measured(
    monkeypatch: pytest.MonkeyPatch, spec: str, calls: dict[str, Any], folder: Path, **options: Any
) -> dict[str, Row]:
    monkeypatch.setattr(measure, "open_way", lambda way, *_, **__: calls[way.engine])
    case = measure_case(plan(**options), spec, 48, 64, folder, quiet)
    return {row.engine: row for row in case.rows}


def test_ratios_are_of_the_same_round(monkeypatch: pytest.MonkeyPatch, small_model: Path, tmp_path: Path) -> None:
    calls = {"plain": Naps(0.03), "torch": Naps(0.01, 0.5)}
    rows = measured(monkeypatch, str(small_model), calls, tmp_path, measure=("time", "throughput"), batch=3, rounds=6)
    plain, other = rows["plain"], rows["torch"]
    assert plain.speedup is not None
    assert plain.speedup == Spread(1, 1, 1, 6)
    assert other.speedup is not None
    assert 1.5 < other.speedup.median < 3.5
    assert other.seconds is not None
    assert other.seconds.n == 6
    assert 0.01 <= other.seconds.low <= other.seconds.median <= other.seconds.high
    gflop = counted_flops(make_network(str(small_model)), 48, 64) / 1e9
    assert other.gflops == pytest.approx(gflop / other.seconds.median)
    assert other.difference == pytest.approx(0.5 / made_up_inputs(48, 64, needs_fill=False)["raw"].std(), rel=1e-5)
    assert other.throughput is not None
    assert 50 < other.throughput < 300, "three at once in 10 ms and the machine's delays"
    # Before each but the first of every row of rounds a pass that does not count.
    assert calls["plain"].calls == calls["torch"].calls == 1 + (2 * (2 + 6) - 1) + (2 * (2 + 3) - 1)


def test_a_case_ends_in_time(monkeypatch: pytest.MonkeyPatch, small_model: Path, tmp_path: Path) -> None:
    calls = {"plain": Naps(0.01), "torch": Naps(0.01)}
    rows = measured(monkeypatch, str(small_model), calls, tmp_path, rounds=1000, seconds=0.0)
    assert rows["torch"].seconds is not None
    assert rows["torch"].seconds.n == 3


def test_what_cannot_run_has_its_reason_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, small_model: Path, tmp_path: Path
) -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError("no kernel for this\nand a long trace")

    ways = (PLAIN, Way("torch"), Way("compile"))
    calls = {"plain": Naps(0.001), "torch": broken, "compile": Naps(0.001)}
    rows = measured(monkeypatch, str(small_model), calls, tmp_path, ways=ways)
    assert rows["torch"].reason == "no kernel for this"
    assert rows["torch"].seconds is None
    assert rows["compile"].seconds is not None


def test_the_plain_network_is_the_networks_own_answer(small_model: Path) -> None:
    import torch

    inputs = made_up_inputs(40, 50, needs_fill=False, batch=2)
    out = open_way(PLAIN, str(small_model), None, device="cpu", threads=0)(inputs)
    rgb, raw = (torch.from_numpy(inputs[name]) for name in ("rgb", "raw"))
    with torch.no_grad():
        expected = make_network(str(small_model))(rgb, raw, (raw > 0).float()).numpy()
    differs = np.abs(out - expected).max()  # they once did, by 5e-7 at every pixel: this is to say where and how
    again = open_way(PLAIN, str(small_model), None, device="cpu", threads=0)(inputs)
    assert np.allclose(out, expected, rtol=1e-5, atol=1e-6), (
        f"{differs:.1e}, a second time {np.abs(again - expected).max():.1e}, {torch.get_num_threads()} threads, "
        f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_float32_matmul_precision()}"
    )
    half = PlainTorch(make_network(str(small_model)), "cpu", "bf16")(inputs)
    assert half.dtype == np.float32
    assert not np.array_equal(half, expected)
    assert np.abs(half - expected).max() < 0.3 * expected.std()


def test_random_weights_are_the_same_every_time() -> None:
    first, second = (make_network("fill:atto").state_dict() for _ in range(2))
    assert all(bool((first[key] == second[key]).all()) for key in first)
    assert bool(first["decoder.head.weight"].any()), "a head of zeros would hide every difference"


def test_methods_are_timed_whole(small_model: Path) -> None:
    found = time_methods(plan(rounds=2), ["nearest", "mine=linear", str(small_model), "nowhere.pth"], 30, 40, quiet)
    assert [one.method for one in found[:3]] == ["nearest", "mine", str(small_model)]
    assert all(one.seconds is not None and one.seconds.n == 2 for one in found[:3])
    assert found[3].seconds is None
    assert "nowhere.pth" in found[3].reason


def test_the_peak_of_a_pass_grows_with_the_image(small_model: Path) -> None:
    """In a process of its own; a pass on 512×512 takes at least its full-resolution map."""
    peak = memory.measure_peak(MemoryJob(PLAIN, str(small_model), "", 512, 512))
    assert peak.reason == ""
    pixels = 512 * 512
    assert 4 * 8 * pixels / 1e6 / 4 < peak.pass_mb < 4 * 200 * pixels / 1e6
    assert peak.process_mb > peak.pass_mb


def test_a_process_that_fails_says_why(small_model: Path) -> None:
    peak = memory.measure_peak(MemoryJob(Way("openvino"), str(small_model), "no.onnx", 64, 64))
    assert peak.pass_mb == 0
    assert peak.reason


# --- what is chosen, and refused


def test_ways_are_what_an_engine_has() -> None:
    found = chosen_ways(["torch", "onnxruntime"], ["fp32", "bf16", "int8"], "cpu")
    assert [way.name for way in found] == [
        "plain, eager", "torch fp32", "torch bf16", "onnxruntime fp32", "onnxruntime int8"
    ]  # fmt: skip
    assert chosen_ways([], [], "cpu")[:2] == [PLAIN, Way("torch")]
    gpu = chosen_ways(["torch", "compile"], [], "cuda")
    assert Way("compile", "fp16") in gpu


def test_an_engine_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("spnet.extras.import_module", missing)
    with pytest.raises(MissingExtra, match=r"spnet\[openvino\]"):
        chosen_ways(["openvino"], [], "cpu")


@pytest.mark.parametrize("text", ["", "640", "640x", "x480", "0x480", "640x480x3", "-1x5", "99999x5", "axb"])
def test_what_is_no_resolution(text: str) -> None:
    with pytest.raises(BadInput, match="WIDTHxHEIGHT"):
        parse_resolution(text)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["huge"], "There are no weights 'huge'"),
        (["odd:tiny"], "Revision 'odd'"),
        (["--resolutions", "big"], "expected WIDTHxHEIGHT"),
        (["--engines", "abacus"], "Engine 'abacus': choose among torch"),
        (["--precisions", "fp64"], "Precision 'fp64'"),
        (["--engines", "torch", "--precisions", "int8"], "None of torch runs int8"),
        (["--rounds", "0"], "--rounds 0: expected at least 1"),
        (["--batch", "0"], "--batch 0"),
        (["--seconds", "nan"], "--seconds nan"),
        (["--threads", "-1"], "--threads -1"),
        (["--tiled-mb", "-5"], "--tiled-mb -5"),
        (["--measure", "weight"], "--measure 'weight'"),
        (["--methods", "guess.pth"], "guess.pth"),
        (["--device", "warp"], "Device 'warp'"),
        (["--eval", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert spnet(monkeypatch, "bench", "-o", "out", *arguments) == 1
    message = capsys.readouterr().err
    assert sentence in message
    assert len(message.splitlines()) == 1
    assert not list(tmp_path.iterdir())


# --- what it writes


def fake_eval(folder: Path) -> Path:
    rows = []
    for method, rel in (("nearest", 0.04), ("linear", 0.03), ("elsewhere", 0.01)):
        for image in ("a", "b"):
            errors = {"rel": rel + 0.001 * (image == "b")}
            rows.append(Result("set", image, "random(1%)", method, measured=5, pixels=9, errors=errors))
    folder.mkdir()
    write_results(folder, rows)
    return folder


def test_the_command_writes_numbers_a_table_and_charts(
    monkeypatch: pytest.MonkeyPatch, small_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    fake_eval(tmp_path / "run")
    seen: list[MemoryJob] = []

    def peak(job: MemoryJob) -> Peak:
        seen.append(job)
        return Peak(10.0 if job.way == PLAIN else 4.0, 300.0)

    monkeypatch.setattr(measure, "measure_peak", peak)
    command = ["bench", str(small_model), "--resolutions", "48x32", "64x64", "--engines", "torch", "--rounds", "2"]
    more = ["--batch", "2", "--tiled-mb", "7", "--methods", "nearest", "linear", "--eval", "run", "-o", "out"]
    assert spnet(monkeypatch, *command, *more) == 0
    out = capsys.readouterr().out
    assert Path("out/table.md").read_text() == out
    assert "### " + f"{small_model}, 48×32" in out
    assert re.search(r"\| torch fp32 \|.*\| 4 MB, 40 % \(process 300\) \|", out)
    assert "| linear | 64×64 |" in out

    def no_constant(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    content = json.loads(Path("out/bench.json").read_text(), parse_constant=no_constant)
    assert content["format"] == "spnet-bench/1"
    assert [(case["width"], case["height"]) for case in content["cases"]] == [(48, 32), (64, 64)]
    row = content["cases"][0]["rows"][1]
    assert row["way"] == "torch fp32"
    assert row["difference"] < 1e-3
    assert row["gflops"] > 0
    assert row["throughput"] > 0
    assert {point["method"] for point in content["accuracy"]} == {"nearest", "linear"}, "no time, no place"
    assert [job.tiled_mb for job in seen] == [0, 0, 7, 0, 0, 7]
    for name, words in (("time.svg", ["plain, eager", "torch fp32", "products alone"]), ("accuracy.svg", ["linear"])):
        root = ElementTree.fromstring(Path("out", name).read_text())
        text = " ".join(root.itertext())
        assert all(word in text for word in words), name


def test_a_chart_with_names_that_xml_would_choke_on() -> None:
    case = Case("<a & b>", 10, 20, 1, 1.5, 7, {"fp32": 1e10, "copy": 1e9})
    case.rows = [Row("plain, eager", "plain", "fp32", seconds=Spread(1.0, 0.9, 1.2, 3))]
    bench = Bench({}, {}, cases=[case])
    chart = time_chart(bench)
    assert chart is not None
    root = ElementTree.fromstring(svg(chart))
    assert any("<a & b>, 20×10" in (text or "") for text in root.itertext())
    at_peak = next(curve for curve in chart.curves if curve.name.startswith("products"))
    assert at_peak.marks[0].y > chart.curves[0].marks[0].y, "0.15 s is below 1 s"
    assert time_chart(Bench({}, {})) is None


def test_what_was_not_measured_is_a_dash() -> None:
    case = Case("m", 10, 20, 1, 1.5, 7)
    case.rows = [
        Row("plain, eager", "plain", "fp32", peak=Peak(reason="Linux only")),
        Row("t", "torch", "fp32", "broke"),
    ]
    facts = {"created": "2026-01-01T", "processor": "p", "cores": 2, "threads": 1, "versions": {}, "load": None}
    text = markdown(Bench(facts, {}, cases=[case]))
    assert "| plain, eager | Linux only |" in text
    assert "| t | – |" in text
    assert "t: broke" in text


def test_spread() -> None:
    assert Spread.of([2.0]) == Spread(2.0, 2.0, 2.0, 1)
    spread = Spread.of([float(i) for i in range(101)])
    assert (spread.median, spread.low, spread.high) == (50, 5, 95)
    assert math.isfinite(spread.median)


@pytest.mark.slow
def test_all_engines_for_real(monkeypatch: pytest.MonkeyPatch, small_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    arguments = ["--resolutions", "96x64", "--precisions", "fp32", "bf16", "int8", "--rounds", "2", "-o", "out"]
    assert spnet(monkeypatch, "bench", str(small_model), *arguments) == 0
    content = json.loads(Path("out/bench.json").read_text())
    rows = {row["way"]: row for row in content["cases"][0]["rows"]}
    assert {"torch fp32", "torch bf16", "onnxruntime fp32", "onnxruntime int8", "openvino int8"} <= set(rows)
    for row in rows.values():
        assert row["reason"] == ""
        assert row["peak"]["pass_mb"] > 0
