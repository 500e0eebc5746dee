"""Accuracy and loss along one weight, nearer and nearer: the stairs turn flat, the slope stays a slope (with claim 3.5)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from deepgrad import sigmoid
from gradbook import style
from gradbook.ch3_weights.early_net import IMAGES, SIZES, early
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import number
from gradbook.text import Lang, Text, same

WINDOWS = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)  # how far to either side
POINTS, SEED = 301, 0


@dataclass(frozen=True)
class Measurement:
    weight: float  # where the weight stands: the one with the largest gradient
    offset: NDArray[np.float64]  # from there, (windows, points)
    loss: NDArray[np.float64]
    right: NDArray[np.int64]  # images right
    slope: float  # ∂loss/∂w at the weight, by backpropagation

    def range(self, i: int) -> tuple[int, int]:
        """Fewest and most images right within a window."""
        return int(self.right[i].min()), int(self.right[i].max())

    @property
    def here(self) -> tuple[float, int]:
        return float(self.loss[0, POINTS // 2]), int(self.right[0, POINTS // 2])


def measure(seed: int = SEED) -> Measurement:
    state = early(sigmoid, seed)
    place = int(state.places[np.abs(state.gradient[state.places]).argmax()])
    offset = np.array([np.linspace(-reach, reach, POINTS) for reach in WINDOWS])
    found = np.array([[state.outcome(state.nudged(place, by)) for by in row] for row in offset])
    return Measurement(
        weight=float(state.theta[place]),
        offset=offset,
        loss=found[..., 0],
        right=found[..., 1].astype(int),
        slope=float(state.gradient[place]),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    loss, right = m.here
    return {
        "loss": same(f"{loss:.5f}"),
        "right": same(str(right)),
        "fewest": same(str(m.range(WINDOWS.index(1.0))[0])),
        "most": same(str(m.range(WINDOWS.index(1.0))[1])),
        "slope": same(number(m.slope, 3)),
        "nearest": same(f"{WINDOWS[-1]:g}"),
        "nearest_range": same("–".join(map(str, sorted(set(m.range(len(WINDOWS) - 1)))))),
    }


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, (top, bottom) = style.figure(3.9, nrows=2, sharex=True)
    w, (loss, right) = m.weight + m.offset[i], m.here
    top.plot(w, m.right[i], color=style.ORANGE, drawstyle="steps-mid")
    top.plot([m.weight], [right], "o", color=style.INK)
    low, high = m.range(i)
    spare = max(2, (high - low) * 0.1)
    top.set_ylim(low - spare, high + spare)
    top.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    top.set_ylabel(Text(f"맞힌 수 (/{IMAGES})", f"right (of {IMAGES})")[lang])
    found = f"{low}" if low == high else f"{low}–{high}"
    top.set_title(
        Text(f"정확도: {found}장을 맞힘, 점에서의 기울기 0", f"accuracy: {found} right, slope at the dot 0")[lang]
    )
    bottom.plot(w, m.loss[i], color=style.BLUE)
    bottom.plot(w, loss + m.slope * m.offset[i], color=style.INK, linestyle=":", linewidth=1.2)
    bottom.plot([m.weight], [loss], "o", color=style.INK)
    span = max(np.ptp(m.loss[i]), 1e-9)
    bottom.set_ylim(m.loss[i].min() - 0.1 * span, m.loss[i].max() + 0.1 * span)
    slope = number(m.slope, 3)
    bottom.set_title(Text(f"손실: 점에서의 기울기 {slope}", f"loss: slope at the dot {slope}")[lang])
    bottom.set_ylabel(Text("손실", "loss")[lang])
    bottom.set_xlabel(Text("가중치 w", "weight w")[lang])
    bottom.set_xlim(w[0], w[-1])
    bottom.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.5f}"))  # so that no frame moves the axes
    bottom.xaxis.set_major_locator(MaxNLocator(5))
    bottom.yaxis.set_major_locator(MaxNLocator(4))
    return made


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    (low, high), first, last = m.range(i), *(f"{m.loss[i, k]:.4f}" for k in (0, -1))
    return Text(
        f"양쪽으로 {WINDOWS[i]:g}까지: 맞힌 수는 가장 적을 때 {low}, 가장 많을 때 {high}입니다. 손실은 왼쪽 끝에서 {first}, 오른쪽 끝에서 {last}이고 끊긴 곳이 없습니다.",
        f"{WINDOWS[i]:g} to either side: at least {low} and at most {high} images are right. The loss goes from {first} at the left end to {last} at the right without a break.",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    sizes = "-".join(map(str, SIZES))
    far, near = (m.range(i)[1] - m.range(i)[0] for i in (0, len(WINDOWS) - 1))
    return {
        "ko": Words(
            f"가중치를 ±{WINDOWS[0]:g}까지 옮기면 맞힌 수가 {far}장, ±{WINDOWS[-1]:g}까지 옮기면 {near}장만큼 오르내립니다. 손실은 비탈입니다",
            f"{sizes} 시그모이드 신경망에서 기울기가 가장 큰 가중치 하나만 움직였습니다. 위는 학습 표본 {IMAGES}장 가운데 맞힌 수, 아래는 같은 표본의 손실. 점은 지금의 가중치, 점선은 역전파로 구한 접선입니다.",
            frame_alt(m, lang, START),
        ),
        "en": Words(
            f"Within ±{WINDOWS[0]:g} of the weight the images right vary by {far}, within ±{WINDOWS[-1]:g} by {near}; the loss is a slope",
            f"In a sigmoid net {sizes} one weight was moved, the one with the largest gradient. Above, how many of the {IMAGES} training images are right; below, the loss over the same images. The dot is where the weight stands, the dotted line the tangent that backpropagation found.",
            frame_alt(m, lang, START),
        ),
    }[lang]


START = WINDOWS.index(1.0)
SLIDER = Slider(Text("보이는 범위 ±", "window ±"), tuple(f"{reach:g}" for reach in WINDOWS), START)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=(SLIDER,), frame_alt=frame_alt),
)
