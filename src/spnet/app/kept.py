"""The latest results, kept so that the page can hide parts of them and write files without completing again."""

from __future__ import annotations

import shutil
import tempfile
import threading
import uuid
from collections import OrderedDict, deque
from pathlib import Path

from spnet.app.pictures import limited
from spnet.app.session import Shown
from spnet.completion import Completion

RESULTS, PIXELS = 16, 50_000_000  # at most, over all who use the page; 22 bytes a pixel
FOLDERS = 8  # of files; gradio copies what it serves, and drops the copies after a day
FILES = {"png": "depth_mm.png", "npy": "depth_m.npy", "ply": "cloud.ply", "glb": "cloud.glb"}


class Kept:
    """Results by key; the oldest go first."""

    def __init__(self) -> None:
        """Empty."""
        self._lock = threading.Lock()  # gradio calls from several threads
        self._results: OrderedDict[str, Shown] = OrderedDict()
        self._folders: deque[Path] = deque()

    def add(self, shown: Shown) -> str:
        """Keep a result; returns its key."""
        key = uuid.uuid4().hex
        with self._lock:
            self._results[key] = shown
            while len(self._results) > 1 and (len(self._results) > RESULTS or self._pixels() > PIXELS):
                self._results.popitem(last=False)
        return key

    def _pixels(self) -> int:
        return sum(shown.result.depth.size for shown in self._results.values())

    def get(self, key: str | None) -> Shown | None:
        """The result of a key; None where it is gone."""
        with self._lock:
            return self._results.get(key or "")

    def write(self, shown: Shown, below: float) -> dict[str, Path]:
        """The downloads: depth as PNG-16 (mm) and NPY (m), the point cloud as PLY and GLB where a point is left."""
        folder = Path(tempfile.mkdtemp(prefix="spnet-"))
        with self._lock:
            self._folders.append(folder)
            while len(self._folders) > FOLDERS:
                shutil.rmtree(self._folders.popleft(), ignore_errors=True)
        return write_files(limited(shown.result, below), folder)


def write_files(result: Completion, folder: Path) -> dict[str, Path]:
    """Write all of `FILES` that can be written; returns them by kind."""
    some = bool((result.depth > 0).any())
    files = {kind: folder / name for kind, name in FILES.items() if some or kind in ("png", "npy")}
    for path in files.values():
        result.save(path)
    return files
