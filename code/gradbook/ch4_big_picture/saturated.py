"""Where sigmoids saturate, where the gradient vanishes, and that these are different networks (claim 4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sigmoid, softmax_cross_entropy
from gradbook import style
from gradbook.ch2_approximation.bn_stack import factor, hidden
from gradbook.ch4_big_picture.deep_sigmoid import (
    BATCH,
    DEPTHS,
    ETAS,
    FLAT,
    GAINS,
    IMAGES,
    STEPS,
    WIDTH,
    deep_sigmoid,
    edge,
    expected_shares,
    last_slope,
    shares,
    sigmoid_slope,
    trained,
)
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number, scientific, significant_decimals
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

GUESSING, LEARNED, REASON = 10.0, 80.0, 10.0  # percent


def before(setting: tuple[int, int]) -> NDArray[np.float64]:
    """(shares, ln of ‖∂C/∂hₖ‖ over the last layer's, percentage of slopes that are exactly 0 in float32): (3, layers)."""
    gain, seed = setting
    net = deep_sigmoid(gain, DEPTHS[-1])
    theta = net.init(np.random.default_rng(seed))
    hs, back = net.trace(theta.astype(np.float64), digits().x[:IMAGES])
    dhs, _ = back(softmax_cross_entropy(hs[-1], digits().labels[:IMAGES])[1]())
    norms = np.log([np.linalg.norm(dhs[k]) for k in hidden(net)])
    single, _ = net.trace(theta, digits().x[:IMAGES])
    zero = [100 * (sigmoid_slope(single[k]) == 0).mean() for k in hidden(net)]
    return np.array([shares(net, theta), norms - norms[-1], zero])


@dataclass(frozen=True)
class Measurement:
    share: NDArray[np.float64]  # of saturated units before training, percent, (gains, seeds, layers)
    log_norm: NDArray[np.float64]  # ln ‖∂C/∂hₖ‖ over the last layer's, (gains, seeds, layers)
    zero: NDArray[np.float64]  # slopes that are exactly 0 in float32, percent, (gains, seeds, layers)
    right: NDArray[np.float64]  # training accuracy after training, percent, (gains, depths, rates, seeds)
    after: NDArray[np.float64]  # share after training of the deepest, at the tuned rate, (gains, seeds, layers)
    expected: NDArray[np.float64]  # share by theory, (gains, layers)
    factors: tuple[float, ...]  # what a layer multiplies the gradient by, by theory
    ends: tuple[float, float]  # the z below 0 and above 0 up to which float32 has slopes

    def chosen(self, gain: int, depth: int) -> NDArray[np.int64]:
        """For each seed the rate that did best on the other seeds."""
        found = self.right[GAINS.index(gain), DEPTHS.index(depth)]
        return np.argmax(found.sum(axis=1, keepdims=True) - found, axis=0)

    def tuned(self, gain: int, depth: int) -> NDArray[np.float64]:
        """Training accuracy of each seed at that rate."""
        found = self.right[GAINS.index(gain), DEPTHS.index(depth)]
        return np.asarray(found[self.chosen(gain, depth), np.arange(found.shape[1])])

    def learned(self, gain: int, depth: int) -> Estimate:
        return mean_interval(self.tuned(gain, depth))

    def fails(self, gain: int) -> bool:
        """One layer learns, many end below twice guessing."""
        return self.learned(gain, DEPTHS[0]).above(LEARNED) and self.learned(gain, DEPTHS[-1]).below(2 * GUESSING)

    def saturated(self, gain: int) -> Estimate:
        """The share over all layers."""
        return mean_interval(self.share[GAINS.index(gain)].mean(axis=1))

    def left(self, gain: int) -> Estimate:
        """First gradient over last, geometric mean."""
        return mean_interval(self.log_norm[GAINS.index(gain)][:, 0]).exp()


def measure(seeds: Sequence[int] = range(20), taught: Sequence[int] = range(5)) -> Measurement:
    """Before training with `seeds`, and trained with `taught`, each of these at the rate that did best on the others."""
    first = np.reshape(sweep(before, [(g, s) for g in GAINS for s in seeds]), (len(GAINS), len(seeds), 3, DEPTHS[-1]))
    found = sweep(trained, [(gain, depth, tuple(taught)) for gain in GAINS for depth in DEPTHS])
    right = np.array([one[0] for one in found]).reshape(len(GAINS), len(DEPTHS), len(ETAS), len(taught))
    made = partial(
        Measurement, first[:, :, 0], first[:, :, 1], first[:, :, 2], right,
        expected=np.array([expected_shares(gain) for gain in GAINS]),
        factors=tuple(factor(sigmoid, gain**2) for gain in GAINS),
        ends=(-last_slope(-1), last_slope(1)),
    )  # fmt: skip
    draft, shares_after = made(after=np.empty(0)), [found[k * len(DEPTHS) - 1][1] for k in range(1, len(GAINS) + 1)]
    picked = [draft.chosen(gain, DEPTHS[-1]) for gain in GAINS]
    return made(after=np.array([s[p, np.arange(len(taught))] for s, p in zip(shares_after, picked, strict=True)]))


def judge(m: Measurement) -> list[Claim]:
    usual, deepest = GAINS[0], DEPTHS[-1]
    because = bool(m.share[0].mean(axis=0).max() >= REASON)
    fails = [m.fails(gain) for gain in GAINS]
    verdict: Verdict = "holds" if all(fails) and because else "holds-if" if fails[0] else "does-not-hold"
    return [
        Claim(
            id="4.3",
            text=Text(
                "포화한 시그모이드에는 기울기가 없어서, 시그모이드 층이 많으면 배우지 못한다",
                "A saturated sigmoid has no gradient, so many sigmoid layers don't learn",
            ),
            verdict=verdict,
            finding=Text(
                f"Xavier 초깃값이면 은닉층 {deepest}개는 배우지 못하지만, 포화한 유닛은 {percent(m.saturated(usual).value)} %입니다. "
                f"가중치가 {GAINS[-1]}배면 {percent(m.saturated(GAINS[-1]).value)} %가 포화하는데도 학습 정확도가 {m.learned(GAINS[-1], deepest).shown()} %입니다. "
                "기울기를 지우는 것은 포화가 아니라 ¼ 이하인 도함수와 작은 가중치의 곱입니다.",
                f"With Xavier's weights {deepest} hidden layers don't learn, but {percent(m.saturated(usual).value)}% of the units are saturated. "
                f"With weights {GAINS[-1]} times as large {percent(m.saturated(GAINS[-1]).value)}% are, and training accuracy is {m.learned(GAINS[-1], deepest).shown()}%. "
                "What wipes out the gradient is not saturation but slopes of at most ¼ times small weights.",
            ),
            estimate=m.learned(usual, deepest),
            unit=Text(
                f"%, 학습 정확도, 은닉층 {deepest}개, Xavier 초깃값",
                f"% training accuracy, {deepest} hidden layers, Xavier's weights",
            ),
        )
    ]


def percent(x: float) -> str:
    return number(x, significant_decimals(x, 2)) if x > 1e-6 else "0"


def short(x: float) -> str:
    return scientific(x) if x < 1e-3 else number(x, significant_decimals(x, 2))


def numbers(m: Measurement) -> dict[str, Text]:
    deepest = DEPTHS[-1]
    found: dict[str, str] = {}
    for k, gain in enumerate(GAINS):
        found |= {
            f"share_{gain}": percent(m.saturated(gain).value),
            f"after_{gain}": percent(float(m.after[k].mean())),
            f"expected_{gain}": percent(float(m.expected[k].mean())),
            f"left_{gain}": short(m.left(gain).value),
            f"factor_{gain}": f"{m.factors[k]:.2f}",
            f"one_{gain}": m.learned(gain, DEPTHS[0]).shown(),
            f"deep_{gain}": m.learned(gain, deepest).shown(),
        }
    found |= {
        "zero": percent(float(m.zero[-1].mean())),
        "below": f"{m.ends[0]:.0f}".replace("-", "−"),
        "above": f"{m.ends[1]:.0f}",
        "edge": f"{edge():.2f}",
        "flat": f"{FLAT:g}",
        "deepest": str(deepest),
        "width": str(WIDTH),
        "images": str(IMAGES),
        "seeds": str(m.share.shape[1]),
        "taught": str(m.right.shape[3]),
        "steps": str(STEPS),
        "batch": str(BATCH),
        "rates": ", ".join(f"{eta:g}" for eta in ETAS),
    }
    return {key: same(value) for key, value in found.items()}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, ((left, right), (lower, rest)) = style.figure(4.7, nrows=2, ncols=2)
    layers = np.arange(1, DEPTHS[-1] + 1)
    for k, gain in enumerate(GAINS):
        look: dict[str, Any] = dict(style.SERIES[k])
        color = look["color"]
        left.plot(layers, m.expected[k], color=style.INK, linewidth=0.8, zorder=4)
        left.plot(layers, m.share[k].mean(axis=0), **look)
        left.plot(layers, m.after[k].mean(axis=0), **look | {"linestyle": "none", "markerfacecolor": "none"})
        low, high = np.quantile(m.share[k], [0.05, 0.95], axis=0)
        style.band(left, layers, low, high, color)
        right.plot(layers, m.factors[k] ** (DEPTHS[-1] - layers), color=style.INK, linewidth=0.8, zorder=4)
        right.plot(layers, np.exp(m.log_norm[k].mean(axis=0)), **look)
        low, high = np.exp(np.quantile(m.log_norm[k], [0.05, 0.95], axis=0))
        style.band(right, layers, low, high, color)
        each = np.array([m.tuned(gain, depth) for depth in DEPTHS])
        lower.plot(np.repeat(DEPTHS, each.shape[1]), each.ravel(), ".", color=color, alpha=0.4, markersize=4)
        lower.plot(DEPTHS, each.mean(axis=1), label=told(gain)[lang], **look)
    lower.axhline(GUESSING, color=style.INK, linestyle=":", linewidth=1.1)
    left.set_ylim(-4, 104)
    style.log(right.yaxis, [1e-4, 1e-3, 0.01, 0.1, 1, 10])
    style.log(lower.xaxis, DEPTHS)
    lower.set_ylim(0, 104)
    left.set_title(Text("포화한 유닛 (%)", "saturated units (%)")[lang])
    right.set_title(Text("기울기: 그 층 ÷ 마지막 층", "gradient: layer ÷ last")[lang])
    lower.set_title(Text("학습 정확도 (%)", "training accuracy (%)")[lang])
    for axes in (left, right):
        axes.set(xticks=layers, xlabel=Text("은닉층", "hidden layer")[lang])
    lower.set_xlabel(Text("은닉층의 수", "hidden layers")[lang])
    rest.set_axis_off()
    handles, labels = lower.get_legend_handles_labels()
    extra = [
        rest.plot([], [], color=style.INK, linewidth=0.8)[0],
        rest.plot([], [], "o", color=style.INK, markerfacecolor="none")[0],
        rest.plot([], [], color=style.INK, linestyle=":", linewidth=1.1)[0],
    ]
    more = Text("이론 (폭이 무한)|학습한 뒤|찍기", "theory (infinite width)|after training|guessing")[lang]
    rest.legend([*handles, *extra], [*labels, *more.split("|")], loc="center")
    return made


def told(gain: int) -> Text:
    return Text("Xavier 초깃값", "Xavier's weights") if gain == 1 else Text(f"그 {gain}배", f"{gain} times as large")


def words(m: Measurement, lang: Lang) -> Words:
    deepest = DEPTHS[-1]
    share = [percent(m.saturated(gain).value) for gain in GAINS]
    rates = ", ".join(f"{eta:g}" for eta in ETAS)
    rows = "; ".join(
        f"{told(gain)[lang]}: {s} %, {short(m.left(gain).value)}, {m.learned(gain, deepest).number()} %"
        for gain, s in zip(GAINS, share, strict=True)
    )
    return {
        "ko": Words(
            f"기울기는 포화한 유닛이 {share[0]} %인 신경망에서 사라지고, {share[-1]} %인 신경망에서는 남습니다",
            f"손글씨 숫자, 폭 {WIDTH}, 은닉층 {deepest}개. 포화: σ′ < {FLAT:g}. 위는 시드 {m.share.shape[1]}개의 평균(오른쪽은 기하평균)과 5–95 %. 아래: SGD, 배치 {BATCH}, {STEPS}걸음. 점은 시드 하나({m.right.shape[3]}개)로, 다른 시드에서 가장 좋았던 학습률({rates} 가운데)을 씁니다.",
            f"은닉층 {deepest}개에서 포화한 유닛, 첫 층 ÷ 마지막 층의 기울기, 학습 정확도. {rows}.",
        ),
        "en": Words(
            f"The gradient vanishes where {share[0]}% of the units are saturated, and survives where {share[-1]}% are",
            f"Digits, width {WIDTH}, {deepest} hidden layers. Saturated: σ′ < {FLAT:g}. Top: mean of {m.share.shape[1]} seeds (on the right, geometric) and 5–95%. Bottom: SGD, batches of {BATCH}, {STEPS} steps. Dots are single seeds ({m.right.shape[3]}), each at the rate out of {rates} that did best on the others.",
            f"With {deepest} hidden layers: saturated units, gradient of the first layer over the last's, training accuracy. {rows}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200), "taught": range(1000, 1020)},
    sweeps=True,
)
