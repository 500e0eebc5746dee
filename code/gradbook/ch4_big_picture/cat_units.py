"""What hidden units answer to: ears, eyes and spots put on and taken off one at a time; and units taken out (claim 4.13)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch4_big_picture.cat_net import ANIMALS, Lesson, Run, percent, sweep_trained, tuned
from gradbook.ch4_big_picture.strip import strip
from gradbook.ch4_big_picture.unit_marks import OUT, SPOTS, Answers, answers
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same

NAMES = (Text("귀", "ears"), Text("눈", "eyes"), Text("점", "spots"))
MIXED = ANIMALS // 4
OWN = 0.5  # a unit is one mark's detector if that mark makes at least this share of all its ups and downs
ROWS = ("untrained", "alone", "mix")  # before training; having seen spotted cats only; having seen both


@dataclass(frozen=True)
class Measurement:
    share: NDArray[np.float64]  # of a unit's variance that a mark makes, NaN if silent, (ROWS, seeds, units, marks)
    change: NDArray[np.float64]  # saw spotted cats only: of the unit by putting the mark on, (seeds, units, marks)
    weight: NDArray[np.float64]  # what the last layer makes of the unit, for cat minus for bear, (seeds, units)
    moves: NDArray[np.float64]  # of the score by putting the mark on, (seeds, marks)
    right: NDArray[
        np.float64
    ]  # percent, strongest spot units or units drawn at random taken out, (2, OUT, kinds, seeds)
    pictures: NDArray[np.float64]  # seed 0: the weights of each unit, (units, 16, 16)

    def detectors(self, row: int, mark: int | None = None) -> NDArray[np.float64]:
        """Percent of the units that are not silent, in each seed, which detect the mark, or any one mark."""
        found = self.share[row] >= OWN
        found = found.any(axis=2) if mark is None else found[:, :, mark]
        return np.asarray(100 * found.sum(axis=1) / (~np.isnan(self.share[row, :, :, 0])).sum(axis=1))

    def more(self) -> Estimate:
        """Detectors after training minus before, paired by seed, in percentage points."""
        return mean_interval(self.detectors(1) - self.detectors(0))

    def every_mark(self) -> float:
        """Percent of the trained networks with at least one detector of each mark."""
        return float(100 * (self.share[1] >= OWN).any(axis=1).all(axis=1).mean())

    def contribution(self) -> NDArray[np.float64]:
        """What each unit adds to the score when the mark is put on: (seeds, units, marks). Over units they add up to `moves`."""
        return self.change * self.weight[:, :, None]

    def fall(self, out: int, kind: int, row: int = 0) -> Estimate:
        """By how much accuracy changes when so many units are taken out."""
        return mean_interval(self.right[row, OUT.index(out), kind] - self.right[row, 0, kind])


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """One network for each row and seed, with the same faces and initial weights; units are taken out of the second."""
    lessons = (Lesson(), Lesson(plain_cats=MIXED))
    runs = [Run(lesson, seed, eta) for lesson, eta in zip(lessons, tuned(lessons), strict=True) for seed in seeds]
    found = sweep_trained(answers, runs)
    alone, mix = found[: len(seeds)], found[len(seeds) :]

    def stacked(name: str, of: list[Answers]) -> NDArray[np.float64]:
        return np.stack([getattr(each, name) for each in of])

    return Measurement(
        share=np.stack([stacked("before", alone), stacked("after", alone), stacked("after", mix)]),
        change=stacked("change", alone),
        weight=stacked("weight", alone),
        moves=stacked("moves", alone),
        right=np.moveaxis(stacked("right", alone), 0, -1),
        pictures=alone[0].pictures,
    )


def judge(m: Measurement) -> list[Claim]:
    """Holds if most units are detectors and most networks have one of each mark; holds if training makes detectors at all."""
    most = mean_interval(m.detectors(1)).above(50) and m.every_mark() > 50
    verdict: Verdict = "holds" if most else "holds-if" if m.more().above(0) else "does-not-hold"
    any_mark, before = mean_interval(m.detectors(1)), mean_interval(m.detectors(0))
    spots = mean_interval(m.detectors(1, SPOTS))
    return [
        Claim(
            id="4.13",
            text=Text(
                "은닉 노드는 귀, 눈, 점 같은 특징을 하나씩 판별하고, 마지막 층이 종합한다",
                "Hidden nodes each tell one feature, such as ears, eyes or spots, and the last layer adds them up",
            ),
            verdict=verdict,
            finding=Text(
                f"한 표시가 값의 변동 가운데 절반 이상을 만드는 유닛은 (말 없는 유닛을 빼고) 학습 전 {before.number()} %, 학습 후 {any_mark.number()} %이고, 점을 맡은 것은 {spots.number()} %입니다. "
                f"세 표시를 맡은 유닛이 모두 있는 신경망은 {m.every_mark():.0f} %입니다. 마지막 층이 더하는 것은 맞습니다.",
                f"Units, silent ones aside, in which one mark makes half or more of the ups and downs: {before.number()}% before training, {any_mark.number()}% after; for spots {spots.number()}%. "
                f"Networks with such a unit for each of the three marks: {m.every_mark():.0f}%. That the last layer adds up is true.",
            ),
            estimate=any_mark,
            unit=Text("%, 학습 후 한 표시를 맡은 유닛", "% of the units, after training, that detect one mark"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    part = 100 * m.moves / m.moves.sum(axis=1, keepdims=True)
    largest = np.sort(m.contribution()[:, :, SPOTS], axis=1)[:, ::-1]
    half = (np.cumsum(largest, axis=1) < m.moves[:, SPOTS, None] / 2).sum(axis=1) + 1
    found: dict[str, Text] = {}
    for k, name in enumerate(("ears", "eyes", "spots")):
        found[f"part_{name}"] = same(mean_interval(part[:, k]).shown())
        found[f"alone_{name}"] = same(percent(m.detectors(1, k)).shown())
    for k, name in enumerate(("spotted_cat", "plain_cat", "plain_bear")):
        found |= {f"{name}_{out}": same(percent(m.right[0, OUT.index(out), k]).shown()) for out in (0, 8)}
    return found | {
        "untrained_spots": same(percent(m.detectors(0, SPOTS)).shown()),
        "mix_spots": same(percent(m.detectors(2, SPOTS)).shown()),
        "random_8": same(percent(m.right[1, OUT.index(8), 0]).shown()),
        "every_mark": same(f"{m.every_mark():.0f}"),
        "silent_before": same(f"{100 * np.isnan(m.share[0, :, :, 0]).mean():.0f}"),
        "silent": same(f"{100 * np.isnan(m.share[1, :, :, 0]).mean():.0f}"),
        "half": same(mean_interval(half).shown()),
        "own": same(f"{100 * OWN:.0f}"),
    }


SHOWN = 4  # pictures of weights
LABELS = (
    Text("점박이 고양이", "spotted cats"),
    Text("점 없는 고양이", "plain cats"),
    Text("점 없는 곰", "plain bears"),
)


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 4.9))
    above, below = made.subfigures(2, 1, height_ratios=(1.15, 2.1), squeeze=False)[:, 0]
    order = np.argsort(-m.contribution()[0, :, SPOTS])[:SHOWN]
    axes = above.subplots()
    reach = np.abs(m.pictures[order]).max(axis=(1, 2), keepdims=True)
    for middle, unit in zip(strip(axes, m.pictures[order] / reach, -1, 1), order, strict=True):
        ears, eyes, spots = (f"{name[lang]} {100 * x:.0f}" for name, x in zip(NAMES, m.share[1, 0, unit], strict=True))
        axes.annotate(f"{ears}, {eyes},\n{spots}", (middle, 0), xytext=(0, 3), textcoords="offset points", ha="center",
                      va="bottom", fontsize=8.5, annotation_clip=False)  # fmt: skip
    left, right = below.subplots(1, 2)
    fills = (
        {"color": style.SKY},
        {"color": style.PAPER, "edgecolor": style.INK, "hatch": "///"},
        {"color": style.ORANGE},
    )
    for row in range(len(ROWS)):
        means = 100 * np.nanmean(m.share[row], axis=(0, 1))
        for k, fill in enumerate(fills):
            left.bar(row + (k - 1) * 0.25, means[k], 0.23, label=NAMES[k][lang] if row == 0 else None, **fill)
    left.set_xticks(range(3), [Text("학습 전", "untrained")[lang], Text("점박이만", "spotted\nonly")[lang], Text("섞어서", "both")[lang]])  # fmt: skip
    left.set_ylabel(Text("유닛 값의 변동 가운데 몫 (%)", "share of the units' variance (%)")[lang])
    left.legend(loc="upper left")
    left.grid(axis="x", visible=False)
    for k, line in zip(range(3), style.SERIES, strict=False):
        found = [percent(m.right[0, i, k]) for i in range(len(OUT))]
        reach = np.abs([[e.value - end for e in found for end in (e.low, e.high) if end is not None]]).reshape(-1, 2).T
        places = np.arange(len(OUT)) + 0.12 * (k - 1)
        right.errorbar(places, [e.value for e in found], yerr=reach, capsize=2.5, elinewidth=0.9, label=LABELS[k][lang], **line)  # fmt: skip
    right.plot(range(len(OUT)), m.right[1, :, 0].mean(axis=1), color=style.MUTED, linestyle=":", label=Text("점박이, 아무 유닛", "spotted, any units")[lang])  # fmt: skip
    right.set_xticks(range(len(OUT)), [str(x) for x in OUT])
    right.set_xlabel(Text("없앤 유닛의 수", "units taken out")[lang])
    right.set_ylabel(Text("맞힌 비율 (%)", "right (%)")[lang])
    right.set_ylim(-4, 106)
    below.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    spots = mean_interval(m.detectors(1, SPOTS)).number()
    means = ["/".join(f"{100 * x:.0f}" for x in np.nanmean(m.share[row], axis=(0, 1))) for row in range(len(ROWS))]
    cut = ["/".join(f"{x:.0f}" for x in m.right[0, :, k].mean(axis=1)) for k in range(3)]
    n, outs = m.weight.shape[0], "/".join(map(str, OUT))
    return {
        "ko": Words(
            f"점박이 고양이만 본 신경망에서 말 없는 유닛을 빼면 {spots} %가 점을 맡았고, 세 표시를 유닛이 나누어 맡은 신경망은 {m.every_mark():.0f} %입니다",
            f"위: 시드 0에서 점에 가장 크게 보태는 유닛 {SHOWN}개의 가중치(검으면 음수)와, 그 값의 변동에서 각 표시의 몫(%). 왼쪽: 모든 유닛의 평균 몫. 오른쪽: 점에 크게 보태는 유닛부터 0으로 고정했을 때, 95 % 구간. 회색 점선은 아무 유닛이나 없앴을 때. 시드 {n}개.",
            f"귀/눈/점의 평균 몫(%): 학습 전 {means[0]}, 점박이만 {means[1]}, 섞어서 {means[2]}. 유닛을 {outs}개 없앨 때 맞힌 비율(%): 점박이 고양이 {cut[0]}, 점 없는 고양이 {cut[1]}, 점 없는 곰 {cut[2]}.",
        ),
        "en": Words(
            f"Having seen spotted cats only, {spots}% of the units that are not silent detect spots; {m.every_mark():.0f}% of the networks have a unit for each mark",
            f"Above: weights of the {SHOWN} units of seed 0 that add most for spots (dark: negative), and each mark's share (%) of their ups and downs. Left: mean shares of all units. Right: units held at 0, those that add most for spots first; 95% intervals. Gray dots: any units. {n} seeds.",
            f"Mean shares of ears/eyes/spots (%): untrained {means[0]}, spotted only {means[1]}, both {means[2]}. Right (%) with {outs} units taken out: spotted cats {cut[0]}, plain cats {cut[1]}, plain bears {cut[2]}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": [0, *range(1000, 1100)]},
    sweeps=True,
)
