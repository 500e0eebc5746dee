"""Claim 5.5: outputs on one side of 0 make descent zig-zag, and slow. Two weights, and digits with σ against σ − ½."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.centered_nets import ARMS, BATCH, WIDTH, arrival, curvature_of_outputs, descend
from gradbook.ch5_activations.two_inputs import all_at_once, one_by_one
from gradbook.ch5_activations.zigzag_cost import POSITIVE
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, median_interval, number
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

type Floats = NDArray[np.floating[Any]]

RATES: Final = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6)
EQUAL: Final = 1.0  # a rate that is small for all
STEPS: Final = 450
TARGET, WINDOW = 0.3, 20  # the mean loss of the last 20 batches
TRIED: Final = (1000, 1001, 1002)  # the seeds on which the rates are chosen
NAMES: Final = {"plain": "σ", "centered": "σ − ½", "doubled": "2σ − 1"}
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "plain": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "centered": {"color": style.GREEN, "marker": "^", "linestyle": "-"},
    "doubled": {"color": style.PURPLE, "marker": "D", "linestyle": "--"},
}


@dataclass(frozen=True)
class Measurement:
    tried: dict[str, Floats]  # steps to the target on the seeds tried, (seeds, RATES), ∞ if never
    turns: dict[str, Floats]  # share of the steps before it that turned by more than 90°, there, (RATES,)
    eta: dict[str, float]  # the fastest rate there
    steps: dict[str, Floats]  # steps at that rate, (seeds,)
    turned: dict[str, Floats]  # share of turning steps before arrival at that rate, (seeds,)
    curves: dict[str, Floats]  # mean of the loss over the seeds, (STEPS,)
    top: dict[str, float]  # largest eigenvalue of the first hidden layer's E[h hᵀ], mean over the seeds
    plane: dict[str, Floats]  # two weights: steps and detour, inputs (centered, positive)

    def ratio(self) -> Estimate:
        """Steps with σ over steps with σ − ½, seed by seed."""
        return median_interval(self.steps["plain"] / self.steps["centered"])


def run(setting: tuple[str, tuple[int, ...], tuple[float, ...]]) -> tuple[Floats, Floats, Floats]:
    """Steps to the target and share of turning steps before it, (seeds, rates), and the losses, (STEPS, seeds, rates)."""
    arm, seeds, rates = setting
    losses, turned = descend(arm, seeds, rates, STEPS)
    steps = arrival(losses, TARGET, WINDOW)
    before = np.arange(STEPS)[:, None, None] < np.minimum(steps, STEPS)
    return steps, (turned & before).sum(axis=0) / before.sum(axis=0), losses


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Rates are chosen on other seeds than those that are compared."""
    tried = dict(zip(ARMS, sweep(run, [(arm, TRIED, RATES) for arm in ARMS]), strict=True))
    eta = {arm: RATES[int(np.argmin(np.median(steps, axis=0)))] for arm, (steps, _, _) in tried.items()}
    found = dict(zip(ARMS, sweep(run, [(arm, tuple(seeds), (eta[arm],)) for arm in ARMS]), strict=True))
    ones = [one_by_one(mean, seeds) for mean in (0.0, POSITIVE)]
    (flat, _), (best, careful) = (all_at_once(mean) for mean in (0.0, POSITIVE))
    assert careful is not None  # 1/λ_max always arrives
    return Measurement(
        tried={arm: steps for arm, (steps, _, _) in tried.items()},
        turns={arm: turns.mean(axis=0) for arm, (_, turns, _) in tried.items()},
        eta=eta,
        steps={arm: steps[:, 0] for arm, (steps, _, _) in found.items()},
        turned={arm: turns[:, 0] for arm, (_, turns, _) in found.items()},
        curves={arm: losses[:, :, 0].mean(axis=1) for arm, (_, _, losses) in found.items()},
        top={arm: float(np.mean([curvature_of_outputs(arm, seed)[0] for seed in seeds])) for arm in ARMS},
        plane={
            "one": np.array([[walk.steps for walk in walks] for walks in ones], float),
            "detour": np.array([[walk.detour for walk in walks] for walks in ones]),
            "all": np.array([flat.steps, best.steps, careful.steps], float),
        },
    )


