"""The queue before the workers: bounded, micro-batching, and on its feet again when a worker dies."""

from __future__ import annotations

import asyncio
import logging
import math
import multiprocessing
import time
from collections import deque
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spnet.errors import SpnetError
from spnet.service import worker
from spnet.service.config import ServiceConfig
from spnet.service.metrics import Metrics
from spnet.service.uploads import Refused
from spnet.service.worker import Answer, Job, WorkerSettings

if TYPE_CHECKING:
    from pebble import ProcessPool

log = logging.getLogger("spnet.service")
TRIES = 3  # a job whose worker died is given to a new one, alone, twice: the first new one may die of the same kill
TOGETHER = 4_000_000  # pixels of a batch, at most, ours: larger images fill a worker alone, and share a time limit
LOAD_SECONDS = 600.0  # to load the models, and to prepare them for this machine the first time
WATCH_SECONDS = 1.0  # between two looks at the process that is waited for


@dataclass(eq=False)
class _Waiting:
    job: Job
    future: asyncio.Future[Answer]
    since: float
    tries: int = 0


@dataclass(eq=False)
class _Worker:
    device: str
    pool: ProcessPool
    ready: bool = False
    pid: int = 0


@dataclass
class Engine:
    """Workers and what waits for them; lives in one event loop.

    Attributes:
        config: of the service.
        metrics: what is counted.
    """

    config: ServiceConfig
    metrics: Metrics
    _queue: deque[_Waiting] = field(default_factory=deque)
    _megabytes: float = 0.0
    _seconds: float = 1.0  # a running mean of what a job takes a worker
    _workers: list[_Worker] = field(default_factory=list)
    _loops: list[asyncio.Task[None]] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False

    async def start(self) -> None:
        """Start the workers; they load their models in the background, see `ready`."""
        self._workers += [_Worker(device, self._pool(device)) for device in self.config.devices]
        self._loops = [asyncio.create_task(self._serve(each), name=f"worker {each.device}") for each in self._workers]

    @property
    def ready(self) -> bool:
        """Whether any worker has its models."""
        return not self.closing and any(each.ready for each in self._workers)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that are ready."""
        return [each.pid for each in self._workers if each.ready]

    async def submit(self, job: Job) -> Answer:
        """Wait for a worker, and for its answer.

        Raises:
            Refused: 429 the queue is full, 503 the service ends or the workers die of it, 504 out of time, or what the
                worker says of the input.
        """
        if self.closing:
            raise Refused(503, "closing", "The service is shutting down.")
        if len(self._queue) >= self.config.queue or self._megabytes + job.megabytes > self.config.queue_mb:
            raise Refused(429, "busy", f"The queue is full: try again in {self.retry_after()} s.")
        waiting = _Waiting(job, asyncio.get_running_loop().create_future(), time.monotonic())
        self._queue.append(waiting)
        self._megabytes += job.megabytes
        self._arrived.set()
        try:
            return await asyncio.wait_for(waiting.future, self.config.timeout)
        except TimeoutError:
            raise Refused(504, "timeout", f"Not done within {self.config.timeout:g} s.") from None
        finally:
            self._megabytes -= job.megabytes
            if waiting in self._queue:
                self._queue.remove(waiting)
            self.metrics.queue.set(len(self._queue))

    def retry_after(self) -> int:
        """Seconds until the queue will have room, estimated."""
        workers = max(1, len(self._workers))
        return max(1, math.ceil(self._seconds * len(self._queue) / workers / 2))

    async def close(self) -> None:
        """Let running jobs end, refuse those that wait, end the workers."""
        self.closing = True
        for waiting in list(self._queue):
            _refuse(waiting, Refused(503, "closing", "The service is shutting down."))
        self._queue.clear()
        self._arrived.set()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(_end, each.pool) for each in self._workers))

    async def _serve(self, own: _Worker) -> None:
        """Feed one worker until the service ends."""
        if not await self._load(own):
            return
        while not self.closing:
            if not own.ready:
                await self._renew(own)
                await self._load(own)
                own.ready = True  # where it cannot be loaded, requests say why
                continue
            batch = self._take()
            if not batch:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            await self._run(own, batch)

    async def _load(self, own: _Worker) -> bool:
        for _ in range(TRIES):
            try:
                future = own.pool.schedule(worker.load, args=(self.config.models,), timeout=LOAD_SECONDS)
                own.pid = await asyncio.wait_for(asyncio.wrap_future(future), LOAD_SECONDS)
            except SpnetError as error:
                log.error("worker on %s: %s", own.device, error)
                return False
            except Exception as error:  # noqa: BLE001  # its process died or hung: once more, then without it
                log.error("worker on %s did not start: %s", own.device, error)
                await self._renew(own)
                continue
            own.ready = True
            return True
        return False

    async def _renew(self, own: _Worker) -> None:
        """A new pool: one whose process was killed may refuse all further jobs ("Unexpected error within the Pool")."""
        old, own.pool = own.pool, self._pool(own.device)
        await asyncio.to_thread(_end, old)

    def _pool(self, device: str) -> ProcessPool:
        from pebble import ProcessPool

        settings = WorkerSettings(device, self.config.backend, self.config.memory_mb)
        context = multiprocessing.get_context("spawn")
        return ProcessPool(1, initializer=worker.start, initargs=(settings,), context=context)

    def _take(self) -> list[_Waiting]:
        """The job that waits longest, and others that can run with it."""
        while self._queue and self._queue[0].future.done():
            self._queue.popleft()
        if not self._queue:
            return []
        first = self._queue.popleft()
        batch = [first]
        most = min(self.config.batch, TOGETHER // max(1, math.prod(first.job.depth.size)))
        if first.tries == 0:  # one that brought a worker down runs alone
            for other in list(self._queue):
                if len(batch) >= most:
                    break
                if other.job.key == first.job.key and other.tries == 0 and not other.future.done():
                    self._queue.remove(other)
                    batch.append(other)
        self.metrics.queue.set(len(self._queue))
        return batch

    async def _run(self, own: _Worker, batch: list[_Waiting]) -> None:
        begin = time.monotonic()
        for waiting in batch:
            waiting.tries += 1
            self.metrics.waited.observe(begin - waiting.since)
        self.metrics.batch.observe(len(batch))
        try:
            future = own.pool.schedule(worker.run, args=([w.job for w in batch],), timeout=self.config.timeout)
            results: list[Any] = await _watched(asyncio.wrap_future(future), own.pid)
        except TimeoutError:
            self._restarted(own, "took too long")
            results = [Refused(504, "timeout", f"Not done within {self.config.timeout:g} s.")] * len(batch)
        except (CancelledError, asyncio.CancelledError):
            results = [Refused(503, "closing", "The service is shutting down.")] * len(batch)
        except Exception as error:  # noqa: BLE001  # the process ended, or the code in it has a bug: the service goes on
            self._restarted(own, f"{type(error).__name__}: {error}")
            results = self._again(batch)
        else:
            self._seconds += 0.2 * ((time.monotonic() - begin) / len(batch) - self._seconds)
        for waiting, result in zip(batch, results, strict=True):
            if isinstance(result, Refused):
                _refuse(waiting, result)
            elif result is not None and not waiting.future.done():
                waiting.future.set_result(result)

    def _again(self, batch: list[_Waiting]) -> list[Refused | None]:
        """Jobs of a worker that died: each goes back to the queue's head once; None for those."""
        results: list[Refused | None] = []
        for waiting in reversed(batch):
            if waiting.tries < TRIES and not waiting.future.done():
                self._queue.appendleft(waiting)
                results.append(None)
            else:
                results.append(Refused(503, "worker_died", "The request ended its worker each time; it was given up."))
        self._arrived.set()
        return results[::-1]

    def _restarted(self, own: _Worker, why: str) -> None:
        log.error("worker on %s ends and is started again: %s", own.device, why)
        own.ready = False
        self.metrics.restarts.inc()


async def _watched(future: asyncio.Future[Any], pid: int) -> Any:
    """What a job returns.

    A process killed while it took the job or answered may leave its pool waiting for ever, since the pool counts a
    job's time from the process's word that it has it.

    Raises:
        ChildProcessError: the process has ended, and a second look later the pool still says nothing of it.
    """
    ended = False
    while not (await asyncio.wait([future], timeout=WATCH_SECONDS))[0]:
        if ended:
            future.cancel()
            raise ChildProcessError(f"process {pid} has ended")
        ended = all(child.pid != pid for child in multiprocessing.active_children())
    return future.result()


def _end(pool: ProcessPool) -> None:
    with suppress(Exception):  # of a pool that is broken already
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join(10)


def _refuse(waiting: _Waiting, refusal: Refused) -> None:
    if not waiting.future.done():
        waiting.future.set_exception(refusal)
