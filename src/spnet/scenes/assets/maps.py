"""Environment maps of npm's @pmndrs/assets: JavaScript modules with EXR pictures as base64 (CC0, from Poly Haven)."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from spnet.errors import BadInput
from spnet.extras import need
from spnet.scenes.scene import Floats

_FOLDER = re.compile(r"(?:^|/)hdri/([\w-]+)\.exr\.js$")
_BASE64 = re.compile(rb"base64,([A-Za-z0-9+/=]+)")


def read_maps(files: Mapping[str, Callable[[], bytes]]) -> dict[str, Floats]:
    """All environment maps of the package.

    Args:
        files: of the package, by name.

    Returns:
        Name to (h, 2h, 3) float32, linear, first row up.

    Raises:
        BadInput: there are none, or one cannot be read.
        MissingExtra: without OpenEXR.
    """
    found = {match[1]: read for name, read in sorted(files.items()) if (match := _FOLDER.search(name))}
    if not found:
        raise BadInput("There are no environment maps (hdri/*.exr.js) in what should be npm's @pmndrs/assets.")
    return {name: _decoded(name, read()) for name, read in found.items()}


def _decoded(name: str, module: bytes) -> Floats:
    content = _BASE64.search(module)
    if content is None:
        raise BadInput(f"The environment map {name!r} is no base64 text.")
    reader = need("OpenEXR", "assets", "Asset packs")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.exr"
        path.write_bytes(base64.b64decode(content[1]))
        with reader.File(str(path)) as file:
            channels = file.channels()
            together = [key for key in ("RGB", "RGBA") if key in channels]
            pixels = channels[together[0]].pixels[..., :3] if together else np.stack(
                [channels[key].pixels for key in "RGB"], -1)  # fmt: skip
            return np.nan_to_num(np.asarray(pixels, np.float32), posinf=0.0, neginf=0.0).clip(0)
