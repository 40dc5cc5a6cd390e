"""Clothed people who stand, walk, sit and carry things. Proportions follow the usual eight-head figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Mesh, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour, linear, neutral

Matrix = shapes.Matrix


@dataclass(frozen=True)
class Pose:
    """Angles of limbs, radians: forward (towards -y) is positive; pairs are left and right.

    Attributes:
        thigh: of the thighs from straight down.
        knee: bend of the knees.
        arm: of the upper arms from straight down.
        out: of the upper arms sideways.
        elbow: bend of the elbows.
        lean: of the trunk forward.
    """

    thigh: tuple[float, float] = (0.03, -0.03)
    knee: tuple[float, float] = (0.04, 0.04)
    arm: tuple[float, float] = (0.0, 0.0)
    out: tuple[float, float] = (0.14, 0.14)
    elbow: tuple[float, float] = (0.25, 0.25)
    lean: float = 0.0


def _pose(rng: np.random.Generator) -> tuple[str, Pose]:
    """How somebody holds himself: name and angles."""
    kind = int(rng.integers(0, 7))
    if kind <= 1:
        step, swing = between(rng, 0.2, 0.5), between(rng, 0.2, 0.55)
        way = 1 if chance(rng, 0.5) else -1
        return "walking", Pose((way * step, -way * step), (0.12, 0.45) if way > 0 else (0.45, 0.12),
                               (-way * swing, way * swing), elbow=(0.4, 0.4), lean=0.06)  # fmt: skip
    if kind == 2:
        return "sitting", Pose(
            (1.45, 1.5), (1.45, 1.5), (0.5, 0.45), (0.1, 0.1), (0.75, 0.8), between(rng, -0.12, 0.15)
        )
    if kind == 3:
        return "with a telephone", Pose(arm=(0.5, 0.05), elbow=(1.7, 0.2), lean=0.04)
    if kind == 4:
        return "with both hands before him", Pose(arm=(0.45, 0.45), out=(0.05, 0.05), elbow=(1.3, 1.3))
    if kind == 5:
        return "reaching", Pose(arm=(between(rng, 1.0, 2.4), 0.1), elbow=(0.3, 0.2), lean=0.05)
    return "standing", Pose(out=(between(rng, 0.1, 0.3), between(rng, 0.1, 0.3)), elbow=(between(rng, 0.1, 0.6), 0.2))


def rings(levels: Sequence[tuple[float, float, float, float]], sides: int = 16) -> Mesh:
    """A soft solid of ellipses, one above the other: (z, half_x, half_y, y) each, from below to above."""
    table = np.asarray(levels, np.float64)[::-1]
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    x = table[:, 1:2] * np.cos(angle)
    y = table[:, 3:4] + table[:, 2:3] * np.sin(angle)
    points = np.stack([x, y, np.broadcast_to(table[:, :1], x.shape)], -1)
    length = np.stack(np.broadcast_arrays(angle * table[:, 1].mean(), table[:, :1]), -1)
    return shapes.grid(points, uv=length)


def _way(forward: float, out: float = 0.0) -> Matrix:
    """Unit vector of a limb that hangs down, swung forward and then to +x."""
    return np.array([np.sin(out), -np.sin(forward) * np.cos(out), -np.cos(forward) * np.cos(out)])


def limb(points: Sequence[Matrix], radii: Sequence[float], sides: int = 10) -> Mesh:
    """A smooth limb through its joints, with a radius at each."""
    path = np.asarray(points)
    at = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    fine = np.linspace(0, at[-1], 4 * (len(path) - 1) + 1)
    straight = np.stack([np.interp(fine, at, path[:, k]) for k in range(3)], -1)
    bent = straight.copy()
    bent[1:-1] = 0.25 * straight[:-2] + 0.5 * straight[1:-1] + 0.25 * straight[2:]
    return shapes.tube(bent, np.interp(fine, at, radii).tolist(), sides)


@dataclass(frozen=True)
class Outfit:
    """Materials of somebody: of skin, hair, upper and lower garment, and shoes."""

    skin: Material
    hair: Material
    top: Material
    legs: Material
    shoes: Material


def _cloth(rng: np.random.Generator, textures: TextureSet, dark: bool) -> Material:
    if dark or chance(rng, 0.5):
        base = neutral(rng, (0.08, 0.5)) if chance(rng, 0.6) else colour(rng, (0.2, 0.6), (0.12, 0.5), (0.55, 0.7))
        return surfaces.textured(rng, textures, "plain_cloth", tint=linear(base), roughness=(0.85, 1.0), bump=0.001)
    return surfaces.fabric(rng, textures)


def _outfit(rng: np.random.Generator, textures: TextureSet) -> Outfit:
    tone = float(rng.beta(1.3, 1.3))
    skin = np.array([0.93, 0.76, 0.66]) * (1 - tone) + np.array([0.34, 0.21, 0.15]) * tone
    hair = colour(rng, (0.2, 0.6), (0.06, 0.35), (0.04, 0.1)) if chance(rng, 0.75) else colour(
        rng, (0.05, 0.5), (0.5, 0.8), (0.08, 0.13))  # fmt: skip
    return Outfit(
        surfaces.plain(skin, 0.6, 0.04),
        surfaces.plain(hair, 0.7, 0.25),
        _cloth(rng, textures, False),
        _cloth(rng, textures, chance(rng, 0.75)),
        surfaces.plain(neutral(rng, (0.05, 0.9)), 0.5, 0.05),
    )


def _head(parts: Parts, rng: np.random.Generator, outfit: Outfit, size: float, hat: Material | None) -> None:
    """Head and neck, the neck's foot at the origin; size is the head's height."""
    parts.add(
        limb([np.array([0, 0.01, -0.03]), np.array([0, -0.005, 0.4 * size])], [0.27 * size, 0.24 * size]), outfit.skin
    )
    middle = 0.78 * size
    skull = rings(
        [(middle - 0.5 * size, 0.12 * size, 0.14 * size, -0.13 * size),
         (middle - 0.42 * size, 0.22 * size, 0.25 * size, -0.1 * size),
         (middle - 0.2 * size, 0.315 * size, 0.36 * size, -0.04 * size),
         (middle + 0.1 * size, 0.345 * size, 0.42 * size, 0.01 * size),
         (middle + 0.35 * size, 0.28 * size, 0.35 * size, 0.03 * size),
         (middle + 0.47 * size, 0.13 * size, 0.18 * size, 0.04 * size),
         (middle + 0.5 * size, 0.001, 0.001, 0.04 * size)]
    )  # fmt: skip
    parts.add(skull, outfit.skin)
    nose = shapes.ellipsoid((0, -0.41 * size, middle - 0.1 * size), (0.05 * size, 0.09 * size, 0.1 * size), 8)
    parts.add(nose, outfit.skin)
    for side in (-1, 1):
        ear = shapes.ellipsoid(
            (side * 0.345 * size, 0.02, middle - 0.05 * size), (0.04 * size, 0.08 * size, 0.12 * size), 8
        )
        parts.add(ear, outfit.skin)
        eye = shapes.ellipsoid(
            (side * 0.14 * size, -0.355 * size, middle + 0.02 * size), (0.05 * size, 0.03 * size, 0.025 * size), 6
        )
        parts.add(eye, surfaces.plain((0.12, 0.09, 0.08), 0.2, 0.0))
    long = between(rng, 0.0, 0.9) if chance(rng, 0.45) else 0.0
    if chance(rng, 0.92):
        cap = [(middle + 0.02 * size, 0.35 * size, 0.34 * size, 0.11 * size),
               (middle + 0.2 * size, 0.375 * size, 0.43 * size, 0.05 * size),
               (middle + 0.4 * size, 0.29 * size, 0.36 * size, 0.045 * size),
               (middle + 0.53 * size, 0.1 * size, 0.14 * size, 0.05 * size),
               (middle + 0.55 * size, 0.001, 0.001, 0.05 * size)]  # fmt: skip
        if long:
            low = middle - (0.25 + long) * size
            cap = [
                (low, 0.2 * size, 0.1 * size, 0.3 * size),
                (middle - 0.25 * size, 0.37 * size, 0.24 * size, 0.2 * size),
                *cap,
            ]
        parts.add(rings(cap), outfit.hair)
    if hat is not None:
        parts.turned([(0.38 * size, 0), (0.37 * size, 0.2 * size), (0.2 * size, 0.38 * size), (0, 0.42 * size)], hat,
                     (0, 0.03 * size, middle + 0.2 * size), 18)  # fmt: skip
        if chance(rng, 0.6):
            brim = shapes.cushion(
                (0, -0.42 * size, middle + 0.21 * size), (0.5 * size, 0.45 * size, 0.04 * size), 0.7, 12
            )
            parts.add(brim, hat)


def _legs(parts: Parts, outfit: Outfit, pose: Pose, height: float, build: float, bare: float) -> None:
    """Legs and shoes from the hips at the origin; bare is the share of the shin that is seen."""
    for k, side in enumerate((-1, 1)):
        hip = np.array([side * 0.052 * height, 0, 0])
        thigh = _way(pose.thigh[k], side * 0.03)
        shin = _way(pose.thigh[k] - pose.knee[k], side * 0.01)
        knee = hip + thigh * 0.245 * height
        ankle = knee + shin * 0.235 * height
        wide = [0.052 * height * build, 0.036 * height * build, 0.026 * height * build]
        parts.add(limb([hip, knee, ankle], wide), outfit.skin if bare > 0.5 else outfit.legs)
        if bare > 0.5:
            parts.add(limb([hip, hip + thigh * 0.2 * height], [wide[0] * 1.15, wide[1] * 1.25]), outfit.legs)
        pitch = pose.thigh[k] - pose.knee[k]
        shoe = shapes.cushion((0, -0.045 * height, 0.0), (0.058 * height, 0.155 * height, 0.05 * height), 0.5, 12)
        parts.add(
            shoe.moved(shapes.tilt(-min(max(-pitch, 0.0), 0.8)), np.add(ankle, (0, 0, -0.022 * height))), outfit.shoes
        )


def _arms(parts: Parts, outfit: Outfit, pose: Pose, height: float, build: float, short: bool) -> Matrix:
    """Arms from the shoulders, with the neck's foot at the origin; returns the (2, 3) hands."""
    hands = []
    for k, side in enumerate((-1, 1)):
        shoulder = np.array([side * 0.112 * height * build**0.5, 0, -0.02 * height])
        upper = _way(pose.arm[k], side * pose.out[k])
        lower = _way(pose.arm[k] + pose.elbow[k], side * (pose.out[k] - 0.35 * min(pose.elbow[k], 1.0)))
        elbow = shoulder + upper * 0.175 * height
        wrist = elbow + lower * 0.15 * height
        hand = wrist + lower * 0.04 * height
        wide = [0.033 * height * build, 0.026 * height * build, 0.019 * height * build]
        parts.add(
            limb([np.add(shoulder, (-side * 0.02, 0, 0.005)), elbow, wrist], wide), outfit.skin if short else outfit.top
        )
        if short:
            parts.add(
                limb(
                    [np.add(shoulder, (-side * 0.02, 0, 0.005)), shoulder + upper * 0.09 * height], [wide[0] * 1.2] * 2
                ),
                outfit.top,
            )
        joint = shapes.ellipsoid((0, 0, 0), (1.12 * wide[0],) * 3, 10)
        parts.add(joint.moved(np.eye(3), np.add(shoulder, (-side * 0.02, 0, 0.005))), outfit.top)
        palm = shapes.ellipsoid((0, 0, 0), (0.014 * height, 0.022 * height, 0.045 * height), 8)
        parts.add(palm.moved(np.eye(3), hand), outfit.skin)
        hands.append(hand)
    return np.stack(hands)


