"""Training files decoded by kornia-rs: the same pixels as Pillow's, and nothing where something is unusual."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spnet.io import read_rgb, read_stored
from spnet.training import quick
from spnet.training.config import TrainConfig
from spnet.training.samples import TrainSamples

needs_kornia = pytest.mark.skipif(quick.kornia is None, reason="kornia-rs is not installed")


def picture(shape: tuple[int, int], seed: int = 0) -> Image.Image:
    """Smooth colours with noise on them."""
    rng = np.random.default_rng(seed)
    v, u = np.indices(shape)
    waves = [np.sin(u / 9 + seed), np.cos(v / 7), np.sin((u + v) / 11)]
    return Image.fromarray((127 + 90 * np.stack(waves, axis=-1) + rng.normal(0, 8, (*shape, 3))).astype(np.uint8))


@needs_kornia
@pytest.mark.parametrize(("subsampling", "progressive"), list(product((0, 1, 2), (False, True))))
def test_jpeg_has_the_same_pixels(tmp_path: Path, subsampling: int, progressive: bool) -> None:
    for number, shape in enumerate([(1, 1), (15, 9), (37, 53), (64, 64), (120, 161)]):
        for quality in (40, 92):
            path = tmp_path / f"{number}.jpg"
            picture(shape, number).save(path, quality=quality, subsampling=subsampling, progressive=progressive)
            found = quick.quick_rgb(path)
            assert found is not None
            assert np.array_equal(found, read_rgb(path))


@needs_kornia
def test_png_has_the_same_values(tmp_path: Path) -> None:
    """With every filter: smooth rows, steps, noise, zeros."""
    rng = np.random.default_rng(0)
    v, u = np.indices((61, 83))
    for number, values in enumerate([1000 + 300 * u + v, u // 9 * 4000, rng.integers(0, 65536, u.shape), 0 * u, v * u]):
        path = tmp_path / f"{number}.png"
        Image.fromarray(values.astype(np.uint16)).save(path)
        found = quick.quick_depth(path)
        assert found is not None
        assert found.dtype == np.uint16
        assert np.array_equal(found, read_stored(path))


@needs_kornia
def test_what_is_unusual_or_damaged_is_left_to_pillow(tmp_path: Path) -> None:
    jpeg, png = tmp_path / "x.jpg", tmp_path / "x.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    picture((20, 30)).save(jpeg, exif=exif)
    assert quick.quick_rgb(jpeg) is None
    for mode in ("L", "CMYK"):
        picture((20, 30)).convert(mode).save(jpeg)
        assert quick.quick_rgb(jpeg) is None
    picture((20, 30)).save(png)
    assert quick.quick_depth(png) is None
    picture((20, 30)).save(jpeg, format="PNG")
    assert quick.quick_rgb(jpeg) is None
    picture((60, 80)).save(jpeg)
    Image.fromarray(np.random.default_rng(0).integers(0, 65536, (60, 80)).astype(np.uint16)).save(png)
    for path, read in ((jpeg, quick.quick_rgb), (png, quick.quick_depth)):
        content = path.read_bytes()
        assert read(path) is not None
        for damaged in (content[: len(content) // 2], content[:-20], content[:30], b""):
            path.write_bytes(damaged)
            assert read(path) is None
    assert quick.quick_rgb(tmp_path / "missing.jpg") is None


@needs_kornia
def test_what_is_too_large_is_left_to_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture((20, 30)).save(tmp_path / "x.jpg")
    Image.fromarray(np.ones((20, 30), np.uint16)).save(tmp_path / "x.png")
    monkeypatch.setattr(quick, "MAX_PIXELS", 20 * 30 - 1)
    assert quick.quick_rgb(tmp_path / "x.jpg") is None
    assert quick.quick_depth(tmp_path / "x.png") is None


@needs_kornia
def test_samples_are_the_same_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("rgb", "depth"):
        (tmp_path / folder).mkdir()
    v, u = np.indices((40, 56))
    for number in range(3):
        picture((40, 56), number).save(tmp_path / "rgb" / f"{number}.jpg")
        Image.fromarray((1000 + 10 * u + v).astype(np.uint16)).save(tmp_path / "depth" / f"{number}.png")
    samples = TrainSamples(TrainConfig(data=(str(tmp_path),), crop=32), 6)
    quickly = [samples[i] for i in range(6)]
    monkeypatch.setattr(quick, "kornia", None)
    for number, one in enumerate(quickly):
        assert all(np.array_equal(one[key], value) for key, value in samples[number].items())
