"""Zig-zag and slowness told apart: length of the path and number of steps against the mean of the inputs (goes with 5.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.two_inputs import (
    TARGET,
    W_STAR,
    all_at_once,
    curvatures,
    one_by_one,
    stretch_with_bias,
)
from gradbook.ch5_activations.zigzag_plane import LOOKS, NAMES
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import number
from gradbook.text import Lang, Text, same

type Floats = NDArray[np.float64]

MEANS: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
POSITIVE: Final = 2.5  # all inputs are positive; about as far from 0 as a sigmoid's outputs for z ~ N(0, 1)
BIAS: Final = {"color": style.PURPLE, "marker": "D", "linestyle": "-"}


@dataclass(frozen=True)
class Measurement:
    steps: dict[str, Floats]  # (MEANS,), of one by one (MEANS, seeds)
    detour: dict[str, Floats]  # length of the path over the straight distance, likewise
    turns: dict[str, Floats]  # share of the steps that turn by more than 90°, likewise
    quadrants: Floats  # share of one-by-one steps in which both weights move the same way, (MEANS, seeds)

    def typical(self, what: str, kind: str, mean: float) -> float:
        return float(np.median(getattr(self, what)[kind][MEANS.index(mean)]))


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """All at once, at the fastest rate, at 1/λ_max, and with a bias at its fastest; one by one, over the seeds."""
    kinds = ("one", "best", "careful", "bias")
    found: dict[str, dict[str, list[object]]] = {
        what: {kind: [] for kind in kinds} for what in ("steps", "detour", "turns")
    }
    quadrants = []
    for mean in MEANS:
        (best, careful), (bias, _) = all_at_once(mean), all_at_once(mean, bias=True)
        ones = one_by_one(mean, seeds)
        quadrants.append([walk.same_sign for walk in ones])
        for what, of in found.items():
            of["one"].append([getattr(walk, what) for walk in ones])
            for kind, walk in (("best", best), ("careful", careful), ("bias", bias)):
                of[kind].append(getattr(walk, what))
    arrays = {what: {kind: np.array(values, float) for kind, values in of.items()} for what, of in found.items()}
    return Measurement(**arrays, quadrants=np.array(quadrants))


def expected_careful(mean: float) -> float:
    """Steps at 1/λ_max: across m the distance d shrinks by 1 − 1/κ each step, until ½ d² = TARGET · ½ |w*|²."""
    d = abs(W_STAR[0] - W_STAR[1]) / np.sqrt(2)
    kappa = curvatures(mean)[1]
    if kappa == 1:
        return 1.0
    return float(np.ceil(np.log(d / np.sqrt(TARGET * W_STAR @ W_STAR)) / -np.log(1 - 1 / kappa)))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    far, low = MEANS.index(POSITIVE), MEANS.index(0.0)
    told = {
        "positive": same(f"{POSITIVE:g}"),
        "kappa": same(f"{curvatures(POSITIVE)[1]:g}"),
        "kappa_bias": same(number(stretch_with_bias(POSITIVE), 0)),
        "same_centered": same(number(100 * float(m.quadrants[low].mean()), 0)),
        "same_positive": same(number(100 * float(m.quadrants[far].mean()), 0)),
        "steps_expected": same(f"{expected_careful(POSITIVE):.0f}"),
        "seeds": same(str(m.quadrants.shape[1])),
    }
    for kind in ("one", "best", "careful", "bias"):
        told[f"steps_{kind}"] = same(number(m.typical("steps", kind, POSITIVE), 0))
        told[f"detour_{kind}"] = same(number(m.typical("detour", kind, POSITIVE), 1))
        told[f"turns_{kind}"] = same(number(100 * m.typical("turns", kind, POSITIVE), 0))
    for kind in ("one", "best"):
        told[f"steps_{kind}_centered"] = same(number(m.typical("steps", kind, 0.0), 0))
        told[f"detour_{kind}_centered"] = same(number(m.typical("detour", kind, 0.0), 1))
    told["turns_one_centered"] = same(number(100 * m.typical("turns", "one", 0.0), 0))
    return told


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.3, ncols=2)
    fine = np.linspace(0.5, MEANS[-1], 40)
    left.plot(fine, [expected_careful(mean) for mean in fine], color=style.INK, linestyle=":", linewidth=1.2, zorder=4)
    for kind, look in [*LOOKS.items(), ("bias", BIAS)]:
        label = Text("모두, 편향도", "all, with bias")[lang] if kind == "bias" else NAMES[kind][lang]
        for axes, values in ((left, m.steps[kind]), (right, m.detour[kind])):
            middle = np.median(values, axis=1) if kind == "one" else values
            axes.plot(MEANS, middle, linewidth=1.2, markersize=4, label=label if axes is left else None, **look)
            if kind == "one":
                low, high = np.quantile(values, [0.05, 0.95], axis=1)
                style.band(axes, MEANS, low, high, style.ORANGE)
    left.plot([], [], color=style.INK, linestyle=":", label=Text("이론 (초록)", "theory (green)")[lang])
    style.log(left.yaxis, [1, 10, 100, 1000])
    style.log(right.yaxis, [1, 2, 5, 10, 20])
    left.set(title=Text("목표까지 걸음", "steps to the target")[lang], ylim=(0.8, 1300))
    right.set(title=Text("길이 ÷ 곧은 거리", "length over straight distance")[lang], ylim=(0.9, 30))
    for axes in (left, right):
        axes.set_xticks(range(5))
        axes.set_xlabel(Text("입력의 평균 ÷ 표준편차", "mean over std of the inputs")[lang])
    made.legend(loc="outside lower center", ncols=3, columnspacing=1.2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    careful, best = (f"{m.typical('steps', kind, POSITIVE):.0f}" for kind in ("careful", "best"))
    detours = [number(m.typical("detour", kind, POSITIVE), 1) for kind in ("careful", "best")]
    every = {
        kind: ", ".join(f"{np.median(x):.0f}" for x in m.steps[kind]) for kind in ("one", "best", "careful", "bias")
    }
    return {
        "ko": Words(
            f"지그재그로 가지 않는 길은 {careful}걸음, 지그재그로 가는 길은 {best}걸음(평균 {POSITIVE:g})",
            f"w = 0에서 손실이 목표의 분산 절반의 {100 * TARGET:g} %가 될 때까지. 주황: 표본을 하나씩 보는 SGD, 시드의 중앙값과 5–95 %. 보라: 편향이 있고 목표가 같은 함수일 때.",
            f"평균 {MEANS[0]:g}–{MEANS[-1]:g}에서 걸음. 하나씩: {every['one']}; 모두, 가장 빠른 η: {every['best']}; 모두, 1/λ_max: {every['careful']}; 편향도: {every['bias']}. 평균 {POSITIVE:g}에서 길이는 1/λ_max로 곧은 거리의 {detours[0]}배, 가장 빠른 η로 {detours[1]}배입니다.",
        ),
        "en": Words(
            f"The way that does not zig-zag takes {careful} steps, the one that does {best} (mean {POSITIVE:g})",
            f"From w = 0 until the loss is {100 * TARGET:g}% of half the targets' variance. Orange: SGD with one example a step, median and 5–95% of the seeds. Purple: with a bias, the targets being the same function.",
            f"Steps at means {MEANS[0]:g} to {MEANS[-1]:g}. One by one: {every['one']}; all, fastest η: {every['best']}; all, 1/λ_max: {every['careful']}; with bias: {every['bias']}. At mean {POSITIVE:g} the path is {detours[0]} straight ways long at 1/λ_max and {detours[1]} at the fastest η.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200)},
)
