"""Nielsen's layer speeds as a distribution: how much faster the last hidden layer learns than the first (with claim 1.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, normal, sigmoid
from gradbook import style
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

HIDDEN_LAYERS = (2, 3, 4)
WIDTH, IMAGES = 30, 1000
NIELSEN = {2: 4.7, 3: 23.9, 4: 95.8}  # published, from one unseeded draw each on MNIST


@dataclass(frozen=True)
class Measurement:
    ratio: NDArray[np.float64]  # speed of the last hidden layer over the first, (depths, seeds)


def network(hidden: int) -> Network:
    """64-30-…-30-10, weights from N(0, 1/fan_in), as in Nielsen's network2."""
    sizes = [64] + [WIDTH] * hidden
    layers: list[Dense | Activation] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [Dense(fan_in, fan_out, normal(fan_in**-0.5)), Activation(sigmoid)]
    return Network([*layers, Dense(WIDTH, 10, normal(WIDTH**-0.5))])


def speeds(hidden: int, seed: int) -> NDArray[np.float64]:
    """‖∂C/∂b‖ of each hidden layer before training: cross-entropy over ten sigmoid outputs, averaged over the images."""
    rng = np.random.default_rng([seed, hidden])
    net, data = network(hidden), digits()
    x, labels = data.x[:IMAGES], data.labels[:IMAGES]
    theta = net.init(rng, dtype=np.float64)
    for views in net.views(theta):
        if views:
            views["b"][:] = rng.normal(size=views["b"].shape)  # Nielsen draws biases from N(0, 1)
    scores, back = net(theta, x)
    outputs, _ = sigmoid(scores)
    dtheta = back((outputs - np.eye(10)[labels]) / IMAGES)  # the gradient of that cross-entropy with respect to scores
    norms = [float(np.linalg.norm(views["b"])) for views in net.views(dtheta) if views]
    return np.array(norms[:-1])


def measure(seeds: Sequence[int] = range(200)) -> Measurement:
    """1,000 of scikit-learn's digits (8×8; Nielsen's are MNIST's 28×28), biases from N(0, 1)."""
    ratio = np.empty((len(HIDDEN_LAYERS), len(seeds)))
    for i, hidden in enumerate(HIDDEN_LAYERS):
        for j, seed in enumerate(seeds):
            speed = speeds(hidden, seed)
            ratio[i, j] = speed[-1] / speed[0]
    return Measurement(ratio)


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found, within = {}, 0
    for hidden, ratio in zip(HIDDEN_LAYERS, m.ratio, strict=True):
        low, high = np.quantile(ratio, [0.05, 0.95])
        within += low < NIELSEN[hidden] < high
        found[f"median_{hidden}"] = same(f"{np.median(ratio):.1f}")
    return found | {
        "range_4": same(f"{low:.1f}–{high:.1f}"),  # of the deepest
        "seeds": same(str(m.ratio.shape[1])),
        "within": same(str(within)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.0)
    spread = {"color": style.BLUE, "linewidth": 1.2}
    axes.boxplot(m.ratio.T, positions=HIDDEN_LAYERS, whis=(5, 95), showfliers=False, widths=0.4, boxprops=spread,
                 whiskerprops=spread, capprops=spread, medianprops={"color": style.BLUE, "linewidth": 2.2})  # fmt: skip
    axes.plot(list(NIELSEN), list(NIELSEN.values()), "s", color=style.ORANGE, markersize=6,
              label=Text("Nielsen의 한 번 (MNIST)", "Nielsen's single draws (MNIST)")[lang])  # fmt: skip
    axes.plot(
        [],
        [],
        color=style.BLUE,
        label=Text("측정: 상자는 사분위, 수염은 5–95 %", "measured: box quartiles, whiskers 5–95%")[lang],
    )
    axes.axhline(1, color=style.INK, linestyle=":", linewidth=1.2)
    style.log(axes.yaxis, [1, 3, 10, 30, 100, 300])
    axes.set_xlim(1.5, 4.5)
    axes.set_xticks(HIDDEN_LAYERS, [str(n) for n in HIDDEN_LAYERS])
    axes.set_xlabel(Text("은닉층의 수", "hidden layers")[lang])
    axes.set_ylabel(Text("마지막 / 첫 은닉층의 속도", "speed, last / first hidden layer")[lang])
    axes.legend(loc="upper left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    medians = ", ".join(f"{x:.1f}" for x in np.median(m.ratio, axis=1))
    n = m.ratio.shape[1]
    return {
        "ko": Words(
            "은닉층이 하나 늘 때마다 첫 층은 몇 배씩 더 느려집니다",
            f"64-30-…-30-10 시그모이드 신경망, 학습 전, 손글씨 숫자 {IMAGES:,}장, 시드 {n}개. 속도는 편향의 기울기의 크기입니다. 층이 넷이면 시드 사이의 차이도 큽니다.",
            f"은닉층 2, 3, 4개에서 속도 비의 상자그림, 로그 눈금. 중앙값은 차례로 {medians}. Nielsen의 값은 4.7, 23.9, 95.8.",
        ),
        "en": Words(
            "With every hidden layer added, the first one lags several times further behind",
            f"Sigmoid networks 64-30-…-30-10 before training, {IMAGES:,} handwritten digits, {n} seeds. Speed is the size of the biases' gradient. With four layers the seeds differ widely, too.",
            f"Box plots of the ratio of speeds for 2, 3 and 4 hidden layers on a log scale. The medians are {medians}; Nielsen's values 4.7, 23.9, 95.8.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 3000)},
)
