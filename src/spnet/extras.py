"""Optional dependencies: asked for where they are needed, named by the pip extra that brings them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from spnet.errors import MissingExtra


def need(module: str, extra: str, purpose: str) -> Any:
    """Import an optional module.

    Args:
        module: its import name, e.g. "cv2".
        extra: the pip extra of this package that installs it, e.g. "eval".
        purpose: what needs it, as the sentence's subject, in the plural, e.g. "Key points".

    Raises:
        MissingExtra: it is not installed.

    >>> need("math", "eval", "Sums").floor(1.5)
    1
    """
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtra(f"{purpose} need one more package: pip install 'spnet[{extra}]'.") from None
