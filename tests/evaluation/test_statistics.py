"""Means, intervals, comparisons and pooling; the intervals' coverage by simulation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import wilcoxon

from spnet.errors import BadInput
from spnet.evaluation.bootstrap import mean_of_sets, ratio_of_means
from spnet.evaluation.results import Result
from spnet.evaluation.statistics import ALL, ALL_PATTERNS, compare, over_patterns, pooled, summarise, value_of
from spnet.types import AnyArray


def result(
    value: float, image: str = "0", dataset: str = "a", method: str = "m", pattern: str = "p", pixels: int = 10
) -> Result:
    errors = {"rel": value, "rmse": 2 * value, "delta_1.25": 1 - value / 100}
    return Result(dataset, image, pattern, method, pixels=pixels, measured=5, errors=errors)


def results(values: list[float], dataset: str = "a", method: str = "m", pattern: str = "p") -> list[Result]:
    return [result(value, str(i), dataset, method, pattern) for i, value in enumerate(values)]


def failure(image: str = "0", dataset: str = "a", method: str = "m", pattern: str = "p") -> Result:
    return Result(dataset, image, pattern, method, "failed", "No.", 5, 10)


def test_mean_over_images_then_over_sets() -> None:
    """Set a has 1, 2 and 6, set b has 5 and 7: 3 and 6, and 4.5 over the sets (4.2 would be the one over images)."""
    cells = summarise([*results([1, 2, 6]), *results([5, 7], "b")], "rel")
    assert {key: (cell.mean, cell.n, cell.failed) for key, cell in cells.items()} == {
        ("p", "a", "m"): (3.0, 3, 0),
        ("p", "b", "m"): (6.0, 2, 0),
        ("p", ALL, "m"): (4.5, 5, 0),
    }
    assert summarise(results([1, 2, 6]), "rmse")["p", "a", "m"].mean == 6
    for cell in cells.values():
        assert cell.low < cell.mean < cell.high


def test_patterns_and_methods_stay_apart() -> None:
    cells = summarise([*results([1, 2]), *results([3, 4], method="k"), *results([5, 6], pattern="q")], "rel")
    means = {(p, m): cell.mean for (p, d, m), cell in cells.items() if d == ALL}
    assert means == {("p", "m"): 1.5, ("p", "k"): 3.5, ("q", "m"): 5.5}


def test_a_method_that_failed_has_no_mean_and_is_counted() -> None:
    cells = summarise([*results([1, 2]), failure("2"), *results([5, 7], "b")], "rel")
    cell = cells["p", "a", "m"]
    assert (cell.n, cell.failed) == (3, 1)
    assert all(math.isnan(value) for value in (cell.mean, cell.low, cell.high))
    assert math.isnan(cells["p", ALL, "m"].mean)
    assert (cells["p", ALL, "m"].n, cells["p", ALL, "m"].failed) == (5, 1)
    assert cells["p", "b", "m"].mean == 6


def test_one_image_has_a_mean_and_no_interval() -> None:
    cells = summarise([*results([3.0]), *results([1, 2, 3], "b")], "rel")
    assert cells["p", "a", "m"].mean == 3
    assert math.isnan(cells["p", "a", "m"].low)
    assert cells["p", ALL, "m"].mean == 2.5
    assert math.isnan(cells["p", ALL, "m"].high)  # of one of the sets nothing is known
    assert math.isfinite(cells["p", "b", "m"].low)


def test_intervals_stay_where_the_metric_can_be() -> None:
    errors = summarise(results([0.1, 9.0]), "rel")["p", "a", "m"]
    assert errors.low == 0
    assert errors.high > 9
    shares = summarise(results([0.0, 50.0, 0.0]), "delta_1.25")["p", "a", "m"]
    assert shares.high == 1


def test_equal_values_have_an_interval_of_no_width() -> None:
    cell = summarise(results([0.1] * 7), "rel")["p", "a", "m"]
    assert cell.low == cell.mean == cell.high == pytest.approx(0.1)


def test_a_metric_or_part_that_an_image_lacks_is_left_out() -> None:
    part = Result("a", "1", "p", "m", pixels=9, errors={"rel": 1.0}, parts={"edges": {"rel": 8.0, "pixels": 4.0}})
    rows = [*results([1.0]), part]
    assert summarise(rows, "rel", part="edges")["p", "a", "m"].mean == 8
    assert summarise(rows, "rel", part="edges")["p", "a", "m"].n == 1
    assert summarise(rows, "irmse") == {}
    assert value_of(part, "rel") == 1
    assert value_of(part, "pixels", "edges") == 4
    assert value_of(part, "rel", "flat") is None
    assert math.isnan(value_of(failure(), "rel") or 0)


def test_the_order_of_results_does_not_matter_and_the_seed_does() -> None:
    rng = np.random.default_rng(0)
    rows = [*results(rng.lognormal(size=30).tolist()), *results(rng.lognormal(size=20).tolist(), "b")]
    shuffled = [rows[i] for i in rng.permutation(len(rows))]
    assert summarise(rows) == summarise(shuffled)
    assert summarise(rows, seed=1)["p", ALL, "m"].low != summarise(rows)["p", ALL, "m"].low


def test_a_lower_level_gives_a_narrower_interval() -> None:
    rows = results(np.random.default_rng(0).lognormal(size=30).tolist())
    wide, narrow = (summarise(rows, level=level)["p", "a", "m"] for level in (0.95, 0.5))
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


NORMAL, SKEWED, VERY_SKEWED = "normal", "lognormal 0.5", "lognormal 1"
DRAWS: dict[str, tuple[Callable[[np.random.Generator, int], AnyArray], float]] = {
    NORMAL: (lambda rng, n: rng.normal(1.0, 0.3, n), 1.0),
    SKEWED: (lambda rng, n: rng.lognormal(0.0, 0.5, n), math.exp(0.125)),
    VERY_SKEWED: (lambda rng, n: rng.lognormal(0.0, 1.0, n), math.exp(0.5)),
}


@pytest.mark.parametrize(
    ("name", "sizes", "least", "most"),
    [
        # 600 trials: the standard error of a coverage of 95 % is 0.9 %.
        (NORMAL, (3,), 0.92, 0.98),
        (NORMAL, (10,), 0.92, 0.98),
        (NORMAL, (40,), 0.92, 0.98),
        (NORMAL, (18, 9), 0.91, 0.98),
        (SKEWED, (10,), 0.89, 0.98),
        (SKEWED, (20,), 0.90, 0.98),
        (SKEWED, (40,), 0.91, 0.98),
        (SKEWED, (40, 18, 9), 0.90, 0.98),
        # No interval for a mean copes with ten images of this; percentile intervals cover 81 %.
        (VERY_SKEWED, (10,), 0.86, 0.97),
        (VERY_SKEWED, (40,), 0.89, 0.97),
    ],
)
def test_the_intervals_cover_the_truth_as_often_as_they_say(
    name: str, sizes: tuple[int, ...], least: float, most: float
) -> None:
    draw, mean = DRAWS[name]
    rng = np.random.default_rng(11)
    trials = 600
    estimates = [mean_of_sets([draw(rng, n) for n in sizes], resamples=1000) for _ in range(trials)]
    covered = sum(e.low <= mean <= e.high for e in estimates) / trials
    assert least < covered < most


@pytest.mark.parametrize(("sizes", "least"), [((10,), 0.90), ((40,), 0.92), ((18, 9), 0.90)])
def test_the_intervals_of_ratios_cover_the_truth(sizes: tuple[int, ...], least: float) -> None:
    """b is skewed, a is b times 0.8 in the mean, image by image: the ratio of the means is 0.8."""
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(600):
        b = [rng.lognormal(0, 0.7, n) for n in sizes]
        a = [0.8 * x * rng.lognormal(-0.02, 0.2, len(x)) for x in b]
        estimate = ratio_of_means([a, b], resamples=1000)
        covered += estimate.low <= 0.8 <= estimate.high
    assert least < covered / 600 < 0.98


def test_pairing_makes_the_interval_narrow() -> None:
    """Images differ by a factor of ten, the methods by a tenth on every image."""
    rng = np.random.default_rng(4)
    b = rng.lognormal(0, 1, 30)
    a = 0.9 * b * rng.lognormal(0, 0.01, 30)
    ratio = ratio_of_means([[a], [b]])
    assert ratio.value == pytest.approx(a.mean() / b.mean())
    assert ratio.high - ratio.low < 0.02
    alone = mean_of_sets([a])
    assert (alone.high - alone.low) / alone.value > 0.5


def test_2000_resamples_take_milliseconds() -> None:
    sets = [np.random.default_rng(0).lognormal(size=n) for n in (40, 18, 9, 9, 2)]
    mean_of_sets(sets)
    start = time.perf_counter()
    for _ in range(20):
        mean_of_sets(sets)
    assert (time.perf_counter() - start) / 20 < 0.03  # about 1 ms on a core of its own


def test_comparison_by_hand() -> None:
    """a: 1, 2, 4; b: 2, 2, 8. Differences -1, 0, -4; the second is a tie."""
    found = compare(results([1, 2, 4]), results([2, 2, 8], method="k"), "rel")
    assert list(found) == [("p", "a"), ("p", ALL)]
    one = found["p", "a"]
    assert (one.n, one.mean_a, one.mean_b) == (3, pytest.approx(7 / 3), 4)
    assert one.difference.value == pytest.approx(-5 / 3)
    assert one.ratio.value == pytest.approx(7 / 12)
    assert one.won == pytest.approx(2.5 / 3)
    assert one.p == wilcoxon([-1.0, 0.0, -4.0]).pvalue
    assert one.difference.low < one.difference.value < one.difference.high
    assert one.ratio.low < one.ratio.value < one.ratio.high


def test_comparison_over_sets_is_of_the_sets_means() -> None:
    a = [*results([1, 3]), *results([10, 20, 30], "b")]
    b = [*results([2, 2], method="k"), *results([10, 10, 10], "b", "k")]
    found = compare(a, b, "rel")["p", ALL]
    assert (found.n, found.mean_a, found.mean_b) == (5, 11, 6)
    assert found.difference.value == 5
    assert found.ratio.value == pytest.approx(11 / 6)


def test_more_is_better_where_it_is() -> None:
    a, b = results([1, 2, 3]), results([2, 3, 4], method="k")
    assert compare(a, b, "rel")["p", "a"].won == 1
    assert compare(a, b, "delta_1.25")["p", "a"].won == 1
    assert compare(a, b, "delta_1.25")["p", "a"].difference.value > 0


def test_comparison_leaves_out_failures_and_counts_them() -> None:
    a = [*results([1, 2, 3]), failure("3"), result(9, "only in a")]
    b = [failure("0", method="k"), *results([9, 4, 6, 7], method="k")[1:]]
    found = compare(a, b, "rel")["p", "a"]
    assert (found.n, found.failed_a, found.failed_b) == (2, 1, 1)
    assert (found.mean_a, found.mean_b) == (2.5, 5)
    nothing = compare([failure()], [failure(method="k")], "rel")["p", ALL]
    assert (nothing.n, nothing.failed_a, nothing.failed_b) == (0, 1, 1)
    assert math.isnan(nothing.ratio.value)


def test_a_method_against_itself() -> None:
    found = compare(results([1, 2, 3]), results([1, 2, 3]), "rel")["p", "a"]
    assert (found.difference.low, found.difference.high, found.won, found.p) == (0, 0, 0.5, 1)
    assert found.ratio.low == found.ratio.value == found.ratio.high == 1


def test_comparison_of_what_cannot_be_compared() -> None:
    with pytest.raises(BadInput, match=r"first results hold a/0 under p twice \(m and k\)"):
        compare([*results([1, 2]), *results([1, 2], method="k")], results([1]))
    with pytest.raises(BadInput, match="a/0 under p was not the same input: 5 measured and 10 scored pixels against 5"):
        compare([result(1, pixels=10)], [result(1, pixels=11)])
    assert compare(results([1]), results([1], "b")) == {}


def test_pooled_weights_by_pixels() -> None:
    """REL 1 on 10 pixels and 4 on 30: 3.25 pooled, 2.5 per image. RMSE 2 and 8: sqrt((4 * 10 + 64 * 30) / 40) = 7."""
    rows = [result(1, "0", pixels=10), result(4, "1", pixels=30), result(5, "0", "b", pixels=1)]
    found = pooled(rows)
    assert found["p", "a", "m"]["rel"] == 3.25
    assert found["p", "a", "m"]["rmse"] == pytest.approx(7)
    assert found["p", ALL, "m"]["rel"] == (3.25 + 5) / 2
    assert math.isnan(pooled([*rows, failure("2")])["p", "a", "m"]["rel"])


def test_pooled_is_what_all_pixels_together_give() -> None:
    from spnet.metrics import DEPTH_METRICS, depth_errors

    rng = np.random.default_rng(0)
    truth, masks = rng.uniform(1, 9, (2, 30)), [np.arange(30) < 12, np.arange(30) >= 12]
    pred = truth + rng.normal(0, 0.3, truth.shape)
    rows = [
        Result("a", str(i), "p", "m", pixels=int(mask.sum()), errors=depth_errors(pred[i], truth[i], mask))
        for i, mask in enumerate(masks)
    ]
    kept = np.stack(masks)
    together = depth_errors(pred, truth, kept)
    for name in DEPTH_METRICS:
        if name != "si_rmse":  # keeps each image's own scale
            assert pooled(rows)["p", "a", "m"][name] == pytest.approx(together[name]), name


def test_mean_over_patterns() -> None:
    """Image 0: 1, 2, 6 under three inputs; image 1 lacks one; image 2 failed under one."""
    rows = [result(value, "0", pattern=p) for p, value in zip("pqr", (1.0, 2.0, 6.0), strict=True)]
    rows += [result(5.0, "1", pattern=p) for p in "pq"]
    rows += [result(5.0, "2", pattern="p"), result(5.0, "2", pattern="q"), failure("2", pattern="r")]
    mean, failed = over_patterns(rows)
    assert (mean.image, mean.pattern, mean.errors["rel"]) == ("0", ALL_PATTERNS, 3)
    assert (failed.image, failed.status, failed.errors) == ("2", "failed", {})
    assert summarise(over_patterns(rows[:3]), "rel")[ALL_PATTERNS, ALL, "m"].mean == 3
