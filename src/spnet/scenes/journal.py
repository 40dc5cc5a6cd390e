"""Which pairs of a folder are complete: a line a pair while they are rendered, `manifest.json` when all are there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from spnet.errors import BadInput, CannotWrite
from spnet.files import atomic_path

MANIFEST = "manifest.json"
JOURNAL = ".scenes.jsonl"
Entry = dict[str, Any]


class Journal:
    """The complete pairs of a folder, across interruptions; a pair without an entry is made again."""

    def __init__(self, target: Path, head: Mapping[str, object], folders: Iterable[str]) -> None:
        """Read what an earlier run left, and remove what it left unfinished.

        Args:
            target: the folder.
            head: what has to be the same for a run to go on.
            folders: sub-folders that pairs are written to.

        Raises:
            BadInput: the folder holds something else.
            CannotWrite: the folder cannot be written.
        """
        self.target, self.head, self.folders = target, dict(head), tuple(folders)
        self.entries: dict[str, Entry] = {}
        manifest, written = _read_manifest(target / MANIFEST), _read_lines(target / JOURNAL)
        if not manifest and not written and any((target / folder).exists() for folder in self.folders):
            raise BadInput(f"{target} holds files of another origin: give a folder that is new or empty.")
        for found in (manifest, *written[:1]):
            if found:
                self._compare(found)
        for entry in [*manifest.get("items", []), *written[1:]]:
            if isinstance(entry, dict) and self._is_there(entry):
                self.entries[str(entry["name"])] = entry
        self._start()

    def _compare(self, found: Entry) -> None:
        for key, value in self.head.items():
            if found.get(key) != value:
                raise BadInput(
                    f"{self.target} holds pairs of other scenes ({key}: {found.get(key)!r}, here {value!r}): give "
                    "another folder, or the same options."
                )

    def _start(self) -> None:
        """Begin a journal that holds the complete entries, and remove files that belong to none."""
        with atomic_path(self.target / JOURNAL) as temporary:
            lines = [self.head, *self.entries.values()]
            temporary.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        kept = {name for entry in self.entries.values() for name in entry["files"].values()}
        for folder in self.folders:
            for path in (self.target / folder).glob("*"):
                if f"{folder}/{path.name}" not in kept:
                    with suppress(OSError):
                        path.unlink()

    def add(self, entries: Iterable[Entry]) -> None:
        """Note that pairs are complete.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        path = self.target / JOURNAL
        try:
            with path.open("a", encoding="utf-8") as file:
                for entry in entries:
                    # The break comes first: a line that a crash cut off stays alone.
                    file.write("\n" + json.dumps(entry))
                    self.entries[entry["name"]] = entry
        except OSError as error:
            raise CannotWrite(f"Cannot write {path}: {error.strerror or error}.") from error

    def close(self, facts: Mapping[str, object]) -> None:
        """Write `manifest.json` with further facts, pairs in their order, and drop the journal.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        items = [self.entries[name] for name in sorted(self.entries)]
        content = {**self.head, **facts, "pairs": len(items), "items": items}
        with atomic_path(self.target / MANIFEST) as path:
            path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        (self.target / JOURNAL).unlink(missing_ok=True)

    def _is_there(self, entry: Entry) -> bool:
        files = entry.get("files")
        return isinstance(files, dict) and "name" in entry and all((self.target / p).is_file() for p in files.values())


def _read_manifest(path: Path) -> Entry:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as JSON ({error}).") from None
    return content if isinstance(content, dict) and isinstance(content.get("items"), list) else {"items": []}


def _read_lines(path: Path) -> list[Entry]:
    """The head and the entries; lines that a crash cut off are left out."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return [entry for entry in found if isinstance(entry, dict)]
