"""Reading and writing: every unit, every file kind, every bad file."""

from __future__ import annotations

import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from spnet.errors import BadInput, CannotWrite, MissingExtra, SpnetWarning
from spnet.io import DEPTH_SUFFIXES, read_depth, write_depth, write_image
from spnet.units import METRES, unit_scale

try:
    import OpenEXR  # noqa: F401

    HAS_EXR = True
except ImportError:
    HAS_EXR = False

needs_exr = pytest.mark.skipif(not HAS_EXR, reason="OpenEXR is not installed (extra: exr)")
KINDS = [pytest.param(s, marks=needs_exr if s == ".exr" else ()) for s in sorted(DEPTH_SUFFIXES)]
UNITS = [*METRES, "normalized:20"]
quick = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# ---------------------------------------------------------------- round trips


def _in_range(unit: str, integer: bool) -> tuple[float, float]:
    """Distances that a file in this unit can hold and that no warning is due for."""
    scale = unit_scale(unit, integer=integer)
    return (max(0.2, 3 * scale), min(200.0, 60000 * scale)) if integer else (0.2, 20.0)


@pytest.mark.parametrize("unit", [None, *UNITS])
@pytest.mark.parametrize("suffix", KINDS)
@quick
@given(data=st.data())
def test_depth_survives_writing_and_reading(tmp_path: Path, suffix: str, unit: str | None, data: st.DataObject) -> None:
    integer = suffix == ".png" or (suffix in (".tif", ".tiff") and unit not in (None, "m"))
    known_as = unit or ("mm" if integer else "m")
    low, high = _in_range(known_as, integer)
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=6))
    values = st.floats(low, high, allow_nan=False)
    depth = data.draw(hnp.arrays(np.float64, shape, elements=st.one_of(st.just(0.0), values)))
    depth.flat[0] = (low + high) / 2
    path = tmp_path / f"a{suffix}"

    with warnings.catch_warnings():
        warnings.simplefilter("error", SpnetWarning)
        write_depth(path, depth.astype(np.float32), unit)
        back = read_depth(path, known_as)

    step = unit_scale(known_as, integer=True) if integer else 0.0
    assert back.dtype == np.float32
    assert back.shape == depth.shape
    np.testing.assert_array_equal(back > 0, depth > 0)
    np.testing.assert_allclose(back, depth, rtol=3e-7, atol=0.5001 * step)


@pytest.mark.filterwarnings("ignore::spnet.errors.SpnetWarning")
@quick
@given(stored=hnp.arrays(np.uint16, (3, 4), elements=st.integers(0, 65535)), unit=st.sampled_from(UNITS))
def test_sixteen_bits_are_read_and_written_back_bit_for_bit(tmp_path: Path, stored: np.ndarray, unit: str) -> None:
    stored[0, 0] = 30000
    np.save(tmp_path / "a.npy", stored)
    write_depth(tmp_path / "a.png", read_depth(tmp_path / "a.npy", unit), unit)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), stored)


@pytest.mark.parametrize(
    ("unit", "metres"),
    [("mm", 2.56), ("cm", 25.6), ("m", 2560), ("kitti", 10), ("tum", 0.512), ("normalized:65.535", 2.56)],
)
@pytest.mark.filterwarnings("ignore::spnet.errors.SpnetWarning")
def test_units_mean_what_they_say(tmp_path: Path, unit: str, metres: float) -> None:
    np.save(tmp_path / "i.npy", np.full((2, 2), 2560, np.uint16))
    np.testing.assert_allclose(read_depth(tmp_path / "i.npy", unit), metres, rtol=1e-6)


def test_default_units_and_normalized_floats(tmp_path: Path) -> None:
    np.save(tmp_path / "i.npy", np.full((2, 2), 1500, np.int32))
    np.save(tmp_path / "f.npy", np.full((2, 2), 0.5, np.float16))
    assert read_depth(tmp_path / "i.npy")[0, 0] == 1.5
    assert read_depth(tmp_path / "f.npy")[0, 0] == 0.5
    assert read_depth(tmp_path / "f.npy", "normalized:20")[0, 0] == 10


def test_names_with_spaces_and_letters_of_the_world(tmp_path: Path) -> None:
    depth = np.full((2, 3), 2.0, np.float32)
    path = tmp_path / "süd ß 深度 map" / "Tiefe – ü 1.PNG"
    write_depth(path, depth)
    np.testing.assert_array_equal(read_depth(path), depth)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".NPY", ".Npz", ".TIFF", ".Pfm"])
