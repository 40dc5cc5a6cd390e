"""ScanNet in miniature: exported folders, the 25k frames, the binary stream, lists."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from archives import colours, cut, ramp, write_image, write_text
from PIL import Image

from spnet.datasets.adapters.scannet import ADAPTER
from spnet.errors import BadInput
from spnet.types import AnyArray, Intrinsics

MATRIX = "577.5 0 319.5 0\n0 578.5 239.5 0\n0 0 1 0\n0 0 0 1\n"


def frame(scene: Path, name: str, start: int = 1000) -> None:
    depth = ramp(6, 8, start)
    depth[1, 2] = 0
    write_image(scene / f"color/{name}.jpg", colours(12, 16))
    write_image(scene / f"depth/{name}.png", depth)


def block_means(image: AnyArray) -> AnyArray:
    return image.reshape(6, 2, 8, 2, 3).mean((1, 3))


def stream(path: Path, frames: list[AnyArray], version: int = 4, depth_kind: int = 1) -> Path:
    """A `.sens` file, written byte by byte as sensorData.h lays it out."""
    depth_matrix = [577.5, 0, 319.5, 0, 0, 578.5, 239.5, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    other = [1170.0 + i for i in range(16)]
    data = struct.pack("<I", version) + struct.pack("<Q", 15) + b"StructureSensor"
    for matrix in (other, other, depth_matrix, other):
        data += struct.pack("<16f", *matrix)
    data += struct.pack("<ii", 2, depth_kind) + struct.pack("<IIII", 16, 12, 8, 6)
    data += struct.pack("<f", 1000.0) + struct.pack("<Q", len(frames))
    jpeg = io.BytesIO()
    Image.fromarray(colours(12, 16)).save(jpeg, "JPEG", quality=100, subsampling=0)
    for i, depth in enumerate(frames):
        packed = zlib.compress(depth.astype("<u2").tobytes())
        data += struct.pack("<16f", *range(16)) + struct.pack("<QQ", i, i)
        data += struct.pack("<QQ", len(jpeg.getvalue()), len(packed)) + jpeg.getvalue() + packed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    exported, small = tmp_path / "scans/scene0000_00", tmp_path / "scannet_frames_25k/scene0011_00"
    for number in (10, 9, 0):
        frame(exported, str(number), start=1000 + number)
    write_text(exported / "intrinsic/intrinsic_depth.txt", MATRIX)
    for number in (0, 100):
        frame(small, f"{number:06d}", start=2000 + number)
    write_text(small / "intrinsics_depth.txt", MATRIX.replace("577.5", "570"))
    stream(tmp_path / "scans/scene0707_01/scene0707_01.sens", [ramp(6, 8, 3000), ramp(6, 8, 4000)])
    return tmp_path


def test_order_and_names(root: Path) -> None:
    exported = [f"scene0000_00/{n}" for n in (0, 9, 10)]
    rest = ["scene0011_00/000000", "scene0011_00/000100", "scene0707_01/0", "scene0707_01/1"]
    assert [item.name for item in ADAPTER.items(root, "all")] == exported + rest
    assert [item.name for item in ADAPTER.items(root / "scannet_frames_25k", "all")] == rest[:2]


def test_splits_are_official_lists_or_any_list(root: Path) -> None:
    write_text(root / "Tasks/Benchmark/scannetv2_val.txt", "scene0707_01\nscene0000_00\n")
    names = [item.name for item in ADAPTER.items(root, "val")]
    assert names[:3] == ["scene0707_01/0", "scene0707_01/1", "scene0000_00/0"], "the list's order"
    lines = ("scene0011_00/color/000100.jpg scene0011_00/depth/000100.png", "None None", "a/scene0000_00/color/9.jpg")
    write_text(root / "list.txt", "# a subset\n\n" + "\n".join(lines))
    assert [item.name for item in ADAPTER.items(root, "list")] == ["scene0011_00/000100", "scene0000_00/9"]


def test_millimetres_resized_colour_and_camera(root: Path) -> None:
    read = [item.read() for item in ADAPTER.items(root, "all")]
    depth = read[1].depth
    assert depth is not None
    assert read[1].rgb is not None
    assert depth.dtype == np.float32
    assert depth[1, 2] == 0
    np.testing.assert_allclose(depth[[0, 5, 5], [0, 0, 7]], [1.009, 1.509, 1.516], rtol=1e-6)
    assert read[1].rgb.shape == (6, 8, 3)
    np.testing.assert_allclose(read[1].rgb, block_means(colours(12, 16)), atol=6)
    assert read[1].intrinsics == Intrinsics(577.5, 578.5, 319.5, 239.5)
    assert read[3].intrinsics == Intrinsics(570, 578.5, 319.5, 239.5)


def test_the_stream_gives_the_same_as_its_export(root: Path) -> None:
    first, second = [item.read() for item in ADAPTER.items(root, "all")][-2:]
    assert first.depth is not None
    assert first.rgb is not None
    assert second.depth is not None
    np.testing.assert_array_equal(first.depth, (ramp(6, 8, 3000) * 1e-3).astype(np.float32))
    np.testing.assert_array_equal(second.depth, (ramp(6, 8, 4000) * 1e-3).astype(np.float32))
    np.testing.assert_allclose(first.rgb, block_means(colours(12, 16)), atol=6)
    assert first.intrinsics == Intrinsics(577.5, 578.5, 319.5, 239.5)


def test_bad_streams_are_named(tmp_path: Path) -> None:
    path = tmp_path / "scene0000_00/scene0000_00.sens"
    depth = ramp(6, 8)
    for content, message in (
        (lambda: stream(path, [depth], version=3), r"scene0000_00.sens is no ScanNet stream of version 4"),
        (lambda: stream(path, [depth], depth_kind=2), r"compressed in a way that is not read here"),
        (lambda: cut(stream(path, [depth, depth]), 0.9), r"scene0000_00.sens is cut off in frame 1"),
        (lambda: cut(stream(path, [depth]), 0.1), r"scene0000_00.sens is cut off"),
        (lambda: path.unlink(), r"holds no ScanNet scene: expected color/ and depth/, or scene0000_00.sens"),
    ):
        content()
        with pytest.raises(BadInput, match=message):
            ADAPTER.items(tmp_path, "all")
    stream(path, [depth[:5]])  # fewer values than the header's size
    with pytest.raises(BadInput, match=r"scene0000_00.sens: the frame at byte \d+ is damaged"):
        ADAPTER.items(tmp_path, "all")[0].read()


def test_bad_archives_are_named(root: Path) -> None:
    with pytest.raises(BadInput, match=r"color does not hold this archive: expected folders sceneXXXX_XX"):
        ADAPTER.items(root / "scans/scene0000_00/color", "all")
    with pytest.raises(BadInput, match=r"scannetv2_test.txt is missing"):
        ADAPTER.items(root, "test")
    for line, message in (
        ("scene0999_00", r"scene0999_00 is missing; it belongs to the split"),
        ("scene0000_00/color/5.jpg", r"scene0000_00 has no frame 5"),
        ("kitchen", r"names 'kitchen': expected sceneXXXX_XX"),
    ):
        write_text(root / "list.txt", line)
        with pytest.raises(BadInput, match=message):
            ADAPTER.items(root, "list")
    camera = root / "scans/scene0000_00/intrinsic/intrinsic_depth.txt"
    write_text(camera, MATRIX[:20])
    with pytest.raises(BadInput, match=r"intrinsic_depth.txt is cut off"):
        ADAPTER.items(root, "all")[0].read()
    cut(root / "scans/scene0000_00/color/0.jpg", 0.3)
    with pytest.raises(BadInput, match=r"0.jpg is damaged"):
        ADAPTER.items(root, "all")[0].read()
    (root / "scans/scene0000_00/depth/9.png").unlink()
    with pytest.raises(BadInput, match=r"9.png is missing"):
        ADAPTER.items(root, "all")
