"""ReLU networks of 5 to 30 layers with Xavier's and with He's weights, SGD and Adam, across rates (claim 5.19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from deepgrad import adam, sgd
from deepgrad.memory import keep_freed_memory
from gradbook import style
from gradbook.ch4_big_picture.deep_relu import deep_relu
from gradbook.ch4_big_picture.many_nets import train
from gradbook.ch5_activations.learned_depth import CHOICE, right
from gradbook.ch5_activations.wide_stack import draws, short, walk
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

DEPTHS: Final = (5, 10, 20, 30)
SCALES: Final = {"Xavier": 0.5**0.5, "He": 1.0}  # times He's standard deviation
OPTIMIZERS: Final[dict[str, Any]] = {"SGD": sgd, "Adam": adam}
ETAS: Final = {"SGD": (0.005, 0.02, 0.08, 0.32), "Adam": (0.00025, 0.001, 0.004, 0.016)}
WIDTH, STEPS, BATCH = 32, 200, 16
WIDE, SAMPLES, WALKS = 200, 20, 20  # before training: width, inputs, seeds
type Setting = tuple[str, str, int]  # optimizer, weights, depth


@dataclass(frozen=True)
class Measurement:
    test: dict[Setting, NDArray[np.float64]]  # accuracy in percent, (rates, seeds)
    train: dict[Setting, NDArray[np.float64]]
    forward: NDArray[
        np.float64
    ]  # Xavier's, before training: root mean square of layer 30 over that of the inputs, (walks,)
    back: NDArray[np.float64]  # gradient at layer 1 over that at layer 30, (walks,)

    def best(self, optimizer: str, init: str, depth: int) -> NDArray[np.float64]:
        """Test accuracy at the rate with the best training accuracy, (seeds,)."""
        at = optimizer, init, depth
        return np.asarray(self.test[at][self.train[at].mean(axis=1).argmax()])

    def accuracy(self, optimizer: str, init: str, depth: int) -> Estimate:
        return mean_interval(self.best(optimizer, init, depth))

    def gain(self, optimizer: str, depth: int) -> Estimate:
        """He − Xavier, paired by seed, each at its best rate."""
        return mean_interval(self.best(optimizer, "He", depth) - self.best(optimizer, "Xavier", depth))


def trained(setting: tuple[str, str, int, tuple[int, ...]]) -> NDArray[np.float64]:
    """(test and part of training, rates, seeds)."""
    optimizer, init, depth, seeds = setting
    keep_freed_memory()
    net, data = deep_relu(SCALES[init], depth, WIDTH), digits()
    start = [net.init(np.random.default_rng(seed)) for seed in seeds]
    theta = train(net, start, [data.x] * len(seeds), [data.labels] * len(seeds), ETAS[optimizer],
                  optimizer=OPTIMIZERS[optimizer], steps=STEPS, batch=BATCH, seeds=seeds)  # fmt: skip
    return np.array([
        right(net, theta, data.x_test, data.labels_test), right(net, theta, data.x[:CHOICE], data.labels[:CHOICE]),
    ])  # fmt: skip


def signal(seed: int) -> tuple[float, float]:
    """What Xavier's weights leave of the inputs in the deepest layer, and of the gradient in the first one."""
    of = draws(seed, DEPTHS[-1], WIDE, SAMPLES)
    hs, dhs = walk("ReLU", 1.0, of)
    rms = [float((part.astype(np.float64) ** 2).mean() ** 0.5) for part in (hs[-1], of.x, dhs[0], dhs[-1])]
    return rms[0] / rms[1], rms[2] / rms[3]


def measure(seeds: Sequence[int] = range(5)) -> Measurement:
    """Digits, one split, float32; a seed has the same weights, but for their size, and batches everywhere."""
    settings = list(product(OPTIMIZERS, SCALES, DEPTHS))
    found = sweep(trained, [(*at, tuple(seeds)) for at in settings])
    forward, back = np.array([signal(seed) for seed in range(WALKS)]).T
    return Measurement(
        {at: accuracy[0] for at, accuracy in zip(settings, found, strict=True)},
        {at: accuracy[1] for at, accuracy in zip(settings, found, strict=True)},
        forward, back,
    )  # fmt: skip


