"""Digits moved by a pixel or two: trained in the middle, or everywhere; MLP and CNN of equal size (goes with claim 4.17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import accuracy, adam, fit
from gradbook import style
from gradbook.ch4_big_picture.image_nets import Kind, image_net
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

SIDE, MARGIN = 12, 2  # 8×8 pixels with two empty ones around
SHIFTS = (0, 1, 2)
EXAMPLES, STEPS, BATCH = 1297, 200, 50
RATES = (0.01, 0.03, 0.1)  # Adam's
TUNING = 9001  # the seed that chooses the rate, and is used for nothing else


@dataclass(frozen=True)
class Arm:
    kind: Kind
    everywhere: bool = False  # whether the digits to learn from are moved, too

    @property
    def key(self) -> str:
        return {"MLP": "mlp", "CNN": "cnn", "CNN, averaged": "averaged"}[self.kind] + "_all" * self.everywhere


ARMS = (Arm("MLP"), Arm("CNN"), Arm("CNN, averaged"), Arm("MLP", everywhere=True), Arm("CNN", everywhere=True))


def moved(x: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """Digits (n, 64) in the middle of an empty picture, then moved: (n, 1, SIDE, SIDE). At most MARGIN, or they leave it."""
    if max(abs(down), abs(right)) > MARGIN:
        raise ValueError(f"down is {down} and right is {right}, but the margin is {MARGIN}")
    pictures = np.zeros((len(x), 1, SIDE, SIDE), x.dtype)
    top, left = MARGIN + down, MARGIN + right
    pictures[:, 0, top : top + 8, left : left + 8] = x.reshape(-1, 8, 8)
    return pictures


def scattered(x: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Each digit moved its own way, all 25 places being equally likely."""
    pictures = np.zeros((len(x), 1, SIDE, SIDE), x.dtype)
    for k, (down, right) in enumerate(rng.integers(-MARGIN, MARGIN + 1, (len(x), 2))):
        pictures[k] = moved(x[k : k + 1], int(down), int(right))[0]
    return pictures


def directions(shift: int) -> list[tuple[int, int]]:
    """Up, down, left and right by so much."""
    return [(0, 0)] if shift == 0 else [(shift, 0), (-shift, 0), (0, shift), (0, -shift)]


@dataclass(frozen=True)
class Run:
    arm: Arm
    eta: float
    seed: int
    longer: int = 1


def outcome(run: Run) -> NDArray[np.float64]:
    """Accuracy in percent on test digits at each of SHIFTS, mean over the directions; then the loss of the last steps."""
    rng = np.random.default_rng(run.seed)
    chosen = digits().drawn(EXAMPLES, rng)
    x = scattered(chosen.x, np.random.default_rng([run.seed, 1])) if run.arm.everywhere else moved(chosen.x, 0, 0)
    net = image_net(run.arm.kind, SIDE)
    found = fit(
        net, net.init(rng), x, chosen.labels,
        rng=rng, optimizer=partial(adam, eta=run.eta), steps=STEPS * run.longer, batch_size=BATCH,
    )  # fmt: skip
    right = [
        np.mean([
            accuracy(net(found.theta, moved(chosen.x_test, *way))[0], chosen.labels_test) for way in directions(shift)
        ])
        for shift in SHIFTS
    ]  # fmt: skip
    return np.array([*(100 * np.array(right)), found.history["loss"][-50:].mean()])


@dataclass(frozen=True)
class Measurement:
    accuracy: dict[Arm, NDArray[np.float64]]  # in percent, (shifts, seeds)
    eta: dict[Arm, float]
    size: dict[Kind, int]

    def at(self, arm: Arm, shift: int) -> Estimate:
        return mean_interval(self.accuracy[arm][SHIFTS.index(shift)])

    def beyond(self, a: Arm, b: Arm, shift: int) -> Estimate:
        """How many points more a gets right than b at this shift, paired by seed."""
        k = SHIFTS.index(shift)
        return mean_interval(self.accuracy[a][k] - self.accuracy[b][k])


