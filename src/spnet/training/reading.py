"""Pixels of training files: decoded, or from a bounded store of files that were decoded before."""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from spnet.datasets.folder import Pair, unequal
from spnet.datasets.generated import GeneratedPair
from spnet.datasets.index import cache_folder
from spnet.errors import BadInput, CannotWrite
from spnet.files import atomic_path
from spnet.io import check_stored, open_picture, picture_to_rgb, read_rgb, read_stored
from spnet.training.augment import Window
from spnet.training.quick import quick_depth, quick_rgb
from spnet.types import AnyArray, ByteImage, Intrinsics, Surface

HEAD = 128  # bytes in front of the pixels, which say what they are; NPY's takes longer to read than the pixels
LOOK_AGAIN = 256  # files kept between two looks at how full the folder is, which other processes fill as well (ours)


@dataclass(frozen=True)
class Opened:
    """A pair before anything is cut out of it: the stored depth (H, W), and how to get a window of the colours.

    `colours(window)` is (h, w, 3) uint8, not mirrored. `surface` and `camera` are known of rendered pairs.
    """

    stored: AnyArray
    colours: Callable[[Window], ByteImage]
    surface: Surface | None = None
    camera: Intrinsics | None = None


def open_pair(pair: Pair, store: Store | None) -> Opened:
    """Read a pair; with a store, from there, or into it. A generated one is rendered, or comes from its own cache.

    Raises:
        BadInput: a file cannot be used, or image and depth differ in size.
        SpnetError: it cannot be rendered here.
    """
    if isinstance(pair, GeneratedPair):
        made = pair.picture()
        return Opened(made.stored, lambda window: _part(made.rgb, window), made.surface, made.intrinsics)
    if store is None:
        shape, colours = _decoded(pair.rgb)
        stored = _depth(pair.depth)
    else:
        rgb = store.get(pair.rgb, _rgb)
        shape, colours = rgb.shape[:2], partial(_part, rgb)
        stored = store.get(pair.depth, _depth)
    stored = stored[..., 0] if stored.ndim == 3 and stored.shape[2] == 1 else stored
    check_stored(stored, str(pair.depth))
    if stored.shape != shape:
        raise unequal(pair.rgb, shape, "its depth", stored.shape)
    return Opened(stored, colours)


def _decoded(path: Path) -> tuple[tuple[int, ...], Callable[[Window], ByteImage]]:
    """(H, W) of an image, and how to get a window of its colours: only that is converted, where it has to be."""
    rgb = quick_rgb(path)
    if rgb is not None:
        return rgb.shape[:2], partial(_part, rgb)
    picture = open_picture(path)

    def colours(window: Window) -> ByteImage:
        box = (window.left, window.top, window.left + window.width, window.top + window.height)
        return picture_to_rgb(picture.crop(box), path)

    return (picture.height, picture.width), colours


def _rgb(path: Path) -> ByteImage:
    rgb = quick_rgb(path)
    return read_rgb(path) if rgb is None else rgb


def _depth(path: Path) -> AnyArray:
    depth = quick_depth(path)
    return read_stored(path) if depth is None else depth


def _part(rgb: AnyArray, window: Window) -> ByteImage:
    part = rgb[window.top : window.top + window.height, window.left : window.left + window.width]
    return np.array(part, dtype=np.uint8)  # in memory of its own: what is mapped cannot be written


class Store:
    """Decoded files in the user's cache folder, mapped into memory when they are used.

    A file is known by its path, size and time of change, so that nothing stale is ever read. When the store is full,
    it takes no more; what was not used for longest is removed when the next run begins.
    """

    def __init__(self, limit: float, folder: Path | None = None) -> None:
        """Open the store.

        Args:
            limit: bytes on the disk.
            folder: default `spnet/decoded` in the user's cache folder.
        """
        self.limit = limit
        self.folder = folder or cache_folder().parent / "decoded"
        self.full = False
        self._since = 0
        self._used = self._clean()

    def get(self, path: Path, decode: Callable[[Path], AnyArray]) -> AnyArray:
        """The array of a file.

        Raises:
            BadInput: it cannot be read.
        """
        kept = self._place(path)
        with suppress(OSError, ValueError, TypeError, KeyError):
            return _mapped(kept)
        array = decode(path)
        self._keep(kept, array)
        return array

    def _place(self, path: Path) -> Path:
        try:
            now = path.stat()
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None
        key = f"{path.absolute()}|{now.st_size}|{now.st_mtime_ns}"
        return self.folder / f"{hashlib.sha256(os.fsencode(key)).hexdigest()[:40]}.raw"

    def _keep(self, kept: Path, array: AnyArray) -> None:
        self._since += 1
        if self._since >= LOOK_AGAIN:
            self._since, self._used = 0, sum(size for _, size, _ in self._files())
        if self.full or self._used + array.nbytes > self.limit:
            return
        try:
            with atomic_path(kept) as temporary, temporary.open("wb") as file:
                head = json.dumps({"dtype": array.dtype.str, "shape": array.shape})
                file.write(head.encode().ljust(HEAD))
                file.write(np.ascontiguousarray(array).data)
            self._used += array.nbytes
        except CannotWrite:
            self.full = True

    def _files(self) -> list[tuple[float, int, Path]]:
        """Last use, size and path of every file kept, the longest unused first."""
        found = []
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    facts = entry.stat()
                    found.append((max(facts.st_atime, facts.st_mtime), facts.st_size, Path(entry.path)))
        return sorted(found)

    def _clean(self) -> int:
        """Remove what is over the limit; returns the bytes that stay."""
        files = self._files()
        used = sum(size for _, size, _ in files)
        for _, size, path in files:
            if used <= self.limit:
                break
            with suppress(OSError):
                path.unlink()
                used -= size
        return used


def _mapped(path: Path) -> AnyArray:
    """The array of a file of the store. Raises ValueError, TypeError or KeyError where it is damaged."""
    with path.open("rb") as file:
        head = json.loads(file.read(HEAD))
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    shape, dtype = tuple(head["shape"]), np.dtype(head["dtype"])
    return np.frombuffer(content, dtype, math.prod(shape), offset=HEAD).reshape(shape)
