"""The asset pack as the sampler sees it: which one it is, and what its licences ask for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def pack_id(folder: Path | None = None) -> str:
    """Stands for the content of the asset pack; "none" where there is none."""
    return "none"


def licences(sources: Iterable[str], folder: Path | None = None) -> list[str]:
    """What has to be said of the assets that were used, a line each."""
    return []