def _trunk(parts: Parts, outfit: Outfit, height: float, build: float, coat: float, skirt: float) -> None:
    """From the hips at the origin to the neck at 0.29 of the height; coat and skirt are lengths below the hips."""
    h, b = height, build
    levels = [(-0.035 * h, 0.09 * h * b, 0.06 * h * b, 0), (0.02 * h, 0.1 * h * b, 0.07 * h * b, 0),
              (0.09 * h, 0.085 * h * b, 0.06 * h * b, -0.005 * h), (0.19 * h, 0.1 * h * b, 0.068 * h * b, 0),
              (0.245 * h, 0.115 * h * b**0.5, 0.06 * h, 0.006 * h),
              (0.275 * h, 0.085 * h * b**0.5, 0.045 * h, 0.008 * h),
              (0.295 * h, 0.035 * h, 0.035 * h, 0.006 * h)]  # fmt: skip
    if coat:
        levels = [(-coat * h, 0.12 * h * b, 0.09 * h * b, 0), (-0.05 * h, 0.108 * h * b, 0.078 * h * b, 0), *levels[1:]]
    parts.add(rings(levels, 20), outfit.top)
    seat = [
        (-0.07 * h, 0.06 * h * b, 0.05 * h * b, 0),
        (-0.03 * h, 0.096 * h * b, 0.066 * h * b, 0),
        (0.03 * h, 0.096 * h * b, 0.066 * h * b, 0),
    ]
    if skirt:
        seat = [(-skirt * h, (0.11 + 0.12 * skirt) * h, (0.09 + 0.1 * skirt) * h, 0), *seat[1:]]
    parts.add(rings(seat, 20), outfit.legs)


