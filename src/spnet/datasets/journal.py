"""What of a conversion is complete: a line a frame while it runs, `manifest.json` when it has ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spnet.datasets.adapters import Adapter
from spnet.datasets.writing import FOLDERS
from spnet.errors import BadInput, CannotWrite
from spnet.files import atomic_path

MANIFEST = "manifest.json"
JOURNAL = ".journal.jsonl"
Entry = dict[str, Any]


class Journal:
    """The complete frames of a conversion, across interruptions; a frame without an entry is done again."""

    def __init__(self, target: Path, adapter: Adapter, split: str) -> None:
        """Read what an earlier run left.

        Raises:
            BadInput: the folder holds something else than an earlier conversion of the same split.
        """
        self.target = target
        self.head = {"dataset": adapter.name, "split": split, "unit": adapter.unit}
        self.adapter = adapter
        self.entries: dict[str, Entry] = {}
        manifest, written = _read_manifest(target / MANIFEST), _read_journal(target / JOURNAL)
        if not manifest and not written and any((target / folder).exists() for folder in FOLDERS):
            raise BadInput(f"{target} holds files of another origin: give a folder that is new or empty.")
        for head in (manifest, *written[:1]):
            if head and any(head.get(key) != value for key, value in self.head.items()):
                what = f"{head.get('dataset')}, split {head.get('split')}"
                raise BadInput(f"{target} holds {what}: give another folder for {adapter.name}, split {split}.")
        for entry in [*manifest.get("items", []), *written[1:]]:
            if isinstance(entry, dict) and self._is_there(entry):
                self.entries[str(entry["name"])] = entry

    def add(self, entry: Entry) -> None:
        """Note that a frame is complete; on disk when this returns.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        path = self.target / JOURNAL
        if not path.exists():
            with atomic_path(path) as temporary:
                temporary.write_text(json.dumps(self.head), encoding="utf-8")
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write("\n" + json.dumps(entry))  # the break comes first: a line cut off by a crash stays alone
        except OSError as error:
            raise CannotWrite(f"Cannot write {path}: {error.strerror or error}.") from error
        self.entries[entry["name"]] = entry

    def close(self, order: Iterable[str], failed: Mapping[str, str]) -> None:
        """Write `manifest.json`, frames in that order, and drop the journal.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        place = {name: number for number, name in enumerate(order)}
        items = sorted(self.entries.values(), key=lambda entry: place.get(entry["name"], len(place)))
        adapter = self.adapter
        content = {
            **self.head,
            **{key: getattr(adapter, key) for key in ("title", "licence", "citation", "note")},
            "source": adapter.where,
            "frames": len(items),
            "failed": dict(failed),
            "items": items,
        }
        with atomic_path(self.target / MANIFEST) as path:
            path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        (self.target / JOURNAL).unlink(missing_ok=True)

    def _is_there(self, entry: Entry) -> bool:
        files = entry.get("files")
        return isinstance(files, dict) and "name" in entry and all((self.target / p).is_file() for p in files.values())


def _read_manifest(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as JSON ({error}).") from None
    return content if isinstance(content, dict) and isinstance(content.get("items"), list) else {"items": []}


def _read_journal(path: Path) -> list[Entry]:
    """The head and the entries; lines that a crash cut off are left out."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [entry for entry in found if isinstance(entry, dict)]
