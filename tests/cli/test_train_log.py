"""The lines and the bar of `spnet train`."""

from __future__ import annotations

import io

from rich.console import Console

from spnet.cli.train_log import ProgressLog, describe

LINE = {"step": 5, "loss": 0.5, "a": 0.25, "b": 0.125, "lr": 1e-3, "images_per_s": 3.0, "data_wait": 0.5, "eta_s": 61,
        "memory_mb": 1234, "cuda_peak_mb": 25_000, "skipped": 2}  # fmt: skip


def shown(*records: dict[str, object], terminal: bool) -> str:
    buffer = io.StringIO()
    with ProgressLog(10, Console(file=buffer, force_terminal=terminal, width=160)) as log:
        for record in records:
            log(record)
    return buffer.getvalue()


def test_where_there_is_no_terminal_every_record_is_a_line() -> None:
    text = shown(LINE, {"step": 5, "bad_image": "set/[red]x", "reason": "x.png [/bold] is damaged."}, terminal=False)
    assert text.splitlines() == [
        "step 5/10  loss 0.5 (a 0.25, b 0.125)  3 images/s, waits 50 %  ETA 0:01:01  1.2 GB  GPU peak 25.0 GB  "
        "lr 0.001  2 steps left out",
        "step 5/10  bad image: x.png [/bold] is damaged.",
    ]


def test_a_terminal_gets_one_bar_with_events_above_it() -> None:
    text = shown(LINE, {"step": 5, "validation": "rel", "val/rel": 0.5}, {**LINE, "step": 10}, terminal=True)
    assert "step 5 of 10" in text
    assert "step 10 of 10" in text
    assert "step 5: validation: REL 0.5" in text
    assert "\x1b[2K" in text  # drawn over itself


def test_a_narrow_terminal_gets_all_of_the_text() -> None:
    buffer = io.StringIO()
    with ProgressLog(10, Console(file=buffer, force_terminal=True, width=60)) as log:
        log(LINE)
    assert "2 steps left out" in " ".join(buffer.getvalue().split())


def test_nothing_is_drawn_before_the_first_record() -> None:
    assert shown(terminal=True) == ""


def test_numbers_that_are_none_are_said_to_be() -> None:
    assert describe({**LINE, "loss": None}).startswith("loss not finite")
    assert "REL not finite" in describe({"step": 1, "validation": "rel", "val/rel": None, "val/rel/x": None})


def test_a_loss_of_one_part_is_shown_once() -> None:
    record = {key: value for key, value in LINE.items() if key != "b"}
    assert describe({**record, "a": 0.5}).startswith("loss 0.5  3 images/s")


def test_threads_without_a_core_are_told_of_once() -> None:
    busy = {**LINE, "core_wait": 0.885}
    buffer = io.StringIO()
    with ProgressLog(10, Console(file=buffer, width=200), threads=2) as log:
        for record in (LINE, busy, {**busy, "step": 6}):
            log(record)
    lines = buffer.getvalue().splitlines()
    assert ["no core for" in line for line in lines] == [False, True, False, True]
    assert "waits 50 %, no core for 0.885 threads  ETA" in lines[1]
    assert "not enough cores for 2 threads" in lines[2]
    assert len(shown(busy, busy, terminal=False).splitlines()) == 2  # one thread, or a GPU's
