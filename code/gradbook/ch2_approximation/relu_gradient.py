"""How much of the gradient reaches the first layer: sigmoid and ReLU, with and without batch normalization (claim 2.11)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import relu, sigmoid, softmax_cross_entropy
from gradbook import style
from gradbook.ch2_approximation.bn_stack import NAMES, WIDTH, Stack, factor, factor_normalized, hidden, stack
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, scientific, significant_decimals
from gradbook.stats import number as printed
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

DEPTHS = (2, 5, 10, 20, 50)
IMAGES = 128
DRAWS = 10  # networks a seed of ReLU with He's weights, whose ratio scatters most
ARRIVES = 0.01  # less than this share of the gradient, and we call it vanished
KINDS: tuple[Stack, ...] = ("sigmoid", "sigmoid+BN", "ReLU", "ReLU+BN", "ReLU Xavier")


@dataclass(frozen=True)
class Measurement:
    log_ratio: dict[Stack, NDArray[np.float64]]  # ln(‖∂C/∂h₁‖ / ‖∂C/∂h_L‖), (networks, depths)
    predicted: dict[Stack, float]  # factor per layer of infinitely wide layers

    def ratio(self, kind: Stack, depth: int) -> Estimate:
        """Geometric mean over networks of first over last."""
        return mean_interval(self.log_ratio[kind][:, DEPTHS.index(depth)]).exp()

    def per_layer(self, kind: Stack) -> float:
        """The geometric mean of the factor that one layer of the deepest network multiplies by."""
        return float(np.exp(self.log_ratio[kind][:, -1].mean() / (DEPTHS[-1] - 1)))


def log_ratios(seed: int, kinds: tuple[Stack, ...] = KINDS, draw: int = 0) -> NDArray[np.float64]:
    """(kinds, depths) of one draw: the same images for all, fresh weights for each."""
    data = digits()
    rows = np.random.default_rng([seed, 0, draw]).permutation(len(data.x))[:IMAGES]
    found = np.empty((len(kinds), len(DEPTHS)))
    for i, kind in enumerate(kinds):
        for j, depth in enumerate(DEPTHS):
            net = stack(kind, depth)
            theta = net.init(np.random.default_rng([seed, depth, draw]), dtype=np.float64)
            hs, back = net.trace(theta, data.x[rows], train=True)
            _, back_loss = softmax_cross_entropy(hs[-1], data.labels[rows])
            dhs, _ = back(back_loss())
            places = hidden(net)
            first, last = (np.linalg.norm(dhs[places[k]]) for k in (0, -1))
            found[i, j] = np.log(first / last)
    return found


def another_relu(setting: tuple[int, int]) -> NDArray[np.float64]:
    """(depths,) of a further draw (seed, draw) of ReLU with He's weights."""
    seed, draw = setting
    return np.asarray(log_ratios(seed, ("ReLU",), draw)[0])


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Before any training: digits, cross-entropy, hidden layers of WIDTH, float64."""
    found = np.stack(sweep(log_ratios, seeds))
    more = np.stack(sweep(another_relu, [(seed, draw) for seed in seeds for draw in range(1, DRAWS)]))
    log_ratio = {kind: found[:, i] for i, kind in enumerate(KINDS)}
    return Measurement(
        log_ratio=log_ratio | {"ReLU": np.concatenate([log_ratio["ReLU"], more])},
        predicted={
            "sigmoid": factor(sigmoid, 1),
            "sigmoid+BN": factor_normalized(sigmoid),
            "ReLU": 1.0,  # √(g E[relu′²]) = √(2 · 1/2), whatever the size of z
            "ReLU+BN": factor_normalized(relu),
            "ReLU Xavier": 0.5**0.5,
        },
    )


def share(x: Estimate) -> str:
    """A ratio and its interval as printed, whatever its order of magnitude."""
    low, high = x.low or 0.0, x.high or 0.0
    if x.value < 1e-3 or x.value >= 1e4:
        return f"{scientific(x.value)} [{scientific(low)}, {scientific(high)}]"
    return x.shown()


def short(x: float) -> str:
    return scientific(x) if x < 1e-3 or x >= 1e4 else printed(x, significant_decimals(x, 2))


def judge(m: Measurement) -> list[Claim]:
    deepest = DEPTHS[-1]
    he, xavier, plain = (m.ratio(kind, deepest) for kind in ("ReLU", "ReLU Xavier", "sigmoid"))
    cured = plain.below(ARRIVES) and he.above(ARRIVES)
    verdict: Verdict = "does-not-hold" if not cured else "holds" if xavier.above(ARRIVES) else "holds-if"
    return [
        Claim(
            id="2.11",
            text=Text("ReLU를 쓰면 기울기가 사라지지 않는다", "ReLU keeps the gradient from vanishing"),
            verdict=verdict,
            finding=Text(
                f"은닉층 {deepest}개를 지나 첫 층에 이르는 기울기는 시그모이드에서 {scientific(plain.value)}배, ReLU에서 He 초깃값이면 {he.number()}배, "
                f"Xavier 초깃값이면 {scientific(xavier.value)}배입니다. 초깃값의 크기가 ReLU에 맞을 때의 이야기입니다.",
                f"Through {deepest} hidden layers the gradient is multiplied by {scientific(plain.value)} with the sigmoid, by {he.number()} with ReLU and "
                f"He's weights, and by {scientific(xavier.value)} with ReLU and Xavier's: the initial weights must fit ReLU.",
            ),
            estimate=he,
            unit=Text(
                f"배, ReLU와 He 초깃값, 은닉층 {deepest}개", f"times, ReLU with He's weights, {deepest} hidden layers"
            ),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    keys: dict[Stack, str] = {
        "sigmoid": "sigmoid", "sigmoid+BN": "sigmoid_bn", "ReLU": "relu", "ReLU+BN": "relu_bn", "ReLU Xavier": "relu_xavier",
    }  # fmt: skip
    found = {}
    for kind, key in keys.items():
        found[f"{key}_50"] = same(share(m.ratio(kind, 50)))
        found[f"{key}_factor"] = same(f"{m.per_layer(kind):.3f}")
        found[f"{key}_predicted"] = same(f"{m.predicted[kind]:.3f}")
    he = m.log_ratio["ReLU"][:, -1]
    low, high = np.exp(np.quantile(he, [0.05, 0.95]))
    return found | {
        "relu_range": same(f"{short(low)}–{short(high)}"),
        "relu_scatter": same(f"{he.std(ddof=1):.2f}"),
        "relu_typical": same(f"{np.exp(-he.var(ddof=1)):.2f}"),
        "seeds": same(str(len(m.log_ratio["sigmoid"]))),
        "draws": same(str(DRAWS)),
        "width": same(str(WIDTH)),
        "images": same(str(IMAGES)),
    }


LINES: dict[Stack, dict[str, object]] = {
    "sigmoid": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "sigmoid+BN": {"color": style.BLUE, "marker": "o", "linestyle": "--", "markerfacecolor": style.PAPER},
    "ReLU": {"color": style.ORANGE, "marker": "s", "linestyle": "-"},
    "ReLU+BN": {"color": style.ORANGE, "marker": "s", "linestyle": "--", "markerfacecolor": style.PAPER},
    "ReLU Xavier": {"color": style.ORANGE, "marker": "v", "linestyle": ":"},
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.6)
    depths = np.array(DEPTHS)
    grid = np.linspace(DEPTHS[0], DEPTHS[-1], 50)
    for kind in ("ReLU+BN", "sigmoid+BN", "ReLU", "ReLU Xavier", "sigmoid"):
        line, found = LINES[kind], m.log_ratio[kind]
        axes.plot(grid, m.predicted[kind] ** (grid - 1), color=style.INK, linewidth=0.8, zorder=4)
        axes.plot(depths, np.exp(found.mean(axis=0)), label=NAMES[kind][lang], **line)
        low, high = np.exp(np.quantile(found, [0.05, 0.95], axis=0))
        style.band(axes, depths, low, high, str(line["color"]))
    axes.plot(
        [], [], color=style.INK, linewidth=0.9, label=Text("폭이 무한할 때의 이론", "theory, infinite width")[lang]
    )
    style.log(axes.yaxis, [1e5, 1, 1e-5, 1e-10, 1e-15, 1e-20, 1e-25, 1e-30])
    axes.set_xticks([2, *DEPTHS[2:]])
    axes.set_xlabel(Text("은닉층의 수", "hidden layers")[lang])
    axes.set_ylabel(Text("기울기: 첫 층 ÷ 마지막 층", "gradient: first layer ÷ last")[lang])
    axes.legend(loc="lower left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, deepest = len(m.log_ratio["sigmoid"]), DEPTHS[-1]
    relu_share, plain = short(m.ratio("ReLU", deepest).value), short(m.ratio("sigmoid", deepest).value)
    bn = short(m.ratio("ReLU+BN", deepest).value)
    return {
        "ko": Words(
            f"은닉층 {deepest}개를 지난 기울기: 시그모이드 {plain}배, ReLU {relu_share}배, ReLU + BN {bn}배",
            f"학습하기 전의 신경망. 손글씨 숫자 {IMAGES}장, 폭 {WIDTH}, 초깃값은 시그모이드에 Xavier, ReLU에 He(점선만 Xavier), 시드 {n}개(He 초깃값의 ReLU는 시드마다 신경망 {DRAWS}개)의 기하평균과 5–95 %. 가는 선은 이론값입니다.",
            f"가로축은 은닉층의 수 2–50, 세로축은 로그 눈금의 기울기 비. 시그모이드는 {plain}까지 곧게 떨어지고, Xavier 초깃값의 ReLU도 떨어집니다. He 초깃값의 ReLU는 1 가까이 머물고, BN을 넣은 ReLU는 {bn}까지 커집니다.",
        ),
        "en": Words(
            f"After {deepest} hidden layers the gradient is multiplied by {plain} (sigmoid), {relu_share} (ReLU), {bn} (ReLU + BN)",
            f"Networks before training. {IMAGES} digits, width {WIDTH}; Xavier's weights for the sigmoid, He's for ReLU (Xavier's where dotted); geometric mean of {n} seeds (of {DRAWS} networks each for ReLU with He's) and 5–95%. Thin lines: theory.",
            f"Hidden layers 2 to 50 against the ratio of gradients on a log scale. The sigmoid falls in a straight line to {plain}; ReLU with Xavier's weights falls, too. ReLU with He's weights stays near 1, and ReLU with BN grows to {bn}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200)},
    sweeps=True,
)
