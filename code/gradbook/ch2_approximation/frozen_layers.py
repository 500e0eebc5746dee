"""Deep sigmoid nets with their early layers frozen, against the same nets fully trained, and shallow ones (claim 2.9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Layer, Network, accuracy, adam, sgd, sigmoid, xavier_normal
from gradbook import style
from gradbook.data import Split, digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stack import sweep_stacked
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same
from gradbook.together import Start, fit_together

Arm = Literal["frozen", "trained", "adam"]
ARMS: tuple[Arm, ...] = ("frozen", "trained", "adam")
DEPTHS, WIDTH = (1, 2, 3, 4, 6), 32
STEPS, BATCH, EXAMPLES = 500, 50, 1297
# 8 was tried for SGD, too, and 0.003 for Adam: neither is the best anywhere
RATES: dict[Arm, tuple[float, ...]] = {"frozen": (0.5, 2.0), "trained": (0.5, 2.0), "adam": (0.01, 0.03)}
MORE_RATES: dict[Arm, tuple[float, ...]] = {"frozen": (0.5, 2.0, 8.0), "trained": (0.5, 2.0, 8.0), "adam": (0.003, 0.01, 0.03)}  # fmt: skip
TUNING = (9001, 9002)  # seeds that choose the rate, and are used for nothing else
PATIENCE, PATIENT_DEPTH, PATIENT_ETA = 4, 4, 2.0  # is it stuck, or slow?
CHANCE = 10.0  # percent: ten classes


@dataclass(frozen=True)
class Run:
    arm: Arm
    depth: int
    eta: float
    seed: int
    longer: int = 1


def begin(run: Run) -> tuple[Network, Start, Split]:
    """What is trained, from where, and the digits as it sees them. Frozen: all hidden layers but the last stay as they
    were drawn; with one hidden layer none is frozen.
    """
    rng = np.random.default_rng(run.seed)
    seen = digits().drawn(EXAMPLES, rng)
    layers: list[Layer] = []
    for fan_in in [64] + [WIDTH] * (run.depth - 1):
        layers += [Dense(fan_in, WIDTH, xavier_normal), Activation(sigmoid)]
    layers.append(Dense(WIDTH, 10, xavier_normal))
    theta = Network(layers).init(rng)
    if kept := 2 * (run.depth - 1) if run.arm == "frozen" else 0:
        below = Network(layers[:kept])  # what frozen layers hand on never changes, so it is found once
        x, x_test = (below(theta[: below.size], x)[0] for x in (seen.x, seen.x_test))
        seen, theta = replace(seen, x=x, x_test=x_test), theta[below.size :]
    return Network(layers[kept:]), Start(theta, seen.x, seen.labels, rng, run.eta), seen


def shape(run: Run) -> tuple[bool, int, int]:
    """What runs must have in common to be trained together: all frozen ones train two layers."""
    return run.arm == "adam", 0 if run.arm == "frozen" and run.depth > 1 else run.depth, run.longer


def outcomes_together(runs: Sequence[Run]) -> list[tuple[float, float, float]]:
    """(test accuracy in percent, mean loss of the last steps, how far the first layer's weights moved relative to
    their length) of each run; they are of one shape.
    """
    nets, starts, seen = zip(*map(begin, runs), strict=True)
    found = fit_together(nets[0], starts, optimizer=adam if runs[0].arm == "adam" else sgd,
                         steps=STEPS * runs[0].longer, batch_size=BATCH)  # fmt: skip
    first, results = slice(0, 64 * WIDTH), []
    for run, start, split, fitted in zip(runs, starts, seen, found, strict=True):
        if fitted.diverged:
            results.append((CHANCE, float("inf"), float("nan")))
            continue
        moved = 0.0
        if run.arm != "frozen" or run.depth == 1:
            before, after = start.theta[first], fitted.theta[first]
            moved = float(np.linalg.norm(after - before) / np.linalg.norm(before))
        scores, _ = nets[0](fitted.theta, split.x_test)
        results.append((100 * accuracy(scores, split.labels_test), float(fitted.loss[-50:].mean()), moved))
    return results


def outcome(run: Run) -> tuple[float, float, float]:
    return outcomes_together([run])[0]


@dataclass(frozen=True)
class Measurement:
    accuracy: dict[Arm, NDArray[np.float64]]  # on test digits, in percent, (depths, seeds)
    moved: dict[Arm, NDArray[np.float64]]
    eta: dict[Arm, tuple[float, ...]]  # the rate chosen at each depth
    patient: dict[Arm, NDArray[np.float64]]  # accuracy after PATIENCE times the steps at PATIENT_DEPTH, (seeds,)

    def early(self, depth: int) -> Estimate:
        """What learning in the early layers brings with SGD: trained minus frozen, paired by seed."""
        k = DEPTHS.index(depth)
        return mean_interval(self.accuracy["trained"][k] - self.accuracy["frozen"][k])

    def deeper(self, arm: Arm, depth: int) -> Estimate:
        """What depth brings: the deep net minus the one with a single hidden layer, paired by seed."""
        return mean_interval(self.accuracy[arm][DEPTHS.index(depth)] - self.accuracy[arm][0])


def outcomes(runs: Sequence[Run]) -> NDArray[np.float64]:
    """(runs, 3): each net once, since with one hidden layer none is frozen and two arms are the same."""
    own = [replace(run, arm="trained") if (run.arm, run.depth) == ("frozen", 1) else run for run in runs]
    once = list(dict.fromkeys(own))
    found = dict(zip(once, sweep_stacked(outcomes_together, once, shape), strict=True))
    return np.array([found[run] for run in own])


def measure(
    seeds: Sequence[int] = range(8), longer: int = 1, rates: Mapping[Arm, Sequence[float]] = RATES
) -> Measurement:
    """Digits; at each depth each arm has the rate of its grid that gave the lowest training loss on two other seeds."""
    settings = [(arm, depth) for arm in ARMS for depth in DEPTHS]
    grid = [(arm, depth, eta) for arm, depth in settings for eta in rates[arm]]
    tried = outcomes([Run(*setting, seed, longer) for setting in grid for seed in TUNING])
    losses = tried[:, 1].reshape(len(settings), -1, len(TUNING)).mean(axis=2)
    eta = {s: rates[s[0]][int(np.argmin(row))] for s, row in zip(settings, losses, strict=True)}
    runs = [Run(arm, depth, eta[arm, depth], seed, longer) for arm, depth in settings for seed in seeds]
    found = np.reshape(outcomes(runs), (len(ARMS), len(DEPTHS), len(seeds), 3))
    patient: dict[Arm, NDArray[np.float64]] = {}
    for arm in ARMS[:2]:
        runs = [Run(arm, PATIENT_DEPTH, PATIENT_ETA, seed, PATIENCE * longer) for seed in seeds]
        patient[arm] = outcomes(runs)[:, 0]
    return Measurement(
        patient=patient,
        accuracy={arm: found[i, :, :, 0] for i, arm in enumerate(ARMS)},
        moved={arm: found[i, :, :, 2] for i, arm in enumerate(ARMS)},
        eta={arm: tuple(eta[arm, depth] for depth in DEPTHS) for arm in ARMS},
    )


def useless(m: Measurement, depth: int) -> bool:
    """At this depth, with SGD, neither learning in the early layers nor depth itself brings anything."""
    return not m.early(depth).above(0) and not m.deeper("trained", depth).above(0)


def judge(m: Measurement) -> list[Claim]:
    deep = DEPTHS[1:]
    stuck = [useless(m, depth) for depth in deep]
    verdict: Verdict = "holds" if all(stuck) else "holds-if" if any(stuck) else "does-not-hold"
    middle, last = m.early(3), m.early(DEPTHS[-1])
    four = m.deeper("adam", 4)
    later = mean_interval(m.patient["trained"])
    return [
        Claim(
            id="2.9",
            text=Text(
                "기울기가 0이면 W가 제자리걸음을 해서 깊은 구조의 효과를 전혀 보지 못한다",
                "With a gradient of zero W stays put, so depth brings nothing",
            ),
            verdict=verdict,
            finding=Text(
                f"SGD에서 앞쪽 층의 학습은 은닉층 3개일 때 정확도를 {middle.number(sign=True)} %p, {DEPTHS[-1]}개일 때 {last.number(sign=True)} %p 바꿉니다. "
                f"은닉층 4개에서도 {PATIENCE}배 오래 학습시키면 {later.number()} %를 맞힙니다. Adam을 쓰면 은닉층 4개와 1개의 차이는 {four.number(sign=True)} %p입니다.",
                f"With SGD, learning in the early layers changes accuracy by {middle.number(sign=True)} points at 3 hidden layers and {last.number(sign=True)} at {DEPTHS[-1]}. "
                f"Even 4 hidden layers get {later.number()}% right after {PATIENCE} times the steps. With Adam, 4 hidden layers differ from a single one by {four.number(sign=True)} points.",
            ),
            estimate=middle,
            unit=Text(
                "%p, 앞쪽 층을 학습 − 고정, 은닉층 3개", "percentage points, early layers trained − frozen, 3 hidden layers"
            ),
            shown=same(middle.shown(sign=True)),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    def accuracy(arm: Arm, depth: int) -> Text:
        return same(mean_interval(m.accuracy[arm][DEPTHS.index(depth)]).shown())

    def moved(depth: int) -> Text:
        return same(percent(100 * float(np.nanmean(m.moved["trained"][DEPTHS.index(depth)]))))

    stuck = [depth for depth in DEPTHS[1:] if useless(m, depth)]
    return {
        "trained_4": accuracy("trained", 4),
        "adam_4": accuracy("adam", 4),
        "adam_6": accuracy("adam", 6),
        "early_2": same(m.early(2).shown(sign=True)),
        "early_3": same(m.early(3).shown(sign=True)),
        "deeper_adam_4": same(m.deeper("adam", 4).shown(sign=True)),
        "moved_trained_3": moved(3),
        "moved_trained_6": moved(6),
        "patient_trained": same(mean_interval(m.patient["trained"]).shown()),
        "patient_frozen": same(mean_interval(m.patient["frozen"]).shown()),
        "patience": same(str(PATIENCE)),
        "patient_steps": same(f"{PATIENCE * STEPS:,}"),
        "patient_depth": same(str(PATIENT_DEPTH)),
        "patient_eta": same(f"{PATIENT_ETA:g}"),
        "stuck_from": same(str(stuck[0]) if stuck else "—"),
        "grid_sgd": same(", ".join(f"{rate:g}" for rate in RATES["trained"])),
        "grid_adam": same(", ".join(f"{rate:g}" for rate in RATES["adam"])),
        "steps": same(str(STEPS)),
        "width": same(str(WIDTH)),
        "seeds": same(str(m.accuracy["trained"].shape[1])),
        "deepest": same(str(DEPTHS[-1])),
    }


def percent(x: float) -> str:
    return f"{x:.0f}" if x >= 10 else f"{x:.2g}"


LABELS: dict[Arm, Text] = {
    "frozen": Text("SGD, 앞쪽 층 고정", "SGD, early layers frozen"),
    "trained": Text("SGD, 모두 학습", "SGD, all layers trained"),
    "adam": Text("Adam, 모두 학습", "Adam, all layers trained"),
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.7)
    lines = {
        "frozen": {"color": style.MUTED, "marker": "x", "linestyle": ":"},
        "trained": style.SERIES[0],
        "adam": style.SERIES[0] | {"marker": "D", "linestyle": "--", "markerfacecolor": "none"},
    }
    for shift, (arm, line) in zip((-0.06, 0, 0.06), lines.items(), strict=True):
        values = m.accuracy[arm]  # type: ignore[index]
        places = np.array(DEPTHS) + shift
        axes.plot(np.repeat(places, values.shape[1]), values.ravel(), ".", color=line["color"], alpha=0.3, markersize=3)
        axes.plot(places, values.mean(axis=1), label=LABELS[arm][lang], **line)  # type: ignore[index]
    axes.axhline(CHANCE, color=style.INK, linestyle=":", linewidth=1.2)
    axes.annotate(Text("찍기", "guessing")[lang], (5, CHANCE), xytext=(0, 4), textcoords="offset points", ha="center")
    axes.set_ylim(0, 102)
    axes.set_xticks(DEPTHS)
    axes.set_xlabel(Text("은닉층의 수", "hidden layers")[lang])
    axes.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = m.accuracy["trained"].shape[1]
    means = {arm: ", ".join(f"{x:.0f}" for x in m.accuracy[arm].mean(axis=1)) for arm in ARMS}
    three = m.early(3)
    ko = ", ".join(map(str, DEPTHS))
    return {
        "ko": Words(
            f"은닉층 3개에서는 앞쪽 층의 학습이 정확도를 {three.number(sign=True)} %p 바꿉니다. 더 깊은 곳은 다릅니다",
            f"시그모이드, 폭 {WIDTH}, 손글씨 숫자, {STEPS}걸음. 고정: 마지막 은닉층을 뺀 은닉층을 초깃값 그대로 둡니다. 학습률은 깊이마다 후보 가운데서 고릅니다. 점은 시드 하나({n}개), 선은 평균.",
            f"은닉층 {ko}개에서 평균 시험 정확도(%). SGD 앞쪽 고정: {means['frozen']}. SGD 모두 학습: {means['trained']}. Adam: {means['adam']}.",
        ),
        "en": Words(
            f"At 3 hidden layers learning in the early ones changes accuracy by {three.number(sign=True)} points; how much depends on the depth",
            f"Sigmoid, width {WIDTH}, digits, {STEPS} steps. Frozen: all hidden layers but the last stay as drawn. The rate is chosen from a grid at each depth. Dots are single seeds ({n}), lines their mean.",
            f"Mean test accuracy (%) at {ko} hidden layers. SGD, early layers frozen: {means['frozen']}. SGD, all trained: {means['trained']}. Adam: {means['adam']}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020), "longer": 10, "rates": MORE_RATES},
    sweeps=True,
)
