"""Trained on spotted cats alone: what becomes of plain ones? (claim 4.12)"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Network
from gradbook import style
from gradbook.ch4_big_picture.cat_net import (
    ANIMALS,
    ETAS,
    FRESH,
    KINDS,
    STEPS,
    TUNING,
    WIDTH,
    Lesson,
    Run,
    asked,
    percent,
    score,
    sweep_trained,
    tuned,
    world,
)
from gradbook.ch4_big_picture.strip import strip
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same

FAINT = (0.25, 0.5)  # how loud spots are, compared with those that `cats` draws
LOUDNESS = (*FAINT, 1.0)
MIXED = ANIMALS // 4  # plain cats among the cats of the control: half of them
WORTH = 5.0  # percentage points: a smaller miss is none worth the name
ALONE, MIX = 0, 1
PLAIN = 1  # of KINDS


@dataclass(frozen=True)
class Measurement:
    right: NDArray[np.float64]  # percent, (alone or mix, kind, seeds)
    faint: NDArray[
        np.float64
    ]  # percent of plain cats right where spots are FAINT, (alone or mix, FAINT, half of the seeds)
    known: NDArray[np.float64]  # percent of its own training pictures, (alone or mix, seeds)
    ranked: NDArray[
        np.float64
    ]  # percent of pairs (plain cat, plain bear) whose cat has the higher score, (alone or mix, seeds)
    eta: tuple[float, ...]  # of alone and mix
    examples: NDArray[np.float64]  # two faces of each kind, (kind, 2, 16, 16)

    def plain(self, loudness: float) -> NDArray[np.float64]:
        """Percent of plain cats right, (alone or mix, seeds)."""
        return self.right[:, PLAIN] if loudness == 1 else self.faint[:, FAINT.index(loudness)]

    def miss(self, loudness: float = 1.0) -> Estimate:
        """By how much fewer plain cats are recognised for want of having seen any, paired by seed."""
        plain = self.plain(loudness)
        return mean_interval(plain[MIX] - plain[ALONE])

    def share(self, lesson: int, kind: int) -> Estimate:
        return percent(self.right[lesson, kind])

    def gap(self) -> Estimate:
        """What one sees who has spotted cats only: training accuracy minus accuracy on fresh spotted cats and plain bears."""
        return mean_interval(self.known[ALONE] - (self.right[ALONE, 0] + self.right[ALONE, 2]) / 2)


def percentages(net: Network, theta: NDArray[np.floating], run: Run) -> list[float]:
    """Percent right of each kind, of the training pictures, and of pairs of plain animals put in the right order."""
    scores = score(net, theta, asked(run.seed, loudness=run.lesson.loudness))
    cat = np.array([kind[0] for kind in KINDS])
    right = ((scores > 0) == cat[:, None]).mean(axis=1)
    x, labels = world(run.lesson, [run.seed, 0])
    known = ((score(net, theta, x) > 0) == (labels == 1)).mean()
    ranked = (scores[PLAIN][:, None] > scores[2]).mean()
    return [100 * float(x) for x in (*right, known, ranked)]


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Faces, initial weights and batches come from the seed; with one seed only the spots of the cats differ."""
    amounts = (0, MIXED)
    eta = tuned([Lesson(plain_cats=amount) for amount in amounts])
    arms, some = list(zip(amounts, eta, strict=True)), seeds[: len(seeds) // 2]
    whole = [Run(Lesson(amount), seed, rate) for amount, rate in arms for seed in seeds]
    faint = [Run(Lesson(amount, loudness=x), seed, rate) for amount, rate in arms for x in FAINT for seed in some]
    found = np.array(sweep_trained(percentages, whole + faint))
    right = np.moveaxis(found[: len(whole)].reshape(2, len(seeds), -1), 2, 1)
    return Measurement(
        right=right[:, : len(KINDS)],
        faint=found[len(whole) :, PLAIN].reshape(2, len(FAINT), len(some)),
        known=right[:, -2],
        ranked=right[:, -1],
        eta=tuple(eta),
        examples=asked(0)[:, 2:4, 0].astype(np.float64) + 0.5,
    )


def judge(m: Measurement) -> list[Claim]:
    """Holds if plain cats are missed, by more than WORTH, at every loudness of the spots; at some: holds if."""
    missed = [m.miss(loudness).above(WORTH) for loudness in LOUDNESS]
    verdict: Verdict = "holds" if all(missed) else "holds-if" if any(missed) else "does-not-hold"
    miss, gap = m.miss(), m.gap()
    alone, mix = m.share(ALONE, PLAIN), m.share(MIX, PLAIN)
    faint = m.miss(LOUDNESS[0])
    return [
        Claim(
            id="4.12",
            text=Text(
                "점박이 고양이만 모아 학습시키면 점박이 고양이를 찾는 분류기가 되므로, 일반화가 필요하다",
                "From spotted cats alone one gets a classifier of spotted cats; it must be made to generalize",
            ),
            verdict=verdict,
            finding=Text(
                f"점박이 고양이만 본 신경망은 점 없는 고양이의 {alone.number()} %를, 섞어 본 신경망은 {mix.number()} %를 알아봅니다. 점이 {LOUDNESS[0]:g}배로 옅으면 차이는 {faint.number()} %p입니다. "
                f"학습에 쓴 그림과 같은 종류의 새 그림에서 정확도의 차이는 {gap.number()} %p라서, 보통의 시험으로는 드러나지 않습니다.",
                f"The network that saw spotted cats only recognizes {alone.number()}% of plain ones, the one that saw both {mix.number()}%. With spots {LOUDNESS[0]:g} times as loud the difference is {faint.number()} points. "
                f"On fresh pictures of the kind it learned from, accuracy is {gap.number()} points below that on its training pictures: an ordinary test does not show it.",
            ),
            estimate=miss,
            unit=Text("%p, 점 없는 고양이, 섞어 본 것 − 점박이만 본 것", "percentage points, plain cats, seen both − spotted only"),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        "alone_plain_cat": same(m.share(ALONE, PLAIN).shown()),
        "mix_plain_cat": same(m.share(MIX, PLAIN).shown()),
        "alone_spotted_bear": same(m.share(ALONE, 3).shown()),
        "mix_spotted_bear": same(m.share(MIX, 3).shown()),
    }
    found |= {f"miss_{k}": same(m.miss(loudness).shown()) for k, loudness in enumerate(LOUDNESS)}
    found |= {f"loudness_{k}": same(f"{loudness:g}") for k, loudness in enumerate(LOUDNESS[:-1])}
    return found | {
        "gap": same(m.gap().shown()),
        "ranked_alone": same(percent(m.ranked[ALONE]).shown()),
        "grid": same(", ".join(f"{eta:g}" for eta in ETAS)),
        "tuning": same(str(len(TUNING))),
        "few_seeds": same(str(m.faint.shape[-1])),
        "cats": same(str(ANIMALS // 2)),
        "mixed": same(str(MIXED)),
        "fresh": same(str(FRESH)),
        "width": same(str(WIDTH)),
        "steps": same(str(STEPS)),
        "seeds": same(str(m.right.shape[-1])),
    }


NAMES = (Text("점박이 고양이", "spotted cats"), Text("점 없는 고양이", "plain cats"), Text("점 없는 곰", "plain bears"), Text("점박이 곰", "spotted bears"))  # fmt: skip
LESSONS = (Text("점박이 고양이만 본 신경망", "saw spotted cats only"), Text("섞어 본 신경망", "saw both"))


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (top, middle, bottom) = style.figure(5.0, nrows=3, height_ratios=(0.6, 1.4, 1.2))
    strip(top, m.examples.reshape(-1, 16, 16), 0, 1, gaps=(2, 2, 4, 2, 4, 2, 4, 2))
    top.set_xlim(0, len(m.examples) * 38)  # each kind's two faces stand above its marks
    rng = np.random.default_rng(0)
    for row, (line, label) in enumerate(zip(style.SERIES, LESSONS, strict=False)):
        for k in range(len(KINDS)):
            values, place = m.right[row, k], k + (row - 0.5) * 0.4
            middle.plot(place + rng.uniform(-0.07, 0.07, values.size), values, ".", color=line["color"], alpha=0.35, markersize=4)  # fmt: skip
            middle.plot(place, values.mean(), marker=line["marker"], color=line["color"], linestyle="", markersize=6, label=label[lang] if k == 0 else None)  # fmt: skip
        gains = [mean_interval(m.plain(loudness)[row]) for loudness in LOUDNESS]
        bottom.errorbar(LOUDNESS, [g.value for g in gains], yerr=[g.margin for g in gains], capsize=3, elinewidth=0.9, **line)  # fmt: skip
    middle.set_xlim(-0.5, 3.5)
    middle.set_xticks(range(4), [name[lang] for name in NAMES])
    middle.grid(axis="x", visible=False)
    middle.set_ylabel(Text("맞힌 비율 (%)", "right (%)")[lang])
    middle.axhline(50, color=style.INK, linestyle=":", linewidth=1)
    bottom.set_xticks(LOUDNESS, [f"{x:g}" for x in LOUDNESS])
    bottom.set_xlabel(Text("점의 진하기 (1이 위의 그림)", "loudness of the spots (1: as above)")[lang])
    bottom.set_ylabel(Text("점 없는 고양이 (%)", "plain cats right (%)")[lang])
    for axes in (middle, bottom):
        axes.set_ylim(-4, 104)
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    alone, mix = m.share(ALONE, PLAIN).number(), m.share(MIX, PLAIN).number()
    shares = [", ".join(f"{m.share(row, k).value:.0f}" for k in range(4)) for row in (ALONE, MIX)]
    plain = [
        ", ".join(f"{x:.0f}" for x in (m.plain(loudness)[row].mean() for loudness in LOUDNESS)) for row in (ALONE, MIX)
    ]
    n = m.right.shape[-1]
    return {
        "ko": Words(
            f"점박이 고양이만 보면 점 없는 고양이의 {alone} %를, 섞어 보면 {mix} %를 알아봅니다",
            f"위: 생성기가 그린 얼굴. 가운데: 종류마다 새 얼굴 {FRESH}장을 맞힌 비율. 작은 점은 시드 하나({n}개), 큰 점은 평균, 점선은 찍기. 아래: 점의 진하기를 바꾸어 학습하고 시험했을 때 점 없는 고양이를 맞힌 비율, 95 % 구간(시드 {m.faint.shape[-1]}개, 진하기 1에서는 {n}개).",
            f"점박이 고양이, 점 없는 고양이, 점 없는 곰, 점박이 곰을 맞힌 비율(%). 점박이만 본 신경망: {shares[0]}. 섞어 본 신경망: {shares[1]}. 점의 진하기가 커질 때 점 없는 고양이: {plain[0]}; 섞어 본 신경망은 {plain[1]}.",
        ),
        "en": Words(
            f"Having seen spotted cats only, a network recognizes {alone}% of plain cats; having seen both, {mix}%",
            f"Above: faces by our generator. Middle: share right of {FRESH} fresh faces of each kind. Small dots are single seeds ({n}), large ones their mean, dotted: guessing. Below: plain cats right when spots are fainter or louder, in training and test alike; 95% intervals ({m.faint.shape[-1]} seeds, {n} at loudness 1).",
            f"Right (%) of spotted cats, plain cats, plain bears, spotted bears. Saw spotted cats only: {shares[0]}. Saw both: {shares[1]}. Plain cats as spots grow louder: {plain[0]}; saw both: {plain[1]}.",
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
