"""How long can it remember? The first symbol, and a symbol that may stand anywhere (goes with claim 4.17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import accuracy, adam, first_symbol, fit
from gradbook import style
from gradbook.ch4_big_picture.memory_nets import ARMS, LINES, LSTM_UNITS, RNN_UNITS, SYMBOLS, Arm, label, memory_net
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

DELAYS, ANYWHERE = (5, 10, 20, 40), 20  # steps of noise behind the symbol; length where it may stand anywhere
EXAMPLES, STEPS, BATCH, NOISE = 1000, 100, 32, 0.2
RATES, TUNING, TUNED_AT = (0.003, 0.01, 0.03, 0.1), 9001, 20  # Adam's rates, the seed and the delay that choose one
LEARNED, CHANCE = 90.0, 50.0  # percent


@dataclass(frozen=True)
class Run:
    arm: Arm
    delay: int | None  # None: the symbol stands anywhere in ANYWHERE steps
    eta: float
    seed: int
    longer: int = 1


def symbol_anywhere(rng: np.random.Generator, n: int, length: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """As `first_symbol`, but the symbol stands at any step, all being equally likely, with noise before and behind it."""
    labels = np.arange(n) % SYMBOLS
    x = rng.normal(0, NOISE, (n, length, SYMBOLS))
    x[np.arange(n), rng.integers(length, size=n)] = np.eye(SYMBOLS)[labels]
    return x, labels


def task(rng: np.random.Generator, delay: int | None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    if delay is None:
        return symbol_anywhere(rng, EXAMPLES, ANYWHERE)
    return first_symbol(rng, EXAMPLES, delay, symbols=SYMBOLS, noise=NOISE)


def outcome(run: Run) -> tuple[float, float]:
    """(accuracy in percent on fresh sequences, loss of the last steps)."""
    rng = np.random.default_rng(run.seed)
    (x, labels), (x_test, labels_test) = task(rng, run.delay), task(rng, run.delay)
    net = memory_net(run.arm, x.shape[1])
    found = fit(
        net, net.init(rng), x.astype(np.float32), labels,
        rng=rng, optimizer=partial(adam, eta=run.eta), steps=STEPS * run.longer, batch_size=BATCH,
    )  # fmt: skip
    scores, _ = net(found.theta, x_test.astype(np.float32))
    return 100 * accuracy(scores, labels_test), float(found.history["loss"][-20:].mean())


@dataclass(frozen=True)
class Measurement:
    accuracy: dict[Arm, NDArray[np.float64]]  # in percent, (delays, seeds)
    anywhere: dict[Arm, NDArray[np.float64]]  # (seeds,)
    eta: dict[Arm, tuple[float, float]]  # the rate with the symbol in front, and with the symbol anywhere

    def learned(self, arm: Arm, delay: int) -> int:
        """How many seeds learned it."""
        return int((self.accuracy[arm][DELAYS.index(delay)] >= LEARNED).sum())

    def reach(self, arm: Arm) -> int:
        """The longest delay up to which the mean accuracy is LEARNED or more without a break; 0 if none."""
        learned = self.accuracy[arm].mean(axis=1) >= LEARNED
        return DELAYS[int(learned.argmin()) - 1] if not learned.all() and learned[0] else DELAYS[-1] * int(learned[0])

    def beyond(self, a: Arm, b: Arm, delay: int | None) -> Estimate:
        """How many points more a gets right than b, paired by seed; None: with the symbol anywhere."""
        if delay is None:
            return mean_interval(self.anywhere[a] - self.anywhere[b])
        k = DELAYS.index(delay)
        return mean_interval(self.accuracy[a][k] - self.accuracy[b][k])


def measure(seeds: Sequence[int] = range(5), longer: int = 1) -> Measurement:
    """Each network with the rate of the grid that gave the lowest training loss on another seed, at one delay for all
    delays, and once more with the symbol anywhere.
    """
    grid = [Run(arm, delay, eta, TUNING, longer) for arm in ARMS for delay in (TUNED_AT, None) for eta in RATES]
    best = np.array(sweep(outcome, grid))[:, 1].reshape(len(ARMS), 2, len(RATES)).argmin(axis=2)
    eta = {arm: (RATES[row[0]], RATES[row[1]]) for arm, row in zip(ARMS, best, strict=True)}
    tasks = (*DELAYS, None)
    runs = [Run(arm, delay, eta[arm][delay is None], seed, longer) for arm in ARMS for delay in tasks for seed in seeds]
    found = np.array(sweep(outcome, runs))[:, 0].reshape(len(ARMS), len(tasks), len(seeds))
    return Measurement(
        accuracy={arm: found[k, :-1] for k, arm in enumerate(ARMS)},
        anywhere={arm: found[k, -1] for k, arm in enumerate(ARMS)},
        eta=eta,
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def key(arm: Arm) -> str:
    return arm.lower().replace(", ", "_")


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"{key(arm)}_{DELAYS[-1]}": same(str(m.learned(arm, DELAYS[-1]))) for arm in ARMS}
    found |= {f"{key(arm)}_anywhere": same(mean_interval(m.anywhere[arm]).shown()) for arm in ARMS[:3]}
    return found | {
        "lstm_mlp_anywhere": same(m.beyond("LSTM", "MLP", None).shown(sign=True)),
        "longest": same(str(DELAYS[-1])),
        "length": same(str(ANYWHERE)),
        "learned": same(f"{LEARNED:g}"),
        "noise": same(f"{NOISE:g}"),
        "steps": same(str(STEPS)),
        "batch": same(str(BATCH)),
        "rates": same(", ".join(f"{rate:g}" for rate in RATES)),
        "rnn_units": same(str(RNN_UNITS)),
        "lstm_units": same(str(LSTM_UNITS)),
        "rnn_size": same(str(memory_net("RNN", 1).size)),
        "lstm_size": same(str(memory_net("LSTM", 1).size)),
        "seeds": same(str(len(m.anywhere["LSTM"]))),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (axes, right) = style.figure(3.9, ncols=2, width_ratios=(2, 1), sharey=True)
    for k, arm in enumerate(ARMS):
        line, values = LINES[arm], m.accuracy[arm]
        places = np.array(DELAYS) * 1.03 ** (k - 2)
        axes.plot(np.repeat(places, values.shape[1]), values.ravel(), ".", color=line["color"], alpha=0.3, markersize=3)
        axes.plot(places, values.mean(axis=1), label=label(arm, lang), **line)
        spots = k + 0.12 * (np.arange(len(m.anywhere[arm])) % 3 - 1)
        right.plot(spots, m.anywhere[arm], ".", color=line["color"], alpha=0.4, markersize=4)
        right.plot([k], [m.anywhere[arm].mean()], **line)
    style.log(axes.xaxis, DELAYS)
    for panel in (axes, right):
        panel.axhline(CHANCE, color=style.INK, linestyle=":", linewidth=1.2)
    axes.annotate(Text("찍기", "guessing")[lang], (DELAYS[0], CHANCE), xytext=(0, -11), textcoords="offset points")
    axes.set_ylim(35, 103)
    axes.set_xlabel(Text("첫 기호 뒤의 걸음 수", "steps after the symbol")[lang])
    axes.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    axes.set_title(Text("기호가 맨 앞에", "the symbol comes first")[lang])
    right.set_title(Text(f"{ANYWHERE}걸음 가운데 아무 데나", f"anywhere in {ANYWHERE} steps")[lang])
    right.set_xticks([])
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, reach = len(m.anywhere["LSTM"]), {arm: m.reach(arm) for arm in ARMS}
    gain = m.beyond("LSTM", "MLP", None).number(sign=True)
    told = "; ".join(
        f"{label(arm, lang)} {', '.join(f'{x:.0f}' for x in m.accuracy[arm].mean(axis=1))} / {m.anywhere[arm].mean():.0f}"
        for arm in ARMS
    )
    limits = [f"{reach[arm]}" if reach[arm] else "—" for arm in ARMS]
    delays = ", ".join(map(str, DELAYS))
    return {
        "ko": Words(
            f"기억이 닿는 길이는 MLP {limits[0]}, RNN {limits[1]}, LSTM {limits[2]}, {limits[3]}. 자리가 바뀌면 LSTM − MLP는 {gain} %p",
            f"기억이 닿는 길이: 거기까지 평균 정확도가 {LEARNED:g} % 이상인 걸음 수(LSTM은 망각 편향 1과 4). MLP는 모든 걸음을 한꺼번에 봅니다. "
            f"{STEPS}걸음 학습, 배치 {BATCH}, Adam. 점은 시드 하나({n}개), 표식은 평균.",
            f"평균 시험 정확도(%). 첫 기호 뒤 {delays}걸음 / 기호가 아무 데나 있을 때. {told}.",
        ),
        "en": Words(
            f"Memory reaches {limits[0]} steps (MLP), {limits[1]} (RNN), {limits[2]} and {limits[3]} (LSTM); with the symbol anywhere, LSTM − MLP is {gain} points",
            f"Memory reaches as far as mean accuracy is {LEARNED:g}% or more (LSTM: forget biases 1 and 4). The MLP sees all steps at once. "
            f"{STEPS} training steps, batches of {BATCH}, Adam. Dots are single seeds ({n}), marks their mean.",
            f"Mean test accuracy (%), {delays} steps after the symbol / with the symbol anywhere. {told}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020), "longer": 10},
    sweeps=True,
)
