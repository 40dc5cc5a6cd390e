"""Validation during training: held-out images, pinned sparse inputs, scored where nothing was measured."""

from __future__ import annotations

import hashlib


def is_held_out(name: str, share: float) -> bool:
    """Whether an image is kept for validation: by its name alone, whatever other images there are.

    Args:
        name: "<data set>/<image>", see `full_name`.
        share: of all images that are kept, 0 to 1.

    >>> sum(is_held_out(f"set/{i}", 0.1) for i in range(10_000))
    996
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def full_name(dataset: str, image: str) -> str:
    """What `is_held_out` takes: `FolderDataset.name` and `Pair.name`."""
    return f"{dataset}/{image}"
