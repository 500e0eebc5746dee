"""Does PReLU learn its slope by backpropagation, and what does it learn, layer by layer (claim 2.12)?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import (
    Activation,
    Dense,
    Network,
    PReLU,
    accuracy,
    fit,
    he_normal,
    leaky_relu,
    relu,
    sgd,
    softmax_cross_entropy,
)
from gradbook import style
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, order, power_of_ten_above
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

LAYERS, WIDTH, START = 5, 50, 0.25
ETA, STEPS, BATCH = 0.1, 300, 64
NUDGE = 1e-7  # so small that hardly a unit crosses its kink, where no difference tells the slope
KINDS = ("PReLU", "fixed", "ReLU")


@dataclass(frozen=True)
class Measurement:
    slopes: NDArray[np.float64]  # a after training, (seeds, layers)
    test: NDArray[np.float64]  # test accuracy in percent, (seeds, kinds)
    gradient_error: float  # largest |∂C/∂a − central difference| relative to the largest |∂C/∂a|, over seeds and layers

    def layer(self, k: int) -> Estimate:
        return mean_interval(self.slopes[:, k])

    def moved(self) -> int:
        """In how many layers the interval of the mean slope leaves out the value it started from."""
        return sum(self.layer(k).above(START) or self.layer(k).below(START) for k in range(self.slopes.shape[1]))

    def gain(self, kind: str) -> Estimate:
        """PReLU's test accuracy minus that of the other kind, paired by seed, in percentage points."""
        return mean_interval(self.test[:, 0] - self.test[:, KINDS.index(kind)])


def network(kind: str) -> Network:
    acts: dict[str, PReLU | Activation] = {
        "PReLU": PReLU(START),
        "fixed": Activation(leaky_relu(START)),
        "ReLU": Activation(relu),
    }
    layers: list[Dense | PReLU | Activation] = []
    for k in range(LAYERS):
        layers += [Dense(WIDTH if k else 64, WIDTH, he_normal), acts[kind]]
    return Network([*layers, Dense(WIDTH, 10, he_normal)])


