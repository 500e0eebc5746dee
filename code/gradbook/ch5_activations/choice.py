"""Does the activation change what is learned? Eleven of them, shallow and deep, each at its own rate and all at one (5.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.looks import NAMES
from gradbook.ch5_activations.stacked import BATCH, CHANCE, WIDTH, Kind, Member, accuracies
from gradbook.ch5_activations.units import Fitted, chi, gain
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, bootstrap_interval, mean_interval, number, scientific
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

type Floats = NDArray[np.float64]

ACTIVATIONS: Final = tuple(NAMES)
DEPTHS: Final = {"shallow": 2, "deep": 8}  # hidden layers
RATES: Final = ("own", "common")
PARTS: Final = ("activation", "seed", "rest")  # to which variance belongs
STEPS: Final = 200
LADDER: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
COMMON: Final = 0.1
TUNING: Final = (9001, 9002)  # seeds that choose the rates, and are used for nothing else
MATTERS: Final = 1.0  # percentage points
type Run = tuple[Kind, tuple[Member, ...]]


@dataclass(frozen=True)
class Measurement:
    test: dict[tuple[str, str], Floats]  # (depth, rates) -> test accuracy in percent, (seeds, activations)
    eta: dict[tuple[str, str], float]  # (depth, activation) -> its own rate

    def gain(self, depth: str, rates: str, name: str) -> Estimate:
        """Test accuracy minus ReLU's, paired by seed."""
        found = self.test[depth, rates]
        return mean_interval(found[:, ACTIVATIONS.index(name)] - found[:, ACTIVATIONS.index("ReLU")])

    def share(self, depth: str, rates: str, without: Sequence[str] = ()) -> Floats:
        """Of the variance of the test accuracy: what belongs to activation, seed and the rest, without some activations."""
        return shares(self.test[depth, rates][:, [k for k, name in enumerate(ACTIVATIONS) if name not in without]])

    def fell(self, depth: str, name: str) -> int:
        """How many seeds ended below half at the activation's own rate."""
        return int((self.test[depth, "own"][:, ACTIVATIONS.index(name)] < 50).sum())

    def differs(self, depth: str, rates: str) -> list[str]:
        """Activations whose difference from ReLU lies with its whole interval beyond MATTERS."""
        gains = {name: self.gain(depth, rates, name) for name in ACTIVATIONS if name != "ReLU"}
        return [name for name, g in gains.items() if g.above(MATTERS) or g.below(-MATTERS)]


def shares(values: Floats) -> Floats:
    """Variance components of a two-way table (seeds, activations) without repetition, as shares of their sum.

    From the mean squares: σ²_act = (MS_act − MS_rest) / seeds, σ²_seed = (MS_seed − MS_rest) / activations and
    σ²_rest = MS_rest; what comes out below 0 counts as 0. A table of one number has no shares: ValueError.
    """
    seeds, names = values.shape
    mean, by_seed, by_name = values.mean(), values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    rest = ((values - by_seed - by_name + mean) ** 2).sum() / ((seeds - 1) * (names - 1))
    of_name = ((by_name - mean) ** 2).sum() / (names - 1) - rest / seeds
    of_seed = ((by_seed - mean) ** 2).sum() / (seeds - 1) - rest / names
    parts = np.maximum([of_name, of_seed, rest], 0)
    if not parts.sum():
        raise ValueError("all values are equal: there is no variance to share")
    return np.asarray(parts / parts.sum())


def outcome(run: Run) -> Floats:
    """Test accuracy of each member, in percent; guessing where training diverged."""
    kind, members = run
    return np.nan_to_num(accuracies(kind, members, STEPS), nan=CHANCE)


