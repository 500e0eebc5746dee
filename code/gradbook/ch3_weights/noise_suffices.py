"""How little noise sets twins apart, and how long that takes (goes with claim 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Step, accuracy
from gradbook import style
from gradbook.ch3_weights.alike import WIDTH, apart, nearly_constant, one_layer, split, trained, units
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import mean_interval, ten_to
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

VALUE, ETA, STEPS, LONG = 0.1, 0.3, 600, 1000
EXPONENTS = (-14, -11, -8, -5)  # from the smallest, which predicts the others
PARTED = 0.1  # twins count as parted once they differ by this share of a unit's length


@dataclass(frozen=True)
class Measurement:
    accuracy: NDArray[np.float64]  # on test digits after STEPS, in percent, (exponents, seeds)
    parted: NDArray[np.float64]  # the step at which a unit had parted from the first; NaN: not within LONG
    grown: NDArray[np.float64]  # distances through training with the smallest noise, (seeds, LONG)

    def predicted(self, exponent: float) -> NDArray[np.float64]:
        """When twins part if differences grow in proportion: by the track of the smallest noise, made larger, (seeds,)."""
        over = self.grown * 10.0 ** (exponent - EXPONENTS[0]) > PARTED
        return np.where(over.any(axis=1), over.argmax(axis=1) + 1.0, np.nan)

    def delay(self) -> float:
        """Steps that a tenth of the noise takes longer, over the measured range."""
        means = self.parted.mean(axis=1)
        return float((means[0] - means[-1]) / (EXPONENTS[-1] - EXPONENTS[0]))

    def missed(self) -> float:
        """The largest distance between predicted and measured step, over all noises and seeds."""
        predicted = np.stack([self.predicted(exponent) for exponent in EXPONENTS])
        return float(np.nanmax(np.abs(predicted - self.parted)))


def part(run: tuple[int, int]) -> tuple[float, NDArray[np.float64]]:
    """(test accuracy in percent after STEPS, how far apart the units are after each step)."""
    exponent, seed = run
    rng = np.random.default_rng(seed)
    chosen, net = split(rng), one_layer("tanh", nearly_constant(VALUE, 10.0**exponent))
    distances = np.empty(LONG)
    right = 0.0

    def after(step: Step) -> None:
        nonlocal right
        distances[step.number - 1] = apart(units(net, step.theta))
        if step.number == STEPS:
            right = accuracy(net(step.theta, chosen.x_test)[0], chosen.labels_test)

    trained(net, net.init(rng, dtype=np.float64), chosen, rng, ETA, LONG, callback=after)
    return 100 * right, distances


def measure(seeds: Sequence[int] = range(5)) -> Measurement:
    """tanh on digits, all weights VALUE + noise, float64; a seed gives each noise the same draw but for its size."""
    found = sweep(part, [(exponent, seed) for exponent in EXPONENTS for seed in seeds])
    tracks = np.stack([distances for _, distances in found]).reshape(len(EXPONENTS), len(seeds), LONG)
    over = tracks > PARTED
    return Measurement(
        accuracy=np.reshape([right for right, _ in found], (len(EXPONENTS), len(seeds))),
        parted=np.where(over.any(axis=2), over.argmax(axis=2) + 1.0, np.nan),
        grown=tracks[0],
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "delay": same(f"{m.delay():.0f}"),
        "missed": same(f"{m.missed():.0f}"),
        "smallest": same(ten_to(EXPONENTS[0])),
        "smallest_parted": same(f"{m.parted[0].mean():.0f}"),
        "smallest_accuracy": same(mean_interval(m.accuracy[0]).shown()),
        "largest": same(ten_to(EXPONENTS[-1])),
        "largest_parted": same(f"{m.parted[-1].mean():.0f}"),
        "largest_accuracy": same(mean_interval(m.accuracy[-1]).shown()),
        "steps": same(str(STEPS)),
        "seeds": same(str(m.accuracy.shape[1])),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(2.7, ncols=2)
    noise = 10.0 ** np.array(EXPONENTS)
    found = (m.parted, m.accuracy)
    ordinates = (
        Text("갈라진 걸음", "step of parting"),
        Text(f"{STEPS}걸음 뒤 정확도 (%)", f"accuracy after {STEPS} steps (%)"),
    )
    for axes, values, ordinate, line in zip(panels, found, ordinates, style.SERIES, strict=False):
        axes.plot(np.repeat(noise, values.shape[1]), values.ravel(), color=line["color"], marker=line["marker"],
                  linestyle="", markersize=3.5, alpha=0.7, label=Text("측정", "measured")[lang])  # fmt: skip
        style.log(axes.xaxis, [1e-14, 1e-10, 1e-6])
        axes.set_ylabel(ordinate[lang])
        axes.set_xlabel(Text("잡음의 표준편차", "standard deviation of the noise")[lang])
    between = np.arange(EXPONENTS[0], EXPONENTS[-1] + 0.01, 0.25)
    panels[0].plot(10.0**between, [m.predicted(exponent).mean() for exponent in between], color=style.INK, linestyle=":",
                   label=Text("예측", "predicted")[lang])  # fmt: skip
    panels[0].legend(loc="lower left")
    panels[0].set_ylim(0, LONG)
    panels[1].set_ylim(0, 102)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, delay = m.accuracy.shape[1], f"{m.delay():.0f}"
    means = ", ".join(f"{x:.0f}" for x in m.accuracy.mean(axis=1))
    steps = ", ".join(f"{row.mean():.0f}" for row in m.parted)
    powers = ", ".join(ten_to(e) for e in EXPONENTS)
    return {
        "ko": Words(
            f"잡음이 열 배 작아질 때마다 갈라지는 때가 {delay}걸음씩 늦어집니다",
            f"tanh, 모든 가중치 {VALUE:g}에 잡음, 폭 {WIDTH}, η = {ETA:g}, float64, 시드 {n}개. 어느 뉴런이 첫 뉴런에서 길이의 {100 * PARTED:g} %보다 멀어지면 갈라졌다고 합니다. 예측: 가장 작은 잡음의 차이가 자라는 곡선을 그대로 키운 것(시드 평균).",
            f"잡음 {powers}에서 갈라진 걸음: {steps}. 시험 정확도(%): {means}.",
        ),
        "en": Words(
            f"Each tenfold drop in noise puts off the parting by {delay} steps",
            f"tanh, all weights {VALUE:g} plus noise, width {WIDTH}, η = {ETA:g}, float64, {n} seeds. Units have parted once one is further from the first than {100 * PARTED:g}% of its length. Predicted: the growing difference with the smallest noise, scaled up (mean over seeds).",
            f"Noise of {powers}. Steps of parting: {steps}. Test accuracy (%): {means}.",
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
