"""If unsure, use Adam? How wide each optimizer's band of good rates is, and what a blind choice costs (claim 4.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch3_weights.bowl import NAMES, OPTIMIZERS, Name
from gradbook.ch3_weights.optimizer_looks import LOOKS
from gradbook.ch4_big_picture.eight_problems import PROBLEMS
from gradbook.ch4_big_picture.tried_rates import ETAS, POWERS, SOLVED, STEPS, outcome
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

GOOD = 2.0  # a rate is good if its loss is at most so many times the lowest of any optimizer
EVERY, NETWORKS = slice(None), slice(2, None)  # of the problems: all, and all but the two bowls
DEFAULTS: Final[dict[Name, float]] = {"sgd": 0.01, "adam": 0.001}  # what frameworks take if nothing is said


@dataclass(frozen=True)
class Measurement:
    loss: dict[Name, NDArray[np.float64]]  # final over first, (problems, seeds, rates)
    right: dict[Name, NDArray[np.float64]]  # test accuracy, percent, NaN where nothing is tested

    @property
    def best(self) -> NDArray[np.float64]:
        """The lowest loss of any optimizer at any rate, (problems, seeds)."""
        return np.asarray(np.min([loss.min(axis=2) for loss in self.loss.values()], axis=0), float)

    def regret(self, name: Name) -> NDArray[np.float64]:
        """ln of the loss over the lowest of any optimizer, (problems, seeds, rates)."""
        return np.asarray(np.log(self.loss[name] / self.best[:, :, None]))

    def bands(self, name: Name) -> NDArray[np.float64]:
        """How many decades of rates are good, (problems, seeds); between rates of the grid ln loss runs straight."""
        fine = np.arange(POWERS[0], POWERS[-1] + 0.005, 0.01)
        rows = self.regret(name).reshape(-1, len(POWERS))
        good = [np.interp(fine, POWERS, row) <= np.log(GOOD) for row in rows]
        return 0.01 * np.sum(good, axis=1).reshape(self.best.shape)

    def band(self, name: Name) -> NDArray[np.float64]:
        """Mean over the problems, (seeds,)."""
        return np.asarray(self.bands(name).mean(axis=0))

    def tuned(self, name: Name) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(ln regret, test accuracy) of each seed at the rate that did best on the other seeds, (problems, seeds)."""
        regret = self.regret(name)
        chosen = np.argmin(regret.sum(axis=1, keepdims=True) - regret, axis=2)[..., None]
        return tuple(np.take_along_axis(x, chosen, axis=2)[..., 0] for x in (regret, self.right[name]))  # type: ignore[return-value]

    def blind(self, name: Name, problems: slice = EVERY) -> NDArray[np.float64]:
        """ln regret at the one rate that did best on the *other* problems, mean over the problems, (seeds,)."""
        regret = self.regret(name)[problems]
        by_problem = regret.mean(axis=1)
        chosen = np.argmin(by_problem.sum(axis=0) - by_problem, axis=1)
        return np.mean([row[:, k] for row, k in zip(regret, chosen, strict=True)], axis=0)

    def default(self, name: Name) -> NDArray[np.float64]:
        """ln regret at the rate that frameworks take, (problems, seeds)."""
        return self.regret(name)[:, :, int(np.argmin(np.abs(np.log(ETAS / DEFAULTS[name]))))]

    def wider(self, name: Name) -> Estimate:
        """How many decades wider its band is than Adam's."""
        return mean_interval(self.band(name) - self.band("adam"))

    def costs(self, name: Name, problems: slice = EVERY) -> Estimate:
        """The factor by which a blind choice misses the lowest loss, geometric mean over the problems."""
        return mean_interval(self.blind(name, problems)).exp()

    def dearer(self, name: Name) -> Estimate:
        """A blind choice's loss over Adam's."""
        return mean_interval(self.blind(name) - self.blind("adam")).exp()

    def winners(self, k: int) -> list[Name]:
        """Who has the lowest tuned loss on problem k; several where they solved it."""
        found = {name: float(self.tuned(name)[0][k].mean()) for name in OPTIMIZERS}
        return [name for name, regret in found.items() if regret <= min(found.values()) + 1e-9]

    def wins(self, name: Name) -> int:
        return sum(name in self.winners(k) for k in range(len(PROBLEMS)))

    @property
    def default_better(self) -> int:
        """On how many problems Adam's default does better than SGD's (geometric mean over seeds)."""
        return int((self.default("adam").mean(axis=1) < self.default("sgd").mean(axis=1)).sum())


def measure(seeds: Sequence[int] = range(5)) -> Measurement:
    """Every optimizer at every rate on every problem."""
    runs = [(problem, name, tuple(seeds)) for name in OPTIMIZERS for problem in PROBLEMS]
    found = np.reshape(sweep(outcome, runs), (len(OPTIMIZERS), len(PROBLEMS), 2, len(seeds), len(POWERS)))
    return Measurement(
        {name: found[k, :, 0] for k, name in enumerate(OPTIMIZERS)},
        {name: found[k, :, 1] for k, name in enumerate(OPTIMIZERS)},
    )


