"""Which scenes are wanted: everything that decides pair number k, beside k and the assets."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spnet.errors import BadInput

SCHEME = "scenes://"
DEFAULT_KINDS = ("room", "table", "street")
RENDERERS = ("auto", "gl", "torch")
SMALLEST, LARGEST = 16, 4096  # pixels of a side
# The paper's two scales (its files hold depth / max_depth in 16 bits); what is further away is unknown.
INDOORS, OUTDOORS = 20.0, 100.0
_SIZE = re.compile(r"(\d+)x(\d+)")


@dataclass(frozen=True)
class SceneSpec:
    """Pairs by number: pair k shows view k % views of scene k // views, whose kind is the next of `kinds` in turn.

    Attributes:
        kinds: of scenes, names of `spnet.scenes.layouts.LAYOUTS`; a name that stands twice comes twice as often.
        seed: of everything random.
        width, height: pixels.
        views: of a scene.
        renderer: "auto", "gl" or "torch".
        richness: share of the procedural textures that are painted; 1 is all, and takes some seconds a process.
    """

    kinds: tuple[str, ...] = DEFAULT_KINDS
    seed: int = 0
    width: int = 480
    height: int = 352
    views: int = 3
    renderer: str = "auto"
    richness: float = 1.0

    def __post_init__(self) -> None:
        if not self.kinds:
            raise BadInput("No kind of scene is named: give for example room,table,street.")
        for side in (self.width, self.height):
            if not SMALLEST <= side <= LARGEST:
                raise BadInput(f"Pictures of {self.width}x{self.height}: a side has {SMALLEST} to {LARGEST} pixels.")
        if self.views < 1 or self.seed < 0:
            raise BadInput(f"views={self.views}, seed={self.seed}: expected at least 1, and at least 0.")
        if self.renderer not in RENDERERS:
            raise BadInput(f"There is no renderer {self.renderer!r}; choose {', '.join(RENDERERS)}.")
        if not 0 <= self.richness <= 1:
            raise BadInput(f"richness={self.richness:g}: expected a share from 0 to 1.")

    def check_kinds(self) -> None:
        """Make sure that there is a layout for every kind.

        Raises:
            BadInput: there is none.
        """
        from spnet.scenes.layouts import LAYOUTS

        for kind in self.kinds:
            if kind not in LAYOUTS:
                raise BadInput(f"There is no kind of scene {kind!r}; there are {', '.join(LAYOUTS)}.")

    def kind(self, scene: int) -> str:
        """The kind of scene number `scene`."""
        return self.kinds[scene % len(self.kinds)]

    def scene_seed(self, scene: int, attempt: int = 0) -> int:
        """The seed of a scene; seeds of neighbours, and of neighbouring specs, have nothing in common.

        Args:
            scene: its number.
            attempt: 0; more where a scene of an earlier attempt's seed could not be laid out.
        """
        key = [self.seed, scene, attempt] if attempt else [self.seed, scene]
        return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(1))

    def max_depth(self, pair: int) -> float:
        """The metres that a pair's files can hold: 20 indoors and 100 outdoors; by its kind, so known beforehand."""
        from spnet.scenes.layouts import LAYOUTS

        kind = self.kind(pair // self.views)
        return INDOORS if LAYOUTS[kind].indoor else OUTDOORS

    def text(self) -> str:
        """One spelling of it, from which `parse_spec` reads it again."""
        parts = {"seed": self.seed, "size": f"{self.width}x{self.height}", "views": self.views}
        options = "&".join(f"{key}={value}" for key, value in parts.items())
        more = "" if self.renderer == "auto" else f"&renderer={self.renderer}"
        more += "" if self.richness == 1 else f"&richness={self.richness:g}"
        return f"{SCHEME}{','.join(self.kinds)}?{options}{more}"


def parse_spec(text: str, also: Mapping[str, str] | None = None) -> tuple[SceneSpec, dict[str, str]]:
    """Read `scenes://room,table?seed=1&size=480x352&views=3&renderer=gl`; everything after the kinds may be left out.

    Args:
        text: as above.
        also: further options that the caller knows: name -> what it is, for messages.

    Returns:
        The spec, and the values of the further options that stand there.

    Raises:
        BadInput: another form, an unknown option or a value that makes no sense.

    >>> parse_spec("scenes://room?size=64x48&n=20", {"n": "a number of pairs"})[1]
    {'n': '20'}
    """
    names, _, query = text.removeprefix(SCHEME).partition("?")
    kinds = tuple(name.strip() for name in names.split(",") if name.strip())
    values: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise BadInput(f"{text}: expected option=value after the '?', got {part!r}.")
        values[key] = value
    rest = {key: values.pop(key) for key in (also or {}) if key in values}
    size = _SIZE.fullmatch(values.pop("size", "480x352"))
    if size is None:
        raise BadInput(f"{text}: expected a size such as 480x352.")
    renderer = values.pop("renderer", "auto")
    numbers = {key: _number(text, key, values.pop(key, default)) for key, default in _NUMBERS.items()}
    if values:
        known = ", ".join((*_NUMBERS, "size", "renderer", *(also or {})))
        raise BadInput(f"{text}: unknown option {next(iter(values))!r}; there are {known}.")
    seed, views = int(numbers["seed"]), int(numbers["views"])
    made = SceneSpec(
        kinds or DEFAULT_KINDS, seed, int(size[1]), int(size[2]), views, renderer, float(numbers["richness"])
    )
    return made, rest


_NUMBERS = {"seed": "0", "views": "3", "richness": "1"}


def _number(text: str, key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (key != "richness" and number != int(number)):
        raise BadInput(f"{text}: expected a number after {key}=, got {value!r}.")
    return number
