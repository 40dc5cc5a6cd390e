"""Augmentation of whole batches: against plain versions and the spec, and independent of the batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import default_collate

from spnet.training.augment import draw_raw
from spnet.training.batched import (
    _finish,
    blur_sources,
    finish_batch,
    jitter_colours,
    jitter_one,
    make_raw,
    resample_depth,
    scale_depth,
)
from spnet.training.config import TrainConfig
from spnet.training.fields import kept, normal, random_bits
from spnet.training.samples import TrainSamples

CPU = torch.device("cpu")


def keys(count: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(-(2**31), 2**31, (count, 6)).astype(np.int32))


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("window", [(24, 30), (32, 32), (17, 32), (40, 47)])
def test_depth_is_resampled_as_the_spec_says(window: tuple[int, int], dense: bool) -> None:
    """Bilinear, antialiased, with a validity channel; against a plain version in double precision."""
    rng = np.random.default_rng(0)
    depth = rng.uniform(1, 9, window)
    depth[rng.random(window) < (0 if dense else 0.05)] = 0
    padded = torch.full((1, 48, 48), 99.0)
    padded[0, : window[0], : window[1]] = torch.from_numpy(depth)
    out = torch.empty(1, 1, 32, 32)
    resample_depth(padded, torch.tensor([[*window, dense]]), out)
    planes = torch.from_numpy(np.stack([depth, depth > 0]))[None]
    wide, known = F.interpolate(planes, (32, 32), mode="bilinear", antialias=True, align_corners=False)[0]
    expected = torch.where(known > 1 - 1e-6, wide, 0)
    assert (0.3 < (expected > 0).double().mean() < 1) != dense
    assert torch.equal(out[0, 0] > 0, expected > 0)
    assert torch.allclose(out[0, 0].double(), expected, atol=1e-5)


def test_colour_jitter_against_a_plain_version() -> None:
    rng = np.random.default_rng(0)
    rgb = rng.random((6, 3, 16, 16)).astype(np.float32)
    orders = [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1), (1, 2, 0), (2, 0, 1)]
    jitter = np.stack([np.stack([order, rng.uniform(0.6, 1.4, 3)]) for order in orders]).astype(np.float32)
    out = torch.from_numpy(rgb * 255)
    alone = out.clone()
    jitter_colours(out, torch.from_numpy(jitter))
    for image, drawn in zip(alone, torch.from_numpy(jitter), strict=True):
        jitter_one(image, drawn)
    assert torch.allclose(alone, out, atol=1e-6)
    for image, (order, factors), got in zip(rgb, jitter, out.numpy(), strict=True):
        plain = image.astype(np.float64)
        for kind, factor in zip(order, factors, strict=True):
            grey = np.tensordot([0.299, 0.587, 0.114], plain, 1)
            anchor = [0, grey.mean(), grey][int(kind)]
            plain = np.clip(anchor + (plain - anchor) * factor, 0, 1)
        assert np.allclose(got, plain, atol=1e-5)


def test_depth_scale_stays_in_its_bounds() -> None:
    """U(0.8, min(1.2, 1 / max)), the upper limit at least 1."""
    share = torch.linspace(0, 1, 101)
    for peak, high in ((0.5, 1.2), (0.95, 1 / 0.95), (1.0, 1.0)):
        depth = torch.full((101, 1, 2, 2), peak)
        scale_depth(depth, 0.2, share)
        factor = depth[:, 0, 0, 0] / peak
        assert torch.allclose(factor, 0.8 + (high - 0.8) * share, atol=1e-6)
    wide = torch.full((2, 1, 2, 2), 0.5)
    scale_depth(wide[:1], 0.4, torch.tensor([1.0]))
    scale_depth(wide[1:], 0, torch.tensor([1.0]))
    assert wide[:, 0, 0, 0].tolist() == pytest.approx([0.7, 0.5])
    nothing = torch.zeros(1, 1, 2, 2)
    scale_depth(nothing, 0.2, torch.tensor([0.5]))
    assert not nothing.any()


@pytest.mark.parametrize("size", [1, 3, 31, 32])
def test_blur_is_nearest_down_and_up(size: int) -> None:
    image = torch.rand(1, 1, size, size)
    for factor in (2, 4, 8, 16):
        source = blur_sources(torch.tensor([float(factor)]), size)[0]
        small = F.interpolate(image, [max(1, size // factor)] * 2, mode="nearest")
        assert torch.equal(image[:, :, source][:, :, :, source], F.interpolate(small, (size, size), mode="nearest"))
    odd = blur_sources(torch.tensor([1.0, 3.7]), 37)
    assert torch.equal(odd[0], torch.arange(37))
    assert len(odd[1].unique()) == 10


def test_random_fields() -> None:
    """Uniform and normal in distribution; without a trace of the neighbour, of another key or of another field."""
    bits = random_bits(keys(8), 0, 65536)
    for field in bits.numpy().astype(np.float64) / 2**32 + 0.5:
        counts = np.histogram(field, 64, (0, 1))[0]
        chi = ((counts - 1024.0) ** 2 / 1024).sum()
        assert 25 < chi < 120  # 63 degrees of freedom: 0.99999 lies below 118
    z = normal(keys(8), 4, 256)
    assert abs(float(z.mean())) < 0.007
    assert float(z.std()) == pytest.approx(1, abs=0.005)
    assert float((z.abs() > 2).float().mean()) == pytest.approx(0.0455, abs=0.002)
    assert float((z**4).mean()) == pytest.approx(3, abs=0.1)
    fields = bits.reshape(8, 256, 256).double()
    other = random_bits(keys(8), 2, 65536).double()
    rows = torch.stack([fields.flatten(), fields.roll(1, 2).flatten(), fields.roll(1, 1).flatten(),
                        fields.roll(1, 0).flatten(), other.flatten(), z.double().flatten()])  # fmt: skip
    correlation = torch.corrcoef(rows) - torch.eye(len(rows))
    assert float(correlation.abs().max()) < 0.006  # 4 standard deviations of 1 / sqrt(8 * 65536)


def test_random_bits_are_the_same_on_every_device() -> None:
    """NumPy's way on a CPU against the hash as it is written down."""
    both, mask = keys(3), 2**32 - 1
    for row, found in zip(both.tolist(), random_bits(both, 2, 50).tolist(), strict=True):
        for place, got in enumerate(found):
            bits = (place * 0x9E3779B1 + row[2]) & mask
            bits = (((bits ^ bits >> 16) * 0x7FEB352D) & mask) ^ (row[3] & mask)
            bits = ((bits ^ bits >> 15) * 0x846CA68B) & mask
            assert (bits ^ bits >> 16) == got & mask