def judge(m: Measurement) -> list[Claim]:
    """Holds if He's weights are ahead of Xavier's at every depth and with both optimizers, each at its best rate, by the
    whole interval; holds if they are in some of these; else it does not hold.
    """
    gains = {(optimizer, depth): m.gain(optimizer, depth) for optimizer in OPTIMIZERS for depth in DEPTHS}
    ahead = [gain.above(0) for gain in gains.values()]
    verdict: Verdict = "holds" if all(ahead) else "holds-if" if any(ahead) else "does-not-hold"
    deep = DEPTHS[-1]
    sgd_x, sgd_he, adam_x, adam_he = (m.accuracy(o, i, deep).number() for o in OPTIMIZERS for i in SCALES)
    return [
        Claim(
            id="5.19",
            text=Text("ReLU에서는 입력의 개수 ÷ 2로 나눈다", "For ReLU one divides by half the number of inputs"),
            verdict=verdict,
            finding=Text(
                f"He − Xavier가 구간 전체로 0보다 큰 것은 {len(ahead)}칸(깊이 {len(DEPTHS)}가지, SGD와 Adam) 가운데 {sum(ahead)}칸입니다. {deep}층의 시험 정확도는 SGD에서 Xavier {sgd_x} %, He {sgd_he} %, Adam에서 {adam_x} %, {adam_he} %입니다.",
                f"He − Xavier has its whole interval above 0 in {sum(ahead)} of {len(ahead)} cells ({len(DEPTHS)} depths, SGD and Adam). Test accuracy of {deep} layers: SGD {sgd_x}% with Xavier, {sgd_he}% with He; Adam {adam_x}% and {adam_he}%.",
            ),
            estimate=m.gain("SGD", 10),
            unit=Text("%p, He − Xavier, SGD, 10층", "percentage points, He − Xavier, SGD, 10 layers"),
            shown=same(m.gain("SGD", 10).shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        f"{optimizer.lower()}_{init.lower()}_{depth}": same(m.accuracy(optimizer, init, depth).number())
        for optimizer, init, depth in product(OPTIMIZERS, SCALES, DEPTHS)
    }
    found |= {
        f"{optimizer.lower()}_gain_{depth}": same(m.gain(optimizer, depth).shown(sign=True))
        for optimizer, depth in product(OPTIMIZERS, DEPTHS)
    }
    deep = DEPTHS[-1]
    return found | {
        "forward": same(short(float(np.exp(np.log(m.forward).mean())))),
        "back": same(short(float(np.exp(np.log(m.back).mean())))),
        "forward_expected": same(short(0.5 ** (deep / 2))),
        "back_expected": same(short(0.5 ** ((deep - 1) / 2))),
        "wide": same(str(WIDE)),
        "walks": same(str(len(m.forward))),
        "width": same(str(WIDTH)),
        "steps": same(str(STEPS)),
        "batch": same(str(BATCH)),
        "seeds": same(str(m.test["SGD", "He", deep].shape[1])),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, grid = style.figure(4.6, nrows=2, ncols=2, sharey=True)
    for row, optimizer in zip(grid, OPTIMIZERS, strict=True):
        for axes, init in zip(row, SCALES, strict=True):
            for k, depth in enumerate(DEPTHS):
                cells = m.test[optimizer, init, depth].mean(axis=1)
                chosen = m.train[optimizer, init, depth].mean(axis=1).argmax()
                for i, cell in enumerate(cells):
                    axes.add_patch(Rectangle((i, k), 1, 1, facecolor=style.BLUE, alpha=max(cell - 10, 0) / 150,
                                             linewidth=0))  # fmt: skip
                    axes.text(i + 0.5, k + 0.5, f"{cell:.0f}", ha="center", va="center")
                axes.add_patch(Rectangle((chosen + 0.06, k + 0.06), 0.88, 0.88, fill=False, edgecolor=style.INK))
            axes.set(xlim=(0, len(ETAS[optimizer])), ylim=(0, len(DEPTHS)), title=f"{optimizer}, {init}")
            axes.set_xticks(np.arange(len(ETAS[optimizer])) + 0.5, [f"{eta:g}" for eta in ETAS[optimizer]])
            axes.set_yticks(np.arange(len(DEPTHS)) + 0.5, [str(depth) for depth in DEPTHS])
            axes.tick_params(length=0)
            axes.grid(visible=False)
    for row in grid:
        row[0].set_ylabel(Text("은닉층의 수", "hidden layers")[lang])
    for axes in grid[1]:
        axes.set_xlabel(Text("학습률", "rate")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    def at(optimizer: str, init: str, depth: int) -> str:
        return m.accuracy(optimizer, init, depth).number()

    deep, n = DEPTHS[-1], m.test["SGD", "He", DEPTHS[-1]].shape[1]
    return {
        "ko": Words(
            f"{deep}층: Xavier는 SGD에서 {at('SGD', 'Xavier', deep)} %, Adam에서 {at('Adam', 'Xavier', deep)} %; He는 {at('SGD', 'He', deep)} %와 {at('Adam', 'He', deep)} %",
            f"칸의 수와 색은 시험 정확도(%, 시드 {n}개의 평균). 테두리는 학습 자료로 고른 학습률. 손글씨 숫자, ReLU, 폭 {WIDTH}, {STEPS}걸음, 배치 {BATCH}.",
            "깊이와 학습률의 지도 넷. SGD와 Xavier는 아래 두 줄 말고는 옅고, 나머지 셋은 가운데 학습률에서 더 깊은 층까지 짙습니다.",
        ),
        "en": Words(
            f"{deep} layers: with Xavier {at('SGD', 'Xavier', deep)}% by SGD and {at('Adam', 'Xavier', deep)}% by Adam; with He {at('SGD', 'He', deep)}% and {at('Adam', 'He', deep)}%",
            f"Numbers and shades: test accuracy (%, mean of {n} seeds). Framed: the rate chosen by training data. Digits, ReLU, width {WIDTH}, {STEPS} steps, batches of {BATCH}.",
            "Four maps of depth and rate. SGD with Xavier is pale except for the two lowest rows; the three others stay dark to greater depth at the middle rates.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020)},
    sweeps=True,
)
