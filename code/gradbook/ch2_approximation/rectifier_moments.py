"""Mean and variance of each rectifier's output for normal input; the constants of SELU and SERLU (claim 2.13)."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from deepgrad import elu, gelu, leaky_relu, relu, selu, serlu, silu, softplus
from deepgrad.fixed_point import SELU_ALPHA, SELU_LAMBDA, SERLU_ALPHA, SERLU_LAMBDA
from gradbook import style
from gradbook.ch2_approximation.bn_stack import normal_mean
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Lang, Text, same

LOWER, UPPER = 1 / 8, 1 / 3  # of RReLU's slopes
RECTIFIERS: Final[dict[str, Any]] = {
    "ReLU": relu,
    "leaky ReLU": leaky_relu(0.01),
    "PReLU": leaky_relu(0.25),  # as it starts; its slope is learned
    "RReLU": leaky_relu((LOWER + UPPER) / 2),  # as it is evaluated; in training the slope is drawn
    "ELU": elu(),
    "SELU": selu,
    "SERLU": serlu,
    "softplus": softplus,
    "GELU": gelu,
    "SiLU": silu,
}
PRINTED: Final = {  # λ and α as their papers give them
    "SELU": (("1.0507", "1.6733"), (SELU_LAMBDA, SELU_ALPHA)),
    "SERLU": (("1.07862", "2.90427"), (SERLU_LAMBDA, SERLU_ALPHA)),
}


@dataclass(frozen=True)
class Measurement:
    mean: dict[str, float]  # E[f(z)], z ~ N(0, 1)
    variance: dict[str, float]
    slope_error: float  # largest |f′ − central difference|
    closest: float  # smallest of the largest distances between any two
    constants: dict[str, tuple[float, float]]  # name -> λ, α by the two conditions


def moments(f: Any) -> tuple[float, float]:
    """Mean and variance of f(z), z ~ N(0, 1), by quadrature."""
    mean = normal_mean(lambda z: f(z)[0])
    return mean, normal_mean(lambda z: f(z)[0] ** 2) - mean**2


def moments_drawn(lower: float, upper: float) -> tuple[float, float]:
    """The same for RReLU in training, whose slope is itself drawn from U[lower, upper)."""
    nodes, weights = np.polynomial.legendre.leggauss(8)
    slopes = (lower + upper) / 2 + (upper - lower) / 2 * nodes
    each = np.array([moments(leaky_relu(slope)) for slope in slopes])  # (slopes, 2)
    mean = float(weights / 2 @ each[:, 0])
    return mean, float(weights / 2 @ (each[:, 1] + each[:, 0] ** 2)) - mean**2


def measure() -> Measurement:
    """Quadrature for the moments, central differences away from the kink for the derivatives."""
    z = np.linspace(-5, 5, 1000)  # an even number: 0 is none of them
    h = 1e-6
    values, worst = {}, 0.0
    for name, f in RECTIFIERS.items():
        values[name], back = f(z)
        worst = max(worst, float(np.abs(back(np.ones_like(z)) - (f(z + h)[0] - f(z - h)[0]) / (2 * h)).max()))
    names = list(values)
    found = {name: moments_drawn(LOWER, UPPER) if name == "RReLU" else moments(f) for name, f in RECTIFIERS.items()}
    return Measurement(
        mean={name: pair[0] for name, pair in found.items()},
        variance={name: pair[1] for name, pair in found.items()},
        slope_error=worst,
        closest=min(float(np.abs(values[a] - values[b]).max()) for i, a in enumerate(names) for b in names[:i]),
        constants={name: pair for name, (_, pair) in PRINTED.items()},
    )


def agrees(m: Measurement, name: str) -> bool:
    """Whether the constants, rounded as the paper prints them, are the paper's."""
    return all(
        f"{x:.{len(text.split('.')[1])}f}" == text for text, x in zip(PRINTED[name][0], m.constants[name], strict=True)
    )


