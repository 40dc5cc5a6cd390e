"""Figures that papers print, for tables that show them beside ours where protocol, data and inputs are the same.

A row stands for one cell of a published table, or for a mean over several sets or inputs. The names are those of the
data set adapters, of the patterns and of the protocols here. Left out is what no run here can repeat: hidden test
servers (IP-Basic on KITTI: 1288 / 303 mm), and tables that do not say which inputs they average (LDCM, ICLR 2026).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from spnet.evaluation.protocols import get_protocol

DENSITIES = ("random(10%)", "random(1%)", "random(0.1%)")
SIX_SETS = ("ibims1", "kitti", "nyuv2", "diode", "eth3d", "sintel")
VIRTUAL_SETS = ("ibims1", "arkitscenes", "eth3d", "diode")
GIVEN = "given(raw)"


@dataclass(frozen=True)
class Published:
    """One published figure.

    Attributes:
        method: as the paper calls it.
        datasets: the set, or those whose mean this is.
        patterns: the input, or those whose mean this is.
        protocol: a name of `PROTOCOLS`.
        metric: a name of `METRICS`.
        value: as printed, in `unit`.
        unit: as printed, which is the one that the protocol shows.
        source: the paper and table.
    """

    method: str
    datasets: tuple[str, ...]
    patterns: tuple[str, ...]
    protocol: str
    metric: str
    value: float
    unit: str
    source: str

    @property
    def in_our_unit(self) -> float:
        """The value in the unit of `METRICS`: metres for a printed mm, 1/m for a printed 1/km."""
        scales = {shown.metric: shown.scale for shown in get_protocol(self.protocol).shown}
        return self.value / scales[self.metric]


def _rows(
    datasets: tuple[str, ...], patterns: tuple[str, ...], protocol: str, metrics: str, unit: str, source: str, text: str
) -> list[Published]:
    """Rows from "method value/value; method value/value", the values in the order of `metrics`, also parted by /."""
    rows = []
    for entry in text.split(";"):
        method, _, values = entry.strip().rpartition(" ")
        for metric, value in zip(metrics.split("/"), values.split("/"), strict=True):
            of = "1" if metric == "rel" else unit
            rows.append(Published(method, datasets, patterns, protocol, metric, float(value), of, source))
    return rows


_MARIGOLD = "Marigold-DC, ICCV 2025, table 1"
_OMNI = "OMNI-DC v1.1, README"

ROWS: tuple[Published, ...] = (
    *_rows(
        SIX_SETS, DENSITIES, "pacgdc", "rmse/mae", "mm", "PacGDC, ICCV 2025",
        "NLSPN 9284/6701; CompletionFormer 6408/4503; OMNI-DC 2847/1310; G2-MonoDepth 2387/923; SPNet-Large 2271/791; "
        "SPNet-Tiny 2484/990; SPNet-Tiny with PacGDC's data 2143/792; PacGDC 1966/731",
    ),
    *_rows(
        ("scannet",), ("random(500)",), "marigold-dc", "mae/rmse", "m", _MARIGOLD,
        "CompletionFormer .120/.232; VPP4DC .023/.076; OGNI-DC .029/.094; "
        "PromptDA .042/.079; Marigold-DC x10 .017/.057",
    ),
    *_rows(
        ("ibims1",), ("random(1000)",), "marigold-dc", "mae/rmse", "m", _MARIGOLD,
        "CompletionFormer .058/.206; VPP4DC .062/.228; OGNI-DC .059/.186; "
        "PromptDA .088/.196; Marigold-DC x10 .045/.166",
    ),
    *_rows(
        ("void-1500",), (GIVEN,), "void-nocap", "mae/rmse", "m", _MARIGOLD,
        "CompletionFormer .261/.726; VPP4DC .148/.543; OGNI-DC .175/.593; "
        "PromptDA .191/.605; Marigold-DC x10 .152/.551",
    ),
    *_rows(
        ("nyuv2",), (GIVEN,), "marigold-dc", "mae/rmse", "m", _MARIGOLD,
        "CompletionFormer .186/.374; VPP4DC .077/.247; PromptDA .110/.233; Marigold-DC x10 .048/.124",
    ),
    *_rows(
        ("kitti",), (GIVEN,), "marigold-dc-lidar", "mae/rmse", "m", _MARIGOLD,
        "CompletionFormer .952/1.935; VPP4DC .413/1.609; PromptDA .934/2.803; Marigold-DC x10 .434/1.465",
    ),
    *(
        row
        for pattern, values in {
            "random(500)": ".112/.014", "random(200)": ".143/.019", "random(100)": ".167/.024",
            "random(50)": ".193/.029", "random(5)": ".330/.070",
        }.items()
        for row in _rows(("nyuv2",), (pattern,), "omni-dc", "rmse/rel", "m", _OMNI, f"OMNI-DC v1.1 {values}")
    ),
    *(
        row
        for pattern, values in {
            "random(2150)": ".126/.009", "random(300)": ".172/.016", "random(100)": ".213/.025",
            "noise(10%)": ".134/.010", "orb": ".176/.028", "sift": ".161/.024",
            "lidar(64)": ".114/.008", "lidar(16)": ".146/.012", "lidar(8)": ".180/.017",
        }.items()
        for row in _rows(VIRTUAL_SETS, (pattern,), "omni-dc", "rmse/rel", "m", _OMNI, f"OMNI-DC v1.1 {values}")
    ),
)  # fmt: skip


def published(protocol: str, datasets: Collection[str], patterns: Collection[str]) -> list[Published]:
    """The published figures that stand for just these: give one set and input for a cell, all of them for a mean.

    >>> [row.value for row in published("omni-dc", ["nyuv2"], ["random(5)"])]
    [0.33, 0.07]
    >>> published("unobserved", ["nyuv2"], ["random(5)"])
    []
    """
    wanted = (protocol, set(datasets), set(patterns))
    return [row for row in ROWS if (row.protocol, set(row.datasets), set(row.patterns)) == wanted]
