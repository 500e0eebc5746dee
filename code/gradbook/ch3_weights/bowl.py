"""A stretched bowl such as f = x²/20 + y², the six optimizers that go down it, and what is counted on the way."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from deepgrad import adagrad, adam, momentum, nesterov, rmsprop, sgd
from gradbook.text import Text, same

Name = Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]
OPTIMIZERS: Final[dict[Name, Callable[..., Any]]] = {
    "sgd": sgd, "momentum": momentum, "nesterov": nesterov, "adagrad": adagrad, "rmsprop": rmsprop, "adam": adam,
}  # fmt: skip
NAMES: Final[dict[Name, Text]] = {
    "sgd": same("SGD"),
    "momentum": Text("모멘텀", "momentum"),
    "nesterov": Text("네스테로프", "Nesterov"),
    "adagrad": same("AdaGrad"),
    "rmsprop": same("RMSProp"),
    "adam": same("Adam"),
}
RATES: Final = 10 ** (np.arange(-200, 151) / 100)  # 0.01 … 32, a hundred to a decade
TARGET: Final = 1e-3  # arrived when f stays below this share of its height at the start
HORIZON: Final = 500  # steps that we watch

type Points = NDArray[np.float64]  # (..., 2)


@dataclass(frozen=True)
class Bowl:
    """f = ½ (λ₁ u² + λ₂ v²) with λ₂ = 2 and λ₁ = 2 / κ; u and v are x and y, turned by an angle.

    The start is stretched and turned with the bowl, so that all start at one height. The usual κ = 20 is x²/20 + y².
    """

    stretch: float = 20.0  # κ
    degrees: float = 0.0

    @property
    def curvature(self) -> Points:
        return np.array([2 / self.stretch, 2.0])

    @property
    def axes(self) -> Points:
        """The directions of u and v, one a row."""
        angle = np.deg2rad(self.degrees)
        return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])

    @property
    def start(self) -> Points:
        return along(np.array([-7 * np.sqrt(self.stretch / 20), 2.0]), self.axes)

    def inner(self, points: Points) -> Points:
        """The points' u and v."""
        return along(points, self.axes.T)

    def height(self, points: Points) -> NDArray[np.float64]:
        return 0.5 * (self.curvature * self.inner(points) ** 2).sum(axis=-1)

    def gradient(self, points: Points) -> Points:
        return along(self.curvature * self.inner(points), self.axes)


def along(points: Points, directions: Points) -> Points:
    """points @ directions, by sums whose order no library chooses."""
    turned: Points = points[..., :1] * directions[0] + points[..., 1:] * directions[1]
    return turned


BOWL: Final = Bowl()


def descend(optimizer: Callable[..., Any], steps: int, bowl: Bowl = BOWL, start: Points | None = None) -> Points:
    """The start and the place after each step: (steps + 1, 2), or (steps + 1, …, 2) from several starts."""
    theta, state = bowl.start if start is None else start, None
    path = [theta]
    for _ in range(steps):
        theta, state = optimizer(theta, bowl.gradient(theta), state)
        path.append(theta)
    return np.array(path)


def arrival(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps until the height stays below the target for as long as we watch, ∞ if it does not: (steps + 1, …) -> (…)."""
    above = ~(height < TARGET * height[0])  # so written, what is no number has not arrived
    last = len(height) - np.argmax(above[::-1], axis=0)
    return np.where(last == len(height), np.inf, last)


@dataclass(frozen=True)
class Trip:
    """A path up to its arrival, in three numbers."""

    steps: float
    flips: float  # share of these steps in which v, the steep direction, changes its sign
    detour: float  # length of the path over the straight distance


def trip(path: Points, bowl: Bowl = BOWL) -> Trip:
    steps = float(arrival(bowl.height(path)))
    if steps == np.inf:
        return Trip(steps, np.nan, np.nan)
    way = path[: int(steps) + 1]
    v = bowl.inner(way)[:, 1]
    length = float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())
    return Trip(steps, float((v[1:] * v[:-1] < 0).mean()), length / float(np.linalg.norm(way[-1] - way[0])))


@dataclass(frozen=True)
class Search:
    """One optimizer at every rate of the grid."""

    steps: NDArray[np.float64]  # (rates,)
    eta: float  # the rate with the fewest steps (the smallest of several)
    best: Trip

    @property
    def band(self) -> float:
        """How wide the good rates lie: largest over smallest of those that take at most twice the fewest steps."""
        good = RATES[self.steps <= 2 * self.best.steps]
        return float(good[-1] / good[0])


def search(name: Name, bowl: Bowl = BOWL, horizon: int = HORIZON) -> Search:
    """All rates at once: without its checks (`unwrap`), an optimizer takes a column of rates for a column of points."""
    column = partial(inspect.unwrap(OPTIMIZERS[name]), eta=RATES[:, None])
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too large leaves the numbers, and may
        steps = arrival(bowl.height(descend(column, horizon, bowl, np.tile(bowl.start, (len(RATES), 1)))))
    eta = float(RATES[np.argmin(steps)])
    return Search(steps, eta, trip(descend(partial(OPTIMIZERS[name], eta=eta), horizon, bowl), bowl))


def polyak(bowl: Bowl = BOWL) -> tuple[float, float]:
    """(η, β) of the heavy ball with the smallest largest modulus on the bowl: Polyak, 1964."""
    gentle, steep = np.sqrt(bowl.curvature)
    return float((2 / (steep + gentle)) ** 2), float(((steep - gentle) / (steep + gentle)) ** 2)
