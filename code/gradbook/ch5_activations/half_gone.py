"""What a ReLU lets through and how far its outputs lean to one side (claims 5.8 and 5.9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from deepgrad import Array, relu, sigmoid, tanh
from deepgrad.signatures import Elementwise
from gradbook import style
from gradbook.ch5_activations.counted import forwards, operations
from gradbook.ch5_activations.half_planes import DEPTH, RELU, Outcome, outcomes, tuned
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.memo import recall
from gradbook.stats import Estimate, mean_interval, scientific
from gradbook.text import Lang, Text, Verdict, same

HALF: Final = 50.0  # percent: what theory expects of outputs at 0
LEAN: Final = float(1 / np.sqrt(np.pi - 1))  # E max(z, 0) over its standard deviation, z ~ N(0, σ²)
DEGREE: Final = 7  # of the polynomial in exp: see exp_cost
SURE: Final = 10.0  # percent of outputs at 0, and a tenth of a standard deviation: less would not be worth the name


@dataclass(frozen=True)
class Measurement:
    smallest: float  # the smallest slope of a ReLU over z > 0, from the smallest float32 to the largest
    below: float  # the largest slope for z ≤ 0
    others: dict[str, float]  # slopes at z = 10
    cost: dict[str, int]  # operations
    found: Outcome

    def zero(self, trained: bool) -> list[Estimate]:
        """Percent of a layer's outputs that are 0, by layer."""
        return [mean_interval(row) for row in (tuned(self.found, "zero") if trained else self.found.zero_start).T]

    def lean(self, trained: bool) -> list[Estimate]:
        return [mean_interval(row) for row in (tuned(self.found, "lean") if trained else self.found.lean_start).T]

    @property
    def dead(self) -> Estimate:
        """Percent of the units that are off for all training examples, at the chosen rates."""
        return mean_interval(tuned(self.found, "dead"))


