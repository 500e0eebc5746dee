"""Eight small problems on which optimizers are compared, from a bowl to a recurrent network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from deepgrad import (
    RNN,
    Activation,
    Array,
    Dense,
    LastStep,
    Layer,
    Network,
    first_symbol,
    he_normal,
    normal,
    relu,
    sigmoid,
    spirals,
    tanh,
    uniform,
    xavier_normal,
)
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, squared_error_slope
from gradbook.data import digits
from gradbook.text import Text

Problem = Literal["bowl", "turned", "curve", "logistic", "mlp", "spirals", "sigmoid", "memory"]
PROBLEMS: Final[dict[Problem, Text]] = {
    "bowl": Text("길쭉한 그릇", "a stretched bowl"),
    "turned": Text("돌린 그릇", "the bowl, turned"),
    "curve": Text("곡선 맞추기", "following a curve"),
    "logistic": Text("숫자, 로지스틱 회귀", "digits, logistic regression"),
    "mlp": Text("숫자, ReLU 신경망", "digits, ReLU network"),
    "spirals": Text("나선", "spirals"),
    "sigmoid": Text("숫자, 깊은 시그모이드", "digits, deep sigmoid"),
    "memory": Text("기억, RNN", "memory, RNN"),
}
INPUTS, POINTS, DELAY, CONDITION = 10, 64, 6, 1000


@dataclass(frozen=True)
class Task:
    """What one seed makes of a problem: a network at its start, and what it learns from and is tested on."""

    net: Network
    theta: Array
    x: Array
    targets: Array
    test: tuple[Array, Array] | None  # examples and labels
    batch: int

    @property
    def slope(self) -> Callable[[Array, Array], Array]:
        return squared_error_slope if self.test is None else cross_entropy_slope


def task(problem: Problem, seed: int) -> Task:
    """Data, initial weights and sizes; everything in float32."""
    rng = np.random.default_rng([seed, list(PROBLEMS).index(problem)])
    net = Network(layers(problem))
    theta = net.init(rng)
    if problem in ("bowl", "turned"):
        x, targets = bowl(rng, turned=problem == "turned")
        return Task(net, theta, single(x), single(targets), None, POINTS)
    if problem == "curve":
        x = np.linspace(-1, 1, POINTS)[:, None]
        return Task(net, theta, single(x), single(np.sin(2 * np.pi * x)), None, POINTS)
    if problem == "spirals":
        (x, labels), (fresh, asked) = spirals(rng, 300), spirals(rng, 300)
        return Task(net, theta, single(2 * x), labels, (single(2 * fresh), asked), 32)
    if problem == "memory":
        (x, labels), (fresh, asked) = first_symbol(rng, 400, DELAY), first_symbol(rng, 400, DELAY)
        return Task(net, theta, single(x), labels, (single(fresh), asked), 32)
    data = digits()
    return Task(net, theta, data.x, data.labels, (data.x_test, data.labels_test), 32)


def single(array: Array) -> Array:
    return array.astype(np.float32)


def layers(problem: Problem) -> Sequence[Layer]:
    if problem in ("bowl", "turned"):
        return [Dense(INPUTS, 1, normal(0))]
    if problem == "curve":
        return [Dense(1, 24, uniform(-5, 5)), Activation(tanh), Dense(24, 1, xavier_normal)]
    if problem == "logistic":
        return [Dense(64, 10, xavier_normal)]
    if problem == "mlp":
        return [Dense(64, 16, he_normal), Activation(relu), Dense(16, 10, xavier_normal)]
    if problem == "spirals":
        first: list[Layer] = [Dense(2, 16, he_normal), Activation(relu)]
        return [*first, Dense(16, 16, he_normal), Activation(relu), Dense(16, 3, xavier_normal)]
    if problem == "sigmoid":
        deep: list[Layer] = []
        for fan_in in (64, 16, 16, 16):
            deep += [Dense(fan_in, 16, xavier_normal), Activation(sigmoid)]
        return [*deep, Dense(16, 10, xavier_normal)]
    return [RNN(2, 8, xavier_normal), LastStep(), Dense(8, 2, xavier_normal)]


def bowl(rng: np.random.Generator, turned: bool) -> tuple[Array, Array]:
    """Linear regression without noise, whose loss is a bowl: its curvatures run evenly, in powers of ten, from 1 down to
    1 / CONDITION, along the weights or in directions drawn at random. The way to the bottom is about equally high in each.
    """
    curvature = np.logspace(0, -np.log10(CONDITION), INPUTS)
    across, _ = np.linalg.qr(rng.normal(size=(POINTS, INPUTS)))
    directions, _ = np.linalg.qr(rng.normal(size=(INPUTS, INPUTS)))
    x = np.sqrt(POINTS) * across * np.sqrt(curvature)  # so that xᵀx / POINTS has these curvatures
    w = rng.choice([-1, 1], size=INPUTS) / np.sqrt(curvature)
    return (x @ directions if turned else x), (x @ w)[:, None]
