"""What a renderer is."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from spnet.errors import SpnetError
from spnet.scenes.scene import Ints, Rendered, Scene, View
from spnet.types import FloatImage

PEEK = 96  # width of `peek`, pixels; ours


class NoContext(SpnetError, RuntimeError):
    """OpenGL cannot be used here; the message says why and what would help."""


class Renderer(Protocol):
    """Renders views of one scene at a time, all of one size. The same scene and view give the same bytes.

    Attributes:
        name: "gl" or "torch".
        description: what runs it, e.g. the driver.
    """

    name: str
    description: str

    def load(self, scene: Scene) -> None:
        """Make a scene the current one; what the last one used is released."""
        ...

    def render(self, view: View) -> Rendered:
        """The current scene as seen from somewhere."""
        ...

    def peek(self, view: View) -> tuple[FloatImage, Ints]:
        """Depth and thing of a view in a small picture of `PEEK` pixels width, quickly, to judge the view by.

        Returns:
            (h, w) float32 metres, 0 = sky; (h, w) int32 index into `Scene.things`, -1 = sky.
        """
        ...

    def close(self) -> None:
        """Release everything."""
        ...

    def __enter__(self) -> Renderer: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
