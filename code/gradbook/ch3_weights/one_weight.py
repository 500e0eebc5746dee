"""One weight on its loss curve: the derivative's sign says which way, the learning rate how far (goes with claim 3.13)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import brentq

from deepgrad import tanh
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import number
from gradbook.text import Lang, Text, same

TARGET = 0.5
CURVE = np.linspace(-1.6, 1.6, 321)
RATES = (0.3, 1.0, 3.0)


def loss(w: float) -> tuple[float, float]:
    """(C, C′) of a chain of two neurons that share a weight: h = tanh(w x), y = w h, C = ½ (y − t)², for x = 1."""
    h, back = tanh(np.asarray(w))
    y = w * h
    dy = y - TARGET
    return float(0.5 * dy**2), float(dy * h + back(dy * w))


BOTTOM = float(brentq(lambda w: w * np.tanh(w) - TARGET, 0.1, 2))  # where y is right
WEIGHTS = (-1.2, -BOTTOM, -0.4, -0.1, 0.0, 0.1, 0.4, BOTTOM, 1.0, 1.2)


@dataclass(frozen=True)
class Measurement:
    curve: NDArray[np.float64]  # C over CURVE
    slope: NDArray[np.float64]  # C′ at WEIGHTS
    before: NDArray[np.float64]  # C at WEIGHTS
    reached: NDArray[np.float64]  # w − η C′, (weights, rates)
    after: NDArray[np.float64]  # C there


def measure() -> Measurement:
    """One step of gradient descent from each weight, with each learning rate."""
    before, slope = np.array([loss(w) for w in WEIGHTS]).T
    slope = np.where(np.abs(slope) < 1e-12, 0.0, slope)  # at the bottom: rounding
    reached = np.array(WEIGHTS)[:, None] - np.array(RATES) * slope[:, None]
    return Measurement(
        curve=np.array([loss(w)[0] for w in CURVE]),
        slope=slope,
        before=before,
        reached=reached,
        after=np.array([[loss(w)[0] for w in row] for row in reached]),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    start = WEIGHTS.index(0.4)
    return {
        "target": same(f"{TARGET:g}"),
        "bottom": same(f"{BOTTOM:.2f}"),
        "top_loss": same(f"{m.before[WEIGHTS.index(0.0)]:.3f}"),
        "beside_loss": same(f"{m.before[WEIGHTS.index(0.1)]:.3f}"),
        "from": same(f"{WEIGHTS[start]:g}"),
        "slope": same(number(m.slope[start], 2)),
    }


def draw(m: Measurement, lang: Lang, i: int, j: int) -> Figure:
    made, axes = style.figure(2.9)
    w, slope, here = WEIGHTS[i], m.slope[i], m.before[i]
    axes.plot(CURVE, m.curve, color=style.BLUE)
    along = np.array([-0.3, 0.3])
    axes.plot(w + along, here + slope * along, color=style.INK, linestyle=":", linewidth=1.2)
    axes.plot([w], [here], "o", color=style.INK, zorder=4)
    if slope:
        reached = m.reached[i, j]
        axes.annotate("", (reached, m.after[i, j]), (w, here), zorder=3,
                      arrowprops={"arrowstyle": "->", "color": style.ORANGE, "linewidth": 1.6, "shrinkB": 5})  # fmt: skip
        axes.plot([reached], [m.after[i, j]], "s", color=style.ORANGE, zorder=4)
    axes.set_title(told(m, i, j)[lang])
    axes.set_xlim(-1.6, 1.6)
    axes.set_ylim(-0.02, 0.3)
    axes.set_xlabel(Text("가중치 w", "weight w")[lang])
    axes.set_ylabel(Text("손실 C", "loss C")[lang])
    return made


def told(m: Measurement, i: int, j: int) -> Text:
    """The derivative, the way it points, and what became of the loss."""
    slope, before, after = number(m.slope[i], 2), number(m.before[i], 3), number(m.after[i, j], 3)
    if m.slope[i] == 0:
        return Text(f"C′ = 0: 움직이지 않습니다 (손실 {before})", f"C′ = 0: w stays (loss {before})")
    ko, en = ("> 0: w를 줄입니다", "> 0: lower w") if m.slope[i] > 0 else ("< 0: w를 키웁니다", "< 0: raise w")
    return Text(f"C′ = {slope} {ko}. 손실 {before} → {after}", f"C′ = {slope} {en}. Loss {before} → {after}")


def frame_alt(m: Measurement, lang: Lang, i: int, j: int) -> str:
    w, reached = number(WEIGHTS[i], 2), number(m.reached[i, j], 2)
    return Text(
        f"w = {w}, η = {RATES[j]:g}. {told(m, i, j).ko}. 새 w는 {reached}입니다.",
        f"w = {w}, η = {RATES[j]:g}. {told(m, i, j).en}. The new w is {reached}.",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    target = f"{TARGET:g}"
    return {
        "ko": Words(
            "직접 옮겨 보십시오: 도함수의 부호가 방향을, 학습률이 거리를 정합니다",
            f"가중치 하나를 나누어 쓰는 뉴런 두 개의 손실 ½(w tanh(w) − {target})². 검은 점이 지금의 w, 점선이 접선, 네모가 한 걸음 뒤입니다.",
            frame_alt(m, lang, *START),
        ),
        "en": Words(
            "Move it yourself: the derivative's sign sets the direction, the learning rate the distance",
            f"The loss of two neurons that share one weight, ½ (w tanh(w) − {target})². The black dot is w, the dotted line the tangent, the square where one step leads.",
            frame_alt(m, lang, *START),
        ),
    }[lang]


START = (WEIGHTS.index(0.4), RATES.index(1.0))
SLIDERS = (
    Slider(Text("가중치 w", "weight w"), tuple(number(w, 2) for w in WEIGHTS), START[0]),
    Slider(Text("학습률 η", "learning rate η"), tuple(f"{rate:g}" for rate in RATES), START[1]),
)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt),
)
