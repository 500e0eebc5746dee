"""How fast momentum converges, over ηλ and β: by eigenvalues and by running it (goes with claim 3.12)."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import momentum
from gradbook import style
from gradbook.ch3_weights.bowl import BOWL, polyak
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

BETAS = np.arange(39) * 0.025  # 0 … 0.95
PRODUCTS = (np.arange(160) + 0.5) * 0.025  # ηλ: 0.0125 … 3.9875
STEPS = 2000  # the second half is measured
SLICES = (0.0, 0.4, 0.9)
DEFAULT = 0.9  # what β is set to unless one asks

type Reals = NDArray[np.floating]


@dataclass(frozen=True)
class Measurement:
    by_eigenvalue: Reals  # the larger |eigenvalue| of the step's matrix, (β, ηλ)
    by_running: Reals  # how much a step stretched (θ, v), (β, ηλ)

    @property
    def complex_roots(self) -> NDArray[np.bool_]:
        trace = 1 + BETAS[:, None] - PRODUCTS
        return trace**2 < 4 * BETAS[:, None]

    @property
    def error(self) -> float:
        """The largest difference between the two."""
        return float(np.abs(self.by_eigenvalue - self.by_running).max())

    def off(self, factor: float) -> float:
        """The largest distance of the measured modulus from factor · √β where the roots are complex."""
        inside = self.complex_roots
        return float(np.abs(self.by_running - factor * np.sqrt(BETAS)[:, None])[inside].max())

    @property
    def converge(self) -> float:
        """Percent of the points with complex roots at which the run converged."""
        return float(100 * (self.by_running[self.complex_roots] < 1).mean())


def eigenvalue(product: Reals, beta: Reals) -> Reals:
    """The larger modulus of the matrix that takes (θ, v) to the next: v ← β v − ηλ θ, θ ← θ + v."""
    product, beta = np.broadcast_arrays(product, beta)
    matrix = np.stack([np.stack([1 - product, beta], axis=-1), np.stack([-product, beta], axis=-1)], axis=-2)
    return np.abs(np.linalg.eigvals(matrix)).max(axis=-1)


def run(products: Reals, beta: float, steps: int = STEPS) -> Reals:
    """The factor per step by which `momentum` stretches (θ, v), over the second half of the steps; one bowl for each ηλ.

    After each step (θ, v) is brought back to length 1: the step is linear, so only its factor counts.
    """
    step = partial(momentum, eta=1.0, beta=beta)  # η = 1: the curvature is ηλ
    theta, v = np.ones_like(products), np.zeros_like(products)
    growth = np.zeros_like(products)
    for number in range(steps):
        theta, v = step(theta, products * theta, v)
        length = np.hypot(theta, v)
        theta, v = theta / length, v / length
        if number >= steps // 2:
            growth += np.log(length)
    return np.exp(growth / (steps - steps // 2))


def measure() -> Measurement:
    """Every pair of the grid, both ways."""
    return Measurement(eigenvalue(PRODUCTS, BETAS[:, None]), np.array([run(PRODUCTS, float(beta)) for beta in BETAS]))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    gentle, steep = BOWL.curvature
    eta, beta = polyak()
    root = np.sqrt(DEFAULT)
    kappa = ((1 + root) / (1 - root)) ** 2  # the stretch for which the default is the best β
    return {
        "off_root": same(f"{m.off(1):.1g}"),
        "off_twice": same(f"{m.off(2):.2f}"),
        "points": same(f"{int(m.complex_roots.sum()):,}"),
        "converge": same(f"{m.converge:.0f}"),
        "steps": same(f"{STEPS:,}"),
        "default": same(f"{DEFAULT:g}"),
        "root": same(f"{root:.3f}"),
        "twice": same(f"{2 * root:.2f}"),
        "sgd": same(f"{(steep - gentle) / (steep + gentle):.3f}"),
        "best_eta": same(f"{eta:.2f}"),
        "best_beta": same(f"{beta:.2f}"),
        "best_root": same(f"{np.sqrt(beta):.3f}"),
        "default_stretch": same(f"{kappa:,.0f}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.2, ncols=2, width_ratios=(1.15, 1))
    levels = (0.3, 0.5, 0.7, 0.8, 0.9)
    lines = left.contour(PRODUCTS, BETAS, m.by_eigenvalue, levels=levels, colors=style.MUTED, linewidths=0.9)
    left.clabel(lines, fmt="%g", fontsize=8, manual=[(1.0, 0.09), *((0.7, level**2) for level in levels[1:])])
    fine = np.linspace(0, 0.97, 200)
    for sign in (-1, 1):
        left.plot((1 + sign * np.sqrt(fine)) ** 2, fine, color=style.GREEN, linewidth=1.8)
    left.fill_betweenx(fine, (1 - np.sqrt(fine)) ** 2, (1 + np.sqrt(fine)) ** 2, color=style.GREEN, alpha=0.1,
                       linewidth=0)  # fmt: skip
    left.plot(2 * (1 + fine), fine, color=style.RED, linestyle="--")
    left.annotate(Text("복소수 근", "complex roots")[lang], (1.8, 0.7), ha="center", color=style.GREEN)
    left.annotate(Text("발산", "diverges")[lang], (3.35, 0.2), ha="center", color=style.RED)
    eta, beta = polyak()
    left.plot(eta * BOWL.curvature, [beta, beta], "D-", color=style.INK, linewidth=1,
              label=Text("우리 그릇의 가장 좋은 η, β", "the best η, β of our bowl")[lang])  # fmt: skip
    left.set(xlim=(0, 4), ylim=(0, 0.97))
    left.set_xlabel("ηλ")
    left.set_ylabel("β")
    left.set_title(Text("한 걸음의 배율", "factor per step")[lang])
    for beta, line in zip(SLICES, (style.SERIES[0], style.SERIES[2], style.SERIES[3]), strict=True):
        k = int(np.argmin(np.abs(BETAS - beta)))
        color = line["color"]
        right.plot(PRODUCTS, m.by_eigenvalue[k], color=color, linestyle=line["linestyle"], linewidth=1.2)
        right.plot(PRODUCTS[::12], m.by_running[k, ::12], linestyle="none", color=color, marker=line["marker"],
                   label=f"β = {beta:g}")  # fmt: skip
    middle = SLICES[1]
    right.axhline(2 * np.sqrt(middle), color=style.GREEN, linestyle=(0, (1, 2)), linewidth=1)
    right.annotate(f"2√{middle:g}", (0.05, 2 * np.sqrt(middle)), xytext=(0, 3), textcoords="offset points",
                   color=style.GREEN)  # fmt: skip
    right.axhline(1, color=style.INK, linewidth=0.9)
    right.set(xlim=(0, 4), ylim=(0, 1.75))
    right.set_xlabel("ηλ")
    right.set_title(Text("선: 고윳값, 점: 잰 값", "lines: eigenvalues, marks: run")[lang])
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    error, off = f"{m.error:.1g}", f"{m.off(1):.1g}"
    return {
        "ko": Words(
            f"근이 복소수이면 배율은 √β입니다 (잰 값과의 차이는 커야 {off})",
            f"모멘텀의 한 걸음이 (θ, v)를 늘이는 배율. 왼쪽: 고윳값으로 구한 등고선. 초록: ηλ = (1 ± √β)², 그 사이에서 두 근이 복소수입니다. 빨강 점선: 2(1 + β), 그 밖에서 발산합니다. 오른쪽: β 세 가지. 실제로 {STEPS:,}걸음을 간 값과 고윳값의 차이는 커야 {error}입니다.",
            "왼쪽: 초록 띠 안에서 등고선이 수평, 곧 β만으로 정해집니다. 오른쪽: β = 0은 ηλ = 1에서 0까지 내려가는 V자이고, β = 0.4와 0.9는 가운데가 √0.4와 √0.9 높이로 평평합니다.",
        ),
        "en": Words(
            f"Where the roots are complex the factor is √β (measured to within {off})",
            f"The factor by which one step of momentum stretches (θ, v). Left: contours from eigenvalues. Green: ηλ = (1 ± √β)², between which both roots are complex. Red, dashed: 2(1 + β), beyond which it diverges. Right: three β. Runs of {STEPS:,} steps and eigenvalues differ by at most {error}.",
            "Left: inside the green band the contours are level, so β alone decides. Right: β = 0 is a V that comes down to 0 at ηλ = 1; β = 0.4 and 0.9 are flat in the middle, at the heights √0.4 and √0.9.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
