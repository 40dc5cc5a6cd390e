"""What came of an ablation, as a picture: error and drift against the scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spnet.errors import BadInput
from spnet.evaluation.statistics import ALL
from spnet.extras import need
from spnet.files import atomic_path
from spnet.training.ablation import REFERENCE, YARDSTICK, Trained
from spnet.training.ablation_tables import Figures, norms_of, spread
from spnet.types import AnyArray

MARKERS = "osD^v<>PX*"
DPI = 110


def draw_chart(path: Path, trained: Sequence[Trained], figures: Figures, drift: Figures | None = None) -> None:
    """Draw a PNG with a line a norm: REL against the scale of the scene, and the drift. Bars: deviation over the seeds.

    Args:
        path: of the file.
        trained: the runs.
        figures, drift: as of `spnet.training.ablation_tables.tables`.

    Raises:
        BadInput: there are no results.
        MissingExtra: matplotlib is not installed.
        CannotWrite: the file cannot be written.
    """
    module = need("matplotlib.figure", "train", "Charts")
    if not figures.scales:
        raise BadInput("There are no results to draw.")
    panels = [(figures, "REL, %")] + ([(drift, "drift, %")] if drift else [])
    figure = module.Figure(figsize=(5.4 * len(panels), 4.4), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for one, (shown, label) in zip(axes, panels, strict=True):
        _draw(one, [*norms_of(trained), YARDSTICK], shown)
        one.set(xscale="log", yscale="log", xlabel="depth of the scene × …", ylabel=label)
        ticks = [float(scale.removeprefix("×")) for scale in figures.scales]
        one.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        one.minorticks_off()
        ticker = need("matplotlib.ticker", "train", "Charts")
        one.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        one.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        one.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=DPI, format="png", metadata={"Software": None})


def _draw(axes: object, norms: Sequence[str], figures: Figures) -> None:
    means = spread(figures.by_run)
    x = [float(scale.removeprefix("×")) for scale in figures.scales]
    for number, norm in enumerate(norms):
        found = [means.get((scale, ALL, norm), (math.nan, math.nan)) for scale in figures.scales]
        y, deviations = np.array(found).T
        if np.isfinite(y).any():
            look = {"color": f"C{number}", "lw": 1.2, "ls": "-"}
            look |= {"color": "black", "lw": 2.4} if norm == REFERENCE else {}
            look |= {"color": "grey", "ls": ":"} if norm == YARDSTICK else {}
            _line(axes, x, 100 * y, 100 * np.nan_to_num(deviations), label=norm, marker=MARKERS[number % 10], **look)


def _line(axes: object, x: list[float], y: AnyArray, deviations: AnyArray, **look: object) -> None:
    axes.errorbar(x, y, deviations, ms=4, capsize=2, **look)  # type: ignore[attr-defined]