def measure(seeds: Sequence[int] = range(5), longer: int = 1) -> Measurement:
    """Each arm with the rate of the grid that gave the lowest training loss on another seed."""
    grid = [Run(arm, eta, TUNING, longer) for arm in ARMS for eta in RATES]
    losses = np.array(sweep(outcome, grid))[:, -1].reshape(len(ARMS), len(RATES))
    eta = {arm: RATES[int(row.argmin())] for arm, row in zip(ARMS, losses, strict=True)}
    found = np.reshape(sweep(outcome, [Run(arm, eta[arm], seed, longer) for arm in ARMS for seed in seeds]),
                       (len(ARMS), len(seeds), -1))  # fmt: skip
    kinds: tuple[Kind, ...] = ("MLP", "CNN", "CNN, averaged")
    return Measurement(
        accuracy={arm: found[k, :, :-1].T for k, arm in enumerate(ARMS)},
        eta=eta,
        size={kind: image_net(kind, SIDE).size for kind in kinds},
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"{arm.key}_2": same(m.at(arm, 2).shown()) for arm in ARMS}
    averaged = Arm("CNN, averaged")
    found |= {f"averaged_{shift}": same(m.at(averaged, shift).shown()) for shift in (0, 1)}
    return found | {
        "cnn_mlp_2": same(m.beyond(Arm("CNN"), Arm("MLP"), 2).shown(sign=True)),
        "size_averaged": same(f"{m.size['CNN, averaged']:,}"),
        "side": same(f"{SIDE}×{SIDE}"),
    }


LINES: dict[Arm, dict[str, Any]] = {
    Arm("CNN, averaged"): style.SERIES[3] | {"linestyle": "--"},
    Arm("CNN"): style.SERIES[0],
    Arm("MLP"): style.SERIES[2],
    Arm("CNN", everywhere=True): style.SERIES[0] | {"linestyle": ":", "markerfacecolor": "none"},
    Arm("MLP", everywhere=True): style.SERIES[2] | {"linestyle": ":", "markerfacecolor": "none"},
}
KINDS: dict[Kind, Text] = {
    "MLP": same("MLP"),
    "CNN": same("CNN"),
    "CNN, averaged": Text("CNN, 자리 평균", "CNN, averaged"),
}


def label(arm: Arm, lang: Lang) -> str:
    return KINDS[arm.kind][lang] + (Text(" (옮기며 학습)", " (trained on shifts)")[lang] if arm.everywhere else "")


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.9)
    for k, (arm, line) in enumerate(LINES.items()):
        places = np.array(SHIFTS) + 0.03 * (k - 2)
        values = m.accuracy[arm]
        axes.plot(np.repeat(places, values.shape[1]), values.ravel(), ".", color=line["color"], alpha=0.3, markersize=3)
        axes.plot(places, values.mean(axis=1), label=label(arm, lang), **line)
    axes.set_xticks(SHIFTS)
    axes.set_ylim(0, 102)
    axes.set_xlabel(Text("시험 숫자를 옮긴 화소 수", "test digits moved by (pixels)")[lang])
    axes.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    mlp, cnn, everywhere = (m.at(arm, 2).number() for arm in (Arm("MLP"), Arm("CNN"), Arm("MLP", everywhere=True)))
    n = m.accuracy[ARMS[0]].shape[1]
    sizes = [f"{size:,}" for size in m.size.values()]
    told = "; ".join(f"{label(arm, lang)} {', '.join(m.at(arm, shift).number() for shift in SHIFTS)}" for arm in LINES)
    return {
        "ko": Words(
            f"2화소를 옮기면 가운데에서만 배운 MLP는 {mlp} %, CNN은 {cnn} %, 옮기며 배운 MLP는 {everywhere} %를 맞힙니다",
            f"{SIDE}×{SIDE} 그림 가운데의 손글씨 숫자로 배우고, 위·아래·왼쪽·오른쪽으로 옮긴 숫자로 시험합니다. 점선은 옮긴 숫자로 배운 것입니다. "
            f"매개변수: MLP {sizes[0]}개, CNN {sizes[1]}개, 자리 평균을 쓰는 CNN {sizes[2]}개. 점은 시드 하나({n}개), 선은 평균.",
            f"0, 1, 2화소 옮겼을 때의 평균 시험 정확도(%). {told}.",
        ),
        "en": Words(
            f"Moved by 2 pixels: an MLP trained in the middle gets {mlp}%, a CNN {cnn}%, an MLP trained on moved digits {everywhere}%",
            f"Trained on digits in the middle of {SIDE}×{SIDE} pixels, tested on digits moved up, down, left and right. Dotted: trained on moved digits. "
            f"Parameters: MLP {sizes[0]}, CNN {sizes[1]}, CNN with averaged maps {sizes[2]}. Dots are single seeds ({n}), lines their mean.",
            f"Mean test accuracy (%) at shifts of 0, 1, 2 pixels. {told}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020), "longer": 5},
    sweeps=True,
)
