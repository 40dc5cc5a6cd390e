"""Published figures: every row belongs to a protocol and its units, and is found for nothing but its own case."""

from __future__ import annotations

import pytest

from spnet.evaluation.protocols import get_protocol
from spnet.evaluation.published import DENSITIES, ROWS, SIX_SETS, Published, published
from spnet.metrics import METRICS
from spnet.sparsity import parse_pattern


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method}-{row.datasets[0]}-{row.patterns[0]}-{row.metric}")
def test_a_row_fits_its_protocol(row: Published) -> None:
    shown = {s.metric: s for s in get_protocol(row.protocol).shown}
    assert shown[row.metric].unit == row.unit
    assert row.metric in METRICS
    assert row.source
    assert row.value > 0
    assert row.in_our_unit == pytest.approx(row.value / (1000 if row.unit == "mm" else 1))
    for spec in row.patterns:
        assert spec == "given(raw)" or parse_pattern(spec).name == spec


def test_no_figure_twice() -> None:
    keys = [(r.method, r.datasets, r.patterns, r.protocol, r.metric) for r in ROWS]
    assert len(set(keys)) == len(keys)


def test_a_figure_is_found_for_its_own_case_alone() -> None:
    found = {(r.method, r.metric): r.value for r in published("marigold-dc", ["ibims1"], ["random(1000)"])}
    assert found["VPP4DC", "rmse"] == 0.228
    assert found["Marigold-DC x10", "mae"] == 0.045
    assert published("marigold-dc", ["ibims1"], ["random(500)"]) == []
    assert published("unobserved", ["ibims1"], ["random(1000)"]) == []
    assert published("marigold-dc", ["ibims1", "scannet"], ["random(1000)"]) == []


def test_a_mean_is_found_for_all_of_its_sets_and_inputs() -> None:
    found = {(r.method, r.metric): r.in_our_unit for r in published("pacgdc", SIX_SETS[::-1], DENSITIES)}
    assert found["SPNet-Large", "rmse"] == 2.271
    assert published("pacgdc", SIX_SETS[1:], DENSITIES) == []
    assert published("pacgdc", SIX_SETS, DENSITIES[:1]) == []
