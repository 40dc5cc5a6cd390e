"""What of a conversion is complete, and the manifest of one that has ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from spnet.datasets.adapters import Adapter
from spnet.datasets.writing import FOLDERS
from spnet.journal import MANIFEST, Entry, FolderJournal

__all__ = ["JOURNAL", "MANIFEST", "Entry", "Journal"]

JOURNAL = ".journal.jsonl"


class Journal(FolderJournal):
    """The complete frames of a conversion."""

    def __init__(self, target: Path, adapter: Adapter, split: str) -> None:
        """Read what an earlier run left.

        Raises:
            BadInput: the folder holds something else than an earlier conversion of the same split.
        """
        self.adapter = adapter
        head = {"dataset": adapter.name, "split": split, "unit": adapter.unit}
        super().__init__(target, head, FOLDERS, journal=JOURNAL)

    def refusal(self, found: Entry, key: str) -> str:
        """The sentence for a folder of another conversion."""
        what = f"{found.get('dataset')}, split {found.get('split')}"
        own = f"{self.head['dataset']}, split {self.head['split']}"
        return f"{self.target} holds {what}: give another folder for {own}."

    def close(self, order: Iterable[str], failed: Mapping[str, str]) -> None:
        """Write `manifest.json`, frames in that order, and drop the journal.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        place = {name: number for number, name in enumerate(order)}
        items = sorted(self.entries.values(), key=lambda entry: place.get(entry["name"], len(place)))
        adapter = self.adapter
        facts = {
            **{key: getattr(adapter, key) for key in ("title", "licence", "citation", "note")},
            "source": adapter.where,
            "frames": len(items),
            "failed": dict(failed),
        }
        self.finish(facts, items)
