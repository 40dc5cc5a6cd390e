"""Pairs into the paper's folder layout: rgb/ and depth/, on request normals/, masks/ and surface/; a manifest.

Files of one pair appear together; a run that was stopped, however, goes on where it stood.
"""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import astuple, dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
from PIL import Image

from spnet.errors import BadInput, SpnetError, SpnetWarning
from spnet.files import write_together
from spnet.scenes.journal import Entry, Journal
from spnet.scenes.sampler import Shot, studio_here
from spnet.scenes.spec import SceneSpec
from spnet.scenes.surface_file import write_surface
from spnet.types import AnyArray

RGB, DEPTH, NORMALS, MASKS, SURFACE = "rgb", "depth", "normals", "masks", "surface"
EXTRAS = (NORMALS, MASKS, SURFACE)
FOLDERS = (RGB, DEPTH, *EXTRAS)
PNG_LEVEL = 1  # of zlib; files 8 % larger than at its usual 6, in a quarter of the time; ours


@dataclass
class Made:
    """How far a run is: pairs in all, written now, there already; what renders them; names of the assets used."""

    total: int
    written: int = 0
    there: int = 0
    renderers: set[str] = field(default_factory=set)


def write_scenes(
    spec: SceneSpec,
    count: int,
    target: str | Path,
    *,
    save: Sequence[str] = (),
    jobs: int = 1,
    assets: Path | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Made:
    """Render the first `count` pairs into a folder; those that are there are left as they are.

    Args:
        spec: which pairs.
        count: how many.
        target: the folder: new, empty, or one of an earlier run with the same spec.
        save: some of "normals" (8-bit PNG: 255·(n + 1)/2, x right, y down, z forward), "masks" (16-bit PNG: 1 + number
            of the thing, 0 = sky) and "surface" (what simulated sensors use; see `spnet.scenes.surface_file`).
        jobs: processes.
        assets: see `open_studio`.
        report: called with how many pairs are there, and of how many.

    Raises:
        BadInput: the folder holds something else, or an unknown kind.
        CannotWrite: the folder cannot be written.
        SpnetError: see `open_studio`.
    """
    from spnet.scenes.assets_here import pack_id

    spec.check_kinds()
    if count < 1:
        raise BadInput(f"{count} pairs: expected 1 or more.")
    for name in save:
        if name not in EXTRAS:
            raise BadInput(f"There is no {name!r} to save; choose {', '.join(EXTRAS)}.")
    target = Path(target)
    extras = [name for name in EXTRAS if name in save]
    head = {"scenes": spec.text(), "assets": pack_id(assets), "save": extras}
    journal = Journal(target, head, FOLDERS)
    names = {pair_name(number) for number in range(count)}
    made = Made(count, there=len(names & journal.entries.keys()))
    todo = _missing(spec, count, set(journal.entries))
    if report is not None:
        report(made.there, count)
    warned: set[str] = set()
    for entries, renderer, sentences in _scenes(spec, target, extras, assets, todo, jobs):
        journal.add(*entries)
        made.written += len(entries)
        made.renderers.add(renderer)
        for sentence in sentences:
            if sentence not in warned:
                warned.add(sentence)
                warnings.warn(sentence, SpnetWarning, stacklevel=2)
        if report is not None:
            report(made.there + made.written, count)
    journal.close(_facts(journal, made, assets))
    return made


def pair_name(number: int) -> str:
    """The stem of a pair's files.

    >>> pair_name(12)
    '000012'
    """
    return f"{number:06d}"


def write_pair(shot: Shot, target: Path, extras: Sequence[str] = ()) -> Entry:
    """Write the files of a pair, all or none.

    Returns:
        Its entry of the manifest.

    Raises:
        CannotWrite: the files cannot be written.
    """
    name = pair_name(shot.number)
    writers: dict[str, tuple[str, Callable[[Path], object]]] = {
        DEPTH: (".png", partial(_png, shot.stored)),
        NORMALS: (".png", partial(_png, np.rint((shot.surface.normals + 1) * 127.5).astype(np.uint8))),
        MASKS: (".png", partial(_png, (shot.thing + 1).astype(np.uint16))),
        SURFACE: (".npz", lambda path: write_surface(path, shot.surface)),
        RGB: (".png", partial(_png, shot.rgb)),
    }
    chosen = {folder: pair for folder, pair in writers.items() if folder in (RGB, DEPTH, *extras)}
    files = {folder: f"{folder}/{name}{suffix}" for folder, (suffix, _) in chosen.items()}
    with _WRITING:
        write_together([(target / files[folder], write) for folder, (_, write) in chosen.items()])
    known = shot.depth[shot.stored > 0]
    entry: Entry = {
        "name": name,
        "kind": shot.kind,
        "max_depth": shot.max_depth,
        "K": [round(value, 4) for value in astuple(shot.intrinsics)],
        "median": round(float(np.median(known)), 4) if known.size else None,
        "facts": shot.facts,
        "sources": list(shot.sources),
        "files": files,
    }
    if MASKS in extras:
        seen = np.unique(shot.thing[shot.thing >= 0]).tolist()
        entry["things"] = {str(number + 1): shot.things[number] for number in seen}
    return entry


def _png(array: AnyArray, path: Path) -> None:
    Image.fromarray(array).save(path, format="PNG", compress_level=PNG_LEVEL)


def _missing(spec: SceneSpec, count: int, there: set[str]) -> list[tuple[int, list[int]]]:
    """Scenes that have pairs to make, and the views that are."""
    scenes: dict[int, list[int]] = {}
    for number in range(count):
        if pair_name(number) not in there:
            scene, view = divmod(number, spec.views)
            scenes.setdefault(scene, []).append(view)
    return list(scenes.items())


def _facts(journal: Journal, made: Made, assets: Path | None) -> dict[str, object]:
    from spnet.scenes.assets_here import licences

    sources = {source for entry in journal.entries.values() for source in entry["sources"]}
    return {
        "generator": "spnet scenes render",
        "unit": "16-bit PNG: depth / max_depth * 65535, max_depth in metres of each item; 0 = sky or further away",
        "renderer": sorted(made.renderers),
        "licence": "the pictures are ours and free to use; those with models under CC-BY need the attributions below",
        "licences": licences(sources, assets),
    }


_WRITING = threading.Lock()  # held by this process while it writes a pair
Result = tuple[list[Entry], str, list[str]]


def _scenes(
    spec: SceneSpec, target: Path, extras: list[str], assets: Path | None, todo: list[tuple[int, list[int]]], jobs: int
) -> Iterator[Result]:
    one = partial(_scene, spec, target, extras, assets)
    if jobs <= 1 or len(todo) < 2:
        yield from map(one, todo)
        return
    # Spawned, not forked: a context of OpenGL does not outlive a fork, and the caller may run threads.
    pool = ProcessPoolExecutor(min(jobs, len(todo)), get_context("spawn"), _start_worker)
    try:
        # As they come: where one process is slow to start, what the others made is in the journal before it is through.
        yield from (done.result() for done in as_completed([pool.submit(one, task) for task in todo]))
    except BrokenProcessPool:
        raise SpnetError(
            "A rendering process was ended from outside (out of memory?); run it again with fewer jobs: it goes on."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _scene(
    spec: SceneSpec, target: Path, extras: list[str], assets: Path | None, task: tuple[int, list[int]]
) -> Result:
    """Render and write pairs of a scene; warnings come back as sentences, for the parent to show once."""
    scene, views = task
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SpnetWarning)
        studio = studio_here(spec, assets)
        entries = [write_pair(shot, target, extras) for shot in studio.shoot(scene, views)]
    sentences = [str(one.message) for one in caught if issubclass(one.category, SpnetWarning)]
    return entries, studio.renderer.description, sentences


def _start_worker() -> None:
    """Ctrl-C is the parent's business; and when the parent is gone, even killed, so is the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("LP_NUM_THREADS", "OMP_NUM_THREADS"):  # one core a process
        os.environ.setdefault(name, "1")
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(parent: int) -> None:
    """Not between the files of a pair."""
    wait([parent])
    with _WRITING:
        os._exit(1)
