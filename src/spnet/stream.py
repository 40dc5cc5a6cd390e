"""Frames one after the other with their stages overlapping: while one is in the network, the next ones are decoded and
the last ones written. Threads do, since decoding, the network and compression let go of Python's lock."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Event, Thread
from typing import Any, Generic, TypeVar

from spnet.errors import BadInput, SpnetError

Item = TypeVar("Item")
Ready = TypeVar("Ready")
Done = TypeVar("Done")
Out = TypeVar("Out")


@dataclass(frozen=True)
class Stages(Generic[Item, Ready, Done, Out]):
    """What happens to a frame.

    Attributes:
        prepare: decodes; run by several threads.
        together: what must be equal for frames to be one batch.
        run: a batch through the network; run by one thread.
        finish: the frame's number and its result to what is yielded; run by one thread.
    """

    prepare: Callable[[Item], Ready]
    together: Callable[[Ready], object]
    run: Callable[[list[Ready]], list[Done]]
    finish: Callable[[int, Done], Out]


def overlapped(
    items: Iterable[Item], stages: Stages[Item, Ready, Done, Out], *, batch: int = 1, ahead: int = 2, workers: int = 1
) -> Generator[Out | SpnetError, None, None]:
    """The results in the order of the items; where a frame failed, its error.

    Nothing starts before the first result is asked for. Closing the iterator ends all threads, but for one that waits
    for the next item, which ends when that has come.

    Args:
        items: consumed by one thread, at most `ahead` + 2 · `batch` items before their results are taken.
        stages: see there.
        batch: frames in one pass of the network; fewer where they differ, and at the end.
        ahead: items that wait beyond those of a batch.
        workers: threads that prepare.

    Yields:
        What `finish` returned, or the `SpnetError` of that frame.

    Raises:
        Exception: what `items` raised, in its place; what a stage raised and is no error of a user.
    """
    line = _Line(stages, batch, ahead, workers)
    feeder = Thread(target=line.feed, args=(iter(items),), name="spnet-feed", daemon=True)
    network = Thread(target=line.pass_all, name="spnet-network", daemon=True)
    feeder.start()
    network.start()
    try:
        while (future := line.done.get()) is not None:
            result: Out | SpnetError
            try:
                result = future.result()
            except SpnetError as error:
                result = error
            line.free.release()
            yield result
    finally:
        line.close()
        network.join()


def raising(results: Generator[Out | SpnetError, None, None]) -> Iterator[Out]:
    """The same, ended by the first error."""
    with closing(results):
        for result in results:
            if isinstance(result, SpnetError):
                raise result
            yield result


class _Line(Generic[Item, Ready, Done, Out]):
    """The threads' common ground. `free` counts the items that may still be taken from the source."""

    def __init__(self, stages: Stages[Item, Ready, Done, Out], batch: int, ahead: int, workers: int) -> None:
        self.stages, self.batch = stages, batch
        self.free = BoundedSemaphore(ahead + 2 * batch)
        self.ready: SimpleQueue[Future[Ready] | None] = SimpleQueue()
        self.done: SimpleQueue[Future[Out] | None] = SimpleQueue()
        self._stop = Event()
        self._preparing = ThreadPoolExecutor(workers, "spnet-prepare")
        self._finishing = ThreadPoolExecutor(1, "spnet-finish")

    def feed(self, items: Iterator[Item]) -> None:
        """Takes items as there is room for them."""
        try:
            while True:
                self.free.acquire()
                if self._stop.is_set():
                    return
                item = next(items)
                if self._stop.is_set():
                    return
                self.ready.put(self._preparing.submit(self.stages.prepare, item))
        except StopIteration:
            pass
        except BaseException as error:  # noqa: BLE001  # the source's own: raised where its frame would have come
            self.ready.put(_failed(error))
        self.ready.put(None)

    def pass_all(self) -> None:
        """Batches through the network."""
        number = 0
        try:
            for entries in self._groups():
                results = iter(self._run([entry for entry in entries if not isinstance(entry, SpnetError)]))
                for entry in entries:
                    self._hand_on(number, entry if isinstance(entry, SpnetError) else next(results))
                    number += 1
        except BaseException as error:  # noqa: BLE001  # no error of a user: raised by the iterator
            self.done.put(_failed(error))
        self.done.put(None)

    def _groups(self) -> Iterator[list[Ready | SpnetError]]:
        """Frames for one pass, and errors among them that keep their places."""
        entries: list[Ready | SpnetError] = []
        keys: list[object] = []
        while (future := self.ready.get()) is not None and not self._stop.is_set():
            try:
                value = _own_error(future.result)
            except SpnetError as error:
                entries.append(error)
            except BaseException:
                yield entries
                raise
            else:
                key = self.stages.together(value)
                if keys and key != keys[-1]:
                    yield entries
                    entries, keys = [], []
                entries.append(value)
                keys.append(key)
            if len(keys) in (0, self.batch):
                yield entries
                entries, keys = [], []
        yield entries

    def _hand_on(self, number: int, result: Done | SpnetError) -> None:
        if isinstance(result, SpnetError):
            self.done.put(_failed(result))
            return
        with suppress(RuntimeError):  # closed meanwhile
            self.done.put(self._finishing.submit(_own_error, self.stages.finish, number, result))

    def _run(self, good: list[Ready]) -> list[Done | SpnetError]:
        """The results of a batch; where it fails, of each alone."""
        if not good or self._stop.is_set():
            return [BadInput("The stream was closed.") for _ in good]
        try:
            return [*_own_error(self.stages.run, good)]
        except SpnetError as error:
            return [error] if len(good) == 1 else [self._run([one])[0] for one in good]

    def close(self) -> None:
        """End all that can be ended; what is being written is finished."""
        self._stop.set()
        with suppress(ValueError):
            self.free.release()
        self.ready.put(None)
        self._preparing.shutdown(cancel_futures=True)
        self._finishing.shutdown(cancel_futures=True)
        with suppress(Empty):
            while True:
                self.done.get_nowait()


def _own_error(function: Callable[..., Out], *arguments: object) -> Out:
    """Call it; a lack of memory is an error of that frame."""
    try:
        return function(*arguments)
    except MemoryError:
        raise BadInput("There is not enough memory for an image of this size.") from None


def _failed(error: BaseException) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future
