"""What is wrong with data sets, found before a training of three days and not during it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

from spnet.datasets.facts import Role, look_at_all
from spnet.datasets.folder import DEPTH_FOLDERS, NORMALIZED, FolderDataset, Pair
from spnet.datasets.index import Facts
from spnet.datasets.opening import open_data
from spnet.errors import BadInput
from spnet.units import PLAUSIBLE, likely_units, unit_scale

TINY = 32  # pixels; the network's coarsest level is a 32nd (ours)
FEW = 0.01  # share of known depth under which a truth teaches little (ours)
MANY_AT_TOP = 0.01  # share of pixels at the type's largest value from which it is probably a sign for "no depth" (ours)


@dataclass(frozen=True)
class Kind:
    """A kind of fault. An error stops a training, leaves images out of it, or teaches it something wrong."""

    name: str
    severity: Literal["error", "warning"]
    about: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("unpaired", "error", "no partner of the same name, or two"),
        Kind("unreadable", "error", "damaged, cut off, or of another kind than its name says"),
        Kind("unequal sizes", "error", "image and depth differ in width or height"),
        Kind("8-bit depth", "error", "unit and precision are lost: export 16-bit PNG or NPY"),
        Kind("colour as depth", "error", "a picture of a depth map, not a depth map"),
        Kind("no depth", "error", "every value is 0, negative, infinite or NaN"),
        Kind("wrong unit", "error", "the median depth is under 1 cm or over 1 km"),
        Kind("constant depth", "warning", "one value in all known pixels"),
        Kind("hardly any depth", "warning", "under 1 % of the pixels are known"),
        Kind("depth at the limit", "warning", "over 1 % hold the type's largest value: store 0 for no depth"),
        Kind("beyond the unit", "warning", "over the unit's max_depth; the paper's samples take it as unknown"),
        Kind("negative depth", "warning", "negative or infinite values, taken as unknown"),
        Kind("one colour", "warning", "the image holds a single value"),
        Kind("grey image", "warning", "the image has no colour"),
        Kind("tiny", "warning", f"under {TINY} pixels wide or high"),
        Kind("duplicate image", "warning", "the same bytes as another image"),
        Kind("duplicate depth", "warning", "the same bytes as another depth map"),
        Kind("mask of grey", "warning", "a hole mask holds values other than 0 and 255; from 128 on they are measured"),
        Kind("mask without use", "warning", "a hole mask that is all holes or has none"),
    )
}


@dataclass(frozen=True)
class Fault:
    """Something wrong: its kind, where, and in a few words what."""

    kind: Kind
    dataset: str
    name: str
    detail: str = ""


@dataclass(frozen=True)
class SetSummary:
    """A data set in one line; sizes are "width x height", depths are metres, None where nothing is readable."""

    name: str
    pairs: int
    sizes: list[str]
    unit: str
    nearest: float | None = None
    middle: float | None = None
    farthest: float | None = None
    known: float | None = None


@dataclass
class Report:
    """All faults, and what the data sets hold."""

    sets: list[SetSummary] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    masks: int = 0

    def count(self, severity: str) -> int:
        """How many faults are of a severity, "error" or "warning"."""
        return sum(fault.kind.severity == severity for fault in self.faults)

    def by_kind(self) -> dict[str, list[Fault]]:
        """The faults of each kind that there is, errors first."""
        return {name: found for name in KINDS if (found := [f for f in self.faults if f.kind.name == name])}


def check_data(
    specs: Sequence[str],
    hole_maps: str | Path | None = None,
    *,
    jobs: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Report:
    """Look at every file of some data sets.

    Args:
        specs: as `open_data` takes them; also a folder of data sets.
        hole_maps: a folder of hole masks.
        jobs: processes.
        report: called with how many files are done, and of how many.

    Raises:
        BadInput: there is no data set.
    """
    sets = open_data(_expanded(specs), strict=False)
    masks = _masks(hole_maps) if hole_maps is not None else []
    pairs = [pair for data in sets for pair in data.pairs]
    files: list[tuple[Path, Role]] = [(pair.rgb, "image") for pair in pairs] + [(pair.depth, "depth") for pair in pairs]
    facts = look_at_all(files, jobs, report)
    looks = look_at_all([(path, "mask") for path in masks], jobs, report)
    found = Report(masks=len(masks))
    for data in sets:
        found.sets.append(_summary(data, facts))
        found.faults += [Fault(KINDS["unpaired"], data.name, name, why) for name, why in data.faults.items()]
        for pair in data.pairs:
            found.faults += (
                Fault(KINDS[kind], data.name, pair.name, detail)
                for kind, detail in _of_pair(pair, facts[pair.rgb], facts[pair.depth])
            )
    found.faults += _duplicates(sets, facts)
    for path in masks:
        found.faults += (Fault(KINDS[kind], "masks", path.name, why) for kind, why in _of_mask(looks[path]))
    return found


def _expanded(specs: Sequence[str]) -> list[str]:
    """A folder that is no data set but holds some stands for these."""
    out: list[str] = []
    for spec in specs:
        folder = Path(spec)
        inside = sorted(path for path in folder.iterdir() if _is_set(path)) if folder.is_dir() else []
        out += [spec] if not inside or _is_set(folder) else map(str, inside)
    return out


def _is_set(folder: Path) -> bool:
    return (folder / "rgb").is_dir() and any((folder / name).is_dir() for name in DEPTH_FOLDERS)


def _masks(folder: str | Path) -> list[Path]:
    paths = sorted(path for path in Path(folder).rglob("*.png") if not path.name.startswith("."))
    if not paths:
        raise BadInput(f"No hole masks (*.png) in {folder}: expected 8-bit images, 255 measured and 0 hole.")
    return paths


def _of_pair(pair: Pair, image: Facts, depth: Facts) -> Iterator[tuple[str, str]]:
    """The kinds of fault of one pair, each with its detail."""
    if image.problem:
        yield "unreadable", image.problem
    elif image.values:
        if image.values["lowest"] == image.values["highest"]:
            yield "one colour", f"value {image.values['lowest']:g}"
        elif image.values["colour"] == 0:
            yield "grey image", ""
        if image.shape and min(image.shape[:2]) < TINY:
            yield "tiny", _size(image)
    if depth.problem:
        yield _kind_of_problem(depth), depth.problem
        return
    if image.shape and depth.shape and image.shape[:2] != depth.shape[:2]:
        yield "unequal sizes", f"image {_size(image)}, depth {_size(depth)}"
    if depth.values is not None and depth.dtype is not None:
        yield from _of_depth(depth.values, integer=depth.dtype.startswith(("int", "uint")), unit=pair.unit)


def _kind_of_problem(depth: Facts) -> str:
    if depth.shape is None:
        return "unreadable"
    if depth.dtype in ("uint8", "int8", "bool") and len(depth.shape) == 2:
        return "8-bit depth"
    return "colour as depth" if len(depth.shape) == 3 else "unreadable"


def _of_depth(values: dict[str, float], *, integer: bool, unit: str) -> Iterator[tuple[str, str]]:
    if values["negative"] or values["infinite"]:
        yield "negative depth", f"{values['negative']:.2%} negative, {values['infinite']:.2%} infinite"
    if "median" not in values:
        yield "no depth", ""
        return
    scale = unit_scale(unit, integer=integer)
    middle = values["median"] * scale
    if not PLAUSIBLE[0] <= middle <= PLAUSIBLE[1]:
        others = likely_units(values["median"], integer=integer)
        advice = f"; probably in {' or '.join(others)}" if others else ""
        yield "wrong unit", f"median {middle:.3g} m as {unit}{advice}"
    if values["low"] == values["high"]:
        yield "constant depth", f"{values['low'] * scale:.3g} m"
    if values["known"] < FEW:
        yield "hardly any depth", f"{values['known']:.2%} known"
    if values["top"] > MANY_AT_TOP:
        yield "depth at the limit", f"{values['top']:.1%} of the pixels"
    if unit.startswith(NORMALIZED) and not integer and values["high"] > 1:
        yield "beyond the unit", f"up to {values['high'] * scale:.3g} m"


def _of_mask(facts: Facts) -> Iterator[tuple[str, str]]:
    if facts.problem or facts.values is None:
        yield "unreadable", facts.problem or ""
        return
    if facts.values["between"]:
        yield "mask of grey", f"{facts.values['between']:.1%} of the pixels"
    if facts.values["holes"] in (0, 1):
        yield "mask without use", "all holes" if facts.values["holes"] else "no hole"


def _duplicates(sets: Sequence[FolderDataset], facts: dict[Path, Facts]) -> Iterator[Fault]:
    for what, kind in (("rgb", "duplicate image"), ("depth", "duplicate depth")):
        same: dict[str | None, list[tuple[str, str]]] = defaultdict(list)
        for data in sets:
            for pair in data.pairs:
                fact = facts[getattr(pair, what)]
                if fact.problem is None:
                    same[fact.sha256].append((data.name, pair.name))
        for (first, name), *others in same.values():
            for dataset, other in others:
                yield Fault(KINDS[kind], dataset, other, f"as {first}/{name}")


def _summary(data: FolderDataset, facts: dict[Path, Facts]) -> SetSummary:
    sizes = [_size(facts[pair.rgb]) for pair in data.pairs if facts[pair.rgb].shape]
    common = sorted(set(sizes), key=lambda size: (-sizes.count(size), size))
    units = sorted({pair.unit for pair in data.pairs})
    metres: list[tuple[float, float, float, float]] = []
    for pair in data.pairs:
        fact = facts[pair.depth]
        if fact.values and "median" in fact.values:
            scale = unit_scale(pair.unit, integer=str(fact.dtype).startswith(("int", "uint")))
            low, middle, high = (fact.values[key] * scale for key in ("low", "median", "high"))
            metres.append((low, middle, high, fact.values["known"]))
    if not metres:
        return SetSummary(data.name, len(data), common, ", ".join(units))
    lows, middles, highs, known = zip(*metres, strict=True)
    share = sum(known) / len(known)
    return SetSummary(data.name, len(data), common, ", ".join(units), min(lows), median(middles), max(highs), share)


def _size(facts: Facts) -> str:
    height, width = (facts.shape or (0, 0))[:2]
    return f"{width}x{height}"


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values, every fault named."""
    return {
        "errors": report.count("error"),
        "warnings": report.count("warning"),
        "sets": [vars(one) for one in report.sets],
        "masks": report.masks,
        "faults": [
            {"kind": f.kind.name, "severity": f.kind.severity, "dataset": f.dataset, "name": f.name, "detail": f.detail}
            for f in report.faults
        ],
    }
