"""What the renderer draws into."""

from __future__ import annotations

from typing import Any

from spnet.scenes.renderer.base import PEEK
from spnet.scenes.renderer.screen import plain

FACE = 96  # pixels of the side of a cube around a point, for reflections; ours
LIST = 512  # side of the list of places that are shaded at once, a square


class Targets:
    """What is drawn into, for pictures of one size."""

    def __init__(self, gl: Any, width: int, height: int) -> None:
        """All of them at once.

        Args:
            gl: the context.
            width, height: of the pictures.
        """
        size = width, height
        self.exact = _exact(gl, size)
        self.small = _exact(gl, (PEEK, max(round(PEEK * height / width), 1)))
        self.samples = gl.framebuffer(
            [gl.texture(size, 1, samples=4, dtype="u4")], gl.depth_renderbuffer(size, samples=4)
        )
        self.collected = gl.framebuffer([plain(gl, size, 4, "u4")])
        self.solid = gl.framebuffer([plain(gl, size, 1, "u4")], gl.depth_renderbuffer(size))
        self.nearest = gl.framebuffer([plain(gl, size, 1, "u4")], gl.depth_renderbuffer(size))
        self.occlusion = gl.framebuffer([gl.texture(size, 1, dtype="f1")])
        self.white = gl.framebuffer([gl.texture((1, 1), 1, b"\xff", alignment=1)])
        self.face = _exact(gl, (FACE, FACE))
        self.face_colour = gl.framebuffer([plain(gl, (FACE, FACE), 4, "f2")])
        self.colour = gl.framebuffer([plain(gl, size, 4, "f2")])
        self.listed = gl.framebuffer([plain(gl, (LIST, LIST), 4, "f2")])
        self.places = plain(gl, (LIST, LIST), 2, "f4")
        self.numbers = plain(gl, (LIST, LIST), 1, "u4")


def _exact(gl: Any, size: tuple[int, int]) -> Any:
    """A target for exact.frag."""
    return gl.framebuffer([plain(gl, size, 4, "f4"), plain(gl, size, 1, "u4")], gl.depth_renderbuffer(size))
