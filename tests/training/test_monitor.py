"""What a run tells while it goes: lines worked out by hand, a run that was cut off, pictures, TensorBoard."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import spnet.training.monitor as module
from spnet.errors import CannotWrite, MissingExtra
from spnet.losses import Loss
from spnet.training.config import TrainConfig
from spnet.training.monitor import Monitor, SilentMonitor
from spnet.training.panels import Row, draw_panel, list_panels, rows_of
from spnet.training.records import read_records
from spnet.viz import UNKNOWN

CONFIG = TrainConfig(steps=10, batch=4, log_every=2, panel_every=4)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def a_loss(total: float, part: float = 0.0) -> Loss:
    return Loss(torch.tensor(total, requires_grad=True), {"part": torch.tensor(part)})


def one_step(monitor: Monitor, clock: Clock, step: int, total: float = 1.0, *, wait: float = 1.0) -> None:
    monitor.waiting()
    clock.now += wait
    monitor.working()
    clock.now += 3.0
    monitor.step(step, a_loss(total, 2 * total), 0.5)


def test_a_line_is_the_mean_of_its_interval(tmp_path: Path, clock: Clock) -> None:
    seen: list[dict[str, Any]] = []
    monitor = Monitor(tmp_path, CONFIG, 0, seen.append)
    one_step(monitor, clock, 1, 1.0)
    assert not seen
    one_step(monitor, clock, 2, 4.0)
    [line] = read_records(tmp_path)
    assert seen == [line]
    assert line["memory_mb"] > 10
    expected = {"step": 2, "loss": 2.5, "part": 5.0, "lr": 0.5, "images_per_s": 1.0, "data_wait": 0.25, "eta_s": 32}
    assert {key: line[key] for key in expected} == expected
    one_step(monitor, clock, 3, 7.0)
    one_step(monitor, clock, 4, 7.0, wait=5.0)
    last = read_records(tmp_path)[-1]
    assert [last[key] for key in ("loss", "images_per_s", "data_wait", "eta_s")] == [7.0, 0.67, 0.5, 36]


def test_the_first_interval_does_not_weigh_on_the_rest_of_the_estimate(tmp_path: Path, clock: Clock) -> None:
    monitor = Monitor(tmp_path, CONFIG, 0)
    clock.now += 1000  # compilation
    for step in range(1, 5):
        one_step(monitor, clock, step)
    assert [line["eta_s"] for line in read_records(tmp_path)] == [4 * 1008, 24]


def test_validation_and_panels_are_no_training_time(tmp_path: Path, clock: Clock) -> None:
    monitor = Monitor(tmp_path, CONFIG, 0)
    one_step(monitor, clock, 1)
    clock.now += 50
    monitor.validated(1, {"rel": 0.25, "rel/random(1%)": 0.25})
    one_step(monitor, clock, 2)
    validation, line = read_records(tmp_path)
    assert (line["images_per_s"], line["data_wait"]) == (1.0, 0.25)
    assert validation == {
        "step": 1, "validation": "rel", "val/rel": 0.25, "val/rel/random(1%)": 0.25, "seconds": 50.0
    }  # fmt: skip


def test_the_last_step_is_logged(tmp_path: Path, clock: Clock) -> None:
    monitor = Monitor(tmp_path, replace(CONFIG, log_every=50), 0)
    for step in range(1, 11):
        one_step(monitor, clock, step)
    assert [line["step"] for line in read_records(tmp_path)] == [10]


def test_no_step_reads_a_number_from_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    real = torch.Tensor.__float__
    for name in ("__float__", "item", "cpu", "__bool__", "tolist", "numpy"):
        monkeypatch.setattr(torch.Tensor, name, lambda self: reads.append(1) or real(self))
    monitor = Monitor(tmp_path, CONFIG, 0)
    monitor.step(1, a_loss(1.0), 0.5)
    assert reads == []
    monitor.step(2, a_loss(1.0), 0.5)
    assert len(reads) == 2  # the loss and its part, once a line


def test_the_caller_may_change_the_losses_afterwards(tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, CONFIG, 0)
    total = torch.tensor(1.0)
    monitor.step(1, Loss(total, {}), 0.5)
    total.fill_(100.0)
    monitor.step(2, Loss(torch.tensor(3.0), {}), 0.5)
    assert read_records(tmp_path)[0]["loss"] == 2.0


def test_a_run_that_goes_on_forgets_what_is_to_be_done_again(tmp_path: Path, clock: Clock) -> None:
    first = Monitor(tmp_path, CONFIG, 0)
    for step in range(1, 5):
        one_step(first, clock, step)
    first.skipped(5, "The loss was nan.")
    first.skipped(6, "The loss was nan.")
    first.bad_image(6, "set/a", "unreadable")
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 4, "lo')  # killed while it wrote
    seen: list[dict[str, Any]] = []
    again = Monitor(tmp_path, CONFIG, 5, seen.append)
    again.bad_image(6, "set/a", "unreadable")
    again.bad_image(7, "set/a", "unreadable")
    one_step(again, clock, 6)
    lines = read_records(tmp_path)
    assert [line["step"] for line in lines] == [2, 4, 5, 6, 6]
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 5
    assert (lines[-1]["skipped"], lines[-1]["bad_images"]) == (1, 1)
    assert len(seen) == 2


def test_run_json_names_every_session(tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, CONFIG, 0)
    monitor.note(parameters=7, data=[{"name": "set", "images": 3}])
    monitor.close(4)
    Monitor(tmp_path, CONFIG, 4).close(10)
    facts = json.loads((tmp_path / "run.json").read_text())
    assert [session["step"] for session in facts["sessions"]] == [0, 4]
    assert facts["sessions"][0]["packages"]["torch"].startswith(torch.__version__.split("+")[0])
    assert (facts["parameters"], facts["step"]) == (7, 10)
    Monitor(tmp_path, CONFIG, 0)
    assert len(json.loads((tmp_path / "run.json").read_text())["sessions"]) == 1  # begun anew
    assert json.loads((tmp_path / "config.json").read_text())["batch"] == 4


def test_numbers_that_are_none_stay_json(tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, CONFIG, 0)
    monitor.validated(1, {"rel": float("nan")})
    assert "NaN" not in (tmp_path / "log.jsonl").read_text()
    assert read_records(tmp_path)[0]["val/rel"] is None


def test_a_full_disk_ends_in_a_sentence(tmp_path: Path) -> None:
    monitor = Monitor(tmp_path / "run", CONFIG, 0)
    (tmp_path / "run" / "log.jsonl").unlink()
    (tmp_path / "run" / "log.jsonl").mkdir()
    with pytest.raises(CannotWrite, match=r"Cannot write .*log\.jsonl"):
        monitor.skipped(1, "why")


def a_batch(count: int = 6, side: int = 12) -> dict[str, torch.Tensor]:
    gt = torch.linspace(0.1, 0.9, side).expand(count, 1, side, side).clone()
    return {"rgb": torch.ones(count, 3, side, side), "gt": gt, "raw": gt * 0}


def test_panels_at_the_first_the_last_and_every_so_many_steps(tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, CONFIG, 0)
    batch = a_batch()
    for step in range(1, 11):
        monitor.panel(step, batch, batch["gt"])
    assert list(list_panels(tmp_path)) == [1, 4, 8, 10]
    with Image.open(list_panels(tmp_path)[8]) as picture:
        assert picture.size == (4 * 216 + 18, 24 + 4 * 222 - 6)  # 12 pixels grow 18-fold
    Monitor(tmp_path, CONFIG, 5)
    assert list(list_panels(tmp_path)) == [1, 4]
    assert not Monitor(tmp_path, replace(CONFIG, panel_every=0), 0).wants_panel(1)


def test_a_panel_shows_truth_and_prediction_on_one_scale() -> None:
    batch = a_batch(1)
    picture = draw_panel(rows_of(batch, batch["gt"]))
    truth, same = (picture[24:240, start : start + 216] for start in (2 * 222, 3 * 222))
    assert np.array_equal(truth, same)
    assert len(np.unique(truth.reshape(-1, 3), axis=0)) == 12
    other = draw_panel(rows_of(batch, 3 * batch["gt"]))[24:240, 3 * 222 : 3 * 222 + 216]
    assert not np.array_equal(truth, other)
    broken = draw_panel(rows_of(batch, torch.full((1, 1, 12, 12), float("nan"))))[24:240, 3 * 222 : 3 * 222 + 216]
    assert (broken == UNKNOWN).all()
    nothing = {**batch, "gt": batch["gt"] * 0}
    assert draw_panel(rows_of(nothing, (batch["gt"] * 0).bfloat16())).shape == picture.shape


def test_validation_images_of_several_sizes_make_one_panel(tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, CONFIG, 0)
    rows = [
        Row(np.zeros((h, w, 3), np.uint8), *(np.ones((h, w), np.float32) for _ in range(3)))
        for h, w in ((30, 60), (112, 20))
    ]
    monitor.validation_panel(3, rows)
    monitor.validation_panel(7, rows)
    monitor.validation_panel(8, [])
    assert list(list_panels(tmp_path, "val")) == [3, 7]
    with Image.open(list_panels(tmp_path, "val")[7]) as picture:
        assert picture.size == (4 * (3 * 60 + 6) - 6, 24 + 3 * 30 + 6 + 2 * 112)
    Monitor(tmp_path, CONFIG, 5)
    assert list(list_panels(tmp_path, "val")) == [3]


def test_the_monitor_of_other_processes_takes_the_same_calls() -> None:
    public = {name for name in vars(Monitor) if not name.startswith("_")}
    assert public <= {name for name in dir(SilentMonitor) if not name.startswith("_")}
    silent = SilentMonitor()
    silent.waiting()
    silent.step(1, a_loss(1.0), 0.1)
    silent.close(1)
    assert not silent.wants_panel(1)


HAS_BOARD = importlib.util.find_spec("tensorboard") is not None


def test_tensorboard_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingExtra, match=r"spnet\[train\]"):
        Monitor(tmp_path, replace(CONFIG, tensorboard=True), 0)


@pytest.mark.skipif(not HAS_BOARD, reason="tensorboard is not installed (extra train)")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_gets_scalars_and_panels_once_each(tmp_path: Path, clock: Clock) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    config = replace(CONFIG, tensorboard=True)
    first = Monitor(tmp_path, config, 0)
    for step in range(1, 7):
        one_step(first, clock, step)
        first.panel(step, a_batch(1), a_batch(1)["gt"])
    first.validated(6, {"rel": 0.5})
    first.close(6)
    again = Monitor(tmp_path, config, 4)
    one_step(again, clock, 5, 3.0)
    one_step(again, clock, 6, 3.0)
    again.close(6)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert {"loss/loss", "loss/part", "run/lr", "run/images_per_s", "val/rel"} <= set(events.Tags()["scalars"])
    assert [(event.step, event.value) for event in events.Scalars("loss/loss")] == [(2, 1.0), (4, 1.0), (6, 3.0)]
    assert [event.step for event in events.Images("samples")] == [1, 4]
