"""Bowls that are stretched more and less, along the axes and across them (goes with claim 3.12)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch3_weights.bowl import NAMES, OPTIMIZERS, Bowl, Name, search
from gradbook.ch3_weights.optimizer_looks import LOOKS
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same

STRETCHES = (2, 5, 20, 100, 500)
ANGLES = (0, 45)


def horizon(stretch: float) -> int:
    """Longer than the slowest takes."""
    return int(400 + 5 * stretch)


@dataclass(frozen=True)
class Measurement:
    steps: dict[Name, NDArray[np.float64]]  # at each one's best rate, (angles, stretches)

    def at(self, name: Name, stretch: int, angle: int = 0) -> float:
        return float(self.steps[name][ANGLES.index(angle), STRETCHES.index(stretch)])

    @property
    def momentum_from(self) -> int | None:
        """The least stretch at which momentum takes fewer steps than SGD."""
        faster = self.steps["momentum"][0] < self.steps["sgd"][0]
        return STRETCHES[int(np.argmax(faster))] if faster.any() else None


def measure() -> Measurement:
    """On every bowl each optimizer has the best rate of the grid."""
    return Measurement(
        {
            name: np.array(
                [[search(name, Bowl(k, angle), horizon(k)).best.steps for k in STRETCHES] for angle in ANGLES]
            )
            for name in OPTIMIZERS
        }
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    most = STRETCHES[-1]
    names: tuple[Name, ...] = ("sgd", "momentum", "adagrad", "adam")
    return {f"{name}_most": same(f"{m.at(name, most):,.0f}") for name in names} | {
        "adagrad_turned": same(f"{m.at('adagrad', most, 45):,.0f}"),
        "adam_turned": same(f"{m.at('adam', most, 45):,.0f}"),
        "most": same(str(most)),
        "momentum_from": same(str(m.momentum_from or "—")),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.7, ncols=2, sharey=True)
    titles = (Text("축을 따라 늘인 그릇", "stretched along an axis"), Text("45° 돌린 그릇", "turned by 45°"))
    for k, (axes, title) in enumerate(zip(panels, titles, strict=True)):
        for name, steps in m.steps.items():
            axes.plot(STRETCHES, steps[k], label=None if k else NAMES[name][lang], **LOOKS[name])
        style.log(axes.xaxis, STRETCHES)
        style.log(axes.yaxis, [2, 10, 30, 100, 300, 1000])
        axes.set_title(title[lang])
        axes.set_xlabel(Text("늘인 정도 κ", "stretch κ")[lang])
    panels[0].set_ylabel(Text("바닥까지 걸음", "steps to the bottom")[lang])
    made.legend(loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    most = STRETCHES[-1]
    straight, turned = m.at("adagrad", most), m.at("adagrad", most, 45)
    table = "; ".join(
        f"{NAMES[name][lang]} {m.at(name, most):,.0f}, {m.at(name, most, 45):,.0f}" for name in OPTIMIZERS
    )
    return {
        "ko": Words(
            f"그릇을 돌리기만 해도 AdaGrad는 {straight:,.0f}걸음에서 {turned:,.0f}걸음이 됩니다 (κ = {most})",
            "κ는 가장 큰 곡률과 가장 작은 곡률의 비입니다. 모든 그릇에서 출발점의 높이가 같고, 저마다 그 그릇에서 가장 좋은 학습률을 씁니다.",
            f"κ = {most}에서 걸음 수(그대로, 돌린 그릇): {table}.",
        ),
        "en": Words(
            f"Just turning the bowl takes AdaGrad from {straight:,.0f} steps to {turned:,.0f} (κ = {most})",
            "κ is the ratio of the largest curvature to the smallest. All starts are equally high, and each optimizer has its best rate on each bowl.",
            f"Steps at κ = {most} (as it is, turned): {table}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
