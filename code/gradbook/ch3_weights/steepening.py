"""A sigmoid made steeper and steeper until it is a step: the slope gathers in the jumps (goes with claim 3.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sigmoid, step
from deepgrad.signatures import Array, Op, Pullback, Real
from gradbook import style
from gradbook.ch3_weights.early_net import SIZES, State, early, network
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import number
from gradbook.text import Lang, Text, same

STEEPNESS = (1, 4, 16, 64, 256)  # and then the step itself
REACH, POINTS = 1.0, 401
SMALL = 0.01  # of the mean size of all gradients: what counts as next to nothing
Z = np.linspace(-3, 3, 401)


@dataclass(frozen=True)
class Measurement:
    activation: NDArray[np.float64]  # over Z, (steepness, points): the last row is the step
    weight: NDArray[np.float64]  # along the picture
    loss: NDArray[np.float64]  # (steepness, points)
    slope: NDArray[np.float64]  # ∂loss/∂w where the weight stands, (steepness,)
    mean: NDArray[np.float64]  # mean |∂loss/∂w| over the first layer's weights and seeds, (steepness,)
    small: NDArray[np.float64]  # percent of these below SMALL of their mean, over seeds
    seeds: int


def steep(s: float) -> Op:
    """σ(s z)."""

    def activation(z: Array) -> tuple[Array, Pullback]:
        y, back = sigmoid(s * z)

        def back_steep(dy: Real) -> Array:
            return s * back(dy)

        return y, back_steep

    return activation


ACTIVATIONS: tuple[Op, ...] = (*(steep(s) for s in STEEPNESS), step)


def with_all(state: State) -> list[State]:
    """The same weights under every activation."""
    return [replace(state, net=network(f)) for f in ACTIVATIONS]


def sizes_of_gradient(states: list[State]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the first layer's weights: (mean |∂loss/∂w|, percent of them below SMALL of that), (steepness,) each."""
    size = np.array([np.abs(one.gradient[one.first_places]) for one in states])
    mean = size.mean(axis=1)
    return mean, 100 * (size <= SMALL * mean[:, None]).mean(axis=1)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """The sigmoid nets of `early`; the first of them for the picture, along its first-layer weight of largest gradient."""
    nets = [with_all(early(sigmoid, seed)) for seed in seeds]
    mean, small = np.array([sizes_of_gradient(states) for states in nets]).mean(axis=0)
    first = nets[0]
    places = first[0].first_places
    place = int(places[np.abs(first[0].gradient[places]).argmax()])
    offset = np.linspace(-REACH, REACH, POINTS)
    return Measurement(
        activation=np.array([f(Z)[0] for f in ACTIVATIONS]),
        weight=first[0].theta[place] + offset,
        loss=np.array([[one.outcome(one.nudged(place, by))[0] for by in offset] for one in first]),
        slope=np.array([one.gradient[place] for one in first]),
        mean=mean,
        small=small,
        seeds=len(nets),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "gentle": same(f"{m.small[0]:.0f}"),
        "steepest": same(str(STEEPNESS[-1])),
        "steep": same(f"{m.small[-2]:.0f}"),
        "mean_growth": same(f"{m.mean[-2] / m.mean[0]:.0f}"),
        "small": same(f"{100 * SMALL:g}"),
    }


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, (left, right) = style.figure(2.7, ncols=2, width_ratios=(1, 2.1))
    color = style.PURPLE if i == len(STEEPNESS) else style.BLUE
    left.plot(Z, m.activation[i], color=color)
    left.set_xlabel("z")
    left.set_yticks([0, 0.5, 1])
    left.set_title(name(i)[lang])
    right.plot(m.weight, m.loss[i], color=color)
    middle = POINTS // 2
    here = m.loss[i, middle]
    right.plot(
        m.weight, here + m.slope[i] * (m.weight - m.weight[middle]), color=style.INK, linestyle=":", linewidth=1.2
    )
    right.plot([m.weight[middle]], [here], "o", color=style.INK)
    spare = 0.04 * np.ptp(m.loss)
    right.set_ylim(m.loss.min() - spare, m.loss.max() + spare)
    right.set_xlim(m.weight[0], m.weight[-1])
    right.set_xlabel(Text("첫 층의 가중치 w", "a first-layer weight w")[lang])
    right.set_ylabel(Text("손실", "loss")[lang])
    slope = number(m.slope[i], 3)
    right.set_title(Text(f"점에서의 기울기 {slope}", f"slope at the dot {slope}")[lang])
    return made


def name(i: int) -> Text:
    return Text("계단 함수", "step") if i == len(STEEPNESS) else same(f"σ({STEEPNESS[i]}z)".replace("(1z", "(z"))


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    slope, lowest, highest = number(m.slope[i], 3), f"{m.loss[i].min():.3f}", f"{m.loss[i].max():.3f}"
    return Text(
        f"{name(i).ko}: 손실은 {lowest}에서 {highest} 사이, 점에서의 기울기는 {slope}. 이웃한 점 사이에서 가장 크게 뛴 값은 {biggest(m, i)}입니다.",
        f"{name(i).en}: the loss lies between {lowest} and {highest}, its slope at the dot is {slope}. The largest change between neighboring points is {biggest(m, i)}.",
    )[lang]


def biggest(m: Measurement, i: int) -> str:
    return f"{np.abs(np.diff(m.loss[i])).max():.4f}"


def words(m: Measurement, lang: Lang) -> Words:
    sizes, gentle, steepest, stairs = "-".join(map(str, SIZES)), *(f"{m.small[k]:.0f}" for k in (0, -2, -1))
    return {
        "ko": Words(
            f"활성화 함수를 세울수록 비탈은 뛰는 자리로 모입니다: 기울기가 거의 0인 가중치가 {gentle} %, {steepest} %, 계단 함수에서는 {stairs} %",
            f"왼쪽은 활성화 함수, 오른쪽은 {sizes} 신경망의 손실을 첫 층의 가중치 하나를 따라 그린 것입니다. 다른 가중치는 모두 같습니다. 점선은 점에서의 접선. 제목의 비율은 차례로 σ(z), σ({STEEPNESS[-1]}z), 계단 함수의 것이고, 기울기의 크기가 첫 층 평균의 {100 * SMALL:g} % 이하인 가중치를 셌습니다(시드 {m.seeds}개).",
            frame_alt(m, lang, START),
        ),
        "en": Words(
            f"As the activation gets steeper, the slope gathers in jumps: {gentle}%, {steepest}% and, with a step, {stairs}% of weights have next to no gradient",
            f"Left, the activation; right, the loss of a net {sizes} along one weight of its first layer, all other weights alike. Dotted: the tangent at the dot. The title's shares are for σ(z), σ({STEEPNESS[-1]}z) and the step; weights were counted whose gradient is at most {100 * SMALL:g}% of the first layer's mean ({m.seeds} seeds).",
            frame_alt(m, lang, START),
        ),
    }[lang]


START = STEEPNESS.index(16)
SLIDER = Slider(
    Text("활성화 함수", "activation"),
    (*(f"σ({s}z)".replace("(1z", "(z") for s in STEEPNESS), "step"),
    START,
)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=(SLIDER,), frame_alt=frame_alt),
)
