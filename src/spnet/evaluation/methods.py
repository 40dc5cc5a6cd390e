"""What is compared: methods by their spec strings.

A method is made from its spec anew in every process, costs next to nothing until it is first used, and imports what it
needs then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, runtime_checkable

from spnet.evaluation.baselines.program import OutsideProgram
from spnet.evaluation.baselines.results_folder import ResultsFolder
from spnet.evaluation.baselines.weights import WeightsMethod
from spnet.model.weights_table import ALIASES, BUNDLED
from spnet.types import FloatImage, Sample

PROGRAM_SECONDS = 300.0  # ours: an outside program that takes longer on one image is taken to hang
KEEP = "keep:"  # before weights
RESULTS = "results:"  # a folder of depth maps that something else made
_OUTPUT = "{out}"  # what makes a spec the command of an outside program
_LABEL = re.compile(r"([^\s/\\{}:=]+)=(.+)", re.DOTALL)


class Method(Protocol):
    """Completes one sample after another."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def complete(self, sample: Sample) -> FloatImage:
        """Dense depth (H, W) float32 metres, from a sample whose `depth` is the sparse input.

        Raises:
            SpnetError: it cannot be done; one sentence says why.
        """


@runtime_checkable
class CertainMethod(Method, Protocol):
    """One that also says how far it may be off."""

    def complete_with_error(self, sample: Sample) -> tuple[FloatImage, FloatImage | None]:
        """As `complete`, and the expected |error| / depth, (H, W); None where it gives none after all."""


@dataclass(frozen=True)
class FunctionMethod:
    """A function as a method, for tests and for trying things out."""

    name: str
    function: Callable[[Sample], FloatImage]

    def complete(self, sample: Sample) -> FloatImage:
        """What the function returns."""
        return self.function(sample)


@dataclass(frozen=True)
class MethodInfo:
    """A line of the list of methods.

    Attributes:
        spec: what `make_method` takes.
        description: one sentence.
        extra: the pip extra that it needs, "" for none.
        place: "module:Class" below `spnet.evaluation.baselines`, "" where the spec is no fixed name.
    """

    spec: str
    description: str
    extra: str = ""
    place: str = ""


_CLASSICAL = (
    MethodInfo("nearest", "The nearest measurement.", place="triangulation:NearestFill"),
    MethodInfo("linear", "Depth, linear over a Delaunay triangulation.", place="triangulation:LinearFill"),
    MethodInfo("planar", "Inverse depth, linear over a Delaunay triangulation.", place="triangulation:PlanarFill"),
    MethodInfo("laplace", "Harmonic interpolation: every pixel the mean of its neighbours.", place="laplace:Laplace"),
    MethodInfo("ip-basic", "IP-Basic (Ku et al. 2018), the fast version.", "eval", "ip_basic:IPBasic"),
    MethodInfo(
        "bilateral-solver",
        "The fast bilateral solver (Barron & Poole 2016), guided by colour.",
        "eval",
        "bilateral_solver:BilateralSolver",
    ),
    MethodInfo(
        "domain-transform",
        "Means by the domain transform (Gastal & Oliveira 2011), guided by colour.",
        "eval",
        "domain_transform:DomainTransform",
    ),
    MethodInfo("levin", "Colourisation (Levin et al. 2004): like brightness, like depth.", place="levin:Levin"),
)
_OTHERS = (
    *(MethodInfo(info.name, info.description) for info in BUNDLED.values()),
    MethodInfo("WEIGHTS", "A weights file, or a hub id owner/name: SPNet, PacGDC's revision or FillNet."),
    MethodInfo("keep:WEIGHTS", "The same, with measured pixels returned as they were measured."),
    MethodInfo("g2:WEIGHTS", "The network of G2-MonoDepth with a weights file.", place="g2:G2Method"),
    MethodInfo("results:DIR", "Files that something else wrote: DIR/<data set>/<pattern>/<image>.npy, .png, ..."),
    MethodInfo("'PROGRAM {rgb} {raw} {out}'", "An outside program, run once an image."),
)


def list_methods() -> tuple[MethodInfo, ...]:
    """Everything that `make_method` takes, for help texts; each may be preceded by `LABEL=`.

    >>> [info.spec for info in list_methods()][:3]
    ['nearest', 'linear', 'planar']
    """
    return _CLASSICAL + _OTHERS


def split_label(spec: str) -> tuple[str, str]:
    """The label of "LABEL=SPEC" ("" without one) and the rest.

    A label holds no blanks, slashes, colons or braces; a spec that is an existing file or folder has none.

    >>> split_label("ours=runs/a=1/model.safetensors"), split_label("python run.py --fast=1 {raw} {out}")
    (('ours', 'runs/a=1/model.safetensors'), ('', 'python run.py --fast=1 {raw} {out}'))
    """
    match = _LABEL.fullmatch(spec)
    if match is None or _exists(spec):
        return "", spec
    return match[1], match[2]


def make_method(spec: str, *, device: str = "auto", time_limit: float | None = None) -> Method:
    """Make a method from its spec.

    Args:
        spec: a name of `list_methods`; weights, as `load_model` takes them, or `keep:` and these; `g2:FILE`;
            `results:DIR` (or `results:DIR@UNIT`, or an existing folder), see `ResultsFolder`; the command line of an
            outside program, see `OutsideProgram`. "LABEL=SPEC" is listed as LABEL, anything else as its spec.
        device: of networks: "auto", "cpu", "cuda", ….
        time_limit: seconds that an outside program may take for one image; None: 300.

    Raises:
        BadInput: a folder that is not there, or a command line that cannot be used.
        BadWeights: neither of these, and no weights.

    >>> make_method("baseline=linear").name
    'baseline'
    """
    label, rest = split_label(spec)
    name = label or rest
    for info in _CLASSICAL:
        if rest == info.spec:
            return _make(info.place, name=name)
    if rest.startswith("g2:"):
        return _make("g2:G2Method", rest.removeprefix("g2:"), name=name, device=device)
    if _OUTPUT in rest:
        return OutsideProgram(name, rest, time_limit or PROGRAM_SECONDS)
    if rest.startswith(RESULTS) or (_exists(rest) and Path(rest).is_dir()):
        return ResultsFolder(name, rest.removeprefix(RESULTS))
    keep, rest = rest.startswith(KEEP), rest.removeprefix(KEEP)
    method = WeightsMethod(name, rest, device, keep_measured=keep)
    if rest not in BUNDLED and rest not in ALIASES and not _exists(rest):
        _ = method.predictor  # a hub id is fetched, and a wrong name reported, before anything runs
    return method


def _make(where: str, *arguments: object, **options: object) -> Method:
    module, _, kind = where.partition(":")
    made: Method = getattr(import_module(f"spnet.evaluation.baselines.{module}"), kind)(*arguments, **options)
    return made


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long for a path, as a command line may be
        return False
