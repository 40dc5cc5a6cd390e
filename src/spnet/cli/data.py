"""`spnet data`: official archives of public data sets, listed, described and converted; folders checked."""

from __future__ import annotations

import sys
from json import dumps as json_dumps
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

if TYPE_CHECKING:
    from spnet.datasets.check import Report
    from spnet.datasets.convert import Summary

app = App(name="data", help="Check data sets; list, describe and convert official archives of public ones.")
WIDEST, INDENT = 100, 13  # characters of a description


@app.command(name="list")
def list_() -> None:
    """List the data sets whose official archives can be converted."""
    from rich.console import Console
    from rich.table import Table

    from spnet.datasets.adapters import ADAPTERS

    table = Table(box=None, pad_edge=False)
    for title in ("name", "title", "splits", "licence"):
        table.add_column(title, overflow="fold")
    for adapter in ADAPTERS.values():
        table.add_row(adapter.name, adapter.title, ", ".join(adapter.splits), adapter.licence)
    Console().print(table, markup=False, highlight=False)


@app.command(name="info")
def describe(name: str) -> None:
    """Describe a data set: where to get it, which files are needed, its licence and citation.

    Parameters
    ----------
    name:
        A name from `spnet data list`, or scenes://... as `spnet train --data` takes it.
    """
    from spnet.datasets.adapters import get_adapter
    from spnet.scenes.spec import SCHEME

    if name.startswith(SCHEME):
        _print_rows(_generated(name))
        return
    adapter = get_adapter(name)
    rows = {
        "name": adapter.name,
        "title": adapter.title,
        "where": adapter.where,
        "licence": adapter.licence,
        "splits": f"{', '.join(adapter.splits)} (the first is the default)",
        "depth files": "NPY in metres" if adapter.unit == "m" else f"16-bit PNG, unit {adapter.unit}",
        "note": adapter.note,
        "cite": adapter.citation,
    }
    _print_rows(rows)


def _generated(name: str) -> dict[str, str]:
    """What there is to say of generated scenes."""
    from spnet.datasets.generated import GeneratedDataset
    from spnet.scenes.layouts import LAYOUTS

    data = GeneratedDataset(name)
    gallery = data.gallery
    spec, files = gallery.spec, gallery.files()
    units = sorted({pair.unit for pair in data.pairs[: spec.views * len(spec.kinds)]})
    return {
        "name": data.name,
        "where": f"rendered when a training asks for it, or spnet scenes render; {spec.text()}",
        "kinds": "; ".join(f"{kind}: {LAYOUTS[kind].about}" for kind in dict.fromkeys(spec.kinds)),
        "pairs": f"{len(data.pairs):,} an epoch, {spec.width}x{spec.height}, {spec.views} views a scene",
        "depth files": f"16-bit, unit {' or '.join(units)}",
        "assets": gallery.pack,
        "cache": f"{sum(size for _, size, _ in files) / 1e9:.2f} of {gallery.limit / 1e9:g} GB in {gallery.folder}",
        "licence": "ours; assets as spnet scenes assets lists them",
    }


def _print_rows(rows: dict[str, str]) -> None:
    import shutil
    import textwrap

    width = min(max(shutil.get_terminal_size().columns, 2 * INDENT), WIDEST)
    for label, text in rows.items():
        # Addresses stay whole, to be copied.
        lines = textwrap.wrap(text, width - INDENT, break_long_words=False, break_on_hyphens=False)
        for head, line in zip([label] + [""] * len(lines), lines, strict=False):
            print(f"{head:{INDENT}}{line}")


@app.command
def convert(
    name: str,
    source: Path,
    target: Path,
    *,
    split: str | None = None,
    limit: int | None = None,
    jobs: int = 1,
) -> int:
    """Convert an official archive to rgb/, gt/, raw/ and manifest.json, which `spnet eval` and `spnet train` read.

    Goes on after a bad frame, which is named at the end (exit status 1), and, started again, after an interruption.

    Parameters
    ----------
    name:
        A name from `spnet data list`.
    source:
        Folder into which the archive was unpacked.
    target:
        Folder to write.
    split:
        See `spnet data info NAME`; default the first.
    limit:
        Convert only that many frames.
    jobs:
        Processes.
    """
    from spnet.cli.progress import Watch
    from spnet.datasets.adapters import get_adapter
    from spnet.datasets.convert import convert as run
    from spnet.errors import BadInput

    for option, value in (("--limit", limit), ("--jobs", jobs)):
        if value is not None and value < 1:
            raise BadInput(f"{option} {value}: expected 1 or more.")
    adapter = get_adapter(name)
    with Watch() as watch:

        def report(so_far: Summary) -> None:
            watch(name, so_far.written + so_far.there + len(so_far.failed), so_far.total)

        counts = run(adapter, source, target, split=split, limit=limit, jobs=jobs, report=report)
    for frame, reason in counts.failed.items():
        print(f"spnet: failed: {frame}: {reason}", file=sys.stderr)
    beyond = "" if adapter.unit == "m" or not counts.as_npy else f" ({counts.as_npy} as NPY: beyond 16 bits)"
    print(
        f"{counts.written} of {counts.total} frames converted, {counts.there} there already, "
        f"{len(counts.failed)} failed{beyond}: {target}"
    )
    return 1 if counts.failed else 0


@app.command
def check(
    *dirs: str,
    hole_maps: Path | None = None,
    jobs: int | None = None,
    names: int = 3,
    json: bool = False,
) -> int:
    """Look at every file of data sets and say what is wrong, before a training of three days and not during it.

    Exit status 1 where there is an error: something that stops a training, is left out of it, or teaches it something
    wrong. A second check reads only what has changed since.

    Parameters
    ----------
    dirs:
        Folders holding rgb/ and depth/ (or gt/), folders of such, FOLDER@UNIT, with or without a weight.
    hole_maps:
        Folder of hole masks, checked as well.
    jobs:
        Processes; default one a core.
    names:
        So many names are shown of each kind of fault.
    json:
        Print everything as JSON, with every name.
    """
    from spnet.cli.progress import Watch, cores
    from spnet.datasets.check import as_json, check_data
    from spnet.errors import BadInput

    for option, value in (("--jobs", jobs), ("--names", names)):
        if value is not None and value < 1:
            raise BadInput(f"{option} {value}: expected 1 or more.")
    with Watch() as watch:
        found = check_data(dirs, hole_maps, jobs=jobs or cores(), report=lambda n, of: watch("looking", n, of))
    if json:
        print(json_dumps(as_json(found), indent=1, ensure_ascii=False))
    else:
        _show(found, names)
    return 1 if found.count("error") else 0


def _show(found: Report, names: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, pad_edge=False)
    for title in ("data set", "pairs", "size", "unit", "depth, m (nearest, median, farthest)", "known"):
        table.add_column(title, overflow="fold", justify="left" if title in ("data set", "unit") else "right")
    for one in found.sets:
        size = one.sizes[0] + (f" +{len(one.sizes) - 1}" if len(one.sizes) > 1 else "") if one.sizes else ""
        depth = f"{one.nearest:.2f} {one.middle:.2f} {one.farthest:.2f}" if one.middle is not None else ""
        known = f"{one.known:.0%}" if one.known is not None else ""
        table.add_row(one.name, str(one.pairs), size, one.unit, depth, known)
    console.print(table, markup=False, highlight=False)
    for name, group in found.by_kind().items():
        print(f"\n{group[0].kind.severity}: {name}: {len(group)} ({group[0].kind.about})")
        for fault in group[:names]:
            print(f"    {fault.dataset}/{fault.name}" + (f": {fault.detail}" if fault.detail else ""))
        if len(group) > names:
            print(f"    and {len(group) - names} more")
    pairs = sum(one.pairs for one in found.sets)
    masks = f" and {found.masks} masks" if found.masks else ""
    print(
        f"\n{pairs} pairs in {len(found.sets)} data set(s){masks}: "
        f"{found.count('error')} error(s), {found.count('warning')} warning(s)"
    )
