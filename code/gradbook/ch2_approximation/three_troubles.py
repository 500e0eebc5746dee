"""The three troubles against depth: vanishing, over-fitting, a rugged loss landscape (claim 2.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import (
    Activation,
    Dense,
    Layer,
    Network,
    accuracy,
    adam,
    he_normal,
    relu,
    sigmoid,
    softmax_cross_entropy,
    xavier_normal,
)
from gradbook import style
from gradbook.ch1_vanishing.width import predict
from gradbook.ch2_approximation.deep_nets import POINTS, Kind, Toy, Toys, deep_net, ruggedness
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stack import sweep_stacked
from gradbook.stats import Estimate, mean_interval, number, scientific
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same
from gradbook.together import Start, fit_together

Sizing = Literal["width", "parameters", "skip"]
ACTIVATIONS = ("sigmoid", "ReLU")
SIZINGS: tuple[Sizing, ...] = ("width", "parameters", "skip")  # the last: equal width, with skip connections

RATIO_DEPTHS, RATIO_WIDTH, IMAGES = (2, 5, 10, 15, 20, 25, 30), 32, 100
GAP_DEPTHS, GAP_WIDTH, EXAMPLES, GAP_STEPS, GAP_ETA, BATCH = (1, 3, 9), 32, 200, 300, 2e-3, 50
GAP_SEEDS = 10  # these intervals are narrow with half of the seeds
RUGGED_DEPTHS = (3, 11, 31)


@dataclass(frozen=True)
class Measurement:
    ratio: dict[str, NDArray[np.float64]]  # activation -> ‖∂C/∂h_1‖ / ‖∂C/∂h_L‖ before training, (depths, seeds)
    train: dict[Sizing, NDArray[np.float64]]  # accuracy in percent, (depths, the first of the seeds)
    test: dict[Sizing, NDArray[np.float64]]
    rugged: dict[tuple[Kind, Toy], NDArray[np.float64]]  # (depths, seeds, 3): roughness, climb, training accuracy

    def gap_change(self, sizing: Sizing) -> Estimate:
        """By how much the generalization gap of the deepest net exceeds the shallowest's, paired by seed."""
        gaps = self.train[sizing] - self.test[sizing]
        return mean_interval(gaps[-1] - gaps[0])

    def test_change(self, sizing: Sizing) -> Estimate:
        return mean_interval(self.test[sizing][-1] - self.test[sizing][0])

    def rougher(self, toy: Toy) -> Estimate:
        """By how much plain nets' roughness at the greatest depth exceeds that at the smallest, paired by seed."""
        rough = self.rugged["plain", toy][:, :, 0]
        return mean_interval(rough[-1] - rough[0])

    def per_layer(self, activation: str) -> Estimate:
        """The factor on the gradient per layer in the deepest net."""
        return mean_interval(np.log(self.ratio[activation][-1]) / (RATIO_DEPTHS[-1] - 1)).exp()


def gradient_ratio(setting: tuple[str, int, int]) -> float:
    """‖∂C/∂h_1‖ / ‖∂C/∂h_L‖ of one network before training: sigmoid with Xavier's weights, ReLU with He's; no biases."""
    activation, depth, seed = setting
    rng = np.random.default_rng([seed, depth])
    f, init = (sigmoid, xavier_normal) if activation == "sigmoid" else (relu, he_normal)
    sizes = [64] + [RATIO_WIDTH] * depth
    layers: list[Layer] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [Dense(fan_in, fan_out, init), Activation(f)]
    net = Network([*layers, Dense(RATIO_WIDTH, 10, init)])
    theta = net.init(rng, dtype=np.float64)
    chosen = rng.permutation(len(digits().x))[:IMAGES]
    hs, back = net.trace(theta, digits().x[chosen].astype(np.float64))
    _, back_loss = softmax_cross_entropy(hs[-1], digits().labels[chosen])
    dhs, _ = back(back_loss())
    norms = [float(np.linalg.norm(dh)) for dh in dhs[2:-1:2]]
    return norms[0] / norms[-1]


def width_for(depth: int) -> int:
    """The width at which a net of this depth has about as many parameters as GAP_DEPTHS[1] layers of GAP_WIDTH."""
    wanted = deep_net("plain", 64, GAP_WIDTH, GAP_DEPTHS[1], 10).size
    return min(range(2, 200), key=lambda width: abs(deep_net("plain", 64, width, depth, 10).size - wanted))


type Gap = tuple[Sizing, int, int, int]  # depth, seed, how many times as long


