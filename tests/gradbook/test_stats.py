"""Intervals against known values and their own promise: 95 % of them hold the truth."""

import numpy as np
import pytest

from gradbook.stats import (
    Estimate,
    bootstrap_interval,
    mean_interval,
    median_interval,
    number,
    order,
    power_of_ten_above,
    scientific,
)


def test_mean_interval_by_hand():
    # 1, 2, 3: mean 2, s = 1, t(0.975, 2) = 4.302653, half width 4.302653 / sqrt(3)
    found = mean_interval([1.0, 2.0, 3.0])
    assert found.n == 3
    assert found.value == 2
    assert found.high == pytest.approx(2 + 4.302653 / 3**0.5, rel=1e-6)
    assert found.low == pytest.approx(2 - 4.302653 / 3**0.5, rel=1e-6)


def test_median_interval_of_twenty_lies_between_the_6th_and_15th():
    found = median_interval(np.arange(1.0, 21.0))  # the textbook's order statistics for n = 20
    assert (found.value, found.low, found.high) == (10.5, 6, 15)


@pytest.mark.parametrize("interval", [mean_interval, median_interval])
def test_intervals_hold_the_truth_95_times_in_100(interval):
    rng = np.random.default_rng(1)
    held = sum(e.low <= 0 <= e.high for e in (interval(rng.normal(size=25)) for _ in range(2000)))
    assert 0.93 < held / 2000 < 0.975


def test_bootstrap_is_repeatable_and_near_t():
    x = np.random.default_rng(0).normal(size=(200, 1))
    first, second = (bootstrap_interval(x, lambda rows: float(rows.mean())) for _ in range(2))
    assert first == second
    by_t = mean_interval(x[:, 0])
    assert first.low == pytest.approx(by_t.low, abs=0.03)
    assert first.high == pytest.approx(by_t.high, abs=0.03)


def test_one_value_has_no_interval():
    with pytest.raises(ValueError, match="at least 2 values, got 1"):
        mean_interval([3.0])


@pytest.mark.parametrize(
    ("estimate", "printed"),
    [
        (Estimate(0.090384, 0.08998, 0.09079, 10), "0.09038 [0.08998, 0.09079]"),
        (Estimate(-0.468, -0.75, -0.19, 20), "−0.47 [−0.75, −0.19]"),
        (Estimate(324.9, 315.1, 334.8, 40), "324.9 [315.1, 334.8]"),
        (Estimate(0.25), "0.250"),
        (Estimate(12345.6, 12000.0, 12700.0, 5), "12,346 [12,000, 12,700]"),
    ],
)
def test_printed_to_the_digits_the_interval_allows(estimate, printed):
    assert estimate.shown() == printed


def test_numbers_in_print():
    assert number(-0.0004, 2, sign=True) == "0.00"
    assert number(2.5, 1, sign=True) == "+2.5"
    assert scientific(4.5396e-5) == "4.5·10⁻⁵"
    assert power_of_ten_above(3.1e-11) == 1e-10
    assert power_of_ten_above(0) == 0
    assert order(9.5e3) == "10⁴"
