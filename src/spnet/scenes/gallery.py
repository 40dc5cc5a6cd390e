"""Pairs by number while a training runs: from a bounded cache on disk, else rendered here, a scene at a time."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spnet.errors import CannotWrite
from spnet.files import atomic_path
from spnet.scenes.assets_here import pack_id
from spnet.scenes.sampler import Shot, Stored, studio_here
from spnet.scenes.spec import SceneSpec
from spnet.scenes.surface_file import PACKED, packed, unpacked
from spnet.types import AnyArray, ByteImage, Intrinsics, Surface

LOOK_AGAIN = 16  # scenes kept between two looks at how full the cache is, which other processes fill as well; ours
EMPTIED = 0.9  # share of the limit that is left after a cleaning; ours
IN_MEMORY = 2  # scenes that a process keeps where there is no cache on disk


@dataclass(frozen=True)
class Picture:
    """A pair as a training reads it: `stored` (H, W) uint16 are 65535ths of the pair's max_depth.

    Normals and materials stay packed, as the cache has them, so that it does not matter whether a pair was in there.
    """

    rgb: ByteImage
    stored: Stored
    intrinsics: Intrinsics
    packed: dict[str, AnyArray]

    @property
    def surface(self) -> Surface:
        """True normals and materials."""
        return unpacked(self.packed)


class Gallery:
    """The pairs of a spec, whoever asks, in whichever process; it can be sent to another one."""

    def __init__(self, spec: SceneSpec, limit: float, folder: Path, assets: Path | None = None) -> None:
        """Nothing is rendered yet, and no context opened.

        Args:
            spec: which pairs.
            limit: bytes of the cache on disk; 0 is none.
            folder: where caches are; each spec with its assets has a folder of its own in it.
            assets: see `open_studio`.
        """
        self.spec, self.limit, self.assets = spec, limit, assets
        self.pack = pack_id(assets)
        digest = hashlib.sha256(f"{spec.text()}|{self.pack}".encode()).hexdigest()[:24]
        self.folder = folder / digest
        self._since = LOOK_AGAIN - 1  # the first scene kept looks
        self._memory: OrderedDict[int, list[Picture]] = OrderedDict()

    def __call__(self, number: int) -> Picture:
        """Pair `number`.

        Raises:
            SpnetError: it cannot be rendered here.
        """
        scene, view = divmod(number, self.spec.views)
        if scene in self._memory:
            return self._memory[scene][view]
        if not self.limit:
            return self._render(scene)[view]
        kept = self._kept(number)
        if kept is None:
            with self._alone(scene):  # others that want this scene wait, and find it
                kept = self._kept(number)
                if kept is None:
                    pictures = self._render(scene)
                    self._keep(scene, pictures)
                    kept = pictures[view]
        return kept

    def _render(self, scene: int) -> list[Picture]:
        shots = studio_here(self.spec, self.assets).shoot(scene)
        pictures = [picture_of(shot) for shot in shots]
        if not self.limit:
            self._memory[scene] = pictures
            while len(self._memory) > IN_MEMORY:
                self._memory.popitem(last=False)
        return pictures

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:09d}.npz"

    def _kept(self, number: int) -> Picture | None:
        """From the cache; None where it is not there, or damaged."""
        with suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            with np.load(self._path(number), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            packs = {name: arrays[name] for name in PACKED}
            return Picture(arrays["rgb"], arrays["stored"], Intrinsics(*arrays["K"].tolist()), packs)
        return None

    def _keep(self, scene: int, pictures: list[Picture]) -> None:
        """Write a scene's pairs, and remove the oldest where the cache is over its limit; a full disk is no error."""
        with suppress(CannotWrite):
            for view, one in enumerate(pictures):
                camera = np.array([one.intrinsics.fx, one.intrinsics.fy, one.intrinsics.cx, one.intrinsics.cy])
                arrays = {"rgb": one.rgb, "stored": one.stored, "K": camera, **one.packed}
                with atomic_path(self._path(scene * self.spec.views + view)) as path, path.open("wb") as file:
                    np.savez(file, **arrays)  # type: ignore[arg-type]
        self._since += 1
        if self._since >= LOOK_AGAIN:
            self._since = 0
            self._clean()

    def _clean(self) -> None:
        files = self.files()
        used = sum(size for _, size, _ in files)
        if used <= self.limit:
            return
        for _, size, path in files:
            with suppress(OSError):
                path.unlink()
                used -= size
            if used <= EMPTIED * self.limit:
                return

    def files(self) -> list[tuple[float, int, Path]]:
        """Time of writing, bytes and path of every pair in the cache, the oldest first."""
        found = []
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.name.endswith(".npz"):
                        facts = entry.stat()
                        found.append((facts.st_mtime, facts.st_size, Path(entry.path)))
        return sorted(found)

    @contextmanager
    def _alone(self, scene: int) -> Iterator[None]:
        """Held by one process a scene; where there are no locks, two may render the same, which is the same."""
        path = self.folder / f"{scene % 256:03d}.lock"
        try:
            import fcntl

            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w")
        except (ImportError, OSError):
            yield
            return
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def picture_of(shot: Shot) -> Picture:
    """What a training needs of a shot."""
    return Picture(shot.rgb, shot.stored, shot.intrinsics, packed(shot.surface))
