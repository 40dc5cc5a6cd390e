"""The index of files: what is known is believed only while size and time of change are the same."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

import spnet.datasets.index as module
from spnet.datasets.index import Facts, FileIndex, file_hashes
from spnet.errors import BadInput

OLD = 1_000_000_000 * 10**9  # a time long ago, nanoseconds


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are hashed from now on."""
    names: list[str] = []
    real = module.file_hash

    def noted(path: Path) -> str:
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(module, "file_hash", noted)
    return names


def write(path: Path, content: bytes, when: int = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(when, when))
    return path


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_unchanged_files_are_read_once(tmp_path: Path, read: list[str]) -> None:
    files = [write(tmp_path / f"set/rgb/{name}.png", name.encode()) for name in ("a", "sub/b")]
    expected = {path: digest(name.encode()) for path, name in zip(files, ("a", "sub/b"), strict=True)}
    assert file_hashes(files) == expected
    assert sorted(read) == ["a.png", "b.png"]
    assert file_hashes(files) == expected
    assert len(read) == 2


@pytest.mark.parametrize(("content", "when"), [(b"longer", OLD), (b"B", OLD + 1), (b"A", OLD - 1)])
def test_a_changed_file_is_noticed(tmp_path: Path, read: list[str], content: bytes, when: int) -> None:
    """By its size, or by its time of change, later or earlier."""
    path = write(tmp_path / "set/rgb/a.png", b"A")
    file_hashes([path])
    write(path, content, when)
    assert file_hashes([path]) == {path: digest(content)}
    assert len(read) == 2


def test_a_file_changed_just_now_is_not_trusted(tmp_path: Path, read: list[str]) -> None:
    """It may change again within one tick of the clock, with the same size and time."""
    path = tmp_path / "set/rgb/a.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"A")
    file_hashes([path])
    file_hashes([path])
    assert len(read) == 2


def test_the_same_files_by_another_path(tmp_path: Path, read: list[str]) -> None:
    write(tmp_path / "set/rgb/a.png", b"A")
    (tmp_path / "link").symlink_to(tmp_path / "set")
    assert len(file_hashes([tmp_path / "set/rgb/a.png", tmp_path / "link/rgb/a.png"])) == 2
    file_hashes([tmp_path / "link/rgb/a.png"])
    assert len(read) <= 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-9],
        lambda content: b"",
        lambda content: b"no index\n" + content,
        lambda content: content + b'{"file": "rgb/a.png"}\n[1]\nnull\n{"file": "x", "odd": 1}\n\xff',
        lambda content: content.replace(b'"format": 1', b'"format": 0'),
    ],
)
def test_a_damaged_index_costs_time_alone(tmp_path: Path, cache: Path, damage: object) -> None:
    path = write(tmp_path / "set/rgb/a.png", b"A")
    file_hashes([path])
    (index,) = (cache / "spnet" / "index").iterdir()
    index.write_bytes(damage(index.read_bytes()))  # type: ignore[operator]
    assert file_hashes([path]) == {path: digest(b"A")}


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "set/rgb/a.png", b"A")
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))  # a file
    assert file_hashes([path]) == {path: digest(b"A")}


def test_two_runs_at_once_keep_what_both_have_seen(tmp_path: Path) -> None:
    files = [write(tmp_path / f"set/rgb/{name}.png", b"A") for name in "ab"]
    one, two = FileIndex(tmp_path / "set"), FileIndex(tmp_path / "set")
    for index, path in ((one, files[0]), (two, files[1])):
        facts = index.get(path)
        index.put(path, Facts(facts.size, facts.mtime_ns, sha256="x", shape=(3, 4), values={"low": 0.5}))
        index.save()
    again = FileIndex(tmp_path / "set")
    assert [again.get(path).values for path in files] == [{"low": 0.5}] * 2
    assert again.get(files[0]).shape == (3, 4)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.png cannot be read"):
        file_hashes([tmp_path / "gone.png"])
