"""`report.html` of a training run: one file that opens offline, needs no script, and tells how the run went."""

from __future__ import annotations

import dataclasses
import io
import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from spnet.errors import BadInput
from spnet.evaluation.charts import number
from spnet.extras import need
from spnet.files import atomic_path
from spnet.training.config import TrainConfig
from spnet.training.curves import Graph, Line, graph
from spnet.training.panels import Kind, list_panels
from spnet.training.records import CONFIG, RUN, RUN_KEYS, Record, read_json, read_records
from spnet.training.verdict import against, losses, summary

REPORT = "report.html"
PANELS = 3  # shown: the first, the one in the middle, the last
LISTED = 40  # rows of a list of skipped steps or bad images
_WEBP = {"quality": 82, "method": 4}


def write_training_report(out: Path) -> Path:
    """Write `<out>/report.html` from what the run has left in its folder so far.

    Args:
        out: folder of a run, finished or not; may be read while the run goes on.

    Returns:
        The file.

    Raises:
        BadInput: the folder holds no run.
        CannotWrite: the file cannot be written.
        MissingExtra: jinja2 is not installed.
    """
    config = read_json(out / CONFIG)
    if not config:
        raise BadInput(f"{out} holds no training run: expected {CONFIG} in it.")
    text = _render(_context(out, config))
    with atomic_path(out / REPORT) as path:
        path.write_text(text, encoding="utf-8", newline="\n", errors="replace")
    return out / REPORT


def _render(context: dict[str, Any]) -> str:
    jinja2 = need("jinja2", "train", "Reports")
    own, shared = (jinja2.PackageLoader(f"spnet.{name}", "templates") for name in ("training", "evaluation"))
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([own, shared]),  # both kinds of reports share one style sheet
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return str(environment.get_template("training.html.j2").render(context))


def _context(out: Path, config: dict[str, Any]) -> dict[str, Any]:
    records, facts = read_records(out), read_json(out / RUN)
    skipped = [record for record in records if "skipped" in record and "reason" in record]
    bad = [record for record in records if "bad_image" in record]
    return {
        "title": f"Training {config.get('revision', '')}-{config.get('model', '')}",
        "folder": out.resolve().name,
        "config": _config_rows(config),
        "facts": {"sessions": [], "data": [], "parameters": None, "stopped": "", "start": None, **facts},
        "sentences": summary(out, int(config.get("steps", 0))),
        "graphs": _graphs(records, skipped, facts),
        "validation": _validation_table(records),
        "panels": _panels(out, "step"),
        "validation_panels": _panels(out, "val"),
        "skipped": skipped[:LISTED],
        "more_skipped": max(0, len(skipped) - LISTED),
        "bad": bad[:LISTED],
        "more_bad": max(0, len(bad) - LISTED),
        "number": number,
        "against": against,
    }


@dataclass(frozen=True)
class _Setting:
    """A row of the configuration: `usual` where the value is that of `TrainConfig` itself."""

    name: str
    value: str
    usual: bool


def _config_rows(config: dict[str, Any]) -> list[_Setting]:
    defaults = {field.name: field.default for field in dataclasses.fields(TrainConfig)}
    rows = []
    for name, value in config.items():
        comparable = tuple(value) if isinstance(value, list) else value
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        rows.append(_Setting(name, text or "–", name in defaults and defaults[name] == comparable))
    return rows


def _graphs(records: Sequence[Record], skipped: Sequence[Record], facts: dict[str, Any]) -> dict[str, list[Graph]]:
    """The charts by section; those without data are left out."""
    lines = [record for record in records if "loss" in record]
    events = [(float(r["step"]), f"step {r['step']} was left out: {r['reason']}") for r in skipped]
    events += [
        (float(session["step"]), f"the run went on at step {session['step']}")
        for session in facts.get("sessions", [])[1:]
        if isinstance(session, dict) and isinstance(session.get("step"), int)
    ]
    found = {
        "loss": _loss_graphs(lines, events),
        "validation": _validation_graphs(records),
        "machine": _machine_graphs(lines),
    }
    return {name: [one for one in graphs if one] for name, graphs in found.items()}


