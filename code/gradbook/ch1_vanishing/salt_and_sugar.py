"""Generalisation gap and test accuracy on two axes: different aims (claim 1.9). Measured by `dropout_rates`."""

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch1_vanishing.dropout_net import DATA
from gradbook.ch1_vanishing.dropout_rates import RATES, TITLES, Measurement, measure
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

RATE = 0.5


def judge(m: Measurement) -> list[Claim]:
    gap, gain = m.gap_change("MNIST-1D", RATE), m.gain("MNIST-1D", RATE)
    return [
        Claim(
            id="1.9",
            text=Text(
                "과적합을 줄이는 것과 정확도를 올리는 것은 다른 목표다",
                "Lowering over-fitting and raising accuracy are different aims",
            ),
            verdict="holds" if gap.below(0) and gain.below(0) else "does-not-hold",
            finding=Text(
                f"MNIST-1D에서 비율을 0.5로 올리면 일반화 간극은 {gap.number(sign=True)} %p, 정확도는 {gain.number(sign=True)} %p 바뀝니다.",
                f"On MNIST-1D a rate of 0.5 changes the generalization gap by {gap.number(sign=True)} points and accuracy by {gain.number(sign=True)}, at the same time.",
            ),
            estimate=gap,
            unit=Text(
                "%p, 간극의 변화, MNIST-1D, 비율 0.5", "percentage points, change of the gap, MNIST-1D, rate 0.5"
            ),
            shown=same(gap.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "gap_change": same(m.gap_change("MNIST-1D", RATE).shown(sign=True)),
        "gain": same(m.gain("MNIST-1D", RATE).shown(sign=True)),
        "gap_before": same(m.gap("MNIST-1D", 0).number()),
        "train_before": same(f"{m.train['MNIST-1D'][0].mean():.0f}"),
        "train_after": same(f"{m.train['MNIST-1D'][RATES.index(RATE)].mean():.0f}"),
        "gap_after": same(m.gap("MNIST-1D", RATE).number()),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.0, ncols=2)
    for axes, name, line in zip(panels, DATA, style.SERIES, strict=False):
        test = m.test[name].mean(axis=1)
        gap = (m.train[name] - m.test[name]).mean(axis=1)
        across = [m.gap(name, rate).margin for rate in RATES]
        up = [m.gain(name, rate).margin for rate in RATES]
        axes.errorbar(gap, test, xerr=across, yerr=up, elinewidth=0.8, **line)
        # Neighbours lie close together: each label goes to the free side of its point.
        for offset, rate, x, y in zip(((0, 7), (-13, 5), (15, 5), (0, -13)), RATES, gap, test, strict=True):
            axes.annotate(f"{rate:g}", (x, y), xytext=offset, textcoords="offset points", fontsize=8, ha="center")
        axes.set_title(TITLES[name][lang])
        axes.set_xlabel(Text("일반화 간극 (%p)", "generalization gap (points)")[lang])
        axes.invert_xaxis()
        axes.margins(0.14)
    panels[0].set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    gaps = {name: ", ".join(f"{x:.1f}" for x in np.mean(m.train[name] - m.test[name], axis=1)) for name in DATA}
    return {
        "ko": Words(
            "MNIST-1D에서 간극은 줄곧 좁아지지만, 정확도는 오르다가 내려갑니다",
            "점 옆의 수는 드롭아웃 비율입니다. 오른쪽으로 갈수록 과적합이 적고, 위로 갈수록 정확합니다. 선분은 95 % 구간입니다. 가로는 간극, 세로는 비율 0과의 차이에 대한 것입니다.",
            f"일반화 간극(가로, 오른쪽이 작음)과 시험 정확도(세로). 비율이 커질 때 간극은 숫자에서 {gaps['digits']}, MNIST-1D에서 {gaps['MNIST-1D']} 순으로 바뀝니다.",
        ),
        "en": Words(
            "On MNIST-1D the gap keeps closing, while accuracy rises and then falls",
            "Numbers beside the points are dropout rates. Further right means less over-fitting, further up more accuracy. Bars are 95% intervals: across, of the gap; up, of the difference from rate 0.",
            f"Generalization gap (across, smaller to the right) and test accuracy (up). As the rate grows, the gap goes {gaps['digits']} on digits and {gaps['MNIST-1D']} on MNIST-1D.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words), sweeps=True,
    full={"seeds": range(1000, 1050), "longer": 3},
)  # fmt: skip
