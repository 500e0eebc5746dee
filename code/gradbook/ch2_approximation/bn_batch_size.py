"""How batch normalization fares with batches of 1, 2, 8 and 64, in evaluation (goes with claim 2.16)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import BatchNorm, accuracy, calibrate, sgd, softmax_cross_entropy
from gradbook import style
from gradbook.ch2_approximation.bn_stack import WIDTH, Stack, stack
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

SIZES = (1, 2, 8, 64)
DEPTH, ETA, STEPS = 2, 0.1, 200
MOMENTUM = 0.1  # the share of a new batch in the running average: PyTorch's default
WAYS = ("plain", "calibrated", "running", "own batch")


@dataclass(frozen=True)
class Run:
    size: int
    seed: int


@dataclass(frozen=True)
class Measurement:
    test: NDArray[np.float64]  # test accuracy in percent, (sizes, seeds, ways)

    def at(self, size: int, way: str) -> Estimate:
        return mean_interval(self.test[SIZES.index(size), :, WAYS.index(way)])

    def gain(self, size: int, way: str) -> Estimate:
        """Against the network without BN, paired by seed, in percentage points."""
        found = self.test[SIZES.index(size)]
        return mean_interval(found[:, WAYS.index(way)] - found[:, 0])


def accuracies(run: Run) -> list[float]:
    """Test accuracy in percent, one for each of WAYS."""
    plain, _ = trained("ReLU", run)
    return [on_test("ReLU", plain), *with_bn(run)]


def with_bn(run: Run) -> list[float]:
    """With statistics of all training data, with running averages, and with those of test batches of the same size."""
    theta, running = trained("ReLU+BN", run)
    net, data = stack("ReLU+BN", DEPTH), digits()
    parts = [slice(k, k + run.size) for k in range(0, len(data.x_test), run.size)]
    own = np.concatenate([net(theta, data.x_test[rows], train=True)[0] for rows in parts])
    calibrated = calibrate(net, theta, data.x)
    return [on_test("ReLU+BN", calibrated), on_test("ReLU+BN", running), 100 * accuracy(own, data.labels_test)]


def on_test(kind: Stack, theta: NDArray[np.float32]) -> float:
    data = digits()
    return 100 * accuracy(stack(kind, DEPTH)(theta, data.x_test)[0], data.labels_test)


def trained(kind: Stack, run: Run) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """θ after STEPS steps of SGD, and the same θ with running averages in place of BN's statistics."""
    data, net, rng = digits(), stack(kind, DEPTH), np.random.default_rng(run.seed)
    theta = net.init(rng)
    averages = {
        k: [np.zeros(layer.channels), np.ones(layer.channels)]
        for k, layer in enumerate(net.layers)
        if isinstance(layer, BatchNorm)
    }
    for _ in range(STEPS):
        rows = rng.integers(len(data.x), size=run.size)
        hs, back = net.trace(theta, data.x[rows], train=True)
        for k, (mean, variance) in averages.items():
            mean += MOMENTUM * (hs[k].mean(axis=0) - mean)
            variance += MOMENTUM * (hs[k].var(axis=0) - variance)
        _, back_loss = softmax_cross_entropy(hs[-1], data.labels[rows])
        theta, _ = sgd(theta, back(back_loss(), needs_dx=False)[1], None, eta=ETA)
    running = theta.copy()
    for k, (mean, variance) in averages.items():
        params = net.views(running)[k]
        params["mean"][:], params["variance"][:] = mean, variance
    return theta, running


