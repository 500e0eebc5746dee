"""From scores to probabilities to what comes back, for one picture and three classes (goes with claim 3.7)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import softmax, softmax_cross_entropy
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import number
from gradbook.text import Lang, Text, same

NAMES = Text("고양이", "cat"), Text("개", "dog"), Text("새", "bird")
CAT = (-4.0, -2.0, 0.0, 1.0, 2.0, 4.0, 6.0)  # the slider: the score of the right class
OTHERS = (1.0, -1.0)
START = 2


@dataclass(frozen=True)
class Measurement:
    scores: NDArray[np.float64]  # (frames, classes)
    y: NDArray[np.float64]
    back: NDArray[np.float64]
    loss: NDArray[np.float64]  # (frames,)


def measure() -> Measurement:
    """One picture of a cat at each score for "cat"; the gradient as backpropagation hands it back."""
    scores = np.array([[cat, *OTHERS] for cat in CAT])
    label = np.array([0])
    losses, backs = zip(*(softmax_cross_entropy(row[None], label) for row in scores), strict=True)
    return Measurement(
        scores=scores,
        y=softmax(scores)[0],
        back=np.concatenate([back() for back in backs]),
        loss=np.array(losses),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    low, high = 0, len(CAT) - 1
    return {
        "worst_score": same(number(CAT[low], 0)),
        "worst_loss": same(f"{m.loss[low]:.2f}"),
        "worst_push": same(number(float(m.back[low, 0]), 2)),
        "best_score": same(number(CAT[high], 0)),
        "best_loss": same(f"{m.loss[high]:.3f}"),
        "best_push": same(number(float(m.back[high, 0]), 3)),
        "start": same(number(CAT[START], 0)),
        "y": same(", ".join(f"{p:.2f}" for p in m.y[START])),
        "back": same(", ".join(number(float(d), 2) for d in m.back[START])),
        "loss": same(f"{m.loss[START]:.2f}"),
    }


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, panels = style.figure(2.5, ncols=3)
    places = np.arange(len(NAMES))
    titles = Text("점수 z", "scores z"), Text("확률 y (빈 틀: 정답 t)", "probabilities y (frame: t)"), same("y − t")
    values = m.scores[i], m.y[i], m.back[i]
    limits = (-6, 8.5), (0, 1.25), (-1.3, 1.3)
    colors = style.MUTED, style.BLUE, style.ORANGE
    for axes, title, value, (low, high), color in zip(panels, titles, values, limits, colors, strict=True):
        axes.bar(
            places,
            value,
            color=color,
            width=0.6,
            hatch="///" if color == style.ORANGE else None,
            edgecolor=style.PAPER,
            linewidth=0,
        )
        for x, v in zip(places, value, strict=True):
            text = number(float(v), 0 if axes is panels[0] else 2)
            down = v < 0
            axes.annotate(
                text,
                (x, v),
                xytext=(0, -3 if down else 3),
                textcoords="offset points",
                ha="center",
                va="top" if down else "bottom",
                fontsize=8.5,
            )
        axes.axhline(0, color=style.INK, linewidth=0.8)
        axes.set_ylim(low, high)
        axes.set_title(title[lang])
        axes.set_xticks(places, [name[lang] for name in NAMES])
        axes.grid(visible=False, axis="x")
    panels[1].bar([0], [1], width=0.74, facecolor="none", edgecolor=style.INK, linewidth=1.2)
    panels[1].set_yticks([0, 0.5, 1])
    return made  # fmt: skip


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    cat, y = number(CAT[i], 0), ", ".join(f"{p:.2f}" for p in m.y[i])
    back, loss = ", ".join(number(float(d), 2) for d in m.back[i]), f"{m.loss[i]:.2f}"
    return Text(
        f"고양이의 점수 {cat}, 개 1, 새 −1. 확률은 차례로 {y}, 손실 {loss}. 되돌아오는 기울기는 {back}.",
        f"Score of cat {cat}, dog 1, bird −1. Probabilities in this order {y}, loss {loss}. What comes back: {back}.",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            "되돌아오는 것은 확률이 정답에서 벗어난 만큼입니다",
            "고양이 사진 한 장. 정답 t는 고양이 1, 나머지 0. 점수를 기울기의 반대로 고치므로, 막대가 아래로 뻗은 점수는 오르고 위로 뻗은 점수는 내립니다.",
            frame_alt(m, lang, START),
        ),
        "en": Words(
            "What comes back is by how much the probabilities miss the answer",
            "One picture of a cat; the answer t is 1 for cat and 0 for the others. Scores move against the gradient: those whose bar points down go up, the others go down.",
            frame_alt(m, lang, START),
        ),
    }[lang]


SLIDER = Slider(Text("고양이의 점수", "score of cat"), tuple(number(cat, 0) for cat in CAT), START)
EXPERIMENT = Experiment(
    measure=measure, judge=judge, numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=(SLIDER,), frame_alt=frame_alt),
)  # fmt: skip
