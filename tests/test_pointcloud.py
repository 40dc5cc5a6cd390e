"""Point clouds, read back byte by byte from the PLY and GLB files."""

from __future__ import annotations

import errno
import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spnet.errors import BadInput, CannotWrite
from spnet.pointcloud import PointCloud, from_depth, write_glb, write_ply
from spnet.types import Intrinsics

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def clouds(draw: st.DrawFn, smallest: int = 0) -> PointCloud:
    count = draw(st.integers(smallest, 20))
    points = draw(hnp.arrays(np.float32, (count, 3), elements=st.floats(-100, 100, width=32)))
    return PointCloud(points, draw(hnp.arrays(np.uint8, (count, 3))))


def read_ply(path: Path) -> tuple[np.ndarray, np.ndarray]:
    header, _, body = path.read_bytes().partition(b"end_header\n")
    lines = header.decode("ascii").splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    kinds = {"float": "<f4", "uchar": "u1"}
    fields = [line.split()[1:] for line in lines if line.startswith("property")]
    count = next(int(line.split()[2]) for line in lines if line.startswith("element vertex"))
    vertices = np.frombuffer(body, np.dtype([(name, kinds[kind]) for kind, name in fields]))
    assert len(vertices) == count
    assert [name for _, name in fields] == ["x", "y", "z", "red", "green", "blue"]
    return tuple(np.stack([vertices[n] for n in names], 1) for names in (("x", "y", "z"), ("red", "green", "blue")))


def read_glb(path: Path) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    data = path.read_bytes()
    magic, version, total = struct.unpack_from("<4sII", data)
    assert (magic, version, total) == (b"glTF", 2, len(data))
    length, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    assert length % 4 == 0
    gltf = json.loads(data[20 : 20 + length])
    size, kind = struct.unpack_from("<I4s", data, 20 + length)
    binary = data[28 + length :]
    assert kind == b"BIN\0"
    assert size == len(binary) == gltf["buffers"][0]["byteLength"]

    def accessor(index: int, dtype: str, columns: int) -> np.ndarray:
        told = gltf["accessors"][index]
        view = gltf["bufferViews"][told["bufferView"]]
        part = binary[view.get("byteOffset", 0) :][: view["byteLength"]]
        return np.frombuffer(part, dtype).reshape(told["count"], columns)

    (primitive,) = gltf["meshes"][0]["primitives"]
    assert primitive["mode"] == 0
    attributes = primitive["attributes"]
    return gltf, accessor(attributes["POSITION"], "<f4", 3), accessor(attributes["COLOR_0"], "u1", 4)


def test_known_pixels_become_points() -> None:
    depth = np.array([[0, 2], [np.nan, 4]], np.float32)
    rgb = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    cloud = from_depth(depth, rgb, Intrinsics(fx=1, fy=1, cx=0, cy=0))
    np.testing.assert_array_equal(cloud.points, [[2, 0, 2], [4, 4, 4]])
    np.testing.assert_array_equal(cloud.colors, [[3, 4, 5], [9, 10, 11]])
    assert len(cloud) == 2
    assert len(from_depth(depth, rgb)) == 2  # with the guessed camera


@quick
@given(cloud=clouds())
def test_ply_holds_every_bit(tmp_path: Path, cloud: PointCloud) -> None:
    write_ply(tmp_path / "a.ply", cloud)
    points, colors = read_ply(tmp_path / "a.ply")
    np.testing.assert_array_equal(points, cloud.points)
    np.testing.assert_array_equal(colors, cloud.colors)


@quick
@given(cloud=clouds(smallest=1))
def test_glb_is_turned_and_bounded(tmp_path: Path, cloud: PointCloud) -> None:
    write_glb(tmp_path / "a.glb", cloud)
    gltf, positions, colors = read_glb(tmp_path / "a.glb")
    np.testing.assert_array_equal(positions, cloud.points * [1, -1, -1])
    np.testing.assert_array_equal(gltf["accessors"][0]["min"], positions.min(axis=0))
    np.testing.assert_array_equal(gltf["accessors"][0]["max"], positions.max(axis=0))
    assert gltf["accessors"][1]["normalized"] is True
    assert (colors[:, 3] == 255).all()
    order = np.argsort(cloud.colors[:, 0], kind="stable")
    assert (np.diff(colors[order, 0].astype(int)) >= 0).all()


def test_glb_colours_are_linear(tmp_path: Path) -> None:
    grey = np.array([[0, 128, 255]], np.uint8)
    write_glb(tmp_path / "a.glb", PointCloud(np.ones((1, 3), np.float32), grey))
    assert read_glb(tmp_path / "a.glb")[2].tolist() == [[0, 55, 255, 255]]


def test_an_empty_cloud_is_a_ply_but_no_glb(tmp_path: Path) -> None:
    empty = PointCloud(np.empty((0, 3), np.float32), np.empty((0, 3), np.uint8))
    empty.save(tmp_path / "a.ply")
    assert len(read_ply(tmp_path / "a.ply")[0]) == 0
    with pytest.raises(BadInput, match="at least one point"):
        empty.save(tmp_path / "a.glb")
    assert [p.name for p in tmp_path.iterdir()] == ["a.ply"]


def test_save_goes_by_the_suffix(tmp_path: Path) -> None:
    cloud = PointCloud(np.ones((1, 3), np.float32), np.ones((1, 3), np.uint8))
    cloud.save(tmp_path / "Wölke 1.PLY")
    cloud.save(str(tmp_path / "a.glb"))
    assert (tmp_path / "Wölke 1.PLY").read_bytes()[:3] == b"ply"
    assert (tmp_path / "a.glb").read_bytes()[:4] == b"glTF"
    with pytest.raises(BadInput, match=r"must end in \.ply or \.glb"):
        cloud.save(tmp_path / "a.obj")


def test_shapes_must_agree() -> None:
    with pytest.raises(BadInput, match=r"\(N, 3\), not \(2, 3\) and \(1, 3\)"):
        PointCloud(np.ones((2, 3), np.float32), np.ones((1, 3), np.uint8))
    with pytest.raises(BadInput, match="one size"):
        from_depth(np.ones((2, 3), np.float32), np.ones((3, 2, 3), np.uint8))


@pytest.mark.parametrize("suffix", [".ply", ".glb"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    cloud = PointCloud(np.ones((1, 3), np.float32), np.ones((1, 3), np.uint8))
    monkeypatch.setattr(Path, "replace", no_space)
    with pytest.raises(CannotWrite, match="No space left"):
        cloud.save(tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []
