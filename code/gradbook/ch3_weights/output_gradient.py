"""What comes back from the two usual pairs of output and loss, and from a mixed one (claims 3.7 and 3.8)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import (
    Array,
    central_difference,
    relative_error,
    softmax,
    softmax_cross_entropy,
    squared_error,
)
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Lang, Text, same

CLASSES, BATCHES, SPREAD = (2, 3, 10), (1, 5, 16), 3.0  # random scores from N(0, SPREAD²)
MARGINS = np.arange(-12.0, 6.5, 1.0)  # score of the right class minus that of the only other one
START, ETA = -8.0, 1.0  # one example, wrong and sure of it
ROUNDING, BY_NUDGING = 1e-12, 1e-6  # what may pass for equal, against a formula and against a difference


@dataclass(frozen=True)
class Measurement:
    cases: int  # random batches that were looked at
    components: int  # numbers that came back in all of them
    softmax_error: float  # largest |batch · back() − (y − t)|
    softmax_nudged: float  # largest relative error of back() against central differences
    identity_error: float  # both again for identity with ½ ‖y − t‖²
    identity_nudged: float
    without_half: tuple[float, float]  # smallest and largest gradient of ‖y − t‖² in units of y − t, by differences
    matched: NDArray[np.float64]  # −∂C/∂(right score) at MARGINS: softmax with cross-entropy
    mixed: NDArray[np.float64]  # softmax with squared error
    steps: tuple[int, int]  # steps from START until the right class is the more probable one, matched and mixed


def one_hot(labels: Array, classes: int) -> NDArray[np.float64]:
    """(batch, classes): 1 at each row's label, 0 elsewhere."""
    return np.eye(classes)[labels]


def softmax_squared_error(scores: Array, labels: Array) -> tuple[float, Callable[[], Array]]:
    """The mixed pair: ½ ‖softmax(scores) − t‖² and its way back through both operations."""
    y, back_softmax = softmax(scores)
    loss, back_loss = squared_error(y, one_hot(labels, scores.shape[1]))
    return loss, lambda: back_softmax(back_loss())


def steps_until_right(loss: Callable[[Array, Array], tuple[float, Callable[[], Array]]]) -> int:
    """Gradient descent on the two scores themselves, from START, until the right one is the larger."""
    scores, label, steps = np.array([[START, 0.0]]), np.array([0]), 0
    while scores[0, 0] <= scores[0, 1]:
        scores = scores - ETA * loss(scores, label)[1]()
        steps += 1
    return steps


