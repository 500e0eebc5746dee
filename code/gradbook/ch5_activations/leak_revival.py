"""Units that are off for every example: how many a leak brings back, and how long it takes (goes with claim 5.12)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Network, he_normal
from gradbook import style
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, forward
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, same

LEAKS: Final = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3)
WIDTH: Final = 16  # every other unit starts off
MARGIN: Final = 0.5  # how far below 0 the z of the nearest example lies
LOOKS: Final = (10, 20, 40, 80, 160, 320, 640)  # steps
ETA, BATCH = 0.1, 32
SLOPES: Final = np.array(LEAKS, np.float32)[:, None, None]


@dataclass(frozen=True)
class Measurement:
    back: NDArray[np.float64]  # percent of the units that began off and are on for an example: (looks, seeds, leaks)

    def at(self, leak: float, look: int = -1) -> Estimate:
        return mean_interval(self.back[look, :, LEAKS.index(leak)])


def leaks(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Leaky ReLUs, one slope for each network: z (seeds, leaks, batch, units)."""

    def back(dy: Array) -> Array:
        return np.where(z > 0, dy, SLOPES * dy)

    return np.maximum(z, SLOPES * z), back


NET: Final = Network([Dense(64, WIDTH, he_normal), Activation(leaks), Dense(WIDTH, 10, he_normal)])


def asleep(theta: Array, x: Array) -> Array:
    """The same network with a bias for every other unit that puts z MARGIN below 0 at the example where it is largest."""
    theta = theta.copy()
    first = NET.views(theta)[0]
    first["b"][::2] = -(x @ first["W"][:, ::2]).max(axis=0) - MARGIN
    return theta


def on(theta: Array, x: Array) -> NDArray[np.bool_]:
    """Whether each of the units that began off has z > 0 for an example."""
    first = NET.views(theta)[0]
    return np.asarray((x @ first["W"][:, ::2] + first["b"][::2]).max(axis=0) > 0)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Networks of a seed differ in nothing but the leak: the same weights and the same minibatches, SGD."""
    x, labels = digits().x, digits().labels
    rngs = [np.random.default_rng(seed) for seed in seeds]
    theta = np.stack([[asleep(NET.init(rng), x)] * len(LEAKS) for rng in rngs])
    back = []
    for step in range(1, LOOKS[-1] + 1):
        rows = np.stack([rng.integers(len(x), size=BATCH) for rng in rngs])
        y, way_back = forward(NET, theta, x[rows][:, None])
        theta -= ETA * way_back(cross_entropy_slope(y, labels[rows][:, None]))
        if step in LOOKS:
            back.append([[100 * on(own, x).mean() for own in row] for row in theta])
    return Measurement(np.array(back))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"back_{str(leak).replace('.', '')}": m.at(leak).shown() for leak in LEAKS[1:]}
    return {name: same(value) for name, value in found.items()} | {
        "relu": same(f"{m.at(0).value:g}"),
        "steps": same(str(LOOKS[-1])),
        "eta": same(f"{ETA:g}"),
        "margin": same(f"{MARGIN:g}"),
        "seeds": same(str(m.back.shape[1])),
    }


MARKS: Final = dict(zip(LEAKS, "sovD^P", strict=True))
SHADES: Final = dict(zip(LEAKS, (style.ORANGE, style.SKY, style.BLUE, style.GREEN, style.PURPLE, style.INK), strict=True))


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.2, ncols=2, sharey=True)
    for j, leak in enumerate(LEAKS):
        look = {"color": SHADES[leak], "marker": MARKS[leak]}
        mean = m.back[:, :, j].mean(axis=1)
        half = np.array([mean_interval(row).margin if row.std() else 0.0 for row in m.back[:, :, j]])
        left.plot(LOOKS, mean, label="ReLU" if leak == 0 else f"a = {leak:g}", **look)
        style.band(left, LOOKS, mean - half, mean + half, SHADES[leak])
        if leak:
            right.plot(leak * np.array(LOOKS), mean, **look)
    style.log(left.xaxis, [10, 100, 640])
    style.log(right.xaxis, [0.1, 1, 10, 100])
    left.set_ylim(-3, 103)
    left.set_xlabel(Text("걸음", "steps")[lang])
    right.set_xlabel(Text("걸음 × a", "steps × a")[lang])
    left.set_ylabel(Text("되살아난 유닛 (%)", "units that are back (%)")[lang])
    made.legend(loc="outside lower center", ncols=6, columnspacing=1.0, handlelength=1.4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    small, large = (m.at(leak).number() for leak in (0.01, 0.3))
    table = "; ".join(f"a = {leak:g}: {m.at(leak).number()} %" for leak in LEAKS[1:])
    return {
        "ko": Words(
            f"0.01만 새면 {LOOKS[-1]}걸음 뒤 {small} %, 0.3이 새면 {large} %가 되살아납니다",
            f"손글씨 숫자, 은닉 유닛 {WIDTH}개 가운데 절반이 모든 표본에서 꺼진 채 출발합니다. SGD, η = {ETA:g}, 배치 {BATCH}. 시드 {m.back.shape[1]}개의 평균과 95 % 구간. 오른쪽은 걸음에 a를 곱한 것으로, 걸리는 걸음이 1/a에 비례한다면 선들이 겹칩니다.",
            f"ReLU는 끝까지 0 %. {LOOKS[-1]}걸음 뒤 {table}.",
        ),
        "en": Words(
            f"A leak of 0.01 brings {small}% back in {LOOKS[-1]} steps, one of 0.3 {large}%",
            f"Digits; half of {WIDTH} hidden units start off for every example. SGD, η = {ETA:g}, batches of {BATCH}. Means of {m.back.shape[1]} seeds with 95% intervals. Right: steps times a; if the steps it takes went with 1/a, the lines would coincide.",
            f"ReLU stays at 0%. After {LOOKS[-1]} steps {table}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)
