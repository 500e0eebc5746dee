"""The sigmoid's slope at ±10 and tanh's beside it: small, not 0, except where a number format rounds it (claim 5.2)."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import sigmoid, tanh
from gradbook import style
from gradbook.ch5_activations.looks import COLORS, NAMES
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, number, scientific
from gradbook.text import Lang, Text, Verdict, same

type Floats = NDArray[np.float64]

FORMATS: Final[dict[str, Any]] = {"float16": np.float16, "float32": np.float32, "float64": np.float64}
FUNCTIONS: Final[dict[str, Any]] = {"sigmoid": sigmoid, "tanh": tanh}
AT: Final = 10.0  # where the source looks
SMALL: Final = 0.01  # "saturates": the slope is below this part of its largest
Z: Final = np.linspace(-20, 20, 101)


def exact(name: str, z: Floats) -> Floats:
    """σ′ = σ(z) σ(−z), and tanh′(z) = 4 σ′(2z): no number close to 1 is subtracted from 1."""
    if name == "tanh":
        return 4 * exact("sigmoid", 2 * z)
    return np.asarray(sigmoid(z)[0] * sigmoid(-z)[0])


def tail(name: str, z: Floats) -> Floats:
    """e^(−|z|), and 4 e^(−2|z|) for tanh: what the slope comes close to far out."""
    return np.asarray(np.exp(-np.abs(z)) if name == "sigmoid" else 4 * np.exp(-2 * np.abs(z)))


def handed_back(name: str, z: NDArray[Any]) -> NDArray[Any]:
    """The slope as the library hands it back, in z's own number format."""
    _, back = FUNCTIONS[name](z)
    return np.asarray(back(np.ones_like(z)))


def first_zero(name: str, kind: str, sign: int) -> float:
    """The smallest |z|, to a hundredth, on that side from which on the slope handed back is exactly 0."""
    size = np.arange(0, 800, 0.01)
    alive = np.flatnonzero(handed_back(name, (sign * size).astype(FORMATS[kind])) > 0)
    return float(size[min(alive[-1] + 1, size.size - 1)])


@dataclass(frozen=True)
class Measurement:
    slopes: dict[str, Floats]  # exact, at Z
    at: dict[str, float]  # exact, at AT
    zeros: dict[tuple[str, str, int], float]  # (activation, format, side) → |z| from which on it is 0
    there: dict[tuple[str, int], float]  # (format, side) → σ′(±AT) as handed back

    @property
    def part(self) -> float:
        """σ′(AT) over its largest, ¼."""
        return 4 * self.at["sigmoid"]


def measure() -> Measurement:
    return Measurement(
        {f: exact(f, Z) for f in FUNCTIONS},
        {f: float(exact(f, np.array([AT]))[0]) for f in FUNCTIONS},
        {(f, k, sign): first_zero(f, k, sign) for f in FUNCTIONS for k in FORMATS for sign in (-1, 1)},
        {(k, sign): float(handed_back("sigmoid", np.array([sign * AT], FORMATS[k]))[0])
         for k in FORMATS for sign in (-1, 1)},
    )  # fmt: skip


def judge(m: Measurement) -> list[Claim]:
    zero = [slope == 0 for slope in m.there.values()]
    verdict: Verdict = "does-not-hold" if m.part >= SMALL or not any(zero) else "holds" if all(zero) else "holds-if"
    return [
        Claim(
            id="5.2",
            text=Text(
                "시그모이드는 포화한다. ±10에서는 기울기가 0이다",
                "The sigmoid saturates: at ±10 its gradient is 0",
            ),
            verdict=verdict,
            finding=Text(
                f"포화는 사실이지만 0은 아닙니다. ±10에서 기울기는 {scientific(m.at['sigmoid'])}, 꼭대기의 {times(1 / m.part)}분의 1입니다. "
                f"컴퓨터에서 정확히 0이 되는 것은 float32라면 z = {number(m.zeros['sigmoid', 'float32', 1], 1)}부터, "
                f"10에서 이미 0인 것은 float16의 양수 쪽뿐입니다.",
                f"It does saturate, but not to 0: at ±10 the slope is {scientific(m.at['sigmoid'])}, one part in {times(1 / m.part)} of its top. "
                f"On a computer it is exactly 0 from z = {number(m.zeros['sigmoid', 'float32', 1], 1)} on in float32; "
                f"only in float16, and there on the positive side, it is 0 at 10 already.",
            ),
            estimate=Estimate(m.at["sigmoid"]),
            unit=Text("= σ′(±10)", "= σ′(±10)"),
        )
    ]


