"""Streams: order, errors, batches, bounds, overlap, and threads that end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenes import room
from spnet.completion import Completion
from spnet.errors import BadInput, SpnetError
from spnet.predictor import Predictor
from spnet.stream import Stages, overlapped


def stages(
    prepare: Callable[[int], int] = lambda x: x,
    run: Callable[[list[int]], list[int]] = lambda xs: [10 * x for x in xs],
    together: Callable[[int], object] = lambda x: 0,
    finish: Callable[[int, int], Any] = lambda _, x: x,
) -> Stages[int, int, int, Any]:
    return Stages(prepare, together, run, finish)


def ours() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("spnet-")}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    assert not ours()
    yield
    deadline = time.monotonic() + 5
    while ours() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not ours()


@pytest.mark.parametrize("batch", [1, 3, 50])
@pytest.mark.parametrize("workers", [1, 4])
def test_order_is_kept_whatever_takes_long(batch: int, workers: int) -> None:
    rng = np.random.default_rng(0)
    naps = rng.uniform(0, 0.003, 20)
    runs: list[int] = []

    def prepare(x: int) -> int:
        time.sleep(naps[x])
        return x

    def run(xs: list[int]) -> list[int]:
        runs.append(len(xs))
        return [10 * x for x in xs]

    found = list(overlapped(iter(range(20)), stages(prepare, run), batch=batch, workers=workers))
    assert found == [10 * x for x in range(20)]
    assert runs == [batch] * (20 // batch) + ([20 % batch] if 20 % batch else [])


def test_what_differs_is_no_batch() -> None:
    runs: list[list[int]] = []

    def run(xs: list[int]) -> list[int]:
        runs.append(xs)
        return xs

    found = list(overlapped([1, 1, 2, 2, 2, 1], stages(run=run, together=lambda x: x), batch=2))
    assert found == [1, 1, 2, 2, 2, 1]
    assert runs == [[1, 1], [2, 2], [2], [1]]


def fail_at(bad: int, error: Exception) -> Callable[[int], int]:
    def function(x: int) -> int:
        if x == bad:
            raise error
        return x

    return function


@pytest.mark.parametrize("batch", [1, 4])
def test_an_error_takes_the_place_of_its_frame(batch: int) -> None:
    error = BadInput("no")
    prepared = list(overlapped(range(6), stages(prepare=fail_at(2, error)), batch=batch))
    assert prepared == [0, 10, error, 30, 40, 50]
    run = fail_at(3, error)
    assert list(overlapped(range(6), stages(run=lambda xs: [run(x) for x in xs]), batch=batch)) == [
        *(0, 1, 2), error, *(4, 5)
    ]  # fmt: skip
    finished = list(overlapped(range(6), stages(finish=lambda _, x: fail_at(50, error)(x)), batch=batch))
    assert finished == [0, 10, 20, 30, 40, error]


def test_a_lack_of_memory_is_an_error_of_that_frame() -> None:
    found = list(overlapped(range(3), stages(prepare=fail_at(1, MemoryError()))))
    assert [str(x) for x in found] == ["0", "There is not enough memory for an image of this size.", "20"]


@pytest.mark.parametrize("batch", [1, 3])
def test_a_bug_is_raised_after_what_came_before_it(batch: int) -> None:
    seen: list[int] = []
    with pytest.raises(ZeroDivisionError):
        seen.extend(overlapped(range(9), stages(prepare=fail_at(4, ZeroDivisionError())), batch=batch))
    assert seen == [0, 10, 20, 30]
    with pytest.raises(ZeroDivisionError):
        list(overlapped(range(3), stages(run=lambda xs: [x // 0 for x in xs])))


def test_an_error_of_the_source_is_raised_in_its_place() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("unplugged")

    seen: list[int] = []
    with pytest.raises(OSError, match="unplugged"):
        seen.extend(overlapped(source(), stages(), batch=4))
    assert seen == [10, 20]


def test_no_more_is_taken_than_there_is_room_for() -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    with closing(overlapped(endless(), stages(), batch=2, ahead=3)) as results:
        for turn in range(1, 6):
            next(results)
            time.sleep(0.02)
            assert taken <= turn + 3 + 2 * 2


def test_stages_overlap() -> None:
    """Three stages of 20 ms a frame: one after the other 12 frames take 720 ms, overlapped little over a third."""

    def nap(x: Any) -> Any:
        time.sleep(0.02)
        return x

    best = 1.0
    for _ in range(5):  # a busy machine may need another try
        start = time.perf_counter()
        list(overlapped(range(12), stages(nap, nap, finish=lambda _, x: nap(x))))
        best = min(best, time.perf_counter() - start)
    assert best < 0.5


def test_closing_early_ends_everything_and_finishes_what_is_being_written() -> None:
    begun, written = [], []

    def write(number: int, x: int) -> int:
        begun.append(number)
        time.sleep(0.02)
        written.append(number)
        return x

    results = overlapped(iter(range(1000)), stages(finish=write))
    next(results)
    results.close()
    assert begun == written
    assert len(written) < 10


def test_a_source_that_waits_for_ever_does_not_keep_the_stream_open() -> None:
    more = threading.Event()

    def camera() -> Iterator[int]:
        yield 1
        more.wait()
        yield 2

    results = overlapped(camera(), stages())
    assert next(results) == 10
    results.close()
    more.set()  # then its thread ends too


# --- through the predictor


@pytest.fixture(scope="module")
def predictor(fill_model: Path) -> Predictor:
    return Predictor(fill_model, device="cpu")


@pytest.mark.parametrize("batch", [1, 3])
def test_a_stream_gives_what_single_calls_give(predictor: Predictor, batch: int) -> None:
    pairs = [room(33, 47, seed=i) for i in range(4)] + [room(20, 30, seed=9)]
    found = list(predictor.stream(iter(pairs), batch=batch))
    for (rgb, depth), result in zip(pairs, found, strict=True):
        assert np.allclose(result.depth, predictor.complete(rgb, depth).depth, rtol=1e-5)
        assert set(result.timings) == {"read", "prepare", "fill", "network", "total"}
        stages = sum(seconds for stage, seconds in result.timings.items() if stage != "total")
        assert result.timings["total"] == pytest.approx(stages)


def test_frames_that_cannot_be_completed(predictor: Predictor) -> None:
    good = room(20, 24)
    frames: list[Any] = [good, ("nowhere.png", good[1]), (good[0], 0 * good[1]), good, 7]
    found = list(predictor.stream(frames))
    kinds = [Completion, BadInput, BadInput, Completion, BadInput]
    assert [type(x) for x in found] == kinds
    assert "nowhere.png does not exist" in str(found[1])
    assert "A frame is a pair" in str(found[4])
    results = predictor.stream(frames, errors="raise")
    assert isinstance(next(results), Completion)
    with pytest.raises(SpnetError, match="does not exist"):
        next(results)


def test_what_comes_after_the_network_is_yielded(predictor: Predictor, tmp_path: Path) -> None:
    def save(number: int, result: Completion) -> str:
        result.save(tmp_path / f"{number}.npy")
        return f"{number} written"

    pairs = [room(20, 24, seed=i) for i in range(3)]
    assert list(predictor.stream(pairs, then=save)) == ["0 written", "1 written", "2 written"]
    assert np.array_equal(np.load(tmp_path / "2.npy"), predictor.complete(*pairs[2]).depth)


def test_options_that_make_no_sense(predictor: Predictor) -> None:
    for options in ({"batch": 0}, {"ahead": 0}, {"errors": "ignore"}, {"max_depth": -1.0}):
        with pytest.raises(BadInput):
            predictor.stream([], **options)  # type: ignore[arg-type]
