"""NYU Depth v2, labelled frames: the official MATLAB file, or the PNG form that monocular depth code ships."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from spnet.datasets.adapters.archive import check_size, resized
from spnet.datasets.adapters.base import Adapter, Frame, Item
from spnet.datasets.adapters.reading import centre, cropped, known, load_mat, need_file
from spnet.errors import BadInput
from spnet.extras import need
from spnet.io import read_depth, read_rgb
from spnet.types import ByteImage, FloatImage, Intrinsics

MAT = "nyu_depth_v2_labeled.mat"
SPLITS_MAT = "splits.mat"
# The colour camera, onto which the labelled depth is projected; the official toolbox's camera_params.m.
CAMERA = Intrinsics(518.85790117450188, 519.46961112127485, 325.58244941119034, 253.73616633400465)
# rawDepths: the value that the toolbox's fill_depth_colorization.m takes as no measurement, beside 0.
SATURATED = 10.0  # metres
HALF = (240, 320)  # Ma and Karaman's protocol: halve, then crop the middle 228x304
WINDOW = (228, 304)
SMALL = "test-304x228"


def items(root: Path, split: str) -> Sequence[Item]:
    """Frames of the official file if it is there, else of the PNG form."""
    if (root / MAT).is_file():
        return _from_mat(root, split)
    folder = next((root / name for name in ("official_splits", ".") if (root / name / "test").is_dir()), None)
    if folder is None:
        raise BadInput(f"{root} does not hold NYUv2: neither {root / MAT} nor {root / 'official_splits' / 'test'}.")
    parts = {"train": ("train",), "all": ("test", "train")}.get(split, ("test",))
    images = [path for part in parts for path in (folder / part).rglob("rgb_*.*") if path.suffix in (".jpg", ".png")]
    if not images:
        raise BadInput(f"{folder} holds no NYUv2 images: expected {folder / parts[0] / '<scene>' / 'rgb_00000.jpg'}.")
    # The number in the file's name counts all frames from 0; the official index, ours, counts from 1.
    by_index = sorted((int(match[1]) + 1, path) for path in images if (match := re.search(r"rgb_(\d+)$", path.stem)))
    return [_item(index, split, partial(_read_png, path)) for index, path in by_index]


def _item(index: int, split: str, read: Callable[[], Frame]) -> Item:
    return Item(f"{index:04d}", partial(_small, read) if split == SMALL else read)


def _from_mat(root: Path, split: str) -> list[Item]:
    path = root / MAT
    with _open(path) as file:
        count = file["images"].shape[0]
    indices = list(range(1, count + 1))
    if split != "all":
        indices = _official(root / SPLITS_MAT, "trainNdxs" if split == "train" else "testNdxs")
    if indices and max(indices) > count:
        raise BadInput(f"{root / SPLITS_MAT} names frame {max(indices)}, but {path} holds {count}.")
    return [_item(index, split, partial(_read_mat, path, index)) for index in indices]


def _official(path: Path, key: str) -> list[int]:
    what = "the official split; get it from the data set's site, or take the split all"
    found = load_mat(path, key, what)
    return sorted(int(index) for index in np.asarray(found).ravel())


def _open(path: Path) -> Any:
    """The HDF5 file (MATLAB v7.3), with its axes in reverse: images (N, 3, W, H), depths (N, W, H)."""
    h5py = need("h5py", "data", "NYUv2's MATLAB files")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise BadInput(f"{path} is not a MATLAB v7.3 file that can be read ({error}).") from None
    shapes = {key: file[key].shape for key in ("images", "depths", "rawDepths") if key in file}
    images = shapes.get("images", ())
    if len(images) != 4 or images[1] != 3 or any(shapes.get(k) != images[:1] + images[2:] for k in ("depths",)):
        file.close()
        raise BadInput(f"{path} holds {shapes}: expected images (N, 3, W, H) and depths (N, W, H).")
    return file


def _read_mat(path: Path, index: int) -> Frame:
    with _open(path) as file:
        try:
            rgb = np.ascontiguousarray(file["images"][index - 1].transpose(2, 1, 0))
            depth = known(file["depths"][index - 1].T)
            raw = known(file["rawDepths"][index - 1].T) if "rawDepths" in file else None
        except OSError as error:
            raise BadInput(f"{path}: frame {index} cannot be read; is the file complete? ({error})") from None
    return Frame(rgb, depth, _unsaturated(raw), CAMERA)


def _unsaturated(raw: FloatImage | None) -> FloatImage | None:
    return None if raw is None else np.where(raw < SATURATED, raw, np.float32(0))


def _read_png(path: Path) -> Frame:
    """sync_depth is the raw depth in mm; beside it may lie dense/sync_depth_dense, the filled one."""
    number = path.stem.removeprefix("rgb_")
    sensor = need_file(path.with_name(f"sync_depth_{number}.png"), f"the depth of {path.name}")
    filled = path.parent / "dense" / f"sync_depth_dense_{number}.png"
    rgb, raw = read_rgb(path), read_depth(sensor, "mm")
    check_size(rgb, raw, sensor)
    raw = np.where(raw < SATURATED, raw, np.float32(0))
    if not filled.is_file():
        return Frame(rgb, raw, None, CAMERA, rgb_file=path)
    dense = read_depth(filled, "mm")
    check_size(rgb, dense, filled)
    return Frame(rgb, dense, raw, CAMERA, rgb_file=path)


def _small(read: Callable[[], Frame]) -> Frame:
    """Ma and Karaman's view: halved (bilinear, depth too, as OMNI-DC does by Pillow), then 304x228 from the middle."""
    frame = read()
    if frame.rgb is None or frame.depth is None or frame.depth.shape != (2 * HALF[0], 2 * HALF[1]):
        raise BadInput(f"The split {SMALL} of NYUv2 needs images of {2 * HALF[1]}x{2 * HALF[0]}.")
    top, left = centre(HALF, *WINDOW, Path(MAT))
    window = (slice(top, top + WINDOW[0]), slice(left, left + WINDOW[1]))
    rgb: ByteImage = np.asarray(_halved(Image.fromarray(frame.rgb)))[window]
    depth: FloatImage = np.asarray(_halved(Image.fromarray(frame.depth)))[window]
    return Frame(
        np.ascontiguousarray(rgb),
        np.ascontiguousarray(depth),
        None,
        cropped(resized(CAMERA, (480, 640), HALF), left, top),
    )


def _halved(image: Image.Image) -> Image.Image:
    return image.resize((HALF[1], HALF[0]), Image.Resampling.BILINEAR)


ADAPTER = Adapter(
    name="nyuv2",
    title="NYU Depth v2, labelled frames",
    where="https://cs.nyu.edu/~silberman/datasets/nyu_depth_v2.html: nyu_depth_v2_labeled.mat (2.8 GB) and, from the "
    "same site's indoor_seg_sup page, splits.mat; both in one folder. Or the PNG form: official_splits/{test,train}/"
    "<scene>/rgb_NNNNN.jpg with sync_depth_NNNNN.png.",
    licence="none stated; for research, cite the paper",
    splits=("test", "train", "all", SMALL),
    unit="mm",
    items=items,
    citation="N. Silberman, D. Hoiem, P. Kohli and R. Fergus: Indoor Segmentation and Support Inference from RGBD "
    "Images. ECCV 2012.",
    note="Truth is the depth that the authors filled by colourisation; raw is the Kinect's (0 and 10 m are holes). Of "
    "the PNG form it is the sensor's, unless dense/ is there; its JPEGs have a black border. The split "
    "test-304x228 is the usual depth completion view: halved bilinearly, then the middle 304x228.",
)
