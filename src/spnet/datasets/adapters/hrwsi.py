"""HR-WSI: web stereo images. Only its masks are of use here, as hole maps.

`{train,val}/valid_masks/*.png` mark where stereo matching was consistent (255; 0 = not). SPNet is trained on them as
the holes of a sensor: 255 = measured, 0 = hole. The `gts` are disparities without scale, so no metric depth comes from
this set, and `imgs` are not needed. That 255 is the valid side follows from public loaders, which multiply by the mask;
the archive has no description of it. Where `gts` are there, a mask without its disparity is refused as a broken copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from spnet.datasets.adapters.archive import files, not_found, pairs
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.errors import BadInput
from spnet.io import read_stored

FOLDERS = ("", "HR-WSI", "HRWSI")  # below the root


def _items(root: Path, split: str) -> Sequence[Item]:
    folder = next((root / below / split for below in FOLDERS if (root / below / split / "valid_masks").is_dir()), None)
    if folder is None:
        raise not_found(root, f"the folder {split}/valid_masks of HR-WSI")
    masks = files(folder / "valid_masks", ".png")
    if (folder / "gts").is_dir():
        masks = [mask for mask, _ in pairs(folder / "valid_masks", ".png", folder / "gts", str)]
    return [Item(path.stem, partial(_read, path)) for path in masks]


def _read(path: Path) -> Frame:
    stored = read_stored(path)
    if stored.ndim == 3 and stored.shape[2] == 3 and (stored == stored[..., :1]).all():
        stored = stored[..., 0]  # grey saved as colour
    if stored.dtype.kind == "b":
        return Frame(None, None, valid=stored)
    if stored.ndim != 2 or stored.dtype != np.uint8:
        raise BadInput(f"{path} has shape {stored.shape} and type {stored.dtype}: expected a mask of 0 and 255.")
    # The upper half of what the file holds, so that masks saved anew as 0 and 1 are read as well (ours).
    return Frame(None, None, valid=stored >= max((int(stored.max()) + 1) // 2, 1))


ADAPTER = Adapter(
    name="hrwsi",
    title="HR-WSI masks",
    where=(
        "https://github.com/KexianHust/Structure-Guided-Ranking-Loss: the HR-WSI archive, of which train/valid_masks "
        "and val/valid_masks are needed."
    ),
    licence="none stated; images from the web, research use",
    splits=("train", "val"),
    unit="mm",  # of nothing: masks alone
    items=_items,
    citation="K. Xian et al. Structure-Guided Ranking Loss for Single Image Depth Prediction. CVPR 2020.",
    note="Hole maps for training (255 = measured), no images and no depth. SPNet's own release of such maps needs no "
    "conversion.",
)
