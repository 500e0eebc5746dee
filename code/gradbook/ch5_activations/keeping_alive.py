"""What keeps ReLUs alive at a rate that kills, and what only looks as if (goes with 5.11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch5_activations import dead_rates
from gradbook.ch5_activations.dead_rates import ETAS, RAW_ETAS
from gradbook.ch5_activations.dying import STEPS, Recipe, Watched, watch
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.memo import recall
from gradbook.stats import Estimate, mean_interval, number
from gradbook.text import Lang, Text, same

WARM: Final = STEPS // 2
MOST: Final = 1.0
RECIPES: Final = {
    "half": Recipe(centered=False, gain=0.5),
    "double": Recipe(centered=False, gain=2.0),
    "warm": Recipe(centered=False, warm=WARM),
    "leaky": Recipe(centered=False, bend="leaky ReLU"),
    "prelu": Recipe(centered=False, bend="PReLU"),
    "elu": Recipe(centered=False, bend="ELU"),
    "cut": Recipe(centered=False, most=MOST),
    "normed": Recipe(centered=False, normed=True),
}
ROWS: Final = ("relu", "half", "double", "warm", "leaky", "prelu", "elu", "cut", "centered", "normed", "small")
NAMES: Final = {
    "relu": Text("ReLU, He 초깃값", "ReLU, He's weights"),
    "half": Text("초깃값 ½배", "weights ½ of He's"),
    "double": Text("초깃값 2배", "weights 2 times He's"),
    "warm": Text(f"예열 {WARM}걸음", f"warm-up, {WARM} steps"),
    "leaky": same("leaky ReLU"),
    "prelu": same("PReLU"),
    "elu": same("ELU"),
    "cut": Text(f"기울기를 {MOST:g}에서 자름", f"gradient clipped at {MOST:g}"),
    "centered": Text("화소를 중심화", "pixels centered"),
    "normed": Text("배치 정규화", "batch normalization"),
    "small": Text("더 작은 학습률", "a smaller rate"),
}


@dataclass(frozen=True)
class Measurement:
    runs: dict[str, Watched]  # each at one rate
    eta: float  # at which 40 % or more die
    small: float  # the best rate

    def dead(self, name: str) -> float:
        """Mean percentage of units never on the positive side, of the networks that did not run away; nan if all did."""
        share = self.runs[name].share
        share = share[np.isfinite(share)]
        return float(share.mean()) if share.size else float("nan")

    def right(self, name: str) -> Estimate:
        return mean_interval(self.runs[name].right[:, 0])

    def gone(self, name: str) -> int:
        """Networks that diverged."""
        return int((~self.runs[name].finite).sum())

    def gain(self, name: str) -> Estimate:
        """Accuracy minus that of ReLU without it, seed by seed."""
        return mean_interval(self.runs[name].right[:, 0] - self.runs["relu"].right[:, 0])


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """The networks of `dead_rates` on raw pixels at the rate that kills them, each changed in one thing."""
    m = recall(dead_rates.measure, seeds=seeds) if seeds != range(20) else recall(dead_rates.measure)
    killing, best = m.killing("raw"), m.best("raw")
    eta = RAW_ETAS[killing]
    runs = {name: watch(recipe, [eta], seeds, (0, STEPS)) for name, recipe in RECIPES.items()}
    runs |= {"relu": m.runs["raw"].at(killing), "small": m.runs["raw"].at(best)}
    runs["centered"] = m.runs["sgd"].at(int(np.argmin(np.abs(np.array(ETAS) - eta))))
    return Measurement(runs, eta, RAW_ETAS[best])


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found: dict[str, str] = {"eta": f"{m.eta:g}", "small_eta": f"{m.small:g}", "seeds": str(len(m.runs["relu"].right))}
    for name in ("relu", "cut", "centered", "normed", "small"):
        found[f"{name}_dead"] = number(m.dead(name), 1)
        found[f"{name}_right"] = m.right(name).shown()
    found |= {f"{name}_gain": m.gain(name).shown(sign=True) for name in ("half", "double", "warm", "leaky")}
    found |= {f"{name}_gone": str(m.gone(name)) for name in ("prelu", "elu")}
    return {key: same(value) for key, value in found.items()} | {
        "warm": same(str(WARM)),
        "most": same(f"{MOST:g}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.6, ncols=2, sharey=True)
    at = np.arange(len(ROWS))[::-1]
    for y, name in zip(at, ROWS, strict=True):
        w, color = m.runs[name], style.ORANGE if name == "relu" else style.BLUE
        share = w.share[np.isfinite(w.share)]
        if share.size:
            left.plot(np.quantile(share, [0.05, 0.95]), [y, y], color=color, linewidth=1)
            left.plot(share.mean(), y, "o", color=color)
        if m.gone(name):
            told = Text(f"{m.gone(name)}개 발산", f"{m.gone(name)} diverged")[lang]
            free = not share.size or share.mean() > 50  # the left half of the row
            left.text(0 if free else 104, y, told, va="center", ha="left" if free else "right", color=style.RED)
        right.plot(np.quantile(w.right, [0.05, 0.95]), [y, y], color=color, linewidth=1)
        right.plot(w.right.mean(), y, "o", color=color)
    right.axvline(10, color=style.INK, linestyle=":", linewidth=1.1)
    left.set_yticks(at, [NAMES[name][lang] for name in ROWS])
    left.set(xlim=(-4, 108), ylim=(-0.7, len(ROWS) - 0.3))
    right.set(xlim=(0, 104))
    left.set_xlabel(Text("늘 꺼진 유닛 (%)", "units always off (%)")[lang])
    right.set_xlabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    good = [name for name in ROWS if name != "relu" and m.right(name).value >= m.right("small").value - 5]
    listed = ", ".join(NAMES[name][lang] for name in good)
    rows = "; ".join(
        f"{NAMES[name][lang]}: {number(m.dead(name), 1) if np.isfinite(m.dead(name)) else '—'}, {m.right(name).number()}"
        for name in ROWS
    )
    seeds = len(m.runs["relu"].right)
    return {
        "ko": Words(
            f"η = {m.eta:g}에서 살아남아 배우는 것: {listed}",
            f"화소를 그대로 쓴 같은 신경망에서 하나씩만 바꿉니다. 시드 {seeds}개의 평균과 5–95 %. 늘 꺼짐: 어느 학습 표본에서도 z > 0이 아님(ReLU라면 죽음). 발산한 것은 왼쪽에서 뺍니다. 더 작은 학습률은 η = {m.small:g}, 점선은 찍기.",
            f"늘 꺼진 유닛과 시험 정확도 (%). {rows}.",
        ),
        "en": Words(
            f"What survives and learns at η = {m.eta:g}: {listed}",
            f"The same network on pixels as they are, changed in one thing at a time. Mean of {seeds} seeds and 5–95%. Always off: z > 0 for no training example (a ReLU is then dead). Networks that diverged are not counted on the left. The smaller rate is η = {m.small:g}; dotted: guessing.",
            f"Units always off and test accuracy (%). {rows}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
