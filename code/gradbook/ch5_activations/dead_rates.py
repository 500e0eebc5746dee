"""Dead units and test accuracy against the rate: where the safe band ends, and that the best rate lies at its upper end (claim 5.11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import adam
from gradbook import style
from gradbook.ch5_activations.dying import BATCH, EXAMPLES, HIDDEN, STEPS, WIDTH, Recipe, Watched, watch
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number
from gradbook.text import Lang, Text, Verdict, same

ETAS: Final = (0.01, 0.03, 0.06, 0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 2.5)
RAW_ETAS: Final = (0.01, 0.03, 0.1, 0.3, 0.6, 1.0, 2.0)
ADAM_ETAS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2)
RECIPES: Final = {
    "sgd": (Recipe(), ETAS),
    "raw": (Recipe(centered=False), RAW_ETAS),
    "adam": (Recipe(optimizer=adam), ADAM_ETAS),
}
NAMES: Final = {
    "sgd": Text("SGD, 화소를 중심화", "SGD, pixels centered"),
    "raw": Text("SGD, 화소 그대로", "SGD, pixels as they are"),
    "adam": Text("Adam, 화소를 중심화", "Adam, pixels centered"),
}
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "sgd": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "raw": {"color": style.ORANGE, "marker": "s", "linestyle": "--"},
    "adam": {"color": style.RED, "marker": "P", "linestyle": ":"},
}
SAFE: Final = 1.0  # percent of dead units below which a rate counts as safe
MANY: Final = 40.0  # percent: the lecture's "as much as 40 %"
NEAR: Final = 5.0  # networks with 40 ± 5 % dead
LOSS: Final = 1.0  # points of accuracy that we would not mind


@dataclass(frozen=True)
class Measurement:
    runs: dict[str, Watched]

    def dead(self, name: str) -> NDArray[np.float64]:
        """Mean percentage of dead units at each rate, over the networks that did not run away."""
        share = self.runs[name].share
        return np.array([np.mean(one[np.isfinite(one)]) if np.isfinite(one).any() else np.nan for one in share.T])

    def right(self, name: str) -> NDArray[np.float64]:
        return np.asarray(self.runs[name].right.mean(axis=0))

    def best(self, name: str) -> int:
        """The rate of the best mean test accuracy."""
        return int(self.right(name).argmax())

    def safe(self, name: str) -> int:
        """The largest rate at which less than 1 % are dead; −1 if there is none."""
        return int(max(np.flatnonzero(self.dead(name) < SAFE), default=-1))

    def killing(self, name: str) -> int:
        """The lowest rate at which 40 % or more are dead, or the largest."""
        many = self.dead(name) >= MANY
        return int(np.argmax(many)) if many.any() else len(many) - 1

    def tenth(self) -> Estimate:
        """Accuracy at a tenth of the best rate minus that at the best: each seed's best is the one of the others."""
        right = self.runs["sgd"].right
        best = np.argmax(right.sum(axis=0) - right, axis=1)
        small = [int(np.argmin(np.abs(np.log(np.array(ETAS) * 10 / ETAS[k])))) for k in best]
        each = np.arange(len(right))
        return mean_interval(right[each, small] - right[each, best])

    def over(self) -> Estimate | None:
        """Accuracy at the best rate minus that at the last safe one; None if no rate is safe."""
        if self.safe("sgd") < 0:
            return None
        right = self.runs["sgd"].right
        return mean_interval(right[:, self.best("sgd")] - right[:, self.safe("sgd")])

    def many(self, *names: str) -> NDArray[np.float64]:
        """Accuracy of those of these networks that have 40 ± 5 % dead."""
        runs = [self.runs[name] for name in names]
        return np.concatenate([w.right[np.abs(w.share - MANY) <= NEAR] for w in runs])

    def blocked(self) -> NDArray[np.float64]:
        """Accuracy of the networks with a layer all of whose units are dead."""
        runs = self.runs.values()
        return np.concatenate([w.right[(w.fires[-1] == 0).all(axis=-1).any(axis=-1) & w.finite] for w in runs])


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """The same networks at every rate."""
    return Measurement({name: watch(recipe, etas, seeds) for name, (recipe, etas) in RECIPES.items()})


