"""Models and maps of light from packages with clear licences: fetched once, packed, credited (docs/scenes.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from spnet.errors import BadInput
from spnet.scenes.assets.building import build, default_folder
from spnet.scenes.assets.pack import ATTRIBUTION, NAME, Assets, Entry
from spnet.scenes.assets.packages import FURNITURE, MAPS

__all__ = ["ATTRIBUTION", "NAME", "Assets", "Entry", "default_folder", "fetch_assets", "open_assets"]


def open_assets(folder: Path | None = None) -> Assets | None:
    """The asset pack.

    Args:
        folder: where it lies; None is `default_folder`, where it may be missing.

    Returns:
        The pack, or None if none was told and there is none at the usual place.

    Raises:
        BadInput: there is no pack in the folder that was told, or it is damaged.
    """
    if folder is None:
        usual = default_folder()
        return Assets(usual) if (usual / NAME).exists() else None
    if not (folder / NAME).exists():
        raise BadInput(f"There is no asset pack in {folder}; make one with: spnet scenes assets")
    return Assets(folder)


def fetch_assets(
    folder: Path | None = None,
    *,
    sources: Mapping[str, Path] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Assets:
    """Make the asset pack, unless it is there: fetch the packages, check their hashes, convert, write the credits.

    Stopped in the middle, it goes on with what was fetched; the pack itself is complete or absent.

    Args:
        folder: where to; None is `default_folder`.
        sources: packages at hand, which are then not fetched: "furniture" (a .deb or a folder with its catalogues) and
            "maps" (a .tgz).
        progress: is told what happens, a line at a time.

    Raises:
        SpnetError: no network, a wrong hash, an unwritable folder, a damaged package: in one sentence.
        MissingExtra: without the packages of the extra "assets".
    """
    target = default_folder() if folder is None else folder
    wanted = {package.title: package.sha256 for package in (FURNITURE, MAPS)}
    if (target / NAME).exists():
        try:
            there = Assets(target)
        except BadInput as error:
            progress(f"{error} It is made again.")
        else:
            if dict(there.packages) == wanted:
                return there
    build(target, dict(sources or {}), progress)
    return Assets(target)
