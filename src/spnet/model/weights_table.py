"""The table of known weights, as data, and the description that travels inside a weights file."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from spnet.errors import BadWeights
from spnet.model.config import G2, G2_SIZE, NORMS, SIZES, ModelConfig, Revision, model_config

FORMAT = "spnet/1"  # of the description
FOLDER = Path(__file__).parent.parent / "weights"
# Metres that 1.0 stands for where a file does not say it: the papers' indoor scale; ours does not depend on it.
MAX_DEPTH: dict[Revision, float | None] = {"spnet": 20.0, "pacgdc": 30.0, "fill": None, "g2": 20.0}


@dataclass(frozen=True)
class WeightsInfo:
    """One set of weights.

    Attributes:
        name: how `load_model` knows it.
        config: the network.
        file: name of the bundled or released file.
        hub_id: "owner/name" on the model hub.
        sha256: of the bundled file.
        licence: of the weights.
        max_depth: metres that 1.0 stands for; None: the network does not depend on the scale.
        trained_on: the data.
        description: one sentence for `spnet models`.
    """

    name: str
    config: ModelConfig
    file: str = ""
    hub_id: str = ""
    sha256: str = ""
    licence: str = ""
    max_depth: float | None = None
    trained_on: str = ""
    description: str = ""

    @property
    def revision(self) -> Revision:
        """The network's revision."""
        return self.config.revision

    @property
    def size(self) -> str:
        """The size's name, "custom" where it has none."""
        for size, known in {**SIZES, G2_SIZE: G2}.items():
            if (known.dims, known.depths) == (self.config.dims, self.config.depths):
                return size
        return "custom"


FILL_ZEPTO = WeightsInfo(
    "fill-zepto",
    model_config("zepto", revision="fill"),
    file="fill-zepto.safetensors",
    sha256="3378aedab004d45dd5fb6f978c6c7388d741b063b667c2deecb1f6090ac8b5f7",
    licence="Apache-2.0",
    max_depth=MAX_DEPTH["fill"],
    trained_on="rendered scenes, AWS RoboMaker worlds, TartanAir office, ICL-NUIM, a RealSense hall: MODEL_CARD.md",
    description="Ours, the default: a random field from the measurements; any unit, scale and pattern.",
)
BUNDLED: dict[str, WeightsInfo] = {info.name: info for info in (FILL_ZEPTO,)}
ALIASES: dict[str, str] = {"default": FILL_ZEPTO.name}

_PAPER_DATA = "Matterport3D, HRWSI, virtual KITTI, UnrealCV (by the paper's authors)"
RELEASED = tuple(
    WeightsInfo(
        f"released-{size}",
        model_config(size),
        file=f"{size.capitalize()}_300.pth",
        licence="none stated",
        max_depth=MAX_DEPTH["spnet"],
        trained_on=_PAPER_DATA,
        description=f"The paper's {size} network, released by its authors; not part of this package.",
    )
    for size in ("tiny", "small", "base", "large")
)
G2_MONODEPTH = WeightsInfo(
    "released-g2",
    G2,
    file="G2-MonoDepth's checkpoint",  # its name is not known to us, and any will do
    licence="see its repository",
    max_depth=MAX_DEPTH["g2"],
    trained_on="G2-MonoDepth's data (by its authors)",
    description="SPNet's predecessor (T-PAMI 2024), a baseline; released by its authors, not part of this package.",
)
PACGDC = WeightsInfo(
    "Haotian-sx/PacGDC_large",
    model_config("large", revision="pacgdc"),
    hub_id="Haotian-sx/PacGDC_large",
    licence="MIT",
    max_depth=MAX_DEPTH["pacgdc"],
    trained_on="PacGDC's data (ICCV 2025)",
    description="PacGDC's large network, fetched from the model hub.",
)


def known_weights() -> list[WeightsInfo]:
    """Bundled first, then those that others published."""
    return [*BUNDLED.values(), *RELEASED, G2_MONODEPTH, PACGDC]


def bundled_path(info: WeightsInfo) -> Path:
    """Where the package keeps a bundled file.

    Raises:
        BadWeights: the installation lacks it.
    """
    path = FOLDER / info.file
    if not path.is_file():
        raise BadWeights(f"The bundled weights {info.file} are not in the installation: install the package again.")
    return path


_TEXTS = ("name", "licence", "trained_on", "description")


def describe(info: WeightsInfo) -> str:
    """The part of a description that belongs to the weights wherever the file lies, as JSON."""
    fields = {"format": FORMAT, "config": asdict(info.config), "max_depth": info.max_depth}
    return json.dumps(fields | {key: getattr(info, key) for key in _TEXTS})


def parse_description(text: str) -> WeightsInfo:
    """What `describe` wrote; fields that it does not know are passed over.

    Raises:
        ValueError: not such a description; the message names the field.
    """
    fields = json.loads(text)
    if not isinstance(fields, dict):
        raise ValueError("it is no JSON object")
    if fields.get("format", FORMAT) != FORMAT:
        raise ValueError(f"its format is {fields['format']!r}, which needs another version of spnet")
    texts = {key: fields.get(key, "") for key in _TEXTS}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise ValueError(f"{key} is {value!r}, not text")
    max_depth = fields.get("max_depth")
    if max_depth is not None and not (_is_number(max_depth) and max_depth > 0):
        raise ValueError(f"max_depth is {max_depth!r}, neither null nor a positive number")
    config = _parse_config(fields.get("config"))
    return WeightsInfo(config=config, max_depth=None if max_depth is None else float(max_depth), **texts)


def _parse_config(fields: Any) -> ModelConfig:
    if not isinstance(fields, dict) or fields.keys() != {"dims", "depths", "drop_path", "norm", "revision"}:
        raise ValueError("config does not have the fields of this version")
    for key in ("dims", "depths"):
        value = fields[key]
        if not isinstance(value, list) or len(value) != 4 or any(type(v) is not int or v < 1 for v in value):
            raise ValueError(f"{key} is {value!r}, not four positive integers")
    if not _is_number(fields["drop_path"]) or not 0 <= fields["drop_path"] < 1:
        raise ValueError(f"drop_path is {fields['drop_path']!r}, not in [0, 1)")
    for key, known in (("norm", NORMS), ("revision", get_args(Revision))):
        if fields[key] not in known:
            raise ValueError(f"{key} is {fields[key]!r}, not one of {', '.join(known)}")
    return ModelConfig(
        dims=tuple(fields["dims"]),
        depths=tuple(fields["depths"]),
        drop_path=float(fields["drop_path"]),
        norm=fields["norm"],
        revision=fields["revision"],
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