def _loss_graphs(lines: Sequence[Record], events: Sequence[tuple[float, str]]) -> list[Graph | None]:
    names = dict.fromkeys(key for record in lines for key in record if key not in RUN_KEYS | {"loss"})
    total = Line("loss", losses(lines), 0)
    parts = [Line(name, _curve(lines, name), colour) for colour, name in enumerate(names, 1)]
    parts = [part for part in parts if list(part.points) != list(total.points)]  # a loss of one part is that part
    note = "Pale: the mean of each log interval. Marks on the axis: steps left out, and where the run went on."
    return [
        graph("Loss and its parts", [total, *parts], "loss", log=True, note=note, events=events),
        graph("Learning rate", [Line("rate", _curve(lines, "lr"), 0, exact=True)], "learning rate", from_zero=True),
    ]


def _machine_graphs(lines: Sequence[Record]) -> list[Graph | None]:
    speed = [Line("training", _curve(lines, "images_per_s"), 0)]
    waiting = [Line("waiting", _curve(lines, "data_wait"), 1)]
    memory = [Line("process", _curve(lines, "memory_mb"), 0), Line("GPU, peak", _curve(lines, "cuda_peak_mb"), 1)]
    notes = (
        "Without the time of validations and pictures.",
        "Near 0 the network is what takes the time; otherwise more workers help.",
        "Of the training process; its data workers come on top.",
    )
    return [
        graph("Throughput", speed, "images/s", from_zero=True, note=notes[0]),
        graph("Share of the time spent waiting for data", waiting, "share", from_zero=True, note=notes[1]),
        graph("Memory", memory, "MB", from_zero=True, note=notes[2]),
    ]


def _curve(records: Sequence[Record], key: str) -> list[tuple[float, float]]:
    return [(r["step"], float(r[key])) for r in records if isinstance(r.get(key), int | float)]


def _patterns(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(key.removeprefix("val/rel/") for r in records for key in r if key.startswith("val/rel/")))


def _validation_graphs(records: Sequence[Record]) -> list[Graph | None]:
    lines = [Line("all patterns", _curve(records, "val/rel"), 0)]
    planar = [Line("planar fill", _curve(records, "val/planar"), 0, dashed=True)]
    patterns = _patterns(records)
    each = [Line(name, _curve(records, f"val/rel/{name}"), colour) for colour, name in enumerate(patterns, 1)]
    fills = [
        Line(f"planar, {name}", _curve(records, f"val/planar/{name}"), colour, dashed=True)
        for colour, name in enumerate(patterns, 1)
    ]
    note = "Dashed: the planar fill of the same inputs, which the network has to beat. Lower is better."
    graphs = [graph("REL over all patterns", lines + planar, "REL", log=True, note=note)]
    if len(patterns) > 1:
        graphs.append(graph("REL by pattern", each + fills, "REL", log=True, note=note))
    return graphs


@dataclass(frozen=True)
class _Scores:
    """A row of the validation table: REL of a pattern at the first, best and last validation, and what to beat."""

    pattern: str
    first: float
    best: float
    best_step: int
    last: float
    planar: float
    rmse: float


def _validation_table(records: Sequence[Record]) -> list[_Scores]:
    rows = []
    for name in ("", *_patterns(records)):
        end = f"/{name}" if name else ""
        curve, planar, rmse = (_curve(records, f"val/{metric}{end}") for metric in ("rel", "planar", "rmse"))
        if curve:
            step, best = min(curve, key=lambda point: point[1])
            last = [points[-1][1] if points else math.nan for points in (planar, rmse)]
            rows.append(_Scores(name or "all patterns", curve[0][1], best, int(step), curve[-1][1], *last))
    return rows


def _panels(out: Path, kind: Kind) -> list[tuple[int, str, tuple[int, int]]]:
    """(step, picture as a data address, its size) of the first panel, the middle one and the last."""
    found = sorted(list_panels(out, kind).items())
    places = dict.fromkeys(round(i * (len(found) - 1) / (PANELS - 1)) for i in range(PANELS)) if found else {}
    shown = []
    for step, path in (found[place] for place in places):
        try:
            with Image.open(path) as picture:
                shown.append((step, _encoded(picture.convert("RGB")), picture.size))
        except OSError:  # damaged: the others tell as much
            continue
    return shown


def _encoded(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", **_WEBP)
    return f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}"
