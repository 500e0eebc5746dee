"""A chain of four neurons with every number written on it: each link is w·σ′(z) (claim 1.3)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from deepgrad import chain, local_derivatives, sigmoid
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Lang, Text, same


@dataclass(frozen=True)
class Measurement:
    x: float
    w: NDArray[np.float64]  # (depth,)
    h: NDArray[np.float64]  # (depth + 1,): input, then each neuron's output
    z: NDArray[np.float64]  # (depth,): what each neuron receives
    links: NDArray[np.float64]  # (depth,): ∂h_k/∂h_{k−1} = w_k σ′(z_k)
    nudged: NDArray[np.float64]  # the same by central differences of one neuron
    product: float  # the product of all links
    end_to_end: float  # ∂h_L/∂x as the chain hands it back


def measure(x: float = 0.6, weights: tuple[float, ...] = (0.9, -0.5, 0.7, -0.8), step: float = 1e-6) -> Measurement:
    w = np.array(weights)
    h = np.array([chain(np.asarray(x), w[:k])[0] if k else x for k in range(len(w) + 1)], dtype=float)
    z = w * h[:-1]
    links = local_derivatives(np.asarray(x), w)
    nudged = (sigmoid(w * (h[:-1] + step))[0] - sigmoid(w * (h[:-1] - step))[0]) / (2 * step)
    _, back = chain(np.asarray(x), w)
    return Measurement(x, w, h, z, links, nudged, float(np.prod(links)), float(back(np.ones(()))[0]))


def judge(m: Measurement) -> list[Claim]:
    error = max(float(np.abs(m.links - m.nudged).max()), abs(m.product - m.end_to_end))
    bound = power_of_ten_above(error)
    exponent = order(bound)
    return [
        Claim(
            id="1.3",
            text=Text("가운데 고리 ∂hₖ₊₁/∂hₖ는 w·σ′(z)이다", "A middle link ∂hₖ₊₁/∂hₖ is w·σ′(z)"),
            verdict="holds" if error < 1e-9 else "does-not-hold",
            finding=Text(
                f"그려 놓은 사슬의 고리 {m.links.size}개 모두 뉴런 하나를 조금 밀어 본 결과와 {exponent} 안에서 같습니다.",
                f"All {m.links.size} links of the drawn chain equal what nudging one neuron gives, to within {exponent}.",
            ),
            estimate=Estimate(bound, n=m.links.size),
            unit=Text("차이의 상한", "bound on the difference"),
            shown=same(f"< {exponent}"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {"product": same(f"{m.product:.6f}".replace("-", "−"))}


def signed(x: float, decimals: int) -> str:
    return f"{x:.{decimals}f}".replace("-", "−")


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(1.75)
    style.bare(axes)
    gap, radius, depth = 2.1, 0.52, len(m.w)
    for k in range(depth + 1):
        face = style.GRID if k == 0 else style.PAPER
        axes.add_patch(Circle((k * gap, 0), radius, facecolor=face, edgecolor=style.INK, linewidth=1))
        axes.text(k * gap, 0, f"{m.h[k]:.3f}", ha="center", va="center", fontsize=8.5)
        axes.text(k * gap, -0.95, "x" if k == 0 else f"h{'₁₂₃₄₅₆₇₈₉'[k - 1]}", ha="center", va="center")
    for k in range(depth):
        left, right, middle = k * gap + radius, (k + 1) * gap - radius, (k + 0.5) * gap
        forward = {"arrowstyle": "-|>", "color": style.BLUE, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.3}
        backward = forward | {"color": style.ORANGE}
        axes.annotate("", (right, 0.16), (left, 0.16), arrowprops=forward)
        axes.annotate("", (left, -0.16), (right, -0.16), arrowprops=backward)
        axes.text(middle, 0.42, f"w = {signed(m.w[k], 1)}", ha="center", va="bottom", color=style.BLUE, fontsize=8.5)
        axes.text(middle, -0.4, signed(m.links[k], 3), ha="center", va="top", color=style.ORANGE, fontsize=8.5)
    total = Text("고리의 곱", "product of the links")[lang]
    axes.text(depth * gap / 2, -1.65, f"{total} = {signed(m.product, 6)}", ha="center", va="center", color=style.ORANGE)
    axes.set_xlim(-0.7, depth * gap + 0.7)
    axes.set_ylim(-1.95, 1.0)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    links = ", ".join(signed(link, 3) for link in m.links)
    return {
        "ko": Words(
            "고리마다 w·σ′(z)가 하나씩: 넷을 곱하니 거의 남지 않습니다",
            "파란 화살표는 앞으로 가는 값, 주황 화살표 아래의 수는 되돌아오는 길의 국소 도함수 w·σ′(z)입니다. 동그라미 안은 각 뉴런의 출력입니다.",
            f"입력 {m.x}에서 출발해 네 뉴런을 지나는 사슬. 고리의 국소 도함수는 차례로 {links}, 그 곱은 {signed(m.product, 6)}.",
        ),
        "en": Words(
            "One w·σ′(z) to each link: of the four multiplied hardly anything is left",
            "Blue arrows carry values forward; the numbers under the orange arrows are the local derivatives w·σ′(z) of the way back. Circles hold each neuron's output.",
            f"A chain from the input {m.x} through four neurons. The local derivatives of its links are {links}; their product is {signed(m.product, 6)}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
