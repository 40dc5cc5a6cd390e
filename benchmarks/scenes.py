"""How fast pairs are rendered, where the time goes, and how much memory a process needs.

    LP_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/scenes.py [--scenes 24] [--kinds room,table,street]

One process writes scenes of three views into a temporary folder, camera effects and files included, as
`spnet scenes render --jobs 1` does. Times are of the CPU (user and system, all threads of the process), which other
programs on the machine disturb less than the clock; the clock's are beside them. Opening (textures, models, context) is
told apart: it comes once a process.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from spnet.scenes import sampler
from spnet.scenes.sampler import Studio, open_studio
from spnet.scenes.spec import SCHEME, SceneSpec, parse_spec
from spnet.scenes.writing import write_pair


class Clock:
    """CPU seconds by stage; a stage within another counts for itself alone."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.process_time()
        self._inner.append(0.0)
        try:
            yield
        finally:
            whole = time.process_time() - start
            self.spent[stage] += whole - self._inner.pop()
            self._inner[-1] += whole

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted."""

        def call(*arguments: Any, **named: Any) -> Any:
            with self(stage):
                return function(*arguments, **named)

        return call


def watched(studio: Studio, clock: Clock) -> Studio:
    """The studio with every stage timed."""
    renderer: Any = studio.renderer
    for name in ("load", "peek", "render"):
        setattr(renderer, name, clock.timed(name, getattr(renderer, name)))
    studio.make = clock.timed("layout", studio.make)
    studio.photograph = clock.timed("photograph", studio.photograph)
    sampler.choose_views = clock.timed("views", sampler.choose_views)  # type: ignore[attr-defined]
    return studio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--kinds", default="room,table,street")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--renderer", default="auto")
    parser.add_argument("--assets", type=Path)
    args = parser.parse_args()
    spec, _ = parse_spec(f"{SCHEME}{args.kinds}?seed={args.seed}&renderer={args.renderer}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    studio = open_studio(spec, args.assets)
    opening = time.process_time() - start
    clock = Clock()
    watched(studio, clock)
    print(f"{studio.renderer.description}; {os.cpu_count()} cores; opening {opening:.1f} s of CPU")
    run(studio, spec, args.scenes, clock)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"memory: peak {peak / 1e6:.2f} GB, of which {before / 1e6:.2f} before anything was opened")


def run(studio: Studio, spec: SceneSpec, scenes: int, clock: Clock) -> None:
    """Write the scenes and print the rates."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    triangles: dict[str, list[int]] = defaultdict(list)
    make = studio.make

    def counted(kind: str, seed: int) -> Any:
        scene = make(kind, seed)
        triangles[kind].append(len(scene.mesh))
        return scene

    studio.make = counted
    cpu, wall = time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for scene in range(scenes):
            start = time.process_time()
            for shot in studio.shoot(scene):
                with clock("write"):
                    write_pair(shot, Path(folder))
            by_kind[spec.kind(scene)].append(time.process_time() - start)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    pairs = scenes * spec.views
    clock.spent["the rest"] = cpu - sum(clock.spent.values())
    print(f"{pairs} pairs: {60 * pairs / cpu:.1f} a minute of CPU, {60 * pairs / wall:.1f} by the clock")
    for kind, seconds in by_kind.items():
        rate = 60 * spec.views / np.mean(seconds)
        print(f"  {kind:8} {rate:6.1f} a minute; {np.mean(triangles.get(kind, [0])) / 1e3:.0f}k triangles a scene")
    for stage, spent in sorted(clock.spent.items(), key=lambda item: -item[1]):
        print(f"  {stage:10} {1000 * spent / pairs:7.1f} ms a pair  {100 * spent / cpu:5.1f} %")


if __name__ == "__main__":
    main()
