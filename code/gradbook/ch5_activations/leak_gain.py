"""Does a leak help? Leaky ReLUs against ReLU, at a good rate and at one that kills ReLUs (claim 5.12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch5_activations.half_planes import (
    BATCH,
    DEPTH,
    ETAS,
    LEAKS,
    RELU,
    STEPS,
    WIDTH,
    Floats,
    Kind,
    Outcome,
    chosen,
    outcomes,
    tuned,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.memo import recall
from gradbook.stats import Estimate, mean_interval, number
from gradbook.text import Lang, Text, Verdict, same

KILLED: Final = 20.0  # percent of dead ReLUs from which on a rate is one that kills
USUAL: Final = 0.01


@dataclass(frozen=True)
class Measurement:
    found: dict[Kind, Outcome]

    @property
    def killing(self) -> int:
        """The lowest rate that leaves KILLED percent of the ReLUs dead; if none does, the highest."""
        dead = self.found[RELU].dead.mean(axis=0)
        return int(np.argmax(dead >= KILLED)) if (dead >= KILLED).any() else len(ETAS) - 1

    def of(self, leak: float, killing: bool) -> Floats:
        """Test accuracy in percent, (seeds,): at the killing rate, or at the one that did best."""
        found = self.found[Kind(leak)]
        return found.right[:, self.killing] if killing else tuned(found)

    def gain(self, leak: float, killing: bool) -> Estimate:
        """Against ReLU, paired by seed, in points."""
        return mean_interval(self.of(leak, killing) - self.of(0.0, killing))

    def lost(self, leak: float, what: str) -> Estimate:
        """Percent of the hidden units that are dead, or of the networks that burst, at the killing rate."""
        return mean_interval(getattr(self.found[Kind(leak)], what)[:, self.killing])

    @property
    def dead(self) -> float:
        """The largest percentage of dead units of any leaky network, at any rate."""
        return max(float(self.found[Kind(leak)].dead.max()) for leak in LEAKS[1:])


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """All leaks at all rates."""
    found = recall(outcomes, seeds=seeds)
    return Measurement({kind: one for kind, one in found.items() if not kind.maxout})


def judge(m: Measurement) -> list[Claim]:
    usual = m.gain(USUAL, True)
    verdict: Verdict = "does-not-hold" if m.dead > 0 else "holds" if usual.above(0) else "holds-if"
    eta, good = ETAS[m.killing], m.gain(USUAL, False)
    largest = LEAKS[-1]
    return [
        Claim(
            id="5.12",
            text=Text("Leaky ReLU는 ReLU가 음수 쪽에서 포화하는 문제를 해결한다", "Leaky ReLU cures ReLU's saturation on the negative side"),
            verdict=verdict,
            finding=Text(
                f"죽은 유닛은 하나도 없습니다. 그러나 ReLU의 {m.lost(0.0, 'dead').number()} %가 죽는 η = {eta:g}에서 0.01만큼 새는 신경망의 정확도는 ReLU와 "
                f"{usual.shown(sign=True)} %p, {largest:g}만큼 새는 신경망은 {m.gain(largest, True).shown(sign=True)} %p 다릅니다.",
                f"No unit is dead. But at η = {eta:g}, which kills {m.lost(0.0, 'dead').number()}% of the ReLUs, accuracy with a leak of 0.01 differs from ReLU's "
                f"by {usual.shown(sign=True)} points, with one of {largest:g} by {m.gain(largest, True).shown(sign=True)}.",
            ),
            estimate=good,
            unit=Text("%p, a = 0.01의 시험 정확도 − ReLU의 시험 정확도, 저마다 좋은 학습률", "points of test accuracy, a = 0.01 minus ReLU, each at a good rate"),
            shown=same(good.shown(sign=True)),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    found = {"relu_good": mean_interval(m.of(0.0, False)).shown(), "relu_kill": mean_interval(m.of(0.0, True)).shown()}
    for leak in LEAKS[1:]:
        key = str(leak).replace(".", "")
        found |= {
            f"good_{key}": m.gain(leak, False).shown(sign=True),
            f"kill_{key}": m.gain(leak, True).shown(sign=True),
            f"burst_{key}": f"{m.lost(leak, 'burst').value:.0f}",
        }
    found |= {"dead": m.lost(0.0, "dead").number(), "burst_00": f"{m.lost(0.0, 'burst').value:.0f}"}
    return {name: same(value) for name, value in found.items()} | {
        "eta": same(f"{ETAS[m.killing]:g}"),
        "eta_relu": same(f"{ETAS[chosen(m.found[RELU])]:g}"),
        "rates": same(", ".join(f"{eta:g}" for eta in ETAS)),
        "steps": same(str(STEPS)),
        "batch": same(str(BATCH)),
        "depth": same(str(DEPTH)),
        "width": same(str(WIDTH)),
        "killed": same(f"{KILLED:g}"),
        "seeds": same(str(len(m.found[RELU].right))),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(2.9, ncols=2)
    for axes, killing in zip(panels, (False, True), strict=True):
        for k, leak in enumerate(LEAKS[1:]):
            each = m.of(leak, killing) - m.of(0.0, killing)
            spread = np.linspace(-0.15, 0.15, len(each))
            axes.plot(k + spread, np.sort(each), ".", color=style.PURPLE, alpha=0.45, markersize=4, zorder=2)
            gain = m.gain(leak, killing)
            axes.errorbar(k, gain.value, gain.margin, fmt="D", color=style.INK, capsize=4, markersize=5, zorder=3)
        axes.axhline(0, color=style.ORANGE, linewidth=1.4)
        axes.set_xticks(range(len(LEAKS) - 1), [f"a = {leak:g}" for leak in LEAKS[1:]])
        axes.set_xlim(-0.5, len(LEAKS) - 1.5)
        axes.set_title(
            Text(f"η = {ETAS[m.killing]:g}: ReLU가 죽음", f"η = {ETAS[m.killing]:g}: kills ReLUs")[lang]
            if killing
            else Text("저마다 좋은 η", "each at a good η")[lang]
        )
    panels[0].set_ylabel(Text("시험 정확도, ReLU와의 차이 (%p)", "test accuracy minus ReLU's (points)")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.found[RELU].right)
    good = "; ".join(f"a = {leak:g}: {m.gain(leak, False).number(sign=True)}" for leak in LEAKS[1:])
    bad = "; ".join(f"a = {leak:g}: {m.gain(leak, True).number(sign=True)}" for leak in LEAKS[1:])
    ends = [number(f(m.gain(leak, True).value for leak in LEAKS[1:]), 1, sign=True) for f in (min, max)]
    best = max(LEAKS[1:], key=lambda leak: m.gain(leak, False).value)
    most = m.gain(best, False).number(sign=True)
    return {
        "ko": Words(
            f"좋은 학습률에서는 새게 해도 정확도가 많아야 {most} %p 바뀌고, 죽이는 학습률에서는 a에 따라 {ends[0]}에서 {ends[1]} %p까지 갈립니다",
            f"손글씨 숫자, 은닉층 {DEPTH}개, 폭 {WIDTH}, SGD {STEPS}걸음. 옅은 점은 시드 {n}개에서 하나씩 ReLU와 견준 차이(작은 것부터), 마름모는 평균과 95 % 구간, 주황 선은 ReLU입니다. 왼쪽과 오른쪽의 눈금이 다릅니다.",
            f"왼쪽: {good} %p. 오른쪽: {bad} %p.",
        ),
        "en": Words(
            f"At a good rate a leak changes accuracy by at most {most} points; at the killing rate by {ends[0]} to {ends[1]}, depending on a",
            f"Digits, {DEPTH} hidden layers of width {WIDTH}, {STEPS} steps of SGD. Pale: the difference from ReLU for each of {n} seeds (in order of size); diamonds: mean and 95% interval; orange: ReLU. The two panels have different scales.",
            f"Left: {good} points. Right: {bad} points.",
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
