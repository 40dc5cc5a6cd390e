"""What a second eye beside the camera (projector, other imager) sees, by the disparity that moves every pixel."""

from __future__ import annotations

import math

import numpy as np

from spnet.types import BoolImage, FloatImage, Intrinsics

# An occluder must lie this many pixels of disparity in front: less is the surface itself, seen aslant. Ours.
IN_FRONT = 1.5


def seen_from(inverse: FloatImage, offset: float, camera: Intrinsics, field: float = np.inf) -> BoolImage:
    """Which pixels an eye beside the camera sees too.

    The eye looks the same way from `offset` metres to the right. A point at column u falls on column
    u - fx·offset/z of the eye, where the nearest surface wins. Left of a box (offset > 0) in front of a wall, a strip
    of fx·offset·(1/z_box - 1/z_wall) pixels of the wall is hidden; a thin pole hides no more than its own width.

    Args:
        inverse: (H, W) 1/m of the camera's view, 0 = unknown (which hides nothing).
        offset: of the eye, metres, positive to the right.
        camera: the pinhole of the camera.
        field: half-width of the eye's view, in half-widths of the camera's image.

    Returns:
        (H, W) True where the eye sees the point.

    >>> q = 1 / np.array([[2, 2, 2, 2, 1, 1, 1, 1]], np.float32)
    >>> seen_from(q, 0.4, Intrinsics(10, 10, 3.5, 0)).astype(int).tolist()
    [[1, 1, 0, 0, 1, 1, 1, 1]]
    """
    height, width = inverse.shape
    # The buffer has room for half a width beside the image; what lands further out can hide nothing that matters.
    room = width // 2 + 2
    across = width + 2 * room
    target = np.arange(room, room + width, dtype=np.float32) - inverse * np.float32(camera.fx * offset)
    np.clip(target, 0, across - 2, out=target)
    index = target.astype(np.intp)  # rounds down, as none is negative
    index += (np.arange(height) * across)[:, None]
    nearest = np.zeros(height * across, np.float32)
    # A pixel covers both neighbours of its exact spot, so that a surface the eye sees stretched has no cracks, and is
    # hidden where both are covered: on average, an occluder is then as wide as it is.
    np.maximum.at(nearest, index.ravel(), inverse.ravel())
    np.maximum.at(nearest[1:], index.ravel(), inverse.ravel())
    front = np.minimum(nearest[index], nearest[1:][index])
    seen: BoolImage = front - inverse <= np.float32(IN_FRONT / max(abs(camera.fx * offset), 1e-9))
    if np.isfinite(field):
        seen &= np.abs(target - np.float32(room + (width - 1) / 2)) <= np.float32(field * width / 2)
    return seen


def in_rectangle(shape: tuple[int, ...], share: float, place: tuple[float, float] = (0.0, 0.0)) -> BoolImage:
    """True within a rectangle of `share` times the image's sides.

    Args:
        shape: (H, W).
        share: 0 to 1; 1 is the whole image.
        place: of the rectangle, down and right: 0 is centred, 1 touches the image's bottom or right side.
    """
    sides = []
    for n, at in zip(shape, place, strict=False):
        centre = (n - 1) / 2 + at * (1 - share) * n / 2
        sides.append(np.abs(np.arange(n) - centre) <= share * n / 2)
    out: BoolImage = sides[0][:, None] & sides[1][None, :]
    return out


def in_hexagon(shape: tuple[int, ...], share: float) -> BoolImage:
    """True within a centred regular hexagon, corners left and right, of `share` times the half diagonal."""
    v, u = (np.abs(np.arange(n) - (n - 1) / 2) for n in shape[:2])
    radius = share * math.hypot(*shape[:2]) / 2
    half = np.sqrt(3) / 2
    out: BoolImage = (v[:, None] <= half * radius) & (half * u[None, :] + v[:, None] / 2 <= half * radius)
    return out


def in_circle(shape: tuple[int, ...], share: float) -> BoolImage:
    """True within a centred circle of `share` times the half diagonal."""
    v, u = (np.arange(n) - (n - 1) / 2 for n in shape[:2])
    out: BoolImage = np.hypot(v[:, None], u[None, :]) <= share * math.hypot(*shape[:2]) / 2
    return out