def judge(m: Measurement) -> list[Claim]:
    """Holds if the best rate is a safe one and a tenth of it costs no clear loss of a point.

    Holds if (only below the rate that kills) if a tenth of it loses; does not hold if the best rate kills and the last
    safe one is clearly more than a point worse, or if none is safe.
    """
    tenth, over, safe, best = m.tenth(), m.over(), m.safe("sgd"), m.best("sgd")
    verdict: Verdict = "does-not-hold"
    if over is not None and (best <= safe or not over.above(LOSS)):
        verdict = "holds-if" if tenth.below(-LOSS) else "holds"
    rates = f"{ETAS[max(safe, 0)]:g}", f"{ETAS[best]:g}", f"{ETAS[m.killing('sgd')]:g}"
    dead = number(m.dead("sgd")[m.killing("sgd")], 0)
    right = m.right("sgd")
    return [
        Claim(
            id="5.11",
            text=Text(
                "그러니 ReLU를 쓸 때는 작은 학습률로 시작해야 한다",
                "So a ReLU network should start with a small learning rate",
            ),
            verdict=verdict,
            finding=Text(
                f"죽은 유닛이 {SAFE:g} %가 안 되는 가장 큰 학습률은 η = {rates[0]}입니다. 정확도는 η = {rates[1]}에서 {number(right[best], 1)} %로 가장 높습니다. "
                f"η = {rates[2]}에서는 {dead} %가 죽고 정확도는 {number(right[m.killing('sgd')], 0)} %입니다. 죽이는 학습률보다는 작아야 하지만, 더 작으면 느립니다.",
                f"The largest rate with fewer than {SAFE:g}% of the units dead is η = {rates[0]}. Accuracy is best at η = {rates[1]}, {number(right[best], 1)}%. "
                f"At η = {rates[2]}, {dead}% die and accuracy is {number(right[m.killing('sgd')], 0)}%. The rate must be smaller than one that kills; still smaller is slower.",
            ),
            estimate=tenth,
            unit=Text(
                "%p, 가장 좋은 학습률의 10분의 1에서 달라지는 정확도", "points of accuracy, at a tenth of the best rate"
            ),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found: dict[str, str] = {}
    for name, (_, etas) in RECIPES.items():
        best = m.best(name)
        found |= {
            f"{name}_best": f"{etas[best]:g}",
            f"{name}_best_right": number(m.right(name)[best], 1),
            f"{name}_best_dead": number(m.dead(name)[best], 1),
        }
    safe = m.safe("sgd")
    found |= {
        "safe": f"{ETAS[safe]:g}" if safe >= 0 else "—",
        "killing": f"{ETAS[m.killing('sgd')]:g}",
        "killing_dead": number(m.dead("sgd")[m.killing("sgd")], 0),
        "killing_right": number(m.right("sgd")[m.killing("sgd")], 0),
        "raw_first": number(m.dead("raw")[0], 1),
        "raw_killing": f"{RAW_ETAS[m.killing('raw')]:g}",
        "raw_killing_dead": number(m.dead("raw")[m.killing("raw")], 0),
        "raw_killing_right": number(m.right("raw")[m.killing("raw")], 0),
        "tenth": m.tenth().shown(),
        "slowest": f"{ETAS[0]:g}",
        "slowest_right": number(m.right("sgd")[0], 0),
        "adam_last": f"{ADAM_ETAS[-2]:g}",
        "adam_last_dead": number(m.dead("adam")[-2], 0),
        "adam_last_right": number(m.right("adam")[-2], 0),
        "seeds": str(len(m.runs["sgd"].right)),
        "examples": str(EXAMPLES),
        "hidden": str(HIDDEN),
        "width": str(WIDTH),
        "batch": str(BATCH),
        "steps": str(STEPS),
    }
    for key, names in {"many_sgd": ("sgd", "raw"), "many_adam": ("adam",)}.items():
        many = m.many(*names)
        found |= {key: str(len(many)), f"{key}_right": number(many.mean(), 0) if len(many) else "—"}
    blocked = m.blocked()
    found |= {"blocked": str(len(blocked)), "blocked_right": number(blocked.max(), 0) if len(blocked) else "—"}
    return {key: same(value) for key, value in found.items()}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (top, bottom) = style.figure(4.6, nrows=2, sharex=True)
    for name, (_, etas) in RECIPES.items():
        share = m.runs[name].share
        low, high = np.nanquantile(share, [0.05, 0.95], axis=0)
        style.band(top, etas, low, high, LOOKS[name]["color"])
        top.plot(etas, m.dead(name), label=NAMES[name][lang], **LOOKS[name])
        low, high = np.quantile(m.runs[name].right, [0.05, 0.95], axis=0)
        style.band(bottom, etas, low, high, LOOKS[name]["color"])
        bottom.plot(etas, m.right(name), **LOOKS[name])
        best = m.best(name)
        bottom.plot(etas[best], m.right(name)[best], "o", color=style.INK, markerfacecolor="none", markersize=10)
    bottom.plot([], [], "o", color=style.INK, markerfacecolor="none", markersize=9,
                label=Text("가장 좋은 학습률", "best rate")[lang])  # fmt: skip
    top.axhline(MANY, color=style.INK, linestyle=":", linewidth=1.1)
    top.text(ADAM_ETAS[0], MANY + 2, Text("강의의 40 %", "the lecture's 40%")[lang], va="bottom")
    bottom.axhline(10, color=style.INK, linestyle=":", linewidth=1.1)
    bottom.text(ADAM_ETAS[0], 12, Text("찍기", "guessing")[lang], va="bottom")
    style.log(bottom.xaxis, [0.001, 0.01, 0.1, 1])
    for axes in (top, bottom):
        axes.set_ylim(-4, 104)
    top.set_ylabel(Text("죽은 유닛 (%)", "dead units (%)")[lang])
    bottom.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    bottom.set_xlabel(Text("학습률 η", "learning rate η")[lang])
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    best, killing = m.best("sgd"), m.killing("sgd")
    rows = {
        name: "; ".join(f"{eta:g}: {number(d, 1)}, {number(r, 0)}" for eta, d, r in zip(etas, m.dead(name), m.right(name), strict=True))
        for name, (_, etas) in RECIPES.items()
    }  # fmt: skip
    told = ". ".join(f"{NAMES[name][lang]}: {row}" for name, row in rows.items())
    return {
        "ko": Words(
            f"SGD는 η = {ETAS[best]:g}에서 가장 정확하고, η = {ETAS[killing]:g}에서는 유닛의 {number(m.dead('sgd')[killing], 0)} %가 죽습니다",
            f"손글씨 숫자 {EXAMPLES}개, 은닉층 {HIDDEN}개, 폭 {WIDTH}, He 초깃값, 배치 {BATCH}, {STEPS}걸음. 시드 {len(m.runs['sgd'].right)}개의 평균과 5–95 %.",
            f"학습률마다 죽은 유닛과 시험 정확도 (%). {told}.",
        ),
        "en": Words(
            f"SGD is most accurate at η = {ETAS[best]:g}, and at η = {ETAS[killing]:g} {number(m.dead('sgd')[killing], 0)}% of the units die",
            f"{EXAMPLES} handwritten digits, {HIDDEN} hidden layers, width {WIDTH}, He's weights, batches of {BATCH}, {STEPS} steps. Mean of {len(m.runs['sgd'].right)} seeds and 5–95%.",
            f"Dead units and test accuracy (%) at each rate. {told}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
)