def person(rng: np.random.Generator, textures: TextureSet) -> Model:
    """Somebody, grown up or a child, in everyday clothes; faces -y."""
    parts, outfit = Parts(rng), _outfit(rng, textures)
    name, pose = _pose(rng)
    child = chance(rng, 0.15)
    height = between(rng, 1.0, 1.5) if child else between(rng, 1.55, 1.92)
    build = between(rng, 0.88, 1.22)
    sits = name == "sitting"
    skirt = between(rng, 0.12, 0.3) if chance(rng, 0.18) and not sits else 0.0
    coat = between(rng, 0.1, 0.28) if chance(rng, 0.25) and not sits and not skirt else 0.0
    _legs(parts, outfit, pose, height, build, 1.0 if skirt or chance(rng, 0.15) else 0.0)
    upper = Parts(rng)
    _trunk(upper, outfit, height, build, coat, skirt)
    chest = Parts(rng)
    hands = _arms(chest, outfit, pose, height, build, chance(rng, 0.35) and not coat)
    head = Parts(rng)
    hat = surfaces.fabric(rng, textures) if chance(rng, 0.2) else None
    _head(head, rng, outfit, height * (0.145 if child else 0.128), hat)
    look = shapes.turn(between(rng, -0.6, 0.6)) @ shapes.tilt(
        0.35 if name == "with a telephone" else between(rng, -0.1, 0.15)
    )
    chest.place(head, look, (0, 0.004 * height, 0.022 * height))
    upper.place(chest, np.eye(3), (0, 0, 0.265 * height))
    if chance(rng, 0.25) and not sits:
        pack = shapes.cushion((0, 0.105 * height, 0.17 * height), (0.17 * height, 0.1 * height, 0.24 * height), 0.4, 14)
        upper.add(pack, surfaces.fabric(rng, textures))
    parts.place(upper, shapes.tilt(pose.lean))
    if name == "with a telephone":
        x, y, z = (hands[0] + [0, 0, 0.265 * height]).tolist()
        parts.box((x + 0.01, y - 0.03, z + 0.03), (0.075, 0.012, 0.15), surfaces.plain((0.07, 0.07, 0.08), 0.2), 0.004)
    elif name in ("standing", "walking") and chance(rng, 0.35):
        x, y, z = (hands[1] + [0, 0, 0.265 * height]).tolist()
        bag = surfaces.leather(rng, textures) if chance(rng, 0.5) else surfaces.fabric(rng, textures)
        parts.add(shapes.cushion((x, y, z - 0.28), (0.1, 0.34, 0.28), 0.3, 14), bag)
        parts.add(shapes.tube(shapes.arc((x, y, z - 0.15), 0.12, 0.1, 3.04, 9, "yz"), 0.008, 5), bag)
    return parts.model("person", f"{'child' if child else 'person'} {name}")


MAKERS: dict[str, tuple[Maker, ...]] = {"person": (person,)}
