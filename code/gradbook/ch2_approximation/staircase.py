"""A staircase of sigmoids over a curve: number of steps and steepness to be turned by the reader (goes with claim 2.2)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import deepgrad
from gradbook import style
from gradbook.ch2_approximation.curve import CURVE
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.text import Lang, Text, same

STEPS = (2, 4, 8, 16, 32, 64)
STEEPNESS = (5, 10, 20, 50, 100, 200, 1000)
FEW = 4  # of STEPS: where gentle steps may do better than steep ones


@dataclass(frozen=True)
class Measurement:
    x: NDArray[np.float64]
    curve: NDArray[np.float64]
    network: NDArray[np.float64]  # (steps, steepnesses, points)

    @property
    def error(self) -> NDArray[np.float64]:
        """The largest |network − curve|, (steps, steepnesses)."""
        return np.abs(self.network - self.curve).max(axis=2)


def measure(points: int = 401) -> Measurement:
    """The curve's values in the middle of each tread, whatever the steepness."""
    x = np.linspace(0, 1, points)
    network = np.empty((len(STEPS), len(STEEPNESS), points))
    for i, n in enumerate(STEPS):
        h = 1 / (n + 1)
        for j, s in enumerate(STEEPNESS):
            net, theta = deepgrad.staircase(h * np.arange(1, n + 1), CURVE(h * (np.arange(n + 1) + 0.5)), s)
            y, _ = net(theta, x[:, None])
            network[i, j] = y[:, 0]
    return Measurement(x, CURVE(x), network)


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    few, most = m.error[STEPS.index(FEW)], m.error[-1]
    return {
        "few": same(str(FEW)),
        "few_best": same(f"{STEEPNESS[int(few.argmin())]:,}"),
        "few_best_error": same(f"{few.min():.2f}"),
        "few_steep_error": same(f"{few[-1]:.2f}"),
        "most": same(str(STEPS[-1])),
        "gentle": same(str(STEEPNESS[0])),
        "gentle_error": same(f"{most[0]:.2f}"),
        "steep": same(f"{STEEPNESS[-1]:,}"),
        "steep_error": same(f"{most[-1]:.3f}"),
    }


def draw(m: Measurement, lang: Lang, i: int, j: int) -> Figure:
    made, axes = style.figure(2.7)
    axes.plot(m.x, m.curve, color=style.MUTED, linewidth=4, alpha=0.45,
              label=Text("따라갈 곡선", "the curve to follow")[lang])  # fmt: skip
    axes.plot(m.x, m.network[i, j], color=style.BLUE, label=Text("신경망", "the network")[lang])
    error = f"{m.error[i, j]:.3f}"
    axes.set_title(Text(f"가장 큰 오차 {error}", f"largest error {error}")[lang])
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlabel(Text("입력 x", "input x")[lang])
    axes.set_ylabel(Text("출력", "output")[lang])
    axes.legend(loc="upper right")
    return made


def frame_alt(m: Measurement, lang: Lang, i: int, j: int) -> str:
    error = f"{m.error[i, j]:.3f}"
    return Text(
        f"계단 {STEPS[i]}개, 가파르기 {STEEPNESS[j]:,}: 가장 큰 오차는 {error}",
        f"{STEPS[i]} steps of steepness {STEEPNESS[j]:,}: the largest error is {error}",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "직접 돌려 보십시오: 계단의 수와 가파르기가 오차를 정합니다",
            "은닉층이 하나인 신경망의 가중치를 손으로 적었습니다. 너무 완만한 계단은 서로 섞여, 아무리 많아도 곡선이 뭉개집니다.",
            frame_alt(m, lang, *START),
        ),
        "en": Words(
            "Turn it yourself: the number of steps and their steepness set the error",
            "A network with one hidden layer, its weights written down. Steps that are too gentle run into one another: however many there are, they blur the curve.",
            frame_alt(m, lang, *START),
        ),
    }[lang]


START = (STEPS.index(8), STEEPNESS.index(200))
SLIDERS = (
    Slider(Text("계단의 수", "steps"), tuple(map(str, STEPS)), START[0]),
    Slider(Text("가파르기 s", "steepness s"), tuple(f"{s:,}" for s in STEEPNESS), START[1]),
)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt),
)
