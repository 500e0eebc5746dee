"""Weights beyond 4: a chain one neuron wide can explode, but only at a spike (goes with claim 1.6)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import chain, local_derivatives
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

DEPTH = 4
WEIGHTS = (2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True)
class Measurement:
    x: NDArray[np.float64]  # inputs in [0, 1]
    gradient: NDArray[np.float64]  # |∂h_L/∂x| with biases −w/2, (weights, inputs)
    area: NDArray[np.float64]  # its integral over [0, 1], (weights,)
    rise: NDArray[np.float64]  # h_L(1) − h_L(0), (weights,): what the integral must be
    above_one: NDArray[np.float64]  # share of inputs whose gradient exceeds 1, (weights,)
    largest_link_without_bias: float  # largest mean of ln|link| along long bias-free chains of equal weights


def measure(points: int = 20_001) -> Measurement:
    """Chains of equal weights w with biases −w/2, which put z = 0 at h = ½, where σ′ peaks and a link is w/4."""
    x = np.linspace(0, 1, points)
    gradient, rise = [], []
    for w in WEIGHTS:
        each = np.full((DEPTH, points), w)
        gradient.append(np.abs(np.prod(local_derivatives(x, each, -each / 2), axis=0)))
        output = chain(x, each, -each / 2)[0]
        rise.append(float(output[-1] - output[0]))
    found = np.stack(gradient)
    sweep = np.concatenate([np.linspace(-60, -0.5, 400), np.linspace(0.5, 60, 400)])
    links = local_derivatives(0.3, np.tile(sweep, (400, 1)))[200:]  # past the start-up
    with np.errstate(divide="ignore"):  # a link that rounds to 0 is as small as a link can be
        growth = np.log(np.abs(links)).mean(axis=0)
    return Measurement(
        x=x,
        gradient=found,
        area=np.trapezoid(found, x, axis=1),
        rise=np.array(rise),
        above_one=(found > 1).mean(axis=1),
        largest_link_without_bias=float(growth.max()),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    w = WEIGHTS.index(16.0)
    return {
        "peak": same(f"{m.gradient[w].max():.0f}"),
        "area": same(f"{m.area[w]:.3f}"),
        "rise": same(f"{m.rise[w]:.3f}"),
        "above_one": same(f"{100 * m.above_one[w]:.1f}"),
        "no_bias": same(f"{np.exp(m.largest_link_without_bias):.2f}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.0)
    for w, gradient, line in zip(WEIGHTS, m.gradient, style.SERIES, strict=True):
        axes.plot(m.x, gradient, color=line["color"], linestyle=line["linestyle"], label=f"w = {w:g}")
    axes.axhline(1, color=style.INK, linestyle=":", linewidth=1.2)
    style.log(axes.yaxis)
    axes.set_ylim(1e-6, 1e3)
    axes.set_xlabel(Text("입력 x", "input x")[lang])
    axes.set_ylabel("|∂h₄ / ∂x|")
    axes.legend(loc="upper right")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    peak, share = f"{m.gradient[-1].max():.0f}", f"{100 * m.above_one[-1]:.1f}"
    return {
        "ko": Words(
            f"w = 16이면 폭발하지만, 입력의 {share} %에서만 그렇습니다",
            f"깊이 {DEPTH}, 가중치는 모두 w, 편향은 모두 −w/2. 곡선 아래의 넓이는 어떤 w에서도 1을 넘지 못합니다.",
            f"가로축은 입력 0–1, 세로축은 로그 눈금의 기울기. w가 클수록 가운데에 높고 좁은 봉우리가 서고(w = 16에서 {peak}), 그 밖에서는 0에 가깝습니다.",
        ),
        "en": Words(
            f"At w = 16 it explodes, but for only {share}% of the inputs",
            f"Depth {DEPTH}, all weights w, all biases −w/2. The area under a curve can never exceed 1, whatever w is.",
            f"Input 0 to 1 against the gradient on a log scale. The larger w, the higher and narrower the peak in the middle ({peak} at w = 16); elsewhere the gradient is near 0.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
