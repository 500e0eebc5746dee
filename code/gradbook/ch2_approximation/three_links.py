"""Three sigmoid links: the product of three slopes, and of three links, against its bound 1/4³ (claim 2.8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, accuracy, adam, fit, local_derivatives, sigmoid, xavier_normal
from gradbook import style
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, scientific, ten_to
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

When = Literal["before", "after"]
WIDTH, PATHS = 50, 2000
STEPS, ETA, BATCH = 600, 0.01, 50
BOUND = 0.25**3
SHARE = 0.1  # "far less" than the bound: a tenth of it or less
BINS = np.arange(-6.0, 1.01, 0.2)  # powers of ten of product / bound


@dataclass(frozen=True)
class Seed:
    slopes: dict[When, NDArray[np.float64]]  # σ′σ′σ′ / bound along random paths, (paths,)
    links: dict[When, NDArray[np.float64]]  # the same, each slope times its weight's size
    accuracy: float  # on the test digits, in percent


def one_seed(seed: int) -> Seed:
    """A 64-50-50-50-10 sigmoid net on digits; a path takes one test image and one unit of each hidden layer."""
    rng = np.random.default_rng(seed)
    chosen = digits().drawn(1297, rng)
    sizes = [64, WIDTH, WIDTH, WIDTH]
    layers = [
        layer
        for fan_in, fan_out in pairwise(sizes)
        for layer in (Dense(fan_in, fan_out, xavier_normal), Activation(sigmoid))
    ]
    net = Network([*layers, Dense(WIDTH, 10, xavier_normal)])
    theta = net.init(rng)
    found = fit(net, theta, chosen.x, chosen.labels, optimizer=partial(adam, eta=ETA), steps=STEPS, batch_size=BATCH,
                rng=rng)  # fmt: skip
    image = rng.integers(len(chosen.x_test), size=PATHS)
    units = rng.integers(WIDTH, size=(3, PATHS))
    pixel = rng.integers(64, size=PATHS)
    slopes: dict[When, NDArray[np.float64]] = {}
    links: dict[When, NDArray[np.float64]] = {}
    states: dict[When, NDArray[np.float32]] = {"before": theta, "after": found.theta}
    for when, state in states.items():
        hs, _ = net.trace(state, chosen.x_test)
        h = np.array([hs[2 * k + 2][image, units[k]] for k in range(3)], dtype=np.float64)
        slopes[when] = np.prod(h * (1 - h), axis=0) / BOUND
        W = [net.views(state)[2 * k]["W"] for k in range(3)]
        weights = W[0][pixel, units[0]] * W[1][units[0], units[1]] * W[2][units[1], units[2]]
        links[when] = slopes[when] * np.abs(weights)
    scores, _ = net(found.theta, chosen.x_test)
    return Seed(slopes, links, 100 * accuracy(scores, chosen.labels_test))


@dataclass(frozen=True)
class Measurement:
    net: list[Seed]
    chain: NDArray[np.float64]  # |links| of one-neuron chains with weights U(−1, 1) / bound, (seeds, paths)
    chain_slopes: NDArray[np.float64]

    def share_above(self, what: Literal["slopes", "links"], when: When, level: float) -> Estimate:
        """Share of paths, in percent, whose product exceeds `level` times the bound; a seed is one observation."""
        return mean_interval([100 * float(np.mean(getattr(s, what)[when] > level)) for s in self.net])

    def typical(self, what: Literal["slopes", "links"], when: When) -> Estimate:
        """The median product over the bound, over seeds."""
        return mean_interval([np.log(np.median(getattr(s, what)[when])) for s in self.net]).exp()

    def largest(self) -> float:
        return max(float(s.slopes[when].max()) for s in self.net for when in s.slopes)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Networks before and after training with Adam; and chapter 1's chains."""
    chain, chain_slopes = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        w = rng.uniform(-1, 1, size=(3, PATHS))
        links = np.abs(local_derivatives(rng.uniform(size=PATHS), w))
        chain.append(links.prod(axis=0) / BOUND)
        chain_slopes.append((links / np.abs(w)).prod(axis=0) / BOUND)
    return Measurement(sweep(one_seed, seeds), np.array(chain), np.array(chain_slopes))


