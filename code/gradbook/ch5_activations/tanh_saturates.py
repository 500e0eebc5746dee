"""Saturated units by layer and over training, and the mean of what they put out: sigmoid against tanh (claim 5.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad.gaussian import normal_cdf
from gradbook import style
from gradbook.ch2_approximation.bn_stack import normal_mean
from gradbook.ch5_activations.looks import COLORS, MARKERS, NAMES
from gradbook.ch5_activations.saturating_nets import (
    BATCH,
    FUNCTIONS,
    HIDDEN,
    IMAGES,
    LOOKS,
    PART,
    RATES,
    STEPS,
    WEIGHTS,
    WIDTH,
    Watched,
    best,
    edge,
    watched,
)
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number, significant_decimals
from gradbook.text import Lang, Text, Verdict, same

type Floats = NDArray[np.float64]
type Kind = tuple[str, str]  # activation, weights

CENTERED: Final = 0.1  # zero-centered: the mean output lies within ± this
MANY: Final = 10.0  # percent of saturated units from which on they "still saturate"
KINDS: Final[tuple[Kind, ...]] = tuple((f, w) for f in FUNCTIONS for w in WEIGHTS)


def expected(name: str, weights: str) -> Floats:
    """Shares before training in infinitely wide layers, percent: z ~ N(0, n·Var(w)·E[h²]), layer by layer from the digits on."""
    square, found = float((digits().x.astype(np.float64) ** 2).mean()), []
    for fan_in in (64, *[WIDTH] * (HIDDEN - 1)):
        scale = (square * (fan_in if weights == "one" else 1)) ** 0.5
        found.append(200 * float(normal_cdf(np.float64(-edge(name) / scale))))
        square = normal_mean(lambda u, s=scale: FUNCTIONS[name](s * u)[0] ** 2)  # type: ignore[misc]
    return np.array(found)


@dataclass(frozen=True)
class Measurement:
    """With SGD, at each kind's rate of best training accuracy."""

    share: dict[Kind, Floats]  # percent saturated, (seeds, looks, layers)
    mean: dict[Kind, Floats]  # of the outputs, (seeds, looks, layers)
    off: dict[Kind, Floats]  # root mean square over units of their own mean output, (seeds, looks, layers)
    right: dict[Kind, Floats]  # training accuracy after, percent, (seeds)
    expected: dict[Kind, Floats]  # percent before training, (layers)
    eta: dict[Kind, float]

    def saturated(self, kind: Kind, look: int) -> Estimate:
        return mean_interval(self.share[kind][:, look].mean(axis=1))

    def output(self, kind: Kind, look: int) -> Estimate:
        return mean_interval(self.mean[kind][:, look].mean(axis=1))

    def centered(self, name: str) -> bool:
        """Whether the mean output lies within ±CENTERED, interval and all, before and after, with both sizes of weights."""
        found = [self.output((name, w), look) for w in WEIGHTS for look in (0, -1)]
        return all(e.above(-CENTERED) and e.below(CENTERED) for e in found)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """HIDDEN layers of each activation, from Xavier's weights and from weights of standard deviation 1."""
    runs: dict[Kind, Watched] = {(f, w): watched(seeds)[f, w, "SGD"] for f, w in KINDS}
    return Measurement(
        {k: run.share[best(run)] for k, run in runs.items()},
        {k: run.mean[best(run)] for k, run in runs.items()},
        {k: run.off[best(run)] for k, run in runs.items()},
        {k: run.right[best(run)] for k, run in runs.items()},
        {k: expected(*k) for k in KINDS},
        {k: RATES["SGD"][best(run)] for k, run in runs.items()},
    )


def judge(m: Measurement) -> list[Claim]:
    large, small = ("tanh", "one"), ("tanh", "Xavier")
    centered = m.centered("tanh") and not m.centered("sigmoid")
    saturates = [m.saturated(kind, 0).above(MANY) for kind in (large, small)]
    verdict: Verdict = (
        "holds" if centered and saturates[0] else "holds-if" if centered or any(saturates) else "does-not-hold"
    )
    sigmoid, output = m.saturated(("sigmoid", "one"), 0), m.output(large, -1)
    return [
        Claim(
            id="5.7",
            text=Text("tanh는 0이 중심이지만 여전히 포화한다", "tanh is zero-centered, but still saturates"),
            verdict=verdict,
            finding=Text(
                f"가중치의 표준편차가 1이면 학습하기 전에 (tanh 유닛, 그림) 쌍의 {m.saturated(large, 0).number()} %가 포화해 있고, 같은 가중치의 시그모이드는 {sigmoid.number()} %입니다. "
                f"Xavier 초깃값이면 tanh도 {percent(m.saturated(small, 0).value)} %입니다. 학습한 뒤 출력의 평균은 tanh가 {output.number()}, 시그모이드가 {m.output(('sigmoid', 'one'), -1).number()}입니다.",
                f"With weights of standard deviation 1, {m.saturated(large, 0).number()}% of the (tanh unit, image) pairs are saturated before training, against {sigmoid.number()}% of the sigmoids'. "
                f"With Xavier's weights it is {percent(m.saturated(small, 0).value)}% of the tanhs. After training the mean output is {output.number()} for tanh, {m.output(('sigmoid', 'one'), -1).number()} for the sigmoid.",
            ),
            estimate=m.saturated(large, 0),
            unit=Text(
                "%, 포화한 (tanh, 그림) 쌍, 표준편차 1", "% of (tanh, image) pairs saturated, standard deviation 1"
            ),
        )
    ]


