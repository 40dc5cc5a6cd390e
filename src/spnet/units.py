"""Depth units by name: how many metres one stored value is."""

from __future__ import annotations

import math
import re

from spnet.errors import BadInput

METRES: dict[str, float] = {
    "mm": 1e-3,
    "cm": 1e-2,
    "m": 1.0,
    "kitti": 1 / 256,  # KITTI depth completion
    "tum": 1 / 5000,  # TUM RGB-D
}
CHOICES = "mm, cm, m, kitti (1/256 m), tum (1/5000 m) or normalized:<max_depth in metres>"
NORMALIZED_STEPS = 65535  # the original's files: depth / max_depth * 65535
PLAUSIBLE = (0.01, 1000.0)  # metres; a median outside is a unit error
LIKELY = (0.2, 200.0)  # metres; where a guessed unit should put the median


def unit_scale(unit: str, *, integer: bool) -> float:
    """Metres per stored value.

    Args:
        unit: a name of `METRES`, or "normalized:<max_depth>".
        integer: whether the file holds integers; only `normalized` differs (value / 65535 against value).

    Raises:
        BadInput: no such unit.

    >>> unit_scale("mm", integer=True)
    0.001
    >>> unit_scale("normalized:20", integer=False)
    20.0
    """
    if unit in METRES:
        return METRES[unit]
    match = re.fullmatch(r"normalized:(.+)", unit)
    if match:
        try:
            max_depth = float(match[1])
        except ValueError:
            max_depth = math.nan
        if math.isfinite(max_depth) and max_depth > 0:
            return max_depth / NORMALIZED_STEPS if integer else max_depth
        raise BadInput(
            f"Unit {unit!r}: after 'normalized:' comes the largest depth in metres, e.g. normalized:20."
        )
    raise BadInput(f"Unknown depth unit {unit!r}: choose {CHOICES}.")


def default_unit(*, integer: bool) -> str:
    """Integer files are millimetres, float files metres."""
    return "mm" if integer else "m"


def likely_units(stored_median: float, *, integer: bool) -> list[str]:
    """The named units under which a median of stored values is a distance between 0.2 and 200 m."""
    low, high = LIKELY
    order = ("mm", "kitti", "tum", "cm", "m") if integer else ("m", "mm", "cm")
    return [u for u in order if low <= stored_median * unit_scale(u, integer=integer) <= high]
