"""Do the gradients at neighboring inputs agree? Shattered gradients, plain and with skips (goes with claim 2.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Layer, Network, Residual, input_gradients, normal, relu
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, bootstrap_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

Arm = Literal["plain", "skip unscaled", "skip", "notebook", "mended", "no biases"]
ARMS: tuple[Arm, ...] = ("plain", "skip unscaled", "skip", "notebook", "mended", "no biases")
DEPTHS, WIDTH = (2, 10, 24, 50), 100
POINTS, REACH = 256, 2.0
LAGS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)
LAG = 16
STEP = 2 * REACH / (POINTS - 1)


@dataclass(frozen=True)
class Scale:
    """Variance of the first weights, of n times a later one, and of the biases; what a block's output is multiplied by
    (None: no skip)."""

    first: float
    weights: float
    biases: float
    block: float | None = None


def scale(arm: Arm, depth: int) -> Scale:
    match arm:
        case "plain":
            return Scale(2, 2, 1)
        case "skip unscaled":
            return Scale(2, 2, 1, block=1)
        case "skip":
            return Scale(2, 2, 1, block=(depth - 1) ** -0.5)
        case "notebook":
            return Scale(1 / WIDTH, 1, 1 / WIDTH)
        case "mended":  # the notebook's, with He's factor of 2
            return Scale(1 / WIDTH, 2, 1 / WIDTH)
        case "no biases":
            return Scale(2, 2, 0)


def network(s: Scale, depth: int, rng: np.random.Generator) -> tuple[Network, Array]:
    """1-WIDTH-…-WIDTH-1 with `depth` hidden layers, and its θ, biases drawn as well."""
    layers: list[Layer] = [Dense(1, WIDTH, normal(s.first**0.5))]
    for _ in range(depth - 1):
        branch: list[Layer] = [
            Activation(relu),
            Dense(WIDTH, WIDTH, normal((s.weights / WIDTH) ** 0.5 * (s.block or 1))),
        ]
        layers += branch if s.block is None else [Residual(branch)]
    end = [Activation(relu)] if s.block is None else []
    net = Network([*layers, *end, Dense(WIDTH, 1, normal((s.weights / WIDTH) ** 0.5))])
    theta = net.init(rng)
    for k, own in enumerate(net.views(theta)):
        for name, values in own.items():
            if name.endswith("b"):
                factor = s.block if s.block and 0 < k < len(net.layers) - 1 else 1
                values[:] = rng.normal(size=values.shape) * s.biases**0.5 * factor
    return net, theta


def one_seed(setting: tuple[Arm, int, int]) -> NDArray[np.float64]:
    """(lags, 3): Σ gᵢgᵢ₊ₖ, Σ gᵢ², Σ gᵢ₊ₖ² of one untrained network's gradients."""
    arm, depth, seed = setting
    net, theta = network(scale(arm, depth), depth, np.random.default_rng([seed, depth]))
    g = input_gradients(net, theta, points()).ravel().astype(np.float64)
    return np.array([(g[:-k] @ g[k:], g[:-k] @ g[:-k], g[k:] @ g[k:]) for k in LAGS])


def points() -> NDArray[np.float64]:
    return np.linspace(-REACH, REACH, POINTS)[:, None]


def pooled(sums: NDArray[np.float64]) -> float:
    """The autocorrelation of several networks together: (networks, 3) -> number in [−1, 1]."""
    product, early, late = sums.sum(axis=0)
    return float(product / np.sqrt(early * late))


def theory(arm: Arm, depth: int) -> NDArray[np.float64]:
    """The same at each lag for infinitely wide layers, whose outputs are a Gaussian process with some kernel k(x, x′):
    its slopes have the covariance ∂²k/∂x∂x′ (Lee et al. 2018; the kernel of ReLU layers is Cho & Saul's, 2009).

    Layer by layer: k with its derivatives k_x, k_y, k_xy, and the variance q(x) = k(x, x) with its derivative.
    """
    s = scale(arm, depth)
    x = points()[:, 0]
    q, q_x = s.first * x**2 + s.biases, 2 * s.first * x
    k, k_x, k_y = s.first * np.outer(x, x) + s.biases, s.first * (0 * x[:, None] + x), s.first * (x[:, None] + 0 * x)
    k_xy = np.full_like(k, s.first)
    for _ in range(depth if s.block is None else depth - 1):
        rectified, r_x, r_y, r_xy = rectified_kernel(q, q_x, k, k_x, k_y, k_xy)
        v = s.weights / 2
        if s.block is None:
            k, k_x, k_y, k_xy = v * rectified + s.biases, v * r_x, v * r_y, v * r_xy
            q, q_x = v * q + s.biases, v * q_x
        else:
            b = s.block**2
            k, k_x, k_y, k_xy = k + b * (v * rectified + s.biases), k_x + b * v * r_x, k_y + b * v * r_y, k_xy + b * v * r_xy  # fmt: skip
            q, q_x = (1 + b * v) * q + b * s.biases, (1 + b * v) * q_x
    return np.array([np.diagonal(k_xy, lag).mean() for lag in LAGS]) / np.diagonal(k_xy).mean()