def judge(m: Measurement) -> list[Claim]:
    fresh, trained = m.typical("slopes", "before"), m.typical("slopes", "after")
    far = [m.typical(what, when).below(SHARE) for what in ("slopes", "links") for when in ("before", "after")]
    bounded = m.largest() <= 1
    verdict: Verdict = "does-not-hold" if not bounded or not any(far) else "holds" if all(far) else "holds-if"
    links = m.typical("links", "after")
    return [
        Claim(
            id="2.8",
            text=Text(
                "시그모이드 고리 셋만 지나도 기울기는 1/4³ 이하이고, 보통은 그보다 훨씬 작다",
                "Three sigmoid links give at most 1/4³, and usually far less",
            ),
            verdict=verdict,
            finding=Text(
                f"σ′ 셋의 곱은 언제나 1/4³ 이하입니다. 보통의 곱은 학습 전에 상한의 {100 * fresh.value:.0f} %, 학습 뒤에 {100 * trained.value:.0f} %입니다. 가중치까지 곱하면 학습 뒤에도 상한의 {100 * links.value:.1g} %입니다.",
                f"The product of three σ′ never exceeds 1/4³. A typical one is {100 * fresh.value:.0f}% of the bound before training, {100 * trained.value:.0f}% after. With the weights multiplied in it is {100 * links.value:.1g}% even after training.",
            ),
            estimate=trained,
            unit=Text("중앙값 / 상한, σ′ 셋, 학습 뒤", "median / bound, three σ′, after training"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "bound": same(f"{BOUND:.4f}"),
        "fresh": same(f"{100 * m.typical('slopes', 'before').value:.0f}"),
        "trained": same(f"{100 * m.typical('slopes', 'after').value:.0f}"),
        "fresh_half": same(m.share_above("slopes", "before", 0.5).shown()),
        "trained_half": same(m.share_above("slopes", "after", 0.5).shown()),
        "links_fresh": same(scientific(m.typical("links", "before").value, 1)),
        "links_trained": same(scientific(m.typical("links", "after").value, 1)),
        "links_trained_above": same(str(sum(int(np.sum(s.links["after"] > 1)) for s in m.net))),
        "paths_in_all": same(f"{sum(s.links['after'].size for s in m.net):,}"),
        "chain": same(f"{100 * float(np.median(m.chain)):.1f}"),
        "chain_slopes": same(f"{100 * float(np.median(m.chain_slopes)):.0f}"),
        "accuracy": same(f"{np.mean([s.accuracy for s in m.net]):.1f}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(4.2, nrows=2, sharex=True)
    names: dict[When, Text] = {"before": Text("학습 전", "before training"), "after": Text("학습 뒤", "after training")}
    middles = (BINS[:-1] + BINS[1:]) / 2
    titles = (Text("σ′ 셋의 곱", "product of three σ′"), Text("고리 셋의 곱 (가중치까지)", "product of three links (with their weights)"))  # fmt: skip
    for axes, what, title in zip(panels, ("slopes", "links"), titles, strict=True):
        for (when, name), color, dashes in zip(names.items(), (style.SKY, style.BLUE), ("--", "-"), strict=True):
            rows = [np.clip(np.log10(getattr(s, what)[when]), BINS[0], BINS[-1] - 1e-9) for s in m.net]
            shares = np.array([100 * np.histogram(row, BINS)[0] / len(row) for row in rows])
            axes.step(middles, shares.mean(axis=0), where="mid", color=color, linestyle=dashes, label=name[lang])
            low, high = np.quantile(shares, [0.05, 0.95], axis=0)
            axes.fill_between(middles, low, high, step="mid", color=color, alpha=0.18, linewidth=0)
        axes.axvline(0, color=style.INK, linestyle=":", linewidth=1.2)
        axes.set_title(title[lang])
        axes.set_ylabel(Text("경로의 비율 (%)", "share of paths (%)")[lang])
        axes.set_ylim(bottom=0)
        axes.annotate(Text("상한 1/4³", "bound 1/4³")[lang], (0, 0.96), xycoords=("data", "axes fraction"), xytext=(4, 0), textcoords="offset points", va="top")  # fmt: skip
    panels[0].legend(loc="upper left")
    ticks = range(-6, 1, 2)
    panels[1].set_xticks(ticks, ["1" if t == 0 else ten_to(t) for t in ticks])
    panels[1].set_xlabel(Text("곱 / 상한 (로그 눈금)", "product / bound (log scale)")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    fresh, trained = (100 * m.typical("slopes", when).value for when in ("before", "after"))
    links = [scientific(m.typical("links", when).value, 1) for when in ("before", "after")]
    return {
        "ko": Words(
            f"σ′ 셋의 곱은 보통 상한의 {fresh:.0f} %, 학습한 뒤에는 {trained:.0f} %입니다",
            f"64-{WIDTH}-{WIDTH}-{WIDTH}-10 시그모이드 신경망, 손글씨 숫자, Xavier 초깃값, Adam η = {ETA:g} {STEPS}걸음. 시드 {len(m.net)}개, 시드마다 무작위 경로 {PATHS:,}개. 띠는 시드의 5–95 %. 10⁻⁶보다 작은 곱은 왼쪽 끝에 모았습니다.",
            f"히스토그램 둘. 위: σ′ 셋의 곱은 학습 전에 상한 바로 아래 몰려 있고, 학습 뒤에 왼쪽으로 퍼집니다. 아래: 가중치까지 곱하면 중앙값이 상한의 {links[0]}배(학습 전), {links[1]}배(학습 뒤)쯤입니다.",
        ),
        "en": Words(
            f"The product of three σ′ is typically {fresh:.0f}% of the bound before training, {trained:.0f}% after",
            f"Sigmoid nets 64-{WIDTH}-{WIDTH}-{WIDTH}-10 on digits, Xavier's weights, Adam with η = {ETA:g} for {STEPS} steps. {len(m.net)} seeds with {PATHS:,} random paths each; bands hold 5–95% of the seeds. Products below 10⁻⁶ are gathered at the left end.",
            f"Two histograms. Above: before training the product of three slopes lies just below the bound, after training it spreads to the left. Below: with the weights multiplied in, the median is about {links[0]} of the bound before training, {links[1]} after.",
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
