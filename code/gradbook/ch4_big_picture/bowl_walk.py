"""Claim 4.5: gradient descent walks a bowl in steps of the learning rate. Its step is the rate times the slope."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Array, adam, sgd
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import Estimate, number, order, power_of_ten_above
from gradbook.text import Lang, Text, Verdict, same

type Floats = NDArray[np.float64]

CURVATURE: Final = 2.0  # f = θ², so that 1/λ = ½ and 2/λ = 1
START: Final = 2.0
RATES: Final = (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0, 1.05)
SHOWN: Final = 20  # steps
SIZES: Final = (0.1, 0.3, 1.0, 3.0, 10.0)  # of λ and of the start, for the verdict
PRODUCTS: Final = (0.1, 0.5, 1.5)  # η λ of gradient descent there
ARRIVED: Final = 0.01  # of the distance at the start
PARTS: Final = 50  # sign descent and Adam cut the distance at the start into so many steps
TOLERANCE: Final = 0.1  # a step within 10 % of the rate counts as the rate


def sign_descent(theta: Array, grad: Array, state: None = None, *, eta: float) -> tuple[Array, None]:
    """θ ← θ − η sign g: of the gradient only the direction is used, so that each step is exactly η. At g = 0 it stays."""
    return theta - eta * np.sign(grad), None


WALKERS: Final[dict[str, Callable[..., Any]]] = {"sgd": sgd, "sign": sign_descent, "adam": adam}
NAMES: Final = {
    "sgd": Text("경사 하강법", "gradient descent"),
    "sign": Text("부호 하강법", "sign descent"),
    "adam": same("Adam"),
}
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "sgd": {"color": style.BLUE, "marker": "o"},
    "sign": {"color": style.INK, "marker": "x", "zorder": 4},
    "adam": {"color": style.RED, "marker": "P"},
}


def walk(optimizer: Callable[..., Any], steps: int, curvature: float = CURVATURE, start: float = START) -> Floats:
    """The places θ₀ … θ_steps on the bowl f = ½ λ θ², whose slope at θ is λ θ."""
    theta, state = np.array([start]), None
    path = [theta]
    for _ in range(steps):
        theta, state = optimizer(theta, curvature * theta, state)
        path.append(theta)
    return np.concatenate(path)


@dataclass(frozen=True)
class Measurement:
    paths: dict[str, Floats]  # at RATES, (rates, SHOWN + 1)
    lengths: dict[str, Floats]  # step / η on all bowls of the verdict, until arrival
    half: Floats  # Adam's, in the first half of its way
    shrinking: float  # largest |measured factor − |1 − ηλ||


def measure() -> Measurement:
    """The walks that are shown, and the steps' lengths over the rate on 25 bowls."""
    paths = {
        name: np.array([walk(partial(optimizer, eta=eta), SHOWN) for eta in RATES])
        for name, optimizer in WALKERS.items()
    }
    found: dict[str, list[Floats]] = {name: [] for name in WALKERS}
    half, off = [], 0.0
    for curvature in SIZES:
        for start in SIZES:
            for product in PRODUCTS:
                eta = product / curvature
                path = np.abs(walk(partial(sgd, eta=eta), 100, curvature, start))
                way = path[: int(np.argmax(path <= ARRIVED * start)) + 1]
                off = max(off, float(np.abs(way[1:] / way[:-1] - abs(1 - product)).max()))
                # its sign flips with each step where ηλ > 1
                found["sgd"].append((way[:-1] + np.sign(product - 1) * way[1:]) / eta)
            eta = start / PARTS
            for name in ("sign", "adam"):
                path = walk(partial(WALKERS[name], eta=eta), 4 * PARTS, curvature, start)
                lengths = np.abs(np.diff(path)) / eta
                found[name].append(lengths[: int(np.argmax(path <= 1.5 * eta))])
                if name == "adam":
                    half.append(lengths[: int(np.argmax(path <= start / 2))])
    return Measurement(paths, {k: np.concatenate(v) for k, v in found.items()}, np.concatenate(half), off)


def literal(m: Measurement, name: str) -> bool:
    """Whether each step is as long as the rate."""
    return bool((np.abs(m.lengths[name] - 1) <= TOLERANCE).all())


def judge(m: Measurement) -> list[Claim]:
    """Holds if gradient descent's steps are within 10 % of η on all bowls; holds if … where sign descent's or Adam's are."""
    verdict: Verdict = "does-not-hold"
    if literal(m, "sgd"):
        verdict = "holds"
    elif literal(m, "sign") or literal(m, "adam"):
        verdict = "holds-if"
    least, most = (order(x) for x in ends(m, "sgd"))
    slow, fast = (number(x, 2) for x in ends(m, "adam"))
    return [
        Claim(
            id="4.5",
            text=Text(
                "경사 하강법은 포물선의 바닥을 한 번에 찾지 않고 학습률만큼 한 발짝씩 움직여 찾는다",
                "Gradient descent does not find a parabola's bottom at once but walks to it in steps of the learning rate",
            ),
            verdict=verdict,
            finding=Text(
                f"걸음은 학습률 × 기울기의 크기입니다. 그릇 {len(SIZES) ** 2}개에서 걸음 ÷ 학습률은 {least}에서 {most}까지였습니다. 부호 하강법은 언제나 1이고, Adam은 {slow}에서 {fast}까지입니다. η = 1/λ이면 한 걸음에 닿습니다.",
                f"A step is the rate times the size of the slope. On {len(SIZES) ** 2} bowls step over rate went from {least} to {most}. For sign descent it is always 1, for Adam between {slow} and {fast}. With η = 1/λ one step arrives.",
            ),
            estimate=Estimate(float(np.ptp(np.log10(m.lengths["sgd"])))),
            unit=Text("자릿수: 걸음 ÷ 학습률의 범위", "decades: range of step over rate"),
        )
    ]


