"""Depth units by name: how many metres one stored value is."""

from __future__ import annotations

import math

from spnet.errors import BadInput

METRES: dict[str, float] = {
    "mm": 1e-3,
    "cm": 1e-2,
    "m": 1.0,
    "kitti": 1 / 256,  # KITTI depth completion's PNG files
    "tum": 1 / 5000,  # TUM RGB-D benchmark's PNG files
}
CHOICES = "mm, cm, m, kitti (1/256 m), tum (1/5000 m) or normalized:<max_depth in metres>"
LARGEST = 65535  # what 16 bits hold; also the steps of "normalized" (the paper's files: depth / max_depth * 65535)
PLAUSIBLE = (0.01, 1000.0)  # metres; a median outside is a unit error (ours)
LIKELY = (0.2, 200.0)  # metres; where a guessed unit should put the median (ours)
_NORMALIZED = "normalized:"
_FINEST_FIRST = ("tum", "mm", "kitti", "cm", "m")


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
    if not unit.startswith(_NORMALIZED):
        raise BadInput(f"Unknown depth unit {unit!r}: choose {CHOICES}.")
    try:
        max_depth = float(unit.removeprefix(_NORMALIZED))
    except ValueError:
        max_depth = math.nan
    if not (math.isfinite(max_depth) and max_depth > 0):
        raise BadInput(f"Unit {unit!r}: after 'normalized:' comes the largest depth in metres, e.g. normalized:20.")
    return max_depth / LARGEST if integer else max_depth


def default_unit(*, integer: bool) -> str:
    """Integer files are millimetres, float files metres."""
    return "mm" if integer else "m"


def likely_units(stored_median: float, *, integer: bool) -> list[str]:
    """The named units under which a median of stored values is a distance between 0.2 and 200 m.

    Args:
        stored_median: median of the measured values as the file has them.
        integer: the file's kind; it decides which units are considered and which comes first.

    Returns:
        Unit names, the most likely first; empty when none fits.

    >>> likely_units(2500.0, integer=False)
    ['mm', 'cm']
    """
    low, high = LIKELY
    order = ("mm", "kitti", "tum", "cm", "m") if integer else ("m", "mm", "cm")
    return [name for name in order if low <= stored_median * METRES[name] <= high]


def unit_that_holds(nearest: float, farthest: float) -> str | None:
    """The finest named unit whose 16-bit files hold both distances (metres), or None.

    >>> unit_that_holds(0.5, 80.0)
    'kitti'
    """
    for name in _FINEST_FIRST:
        if nearest >= METRES[name] and farthest <= LARGEST * METRES[name]:
            return name
    return None


def per_cent(share: float) -> str:
    """A share for people, in two digits or whole numbers.

    >>> per_cent(0.00163), per_cent(1), per_cent(1.234)
    ('0.16 %', '100 %', '123 %')
    """
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"
