"""Files on disk: written so that they are complete or absent, and found by their stem."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from spnet.errors import BadInput, CannotWrite

BLOCK = 1 << 20  # bytes read at once


@contextmanager
def atomic_path(target: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`, with its suffix; rename it on success, remove it on any failure.

    The temporary file exists, empty, when the block starts; the block fills or overwrites it. Parent folders are
    created. A link is followed: the file that it points to is replaced.

    Args:
        target: the file to write.

    Yields:
        The path to write to; only after the block has ended well does `target` change.

    Raises:
        CannotWrite: the folder cannot be made or written, the disk is full, the target is a folder or a device. Any
            OSError of the block becomes one too; other exceptions pass unchanged.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_path(f"{folder}/new/note.txt") as temporary:
    ...         _ = temporary.write_text("all of it")
    ...     Path(folder, "new", "note.txt").read_text()
    'all of it'
    """
    target = Path(target)
    temporary: Path | None = None
    try:
        final = Path(os.path.realpath(target))
        if final.is_dir():
            raise CannotWrite(f"Cannot write {target}: it is a folder; give a file name.")
        if final.exists() and not final.is_file():
            raise CannotWrite(f"Cannot write {target}: it is a device or pipe, not a file.")
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = _create_beside(final)
        yield temporary
        temporary.replace(final)
    except CannotWrite:
        raise
    except OSError as error:
        raise CannotWrite(f"Cannot write {target}: {error.strerror or error}.") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_together(writers: Sequence[tuple[Path, Callable[[Path], object]]]) -> None:
    """Write several files, all or none: each beside its place, then all are renamed; a failure takes them away again.

    Args:
        writers: the files, each with what writes it to a path.

    Raises:
        CannotWrite: as `atomic_path`.
    """
    complete = False
    try:
        with ExitStack() as stack:
            for path, write in writers:
                write(stack.enter_context(atomic_path(path)))
        complete = True
    finally:
        if not complete:
            for path, _ in writers:
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def _create_beside(final: Path) -> Path:
    """An empty, hidden, newly made file in the target's folder, with the permissions a plain `open` would give."""
    temporary = final.parent / f".{secrets.token_hex(8)}{final.suffix}"
    temporary.open("xb").close()
    return temporary


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        BadInput: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None
    return digest.hexdigest()


def files_by_stem(folder: Path, suffixes: Set[str]) -> dict[str, Path]:
    """The files of a folder and its sub-folders by their path below it, without suffix.

    Hidden files (`._x.png` of macOS) are left out.

    Raises:
        BadInput: two files differ in their suffix only.
    """
    found = all_by_stem(folder, suffixes)
    for paths in found.values():
        if len(paths) > 1:
            raise BadInput(same_stem(paths))
    return {stem: paths[0] for stem, paths in found.items()}


def all_by_stem(folder: Path, suffixes: Set[str]) -> dict[str, list[Path]]:
    """As `files_by_stem`, with all files of one stem."""
    found: dict[str, list[Path]] = {}
    for below, name in _names(folder):
        stem, suffix = os.path.splitext(name)  # noqa: PTH122 - strings: see `_names`
        if suffix.lower() in suffixes and not name.startswith("."):
            found.setdefault(below + stem, []).append(folder / f"{below}{name}")
    return found


def _names(folder: str | Path, below: str = "") -> Iterator[tuple[str, str]]:
    """(sub-folder with a slash or "", name) of every file, in the order of sorted paths.

    `sorted(folder.rglob("*"))` takes several times longer, which shows at 100 000 files. Links to folders are left out.
    """
    try:
        with os.scandir(folder) as entries:
            here = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in here:
        if entry.is_dir(follow_symlinks=False):
            yield from _names(entry.path, f"{below}{entry.name}/")
        elif entry.is_file():
            yield below, entry.name


def same_stem(paths: Sequence[Path]) -> str:
    """What is wrong with files that differ in their suffix only, as a sentence."""
    return f"{paths[0]} and {paths[1]} have the same stem: which of them is meant? Remove one."
