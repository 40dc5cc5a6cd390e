"""What a run's log says, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from spnet.training.records import RUN, Record, read_json, read_records

ENDS = 0.05  # share of the log lines that the first and the last loss are the means of; ours
LEARNED = 0.25  # share of the first loss under which a handful of images counts as learned by heart; ours


def losses(records: Sequence[Record]) -> list[tuple[int, float]]:
    """(step, loss) of the log lines that have one."""
    return [(int(r["step"]), float(r["loss"])) for r in records if isinstance(r.get("loss"), int | float)]


def first_and_last(values: Sequence[float]) -> tuple[float, float]:
    """Means over the first and the last part of a curve; NaN of none.

    >>> first_and_last([4.0, 3.0, 2.0])
    (4.0, 2.0)
    """
    if not values:
        return math.nan, math.nan
    count = max(1, round(ENDS * len(values)))
    return fmean(values[:count]), fmean(values[-count:])


def overfit_verdict(out: Path) -> str:
    """Whether a run on a handful of images (`--overfit`) learned them, in words.

    Args:
        out: the run's folder.
    """
    values = [value for _, value in losses(read_records(out))]
    if len(values) < 2:
        return "Too few log lines to tell whether the loss fell: take more --steps or a smaller --log-every."
    first, last = first_and_last(values)
    change = f"from {first:.3g} to {last:.3g}"
    if last < LEARNED * first:
        return (
            f"The loss fell {change}, to {100 * last / first:.0f} %: data, network and loss work together. "
            "Train on all images now."
        )
    if last < first:
        return (
            f"The loss fell {change}, to {100 * last / first:.0f} % only. A network that works learns a handful of "
            "images by heart: try more --steps, then look whether the truth fits the images (`spnet data check`)."
        )
    return (
        f"The loss did NOT fall ({change}). Do not train on more yet: look at the data (`spnet data check`, the unit "
        "above all) and try a lower --lr."
    )


def summary(out: Path, steps: int) -> list[str]:
    """Sentences on how a run went: how far, its loss, its validation, what was left out.

    Args:
        out: the run's folder.
        steps: of the whole run.
    """
    records = read_records(out)
    curve = losses(records)
    done = max([int(read_json(out / RUN).get("step") or 0), *(step for step, _ in curve)])
    sentences = [f"All {steps:,} steps are done." if done >= steps else f"{done:,} of {steps:,} steps are done."]
    first, last = first_and_last([value for _, value in curve])
    if len(curve) > 1:
        fell = "fell" if last < first else "rose"
        sentences.append(f"The loss {fell} from {first:.4g} to {last:.4g}.")
    return sentences + _validation(records) + _left_out(records)


def _validation(records: Sequence[Record]) -> list[str]:
    found = [(r["val/rel"], int(r["step"]), r.get("val/planar")) for r in records if r.get("val/rel") is not None]
    if not found:
        return []
    rel, step, planar = min(found)
    text = f"The best validation has REL {rel:.4g}, at step {step:,}"
    if planar is None:
        return [f"{text}."]
    return [f"{text}: {against(rel, planar)} the planar fill, which has {planar:.4g}."]


def against(value: float, other: float) -> str:
    """How an error compares with another, e.g. "7 % below".

    >>> against(0.9, 1.0), against(1.1, 1.0), against(30.0, 1.0)
    ('10 % below', '10 % above', '30 times')
    """
    if not (other > 0 and math.isfinite(value)):
        return "beside"
    ratio = value / other
    if ratio >= 2:
        return f"{ratio:.3g} times"
    return f"{100 * abs(1 - ratio):.0f} % {'below' if ratio < 1 else 'above'}"


def _left_out(records: Sequence[Record]) -> list[str]:
    skipped = sum("skipped" in record and "reason" in record for record in records)
    bad = sum("bad_image" in record for record in records)
    sentences = []
    if skipped:
        sentences.append(f"{skipped} step{'' if skipped == 1 else 's'} had to be left out.")
    if bad:
        sentences.append(f"{bad} image{'' if bad == 1 else 's'} cannot be used.")
    return sentences
