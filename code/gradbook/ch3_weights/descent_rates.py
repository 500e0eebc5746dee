"""Steps to the bottom of the bowl against the rate: how wide the good band is (goes with claim 3.12)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch3_weights.bowl import HORIZON, NAMES, OPTIMIZERS, RATES, Name, Search, search
from gradbook.ch3_weights.optimizer_looks import LOOKS
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same


@dataclass(frozen=True)
class Measurement:
    found: dict[Name, Search]


def measure() -> Measurement:
    """Every rate of the grid for every optimizer."""
    return Measurement({name: search(name) for name in OPTIMIZERS})


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {f"{name}_band": same(factor(one.band)) for name, one in m.found.items()} | {"rates": same(str(len(RATES)))}


def factor(x: float) -> str:
    return f"{x:.2g}" if x < 10 else f"{x:.0f}"


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.5)
    for name, one in m.found.items():
        arrived = np.where(np.isfinite(one.steps), one.steps, np.nan)
        axes.plot(RATES, arrived, label=NAMES[name][lang], markevery=(5, 25), markersize=4, **LOOKS[name])
        axes.plot(one.eta, one.best.steps, "*", color=LOOKS[name]["color"], markersize=10, zorder=4)
    axes.plot([], [], "*", linestyle="none", color=style.INK, markersize=10,
              label=Text("가장 적은 걸음", "fewest steps")[lang])  # fmt: skip
    style.log(axes.xaxis, [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30])
    style.log(axes.yaxis, [3, 10, 30, 100, 300, HORIZON])
    axes.set_xlabel(Text("학습률 η", "learning rate η")[lang])
    axes.set_ylabel(Text("바닥까지 걸음", "steps to the bottom")[lang])
    made.legend(loc="outside lower center", ncols=4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    band = {name: factor(one.band) for name, one in m.found.items()}
    narrow = min(m.found, key=lambda name: m.found[name].band)
    wide = max(m.found, key=lambda name: m.found[name].band)
    table = ", ".join(f"{NAMES[name][lang]} {width}" for name, width in band.items())
    return {
        "ko": Words(
            f"쓸 만한 학습률의 폭: {NAMES[narrow].ko} {band[narrow]}배, {NAMES[wide].ko} {band[wide]}배",
            f"f = x²/20 + y²에서 학습률 {len(RATES)}개로 바닥까지 간 걸음. 선이 끊긴 곳에서는 {HORIZON}걸음 안에 닿지 못합니다. 폭은 걸음이 가장 적을 때의 두 배를 넘지 않는 가장 큰 학습률과 가장 작은 학습률의 비입니다.",
            f"폭(배): {table}.",
        ),
        "en": Words(
            f"How wide the good rates lie: a factor of {band[narrow]} for {NAMES[narrow].en}, of {band[wide]} for {NAMES[wide].en}",
            f"Steps to the bottom of f = x²/20 + y² at {len(RATES)} rates. Where a line breaks off, {HORIZON} steps do not arrive. The width is the ratio of the largest to the smallest rate that takes at most twice the fewest steps.",
            f"Widths (factors): {table}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
