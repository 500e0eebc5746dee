"""Estimates with 95 % intervals, and how they are printed."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# SciPy is imported by the functions that need it: a page's cells seldom do, and each page would wait a second for it.

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A measured number; `low` and `high` bound its 95 % interval, and are None where nothing was left to chance."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None

    def exp(self) -> "Estimate":
        """From the mean of logarithms to the geometric mean."""
        low, high = (None if x is None else math.exp(x) for x in (self.low, self.high))
        return Estimate(math.exp(self.value), low, high, self.n)

    def below(self, x: float) -> bool:
        """Whether the whole interval lies below x."""
        return self.high is not None and self.high < x

    def above(self, x: float) -> bool:
        """Whether the whole interval lies above x."""
        return self.low is not None and self.low > x

    @property
    def margin(self) -> float:
        """Half the interval's width, 0 for an exact value."""
        return 0.0 if self.low is None or self.high is None else (self.high - self.low) / 2

    @property
    def decimals(self) -> int:
        """Decimals worth printing: two figures of the interval's half width, or three figures of an exact value."""
        return significant_decimals(self.margin, 2) if self.margin else significant_decimals(self.value, 3)

    def number(self, sign: bool = False) -> str:
        """The value alone, to as many decimals as its interval allows."""
        return number(self.value, self.decimals, sign)

    def interval(self, sign: bool = False) -> str:
        """`[low, high]`, or nothing for an exact value."""
        if self.low is None or self.high is None:
            return ""
        return f"[{number(self.low, self.decimals, sign)}, {number(self.high, self.decimals, sign)}]"

    def shown(self, sign: bool = False) -> str:
        """Value and interval as the badges print them."""
        return f"{self.number(sign)} {self.interval(sign)}".rstrip()


def significant_decimals(x: float, figures: int) -> int:
    """How many decimals show `figures` significant figures of x."""
    if x == 0 or not math.isfinite(x):
        return 0
    return max(0, figures - 1 - math.floor(math.log10(abs(x))))


def number(x: float, decimals: int, sign: bool = False) -> str:
    """x with so many decimals, a true minus sign, thousands parted by commas; tiny and huge ones as a power of ten."""
    if decimals > 6 or abs(x) >= 1e7:
        return scientific(x)
    text = f"{x:{'+' if sign else ''},.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def scientific(x: float, figures: int = 2) -> str:
    """x as 4.5·10⁻⁵."""
    mantissa, exponent = f"{x:.{figures - 1}e}".split("e")
    return f"{mantissa}·{ten_to(int(exponent))}".replace("-", "−")


def ten_to(exponent: int) -> str:
    """10⁻⁵ for −5."""
    return f"10{str(exponent).translate(SUPERSCRIPT)}"


def order(x: float) -> str:
    """The power of ten nearest to |x|, as 10⁻⁵."""
    return ten_to(round(math.log10(abs(x))))


def power_of_ten_above(x: float) -> float:
    """The smallest power of ten not below |x|: how rounding errors are reported, since their digits differ by machine."""
    return 0.0 if x == 0 else 10.0 ** math.ceil(math.log10(abs(x)))


def mean_interval(values: ArrayLike) -> Estimate:
    """Mean of independent values with Student's t interval."""
    from scipy.special import stdtrit  # quantiles of Student's t

    x = sample(values)
    half = float(stdtrit(x.size - 1, (1 + CONFIDENCE) / 2) * (x.std(ddof=1) / np.sqrt(x.size)))
    mean = float(x.mean())
    return Estimate(mean, mean - half, mean + half, x.size)


def median_interval(values: ArrayLike) -> Estimate:
    """Median of independent values; its interval lies between two order statistics (binomial, no assumption of shape)."""
    from scipy.special import bdtr  # binomial distribution function

    x = np.sort(sample(values))
    below = int(np.searchsorted(bdtr(np.arange(x.size + 1), x.size, 0.5), (1 - CONFIDENCE) / 2))
    low, high = x[max(below - 1, 0)], x[min(x.size - below, x.size - 1)]
    return Estimate(float(np.median(x)), float(low), float(high), x.size)


def bootstrap_interval(
    values: ArrayLike, statistic: Callable[[NDArray[np.float64]], float], resamples: int = 1000
) -> Estimate:
    """Any statistic of independent rows, with its percentile-bootstrap interval (resampling seeded: always the same)."""
    x = sample(values)
    rng = np.random.default_rng(0)
    drawn = [statistic(x[rng.integers(len(x), size=len(x))]) for _ in range(resamples)]
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(statistic(x), float(low), float(high), len(x))


def sample(values: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(values, dtype=float)
    if len(x) < 2:
        raise ValueError(f"an interval needs at least 2 values, got {len(x)}: measure more seeds")
    return x
