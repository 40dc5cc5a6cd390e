"""Removes graphs from the user's cache that nothing has used for long, or that are too many."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

KEPT_DAYS = 90  # ours: of disuse
KEPT_BYTES = 4_000_000_000  # ours: a large network's graph takes 1 GB
_GRAPHS = re.compile(r"[0-9a-f]{24}|\.old-[0-9a-f]{8}")  # what an interrupted removal left is removed too


def mark_used(folder: Path) -> None:
    """Note that a folder of graphs is in use now, as the time of its last change."""
    with suppress(OSError):
        os.utime(folder)


def remove_old(cache: Path, keep: Path) -> None:
    """Remove the folders of graphs that were not used for KEPT_DAYS, and the longest unused beyond KEPT_BYTES.

    A folder is renamed before it is emptied, so that no process finds half of one; one that has it open reads on.
    What cannot be removed stays.

    Args:
        cache: the folder that they are in.
        keep: the one that is never removed.
    """
    found = []
    with suppress(OSError):
        for folder in cache.iterdir():
            with suppress(OSError):  # removed by another process
                if folder != keep and folder.is_dir() and _GRAPHS.fullmatch(folder.name):
                    found.append((folder.stat().st_mtime, _size(folder), folder))
    oldest, left = time.time() - KEPT_DAYS * 86400, KEPT_BYTES - _size(keep)
    for used, size, folder in sorted(found, reverse=True):
        left -= size
        if used < oldest or left < 0:
            with suppress(OSError):
                away = folder.rename(cache / f".old-{secrets.token_hex(4)}")
                shutil.rmtree(away)


def _size(folder: Path) -> int:
    total = 0
    with suppress(OSError):
        for path in folder.iterdir():
            total += path.stat().st_size
    return total