def rectified_kernel(
    q: Array, q_x: Array, k: Array, k_x: Array, k_y: Array, k_xy: Array
) -> tuple[Array, Array, Array, Array]:
    """F = 2 E[relu(u) relu(v)] for jointly normal u, v of variances q and covariance k, with F_x, F_y, F_xy.

    F = (s + k (π − arccos c)) / π with c = k / √(qq′), s = √(qq′ − k²); where s = 0 its terms cancel.
    """
    size = np.outer(q, q)
    s = np.sqrt(np.maximum(size - k**2, 0))
    both = 1 - np.arccos(np.clip(k / np.sqrt(size), -1, 1)) / np.pi
    F = s / np.pi + k * both
    log_x, log_y = (q_x / q)[:, None], (q_x / q)[None, :]
    F_x, F_y = both * k_x + s * log_x / (2 * np.pi), both * k_y + s * log_y / (2 * np.pi)
    top = size * log_x * log_y / 4 - k * (k_y * log_x + k_x * log_y) / 2 + k_x * k_y
    apart = s > 1e-6 * np.sqrt(size)
    bend = np.divide(top, np.pi * s, out=np.zeros_like(top), where=apart)
    return F, F_x, F_y, both * k_xy + bend


def brown(lags: NDArray[np.int64]) -> NDArray[np.float64]:
    """A random walk of POINTS steps from 0, on average."""
    n = POINTS
    return np.sqrt((n - lags) * (n - lags + 1) / (n * (n + 1) - lags * (lags + 1)))


