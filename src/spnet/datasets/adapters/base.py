"""What an adapter of an official data set archive is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spnet.types import BoolImage, ByteImage, FloatImage, Intrinsics


@dataclass(frozen=True)
class Frame:
    """One frame of an archive, in this package's terms.

    Attributes:
        rgb: (H, W, 3) uint8.
        depth: (H, W) float32 metres, the truth; 0 = unknown, masks of the data set already applied.
        raw: (H, W) float32 metres, the sparse or raw sensor depth that the data set ships, if it does.
        intrinsics: the camera, where it is known.
        valid: masks alone (HRWSI): (H, W) True = measured; then rgb and depth are not written.
        rgb_file: the archive's own file, where `rgb` is what `spnet.io.read_rgb` reads from it: a conversion copies it
            instead of encoding the picture anew.
    """

    rgb: ByteImage | None
    depth: FloatImage | None
    raw: FloatImage | None = None
    intrinsics: Intrinsics | None = None
    valid: BoolImage | None = None
    rgb_file: Path | None = None


@dataclass(frozen=True)
class Item:
    """A frame that can be read: its name (unique in the split; "/" parts it into folders) and how."""

    name: str
    read: Callable[[], Frame]


@dataclass(frozen=True)
class Adapter:
    """One official data set.

    Attributes:
        name: as `spnet data convert NAME` takes it, e.g. "nyuv2".
        title: the full name.
        where: where a user gets it, and which of its files are needed.
        licence: of the data, in a few words.
        splits: names; the first is the default.
        unit: how the converted depth files are stored, a unit name of `spnet.units`; "m" means NPY instead of PNG.
        items: (archive's root, split) -> its frames in the official order; raises BadInput where the layout is not
            the official one, naming what was looked for.
        citation: the paper to cite: authors, title, venue, year.
        note: what one should know before comparing figures: masks, crops, what the splits are.
    """

    name: str
    title: str
    where: str
    licence: str
    splits: tuple[str, ...]
    unit: str
    items: Callable[[Path, str], Sequence[Item]]
    citation: str = ""
    note: str = ""
