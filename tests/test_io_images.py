"""Reading colour images of every kind, and files that are damaged, missing or something else."""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from spnet.errors import BadInput
from spnet.io import read_depth, read_rgb, write_depth, write_image

RGB = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [10, 20, 30]]], np.uint8)


def png16(values: np.ndarray, colour_type: int, width: int | None = None, height: int | None = None) -> bytes:
    """A 16-bit PNG made by hand, as Pillow writes grey ones only."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width or values.shape[1], height or len(values), 16, colour_type, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)], ids=["grey", "rgb", "grey+alpha", "rgba"]
)
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, colour_type: int, channels: int) -> None:
    wide = np.linspace(0, 65535, 512).astype(np.uint16).reshape(16, 32)
    (tmp_path / "a.png").write_bytes(png16(np.repeat(wide[..., None], channels, 2), colour_type))
    rgb = read_rgb(tmp_path / "a.png")
    assert rgb.dtype == np.uint8
    assert rgb.shape == (16, 32, 3)
    assert np.abs(rgb - (wide / 257)[..., None]).max() <= 1
    assert (rgb.min(), rgb.max()) == (0, 255)


def test_alpha_is_dropped_not_blended(tmp_path: Path) -> None:
    seen = np.dstack([RGB, [[0, 128], [255, 1]]]).astype(np.uint8)
    Image.fromarray(seen).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.png"), RGB)
    Image.fromarray(seen[..., [0, 3]], "LA").save(tmp_path / "b.png")
    np.testing.assert_array_equal(read_rgb(tmp_path / "b.png"), np.repeat(RGB[..., :1], 3, 2))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".ppm", ".webp"])
def test_lossless_kinds(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    Image.fromarray(RGB).save(tmp_path / f"a{suffix}", **options)
    np.testing.assert_array_equal(read_rgb(tmp_path / f"a{suffix}"), RGB)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16", "F"])
def test_other_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    white = {"I;16": 65535, "F": 1.0, "CMYK": (0, 0, 0, 0)}.get(mode, 255)
    image = Image.new("RGB", (3, 2), "white").convert("P") if mode == "P" else Image.new(mode, (3, 2), white)
    image.save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.tif"), np.full((2, 3, 3), 255))


def test_transparent_palette_gives_no_warning(tmp_path: Path) -> None:
    image = Image.fromarray(RGB).convert("P", palette=Image.Palette.ADAPTIVE)
    image.save(tmp_path / "a.png", transparency=b"\0\x80\xff\x01")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.abs(read_rgb(tmp_path / "a.png").astype(int) - RGB).max() < 12


@pytest.mark.parametrize(
    ("orientation", "turns", "mirrored"), [(1, 0, False), (2, 0, True), (3, 2, False), (6, 3, False), (8, 1, False)]
)
def test_exif_rotation_is_applied(tmp_path: Path, orientation: int, turns: int, mirrored: bool) -> None:
    wide = np.zeros((32, 64, 3), np.uint8)
    wide[:16, :16] = (250, 20, 20)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(wide).save(tmp_path / "a.jpg", exif=exif, quality=98, subsampling=0)
    expected = np.rot90(wide[:, ::-1] if mirrored else wide, turns)
    read = read_rgb(tmp_path / "a.jpg")
    assert read.shape == expected.shape
    assert np.abs(read.astype(int) - expected).mean() < 3


@pytest.mark.parametrize("values", [[[-1.0, 0.5]], [[0.5, 200.0]], [[np.nan, 0.5]]])
def test_floats_outside_zero_to_one_are_no_picture(tmp_path: Path, values: list[list[float]]) -> None:
    Image.fromarray(np.array(values, np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(BadInput, match=r"a\.tif holds grey values outside 0 to 1"):
        read_rgb(tmp_path / "a.tif")


# ---------------------------------------------------------------- size


def test_a_large_image_is_read_without_a_warning(tmp_path: Path) -> None:
    """96 megapixels are beyond Pillow's own warning; one bit each keeps the decoding short."""
    Image.new("1", (12000, 8000), 1).save(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadInput, match="8-bit"):
            read_depth(tmp_path / "a.png")


