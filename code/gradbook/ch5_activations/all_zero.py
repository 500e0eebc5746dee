"""Ten hidden layers that start at zero: how many different units, and which weights ever move (claim 5.15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Layer, Network, relu, sgd, sigmoid, softmax_cross_entropy, tanh, zeros
from gradbook.data import digits
from gradbook.experiment import Claim, Experiment
from gradbook.stats import Estimate
from gradbook.text import Text, Verdict, same

FUNCTIONS: Final[dict[str, Any]] = {"sigmoid": sigmoid, "tanh": tanh, "ReLU": relu}
DEPTH, WIDTH, STEPS, BATCH, ETA = 10, 32, 12, 32, 1.0


@dataclass(frozen=True)
class Measurement:
    kinds: dict[str, NDArray[np.int64]]  # different units in each hidden layer after training, (seeds, DEPTH)
    moved: dict[
        str, NDArray[np.int64]
    ]  # first step with a gradient, each matrix of weights, 0: never; (seeds, DEPTH + 1)
    bias: dict[str, NDArray[np.int64]]  # likewise of the outputs' biases, (seeds,)


def net_of(name: str) -> Network:
    layers: list[Layer] = []
    for fan_in in (64, *[WIDTH] * (DEPTH - 1)):
        layers += [Dense(fan_in, WIDTH, zeros), Activation(FUNCTIONS[name])]
    return Network([*layers, Dense(WIDTH, 10, zeros)])


def one(name: str, seed: int) -> tuple[list[int], list[int], int]:
    """Different units by layer, first steps by matrix, first step of the last biases: float64, plain SGD."""
    net, data, rng = net_of(name), digits(), np.random.default_rng(seed)
    theta = net.init(rng, dtype=np.float64)
    moved, bias = np.zeros(DEPTH + 1, np.int64), 0
    for step in range(1, STEPS + 1):
        rows = rng.choice(len(data.x), BATCH, replace=False)
        scores, back = net(theta, data.x[rows].astype(np.float64))
        grad = back(softmax_cross_entropy(scores, data.labels[rows])[1]())
        parts = net.views(grad)[::2]
        moving = np.array([bool(part["W"].any()) for part in parts])
        moved[(moved == 0) & moving] = step
        bias = bias or step * int(parts[-1]["b"].any())
        theta, _ = sgd(theta, grad, eta=ETA)
    layers = net.views(theta)[::2]
    # a unit is its incoming weights, its bias and its outgoing weights
    units = [np.vstack([a["W"], a["b"], b["W"].T]) for a, b in pairwise(layers)]
    return [len(np.unique(unit.T, axis=0)) for unit in units], moved.tolist(), bias


def measure(seeds: Sequence[int] = range(5)) -> Measurement:
    """Seeds differ in their batches; there is nothing else to chance."""
    found = {name: [one(name, seed) for seed in seeds] for name in FUNCTIONS}
    kinds, moved, bias = (
        {name: np.array([run[part] for run in runs]) for name, runs in found.items()} for part in range(3)
    )
    return Measurement(kinds, moved, bias)


def judge(m: Measurement) -> list[Claim]:
    """Holds if every layer of every network ends as a single unit; holds if some activation's do."""
    alike = [bool((kinds == 1).all()) for kinds in m.kinds.values()]
    verdict: Verdict = "holds" if all(alike) else "holds-if" if any(alike) else "does-not-hold"
    most = max(int(kinds.max()) for kinds in m.kinds.values())
    n = len(m.bias["tanh"])
    return [
        Claim(
            id="5.15",
            text=Text(
                "가중치를 0으로 초기화하면 모두 같은 기울기를 얻고 같은 연산만 한다",
                "Initialized to zero, all weights get the same gradient and all units compute the same",
            ),
            verdict=verdict,
            finding=Text(
                f"은닉층 {DEPTH}개, 층마다 뉴런 {WIDTH}개를 0에서 {STEPS}걸음 학습시키면, 시드 {n}개와 활성화 함수 셋 어디에서나 한 층의 서로 다른 뉴런은 많아야 {most}개입니다.",
                f"Ten hidden layers of {WIDTH} units, trained for {STEPS} steps from zero: with {n} seeds and three activation functions no layer has more than {most} different unit{'s' * (most > 1)}.",
            ),
            estimate=Estimate(float(most)),
            unit=Text("서로 다른 뉴런의 수, 가장 많은 층", "different units, the layer with most"),
            shown=same(str(most)),
        )
    ]


def span(values: NDArray[np.int64]) -> str:
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low}–{high}"


def numbers(m: Measurement) -> dict[str, Text]:
    # how many matrices, from the last one on, move for the first time at the step that is their place from the end
    in_turn = m.moved["sigmoid"][:, ::-1] == np.arange(1, DEPTH + 2)
    climbed = np.cumprod(in_turn, axis=1).sum(axis=1)
    still = np.concatenate([m.moved[name].ravel() for name in ("tanh", "ReLU")])
    return {
        "steps": same(str(STEPS)),
        "last": same(span(m.moved["sigmoid"][:, -1])),
        "before": same(span(m.moved["sigmoid"][:, -2])),
        "climbed": same(span(climbed)),
        "matrices": same(str(DEPTH + 1)),
        "unmoved": same(span((m.moved["sigmoid"] == 0).sum(axis=1))),
        "still": same(str(int((still > 0).sum()))),
        "bias": same(span(np.concatenate([m.bias["tanh"], m.bias["ReLU"]]))),
    }


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, full={"seeds": range(1000, 1100)})
