"""Whitening from few images, and what it seems to gain when the test images have a say (goes with claim 5.14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch5_activations.inputs import (
    LOOKS,
    NAMES,
    PILOTS,
    Floats,
    Race,
    best_rate,
    everything,
    run,
    training,
)
from gradbook.data import Split, digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

SIZES: Final = (50, 150, 450, 1297)
RACE: Final = Race(hidden=0, optimizer="SGD", steps=80, batch=50, target=0.1)
ETAS: Final = [2.0**k for k in range(-3, 6, 2)]

type Arm = tuple[str, bool]  # way, whether the test images have a say in its statistics
ARMS: Final[tuple[Arm, ...]] = (
    ("centered", False), ("standardized", False), ("standardized", True), ("whitened", False), ("whitened", True),
)  # fmt: skip


@dataclass(frozen=True)
class Measurement:
    right: dict[tuple[Arm, int], Floats]  # percent of the test images, (seeds,)

    def mean(self, arm: Arm, size: int) -> Estimate:
        return mean_interval(self.right[arm, size])

    def gain(self, way: str, size: int) -> Estimate:
        """How many points better it seems with the test images in the statistics."""
        return mean_interval(self.right[(way, True), size] - self.right[(way, False), size])

    def behind(self, way: str, size: int) -> Estimate:
        """By how many points centering is better."""
        return mean_interval(self.right[("centered", False), size] - self.right[(way, False), size])


def splits(seeds: Sequence[int], size: int) -> list[Split]:
    """So many digits to learn from, and 500 to be tested on, drawn anew for each seed."""
    return [digits().drawn(size, np.random.default_rng([seed, 55])) for seed in seeds]


def one(setting: tuple[Arm, int, tuple[int, ...]]) -> Floats:
    (way, leaks), size, seeds = setting
    eta = best_rate(RACE, way, splits(PILOTS, size), ETAS)  # the same with the leak and without
    return run(RACE, way, splits(seeds, size), [eta], seeds, everything if leaks else training)[1][:, 0]


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Logistic regression; the statistics come from the training images alone, or from all."""
    keys = [(arm, size) for arm in ARMS for size in (SIZES[:1] if arm == ("standardized", True) else SIZES)]
    found = sweep(one, [(*key, tuple(seeds)) for key in keys])
    return Measurement(dict(zip(keys, found, strict=True)))


FEW: Final = SIZES[0]


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    honest, leaking = ("whitened", False), ("whitened", True)
    return {
        "few": same(str(FEW)),
        "centered": same(number(m.mean(("centered", False), FEW).value, 0)),
        "whitened": same(number(m.mean(honest, FEW).value, 0)),
        "leaking": same(number(m.mean(leaking, FEW).value, 0)),
        "gain": same(m.gain("whitened", FEW).shown(sign=True)),
        "gain_standardized": same(m.gain("standardized", FEW).shown(sign=True)),
        "gain_more": same(m.gain("whitened", SIZES[1]).shown(sign=True)),
        "more": same(str(SIZES[1])),
        "behind_all": same(m.behind("whitened", SIZES[-1]).shown()),
        "seeds": same(str(len(m.right[honest, FEW]))),
        "steps": same(str(RACE.steps)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.0)
    for way, leaks in ARMS:
        if (way, leaks) == ("standardized", True):
            continue
        found = [m.mean((way, leaks), size) for size in SIZES]
        look = LOOKS[way] | ({"markerfacecolor": style.PAPER, "linestyle": ":"} if leaks else {})
        name = Text("화이트닝, 시험 그림까지 봄", "whitened, having seen the test images") if leaks else NAMES[way]
        axes.errorbar(SIZES, [one.value for one in found], yerr=[one.margin for one in found], label=name[lang], **look)
    style.log(axes.xaxis, SIZES)
    axes.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    axes.set(ylim=(25, 100), xlim=(43, 1500))
    axes.set_xlabel(Text("학습 그림의 수", "training images")[lang])
    axes.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    axes.legend(loc="lower right")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.right[("whitened", False), FEW])
    centered, honest, leaking = (
        number(m.mean(arm, FEW).value, 0) for arm in (("centered", False), ("whitened", False), ("whitened", True))
    )
    return {
        "ko": Words(
            f"그림 {FEW}장으로 화이트닝하면 정확도가 {honest} %(중심화는 {centered} %). 시험 그림까지 통계에 넣으면 {leaking} %로 보입니다",
            f"숫자 그림의 로지스틱 회귀, SGD {RACE.steps}걸음, 전처리마다 가장 좋은 학습률(시험 그림을 보든 안 보든 같음). 시험 그림은 500장. 시드 {n}개의 평균과 95 % 구간.",
            "학습 그림이 늘수록 네 선이 가까워집니다. 중심화가 어디에서나 위에 있고, 두 화이트닝 선은 가장 적은 수에서만 갈라집니다.",
        ),
        "en": Words(
            f"Whitened by {FEW} images: {honest}% right (centered: {centered}%). With the test images in the statistics it seems to be {leaking}%",
            f"Logistic regression on digits, {RACE.steps} steps of SGD, each kind of preprocessing at its best rate (the same with and without the test images), 500 test images. Means of {n} seeds with 95% intervals.",
            "The four lines come together as training images are added. Centered is on top throughout or nearly so; the two lines for whitened part only at the smallest number.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
    sweeps=True,
)
