"""What can be told of one image, depth map or hole mask by looking at it."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np

from spnet.datasets.index import Facts, FileIndex, by_root
from spnet.errors import BadInput, MissingExtra, SpnetError
from spnet.files import file_hash
from spnet.io import check_stored, read_rgb, read_stored
from spnet.types import AnyArray

Role = Literal["image", "depth", "mask"]
CHUNK = 16  # files sent to a process at once
SAVE_EVERY = 2_000  # files after which an interrupted check loses nothing


def look(path: Path, role: Role, known: Facts) -> Facts:
    """Everything about one file.

    Args:
        path: the file.
        role: what it is meant to be.
        known: its size and time of change.

    Returns:
        `known` with hash, shape, type and values. An image has lowest, highest, and colour (the largest difference
        between its channels); a depth map has known (share of its pixels), low, median and high (of the stored known
        values), top (share at the largest value of its type), negative and infinite (shares); a mask has holes (share)
        and between (share of neither 0 nor 255).
    """
    problem, shape, dtype, values = None, None, None, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of odd but readable files
            array = read_stored(path) if role == "depth" else read_rgb(path)
        shape, dtype = tuple(array.shape), str(array.dtype)
        if role == "depth":
            array = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
            check_stored(array, str(path))
            values = _of_depth(array)
        else:
            values = _of_image(array) if role == "image" else _of_mask(array)
    except (BadInput, MissingExtra) as error:
        problem = str(error)
    return replace(known, sha256=file_hash(path), shape=shape, dtype=dtype, values=values, problem=problem, role=role)


def _of_image(rgb: AnyArray) -> dict[str, float]:
    colour = max(int(np.ptp(rgb[::4, ::4], axis=2).max(initial=0)), 0)
    return {"lowest": int(rgb.min()), "highest": int(rgb.max()), "colour": colour}


def _of_depth(stored: AnyArray) -> dict[str, float]:
    values: dict[str, float] = {"negative": 0.0, "infinite": 0.0, "top": 0.0}
    known = stored > 0
    if stored.dtype.kind == "f":
        infinite = np.isposinf(stored)
        values["infinite"] = float(infinite.mean())
        known &= ~infinite
    else:
        values["top"] = float((stored == np.iinfo(stored.dtype).max).mean())
    values["negative"] = float((stored < 0).mean())
    values["known"] = float(known.mean())
    if known.any():
        positive = stored[known]
        values.update(low=float(positive.min()), median=float(np.median(positive)), high=float(positive.max()))
    return values


def _of_mask(rgb: AnyArray) -> dict[str, float]:
    grey = rgb.max(axis=2)
    return {"holes": float((grey <= 127).mean()), "between": float(((grey > 0) & (grey < 255)).mean())}


def look_at_all(
    files: Sequence[tuple[Path, Role]], jobs: int = 1, report: Callable[[int, int], None] | None = None
) -> dict[Path, Facts]:
    """The facts of many files; those that are as they were at an earlier call are not read.

    Args:
        files: each with what it is meant to be.
        jobs: processes.
        report: called with how many files are done, and of how many.

    Raises:
        BadInput: a file is gone.
    """
    roles = dict(files)
    found: dict[Path, Facts] = {}
    for root, paths in by_root(roles):
        index = FileIndex(root)
        facts = {path: index.get(path) for path in paths}
        todo = [path for path, fact in facts.items() if fact.sha256 is None or fact.role != roles[path]]
        found.update(facts)
        done = len(found) - len(todo)
        try:
            for count, (path, fact) in enumerate(_looked([(p, roles[p], facts[p]) for p in todo], jobs), start=1):
                found[path] = fact
                index.put(path, fact)
                if count % SAVE_EVERY == 0:
                    index.save()
                if report is not None:
                    report(done + count, len(roles))
        finally:
            index.save()
    return found


def _looked(todo: list[tuple[Path, Role, Facts]], jobs: int) -> Iterator[tuple[Path, Facts]]:
    if jobs <= 1 or len(todo) <= CHUNK:
        yield from map(_one, todo)
        return
    # Spawned, not forked: the caller may run threads. Ctrl-C is the parent's business.
    ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(min(jobs, -(-len(todo) // CHUNK)), get_context("spawn"), ignore)
    try:
        yield from pool.map(_one, todo, chunksize=CHUNK)
    except BrokenProcessPool:
        raise SpnetError("A process of the check was ended from outside; run it again with fewer jobs.") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _one(task: tuple[Path, Role, Facts]) -> tuple[Path, Facts]:
    path, role, known = task
    return path, look(path, role, known)
