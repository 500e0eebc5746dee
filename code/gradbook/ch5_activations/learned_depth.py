"""tanh networks of one to ten hidden layers: which sizes of the initial weights learn digits (claims 5.16 – 5.18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Layer, Network, normal, sgd, tanh
from deepgrad.memory import keep_freed_memory
from gradbook import style
from gradbook.ch4_big_picture.many_nets import forward, train
from gradbook.ch5_activations import ten_layers
from gradbook.ch5_activations.wide_stack import GAINS, LAYERS, LOOKS, NAMES, TANH, UNITS, short
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.memo import recall
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

DEPTHS: Final = (1, 2, 4, 6, LAYERS)
WIDTH, STEPS, BATCH = 32, 300, 16
CHOICE = 400  # training digits on which rates are compared
ETAS: Final = (0.03, 0.1, 0.3, 1.0, 3.0)
SHALLOW, VANISHED, GUESSING, ALIVE, LEARNED = -5.0, 1e-3, 20.0, 0.1, 80.0  # see `judge`


@dataclass(frozen=True)
class Measurement:
    test: dict[str, NDArray[np.float64]]  # accuracy in percent, (depths, rates, seeds)
    train: dict[str, NDArray[np.float64]]
    signals: ten_layers.Measurement

    def best(self, init: str, depth: int) -> NDArray[np.float64]:
        """Test accuracy at the rate with the best training accuracy, (seeds,)."""
        k = DEPTHS.index(depth)
        return np.asarray(self.test[init][k, self.train[init][k].mean(axis=1).argmax()])

    def accuracy(self, init: str, depth: int) -> Estimate:
        return mean_interval(self.best(init, depth))

    def gap(self, init: str, depth: int) -> Estimate:
        """To Xavier's weights, paired by seed."""
        return mean_interval(self.best(init, depth) - self.best("Xavier", depth))


def deep_tanh(gain: float, depth: int, width: int = WIDTH) -> Network:
    """64 inputs, hidden tanh layers, 10 outputs; W ~ N(0, gain² / fan_in), but the last layer's gain is 1."""
    layers: list[Layer] = []
    for fan_in in (64, *[width] * (depth - 1)):
        layers += [Dense(fan_in, width, normal(gain / fan_in**0.5)), Activation(tanh)]
    return Network([*layers, Dense(width, 10, normal(width**-0.5))])


