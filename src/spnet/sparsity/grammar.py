"""The language of pattern specs: from text to a small tree and back. What the names mean is `catalogue`'s business.

    mixture  = part { "+" part }
    part     = [ weight "*" ] pipeline
    pipeline = step { "|" step }
    step     = name [ "(" [ argument { "," argument } ] ")" ]  |  "(" mixture ")"
    argument = [ key "=" ] value
    value    = number [ unit ] [ ".." number [ unit ] ]  |  word  |  "quoted text"

`|` binds tighter than `+`. A unit that only a range's end has is the start's as well: `1..5%` is `1%..5%`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import NoReturn

from spnet.errors import BadInput

_NUMBER = r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
_UNIT = r"%|[a-zA-Z]+"
_VALUE = re.compile(rf"({_NUMBER})\s*({_UNIT})?(?:\s*\.\.\s*({_NUMBER})\s*({_UNIT})?)?")
_WEIGHT = re.compile(rf"({_NUMBER})\s*\*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_BARE = re.compile(r"[^,()\"']*")  # text without quotes
_PLAIN = re.compile(r"[^,()\"'=\s](?:[^,()\"'=]*[^,()\"'=\s])?")  # text that reads back without quotes
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
DEPTH_LIMIT = 20  # nested brackets; ours, far beyond use and well inside Python's recursion limit


@dataclass(frozen=True)
class Number:
    """A number with its unit ("" for none), or a range of numbers from `low` to `high`."""

    low: float
    high: float
    unit: str = ""

    def __str__(self) -> str:
        ends = (self.low,) if self.low == self.high else (self.low, self.high)
        return "..".join(f"{_plain(end)}{self.unit}" for end in ends)


@dataclass(frozen=True)
class Argument:
    """`value`, or `key=value`; `at` is where it stands in the text, for messages."""

    key: str
    value: Number | str
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        value = self.value if isinstance(self.value, Number) else quote(self.value)
        return f"{self.key}={value}" if self.key else f"{value}"


@dataclass(frozen=True)
class Stage:
    """One name with its arguments."""

    name: str
    arguments: tuple[Argument, ...] = ()
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        inside = ", ".join(map(str, self.arguments))
        return f"{self.name}({inside})" if inside else self.name


@dataclass(frozen=True)
class Pipeline:
    """Two or more steps, each working on what the one before it left."""

    steps: tuple[Stage | Mixture, ...]

    def __str__(self) -> str:
        return " | ".join(f"({step})" if isinstance(step, Mixture) else str(step) for step in self.steps)


@dataclass(frozen=True)
class Mixture:
    """Two or more alternatives, each with its weight (positive, not normalised)."""

    parts: tuple[tuple[float, Stage | Pipeline | Mixture], ...]

    def __str__(self) -> str:
        return " + ".join(_part(weight, node) for weight, node in self.parts)


Node = Stage | Pipeline | Mixture


def _part(weight: float, node: Node) -> str:
    text = f"({node})" if isinstance(node, Mixture) else str(node)
    return text if weight == 1 else f"{_plain(weight)}*{text}"


def _plain(value: float) -> str:
    """The shortest spelling that reads back as the same number.

    >>> _plain(16.0), _plain(0.1), _plain(1e-9), _plain(1e300)
    ('16', '0.1', '1e-09', '1e+300')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def quote(text: str) -> str:
    """Text as an argument's value, in quotes where it needs them, e.g. a folder whose name holds a comma.

    >>> quote("holes/kinect"), quote("holes (old)"), quote("10%")
    ('holes/kinect', '"holes (old)"', '"10%"')
    """
    if _PLAIN.fullmatch(text) and not _VALUE.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse(text: str) -> Node:
    """Read a spec.

    Raises:
        BadInput: it does not follow the grammar; the message names the position and what was expected there.

    >>> str(parse(" .8*random( 0.1..10% )+.2 * lidar(8..64)|range(0.3,4)"))
    '0.8*random(0.1%..10%) + 0.2*lidar(8..64) | range(0.3, 4)'
    """
    parser = _Parser(text)
    node = parser.mixture()
    if parser.at < len(text):
        parser.fail("expected '|', '+' or the end")
    return node