def test_memory_is_written_over_and_changes_nothing(data: str) -> None:
    config = TrainConfig(data=(data,), crop=32)
    samples = TrainSamples(config, 8)
    first, second = (default_collate([samples[i] for i in numbers]) for numbers in (range(4), range(4, 8)))
    expected = finish_batch(config, second, CPU)
    memory = finish_batch(config, first, CPU)
    again = finish_batch(config, second, CPU, memory)
    assert all(again[key] is memory[key] and torch.equal(again[key], expected[key]) for key in ("rgb", "gt", "raw"))
    fewer = finish_batch(config, {key: value[:2] for key, value in second.items()}, CPU, memory)
    assert all(torch.equal(value, expected[key][:2]) for key, value in fewer.items())


@pytest.mark.parametrize("more", [{}, {"samples": "family"}, {"samples": "family", "revision": "fill"}])
def test_a_list_of_samples_is_as_good_as_a_batch(data: str, more: dict[str, Any]) -> None:
    config = TrainConfig(data=(data,), crop=32, **more)
    made = [TrainSamples(config, 3)[i] for i in range(3)]
    expected = finish_batch(config, default_collate(made), CPU)
    listed = finish_batch(config, made, CPU)
    assert listed.keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in listed.items())


def test_what_is_kept() -> None:
    """Each share is dropped as often as it says, down to a few pixels in a million; 0 and 1 exactly."""
    shares = torch.tensor([0.0, 1.0, 0.5, 0.9, 0.9999, 1e-4])
    left = kept(keys(6), 0, 1000, shares)
    assert set(left.unique().tolist()) == {0.0, 1.0}
    dropped = 1 - left.double().mean((1, 2, 3))
    assert dropped[0] == 0
    assert float(dropped[1]) >= 1 - 1e-6
    for share, found in zip(shares[2:].tolist(), dropped[2:].tolist(), strict=True):
        assert found == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 1e6))


