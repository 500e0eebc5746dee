"""Units that are off for every example: how many a leak brings back, and how long it takes (goes with claim 5.12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Network, he_normal
from deepgrad.signatures import Pullback, Real
from gradbook import style
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, forward
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number
from gradbook.text import Lang, Text, same

LEAKS: Final = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3)
WIDTH: Final = 16  # every other unit starts off
MARGIN: Final = 0.5  # how far below 0 the z of the nearest example lies
LOOKS: Final = (10, 20, 40, 80, 160, 320, 640)  # steps
ETA, BATCH = 0.1, 32
SLOPES: Final = np.array(LEAKS, np.float32)[:, None, None]


@dataclass(frozen=True)
class Measurement:
    z: NDArray[
        np.float64
    ]  # of the units that began off, at the example where it is largest: (looks, seeds, leaks, units)

    @property
    def back(self) -> NDArray[np.float64]:
        """Percent of these units that are on for an example, (looks, seeds, leaks)."""
        return 100 * (self.z > 0).mean(axis=3)

    @property
    def moved(self) -> NDArray[np.float64]:
        """How far z has come from -MARGIN, up or down, median over units and seeds: (looks, leaks)."""
        return np.median(np.abs(self.z + MARGIN), axis=(1, 3))

    def at(self, leak: float, look: int = -1) -> Estimate:
        return mean_interval(self.back[look, :, LEAKS.index(leak)])


def leaks(z: Array) -> tuple[Array, Pullback]:
    """Leaky ReLUs, one slope for each network: z (seeds, leaks, batch, units)."""

    def back(dy: Real) -> Array:
        return np.where(z > 0, dy, SLOPES * dy)

    return np.maximum(z, SLOPES * z), back


NET: Final = Network([Dense(64, WIDTH, he_normal), Activation(leaks), Dense(WIDTH, 10, he_normal)])


def asleep(theta: Array, x: Array) -> Array:
    """The same network with a bias for every other unit that puts z MARGIN below 0 at the example where it is largest."""
    theta = theta.copy()
    first = NET.views(theta)[0]
    first["b"][::2] = -(x @ first["W"][:, ::2]).max(axis=0) - MARGIN
    return theta


def nearest(theta: Array, x: Array) -> Array:
    """z of each unit that began off, at the example where it is largest."""
    first = NET.views(theta)[0]
    return np.asarray((x @ first["W"][:, ::2] + first["b"][::2]).max(axis=0))


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Networks of a seed differ in nothing but the leak: the same weights and the same minibatches, SGD."""
    x, labels = digits().x, digits().labels
    rngs = [np.random.default_rng(seed) for seed in seeds]
    theta = np.stack([[asleep(NET.init(rng), x)] * len(LEAKS) for rng in rngs])
    z = []
    for step in range(1, LOOKS[-1] + 1):
        rows = np.stack([rng.integers(len(x), size=BATCH) for rng in rngs])
        y, way_back = forward(NET, theta, x[rows][:, None])
        theta -= ETA * way_back(cross_entropy_slope(y, labels[rows][:, None]))
        if step in LOOKS:
            z.append([[nearest(own, x) for own in row] for row in theta])
    return Measurement(np.array(z, np.float64))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"back_{str(leak).replace('.', '')}": shown(m.at(leak)) for leak in LEAKS}
    ratio = m.moved[0, LEAKS.index(0.03)] / m.moved[0, LEAKS.index(0.003)]
    slowed = m.moved[-1, LEAKS.index(0.01)] / m.moved[0, LEAKS.index(0.01)]
    return {name: same(value) for name, value in found.items()} | {
        "ratio": same(number(ratio, 1)),
        "slowed": same(number(slowed, 0)),
        "longer": same(number(LOOKS[-1] / LOOKS[0], 0)),
        "first": same(str(LOOKS[0])),
        "steps": same(str(LOOKS[-1])),
        "eta": same(f"{ETA:g}"),
        "margin": same(f"{MARGIN:g}"),
        "seeds": same(str(m.z.shape[1])),
    }