TABLE: Final[tuple[Name, ...]] = ("sgd", "nesterov", "adam")  # whose test accuracy the page shows
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
    n = len(PROBLEMS)
    return [
        Claim(
            id="4.10",
            text=Text("잘 모르면 Adam을 쓴다", "If unsure, use Adam"),
            verdict=verdict,
            finding=Text(
                f"문제 {n}개에서 Adam의 쓸 만한 학습률은 평균 {band.shown()}자릿수, SGD는 {mean_interval(m.band('sgd')).shown()}자릿수입니다. "
                f"다른 문제에서 고른 학습률을 그대로 쓰면 손실은 가장 낮은 것의 {m.costs('adam').shown()}배(SGD {m.costs('sgd').shown()}배)입니다. "
                f"기본 학습률은 {m.default_better}개에서 SGD의 것을 이깁니다. 저마다 조율하면 Adam이 가장 낮은 것은 {m.wins('adam')}개입니다.",
                f"On {n} problems Adam's good rates span {band.shown()} decades on average, SGD's {mean_interval(m.band('sgd')).shown()}. "
                f"At a rate chosen on other problems its loss is {m.costs('adam').shown()} times the lowest (SGD: {m.costs('sgd').shown()}). "
                f"Its default beats SGD's on {m.default_better}. When each is tuned, Adam is lowest on {m.wins('adam')}.",
            ),
            estimate=band,
            unit=Text("자릿수, Adam의 쓸 만한 학습률의 폭", "decades of good rates, Adam"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found: dict[str, str] = {}
    for name in OPTIMIZERS:
        found |= {
            f"band_{name}": mean_interval(m.band(name)).shown(),
            f"costs_{name}": m.costs(name).shown(),
            f"networks_{name}": m.costs(name, NETWORKS).shown(),
            f"wins_{name}": str(m.wins(name)),
            f"tuned_{name}": mean_interval(m.tuned(name)[0].mean(axis=0)).exp().shown(),
        }
    for k, problem in enumerate(PROBLEMS):
        for name in TABLE if np.isfinite(m.right["adam"][k]).all() else ():
            found[f"{problem}_{name}"] = f"{m.tuned(name)[1][k].mean():.1f}"
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
        "least": same(f"{ETAS[0]:.4f}"),
        "most": same(f"{ETAS[-1]:g}"),
        "legs": same(str(sum(legs(m).values()))),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.2, ncols=2, sharey=True, width_ratios=(1.5, 1))
    rng = np.random.default_rng(0)
    for k, name in enumerate(OPTIMIZERS):
        look: dict[str, Any] = {
            "color": LOOKS[name]["color"],
            "marker": LOOKS[name]["marker"],
            "capsize": 3,
            "markersize": 5.5,
        }
        bands = m.bands(name).mean(axis=1)
        left.plot(bands, k + rng.uniform(-0.25, 0.25, len(bands)), ".", color=look["color"], alpha=0.45, markersize=5)
        hollow = look | {"markerfacecolor": style.PAPER}
        for axes, place, found, how in (
            (left, k, mean_interval(m.band(name)), look),
            (right, k - 0.15, m.costs(name), look),
            (right, k + 0.15, m.costs(name, NETWORKS), hollow),
        ):
            low, high = found.value - (found.low or 0), (found.high or 0) - found.value
            axes.errorbar(found.value, place, xerr=[[low], [high]], linewidth=1.6, **how)
    left.set_yticks(range(len(OPTIMIZERS)), [NAMES[name][lang] for name in OPTIMIZERS])
    left.invert_yaxis()
    left.set_xlim(left=-0.1)
    left.set_xlabel(Text("쓸 만한 학습률의 폭 (자릿수)", "band of good rates (decades)")[lang])
    style.log(right.xaxis, [1, 2, 5, 10, 20])
    right.set_xlabel(Text("안 보고 고른 손실 / 최저", "loss, chosen blind / lowest")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    widest = max(OPTIMIZERS, key=lambda name: float(m.band(name).mean()))
    cheapest = min(OPTIMIZERS, key=lambda name: m.costs(name).value)
    among = min(OPTIMIZERS, key=lambda name: m.costs(name, NETWORKS).value)
    rows = "; ".join(
        f"{NAMES[name][lang]} {mean_interval(m.band(name)).shown()}, {m.costs(name).shown()}, {m.costs(name, NETWORKS).shown()}"
        for name in OPTIMIZERS
    )
    n, seeds = len(PROBLEMS), m.best.shape[1]
    return {
        "ko": Words(
            f"띠가 가장 넓은 것은 {NAMES[widest].ko}. 학습률을 안 보고 고를 때 가장 덜 잃는 것은 {NAMES[cheapest].ko}, 신경망끼리는 {NAMES[among].ko}",
            f"왼쪽: 손실이 어느 방법의 것이든 가장 낮은 손실의 {GOOD:g}배 안에 드는 학습률의 폭. 점은 문제 하나({n}개), 표식은 평균. 오른쪽: 나머지 문제에서 가장 좋았던 학습률을 그대로 쓸 때(빈 표식: 그릇을 뺀 여섯 신경망끼리). 막대는 시드 {seeds}개의 95 % 구간.",
            f"폭(자릿수), 안 보고 고른 손실의 배율(모두, 신경망끼리). {rows}.",
        ),
        "en": Words(
            f"{NAMES[widest].en} has the widest band; with a blind choice {NAMES[cheapest].en} loses least, among networks {NAMES[among].en}",
            f"Left: how wide the rates lie whose loss is at most {GOOD:g} times the lowest of any optimizer. Dots are single problems ({n}), marks their mean. Right: at the rate that did best on the other problems (hollow: among the six networks, without bowls). Bars: 95% interval, {seeds} seeds.",
            f"Band (decades), factor lost when chosen blind (all, among networks). {rows}.",
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
