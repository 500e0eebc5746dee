"""How often a nudge to one weight moves the accuracy, and how often the loss, of sigmoids and of steps (claims 3.5, 3.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sigmoid, step
from gradbook import style
from gradbook.ch3_weights.early_net import (
    ETA,
    FIRST,
    IMAGES,
    SIZES,
    STEPS,
    State,
    early,
    to_next_answer,
    to_next_flip,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, same

NUDGE = np.array([1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0])
NUDGES = 100  # of each size, per seed
SHOWN = 1e-2  # the size whose shares stand on the badges
FINE = np.logspace(-6, 0, 61)


@dataclass(frozen=True)
class Line:
    """What became of the nudges of one kind of network: percents, (seeds, …)."""

    loss: NDArray[np.float64]  # of nudges that move the loss, (seeds, sizes)
    accuracy: NDArray[np.float64]  # and the accuracy
    predicted: NDArray[np.float64]  # of all nudges, those that reach a jump, (seeds, FINE)
    nearest: NDArray[np.float64]  # the smallest nudge to any weight that reaches one, (seeds,)
    foretold: float  # of the nudges up to SHOWN, those that move it just when they reach a jump
    right: NDArray[np.int64]  # images right before the nudges, (seeds,)
    largest_gradient: float  # of the loss, over the first layer's weights and seeds


@dataclass(frozen=True)
class Measurement:
    sigmoid: Line  # jumps: an image turns right or wrong
    step: Line  # jumps: a hidden unit flips for an image


def nudged(
    state: State, places: NDArray[np.int64], nearest: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """(whether the loss moved, whether the accuracy did: (sizes, nudges); the distance to the jump of each nudge).

    The same weights and signs serve for all sizes.
    """
    chosen = rng.integers(places.size, size=NUDGES)
    signs = rng.choice([1, -1], size=NUDGES)
    before = state.outcome(state.theta)
    after = np.array([
        [state.outcome(state.nudged(places[k], sign * size)) for k, sign in zip(chosen, signs, strict=True)]
        for size in NUDGE
    ])  # fmt: skip
    return after[..., 0] != before[0], after[..., 1] != before[1], nearest[(1 - signs) // 2, chosen]


def line(name: str, seeds: Sequence[int]) -> Line:
    loss, accuracy, own, nearest, right, gradient = [], [], [], [], [], 0.0
    for seed in seeds:
        state = early(step if name == "step" else sigmoid, seed)
        places = state.first_places if name == "step" else state.places
        reach = to_next_flip(state) if name == "step" else to_next_answer(state)
        moved_loss, moved_accuracy, distance = nudged(state, places, reach, np.random.default_rng([seed, 1]))
        loss.append(moved_loss)
        accuracy.append(moved_accuracy)
        own.append(distance)
        nearest.append(reach.ravel())
        right.append(state.outcome(state.theta)[1])
        gradient = max(gradient, float(np.abs(state.gradient[:FIRST]).max()))
    moved = np.array(loss if name == "step" else accuracy)
    expected = NUDGE[None, :, None] > np.array(own)[:, None, :]
    small = NUDGE <= SHOWN
    return Line(
        loss=100 * np.array(loss).mean(axis=2),
        accuracy=100 * np.array(accuracy).mean(axis=2),
        predicted=np.array([100 * (row[:, None] < FINE).mean(axis=0) for row in nearest]),
        nearest=np.array([row.min() for row in nearest]),
        foretold=float(100 * (expected == moved)[:, small].mean()),
        right=np.array(right),
        largest_gradient=gradient,
    )


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """64-32-10 nets with a third of their 100 images right; of step nets, the first layer's weights are nudged."""
    return Measurement(line("sigmoid", seeds), line("step", seeds))


def at(share: NDArray[np.float64], size: float = SHOWN) -> Estimate:
    return mean_interval(share[:, int(np.argmin(np.abs(NUDGE - size)))])


def vanishes(share: NDArray[np.float64]) -> bool:
    """Below 1 % at the smallest nudge, and never rarer at a larger one."""
    mean = share.mean(axis=0)
    return bool(mean[0] < 1 and (np.diff(mean) >= 0).all())


