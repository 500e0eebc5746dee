"""A step against the sign of the derivative: how often it lowers the loss, by its size (claim 3.13)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sigmoid
from gradbook import style
from gradbook.ch3_weights.early_net import IMAGES, SIZES, STEPS, State, early
from gradbook.ch3_weights.one_weight import loss
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, order
from gradbook.text import Lang, Text, Verdict, same

SIZE = np.array([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0, 10.0])
SHOWN = 1.0  # the size whose share stands on the badge
WEIGHTS = 40  # per seed
H = 1e-4  # for the second derivative, from gradients on both sides
LATE = 500  # steps of the net that has learned
FINE = np.logspace(-6, 1, 71)
CURVATURE = 0.5  # of the parabola C = ½ c w²: what the picture's threshold 2/c is checked on
RATES = np.array([0.1, 1.0, 1.9, 1.999, 2.001, 2.1, 4.0])  # times 1/c


@dataclass(frozen=True)
class Line:
    lower: NDArray[np.float64]  # percent of steps after which the loss is lower, (seeds, sizes)
    predicted: NDArray[np.float64]  # percent of weights whose parabola says so, (seeds, FINE)
    right: NDArray[np.int64]  # images right before the steps
    slope: NDArray[np.float64]  # |C′| of these weights, (seeds, weights)
    bend: NDArray[np.float64]  # and C″


@dataclass(frozen=True)
class Measurement:
    early: Line
    late: Line
    parabola: NDArray[np.bool_]  # whether the step −η C′ lowers the parabola, at RATES / c
    top_slope: float  # C′ of the two neurons of `one_weight` at w = 0
    beside_top: float  # and the larger of their losses at w = ±0.1 minus that at 0


def one(
    seed: int, steps: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], int, NDArray[np.float64], NDArray[np.float64]]:
    """(whether the loss is lower after a step of each size, whether the parabola says so, images right, |C′|, C″)."""
    state, rng = early(sigmoid, seed, steps), np.random.default_rng([seed, 2])
    places = rng.choice(state.places, size=WEIGHTS, replace=False)
    slope = state.gradient[places]
    bend = np.array([second_derivative(state, place) for place in places])
    loss, right = state.outcome(state.theta)
    lower = np.array([
        [state.outcome(state.nudged(place, -np.sign(s) * size))[0] < loss for place, s in zip(places, slope, strict=True)]
        for size in SIZE
    ])  # fmt: skip
    # C(w − δ sign C′) ≈ C − δ |C′| + ½ δ² C″, below C while ½ δ C″ < |C′|
    return lower, 0.5 * FINE[:, None] * bend < np.abs(slope), right, np.abs(slope), bend


def second_derivative(state: State, place: int) -> float:
    """∂²C/∂w² by the difference of two gradients."""
    up, down = (State(state.net, state.nudged(place, by), state.x, state.labels) for by in (H, -H))
    return float(up.gradient[place] - down.gradient[place]) / (2 * H)


def line(seeds: Sequence[int], steps: int) -> Line:
    lower, predicted, right, slope, bend = (
        np.array(rows) for rows in zip(*(one(seed, steps) for seed in seeds), strict=True)
    )
    return Line(100 * lower.mean(axis=2), 100 * predicted.mean(axis=2), right, slope, bend)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Weights of digits nets, one at a time: of nets early in training, and of the same nets later."""
    w, c = 1.0, CURVATURE
    after = w - RATES / c * (c * w)
    return Measurement(
        early=line(seeds, STEPS["sigmoid"]),
        late=line(seeds, LATE),
        parabola=0.5 * c * after**2 < 0.5 * c * w**2,
        top_slope=loss(0.0)[1],
        beside_top=max(loss(w)[0] for w in (-0.1, 0.1)) - loss(0.0)[0],
    )


def judge(m: Measurement) -> list[Claim]:
    both = (m.early.lower, m.late.lower)
    right_way = all((lower[:, 0] == 100).all() for lower in both)
    parabola = bool((m.parabola == (RATES < 2)).all())
    overshoots = any((lower[:, -1] < 100).any() for lower in both)
    leaves_a_top = m.top_slope == 0 and m.beside_top < 0
    verdict: Verdict = "does-not-hold"
    if right_way and parabola:
        verdict = "holds-if" if overshoots or leaves_a_top else "holds"
    share = at(m.early, SHOWN)
    return [
        Claim(
            id="3.13",
            text=Text(
                "도함수가 음수이면 가중치를 키우고 양수이면 줄인다. 0이면 어느 쪽으로도 손실이 줄지 않는다",
                "A negative derivative says raise the weight, a positive one lower it; at 0 neither way lowers the loss",
            ),
            verdict=verdict,
            finding=Text(
                f"걸음이 충분히 작으면 참입니다. 도함수가 가리키는 쪽으로 {order(SIZE[0])}만큼 옮기면 {at(m.early, SIZE[0]).value:.4g} %, {SHOWN:g}만큼 옮기면 {share.number()} %에서 손실이 줄었습니다(더 학습한 뒤에는 {at(m.late, SHOWN).number()} %). 도함수가 0이어도 꼭대기이면 어느 쪽으로 가도 손실이 줄어듭니다.",
                f"True where the step is small enough. A step of {order(SIZE[0])} in the derivative's direction lowers the loss for {at(m.early, SIZE[0]).value:.4g}% of weights, a step of {SHOWN:g} for {share.number()}% (later in training {at(m.late, SHOWN).number()}%). Where the derivative is 0 because the weight stands on a top, either way lowers the loss.",
            ),
            estimate=share,
            unit=Text(f"%, {SHOWN:g}만큼 옮겨 손실이 준 가중치", f"% of weights: a step of {SHOWN:g} lowers the loss"),
        )
    ]  # fmt: skip


