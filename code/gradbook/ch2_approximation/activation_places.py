"""Where the numbers that enter ReLU lie, layer by layer, through training, with and without BN (claim 2.15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import BatchNorm, Dense, fit, sgd
from gradbook import style
from gradbook.ch2_approximation.bn_stack import WIDTH, Stack, stack
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.stats import Estimate, mean_interval, order, power_of_ten_above
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

DEPTH, SHOWN = 10, (1, 4, 7, 10)
STEPS = (0, 10, 30, 100, 300)
ETA, BATCH, IMAGES = 0.05, 64, 256
EDGES = np.linspace(-4, 4, 49)
KINDS: tuple[Stack, ...] = ("ReLU", "ReLU+BN")


@dataclass(frozen=True)
class Places:
    """What enters the ReLUs of one network on one batch, layer by layer."""

    before: NDArray[np.float64]  # z = Wh + b as a density over EDGES, (layers, bins)
    after: NDArray[np.float64]  # what enters ReLU: z, or BN's output
    one_sided: NDArray[np.float64]  # share of units whose whole batch lies on one side of 0, (layers,)
    alike: NDArray[np.float64]  # mean cosine between the z of two images, (layers,)
    error: float  # largest distance of BN's output from mean β and standard deviation |γ|σ/√(σ² + ε); 0 without BN


@dataclass(frozen=True)
class Measurement:
    places: dict[Stack, list[Places]]  # one for each of STEPS, seed 0
    one_sided: dict[Stack, NDArray[np.float64]]  # before training, (seeds, layers)
    alike: dict[Stack, NDArray[np.float64]]  # the same

    def difference(self) -> Estimate:
        """One-sided units of the last hidden layer before training, with BN minus without, in percentage points."""
        with_bn, without = (self.one_sided[kind][:, -1] for kind in ("ReLU+BN", "ReLU"))
        return mean_interval(100 * (with_bn - without))


def places(kind: Stack, theta: NDArray[np.floating], x: NDArray[np.floating]) -> Places:
    net = stack(kind, DEPTH)
    hs, _ = net.trace(theta.astype(np.float64), x, train=True)
    dense = [k for k, layer in enumerate(net.layers) if isinstance(layer, Dense)][:-1]
    normed = [k for k, layer in enumerate(net.layers) if isinstance(layer, BatchNorm)]
    before = [hs[k + 1] for k in dense]
    after = [hs[k + 1] for k in normed] or before
    error = 0.0
    for k, z, y in zip(normed, before, after, strict=False):
        params = net.views(theta)[k]
        spread = np.abs(params["gamma"]) * z.std(axis=0) / np.sqrt(z.var(axis=0) + 1e-5)
        error = max(error, np.abs(y.mean(axis=0) - params["beta"]).max(), np.abs(y.std(axis=0) - spread).max())
    return Places(
        before=np.stack([density(z) for z in before]),
        after=np.stack([density(y) for y in after]),
        one_sided=np.array([((y > 0).all(axis=0) | (y <= 0).all(axis=0)).mean() for y in after]),
        alike=np.array([cosine(y) for y in after]),
        error=float(error),
    )


def cosine(z: NDArray[np.floating]) -> float:
    """Mean cosine of the angle between two rows: 1 if all point the same way, 0 if they have nothing in common."""
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    n = len(z)
    return float((np.sum(unit.sum(axis=0) ** 2) - n) / (n * (n - 1)))


def density(z: NDArray[np.floating]) -> NDArray[np.float64]:
    """Shares of z per unit of length; what lies beyond the edges counts in the last bin."""
    counts, _ = np.histogram(np.clip(z, EDGES[0], EDGES[-1]), EDGES)
    return np.asarray(counts / counts.sum() / np.diff(EDGES))


def at_start(seed: int) -> NDArray[np.float64]:
    """(kinds, 2, layers): share of one-sided units and mean cosine between images, before training."""
    data = digits()
    rows = np.random.default_rng(seed).permutation(len(data.x))[:IMAGES]
    found = []
    for kind in KINDS:
        theta = stack(kind, DEPTH).init(np.random.default_rng([seed, 1]), dtype=np.float64)
        seen = places(kind, theta, data.x[rows])
        found.append(np.stack([seen.one_sided, seen.alike]))
    return np.stack(found)


def through_training(kind: Stack) -> list[Places]:
    """Seed 0, seen on the same images at each of STEPS."""
    data, net, rng = digits(), stack(kind, DEPTH), np.random.default_rng(0)
    thetas = {0: net.init(rng)}
    fit(
        net, thetas[0], data.x, data.labels, rng=rng, optimizer=partial(sgd, eta=ETA), steps=STEPS[-1], batch_size=BATCH,
        callback=lambda step: thetas.__setitem__(step.number, step.theta) if step.number in STEPS else None,
    )  # fmt: skip
    return [places(kind, thetas[step], data.x[:IMAGES]) for step in STEPS]


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """One training run to look at; one-sided units counted over seeds, before training."""
    found = np.stack(sweep(at_start, seeds))
    return Measurement(
        places=dict(zip(KINDS, sweep(through_training, KINDS), strict=True)),
        one_sided={kind: found[:, k, 0] for k, kind in enumerate(KINDS)},
        alike={kind: found[:, k, 1] for k, kind in enumerate(KINDS)},
    )


def judge(m: Measurement) -> list[Claim]:
    error, difference = max(p.error for p in m.places["ReLU+BN"]), m.difference()
    placed = error < 1e-6
    return [
        Claim(
            id="2.15",
            text=Text(
                "배치 정규화는 자료를 어디에, 얼마나 퍼지게 놓을지 정한다",
                "Batch normalization places the data: where, and how spread out",
            ),
            verdict="does-not-hold" if not placed else "holds" if difference.below(0) else "holds-if",
            finding=Text(
                f"BN의 출력은 뉴런마다 평균이 β, 표준편차가 |γ|입니다(ε의 몫까지 셈하면 차이는 {order(power_of_ten_above(error))} 아래). "
                f"배치 전체가 0의 한쪽에 놓인 뉴런은 {DEPTH}번째 층에서 {difference.shown(sign=True)} %p 바뀝니다.",
                f"Each unit's BN output has mean β and standard deviation |γ| (to within {order(power_of_ten_above(error))}, ε accounted for). "
                f"In layer {DEPTH} it changes the share of units whose whole batch lies on one side of 0 by {difference.shown(sign=True)} points.",
            ),
            estimate=difference,
            unit=Text(
                f"%p, {DEPTH}번째 층의 한쪽 뉴런, 학습 전",
                f"percentage points of one-sided units, layer {DEPTH}, before training",
            ),
            shown=same(difference.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    share = {kind: mean_interval(100 * found[:, -1]) for kind, found in m.one_sided.items()}
    first = mean_interval(100 * m.one_sided["ReLU"][:, 0])
    return {
        "first_layer": same(first.shown()),
        "last_layer": same(share["ReLU"].shown()),
        "last_layer_bn": same(f"{100 * m.one_sided['ReLU+BN'][:, -1].mean():.1f}"),
        "alike_first": same(mean_interval(m.alike["ReLU"][:, 0]).shown()),
        "alike_last": same(mean_interval(m.alike["ReLU"][:, -1]).shown()),
        "alike_bn": same(mean_interval(m.alike["ReLU+BN"][:, -1]).shown()),
        "shown_before": same(f"{100 * m.places['ReLU'][0].one_sided[-1]:.0f}"),
        "shown_after": same(f"{100 * m.places['ReLU'][-1].one_sided[-1]:.0f}"),
        "longest": same(str(STEPS[-1])),
        "depth": same(str(DEPTH)),
        "seeds": same(str(len(m.one_sided["ReLU"]))),
    }


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, panels = style.figure(4.2, nrows=len(SHOWN), ncols=2, sharex=True, sharey=True)
    middle = (EDGES[1:] + EDGES[:-1]) / 2
    columns = (Text("BN 없음", "without BN"), Text("BN 있음", "with BN"))
    for column, (kind, title) in enumerate(zip(KINDS, columns, strict=True)):
        seen = m.places[kind][i]
        for row, layer in enumerate(SHOWN):
            axes = panels[row][column]
            axes.fill_between(middle, np.minimum(seen.after[layer - 1], 1.2), step="mid", color=style.ORANGE, alpha=0.75,
                              linewidth=0)  # fmt: skip
            if kind == "ReLU+BN":
                axes.step(middle, np.minimum(seen.before[layer - 1], 1.2), where="mid", color=style.INK, linewidth=1,
                          label=Text("BN 앞", "before BN")[lang])  # fmt: skip
            axes.axvline(0, color=style.INK, linestyle=":", linewidth=1)
            one_sided = f"{100 * seen.one_sided[layer - 1]:.0f}"
            axes.text(0.98, 0.93, Text(f"한쪽: {one_sided} %", f"one-sided: {one_sided}%")[lang], transform=axes.transAxes,
                      ha="right", va="top")  # fmt: skip
            axes.set_yticks([])
            axes.grid(visible=False)
            axes.set_ylim(0, 1.25)
            if column == 0:
                axes.set_ylabel(Text(f"층 {layer}", f"layer {layer}")[lang])
        panels[0][column].set_title(title[lang])
        panels[-1][column].set_xlabel(Text("ReLU에 들어가는 값", "what enters ReLU")[lang])
    panels[0][1].legend(loc="upper left", handlelength=1.2, borderaxespad=0.1)
    panels[0][0].set_xlim(EDGES[0], EDGES[-1])
    return made


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    without, normed = (", ".join(f"{100 * m.places[kind][i].one_sided[k - 1]:.0f}%" for k in SHOWN) for kind in KINDS)
    layers = ", ".join(map(str, SHOWN))
    return Text(
        f"{STEPS[i]}걸음 뒤 층 {layers}의 분포. 배치 전체가 0의 한쪽에 놓인 뉴런의 비율은 BN이 없으면 차례로 {without}, 있으면 {normed}입니다.",
        f"Distributions in layers {layers} after {STEPS[i]} steps. Units whose whole batch lies on one side of 0: {without} without BN, {normed} with it.",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    without, normed = (100 * m.one_sided[kind][:, -1].mean() for kind in KINDS)
    return {
        "ko": Words(
            f"배치 전체가 0의 한쪽에 놓인 뉴런: {DEPTH}번째 층에서 BN이 없으면 {without:.0f} %, 있으면 {normed:.0f} %",
            f"제목의 비율은 학습 전 시드 {len(m.one_sided['ReLU'])}개의 평균입니다. 그림은 시드 0, 은닉층 {DEPTH}개(폭 {WIDTH}), 손글씨 숫자 {IMAGES}장, SGD η = {ETA:g}, 배치 {BATCH}. 주황은 ReLU에 들어가는 값의 분포, 선은 BN을 지나기 전의 분포, ‘한쪽’은 배치 전체가 0의 한쪽에 놓인 뉴런의 비율입니다. ±4를 넘는 값은 끝 칸에 넣었습니다.",
            frame_alt(m, lang, 0),
        ),
        "en": Words(
            f"Units whose whole batch lies on one side of 0, layer {DEPTH}: {without:.0f}% without BN, {normed:.0f}% with it",
            f"The title's shares are means of {len(m.one_sided['ReLU'])} seeds before training. The figure: seed 0, {DEPTH} hidden layers (width {WIDTH}), {IMAGES} digits, SGD η = {ETA:g}, batches of {BATCH}. Orange: what enters ReLU; line: the same before BN; “one-sided”: share of units whose whole batch lies on one side of 0. Values beyond ±4 count in the outermost bins.",
            frame_alt(m, lang, 0),
        ),
    }[lang]


SLIDER = Slider(Text("학습한 걸음", "training steps"), tuple(map(str, STEPS)), 0)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=(SLIDER,), frame_alt=frame_alt),
    full={"seeds": range(1000, 1200)},
    sweeps=True,
)