def right(
    net: Network, theta: NDArray[np.floating], x: NDArray[np.float32], labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Accuracy in percent of every network of theta (seeds, rates, size): (rates, seeds). One that left the numbers says 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        scores, _ = forward(net, theta, x[None, None])
    said = np.nan_to_num(scores, nan=-np.inf).argmax(axis=-1)
    return np.asarray(100 * (said == labels).mean(axis=-1).T)


def trained(setting: tuple[str, int, tuple[int, ...]]) -> NDArray[np.float64]:
    """(test and part of training, rates, seeds)."""
    init, depth, seeds = setting
    keep_freed_memory()
    net, data = deep_tanh(GAINS[init], depth), digits()
    start = [net.init(np.random.default_rng(seed)) for seed in seeds]
    theta = train(net, start, [data.x] * len(seeds), [data.labels] * len(seeds), ETAS,
                  optimizer=sgd, steps=STEPS, batch=BATCH, seeds=seeds)  # fmt: skip
    return np.array(
        [right(net, theta, data.x_test, data.labels_test), right(net, theta, data.x[:CHOICE], data.labels[:CHOICE])]
    )


def measure(seeds: Sequence[int] = range(5), signals: Sequence[int] | None = None) -> Measurement:
    """Trained with SGD; `signals`: the seeds of `ten_layers`, None for its own."""
    settings = [(init, depth, tuple(seeds)) for init in TANH for depth in DEPTHS]
    found = np.reshape(sweep(trained, settings), (len(TANH), len(DEPTHS), 2, len(ETAS), len(seeds)))
    wide = recall(ten_layers.measure) if signals is None else recall(ten_layers.measure, seeds=signals)
    return Measurement(
        {init: found[k, :, 0] for k, init in enumerate(TANH)},
        {init: found[k, :, 1] for k, init in enumerate(TANH)},
        wide,
    )


def judge(m: Measurement) -> list[Claim]:
    """Whole intervals count.

    5.16: 0.01 is at most 5 points below Xavier with one hidden layer; and with ten its signal is below a thousandth and it
    learns less than 20 %. 5.17: with 1, over half of the last layer is at the ends; and it is below Xavier at every
    depth (some: holds if). 5.18: dividing by n, and dividing by √n, each keep the signal above 0.1 and learn above 80 % in
    ten layers (one of the two: holds if).
    """
    shallow = m.gap("0.01", 1).low is not None and m.gap("0.01", 1).above(SHALLOW)
    deep = m.signals.last("tanh", "0.01").below(VANISHED) and m.accuracy("0.01", LAYERS).below(GUESSING)
    small: Verdict = "holds" if shallow and deep else "holds-if" if shallow or deep else "does-not-hold"
    full, below = m.signals.ends("tanh", "1").above(50), [m.gap("1", depth).below(0) for depth in DEPTHS]
    large: Verdict = "does-not-hold" if not full or not any(below) else "holds" if all(below) else "holds-if"
    reads = [
        m.signals.last("tanh", init).above(ALIVE) and m.accuracy(init, LAYERS).above(LEARNED)
        for init in ("1/n", "Xavier")
    ]
    xavier: Verdict = "holds" if all(reads) else "holds-if" if any(reads) else "does-not-hold"
    std = {init: short(m.signals.last("tanh", init).value) for init in TANH}
    ten = {init: m.accuracy(init, LAYERS).number() for init in TANH}
    one, worse = m.accuracy("0.01", 1).number(), ", ".join(str(d) for d, b in zip(DEPTHS, below, strict=True) if b)
    ends, grown = f"{m.signals.ends('tanh', '1').value:.1f}", short(m.signals.first_back("tanh", "1").value)
    return [
        Claim(
            id="5.16",
            text=Text("작은 초깃값은 간단한 신경망에서는 괜찮지만 깊어지면 모든 값이 0에 가까워진다", "Small initial weights suit simple networks; in deeper ones all values approach 0"),
            verdict=small,
            finding=Text(
                f"0.01(폭 {UNITS})의 시험 정확도는 은닉층 하나에서 {one} %, {LAYERS}개에서 {ten['0.01']} %이고, 층 {LAYERS}의 표준편차는 {std['0.01']}입니다.",
                f"With 0.01 (at width {UNITS}) test accuracy is {one}% with one hidden layer and {ten['0.01']}% with {LAYERS}; the standard deviation in layer {LAYERS} is {std['0.01']}.",
            ),
            estimate=m.accuracy("0.01", LAYERS),
            unit=Text(f"%, 시험 정확도, 은닉층 {LAYERS}개", f"%, test accuracy, {LAYERS} hidden layers"),
        ),
        Claim(
            id="5.17",
            text=Text("너무 큰 초깃값도 포화를 일으키므로 좋지 않다", "Too large initial weights saturate, which is no good, either"),
            verdict=large,
            finding=Text(
                f"표준편차 1의 tanh에서는 층 {LAYERS}의 값 가운데 {ends} %가 끝에 몰리고, 은닉층 {worse}개에서 Xavier보다 덜 배웁니다. 그런데 기울기는 사라지지 않고 되돌아오며 {grown}배가 됩니다.",
                f"With standard deviation 1, {ends}% of tanh's values in layer {LAYERS} crowd at the ends, and with {worse} hidden layers it learns less than with Xavier's weights. Yet the gradient does not vanish: on its way back it grows {grown}-fold.",
            ),
            estimate=m.gap("1", LAYERS),
            unit=Text(f"%p, Xavier와의 차, 은닉층 {LAYERS}개", f"percentage points from Xavier, {LAYERS} hidden layers"),
            shown=same(m.gap("1", LAYERS).shown(sign=True)),
        ),
        Claim(
            id="5.18",
            text=Text("입력의 개수로 나눈 것이 Xavier이고, 이것이 위의 문제를 해결한다", "Xavier divides by the number of inputs, and that solves the problems above"),
            verdict=xavier,
            finding=Text(
                f"가중치를 n으로 나누면 층 {LAYERS}에 {std['1/n']}, √n으로 나누면(분산을 n으로 나누면) {std['Xavier']}이 남고, 은닉층 {LAYERS}개의 시험 정확도는 {ten['1/n']} %와 {ten['Xavier']} %입니다.",
                f"Weights over n leave {std['1/n']} in layer {LAYERS}, weights over √n (variance over n) {std['Xavier']}; test accuracy with {LAYERS} hidden layers is {ten['1/n']}% and {ten['Xavier']}%.",
            ),
            estimate=m.accuracy("Xavier", LAYERS),
            unit=Text(f"%, 시험 정확도, √n으로 나눔, 은닉층 {LAYERS}개", f"%, test accuracy, over √n, {LAYERS} hidden layers"),
        ),
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        f"{ten_layers.KEYS[init]}_{depth}": same(m.accuracy(init, depth).shown()) for init in TANH for depth in DEPTHS
    }
    return found | {
        "width": same(str(WIDTH)),
        "steps": same(str(STEPS)),
        "batch": same(str(BATCH)),
        "etas": same(", ".join(f"{eta:g}" for eta in ETAS)),
        "seeds": same(str(m.test["1"].shape[-1])),
        "width_std": same(f"{GAINS['0.01'] / WIDTH**0.5:.2g}"),
        "gain": same(f"{GAINS['0.01']:.2f}"),
        "gain_n": same(f"{GAINS['1/n']:.2g}"),
        "gain_one": same(f"{GAINS['1']:.2g}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.1)
    for init in TANH:
        best = np.array([m.best(init, depth) for depth in DEPTHS])
        style.band(axes, DEPTHS, best.min(axis=1), best.max(axis=1), LOOKS[init]["color"])
        axes.plot(DEPTHS, best.mean(axis=1), label=NAMES[init][lang], **LOOKS[init])
    axes.axhline(10, color=style.MUTED, linewidth=1, linestyle=":")
    axes.text(1, 4, Text("찍기", "guessing")[lang], color=style.MUTED, va="center")
    axes.set(ylim=(0, 102), xticks=DEPTHS)
    axes.set_xlabel(Text("은닉층의 수", "hidden layers")[lang])
    axes.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    made.legend(loc="outside lower center", ncols=4, columnspacing=1.2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    one, ten = (m.accuracy("0.01", depth).number() for depth in (1, LAYERS))
    xavier, n = m.accuracy("Xavier", LAYERS).number(), m.test["1"].shape[-1]
    etas = ", ".join(f"{eta:g}" for eta in ETAS)
    return {
        "ko": Words(
            f"0.01은 은닉층 하나에서 {one} %, {LAYERS}개에서 {ten} %. Xavier는 {LAYERS}개에서도 {xavier} %",
            f"손글씨 숫자, tanh, 폭 {WIDTH}, SGD {STEPS}걸음, 설정마다 {etas} 가운데 학습 자료를 가장 많이 맞힌 학습률. 선은 시드 {n}개의 평균, 띠는 가장 작은 값에서 가장 큰 값까지. 가중치는 n·v가 폭 {UNITS}일 때와 같도록 눈금을 맞췄습니다.",
            "은닉층 1–10개. 네 초깃값 모두 은닉층 하나에서는 배웁니다. n으로 나눈 것은 4개, 0.01은 6개, 표준편차 1은 10개에서 찍기로 떨어지고 Xavier만 남습니다.",
        ),
        "en": Words(
            f"With 0.01: {one}% with one hidden layer, {ten}% with {LAYERS}. With Xavier's weights still {xavier}% with {LAYERS}",
            f"Digits, tanh, width {WIDTH}, {STEPS} steps of SGD, each setting at the rate among {etas} that is best on the training data. Lines: means of {n} seeds; bands: smallest to largest. Weights are scaled so that n·v is what it is at width {UNITS}.",
            "1 to 10 hidden layers. With one all four initial weights learn. Weights over n fall to guessing at 4, 0.01 at 6, standard deviation 1 at 10; only Xavier remains.",
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
