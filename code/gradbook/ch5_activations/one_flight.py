"""One ReLU's line on its way out of the cloud, step by step (goes with 5.10)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.line_flight import RATES, WINDOW, across, cloud, lines, reach, trained
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

type Floats = NDArray[np.float64]

RATE: Final = RATES.index(4.0)
LATER: Final = 20  # steps up to which we look on
LOW, NAMED = -1.2, -1.45  # x₂, below the cloud, at which the strokes stand, and the numbers
TONES: Final = (style.GRID, style.MUTED, style.SKY, style.BLUE, style.PURPLE, style.ORANGE, style.RED)


@dataclass(frozen=True)
class Measurement:
    w: Floats  # (LATER + 1, 2)
    b: Floats
    fires: NDArray[np.int64]  # for how many points of the cloud

    @property
    def died(self) -> int:
        return int(np.argmax(self.fires == 0))


def measure() -> Measurement:
    """The unit of `line_flight` that dies last within LATER steps at the rate; of several, the first."""
    path = trained()[:, RATE]
    dead = reach(path) <= 0
    when = np.where(dead[: LATER + 1].any(axis=0), dead.argmax(axis=0), -1)
    w, b = (part[: LATER + 1, int(when.argmax())] for part in lines(path))
    return Measurement(w, b, (w @ cloud()[0].T + b[:, None] > 0).sum(axis=1))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "rate": same(f"{RATES[RATE]:g}"),
        "died": same(str(m.died)),
        "fires": same(", ".join(map(str, m.fires[: m.died + 1]))),
    }


def crossing(m: Measurement, t: int, height: float) -> float:
    """x₁ at which the line of step t is at this x₂."""
    return float(-(m.b[t] + m.w[t, 1] * height) / m.w[t, 0])


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(2.9, ncols=2, width_ratios=[1.3, 1])
    x, labels = cloud()
    for k, marker in enumerate("o^"):
        left.plot(*x[labels == k].T, marker, color=style.MUTED, markersize=2.6)
    shown = range(m.died + 1)
    tones = TONES[-len(shown) :]
    places: dict[float, list[int]] = {}  # where the line is named -> the steps at which it is there
    for t, color in zip(shown, tones, strict=True):
        ends, normal = across(m.w[t], float(m.b[t]))
        left.plot(*ends.T, color=color, linewidth=1.4, linestyle="--" if m.fires[t] == 0 else "-")
        at = np.array([crossing(m, t, LOW), LOW])
        left.plot(*np.stack([at, at + 0.3 * normal]).T, color=color, linewidth=2.4)
        places.setdefault(round(float(at[0]), 1), []).append(t)
        right.bar(t, m.fires[t], color=color)
    right.plot(range(m.died, 11), m.fires[m.died : 11], "x", color=style.RED)
    for steps in places.values():
        side = (0.12 + 0.08 * len(steps)) * (1 if m.w[steps[-1], 0] < 0 else -1)  # where the stroke is not
        left.text(crossing(m, steps[-1], NAMED) + side, NAMED, ", ".join(map(str, steps)),
                  color=tones[steps[-1]], ha="center", va="center")  # fmt: skip
    left.set(xlim=WINDOW[:2], ylim=WINDOW[2:], xlabel="x₁", ylabel="x₂")
    right.set(xlim=(-0.7, 10.5), ylim=(-2, len(x) + 2), xticks=range(0, 11, 2))
    right.set_xlabel(Text("걸음", "step")[lang])
    right.set_ylabel(Text("켜지는 표본의 수", "examples it fires for")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    counts = ", ".join(map(str, m.fires[: m.died + 1]))
    return {
        "ko": Words(
            f"{m.died}걸음 만에 선이 구름 밖으로 나가고, 그 뒤로는 움직이지 않습니다",
            f"η = {RATES[RATE]:g}인 유닛 하나. 숫자는 걸음, 짧은 획은 켜지는 쪽입니다. 1과 2의 선은 겹칩니다.",
            f"걸음마다 켜지는 표본의 수: {counts}.",
        ),
        "en": Words(
            f"In {m.died} steps the line leaves the cloud, and then it stays where it is",
            f"One unit at η = {RATES[RATE]:g}. Numbers count steps; strokes point to the firing side. Lines 1 and 2 coincide.",
            f"Examples it fires for, step by step: {counts}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
