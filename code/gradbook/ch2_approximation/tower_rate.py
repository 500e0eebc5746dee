"""How fast three constructions close in on a surface: corners, four sides at once, one hidden layer (claim 2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch2_approximation.surface import SHARP, by_corners, by_four_sides, by_one_layer, grid, random_surface
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, scientific
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

SIDES = (3, 6, 12, 24)  # towers along one side of the square
UNITS = (18, 48, 108, 324)  # of the network with one hidden layer
SPOTS = (0, 0.03, 0.5, 0.97)  # where a tower is looked at, in towers' widths from its edge


@dataclass(frozen=True)
class Measurement:
    corners: NDArray[np.float64]  # largest |network − surface|, (surfaces, sides)
    four_sides: NDArray[np.float64]
    pits: NDArray[np.float64]  # mean |network − surface| of the four-sides towers on an even grid, (surfaces,)
    one_layer: NDArray[np.float64]  # (surfaces, units)
    bound: NDArray[np.float64]  # (Lx + Ly)·h/2, (surfaces, sides)

    def rate(self, error: NDArray[np.float64]) -> Estimate:
        """p of error ∝ hᵖ, with h = 1/sides the width of a tower: the mean over the surfaces."""
        return mean_interval(np.polyfit(np.log(1 / np.array(SIDES)), np.log(error).T, 1)[0])

    def change(self, error: NDArray[np.float64]) -> float:
        """By what the largest error is multiplied from the fewest towers to the most: geometric mean."""
        return float(np.exp(np.log(error[:, -1] / error[:, 0]).mean()))


def units(side: int) -> int:
    """How many hidden units side × side towers take when corners are built: both layers."""
    return 2 * (side + 1) + (side + 1) ** 2


def one_seed(seed: int) -> NDArray[np.float64]:
    """One random surface, built by corners, by four sides and by one layer: largest errors and the bound, (4, sides),
    and in a last row the mean error of the finest four-sides towers.
    """
    rng = np.random.default_rng(seed)
    surface = random_surface(rng)
    found = np.empty((5, len(SIDES)))
    even = grid((np.arange(48) + 0.5) / 48)
    for i, (n, m) in enumerate(zip(SIDES, UNITS, strict=True)):
        spots = grid(np.append((np.arange(n)[:, None] + SPOTS).ravel() / n, 1.0))
        expected = surface(spots)
        found[0, i] = np.abs(by_corners(surface, n, spots) - expected).max()
        found[1, i] = np.abs(by_four_sides(surface, n, spots) - expected).max()
        found[2, i] = np.abs(by_one_layer(surface, m, even, rng) - surface(even)).max()
        found[3, i] = surface.steepest / (2 * n)
        found[4, i] = np.abs(by_four_sides(surface, n, even) - surface(even)).mean()
    return found


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """One random surface a seed, 0 on the border of the square."""
    found = np.stack(sweep(one_seed, seeds))
    return Measurement(found[:, 0], found[:, 1], found[:, 4, -1], found[:, 2], found[:, 3])


def judge(m: Measurement) -> list[Claim]:
    corners, four_sides = m.rate(m.corners), m.rate(m.four_sides)
    reached = corners.above(0.5) and bool((m.corners <= m.bound * 1.02).all())
    verdict: Verdict = "holds" if four_sides.above(0.5) else "holds-if"
    return [
        Claim(
            id="2.3",
            text=Text(
                "입력이 둘이면 기둥을 세워 어떤 곡면이든 나타낼 수 있다", "With two inputs, towers make any surface"
            ),
            verdict=verdict if reached else "does-not-hold",
            finding=Text(
                f"귀퉁이를 쌓아 만든 기둥이라면 가장 큰 오차가 기둥 폭 h의 {corners.number()}제곱에 비례해 줄어듭니다. "
                f"네 벽을 한꺼번에 묻는 흔한 기둥은 한 변에 {SIDES[0]}개에서 {SIDES[-1]}개로 늘려도 오차가 {m.change(m.four_sides):.2f}배입니다.",
                f"If towers are built from corners, the largest error falls like the width h of a tower to the power {corners.number()}. "
                f"With the usual towers, which ask for four sides at once, going from {SIDES[0]} to {SIDES[-1]} along a side multiplies it by {m.change(m.four_sides):.2f}.",
            ),
            estimate=corners,
            unit=Text("오차 ∝ hᵖ의 p, 귀퉁이로 쌓은 기둥", "p in error ∝ hᵖ, towers from corners"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "surfaces": same(str(len(m.corners))),
        "change": same(f"{m.change(m.corners):.2f}"),
        "change_four_sides": same(f"{m.change(m.four_sides):.2f}"),
        "coarsest": same(str(SIDES[0])),
        "finest": same(str(SIDES[-1])),
        "units": same(f"{units(SIDES[-1]):,}"),
        "corners": same(f"{np.median(m.corners[:, -1]):.3f}"),
        "four_sides": same(f"{np.median(m.four_sides[:, -1]):.2f}"),
        "pits": same(f"{np.median(m.pits):.3f}"),
        "layer_units": same(str(UNITS[-1])),
        "one_layer": same(scientific(float(np.median(m.one_layer[:, -1])), 1)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.5)
    hidden = [units(n) for n in SIDES]
    series = (
        (m.four_sides, hidden, {"color": style.RED, "marker": "X", "linestyle": "-."},
         Text("네 벽을 한꺼번에 묻는 기둥", "towers that ask for four sides")),
        (m.corners, hidden, {"color": style.INK, "marker": "s", "linestyle": "--"},
         Text("귀퉁이로 쌓은 기둥", "towers from corners")),
        (m.one_layer, list(UNITS), {"color": style.BLUE, "marker": "o", "linestyle": "-"},
         Text("은닉층 하나", "one hidden layer")),
    )  # fmt: skip
    for error, x, line, label in series:
        low, median, high = np.quantile(error, [0.05, 0.5, 0.95], axis=0)
        axes.plot(x, median, label=label[lang], **line)
        style.band(axes, x, low, high, str(line["color"]))
    axes.plot(hidden, np.median(m.bound, axis=0), color=style.INK, linestyle=":", linewidth=1.2,
              label=Text("기둥의 상한 (Lx + Ly)·h/2", "bound for towers (Lx + Ly)·h/2")[lang])  # fmt: skip
    style.log(axes.xaxis, [20, 50, 100, 200, 500])
    style.log(axes.yaxis)
    axes.set_ylim(top=20)
    axes.set_xlabel(Text("은닉층의 뉴런 수 (모두 합해)", "hidden units (all layers)")[lang])
    axes.set_ylabel(Text("가장 큰 오차", "largest error")[lang])
    axes.legend(loc="lower left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    corners, four = (f"{m.change(error):.2f}" for error in (m.corners, m.four_sides))
    n = len(m.corners)
    return {
        "ko": Words(
            f"기둥을 한 변에 {SIDES[0]}개에서 {SIDES[-1]}개로 늘리면 오차가 {corners}배, 흔한 기둥에서는 {four}배가 됩니다",
            f"무작위 곡면 {n}개, 한 변에 기둥 {SIDES[0]}–{SIDES[-1]}개, 가파르기는 {SHARP} ÷ 기둥의 폭. 선은 중앙값, 띠는 곡면의 5–95 %입니다. 은닉층 하나짜리는 계단의 방향과 자리를 무작위로 뽑고 마지막 층만 최소제곱으로 풀었습니다.",
            "가로축은 은닉층의 뉴런 수, 세로축은 로그 눈금의 가장 큰 오차. 귀퉁이로 쌓은 기둥의 선은 상한과 나란히 내려가고, 네 벽을 묻는 기둥의 선은 거의 평평하며, 은닉층 하나의 선은 가장 가파르게 내려갑니다.",
        ),
        "en": Words(
            f"{SIDES[-1]} towers a side instead of {SIDES[0]} multiply the error by {corners}, with the usual towers by {four}",
            f"{n} random surfaces, {SIDES[0]} to {SIDES[-1]} towers along a side, steepness {SHARP} over the width of a tower. Lines are medians, bands hold 5–95% of the surfaces. For one hidden layer the steps' directions and places were drawn at random and only the last layer solved, by least squares.",
            "Hidden units against the largest error, both on a log scale. The line for towers from corners falls alongside the bound, the line for towers that ask for four sides is nearly flat, and the line for one hidden layer falls most steeply.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200)},
    sweeps=True,
)