def judge(m: Measurement) -> list[Claim]:
    fixed = max(max(abs(m.mean[name]), abs(m.variance[name] - 1)) for name in PRINTED)
    right = m.slope_error < 1e-7 and m.closest > 0.01 and fixed < 1e-9 and all(agrees(m, name) for name in PRINTED)
    return [
        Claim(
            id="2.13",
            text=Text("ReLU는 종류가 매우 다양하다", "There are many kinds of ReLU"),
            verdict="holds" if right else "does-not-hold",
            finding=Text(
                f"{len(m.mean)}가지가 서로 다르고, 저마다 도함수가 중앙 차분과 {order(power_of_ten_above(m.slope_error))} 안에서 같습니다. "
                f"정규분포 입력에서 평균 0, 분산 1을 지키는 것은 SELU와 SERLU이고, 상수는 논문에 적힌 값과 같습니다.",
                f"{len(m.mean)} of them differ, and each one's derivative agrees with central differences to within {order(power_of_ten_above(m.slope_error))}. "
                f"SELU and SERLU keep mean 0 and variance 1 for normal input; their constants are those printed in the papers.",
            ),
            estimate=Estimate(len(m.mean)),
            unit=Text("가지를 견주었음", "of them compared"),
            shown=same(str(len(m.mean))),
        )
    ]


def shown(x: float) -> str:
    return f"{x + 0.0:.3f}".replace("-0.000", "0.000").replace("-", "−")


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"{name.lower()}_mean": same(shown(m.mean[name])) for name in ("ReLU", "GELU")}
    found |= {f"{name.lower()}_variance": same(shown(m.variance[name])) for name in ("ReLU", "GELU")}
    for name, (scale, alpha) in m.constants.items():
        digits = len(PRINTED[name][0][0].split(".")[1])
        found[f"{name.lower()}_lambda"] = same(f"{scale:.{digits}f}")
        found[f"{name.lower()}_alpha"] = same(f"{alpha:.{digits}f}")
    return found | {"count": same(str(len(m.mean)))}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.6, ncols=2, sharey=True)
    names = list(m.mean)
    rows = np.arange(len(names))[::-1]
    goals = (0.0, 1.0)
    labels = (Text("출력의 평균", "mean of the output"), Text("출력의 분산", "variance of the output"))
    for axes, found, goal, label in zip(panels, (m.mean, m.variance), goals, labels, strict=True):
        axes.axvline(goal, color=style.INK, linestyle="--", linewidth=1.1)
        for row, name in zip(rows, names, strict=True):
            keeps = name in PRINTED
            axes.plot([goal, found[name]], [row, row], color=style.GRID, linewidth=1.5, zorder=1)
            axes.plot(found[name], row, "D" if keeps else "s", color=style.PURPLE if keeps else style.ORANGE, zorder=3)
        axes.set_xlabel(label[lang])
        axes.grid(axis="y", visible=False)
        axes.set_xlim(-0.08, 1.08)
    panels[0].set_yticks(rows, names)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    keep = [name for name in m.mean if abs(m.mean[name]) < 1e-6 and abs(m.variance[name] - 1) < 1e-6]
    kept = {"ko": "·".join(keep), "en": " and ".join(keep)}[lang]
    table = "; ".join(f"{name} {shown(m.mean[name])}, {shown(m.variance[name])}" for name in m.mean)
    return {
        "ko": Words(
            f"평균이 0, 분산이 1인 입력을 그대로 지키는 것: {kept}",
            f"입력은 정규분포 N(0, 1)이고, 평균과 분산은 적분으로 구했습니다. 파선이 지켜야 할 값입니다. 음수 쪽의 기울기는 leaky ReLU 0.01, PReLU 0.25(출발값), RReLU는 {LOWER:.3f}–{UPPER:.3f}에서 뽑습니다.",
            f"이름마다 출력의 평균과 분산: {table}.",
        ),
        "en": Words(
            f"Fed with mean 0 and variance 1, these hand on the same: {kept}",
            f"Input from N(0, 1); mean and variance by integration. Dashed: the values to keep. Slopes below zero: leaky ReLU 0.01, PReLU 0.25 (where it starts), RReLU drawn from {LOWER:.3f} to {UPPER:.3f}.",
            f"Mean and variance of the output, name by name: {table}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