@dataclass(frozen=True)
class Measurement:
    correlation: dict[tuple[Arm, int], list[Estimate]]  # (arm, depth) -> at each lag
    predicted: dict[tuple[Arm, int], NDArray[np.float64]]


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Untrained networks with one input and one output, along a line of inputs."""
    settings = [(arm, depth) for arm in ARMS for depth in DEPTHS]
    found = np.array(sweep(one_seed, [(*setting, seed) for setting in settings for seed in seeds]))
    sums = found.reshape(len(settings), len(seeds), len(LAGS), 3)
    return Measurement(
        correlation={
            setting: [bootstrap_interval(rows[:, i], pooled, resamples=500) for i in range(len(LAGS))]
            for setting, rows in zip(settings, sums, strict=True)
        },
        predicted={setting: theory(*setting) for setting in settings},
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def at(m: Measurement, arm: Arm, depth: int) -> Estimate:
    return m.correlation[arm, depth][LAGS.index(LAG)]


def numbers(m: Measurement) -> dict[str, Text]:
    deep = DEPTHS[-1]
    names: dict[Arm, str] = {"plain": "plain", "skip unscaled": "unscaled", "skip": "skip", "notebook": "notebook", "mended": "mended", "no biases": "unbiased"}  # fmt: skip
    found = {key: same(at(m, arm, deep).shown()) for arm, key in names.items()}
    found |= {f"{key}_theory": same(f"{m.predicted[arm, deep][LAGS.index(LAG)]:.2f}") for arm, key in names.items()}
    return found | {
        "brown": same(f"{brown(np.array([LAG]))[0]:.2f}"),
        "distance": same(f"{LAG * STEP:.2f}"),
        "depth": same(str(deep)),
        "width": same(str(WIDTH)),
    }


LABELS: dict[str, Text] = {
    "plain": Text("없음", "no skips"),
    "skip unscaled": Text("있음, 줄이지 않음", "skips, not scaled"),
    "skip": Text("있음", "skips"),
    "notebook": Text("없음, 노트북의 초깃값", "no skips, the notebook's"),
    "no biases": Text("없음, 편향 0", "no skips, no biases"),
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.7, ncols=2, sharey=True)
    lines = {
        "plain": style.SERIES[1],
        "skip unscaled": style.SERIES[2] | {"marker": "v", "linestyle": ":"},
        "skip": style.SERIES[2],
        "notebook": style.SERIES[3],
        "no biases": {"color": style.MUTED, "marker": "x", "linestyle": "-"},
    }
    lags = np.array(LAGS)
    for arm, line in lines.items():
        found = m.correlation[arm, DEPTHS[-1]]  # type: ignore[index]
        left.plot(lags * STEP, [e.value for e in found], label=LABELS[arm][lang], **line)
        style.band(left, lags * STEP, [e.low for e in found], [e.high for e in found], str(line["color"]))
        deep = [at(m, arm, depth) for depth in DEPTHS]  # type: ignore[arg-type]
        values, low, high = np.array([(e.value, e.low, e.high) for e in deep]).T
        right.errorbar(DEPTHS, values, np.maximum([values - low, high - values], 0), capsize=2, elinewidth=1,
                       **line | {"linestyle": "none"})  # fmt: skip
        theories = [m.predicted[arm, depth][LAGS.index(LAG)] for depth in DEPTHS]  # type: ignore[index]
        right.plot(DEPTHS, theories, color=line["color"], linestyle=line["linestyle"], linewidth=1)
    left.plot(lags * STEP, brown(lags), color=style.INK, linestyle=":", linewidth=1.2,
              label=Text("브라운 잡음", "brown noise")[lang])  # fmt: skip
    for axes in (left, right):
        axes.axhline(0, color=style.INK, linestyle="-", linewidth=0.8)
        axes.set_ylim(-0.12, 1.03)
    left.annotate(Text("백색 잡음", "white noise")[lang], (lags[-1] * STEP, 0), xytext=(0, -3), textcoords="offset points", ha="right", va="top")  # fmt: skip
    left.set_ylabel(Text("기울기의 자기상관", "autocorrelation of gradients")[lang])
    left.set_xlabel(Text("두 입력의 거리", "distance of the inputs")[lang])
    left.set_title(Text(f"깊이 {DEPTHS[-1]}", f"depth {DEPTHS[-1]}")[lang])
    right.set_title(Text(f"거리 {LAG * STEP:.2f}", f"distance {LAG * STEP:.2f}")[lang])
    right.set_xlabel(Text("깊이 (은닉층의 수)", "depth (hidden layers)")[lang])
    right.set_xticks(DEPTHS)
    made.legend(loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    deep = DEPTHS[-1]
    plain, skip = at(m, "plain", deep), at(m, "skip", deep)
    n = plain.n
    values = {arm: f"{at(m, arm, deep).value:.2f}" for arm in ARMS}
    return {
        "ko": Words(
            f"깊이 {deep}: 거리 {LAG * STEP:.2f}인 두 입력의 기울기는 상관이 {plain.number()}, 건너뛰는 연결이 있으면 {skip.number()}입니다",
            f"학습 전의 ReLU 신경망, 폭 {WIDTH}, 입력 하나, −{REACH:g}와 {REACH:g} 사이의 점 {POINTS}개. 시드 {n}개를 모아 쟀고 띠와 막대는 95 % 구간. 그냥 ‘있음’이면 블록의 출력을 1/√(블록 수)배로 줄였습니다. 오른쪽의 선은 폭이 무한할 때의 이론입니다.",
            f"왼쪽은 거리, 오른쪽은 깊이에 따른 자기상관. 깊이 {deep}에서 건너뛰는 연결이 없으면 {values['plain']}, 줄이지 않은 블록 {values['skip unscaled']}, 줄인 블록 {values['skip']}, 노트북의 초깃값 {values['notebook']}, 편향 0이면 {values['no biases']}.",
        ),
        "en": Words(
            f"Depth {deep}: gradients at inputs {LAG * STEP:.2f} apart correlate by {plain.number()}, with skip connections by {skip.number()}",
            f"ReLU nets before training, width {WIDTH}, one input, {POINTS} points between −{REACH:g} and {REACH:g}. {n} seeds pooled, bands and bars their 95% interval. Where it says just “skips”, a block's output is multiplied by 1/√(number of blocks). Lines on the right: the theory for infinite width.",
            f"Autocorrelation against distance (left) and depth (right). At depth {deep}: {values['plain']} without skips, {values['skip unscaled']} with unscaled blocks, {values['skip']} with scaled ones, {values['notebook']} with the notebook's initial weights, {values['no biases']} without any.",
        ),
    }[lang]  # fmt: skip


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
    sweeps=True,
)
