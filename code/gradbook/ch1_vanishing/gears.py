"""The gear picture: turning the first gear turns the last by the product of all meshings (claim 1.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from deepgrad import chain, local_derivatives
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Lang, Text, same

TEETH = (8, 16, 12, 24)  # of the drawn gears, first to last


@dataclass(frozen=True)
class Measurement:
    worst: float  # largest relative difference between a nudge's effect and the product of meshings
    chains: int
    depth: int


def measure(seeds: Sequence[int] = range(500), depth: int = 4, step: float = 1e-5) -> Measurement:
    """Nudge the first neuron's input by ±step, see how far the last output moves; compare with the product."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    w = np.stack([rng.uniform(-1, 1, size=depth) for rng in rngs], axis=1)
    x = np.array([rng.uniform() for rng in rngs])
    nudged = (chain(x + step, w)[0] - chain(x - step, w)[0]) / (2 * step)
    product = np.prod(local_derivatives(x, w), axis=0)
    # Rounding in a nudge is about 1e-16/step whatever the gradient, so it is the scale below which nothing is seen.
    worst = np.abs(nudged - product) / np.maximum(np.abs(product), 1e-6)
    return Measurement(worst=float(worst.max()), chains=len(rngs), depth=depth)


def judge(m: Measurement) -> list[Claim]:
    bound = power_of_ten_above(m.worst)
    exponent = order(bound)
    return [
        Claim(
            id="1.7",
            text=Text(
                "톱니바퀴처럼, 처음이 마지막에 미치는 영향은 맞물림을 모두 곱한 것이다",
                "As with gears, the effect of the first on the last is the product of every meshing",
            ),
            verdict="holds" if m.worst < 1e-3 else "does-not-hold",
            finding=Text(
                f"깊이 {m.depth}의 사슬 {m.chains}개에서 입력을 밀어 본 효과와 고리의 곱이 {exponent} 안에서 같습니다.",
                f"In {m.chains} chains of depth {m.depth} the effect of a nudge equals the product of links to within {exponent}.",
            ),
            estimate=Estimate(bound, n=m.chains),
            unit=Text(
                "곱에 견준 차이의 상한 (10⁻⁶보다 작은 곱은 10⁻⁶으로 침)",
                "bound on the difference relative to the product (at least 10⁻⁶)",
            ),
            shown=same(f"< {exponent}"),
        )
    ]


def gear(axes: Axes, x: float, radius: float, teeth: int, phase: float, color: str) -> None:
    """A gear whose pitch circle has `radius`: teeth as a trapezoid wave around it."""
    wave = np.array([-1.0, -1.0, 1.0, 1.0])
    at = np.array([0.0, 0.4, 0.52, 0.88]) - 0.2
    angle = (np.arange(teeth)[:, None] + at).ravel() / teeth * 2 * np.pi + phase
    r = radius + 0.11 * np.tile(wave, teeth)
    outline = np.column_stack([x + r * np.cos(angle), r * np.sin(angle)])
    axes.add_patch(Polygon(outline, closed=True, facecolor=style.GRID, edgecolor=color, linewidth=1.2))
    axes.add_patch(Circle((x, 0), 0.12, facecolor=style.PAPER, edgecolor=color, linewidth=1.2))


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(2.3)
    style.bare(axes)
    radii = [teeth / 14 for teeth in TEETH]
    centres = [0.0]
    for left, right in pairwise(radii):
        centres.append(centres[-1] + left + right)
    colors = (style.BLUE, style.MUTED, style.MUTED, style.ORANGE)
    phase = 0.0
    for k, (x, radius, teeth) in enumerate(zip(centres, radii, TEETH, strict=True)):
        # A tooth of one gear must face a gap of its neighbour where they touch, and the two turn against each other.
        phase = 0.0 if k == 0 else np.pi - (phase * TEETH[k - 1] + np.pi) / teeth
        gear(axes, x, radius, teeth, phase, colors[k])
        axes.text(x, -max(radii) - 0.45, "x" if k == 0 else f"h{'₁₂₃'[k - 1]}", ha="center", va="top")
    for k in range(len(TEETH) - 1):
        touch = centres[k] + radii[k]
        axes.text(touch, max(radii) + 0.3, f"{TEETH[k]}/{TEETH[k + 1]}", ha="center", va="bottom", color=style.INK)
    product = " × ".join(f"{a}/{b}" for a, b in pairwise(TEETH))
    axes.text(
        np.mean(centres),
        -max(radii) - 1.15,
        f"{product} = {TEETH[0]}/{TEETH[-1]}",
        ha="center",
        va="top",
        color=style.ORANGE,
    )
    axes.set_xlim(centres[0] - 1.0, centres[-1] + radii[-1] + 0.3)
    axes.set_ylim(-max(radii) - 1.7, max(radii) + 0.8)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    ratio = f"{TEETH[0]}/{TEETH[-1]}"
    return {
        "ko": Words(
            f"첫 바퀴를 한 번 돌리면 마지막 바퀴는 {ratio}바퀴 돕니다",
            "맞물린 곳마다 톱니 수의 비를 곱합니다. 사슬에서는 그 비의 자리에 국소 도함수 w·σ′(z)가 들어갑니다.",
            f"톱니 수가 {', '.join(map(str, TEETH))}인 톱니바퀴 네 개가 한 줄로 맞물려 있고, 맞물린 곳마다 톱니 수의 비가 적혀 있습니다.",
        ),
        "en": Words(
            f"One turn of the first gear turns the last one {ratio} of the way round",
            "Each meshing multiplies by a ratio of teeth. In a chain of neurons, the local derivative w·σ′(z) takes the place of that ratio.",
            f"Four gears with {', '.join(map(str, TEETH))} teeth mesh in a row; at each meshing stands the ratio of teeth.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words))