def accuracies(settings: Sequence[Gap]) -> list[tuple[float, float]]:
    """Accuracy on training and test digits, in percent, of ReLU nets trained with Adam on few examples; they differ only
    in the seed.
    """
    sizing, depth, _, longer = settings[0]
    rngs = [np.random.default_rng(seed) for _, _, seed, _ in settings]  # the same examples for every depth
    splits = [digits().drawn(EXAMPLES, rng) for rng in rngs]
    width = width_for(depth) if sizing == "parameters" else GAP_WIDTH
    net = deep_net("skip" if sizing == "skip" else "plain", 64, width, depth, 10)
    starts = [Start(net.init(rng), s.x, s.labels, rng, GAP_ETA) for s, rng in zip(splits, rngs, strict=True)]
    found = fit_together(net, starts, optimizer=adam, steps=GAP_STEPS * longer, batch_size=BATCH)
    return [
        (100 * accuracy(net(own.theta, s.x)[0], s.labels), 100 * accuracy(net(own.theta, s.x_test)[0], s.labels_test))
        for own, s in zip(found, splits, strict=True)
    ]


def plainest(sizing: Sizing, depth: int) -> Sizing:
    """Under which sizing this very net is trained: some coincide, and are trained once."""
    same_net = width_for(depth) == GAP_WIDTH if sizing == "parameters" else depth < 3  # a block needs two more layers
    return "width" if same_net else sizing


def gaps(seeds: Sequence[int], longer: int) -> NDArray[np.float64]:
    """(sizings, depths, seeds, 2): accuracy on training and on test digits."""
    wanted = [(plainest(s, depth), depth, seed, longer) for s in SIZINGS for depth in GAP_DEPTHS for seed in seeds]
    once = list(dict.fromkeys(wanted))
    found = dict(zip(once, sweep_stacked(accuracies, once, lambda gap: (*gap[:2], gap[3])), strict=True))
    return np.reshape([found[setting] for setting in wanted], (len(SIZINGS), len(GAP_DEPTHS), len(seeds), 2))


def measure(seeds: Sequence[int] = range(20), longer: int = 1, gap_seeds: int = GAP_SEEDS) -> Measurement:
    """Before training: the gradient. After training: the gap on digits, the roughness of slices on toy data."""
    ratios = sweep(gradient_ratio, [(a, depth, seed) for a in ACTIVATIONS for depth in RATIO_DEPTHS for seed in seeds])
    ratio = np.reshape(ratios, (len(ACTIVATIONS), len(RATIO_DEPTHS), len(seeds)))
    gap = gaps(seeds[:gap_seeds], longer)
    arms: dict[tuple[Kind, Toy], tuple[int, ...]] = {
        ("plain", "spirals"): RUGGED_DEPTHS,
        ("skip", "spirals"): RUGGED_DEPTHS,
        ("skip unscaled", "spirals"): RUGGED_DEPTHS[-1:],
        ("plain", "moons"): (RUGGED_DEPTHS[0], RUGGED_DEPTHS[-1]),
    }
    settings = [
        Toys(kind, depth, seed, toy, longer)
        for (kind, toy), depths in arms.items()
        for depth in depths
        for seed in seeds
    ]
    found = iter(sweep_stacked(ruggedness, settings, lambda toys: replace(toys, seed=0)))
    return Measurement(
        ratio=dict(zip(ACTIVATIONS, ratio, strict=True)),
        train={sizing: gap[i, :, :, 0] for i, sizing in enumerate(SIZINGS)},
        test={sizing: gap[i, :, :, 1] for i, sizing in enumerate(SIZINGS)},
        rugged={arm: np.array([[next(found) for _ in seeds] for _ in depths]) for arm, depths in arms.items()},
    )


def troubles(m: Measurement) -> dict[str, bool]:
    """Which trouble grows with depth in which setting: the whole interval must say so."""
    return {
        "vanishing, sigmoid": m.per_layer("sigmoid").below(0.95),
        "vanishing, ReLU": m.per_layer("ReLU").below(0.95),
        "gap, equal width": m.gap_change("width").above(0),
        "gap, equal parameters": m.gap_change("parameters").above(0),
        "gap, skips": m.gap_change("skip").above(0),
        "rugged, spirals": m.rougher("spirals").above(0),
        "rugged, moons": m.rougher("moons").above(0),
    }