def judge(m: Measurement) -> list[Claim]:
    always = m.sigmoid.loss[:, 0].mean() > 99
    no_way_back = m.step.largest_gradient == 0 < m.sigmoid.largest_gradient
    share, steps, loss = at(m.sigmoid.accuracy), at(m.step.loss), at(m.sigmoid.loss).value
    tiny, tiny_step = m.sigmoid.accuracy[:, 0].mean(), m.step.loss[:, 0].mean()
    return [
        Claim(
            id="3.5",
            text=Text(
                "정확도의 도함수는 거의 모든 곳에서 0이므로, 학습에는 손실을 쓴다",
                "Accuracy's derivative is zero almost everywhere; so training uses a loss",
            ),
            verdict="holds" if vanishes(m.sigmoid.accuracy) and always else "does-not-hold",
            finding=Text(
                f"가중치 하나를 {SHOWN:g}만큼 밀었을 때 정확도가 움직인 일은 {share.number()} %, 손실이 움직인 일은 {loss:.4g} %입니다. 10⁻⁶만큼 밀면 {tiny:.2g} %와 {m.sigmoid.loss[:, 0].mean():.4g} %입니다.",
                f"Of nudges to one weight by {SHOWN:g}, {share.number()}% move the accuracy and {loss:.4g}% the loss; of nudges by 10⁻⁶, {tiny:.2g}% and {m.sigmoid.loss[:, 0].mean():.4g}%.",
            ),
            estimate=share,
            unit=Text(f"%, 정확도를 움직인 밀기 ({SHOWN:g})", f"% of nudges by {SHOWN:g} move the accuracy"),
        ),
        Claim(
            id="3.6",
            text=Text(
                "계단 함수가 활성화 함수로 쓰이지 못하는 것도 같은 까닭이다",
                "The step function fails as an activation for the same reason",
            ),
            verdict="holds" if vanishes(m.step.loss) and always and no_way_back and m.step.foretold > 99 else "does-not-hold",
            finding=Text(
                f"첫 층의 가중치를 {SHOWN:g}만큼 밀었을 때 손실이 움직인 일은 {steps.number()} %, 10⁻⁶만큼 밀면 {tiny_step:.2g} %입니다. {SHOWN:g} 이하의 밀기 가운데 {m.step.foretold:.4g} %는 어느 뉴런이 문턱을 넘을 때, 오직 그때만 손실을 움직입니다. 역전파한 기울기의 최댓값은 {m.step.largest_gradient:.2g}입니다.",
                f"Of nudges to a first-layer weight by {SHOWN:g}, {steps.number()}% move the loss; of nudges by 10⁻⁶, {tiny_step:.2g}%. Of nudges up to {SHOWN:g}, {m.step.foretold:.4g}% move it just when some unit crosses its threshold. The largest gradient that comes back is {m.step.largest_gradient:.2g}.",
            ),
            estimate=steps,
            unit=Text(f"%, 손실을 움직인 밀기 (계단 함수, {SHOWN:g})", f"% of nudges by {SHOWN:g} move the loss (steps)"),
        ),
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    n = len(m.sigmoid.right)
    return {
        "share": same(at(m.sigmoid.accuracy).shown()),
        "share_large": same(at(m.sigmoid.accuracy, 0.1).shown()),
        "loss": same(f"{m.sigmoid.loss.mean(axis=0).min():.4g}"),
        "nearest": same(f"{np.median(m.sigmoid.nearest):.1g}"),
        "foretold": same(f"{m.sigmoid.foretold:.4g}"),
        "step": same(at(m.step.loss).shown()),
        "step_large": same(at(m.step.loss, 0.1).shown()),
        "step_nearest": same(f"{np.median(m.step.nearest):.1g}"),
        "step_foretold": same(f"{m.step.foretold:.4g}"),
        "step_gradient": same(f"{m.step.largest_gradient:.2g}"),
        "right": same(f"{m.sigmoid.right.mean():.0f}"),
        "fewest_right": same(str(m.sigmoid.right.min())),
        "most_right": same(str(m.sigmoid.right.max())),
        "step_right": same(f"{m.step.right.mean():.0f}"),
        "quotient": same(f"{1 / IMAGES / SHOWN:g}"),
        "size": same(f"{SHOWN:g}"),
        "images": same(str(IMAGES)),
        "thresholds": same(f"{IMAGES * SIZES[1]:,}"),
        "sizes": same("-".join(map(str, SIZES))),
        "steps": same(str(STEPS["sigmoid"])),
        "step_steps": same(str(STEPS["step"])),
        "eta": same(f"{ETA:g}"),
        "seeds": same(str(n)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.4)
    lines = (
        (m.sigmoid.loss, style.SERIES[0], Text("시그모이드, 손실", "sigmoid: loss")),
        (m.step.loss, style.SERIES[3], Text("계단 함수, 손실", "step: loss")),
        (m.sigmoid.accuracy, style.SERIES[1], Text("시그모이드, 정확도", "sigmoid: accuracy")),
    )
    for share, look, label in lines:
        found = [mean_interval(column) for column in share.T]
        axes.plot(NUDGE, [e.value for e in found], label=label[lang], **look)
        style.band(axes, NUDGE, [e.low for e in found], [e.high for e in found], str(look["color"]))
    for one in (m.sigmoid, m.step):
        axes.plot(FINE, one.predicted.mean(axis=0), color=style.INK, linestyle=":", linewidth=1.2, zorder=3)
    axes.plot([], [], color=style.INK, linestyle=":", linewidth=1.2, label=Text("예측", "predicted")[lang])
    style.log(axes.xaxis, (10.0 ** np.arange(-6, 1)).tolist())
    axes.set_ylim(-3, 108)
    axes.set_xlabel(Text("가중치 하나를 민 크기", "size of the nudge to one weight")[lang])
    axes.set_ylabel(Text("값이 움직인 비율 (%)", "nudges that move it (%)")[lang])
    axes.legend(loc="center left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, sizes = len(m.sigmoid.right), "-".join(map(str, SIZES))
    accuracy, steps = (", ".join(f"{x:.2g}" for x in s.mean(axis=0)) for s in (m.sigmoid.accuracy, m.step.loss))
    loss = f"{m.sigmoid.loss.mean(axis=0).min():.4g}"
    tiny, tiny_step = f"{m.sigmoid.accuracy[:, 0].mean():.2g}", f"{m.step.loss[:, 0].mean():.2g}"
    grid = ", ".join(f"{x:g}" for x in NUDGE[3:])
    return {
        "ko": Words(
            f"10⁻⁶만큼 밀면 정확도는 {tiny} %, 계단 함수의 손실은 {tiny_step} %, 시그모이드의 손실은 {loss} %에서 움직입니다",
            f"{sizes} 신경망, 학습 표본 {IMAGES}장의 3분의 1쯤을 맞힐 때. 무작위 가중치(계단 함수에서는 첫 층의 것)를 크기마다 {NUDGES}번씩 밀었습니다. 시드 {n}개, 띠는 평균의 95 % 구간. 점선은 격차와 문턱까지의 거리로 예측한 비율입니다.",
            f"가로축은 로그, 10⁻⁶에서 1까지의 밀기. 밀기가 10⁻⁶, 10⁻⁵, 10⁻⁴, {grid}일 때 정확도가 움직인 비율은 {accuracy} %, 계단 함수의 손실이 움직인 비율은 {steps} %. 시그모이드의 손실은 어디서나 {loss} % 이상.",
        ),
        "en": Words(
            f"Nudges by 10⁻⁶ move the accuracy in {tiny}% of cases, a step net's loss in {tiny_step}%, a sigmoid net's in {loss}%",
            f"Nets {sizes} with about a third of their {IMAGES} training images right. Random weights (of step nets, of the first layer) nudged {NUDGES} times per size, {n} seeds. Bands: 95% interval of the mean. Dotted: predicted from gaps and from distances to thresholds.",
            f"Horizontal axis logarithmic. For nudges of 10⁻⁶, 10⁻⁵, 10⁻⁴, {grid} the accuracy moves in {accuracy}% of cases, the step nets' loss in {steps}%, the sigmoid nets' loss in at least {loss}% throughout.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)