def one_batch(seed: int, classes: int, batch: int) -> tuple[float, ...]:
    """(softmax error, the same against differences, identity error, the same, ‖y − t‖²'s gradient in units of y − t)."""
    rng = np.random.default_rng([seed, classes, batch])
    scores, labels = rng.normal(0, SPREAD, (batch, classes)), rng.integers(classes, size=batch)
    t, (y, _) = one_hot(labels, classes), softmax(scores)

    def without_half(z: Array) -> float:
        return float(((z - t) ** 2).sum())

    by_softmax = softmax_cross_entropy(scores, labels)[1]()
    by_identity = squared_error(scores, t)[1]()
    plain = central_difference(without_half, scores)
    return (
        float(np.abs(batch * by_softmax - (y - t)).max()),
        relative_error(by_softmax, central_difference(lambda z: softmax_cross_entropy(z, labels)[0], scores)),
        float(np.abs(batch * by_identity - (scores - t)).max()),
        relative_error(by_identity, central_difference(lambda z: squared_error(z, t)[0], scores)),
        float(np.vdot(plain, scores - t) / np.vdot(scores - t, scores - t)),
    )


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Random scores and answers of several sizes; then one example at every margin."""
    sizes = [(seed, classes, batch) for seed in seeds for classes in CLASSES for batch in BATCHES]
    errors = np.array([one_batch(*size) for size in sizes])
    softmax_error, softmax_nudged, identity_error, identity_nudged, _ = errors.max(axis=0).tolist()
    ratios = errors[:, -1]
    label = np.array([0])
    by_pair = [
        np.array([-loss(np.array([[margin, 0.0]]), label)[1]()[0, 0] for margin in MARGINS])
        for loss in (softmax_cross_entropy, softmax_squared_error)
    ]
    return Measurement(
        cases=len(sizes),
        components=sum(classes * batch for _, classes, batch in sizes),
        softmax_error=softmax_error,
        softmax_nudged=softmax_nudged,
        identity_error=identity_error,
        identity_nudged=identity_nudged,
        without_half=(float(ratios.min()), float(ratios.max())),
        matched=by_pair[0],
        mixed=by_pair[1],
        steps=(steps_until_right(softmax_cross_entropy), steps_until_right(softmax_squared_error)),
    )


def is_one(ratio: tuple[float, float]) -> bool:
    return max(abs(end - 1) for end in ratio) < BY_NUDGING


def judge(m: Measurement) -> list[Claim]:
    softmax_right = m.softmax_error < ROUNDING and m.softmax_nudged < BY_NUDGING
    identity_right = m.identity_error < ROUNDING and m.identity_nudged < BY_NUDGING
    bounds = [power_of_ten_above(x) for x in (m.softmax_error, m.identity_error)]
    twice = f"{sum(m.without_half) / 2:.4g}"
    shown = [same(f"< {order(bound)}" if bound else "0") for bound in bounds]
    nudged = order(power_of_ten_above(m.softmax_nudged))
    unit = Text("y − t와의 차이", "difference from y − t")
    return [
        Claim(
            id="3.7",
            text=Text(
                "소프트맥스에 교차 엔트로피를 쓰면 y − t가 역전파된다",
                "Softmax with cross-entropy sends back y − t",
            ),
            verdict="holds" if softmax_right else "does-not-hold",
            finding=Text(
                f"수 {m.components:,}개에서 역전파한 기울기와 y − t의 차이는 {shown[0].ko.lstrip('< ')} 아래이고, 중앙 차분과는 상대 오차 {nudged} 안에서 같습니다. 표본이 여럿이면 그 수로 나눈 값입니다.",
                f"In {m.components:,} numbers backpropagation differs from y − t by less than {shown[0].en.lstrip('< ')}, and from central differences by a relative error of at most {nudged}. With a batch it is y − t over the number of examples.",
            ),
            estimate=Estimate(bounds[0], n=m.components),
            unit=unit,
            shown=shown[0],
        ),
        Claim(
            id="3.8",
            text=Text(
                "항등 함수에 오차제곱합을 써도 y − t가 역전파된다",
                "Identity with the sum of squared errors sends back y − t as well",
            ),
            verdict=("holds" if is_one(m.without_half) else "holds-if") if identity_right else "does-not-hold",
            finding=Text(
                f"오차제곱합에 ½을 곱하면 반올림 오차 안에서 y − t와 같습니다. ½이 없으면 그 {twice}배입니다.",
                f"With ½ in front of the sum of squares it is y − t to rounding; without it, {twice} times that.",
            ),
            estimate=Estimate(bounds[1], n=m.components),
            unit=Text("y − t와의 차이 (½이 있을 때)", "difference from y − t (with the ½)"),
            shown=shown[1],
        ),
    ]  # fmt: skip


def at(m: Measurement, margin: float) -> tuple[float, float]:
    """What comes back at a margin, matched and mixed."""
    k = int(np.argmin(np.abs(MARGINS - margin)))
    return float(m.matched[k]), float(m.mixed[k])


def numbers(m: Measurement) -> dict[str, Text]:
    matched, mixed = at(m, START)
    return {
        "cases": same(str(m.cases)),
        "components": same(f"{m.components:,}"),
        "error": same(order(power_of_ten_above(m.softmax_error))),
        "nudged": same(order(power_of_ten_above(max(m.softmax_nudged, m.identity_nudged)))),
        "without_half": same(f"{sum(m.without_half) / 2:.4g}"),
        "start": same(f"{START:g}".replace("-", "−")),
        "matched": same(f"{matched:.4f}"),
        "mixed": same(f"{mixed:.4f}"),
        "steps_matched": same(f"{m.steps[0]:,}"),
        "steps_mixed": same(f"{m.steps[1]:,}"),
        "eta": same(f"{ETA:g}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.2)
    fine = np.linspace(MARGINS[0], MARGINS[-1], 300)
    p = 1 / (1 + np.exp(-fine))
    pairs = (
        (m.matched, 1 - p, style.SERIES[0], Text("교차 엔트로피", "cross-entropy"), "1 − y"),
        (m.mixed, 2 * p * (1 - p) ** 2, style.SERIES[1], Text("제곱 오차", "squared error"), "2y(1 − y)²"),
    )
    for found, theory, line, name, formula in pairs:
        axes.plot(fine, theory, color=line["color"], linestyle=line["linestyle"], linewidth=1.1)
        axes.plot(
            MARGINS,
            found,
            linestyle="none",
            color=line["color"],
            marker=line["marker"],
            label=f"{name[lang]}: {formula}",
        )
    axes.axvline(0, color=style.INK, linestyle=":", linewidth=1.1)
    style.log(axes.yaxis, [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5])
    axes.set_ylim(5e-6, 3)
    sides = (Text("← 확신하며 틀림", "← sure and wrong"), 0.02, "left"), (Text("맞힘 →", "right →"), 0.98, "right")
    for text, x, align in sides:
        axes.text(x, 1.02, text[lang], transform=axes.transAxes, ha=align, color=style.MUTED, fontsize=8.5)
    axes.set_xlabel(Text("정답의 점수 − 다른 하나의 점수", "score of the right class − score of the other")[lang])
    axes.set_ylabel(Text("정답의 점수를 올리는 힘 (−기울기)", "push on the right score (−gradient)")[lang])
    axes.set_xticks(range(-12, 7, 3))
    made.legend(loc="outside lower center", ncols=2)
    return made  # fmt: skip


def words(m: Measurement, lang: Lang) -> Words:
    matched, mixed = at(m, START)
    start, low = (f"{x:g}".replace("-", "−") for x in (START, MARGINS[0]))
    return {
        "ko": Words(
            f"차이가 {start}일 때 교차 엔트로피는 {matched:.2f}, 제곱 오차는 {mixed:.4f}만큼 밉니다",
            "소프트맥스에 두 손실을 붙여, 클래스가 둘일 때 정답의 점수로 되돌아오는 기울기(부호를 바꿈). 표식은 역전파, 선은 공식. y는 정답에 준 확률입니다.",
            f"가로축은 {low}에서 {MARGINS[-1]:g}까지의 점수 차이, 세로축은 로그 눈금. 교차 엔트로피의 선은 왼쪽에서 1로 평평하고, 제곱 오차의 선은 가운데가 높고 왼쪽으로 곧게 떨어집니다.",
        ),
        "en": Words(
            f"At a difference of {start}, cross-entropy pushes with {matched:.2f}, squared error with {mixed:.4f}",
            "Softmax followed by either loss: the gradient that comes back to the right class's score (sign reversed), with two classes. Marks: backpropagation; lines: the formulas. y is the probability given to the right answer.",
            f"Differences of the scores from {low} to {MARGINS[-1]:g} against a log scale. Cross-entropy is flat at 1 on the left; squared error is highest near the middle and falls straight to the left.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)
