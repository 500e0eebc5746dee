"""If unsure, use Adam? How wide each optimizer's band of good rates is, and what a blind choice costs (claim 4.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Array, accuracy, softmax_cross_entropy, squared_error
from gradbook import style
from gradbook.ch3_weights.bowl import NAMES, OPTIMIZERS, Name
from gradbook.ch3_weights.optimizer_looks import LOOKS
from gradbook.ch4_big_picture.eight_problems import PROBLEMS, Problem, Task, task
from gradbook.ch4_big_picture.many_nets import forward, train
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

STEPS = 150
ADAPTIVE: Final[tuple[Name, ...]] = ("adagrad", "rmsprop", "adam")  # their steps are about as long as the rate
DECADES = np.arange(11) / 2  # two rates a decade, from the lowest on
LOWEST = {name: -4.0 if name in ADAPTIVE else -3.0 for name in OPTIMIZERS}  # powers of ten
GOOD = 2.0  # a rate is good if its loss is at most so many times the lowest of any optimizer
SOLVED = 1e-3  # losses below this share of the first one count as this share: the problem is solved
DEFAULTS: Final[dict[Name, float]] = {"sgd": 0.01, "adam": 0.001}  # what frameworks take if nothing is said


def etas(name: Name) -> NDArray[np.float64]:
    return np.asarray(10 ** (LOWEST[name] + DECADES))


def outcome(setting: tuple[Problem, Name, tuple[int, ...]]) -> NDArray[np.float64]:
    """(final loss over the first, SOLVED … 1; test accuracy in percent, NaN where nothing is tested): (2, seeds, rates).

    What leaves the finite numbers, or ends above where it started, has learned nothing: it counts as its start.
    """
    problem, name, seeds = setting
    tasks = [task(problem, seed) for seed in seeds]
    theta = train(
        tasks[0].net, [one.theta for one in tasks], [one.x for one in tasks], [one.targets for one in tasks],
        etas(name).tolist(), optimizer=OPTIMIZERS[name], slope=tasks[0].slope, steps=STEPS, batch=tasks[0].batch, seeds=seeds,
    )  # fmt: skip
    found = np.empty((2, *theta.shape[:2]))
    for k, one in enumerate(tasks):
        starts = losses(one, one.theta[None], one.x, one.targets)
        found[0, k] = np.clip(losses(one, theta[k], one.x, one.targets) / starts, SOLVED, 1)
        found[1, k] = np.nan if one.test is None else rights(one, theta[k], *one.test)
    return found


def outputs(one: Task, theta: Array, x: Array) -> Array:
    """(networks, examples, …) of networks θ (networks, size)."""
    with np.errstate(over="ignore", invalid="ignore"):
        y, _ = forward(one.net, theta[None], x[None, None])
    return np.asarray(y[0])


def losses(one: Task, theta: Array, x: Array, targets: Array) -> NDArray[np.float64]:
    """The mean loss of each network, ∞ where it left the finite numbers."""
    of = squared_error if one.test is None else softmax_cross_entropy
    with np.errstate(over="ignore"):
        return np.array([of(y, targets)[0] if np.isfinite(y).all() else np.inf for y in outputs(one, theta, x)])


def rights(one: Task, theta: Array, x: Array, labels: Array) -> NDArray[np.float64]:
    """Accuracy of each network in percent; one that left the finite numbers gives the first class."""
    return np.array([100 * accuracy(np.nan_to_num(y), labels) for y in outputs(one, theta, x)])


@dataclass(frozen=True)
class Measurement:
    loss: dict[Name, NDArray[np.float64]]  # final over first, (problems, seeds, rates)
    right: dict[Name, NDArray[np.float64]]  # test accuracy, percent, NaN where nothing is tested

    @property
    def best(self) -> NDArray[np.float64]:
        """The lowest loss of any optimizer at any rate, (problems, seeds)."""
        return np.min([loss.min(axis=2) for loss in self.loss.values()], axis=0)

    def regret(self, name: Name) -> NDArray[np.float64]:
        """ln of the loss over the lowest of any optimizer, (problems, seeds, rates)."""
        return np.asarray(np.log(self.loss[name] / self.best[:, :, None]))

    def bands(self, name: Name) -> NDArray[np.float64]:
        """How many decades of rates are good, (problems, seeds); between rates of the grid ln loss runs straight."""
        fine = np.arange(DECADES[0], DECADES[-1] + 0.005, 0.01)
        rows = self.regret(name).reshape(-1, len(DECADES))
        good = [np.interp(fine, DECADES, row) <= np.log(GOOD) for row in rows]
        return 0.01 * np.sum(good, axis=1).reshape(self.best.shape)

    def band(self, name: Name) -> NDArray[np.float64]:
        """Mean over the problems, (seeds,)."""
        return np.asarray(self.bands(name).mean(axis=0))

    def tuned(self, name: Name) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(ln regret, test accuracy) of each seed at the rate that did best on the other seeds, (problems, seeds)."""
        regret = self.regret(name)
        chosen = np.argmin(regret.sum(axis=1, keepdims=True) - regret, axis=2)[..., None]
        return tuple(np.take_along_axis(x, chosen, axis=2)[..., 0] for x in (regret, self.right[name]))  # type: ignore[return-value]

    def blind(self, name: Name) -> NDArray[np.float64]:
        """ln regret at the one rate that did best on the *other* problems, mean over the problems, (seeds,)."""
        regret = self.regret(name)
        by_problem = regret.mean(axis=1)
        chosen = np.argmin(by_problem.sum(axis=0) - by_problem, axis=1)
        return np.mean([row[:, k] for row, k in zip(regret, chosen, strict=True)], axis=0)

    def default(self, name: Name) -> NDArray[np.float64]:
        """ln regret at the rate that frameworks take, (problems, seeds)."""
        return self.regret(name)[:, :, int(np.argmin(np.abs(np.log(etas(name) / DEFAULTS[name]))))]

    def wider(self, name: Name) -> Estimate:
        """How many decades wider its band is than Adam's."""
        return mean_interval(self.band(name) - self.band("adam"))

    def costs(self, name: Name) -> Estimate:
        """The factor by which a blind choice misses the lowest loss, geometric mean over the problems."""
        return mean_interval(self.blind(name)).exp()

    def dearer(self, name: Name) -> Estimate:
        """A blind choice's loss over Adam's."""
        return mean_interval(self.blind(name) - self.blind("adam")).exp()

    def winner(self, k: int) -> Name:
        """The optimizer with the lowest tuned loss on problem k."""
        return min(OPTIMIZERS, key=lambda name: float(self.tuned(name)[0][k].mean()))

    def gain(self, name: Name) -> Estimate:
        """Test accuracy, tuned, minus SGD's, mean over the problems that have a test."""
        return mean_interval(np.nanmean(self.tuned(name)[1] - self.tuned("sgd")[1], axis=0))

    @property
    def default_better(self) -> int:
        """On how many problems Adam's default does better than SGD's (geometric mean over seeds)."""
        return int((self.default("adam").mean(axis=1) < self.default("sgd").mean(axis=1)).sum())


