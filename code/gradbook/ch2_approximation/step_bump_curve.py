"""One steep sigmoid is a step, two are a bump, many follow a curve (the picture to claim 2.2)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import staircase
from gradbook import style
from gradbook.ch2_approximation.curve import CURVE
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text

STEEPNESS = (10, 40, 400)
PLACE, BUMP = 0.5, (0.3, 0.6)
STEPS = 15


@dataclass(frozen=True)
class Measurement:
    x: NDArray[np.float64]
    step: NDArray[np.float64]  # one sigmoid of each steepness, (steepnesses, points)
    bump: NDArray[np.float64]  # two of each
    curve: NDArray[np.float64]
    stairs: NDArray[np.float64]  # STEPS sigmoids of the largest steepness
    worst: float  # largest |stairs − curve|


def values(edges: list[float], levels: list[float], steepness: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the network built by `staircase` answers for each x."""
    net, theta = staircase(edges, levels, steepness)
    y, _ = net(theta, x[:, None])
    return y[:, 0]


def measure(points: int = 801) -> Measurement:
    """Networks with one hidden layer of sigmoids, their weights written down."""
    x = np.linspace(0, 1, points)
    h = 1 / (STEPS + 1)
    edges = (h * np.arange(1, STEPS + 1)).tolist()
    stairs = values(edges, CURVE(h * (np.arange(STEPS + 1) + 0.5)).tolist(), STEEPNESS[-1], x)
    return Measurement(
        x=x,
        step=np.stack([values([PLACE], [0, 1], s, x) for s in STEEPNESS]),
        bump=np.stack([values(list(BUMP), [0, 1, 0], s, x) for s in STEEPNESS]),
        curve=CURVE(x),
        stairs=stairs,
        worst=float(np.abs(stairs - CURVE(x)).max()),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 4.2))
    axes = made.subplot_mosaic([["step", "bump"], ["curve", "curve"]], height_ratios=[1, 1.25])
    for name, drawn in (("step", m.step), ("bump", m.bump)):
        for y, s, line in zip(drawn, STEEPNESS, (":", "--", "-"), strict=True):
            axes[name].plot(m.x, y, color=style.BLUE, linestyle=line, label=f"s = {s}")
        axes[name].set_yticks([0, 0.5, 1])
        axes[name].set_ylim(-0.05, 1.08)
    axes["step"].legend(loc="upper left", handlelength=1.6, borderaxespad=0.1)
    axes["step"].set_title(Text("시그모이드 하나", "one sigmoid")[lang])
    axes["bump"].set_title(Text("둘", "two")[lang])
    axes["bump"].tick_params(labelleft=False)
    axes["curve"].set_title(Text(f"{STEPS}개", f"{STEPS} of them")[lang])
    axes["curve"].plot(
        m.x, m.curve, color=style.MUTED, linewidth=4, alpha=0.45, label=Text("따라갈 곡선", "the curve to follow")[lang]
    )
    axes["curve"].plot(m.x, m.stairs, color=style.BLUE, label=Text("신경망", "the network")[lang])
    axes["curve"].legend(loc="upper right")
    axes["curve"].set_xlabel(Text("입력 x", "input x")[lang])
    axes["curve"].set_ylabel(Text("출력", "output")[lang])
    axes["step"].set_ylabel(Text("출력", "output")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "가파른 시그모이드 하나는 계단, 둘은 언덕, 여럿은 곡선이 됩니다",
            f"s는 계단의 가파르기입니다. 아래는 s = {STEEPNESS[-1]}인 시그모이드 {STEPS}개를 늘어놓은 것으로, 가장 많이 어긋난 곳의 오차가 {m.worst:.2f}입니다. 학습하지 않고 가중치를 직접 적었습니다.",
            f"왼쪽 위: 가파를수록 계단에 가까워지는 S자 곡선 셋. 오른쪽 위: {BUMP[0]}에서 오르고 {BUMP[1]}에서 내리는 언덕. 아래: 물결치는 곡선과, 그 곡선을 따라가는 계단.",
        ),
        "en": Words(
            "One steep sigmoid is a step, two are a bump, many are a curve",
            f"s is the steepness of a step. Below, {STEPS} sigmoids with s = {STEEPNESS[-1]} in a row; where they miss the curve most, they miss it by {m.worst:.2f}. The weights were written down, not learned.",
            f"Upper left: three S-shaped curves, the steeper the more like a step. Upper right: a bump that rises at {BUMP[0]} and falls at {BUMP[1]}. Below: a wavy curve and a staircase that follows it.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words))
