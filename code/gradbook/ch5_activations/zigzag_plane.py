"""Interactive: a neuron's two weights on the way to the bottom, while the mean of its inputs moves away from 0 (goes with 5.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.two_inputs import (
    W_STAR,
    Walk,
    all_at_once,
    curvatures,
    examples,
    goal,
    losses,
    one_by_one,
)
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import number
from gradbook.text import Lang, Text

type Floats = NDArray[np.float64]

MEANS: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)  # in standard deviations of the inputs
KINDS: Final = ("one", "best", "careful")
NAMES: Final = {
    "one": Text("하나씩", "one by one"),
    "best": Text("모두, 가장 빠른 η", "all, fastest η"),
    "careful": Text("모두, η = 1/λₘₐₓ", "all, η = 1/λₘₐₓ"),
}
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "one": {"color": style.ORANGE, "marker": "s", "linestyle": "-"},
    "best": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "careful": {"color": style.GREEN, "marker": "^", "linestyle": "-"},
}
FIRST: Final = MEANS.index(2.5)


@dataclass(frozen=True)
class Measurement:
    walks: tuple[dict[str, Walk], ...]  # for each of MEANS; of one by one, the walk of a middling number of steps
    losses: tuple[dict[str, Floats], ...]  # along them, over the loss at arrival


def measure(seeds: Sequence[int] = range(9)) -> Measurement:
    """From w = 0, with noiseless targets w*·x, until the loss has reached the goal."""
    found = []
    for mean in MEANS:
        fastest, careful = all_at_once(mean)
        ordered = sorted(one_by_one(mean, seeds), key=lambda walk: walk.steps)
        if careful is None:
            raise ValueError(f"mean {mean:g}: gradient descent at 1/λ_max did not arrive")
        found.append({"one": ordered[len(ordered) // 2], "best": fastest, "careful": careful})
    along = tuple(
        {kind: losses(walk.path, examples(mean), W_STAR) / goal() for kind, walk in walks.items()}
        for mean, walks in zip(MEANS, found, strict=True)
    )
    return Measurement(tuple(found), along)


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, (left, right) = style.figure(3.2, ncols=2, width_ratios=[1.15, 1])
    bowl(left, MEANS[i])
    for kind in KINDS:
        walk, look = m.walks[i][kind], LOOKS[kind]
        left.plot(*walk.path.T, linewidth=1, markersize=2.5, label=NAMES[kind][lang], **look)
        right.plot(m.losses[i][kind], linewidth=1.2, color=look["color"])
    left.plot(*W_STAR, "*", color=style.INK, markersize=9, zorder=5)
    left.set(xlim=(-0.9, 3.3), ylim=(-2.4, 1.8), title=f"κ = {curvatures(MEANS[i])[1]:g}")
    left.set_aspect("equal")
    left.set_xlabel(Text("가중치 w₁", "weight w₁")[lang])
    left.set_ylabel(Text("가중치 w₂", "weight w₂")[lang])
    style.log(right.yaxis, [1, 10, 100, 1000])
    right.axhline(1, color=style.INK, linewidth=0.8, linestyle=":")
    right.set(xlim=(-1, 76), ylim=(0.3, 4000), title=steps_title(m, i)[lang])
    right.set_xlabel(Text("걸음", "step")[lang])
    right.set_ylabel(Text("손실 ÷ 목표", "loss over target")[lang])
    made.legend(loc="outside lower center", ncols=3, columnspacing=1.2)
    return made


def bowl(axes: Axes, mean: float) -> None:
    """Lines of equal loss about w*."""
    gentle, steep = curvatures(mean)
    angle = np.linspace(0, 2 * np.pi, 37)
    across, along = np.array([1, -1]) / np.sqrt(2), np.array([1, 1]) / np.sqrt(2)
    for height in (0.2, 1.0, 2.25):
        ring = np.outer(np.cos(angle) * np.sqrt(2 * height / gentle), across)
        ring += np.outer(np.sin(angle) * np.sqrt(2 * height / steep), along)
        axes.plot(*(W_STAR + ring).T, color=style.MUTED, linewidth=0.6)


def steps_title(m: Measurement, i: int) -> Text:
    counts = ", ".join(str(m.walks[i][kind].steps) for kind in KINDS)
    return Text(f"걸음 {counts}", f"steps: {counts}")


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    told = [
        f"{NAMES[kind][lang]}: {Text('걸음', 'steps')[lang]} {walk.steps}, {Text('길이', 'length')[lang]} {number(walk.detour, 1)}"
        for kind, walk in m.walks[i].items()
    ]
    mean, kappa = MEANS[i], f"{curvatures(MEANS[i])[1]:g}"
    return Text(
        f"입력의 평균 {mean:g}, κ = {kappa}. {'; '.join(told)}(곧은 길의 배수).",
        f"Inputs of mean {mean:g}, κ = {kappa}. {'; '.join(told)} (in straight distances).",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    alt = frame_alt(m, lang, FIRST)
    return {
        "ko": Words(
            "입력의 평균을 옮겨 보십시오: 그릇이 길쭉해지고, 어느 길로 가도 걸음이 늘어납니다",
            "두 입력의 표준편차는 1이고 서로 상관없습니다. 평균이 1.6을 넘으면 입력이 모두 양수입니다. 왼쪽: 손실의 등고선과 w = 0에서 ★까지 가는 길. 오른쪽: 손실과, 범례의 순서로 적은 걸음 수. 점선이 목표입니다. 하나씩은 시드 하나의 길입니다.",
            alt,
        ),
        "en": Words(
            "Move the inputs' mean: the bowl gets stretched, and every path takes more steps",
            "Two uncorrelated inputs of standard deviation 1; from a mean of 1.6 on all are positive. Left: lines of equal loss, and the paths from w = 0 to ★. Right: the loss, with the steps in the order of the legend; dotted, the target. One by one: one seed.",
            alt,
        ),
    }[lang]


SLIDERS = (
    Slider(
        Text("입력의 평균 (표준편차의 배수)", "mean of the inputs (in standard deviations)"),
        tuple(f"{mean:g}" for mean in MEANS),
        FIRST,
    ),
)
EXPERIMENT = Experiment(
    measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt)
)
