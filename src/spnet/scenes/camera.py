"""From radiance to a photograph: lens, exposure, sensor noise, processing, JPEG. All ranges are ours, set by eye."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from spnet.scenes.scene import Floats, Rendered
from spnet.types import ByteImage, FloatImage


@dataclass(frozen=True)
class Settings:
    """One camera and one shot.

    Attributes:
        exposure: brightness that the scene's key gets, 0 to 1.
        restraint: how much of the exposure the lights decide, 0 to 1: at 0 windows and skies burn out.
        balance: how far the white balance follows the light's colour, 0 not at all, 1 fully.
        tint: (3,) error of the white balance, factors.
        contrast: of the tone curve, 0 soft to 1 hard.
        vignetting: loss of light in the corners, share.
        glow: share of the light that spreads over its surroundings.
        blur: of the lens and the demosaicing, deviation in pixels.
        aberration: how much wider red is drawn than blue, share.
        focus: distance that is sharp, metres, or 0 for all.
        aperture: radius in pixels of a point at half the focused distance.
        motion: path of a point during the exposure, pixels in x and y.
        noise: of the sensor at full scale, share; falls with the root of the light.
        sharpening: strength of the unsharp mask.
        quality: of the JPEG; 0 keeps the picture as it is.
    """

    exposure: float = 0.5
    restraint: float = 0.4
    balance: float = 0.7
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 0.4
    vignetting: float = 0.15
    glow: float = 0.04
    blur: float = 0.45
    aberration: float = 0.0
    focus: float = 0.0
    aperture: float = 0.0
    motion: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.005
    sharpening: float = 0.3
    quality: int = 0


def draw_settings(rng: np.random.Generator, depth: FloatImage | None = None) -> Settings:
    """A random camera.

    Args:
        rng: source of randomness.
        depth: (H, W) metres, 0 = sky; something of it is focused if the lens is fast.
    """
    focus, aperture = 0.0, 0.0
    if depth is not None and rng.random() < 0.2 and bool((depth > 0).any()):
        focus, aperture = float(np.quantile(depth[depth > 0], rng.uniform(0.15, 0.7))), float(rng.uniform(0.5, 2.2))
    length, angle = (float(rng.gamma(1.5, 1.2)), rng.uniform(0, np.pi)) if rng.random() < 0.18 else (0.0, 0.0)
    return Settings(
        exposure=float(np.clip(rng.normal(0.5, 0.1), 0.22, 0.75)),
        restraint=float(rng.uniform(0.15, 0.6)),
        balance=float(rng.uniform(0.35, 0.95)),
        tint=tuple((1 + 0.04 * rng.standard_normal(3)).tolist()),
        contrast=float(rng.uniform(0.25, 1.0)),
        vignetting=float(rng.uniform(0.0, 0.35)) if rng.random() < 0.6 else 0.0,
        glow=float(rng.uniform(0.01, 0.06)),
        blur=float(rng.uniform(0.25, 0.8)),
        aberration=float(rng.normal(0, 0.0012)) if rng.random() < 0.4 else 0.0,
        focus=focus,
        aperture=aperture,
        motion=(length * float(np.cos(angle)), length * float(np.sin(angle))),
        noise=float(rng.gamma(1.3, 0.009)),
        sharpening=float(rng.uniform(0, 0.9)) if rng.random() < 0.7 else 0.0,
        quality=int(rng.integers(60, 97)) if rng.random() < 0.65 else 0,
    )


def photograph(rendered: Rendered, rng: np.random.Generator, settings: Settings | None = None) -> ByteImage:
    """A photograph of what was rendered.

    Args:
        rendered: radiance, and depth for the focus; both (H, W, ...).
        rng: source of randomness: of the noise, and of the camera unless it is given.
        settings: the camera.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    how = settings or draw_settings(rng, rendered.depth)
    light = _exposed(rendered.radiance, how)
    light = _lens(light, rendered.depth, how)
    light = _noisy(light, how, rng)
    picture = _sharpened(_curve(light, how.contrast), how.sharpening)
    result = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    if how.quality:
        file = io.BytesIO()
        Image.fromarray(result).save(file, "jpeg", quality=how.quality)
        result = np.array(Image.open(file))
    return result


def _exposed(radiance: Floats, how: Settings) -> Floats:
    """White balance after the grey world, and exposure for the geometric mean of the brightness and its lights."""
    small = radiance[::4, ::4].reshape(-1, 3).astype(np.float64)
    bright = small.mean(-1)
    key = np.exp(np.log(bright + 1e-4 * bright.max() + 1e-9).mean())
    lights = np.quantile(bright, 0.9)
    inside = small[bright <= np.quantile(bright, 0.97)].mean(0) + 1e-9
    gains = (inside.mean() / inside) ** how.balance * np.asarray(how.tint)
    # partly by the middle, partly by the lights: neither a window nor a dark corner decides alone
    scale = how.exposure * (0.36 / max(key, 1e-9)) ** (1 - how.restraint) / max(lights, 1e-9) ** how.restraint
    return np.asarray(radiance * (gains * scale).astype(np.float32), np.float32)


def _lens(light: Floats, depth: FloatImage, how: Settings) -> Floats:
    height, width = light.shape[:2]
    if how.aperture > 0:
        light = _defocused(light, depth, how.focus, how.aperture)
    if how.aberration:
        light = _aberrated(light, how.aberration)
    if how.vignetting:
        y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
        light = light * (1 - np.float32(how.vignetting / 2) * (x * x + y * y))[..., None]
    if how.glow:
        light = light + np.float32(how.glow) * (_glow(light) - light)
    reach = np.hypot(*how.motion)
    if reach > 0.3:
        light = _moved(light, how.motion)
    return gaussian(light, how.blur) if how.blur > 0.2 else light


