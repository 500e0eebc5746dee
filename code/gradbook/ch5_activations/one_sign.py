"""Claim 5.4: a neuron whose inputs are never negative has weight gradients of one sign. For one example; and for a batch?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import adam
from gradbook import style
from gradbook.ch4_big_picture.many_nets import train
from gradbook.ch5_activations.layer_signs import (
    ACTIVATIONS,
    PIXELS,
    WIDTH,
    agreement,
    batch_gradients,
    effective,
    expected_all,
    expected_pairs,
    network,
    one_direction,
    parts,
)
from gradbook.ch5_activations.looks import COLORS, MARKERS, NAMES
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number
from gradbook.text import LANGS, Lang, Text, same

type Floats = NDArray[np.float64]
type Setting = tuple[str, str]  # activation, when

WHEN: Final = ("start", "trained")
BATCHES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1297)  # the last: all examples
USUAL: Final = 32  # the batch of the verdict
STEPS, BATCH, ETA = 300, 50, 0.01  # of Adam
DRAWS: Final = 16  # batches of each size, for each network; of large ones 4
ALMOST_ALL: Final = 0.95


@dataclass(frozen=True)
class Measurement:
    every: dict[Setting, Floats]  # share of the neurons whose gradients all agree, (seeds, BATCHES)
    pairs: dict[Setting, Floats]  # share of the pairs of a neuron's gradients that agree, (seeds, BATCHES)
    zeros: dict[Setting, Floats]  # share of the counted neurons' gradients that are exactly 0, (seeds, BATCHES)
    ratio: dict[Setting, Floats]  # mean² / variance of the layer's outputs, (seeds,)
    effective: dict[Setting, Floats]  # how many of all examples a neuron's δ hangs on, median over neurons, (seeds,)
    spread: float  # s, the standard deviation of z in theory
    accuracy: dict[str, float]  # on the training examples, after training

    def share(self, name: str, when: str, batch: int) -> Estimate:
        return mean_interval(100 * self.every[name, when][:, BATCHES.index(batch)])

    def pair_share(self, name: str, when: str, batch: int) -> float:
        return float(100 * self.pairs[name, when][:, BATCHES.index(batch)].mean())


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Networks before and after training on digits; the same batches for all of a seed's networks."""
    split = digits()
    x, labels = split.x.astype(np.float64), split.labels
    found: dict[str, dict[Setting, Any]] = {"every": {}, "pairs": {}, "zeros": {}, "ratio": {}, "effective": {}}
    accuracy = {}
    for name in ACTIVATIONS:
        net = network(name)
        start = [net.init(np.random.default_rng(seed)) for seed in seeds]
        trained = train(
            net, start, [split.x] * len(seeds), [labels] * len(seeds), [ETA], optimizer=adam, steps=STEPS, batch=BATCH,
            seeds=seeds,
        )[:, 0]  # fmt: skip
        accuracy[name] = float(np.mean([(net(theta, x)[0].argmax(axis=1) == labels).mean() for theta in trained]))
        at: dict[str, Sequence[Any]] = {"start": start, "trained": list(trained)}
        for when, thetas in at.items():
            counted = [count(name, theta.astype(np.float64), seed) for theta, seed in zip(thetas, seeds, strict=True)]
            for key, values in zip(found, zip(*counted, strict=True), strict=True):
                found[key][name, when] = np.array(values)
    # z = Σ w x with Var w = 2 / (PIXELS + WIDTH)
    return Measurement(
        **found, spread=float(np.sqrt((x**2).sum(axis=1).mean() * 2 / (PIXELS + WIDTH))), accuracy=accuracy
    )