def test_upper_case_suffixes(tmp_path: Path, suffix: str) -> None:
    write_depth(tmp_path / f"A{suffix}", np.full((2, 3), 2.0, np.float32))
    assert read_depth(tmp_path / f"A{suffix}").min() == 2


# ---------------------------------------------------------------- depth file kinds


@pytest.mark.parametrize("order", ["<", ">"])
def test_pfm_has_both_byte_orders_and_rows_from_below(tmp_path: Path, order: str) -> None:
    depth = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    header = f"Pf\n3 2\n{-1.0 if order == '<' else 1.0}\n".encode()
    (tmp_path / "a.pfm").write_bytes(header + depth[::-1].astype(order + "f4").tobytes())
    np.testing.assert_array_equal(read_depth(tmp_path / "a.pfm"), depth)


def test_written_pfm_starts_with_the_lowest_row(tmp_path: Path) -> None:
    write_depth(tmp_path / "a.pfm", np.array([[1.0], [2.0]], np.float32))
    assert (tmp_path / "a.pfm").read_bytes() == b"Pf\n1 2\n-1.0\n" + struct.pack("<2f", 2, 1)


@pytest.mark.parametrize(
    ("suffix", "mode"), [(".png", "I;16"), (".png", "I;16B"), (".tif", "I;16"), (".tif", "I;16B"), (".tif", "I")]
)
def test_integer_modes_of_pillow(tmp_path: Path, suffix: str, mode: str) -> None:
    stored = np.array([[0, 1000], [40000, 65535]])
    kind = {"I;16": "<u2", "I;16B": ">u2", "I": "<i4"}[mode]
    Image.frombytes(mode, (2, 2), stored.astype(kind).tobytes()).save(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(read_depth(tmp_path / f"a{suffix}"), stored / 1000, rtol=1e-6)


def test_npz_by_name_and_by_being_alone(tmp_path: Path) -> None:
    depth = np.full((2, 2), 3.0)
    np.savez(tmp_path / "one.npz", whatever=depth)
    np.savez(tmp_path / "named.npz", depth=depth, other=np.zeros(3))
    np.savez(tmp_path / "two.npz", a=depth, b=depth)
    assert read_depth(tmp_path / "one.npz")[0, 0] == read_depth(tmp_path / "named.npz")[0, 0] == 3
    with pytest.raises(BadInput, match=r"two\.npz holds the arrays a, b"):
        read_depth(tmp_path / "two.npz")


@needs_exr
def test_exr_channels(tmp_path: Path) -> None:
    import OpenEXR

    def save(name: str, channels: dict[str, np.ndarray]) -> Path:
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, channels).write(str(tmp_path / name))
        return tmp_path / name

    two = np.full((2, 2), 2.0, np.float32)
    assert read_depth(save("layer.exr", {"View.Depth.Z": two, "A": two * 9}))[0, 0] == 2
    assert read_depth(save("half.exr", {"whatever": two.astype(np.float16)}))[0, 0] == 2
    assert read_depth(save("uint.exr", {"Z": np.full((2, 2), 2000, np.uint32)}))[0, 0] == 2
    with pytest.raises(BadInput, match="holds the channels"):
        read_depth(save("colour.exr", {"R": two, "G": two, "B": two}))


def test_without_openexr_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    (tmp_path / "a.exr").write_bytes(b"anything")
    with pytest.raises(MissingExtra, match=r"pip install 'spnet\[exr\]'"):
        read_depth(tmp_path / "a.exr")
    with pytest.raises(MissingExtra, match=r"pip install 'spnet\[exr\]'"):
        write_depth(tmp_path / "b.exr", np.ones((2, 2), np.float32))
    assert [p.name for p in tmp_path.iterdir()] == ["a.exr"]


# ---------------------------------------------------------------- values that are not depth


def test_odd_values_become_unknown_with_one_count(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[np.nan, np.inf, -np.inf], [-1.0, 2.0, 1e300]]))
    with pytest.warns(SpnetWarning) as caught:
        depth = read_depth(tmp_path / "a.npy")
    np.testing.assert_array_equal(depth, [[0, 0, 0], [0, 2, 0]])
    assert len(caught) == 1
    assert "2 negative and 2 infinite" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_nan_is_unknown_without_a_word(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[np.nan, 2.0]]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_depth(tmp_path / "a.npy"), [[0, 2]])


