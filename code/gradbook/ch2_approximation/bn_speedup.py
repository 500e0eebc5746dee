"""How many times faster batch normalization trains: at an equal rate, and at each one's best (goes with claim 2.17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Diverged, Step, fit, sgd
from gradbook import style
from gradbook.ch2_approximation.bn_stack import NAMES, WIDTH, Stack, stack
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

KINDS: tuple[Stack, ...] = ("ReLU", "ReLU+BN")
ETAS = (0.03, 0.1, 0.3, 1.0, 3.0)
DEPTH, BATCH, LONGEST = 5, 64, 300
TARGET, OVER = 0.5, 10  # reached when the mean loss of the last OVER minibatches is at most TARGET


class Reached(Exception):  # noqa: N818 (it ends a training that has done its work)
    """Training has reached the target."""


@dataclass(frozen=True)
class Run:
    kind: Stack
    eta: float
    seed: int


@dataclass(frozen=True)
class Measurement:
    steps: NDArray[np.float64]  # until the target, LONGEST if it was not reached, (kinds, rates, seeds)

    def best(self, kind: int) -> int:
        """The rate with the fewest steps (geometric mean over the seeds)."""
        return int(np.argmin(np.log(self.steps[kind]).mean(axis=1)))

    def speedup(self, plain: int, normed: int) -> Estimate:
        """Steps without BN at one rate over steps with BN at another, geometric mean, paired by seed."""
        return mean_interval(np.log(self.steps[0, plain] / self.steps[1, normed])).exp()


def steps(run: Run) -> int:
    """How many steps a run takes to the target; LONGEST for one that does not reach it or leaves the finite numbers."""
    data, net, rng = digits(), stack(run.kind, DEPTH), np.random.default_rng(run.seed)
    losses: list[float] = []

    def stop(step: Step) -> None:
        losses.append(step.loss)
        if len(losses) >= OVER and np.mean(losses[-OVER:]) <= TARGET:
            raise Reached

    try:
        fit(
            net, net.init(rng), data.x, data.labels,
            rng=rng, optimizer=partial(sgd, eta=run.eta), steps=LONGEST, batch_size=BATCH, callback=stop,
        )  # fmt: skip
    except Reached:
        return len(losses)
    except Diverged:
        pass
    return LONGEST


def measure(seeds: Sequence[int] = range(10)) -> Measurement:
    """Every rate of the grid with and without BN."""
    runs = [Run(kind, eta, seed) for kind in KINDS for eta in ETAS for seed in seeds]
    return Measurement(np.array(sweep(steps, runs), float).reshape(len(KINDS), len(ETAS), len(seeds)))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {}
    for k, eta in enumerate(ETAS[:3]):
        found[f"eta_{k}"] = same(f"{eta:g}")
        found[f"equal_{k}"] = same(m.speedup(k, k).shown())
    plain, normed = m.best(0), m.best(1)
    return found | {
        "best": same(m.speedup(plain, normed).shown()),
        "best_plain_eta": same(f"{ETAS[plain]:g}"),
        "best_bn_eta": same(f"{ETAS[normed]:g}"),
        "best_plain_steps": same(f"{np.exp(np.log(m.steps[0, plain]).mean()):.0f}"),
        "best_bn_steps": same(f"{np.exp(np.log(m.steps[1, normed]).mean()):.0f}"),
        "grid": same(", ".join(f"{eta:g}" for eta in ETAS)),
        "target": same(f"{TARGET:g}"),
        "depth": same(str(DEPTH)),
        "seeds": same(str(m.steps.shape[2])),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.1)
    for k, kind in enumerate(KINDS):
        mean = np.exp(np.log(m.steps[k]).mean(axis=1))
        axes.plot(ETAS, mean, color=style.ORANGE, marker="s", linestyle="--" if k else "-",
                  markerfacecolor=style.PAPER if k else style.ORANGE, label=NAMES[kind][lang])  # fmt: skip
        low, high = np.quantile(m.steps[k], [0.05, 0.95], axis=1)
        style.band(axes, ETAS, low, high, style.ORANGE)
        axes.plot(ETAS[m.best(k)], mean[m.best(k)], "*", color=style.INK, markersize=9, zorder=4,
                  label=Text("가장 좋은 학습률", "best rate")[lang] if k else None)  # fmt: skip
    axes.axhline(LONGEST, color=style.MUTED, linestyle=":", linewidth=1.1)
    axes.annotate(Text("여기까지만 셉니다", "we stop counting here")[lang], (ETAS[0], LONGEST), xytext=(0, 3),
                  textcoords="offset points")  # fmt: skip
    style.log(axes.xaxis, ETAS)
    style.log(axes.yaxis, [10, 20, 50, 100, 200, 300])
    axes.set_ylim(top=LONGEST * 1.35)
    axes.set_xlabel(Text("학습률 η", "learning rate η")[lang])
    axes.set_ylabel(Text(f"손실 {TARGET:g}까지 걸린 걸음", f"steps to a loss of {TARGET:g}")[lang])
    axes.legend(loc="lower left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    equal = [m.speedup(k, k).value for k in range(len(ETAS))]
    best = m.speedup(m.best(0), m.best(1)).value
    table = [", ".join(f"{x:.0f}" for x in np.exp(np.log(m.steps[k]).mean(axis=1))) for k in range(2)]
    return {
        "ko": Words(
            f"BN의 빠르기: 같은 학습률에서는 {min(equal):.1f}–{max(equal):.1f}배, 저마다 가장 좋은 학습률에서는 {best:.1f}배",
            f"손글씨 숫자, 은닉층 {DEPTH}개(폭 {WIDTH}), SGD, 배치 {BATCH}, 시드 {m.steps.shape[2]}개의 기하평균과 5–95 %. 최근 {OVER}걸음의 손실 평균이 {TARGET:g} 이하가 될 때까지 셉니다. {LONGEST}걸음에 닿지 못하면 {LONGEST}으로 세므로, 그런 학습률에서 배수는 적어도 이만큼이라는 뜻입니다.",
            f"학습률 {', '.join(f'{eta:g}' for eta in ETAS)}에서 걸린 걸음. ReLU: {table[0]}. ReLU + BN: {table[1]}.",
        ),
        "en": Words(
            f"BN's speed-up: {min(equal):.1f} to {max(equal):.1f} times at equal rates, {best:.1f} times at each one's best",
            f"Digits, {DEPTH} hidden layers (width {WIDTH}), SGD, batches of {BATCH}, geometric mean of {m.steps.shape[2]} seeds and 5–95%. We count until the mean loss of the last {OVER} steps is {TARGET:g} or less; a run that is not there after {LONGEST} steps counts as {LONGEST}, so that at such rates the speed-up is at least the one given.",
            f"Steps at the rates {', '.join(f'{eta:g}' for eta in ETAS)}. ReLU: {table[0]}. ReLU + BN: {table[1]}.",
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