def measure(seeds: Sequence[int] = range(5)) -> Measurement:
    """Every optimizer at every rate on every problem."""
    runs = [(problem, name, tuple(seeds)) for name in OPTIMIZERS for problem in PROBLEMS]
    found = np.reshape(sweep(outcome, runs), (len(OPTIMIZERS), len(PROBLEMS), 2, len(seeds), len(DECADES)))
    return Measurement(
        {name: found[k, :, 0] for k, name in enumerate(OPTIMIZERS)},
        {name: found[k, :, 1] for k, name in enumerate(OPTIMIZERS)},
    )


OTHERS = [name for name in OPTIMIZERS if name != "adam"]


def legs(m: Measurement) -> dict[str, bool]:
    """Three meanings of the advice, each decided before the first measurement."""
    return {
        "wide": not any(m.wider(name).above(0) for name in OTHERS),
        "blind": not any(m.dearer(name).below(1) for name in OTHERS),
        "default": m.default_better > len(PROBLEMS) / 2,
    }


def judge(m: Measurement) -> list[Claim]:
    true = sum(legs(m).values())
    verdict: Verdict = "holds" if true == 3 else "holds-if" if true else "does-not-hold"
    band = mean_interval(m.band("adam"))
    wins = sum(m.winner(k) == "adam" for k in range(len(PROBLEMS)))
    n = len(PROBLEMS)
    return [
        Claim(
            id="4.10",
            text=Text("잘 모르면 Adam을 쓴다", "If unsure, use Adam"),
            verdict=verdict,
            finding=Text(
                f"문제 {n}개에서 Adam의 쓸 만한 학습률은 평균 {band.shown()}자릿수, SGD는 {mean_interval(m.band('sgd')).shown()}자릿수입니다. "
                f"다른 문제에서 고른 학습률을 그대로 쓰면 손실은 가장 낮은 것의 {m.costs('adam').shown()}배(SGD {m.costs('sgd').shown()}배)입니다. "
                f"기본 학습률은 {m.default_better}개에서 SGD의 것을 이깁니다. 저마다 조율하면 Adam이 가장 낮은 것은 {wins}개입니다.",
                f"On {n} problems Adam's good rates span {band.shown()} decades on average, SGD's {mean_interval(m.band('sgd')).shown()}. "
                f"At a rate chosen on other problems its loss is {m.costs('adam').shown()} times the lowest (SGD: {m.costs('sgd').shown()}). "
                f"Its default beats SGD's on {m.default_better}. When each is tuned, Adam is lowest on {wins}.",
            ),
            estimate=band,
            unit=Text("자릿수, Adam의 쓸 만한 학습률의 폭", "decades of good rates, Adam"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {}
    for name in OPTIMIZERS:
        found |= {
            f"band_{name}": mean_interval(m.band(name)).shown(),
            f"costs_{name}": m.costs(name).shown(),
            f"wins_{name}": str(sum(m.winner(k) == name for k in range(len(PROBLEMS)))),
            f"tuned_{name}": mean_interval(m.tuned(name)[0].mean(axis=0)).exp().shown(),
        }
        if name != "sgd":
            found[f"gain_{name}"] = m.gain(name).shown(sign=True)
    for name in DEFAULTS:
        found[f"default_{name}"] = mean_interval(m.default(name).mean(axis=0)).exp().shown()
    return {key: same(value) for key, value in found.items()} | {
        "default_better": same(str(m.default_better)),
        "problems": same(str(len(PROBLEMS))),
        "tested": same(str(int(np.isfinite(m.right["adam"][:, 0, 0]).sum()))),
        "good": same(f"{GOOD:g}"),
        "solved": same(f"{SOLVED:g}"),
        "steps": same(str(STEPS)),
        "seeds": same(str(m.best.shape[1])),
        "legs": same(str(sum(legs(m).values()))),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.2, ncols=2, sharey=True, width_ratios=(1.5, 1))
    rng = np.random.default_rng(0)
    for k, name in enumerate(OPTIMIZERS):
        look: dict[str, Any] = {"color": LOOKS[name]["color"], "marker": LOOKS[name]["marker"], "capsize": 3}
        bands = m.bands(name).mean(axis=1)
        left.plot(bands, k + rng.uniform(-0.25, 0.25, len(bands)), ".", color=look["color"], alpha=0.45, markersize=5)
        for axes, found in ((left, mean_interval(m.band(name))), (right, m.costs(name))):
            low, high = found.value - (found.low or 0), (found.high or 0) - found.value
            axes.errorbar(found.value, k, xerr=[[low], [high]], linewidth=1.6, **look)
    left.set_yticks(range(len(OPTIMIZERS)), [NAMES[name][lang] for name in OPTIMIZERS])
    left.invert_yaxis()
    left.set_xlim(left=-0.1)
    left.set_xlabel(Text("쓸 만한 학습률의 폭 (자릿수)", "band of good rates (decades)")[lang])
    style.log(right.xaxis, [1, 2, 3, 5, 10])
    right.set_xlabel(Text("안 보고 고른 손실 / 최저", "loss, chosen blind / lowest")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    widest = max(OPTIMIZERS, key=lambda name: float(m.band(name).mean()))
    cheapest = min(OPTIMIZERS, key=lambda name: m.costs(name).value)
    rows = "; ".join(
        f"{NAMES[name][lang]} {mean_interval(m.band(name)).shown()}, {m.costs(name).shown()}" for name in OPTIMIZERS
    )
    n, seeds = len(PROBLEMS), m.best.shape[1]
    return {
        "ko": Words(
            f"띠가 가장 넓은 것은 {NAMES[widest].ko}, 안 보고 골라도 가장 덜 잃는 것은 {NAMES[cheapest].ko}입니다",
            f"왼쪽: 손실이 어느 방법의 것이든 가장 낮은 손실의 {GOOD:g}배 안에 드는 학습률의 폭. 점은 문제 하나({n}개), 표식은 평균. 오른쪽: 나머지 문제에서 가장 좋았던 학습률을 그대로 쓸 때. 막대는 시드 {seeds}개의 95 % 구간.",
            f"폭(자릿수), 안 보고 고른 손실의 배율. {rows}.",
        ),
        "en": Words(
            f"{NAMES[widest].en} has the widest band; the least is lost blind with {NAMES[cheapest].en}",
            f"Left: how wide the rates lie whose loss is at most {GOOD:g} times the lowest of any optimizer. Dots are single problems ({n}), marks their mean. Right: at the rate that did best on the other problems. Bars: 95% interval, {seeds} seeds.",
            f"Band (decades), factor lost when chosen blind. {rows}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020)},
    sweeps=True,
)
