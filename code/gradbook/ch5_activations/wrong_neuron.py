"""One sigmoid neuron that starts wrong: steps until it is back, by loss and optimizer, counted and by formula (goes with 5.3)."""

import inspect
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import adam, sgd, sigmoid
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import number
from gradbook.text import Lang, Text, same

type Floats = NDArray[np.float64]

STARTS: Final = np.arange(0.5, 10.1, 0.5)
STUCK: Final = 18.0  # a start at which float32 has no slope
ETA: Final = {"squared": 0.5, "cross": 0.5, "adam": 0.05}
LOOKS: Final[dict[str, Any]] = {"squared": style.SERIES[1], "adam": style.SERIES[3], "cross": style.SERIES[0]}
NAMES: Final = {
    "squared": Text("제곱 오차, SGD", "squared error, SGD"),
    "cross": Text("교차 엔트로피, SGD", "cross-entropy, SGD"),
    "adam": Text("제곱 오차, Adam", "squared error, Adam"),
}
LIMIT: Final = 40_000


def pull(way: str, z: NDArray[Any]) -> NDArray[Any]:
    """∂C/∂z for target 0: σ² (1 − σ) of C = ½ σ², or σ of C = −ln(1 − σ)."""
    y, back = sigmoid(z)
    return np.asarray(y if way == "cross" else back(y))


def flow_time(way: str, z: Any) -> Any:
    """Steps from z down to 0 as a flow, dz/dt = −2η ∂C/∂z; two of them because w (its input is 1) and b both move.

    Squared error: ∫ dz / (σ² (1 − σ)) = ∫ (3 + eᶻ + 3 e⁻ᶻ + e⁻²ᶻ) dz. Cross-entropy: ∫ dz / σ = ∫ (1 + e⁻ᶻ) dz.
    """
    if way == "cross":
        return (z - np.exp(-z) + 1) / (2 * ETA[way])
    return (3 * z + np.exp(z) - 3 * np.exp(-z) - np.exp(-2 * z) / 2 + 2.5) / (2 * ETA[way])


def steps_back(way: str, starts: NDArray[Any], limit: int = LIMIT) -> Floats:
    """Steps until z = w + b ≤ 0 from each start (w = b = z/2), all at once; ∞ where it takes more than the limit."""
    step = partial(inspect.unwrap(adam if way == "adam" else sgd), eta=ETA[way])
    theta, state, steps = np.stack([starts / 2, starts / 2]), None, np.full(len(starts), np.inf)
    for t in range(1, limit + 1):
        theta, state = step(theta, np.broadcast_to(pull(way, theta.sum(axis=0)), theta.shape), state)
        steps[(theta.sum(axis=0) <= 0) & np.isinf(steps)] = t
        if np.isfinite(steps).all():
            break
    return steps


@dataclass(frozen=True)
class Measurement:
    steps: dict[str, Floats]  # by way, at STARTS
    stuck: float  # how far float32 with squared error gets from STUCK

    def at_end(self, way: str) -> int:
        return int(self.steps[way][-1])

    @property
    def ratio(self) -> float:
        return self.at_end("squared") / self.at_end("cross")


def measure() -> Measurement:
    z = np.array([STUCK], np.float32)
    return Measurement({way: steps_back(way, STARTS) for way in ETA}, float(2 * ETA["squared"] * pull("squared", z)[0]))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    ten = STARTS[-1]
    return {
        "squared": same(f"{m.at_end('squared'):,}"),
        "squared_theory": same(f"{flow_time('squared', ten):,.0f}"),
        "cross": same(str(m.at_end("cross"))),
        "cross_theory": same(number(float(flow_time("cross", ten)), 1)),
        "adam": same(str(m.at_end("adam"))),
        "adam_theory": same(f"{ten / (2 * ETA['adam']):.0f}"),
        "ratio": same(f"{round(m.ratio, -2):,.0f}"),
        "eta": same(f"{ETA['squared']:g}"),
        "eta_adam": same(f"{ETA['adam']:g}"),
        "stuck_at": same(f"{STUCK:g}"),
        "stuck": same(f"{m.stuck:g}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.2)
    fine = np.linspace(0.5, 10, 60)
    for way, look in LOOKS.items():
        axes.plot(STARTS, m.steps[way], color=look["color"], marker=look["marker"], linestyle="none",
                  label=NAMES[way][lang])  # fmt: skip
        theory = fine / (2 * ETA[way]) if way == "adam" else flow_time(way, fine)
        axes.plot(fine, theory, color=look["color"], linestyle=look["linestyle"], linewidth=1)
    axes.plot([], [], color=style.INK, linewidth=1, label=Text("식", "formula")[lang])
    style.log(axes.yaxis, [1, 10, 100, 1000, 10_000])
    axes.set(xlim=(0, 10.4), ylim=(0.7, 60_000), xlabel=Text("출발점 z (목표 0)", "starting z (target 0)")[lang],
             ylabel=Text("z ≤ 0까지 걸음", "steps to z ≤ 0")[lang])  # fmt: skip
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    squared, cross, slow = f"{m.at_end('squared'):,}", str(m.at_end("cross")), str(m.at_end("adam"))
    return {
        "ko": Words(
            f"z = 10에서 돌아오는 데 제곱 오차는 {squared}걸음, 교차 엔트로피는 {cross}걸음이 걸립니다",
            f"시그모이드 뉴런 하나, 입력 1, 목표 0. SGD는 η = {ETA['squared']:g}, Adam은 η = {ETA['adam']:g}. 점은 센 걸음, 선은 식. Adam의 식 z/(2η)는 걸음의 크기를 늘 η로 본 것입니다.",
            f"출발점 z에 대한 걸음 수, 세로는 로그 눈금. SGD와 제곱 오차는 곧게, 곧 지수 함수로 늘어 z = 10에서 {squared}. 교차 엔트로피는 {cross}, Adam은 {slow}. SGD의 점은 식 위에, Adam의 점은 조금 아래에 놓입니다.",
        ),
        "en": Words(
            f"From z = 10 it takes {squared} steps with squared error and {cross} with cross-entropy",
            f"One sigmoid neuron, input 1, target 0. SGD with η = {ETA['squared']:g}, Adam with η = {ETA['adam']:g}. Marks: counted; lines: formulas. Adam's, z/(2η), takes each step to be η.",
            f"Steps by starting z, on a log scale. With SGD and squared error they grow straight, that is exponentially, to {squared} at z = 10. Cross-entropy takes {cross}, Adam {slow}. SGD's marks lie on the formulas, Adam's a little below.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
