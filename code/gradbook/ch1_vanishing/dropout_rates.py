"""Test accuracy against dropout rate where data are plentiful (claim 1.8)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch1_vanishing.dropout_net import DATA, ETA, FULL, STEPS, Run, sweep_accuracies
from gradbook.data import DataName
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same

RATES = (0.0, 0.1, 0.25, 0.5)
WIDTH = 64
PATIENCE = 3  # is harm within the usual number of steps harm, or slowness?


@dataclass(frozen=True)
class Measurement:
    train: dict[DataName, NDArray[np.float64]]  # accuracy in percent, (rates, seeds)
    test: dict[DataName, NDArray[np.float64]]
    digits_longer: NDArray[
        np.float64
    ]  # test accuracy on digits at rates 0 and 0.5 after PATIENCE times the steps, (2, seeds)

    def gain(self, name: DataName, rate: float) -> Estimate:
        """Test accuracy with dropout minus without, paired by seed, in percentage points."""
        return mean_interval(self.test[name][RATES.index(rate)] - self.test[name][0])

    def gain_longer(self) -> Estimate:
        """The gain on digits at rate 0.5 after PATIENCE times the steps."""
        return mean_interval(self.digits_longer[1] - self.digits_longer[0])

    def gap(self, name: DataName, rate: float) -> Estimate:
        """Training accuracy minus test accuracy, in percentage points."""
        return mean_interval(self.train[name][RATES.index(rate)] - self.test[name][RATES.index(rate)])

    def gap_change(self, name: DataName, rate: float) -> Estimate:
        """By how much dropout changes that gap, paired by seed."""
        gaps = self.train[name] - self.test[name]
        return mean_interval(gaps[RATES.index(rate)] - gaps[0])


def measure(seeds: Sequence[int] = range(10), longer: int = 1) -> Measurement:
    """All training examples of each data set, every rate, every seed."""
    patient = [
        Run("digits", FULL["digits"], WIDTH, rate, seed, PATIENCE * longer) for rate in (0.0, 0.5) for seed in seeds
    ]
    runs = [Run(name, FULL[name], WIDTH, rate, seed, longer) for name in DATA for rate in RATES for seed in seeds]
    both = np.array(sweep_accuracies(patient + runs))  # in one sweep, the longest first: no core waits for another
    found = both[len(patient) :].reshape(len(DATA), len(RATES), len(seeds), 2)
    return Measurement(
        digits_longer=both[: len(patient)].reshape(2, len(seeds), 2)[:, :, 1],
        train={name: found[i, :, :, 0] for i, name in enumerate(DATA)},
        test={name: found[i, :, :, 1] for i, name in enumerate(DATA)},
    )


def judge(m: Measurement) -> list[Claim]:
    lowered = m.gain("digits", 0.5)
    other, later = m.gain("MNIST-1D", 0.1), m.gain_longer()
    lasting: Verdict = "holds" if later.below(0) else "holds-if"
    return [
        Claim(
            id="1.8",
            text=Text(
                "이미 잘 맞는 신경망에 드롭아웃을 쓰면 정확도가 낮아질 수 있다",
                "Dropout can lower accuracy compared with a network that already fits well",
            ),
            verdict=lasting if lowered.below(0) else "does-not-hold",
            finding=Text(
                f"손글씨 숫자에서 비율 0.5는 시험 정확도를 {lowered.number(sign=True)} %p 바꿉니다. {PATIENCE}배 오래 학습시키면 {later.shown(sign=True)} %p입니다. "
                f"MNIST-1D에서는 비율 0.1일 때 {other.number(sign=True)} %p입니다. 자료에 따라 다릅니다.",
                f"On the digits a rate of 0.5 changes test accuracy by {lowered.number(sign=True)} points, after {PATIENCE} times the steps by {later.shown(sign=True)}. "
                f"On MNIST-1D a rate of 0.1 changes it by {other.number(sign=True)}: it depends on the data.",
            ),
            estimate=lowered,
            unit=Text("%p, 숫자 자료, 비율 0.5", "percentage points, digits, rate 0.5"),
            shown=same(lowered.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "digits_without": same(f"{m.test['digits'][0].mean():.1f}"),
        "mnist1d_without": same(f"{m.test['MNIST-1D'][0].mean():.1f}"),
        "digits_small": same(m.gain("digits", 0.1).shown(sign=True)),
        "digits_longer": same(m.gain_longer().shown(sign=True)),
        "digits_half": same(m.gain("digits", 0.5).shown(sign=True)),
        "mnist1d_small": same(m.gain("MNIST-1D", 0.1).shown(sign=True)),
        "mnist1d_half": same(m.gain("MNIST-1D", 0.5).shown(sign=True)),
        "digits_gap": same(m.gap("digits", 0).number()),
        "mnist1d_gap": same(m.gap("MNIST-1D", 0).number()),
        "seeds": same(str(m.test["digits"].shape[1])),
        "eta": same(f"{ETA:g}"),
        "steps_digits": same(f"{STEPS['digits']:,}"),
        "steps_mnist1d": same(f"{STEPS['MNIST-1D']:,}"),
    }


TITLES = {"digits": Text("손글씨 숫자", "digits"), "MNIST-1D": same("MNIST-1D")}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(2.9, ncols=2)
    positions = np.arange(len(RATES))
    for axes, name, line in zip(panels, DATA, style.SERIES, strict=False):
        test = m.test[name]
        axes.plot(positions, test, color=style.MUTED, linewidth=0.5, alpha=0.35)
        axes.plot(positions, test.mean(axis=1), **line)
        axes.axhline(test[0].mean(), color=style.INK, linestyle=":", linewidth=1.2)
        axes.set_title(TITLES[name][lang])
        axes.set_xticks(positions, [f"{rate:g}" for rate in RATES])
        axes.set_xlabel(Text("드롭아웃 비율", "dropout rate")[lang])
        axes.margins(y=0.08)
    panels[0].set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = m.test["digits"].shape[1]
    means = {name: ", ".join(f"{x:.1f}" for x in m.test[name].mean(axis=1)) for name in DATA}
    return {
        "ko": Words(
            "알맞은 비율은 약이 되지만, 지나치면 해롭습니다. 약효는 자료마다 다릅니다",
            f"은닉층 두 개(폭 {WIDTH}), ReLU, SGD η = {ETA:g}, 시드 {n}개. 옅은 선은 시드 하나, 굵은 선은 평균, 점선은 드롭아웃 없는 평균입니다. 세로축의 눈금이 서로 다릅니다.",
            f"비율 0, 0.1, 0.25, 0.5에서 평균 시험 정확도. 손글씨 숫자: {means['digits']}. MNIST-1D: {means['MNIST-1D']}.",
        ),
        "en": Words(
            "The right rate helps, too high a rate harms, and how much depends on the data",
            f"Two hidden layers (width {WIDTH}), ReLU, SGD η = {ETA:g}, {n} seeds. Thin lines are single seeds, thick ones their mean, dotted the mean without dropout. Mind the different vertical scales.",
            f"Mean test accuracy at rates 0, 0.1, 0.25, 0.5. Digits: {means['digits']}. MNIST-1D: {means['MNIST-1D']}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1050), "longer": 3},
    sweeps=True,
)
