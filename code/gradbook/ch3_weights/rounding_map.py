"""One matrix product of equal columns: which of the equal sums the machine rounds otherwise (goes with 3.1 and 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from gradbook import style
from gradbook.ch3_weights.alike import BATCH, INPUTS
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

WIDTH, ROWS = 33, 24  # of the pictured product


@dataclass(frozen=True)
class Measurement:
    otherwise: NDArray[np.bool_]  # float32: which z differ from that of the first unit, (batch, WIDTH)
    in_float64: int  # how many do in float64
    values: tuple[float, ...]  # of the first image whose z differ: the two values


def product(dtype: type[np.floating]) -> NDArray[np.floating]:
    """z = xW for the first digits and a W with WIDTH equal columns, drawn once."""
    x = digits().x[:BATCH].astype(dtype)
    column = np.random.default_rng(0).normal(0, INPUTS**-0.5, (INPUTS, 1)).astype(dtype)
    with threadpool_limits(1):
        z: NDArray[np.floating] = x @ np.repeat(column, WIDTH, axis=1)
    return z


def measure() -> Measurement:
    """All z of a row are sums of the very same 64 products."""
    z = product(np.float32)
    otherwise = z != z[:, :1]
    in_float64 = int(np.sum((wide := product(np.float64)) != wide[:, :1]))
    row = int(np.argmax(otherwise.any(axis=1)))
    return Measurement(otherwise, in_float64, tuple(float(v) for v in np.unique(z[row])))


def judge(m: Measurement) -> list[Claim]:
    return []


def runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last place of each run of True."""
    found: list[tuple[int, int]] = []
    for place in np.flatnonzero(flags):
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], int(place))
        else:
            found.append((int(place), int(place)))
    return found


def listed(m: Measurement) -> str:
    """The units that ever differ from the first, counted from 1, as 9–24, 33."""
    return (
        ", ".join(str(a + 1) if a == b else f"{a + 1}–{b + 1}" for a, b in runs(list(m.otherwise.any(axis=0)))) or "—"
    )


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "units": same(listed(m)),
        "rows": same(str(int(m.otherwise.any(axis=1).sum()))),
        "batch": same(str(BATCH)),
        "values": same(" / ".join(f"{v:.8f}".replace("-", "−") for v in m.values)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.2)
    for row, flags in enumerate(m.otherwise[:ROWS]):
        for unit, other in enumerate(flags):
            axes.add_patch(
                Rectangle(
                    (unit + 0.55, row + 0.55), 0.9, 0.9, facecolor=style.ORANGE if other else style.GRID, linewidth=0
                )
            )
    for row in range(6, ROWS, 6):
        axes.axhline(row + 0.5, color=style.INK, linewidth=0.8, linestyle="-" if row % 12 == 0 else ":")
    for unit in (8, 24, 32):
        axes.axvline(unit + 0.5, color=style.INK, linewidth=0.8, linestyle="-")
    axes.set_xlim(0.5, WIDTH + 0.5)
    axes.set_ylim(ROWS + 0.5, 0.5)
    axes.grid(visible=False)
    axes.set_xticks([1, 8, 16, 24, 32])
    axes.set_yticks([1, 6, 12, 18, 24])
    axes.set_xlabel(Text("뉴런 (가중치는 모두 같음)", "unit (all with the same weights)")[lang])
    axes.set_ylabel(Text("그림", "image")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    units = listed(m)
    return {
        "ko": Words(
            f"같은 수 64개의 합인데 뉴런 {units}에서는 다르게 반올림되기도 합니다",
            f"z = xW, float32, W의 열 {WIDTH}개는 모두 같습니다. 주황: 뉴런 1의 z와 마지막 비트가 다른 곳. 처음 {ROWS}장. 세로줄은 라이브러리가 나눈 열의 묶음, 가로줄은 12장(실선)과 6장(점선)의 묶음. float64로 계산하면 다른 곳은 {m.in_float64}곳입니다.",
            f"그림 {ROWS}장과 뉴런 {WIDTH}개의 표. 뉴런 1과 다른 칸은 뉴런 {units}에만, 열두 장 가운데 처음 여섯 장에만 있습니다." if halves(m) else f"그림 {ROWS}장과 뉴런 {WIDTH}개의 표. 뉴런 1과 다른 칸은 뉴런 {units}에 있습니다.",
        ),
        "en": Words(
            f"Sums of the same 64 numbers, yet units {units} sometimes round otherwise",
            f"z = xW in float32; all {WIDTH} columns of W are equal. Orange: the last bits differ from unit 1's. First {ROWS} images. Vertical lines: the blocks of columns of the library; horizontal ones: its blocks of 12 images (solid) and 6 (dotted). In float64 there are {m.in_float64} differences.",
            f"A table of {ROWS} images and {WIDTH} units. Only units {units} differ from unit 1, and only on the first six of every twelve images." if halves(m) else f"A table of {ROWS} images and {WIDTH} units. Units {units} differ from unit 1.",
        ),
    }[lang]  # fmt: skip


def halves(m: Measurement) -> bool:
    """Whether all differences lie in the first six of every twelve images."""
    rows = np.flatnonzero(m.otherwise.any(axis=1))
    return bool((rows % 12 < 6).all())


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