def own_rates(kinds: Sequence[Kind]) -> list[float]:
    """For each kind the rate of LADDER with the best mean accuracy over the tuning seeds; of equals the smaller."""
    runs = [(k, tuple(Member(s, Fitted(k.activation), eta) for eta in LADDER for s in TUNING)) for k in kinds]
    return [LADDER[int(found.reshape(len(LADDER), -1).mean(axis=1).argmax())] for found in sweep(outcome, runs)]


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Every activation in both networks, at its own rate and at COMMON."""
    kinds = [Kind(name, layers) for layers in DEPTHS.values() for name in ACTIVATIONS]
    etas = own_rates(kinds)
    runs = [
        (
            kind,
            tuple(
                Member(seed, Fitted(kind.activation), rate) for rate in dict.fromkeys([eta, COMMON]) for seed in seeds
            ),
        )
        for kind, eta in zip(kinds, etas, strict=True)
    ]
    found = [accuracy.reshape(-1, len(seeds)) for accuracy in sweep(outcome, runs)]
    n, test = len(ACTIVATIONS), {}
    for k, depth in enumerate(DEPTHS):
        some = found[k * n : (k + 1) * n]
        test[depth, "own"] = np.stack([of[0] for of in some], axis=1)
        test[depth, "common"] = np.stack([of[-1] for of in some], axis=1)
    eta = {(depth, name): etas[k * n + j] for k, depth in enumerate(DEPTHS) for j, name in enumerate(ACTIVATIONS)}
    return Measurement(test, eta)


def judge(m: Measurement) -> list[Claim]:
    own = {depth: m.differs(depth, "own") for depth in DEPTHS}
    some = any(own.values()) or any(m.differs(depth, "common") for depth in DEPTHS)
    verdict: Verdict = "holds" if all(own.values()) else "holds-if" if some else "does-not-hold"
    others = len(ACTIVATIONS) - 1
    share = bootstrap_interval(m.test["deep", "own"], lambda rows: 100 * float(shares(rows)[0]))
    shallow, rest = (number(100 * x, 0) for x in (m.share("shallow", "own")[0], m.share("deep", "own", ["sigmoid"])[0]))
    return [
        Claim(
            id="5.1",
            text=Text(
                "어떤 활성화 함수를 쓰느냐에 따라 학습 결과가 달라질 수 있다",
                "Which activation one chooses may change the result of learning",
            ),
            verdict=verdict,
            finding=Text(
                f"저마다 맞는 학습률에서 구간 전체로 ReLU와 {MATTERS:g} %p 넘게 다른 활성화 함수는 은닉층 {DEPTHS['shallow']}개에서 {others}개 가운데 {len(own['shallow'])}개, "
                f"{DEPTHS['deep']}개에서 {len(own['deep'])}개입니다. 시험 정확도의 분산에서 활성화 함수의 몫은 얕은 신경망에서 {shallow} %, 깊은 신경망에서 시그모이드를 빼면 {rest} %입니다.",
                f"Each at its own rate, {len(own['shallow'])} of {others} activations differ from ReLU by more than {MATTERS:g} point with their whole interval with {DEPTHS['shallow']} hidden layers, "
                f"{len(own['deep'])} with {DEPTHS['deep']}. The activation's share of the variance of the test accuracy is {shallow}% in the shallow network, and {rest}% in the deep one without the sigmoid.",
            ),
            estimate=share,
            unit=Text(
                f"%, 은닉층 {DEPTHS['deep']}개에서 시험 정확도의 분산 가운데 활성화 함수의 몫",
                f"% of the variance of the test accuracy belong to the activation, {DEPTHS['deep']} hidden layers",
            ),
        )
    ]  # fmt: skip


def key(name: str) -> str:
    return name.lower().replace(" ", "_")


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        "shallow": DEPTHS["shallow"], "deep": DEPTHS["deep"], "width": WIDTH, "batch": BATCH, "steps": STEPS,
        "seeds": len(m.test["deep", "own"]), "lowest": LADDER[0], "highest": LADDER[-1], "common": COMMON, "matters": MATTERS,
    }  # fmt: skip
    shown = {name: same(f"{value:g}") for name, value in found.items()}
    for name in ACTIVATIONS:
        shown[f"gain_{key(name)}"] = same(number(gain(name), 2))
        shown[f"chi_{key(name)}"] = same(number(chi(name), 2))
        for depth in DEPTHS:
            shown[f"eta_{depth}_{key(name)}"] = same(f"{m.eta[depth, name]:g}")
            if name != "ReLU":
                shown[f"{depth}_{key(name)}"] = same(m.gain(depth, "own", name).shown(sign=True))
        if name != "ReLU":
            shown[f"common_{key(name)}"] = same(m.gain("deep", "common", name).shown(sign=True))
    both = m.share("deep", "own", ["sigmoid", "softplus"])
    shown |= {f"both_{part}": same(number(100 * x, 0)) for part, x in zip(PARTS, both, strict=True)}
    shown["fell_maxout"] = same(str(m.fell("deep", "maxout")))
    for name in ("sigmoid", "softplus"):
        shown[f"centered_{name}"] = same(number(chi(name, centered=True), 2))
        shown[f"left_{name}"] = same(scientific(chi(name) ** DEPTHS["deep"]))
    for depth in DEPTHS:
        for rates in RATES:
            for part, share in zip(PARTS, m.share(depth, rates), strict=True):
                shown[f"share_{depth}_{rates}_{part}"] = same(number(100 * share, 0))
            shown[f"share_{depth}_{rates}_without"] = same(number(100 * m.share(depth, rates, ["sigmoid"])[0], 0))
            relu = mean_interval(m.test[depth, rates][:, ACTIVATIONS.index("ReLU")])
            shown[f"relu_{depth}_{rates}"] = same(relu.shown())
    return shown


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.9, ncols=2, sharey=True)
    rows = np.arange(len(ACTIVATIONS))[::-1]
    looks = {"own": style.SERIES[0], "common": style.SERIES[1] | {"markerfacecolor": style.PAPER}}
    for axes, (depth, layers) in zip(panels, DEPTHS.items(), strict=True):
        for rates, shift in (("own", 0.17), ("common", -0.17)):
            look, values = looks[rates] | {"linestyle": "none"}, m.test[depth, rates]
            axes.hlines(rows + shift, values.min(axis=0), values.max(axis=0), color=look["color"], linewidth=1.2)
            axes.plot(values.mean(axis=0), rows + shift, **look)
        axes.set_title(Text(f"은닉층 {layers}개", f"{layers} hidden layers")[lang])
        axes.set_xlabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
        axes.grid(visible=False, axis="y")
    panels[0].set_yticks(rows, [NAMES[name][lang] for name in ACTIVATIONS])
    panels[1].set_xlim(0, 102)
    panels[1].axvline(CHANCE, color=style.INK, linestyle=":", linewidth=1)
    panels[1].text(CHANCE + 2, -0.35, Text("찍기", "guessing")[lang], va="center")
    labels = {
        "own": Text("저마다 맞는 학습률", "each at its own rate"),
        "common": Text(f"모두 {COMMON:g}", f"all at {COMMON:g}"),
    }
    handles = [
        panels[0].plot([], [], **looks[rates] | {"linestyle": "none"}, label=labels[rates][lang])[0] for rates in RATES
    ]
    made.legend(handles=handles, loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.test["deep", "own"])
    low, high = (np.ptp(m.test[depth, "own"].mean(axis=0)) for depth in DEPTHS)

    def means(depth: str) -> str:
        pairs = zip(ACTIVATIONS, m.test[depth, "own"].mean(axis=0), m.test[depth, "common"].mean(axis=0), strict=True)
        return ", ".join(f"{NAMES[name][lang]} {own:.0f} ({common:.0f})" for name, own, common in pairs)

    return {
        "ko": Words(
            f"저마다 맞는 학습률에서 가장 나은 것과 못한 것의 차이: 얕으면 {low:.0f} %p, 깊으면 {high:.0f} %p",
            f"손글씨 숫자, 폭 {WIDTH}, SGD {STEPS}걸음. 점은 시드 {n}개의 평균, 선은 가장 낮은 시드에서 가장 높은 시드까지. 두 그림의 가로축은 눈금이 다릅니다.",
            f"평균 시험 정확도(%), 괄호 안은 모두 {COMMON:g}일 때. 은닉층 {DEPTHS['shallow']}개: {means('shallow')}. {DEPTHS['deep']}개: {means('deep')}.",
        ),
        "en": Words(
            f"Each at its own rate, best and worst differ by {low:.0f} points in the shallow network, by {high:.0f} in the deep one",
            f"Digits, width {WIDTH}, {STEPS} steps of SGD. Marks: mean of {n} seeds; lines: from the lowest seed to the highest. The two panels have different scales.",
            f"Mean test accuracy (%), in parentheses with all at {COMMON:g}. {DEPTHS['shallow']} hidden layers: {means('shallow')}. {DEPTHS['deep']}: {means('deep')}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words), sweeps=True
)