def percent(x: float) -> str:
    return number(x, significant_decimals(x, 2)) if x > 1e-6 else "0"


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        "part": f"{100 * PART:g}",
        "edge_sigmoid": f"{edge('sigmoid'):.2f}",
        "edge_tanh": f"{edge('tanh'):.2f}",
        "width": str(WIDTH),
        "hidden": str(HIDDEN),
        "images": str(IMAGES),
        "steps": str(STEPS),
        "batch": str(BATCH),
        "seeds": str(len(m.right[KINDS[0]])),
        "rates": ", ".join(f"{eta:g}" for eta in RATES["SGD"]),
    }
    for w in WEIGHTS:
        found[f"off_{w}".lower()] = number(float(m.off["tanh", w][:, 0].mean()), 2)
    for f, w in KINDS:
        kind, key = (f, w), f"{f}_{w}".lower()
        found |= {
            f"{key}_before": percent(m.saturated(kind, 0).value),
            f"{key}_after": percent(m.saturated(kind, -1).value),
            f"{key}_theory": percent(float(m.expected[kind].mean())),
            f"{key}_mean_before": m.output(kind, 0).shown(),
            f"{key}_mean_after": m.output(kind, -1).shown(),
            f"{key}_right": mean_interval(m.right[kind]).shown(),
        }
    return {key: same(value) for key, value in found.items()}


def told(kind: Kind) -> Text:
    name = NAMES[kind[0]]
    ko, en = ("Xavier", "Xavier") if kind[1] == "Xavier" else ("표준편차 1", "std 1")
    return Text(f"{name.ko}, {ko}", f"{name.en}, {en}")


def draw(m: Measurement, lang: Lang) -> Figure:
    made, ((left, right), (lower, rest)) = style.figure(4.7, nrows=2, ncols=2)
    layers, steps = np.arange(1, HIDDEN + 1), np.array(LOOKS) + 1
    for kind in KINDS:
        look: dict[str, Any] = {"color": COLORS[kind[0]], "marker": MARKERS[kind[0]], "markersize": 4,
                                "linestyle": "-" if kind[1] == "Xavier" else "--"}  # fmt: skip
        left.plot(layers, m.expected[kind], color=style.INK, linestyle=":", linewidth=1, zorder=4)
        left.plot(layers, m.share[kind][:, 0].mean(axis=0), **look, label=told(kind)[lang])
        left.plot(layers, m.share[kind][:, -1].mean(axis=0), **look | {"linestyle": "none", "markerfacecolor": "none"})
        for axes, values in ((right, m.share[kind].mean(axis=2)), (lower, m.mean[kind].mean(axis=2))):
            axes.plot(steps, values.mean(axis=0), **look)
            low, high = np.quantile(values, [0.05, 0.95], axis=0)
            style.band(axes, steps, low, high, COLORS[kind[0]])
    for axes in (right, lower):
        style.log(axes.xaxis)
        axes.set_xticks([1, 2, 11, 101], ["0", "1", "10", "100"])
        axes.set_xlabel(Text("걸음 (로그 눈금)", "step (log scale)")[lang])
    left.set(xticks=layers, xlabel=Text("은닉층", "hidden layer")[lang])
    left.set_title(Text("포화한 쌍 (%)", "saturated pairs (%)")[lang])
    right.set_title(Text("포화한 쌍 (%), 모든 층", "saturated pairs (%), all layers")[lang])
    lower.set_title(Text("출력의 평균", "mean output")[lang])
    left.set_ylim(-4, 84)
    right.set_ylim(-4, 84)
    rest.set_axis_off()
    handles, labels = left.get_legend_handles_labels()
    extra = [
        rest.plot([], [], "o", color=style.INK, markerfacecolor="none")[0],
        rest.plot([], [], color=style.INK, linestyle=":", linewidth=1)[0],
    ]
    more = Text("학습한 뒤 (왼쪽 위)|이론 (폭이 무한)", "after training (top left)|theory (infinite width)")[lang]
    rest.legend([*handles, *extra], [*labels, *more.split("|")], loc="center")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    large, one = m.saturated(("tanh", "one"), 0).value, m.saturated(("sigmoid", "one"), 0).value
    small = percent(m.saturated(("tanh", "Xavier"), 0).value)
    rows = "; ".join(
        f"{told(k)[lang]}: {percent(m.saturated(k, 0).value)} → {percent(m.saturated(k, -1).value)} %, {m.output(k, -1).number()}"
        for k in KINDS
    )
    n = len(m.right[KINDS[0]])
    return {
        "ko": Words(
            f"표준편차 1에서 tanh는 {large:.0f} %, 시그모이드는 {one:.0f} %가 포화합니다. Xavier에서는 tanh도 {small} %입니다",
            f"손글씨 숫자, 폭 {WIDTH}인 은닉층 {HIDDEN}개, SGD {STEPS}걸음. 포화: 기울기가 꼭대기의 {100 * PART:g} % 미만. 시드 {n}개의 평균과 5–95 %. 왼쪽 위: 선은 학습하기 전.",
            f"학습 전 → 후의 포화한 유닛, 학습한 뒤 출력의 평균. {rows}.",
        ),
        "en": Words(
            f"With standard deviation 1, {large:.0f}% of the tanhs and {one:.0f}% of the sigmoids are saturated; with Xavier's weights {small}% of the tanhs",
            f"Digits, {HIDDEN} hidden layers of {WIDTH}, {STEPS} steps of SGD. Saturated: slope below {100 * PART:g}% of its top. Mean of {n} seeds and 5–95%. Top left: lines are before training.",
            f"Saturated units before → after training, and mean output after it. {rows}.",
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
