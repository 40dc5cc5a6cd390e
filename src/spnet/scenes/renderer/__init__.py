"""Pictures and exact depth of a scene: by OpenGL where a context can be opened, by a slower ray caster elsewhere."""

from __future__ import annotations

from warnings import warn

from spnet.errors import BadInput, SpnetWarning
from spnet.scenes.renderer.base import PEEK, NoContext, Renderer
from spnet.scenes.renderer.caster import TorchRenderer
from spnet.scenes.renderer.gl import GlRenderer
from spnet.scenes.textures import TextureSet

__all__ = ["PEEK", "NoContext", "Renderer", "open_renderer"]


def open_renderer(width: int, height: int, textures: TextureSet, *, name: str = "auto") -> Renderer:
    """A renderer for pictures of one size.

    Args:
        width, height: of the pictures, pixels.
        textures: layers that the materials of all scenes refer to.
        name: "gl" (OpenGL through EGL: a GPU's driver, or Mesa's llvmpipe), "torch" (a plain ray caster that works
            anywhere), or "auto": "gl" if possible, else "torch" with a warning.

    Raises:
        NoContext: "gl" was asked for and cannot be used here.
        BadInput: there is no renderer of this name, or the size is no size.
    """
    if name not in ("auto", "gl", "torch"):
        raise BadInput(f"There is no renderer {name!r}; choose auto, gl or torch.")
    if min(width, height) < 8:
        raise BadInput(f"A renderer needs at least 8 x 8 pixels, not {width} x {height}.")
    if name != "torch":
        try:
            return GlRenderer(width, height, textures)
        except NoContext as problem:
            if name == "gl":
                raise
            warn(f"{problem} Scenes are drawn by a plainer and much slower ray caster.", SpnetWarning, stacklevel=2)
    return TorchRenderer(width, height, textures)
