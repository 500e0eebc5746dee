"""Two-dimensional slices through the loss of one deep network, without and with skip connections (goes with claim 2.7)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import filter_normalized_direction, roughness
from gradbook import style
from gradbook.ch2_approximation.deep_nets import (
    POINTS,
    REACH,
    WIDTHS,
    Kind,
    Toys,
    log_loss,
    losses_at,
    trained_together,
)
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import number
from gradbook.text import Lang, Text

KINDS: tuple[Kind, Kind] = ("plain", "skip")
DEPTH, PLACES = 31, 25


@dataclass(frozen=True)
class Measurement:
    places: NDArray[np.float64]
    logs: NDArray[np.float64]  # log₁₀ of the loss, (seeds, kinds, places, places)
    rough: NDArray[np.float64]  # (seeds, kinds)


def measure(seeds: Sequence[int] = range(4)) -> Measurement:
    """The nets of `three_troubles`, sliced along two random filter-normalized directions."""
    places = np.linspace(-REACH, REACH, PLACES)
    logs = np.empty((len(seeds), len(KINDS), PLACES, PLACES))
    for j, kind in enumerate(KINDS):
        nets = trained_together([Toys(kind, DEPTH, seed) for seed in seeds])
        for i, (net, theta, x, labels, rng) in enumerate(nets):
            first, second = (filter_normalized_direction(net, theta, rng) for _ in range(2))
            steps = places.astype(theta.dtype)
            lines = [losses_at(net, theta + a * first + steps[:, None] * second, x, labels) for a in steps]
            logs[i, j] = log_loss(np.array(lines)) / np.log(10)
    rough = np.array([[roughness(slice_) for slice_ in row] for row in logs])
    return Measurement(places, logs, rough)


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, panels = style.figure(3.1, ncols=2, sharey=True)
    levels = np.arange(np.floor(m.logs[i].min()), np.ceil(m.logs[i].max()) + 0.1, 0.5)
    titles = (Text("건너뛰는 연결 없음", "no skip connections"), Text("있음", "with skip connections"))
    for axes, logs, rough, title, color in zip(
        panels, m.logs[i], m.rough[i], titles, (style.ORANGE, style.GREEN), strict=True
    ):
        axes.contour(m.places, m.places, logs.T, levels=levels, colors=color, linewidths=0.9, linestyles="solid")
        axes.contour(m.places, m.places, logs.T, levels=[0.0], colors=style.INK, linewidths=1.3, linestyles="dotted")
        axes.plot([0], [0], "+", color=style.INK, markersize=9)
        axes.set_title(f"{title[lang]}\n{Text('거칠기', 'roughness')[lang]} {number(float(rough), 3)}")
        axes.set_aspect("equal")
        axes.set_xticks([-REACH, 0, REACH], [f"−{REACH:g}", "0", f"{REACH:g}"])
        axes.set_yticks([-REACH, 0, REACH], [f"−{REACH:g}", "0", f"{REACH:g}"])
        axes.grid(False)
        axes.set_xlabel(Text("방향 1", "direction 1")[lang])
    panels[0].set_ylabel(Text("방향 2", "direction 2")[lang])
    return made


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    plain, skip = (number(float(rough), 3) for rough in m.rough[i])
    high = [f"{float(np.ptp(logs)):.1f}" for logs in m.logs[i]]
    return Text(
        f"시드 {i}: 등고선 그림 두 개. 건너뛰는 연결이 없으면 거칠기 {plain}, 높이차 {high[0]}자리. 있으면 거칠기 {skip}, 높이차 {high[1]}자리.",
        f"Seed {i}: two contour plots. Without skip connections roughness {plain} and a height of {high[0]} powers of ten; with them {skip} and {high[1]}.",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    smoother = int((m.rough[:, 1] < m.rough[:, 0]).sum())
    n = len(m.rough)
    return {
        "ko": Words(
            f"시드 {n}개 가운데 {smoother}개에서 건너뛰는 연결이 있는 지형이 더 매끈합니다",
            f"은닉층 {DEPTH}개, 폭 {WIDTHS['spirals']}, 나선 위의 점 {POINTS}개. 학습을 마친 자리(+)를 지나는 단면의 등고선으로, 선 하나는 손실의 0.5자리, 점선은 손실 1입니다.",
            frame_alt(m, lang, START),
        ),
        "en": Words(
            f"In {smoother} of {n} seeds the landscape with skip connections is the smoother one",
            f"{DEPTH} hidden layers, width {WIDTHS['spirals']}, {POINTS} points of spirals. Contours of a slice through the trained place (+): each line is half a power of ten of the loss, the dotted one is loss 1.",
            frame_alt(m, lang, START),
        ),
    }[lang]


START = 0
SLIDERS = (Slider(Text("시드", "seed"), tuple(map(str, range(4))), START),)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt),
)
