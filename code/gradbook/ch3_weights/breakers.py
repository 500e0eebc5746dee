"""What sets twins apart and what does not: ways to start and to train a layer whose weights are all alike (goes with 3.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Array, Dropout, Network, accuracy, adam, constant, sgd, xavier_normal, zeros
from deepgrad.signatures import Initializer
from gradbook import style
from gradbook.ch3_weights.alike import (
    WIDTH,
    Name,
    kinds,
    nearly_constant,
    one_layer,
    span,
    split,
    trained,
    units,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

VALUE = 0.1
EQUAL = constant(VALUE)
STEPS, SHORT = 200, 20
RATES, ADAM_RATES = (0.1, 0.3, 1.0), (0.003, 0.01, 0.03)
TUNING = 9001  # the seed that chooses the rate
SPREAD, BLUR, TINY, RATE = 0.1, 0.1, 1e-3, 0.5  # of random biases, of noise on images and on weights; of dropout


@dataclass(frozen=True)
class Way:
    """One thing that is done otherwise than: all weights VALUE, all biases 0, SGD on minibatches."""

    label: Text
    first: Initializer = EQUAL
    last: Initializer = EQUAL
    bias: Callable[[np.random.Generator], float | Array] = lambda rng: 0.0
    dropout: bool = False
    blurred: bool = False
    adaptive: bool = False
    whole: bool = False  # every step sees all examples


WAYS: dict[str, Way] = {
    "nothing": Way(Text("미니배치의 순서만", "only the order of minibatches")),
    "whole": Way(Text("모든 표본을 한꺼번에", "all examples at once"), whole=True),
    "blurred": Way(Text("그림에 잡음", "noise on the images"), blurred=True),
    "adam": Way(Text("Adam", "Adam"), adaptive=True),
    "equal biases": Way(Text(f"편향 모두 {SPREAD:g}", f"all biases {SPREAD:g}"), bias=lambda rng: SPREAD),
    "biases": Way(Text("무작위 편향", "random biases"), bias=lambda rng: rng.normal(0, SPREAD, WIDTH)),
    "tiny": Way(
        Text(f"가중치에 잡음 {TINY:g}", f"noise {TINY:g} on weights"),
        nearly_constant(VALUE, TINY), nearly_constant(VALUE, TINY),
    ),
    "dropout": Way(Text(f"드롭아웃 {RATE:g}", f"dropout {RATE:g}"), dropout=True),
    "last": Way(Text("출력층만 무작위", "random output layer only"), last=xavier_normal),
    "first": Way(Text("은닉층만 무작위", "random hidden layer only"), first=xavier_normal),
    "zero first": Way(Text("은닉층 0, 출력층 무작위", "hidden 0, output random"), zeros, xavier_normal),
    "zero last": Way(Text("은닉층 무작위, 출력층 0", "hidden random, output 0"), xavier_normal, zeros),
    "both": Way(Text("두 층 모두 무작위", "both layers random"), xavier_normal, xavier_normal),
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    way: str
    seed: int
    eta: float
    name: Name = "tanh"
    steps: int = STEPS


def outcome(run: Run) -> tuple[int, float, float]:
    """(different hidden units, test accuracy in percent, mean loss of the last steps) in the end."""
    way, rng = WAYS[run.way], np.random.default_rng(run.seed)
    chosen = split(rng)
    plain = one_layer(run.name, way.first, way.last)
    net = Network([*plain.layers[:2], Dropout(RATE), plain.layers[2]]) if way.dropout else plain
    theta = net.init(rng, dtype=np.float64)
    net.views(theta)[0]["b"][:] = way.bias(rng)
    if way.blurred:
        noise = rng.normal(0, BLUR, chosen.x.shape).astype(np.float32)
        chosen = replace(chosen, x=chosen.x + noise)
    optimizer = partial(adam if way.adaptive else sgd, eta=run.eta)
    batch = {"batch_size": len(chosen.x)} if way.whole else {}
    found = trained(net, theta, chosen, rng, run.eta, run.steps, optimizer=optimizer, **batch)
    scores, _ = net(found.theta, chosen.x_test)
    loss = float(found.history["loss"][-50:].mean())
    return kinds(units(net, found.theta)), 100 * accuracy(scores, chosen.labels_test), loss


@dataclass(frozen=True)
class Measurement:
    accuracy: dict[str, NDArray[np.float64]]  # tanh, on test digits, in percent, (seeds,)
    kinds: dict[str, NDArray[np.int64]]  # tanh, different units after training, (seeds,)
    dead: int  # ReLU with W₁ = 0, random W₂: different units after SHORT steps, seed 0

    def breaks(self, way: str) -> bool:
        return bool((self.kinds[way] > 1).all())


def measure(seeds: Sequence[int] = range(6)) -> Measurement:
    """Digits, width 32, float64; each way has the rate of its grid with the lowest training loss on another seed."""
    grid = [Run(way, TUNING, eta) for way in WAYS for eta in (ADAM_RATES if WAYS[way].adaptive else RATES)]
    losses = np.array(sweep(outcome, grid))[:, 2].reshape(len(WAYS), -1)
    eta = {
        way: grid[k * len(RATES) + int(np.argmin(row))].eta
        for k, (way, row) in enumerate(zip(WAYS, losses, strict=True))
    }
    found = np.reshape(
        sweep(outcome, [Run(way, seed, eta[way]) for way in WAYS for seed in seeds]), (len(WAYS), len(seeds), 3)
    )
    return Measurement(
        accuracy={way: rows[:, 1] for way, rows in zip(WAYS, found, strict=True)},
        kinds={way: rows[:, 0].astype(np.int64) for way, rows in zip(WAYS, found, strict=True)},
        dead=outcome(Run("zero first", 0, RATES[0], "ReLU", SHORT))[0],
    )  # fmt: skip


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    told = ("adam", "biases", "dropout", "zero first", "zero last", "both")
    found = {way.replace(" ", "_"): same(mean_interval(m.accuracy[way]).shown()) for way in told}
    return found | {
        "kept": same(str(sum(not m.breaks(way) for way in WAYS))),
        "dead_relu": same(str(m.dead)),
        "seeds": same(str(len(m.accuracy["both"]))),
        "steps": same(str(STEPS)),
        "short": same(str(SHORT)),
        "spread": same(f"{SPREAD:g}"),
        "rate": same(f"{RATE:g}"),
        "grid": same(", ".join(f"{rate:g}" for rate in RATES)),
        "grid_adam": same(", ".join(f"{rate:g}" for rate in ADAM_RATES)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(4.3)
    for k, (way, values) in enumerate(m.accuracy.items()):
        line = style.SERIES[1] if m.breaks(way) else style.SERIES[0]
        axes.plot(values, np.full(len(values), k), ".", color=line["color"], alpha=0.35, markersize=3)
        axes.plot(values.mean(), k, color=line["color"], marker=line["marker"])
        axes.annotate(span(m.kinds[way]), (1.0, k), xycoords=("axes fraction", "data"), xytext=(6, 0),
                      textcoords="offset points", va="center", fontsize=8.5)  # fmt: skip
    axes.annotate(Text("다른 뉴런", "different\nunits")[lang], (1.0, 1.0), xycoords="axes fraction", xytext=(2, 4),
                  textcoords="offset points", fontsize=8.5)  # fmt: skip
    axes.set_yticks(range(len(WAYS)), [way.label[lang] for way in WAYS.values()])
    axes.set_ylim(len(WAYS) - 0.4, -0.6)
    axes.set_xlim(0, 101)
    axes.set_xlabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.accuracy["both"])
    kept, broken = ([way for way in WAYS if m.breaks(way) is which] for which in (False, True))
    listed = "; ".join(
        f"{WAYS[way].label[lang]}: {values.mean():.0f}, {span(m.kinds[way])}" for way, values in m.accuracy.items()
    )
    return {
        "ko": Words(
            f"{len(WAYS)}가지 가운데 {len(broken)}가지는 쌍둥이를 갈라놓고 {len(kept)}가지는 그러지 못합니다",
            f"tanh, 폭 {WIDTH}, 손글씨 숫자, {STEPS}걸음. 적은 것 말고는 모든 가중치 {VALUE:g}, 편향 0, SGD. 주황 네모는 갈라진 것, 파란 동그라미는 쌍둥이로 남은 것. 작은 점은 시드 하나({n}개). 오른쪽은 학습 뒤 서로 다른 뉴런의 수(마지막 비트까지 견주어).",
            f"시험 정확도(%)와 다른 뉴런의 수. {listed}.",
        ),
        "en": Words(
            f"Of {len(WAYS)} ways, {len(broken)} set the twins apart and {len(kept)} do not",
            f"tanh, width {WIDTH}, digits, {STEPS} steps. But for what is written, all weights are {VALUE:g}, biases 0, SGD. Orange squares: set apart; blue circles: still twins. Dots are single seeds ({n}). On the right: units that differ after training, compared to the last bit.",
            f"Test accuracy (%) and different units. {listed}.",
        ),
    }[lang]  # fmt: skip


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020)},
    sweeps=True,
)
