"""Digits: an MLP against a CNN of equal size, and the CNN with its pixels shuffled (goes with claim 4.17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import accuracy, adam, conv2d, fit, relu
from gradbook import style
from gradbook.ch4_big_picture.hinton import squares
from gradbook.ch4_big_picture.image_nets import FEW, WINDOW, image_net
from gradbook.ch4_big_picture.strip import strip
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

Arm = Literal["MLP", "CNN", "CNN, shuffled"]
ARMS: tuple[Arm, ...] = ("MLP", "CNN", "CNN, shuffled")
SIDE, EXAMPLES, STEPS, BATCH = 8, 1297, 200, 50
RATES = (0.01, 0.03, 0.1)  # Adam's
TUNING = 9001  # the seed that chooses the rate, and is used for nothing else


@dataclass(frozen=True)
class Run:
    arm: Arm
    eta: float
    seed: int
    longer: int = 1


@dataclass(frozen=True)
class Outcome:
    accuracy: float  # on test digits, in percent
    loss: float  # of the last steps
    filters: NDArray[np.floating]  # the first layer's, (filters, 3, 3); empty for the MLP
    b: NDArray[np.floating]


def outcome(run: Run) -> Outcome:
    """One network trained on its own split; shuffled: one order of the pixels for all pictures, another for each seed."""
    rng = np.random.default_rng(run.seed)
    chosen = digits().drawn(EXAMPLES, rng)
    order = np.arange(SIDE * SIDE)
    if run.arm == "CNN, shuffled":
        order = np.random.default_rng([run.seed, 1]).permutation(SIDE * SIDE)
    x, x_test = (part[:, order].reshape(-1, 1, SIDE, SIDE) for part in (chosen.x, chosen.x_test))
    net = image_net("MLP" if run.arm == "MLP" else "CNN", SIDE)
    found = fit(
        net, net.init(rng), x, chosen.labels,
        rng=rng, optimizer=partial(adam, eta=run.eta), steps=STEPS * run.longer, batch_size=BATCH,
    )  # fmt: skip
    right = 100 * accuracy(net(found.theta, x_test)[0], chosen.labels_test)
    first = net.views(found.theta)[0]
    filters, b = (first["W"][:, 0].copy(), first["b"].copy()) if first else (np.empty(0), np.empty(0))
    return Outcome(right, float(found.history["loss"][-50:].mean()), filters, b)


@dataclass(frozen=True)
class Measurement:
    accuracy: dict[Arm, NDArray[np.float64]]  # on test digits, in percent, (seeds,)
    eta: dict[Arm, float]
    size: dict[Arm, int]
    digit: NDArray[np.floating]  # (SIDE, SIDE)
    filters: NDArray[np.floating]  # of the first seed's CNN, (FEW, WINDOW, WINDOW)
    maps: NDArray[np.floating]  # what they make of the digit, behind ReLU, (FEW, SIDE, SIDE)

    def end(self, arm: Arm) -> Estimate:
        return mean_interval(self.accuracy[arm])

    def beyond(self, a: Arm, b: Arm) -> Estimate:
        """How many points more a gets right than b, paired by seed."""
        return mean_interval(self.accuracy[a] - self.accuracy[b])


def measure(seeds: Sequence[int] = range(20), longer: int = 1) -> Measurement:
    """Each network with the rate of the grid that gave the lowest training loss on another seed."""
    grid = [Run(arm, eta, TUNING, longer) for arm in ARMS for eta in RATES]
    losses = np.reshape([tried.loss for tried in sweep(outcome, grid)], (len(ARMS), len(RATES)))
    eta = {arm: RATES[int(row.argmin())] for arm, row in zip(ARMS, losses, strict=True)}
    found = sweep(outcome, [Run(arm, eta[arm], seed, longer) for arm in ARMS for seed in seeds])
    by_arm = {arm: found[k * len(seeds) : (k + 1) * len(seeds)] for k, arm in enumerate(ARMS)}
    first, digit = by_arm["CNN"][0], digits().x_test[0].reshape(SIDE, SIDE)
    maps, _ = relu(conv2d(digit[None, None], first.filters[:, None], first.b, padding=1)[0])
    return Measurement(
        accuracy={arm: np.array([each.accuracy for each in by_arm[arm]]) for arm in ARMS},
        eta=eta,
        size={arm: image_net("MLP" if arm == "MLP" else "CNN", SIDE).size for arm in ARMS},
        digit=digit,
        filters=first.filters,
        maps=maps[0],
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "mlp": same(m.end("MLP").shown()),
        "cnn": same(m.end("CNN").shown()),
        "cnn_mlp": same(m.beyond("CNN", "MLP").shown(sign=True)),
        "shuffled_cnn": same(m.beyond("CNN, shuffled", "CNN").shown(sign=True)),
        "shuffled_mlp": same(m.beyond("CNN, shuffled", "MLP").shown(sign=True)),
        "size_mlp": same(f"{m.size['MLP']:,}"),
        "size_cnn": same(f"{m.size['CNN']:,}"),
        "rates": same(", ".join(f"{eta:g}" for eta in RATES)),
        "steps": same(str(STEPS)),
        "batch": same(str(BATCH)),
        "examples": same(f"{EXAMPLES:,}"),
        "seeds": same(str(len(m.accuracy["CNN"]))),
    }


LABELS: dict[Arm, Text] = {
    "MLP": same("MLP"),
    "CNN": same("CNN"),
    "CNN, shuffled": Text("CNN,\n화소를 섞음", "CNN,\npixels shuffled"),
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 3.7))
    above, below = made.subfigures(2, 1, height_ratios=(1.9, 1), squeeze=False).ravel()
    axes = above.subplots()
    for k, arm in enumerate(ARMS):
        line = style.SERIES[(2, 0, 1)[k]]
        right = np.sort(m.accuracy[arm])
        spread = 0.3 * (np.arange(len(right)) % 5 - 2) / 2
        axes.plot(right, k + spread, line["marker"], color=line["color"], alpha=0.55, markersize=3.5, linestyle="none")
        axes.plot([right.mean()] * 2, [k - 0.4, k + 0.4], color=style.INK, linewidth=2)
    axes.set_yticks(range(len(ARMS)), [LABELS[arm][lang] for arm in ARMS])
    axes.set_ylim(len(ARMS) - 0.45, -0.55)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    panel = below.subplots()
    shown = np.concatenate([m.digit[None] / m.digit.max(), m.maps / m.maps.max()])
    middles = strip(panel, 1 - shown, 0, 1, gaps=3)
    for middle, W in zip(middles[1:], m.filters, strict=True):  # each above what it makes of the input
        squares(panel, W, float(np.abs(m.filters).max()), middle - SIDE / 2, -SIDE - 2, SIDE / WINDOW)
    panel.set_ylim(SIDE, -SIDE - 3)
    for label, y in ((Text("필터", "filters"), -SIDE / 2 - 2), (Text("입력", "input"), -0.5)):
        panel.annotate(label[lang], (middles[0], y), ha="center", va="bottom")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, beyond, lost = len(m.accuracy["CNN"]), m.beyond("CNN", "MLP"), m.beyond("CNN, shuffled", "CNN")
    told = {arm: m.end(arm).shown() for arm in ARMS}
    sizes = f"{m.size['MLP']:,}", f"{m.size['CNN']:,}"
    return {
        "ko": Words(
            f"크기가 같을 때 CNN − MLP는 {beyond.number(sign=True)} %p, 화소를 섞으면 CNN은 {lost.number(sign=True)} %p 달라집니다",
            f"위: 손글씨 숫자의 시험 정확도. 점은 시드 하나({n}개), 굵은 선은 평균. 매개변수는 MLP {sizes[0]}개, CNN {sizes[1]}개. "
            f"아래: 학습된 첫 합성곱의 필터와, 입력 하나에서 그 필터가 만든 그림(ReLU 뒤). 필터에서 네모의 넓이는 값의 크기, 속이 찬 것은 양수, 빈 것은 음수이고, 그림은 값이 클수록 검습니다.",
            f"시험 정확도(%): MLP {told['MLP']}, CNN {told['CNN']}, 화소를 섞은 CNN {told['CNN, shuffled']}. 아래에는 3×3 필터 {FEW}개와, 입력의 획을 저마다 다르게 남긴 8×8 그림 {FEW}개가 있습니다.",
        ),
        "en": Words(
            f"At equal size, CNN − MLP is {beyond.number(sign=True)} points; shuffling the pixels changes the CNN by {lost.number(sign=True)}",
            f"Above: test accuracy on digits. Dots are single seeds ({n}), thick lines their mean. The MLP has {sizes[0]} parameters, the CNN {sizes[1]}. "
            f"Below: the filters of the first convolution after training, and what they make of one input (behind ReLU). In a filter, a square's area says how large a number is; filled is positive, hollow negative. Pictures are the darker, the larger the number.",
            f"Test accuracy (%): MLP {told['MLP']}, CNN {told['CNN']}, CNN with shuffled pixels {told['CNN, shuffled']}. Below, {FEW} filters of 3×3 and {FEW} pictures of 8×8, each of which keeps other strokes of the input.",
        ),
    }[lang]  # fmt: skip


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1040), "longer": 5},
    sweeps=True,
)