def count(name: str, theta: Floats, seed: int) -> tuple[Floats, Floats, Floats, float, float]:
    """Shares of agreeing neurons and pairs and of zeros for each batch size, mean² / variance, effective examples."""
    split, rng = digits(), np.random.default_rng([seed, 1])
    h, delta = parts(network(name), theta, split.x.astype(np.float64), split.labels)
    shares = []
    for batch in BATCHES:
        draws = DRAWS if batch <= 64 else 4 if batch < len(h) else 1
        rows = rng.permuted(np.tile(np.arange(len(h)), (draws, 1)), axis=1)[:, :batch]
        grads = batch_gradients(h, delta, rows)
        every, pairs, counts = agreement(grads)
        shares.append((every[counts].mean(), pairs[counts].mean(), (grads == 0).mean(axis=1)[counts].mean()))
    every, pairs, zeros = np.array(shares).T
    return every, pairs, zeros, float(h.mean() ** 2 / h.var()), effective(delta)


def judge(m: Measurement) -> list[Claim]:
    """Holds if all agree for one example and nearly all for a usual batch; holds if … where only for one example."""
    exact = all(bool((m.every["sigmoid", when][:, 0] == 1).all()) for when in WHEN)
    usual = [m.share("sigmoid", when, USUAL) for when in WHEN]
    in_batches = all(share.above(100 * ALMOST_ALL) for share in usual)
    relu, tanh = [m.share("ReLU", when, USUAL) for when in WHEN], m.share("tanh", "start", 1)
    return [
        Claim(
            id="5.4",
            text=Text(
                "시그모이드의 출력은 늘 0 이상이라서, 그것을 받는 뉴런의 가중치 기울기는 부호가 모두 같다",
                "A sigmoid's outputs are never negative, so the weight gradients of a neuron that takes them all share a sign",
            ),
            verdict="does-not-hold" if not exact else "holds" if in_batches else "holds-if",
            finding=Text(
                f"표본 하나의 기울기라면 모든 뉴런에서 참입니다(tanh는 {tanh.number()} %). 표본 {USUAL}개의 평균에서는 학습 전 {usual[0].number()} %, 학습한 뒤 {usual[1].number()} %의 뉴런에서만 참이고, ReLU는 {relu[0].number()} %와 {relu[1].number()} %입니다.",
                f"For the gradient of one example it is true of every neuron (tanh: {tanh.number()}%). For the mean of {USUAL} examples it is true of {usual[0].number()}% of the neurons before training and {usual[1].number()}% after it; for ReLU, of {relu[0].number()}% and {relu[1].number()}%.",
            ),
            estimate=usual[0],
            unit=Text(
                f"%: 부호가 모두 같은 뉴런, 시그모이드, 표본 {USUAL}개, 학습 전",
                f"%: neurons with one sign, sigmoid, {USUAL} examples, before training",
            ),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    told = {"seeds": same(str(len(m.ratio["tanh", "start"]))), "width": same(str(WIDTH)), "usual": same(str(USUAL))}
    told |= {"all": same(f"{BATCHES[-1]:,}"), "steps": same(str(STEPS)), "spread": same(number(m.spread, 2))}
    for name in ACTIVATIONS:
        key, c = name.lower(), one_direction(name, m.spread)
        for when in WHEN:
            if name != "tanh":
                told[f"{key}_{when}_effective"] = same(number(float(m.effective[name, when].mean()), 0))
            told[f"{key}_{when}"] = same(m.share(name, when, USUAL).number())
            told[f"{key}_{when}_pairs"] = same(number(m.pair_share(name, when, USUAL), 0))
        told[f"{key}_pairs_theory"] = same(number(100 * expected_pairs(c), 0))
        told[f"{key}_ratio"] = same(number(float(m.ratio[name, "start"].mean()), 2))
        told[f"{key}_ratio_theory"] = same(number(c / (1 - c), 2))
        told[f"{key}_ratio_trained"] = same(number(float(m.ratio[name, "trained"].mean()), 2))
    for name in ("sigmoid", "relu"):
        c = one_direction({"relu": "ReLU"}.get(name, name), m.spread)
        told[f"{name}_theory"] = same(number(100 * expected_all(c, WIDTH), 0))
    told["zeros_one"] = same(number(100 * float(m.zeros["ReLU", "start"][:, 0].mean()), 0))
    told["accuracy"] = same(number(100 * min(m.accuracy.values()), 0))
    return told


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.3, ncols=2)
    titles = (Text("모두 같은 뉴런", "neurons with one sign"), Text("같은 짝", "pairs with one sign"))
    for axes, shares, title in zip(panels, (m.every, m.pairs), titles, strict=True):
        for name in ACTIVATIONS:
            c, color = one_direction(name, m.spread), COLORS[name]
            for when, line, face in (("start", "-", color), ("trained", "--", style.PAPER)):
                values = 100 * shares[name, when]
                axes.plot(BATCHES, values.mean(axis=0), color=color, linestyle=line, marker=MARKERS[name],
                          markerfacecolor=face, linewidth=1.2, markersize=4)  # fmt: skip
                low, high = np.quantile(values, [0.05, 0.95], axis=0)
                style.band(axes, BATCHES, low, high, color)
            theory = expected_pairs(c) if shares is m.pairs else expected_all(c, WIDTH)
            axes.plot([BATCHES[-1] * 1.25, BATCHES[-1] * 3], [100 * theory] * 2, color=color, linewidth=3)
        style.log(axes.xaxis, [1, 4, 16, 64, 256, 1000])
        axes.set(ylim=(-4, 104), title=title[lang], xlim=(0.8, BATCHES[-1] * 3.5))
        axes.set_xlabel(Text("표본의 수", "examples in the batch")[lang])
    panels[0].set_ylabel(Text("부호가 같은 것 (%)", "of one sign (%)")[lang])
    kinds = {"marker": "o", "color": style.INK, "linewidth": 1.2, "markersize": 4}
    for name in ACTIVATIONS:
        panels[0].plot([], [], color=COLORS[name], marker=MARKERS[name], linewidth=1.2, label=NAMES[name][lang])
    panels[0].plot([], [], **kinds, label=Text("학습 전", "before training")[lang])
    panels[0].plot(
        [], [], **kinds, linestyle="--", markerfacecolor=style.PAPER, label=Text("학습한 뒤", "trained")[lang]
    )
    panels[0].plot([], [], color=style.INK, linewidth=3, label=Text("이론 (학습 전)", "theory (before)")[lang])
    made.legend(loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    before, relu = (m.share(name, "start", USUAL).number() for name in ("sigmoid", "ReLU"))
    pairs = {name: [f"{m.pair_share(name, 'start', b):.0f}" for b in (1, USUAL, BATCHES[-1])] for name in ACTIVATIONS}
    told = {
        lang: "; ".join(f"{NAMES[name][lang]} {', '.join(values)}" for name, values in pairs.items()) for lang in LANGS
    }
    n = len(m.ratio["tanh", "start"])
    return {
        "ko": Words(
            f"시그모이드와 ReLU: 표본 하나에서는 모든 뉴런의 부호가 하나이고, 표본 {USUAL}개의 평균에서는 뉴런의 {before} %와 {relu} %만 그렇습니다",
            f"손글씨 숫자, 은닉층 둘(폭 {WIDTH}), 둘째 은닉층에 들어가는 가중치의 기울기. 신경망 {n}개의 평균과 5–95 %. 0은 부호가 없으므로 빼고 셉니다. 굵은 선은 표본이 많고 δ가 출력과 상관없을 때의 이론.",
            f"짝의 부호가 같은 비율(%)을 표본 1, {USUAL}, {BATCHES[-1]}개에서 차례로 적으면, 학습 전: {told['ko']}. 모두 같은 뉴런의 비율은 더 빨리 떨어집니다.",
        ),
        "en": Words(
            f"With sigmoid and ReLU all of one sign for one example; for the mean of {USUAL}, in {before}% and {relu}% of the neurons",
            f"Digits, two hidden layers of {WIDTH}; gradients of the weights into the second. Mean and 5–95% of {n} networks. Zeros have no sign and are left out. Thick: theory for many examples whose δ is independent of the outputs.",
            f"Share of pairs of one sign (%) with 1, {USUAL} and {BATCHES[-1]} examples, before training: {told['en']}. The share of neurons with one sign falls sooner.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200)},
)