def judge(m: Measurement) -> list[Claim]:
    found = troubles(m)
    verdict: Verdict = "holds" if all(found.values()) else "holds-if" if any(found.values()) else "does-not-hold"
    sigmoid_factor, relu_factor = m.per_layer("sigmoid"), m.per_layer("ReLU")
    gap, rough = m.gap_change("width"), m.rougher("spirals")
    return [
        Claim(
            id="2.6",
            text=Text(
                "신경망이 깊어질수록 기울기 소실, 과적합, 울퉁불퉁한 손실 지형이라는 세 가지 문제가 생긴다",
                "Depth brings three troubles: vanishing gradients, over-fitting, a rugged loss landscape",
            ),
            verdict=verdict,
            finding=Text(
                f"기울기는 시그모이드에서 한 층마다 {sigmoid_factor.number()}배, ReLU와 He 초깃값에서는 {relu_factor.number()}배가 됩니다. "
                f"손글씨 숫자 {EXAMPLES}장에서 층을 {GAP_DEPTHS[0]}개에서 {GAP_DEPTHS[-1]}개로 늘리면 일반화 간극이 {gap.number(sign=True)} %p 바뀌고, "
                f"층을 {RUGGED_DEPTHS[0]}개에서 {RUGGED_DEPTHS[-1]}개로 늘리면 손실 지형의 거칠기가 {rough.number(sign=True)} 바뀝니다.",
                f"Per layer the gradient is multiplied by {sigmoid_factor.number()} with sigmoid, by {relu_factor.number()} with ReLU and He's weights. "
                f"On {EXAMPLES} digits, going from {GAP_DEPTHS[0]} to {GAP_DEPTHS[-1]} layers changes the generalization gap by {gap.number(sign=True)} points; "
                f"from {RUGGED_DEPTHS[0]} to {RUGGED_DEPTHS[-1]} layers the landscape's roughness changes by {rough.number(sign=True)}.",
            ),
            estimate=gap,
            unit=Text(
                f"%p, 간극의 변화, 층 {GAP_DEPTHS[0]}개 → {GAP_DEPTHS[-1]}개",
                f"percentage points, change of the gap, {GAP_DEPTHS[0]} → {GAP_DEPTHS[-1]} layers",
            ),
            shown=same(gap.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    plain, moons = m.rugged["plain", "spirals"], m.rugged["plain", "moons"]
    worst = min(float(m.train[sizing].mean(axis=1).min()) for sizing in SIZINGS)
    return {
        "sigmoid_factor": same(m.per_layer("sigmoid").shown()),
        "sigmoid_theory": same(f"{predict(RATIO_WIDTH, 1 / RATIO_WIDTH):.3f}"),
        "sigmoid_ten": same(scientific(float(np.median(m.ratio["sigmoid"][RATIO_DEPTHS.index(10)])), 1)),
        "relu_factor": same(m.per_layer("ReLU").shown()),
        "gap_width": same(m.gap_change("width").shown(sign=True)),
        "gap_parameters": same(m.gap_change("parameters").shown(sign=True)),
        "test_width": same(m.test_change("width").shown(sign=True)),
        "gap_skip": same(m.gap_change("skip").shown(sign=True)),
        "train_worst": same(f"{worst:.1f}"),
        "narrowest": same(str(width_for(GAP_DEPTHS[-1]))),
        "widest": same(str(width_for(GAP_DEPTHS[0]))),
        "rough_shallow": same(number(float(plain[0, :, 0].mean()), 3)),
        "rough_deep": same(mean_interval(plain[-1, :, 0]).shown()),
        "moons_shallow": same(number(float(moons[0, :, 0].mean()), 3)),
        "moons_deep": same(mean_interval(moons[-1, :, 0]).shown()),
        "seeds": same(str(plain.shape[1])),
        "examples": same(str(EXAMPLES)),
        "gap_shallowest": same(str(GAP_DEPTHS[0])),
        "gap_deepest": same(str(GAP_DEPTHS[-1])),
        "deepest": same(str(RUGGED_DEPTHS[-1])),
        "shallowest": same(str(RUGGED_DEPTHS[0])),
    }


def with_interval(axes: Axes, x: Sequence[int], values: NDArray[np.float64], **line: Any) -> None:
    """The mean over seeds, (x, seeds), with its 95 % interval."""
    found = [mean_interval(row) for row in values]
    axes.plot(x, [e.value for e in found], **line)
    style.band(axes, x, [e.low for e in found], [e.high for e in found], str(line["color"]))


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (top, middle, bottom) = style.figure(6.4, nrows=3)
    for activation, line in zip(ACTIVATIONS, style.SERIES, strict=False):
        low, median, high = np.quantile(m.ratio[activation], [0.05, 0.5, 0.95], axis=1)
        top.plot(RATIO_DEPTHS, median, label=Text({"sigmoid": "시그모이드"}.get(activation, activation), activation)[lang], **line)  # fmt: skip
        style.band(top, RATIO_DEPTHS, low, high, str(line["color"]))
    factor = predict(RATIO_WIDTH, 1 / RATIO_WIDTH)
    depths = np.array(RATIO_DEPTHS)
    for base, label in ((factor, Text("넓은 층의 이론", "theory for wide layers")[lang]), (1.0, None)):
        top.plot(depths, base ** (depths - 1.0), color=style.INK, linestyle="--", linewidth=1, label=label)
    style.log(top.yaxis, [1e-18, 1e-12, 1e-6, 1])
    top.set_ylabel(Text("첫 층 / 마지막 층 기울기", "gradient, first / last layer")[lang])
    top.legend(loc="lower left")
    labels = {
        "width": Text("폭이 같을 때", "equal width"),
        "parameters": Text("매개변수 수가 같을 때", "equal number of parameters"),
        "skip": Text("폭이 같고 건너뛰는 연결이 있을 때", "equal width, with skip connections"),
    }
    other = {"marker": "x", "linestyle": ":"}
    for sizing, line in zip(SIZINGS, (style.SERIES[1], style.SERIES[1] | other, style.SERIES[2]), strict=True):
        with_interval(middle, GAP_DEPTHS, m.train[sizing] - m.test[sizing], label=labels[sizing][lang], **line)
    middle.set_ylabel(Text("일반화 간극 (%p)", "generalization gap (points)")[lang])
    middle.set_xticks(GAP_DEPTHS)
    middle.set_ylim(bottom=0)
    middle.legend(loc="upper left")
    rough = m.rugged["plain", "spirals"][:, :, 0]
    with_interval(bottom, RUGGED_DEPTHS, rough, label=Text("나선", "spirals")[lang], **style.SERIES[1])
    moons = m.rugged["plain", "moons"][:, :, 0]
    ends = [RUGGED_DEPTHS[0], RUGGED_DEPTHS[-1]]
    found = [mean_interval(row) for row in moons]
    bottom.errorbar(ends, [e.value for e in found], [e.margin for e in found], capsize=3, elinewidth=1,
                    label=Text("초승달 둘 (폭 두 배)", "moons (twice as wide)")[lang], **style.SERIES[1] | other)  # fmt: skip
    bottom.set_ylabel(Text("손실 지형의 거칠기", "roughness of the landscape")[lang])
    bottom.set_ylim(bottom=0)
    bottom.set_xticks(RUGGED_DEPTHS)
    bottom.set_xlabel(Text("깊이 (은닉층의 수)", "depth (hidden layers)")[lang])
    bottom.legend(loc="upper left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    found = troubles(m)
    n, n_gap = m.ratio["sigmoid"].shape[1], m.train["width"].shape[1]
    grown = sum(found.values())
    title = Text(
        f"깊어지면 나빠집니까? {len(found)}가지로 재니 {grown}가지에서 그렇습니다",
        f"Does depth make it worse? In {grown} of the {len(found)} ways we measured it",
    )[lang]
    gaps = [", ".join(f"{x:.1f}" for x in (m.train[s] - m.test[s]).mean(axis=1)) for s in SIZINGS]
    rough = ", ".join(f"{x:.3f}" for x in m.rugged["plain", "spirals"][:, :, 0].mean(axis=1))
    return {
        "ko": Words(
            title,
            f"위: 학습 전, 폭 {RATIO_WIDTH}, 손글씨 숫자 {IMAGES}장, 시그모이드는 Xavier·ReLU는 He 초깃값, 띠는 시드의 5–95 %. 가운데: 숫자 {EXAMPLES}장을 학습한 ReLU 신경망, 시드 {n_gap}개. 아래: 점 {POINTS}개를 학습한 ReLU 신경망의 손실 단면. 가운데와 아래의 띠는 평균의 95 % 구간. 위와 아래는 시드 {n}개.",
            f"세 그래프의 가로축은 깊이. 위: 시그모이드의 기울기 비는 이론선을 따라 곧게 떨어지고 ReLU는 1 근처. 가운데: 간극은 폭이 같을 때 {gaps[0]}, 매개변수 수가 같을 때 {gaps[1]}, 건너뛰는 연결이 있을 때 {gaps[2]} %p. 아래: 거칠기 {rough}.",
        ),
        "en": Words(
            title,
            f"Top: before training, width {RATIO_WIDTH}, {IMAGES} digits, Xavier's weights for sigmoid and He's for ReLU; bands hold 5–95% of the seeds. Middle: ReLU nets trained on {EXAMPLES} digits, {n_gap} seeds. Bottom: slices through the loss of ReLU nets trained on {POINTS} points. Bands in these two: 95% interval of the mean. {n} seeds above and below.",
            f"Three plots against depth. Top: the ratio of gradients falls straight along the theory for sigmoid and stays near 1 for ReLU. Middle: the gap is {gaps[0]} points at equal width, {gaps[1]} at equal numbers of parameters, {gaps[2]} with skip connections. Bottom: roughness {rough}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1050), "longer": 3, "gap_seeds": 50},
    sweeps=True,
)
