"""MNIST-1D: 40 numbers in a row, read by five networks, beside what its authors published (goes with claim 4.17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import accuracy, adam, fit
from gradbook import style
from gradbook.ch4_big_picture.mnist1d_nets import (
    CHANNELS,
    GRU_PARAMETERS,
    HIDDEN,
    LENGTH,
    MODELS,
    UNITS,
    Arm,
    Model,
    network,
    shaped,
)
from gradbook.data import data
from gradbook.experiment import Claim, Drawing, Experiment, Kept, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

ETA, BATCH, STEPS = 0.01, 100, 160  # ETA and BATCH as published, STEPS what a build can afford
EVERY = 40  # an epoch: 4,000 examples in batches of BATCH
FULL_STEPS = 6000  # as published
SHOWN = 5  # digits drawn

# Greydanus and Kobak, 2024, in percent: the row of the table, and the row with the 40 places shuffled.
PUBLISHED = {"logistic": 32, "MLP": 68, "CNN": 94, "GRU": 91}
PUBLISHED_SHUFFLED = {"CNN": 56, "GRU": 57}

BUILD_ARMS = (*(Arm(model) for model in MODELS), Arm("CNN", shuffled=True))
FULL_ARMS = (*BUILD_ARMS, Arm("LSTM", shuffled=True))


@dataclass(frozen=True)
class Run:
    arm: Arm
    steps: int
    seed: int


def curves(run: Run) -> NDArray[np.float64]:
    """Accuracy in percent after every epoch: on the test set, and on the training set at the end (the last number)."""
    published, rng = data("MNIST-1D"), np.random.default_rng(run.seed)
    order = np.arange(LENGTH)
    if run.arm.shuffled:
        order = np.random.default_rng([run.seed, 1]).permutation(LENGTH)
    x, x_test = (shaped(run.arm.model, part[:, order]) for part in (published.x, published.x_test))
    net = network(run.arm.model)

    def test_accuracy(theta: NDArray[np.floating]) -> dict[str, float]:
        return {"test": 100 * accuracy(net(theta, x_test)[0], published.labels_test)}

    found = fit(
        net, net.init(rng), x, published.labels,
        rng=rng, optimizer=partial(adam, eta=ETA), steps=run.steps, batch_size=BATCH, evaluate=test_accuracy,
    )  # fmt: skip
    train = 100 * accuracy(net(found.theta, x)[0], published.labels)
    return np.append(found.history["test"], train)


@dataclass(frozen=True)
class Measurement:
    steps: NDArray[np.int64]
    test: dict[Arm, NDArray[np.float64]]  # in percent, (seeds, times)
    train: dict[Arm, NDArray[np.float64]]  # at the end, (seeds,)
    size: dict[Model, int]  # parameters
    examples: NDArray[np.float64]  # two of each of the digits 0 … SHOWN − 1, (SHOWN, 2, LENGTH)

    def end(self, arm: Arm) -> Estimate:
        return mean_interval(self.test[arm][:, -1])

    def beyond(self, a: Arm, b: Arm) -> Estimate:
        """How many points more a gets right than b at the end, paired by seed."""
        return mean_interval(self.test[a][:, -1] - self.test[b][:, -1])


def measure(seeds: Sequence[int] = range(5), steps: int = STEPS, arms: Sequence[Arm] = BUILD_ARMS) -> Measurement:
    """The published set and protocol, but for the number of steps; seeds draw weights, batches and shuffled orders."""
    runs = [Run(arm, steps, seed) for arm in arms for seed in seeds]
    found = np.reshape(sweep(curves, runs), (len(arms), len(seeds), -1))
    published = data("MNIST-1D")
    picked = [np.flatnonzero(published.labels == digit)[:2] for digit in range(SHOWN)]
    return Measurement(
        steps=np.arange(EVERY, steps + 1, EVERY),
        test={arm: found[i, :, :-1] for i, arm in enumerate(arms)},
        train={arm: found[i, :, -1] for i, arm in enumerate(arms)},
        size={model: network(model).size for model in MODELS},
        examples=published.x[np.array(picked)].astype(np.float64),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def ends(m: Measurement) -> dict[str, Text]:
    """What both protocols tell, each of its own steps."""
    found = {arm.key: same(m.end(arm).shown()) for arm in m.test}
    return found | {
        "cnn_lstm": same(m.beyond(Arm("CNN"), Arm("LSTM")).shown(sign=True)),
        "steps": same(f"{m.steps[-1]:,}"),
        "seeds": same(str(len(next(iter(m.test.values()))))),
    }


def numbers(m: Measurement) -> dict[str, Text]:
    found = ends(m) | {f"size_{model.lower()}": same(f"{size:,}") for model, size in m.size.items()}
    found |= {f"published_{name.lower()}": same(str(percent)) for name, percent in PUBLISHED.items()}
    found |= {f"published_{name.lower()}_shuffled": same(str(percent)) for name, percent in PUBLISHED_SHUFFLED.items()}
    return found | {
        "size_gru": same(f"{GRU_PARAMETERS:,}"),
        "eta": same(f"{ETA:g}"),
        "batch": same(str(BATCH)),
        "length": same(str(LENGTH)),
        "units": same(str(UNITS)),
    }


def full_numbers(m: Measurement) -> dict[str, Text]:
    """What a page may show of the published protocol: ours, and ours minus what was published, in points."""
    found = ends(m)
    for arm in m.test:
        published = PUBLISHED_SHUFFLED if arm.shuffled else PUBLISHED
        name = "GRU" if arm.model in ("RNN", "LSTM") else arm.model
        found[f"{arm.key}_minus"] = same(mean_interval(m.test[arm][:, -1] - published[name]).number(sign=True))
        found[f"{arm.key}_train"] = same(mean_interval(m.train[arm]).number())
    found["lstm_mlp"] = same(m.beyond(Arm("LSTM"), Arm("MLP")).shown(sign=True))
    found["cnn_mlp_shuffled"] = same(m.beyond(Arm("CNN", shuffled=True), Arm("MLP")).shown(sign=True))
    return found


LINES: dict[Arm, dict[str, Any]] = {
    Arm("CNN"): style.SERIES[0],
    Arm("LSTM"): style.SERIES[1],
    Arm("RNN"): style.SERIES[3],
    Arm("MLP"): style.SERIES[2],
    Arm("logistic"): {"color": style.MUTED, "marker": "x", "linestyle": "-"},
    Arm("CNN", shuffled=True): style.SERIES[0] | {"linestyle": "--", "markerfacecolor": "none"},
}


def label(arm: Arm, lang: Lang) -> str:
    if arm.shuffled:
        return f"{arm.model}, {Text('자리를 섞음', 'shuffled')[lang]}"
    return Text("로지스틱 회귀", "logistic regression")[lang] if arm.model == "logistic" else arm.model


def draw(m: Measurement, lang: Lang) -> Figure:
    made = style.figure(4.6, nrows=2, height_ratios=(1, 4.2))[0]
    above, axes = made.axes
    for digit, pair in enumerate(m.examples):
        for k, x in enumerate(pair):
            places = digit * (LENGTH + 8) + np.arange(LENGTH)
            above.plot(places, x, color=(style.INK, style.ORANGE)[k], linestyle=("-", "--")[k], linewidth=1.1)
        above.annotate(str(digit), (digit * (LENGTH + 8) + LENGTH / 2, 4.2), ha="center")
    above.set_ylim(-4, 6)
    above.set_axis_off()
    for arm, line in LINES.items():
        found = m.test[arm]
        style.band(axes, m.steps, found.min(axis=0), found.max(axis=0), line["color"])
        axes.plot(m.steps, found.mean(axis=0), label=label(arm, lang), **line)
    right = 1.07 * m.steps[-1]
    for name, percent in PUBLISHED.items():
        axes.annotate(f"{Text('로지스틱', 'logistic')[lang] if name == 'logistic' else name} {percent}", (right, percent),
                      xytext=(6, {"CNN": 4, "GRU": -5}.get(name, 0)), textcoords="offset points", va="center",
                      annotation_clip=False)  # fmt: skip
        axes.plot([right], [percent], marker="<", color=style.INK, clip_on=False)
    axes.annotate(Text("논문", "published")[lang], (right, 103), xytext=(6, 0), textcoords="offset points",
                  annotation_clip=False, color=style.MUTED)  # fmt: skip
    axes.set_xlim(0, right)
    axes.set_ylim(0, 102)
    axes.set_xticks(m.steps)
    axes.set_xlabel(Text("걸음", "steps")[lang])
    axes.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    made.legend(loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    best = max((arm for arm in m.test if not arm.shuffled), key=lambda arm: m.end(arm).value)
    last, n = m.steps[-1], len(m.test[best])
    told = "; ".join(f"{label(arm, lang)} {m.end(arm).number()}" for arm in LINES)
    shuffled = Arm("CNN", shuffled=True)
    return {
        "ko": Words(
            f"{last}걸음 뒤에는 {best.model}이 {m.end(best).number()} %로 앞섭니다. 자리를 섞으면 CNN은 {m.end(shuffled).number()} %입니다",
            f"위: 숫자 0에서 {SHOWN - 1}까지, 본보기 둘씩(검은 선과 주황 선). 아래: 선은 시드 {n}개의 평균, 띠는 가장 낮은 시드부터 가장 높은 시드까지입니다. "
            f"Adam, η = {ETA:g}, 배치 {BATCH}. 오른쪽 화살표는 {FULL_STEPS:,}걸음을 학습시킨 논문의 값(%)입니다.",
            f"{last}걸음 뒤의 시험 정확도(%). {told}.",
        ),
        "en": Words(
            f"After {last} steps the {best.model} leads with {m.end(best).number()}%; with the places shuffled the CNN has {m.end(shuffled).number()}%",
            f"Above: the digits 0 to {SHOWN - 1}, two examples each (black and orange). Below: lines are means of {n} seeds, bands go from the lowest seed to the highest. "
            f"Adam, η = {ETA:g}, batches of {BATCH}. Arrows at the right: what was published (%), after {FULL_STEPS:,} steps.",
            f"Test accuracy (%) after {last} steps. {told}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1010), "steps": FULL_STEPS, "arms": FULL_ARMS},
    kept=Kept(
        numbers=full_numbers,
        settings={
            "eta": ETA, "batch": BATCH, "units": UNITS, "hidden": HIDDEN, "channels": CHANNELS,
            "published": PUBLISHED, "published_shuffled": PUBLISHED_SHUFFLED,
        },
    ),
    sweeps=True,
)  # fmt: skip
