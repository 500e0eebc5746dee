"""The sigmoid's derivative and its ceiling of one quarter (claim 1.1)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sigmoid
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Lang, Text, same


@dataclass(frozen=True)
class Measurement:
    z: NDArray[np.float64]  # grid, symmetric about 0
    value: NDArray[np.float64]  # σ(z)
    slope: NDArray[np.float64]  # σ′(z) as backpropagation hands it back
    identity_error: float  # largest |σ′ − σ(1 − σ)|
    difference_error: float  # largest |σ′ − central difference|
    largest: float  # max σ′ on the grid
    where: float  # and the z it is found at
    half_width: float  # |z| at which σ′ has fallen to half its maximum


def measure(reach: float = 10.0, points: int = 20_001) -> Measurement:
    """σ and σ′ on an odd grid over [−reach, reach], so that z = 0 is one of its points."""
    z = np.linspace(-reach, reach, points)
    value, back = sigmoid(z)
    slope = back(np.ones_like(z))
    h = 1e-5
    difference = (sigmoid(z + h)[0] - sigmoid(z - h)[0]) / (2 * h)
    top = int(np.argmax(slope))
    return Measurement(
        z=z,
        value=value,
        slope=slope,
        identity_error=float(np.abs(slope - value * (1 - value)).max()),
        difference_error=float(np.abs(slope - difference).max()),
        largest=float(slope[top]),
        where=float(z[top]),
        half_width=float(np.abs(z[slope >= slope[top] / 2]).max()),
    )


def judge(m: Measurement) -> list[Claim]:
    holds = m.identity_error < 1e-15 and m.difference_error < 1e-9 and m.largest == 0.25 and m.where == 0
    bound = power_of_ten_above(m.difference_error)
    exponent = order(bound)
    return [
        Claim(
            id="1.1",
            text=Text(
                "시그모이드의 도함수는 σ(1 − σ)이고 1/4을 넘지 않는다",
                "The sigmoid's derivative is σ(1 − σ) and never above 1/4",
            ),
            verdict="holds" if holds else "does-not-hold",
            finding=Text(
                f"격자점 {m.z.size:,}개에서 최댓값은 z = 0의 1/4이고, 중앙 차분과의 차이는 {exponent} 아래입니다.",
                f"On {m.z.size:,} grid points the maximum is 1/4, at z = 0; central differences agree to within {exponent}.",
            ),
            estimate=Estimate(m.largest, n=m.z.size),
            unit=Text("σ′의 최댓값", "maximum of σ′"),
            shown=same(f"{m.largest:g}"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {"at_five": same(f"{np.interp(5, m.z, m.slope):.4f}")}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (top, bottom) = style.figure(3.6, nrows=2, sharex=True)
    top.plot(m.z, m.value, color=style.BLUE)
    top.set_ylabel("σ(z)")
    top.set_yticks([0, 0.5, 1])
    bottom.plot(m.z, m.slope, color=style.ORANGE)
    bottom.axhline(0.25, color=style.INK, linestyle=":", linewidth=1.2)
    bottom.annotate("1/4", (m.z[-1], 0.25), xytext=(0, -3), textcoords="offset points", ha="right", va="top")
    bottom.plot([m.where], [m.largest], "o", color=style.ORANGE)
    bottom.set_ylabel("σ′(z)")
    bottom.set_yticks([0, 0.1, 0.2, 0.25], ["0", "0.1", "0.2", ""])
    bottom.set_ylim(0, 0.29)
    bottom.set_xlabel(Text("z: 활성화 함수에 들어가는 값", "z: what goes into the activation function")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "σ′은 z = 0에서 꼭대기 1/4에 이르고, 양쪽으로 금세 사그라집니다",
            f"위는 시그모이드, 아래는 그 도함수입니다. |z|가 {m.half_width:.2f}만 되어도 도함수는 최댓값의 절반으로 줄어듭니다.",
            "위 그래프: 0에서 1로 오르는 S자 곡선. 아래 그래프: z = 0에서 높이 1/4인 종 모양 곡선과 1/4에 그은 점선.",
        ),
        "en": Words(
            "σ′ peaks at 1/4, at z = 0, and fades quickly on both sides",
            f"Above, the sigmoid; below, its derivative. At |z| = {m.half_width:.2f} the derivative has already halved.",
            "Upper plot: an S-shaped curve rising from 0 to 1. Lower plot: a bell-shaped curve of height 1/4 at z = 0, with a dotted line at 1/4.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