def judge(m: Measurement) -> list[Claim]:
    """Holds if positive inputs make the path longer and slower, on digits too, and if avoiding the zig-zag is faster; holds
    if … where all but the last is true.
    """
    longer = mean_interval(np.log(m.plane["detour"][1] / m.plane["detour"][0])).above(0)
    slower = (
        mean_interval(np.log(m.plane["one"][1] / m.plane["one"][0])).above(0) and m.plane["all"][1] > m.plane["all"][0]
    )
    on_digits, straight_is_faster = m.ratio().above(1), m.plane["all"][2] < m.plane["all"][1]
    verdict: Verdict = "does-not-hold"
    if longer and slower and on_digits:
        verdict = "holds" if straight_is_faster else "holds-if"
    plain, centered = (number(float(np.median(m.steps[arm])), 0) for arm in ("plain", "centered"))
    zigzag, careful = (number(float(x), 0) for x in m.plane["all"][1:])
    return [
        Claim(
            id="5.5",
            text=Text(
                "그래서 지그재그로 학습하게 되고, 이 때문에 학습이 오래 걸린다",
                "Hence learning zig-zags, and this makes it slow",
            ),
            verdict=verdict,
            finding=Text(
                f"느린 것은 맞습니다. 숫자에서 σ는 {plain}걸음, 높이만 옮긴 σ − ½은 {centered}걸음입니다(중앙값). 그러나 지그재그가 까닭은 아닙니다. 가중치가 둘인 그릇에서 지그재그로 가면 {zigzag}걸음, 지그재그를 피하면 {careful}걸음입니다. 둘 다 길쭉한 그릇에서 옵니다.",
                f"Slow it is: on digits σ takes {plain} steps, and σ − ½, only moved, {centered} (medians). But the zig-zag is not the reason: on the bowl of two weights the way that zig-zags takes {zigzag} steps and the one that avoids it {careful}. Both come from the stretched bowl.",
            ),
            estimate=m.ratio(),
            unit=Text("배: σ의 걸음 ÷ σ − ½의 걸음, 숫자", "times the steps: σ over σ − ½, digits"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    at = RATES.index(EQUAL)
    told = {
        "seeds": same(str(len(m.steps["plain"]))),
        "tried": same(str(len(TRIED))),
        "width": same(str(WIDTH)),
        "batch": same(str(BATCH)),
        "target": same(f"{TARGET:g}"),
        "window": same(str(WINDOW)),
        "equal": same(f"{EQUAL:g}"),
        "ratio": same(m.ratio().shown()),
        "ratio_doubled": same(median_interval(m.steps["plain"] / m.steps["doubled"]).shown()),
    }
    for arm in ARMS:
        told[f"eta_{arm}"] = same(f"{m.eta[arm]:g}")
        told[f"steps_{arm}"] = same(number(float(np.median(m.steps[arm])), 0))
        told[f"top_{arm}"] = same(number(m.top[arm], 1))
        if arm != "doubled":
            told[f"equal_{arm}"] = same(number(float(np.median(m.tried[arm][:, at])), 0))
            told[f"equal_turns_{arm}"] = same(number(100 * float(m.turns[arm][at]), 0))
            told[f"turned_{arm}"] = same(number(100 * float(m.turned[arm].mean()), 0))
    return told


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.2, ncols=2)
    for arm in ARMS:
        middle = np.median(m.tried[arm], axis=0)
        left.plot(RATES, np.where(np.isfinite(middle), middle, np.nan), linewidth=1.2, markersize=3.5,
                  label=NAMES[arm], **LOOKS[arm])  # fmt: skip
        low, center, high = np.quantile(m.steps[arm], [0.05, 0.5, 0.95], method="nearest")
        left.errorbar(m.eta[arm], center, [[center - low], [min(high, STEPS) - center]], color=LOOKS[arm]["color"],
                      marker="*", markersize=10, capsize=3, zorder=4)  # fmt: skip
        smooth = np.convolve(m.curves[arm], np.full(WINDOW, 1 / WINDOW), "valid")[::10]
        right.plot(WINDOW + 10 * np.arange(len(smooth)), smooth, color=LOOKS[arm]["color"],
                   linestyle=LOOKS[arm]["linestyle"], linewidth=1.4)  # fmt: skip
    style.log(left.xaxis, [0.7, 1, 2, 4])
    style.log(left.yaxis, [50, 100, 200, 400])
    style.log(right.yaxis, [0.03, 0.1, 0.3, 1, 3])
    left.set(ylim=(50, 700), title=Text(f"손실 {TARGET:g}까지 걸음", f"steps to a loss of {TARGET:g}")[lang])
    right.axhline(TARGET, color=style.INK, linewidth=0.8, linestyle=":")
    right.set(xlim=(0, 400), title=Text("저마다 가장 빠른 학습률", "each at its fastest rate")[lang])
    left.set_xlabel(Text("학습률 η", "learning rate η")[lang])
    right.set_xlabel(Text("걸음", "step")[lang])
    right.set_ylabel(Text("학습 손실", "training loss")[lang])
    made.legend(loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    steps = {arm: number(float(np.median(m.steps[arm])), 0) for arm in ARMS}
    told = "; ".join(f"{NAMES[arm]}: η = {m.eta[arm]:g}, {steps[arm]}" for arm in ARMS)
    n = len(m.steps["plain"])
    return {
        "ko": Words(
            f"높이만 ½ 내려도 {steps['plain']}걸음이 {steps['centered']}걸음이 됩니다",
            f"손글씨 숫자, 은닉층 둘(폭 {WIDTH}), SGD(배치 {BATCH}). 셋은 같은 함수에서 출발합니다. 왼쪽 선: 학습률을 고른 시드 {len(TRIED)}개의 중앙값, 별: 다른 시드 {n}개의 중앙값과 5–95 %. 오른쪽: 그 시드들의 손실, 앞 {WINDOW}걸음의 평균.",
            f"가장 빠른 학습률과 그때의 걸음. {told}. 작은 학습률에서는 σ와 σ − ½이 거의 겹치고, 학습률이 커지면 갈라집니다.",
        ),
        "en": Words(
            f"Moved down by ½ and nothing else, {steps['plain']} steps become {steps['centered']}",
            f"Digits, two hidden layers of {WIDTH}, SGD with batches of {BATCH}; all three start as the same function. Left, lines: medians of the {len(TRIED)} seeds on which rates were chosen; stars: medians and 5–95% of {n} other seeds. Right: their loss, mean of {WINDOW} steps.",
            f"Fastest rate and its steps. {told}. At small rates σ and σ − ½ almost coincide; at large ones they part.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(2000, 2200)},
    sweeps=True,
)
