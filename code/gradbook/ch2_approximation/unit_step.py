"""Why an activation must be non-linear, and why not a step: nudges of a weight that change the loss at all (claim 2.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, accuracy, fit, sgd, sigmoid, softmax_cross_entropy, step, xavier_normal
from gradbook import style
from gradbook.ch2_approximation.linear_stack import DEPTHS, error
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, order, power_of_ten_above
from gradbook.text import Lang, Text, same

OPERATIONS = {"step": step, "sigmoid": sigmoid}
SIZES, IMAGES, NUDGES = (64, 32, 32, 10), 50, 40
NUDGE = np.array([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0])
STEPS, BATCH = 400, 50
RATES = (0.1, 0.5, 2.0)


@dataclass(frozen=True)
class Measurement:
    share: dict[str, NDArray[np.float64]]  # percent of nudges that change the loss, (seeds, sizes of nudge)
    largest_gradient: dict[str, float]  # largest |∂C/∂w| of all weights before the last layer, over seeds
    moved: dict[str, int]  # how many of these weights differ after training, to the last bit, over seeds
    weights: int  # how many they are
    accuracy: dict[str, NDArray[np.float64]]  # on test digits after training, in percent, (seeds,)
    linear_error: float  # the largest relative difference between a stack of linear layers and one matrix

    def at(self, name: str, nudge: float) -> Estimate:
        return mean_interval(self.share[name][:, int(np.argmin(np.abs(NUDGE - nudge)))])


def network(name: str) -> Network:
    f = OPERATIONS[name]
    *hidden, last = (Dense(n, m, xavier_normal) for n, m in pairwise(SIZES))
    return Network([*(layer for dense in hidden for layer in (dense, Activation(f))), last])


def nudged(name: str, seed: int) -> tuple[NDArray[np.float64], float]:
    """(percent of nudges of a random early weight that change the loss, for each size; the largest early gradient)."""
    rng = np.random.default_rng(seed)
    net, early = network(name), SIZES[0] * SIZES[1] + SIZES[1]  # the first layer's parameters come first in θ
    theta = net.init(rng, dtype=np.float64)
    rows = rng.permutation(len(digits().x))[:IMAGES]
    x, labels = digits().x[rows].astype(np.float64), digits().labels[rows]
    used = np.flatnonzero(x.max(axis=0) > 0)  # a pixel that is 0 in every image has no say, whatever the activation
    scores, back = net(theta, x)
    before, back_loss = softmax_cross_entropy(scores, labels)
    gradient = back(back_loss())
    share = np.empty(len(NUDGE))
    for k, size in enumerate(NUDGE):
        changed = 0
        for _ in range(NUDGES):
            place = rng.choice(used) * SIZES[1] + rng.integers(SIZES[1])
            moved = theta.copy()
            moved[place] += size * rng.choice([-1, 1])
            changed += softmax_cross_entropy(net(moved, x)[0], labels)[0] != before
        share[k] = 100 * changed / NUDGES
    last = net.size - (SIZES[-2] * SIZES[-1] + SIZES[-1])
    assert early < last
    return share, float(np.abs(gradient[:last]).max())


def learned(name: str, eta: float, seed: int) -> tuple[float, int, int, float]:
    """(accuracy on test digits, early weights that moved, how many there are, last training loss) after SGD."""
    rng = np.random.default_rng(seed)
    chosen, net = digits().drawn(1297, rng), network(name)
    theta = net.init(rng)
    found = fit(net, theta, chosen.x, chosen.labels, optimizer=partial(sgd, eta=eta), steps=STEPS, batch_size=BATCH,
                rng=rng)  # fmt: skip
    early = net.weights()
    early[net.size - (SIZES[-2] * SIZES[-1] + SIZES[-1]) :] = False
    moved = int(np.count_nonzero(found.theta[early] != theta[early]))
    scores, _ = net(found.theta, chosen.x_test)
    loss = float(found.history["loss"][-50:].mean())
    return 100 * accuracy(scores, chosen.labels_test), moved, int(early.sum()), loss


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """64-32-32-10 on digits. Each activation trains at the rate with the lowest training loss on one other seed."""
    share, gradient, moved, accuracies, weights = {}, {}, {}, {}, 0
    for name in OPERATIONS:
        rows = [nudged(name, seed) for seed in seeds]
        share[name] = np.array([row[0] for row in rows])
        gradient[name] = max(row[1] for row in rows)
        eta = min(RATES, key=lambda rate: learned(name, rate, 9001)[3])
        runs = [learned(name, eta, seed) for seed in seeds]
        accuracies[name] = np.array([run[0] for run in runs])
        moved[name] = sum(run[1] for run in runs)
        weights = sum(run[2] for run in runs)
    worst = max(error(depth, seed) for depth in DEPTHS for seed in seeds)
    return Measurement(share, gradient, moved, weights, accuracies, worst)


def judge(m: Measurement) -> list[Claim]:
    one_matrix = m.linear_error < 1e-11
    no_way_back = m.largest_gradient["step"] == 0 and m.moved["step"] == 0 and m.share["step"][:, 0].mean() < 1
    alive = m.largest_gradient["sigmoid"] > 0 and m.share["sigmoid"][:, 0].mean() > 90
    share = m.at("step", 1e-3)
    return [
        Claim(
            id="2.10",
            text=Text(
                "활성화 함수는 비선형이어야 하고, 계단 함수는 미분을 쓸 수 없다",
                "The activation must be non-linear, and the unit step cannot be differentiated usefully",
            ),
            verdict="holds" if one_matrix and no_way_back and alive else "does-not-hold",
            finding=Text(
                f"선형 층을 쌓은 것과 행렬 하나의 차이는 상대 오차 {order(power_of_ten_above(m.linear_error))} 아래입니다. 계단 함수에서는 앞쪽 가중치를 0.001만큼 밀었을 때 {share.number()} %만 손실을 바꾸고, 학습 뒤에 움직인 앞쪽 가중치는 {m.weights:,}개 가운데 {m.moved['step']}개입니다.",
                f"A stack of linear layers and one matrix differ by a relative error below {order(power_of_ten_above(m.linear_error))}. With steps, only {share.number()}% of nudges by 0.001 change the loss, and training moves {m.moved['step']} of {m.weights:,} early weights.",
            ),
            estimate=share,
            unit=Text("%, 손실을 바꾼 밀기 (계단 함수, 0.001)", "% of nudges change the loss (step, 0.001)"),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "share": same(m.at("step", 1e-3).shown()),
        "share_tiny": same(f"{m.share['step'][:, 0].mean():.2g}"),
        "share_sigmoid": same(f"{m.share['sigmoid'][:, 0].mean():.1f}"),
        "moved": same(str(m.moved["step"])),
        "moved_sigmoid": same(f"{100 * m.moved['sigmoid'] / m.weights:.0f}"),
        "weights": same(f"{m.weights:,}"),
        "accuracy_step": same(mean_interval(m.accuracy["step"]).shown()),
        "accuracy_sigmoid": same(mean_interval(m.accuracy["sigmoid"]).shown()),
        "steps": same(str(STEPS)),
        "grid": same(", ".join(f"{rate:g}" for rate in RATES)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.0)
    names = {"sigmoid": Text("시그모이드", "sigmoid"), "step": Text("계단 함수", "step")}
    lines = {"sigmoid": style.SERIES[0], "step": style.SERIES[3]}
    for name, line in lines.items():
        found = [mean_interval(column) for column in m.share[name].T]
        axes.plot(NUDGE, [e.value for e in found], label=names[name][lang], **line)
        style.band(axes, NUDGE, [e.low for e in found], [e.high for e in found], str(line["color"]))
    steps = m.share["step"].mean(axis=0)
    k = 3
    axes.plot(NUDGE, np.minimum(steps[k] * NUDGE / NUDGE[k], 100), color=style.INK, linestyle=":", linewidth=1.2,
              label=Text("밀기에 비례", "in proportion to the nudge")[lang])  # fmt: skip
    style.log(axes.xaxis, NUDGE.tolist())
    axes.set_ylim(-3, 108)
    axes.set_xlabel(Text("가중치 하나를 민 크기", "size of the nudge to one weight")[lang])
    axes.set_ylabel(Text("손실이 조금이라도 바뀐 비율 (%)", "nudges that change the loss at all (%)")[lang])
    axes.legend(loc="center left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.share["step"])
    shares = ", ".join(f"{x:.2g}" for x in m.share["step"].mean(axis=0))
    tiny = f"{m.share['step'][:, 0].mean():.2g}"
    sizes = "-".join(map(str, SIZES))
    return {
        "ko": Words(
            f"계단 함수에서는 조금 밀수록 손실이 바뀌는 일이 드뭅니다 (10⁻⁶만큼 밀면 {tiny} %)",
            f"{sizes} 신경망, 학습 전, 손글씨 숫자 {IMAGES}장의 손실. 첫 층의 가중치 하나를 무작위로 골라 밀었습니다. 크기마다 {NUDGES}번씩, 시드 {n}개. 띠는 평균의 95 % 구간.",
            f"가로축은 10⁻⁶에서 1까지의 밀기. 시그모이드는 거의 100 %. 계단 함수는 차례로 {shares} %.",
        ),
        "en": Words(
            f"With a step, the smaller the nudge, the rarer a change of the loss ({tiny}% at 10⁻⁶)",
            f"Nets {sizes} before training, loss over {IMAGES} digits. One random weight of the first layer is nudged, {NUDGES} times per size and seed, {n} seeds. Bands: 95% interval of the mean.",
            f"Nudges from 10⁻⁶ to 1. Sigmoid stays near 100%. The step's shares are {shares}%.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)
