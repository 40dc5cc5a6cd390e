"""What a pattern's arguments may be: quantities with units, flags, words and folders; read from a stage's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from spnet.errors import BadInput
from spnet.sparsity.grammar import Argument, Number, Stage, fail

PERCENT: Mapping[str, float] = {"%": 0.01}
PLAIN: Mapping[str, float] = {"": 1.0}
METRES: Mapping[str, float] = {"": 1.0, "m": 1.0, "cm": 1e-2, "mm": 1e-3}
DEGREES: Mapping[str, float] = {"": 1.0, "deg": 1.0}
PIXELS: Mapping[str, float] = {"": 1.0, "px": 1.0}

Spread = Literal["even", "log", "both"]


@dataclass(frozen=True)
class Range:
    """A number that is drawn anew for every image."""

    low: float
    high: float
    whole: bool
    log: bool

    def draw(self, rng: np.random.Generator) -> float:
        """One value: uniform, or uniform in the logarithm; a whole one may be either end."""
        low, high = self.low, self.high + self.whole
        value = np.exp(rng.uniform(np.log(low), np.log(high))) if self.log else rng.uniform(low, high)
        return min(int(value), int(self.high)) if self.whole else float(value)


@dataclass(frozen=True)
class Quantity:
    """A number with a unit, or a range of them.

    Attributes:
        into: keyword of the stage's function that receives it.
        what: what it is, for messages, e.g. "a share of the pixels such as 1%".
        units: unit -> factor; which units tell this quantity from others.
        low, high: smallest and largest value, after the factor.
        whole: only whole numbers.
        spread: how a range is drawn: evenly, or evenly in the logarithm; "both": a range is not drawn, the function
            gets both ends (a sensor's field of view).
    """

    into: str
    what: str
    units: Mapping[str, float]
    low: float
    high: float
    whole: bool = False
    spread: Spread = "even"

    def read(self, text: str, argument: Argument, number: Number) -> Any:
        factor = self.units[number.unit]
        # Division by the inverse is exact where multiplication is not: 10 % shall be 0.1.
        low, high = (end / round(1 / factor) for end in (number.low, number.high))
        if self.whole and (low != int(low) or high != int(high)):
            fail(text, argument.at, f"expected {self.what} (a whole number)", repr(str(number)))
        if low < self.low or high > self.high:
            unit = number.unit
            limits = f"{self.low / factor:g}{unit} to {self.high / factor:g}{unit}"
            fail(text, argument.at, f"expected {self.what}, {limits}", repr(str(number)))
        if self.spread == "both":
            if low == high:
                fail(text, argument.at, f"expected {self.what} as a range a..b", repr(str(number)))
            return (low, high)
        if low == high:
            return int(low) if self.whole else low
        if self.spread == "log" and low <= 0:
            fail(text, argument.at, "expected a range above 0, which is drawn evenly in its logarithm", f"'{number}'")
        return Range(low, high, self.whole, self.spread == "log")


@dataclass(frozen=True)
class Words:
    """One of some words; each is what the function gets."""

    into: str
    what: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Folder:
    """A folder's path; it is left out of a pattern's label."""

    into: str
    what: str


@dataclass(frozen=True)
class Slot:
    """One argument of a stage.

    Attributes:
        key: its name; a slot that may be given without it takes its place in the order of the slots.
        takes: what may stand there; quantities are told apart by their units.
        flag: what the function gets where the key alone is written; None: it is no flag.
        required: whether the stage needs it.
        named: only as key=value (or the key alone, for a flag).
    """

    key: str
    takes: tuple[Quantity | Words | Folder, ...] = ()
    flag: Mapping[str, Any] | None = None
    required: bool = False
    named: bool = True


@dataclass
class _Filled:
    """Values by keyword, and the slots that they came from."""

    values: dict[str, Any] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)


def read_arguments(text: str, stage: Stage, slots: tuple[Slot, ...]) -> dict[str, Any]:
    """The keyword arguments that a stage's text stands for.

    Args:
        text: the whole spec, for messages.
        stage: the stage with its arguments.
        slots: what the stage takes.

    Raises:
        BadInput: an argument too many, twice, missing, of the wrong kind, or out of range.
    """
    filled = _Filled()
    free = [slot for slot in slots if not slot.named]
    for argument in stage.arguments:
        slot = _slot(text, stage, argument, slots, free)
        if slot.key in filled.keys:
            fail(text, argument.at, f"expected {slot.key!r} once", f"'{argument}'")
        filled.keys.add(slot.key)
        filled.values.update(_read(text, argument, slot))
    for slot in slots:
        if slot.required and slot.key not in filled.keys:
            what = " or ".join(take.what for take in slot.takes)
            fail(text, stage.at, f"expected {what} in the brackets of {stage.name}", f"'{stage}'")
    return filled.values


def _slot(text: str, stage: Stage, argument: Argument, slots: tuple[Slot, ...], free: list[Slot]) -> Slot:
    """Which slot an argument fills; a slot that is filled in order is taken from `free`."""
    wanted = argument.key or (argument.value if isinstance(argument.value, str) else "")
    for slot in slots:
        if slot.key == wanted and (argument.key or slot.flag is not None):
            if slot in free:
                free.remove(slot)
            return slot
    if not argument.key and free:
        return free.pop(0)
    keys = [slot.key if not slot.takes else f"{slot.key}=" for slot in slots if slot.named]
    expected = f"{stage.name} takes {', '.join(keys)}" if keys else f"{stage.name} takes nothing more"
    fail(text, argument.at, expected, f"'{argument}'")


def _read(text: str, argument: Argument, slot: Slot) -> dict[str, Any]:
    value = argument.value
    if slot.flag is not None and not argument.key and value == slot.key:
        return dict(slot.flag)
    for take in slot.takes:
        if isinstance(take, Quantity) and isinstance(value, Number) and value.unit in take.units:
            return {take.into: take.read(text, argument, value)}
        if isinstance(take, Words) and value in take.choices:
            return {take.into: value}
        if isinstance(take, Folder) and isinstance(value, str):
            return {take.into: value}
    if any(isinstance(take, Folder) for take in slot.takes):
        fail(text, argument.at, "expected a folder; one whose name is a number goes in quotes", f"'{argument}'")
    expected = " or ".join(take.what for take in slot.takes) or f"{slot.key!r} alone"
    fail(text, argument.at, f"expected {expected}", f"'{argument}'")


def check(text: str, stage: Stage, error: BadInput) -> BadInput:
    """An error about a stage as a whole, with its place."""
    return BadInput(f"Sparsity pattern {text!r}, position {stage.at + 1}: {error}")
