"""Tasks in worker processes: one that hangs or brings its process down costs that task alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, Literal, TypeVar

from spnet.errors import SpnetError, SpnetWarning

Task = TypeVar("Task")
Value = TypeVar("Value")
State = TypeVar("State")

GRACE = 10.0  # seconds that a task gets to notice its limit by itself before its process is ended (ours)
WAITING = 4  # tasks handed out ahead, for each worker
# Every numerical library runs on one thread: workers share the cores, and sums come out in one order.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Failure:
    """Why a task has no value: an error ("failed"), the end of its process ("crashed") or of its time ("timeout")."""

    status: Literal["failed", "crashed", "timeout"]
    reason: str


@dataclass(frozen=True)
class Finished(Generic[Task, Value]):
    """A task and what came of it; exactly one of `value` and `failure` is set."""

    task: Task
    value: Value | None = None
    failure: Failure | None = None


def run_tasks(
    function: Callable[[State, Task], Value],
    state: State,
    tasks: Iterable[Task],
    *,
    jobs: int,
    time_limit: float | None = None,
) -> Iterator[Finished[Task, Value]]:
    """Call `function(state, task)` for every task, in any order.

    Args:
        function: at a module's top level, so that workers can import it.
        state: what all tasks share; it is sent to each worker once, and may cache.
        tasks: taken as workers become free.
        jobs: worker processes; 0 runs in this process, where a time limit cannot be kept.
        time_limit: seconds a task may take; it is stopped `GRACE` seconds later.

    Yields:
        A `Finished` for every task, as they end.
    """
    if jobs == 0:
        for task in tasks:
            yield _call_here(function, state, task)
        return
    from pebble import ProcessPool

    remaining, limit = iter(tasks), None if time_limit is None else time_limit + GRACE
    context = multiprocessing.get_context("spawn")  # forking a process in which torch has run threads may lock up
    with _environment(ONE_THREAD), ProcessPool(jobs, initializer=_start, initargs=(state,), context=context) as pool:
        running: dict[Future[Any], Task] = {}
        try:
            while True:
                for task in islice(remaining, jobs * WAITING - len(running)):
                    running[pool.schedule(_call_in_worker, args=(function, task), timeout=limit)] = task
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield _finished(running.pop(future), future, time_limit)
        finally:
            if running:  # interrupted: those still at work are stopped, not waited for
                pool.stop()  # type: ignore[no-untyped-call]


def _call_here(function: Callable[[State, Task], Value], state: State, task: Task) -> Finished[Task, Value]:
    try:
        return Finished(task, function(state, task))
    except TimeoutError as error:
        return Finished(task, failure=Failure("timeout", str(error)))
    except Exception as error:  # noqa: BLE001 - a task may run foreign code, and the others go on
        return Finished(task, failure=Failure("failed", _sentence(error)))


_STATE: list[Any] = []  # of this worker process


def _start(state: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    warnings.simplefilter("ignore", SpnetWarning)
    _STATE[:] = [state]


def _call_in_worker(function: Callable[[Any, Any], Any], task: object) -> object:
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        return function(_STATE[0], task)
    except SystemExit as end:  # of `_stop`, now that the task has cleared up after itself, or of foreign code
        os._exit(end.code if isinstance(end.code, int) else 1)
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, _frame: object) -> None:
    """A task that is told to stop ends what it has started: outside programs, temporary files."""
    raise SystemExit(128 + number)


def _finished(task: Task, future: Future[Any], time_limit: float | None) -> Finished[Task, Any]:
    from pebble import ProcessExpired

    try:
        return Finished(task, future.result())
    except (FutureTimeout, TimeoutError):  # the pool's, or the task's own; one class from Python 3.11 on
        return Finished(task, failure=Failure("timeout", f"Not done after {time_limit:g} s."))
    except (ProcessExpired, CancelledError) as error:
        code = getattr(error, "exitcode", None)
        return Finished(task, failure=Failure("crashed", f"The process ended with exit status {code}."))
    except Exception as error:  # noqa: BLE001 - as in `_call_here`
        return Finished(task, failure=Failure("failed", _sentence(error)))


def _sentence(error: Exception) -> str:
    """Ours speak for themselves; of others the kind is told too."""
    text = " ".join(str(error).split())
    return text if isinstance(error, SpnetError) else f"{type(error).__name__}: {text}"


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
