"""Bottles, cups, bowls, pans, vases, balls: small things that stand on tables and shelves."""

from __future__ import annotations

import numpy as np

from spnet.scenes import shapes, surfaces
from spnet.scenes.models.food import fruit_skin
from spnet.scenes.models.parts import Maker, Parts, between, chance
from spnet.scenes.scene import Material, Model
from spnet.scenes.textures import TextureSet
from spnet.scenes.textures.noise import colour

Profile = list[tuple[float, float]]


def _vessel(outer: Profile, thick: float) -> Profile:
    """An open vessel's profile: up its outside, over the rim, down its inside."""
    base = outer[0][1] + thick
    inner = [(max(r - thick, 0.0), max(z, base)) for r, z in outer[::-1]]
    return [(0.0, outer[0][1]), *outer, *inner, (0.0, base)]


def _wrap(parts: Parts, radius: float, low: float, high: float, material: Material, sides: int = 20) -> None:
    """A label once round a cylinder."""
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)
    lattice = np.stack([np.c_[points, np.full(sides + 1, z)] for z in (low, high)], 1)
    uv = np.stack(np.meshgrid(np.linspace(0, 1, sides + 1), (0.0, 1.0), indexing="ij"), -1)
    normal = np.repeat(np.c_[points / radius, np.zeros(sides + 1)][:, None], 2, 1)
    mesh, shading = shapes.grid(lattice, uv=uv), shapes.grid(normal)
    parts.add(shapes.of_triangles(mesh.corners, mesh.uv, shading.corners), material, fixed=True)


