"""From a data set's official archive to our layout: rgb/, gt/, raw/ (or masks/) and manifest.json."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

from spnet.datasets.adapters import Adapter, Item, get_adapter
from spnet.datasets.journal import Entry, Journal
from spnet.datasets.writing import write_frame
from spnet.errors import BadInput, CannotWrite, SpnetError


@dataclass(frozen=True)
class Outcome:
    """What became of one frame.

    Attributes:
        name: of the frame.
        entry: its entry of the manifest; None where it failed.
        reason: why it failed, one sentence.
        fresh: it was written now; False: it was there already.
    """

    name: str
    entry: Entry | None = None
    reason: str = ""
    fresh: bool = True


@dataclass
class Summary:
    """Counts of a conversion; `failed` is name -> reason, `as_npy` counts frames with a depth file that is NPY."""

    total: int
    written: int = 0
    there: int = 0
    as_npy: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Count a frame."""
        if outcome.entry is None:
            self.failed[outcome.name] = outcome.reason
            return
        self.written += outcome.fresh
        self.there += not outcome.fresh
        self.as_npy += any(str(file).endswith(".npy") for file in outcome.entry["files"].values())


def convert(
    adapter: Adapter,
    source: str | Path,
    target: str | Path,
    *,
    split: str | None = None,
    limit: int | None = None,
    jobs: int = 1,
    report: Callable[[Summary], None] | None = None,
) -> Summary:
    """Write a split of an official archive in our layout; frames that are complete already are left as they are.

    Args:
        adapter: the data set; with several jobs one of `ADAPTERS`.
        source: the archive's root.
        target: folder to write: new, empty, or an earlier conversion of the same split.
        split: one of `adapter.splits`; default the first.
        limit: only that many frames, the first of the split.
        jobs: processes.
        report: called after each frame with the counts so far.

    Returns:
        The counts. A frame that cannot be used is named there; the others go on.

    Raises:
        BadInput: no such split, a source of another layout, or a target that holds something else.
        CannotWrite: the target cannot be written.
    """
    source, target = Path(source), Path(target)
    split = split or adapter.splits[0]
    found = list_items(adapter, source, split)[:limit]
    journal = Journal(target, adapter, split)
    summary = Summary(len(found))
    for item in found:
        if item.name in journal.entries:
            summary.add(Outcome(item.name, journal.entries[item.name], fresh=False))
    todo = [number for number, item in enumerate(found) if item.name not in journal.entries]
    for outcome in _outcomes(adapter, source, target, split, found, todo, jobs):
        if outcome.entry is not None:
            journal.add(outcome.entry)
        summary.add(outcome)
        if report is not None:
            report(summary)
    journal.close((item.name for item in found), summary.failed)
    return summary


def list_items(adapter: Adapter, source: Path, split: str) -> Sequence[Item]:
    """The frames of a split.

    Raises:
        BadInput: no such split or folder, no frames, or two of one name.
    """
    if split not in adapter.splits:
        raise BadInput(f"{adapter.name} has no split {split!r}: choose one of {', '.join(adapter.splits)}.")
    if not source.is_dir():
        raise BadInput(f"{source} is no folder: give the one into which the archive of {adapter.name} was unpacked.")
    found = adapter.items(source, split)
    if not found:
        raise BadInput(f"{source} holds no frames of {adapter.name}, split {split}.")
    names: set[str] = set()
    for item in found:
        if item.name in names:
            raise BadInput(f"{source} holds two frames named {item.name}: is the archive there twice?")
        names.add(item.name)
    return found


def _outcome(item: Item, target: Path, unit: str) -> Outcome:
    try:
        return Outcome(item.name, write_frame(item, target, unit))
    except CannotWrite:
        raise  # a full disk would fail every further frame
    except SpnetError as error:
        return Outcome(item.name, reason=str(error))
    except MemoryError:
        return Outcome(item.name, reason="there is not enough memory for an image of this size.")
    except (OSError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        # What no adapter foresaw in an archive of tens of thousands of frames is no reason to lose the others.
        return Outcome(item.name, reason=f"it is not as expected ({type(error).__name__}: {error}).")


def _outcomes(
    adapter: Adapter, source: Path, target: Path, split: str, found: Sequence[Item], todo: list[int], jobs: int
) -> Iterator[Outcome]:
    if jobs <= 1 or len(todo) < 2:
        yield from (_outcome(found[number], target, adapter.unit) for number in todo)
        return
    # Spawned, not forked: the caller may run threads. Ctrl-C is the parent's business.
    ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(min(jobs, len(todo)), get_context("spawn"), ignore)
    try:
        yield from pool.map(partial(_in_process, adapter.name, source, target, split), todo)
    except BrokenProcessPool:
        raise SpnetError("A process of the conversion was ended from outside; run it again with fewer jobs.") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _in_process(name: str, source: Path, target: Path, split: str, number: int) -> Outcome:
    return _outcome(_listed(name, source, split)[number], target, get_adapter(name).unit)


@lru_cache(maxsize=1)
def _listed(name: str, source: Path, split: str) -> Sequence[Item]:
    """Each process lists the frames once: what reads a frame may be a closure, which cannot be sent."""
    return list_items(get_adapter(name), source, split)