def fail(text: str, at: int, expected: str, got: str) -> NoReturn:
    """Raise the BadInput that names a spec's place and what was expected there."""
    raise BadInput(f"Sparsity pattern {text!r}, position {at + 1}: {expected}, got {got}.")


class _Parser:
    """Recursive descent over one text; `at` is the next unread character that is no space."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.skip()

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def fail(self, expected: str) -> NoReturn:
        word = _NAME.match(self.text, self.at)
        rest = word[0] if word else self.text[self.at : self.at + 1]
        fail(self.text, self.at, expected, repr(rest) if rest else "the end")

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
            self.skip()
        return match

    def symbol(self, symbol: str) -> bool:
        found = self.text.startswith(symbol, self.at)
        if found:
            self.at += len(symbol)
            self.skip()
        return found

    def mixture(self) -> Node:
        parts = [self.part()]
        while self.symbol("+"):
            parts.append(self.part())
        return parts[0][1] if len(parts) == 1 else Mixture(tuple(parts))

    def part(self) -> tuple[float, Node]:
        start = self.at
        match = self.take(_WEIGHT)
        weight = float(match[1]) if match else 1.0
        if not 0 < weight < math.inf:
            fail(self.text, start, "expected a positive weight", repr(match[1] if match else ""))
        return weight, self.pipeline()

    def pipeline(self) -> Node:
        steps: list[Stage | Mixture] = []
        while True:
            step = self.step()
            steps += step.steps if isinstance(step, Pipeline) else [step]
            if not self.symbol("|"):
                return steps[0] if len(steps) == 1 else Pipeline(tuple(steps))

    def step(self) -> Node:
        start = self.at
        if self.symbol("("):
            self.depth += 1
            if self.depth > DEPTH_LIMIT:
                fail(self.text, start, f"expected at most {DEPTH_LIMIT} brackets within each other", "another '('")
            node = self.mixture()
            if not self.symbol(")"):
                self.fail("expected '|', '+' or ')'")
            self.depth -= 1
            return node
        name = self.take(_NAME)
        if name is None:
            self.fail("expected a pattern's name, or '('")
        return Stage(name[0], self.arguments(), start)

    def arguments(self) -> tuple[Argument, ...]:
        found: list[Argument] = []
        if not self.symbol("(") or self.symbol(")"):
            return ()
        while True:
            found.append(self.argument())
            if self.symbol(")"):
                return tuple(found)
            if not self.symbol(","):
                self.fail("expected ',' or ')'")

    def argument(self) -> Argument:
        start, key = self.at, ""
        name = self.take(_NAME)
        if name and self.symbol("="):
            key = name[0]
        else:
            self.at = start
        return Argument(key, self.value(), start)

    def value(self) -> Number | str:
        start = self.at
        quoted = self.take(_QUOTED)
        if quoted:
            text = quoted[1] if quoted[1] is not None else quoted[2]
            return re.sub(r"\\([\\\"'])", r"\1", text)
        match = _BARE.match(self.text, start)
        bare = match[0].strip() if match else ""
        if not bare:
            self.fail("expected a value")
        self.at = start + len(bare)
        self.skip()
        number = _VALUE.fullmatch(bare)
        if not number:
            return bare
        low, unit, high, end_unit = number.groups()
        if high is not None and unit and unit != end_unit:
            fail(self.text, start, "expected a range whose ends have the same unit", repr(bare))
        return _number(self.text, start, low, high if high is not None else low, end_unit or unit or "")


def _number(text: str, at: int, low: str, high: str, unit: str) -> Number:
    number = Number(float(low), float(high), unit)
    if not (math.isfinite(number.low) and math.isfinite(number.high)):
        fail(text, at, "expected finite numbers", repr(low))
    if number.low > number.high:
        fail(text, at, "expected a range from the smaller to the larger number", f"'{low}..{high}'")
    return number
