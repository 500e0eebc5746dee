"""Thirteen chemical measurements of wine, each in its own unit: is centering enough there? (goes with claim 5.14)"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch5_activations.inputs import LOOKS, NAMES, PILOTS, WAYS, Floats, Race, arrival, best_rate, run, spectrum
from gradbook.data import Split
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, median_interval, number, scientific
from gradbook.text import Lang, Text, same

SHOWN: Final = ("raw", "centered", "standardized", "whitened")
TEST: Final = 60
OPTIMIZERS: Final = ("SGD", "Adam")
STEPS: Final = 150
ETAS: Final = {"SGD": [2.0**k for k in range(-20, 5, 2)], "Adam": [2.0**k for k in range(-9, 2, 2)]}

type Key = tuple[str, str]  # optimizer, way
KEYS: Final[list[Key]] = [(optimizer, way) for optimizer in OPTIMIZERS for way in SHOWN]


@dataclass(frozen=True)
class Measurement:
    spread: Floats  # standard deviation of each feature, all wines
    kappa: dict[str, float]  # of all wines
    eta: dict[Key, float]
    losses: dict[Key, Floats]  # (steps, seeds)
    steps: dict[Key, Floats]  # to the target, ∞ where it was not reached
    right: dict[Key, Floats]
    alone: Floats  # percent right, SGD that is given the feature of the largest spread alone, standardized

    def reached(self, key: Key) -> int:
        return int(np.isfinite(self.steps[key]).sum())

    def last(self, key: Key) -> Estimate:
        """The loss after all steps."""
        return mean_interval(self.losses[key][-1])

    def typical(self, key: Key) -> Estimate:
        return median_interval(np.minimum(self.steps[key], STEPS))


@cache
def wines() -> Split:
    """178 wines of three growers, 13 measurements each; 118 to learn from, 60 to be tested on.

    Source: S. Aeberhard & M. Forina, *Wine*, 1992, UCI Machine Learning Repository, doi:10.24432/C5PC7J, as shipped
    with scikit-learn.
    """
    from sklearn.datasets import load_wine

    x, labels = load_wine(return_X_y=True)
    x, labels = x.astype(np.float32), labels.astype(np.int64)
    return Split(x[TEST:], labels[TEST:], x[:TEST], labels[:TEST])


def splits(seeds: Sequence[int]) -> list[Split]:
    """The wines, split anew for each seed."""
    return [wines().drawn(len(wines().x), np.random.default_rng([seed, 13])) for seed in seeds]


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Logistic regression on the full batch, each way at its own best rate."""
    x = np.concatenate([wines().x, wines().x_test]).astype(float)
    m = Measurement(x.std(axis=0), {way: kappa(WAYS[way](x)(x)) for way in SHOWN}, {}, {}, {}, {}, one_feature(seeds))
    for optimizer, way in KEYS:
        race = Race(hidden=0, optimizer=optimizer, steps=STEPS, batch=len(wines().x), target=0.1)
        key, eta = (optimizer, way), best_rate(race, way, splits(PILOTS), ETAS[optimizer])
        losses, right = run(race, way, splits(seeds), [eta], seeds)
        m.eta[key], m.losses[key], m.right[key] = eta, losses[:, :, 0], right[:, 0]
        m.steps[key] = arrival(losses, race.target)[:, 0]
    return m


def one_feature(seeds: Sequence[int]) -> Floats:
    widest = int(wines().x.std(axis=0).argmax())
    cut = [Split(s.x[:, [widest]], s.labels, s.x_test[:, [widest]], s.labels_test) for s in splits(seeds)]
    race = Race(hidden=0, optimizer="SGD", steps=STEPS, batch=len(wines().x), target=0)
    return run(race, "standardized", cut, [1.0], seeds)[1][:, 0]


def kappa(x: Floats) -> float:
    found = spectrum(x)
    return float(found[0] / found[-1])


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"kappa_{way}": same(scientific(m.kappa[way])) for way in SHOWN[:2]}
    found |= {f"loss_{way}": same(m.last(("SGD", way)).number()) for way in SHOWN[:2]}
    return found | {
        "kappa_standardized": same(number(m.kappa["standardized"], 0)),
        "right_centered": same(number(m.right["SGD", "centered"].mean(), 0)),
        "alone": same(number(m.alone.mean(), 0)),
        "right_standardized": same(number(m.right["SGD", "standardized"].mean(), 0)),
        "reached_centered": same(str(m.reached(("SGD", "centered")))),
        "steps_standardized": same(number(m.typical(("SGD", "standardized")).value, 0)),
        "adam_centered": same(number(m.typical(("Adam", "centered")).value, 0)),
        "adam_raw": same(str(m.reached(("Adam", "raw")))),
        "least": same(number(m.spread.min(), 2)),
        "most": same(number(m.spread.max(), 0)),
        "share": same(number(100 * m.spread.max() ** 2 / (m.spread**2).sum(), 1)),
        "seeds": same(str(len(m.steps["SGD", "raw"]))),
        "steps": same(str(STEPS)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.1, ncols=2, sharey=True)
    shown = np.unique(np.round(np.geomspace(1, STEPS, 45))).astype(int)
    for axes, optimizer in zip(panels, OPTIMIZERS, strict=True):
        for way in SHOWN:
            losses = np.maximum(m.losses[optimizer, way][shown - 1], 1e-6)
            look = LOOKS[way] | {"marker": "none"}
            low, high = np.quantile(losses, [0.1, 0.9], axis=1)
            style.band(axes, shown, low, high, look["color"])
            axes.plot(shown, np.median(losses, axis=1), label=NAMES[way][lang], **look)
        axes.axhline(0.1, color=style.INK, linewidth=0.8, linestyle=":")
        axes.set_title(optimizer)
        style.log(axes.xaxis, [1, 10, 100])
        axes.set_xlabel(Text("걸음", "step")[lang])
    style.log(panels[0].yaxis, [1e-4, 1e-3, 1e-2, 1e-1, 1])
    panels[0].set_ylim(5e-5, 4)
    panels[0].set_ylabel(Text("학습 손실", "training loss")[lang])
    handles, labels = panels[0].get_legend_handles_labels()
    made.legend(handles, labels, loc="outside lower center", ncols=4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, fast = len(m.steps["SGD", "raw"]), number(m.typical(("SGD", "standardized")).value, 0)
    reached = m.reached(("SGD", "centered"))
    return {
        "ko": Words(
            f"단위가 제각각이면 중심화로는 모자랍니다: SGD는 {STEPS}걸음에 시드 {n}개 가운데 {reached}개가 닿고, 표준화하면 {fast}걸음에 닿습니다",
            f"와인 자료의 13가지 측정값으로 재배자 셋을 가르는 로지스틱 회귀, 전체 배치, 저마다 가장 좋은 학습률. 선은 시드 {n}개의 중앙값, 띠는 가운데 80 %. 점선은 목표.",
            "SGD에서 그대로와 중심화는 0.5보다 높은 곳에 머물고, 표준화와 화이트닝은 몇 걸음 만에 점선 아래로 갑니다. Adam에서는 중심화도 수십 걸음에 닿습니다.",
        ),
        "en": Words(
            f"With features of different units centering is not enough: {reached} of {n} seeds of SGD arrive within {STEPS} steps; standardized, they take {fast}",
            f"Logistic regression that tells three growers apart by 13 measurements of their wine, full batch, each at its own best rate. Lines: medians of {n} seeds; bands: the middle 80%. Dotted: the target.",
            "With SGD, raw and centered stay above 0.5, while standardized and whitened pass below the dotted line within a few steps. With Adam, centered arrives, too, after dozens of steps.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)
