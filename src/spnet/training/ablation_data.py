"""Small copies of data sets: with images of 80 rows a network sees whole rooms in a crop that costs next to nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from spnet.datasets import FolderDataset, open_data
from spnet.datasets.folder import NORMALIZED
from spnet.errors import BadInput
from spnet.io import write_depth, write_image
from spnet.sparsity import HoleMaps
from spnet.training.records import read_json, write_json
from spnet.types import AnyArray, FloatImage

MANIFEST = "manifest.json"


def small_copies(
    specs: tuple[str, ...], rows: int, folder: Path, told: Callable[[str], None] | None = None
) -> tuple[str, ...]:
    """Copies of data sets whose images have at most so many rows; those that are there already stay.

    Colours are averaged over the area of a pixel, of depth the nearest pixel is taken, so that none is made up.

    Args:
        specs: data sets, as `open_data` takes them.
        rows: of the copies.
        folder: where the copies are put, each by its set's name.
        told: gets the name of each set that is copied.

    Returns:
        Specs of the copies, with the sets' weights.

    Raises:
        BadInput: an image that cannot be read, two sets of one name, or a copy of something else.
        CannotWrite: the folder cannot be written.
    """
    sets = open_data(specs, strict=False)
    names = [data.name for data in sets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"Two data sets are called {', '.join(twice)}: their copies would be one.")
    copies = []
    for data in sets:
        target = folder / data.name
        about = {"copy_of": str(data.root.resolve()), "rows": rows, "images": len(data)}
        if not _is_there(target, about):
            if told:
                told(data.name)
            _copy(data, rows, target, about)
        copies.append(str(target) if data.weight is None else f"{data.weight:g}*{target}")
    return tuple(copies)


def small_masks(masks: str, rows: int, folder: Path) -> Path:
    """The same for a folder of hole masks: `<folder>/holes`, of each pixel the nearest."""
    found, target = HoleMaps(masks), folder / "holes"
    about = {"copy_of": str(Path(masks).resolve()), "rows": rows, "images": len(found)}
    if not _is_there(target, about):
        for path in found.paths:
            with Image.open(path) as picture:
                mask = np.asarray(picture.convert("L"))
            mask = mask[_nearest(mask.shape, _size(mask.shape, rows))]
            write_image(target / path.relative_to(found.folder), np.repeat(mask[..., None], 3, axis=2))
        write_json(target / MANIFEST, about)
    return target


def _is_there(target: Path, about: dict[str, object]) -> bool:
    """Whether the copy is complete: its manifest is written last."""
    if not (target / MANIFEST).is_file():
        shutil.rmtree(target, ignore_errors=True)  # what a killed process left
        return False
    before = read_json(target / MANIFEST)
    if any(before.get(key) != value for key, value in about.items()):
        raise BadInput(f"{target} is a copy of something else: use another output folder, or remove it.")
    return True


def _copy(data: FolderDataset, rows: int, target: Path, about: dict[str, object]) -> None:
    items = []
    for index in range(len(data)):
        sample = data[index]
        shape = (sample.depth.shape[0], sample.depth.shape[1])
        size = _size(shape, rows)
        picture = Image.fromarray(sample.rgb).resize(size[::-1], Image.Resampling.BOX)
        write_image(target / "rgb" / f"{sample.name}.png", np.asarray(picture))
        depth: FloatImage = sample.depth[_nearest(shape, size)]
        unit = "m"
        if sample.max_depth:
            unit = f"{NORMALIZED}{sample.max_depth:g}"
            items.append({"name": sample.name, "max_depth": sample.max_depth})
        write_depth(target / "depth" / f"{sample.name}.npy", depth, unit)
    write_json(target / MANIFEST, {**about, "unit": "m", "items": items})


def _size(shape: tuple[int, ...], rows: int) -> tuple[int, int]:
    height, width = shape[0], shape[1]
    return (height, width) if height <= rows else (rows, max(1, round(width * rows / height)))


def _nearest(shape: tuple[int, ...], size: tuple[int, int]) -> tuple[AnyArray, ...]:
    """Which pixels of an image of `shape` one of `size` shows."""
    rows, columns = (((np.arange(new) + 0.5) * old / new).astype(np.intp) for old, new in zip(shape, size, strict=True))
    return np.ix_(rows, columns)
