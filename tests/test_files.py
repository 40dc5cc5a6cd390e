"""Atomic writing: a file is complete or absent, and what was there before stays until then."""

from __future__ import annotations

import errno
import importlib.util
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from spnet.errors import CannotWrite
from spnet.files import atomic_path
from spnet.io import write_depth, write_image

DEPTH = np.full((40, 50), 2.0, np.float32)
WRITERS = {
    "depth.png": lambda path: write_depth(path, DEPTH),
    "depth.tif": lambda path: write_depth(path, DEPTH),
    "depth.npy": lambda path: write_depth(path, DEPTH),
    "depth.npz": lambda path: write_depth(path, DEPTH),
    "depth.pfm": lambda path: write_depth(path, DEPTH),
    "picture.png": lambda path: write_image(path, np.zeros((4, 4, 3), np.uint8)),
    "picture.jpg": lambda path: write_image(path, np.zeros((4, 4, 3), np.uint8)),
}

if importlib.util.find_spec("OpenEXR"):
    WRITERS["depth.exr"] = lambda path: write_depth(path, DEPTH)


def _no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("step", ["rename", "content"])
def test_a_full_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, step: str
) -> None:
    target = tmp_path / name
    target.write_bytes(b"before")
    with monkeypatch.context() as patch:
        if step == "rename":
            patch.setattr(Path, "replace", _no_space)
        else:  # a device that has no space left: the temporary file becomes a link to it
            if not Path("/dev/full").exists():
                pytest.skip("this system has no /dev/full")
            patch.setattr("spnet.files._create_beside", _link_to_full_device)
        with pytest.raises(CannotWrite, match=f"Cannot write .*{name}: "):
            WRITERS[name](target)
    assert target.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == [name]


def _link_to_full_device(final: Path) -> Path:
    temporary = final.parent / f".temporary{final.suffix}"
    temporary.symlink_to("/dev/full")
    return temporary


@pytest.mark.parametrize("name", WRITERS)
def test_places_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotWrite, match="Cannot write"):
        WRITERS[name](tmp_path / "file" / name)
    with pytest.raises(CannotWrite, match="Cannot write"):
        WRITERS[name](tmp_path / "file" / "deeper" / name)
    (tmp_path / name).mkdir()
    with pytest.raises(CannotWrite, match="is a folder"):
        WRITERS[name](tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["file", name])


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    if not Path("/dev/null").exists():
        pytest.skip("this system has no /dev/null")
    (tmp_path / "a.png").symlink_to("/dev/null")
    with pytest.raises(CannotWrite, match="device"):
        write_image(tmp_path / "a.png", np.zeros((2, 2, 3), np.uint8))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "real" / "file.txt")
    with atomic_path(tmp_path / "link.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real" / "file.txt").read_text() == "new"


def test_a_ring_of_links_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(CannotWrite), atomic_path(tmp_path / "a" / "c.txt"):
        pass


def test_the_block_decides(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "a.txt"
    with pytest.raises(KeyError):
        _fail_halfway(target)
    assert list(target.parent.iterdir()) == []
    with atomic_path(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.suffix == ".txt"
        temporary.write_text("whole")
        assert not target.exists()
    assert [p.read_text() for p in target.parent.iterdir()] == ["whole"]


def _fail_halfway(target: Path) -> None:
    with atomic_path(target) as temporary:
        temporary.write_text("half")
        raise KeyError("the caller's own error")


def test_permissions_are_those_of_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with atomic_path(tmp_path / "ours"):
        pass
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode
