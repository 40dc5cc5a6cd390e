"""Outcomes kept on disk as a run goes, so that one that was stopped, or is given another method, goes on."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from spnet.errors import CannotWrite
from spnet.evaluation.manifest import package_versions
from spnet.evaluation.methods import KEEP, RESULTS, split_label
from spnet.evaluation.results import Result
from spnet.evaluation.run import Outcome

JOURNAL_FILE = ".journal.jsonl"


class Journal:
    """The file `.journal.jsonl` of a run folder: a line an outcome, with what it was made by."""

    def __init__(self, folder: Path, methods: Mapping[str, str], protocol: str) -> None:
        """Open or begin it.

        Args:
            folder: of the run; it is made.
            methods: the name that each is listed by -> its spec.
            protocol: by which outcomes are scored.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        self.path = folder / JOURNAL_FILE
        self.makers = {name: method_digest(spec, protocol) for name, spec in methods.items()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8")
        except OSError as error:
            raise CannotWrite(f"Cannot write {self.path}: {error.strerror or error}.") from error

    def known(self) -> list[Outcome]:
        """Outcomes that the same methods, program and protocol gave before; a line cut off in the middle is none."""
        outcomes = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                outcome = Outcome(Result(**entry["result"]), entry["seconds"], entry["digest"])
            except (ValueError, TypeError, KeyError):
                continue
            maker = self.makers.get(outcome.result.method)
            if maker and entry.get("maker") == maker:
                outcomes.append(outcome)
        return outcomes

    def add(self, outcome: Outcome) -> None:
        """Append an outcome.

        Raises:
            CannotWrite: the disk is full.
        """
        entry: dict[str, Any] = {
            "maker": self.makers[outcome.result.method],
            "digest": outcome.digest,
            "seconds": outcome.seconds,
            "result": asdict(outcome.result),
        }
        try:
            self._file.write("\n" + json.dumps(entry))  # the newline first: it also ends a line that was cut off
            self._file.flush()
        except OSError as error:
            raise CannotWrite(f"Cannot write {self.path}: {error.strerror or error}.") from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def method_digest(spec: str, protocol: str) -> str | None:
    """Stands for all that decides a method's result on an input: its files, this package's source and those beneath it.

    None for a method that reads a folder, which may change at any time.
    """
    _, rest = split_label(spec)
    if rest.startswith(RESULTS):
        return None
    paths = [Path(word.removeprefix("g2:").removeprefix(KEEP)) for word in shlex.split(rest)]
    if any(path.is_dir() for path in paths):
        return None
    files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()]
    packages = [f"{name} {version}" for name, version in package_versions().items()]
    return _digest([spec, protocol, source_digest(), *packages, *files])


@lru_cache(maxsize=1)
def source_digest() -> str:
    """Of this package's Python files."""
    root = Path(__file__).parents[1]
    return _digest(path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.py")))


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()