def ends(m: Measurement, name: str) -> tuple[float, float]:
    return float(m.lengths[name].min()), float(m.lengths[name].max())


def numbers(m: Measurement) -> dict[str, Text]:
    sign = ends(m, "sign")
    return {
        "bowls": same(str(len(SIZES) ** 2)),
        "least": same(order(ends(m, "sgd")[0])),
        "most": same(order(ends(m, "sgd")[1])),
        "off": same(order(power_of_ten_above(m.shrinking))),
        "sign_off": same(order(power_of_ten_above(max(abs(x - 1) for x in sign)))),
        "adam_half": same(number(float(m.half.min()), 2)),
        "adam_least": same(number(ends(m, "adam")[0], 2)),
        "adam_most": same(number(ends(m, "adam")[1], 2)),
    }


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, (left, right) = style.figure(2.9, ncols=2, width_ratios=[1, 1.05])
    places = np.linspace(-3.2, 3.2, 61)
    left.plot(places, CURVATURE / 2 * places**2, color=style.MUTED, linewidth=1)
    path = m.paths["sgd"][i]
    path = path[: int(np.argmax(np.abs(path) > 3.2)) or None]
    left.plot(path, CURVATURE / 2 * path**2, linewidth=0.9, markersize=4, **LOOKS["sgd"])
    left.plot(path[:1], CURVATURE / 2 * path[:1] ** 2, "o", color=style.INK, markersize=5, zorder=4)
    left.set(xlim=(-3.3, 3.3), ylim=(-0.5, 10.5), title=fate(i)[lang])
    left.set_xlabel(Text("가중치 θ", "weight θ")[lang])
    left.set_ylabel(Text("손실 θ²", "loss θ²")[lang])
    step_lengths(m, lang, i, right)
    made.legend(loc="outside lower center", ncols=2)
    return made


def step_lengths(m: Measurement, lang: Lang, i: int, axes: Axes) -> None:
    eta, at = RATES[i], np.arange(1, SHOWN + 1)
    for name, paths in m.paths.items():
        lengths = np.abs(np.diff(paths[i]))
        axes.plot(at, np.where(lengths > 1e-6, lengths, np.nan), linestyle="none", markersize=4,
                  label=NAMES[name][lang], **LOOKS[name])  # fmt: skip
    shrink = abs(1 - eta * CURVATURE)
    theory = eta * CURVATURE * START * shrink ** np.arange(SHOWN)
    axes.plot(at, np.where(theory > 0, theory, np.nan), color=style.INK, linestyle=":", linewidth=1.2,
              label=Text("이론 ηλ|θ₀|·|1−ηλ|ᵗ", "theory ηλ|θ₀|·|1−ηλ|ᵗ")[lang])  # fmt: skip
    style.log(axes.yaxis, [1e-4, 1e-3, 0.01, 0.1, 1, 10])
    axes.set(ylim=(1e-4, 30), xlim=(0, SHOWN + 1), xticks=[1, 5, 10, 15, 20], title=f"η = {eta:g}")
    axes.set_xlabel(Text("걸음", "step")[lang])
    axes.set_ylabel(Text("걸음의 길이", "length of the step")[lang])


def fate(i: int) -> Text:
    """What becomes of gradient descent at this rate."""
    product = RATES[i] * CURVATURE
    if product == 1:
        return Text("한 걸음에 바닥", "one step to the bottom")
    if product < 1:
        return Text("곧장 바닥으로", "straight to the bottom") if product > 0.1 else Text("기어감", "crawls")
    if product == 2:
        return Text("끝없이 오감", "back and forth for ever")
    return Text("넘어가며 가까워짐", "overshoots, comes closer") if product < 2 else Text("달아남", "runs away")


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    lengths = np.abs(np.diff(m.paths["sgd"][i]))
    first, fifth, shrink = (number(x, 3) for x in (lengths[0], lengths[4], abs(1 - RATES[i] * CURVATURE)))
    return Text(
        f"η = {RATES[i]:g}: {fate(i).ko}. 경사 하강법의 첫 걸음은 {first}, 다섯째 걸음은 {fifth}이고, 걸음마다 {shrink}배가 됩니다.",
        f"η = {RATES[i]:g}: {fate(i).en}. Gradient descent's first step is {first} long and its fifth {fifth}: a factor of {shrink} each time.",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "직접 걸어 보십시오: 걸음은 학습률이 아니라 학습률 × 기울기입니다",
            f"θ = {START:g}에서 출발한 손실 θ²의 그릇, {SHOWN}걸음. 왼쪽: 경사 하강법. 오른쪽: 세 방법의 걸음 길이와 이론값.",
            frame_alt(m, lang, FIRST),
        ),
        "en": Words(
            "Walk it yourself: a step is not the rate but the rate times the slope",
            f"The bowl with loss θ², from θ = {START:g}, {SHOWN} steps. Left: gradient descent. Right: the length of each step of three methods, and the theory.",
            frame_alt(m, lang, FIRST),
        ),
    }[lang]


FIRST: Final = RATES.index(0.1)
SLIDERS = (Slider(Text("학습률 η", "learning rate η"), tuple(f"{eta:g}" for eta in RATES), FIRST),)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt),
)