def test_bits_of_keys_that_differ_little_have_nothing_in_common() -> None:
    base = torch.zeros(4, 2, dtype=torch.int32)
    base[1, 0], base[2, 1], base[3] = 1, 1, -1
    bits = random_bits(base, 0, 4096)
    for i in range(4):
        for j in range(i):
            differing = np.unpackbits((bits[i] ^ bits[j]).numpy().view(np.uint8)).mean()
            assert differing == pytest.approx(0.5, abs=0.006)
            assert len(np.intersect1d(bits[i], bits[j])) < 10  # shifted copies would share all


def raws(config: TrainConfig, depth: float, count: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    rng = np.random.default_rng(0)
    flat = np.full((config.crop, config.crop), depth, np.float32)
    rgb = np.zeros((3, config.crop, config.crop), np.uint8)
    batch = default_collate([
        {key: torch.from_numpy(np.asarray(value)) for key, value in draw_raw(config, rgb, flat, None, rng).items()}
        for _ in range(count)
    ])  # fmt: skip
    gt = torch.full((count, 1, config.crop, config.crop), depth)
    out = torch.empty_like(gt)
    make_raw(gt, batch, batch, out)
    return out, batch


def test_the_papers_sparse_inputs() -> None:
    """Spec section 4, step 3: what the draws say is what becomes of the depth."""
    out, drawn = raws(TrainConfig(crop=64), 0.5, 300)
    assert float(out.min()) >= 0
    assert float(out.max()) <= 1
    kept = (out > 0).float().mean((1, 2, 3))
    assert 0.4 < float((kept <= 0.1).float().mean()) < 0.7
    for i in range(300):
        values = out[i][out[i] > 0]
        sigma, subset = drawn["noise"][i].tolist()
        if not sigma:
            assert torch.equal(values, torch.full_like(values, 0.5))
        elif len(values) > 800 and drawn["blur"][i] == 1:
            changed = values != 0.5
            assert float(changed.float().mean()) == pytest.approx(1 - subset, abs=0.08)
            if changed.sum() > 400:
                assert float(values[changed].std()) == pytest.approx(sigma, rel=0.2)
        if not drawn["holed"][i]:
            assert float(kept[i]) == pytest.approx(1 - float(drawn["drop"][i]), abs=0.035)


def test_noise_hits_known_depth_alone_and_blur_may_make_more_of_it() -> None:
    config = TrainConfig(crop=64)
    gt = torch.full((1, 1, 64, 64), 0.5)
    gt[..., ::3, :] = 0
    drawn = {
        "keys": keys(1), "noise": torch.tensor([[0.05, 0.0]]), "blur": torch.tensor([1.0]),
        "hole": torch.ones(1, 64, 64, dtype=torch.uint8), "holed": torch.tensor([False]), "drop": torch.zeros(1),
    }  # fmt: skip
    out = torch.empty_like(gt)
    make_raw(gt, drawn, drawn, out)
    assert torch.equal(out > 0, gt > 0)
    make_raw(gt, {**drawn, "blur": torch.tensor([2.0])}, {**drawn, "blur": torch.tensor([2.0])}, out)
    assert ((out > 0) & (gt == 0)).any()
    assert config.samples == "paper"


@pytest.fixture
def data(tmp_path: Path) -> str:
    rng = np.random.default_rng(0)
    for folder in ("rgb", "depth"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    for i, shape in enumerate(((72, 96), (30, 50), (64, 64), (80, 40))):
        Image.fromarray(rng.integers(0, 255, (*shape, 3), dtype=np.uint8)).save(tmp_path / f"set/rgb/{i}.png")
        depth = rng.integers(2000, 60000, shape).astype(np.uint16)
        depth[rng.random(shape) < 0.03] = 0
        Image.fromarray(depth).save(tmp_path / f"set/depth/{i}.png")
    return str(tmp_path / "set")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"samples": "pacgdc", "jitter": 0.4, "depth_scale": 0.4, "crop_area": (0.49, 1.0)},
        {"crop_area": (0.5, 2.0)},
        {"samples": "family", "crop_area": (0.45, 2.25)},
        {"samples": "family", "octaves": 6.0, "sparsity": "random(10%..50%)"},
        {"samples": "family", "revision": "fill"},
        {"revision": "fill"},
    ],
)
def test_a_sample_depends_on_itself_alone(data: str, changes: dict[str, object]) -> None:
    """A batch of eight, two of four, eight of one, and two processes' shares give the same bits."""
    if changes.get("samples") == "pacgdc":
        pytest.importorskip("cv2")
    config = TrainConfig(data=(data,), crop=32, **changes)  # type: ignore[arg-type]
    samples = TrainSamples(config, 8)
    items = [samples[i] for i in range(8)]

    def finished(numbers: list[int]) -> dict[str, torch.Tensor]:
        return finish_batch(config, default_collate([items[i] for i in numbers]), CPU)

    whole = finished(list(range(8)))
    assert whole["rgb"].shape == (8, 3, 32, 32)
    assert whole["gt"].shape == whole["raw"].shape == (8, 1, 32, 32)
    assert all(value.dtype == torch.float32 and value.isfinite().all() for value in whole.values())
    assert ("fill" in whole) == (config.revision == "fill")
    for split in ([[0, 1, 2, 3], [4, 5, 6, 7]], [[i] for i in range(8)], [[0, 2, 4, 6], [1, 3, 5, 7]]):
        for numbers in split:
            part = finished(numbers)
            assert all(torch.equal(part[key], whole[key][numbers]) for key in whole), numbers
    again = TrainSamples(config, 8)
    assert all(torch.equal(value, items[5][key]) for key, value in again[5].items())


