"""`spnet sparsify`: benchmark inputs of any pattern, as files that can be made again and compared."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from spnet.cli.progress import Watch
from spnet.sparsity.catalogue import CATALOGUE

if TYPE_CHECKING:
    from spnet.cli.sparsify_plan import Plan

Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")]
SAVE_EVERY = 20.0  # seconds between manifests; what is not in it is made again after a crash


def sparsify(
    *,
    data: Names = (),
    patterns: Names = (),
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    seed: int = 0,
    limit: int | None = None,
    verify: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Thin dense depth to what sparse sensors would measure, and write it as benchmark inputs.

    Writes OUTPUT/<set>/{rgb,gt,raw_<pattern>} and a manifest.json with specs, seed, versions and hashes. A run that was
    stopped goes on; further patterns can be added later.

    Parameters
    ----------
    data:
        Data set folders holding rgb/ and gt/ (or depth/); FOLDER@UNIT names the depth unit.
    patterns:
        What is measured, in quotes, e.g. `"random(10%)" "lidar(64) | noise(5%)" "0.8*random(0.1%..10%) + 0.2*sift"`;
        docs/sparsity.md tells of each. The names: {names}.
    output:
        Folder for the sets.
    seed:
        Of the inputs.
    limit:
        At most this many images a set, evenly spaced, as of `spnet eval`.
    verify:
        Instead of writing, make the inputs in OUTPUT again and compare them with the manifest's hashes. The data is
        looked for where it was, or in --data.
    """
    from spnet.errors import BadInput

    if limit is not None and limit < 1:
        raise BadInput(f"The limit of images a set is {limit}: it must be at least 1.")
    if verify:
        return _verify(output, data)
    if not data or not patterns:
        raise BadInput('Give --data and --patterns, e.g. --data NYUv2 --patterns "random(10%)" "lidar(16)".')
    from spnet.cli.sparsify_plan import plan
    from spnet.datasets import open_data
    from spnet.sparsity import parse_pattern

    parsed = [parse_pattern(spec) for spec in dict.fromkeys(patterns)]
    sets = open_data(data, strict=False)
    names = [one.name for one in sets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"Several data sets are called {twice[0]}: write them to two outputs.")
    plans = [plan(one, output, parsed, seed) for one in sets]
    return 1 if sum(_make_all(job, limit) for job in plans) else 0


# The names that a spec may hold, so that the help never lags behind.
sparsify.__doc__ = str(sparsify.__doc__).replace(
    "{names}", ", ".join(f"`{entry.example}`" for entry in CATALOGUE.values())
)


def _make_all(job: Plan, limit: int | None) -> int:
    """Make one data set; returns how many images failed, each of which is named."""
    import numpy as np

    from spnet.cli.sparsify_files import make
    from spnet.cli.sparsify_plan import join, remove_manifest, write_manifest
    from spnet.errors import BadInput

    job, manifest = join(job)
    items = {str(item["name"]): item for item in manifest["items"]}
    count = len(job.data) if limit is None else min(limit, len(job.data))
    chosen = set(np.linspace(0, len(job.data) - 1, count).round().astype(int).tolist())
    # Images of an earlier run get the patterns of this one too: every folder of a set holds the same images.
    chosen |= {index for index, pair in enumerate(job.data.pairs) if pair.name in items}
    failed, made = dict(job.data.faults), 0
    start = saved = time.monotonic()
    write_manifest(job, manifest)  # first, so that a run that is killed is known for what it is, and goes on
    try:
        with Watch() as watch:
            for done, index in enumerate(sorted(chosen)):
                watch(job.data.name, done, len(chosen))
                name = job.data.pairs[index].name
                try:
                    item = make(job, index, items.get(name))
                except BadInput as error:
                    failed[name] = str(error)
                    continue
                if item:
                    items[name], made = item, made + 1
                if time.monotonic() - saved > SAVE_EVERY:
                    write_manifest(job, {**manifest, "items": list(items.values())})
                    saved = time.monotonic()
    finally:
        if items:
            write_manifest(job, {**manifest, "items": list(items.values())})
        else:
            remove_manifest(job)
    for fault in failed.values():
        print(f"spnet: failed: {fault}", file=sys.stderr)
    there = len(chosen) - made - len(failed.keys() - job.data.faults.keys())
    seconds = time.monotonic() - start
    print(f"{job.target}: {made} made in {seconds:.0f} s, {there} there already, {len(failed)} failed")
    return len(failed)


def _verify(output: Path, data: Sequence[str]) -> int:
    from spnet.cli.sparsify_files import verify
    from spnet.cli.sparsify_plan import MANIFEST, plan, read_manifest
    from spnet.datasets import open_data
    from spnet.errors import BadInput
    from spnet.sparsity import parse_pattern

    found = sorted(output.glob(f"*/{MANIFEST}"))
    if not found:
        raise BadInput(f"{output} holds no benchmark inputs: expected {output / '<set>' / MANIFEST}.")
    given = {one.name: one for one in open_data(data, strict=False)} if data else {}
    same, different = 0, []
    for path in found:
        manifest = read_manifest(path)
        source = given.get(path.parent.name) or open_data([str(manifest.get("source"))], strict=False)[0]
        job = plan(source, output, [parse_pattern(entry["spec"]) for entry in manifest["patterns"]], manifest["seed"])
        for what, wrong in verify(job, manifest):
            if wrong:
                different.append(f"{what}: {wrong}")
            same += wrong is None
    for line in different:
        print(f"spnet: {line}", file=sys.stderr)
    print(f"{same} input(s) are the same, {len(different)} differ")
    return 1 if different else 0