def bottle(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A bottle, carafe or plastic flask with a label and a cap."""
    parts = Parts(rng)
    radius, height = between(rng, 0.025, 0.05), between(rng, 0.16, 0.34)
    neck, shoulder = radius * between(rng, 0.25, 0.5), height * between(rng, 0.5, 0.8)
    see_through = chance(rng, 0.4)
    body = surfaces.glass(rng, textures) if see_through else surfaces.plastic(rng, textures)
    fade = shoulder + (height - shoulder) * between(rng, 0.3, 0.8)
    profile = [
        *(
            (0, 0),
            (radius * 0.92, 0),
            (radius, 0.006),
            (radius, shoulder),
            (radius * 0.9, shoulder + 0.3 * (fade - shoulder)),
        ),
        *((neck * 1.25, fade), (neck, fade + 0.01), (neck, height), (0, height)),
    ]
    parts.turned(profile, body)
    cap = surfaces.plastic(rng, textures) if chance(rng, 0.7) else surfaces.steel(rng, textures)
    parts.turned([(0, 0), (neck * 1.15, 0), (neck * 1.15, 0.018), (0, 0.018)], cap, (0, 0, height - 0.008), 12)
    if chance(rng, 0.8):
        low = shoulder * between(rng, 0.1, 0.35)
        label = surfaces.picture(rng, textures, "label", tint=0.5)
        _wrap(parts, radius + 0.0006, low, shoulder * between(rng, 0.6, 0.95), label)
    if see_through and chance(rng, 0.5):
        drink = surfaces.plain(colour(rng, (0.2, 0.9), (0.1, 0.8)), 0.2, 0.0)
        level = shoulder * between(rng, 0.2, 0.95)
        parts.turned([(0, 0.003), (radius * 0.9, 0.004), (radius * 0.9, level), (0, level)], drink, sides=16)
    return parts.model("bottle")


def cup(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A mug or cup with a handle, perhaps on a saucer, perhaps with a drink."""
    parts = Parts(rng)
    glaze = surfaces.ceramic(rng, textures)
    radius, height = between(rng, 0.03, 0.045), between(rng, 0.055, 0.11)
    foot = radius * between(rng, 0.6, 1.0)
    lift = 0.0
    if chance(rng, 0.35):
        lift = 0.008
        parts.turned(_vessel([(radius * 0.9, 0.0), (radius * 1.5, 0.006), (radius * 1.9, 0.014)], 0.004), glaze)
    bulge = (foot + radius) / 2 * between(rng, 1.0, 1.12)
    outer = [(foot * 0.9, lift), (foot, lift + 0.004), (bulge, lift + height / 2), (radius, lift + height)]
    parts.turned(_vessel(outer, 0.0035), glaze, sides=24)
    if chance(rng, 0.85):
        size = height * between(rng, 0.25, 0.36)
        arc = shapes.arc((radius * 0.93, 0, lift + height / 2), size, -1.45, 1.45, 9)
        arc[:, 0] = radius * 0.93 + (arc[:, 0] - radius * 0.93) * 0.8
        parts.add(shapes.tube(arc, between(rng, 0.003, 0.0055), 6).moved(shapes.turn(between(rng, 0, 6.28))), glaze)
    if chance(rng, 0.5):
        drink = surfaces.plain(colour(rng, (0.3, 0.8), (0.1, 0.6), (0.02, 0.12)), 0.15, 0.0)
        level = lift + height * 0.82
        parts.turned([(0, level), (radius * 0.93, level - 0.001)], drink)
    return parts.model("cup")


def glass(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A tumbler or a wine glass."""
    parts = Parts(rng)
    clear = surfaces.glass(rng, textures)
    radius, height = between(rng, 0.028, 0.045), between(rng, 0.08, 0.16)
    if chance(rng, 0.5):
        parts.turned(_vessel([(radius * 0.8, 0.0), (radius, height)], 0.002), clear, sides=24)
    else:
        stem = between(rng, 0.05, 0.1)
        bowl_ = [
            (0.004, stem),
            (radius * 0.7, stem + 0.015),
            (radius, stem + 0.4 * height),
            (radius * 0.8, stem + 0.7 * height),
        ]
        parts.turned(
            [(0, 0), (radius * 0.9, 0), (radius * 0.9, 0.002), (0.005, 0.006), (0.0035, stem * 0.5), *bowl_],
            clear,
            sides=24,
        )
    return parts.model("glass")


def bowl(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A bowl, sometimes with fruit."""
    parts = Parts(rng)
    material = surfaces.ceramic(rng, textures) if chance(rng, 0.7) else surfaces.object_(rng, textures)
    radius = between(rng, 0.05, 0.15)
    height, foot = radius * between(rng, 0.4, 0.9), radius * between(rng, 0.3, 0.55)
    t = np.linspace(0, 1, 8)
    curve = [(float(foot + (radius - foot) * np.sin(a * np.pi / 2)), float(0.004 + height * a**1.4)) for a in t]
    parts.turned(_vessel([(foot, 0.0), *curve], 0.004), material, sides=28)
    if chance(rng, 0.4) and radius > 0.08:
        for _ in range(int(rng.integers(2, 7))):
            size = between(rng, 0.025, 0.04)
            x, y = (rng.uniform(-0.5, 0.5, 2) * radius).tolist()
            parts.add(shapes.ellipsoid((x, y, height * 0.35 + size), (size, size, size * 0.95), 12), fruit_skin(rng))
    return parts.model("bowl")


def plate(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A plate or a stack of them."""
    parts = Parts(rng)
    glaze = surfaces.ceramic(rng, textures)
    radius, rise = between(rng, 0.08, 0.15), between(rng, 0.012, 0.03)
    rim = radius * between(rng, 0.6, 0.75)
    outer = [(rim * 0.9, 0.0), (rim, 0.004), (rim * 1.08, rise * 0.6), (radius, rise)]
    for k in range(int(rng.choice([1, 1, 1, 3, 6]))):
        parts.turned(_vessel(outer, 0.004), glaze, (0, 0, k * 0.007), 28)
    return parts.model("plate")


def pan(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A saucepan, pot or frying pan with its handles, perhaps with a lid."""
    parts = Parts(rng)
    metal = surfaces.steel(rng, textures) if chance(rng, 0.6) else surfaces.painted_metal(rng, textures)
    grip = surfaces.dark_plastic(rng, textures) if chance(rng, 0.6) else metal
    radius = between(rng, 0.08, 0.15)
    height = radius * between(rng, 0.3, 1.3)
    parts.turned(_vessel([(radius * 0.94, 0), (radius, 0.008), (radius, height)], 0.003), metal, sides=28)
    if height < radius * 0.8 or chance(rng, 0.4):
        path = [
            (radius, 0, height * 0.75),
            (radius + 0.05, 0, height * 0.9),
            (radius + between(rng, 0.13, 0.2), 0, height + 0.02),
        ]
        parts.add(shapes.tube(path, (0.007, 0.009, 0.011), 8), grip)
    else:
        for side in (-1, 1):
            arc = shapes.arc((side * radius, 0, height * 0.8), 0.03, -np.pi / 2, np.pi / 2, 7, "xy")
            arc[:, 0] = side * radius + side * np.abs(arc[:, 0] - side * radius)
            parts.add(shapes.tube(arc, 0.005, 6), grip)
        if chance(rng, 0.6):
            lid = surfaces.glass(rng, textures) if chance(rng, 0.4) else metal
            parts.turned([(radius + 0.004, height), (radius * 0.7, height + 0.018), (0, height + 0.028)], lid, sides=28)
            parts.turned(
                [(0.005, 0), (0.006, 0.012), (0.016, 0.02), (0.014, 0.028), (0, 0.03)], grip, (0, 0, height + 0.026), 12
            )
    return parts.model("pan")


def can(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A tin or drinks can."""
    parts = Parts(rng)
    radius = between(rng, 0.026, 0.055)
    height = radius * between(rng, 1.4, 3.6)
    metal = surfaces.steel(rng, textures)
    rim = radius * 0.93
    parts.turned(
        [
            (0, 0.004),
            (rim, 0),
            (radius, 0.008),
            (radius, height - 0.008),
            (rim, height),
            (rim * 0.96, height - 0.004),
            (0, height - 0.004),
        ],
        metal,
    )
    _wrap(parts, radius + 0.0006, 0.009, height - 0.009, surfaces.picture(rng, textures, "label", tint=0.5))
    return parts.model("can")


def vase(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A vase or jar of a random curve, with or without dry twigs."""
    parts = Parts(rng)
    material = surfaces.ceramic(rng, textures) if chance(rng, 0.7) else surfaces.glass(rng, textures)
    height, radius = between(rng, 0.12, 0.4), between(rng, 0.035, 0.1)
    t = np.linspace(0, 1, 12)
    wave = 1 + between(rng, 0.1, 0.55) * np.sin(np.pi * t * between(rng, 0.8, 2.2) + between(rng, 0, 3))
    curve = [(float(radius * w / wave.max()), float(height * a)) for a, w in zip(t, wave, strict=True)]
    parts.turned(_vessel([(curve[0][0] * 0.9, 0.0), *curve], 0.004), material, sides=26)
    if chance(rng, 0.35):
        bark = surfaces.textured(rng, textures, "bark")
        for _ in range(int(rng.integers(3, 9))):
            x, y = rng.normal(0, 0.12, 2).tolist()
            end = (x, y, height + between(rng, 0.15, 0.5))
            parts.add(shapes.tube([(0, 0, 0.02), (x * 0.2, y * 0.2, height), end], (0.003, 0.0025, 0.001), 5), bark)
    return parts.model("vase")


def ball(rng: np.random.Generator, textures: TextureSet) -> Model:
    """A ball, plain or in panels."""
    parts = Parts(rng)
    radius = float(rng.choice([0.033, 0.06, 0.11, 0.12, 0.2, 0.32]))
    sphere = shapes.ellipsoid((0, 0, radius), (radius, radius, radius), 24)
    if chance(rng, 0.5):
        parts.add(sphere, surfaces.plastic(rng, textures))
    else:
        sector = np.floor(np.arctan2(*sphere.corners.mean(1)[:, :2].T) / (np.pi / 3)).astype(int)
        for k in range(6):
            own = sector == k - 3
            part = shapes.of_triangles(sphere.corners[own], sphere.uv[own], sphere.normals[own])
            parts.add(part, surfaces.plastic(rng, textures))
    turned = Parts(rng)
    turned.place(parts, shapes.tilt(between(rng, 0, 3.1)), (0, 0, 0))
    return turned.model("ball")


MAKERS: dict[str, tuple[Maker, ...]] = {
    "bottle": (bottle,),
    "cup": (cup,),
    "glass": (glass,),
    "bowl": (bowl,),
    "plate": (plate,),
    "pan": (pan,),
    "can": (can,),
    "vase": (vase,),
    "ball": (ball,),
}
