"""What an exported graph says of itself, in the file's own metadata, so that no second file can go astray."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path

from spnet.backends.footprint import estimate
from spnet.errors import BadInput, BadWeights

KEY = "spnet"  # of the entry in ONNX's metadata_props and in OpenVINO's rt_info
FORMAT = "spnet-graph/1"
OUTPUT = "dense"  # name of the output of every graph
VERSION = version("spnet")
SUFFIXES = (".onnx", ".xml")


@dataclass(frozen=True)
class GraphInfo:
    """An exported network.

    Attributes:
        name: of the weights.
        weights_sha256: of their numbers, see `spnet.export.weights_hash`.
        version: of this package.
        revision: of the network.
        needs_fill: whether there is an input `fill`.
        max_depth: metres that 1.0 stands for; None: the network does not depend on the scale.
        preprocessing: the inputs are uint8 colours and metres, rather than the network's own.
        precision: "fp32", "fp16" (weights stored so) or "int8".
        shape: the only batch, height and width that it takes; None: any.
        multiple: what height and width must be multiples of.
        bytes_per_pixel: see `spnet.backends.footprint.plain_bytes`.
        units: of the inputs and the output, in words.
    """

    name: str
    weights_sha256: str
    version: str
    revision: str
    needs_fill: bool
    max_depth: float | None
    preprocessing: bool
    precision: str
    shape: tuple[int, int, int] | None
    multiple: int
    bytes_per_pixel: float
    units: str

    @property
    def least(self) -> int:
        """The least height and width: PyTorch's programs of any size do not take a single cell."""
        return 2 * self.multiple if self.multiple > 1 else 1

    def text(self) -> str:
        """As JSON, for the file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)


def parse_info(text: str | None, path: Path) -> GraphInfo:
    """The reverse of `GraphInfo.text`.

    Raises:
        BadWeights: the file does not say what it is, or says it in a way that this version does not know.
    """
    if not text:
        raise BadWeights(f"{path} was not exported by spnet: make one with `spnet export`.")
    try:
        content = json.loads(text)
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        values = {field.name: content[field.name] for field in fields(GraphInfo)}
        batch, height, width = values["shape"] or (0, 0, 0)
        return GraphInfo(**{**values, "shape": (batch, height, width) if batch else None})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadWeights(f"The description in {path} cannot be used ({error}): export it again.") from None


class GraphBackend:
    """What the engines of graphs share: what is known of the graph before it runs.

    Attributes:
        name, needs_fill, footprint: see `spnet.backends.Backend`.
        path: of the graph.
        info: what the graph says it is.
    """

    name: str
    path: Path

    def _describe(self, info: GraphInfo) -> None:
        """Raise BadWeights for a graph with the preprocessing inside: the predictor has its own."""
        if info.preprocessing:
            raise BadWeights(
                f"{self.path} takes colours and metres (--preprocessing), for programs without spnet: export it "
                "without."
            )
        binary = self.path.with_suffix(".bin")
        holder = binary if self.path.suffix.lower() == ".xml" and binary.is_file() else self.path
        size = holder.stat().st_size
        weights = 2 * size if info.precision == "fp16" else size  # they become float32
        self.info = info
        self.needs_fill = info.needs_fill
        self.footprint = estimate(self.name, info.bytes_per_pixel, weights=weights, needs_fill=info.needs_fill)


def check_file(path: Path) -> None:
    """Raise BadInput or BadWeights for a file that begins as no graph does: engines have long and loud messages."""
    begins = {".onnx": b"\x08", ".xml": b"<"}.get(path.suffix.lower(), b"")  # ONNX: its first field, ir_version
    try:
        with path.open("rb") as file:
            found = file.read(len(begins))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None
    if found != begins:
        raise damaged(path)
    weights = path.with_suffix(".bin")
    if path.suffix.lower() == ".xml" and not weights.is_file():
        raise BadWeights(f"{path} needs {weights.name} beside it, which is missing: copy both, or export again.")


def damaged(path: Path) -> BadWeights:
    """For a file that an engine cannot read."""
    return BadWeights(f"{path} cannot be loaded: it is damaged, incomplete, or no graph. Export it again.")


def output_shape_error(path: Path, got: tuple[int, ...], expected: tuple[int, ...]) -> BadWeights:
    """For a graph whose answer has another shape than its input."""
    return BadWeights(f"{path} returned the shape {got}; {expected} is expected: export it again.")
