"""With two inputs: one tower, a surface, and the towers that stand for it, in three dimensions (the picture to claim 2.3)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D
from numpy.typing import NDArray

import deepgrad
from gradbook import style
from gradbook.ch2_approximation.surface import SHARP, SURFACE, edges, grid, heights
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

MANY = 8
WALL = 0.12  # of a tower's width: how far from an edge its wall is seen to begin and end
TOWER = (0.3, 0.7)


@dataclass(frozen=True)
class Measurement:
    coarse: NDArray[np.float64]  # ticks for one tower
    tower: NDArray[np.float64]  # (ticks, ticks)
    smooth: NDArray[np.float64]
    surface: NDArray[np.float64]
    fine: NDArray[np.float64]
    field: NDArray[np.float64]
    worst: float  # largest |field − surface| on the fine ticks


def values(net: deepgrad.Network, theta: deepgrad.Array, ticks: NDArray[np.float64]) -> NDArray[np.float64]:
    y, _ = net(theta, grid(ticks))
    return y.reshape(len(ticks), len(ticks))


def measure() -> Measurement:
    """Two hidden layers of sigmoids, weights written down; ticks on both sides of every wall."""
    low, high = TOWER
    one = deepgrad.towers(TOWER, TOWER, [[1.0]], SHARP / (high - low))
    coarse = np.array([0, 0.15, *(edge + side for edge in TOWER for side in (-0.05, 0.05)), 0.85, 1])
    h = edges(MANY)
    fine = np.sort(np.concatenate([[0], *(h[1:-1] + side * WALL / MANY for side in (-1, 1)), [1]]))
    smooth = np.linspace(0, 1, 15)
    field = values(*deepgrad.towers(h, h, heights(SURFACE, MANY), SHARP * MANY), fine)
    inner = fine[1:-1]
    return Measurement(
        coarse=coarse,
        tower=values(*one, coarse),
        smooth=smooth,
        surface=SURFACE(grid(smooth)).reshape(15, 15),
        fine=inner,
        field=field[1:-1, 1:-1],
        worst=float(np.abs(field[1:-1, 1:-1] - SURFACE(grid(inner)).reshape(len(inner), -1)).max()),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {"many": same(str(MANY)), "corners": same(str((MANY + 1) ** 2)), "worst": same(f"{m.worst:.2f}")}


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 2.2))
    panels = (
        (m.coarse, m.tower, style.BLUE, Text("기둥 하나", "one tower")),
        (m.smooth, m.surface, style.MUTED, Text("따라갈 곡면", "the surface")),
        (m.fine, m.field, style.BLUE, Text(f"기둥 {MANY}×{MANY}개", f"{MANY}×{MANY} towers")),
    )
    for place, (ticks, z, color, title) in enumerate(panels, 1):
        axes = made.add_subplot(1, 3, place, projection="3d", computed_zorder=True)
        assert isinstance(axes, Axes3D)
        x, y = np.meshgrid(ticks, ticks, indexing="ij")
        axes.plot_surface(
            x, y, z, color=style.PAPER, edgecolor=color, linewidth=0.5, shade=False, rstride=1, cstride=1
        )
        axes.set_axis_off()
        axes.view_init(elev=28, azim=-50)
        axes.set_box_aspect((1, 1, 0.75), zoom=1.35)
        axes.set_title(title[lang], y=0.98)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "입력이 둘이면 기둥을 세우고, 기둥을 빽빽이 세우면 곡면이 됩니다",
            f"입력 두 개가 바닥의 두 방향, 출력이 높이입니다. 오른쪽은 기둥 {MANY}×{MANY}개를 곡면의 높이로 세운 것이고, 가장 많이 어긋난 곳의 오차가 {m.worst:.2f}입니다. 가중치를 직접 적었습니다.",
            "왼쪽: 평평한 바닥 한가운데에 선 네모난 기둥. 가운데: 언덕 하나와 골짜기 하나가 있는 매끄러운 곡면. 오른쪽: 같은 언덕과 골짜기를 네모난 기둥들로 쌓은 모습.",
        ),
        "en": Words(
            "With two inputs we raise towers, and a field of towers is a surface",
            f"The two inputs span the ground, the output is the height. On the right, {MANY}×{MANY} towers as high as the surface; where they miss it most, they miss it by {m.worst:.2f}. The weights were written down.",
            "Left: a square tower in the middle of a flat ground. Middle: a smooth surface with one hill and one valley. Right: the same hill and valley put together from square towers.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
