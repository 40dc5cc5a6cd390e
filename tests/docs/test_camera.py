"""docs/camera.md: its code gives what it says, on made-up data, and its messages are those that users get."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import spnet
from spnet import Intrinsics, SpnetError
from spnet.geometry import project, unproject
from spnet.io import read_depth, read_rgb

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/camera.md").read_text(encoding="utf-8")


def snippet(word: str) -> str:
    """The one snippet with this word in it, indentation of lists taken away."""
    found = re.findall(r"^( *)```python\n(.*?)^\1```", TEXT, re.S | re.M)
    (code,) = [re.sub(f"^{indent}", "", body, flags=re.M) for indent, body in found if word in body]
    return code


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(read_rgb(ROOT / "examples/desk/rgb.jpg")).save("rgb.png", compress_level=1)
    return {}


def test_lidar_points_land_where_they_were_measured(names: dict[str, Any]) -> None:
    depth = read_depth(ROOT / "examples/desk/depth_500_points.png")
    in_camera = unproject(depth, Intrinsics(fx=525, fy=525, cx=319.5, cy=239.5))[depth > 0]
    forward = in_camera[:, [2, 0, 1]] * (1, -1, -1) - (
        -0.02,
        0,
        0.08,
    )  # worked out by hand, not by the snippet's matrix
    np.save("scan.npy", np.concatenate([forward, [[-5, 0, 0]]]))  # and one point behind the camera
    exec(snippet("scan.npy"), names)
    np.testing.assert_allclose(names["sparse"], depth, atol=1e-5)
    assert names["result"].depth.shape == (480, 640)


def test_range_becomes_depth(names: dict[str, Any]) -> None:
    names |= {"np": np, "rgb": np.zeros((48, 64, 3)), "camera": Intrinsics(30, 30, 31.5, 23.5)}
    names["sparse"] = np.full((48, 64), 2, np.float32)
    exec(snippet("rays"), names)
    assert names["distance"][0, 0] > 1.5 * names["distance"][23, 31]  # a flat wall is farther along slanted rays
    np.testing.assert_allclose(names["depth"], 2, rtol=1e-6)


def test_background_seen_past_an_edge_is_dropped(names: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    camera = Intrinsics(80, 80, 39.5, 29.5)
    box = np.column_stack([rng.uniform(-0.2, 0.2, 400), rng.uniform(-0.2, 0.2, 400), np.full(400, 1.0)])
    wall = np.column_stack([rng.uniform(-1.4, 1.4, 400), rng.uniform(-1, 1, 400), np.full(400, 3.0)])  # also behind it
    sparse = project(np.concatenate([box, wall]).astype(np.float32), camera, (60, 80))
    covered = (slice(16, 44), slice(26, 54))  # where the camera sees the box
    assert (sparse[covered] == 3).any()
    names |= {"np": np, "sparse": sparse}
    exec(snippet("minimum_filter"), names)
    assert not (sparse[covered] == 3).any()
    assert (sparse == 3).sum() > 100
    assert (sparse == 1).sum() > 200


def test_a_phones_measurements_keep_their_place(names: dict[str, Any]) -> None:
    Image.fromarray(np.tile(np.linspace(0, 255, 80, dtype=np.uint8), (60, 1))).convert("RGB").save("phone.jpg")
    stored = np.arange(1000, 1000 + 8 * 6).reshape(6, 8).astype(np.uint16)
    Image.fromarray(stored).save("phone_depth.png")
    confidence = np.full((6, 8), 2, np.uint8)
    confidence[0, 0] = 1
    Image.fromarray(confidence).save("phone_confidence.png")
    exec(snippet("phone.jpg"), names)
    sparse = names["sparse"]
    assert np.count_nonzero(sparse) == 47
    assert sparse[5, 5] == 0
    assert sparse[15, 75] == pytest.approx(1.015)  # row 1, column 7, in blocks of 10 × 10
    assert Path("phone_dense.png").is_file()


def test_the_messages_are_those_that_users_get(names: dict[str, Any], recwarn: pytest.WarningsRecorder) -> None:
    depth = read_depth(ROOT / "examples/desk/depth_kinect.png")
    pictures = [
        depth * 1000,
        (depth * 20).clip(0, 255).astype(np.uint8),
        np.zeros((480, 640, 3), np.uint8),
        depth[:, :480],
        np.zeros((480, 640), np.uint16),
    ]
    said = []
    for wrong in pictures:
        try:
            spnet.complete("rgb.png", wrong)
            said += [str(warning.message) for warning in recwarn]
        except SpnetError as error:
            said.append(str(error))
    rows = re.findall(r"^\| `([^`]+)` \|", TEXT, re.M)
    assert len(rows) == len(said) == 5
    for row, message in zip(rows, said, strict=True):
        assert row in message