def shown(share: Estimate) -> str:
    """Percent; a share so near 0 that its t interval would reach below is given without it."""
    return share.shown() if share.above(0) else number(share.value, 1 if share.value else 0)


MARKS: Final = dict(zip(LEAKS, "sovD^P", strict=True))
SHADES: Final = dict(
    zip(LEAKS, (style.ORANGE, style.SKY, style.BLUE, style.GREEN, style.PURPLE, style.INK), strict=True)
)


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.3, ncols=2)
    for j, leak in enumerate(LEAKS):
        look = {"color": SHADES[leak], "marker": MARKS[leak]}
        mean = m.back[:, :, j].mean(axis=1)
        half = np.array([mean_interval(row).margin if row.std() else 0.0 for row in m.back[:, :, j]])
        left.plot(LOOKS, mean, label="ReLU" if leak == 0 else f"a = {leak:g}", **look)
        style.band(left, LOOKS, np.maximum(mean - half, 0), mean + half, SHADES[leak])
        if leak:
            right.plot(LOOKS, m.moved[:, j], **look)
            straight = m.moved[0, j] * np.array(LOOKS) / LOOKS[0]
            right.plot(LOOKS, straight, color=style.MUTED, linestyle=":", linewidth=1)
    right.plot(
        [],
        [],
        color=style.MUTED,
        linestyle=":",
        linewidth=1,
        label=Text("빠르기가 그대로라면", "at the first speed")[lang],
    )
    right.axhline(MARGIN, color=style.RED, linewidth=1)
    right.text(
        640, 4e-4, Text("붉은 선: 0까지의 거리", "red: the way to 0")[lang], color=style.RED, ha="right", va="bottom"
    )
    for axes in (left, right):
        style.log(axes.xaxis, [10, 100, 640])
        axes.set_xlabel(Text("걸음", "steps")[lang])
    style.log(right.yaxis, [1e-3, 0.01, 0.1, 1, 10])
    right.set_ylim(3e-4, 20)
    left.set_ylim(-3, 103)
    left.set_title(Text("되살아난 유닛 (%)", "units that are back (%)")[lang])
    right.set_title(Text("z가 움직인 거리 (중앙값)", "how far z has moved (median)")[lang])
    handles, labels = left.get_legend_handles_labels()
    more = right.get_legend_handles_labels()
    made.legend([*handles, *more[0]], [*labels, *more[1]], loc="outside lower center", ncols=4, columnspacing=1.2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    small, large = (number(m.at(leak).value, 0) for leak in (0.01, 0.3))
    table = "; ".join(f"a = {leak:g}: {number(m.at(leak).value, 1)} %" for leak in LEAKS[1:])
    return {
        "ko": Words(
            f"{LOOKS[-1]}걸음 뒤에 되살아난 유닛: a = 0.01이면 {small} %, 0.3이면 {large} %",
            f"손글씨 숫자, 은닉 유닛 {WIDTH}개 가운데 절반이 모든 표본에서 꺼진 채 출발합니다(가장 가까운 표본의 z가 −{MARGIN:g}). SGD, η = {ETA:g}, 배치 {BATCH}. 왼쪽은 시드 {m.z.shape[1]}개의 평균과 95 % 구간입니다.",
            f"ReLU는 끝까지 0 %. {LOOKS[-1]}걸음 뒤 {table}. 오른쪽에서 선들은 a만큼 아래위로 떨어져 나란히 오르다가 점선 아래로 휘고, a = 0.1과 0.3만 붉은 선을 넘거나 그 가까이에 갑니다.",
        ),
        "en": Words(
            f"Units that are back after {LOOKS[-1]} steps: {small}% with a = 0.01, {large}% with 0.3",
            f"Digits; half of {WIDTH} hidden units start off for every example (z of the nearest is −{MARGIN:g}). SGD, η = {ETA:g}, batches of {BATCH}. Left: means of {m.z.shape[1]} seeds with 95% intervals.",
            f"ReLU stays at 0%. After {LOOKS[-1]} steps {table}. On the right the lines rise side by side, as far apart as their slopes a, and bend away below the dotted ones; only those of 0.1 and 0.3 come near the red line or cross it.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
)
