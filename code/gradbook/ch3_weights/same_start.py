"""All weights at 0, or all at one other value: what a hidden layer of twins learns of digits (claims 3.1 and 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Diverged, accuracy, constant, xavier_normal
from gradbook import style
from gradbook.ch3_weights.alike import (
    ACTIVATIONS,
    CLASSES,
    INPUTS,
    NAMES,
    WIDTH,
    Name,
    kinds,
    one_layer,
    span,
    split,
    trained,
    units,
    updates,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

Start = float | str  # all weights at this value, or:
SINGLE, RANDOM = "one unit", "random"  # Xavier's weights, with a single hidden unit and with WIDTH of them
ZERO, CONSTANTS = 0.0, (-0.1, 0.1, 1.0)
STARTS: tuple[Start, ...] = (ZERO, *CONSTANTS, SINGLE, RANDOM)
STEPS, PATIENCE, PATIENT_SEEDS = 200, 5, 5
RATES: dict[Name, tuple[float, ...]] = {
    "sigmoid": (0.5, 2.0, 8.0),
    "tanh": (0.1, 0.3, 1.0, 3.0),
    "ReLU": (0.1, 0.3, 1.0, 3.0),
}
TUNING = (9001, 9002)  # seeds that choose the rate, and are used for nothing else
CLEAR = 10.0  # points: what counts as clearly below the random start
CHANCE = 100 / CLASSES


@dataclass(frozen=True)
class Run:
    name: Name
    start: Start
    eta: float
    seed: int
    longer: int = 1


def outcome(run: Run) -> tuple[float, float, int]:
    """(test accuracy in percent, mean loss of the last steps, how many different hidden units) in the end."""
    rng = np.random.default_rng(run.seed)
    chosen = split(rng)
    init = xavier_normal if isinstance(run.start, str) else constant(run.start)
    net = one_layer(run.name, init, width=1 if run.start == SINGLE else WIDTH)
    theta = net.init(rng, dtype=np.float64)
    try:
        found = trained(net, theta, chosen, rng, run.eta, STEPS * run.longer)
    except Diverged:
        return CHANCE, float("inf"), 0
    scores, _ = net(found.theta, chosen.x_test)
    return (
        100 * accuracy(scores, chosen.labels_test),
        float(found.history["loss"][-50:].mean()),
        kinds(units(net, found.theta)),
    )


@dataclass(frozen=True)
class Measurement:
    accuracy: dict[Name, NDArray[np.float64]]  # on test digits, in percent, (starts, seeds)
    kinds: dict[Name, NDArray[np.int64]]  # different hidden units after training, (starts, seeds)
    eta: dict[Name, tuple[float, ...]]  # the rate chosen for each start
    patient: dict[Name, NDArray[np.float64]]  # accuracy from CONSTANTS[1] after PATIENCE times the steps
    updates: dict[int, tuple[int, ...]]  # hidden layers -> different values in each layer's first step (tanh, 0.1)

    def gap(self, name: Name, start: Start) -> Estimate:
        """This start minus the random one, paired by seed."""
        found = self.accuracy[name]
        return mean_interval(found[STARTS.index(start)] - found[STARTS.index(RANDOM)])

    def mean(self, name: Name, start: Start) -> Estimate:
        return mean_interval(self.accuracy[name][STARTS.index(start)])

    def different(self, starts: Sequence[Start]) -> NDArray[np.int64]:
        """How many different hidden units there are after training from these starts, in every net."""
        return np.array([self.kinds[name][STARTS.index(start)] for name in self.kinds for start in starts])

    def nearest(self, starts: Sequence[Start]) -> tuple[Name, Start]:
        """The activation and start that come closest to the random start."""
        return max(((name, start) for name in self.accuracy for start in starts), key=lambda at: self.gap(*at).value)

    def spoilt(self, name: Name, start: Start) -> bool:
        """Its units stay twins to the last bit, and it ends clearly below the random start."""
        return bool((self.kinds[name][STARTS.index(start)] == 1).all()) and self.gap(name, start).below(-CLEAR)


def measure(seeds: Sequence[int] = range(10), longer: int = 1) -> Measurement:
    """Digits, float64; each activation and start has the rate of its grid with the lowest training loss on two other
    seeds. A seed gives all starts the same split and the same order of minibatches.
    """
    settings = [(name, start) for name in ACTIVATIONS for start in STARTS]
    grid = [(name, start, eta) for name, start in settings for eta in RATES[name]]
    tried = np.array(sweep(outcome, [Run(*setting, seed, longer) for setting in grid for seed in TUNING]))
    losses = dict(zip(grid, tried[:, 1].reshape(-1, len(TUNING)).mean(axis=1), strict=True))
    eta = {at: min(RATES[at[0]], key=lambda rate, at=at: losses[*at, rate]) for at in settings}  # type: ignore[misc]
    found = np.reshape(
        sweep(outcome, [Run(*at, eta[at], seed, longer) for at in settings for seed in seeds]),
        (len(ACTIVATIONS), len(STARTS), len(seeds), 3),
    )
    start = CONSTANTS[1]
    patient: dict[Name, NDArray[np.float64]] = {}
    for name in ACTIVATIONS:
        runs = [Run(name, start, eta[name, start], seed, PATIENCE * longer) for seed in seeds[:PATIENT_SEEDS]]
        patient[name] = np.array(sweep(outcome, runs))[:, 0]
    return Measurement(
        accuracy={name: found[k, :, :, 0] for k, name in enumerate(ACTIVATIONS)},
        kinds={name: found[k, :, :, 2].astype(np.int64) for k, name in enumerate(ACTIVATIONS)},
        eta={name: tuple(eta[name, start] for start in STARTS) for name in ACTIVATIONS},
        patient=patient,
        updates={hidden: updates("tanh", start, hidden) for hidden in (1, 2)},
    )


def judge(m: Measurement) -> list[Claim]:
    zero = [m.spoilt(name, ZERO) for name in m.accuracy]
    others = [m.spoilt(name, start) for name in m.accuracy for start in CONSTANTS]
    one_update = all(n == 1 for layers in m.updates.values() for n in layers)
    verdict_zero: Verdict = "holds" if all(zero) else "holds-if" if any(zero) else "does-not-hold"
    verdict_any: Verdict = "does-not-hold" if not any(others) else "holds" if all(others) and one_update else "holds-if"
    name, start = m.nearest(CONSTANTS)
    best_zero, _ = m.nearest([ZERO])
    gap_zero, gap = m.gap(best_zero, ZERO), m.gap(name, start)
    zeros = ", ".join(f"{NAMES[n].ko} {m.mean(n, ZERO).number()} %" for n in m.accuracy)
    zeros_en = ", ".join(f"{NAMES[n].en} {m.mean(n, ZERO).number()}%" for n in m.accuracy)
    first, last, middle = m.updates[1][0], m.updates[1][-1], m.updates[2][1]
    return [
        Claim(
            id="3.1",
            text=Text("가중치의 초깃값을 0으로 하면 학습이 올바르게 진행되지 않는다", "With zero initial weights learning does not go right"),
            verdict=verdict_zero,
            finding=Text(
                f"0에서 출발한 은닉 뉴런 {WIDTH}개는 학습이 끝날 때 {span(m.different([ZERO]))}가지이고, 시험 정확도는 {zeros}입니다. 무작위 초깃값과의 차이는 가장 작은 {NAMES[best_zero].ko}에서 {gap_zero.number(sign=True)} %p입니다.",
                f"{WIDTH} hidden units that started at zero end as {span(m.different([ZERO]))} (counting equal ones once); test accuracy: {zeros_en}. The smallest difference from a random start is that of {NAMES[best_zero].en}, {gap_zero.number(sign=True)} points.",
            ),
            estimate=gap_zero,
            unit=Text(f"%p, 0 − 무작위 ({NAMES[best_zero].ko})", f"percentage points, zero − random ({NAMES[best_zero].en})"),
            shown=same(gap_zero.shown(sign=True)),
        ),
        Claim(
            id="3.2",
            text=Text(
                "가중치를 어떤 값이든 하나로 통일하면 안 된다. 모든 가중치가 똑같이 갱신되기 때문이다",
                "Any one value for all weights is as bad, because all weights receive the same update",
            ),
            verdict=verdict_any,
            finding=Text(
                f"상수 {len(CONSTANTS)}가지에서 은닉 뉴런은 끝까지 {span(m.different(CONSTANTS))}가지이고, 무작위 초깃값과의 차이는 가장 작은 곳이 {gap.number(sign=True)} %p입니다. 똑같이 갱신되는 것은 쌍둥이의 짝이 되는 가중치끼리입니다. 첫걸음에서 한 층의 갱신은 입력 쪽에서 {first}가지, 출력 쪽에서 {last}가지, 은닉층과 은닉층 사이에서 {middle}가지입니다.",
                f"{WIDTH} hidden units that started at one of {len(CONSTANTS)} constants end as {span(m.different(CONSTANTS))} (counting equal ones once), and the smallest difference from a random start is {gap.number(sign=True)} points. What receives the same update is the corresponding weights of twins: in the first step a layer's updates have {first} different values next to the input, {last} next to the output, {middle} between hidden layers.",
            ),
            estimate=gap,
            unit=Text(f"%p, 상수 − 무작위 (가장 작은 차이: {NAMES[name].ko}, {printed(start)})", f"percentage points, constant − random (smallest: {NAMES[name].en}, {printed(start)})"),
            shown=same(gap.shown(sign=True)),
        ),
    ]  # fmt: skip


def printed(start: Start) -> str:
    return start if isinstance(start, str) else f"{start:g}".replace("-", "−")


KEYS: dict[Start, str] = {0.0: "zero", -0.1: "minus", 0.1: "tenth", 1.0: "one", SINGLE: "single", RANDOM: "random"}


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        f"{name.lower()}_{KEYS[s]}": same(m.mean(name, s).shown()) for name in m.accuracy for s in (0.1, 1.0, SINGLE)
    }
    told: list[tuple[Name, Start]] = [("sigmoid", ZERO), ("tanh", ZERO), ("ReLU", -0.1), ("sigmoid", RANDOM)]
    found |= {f"{name.lower()}_{KEYS[start]}": same(m.mean(name, start).shown()) for name, start in told}
    found |= {f"patient_{name.lower()}": same(mean_interval(x).shown()) for name, x in m.patient.items()}
    first, last = m.updates[1]
    return found | {
        "first": same(str(first)),
        "last": same(str(last)),
        "middle": same(str(m.updates[2][1])),
        "weights_first": same(f"{INPUTS * WIDTH:,}"),
        "weights_middle": same(f"{WIDTH**2:,}"),
        "kinds_zero": same(span(m.different([ZERO]))),
        "width": same(str(WIDTH)),
        "steps": same(str(STEPS)),
        "patience": same(str(PATIENCE)),
        "patient_seeds": same(str(len(m.patient["tanh"]))),
        "seeds": same(str(m.accuracy["tanh"].shape[1])),
        "grid_sigmoid": same(", ".join(f"{rate:g}" for rate in RATES["sigmoid"])),
        "grid": same(", ".join(f"{rate:g}" for rate in RATES["tanh"])),
    }


def rows(lang: Lang) -> list[str]:
    single = Text("뉴런 하나,\n무작위", "one unit,\nrandom")[lang]
    every = Text(f"뉴런 {WIDTH}개,\n무작위", f"{WIDTH} units,\nrandom")[lang]
    return [*(Text(f"모두 {printed(s)}", f"all {printed(s)}")[lang] for s in (ZERO, *CONSTANTS)), single, every]


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(4.0)
    for shift, line, (name, values) in zip((-0.24, 0, 0.24), style.SERIES, m.accuracy.items(), strict=False):
        places = np.arange(len(STARTS)) + shift
        axes.plot(values.ravel(), np.repeat(places, values.shape[1]), ".", color=line["color"], alpha=0.3, markersize=3)
        axes.plot(values.mean(axis=1), places, color=line["color"], marker=line["marker"], linestyle="",
                  label=NAMES[name][lang])  # fmt: skip
    axes.axvline(CHANCE, color=style.INK, linestyle=":", linewidth=1.2)
    axes.set_yticks(range(len(STARTS)), rows(lang))
    axes.set_ylim(len(STARTS) - 0.5, -0.5)
    axes.set_xlim(0, 102)
    axes.set_xlabel(Text("시험 정확도 (%)   ·····  찍기", "test accuracy (%)   ·····  guessing")[lang])
    made.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = m.accuracy["tanh"].shape[1]
    twins = [m.mean(name, start).value for name in m.accuracy for start in (ZERO, *CONSTANTS)]
    singles = [m.mean(name, SINGLE).value for name in m.accuracy]
    random = [m.mean(name, RANDOM).value for name in m.accuracy]
    best, one, low = f"{max(twins):.0f}", f"{max(singles):.0f}", f"{min(random):.0f}"
    means = "; ".join(
        f"{NAMES[name][lang]}: {', '.join(f'{x:.0f}' for x in values.mean(axis=1))}"
        for name, values in m.accuracy.items()
    )
    return {
        "ko": Words(
            f"쌍둥이 {WIDTH}개는 평균 {best} %를 넘지 못합니다. 무작위로 출발하면 평균 {low} % 이상입니다",
            f"손글씨 숫자, 은닉층 하나(폭 {WIDTH}), {STEPS}걸음, float64. 모두 c: 모든 가중치가 c에서, 편향은 0에서 출발. 학습률은 저마다 후보 가운데서 고릅니다. 작은 점은 시드 하나({n}개), 큰 표식은 평균. 무작위로 출발한 뉴런 하나는 평균 {one} %까지입니다.",
            f"위에서부터 0, −0.1, 0.1, 1, 뉴런 하나, 무작위의 평균 시험 정확도(%). {means}.",
        ),
        "en": Words(
            f"{WIDTH} twins get no more than {best}% right on average; a random start {low}% or more",
            f"Digits, one hidden layer (width {WIDTH}), {STEPS} steps, float64. All c: all weights start at c, biases at 0. Each has the best rate of a grid. Dots are single seeds ({n}), large marks their mean. A single unit with a random start gets up to {one}%.",
            f"Mean test accuracy (%) from top to bottom: zero, −0.1, 0.1, 1, one unit, random. {means}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020), "longer": 10},
    sweeps=True,
)
