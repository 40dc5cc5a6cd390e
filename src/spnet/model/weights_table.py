"""The table of known weights, as data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from spnet.errors import BadWeights
from spnet.model.config import ModelConfig, model_config

FOLDER = Path(__file__).parent.parent / "weights"


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
    """

    name: str
    config: ModelConfig
    file: str = ""
    hub_id: str = ""
    sha256: str = ""
    licence: str = ""
    max_depth: float | None = None
    trained_on: str = ""


BUNDLED: dict[str, WeightsInfo] = {}
ALIASES: dict[str, str] = {}

_PAPER_DATA = "Matterport3D, HRWSI, virtual KITTI, UnrealCV (by the paper's authors)"
RELEASED = tuple(
    WeightsInfo(
        f"released-{size}",
        model_config(size),
        file=f"{size.capitalize()}_300.pth",
        licence="none stated",
        max_depth=20.0,
        trained_on=_PAPER_DATA,
    )
    for size in ("tiny", "small", "base", "large")
)
PACGDC = WeightsInfo(
    "Haotian-sx/PacGDC_large",
    model_config("large", revision="pacgdc"),
    hub_id="Haotian-sx/PacGDC_large",
    licence="MIT",
    max_depth=30.0,
    trained_on="PacGDC's data (ICCV 2025)",
)
TABLE: tuple[WeightsInfo, ...] = (*BUNDLED.values(), *RELEASED, PACGDC)


def bundled_path(info: WeightsInfo) -> Path:
    """Where the package keeps a bundled file.

    Raises:
        BadWeights: the installation lacks it.
    """
    path = FOLDER / info.file
    if not path.is_file():
        raise BadWeights(f"The bundled weights {info.file} are not in the installation: install the package again.")
    return path


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