def times(x: float) -> str:
    return f"{x:,.0f}"


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        "at": scientific(m.at["sigmoid"]),
        "over": times(1 / m.part),
        "tanh_at": scientific(m.at["tanh"]),
        "five": scientific(float(exact("tanh", np.array([AT / 2]))[0])),
    }
    for (name, kind, sign), z in m.zeros.items():
        if name == "sigmoid":
            found[f"{name}_{kind}_{'above' if sign > 0 else 'below'}"] = number(sign * z, 1)
    return {key: same(value) for key, value in found.items()}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.2)
    for name, marker in (("sigmoid", "o"), ("tanh", "^")):
        axes.plot(Z, m.slopes[name], color=COLORS[name], label=f"{NAMES[name][lang]}′")
        far = np.concatenate([np.linspace(-20, -1, 20), [np.nan], np.linspace(1, 20, 20)])
        axes.plot(far, tail(name, far), color=style.INK, linestyle=":", linewidth=1, zorder=4)
        ends = np.array([-AT, AT])
        axes.plot(ends, exact(name, ends), marker, color=COLORS[name], markersize=6, zorder=5)
    axes.plot([], [], color=style.INK, linestyle=":", linewidth=1,
              label=Text("멀리서의 식", "far-out formula")[lang])  # fmt: skip
    for kind in ("float16", "float32"):
        z = m.zeros["sigmoid", kind, 1]
        axes.axvline(z, color=style.RED, linewidth=1, linestyle="--")
        axes.text(z - 0.25, 3e-17 if kind == "float16" else 1e-12, f"{kind}: 0", color=style.RED, rotation=90, ha="right",
                  va="bottom")  # fmt: skip
    axes.annotate(scientific(m.at["sigmoid"]), (-AT, m.at["sigmoid"]), xytext=(-6, 4), textcoords="offset points",
                  ha="right")  # fmt: skip
    axes.annotate(scientific(m.at["tanh"]), (-AT, m.at["tanh"]), xytext=(-6, 4), textcoords="offset points", ha="right")
    style.log(axes.yaxis, [1e-16, 1e-12, 1e-8, 1e-4, 1])
    axes.set(xlim=(-20, 20), ylim=(1e-17, 5), xticks=range(-20, 21, 5), xlabel="z",
             ylabel=Text("기울기 (로그 눈금)", "slope (log scale)")[lang])  # fmt: skip
    made.legend(loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    at, tanh_at = scientific(m.at["sigmoid"]), scientific(m.at["tanh"])
    z32, z16 = (number(m.zeros["sigmoid", k, 1], 1) for k in ("float32", "float16"))
    return {
        "ko": Words(
            f"z = ±10에서 시그모이드의 기울기는 0이 아니라 {at}입니다",
            "두 함수의 기울기와, 멀리서 그것에 가까워지는 식 exp(−|z|)과 4 exp(−2|z|)(점선). 빨간 선: 그 오른쪽에서는 float16, float32로 셈한 시그모이드의 기울기가 정확히 0입니다.",
            f"로그 눈금에서 두 기울기는 양쪽으로 곧게 내려가며 tanh가 두 배 가파릅니다. z = ±10에서 시그모이드는 {at}, tanh는 {tanh_at}. 시그모이드의 기울기가 0으로 반올림되는 곳은 float16에서 {z16}, float32에서 {z32}부터입니다.",
        ),
        "en": Words(
            f"At z = ±10 the sigmoid's slope is {at}, not 0",
            "The slopes of both functions, and what they come close to far out, exp(−|z|) and 4 exp(−2|z|) (dotted). Red lines: to their right the sigmoid's slope, computed in float16 or float32, is exactly 0.",
            f"On a log scale both slopes fall straight to both sides, tanh's twice as steeply. At z = ±10 the sigmoid's is {at}, tanh's {tanh_at}. The sigmoid's slope rounds to 0 from {z16} on in float16 and from {z32} on in float32.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
