"""Writing files so that they are complete or absent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spnet.errors import CannotWrite


@contextmanager
def atomic_path(target: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`, with its suffix; rename it on success, remove it on any failure.

    Parent folders are created.

    Raises:
        CannotWrite: the folder cannot be made, the disk is full, the target is a folder, ….
    """
    target = Path(target)
    temporary: Path | None = None
    try:
        if target.is_dir():
            raise CannotWrite(f"Cannot write {target}: it is a folder; give a file name.")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        temporary.chmod(0o666 & ~_umask())
        yield temporary
        temporary.replace(target)
    except CannotWrite:
        raise
    except OSError as error:
        raise CannotWrite(f"Cannot write {target}: {error.strerror or error}.") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
