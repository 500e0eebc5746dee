"""Training curves of networks 20 and 50 layers deep, with and without ReLU, BN and skips (claim 2.17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sgd, softmax_cross_entropy
from gradbook import style
from gradbook.ch2_approximation.bn_stack import NAMES, WIDTH, Stack, hidden, stack
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stack import sweep_stacked
from gradbook.stats import Estimate, mean_interval, scientific, significant_decimals
from gradbook.stats import number as printed
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same
from gradbook.together import Start, fit_together

KINDS: tuple[Stack, ...] = ("sigmoid", "sigmoid+BN", "ReLU", "ReLU+BN", "ReLU+skip")
DEPTHS = (20, 50)
ETAS = (0.01, 0.05, 0.2)  # 1 was tried, too, and is the best nowhere
SCREENING = 2  # so many of the seeds run at every rate and choose one; the others run at that one only
BATCH, STEPS, OVER, IMAGES = 64, 100, 10, 128
GUESSING = float(np.log(10))  # the loss of a network that gives every digit the same chance
LEARNS = GUESSING / 2


@dataclass(frozen=True)
class Run:
    kind: Stack
    depth: int
    eta: float
    seed: int


@dataclass(frozen=True)
class Measurement:
    loss: NDArray[
        np.float64
    ]  # minibatch loss, GUESSING once a run has diverged, NaN where not run, (kinds, depths, rates, seeds, steps)
    log_ratio: NDArray[np.float64]  # ln(first over last gradient) before training, (kinds, depths, seeds)

    @property
    def screening(self) -> int:
        """How many seeds ran at every rate."""
        return int(np.isfinite(self.loss).all(axis=(0, 1, 2, 4)).sum())

    def final(self, kind: Stack, depth: int) -> NDArray[np.float64]:
        """Mean loss of the last OVER steps, (rates, seeds)."""
        return np.asarray(self.loss[KINDS.index(kind), DEPTHS.index(depth)][..., -OVER:].mean(axis=-1))

    def best(self, kind: Stack, depth: int) -> int:
        """The rate with the lowest final loss (mean over the seeds that ran at every rate)."""
        return int(np.argmin(self.final(kind, depth)[:, : self.screening].mean(axis=1)))

    def at_best(self, kind: Stack, depth: int) -> Estimate:
        return mean_interval(self.final(kind, depth)[self.best(kind, depth)])

    def ratio(self, kind: Stack, depth: int) -> Estimate:
        return mean_interval(self.log_ratio[KINDS.index(kind), DEPTHS.index(depth)]).exp()

    def learns(self, kind: Stack, depth: int) -> bool:
        """Whether the final loss at the best rate is below half of what guessing costs, whole interval."""
        return self.at_best(kind, depth).below(LEARNS)


def curves(runs: Sequence[Run]) -> list[NDArray[np.float64]]:
    """The loss of every step of each run; they differ only in seed and rate."""
    data, net, starts = digits(), stack(runs[0].kind, runs[0].depth), []
    for run in runs:
        rng = np.random.default_rng([run.seed, run.depth])
        starts.append(Start(net.init(rng), data.x, data.labels, rng, run.eta))
    found = fit_together(net, starts, optimizer=sgd, steps=STEPS, batch_size=BATCH)
    return [np.fmax(own.loss, GUESSING) if own.diverged else own.loss for own in found]  # fmax: of NaN, too


def log_ratio(place: tuple[Stack, int, int]) -> float:
    """ln of the first-to-last ratio of gradients before training of a kind, a depth and a seed."""
    kind, depth, seed = place
    data, net, rng = digits(), stack(kind, depth), np.random.default_rng([seed, depth])
    hs, back = net.trace(net.init(rng).astype(np.float64), data.x[:IMAGES], train=True)
    dhs, _ = back(softmax_cross_entropy(hs[-1], data.labels[:IMAGES])[1]())
    first, last = (np.linalg.norm(dhs[hidden(net)[k]]) for k in (0, -1))
    return float(np.log(first / last))


def measure(seeds: Sequence[int] = range(5), etas: Sequence[float] = ETAS, screening: int = SCREENING) -> Measurement:
    """Every kind and depth over the same seeds: the first ones at every rate, the others at the rate best for those."""
    cases = list(product(range(len(KINDS)), range(len(DEPTHS))))
    loss = np.full((len(KINDS), len(DEPTHS), len(etas), len(seeds), STEPS), np.nan)
    ratios = np.reshape(sweep(log_ratio, list(product(KINDS, DEPTHS, seeds))), (len(KINDS), len(DEPTHS), len(seeds)))

    def run(places: list[tuple[int, int, int, int]]) -> None:
        runs = [Run(KINDS[k], DEPTHS[d], etas[e], seeds[s]) for k, d, e, s in places]
        found = sweep_stacked(curves, runs, lambda run: (run.kind, run.depth))
        for place, losses in zip(places, found, strict=True):
            loss[place] = losses

    first, others = range(len(seeds))[:screening], range(len(seeds))[screening:]
    run([(k, d, e, s) for k, d in cases for e in range(len(etas)) for s in first])
    screened = Measurement(loss[:, :, :, : len(first)], ratios)
    run([(k, d, screened.best(KINDS[k], DEPTHS[d]), s) for k, d in cases for s in others])
    return Measurement(loss, ratios)


def judge(m: Measurement) -> list[Claim]:
    arrives = all(m.ratio("ReLU+BN", depth).above(0.01) for depth in DEPTHS)
    learned = [m.learns("ReLU+BN", depth) for depth in DEPTHS]
    verdict: Verdict = "does-not-hold"
    if arrives and any(learned):
        verdict = "holds" if all(learned) else "holds-if"
    shallow, deep = DEPTHS
    small, large = (m.ratio("ReLU+BN", depth) for depth in DEPTHS)
    losses = [m.at_best("ReLU+BN", depth) for depth in DEPTHS]
    return [
        Claim(
            id="2.17",
            text=Text(
                "ReLU와 배치 정규화를 함께 쓰면 기울기 소실을 효율적으로 막을 수 있다",
                "ReLU and batch normalization together beat the vanishing gradient efficiently",
            ),
            verdict=verdict,
            finding=Text(
                f"기울기는 사라지지 않고, 은닉층 {shallow}개에서 {small.value:,.0f}배, {deep}개에서 {large.value:,.0f}배로 커집니다. "
                f"저마다 가장 좋은 학습률에서 {STEPS}걸음 뒤의 손실은 차례로 {losses[0].number()}, {losses[1].number()}입니다(찍으면 {GUESSING:.2f}).",
                f"The gradient does not vanish but grows: {small.value:,.0f} times through {shallow} hidden layers, {large.value:,.0f} times through {deep}. "
                f"At the best rate the loss after {STEPS} steps is {losses[0].number()} and {losses[1].number()} (guessing: {GUESSING:.2f}).",
            ),
            estimate=losses[1],
            unit=Text(
                f"손실, ReLU + BN, 은닉층 {deep}개, {STEPS}걸음",
                f"loss, ReLU + BN, {deep} hidden layers, {STEPS} steps",
            ),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    keys: dict[Stack, str] = {
        "sigmoid": "sigmoid", "sigmoid+BN": "sigmoid_bn", "ReLU": "relu", "ReLU+BN": "relu_bn", "ReLU+skip": "relu_skip",
    }  # fmt: skip
    found = {}
    for kind, key in keys.items():
        for depth in DEPTHS:
            found[f"{key}_{depth}"] = same(m.at_best(kind, depth).shown())
        ratio = m.ratio(kind, DEPTHS[-1]).value
        found[f"{key}_ratio_{DEPTHS[-1]}"] = same(
            printed(ratio, significant_decimals(ratio, 2)) if 1e-3 < ratio < 1e4 else scientific(ratio)
        )
    return found | {
        "guessing": same(f"{GUESSING:.2f}"),
        "learns": same(f"{LEARNS:.2f}"),
        "grid": same(", ".join(f"{eta:g}" for eta in ETAS)),
        "steps": same(str(STEPS)),
        "seeds": same(str(m.loss.shape[3])),
    }


LOOKS: dict[Stack, dict[str, object]] = {
    "sigmoid": {"color": style.BLUE, "linestyle": "-", "marker": "o"},
    "sigmoid+BN": {"color": style.BLUE, "linestyle": "--", "marker": "o", "markerfacecolor": style.PAPER},
    "ReLU": {"color": style.ORANGE, "linestyle": "-", "marker": "s"},
    "ReLU+BN": {"color": style.ORANGE, "linestyle": "--", "marker": "s", "markerfacecolor": style.PAPER},
    "ReLU+skip": {"color": style.GREEN, "linestyle": "-.", "marker": "^"},
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.7, ncols=2, sharey=True)
    shown = np.arange(OVER, STEPS + 1)
    for axes, depth in zip(panels, DEPTHS, strict=True):
        for k, (kind, look) in enumerate(LOOKS.items()):
            runs = m.loss[KINDS.index(kind), DEPTHS.index(depth), m.best(kind, depth)]
            smooth = np.stack([np.convolve(run, np.full(OVER, 1 / OVER), "valid") for run in runs])
            axes.plot(shown, smooth.mean(axis=0), markevery=(3 * k, 18), label=NAMES[kind][lang], **look)
            style.band(axes, shown, smooth.min(axis=0), smooth.max(axis=0), str(look["color"]))
        axes.axhline(GUESSING, color=style.INK, linestyle=":", linewidth=1.1)
        axes.set_title(Text(f"은닉층 {depth}개", f"{depth} hidden layers")[lang])
        axes.set_xlabel(Text("학습한 걸음", "training steps")[lang])
        axes.set_ylim(0, 3)
    panels[0].set_ylabel(Text(f"손실 (최근 {OVER}걸음 평균)", f"loss (mean of last {OVER} steps)")[lang])
    made.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    order = {depth: sorted(KINDS, key=lambda kind, d=depth: m.at_best(kind, d).value) for depth in DEPTHS}  # type: ignore[misc]
    first = {depth: NAMES[order[depth][0]][lang] for depth in DEPTHS}
    rows = {
        depth: ", ".join(f"{NAMES[kind][lang]} {m.at_best(kind, depth).value:.2f}" for kind in order[depth])
        for depth in DEPTHS
    }
    shallow, deep = DEPTHS
    bn = [f"{m.at_best('ReLU+BN', depth).value:.2f}" for depth in DEPTHS]
    grid = ", ".join(f"{eta:g}" for eta in ETAS)
    return {
        "ko": Words(
            f"ReLU + BN의 손실: 은닉층 {shallow}개면 {bn[0]}, {deep}개면 {bn[1]}. 가장 낮은 것은 {first[shallow]} ({shallow}개), {first[deep]} ({deep}개)",
            f"손글씨 숫자, 폭 {WIDTH}, SGD, 배치 {BATCH}. 선마다 학습률 {grid} 가운데 시드 {m.screening}개로 잰 마지막 손실의 평균이 가장 낮은 것. 시드 {m.loss.shape[3]}개의 평균과 최소–최대. 점선은 찍을 때의 손실 {GUESSING:.2f}입니다.",
            f"{STEPS}걸음 뒤의 손실. 은닉층 {shallow}개: {rows[shallow]}. {deep}개: {rows[deep]}.",
        ),
        "en": Words(
            f"Loss of ReLU + BN: {bn[0]} with {shallow} hidden layers, {bn[1]} with {deep}. Lowest: {first[shallow]} ({shallow}), {first[deep]} ({deep})",
            f"Digits, width {WIDTH}, SGD, batches of {BATCH}. Each line at the rate out of {grid} whose mean final loss over {m.screening} seeds is lowest; mean of {m.loss.shape[3]} seeds and minimum to maximum. Dotted: the loss of guessing, {GUESSING:.2f}.",
            f"Loss after {STEPS} steps. {shallow} hidden layers: {rows[shallow]}. {deep}: {rows[deep]}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020), "etas": (*ETAS, 1.0), "screening": 20},
    sweeps=True,
)
