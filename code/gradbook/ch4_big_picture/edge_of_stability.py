"""Claim 4.9: too small a step is slow, too large overshoots. Which is too large changes while a network learns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch4_big_picture.full_batch import EVERY, EXAMPLES, FOLLOWED, NET, PARTS, STEPS, Floats, Loss, Run, run
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number
from gradbook.text import Lang, Text, Verdict, same

LOSSES: Final[tuple[Loss, ...]] = ("squared", "entropy")
NAMES: Final = {"squared": Text("제곱 오차", "squared error"), "entropy": Text("교차 엔트로피", "cross-entropy")}
LATE: Final = STEPS // 3  # "at the end" is the last third
STABLE: Final = int(np.argmax(PARTS == 0.5))  # η = 1/λ_max at the start: the largest rate that doesn't overshoot there
LIMIT: Final = int(np.argmax(PARTS == 1))


@dataclass(frozen=True)
class Measurement:
    runs: dict[Loss, Run]


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Full-batch gradient descent with both losses."""
    return Measurement({loss: run(loss, tuple(seeds)) for loss in LOSSES})


def left(one: Run) -> Floats:
    """Log of the final loss over the first; what ends above its start, or runs away, has learned nothing: 0."""
    return np.log(np.minimum(one.last / one.first[:, None], 1))


def best(one: Run) -> int:
    """The rate with the lowest mean."""
    return int(np.argmin(left(one).mean(axis=0)))


def versus(one: Run, part: int, other: int) -> Estimate:
    """Final loss at one rate over that at another, geometric mean over the seeds."""
    return mean_interval(left(one)[:, part] - left(one)[:, other]).exp()


def worse(one: Run, part: int, other: int) -> bool:
    return part != other and versus(one, part, other).above(1)


def overshooting_harms(one: Run) -> bool:
    """Whether each rate above 1/λ_max at the start ends clearly above that rate."""
    return all(worse(one, k, STABLE) for k in range(STABLE + 1, len(PARTS)))


def best_parts(one: Run) -> Estimate:
    """Each seed's best rate over 2/λ_max at the start, geometric mean."""
    return mean_interval(np.log(PARTS[np.argmin(left(one), axis=1)])).exp()


