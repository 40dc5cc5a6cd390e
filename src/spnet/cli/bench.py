"""`spnet bench`: how fast and how large networks are in every back end, beside the plain eager network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")]
MODELS, RESOLUTIONS, ROUNDS, MEASURE = ("atto", "tiny"), ("640x480",), 15, ("time", "throughput", "memory", "methods")
QUICK_MODELS, QUICK_RESOLUTIONS, QUICK_ROUNDS, QUICK_MEASURE = ("atto",), ("320x240",), 3, ("time", "memory", "methods")
METHODS = ("nearest", "linear", "ip-basic")


def bench(
    *models: str,
    resolutions: Names = (),
    engines: Names = (),
    precisions: Names = (),
    measure: Names = (),
    methods: Names = METHODS,
    rounds: int | None = None,
    seconds: float = 120.0,
    batch: int = 4,
    tiled_mb: float = 0.0,
    eval: Path | None = None,
    metric: str = "rel",
    data: Names = (),
    device: str = "auto",
    threads: int = 0,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    quick: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Time networks in every back end and precision, alternating, with the plain eager network as the reference.

    Parameters
    ----------
    models:
        Sizes (tiny; fill:atto and pacgdc:large name the revision; random weights), bundled names or weights files.
        Default: atto and tiny.
    resolutions:
        WIDTHxHEIGHT, several with blanks between. Default: 640x480.
    engines:
        torch, compile (torch.compile), onnxruntime, openvino. Default: torch and the installed ones.
    precisions:
        fp32, bf16, fp16, int8, as far as an engine has them. Default: fp32; on a GPU also fp16 and bf16.
    measure:
        time, throughput, memory, methods. Default: all.
    methods:
        Methods of spnet eval that are timed as a whole, beside the networks.
    rounds:
        Measurements of everything. Default: 15.
    seconds:
        After so long a network at a resolution has no further round, but three at least.
    batch:
        Images at once for the throughput.
    tiled_mb:
        Measure the memory in tiles within this budget too.
    eval:
        Folder of a run of spnet eval: its methods are timed, and their errors drawn against the times.
    metric:
        Of that run.
    data:
        Data sets that int8 is calibrated on; without any, made-up images.
    device:
        auto, cpu, cuda, ….
    threads:
        CPU threads; 0 for one a core.
    output:
        Folder for bench.json, table.md, time.svg and accuracy.svg.
    quick:
        The smallest network, a small image, few rounds: whether it runs, not how fast.
    """
    from spnet.bench.measure import Plan
    from spnet.bench.plots import accuracy_chart, time_chart
    from spnet.bench.run import parse_resolution, run_bench
    from spnet.bench.tables import markdown
    from spnet.bench.ways import chosen_ways
    from spnet.cli.progress import Watch
    from spnet.evaluation.svg import write_svg
    from spnet.files import atomic_path

    plan = Plan(
        models=models or (QUICK_MODELS if quick else MODELS),
        resolutions=tuple(map(parse_resolution, resolutions or (QUICK_RESOLUTIONS if quick else RESOLUTIONS))),
        ways=tuple(chosen_ways(engines, precisions, device)),
        measure=measure or (QUICK_MEASURE if quick else MEASURE),
        methods=methods,
        rounds=rounds if rounds is not None else QUICK_ROUNDS if quick else ROUNDS,
        seconds=seconds,
        batch=batch,
        tiled_mb=tiled_mb,
        device=device,
        threads=threads,
        data=data,
    )
    with Watch() as watch:
        result = run_bench(plan, eval_run=eval, metric=metric, progress=watch)
    text = markdown(result)
    if output:
        result.write(output / "bench.json")
        with atomic_path(output / "table.md") as path:
            path.write_text(text, encoding="utf-8")
        for name, chart in (("time.svg", time_chart(result)), ("accuracy.svg", accuracy_chart(result))):
            if chart is not None:
                write_svg(output / name, chart)
    print(text, end="")
    return 0