def slopes(f: Elementwise, z: Array) -> Array:
    return f(z)[1](np.ones_like(z))


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Slopes over the whole range of float32; shares in the networks of `half_planes`."""
    z = np.geomspace(1e-37, 3e38, 10_000).astype(np.float32)
    return Measurement(
        smallest=float(slopes(relu, z).min()),
        below=float(slopes(relu, np.append(-z, np.float32(0))).max()),
        others={name: float(slopes(f, np.array([10.0]))[0]) for name, f in (("sigmoid", sigmoid), ("tanh", tanh))},
        cost={name: operations(f) for name, f in forwards(DEGREE).items()},
        found=recall(outcomes, seeds=seeds)[RELU],
    )


def judge(m: Measurement) -> list[Claim]:
    cheapest = m.cost["ReLU"] == min(m.cost.values())
    passes: Verdict = "holds" if m.smallest == 1 and cheapest else "does-not-hold"
    leans = all(layer.above(SURE / 100) for trained in (False, True) for layer in m.lean(trained))
    kills = m.below == 0 and all(layer.above(SURE) for trained in (False, True) for layer in m.zero(trained))
    blamed: Verdict = "holds" if leans and kills else "holds-if" if leans or kills else "does-not-hold"
    last = m.lean(True)[-1]
    return [
        Claim(
            id="5.8",
            text=Text("ReLU는 0 위에서 포화하지 않고 계산이 매우 빠르다", "ReLU does not saturate above 0 and is very fast to compute"),
            verdict=passes,
            finding=Text(
                f"0보다 큰 모든 z에서 도함수가 정확히 1입니다(z = 10에서 시그모이드는 {scientific(m.others['sigmoid'])}, tanh는 {scientific(m.others['tanh'])}). "
                f"연산은 {m.cost['ReLU']}번입니다.",
                f"For every z above 0 its slope is exactly 1 (at z = 10 the sigmoid's is {scientific(m.others['sigmoid'])} and tanh's {scientific(m.others['tanh'])}). "
                f"It takes {m.cost['ReLU']} operation.",
            ),
            estimate=Estimate(m.smallest),
            unit=Text("z > 0에서 가장 작은 도함수", "smallest slope for z > 0"),
            shown=same(f"{m.smallest:g}"),
        ),
        Claim(
            id="5.9",
            text=Text(
                "ReLU의 출력은 0을 중심으로 하지 않고, 음수 쪽에서는 포화하여 기울기를 죽인다",
                "ReLU's outputs are not zero-centered, and on the negative side it saturates and kills the gradient",
            ),
            verdict=blamed,
            finding=Text(
                f"학습한 뒤 마지막 은닉층의 출력은 {m.zero(True)[-1].number()} %가 0이어서 기울기를 막습니다. 그 표본에서만 그렇습니다. "
                f"모든 은닉 유닛 가운데 모든 표본에서 꺼진 것은 {m.dead.number()} %입니다.",
                f"After training {m.zero(True)[-1].number()}% of the last hidden layer's outputs are 0 and block the gradient, for that example. "
                f"Of all hidden units {m.dead.number()}% are off for every example.",
            ),
            estimate=last,
            unit=Text("마지막 은닉층 출력의 평균 ÷ 표준편차", "mean over standard deviation, last hidden layer"),
        ),
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        "zero_start": m.zero(False)[-1].shown(),
        "zero_trained": m.zero(True)[-1].shown(),
        "lean_start": m.lean(False)[-1].shown(),
        "lean": f"{LEAN:.3f}",
        "dead": m.dead.shown(),
        "sigmoid": scientific(m.others["sigmoid"]),
        "tanh": scientific(m.others["tanh"]),
    }
    return {name: same(value) for name, value in found.items()}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(2.9, ncols=2)
    layers = np.arange(1, DEPTH + 1)
    rows = (
        (False, "o", "none", Text("학습하기 전", "before training")),
        (True, "s", style.ORANGE, Text("학습한 뒤", "after")),
    )
    for trained, marker, face, label in rows:
        for axes, found in ((left, m.zero(trained)), (right, m.lean(trained))):
            axes.errorbar(
                layers + (0.08 if trained else -0.08), [e.value for e in found], [e.margin for e in found],
                fmt=marker, color=style.ORANGE, markerfacecolor=face, capsize=3, label=label[lang],
            )  # fmt: skip
    for axes, level in ((left, HALF), (right, LEAN)):
        axes.axhline(
            level,
            color=style.INK,
            linestyle=":",
            linewidth=1.1,
            label=Text("이론, 학습하기 전", "theory, before")[lang],
        )
        axes.set(xticks=layers, xlim=(0.5, DEPTH + 0.5), xlabel=Text("은닉층", "hidden layer")[lang])
    left.set_ylim(0, 100)
    right.set_ylim(0, 1)
    left.set_title(Text("0인 출력 (%)", "outputs that are 0 (%)")[lang])
    right.set_title(Text("출력의 평균 ÷ 표준편차", "mean over standard deviation")[lang])
    made.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.found.right)
    zero = [m.zero(trained)[-1].number() for trained in (False, True)]
    lean = [m.lean(trained)[-1].number() for trained in (False, True)]
    return {
        "ko": Words(
            "출력의 절반쯤이 0이고, 평균은 표준편차의 절반을 넘습니다" if float(lean[1]) > 0.5 else "출력의 절반쯤이 0이고, 평균은 0보다 큽니다",
            f"손글씨 숫자로 배운 ReLU 신경망, 시드 {n}개의 평균과 95 % 구간. 점선은 z가 평균 0인 정규분포를 따를 때의 이론값(½, 1/√(π − 1))입니다.",
            f"마지막 은닉층에서 0인 출력은 학습하기 전 {zero[0]} %, 학습한 뒤 {zero[1]} %. 평균 ÷ 표준편차는 {lean[0]}에서 {lean[1]}로.",
        ),
        "en": Words(
            "About half of the outputs are 0; the mean of all lies more than half a standard deviation above 0" if float(lean[1]) > 0.5 else "About half of the outputs are 0; the mean of all lies above 0",
            f"ReLU networks trained on digits, means of {n} seeds with 95% intervals. Dotted: theory for normal z of mean 0, ½ and 1/√(π − 1).",
            f"In the last hidden layer {zero[0]}% of the outputs are 0 before training and {zero[1]}% after; mean over standard deviation goes from {lean[0]} to {lean[1]}.",
        ),
    }[lang]  # fmt: skip


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
    sweeps=True,
)
