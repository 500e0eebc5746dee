"""How many paths a ReLU network has, how many of them an example opens, and whether the gradient arrives (claim 4.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import softmax_cross_entropy
from gradbook import style
from gradbook.ch2_approximation.bn_stack import hidden
from gradbook.ch4_big_picture.deep_relu import (
    BATCH,
    DEEPER,
    DEPTH,
    ETAS,
    GUESSING,
    IMAGES,
    SCALES,
    STEPS,
    TRAINED,
    WIDE,
    WIDTHS,
    active_units,
    deep_relu,
    log_paths,
    reached,
    trained,
)
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, number, scientific, significant_decimals
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

NETS = 10  # drawn a seed of narrow layers, where the examples of a network share its fate
ARRIVES, LEARNED = 0.01, 80.0  # the ratio of gradients, or its inverse; percent


def narrow(setting: tuple[int, int]) -> NDArray[np.int64]:
    """Active units of NETS networks together: (NETS · examples, layers)."""
    width, seed = setting
    net, rng = deep_relu(1.0, DEPTH, width), np.random.default_rng([seed, width])
    return np.concatenate([active_units(net, net.init(rng), digits().x[:IMAGES]) for _ in range(NETS)])


def wide(seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64], int]:
    """(active units (examples, layers), ln first gradient over last for each scale, how often z was exactly 0)."""
    net, rng = deep_relu(1.0, DEPTH), np.random.default_rng(seed)
    x, labels = digits().x[:IMAGES], digits().labels[:IMAGES]
    theta = net.init(rng)
    hs, _ = net.trace(theta, x)
    zeros = sum(int((hs[k - 1] == 0).sum()) for k in hidden(net))
    ratios = []
    for scale in SCALES:
        scaled = theta.astype(np.float64)
        scaled[: -(WIDE + 1) * 10] *= scale  # biases are 0
        hs, back = net.trace(scaled, x)
        dhs, _ = back(softmax_cross_entropy(hs[-1], labels)[1]())
        first, last = (np.linalg.norm(dhs[hidden(net)[k]]) for k in (0, -1))
        ratios.append(np.log(first / last))
    return active_units(net, theta, x), np.array(ratios), zeros


@dataclass(frozen=True)
class Measurement:
    active: dict[int, NDArray[np.int64]]  # by width: units that are on, (seeds, examples, layers)
    log_ratio: NDArray[np.float64]  # ln ‖∂C/∂h₁‖ / ‖∂C/∂h_L‖ at the width WIDE, (scales, seeds)
    right: NDArray[np.float64]  # training accuracy, percent, (scales, depths, rates, seeds)
    deeper: NDArray[np.float64]  # the same of DEEPER layers with He's weights, (rates, seeds)
    zeros: int  # inputs to wide ReLUs that were exactly 0 …
    inputs: int  # … out of so many

    def found(self, width: int) -> NDArray[np.float64]:
        """Percentage of a seed's examples that have an open path through the first 1, 2, … layers: (seeds, layers)."""
        return np.asarray(100 * (np.cumprod(self.active[width] > 0, axis=2)).mean(axis=1))

    def open(self) -> NDArray[np.float64]:
        """log₁₀ of the number of open paths through the first 1, 2, … layers, mean over examples: (seeds, layers)."""
        units = self.active[WIDE]
        return np.stack([log_paths(units[..., :k]).mean(axis=1) for k in range(1, DEPTH + 1)], axis=1)

    def share(self) -> Estimate:
        """The share of a layer's paths that stays open, geometric mean."""
        per_layer = (self.open()[:, -1] - DEPTH * np.log10(WIDE)) / DEPTH
        return mean_interval(per_layer * np.log(10)).exp()

    def ratio(self, scale: float) -> Estimate:
        return mean_interval(self.log_ratio[SCALES.index(scale)]).exp()

    def tuned(self, scale: float, depth: int) -> NDArray[np.float64]:
        """Each seed's training accuracy at the rate that did best on the other seeds."""
        return at_the_others_best(self.right[SCALES.index(scale), TRAINED.index(depth)])

    def learned(self, scale: float, depth: int) -> Estimate:
        return mean_interval(self.tuned(scale, depth))

    def arrives(self, scale: float) -> bool:
        """Neither lost nor blown up a hundredfold on its way, and the deep network learns."""
        ratio = self.ratio(scale)
        return ratio.above(ARRIVES) and ratio.below(1 / ARRIVES) and self.learned(scale, TRAINED[-1]).above(LEARNED)