@pytest.mark.parametrize("changes", [{}, {"samples": "pacgdc", "crop_area": (0.49, 1.0)}, {"samples": "family"}])
def test_a_batch_at_once_as_on_a_gpu_is_the_same(data: str, changes: dict[str, object]) -> None:
    """On a CPU each sample is finished alone; elsewhere all together, some of them changed in each step."""
    if changes.get("samples") == "pacgdc":
        pytest.importorskip("cv2")
    config = TrainConfig(data=(data,), crop=32, **changes)  # type: ignore[arg-type]
    samples = TrainSamples(config, 24)
    batch = default_collate([samples[i] for i in range(24)])
    alone = finish_batch(config, batch, CPU)
    together = {key: torch.empty_like(value) for key, value in alone.items()}
    _finish(config, batch, batch, together)
    for key, value in alone.items():
        assert torch.allclose(value, together[key], atol=1e-6), key


def test_octaves_put_the_farthest_truth_between_them(data: str) -> None:
    config = TrainConfig(data=(data,), crop=32, samples="family", octaves=3.0, sparsity="random(50%)")
    samples = TrainSamples(config, 60)
    batch = finish_batch(config, default_collate([samples[i] for i in range(60)]), CPU)
    peaks = batch["gt"].amax((1, 2, 3)).log2()
    assert -3 <= float(peaks.min()) < -2.5
    assert -0.5 < float(peaks.max()) <= 1e-6
    both = (batch["raw"] > 0) & (batch["gt"] > 0)
    assert torch.equal(batch["raw"][both], batch["gt"][both])