def at_the_end(one: Run, followed: int) -> Estimate:
    """η λ_max / 2, mean over the last third of training, of the seeds that end below their first loss."""
    stayed = one.last[:, FOLLOWED[followed]] < one.first
    return mean_interval(one.edge[-(LATE // EVERY) :, stayed, followed].mean(axis=0))


def learned(one: Run, part: int) -> int:
    """How many seeds end below their first loss."""
    return int((one.last[:, part] < one.first).sum())


def judge(m: Measurement) -> list[Claim]:
    """Holds if with both losses the smallest and the largest rate end clearly above the best, and every overshooting one
    above 1/λ_max; holds if … when only the first two are so; does not hold otherwise.
    """
    runs = list(m.runs.values())
    ends_worse = all(worse(one, 0, best(one)) and worse(one, len(PARTS) - 1, best(one)) for one in runs)
    verdict: Verdict = "does-not-hold"
    if ends_worse:
        verdict = "holds" if all(overshooting_harms(one) for one in runs) else "holds-if"
    squared, n = m.runs["squared"], len(runs[0].lam)
    edge = at_the_end(squared, len(FOLLOWED) - 1).shown()
    double = FOLLOWED[-1]
    return [
        Claim(
            id="4.9",
            text=Text(
                "걸음이 너무 작으면 느리고 너무 크면 지나친다", "Too small a step is slow, too large a one overshoots"
            ),
            verdict=verdict,
            finding=Text(
                f"양 끝의 학습률은 모두 나쁩니다. 그러나 지나치는 것만으로는 해가 되지 않습니다. 그릇에서는 2/λ_max부터 해가 되고, 신경망에서는 λ_max가 학습하면서 달라집니다. 제곱 오차에서는 출발점 한계의 두 배로도 시드 {n}개 가운데 {learned(squared, double)}개가 배웠고, 그 끝에서 ηλ_max/2는 {edge}이었습니다.",
                f"Rates at both ends do badly. But overshooting alone does no harm. On a bowl harm begins at 2/λ_max, and in a network λ_max changes during training. At twice the limit of the start {learned(squared, double)} of {n} seeds learned with squared error, and ended with ηλ_max/2 at {edge}.",
            ),
            estimate=best_parts(squared),
            unit=Text("가장 좋은 학습률 ÷ (출발점의 2/λ_max)", "best rate over 2/λ_max at the start"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    squared, entropy = m.runs["squared"], m.runs["entropy"]
    slope = np.exp(np.log(squared.slope[:, :, STABLE]).mean(axis=1))
    parts = [same(f"{x:g}") for x in PARTS]
    found = {
        "examples": same(str(EXAMPLES)),
        "steps": same(str(STEPS)),
        "size": same(f"{NET.size:,}"),
        "seeds": same(str(len(squared.lam))),
        "least_part": same(f"1/{1 / PARTS[0]:.0f}"),
        "most_part": parts[-1],
        "learned_double": same(str(learned(squared, FOLLOWED[-1]))),
        "learned_entropy": same(str(learned(entropy, len(PARTS) - 1))),
        "first_lost": parts[int(np.argmax([learned(squared, k) == 0 for k in range(len(PARTS))]))],
        "edge_limit": same(at_the_end(squared, FOLLOWED.index(LIMIT)).shown()),
        "edge_more": same(at_the_end(squared, FOLLOWED.index(LIMIT) + 1).shown()),
        "edge_double": same(at_the_end(squared, len(FOLLOWED) - 1).shown()),
        "slope_first": same(number(float(slope[0]), 2)),
        "slope_last": same(number(float(slope[-1]), 3)),
    }
    for name, one in (("squared", squared), ("entropy", entropy)):
        lam = mean_interval(np.log(one.lam)).exp()
        flat = mean_interval(np.log(np.abs(one.edge[-1, :, FOLLOWED.index(LIMIT)]))).exp()
        found |= {
            f"lam_{name}": same(lam.shown()),
            f"limit_{name}": same(number(2 / lam.value, 2)),
            f"flat_{name}": same(number(flat.value, 2)),
            f"best_{name}": same(best_parts(one).shown()),
            f"slow_{name}": same(versus(one, 0, best(one)).shown()),
            f"gain_{name}": same(number(versus(one, STABLE, LIMIT).value, 1)),
        }
    return found


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (top, bottom) = style.figure(5.4, nrows=2)
    for loss, look in zip(LOSSES, style.SERIES, strict=False):
        found = [mean_interval(column).exp() for column in left(m.runs[loss]).T]
        style.band(top, PARTS, [e.low for e in found], [e.high for e in found], str(look["color"]))
        top.plot(PARTS, [e.value for e in found], label=NAMES[loss][lang], **look)
    top.axvline(0.5, color=style.MUTED, linewidth=1, linestyle="--")
    top.axvline(1, color=style.RED, linewidth=1)
    style.log(top.xaxis, [1 / 16, 1 / 4, 1 / 2, 1, 2, 4, 8, 16])
    top.set_xticklabels(["1/16", "1/4", "1/2", "1", "2", "4", "8", "16"])
    style.log(top.yaxis, [1e-4, 1e-3, 0.01, 0.1, 1])
    top.set_ylim(5e-5, 3)
    top.set_xlabel(Text("학습률 ÷ (출발점의 2/λ_max)", "rate over 2/λ_max at the start")[lang])
    top.set_ylabel(Text(f"손실, {STEPS}걸음 뒤 ÷ 처음", f"loss after {STEPS} steps / first")[lang])
    top.legend(loc="lower left")
    top.text(0.48, 1.4, "1/λ_max", ha="right")
    top.text(1.05, 1.4, "2/λ_max", color=style.RED)
    along_the_way(m, lang, bottom)
    return made


def along_the_way(m: Measurement, lang: Lang, axes: Axes) -> None:
    """η λ_max / 2 against the step: middle half of the seeds."""
    at = np.arange(0, STEPS + 1, EVERY)
    colors = (style.SKY, style.BLUE, style.PURPLE, style.GREEN)
    for k, color in enumerate(colors):
        low, middle, high = np.quantile(m.runs["squared"].edge[:, :, k], [0.25, 0.5, 0.75], axis=1)
        style.band(axes, at, low, high, color)
        axes.plot(at, middle, color=color, linestyle=str(style.SERIES[k]["linestyle"]))
        axes.text(STEPS * 1.01, (0.5, 0.9, 1.08, 1.26)[k], f"{PARTS[FOLLOWED[k]]:g}", color=color, va="center")
    entropy = np.median(m.runs["entropy"].edge[:, :, FOLLOWED.index(LIMIT)], axis=1)
    axes.plot(at, entropy, color=style.ORANGE, linestyle="--")
    axes.text(60, 0.2, Text("교차 엔트로피, 1", "cross-entropy, 1")[lang], color=style.ORANGE)
    axes.axhline(1, color=style.RED, linewidth=1)
    axes.set(xlim=(0, STEPS * 1.08), ylim=(0, 2.1))
    axes.set_xlabel(Text("걸음", "step")[lang])
    axes.set_ylabel("η · λ_max / 2")


def words(m: Measurement, lang: Lang) -> Words:
    squared, n = m.runs["squared"], len(m.runs["squared"].lam)
    edge, top = at_the_end(squared, len(FOLLOWED) - 1).shown(), best_parts(squared).shown()
    kept = learned(squared, FOLLOWED[-1])
    return {
        "ko": Words(
            f"한계는 움직입니다: 처음의 두 배로 걸어도 신경망 {n}개 가운데 {kept}개가 맞추어 갑니다",
            f"숫자 {EXAMPLES}장, 시드 {n}개, 전체 배치. 위: 학습률에 따른 마지막 손실, 기하평균과 95 % 구간. 파선은 1/λ_max, 빨간 선은 2/λ_max. 아래: 제곱 오차로 배우는 동안 η가 그때의 2/λ_max의 몇 배인지, 중앙값과 가운데 절반(주황: 교차 엔트로피). 선 옆의 수는 처음의 배수.",
            f"제곱 오차에서 가장 좋은 학습률은 처음 한계의 {top}배. 두 배로 걸어도 배운 시드의 마지막 ηλ_max/2는 {edge}.",
        ),
        "en": Words(
            f"The limit moves: at twice the first one, {kept} of {n} networks adapt to it",
            f"{EXAMPLES} digits, {n} seeds, full batch. Above: final loss against the rate, geometric mean and 95% interval. Dashed: 1/λ_max; red: 2/λ_max. Below: how many times the 2/λ_max of that moment η is while learning with squared error, median and middle half (orange: cross-entropy). The numbers beside the lines are the multiples at the start.",
            f"With squared error the best rate is {top} times the first limit. At twice the limit the seeds that learn end with ηλ_max/2 at {edge}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
