"""Which request a warning belongs to: several are worked on at once by threads, and `warnings.catch_warnings` of Python
before 3.14 is for one thread."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from spnet.errors import SpnetWarning

_THREAD = threading.local()


def listen() -> None:
    """From now on, in the whole process, our warnings are kept for whoever does `told`; others are shown as usual."""
    usual = warnings.showwarning

    def hear(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        texts = getattr(_THREAD, "texts", None)
        if texts is None or not issubclass(category, SpnetWarning):
            usual(message, category, filename, lineno, file, line)
        else:
            texts.append(str(message))

    warnings.simplefilter("always", SpnetWarning)
    warnings.showwarning = hear


@contextmanager
def told() -> Iterator[list[str]]:
    """Our warnings of this thread, while it lasts."""
    texts: list[str] = []
    _THREAD.texts = texts
    try:
        yield texts
    finally:
        _THREAD.texts = None