def gaussian(image: Floats, sigma: float) -> Floats:
    """(H, W, C) blurred by a Gaussian of this deviation in pixels; rims are mirrored."""
    reach = max(int(np.ceil(2.5 * sigma)), 1)
    taps = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2).astype(np.float32)
    taps /= taps[0] + 2 * taps[1:].sum()
    for axis in (0, 1):
        pad = [(0, 0)] * image.ndim
        pad[axis] = (reach, reach)
        wide = np.pad(image, pad, mode="reflect")
        size = image.shape[axis]

        def part(shift: int, wide: Floats = wide, axis: int = axis, size: int = size, reach: int = reach) -> Floats:
            return wide[reach + shift : reach + shift + size] if axis == 0 else wide[:, reach + shift :][:, :size]

        image = taps[0] * part(0)
        for k in range(1, reach + 1):
            image += taps[k] * (part(k) + part(-k))
    return image


def _resized(image: Floats, size: tuple[int, int]) -> Floats:
    """Each channel by Pillow, bilinear; size is (width, height)."""
    channels = [np.asarray(Image.fromarray(image[..., c]).resize(size, Image.Resampling.BILINEAR)) for c in range(3)]
    return np.stack(channels, -1)


def _glow(light: Floats) -> Floats:
    """Light spread over a twelfth of the picture, from a small copy; extremes are capped."""
    height, width = light.shape[:2]
    small = _resized(np.minimum(light, 8), (max(width // 8, 1), max(height // 8, 1)))
    return _resized(gaussian(small, max(width / 8 / 24, 0.5)), (width, height))


def _aberrated(light: Floats, share: float) -> Floats:
    """Red drawn wider and blue narrower about the picture's centre."""
    height, width = light.shape[:2]
    channels = [light[..., 0], light[..., 1], light[..., 2]]
    for c, sign in ((0, 1.0), (2, -1.0)):
        scale = 1 / (1 + sign * share)
        shift = ((1 - scale) * width / 2, (1 - scale) * height / 2)
        data = (scale, 0.0, shift[0], 0.0, scale, shift[1])
        plane = Image.fromarray(np.ascontiguousarray(channels[c]))
        moved = plane.transform((width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
        channels[c] = np.where(np.asarray(moved) > 0, np.asarray(moved), channels[c])  # the rim has no source
    return np.stack(channels, -1)


def _defocused(light: Floats, depth: FloatImage, focus: float, aperture: float) -> Floats:
    """Blend of the sharp picture and two blurred ones by each pixel's circle of confusion."""
    known = np.where(depth > 0, depth, 1e3)
    # radius of the circle of a thin lens: proportional to |1/z - 1/f|, `aperture` where z = f/2
    radius = np.minimum(aperture * focus * np.abs(1 / known - 1 / focus), 4.0).astype(np.float32)
    result = light
    for level, (low, high) in ((0.8, (0.2, 0.8)), (2.2, (1.0, 2.6))):
        share = np.clip((radius - low) / (high - low), 0, 1)[..., None]
        if float(share.max()) > 0:
            result = result + share * (gaussian(light, level) - result)
    return result


def _moved(light: Floats, path: tuple[float, float]) -> Floats:
    """Mean over a straight path, in steps of about a pixel."""
    steps = max(round(float(np.hypot(*path))), 1) + 1
    total = np.zeros_like(light)
    for t in np.linspace(-0.5, 0.5, steps):
        dx, dy = (int(np.floor(along * t + 0.5)) for along in path)  # halves all to one side, so that steps are even
        total += _shifted(light, dx, dy)
    return np.asarray(total / np.float32(steps), np.float32)


def _shifted(light: Floats, dx: int, dy: int) -> Floats:
    height, width = light.shape[:2]
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    return light[rows][:, columns]


def _noisy(light: Floats, how: Settings, rng: np.random.Generator) -> Floats:
    """Shot noise and read noise of one strength at full scale, part of it shared by all channels."""
    if how.noise <= 0:
        return light
    shape = light.shape[:2]
    white = rng.standard_normal((*shape, 3), dtype=np.float32)
    grey = rng.standard_normal(shape, dtype=np.float32)[..., None]
    deviation = np.float32(how.noise) * np.sqrt(np.clip(light, 0, 2) + np.float32(0.02))
    return np.asarray(np.maximum(light + deviation * (0.75 * grey + 0.65 * white), 0), np.float32)


def _curve(light: Floats, contrast: float) -> Floats:
    """Tone curve to display values: shoulder for highlights, toe by contrast, sRGB's gamma; by table, over the root."""
    root = np.linspace(0, 4, 8192, dtype=np.float64)
    x = root**2
    filmic = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)  # Narkowicz's fit of ACES, 2015
    plain = 1 - np.exp(-1.6 * x)
    display = np.clip((1 - contrast) * plain + contrast * filmic, 0, 1) ** (1 / 2.2)
    index = np.sqrt(np.clip(light, 0, 15.99)) * np.float32(8191 / 4)
    return display.astype(np.float32)[index.astype(np.int32)]


def _sharpened(picture: Floats, strength: float) -> Floats:
    if strength <= 0.05:
        return picture
    return np.asarray(picture + np.float32(strength) * (picture - gaussian(picture, 1.0)), np.float32)
