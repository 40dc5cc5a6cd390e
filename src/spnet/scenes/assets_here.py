"""The asset pack as the sampler sees it: which one it is, and what its licences ask for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from spnet.scenes.assets import Assets, default_folder, open_assets
from spnet.scenes.assets.pack import NAME


def assets_here(folder: Path | None = None) -> Assets | None:
    """The pack of a folder, or of the usual one where there is one; read once by a process while it stays the same.

    Raises:
        BadInput: see `open_assets`.
    """
    path = (folder or default_folder()) / NAME
    return _read(folder, path, path.stat().st_mtime_ns if path.exists() else None)


@lru_cache(maxsize=2)
def _read(folder: Path | None, path: Path, changed: int | None) -> Assets | None:
    return open_assets(folder)


def pack_id(folder: Path | None = None) -> str:
    """Stands for the content of the asset pack; "none" where there is none."""
    pack = assets_here(folder)
    return pack.id if pack is not None else "none"


def licences(sources: Iterable[str], folder: Path | None = None) -> list[str]:
    """What has to be said of the assets that were used, a line each: name, author, licence, source."""
    used, pack = set(sources), assets_here(folder)
    entries = [entry for entry in pack.models if entry.source in used] if pack is not None else []
    return [f"{entry.name} - {entry.author} - {entry.licence} - {entry.source}" for entry in entries]
