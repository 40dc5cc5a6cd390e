"""Our recipe for SPNet's network: one model for a tabletop and a street, and for whatever sensor measured it."""

from spnet.training.config import HOLES, TrainConfig

# Which pixels are measured (densities as the published benchmarks and a margin either way; key points need the extra
# `eval`), then what is lost to the sensor's range, then what it gets wrong. All of it ours.
WHERE = (
    "0.4*random(0.03%..100%)"
    " + 0.2*lidar(4..128, parallax, roll=-5..5, tilt=-5..5, dropout=0%..20%, noise=0.5%..2%)"
    " + 0.04*sift + 0.03*orb + 0.03*corners(50..1500)"
    " + 0.06*lowres(8..40) + 0.04*(lowres(8..40, mean) | gauss(0.5%..2%))"
    f" + 0.1*({HOLES} | (0.4*random(0.2%..50%) + 0.6*all))"
    " + 0.1*((holes(structured-light) + holes(stereo) + holes(tof) + holes(phone))"
    " | (0.3*random(0.2%..50%) + 0.7*all))"
)
RANGE = "0.1*range(0..0.5, 3..20) + 0.9*all"
FAULTS = "0.15*bleed(1..4, share=10%..100%) + 0.05*shift(1..3) + 0.05*quantise(0.1cm..5cm) + 0.75*all"
NOISE = "0.25*gauss(0%..3%) + 0.1*noise(0%..5%) + 0.65*all"
SPARSITY = f"({WHERE}) | ({RANGE}) | ({FAULTS}) | ({NOISE})"


def spnet() -> TrainConfig:
    """Masks intersected in the absolute loss; every scale within six octaves; the whole family of sparsity patterns.

    Averaged weights and clipped gradients; one image in fifty is held out and validated on. Depth is normalised crop by
    crop, so that the weights depend on no unit and no range. Not yet trained to its end: there are no figures.

        spnet train --recipe spnet --model tiny
    """
    return TrainConfig(
        model="tiny",
        samples="family",
        sparsity=SPARSITY,
        octaves=6.0,
        loss="masked",
        crop=320,
        crop_area=(0.45, 2.25),
        jitter=0.3,
        batch=64,
        steps=100_000,
        lr=2e-4,
        weight_decay=0.05,
        warmup=0.05,
        schedule="cosine",
        clip=1.0,
        ema=0.9995,
        precision="bf16",
        compile=True,
        val_share=0.02,
        val_every=2_000,
        val_patterns=("random(10%)", "random(1%)", "random(0.1%)", "lidar(16)", "holes"),
    )