def slopes_of(net: Network, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([params["a"][0] for params in net.views(theta) if "a" in params])


def gradient_error(seed: int) -> float:
    """Backpropagation's ∂C/∂a against central differences, in float64."""
    rng, data, net = np.random.default_rng(seed), digits(), network("PReLU")
    theta, x, labels = net.init(rng, dtype=np.float64), data.x[:BATCH], data.labels[:BATCH]

    def cost(theta: NDArray[np.float64]) -> float:
        return float(softmax_cross_entropy(net(theta, x)[0], labels)[0])

    y, back = net(theta, x)
    _, back_loss = softmax_cross_entropy(y, labels)
    exact = slopes_of(net, back(back_loss()))
    nudged = np.empty(LAYERS)
    for k, params in enumerate([p for p in net.views(theta) if "a" in p]):
        costs = []
        for step in (NUDGE, -NUDGE):
            params["a"][0] = START + step
            costs.append(cost(theta))
        params["a"][0] = START
        nudged[k] = (costs[0] - costs[1]) / (2 * NUDGE)
    return float(np.abs(exact - nudged).max() / np.abs(exact).max())


def one_seed(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Slopes (layers,), test accuracy of each kind (kinds,), the gradient's error."""
    data, test = digits(), np.empty(len(KINDS))
    slopes = np.empty(LAYERS)
    for i, kind in enumerate(KINDS):
        net, rng = network(kind), np.random.default_rng(seed)
        trained = fit(
            net, net.init(rng), data.x, data.labels,
            rng=rng, optimizer=partial(sgd, eta=ETA), steps=STEPS, batch_size=BATCH,
        )  # fmt: skip
        test[i] = 100 * accuracy(net(trained.theta, data.x_test)[0], data.labels_test)
        if kind == "PReLU":
            slopes = slopes_of(net, trained.theta)
    return slopes, test, gradient_error(seed)


def measure(seeds: Sequence[int] = range(10)) -> Measurement:
    """The same weights and batches for a learned slope, a fixed one and none."""
    slopes, test, errors = zip(*sweep(one_seed, seeds), strict=True)
    return Measurement(np.stack(slopes), np.stack(test), max(errors))


def judge(m: Measurement) -> list[Claim]:
    layers, error = m.slopes.shape[1], order(power_of_ten_above(m.gradient_error))
    apart = mean_interval(m.slopes[:, 0] - m.slopes[:, -1])
    learned = m.gradient_error < 1e-6 and m.moved() > layers / 2
    return [
        Claim(
            id="2.12",
            text=Text(
                "PReLU는 음수 쪽의 기울기 a를 다른 매개변수처럼 역전파로 배운다",
                "PReLU learns its negative slope a by backpropagation, like any parameter",
            ),
            verdict="holds" if learned else "does-not-hold",
            finding=Text(
                f"역전파로 구한 a의 기울기는 중앙 차분과 {error} 안에서 같고, 층 {layers}개 가운데 {m.moved()}개에서 a가 {START}를 떠났습니다. "
                f"시험 정확도는 a를 고정했을 때보다 {m.gain('fixed').shown(sign=True)} %p 다릅니다.",
                f"The gradient of a agrees with central differences to within {error}, and in {m.moved()} of {layers} layers a has left {START}. "
                f"Test accuracy changes by {m.gain('fixed').shown(sign=True)} points against a fixed a.",
            ),
            estimate=apart,
            unit=Text("첫 층의 a − 마지막 층의 a", "a of the first layer minus a of the last"),
            shown=same(apart.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "first": same(m.layer(0).shown()),
        "last": same(m.layer(-1).shown()),
        "moved": same(str(m.moved())),
        "layers": same(str(LAYERS)),
        "error": same(order(power_of_ten_above(m.gradient_error))),
        "gain_fixed": same(m.gain("fixed").shown(sign=True)),
        "gain_relu": same(m.gain("ReLU").shown(sign=True)),
        "seeds": same(str(len(m.slopes))),
        "start": same(f"{START:g}"),
        "steps": same(str(STEPS)),
        "eta": same(f"{ETA:g}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(2.9)
    layers = np.arange(1, m.slopes.shape[1] + 1)
    axes.plot(layers, m.slopes.T, color=style.MUTED, linewidth=0.6, alpha=0.45)
    found = [m.layer(k) for k in range(len(layers))]
    axes.errorbar(layers, [e.value for e in found], yerr=[e.margin for e in found], color=style.ORANGE, marker="s",
                  capsize=3, label=Text("배운 a: 평균과 95 % 구간", "learned a: mean and 95% interval")[lang])  # fmt: skip
    axes.axhline(START, color=style.INK, linestyle="--", linewidth=1.1, label=Text("출발한 a", "a at the start")[lang])
    axes.set_xticks(layers)
    axes.set_xlabel(Text("은닉층 (1이 입력 쪽)", "hidden layer (1 is next to the input)")[lang])
    axes.set_ylabel(Text("음수 쪽의 기울기 a", "slope a below zero")[lang])
    axes.margins(y=0.16)
    axes.legend(loc="best")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.slopes)
    means = [m.layer(k).value for k in range(m.slopes.shape[1])]
    listed = ", ".join(f"{a:.2f}".replace("-", "−") for a in means)
    first, last = (f"{means[k]:.2f}".replace("-", "−") for k in (0, -1))
    return {
        "ko": Words(
            f"배운 a의 평균: 출발은 {START}, 첫 층은 {first}, 마지막 층은 {last}입니다",
            f"손글씨 숫자, 은닉층 {LAYERS}개(폭 {WIDTH}), 층마다 a 하나, SGD η = {ETA:g}, {STEPS}걸음, 시드 {n}개. 옅은 선은 시드 하나씩입니다.",
            f"가로축은 은닉층 1–{LAYERS}, 세로축은 a. 층별 평균은 {listed}입니다.",
        ),
        "en": Words(
            f"From {START}, the slope a went to {first} in the first layer and to {last} in the last",
            f"Digits, {LAYERS} hidden layers (width {WIDTH}), one a per layer, SGD η = {ETA:g}, {STEPS} steps, {n} seeds. Thin lines are single seeds.",
            f"Hidden layers 1 to {LAYERS} against a. The means by layer are {listed}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
    sweeps=True,
)
