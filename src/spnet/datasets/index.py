"""What is known of files on disk, kept between runs, and believed while their size and time of change are the same."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from spnet.errors import BadInput, CannotWrite
from spnet.files import atomic_path, file_hash

FORMAT = 1  # of the index files
# A file changed so shortly before it was looked at may change again within the same tick of its file system's clock
# (2 s on FAT, the coarsest in use): what was seen of it is not kept.
SETTLED = 2_000_000_000  # nanoseconds
THREADS = 8  # hashing waits for the disk; ours


@dataclass(frozen=True)
class Facts:
    """One file. What was not asked for is None; `problem` says in a sentence why a file cannot be used.

    Attributes:
        size: bytes.
        mtime_ns: time of the last change, nanoseconds.
        sha256: of the content.
        shape: (H, W) or (H, W, C) of the stored array.
        dtype: of the stored values, in NumPy's spelling.
        values: statistics of the values; their names are those of `spnet.datasets.check`.
        problem: why it cannot be read.
        role: what it was taken for when `values` and `problem` were found, see `spnet.datasets.facts`.
    """

    size: int
    mtime_ns: int
    sha256: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    values: dict[str, float] | None = None
    problem: str | None = None
    role: str | None = None


def cache_folder() -> Path:
    """Where indexes are kept: `spnet/index` in the user's folder for caches (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "spnet" / "index"


class FileIndex:
    """The facts of the files below one folder; a JSON line a file, in the user's cache folder.

    A file that cannot be read as an index, or written, costs time and nothing else.
    """

    def __init__(self, root: Path) -> None:
        """Load what is known of the files below `root`."""
        self.root = Path(os.path.realpath(root))
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:32]
        self.path = cache_folder() / f"{self.root.name or 'root'}-{name}.jsonl"
        self.known = dict(_read(self.path, str(self.root)))
        self.fresh: dict[str, Facts] = {}
        self._below: dict[str, str] = {}

    def get(self, path: Path) -> Facts:
        """What is still true of a file: all that was known, or only its size and time of change.

        Raises:
            BadInput: there is no such file.
        """
        name = str(path)
        try:
            now = os.stat(name)  # noqa: PTH116 - a third faster than Path's, for 200 000 files
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None
        known = self.fresh.get(name) or self.known.get(self._name(name))
        if known is not None and (known.size, known.mtime_ns) == (now.st_size, now.st_mtime_ns):
            return known
        return Facts(now.st_size, now.st_mtime_ns)

    def put(self, path: Path, facts: Facts) -> None:
        """Note what is known of a file now."""
        self.fresh[str(path)] = facts

    def save(self) -> None:
        """Write the index, where anything is new and the cache can be written."""
        horizon = time.time_ns() - SETTLED
        settled = {self._name(path): facts for path, facts in self.fresh.items() if facts.mtime_ns < horizon}
        if all(self.known.get(name) == facts for name, facts in settled.items()):
            return
        # What another process has written meanwhile is kept.
        self.known = {**dict(_read(self.path, str(self.root))), **self.known, **settled}
        lines = [json.dumps({"format": FORMAT, "root": str(self.root)})]
        lines += [json.dumps({"file": name, **_written(facts)}) for name, facts in self.known.items()]
        with suppress(CannotWrite, UnicodeEncodeError), atomic_path(self.path) as temporary:
            temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _name(self, path: str) -> str:
        folder, name = os.path.split(path)
        if folder not in self._below:  # once a folder, not a file: it takes system calls
            below = os.path.relpath(os.path.realpath(folder), self.root)
            self._below[folder] = "" if below == "." else f"{below}{os.sep}"
        return self._below[folder] + name


def _written(facts: Facts) -> dict[str, Any]:
    return {key: value for key, value in asdict(facts).items() if value is not None}


def _read(path: Path, root: str) -> Iterator[tuple[str, Facts]]:
    """The entries of an index file; what is damaged, or of another format or folder, is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        if json.loads(lines[0]) != {"format": FORMAT, "root": root}:
            return
    except (OSError, ValueError, IndexError):
        return
    for line in lines[1:]:
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            entry = json.loads(line)
            name = str(entry.pop("file"))
            shape = entry.pop("shape", None)
            yield name, Facts(**entry, shape=None if shape is None else tuple(shape))


def file_hashes(paths: Sequence[Path], report: Callable[[int, int], None] | None = None) -> dict[Path, str]:
    """SHA-256 of many files; those that are as they were at an earlier call are not read.

    Args:
        paths: the files.
        report: called with how many are done, and of how many.

    Raises:
        BadInput: a file cannot be read.
    """
    found: dict[Path, str] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for root, group in by_root(paths):
            index = FileIndex(root)
            facts = {path: index.get(path) for path in group}
            missing = [path for path, fact in facts.items() if fact.sha256 is None]
            try:
                for path, digest in zip(missing, pool.map(file_hash, missing), strict=True):
                    facts[path] = replace(facts[path], sha256=digest)
                    index.put(path, facts[path])
                    if report is not None:
                        report(len(found) + len(index.fresh), len(paths))
            finally:
                index.save()
            found.update({path: fact.sha256 for path, fact in facts.items() if fact.sha256 is not None})
    return found


def by_root(paths: Iterable[Path]) -> Iterator[tuple[Path, list[Path]]]:
    """The files by their data set, that is the folder that holds rgb/, depth/ or gt/; of others by their own folder."""
    roots: dict[str, Path] = {}
    groups: dict[Path, list[Path]] = {}
    for path in paths:
        folder = os.path.dirname(str(path))  # noqa: PTH120 - see FileIndex.get
        root = roots.get(folder) or roots.setdefault(folder, root_of(path))
        groups.setdefault(root, []).append(path)
    yield from groups.items()


def root_of(path: Path) -> Path:
    """The data set folder that a file lies in, or else the file's own folder.

    >>> root_of(Path("sets/a/rgb/x/1.png")).as_posix(), root_of(Path("masks/1.png")).as_posix()
    ('sets/a', 'masks')
    """
    for parent in path.parents:
        if parent.name in ("rgb", "depth", "gt"):
            return parent.parent
    return path.parent
