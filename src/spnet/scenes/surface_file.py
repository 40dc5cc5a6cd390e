"""True normals and materials of a pair in one small file, for sensors that want them later."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spnet.errors import BadInput
from spnet.types import AnyArray, Surface

PACKED = ("normals", "material", "materials")
STEPS = 127  # a normal's component is kept in 8 bits; the angle is then wrong by up to 0.4 degrees


def packed(surface: Surface) -> dict[str, AnyArray]:
    """The arrays of a surface as files have them: normals int8, materials that occur alone, their number uint16."""
    used, where = np.unique(surface.material, return_inverse=True)
    known = used[used >= 0]
    table = surface.materials[known].astype(np.float16)
    number = (where - int((used < 0).sum())).reshape(surface.material.shape)
    return {
        "normals": np.rint(surface.normals * STEPS).astype(np.int8),
        "material": np.where(number < 0, 65535, number).astype(np.uint16),
        "materials": table,
    }


def unpacked(arrays: dict[str, AnyArray]) -> Surface:
    """What `packed` made, as a surface; normals have length 1 again."""
    normals = arrays["normals"].astype(np.float32)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    unit: NDArray[np.float32] = (normals / np.maximum(length, 1e-6)).astype(np.float32)
    material = arrays["material"].astype(np.int32)
    return Surface(unit, np.where(material == 65535, -1, material), arrays["materials"].astype(np.float32))


def write_surface(path: Path, surface: Surface) -> None:
    """Write a surface as NPZ."""
    with path.open("wb") as file:
        np.savez_compressed(file, **packed(surface))  # type: ignore[arg-type]


def read_surface(path: Path) -> Surface:
    """Read a surface.

    Raises:
        BadInput: it is damaged or of another kind.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return unpacked({name: arrays[name] for name in PACKED})
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise BadInput(f"{path} holds no surface ({type(error).__name__}: {error}).") from None
