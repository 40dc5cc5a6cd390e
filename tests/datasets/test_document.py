"""docs/datasets.md tells of every data set as the registry has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spnet.datasets.adapters import ADAPTERS, get_adapter

TEXT = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
ROWS = {match[1]: match[0] for match in re.finditer(r"^\| `(\w+)` \|.*$", TEXT, re.MULTILINE)}


def test_a_row_each_in_the_registrys_order() -> None:
    assert list(ROWS) == list(ADAPTERS)


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_row_agrees(name: str) -> None:
    adapter, row = get_adapter(name), ROWS[name]
    units = {"mm": "mm", "cm": "cm", "kitti": "1/256 m", "m": "m (NPY)", "normalized:16.38375": "0.25 mm"}
    stored = units.get(adapter.unit) or f"{adapter.unit.removeprefix('normalized:')} m / 65535"
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[4] == stored or name == "hrwsi"
    assert f"`{adapter.splits[0].removesuffix('1500')}`" in cells[2]
    licence = re.search(r"CC [\w -]+ \d\.\d|MIT", adapter.licence)
    assert licence is None or licence[0] in cells[5]


def test_the_views_are_splits() -> None:
    views = re.findall(r"^\| `(\w+)`, `([\w.*-]+)` \|", TEXT, re.MULTILINE)
    assert len(views) >= 6
    for name, split in views:
        assert any(re.fullmatch(split.replace("*", ".+"), known) for known in get_adapter(name).splits), (name, split)
    told = {name for name, _ in views}
    for name, adapter in ADAPTERS.items():
        assert name in told or not any("-dc" in split or "304" in split for split in adapter.splits)
