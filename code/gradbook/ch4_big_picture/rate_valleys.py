"""Loss against learning rate: six optimizers on eight problems (goes with claim 4.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch3_weights.bowl import NAMES, OPTIMIZERS, Name
from gradbook.ch3_weights.optimizer_looks import LOOKS
from gradbook.ch4_big_picture import rate_bands
from gradbook.ch4_big_picture.eight_problems import CONDITION, PROBLEMS
from gradbook.ch4_big_picture.rate_bands import GOOD
from gradbook.ch4_big_picture.tried_rates import ETAS, SOLVED, STEPS
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.memo import recall
from gradbook.text import Lang, Text, same

NOTHING = 0.95  # of the first loss: what is left of it where nothing was learned
# on the bowls: SGD's cliff, 2 over the largest curvature, and what Adam's steps must have to go the longest way
THEORY: Final[dict[Name, float]] = {"sgd": 2.0, "adam": CONDITION**0.5 / STEPS}


@dataclass(frozen=True)
class Measurement:
    loss: dict[Name, NDArray[np.float64]]  # final over first, geometric mean over seeds, (problems, rates)
    seeds: int

    def lowest(self, k: int) -> float:
        """Of any optimizer at any rate on problem k."""
        return min(float(loss[k].min()) for loss in self.loss.values())

    def best(self, name: Name) -> NDArray[np.float64]:
        """Its best rate on each problem."""
        return np.asarray(ETAS[self.loss[name].argmin(axis=1)])

    def apart(self, name: Name) -> float:
        """Decades between the smallest and the largest of these."""
        return float(np.ptp(np.log10(self.best(name))))


def measure(seeds: Sequence[int] | None = None) -> Measurement:
    """The losses that `rate_bands` judges."""
    m = recall(rate_bands.measure) if seeds is None else recall(rate_bands.measure, seeds=seeds)
    return Measurement({name: np.exp(np.log(loss).mean(axis=1)) for name, loss in m.loss.items()}, m.best.shape[1])


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found: dict[str, str] = {}
    names: tuple[Name, ...] = ("sgd", "adam")
    for name in names:
        best = m.best(name)
        found |= {f"{name}_low": f"{best.min():.2g}", f"{name}_high": f"{best.max():.2g}"}
    bowl = list(PROBLEMS).index("bowl")
    return {key: same(value) for key, value in found.items()} | {"adam_bowl": same(f"{m.best('adam')[bowl]:.2g}")}


def last(losses: NDArray[np.float64]) -> int:
    """Up to which rate a line is drawn: the first beyond the best at which nothing is learned, or the end."""
    best = int(losses.argmin())
    lost = np.flatnonzero(losses[best:] > NOTHING)
    return best + int(lost[0]) if len(lost) else len(losses) - 1


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(7.2, nrows=4, ncols=2, sharex=True, sharey=True)
    for k, (axes, title) in enumerate(zip(panels.flat, PROBLEMS.values(), strict=True)):
        axes.axhline(GOOD * m.lowest(k), color=style.INK, linestyle=":", linewidth=1.1)
        if list(PROBLEMS)[k] in ("bowl", "turned"):
            for name, eta in THEORY.items():
                axes.axvline(eta, color=LOOKS[name]["color"], linestyle=":", linewidth=1.1)
        for name in OPTIMIZERS:
            look, losses = LOOKS[name], m.loss[name][k]
            shown = slice(last(losses) + 1)
            axes.plot(ETAS[shown], losses[shown], linewidth=1.3, label=NAMES[name][lang], markersize=5,
                      markevery=[int(losses.argmin())], **look)  # fmt: skip
        style.log(axes.xaxis, [1e-4, 0.01, 1, 100])
        style.log(axes.yaxis, [1e-3, 0.01, 0.1, 1])
        axes.set_ylim(7e-4, 1.4)
        axes.set_title(title[lang])
    for axes in panels[-1]:
        axes.set_xlabel(Text("학습률 η", "learning rate η")[lang])
    for axes in panels[:, 0]:
        axes.set_ylabel(Text("끝 손실 / 첫 손실", "final loss / first")[lang])
    made.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    apart = {"sgd": f"{m.apart('sgd'):g}", "adam": f"{m.apart('adam'):g}"}
    names = list(PROBLEMS.values())
    rows = "; ".join(
        f"{names[k][lang]}: {', '.join(f'{NAMES[name][lang]} {m.best(name)[k]:.2g}' for name in OPTIMIZERS)}"
        for k in range(len(names))
    )
    return {
        "ko": Words(
            f"가장 좋은 학습률은 문제마다 다릅니다: SGD는 {apart['sgd']}자릿수, Adam은 {apart['adam']}자릿수에 걸쳐 있습니다",
            f"{STEPS}걸음 뒤의 손실을 첫 손실로 나눈 값, 시드 {m.seeds}개의 기하평균. 표식은 저마다 가장 낮은 곳. 점선 아래가 쓸 만한 곳입니다(가장 낮은 손실의 {GOOD:g}배). {SOLVED:g} 아래는 푼 것으로 치고, 발산하면 1로 칩니다. 큰 학습률에서 아무것도 배우지 못하면 선을 거기서 끊었습니다. 그릇의 세로 점선은 이론: SGD의 위쪽 끝 2/λ_max와 Adam의 아래쪽 끝(갈 거리 ÷ 걸음 수).",
            f"가장 좋은 학습률. {rows}.",
        ),
        "en": Words(
            f"The best rate differs from problem to problem: over {apart['sgd']} decades for SGD, over {apart['adam']} for Adam",
            f"Loss after {STEPS} steps over the first, geometric mean of {m.seeds} seeds. Marks: the lowest of each. Below the dotted line rates are good ({GOOD:g} times the lowest of all). Below {SOLVED:g} a problem counts as solved; what diverges counts as 1. Lines end where a large rate learns nothing. Upright dots in the bowls: theory, SGD's upper end 2/λ_max and Adam's lower end (distance to go over steps).",
            f"Best rates. {rows}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020)},
    sweeps=True,
)