def measure(seeds: Sequence[int] = range(10)) -> Measurement:
    """The same number of steps at every batch size; the same seeds with and without BN."""
    found = sweep(accuracies, [Run(size, seed) for size in SIZES for seed in seeds])
    return Measurement(np.array(found).reshape(len(SIZES), len(seeds), len(WAYS)))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "plain_1": same(m.at(1, "plain").shown()),
        "calibrated_1": same(m.at(1, "calibrated").shown()),
        "plain_2": same(m.at(2, "plain").shown()),
        "calibrated_2": same(m.at(2, "calibrated").shown()),
        "gain_8": same(m.gain(8, "calibrated").shown(sign=True)),
        "calibrated_8": same(m.at(8, "calibrated").shown()),
        "own_8": same(m.at(8, "own batch").shown()),
        "gain_64": same(m.gain(64, "calibrated").shown(sign=True)),
        "seeds": same(str(m.test.shape[1])),
        "steps": same(str(STEPS)),
        "momentum": same(f"{MOMENTUM:g}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.3)
    labels = {
        "plain": Text("BN 없음", "without BN"),
        "calibrated": Text("BN, 학습 자료 전체의 통계", "BN, statistics of all training data"),
        "running": Text("BN, 이동 평균", "BN, running averages"),
        "own batch": Text("BN, 시험 배치의 통계", "BN, statistics of the test batch"),
    }
    looks = (
        {"color": style.INK, "marker": "x", "linestyle": ":"}, {"color": style.ORANGE, "marker": "s", "linestyle": "-"},
        {"color": style.PURPLE, "marker": "D", "linestyle": "--"}, {"color": style.YELLOW, "marker": "^", "linestyle": "-."},
    )  # fmt: skip
    places = np.arange(len(SIZES))
    for k, (way, look) in enumerate(zip(WAYS, looks, strict=True)):
        found = [m.at(size, way) for size in SIZES]
        axes.errorbar(places + 0.05 * (k - 1.5), [e.value for e in found], yerr=[e.margin for e in found], capsize=2,
                      label=labels[way][lang], **look)  # fmt: skip
    axes.axhline(10, color=style.MUTED, linestyle=":", linewidth=1)
    axes.annotate(Text("찍을 때 10 %", "guessing: 10%")[lang], (places[-1] + 0.2, 10), xytext=(0, -3), va="top", ha="right",
                  textcoords="offset points")  # fmt: skip
    axes.set_xticks(places, [str(size) for size in SIZES])
    axes.set_ylim(0, 103)
    axes.set_xlabel(Text("배치의 크기", "batch size")[lang])
    axes.set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.1))
    return made


def words(m: Measurement, lang: Lang) -> Words:
    one, large = (f"{m.at(size, 'calibrated').value:.0f}" for size in (1, 64))
    table = {way: ", ".join(f"{m.at(size, way).value:.1f}" for size in SIZES) for way in WAYS}
    return {
        "ko": Words(
            f"BN의 시험 정확도: 배치 1이면 {one} %, 배치 64이면 {large} %",
            f"손글씨 숫자, ReLU, 은닉층 {DEPTH}개(폭 {WIDTH}), SGD η = {ETA:g}, 어느 배치에서나 {STEPS}걸음, 시드 {m.test.shape[1]}개의 평균과 95 % 구간. 이동 평균에는 새 배치를 {MOMENTUM:g}의 비율로 섞습니다. 시험 배치의 통계는 학습할 때와 같은 크기로 나눈 시험 자료에서 잽니다.",
            f"배치 1, 2, 8, 64의 시험 정확도(%). BN 없음: {table['plain']}. 학습 자료 전체의 통계: {table['calibrated']}. 이동 평균: {table['running']}. 시험 배치의 통계: {table['own batch']}.",
        ),
        "en": Words(
            f"Test accuracy with BN: {one}% after batches of 1, {large}% after batches of 64",
            f"Digits, ReLU, {DEPTH} hidden layers (width {WIDTH}), SGD η = {ETA:g}, {STEPS} steps at every batch size, mean of {m.test.shape[1]} seeds and 95% interval. A new batch enters the running averages with weight {MOMENTUM:g}. Statistics of the test batch: test data cut into batches of the size used in training.",
            f"Test accuracy (%) at batch sizes 1, 2, 8, 64. Without BN: {table['plain']}. Statistics of all training data: {table['calibrated']}. Running averages: {table['running']}. Statistics of the test batch: {table['own batch']}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
    sweeps=True,
)
