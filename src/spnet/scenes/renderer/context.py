"""Opening an OpenGL context without a window, and compiling the shaders."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module, resources
from typing import Any

import numpy as np

from spnet.errors import MissingExtra
from spnet.extras import need
from spnet.scenes.renderer.base import NoContext
from spnet.types import AnyArray

MISSING_EGL = (
    "OpenGL could not be opened ({problem}); on Debian or Ubuntu, apt-get install libegl1 libgl1-mesa-dri brings it."
)


def open_context() -> Any:
    """A moderngl context through EGL.

    Raises:
        NoContext: moderngl or EGL is absent, or no driver offers OpenGL 4.3.
    """
    try:
        moderngl = need("moderngl", "scenes", "Rendered scenes")
    except MissingExtra as missing:
        raise NoContext(str(missing)) from None
    # Mesa's software renderer and Triton each bring an LLVM. Triton ends the process if its own comes second, and torch
    # imports it unasked, with the first optimizer.
    with suppress(ImportError):
        import_module("triton")
    try:
        context = moderngl.create_context(standalone=True, backend="egl", require=430)
    except Exception as problem:  # noqa: BLE001 - glcontext raises bare Exception, ImportError or OSError, by platform
        reason = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
        raise NoContext(MISSING_EGL.format(problem=reason)) from None
    context.gc_mode = None  # objects are released by hand
    return context


def shader(*names: str, define: str = "") -> str:
    """Source of a shader: the named files one after another, below the version and definitions.

    Args:
        names: files of the folder `shaders`.
        define: macros to define, apart by blanks, with values as in A=1.
    """
    folder = resources.files("spnet.scenes.renderer") / "shaders"
    macros = "".join(f"#define {macro.replace('=', ' ')}\n" for macro in define.split())
    return "#version 430\n" + macros + "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def program(context: Any, vertex: str, fragment: tuple[str, ...], define: str = "") -> Any:
    """A linked program of files of the folder `shaders`."""
    return context.program(
        vertex_shader=shader("common.glsl", vertex, define=define),
        fragment_shader=shader("common.glsl", *fragment, define=define),
    )


def put(target: Any, **uniforms: AnyArray | tuple[float, ...] | float | int) -> None:
    """Set uniforms of a program; those that the compiler found unused are left out. Matrices are (rows, columns).

    Args:
        target: the program.
        uniforms: values by name; integers for samplers and counts, floats and arrays of them for the rest.
    """
    for name, value in uniforms.items():
        member = target.get(name, None)
        if member is None:
            continue
        if isinstance(value, int):
            member.value = value
            continue
        array = np.asarray(value, np.float32)
        if member.dimension in (9, 16):  # OpenGL keeps columns together
            array = np.swapaxes(array, -1, -2)
        member.write(np.ascontiguousarray(array).tobytes())
