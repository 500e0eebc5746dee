"""Test loss that worsens while test accuracy improves: training beyond the lowest loss (goes with claim 3.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, Step, fit, he_normal, relu, sgd, softmax_cross_entropy
from gradbook import style
from gradbook.data import DataName, data
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

EXAMPLES: dict[DataName, int] = {"MNIST-1D": 1000, "digits": 100}  # few, so that there is something to over-fit
STEPS: dict[DataName, int] = {"MNIST-1D": 1500, "digits": 750}
EVERY = 25
WIDTH, BATCH = 100, 50
ETA: dict[DataName, float] = {"MNIST-1D": 0.3, "digits": 0.5}
WATCHED: DataName = "MNIST-1D"  # the one that is drawn


@dataclass(frozen=True)
class Run:
    """One training, watched: after every EVERY steps, (points,) each."""

    right: NDArray[np.float64]  # share of test examples right
    loss_right: NDArray[np.float64]  # what these add to the mean test loss
    loss_wrong: NDArray[np.float64]  # what the others add

    @property
    def loss(self) -> NDArray[np.float64]:
        return self.loss_right + self.loss_wrong


@dataclass(frozen=True)
class Measurement:
    runs: dict[DataName, list[Run]]

    def steps(self, name: DataName) -> NDArray[np.float64]:
        return EVERY * np.arange(1.0, len(self.runs[name][0].right) + 1)

    def lowest(self, name: DataName) -> NDArray[np.int64]:
        """Where each run's test loss is lowest."""
        return np.array([run.loss.argmin() for run in self.runs[name]])

    def best(self, name: DataName) -> NDArray[np.int64]:
        """Where each run's test accuracy is highest, for the first time."""
        return np.array([run.right.argmax() for run in self.runs[name]])

    def stacked(self, name: DataName, what: str) -> NDArray[np.float64]:
        return np.array([getattr(run, what) for run in self.runs[name]])

    def at_lowest(self, name: DataName, what: str) -> NDArray[np.float64]:
        return self.stacked(name, what)[np.arange(len(self.runs[name])), self.lowest(name)]

    def gain(self, name: DataName) -> Estimate:
        """Test accuracy at the end minus that at the lowest test loss, in points, paired by seed."""
        return mean_interval(100 * (self.stacked(name, "right")[:, -1] - self.at_lowest(name, "right")))

    def growth(self, name: DataName) -> Estimate:
        """Test loss at the end over the lowest one."""
        return mean_interval(np.log(self.stacked(name, "loss")[:, -1] / self.at_lowest(name, "loss"))).exp()

    def later(self, name: DataName) -> float:
        """Percent of runs whose best accuracy comes after their lowest loss."""
        return float(100 * (self.best(name) > self.lowest(name)).mean())


def one(setting: tuple[DataName, int]) -> Run:
    name, seed = setting
    rng = np.random.default_rng(seed)
    chosen = data(name).drawn(EXAMPLES[name], rng)
    net = Network([Dense(chosen.x.shape[1], WIDTH, he_normal), Activation(relu), Dense(WIDTH, 10, he_normal)])
    rows: list[tuple[float, float, float]] = []

    def watch(now: Step) -> None:
        if now.number % EVERY == 0:
            rows.append(parts(net(now.theta, chosen.x_test)[0], chosen.labels_test))

    fit(net, net.init(rng), chosen.x, chosen.labels, optimizer=partial(sgd, eta=ETA[name]), steps=STEPS[name],
        batch_size=BATCH, rng=rng, callback=watch)  # fmt: skip
    return Run(*np.array(rows).T)


def parts(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[float, float, float]:
    """(share right, their part of the mean loss, the part of those that are wrong)."""
    right = scores.argmax(axis=1) == labels
    total = [softmax_cross_entropy(scores[k], labels[k])[0] * k.mean() if k.any() else 0.0 for k in (right, ~right)]
    return float(right.mean()), float(total[0]), float(total[1])


def measure(seeds: Sequence[int] = range(10)) -> Measurement:
    """One hidden layer of ReLU on few examples, trained far beyond its lowest test loss; new examples for every seed."""
    found = iter(sweep(one, [(name, seed) for name in EXAMPLES for seed in seeds]))
    return Measurement({name: [next(found) for _ in seeds] for name in EXAMPLES})


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {"width": same(str(WIDTH)), "seeds": same(str(len(m.runs[WATCHED])))}
    for name in EXAMPLES:
        key = name.lower().replace("-", "")
        wrong_before, wrong_after, right_before, right_after = per_example(m, name)
        found |= {
            f"{key}_examples": same(f"{EXAMPLES[name]:,}"),
            f"{key}_steps": same(f"{STEPS[name]:,}"),
            f"{key}_eta": same(f"{ETA[name]:g}"),
            f"{key}_lowest_step": same(f"{np.median(m.steps(name)[m.lowest(name)]):.0f}"),
            f"{key}_growth": same(m.growth(name).shown()),
            f"{key}_gain": same(m.gain(name).shown(sign=True)),
            f"{key}_later": same(f"{m.later(name):.0f}"),
            f"{key}_before": same(f"{100 * m.at_lowest(name, 'right').mean():.1f}"),
            f"{key}_after": same(f"{100 * m.stacked(name, 'right')[:, -1].mean():.1f}"),
            f"{key}_wrong_before": same(f"{wrong_before:.2f}"),
            f"{key}_wrong_after": same(f"{wrong_after:.2f}"),
            f"{key}_right_before": same(f"{right_before:.2f}"),
            f"{key}_right_after": same(f"{right_after:.2f}"),
        }
    return found


def per_example(m: Measurement, name: DataName) -> tuple[float, float, float, float]:
    """Mean loss of one wrong example at the lowest loss and at the end, then of one right example; means over seeds."""
    right, wrong, good, bad = (
        np.stack([m.at_lowest(name, what), m.stacked(name, what)[:, -1]])
        for what in ("right", "loss_wrong", "loss_right", "loss_wrong")
    )
    wrong = (bad / (1 - right)).mean(axis=1)
    fine = (good / right).mean(axis=1)
    return float(wrong[0]), float(wrong[1]), float(fine[0]), float(fine[1])


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (top, bottom) = style.figure(4.6, nrows=2, sharex=True, height_ratios=(1.35, 1))
    loss = Text("시험 손실", "test loss")
    for what, look, label in (
        ("loss", style.SERIES[0], loss),
        ("loss_wrong", style.SERIES[1], Text("그 가운데 틀린 표본의 몫", "part of the wrong ones")),
        ("loss_right", style.SERIES[2], Text("맞힌 표본의 몫", "part of the right ones")),
    ):
        curve(top, m, m.stacked(WATCHED, what), look, label[lang])
    curve(bottom, m, 100 * m.stacked(WATCHED, "right"), style.SERIES[3], None)
    low = float(np.median(m.steps(WATCHED)[m.lowest(WATCHED)]))
    for axes in (top, bottom):
        axes.axvline(low, color=style.INK, linestyle=":", linewidth=1.2)
    top.annotate(Text("손실이 가장 낮은 걸음", "step of lowest loss")[lang], (low, top.get_ylim()[1]), xytext=(4, -2),
                 textcoords="offset points", va="top")  # fmt: skip
    top.set_ylim(0)
    top.set_ylabel(loss[lang])
    top.legend(loc="center right", bbox_to_anchor=(1, 0.36))
    bottom.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    bottom.set_xlabel(Text("걸음", "step")[lang])
    return made


def curve(axes: Axes, m: Measurement, values: NDArray[np.float64], look: Any, label: str | None) -> None:
    found = [mean_interval(column) for column in values.T]
    axes.plot(m.steps(WATCHED), [e.value for e in found], label=label, markevery=6, **look)
    style.band(axes, m.steps(WATCHED), [e.low for e in found], [e.high for e in found], str(look["color"]))


def words(m: Measurement, lang: Lang) -> Words:
    n, growth, gain = len(m.runs[WATCHED]), m.growth(WATCHED), m.gain(WATCHED)
    low = f"{np.median(m.steps(WATCHED)[m.lowest(WATCHED)]):.0f}"
    wrong = [f"{x.mean():.2f}" for x in (m.at_lowest(WATCHED, "loss_wrong"), m.stacked(WATCHED, "loss_wrong")[:, -1])]
    before, after = (
        f"{100 * x.mean():.0f}" for x in (m.at_lowest(WATCHED, "right"), m.stacked(WATCHED, "right")[:, -1])
    )
    return {
        "ko": Words(
            f"시험 손실이 바닥에서 {growth.value:.2f}배가 되는 동안 시험 정확도는 {gain.number(sign=True)} %p 움직였습니다",
            f"{WATCHED}의 학습 표본 {EXAMPLES[WATCHED]:,}개, 폭 {WIDTH}인 ReLU 은닉층 하나, SGD. 시드 {n}개의 평균과 95 % 구간. 세로 점선은 시험 손실이 가장 낮은 걸음(시드들의 중앙값)입니다.",
            f"위: 시험 손실은 {low}걸음쯤에서 가장 낮습니다. 거기서 끝까지 틀린 표본의 몫은 {wrong[0]}에서 {wrong[1]}로 갑니다. 아래: 시험 정확도는 {before} %에서 {after} %로 갑니다.",
        ),
        "en": Words(
            f"While the test loss grew to {growth.value:.2f} times its lowest, test accuracy changed by {gain.number(sign=True)} points",
            f"{EXAMPLES[WATCHED]:,} training examples of {WATCHED}, one hidden layer of {WIDTH} ReLUs, SGD. Means and 95% intervals of {n} seeds. The dotted upright line is the step of lowest test loss (median over seeds).",
            f"Above: the test loss is lowest near step {low}. From there to the end the part of the wrong examples goes from {wrong[0]} to {wrong[1]}. Below: test accuracy goes from {before}% to {after}%.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1050)},
    sweeps=True,
)
