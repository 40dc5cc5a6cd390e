"""Which items of a folder are complete: a line an item while a run writes them, `manifest.json` when it has ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from spnet.errors import BadInput, CannotWrite
from spnet.files import atomic_path

MANIFEST = "manifest.json"
Entry = dict[str, Any]


class FolderJournal:
    """The complete items of a folder, across interruptions; an item without an entry is made again.

    Attributes:
        target: the folder.
        head: what has to be the same for a run to go on.
        entries: by their "name"; each has "files", paths below the folder, which exist.
    """

    def __init__(self, target: Path, head: Mapping[str, object], folders: Iterable[str], *, journal: str) -> None:
        """Read what an earlier run left.

        Args:
            target, head: see above.
            folders: sub-folders that items are written to.
            journal: name of the journal's file.

        Raises:
            BadInput: the folder holds something else.
        """
        self.target, self.head = target, dict(head)
        self.entries: dict[str, Entry] = {}
        self._path = target / journal
        manifest, written = _read_manifest(target / MANIFEST), _read_lines(self._path)
        if not manifest and not written and any((target / folder).exists() for folder in folders):
            raise BadInput(f"{target} holds files of another origin: give a folder that is new or empty.")
        for found in (manifest, *written[:1]):
            different = [key for key, value in self.head.items() if found and found.get(key) != value]
            if different:
                raise BadInput(self.refusal(found, different[0]))
        for entry in [*manifest.get("items", []), *written[1:]]:
            if isinstance(entry, dict) and self._is_there(entry):
                self.entries[str(entry["name"])] = entry

    def refusal(self, found: Entry, key: str) -> str:
        """The sentence for a folder whose head differs in `key`."""
        return (
            f"{self.target} holds others ({key}: {found.get(key)!r}, here {self.head[key]!r}): give another folder, or "
            "the same options."
        )

    def begin(self) -> None:
        """Write a journal of the complete entries.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        with atomic_path(self._path) as temporary:
            lines = [self.head, *self.entries.values()]
            temporary.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    def add(self, *entries: Entry) -> None:
        """Note that items are complete; on disk when this returns.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        if not self._path.exists():
            self.begin()
        try:
            with self._path.open("a", encoding="utf-8") as file:
                for entry in entries:
                    file.write("\n" + json.dumps(entry))  # the break comes first: a line cut off by a crash stays alone
                    self.entries[entry["name"]] = entry
        except OSError as error:
            raise CannotWrite(f"Cannot write {self._path}: {error.strerror or error}.") from error

    def finish(self, facts: Mapping[str, object], items: list[Entry]) -> None:
        """Write `manifest.json`, head, facts and items, and drop the journal.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        content = {**self.head, **facts, "items": items}
        with atomic_path(self.target / MANIFEST) as path:
            path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        self._path.unlink(missing_ok=True)

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


def unfinished(folder: Path) -> bool:
    """Whether a conversion or a renderer has not come to its end there, so that there is no manifest yet."""
    return not (folder / MANIFEST).exists() and any(folder.glob(".*.jsonl"))