def test_a_bomb_is_refused_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png16(np.ones((1, 1), np.uint16), 0, width=60000, height=60000))
    limit = Image.MAX_IMAGE_PIXELS
    for read in (read_rgb, read_depth):
        with pytest.raises(BadInput, match=r"a\.png is 60000x60000: over the limit of 178 megapixels"):
            read(tmp_path / "a.png")
    assert limit == Image.MAX_IMAGE_PIXELS


def test_threads_leave_pillows_limit_as_it_was(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RGB)
    limit = Image.MAX_IMAGE_PIXELS
    threads = [threading.Thread(target=lambda: [read_rgb(tmp_path / "a.png") for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limit == Image.MAX_IMAGE_PIXELS


# ---------------------------------------------------------------- missing, damaged, something else


@pytest.mark.parametrize("read", [read_rgb, read_depth])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".npy", ".npz", ".pfm"])
def test_files_that_are_not_there_or_hold_nothing(tmp_path: Path, read, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with pytest.raises(BadInput, match=rf"a\{suffix} does not exist"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(BadInput, match=rf"a\{suffix} is empty"):
        read(path)
    path.write_bytes(b"Dear reader, this is a letter.\n" * 20)
    with pytest.raises(BadInput, match=rf"a\{suffix} (is not|has no valid|holds an array)"):
        read(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(BadInput, match=rf"a\{suffix} is a folder"):
        read(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read(str(path) + "\0.png")


def test_an_array_is_no_picture(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", RGB)
    with pytest.raises(BadInput, match=r"a\.npy holds an array, not a picture"):
        read_rgb(tmp_path / "a.npy")


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{"code": 1}]], dtype=object), allow_pickle=True)
    with pytest.raises(BadInput, match="plain numbers"):
        read_depth(tmp_path / "a.npy")


def test_a_tiff_of_64_bit_floats_is_named_as_such(tmp_path: Path) -> None:
    # Image file header and a directory that says 1x1 pixel, 64 bits, IEEE float.
    tags = [(256, 1), (257, 1), (258, 64), (259, 1), (262, 1), (273, 110), (277, 1), (278, 1), (279, 8), (339, 3)]
    entries = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
    header = b"II*\0" + struct.pack("<IH", 8, len(tags))
    (tmp_path / "a.tif").write_bytes(header + entries + bytes(4) + struct.pack("<d", 1.0))
    with pytest.raises(BadInput, match=r"a\.tif is a TIFF .* use 32"):
        read_depth(tmp_path / "a.tif")


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Good files by name."""
    folder = tmp_path_factory.mktemp("intact")
    depth = np.linspace(1, 4, 300, dtype=np.float32).reshape(15, 20)
    for suffix in (".png", ".tif", ".npy", ".npz", ".pfm"):
        write_depth(folder / f"depth{suffix}", depth)
    for suffix in (".png", ".jpg", ".webp", ".bmp", ".tif"):
        write_image(folder / f"rgb{suffix}", np.tile(RGB, (8, 10, 1)))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_end_in_one_sentence(tmp_path: Path, intact: dict[str, bytes], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(intact)))
    content = bytearray(intact[name])
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    path = tmp_path / name
    path.write_bytes(bytes(content))
    for read in (read_rgb, read_depth):
        sentence = _refusal(read, path)
        assert sentence is None or (name in sentence and "\n" not in sentence)


def _refusal(read: Callable[[Path], np.ndarray], path: Path) -> str | None:
    """What the reader says; a damaged file may still be readable, but nothing else than BadInput may come out."""
    try:
        read(path)
    except BadInput as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", ["depth.png", "depth.tif", "depth.npy", "depth.npz", "depth.pfm"])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, intact: dict[str, bytes], name: str) -> None:
    path = tmp_path / name
    path.write_bytes(intact[name][:-40])
    with pytest.raises(BadInput, match=name):
        read_depth(path)
