"""HR-WSI in miniature: masks alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import colours, cut, write_image

from spnet.datasets.adapters.hrwsi import ADAPTER
from spnet.errors import BadInput
from spnet.types import AnyArray


def mask(filled: int) -> AnyArray:
    """255 in the first `filled` rows of the left half."""
    values = np.zeros((6, 8), np.uint8)
    values[:filled, :4] = 255
    return values


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for split, names in (("train", ("b", "a10", "a9")), ("val", ("c",))):
        for i, name in enumerate(names):
            write_image(tmp_path / split / f"imgs/{name}.jpg", colours(6, 8))
            write_image(tmp_path / split / f"gts/{name}.png", np.full((6, 8), 99, np.uint8))
            write_image(tmp_path / split / f"valid_masks/{name}.png", mask(i + 1))
    return tmp_path


def test_masks_order_and_splits(root: Path) -> None:
    items = ADAPTER.items(root, ADAPTER.splits[0])
    assert [item.name for item in items] == ["a9", "a10", "b"]
    assert [item.name for item in ADAPTER.items(root.parent / root.name, "val")] == ["c"]
    frame = items[0].read()
    assert frame.rgb is None
    assert frame.depth is None
    assert frame.valid is not None
    assert frame.valid.dtype == np.bool_
    np.testing.assert_array_equal(frame.valid, mask(3) == 255)


def test_masks_alone_and_of_other_kinds(root: Path) -> None:
    for name in ("imgs", "gts"):
        for path in (root / "val" / name).iterdir():
            path.unlink()
        (root / "val" / name).rmdir()
    path = root / "val/valid_masks/c.png"
    write_image(path, mask(0))
    valid = ADAPTER.items(root, "val")[0].read().valid
    assert valid is not None
    assert not valid.any(), "a mask of nothing but holes"
    for stored in (np.repeat(mask(2)[..., None], 3, 2), mask(2) > 0, mask(2) // 255):
        write_image(path, stored)
        np.testing.assert_array_equal(ADAPTER.items(root, "val")[0].read().valid, mask(2) > 0)


def test_bad_archives_are_named(root: Path) -> None:
    with pytest.raises(BadInput, match=r"imgs does not hold this archive: expected the folder train/valid_masks"):
        ADAPTER.items(root / "train/imgs", "train")
    path = root / "val/valid_masks/c.png"
    write_image(path, colours(6, 8))
    with pytest.raises(BadInput, match=r"c.png has shape \(6, 8, 3\) and type uint8: expected a mask"):
        ADAPTER.items(root, "val")[0].read()
    cut(path)
    with pytest.raises(BadInput, match=r"valid_masks/c.png is"):
        ADAPTER.items(root, "val")[0].read()
    (root / "val/gts/c.png").unlink()
    with pytest.raises(BadInput, match=r"gts/c.png is missing"):
        ADAPTER.items(root, "val")
    path.unlink()
    with pytest.raises(BadInput, match=r"valid_masks holds no \*.png files"):
        ADAPTER.items(root, "val")