def at_the_others_best(right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each seed's accuracy at the rate that did best on the other seeds: (rates, seeds) -> (seeds,)."""
    chosen = np.argmax(right.sum(axis=1, keepdims=True) - right, axis=0)
    return np.asarray(right[chosen, np.arange(right.shape[1])])


def measure(seeds: Sequence[int] = range(20), taught: Sequence[int] = range(5)) -> Measurement:
    """Paths with `seeds` before training; trained with `taught`, each of these at the rate that did best on the others."""
    n, seen = len(seeds), sweep(wide, seeds)
    few = sweep(narrow, [(width, seed) for width in WIDTHS[:-1] for seed in seeds])
    active = {width: np.stack(few[k * n : (k + 1) * n]) for k, width in enumerate(WIDTHS[:-1])}
    active[WIDE] = np.stack([one[0] for one in seen])
    settings = [(scale, depth) for scale in SCALES for depth in TRAINED]
    *found, deeper = sweep(trained, [(scale, depth, tuple(taught)) for scale, depth in [*settings, (1.0, DEEPER)]])
    return Measurement(
        active,
        np.stack([one[1] for one in seen], axis=1),
        np.reshape(found, (len(SCALES), len(TRAINED), len(ETAS), len(taught))),
        deeper,
        sum(one[2] for one in seen),
        active[WIDE].size * WIDE,
    )


def judge(m: Measurement) -> list[Claim]:
    arrives = [m.arrives(scale) for scale in SCALES]
    he = arrives[SCALES.index(1.0)]
    verdict: Verdict = "holds" if all(arrives) else "holds-if" if he else "does-not-hold"
    half, one, double = (m.ratio(scale) for scale in SCALES)
    return [
        Claim(
            id="4.4",
            text=Text(
                "ReLU는 0 위에서 늘 미분값이 있어서 기울기가 끝까지 전달된다",
                "ReLU has a derivative everywhere above 0, so the gradient reaches the end",
            ),
            verdict=verdict,
            finding=Text(
                f"은닉층 {DEPTH}개의 마지막에서 첫 층까지 되돌아온 기울기는 He 초깃값에서 {short(one.value)}배이지만, 가중치가 그 절반이면 {short(half.value)}배, 두 배면 {short(double.value)}배입니다. 초깃값의 크기가 맞아야 합니다.",
                f"From the last of {DEPTH} hidden layers back to the first the gradient is multiplied by {short(one.value)} with He's weights, but by {short(half.value)} with half of them and {short(double.value)} with twice them: their size must fit.",
            ),
            estimate=one,
            unit=Text(
                f"배, 첫 층 ÷ 마지막 층의 기울기, 은닉층 {DEPTH}개",
                f"times, gradient of the first layer over the last's, {DEPTH} hidden layers",
            ),
        )
    ]


def short(x: float) -> str:
    return scientific(x) if x < 1e-3 or x >= 1e5 else number(x, significant_decimals(x, 2))


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        "depth": str(DEPTH),
        "more_layers": str(DEEPER),
        "deeper": mean_interval(at_the_others_best(m.deeper)).shown(),
        "width": str(WIDE),
        "images": str(IMAGES),
        "nets": str(NETS),
        "all": scientific(float(WIDE) ** DEPTH),
        "open": scientific(10 ** float(m.open()[:, -1].mean())),
        "percent": short(10 ** float(m.open()[:, -1].mean() - DEPTH * np.log10(WIDE)) * 100),
        "share": m.share().shown(),
        "zeros": f"{m.zeros:,}",
        "inputs": f"{m.inputs:,}",
        "seeds": str(len(m.active[WIDE])),
        "taught": str(m.right.shape[3]),
        "steps": str(STEPS),
        "batch": str(BATCH),
    }
    for width in WIDTHS[:-1]:
        found[f"reached_{width}"] = short(float(m.found(width)[:, -1].mean()))
        found[f"expected_{width}"] = short(float(reached(width, np.array(DEPTH))))
    for scale, key in zip(SCALES, ("half", "he", "double"), strict=True):
        found[f"ratio_{key}"] = short(m.ratio(scale).value)
        found[f"shallow_{key}"] = m.learned(scale, TRAINED[0]).shown()
        found[f"deep_{key}"] = m.learned(scale, TRAINED[-1]).shown()
    return {key: same(value) for key, value in found.items()}


COLORS = dict(zip(SCALES, (style.SKY, style.RED, style.YELLOW), strict=True))


