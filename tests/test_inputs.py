from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from scenes import room
from spnet.errors import BadInput, SpnetWarning
from spnet.inputs import load_pair

RGB, DEPTH = room(6, 8, share=0.5)
FLOAT_RGB = RGB.astype(np.float32) / 255


@pytest.mark.parametrize(
    "rgb",
    [
        RGB,
        FLOAT_RGB,
        FLOAT_RGB.astype(np.float64),
        RGB.transpose(2, 0, 1),
        RGB[:, ::-1][:, ::-1],
        torch.from_numpy(RGB),
        torch.from_numpy(RGB).permute(2, 0, 1),
        torch.from_numpy(FLOAT_RGB).permute(2, 0, 1).requires_grad_(),
    ],
    ids=["uint8", "float", "double", "channels first", "strided", "tensor", "(3,H,W)", "with gradient"],
)
def test_every_form_of_colour(rgb: object) -> None:
    pair = load_pair(rgb, DEPTH)  # type: ignore[arg-type]
    assert np.array_equal(pair.rgb, RGB)
    assert pair.rgb.dtype == np.uint8


def test_grey_becomes_colour() -> None:
    pair = load_pair(RGB[..., 0], DEPTH)
    assert all(np.array_equal(pair.rgb[..., channel], RGB[..., 0]) for channel in range(3))


@pytest.mark.parametrize(
    "depth",
    [
        DEPTH,
        DEPTH.astype(np.float64),
        DEPTH[None],
        DEPTH[..., None],
        torch.from_numpy(DEPTH),
        torch.from_numpy(DEPTH)[None],
        np.where(DEPTH > 0, DEPTH, np.nan),
    ],
    ids=["float", "double", "(1,H,W)", "(H,W,1)", "tensor", "tensor (1,H,W)", "NaN unknown"],
)
def test_every_form_of_depth(depth: object) -> None:
    pair = load_pair(RGB, depth)  # type: ignore[arg-type]
    assert np.array_equal(pair.depth, DEPTH)
    assert pair.depth.dtype == np.float32
    assert pair.unit == "m"


def test_bfloat16_tensors() -> None:
    pair = load_pair(RGB, torch.from_numpy(DEPTH).bfloat16())
    assert np.allclose(pair.depth, DEPTH, rtol=0.01)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64])
def test_integers_are_millimetres_as_in_files(dtype: type) -> None:
    stored = np.rint(DEPTH * 1000).astype(dtype)
    pair = load_pair(RGB, stored)
    assert np.allclose(pair.depth, DEPTH, atol=6e-4)
    assert pair.unit == "mm"
    assert load_pair(RGB, stored // 10, "cm").unit == "cm"


def test_files_say_what_they_were_read_as(tmp_path: Path) -> None:
    for name, image in {
        "i.tiff": (DEPTH * 1000).astype(np.uint16),
        "f.tiff": DEPTH,
        "d.png": (DEPTH * 1000).astype(np.uint16),
    }.items():
        Image.fromarray(image).save(tmp_path / name)
    np.save(tmp_path / "i.npy", (DEPTH * 1000).astype(np.uint16))
    np.save(tmp_path / "f.npy", DEPTH)
    units = {name: load_pair(RGB, tmp_path / name).unit for name in ("i.tiff", "f.tiff", "d.png", "i.npy", "f.npy")}
    assert units == {"i.tiff": "mm", "f.tiff": "m", "d.png": "mm", "i.npy": "mm", "f.npy": "m"}


def test_negative_and_infinite_depth_is_unknown_and_warned_of() -> None:
    depth = np.array([[1, -2, np.inf, -np.inf, np.nan, 3]], np.float32)
    with pytest.warns(SpnetWarning, match="2 negative and 1 infinite"):
        pair = load_pair(np.zeros((1, 6, 3), np.uint8), depth)
    assert pair.depth.tolist() == [[1, 0, 0, 0, 0, 3]]


@pytest.mark.parametrize(
    ("rgb", "says"),
    [
        (RGB[..., :2], r"shape \(6, 8, 2\)"),
        (RGB[None], r"shape \(1, 6, 8, 3\)"),
        (RGB[:0], r"shape \(0, 8, 3\)"),
        (FLOAT_RGB * 255, r"expected \[0, 1\]"),
        (FLOAT_RGB - 0.5, r"expected \[0, 1\]"),
        (FLOAT_RGB * np.nan, r"expected \[0, 1\]"),
        (RGB.astype(np.uint16), "rgb holds uint16"),
        (RGB > 9, "rgb holds bool"),
        (RGB.tolist(), "rgb is a list"),
        (None, "rgb is a NoneType"),
        ("nowhere.png", "nowhere.png does not exist"),
    ],
)
def test_colour_that_cannot_be_used(rgb: object, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        load_pair(rgb, DEPTH)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("depth", "says"),
    [
        (DEPTH * 0, "holds no measured depth"),
        (DEPTH * np.nan, "holds no measured depth"),
        (-np.ones_like(DEPTH), "holds no measured depth"),
        (RGB, "3 channels"),
        (RGB[..., 0], "8-bit"),
        (DEPTH > 0, "8-bit"),
        (DEPTH.astype(complex), "complex"),
        (DEPTH.ravel(), r"shape \(48,\)"),
        (DEPTH[:, :0], r"shape \(6, 0\)"),
        (torch.zeros(2, 6, 8), r"shape \(2, 6, 8\)"),
        (7.0, "depth is a float"),
        ("nowhere.png", "nowhere.png does not exist"),
    ],
)
@pytest.mark.filterwarnings("ignore::spnet.errors.SpnetWarning")
def test_depth_that_cannot_be_used(depth: object, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        load_pair(RGB, depth)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_an_unknown_unit_is_told_before_anything_is_read() -> None:
    with pytest.raises(BadInput, match="Unknown depth unit 'feet'"):
        load_pair("nowhere.png", "nowhere.npy", "feet")


def test_an_image_of_another_size_and_the_same_view_is_resampled() -> None:
    rgb, _ = room(60, 80)
    pair = load_pair(rgb, DEPTH)
    assert pair.rgb.shape == (6, 8, 3)
    assert abs(pair.rgb.mean() - rgb.mean()) < 3, "averaged, not picked"
    assert load_pair(RGB, room(60, 80)[1]).rgb.shape == (60, 80, 3)
    assert load_pair(room(480, 640)[0], room(100, 134)[1]).rgb.shape == (100, 134, 3), "0.5 % off"


def test_another_aspect_is_refused_with_both_sizes() -> None:
    with pytest.raises(BadInput, match=r"The image is 60x60 and the depth map 8x6.* crop or register"):
        load_pair(room(60, 60)[0], DEPTH)
