"""Peak memory of one pass, measured in a process of its own: `python -m spnet.bench.memory` with the job as JSON.

On a CPU it is the highest resident set during the passes beyond what is resident before them: with the network loaded,
the inputs made, and a pass on 64×64 done. OpenVINO compiles for a size, so that it has no such pass before, and what is
compiled counts. On a GPU it is what PyTorch's allocator had at most. Linux only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spnet.backends.footprint import Footprint
from spnet.bench.ways import Way, open_way
from spnet.errors import SpnetError

SMALL = 64
PASSES = {"openvino": 2}  # it compiles for a size that comes again; one pass of the others
LIMIT = 1800.0  # seconds of one measurement, ours


@dataclass(frozen=True)
class MemoryJob:
    """What a process measures.

    Attributes:
        way: how the network runs.
        spec: the network, see `make_network`.
        graph: its exported file, "" where the engine takes none.
        height, width, batch: of the inputs.
        tiled_mb: run in tiles within this much memory, as `Predictor` with `memory_mb`; 0: whole.
        needs_fill: whether the inputs hold a fill.
        device: as of `Predictor`.
        threads: of the engine.
    """

    way: Way
    spec: str
    graph: str
    height: int
    width: int
    batch: int = 1
    tiled_mb: float = 0.0
    needs_fill: bool = False
    device: str = "cpu"
    threads: int = 0


@dataclass(frozen=True)
class Peak:
    """Megabytes: `pass_mb` of the passes beyond what was there, `process_mb` of the process with libraries and weights.

    `reason` says why there are none.
    """

    pass_mb: float = 0.0
    process_mb: float = 0.0
    reason: str = ""


def measure_peak(job: MemoryJob) -> Peak:
    """Run a job in a fresh process."""
    if not Path("/proc/self/clear_refs").exists():
        return Peak(reason="peak memory is measured on Linux only")
    command = [sys.executable, "-m", "spnet.bench.memory", json.dumps(asdict(job))]
    threads = {"OMP_NUM_THREADS": str(job.threads)} if job.threads else {}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, env={**os.environ, **threads})
    except subprocess.TimeoutExpired:
        return Peak(reason=f"took longer than {LIMIT:.0f} s")
    if done.returncode < 0:
        return Peak(reason=f"was ended by signal {-done.returncode}: out of memory, probably")
    if done.returncode:
        return Peak(reason=(done.stderr.strip().splitlines() or ["failed"])[-1][:300])
    return Peak(**json.loads(done.stdout.splitlines()[-1]))


def run_job(job: MemoryJob) -> Peak:
    """The measurement itself, in this process."""
    from spnet.bench.inputs import made_up_inputs
    from spnet.runner import Runner

    call: Any = open_way(
        job.way, job.spec, Path(job.graph) if job.graph else None, device=job.device, threads=job.threads
    )
    if job.way.engine != "openvino":
        call(made_up_inputs(SMALL, SMALL, needs_fill=job.needs_fill, batch=job.batch))
    inputs = made_up_inputs(job.height, job.width, needs_fill=job.needs_fill, batch=job.batch)
    if job.tiled_mb:
        call = Runner(_Budgeted(call, job.needs_fill), memory_mb=job.tiled_mb)
    if job.device.startswith("cuda"):
        return _gpu_peak(call, inputs)
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    for _ in range(PASSES.get(job.way.engine, 1)):
        call(inputs)
    peak = _resident("VmHWM")
    return Peak((peak - before) / 1e6, peak / 1e6)


class _Budgeted:
    """A way as a back end with the estimate that decides about tiles."""

    name = "bench"
    device = "cpu"

    def __init__(self, call: Any, needs_fill: bool) -> None:
        self._call, self.needs_fill = call, needs_fill
        self.footprint: Footprint = call.footprint

    def __call__(self, inputs: Any) -> Any:
        return self._call(inputs)


def _gpu_peak(call: Any, inputs: Any) -> Peak:
    import torch

    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    call(inputs)
    peak = torch.cuda.max_memory_allocated()
    return Peak((peak - before) / 1e6, peak / 1e6)


def _resident(field: str) -> int:
    """VmRSS (now) or VmHWM (highest since the last reset) of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def main() -> None:
    """Run the job of the command line and write its result as JSON."""
    fields = json.loads(sys.argv[1])
    job = MemoryJob(**{**fields, "way": Way(**fields["way"])})
    try:
        peak = run_job(job)
    except SpnetError as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(asdict(peak)) + "\n")


if __name__ == "__main__":
    main()
