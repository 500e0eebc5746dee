"""How far each weight of a chain has moved after the same number of steps (claim 1.5)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import chain, sgd
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, scientific
from gradbook.text import Lang, Text, same

DEPTH, STEPS, ETA = 8, 100, 0.5


@dataclass(frozen=True)
class Measurement:
    moved: NDArray[np.float64]  # |w after − w before|, (DEPTH, chains)
    ratio: Estimate  # geometric mean of (movement of a layer) / (movement of the next one)
    first_to_last: float  # median movement of w₁ over that of w_L


def measure(seeds: Sequence[int] = range(500)) -> Measurement:
    """One chain a seed, trained on one example: w := w − η ∂C/∂w, C = ½(h_L − t)², weights from U(−1, 1)."""
    drawn = [np.random.default_rng(seed) for seed in seeds]
    before = np.stack([rng.uniform(-1, 1, size=DEPTH) for rng in drawn], axis=1)
    x = np.array([rng.uniform() for rng in drawn])
    target = np.array([rng.uniform() for rng in drawn])

    w, state = before, None
    for _ in range(STEPS):
        output, back = chain(x, w)
        _, dw = back(output - target)
        w, state = sgd(w, dw, state, eta=ETA)

    moved = np.abs(w - before)
    # w₁ carries the input x, the others a neuron's output, so the slope is taken over layers 2 … L.
    per_layer = np.log(moved[1] / moved[-1]) / (DEPTH - 2)
    return Measurement(
        moved=moved,
        ratio=mean_interval(per_layer).exp(),
        first_to_last=float(np.median(moved[0] / moved[-1])),
    )


def judge(m: Measurement) -> list[Claim]:
    return [
        Claim(
            id="1.5",
            text=Text(
                "그래서 앞쪽 층은 거의 바뀌지 않는다: 갱신량은 입력 쪽으로 갈수록 희미해진다",
                "So early layers barely change: the update fades towards the input",
            ),
            verdict="holds" if m.ratio.below(1) else "does-not-hold",
            finding=Text(
                f"{DEPTH}층 사슬을 {STEPS}걸음 학습시키면 한 층 앞의 가중치는 {m.ratio.number()}배만 움직입니다.",
                f"After {STEPS} steps in a chain of {DEPTH}, the weight one layer earlier has moved {m.ratio.number()} times as far.",
            ),
            estimate=m.ratio,
            unit=Text("한 층 앞 / 뒤의 이동 거리 (기하평균)", "movement, one layer earlier / later (geometric mean)"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "ratio": same(m.ratio.number()),
        "first_to_last": same(scientific(m.first_to_last, 1)),
        "chains": same(f"{m.moved.shape[1]:,}"),
        "steps": same(str(STEPS)),
        "depth": same(str(DEPTH)),
        "eta": same(str(ETA)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.0)
    layers = np.arange(1, DEPTH + 1)
    low, median, high = np.quantile(m.moved, [0.05, 0.5, 0.95], axis=1)
    axes.bar(layers, median, width=0.62, color=style.BLUE)
    axes.errorbar(
        layers, median, yerr=[median - low, high - median], fmt="none", ecolor=style.INK, elinewidth=1, capsize=3
    )
    style.log(axes.yaxis)
    axes.set_xticks(layers)
    axes.set_xlabel(Text("층 (1이 입력 쪽)", "layer (1 is next to the input)")[lang])
    axes.set_ylabel(Text("가중치가 움직인 거리", "how far the weight moved")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            f"{STEPS}걸음 뒤: 입력에 가까운 가중치일수록 제자리입니다",
            f"사슬 {m.moved.shape[1]}개(시드 0–{m.moved.shape[1] - 1}), 깊이 {DEPTH}, η = {ETA}, 표본 하나. 막대는 중앙값, 세로선은 5–95 %입니다.",
            f"층 1부터 {DEPTH}까지의 막대그래프, 로그 눈금. 막대가 입력 쪽으로 갈수록 한 층에 열 배쯤씩 낮아지고, 맨 앞은 더 낮습니다.",
        ),
        "en": Words(
            f"After {STEPS} steps: the nearer a weight is to the input, the less it has moved",
            f"{m.moved.shape[1]} chains (seeds 0–{m.moved.shape[1] - 1}), depth {DEPTH}, η = {ETA}, one example. Bars are medians, lines 5–95%.",
            f"Bars for layers 1 to {DEPTH} on a log scale. Towards the input each bar is about ten times lower than the next, the very first even more.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 11000)},
)