def at(one: Line, size: float) -> Estimate:
    return mean_interval(one.lower[:, int(np.argmin(np.abs(SIZE - size)))])


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "small": same(order(SIZE[0])),
        "small_early": same(f"{at(m.early, SIZE[0]).value:.4g}"),
        "small_late": same(f"{at(m.late, SIZE[0]).value:.4g}"),
        "size": same(f"{SHOWN:g}"),
        "early": same(at(m.early, SHOWN).shown()),
        "late": same(at(m.late, SHOWN).shown()),
        "large": same(f"{SIZE[-1]:g}"),
        "large_early": same(at(m.early, SIZE[-1]).number()),
        "large_late": same(at(m.late, SIZE[-1]).number()),
        "right_early": same(f"{m.early.right.mean():.0f}"),
        "right_late": same(f"{m.late.right.mean():.0f}"),
        "slope_early": same(f"{np.median(m.early.slope):.4f}"),
        "slope_late": same(f"{np.median(m.late.slope):.4f}"),
        "bend_early": same(f"{np.median(m.early.bend):.4f}"),
        "bend_late": same(f"{np.median(m.late.bend):.4f}"),
        "off_early": same(f"{off(m.early):.1f}"),
        "off_late": same(f"{off(m.late):.1f}"),
        "steps_late": same(str(LATE)),
        "weights": same(str(WEIGHTS)),
        "images": same(str(IMAGES)),
        "seeds": same(str(len(m.early.right))),
    }


def off(one: Line) -> float:
    """The largest distance between the parabolas' prediction and the measured mean, over the sizes up to SHOWN, in points."""
    predicted = np.interp(np.log(SIZE), np.log(FINE), one.predicted.mean(axis=0))
    return float(np.abs(predicted - one.lower.mean(axis=0))[SIZE <= SHOWN].max())


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.2)
    labels = (
        Text(f"{STEPS['sigmoid']}걸음 학습한 뒤", f"after {STEPS['sigmoid']} steps of training"),
        Text(f"{LATE}걸음 학습한 뒤", f"after {LATE} steps of training"),
    )
    for one, look, label in zip((m.early, m.late), style.SERIES, labels, strict=False):
        found = [mean_interval(column) for column in one.lower.T]
        axes.plot(SIZE, [e.value for e in found], label=label[lang], **look)
        style.band(axes, SIZE, [e.low for e in found], [e.high for e in found], str(look["color"]))
        axes.plot(FINE, one.predicted.mean(axis=0), color=style.INK, linestyle=":", linewidth=1.2, zorder=3)
    axes.plot([], [], color=style.INK, linestyle=":", linewidth=1.2,
              label=Text("포물선의 예측", "predicted by parabolas")[lang])  # fmt: skip
    style.log(axes.xaxis, (10.0 ** np.arange(-6, 2)).tolist())
    axes.set_ylim(0, 106)
    axes.set_xlabel(Text("가중치 하나를 옮긴 거리", "how far one weight is moved")[lang])
    axes.set_ylabel(Text("손실이 줄어든 비율 (%)", "moves that lower the loss (%)")[lang])
    axes.legend(loc="lower left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, sizes = len(m.early.right), "-".join(map(str, SIZES))
    early, late = (", ".join(f"{x:.3g}" for x in one.lower.mean(axis=0)) for one in (m.early, m.late))
    small, large = at(m.early, SIZE[0]).value, at(m.early, SIZE[-1]).value
    grid = ", ".join(f"{x:g}" for x in SIZE[3:])
    return {
        "ko": Words(
            f"도함수가 가리키는 쪽으로 {order(SIZE[0])}만큼 옮기면 {small:.3g} %, {SIZE[-1]:g}만큼 옮기면 {large:.3g} %에서 손실이 줄어듭니다",
            f"{sizes} 시그모이드 신경망과 학습 표본 {IMAGES}장. 시드 {n}개에서 무작위 가중치를 {WEIGHTS}개씩 골라 하나만 옮겼습니다. 띠는 평균의 95 % 구간. 점선은 가중치마다 C′과 C″을 재어, 거리가 2|C′|/C″보다 짧으면 줄어든다고 본 것입니다.",
            f"가로축은 로그. 10⁻⁶, 10⁻⁵, 10⁻⁴, {grid}만큼 옮겼을 때 손실이 줄어든 비율은 처음에 {early} %, 나중에 {late} %.",
        ),
        "en": Words(
            f"Moved by {order(SIZE[0])} as the derivative says, {small:.3g}% of weights lower the loss; moved by {SIZE[-1]:g}, {large:.3g}%",
            f"Sigmoid nets {sizes} and their {IMAGES} training images. In each of {n} seeds {WEIGHTS} random weights were moved, one at a time. Bands: 95% interval of the mean. Dotted: C′ and C″ of each weight say that the loss falls where the move is shorter than 2|C′|/C″.",
            f"Horizontal axis logarithmic. For moves of 10⁻⁶, 10⁻⁵, 10⁻⁴, {grid} the loss falls in {early}% of cases early in training and in {late}% later.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)
