"""With two inputs: one tower, a surface, and the towers that stand for it, in three dimensions (the picture to claim 2.3)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import deepgrad
from gradbook import style
from gradbook.ch2_approximation.surface import SURFACE, edges, grid, heights
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text

FIELDS = (4, 9)  # towers along a side
SHARP = 400  # steepness times the width of a tower
WALL = 0.02  # of a tower's width: how far from an edge its wall is seen to begin and end
TOWER = (0.3, 0.7)


@dataclass(frozen=True)
class Seen:
    """Heights above a square ground: z at all pairs of ticks."""

    ticks: NDArray[np.float64]
    z: NDArray[np.float64]  # (ticks, ticks)


@dataclass(frozen=True)
class Measurement:
    tower: Seen
    surface: Seen
    fields: tuple[Seen, ...]
    worst: float  # largest |finest field − surface| over its ticks


def built(net: deepgrad.Network, theta: deepgrad.Array, ticks: NDArray[np.float64]) -> Seen:
    y, _ = net(theta, grid(ticks))
    return Seen(ticks, y.reshape(len(ticks), len(ticks)))


def on_both_sides(walls: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """A tick on each side of every wall."""
    return np.sort(np.concatenate([walls - WALL * width, walls + WALL * width]))


def measure() -> Measurement:
    """Two hidden layers of sigmoids, weights written down; ticks on both sides of every wall."""
    width = TOWER[1] - TOWER[0]
    ticks = np.concatenate([[0, 0.15], on_both_sides(np.array(TOWER), width), [0.85, 1]])
    smooth = np.linspace(0, 1, 15)
    fields = []
    for n in FIELDS:
        net, theta = deepgrad.towers(edges(n), edges(n), heights(SURFACE, n), SHARP * n)
        fields.append(built(net, theta, on_both_sides(edges(n), 1 / n)[1:-1]))
    finest = fields[-1]
    return Measurement(
        tower=built(*deepgrad.towers(TOWER, TOWER, [[1.0]], SHARP / width), ticks),
        surface=Seen(smooth, SURFACE(grid(smooth)).reshape(15, 15)),
        fields=tuple(fields),
        worst=float(np.abs(finest.z.ravel() - SURFACE(grid(finest.ticks))).max()),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 4.3))
    few, many = (Text(f"기둥 {n}×{n}개", f"{n}×{n} towers") for n in FIELDS)
    panels = (
        (m.tower, style.BLUE, Text("기둥 하나", "one tower")),
        (m.surface, style.MUTED, Text("따라갈 곡면", "the surface to follow")),
        (m.fields[0], style.BLUE, few),
        (m.fields[-1], style.BLUE, many),
    )
    for place, (seen, color, title) in enumerate(panels, 1):
        axes: Any = made.add_subplot(2, 2, place, projection="3d")
        x, y = np.meshgrid(seen.ticks, seen.ticks, indexing="ij")
        axes.plot_surface(
            x, y, seen.z, color=style.PAPER, edgecolor=color, linewidth=0.5, shade=False, rstride=1, cstride=1
        )
        axes.set_axis_off()
        axes.set(xlim=(0, 1), ylim=(0, 1), zlim=(0, 1) if seen is m.tower else (-1, 1))
        axes.view_init(elev=30, azim=-55)
        axes.set_box_aspect((1, 1, 0.55), zoom=1.05)
        axes.set_title(title[lang], y=0.95)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "입력이 둘이면 기둥을 세우고, 기둥을 빽빽이 세우면 곡면이 됩니다",
            f"입력 두 개가 바닥의 두 방향, 출력이 높이입니다. 기둥 {FIELDS[-1]}×{FIELDS[-1]}개를 곡면의 높이로 세우면, 가장 많이 어긋난 곳의 오차가 {m.worst:.2f}입니다. 가중치를 직접 적었습니다.",
            "왼쪽 위: 평평한 바닥 한가운데에 선 네모난 기둥. 오른쪽 위: 언덕 하나와 골짜기 하나가 있는 매끄러운 곡면. 아래: 같은 언덕과 골짜기를 굵은 기둥과 가는 기둥으로 쌓은 모습.",
        ),
        "en": Words(
            "With two inputs we raise towers, and a field of towers is a surface",
            f"The two inputs span the ground, the output is the height. {FIELDS[-1]}×{FIELDS[-1]} towers as high as the surface miss it by {m.worst:.2f} where they miss it most. The weights were written down.",
            "Upper left: a square tower in the middle of a flat ground. Upper right: a smooth surface with one hill and one valley. Below: the same hill and valley put together from thick and from thin square towers.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words))
