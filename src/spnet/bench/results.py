"""What a bench finds out, as plain data that JSON holds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from spnet.bench.memory import Peak
from spnet.files import atomic_path

FORMAT = "spnet-bench/1"


@dataclass(frozen=True)
class Spread:
    """Median, with the 5th and the 95th percentile, of `n` values."""

    median: float
    low: float
    high: float
    n: int

    @staticmethod
    def of(values: list[float]) -> Spread:
        """Of at least one value.

        >>> Spread.of([3.0, 1.0, 2.0])
        Spread(median=2.0, low=1.1, high=2.9, n=3)
        """
        ordered = sorted(values)

        def at(share: float) -> float:
            place = share * (len(ordered) - 1)
            below = int(place)
            above = min(below + 1, len(ordered) - 1)
            return round(ordered[below] + (place - below) * (ordered[above] - ordered[below]), 12)

        return Spread(median(ordered), at(0.05), at(0.95), len(ordered))


@dataclass
class Row:
    """One way of a case. What was not measured is None.

    Attributes:
        way: its name.
        engine, precision: see `spnet.bench.ways.Way`.
        reason: why it could not run, "" where it could.
        seconds: of one image; wall time, from arrays to arrays.
        processor_s: processor seconds of the same, all threads.
        speedup: the reference's time over this one's in the same round.
        processor_ratio: the same of the processor seconds, the median: what other programs disturb least.
        gemm_share: of the rate of matrix products in the same round, at this precision.
        bound_share: of the roofline's time, in the same round.
        joules: of one image.
        difference: largest, from the reference, in standard deviations of its output.
        throughput: images a second in batches.
        throughput_ratio: of the reference's, in the same round.
        peak, tiled: memory.
    """

    way: str
    engine: str
    precision: str
    reason: str = ""
    seconds: Spread | None = None
    processor_s: float | None = None
    speedup: Spread | None = None
    processor_ratio: float | None = None
    gflops: float | None = None
    gemm_share: float | None = None
    bound_share: float | None = None
    joules: float | None = None
    difference: float | None = None
    throughput: float | None = None
    throughput_ratio: float | None = None
    peak: Peak | None = None
    tiled: Peak | None = None


@dataclass
class Case:
    """A network at a resolution.

    Attributes:
        model: its spec.
        height, width, batch: of the inputs; the batch is that of the throughput.
        gflop: operations of one pass of the plain network, a multiplication and an addition are two.
        parameters: numbers.
        rates: of the machine during this case, medians: operations a second by precision, "copy" in bytes.
        rows: the reference first.
    """

    model: str
    height: int
    width: int
    batch: int
    gflop: float
    parameters: int
    rates: dict[str, float] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    @property
    def title(self) -> str:
        """E.g. "tiny, 640×480"."""
        return f"{self.model}, {self.width}×{self.height}"


@dataclass
class MethodTime:
    """A whole method, from image and sparse depth to dense depth, at a resolution."""

    method: str
    height: int
    width: int
    seconds: Spread | None = None
    processor_s: float | None = None
    reason: str = ""


@dataclass
class Accuracy:
    """A method's error in a run of `spnet eval`, beside its time here."""

    method: str
    error: float
    low: float
    high: float
    seconds: float


@dataclass
class Bench:
    """A whole run.

    Attributes:
        machine: what it ran on.
        options: of the run.
        notes: what a reader has to know.
        cases, methods: what was measured.
        metric: of `accuracy`, a name of `spnet.metrics.METRICS`.
        accuracy: beside the run `eval_run`.
    """

    machine: dict[str, Any]
    options: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    methods: list[MethodTime] = field(default_factory=list)
    metric: str = ""
    eval_run: str = ""
    accuracy: list[Accuracy] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """As JSON; the file is complete or absent.

        Raises:
            CannotWrite: it cannot be written.
        """
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps({"format": FORMAT, **asdict(self)}, indent=1), encoding="utf-8")
