"""A cloud in the plane and the lines of eight ReLUs: at large rates they leave the cloud (goes with 5.10)."""

import inspect
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, he_normal, moons, relu, sgd, xavier_normal
from gradbook import style
from gradbook.ch4_big_picture.many_nets import cross_entropy_slope, forward
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.text import Lang, Text, same

type Floats = NDArray[np.float64]

POINTS, UNITS, BATCH, STEPS = 90, 8, 10, 100
SEED: Final = 1  # of weights and batches; the cloud is that of seed 0
RATES: Final = (0.1, 0.3, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0)
NET: Final = Network([Dense(2, UNITS, he_normal), Activation(relu), Dense(UNITS, 2, xavier_normal)])
WINDOW: Final = (-2.0, 3.0, -1.6, 2.2)
FAR: Final = 4.0  # reaches beyond this are drawn here


def cloud() -> tuple[Floats, NDArray[np.int64]]:
    """The points (POINTS, 2) and their labels."""
    return moons(np.random.default_rng(0), POINTS)


def trained() -> Floats:
    """θ before each step and after the last, at each rate: (steps + 1, rates, size)."""
    x, labels = cloud()
    rng = np.random.default_rng([SEED, 1])
    theta = np.tile(NET.init(np.random.default_rng(SEED), dtype=np.float64), (1, len(RATES), 1))
    step, path = inspect.unwrap(sgd), [theta[0]]
    for t in range(STEPS):
        if t % (POINTS // BATCH) == 0:
            order = rng.permutation(POINTS)
        rows = order[t % (POINTS // BATCH) * BATCH :][:BATCH]
        y, back = forward(NET, theta, x[None, None, rows])
        theta, _ = step(theta, back(cross_entropy_slope(y, labels[None, None, rows])), eta=np.array(RATES)[:, None])
        path.append(theta[0])
    return np.stack(path)


def lines(path: Floats) -> tuple[Floats, Floats]:
    """w (…, units, 2) and b (…, units) of the lines w·x + b = 0."""
    W = path[..., : 2 * UNITS].reshape(*path.shape[:-1], 2, UNITS)
    return np.moveaxis(W, -1, -2), path[..., 2 * UNITS : 3 * UNITS]


def reach(path: Floats) -> Floats:
    """How far the cloud reaches into each unit's firing side: max (w·x + b) / ‖w‖; the unit is dead where it is ≤ 0."""
    w, b = lines(path)
    return np.asarray((w @ cloud()[0].T + b[..., None]).max(axis=-1) / np.linalg.norm(w, axis=-1))


@dataclass(frozen=True)
class Measurement:
    path: Floats  # (steps + 1, rates, size)
    reach: Floats  # (steps + 1, rates, units)
    right: Floats  # share of the cloud that ends on the right side, percent, (rates,)

    def dead(self, i: int) -> NDArray[np.bool_]:
        return np.asarray(self.reach[-1, i] <= 0)

    @property
    def moved(self) -> int:
        """How many of the dead units were moved by any later step."""
        found = 0
        for i in range(len(RATES)):
            w, b = lines(self.path[:, i])
            for u in np.flatnonzero((self.reach[:, i] <= 0).any(axis=0)):
                t = int(np.argmax(self.reach[:, i, u] <= 0))
                found += bool((w[t:, u] != w[t, u]).any() or (b[t:, u] != b[t, u]).any())
        return found


def measure() -> Measurement:
    """One network at each rate, from the same weights and with the same batches."""
    path, (x, labels) = trained(), cloud()
    y, _ = forward(NET, path[-1:], x[None, None])
    return Measurement(path, reach(path), 100 * (y.argmax(axis=-1) == labels).mean(axis=-1)[0])


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    dead = [int(m.dead(i).sum()) for i in range(len(RATES))]
    first = next(i for i, n in enumerate(dead) if n)
    return {
        "units": same(str(UNITS)),
        "points": same(str(POINTS)),
        "steps": same(str(STEPS)),
        "first": same(f"{RATES[first]:g}"),
        "last": same(f"{RATES[-1]:g}"),
        "last_dead": same(str(dead[-1])),
        "died": same(str(int((m.reach <= 0).any(axis=0).sum()))),
        "moved": same(str(m.moved)),
    }


def across(w: Floats, b: float) -> tuple[Floats, Floats]:
    """Two far points of the line w·x + b = 0 and the unit vector to its firing side."""
    normal = w / np.linalg.norm(w)
    middle = np.array([0.5, 0.25])  # of the window
    foot = middle - (normal @ middle + b / np.linalg.norm(w)) * normal
    along = np.array([-normal[1], normal[0]])
    return np.stack([foot - 4 * along, foot + 4 * along]), normal


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, (left, right) = style.figure(3.0, ncols=2, width_ratios=[1.15, 1])
    x, labels = cloud()
    for k, (color, marker) in enumerate(((style.BLUE, "o"), (style.GREEN, "^"))):
        left.plot(*x[labels == k].T, marker, color=color, markersize=2.6)
    dead, (w, b) = m.dead(i), lines(m.path[-1, i])
    for u in range(UNITS):
        ends, normal = across(w[u], float(b[u]))
        foot = ends.mean(axis=0)
        color, dashes = (style.RED, "--") if dead[u] else (style.MUTED, "-")
        left.plot(*ends.T, color=color, linestyle=dashes, linewidth=1.1)
        if WINDOW[0] < foot[0] < WINDOW[1] and WINDOW[2] < foot[1] < WINDOW[3]:
            left.plot(*np.stack([foot, foot + 0.25 * normal]).T, color=color, linewidth=2.2)
        shown = np.clip(m.reach[:, i, u], -FAR, FAR)
        steps = np.arange(STEPS + 1)
        gone = int(np.argmax(m.reach[:, i, u] <= 0)) if dead[u] else STEPS
        right.plot(steps[: gone + 1], shown[: gone + 1], color=color, linewidth=1.1)
        if dead[u]:
            right.plot([gone, STEPS], [shown[gone]] * 2, color=color, linestyle="--", linewidth=1.1)
            right.plot(gone, shown[gone], "x", color=color)
    left.set(xlim=WINDOW[:2], ylim=WINDOW[2:])
    left.set_title(
        Text(
            f"η = {RATES[i]:g}: {UNITS}개 가운데 {dead.sum()}개 죽음", f"η = {RATES[i]:g}: {dead.sum()} of {UNITS} dead"
        )[lang]
    )
    right.set_title(Text(f"정확도 {m.right[i]:.0f} %", f"accuracy {m.right[i]:.0f}%")[lang])
    left.set_xlabel("x₁")
    left.set_ylabel("x₂")
    right.axhline(0, color=style.INK, linewidth=0.9)
    right.set(ylim=(-FAR - 0.2, FAR + 0.2), xlim=(-2, STEPS + 2))
    right.set_xlabel(Text("걸음", "step")[lang])
    right.set_ylabel(Text("켜지는 쪽의 구름 깊이", "reach of the cloud")[lang])
    return made


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    dead, n = int(m.dead(i).sum()), f"{m.right[i]:.0f}"
    when = [int(np.argmax(m.reach[:, i, u] <= 0)) for u in np.flatnonzero(m.dead(i))]
    at = ", ".join(map(str, sorted(when))) or "—"
    return Text(
        f"η = {RATES[i]:g}: 유닛 {UNITS}개 가운데 {dead}개가 죽었습니다. 죽은 걸음: {at}. 정확도 {n} %.",
        f"η = {RATES[i]:g}: {dead} of {UNITS} units are dead. Steps at which they died: {at}. Accuracy {n}%.",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    dead = int(m.dead(len(RATES) - 1).sum())
    return {
        "ko": Words(
            f"직접 밀어 보십시오: 학습률이 {RATES[-1]:g}이면 선 {UNITS}개 가운데 {dead}개가 구름 밖으로 나갑니다",
            f"표본 {POINTS}개, ReLU {UNITS}개, SGD {STEPS}걸음. 왼쪽: 마지막 선과 켜지는 쪽(짧은 획). 오른쪽: 구름에서 켜지는 쪽으로 가장 깊은 점까지의 거리(±{FAR:g}까지만 그림). 0 아래면 죽은 것(×, 빨간 점선). 왼쪽 그림 밖으로 나가 보이지 않는 선도 있습니다.",
            frame_alt(m, lang, FIRST),
        ),
        "en": Words(
            f"Push it yourself: at a rate of {RATES[-1]:g}, {dead} of {UNITS} lines leave the cloud",
            f"{POINTS} examples, {UNITS} ReLUs, {STEPS} steps of SGD. Left: the lines at the end, with strokes to their firing sides. Right: distance from the line to the cloud's farthest point on the firing side (drawn up to ±{FAR:g}). Below 0 a unit is dead (×, red and dashed); its line may lie outside the left panel.",
            frame_alt(m, lang, FIRST),
        ),
    }[lang]


FIRST: Final = RATES.index(3.0)
SLIDERS = (Slider(Text("학습률 η", "learning rate η"), tuple(f"{eta:g}" for eta in RATES), FIRST),)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt),
)
