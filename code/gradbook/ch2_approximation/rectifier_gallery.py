"""Ten rectifiers, one at a time: value and derivative (goes with claim 2.13)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch2_approximation.rectifier_moments import LOWER, RECTIFIERS, UPPER
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.text import Lang, Text, same

REACH = 4.0


@dataclass(frozen=True)
class Measurement:
    z: NDArray[np.float64]
    value: dict[str, NDArray[np.float64]]
    slope: dict[str, NDArray[np.float64]]


def measure(points: int = 800) -> Measurement:
    """Values and derivatives as backpropagation hands them back; an even number of points leaves out the kink."""
    z = np.linspace(-REACH, REACH, points)
    value, slope = {}, {}
    for name, f in RECTIFIERS.items():
        value[name], back = f(z)
        slope[name] = back(np.ones_like(z))
    return Measurement(z, value, slope)


def judge(m: Measurement) -> list[Claim]:
    return []


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, panels = style.figure(2.7, ncols=2)
    name = list(m.value)[i]
    for axes, found, label in zip(panels, (m.value, m.slope), (f"{name}: f(z)", "f′(z)"), strict=True):
        axes.plot(m.z, broken(m.z, found["ReLU"]), color=style.INK, linestyle=":", linewidth=1.1,
                  label="ReLU" if name != "ReLU" else None)  # fmt: skip
        axes.plot(m.z, broken(m.z, found[name]), color=style.ORANGE, label=name)
        if name == "RReLU":
            below = m.z[m.z < 0]
            for_slopes = found is m.slope
            low, high = (np.full_like(below, end) if for_slopes else end * below for end in (LOWER, UPPER))
            style.band(axes, below, low, high, style.ORANGE)
        axes.axhline(0, color=style.MUTED, linewidth=0.7)
        axes.set_title(label)
        axes.set_xlabel("z")
        axes.set_xticks([-4, -2, 0, 2, 4])
    panels[0].set_ylim(-2, 4.3)
    panels[1].set_ylim(-0.65, 3.35)  # SERLU comes up to λα at 0
    panels[0].legend(loc="upper left")
    return made


def broken(z: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """y with a gap where it jumps, so that no upright line is drawn there."""
    y, jump = y.copy(), np.flatnonzero(np.abs(np.diff(y)) > 0.3)
    y[jump] = np.nan
    return y


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    name = list(m.value)[i]
    low, at = float(m.value[name].min()), float(m.z[np.argmin(m.value[name])])
    lowest, where, left = (f"{x + 0.0:.2f}".replace("-", "−") for x in (low, at, float(m.slope[name][0])))
    return Text(
        f"{name}: −4와 4 사이에서 가장 작은 값은 z = {where}의 {lowest}이고, z = −4에서 도함수는 {left}입니다.",
        f"{name}: between −4 and 4 its smallest value is {lowest}, at z = {where}; its derivative at z = −4 is {left}.",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "모두 0 위에서는 z와 비슷합니다. 다른 것은 0 아래입니다",
            "왼쪽은 값, 오른쪽은 도함수입니다. 점선은 견주어 볼 ReLU입니다. RReLU의 띠는 학습할 때 기울기를 뽑는 범위입니다.",
            frame_alt(m, lang, START),
        ),
        "en": Words(
            "Above zero they all resemble z; they differ below",
            "Left the value, right the derivative; dotted, ReLU for comparison. RReLU's band is the range from which slopes are drawn in training.",
            frame_alt(m, lang, START),
        ),
    }[lang]


START = list(RECTIFIERS).index("ELU")
SLIDER = Slider(same("f"), tuple(RECTIFIERS), START)
EXPERIMENT = Experiment(
    measure=measure, judge=judge, drawing=Drawing(draw=draw, words=words, sliders=(SLIDER,), frame_alt=frame_alt)
)