def draw(m: Measurement, lang: Lang) -> Figure:
    made, ((left, right), (lower, rest)) = style.figure(4.7, nrows=2, ncols=2)
    layers = np.arange(1, DEPTH + 1)
    every = left.plot(layers, layers * np.log10(WIDE), color=style.INK, linestyle="--", linewidth=1.1)[0]
    left.plot(layers, layers * np.log10(WIDE / 2), color=style.INK, linewidth=0.8, zorder=4)
    left.plot(layers, m.open().mean(axis=0), **style.SERIES[3])
    left.set_yticks([0, 3, 6, 9, 12], ["1", "10³", "10⁶", "10⁹", "10¹²"])
    left.set_title(Text(f"길의 수 (폭 {WIDE})", f"paths (width {WIDE})")[lang])
    for k, width in enumerate(WIDTHS):
        look: dict[str, Any] = dict(style.SERIES[k])
        each = m.found(width)
        right.plot(layers, reached(width, layers), color=style.INK, linewidth=0.8, zorder=4)
        right.plot(layers, each.mean(axis=0), label=Text(f"폭 {width}", f"width {width}")[lang], **look)
    right.set(ylim=(-4, 104))
    right.set_title(Text("열린 길이 있는 표본 (%)", "examples with an open path (%)")[lang])
    for axes in (left, right):
        axes.set_xlabel(Text("은닉층의 수", "hidden layers")[lang])
        axes.set_xticks(layers)
    for k, scale in enumerate(SCALES):
        for j, depth in enumerate(TRAINED):
            each = m.tuned(scale, depth)
            place = k + 0.22 * (2 * j - 1)
            face = style.PAPER if j == 0 else COLORS[scale]
            lower.bar(place, each.mean(), 0.4, color=face, edgecolor=COLORS[scale])
            lower.plot(place + np.linspace(-0.1, 0.1, len(each)), each, ".", color=style.INK, markersize=3)
    lower.axhline(GUESSING, color=style.INK, linestyle=":", linewidth=1.1)
    lower.set_xticks(range(len(SCALES)), [told(scale)[lang] for scale in SCALES])
    lower.set_ylim(0, 104)
    lower.set_title(Text("학습 정확도 (%)", "training accuracy (%)")[lang])
    lower.set_xlabel(Text(f"가중치 (왼쪽 {TRAINED[0]}층, 오른쪽 {TRAINED[1]}층)", f"weights (left {TRAINED[0]}, right {TRAINED[1]} layers)")[lang])  # fmt: skip
    rest.set_axis_off()
    handles, labels = right.get_legend_handles_labels()
    theory = rest.plot([], [], color=style.INK, linewidth=0.8)[0]
    guess = rest.plot([], [], color=style.INK, linestyle=":", linewidth=1.1)[0]
    opened_ = Text("열린 길|모든 길|이론|찍기", "open paths|all paths|theory|guessing")[lang].split("|")
    path = rest.plot([], [], **style.SERIES[3])[0]
    rest.legend([path, every, theory, *handles, guess], [*opened_[:3], *labels, opened_[3]], loc="center")
    return made


def told(scale: float) -> Text:
    return {0.5: Text("He의 ½", "½ He"), 1.0: same("He"), 2.0: Text("He의 2배", "2 He")}[scale]


def words(m: Measurement, lang: Lang) -> Words:
    n = {key: text[lang] for key, text in numbers(m).items()}
    deep = [m.learned(scale, TRAINED[-1]).number() for scale in SCALES]
    return {
        "ko": Words(
            f"한 층에 길의 절반이 닫혀도 {n['open']}개가 열려 있습니다. 배우는지는 가중치의 크기가 정합니다",
            f"왼쪽 위: 은닉층을 지나는 길. 오른쪽 위: 모든 층에서 하나라도 켜진 표본. 시드 {n['seeds']}개, 손글씨 숫자 {IMAGES}장, 학습 전. 아래: SGD, 배치 {BATCH}, {STEPS}걸음, 점은 시드 하나({n['taught']}개)로, 다른 시드에서 가장 좋았던 학습률을 씁니다.",
            f"은닉층 {DEPTH}개, 폭 {WIDE}: 길 {n['all']}개 가운데 {n['open']}개가 열려 있습니다. 열린 길이 있는 표본은 폭 1, 2, 4에서 {n['reached_1']}, {n['reached_2']}, {n['reached_4']} %. 깊은 신경망의 학습 정확도는 He의 절반, He, 두 배에서 {', '.join(deep)} %.",
        ),
        "en": Words(
            f"Half of the paths close at each layer, and {n['open']} stay open; whether it learns is up to the size of the weights",
            f"Top left: paths through the hidden layers. Top right: examples for which some unit of every layer is on. {n['seeds']} seeds, {IMAGES} digits, before training. Bottom: SGD, batches of {BATCH}, {STEPS} steps; dots are single seeds ({n['taught']}), each at the rate that did best on the others.",
            f"With {DEPTH} hidden layers of width {WIDE}, {n['open']} of {n['all']} paths are open. Examples with an open path at widths 1, 2, 4: {n['reached_1']}, {n['reached_2']}, {n['reached_4']}%. Training accuracy of the deep network with half of He's weights, He's and twice: {', '.join(deep)}%.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200), "taught": range(1000, 1020)},
    sweeps=True,
)