@pytest.mark.parametrize(
    ("stored", "unit", "likely"),
    [
        (np.float32(2500), None, "probably in mm"),  # millimetres in a float file
        (np.uint16(2500), "m", "probably in mm"),
        (np.uint16(3), None, "probably in m"),  # whole metres in an integer file
        (np.float32(1e9), None, "name the unit: mm, cm"),  # no unit makes sense of it
    ],
)
def test_an_impossible_median_names_the_likely_unit(
    tmp_path: Path, stored: np.generic, unit: str | None, likely: str
) -> None:
    np.save(tmp_path / "a.npy", np.full((3, 3), stored))
    with pytest.warns(SpnetWarning, match=likely):
        read_depth(tmp_path / "a.npy", unit)


@pytest.mark.parametrize(("unit", "better"), [("mm", "kitti"), ("tum", "mm"), ("normalized:20", "mm")])
def test_too_far_for_sixteen_bits_is_unknown_never_wrapped(tmp_path: Path, unit: str, better: str) -> None:
    far = {"mm": 100.0, "tum": 40.0, "normalized:20": 21.0}[unit]
    with pytest.warns(SpnetWarning, match=rf"1 pixel\(s\).*unit {better} would hold"):
        write_depth(tmp_path / "a.png", np.array([[1.0, far]], np.float32), unit)
    np.testing.assert_allclose(read_depth(tmp_path / "a.png", unit), [[1.0, 0]], rtol=1e-4)


def test_odd_values_are_written_as_unknown(tmp_path: Path) -> None:
    depth = np.array([[np.nan, np.inf, -1.0, 2.0]], np.float32)
    for suffix in (".png", ".npy"):
        write_depth(tmp_path / f"a{suffix}", depth)
        np.testing.assert_array_equal(read_depth(tmp_path / f"a{suffix}"), [[0, 0, 0, 2]])


BAD_DEPTH = {
    "all zero": (np.zeros((2, 2), np.uint16), "no measured depth"),
    "all nan": (np.full((2, 2), np.nan), "no measured depth"),
    "8-bit": (np.ones((2, 2), np.uint8), "8-bit depth.*16-bit PNG"),
    "boolean": (np.ones((2, 2), bool), "8-bit depth"),
    "colour": (np.ones((2, 2, 3), np.uint16), "colour-mapped"),
    "one row": (np.ones(5), r"shape \(5,\)"),
    "empty": (np.ones((0, 5)), r"shape \(0, 5\)"),
    "complex": (np.ones((2, 2), complex), "complex128"),
    "text": (np.array([["a", "b"]]), "<U1"),
}


@pytest.mark.parametrize("what", BAD_DEPTH)
def test_arrays_that_are_no_depth(tmp_path: Path, what: str) -> None:
    array, sentence = BAD_DEPTH[what]
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(BadInput, match=sentence) as caught:
        read_depth(tmp_path / "a.npy")
    assert "a.npy" in str(caught.value)


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [("L", "8-bit"), ("1", "8-bit"), ("RGB", "colour"), ("P", "colour"), ("RGBA", "colour"), ("LA", "2 channels")],
)
def test_pictures_that_are_no_depth(tmp_path: Path, mode: str, sentence: str) -> None:
    Image.new("RGB", (4, 4), (200, 10, 30)).convert(mode).save(tmp_path / "a.png")
    with pytest.raises(BadInput, match=sentence):
        read_depth(tmp_path / "a.png")


@pytest.mark.parametrize("unit", ["inch", "", "MM", "normalized", "normalized:", "normalized:-3", "normalized:nan"])
def test_wrong_units(tmp_path: Path, unit: str) -> None:
    with pytest.raises(BadInput, match=r"choose mm, cm, m, kitti|e\.g\. normalized:20"):
        read_depth(tmp_path / "not even there.png", unit)
    with pytest.raises(BadInput):
        write_depth(tmp_path / "a.png", np.ones((2, 2), np.float32), unit)


def test_depth_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must end in one of \.exr"):
        write_depth(tmp_path / "a.jpg", np.ones((2, 2), np.float32))
    with pytest.raises(BadInput, match=r"shape \(2, 2, 1\)"):
        write_depth(tmp_path / "a.png", np.ones((2, 2, 1), np.float32))
    with pytest.raises(BadInput, match="must end in"):
        write_image(tmp_path / "a", np.zeros((2, 2, 3), np.uint8))
    (tmp_path / "a.npy").mkdir()
    with pytest.raises(CannotWrite, match="is a folder"):
        write_depth(tmp_path / "a.npy", np.ones((2, 2), np.float32))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npy"]
