"""Which pairs of a folder are complete, and the manifest of one that has all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from spnet.journal import MANIFEST, Entry, FolderJournal

__all__ = ["JOURNAL", "MANIFEST", "Entry", "Journal"]

JOURNAL = ".scenes.jsonl"


class Journal(FolderJournal):
    """The complete pairs of a folder."""

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
        self.folders = tuple(folders)
        super().__init__(target, head, self.folders, journal=JOURNAL)
        self.begin()
        self._remove_strays()

    def refusal(self, found: Entry, key: str) -> str:
        """The sentence for a folder of other scenes."""
        return (
            f"{self.target} holds pairs of other scenes ({key}: {found.get(key)!r}, here {self.head[key]!r}): give "
            "another folder, or the same options."
        )

    def _remove_strays(self) -> None:
        """Files that belong to no complete pair."""
        kept = {name for entry in self.entries.values() for name in entry["files"].values()}
        for folder in self.folders:
            for path in (self.target / folder).glob("*"):
                if f"{folder}/{path.name}" not in kept:
                    with suppress(OSError):
                        path.unlink()

    def close(self, facts: Mapping[str, object]) -> None:
        """Write `manifest.json` with further facts, pairs in their order, and drop the journal.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        items = [self.entries[name] for name in sorted(self.entries)]
        self.finish({**facts, "pairs": len(items)}, items)
