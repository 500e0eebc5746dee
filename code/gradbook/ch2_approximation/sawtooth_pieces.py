"""Straight pieces of a saw against parameters: one wide layer and many narrow ones, counted (goes with claim 2.5)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import interpolate, linear_pieces, sawtooth
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

DEPTHS = tuple(range(1, 11))
DRAWN = (1, 2, 4)


@dataclass(frozen=True)
class Measurement:
    x: NDArray[np.float64]
    saws: NDArray[np.float64]  # of DRAWN depths, (depths, points)
    pieces: NDArray[np.int64]  # counted on the deep network, (depths,)
    shallow_pieces: NDArray[np.int64]  # counted on the network with one hidden layer
    deep_units: NDArray[np.int64]
    shallow_units: NDArray[np.int64]
    deep_size: NDArray[np.int64]  # parameters
    shallow_size: NDArray[np.int64]
    difference: float  # largest |deep − shallow|


def measure(points: int = 1025) -> Measurement:
    """For each depth the saw of so many folds, and one hidden layer through the same corners."""
    x = np.linspace(0, 1, points)
    counts, worst = [], 0.0
    for depth in DEPTHS:
        deep, deep_theta = sawtooth(depth)
        corners = np.arange(2**depth + 1)
        shallow, shallow_theta = interpolate(corners / 2**depth, corners % 2)
        worst = max(worst, float(np.abs(deep(deep_theta, x[:, None])[0] - shallow(shallow_theta, x[:, None])[0]).max()))
        counts.append((
            linear_pieces(deep, deep_theta, 0, 1), linear_pieces(shallow, shallow_theta, 0, 1),
            2 * depth, 2**depth, deep.size, shallow.size,
        ))  # fmt: skip
    saws = []
    for depth in DRAWN:
        net, theta = sawtooth(depth)
        saws.append(net(theta, x[:, None])[0][:, 0])
    pieces, shallow_pieces, deep_units, shallow_units, deep_size, shallow_size = np.array(counts).T
    return Measurement(
        x, np.stack(saws), pieces, shallow_pieces, deep_units, shallow_units, deep_size, shallow_size, worst
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "deepest": same(str(DEPTHS[-1])),
        "pieces": same(f"{m.pieces[-1]:,}"),
        "deep_units": same(f"{m.deep_units[-1]:,}"),
        "least_units": same(f"{m.pieces[-1] - 1:,}"),
        "deep_size": same(f"{m.deep_size[-1]:,}"),
        "shallow_size": same(f"{m.shallow_size[-1]:,}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 3.9))
    axes = made.subplot_mosaic(
        [[str(depth) for depth in DRAWN], ["count"] * len(DRAWN)], height_ratios=[1, 2.6]
    )  # fmt: skip
    for depth, saw in zip(DRAWN, m.saws, strict=True):
        top = axes[str(depth)]
        top.plot(m.x, saw, color=style.ORANGE, linewidth=1.2)
        top.set_title(Text(f"{depth}번 접음", f"{depth} {'fold' if depth == 1 else 'folds'}")[lang])
        top.set_xticks([0, 1])
        top.set_yticks([0, 1])
        top.grid(False)
    count: Any = axes["count"]
    count.plot(
        m.deep_size, m.pieces, label=Text("깊게: 층마다 ReLU 2개", "deep: 2 ReLUs a layer")[lang], **style.SERIES[1]
    )
    count.plot(m.shallow_size, m.shallow_pieces, label=Text("얕게: 은닉층 하나", "shallow: one hidden layer")[lang], **style.SERIES[0])  # fmt: skip
    count.plot(m.shallow_size, m.shallow_units + 1, color=style.INK, linestyle=":", linewidth=1.2,
               label=Text("얕은 쪽의 상한: 뉴런 수 + 1", "bound for shallow: units + 1")[lang])  # fmt: skip
    count.set_yscale("log", base=2)
    style.log(count.xaxis, [10, 30, 100, 300, 1000, 3000])
    count.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    count.set_yticks([2, 8, 32, 128, 512], ["2", "8", "32", "128", "512"])
    count.set_xlabel(Text("매개변수의 수", "parameters")[lang])
    count.set_ylabel(Text("곧은 조각의 수", "straight pieces")[lang])
    count.legend(loc="lower right")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    pieces, deep, shallow = f"{m.pieces[-1]:,}", f"{m.deep_size[-1]:,}", f"{m.shallow_size[-1]:,}"
    return {
        "ko": Words(
            f"조각이 {pieces}개인 톱니에 깊은 쪽은 매개변수 {deep}개, 얕은 쪽은 {shallow}개가 듭니다",
            f"위는 접는 함수를 거듭한 톱니, 아래는 그 곧은 조각의 수입니다. 조각은 어림하지 않고 꺾이는 자리를 풀어서 세었습니다. 깊이 {DEPTHS[0]}–{DEPTHS[-1]}.",
            "위: 한 번, 두 번, 네 번 접은 톱니. 아래: 매개변수와 조각의 수, 두 축 모두 로그 눈금. 깊은 쪽의 선이 얕은 쪽의 선보다 훨씬 가파르게 올라갑니다.",
        ),
        "en": Words(
            f"A saw of {pieces} pieces takes {deep} parameters deep and {shallow} shallow",
            f"Above, the saw that repeated folding makes; below, its straight pieces, counted by solving for the bends, not sampled. Depths {DEPTHS[0]} to {DEPTHS[-1]}.",
            "Above: the saw after one, two and four folds. Below: parameters against pieces, both on log scales. The line of the deep networks climbs far more steeply than that of the shallow ones.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
