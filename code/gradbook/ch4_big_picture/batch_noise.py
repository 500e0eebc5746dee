"""Steady or jagged? Paths on the loss of two weights, and the noise of the gradient against the batch (claim 4.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch4_big_picture.two_weights import PAIR, bottom, examples, gradients, loss, walk
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same

START: Final = np.array([-2.5, 0.5])
ETA, STEPS = 1.0, 60  # the same for all batches
BATCHES: Final = (1, 32, 0)  # 0: all examples
SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 192, 256)  # of batches whose noise is measured
DRAWS: Final = 100  # batches of each size and seed
TENTHS: Final = 10


@dataclass(frozen=True)
class Measurement:
    paths: dict[int, NDArray[np.float64]]  # (steps + 1, seeds, 2); the full batch has one path
    noise: NDArray[np.float64]  # variance over squared gradient at START: with, without putting back (2, SIZES, seeds)
    scale: NDArray[np.float64]  # tr C / |G|² along the path of the full batch, (steps,)
    uphill: NDArray[np.float64]  # share of the examples whose step would raise the loss there, (steps,)
    examples: int

    def climbed(self, batch: int) -> NDArray[np.float64]:
        """Percent of the steps that raised the loss on all examples, (seeds,)."""
        heights = loss(self.paths[batch])
        return np.asarray(100 * (np.diff(heights, axis=0) > 0).mean(axis=0))

    def detour(self, batch: int) -> NDArray[np.float64]:
        """Length of the path over the straight distance of its ends, (seeds,)."""
        path = self.paths[batch]
        length = np.linalg.norm(np.diff(path, axis=0), axis=2).sum(axis=0)
        return np.asarray(length / np.linalg.norm(path[-1] - path[0], axis=1))

    def tenths(self, batch: int) -> NDArray[np.float64]:
        """Mean loss in each tenth of the run, (TENTHS, seeds)."""
        heights = loss(self.paths[batch])[1:]
        return np.asarray(heights.reshape(TENTHS, -1, heights.shape[1]).mean(axis=1))

    def still_down(self, batch: int) -> int:
        """How many tenths of the run lie below the one before, surely (the whole interval), without a break."""
        lower = [
            mean_interval(a - b).above(0) for a, b in zip(self.tenths(batch), self.tenths(batch)[1:], strict=False)
        ]
        return 1 + (lower.index(False) if False in lower else len(lower))

    def slope(self) -> Estimate:
        """The power of the batch with which the variance goes, batches drawn with putting back."""
        return mean_interval(np.polyfit(np.log(SIZES), np.log(self.noise[0]), 1)[0])


def signal(theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """(gradients of the examples, |mean|², trace of their covariance)."""
    each = gradients(theta)
    return each, float((each.mean(axis=0) ** 2).sum()), float(each.var(axis=0).sum())


def relative_variance(rng: np.random.Generator, batch: int, putting_back: bool) -> float:
    """Mean of |gradient of a batch − G|² / |G|² over DRAWS batches, G being the gradient of all examples."""
    each, square, _ = signal(START)
    n = len(each)
    if putting_back:
        rows = rng.integers(n, size=(DRAWS, batch))
    else:
        rows = rng.permuted(np.tile(np.arange(n), (DRAWS, 1)), axis=1)[:, :batch]
    off = each[rows].mean(axis=1) - each.mean(axis=0)
    return float((off**2).sum(axis=1).mean() / square)


def measure(seeds: Sequence[int] = range(40)) -> Measurement:
    rng = np.random.default_rng(list(seeds))
    paths = {batch: walk(START, ETA, batch, STEPS, rng, len(seeds)) for batch in BATCHES if batch}
    paths[0] = walk(START, ETA, None, STEPS, rng, 1)
    noise = [[[relative_variance(rng, size, back) for _ in seeds] for size in (*SIZES,)] for back in (True, False)]
    scale, uphill = [], []
    for theta in paths[0][:-1, 0]:
        each, square, trace = signal(theta)
        scale.append(trace / square)
        uphill.append(float((loss(theta - ETA * each) > loss(theta)).mean()))
    return Measurement(paths, np.array(noise), np.array(scale), np.array(uphill), len(examples()[0]))


def judge(m: Measurement) -> list[Claim]:
    """Fixed before measuring. Steady: the full batch never climbs, single examples do in more than a tenth of their steps and
    make the larger detour. Down: each tenth of a path lies lower than the tenth before, for single examples too. Both: it
    holds; steady, and down for at least the first two tenths: it holds if far from the bottom.
    """
    one = mean_interval(m.climbed(1))
    steady = m.climbed(0).max() == 0 and one.above(10) and mean_interval(m.detour(1)).above(float(m.detour(0)[0]))
    down = m.still_down(1)
    verdict: Verdict = "holds" if steady and down == TENTHS else "holds-if" if steady and down >= 2 else "does-not-hold"
    return [
        Claim(
            id="4.7",
            text=Text(
                "GD의 걸음은 고르고 SGD는 들쭉날쭉하지만, 둘 다 등고선을 따라 내려간다",
                "GD's steps are steady and SGD's jagged, but both go down the contours",
            ),
            verdict=verdict,
            finding=Text(
                f"손실을 높이는 걸음은 배치 전체에서 {m.climbed(0).max():.0f} %, 한 장씩에서 {one.number()} %입니다. 한 장씩 걸으면 "
                f"열 토막으로 나눈 길에서 앞의 {down}토막까지만 평균 손실이 뚜렷이 내려갑니다.",
                f"Of the steps of the full batch {m.climbed(0).max():.0f}% raise the loss, of those of single examples {one.number()}%. With single examples "
                f"the mean loss surely falls only over the first {down} tenths of the path.",
            ),
            estimate=one,
            unit=same("%"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    at = {"start": 0, "middle": 5, "end": STEPS // 2}
    found = {
        f"scale_{name}": same(f"{m.scale[k]:.2g}" if m.scale[k] < 1000 else f"{m.scale[k]:,.0f}")
        for name, k in at.items()
    }
    found |= {f"uphill_{name}": same(f"{100 * m.uphill[k]:.0f}") for name, k in at.items()}
    for batch, name in zip(BATCHES, ("one", "some", "full"), strict=True):
        last = m.tenths(batch)[-1]
        found[f"climbed_{name}"] = same(f"{m.climbed(batch).mean():.0f}")
        found[f"detour_{name}"] = same(f"{m.detour(batch).mean():.3g}")
        found[f"last_{name}"] = same(f"{last.mean():.3f}")
    return found | {
        "down_one": same(str(m.still_down(1))),
        "down_some": same(str(m.still_down(32))),
        "slope": same(m.slope().shown()),
        "bottom": same(f"{float(loss(bottom())):.3f}"),
        "middle": same(str(at["middle"])),
        "end": same(str(at["end"])),
        "examples": same(str(m.examples)),
        "steps": same(str(STEPS)),
        "eta": same(f"{ETA:g}"),
        "seeds": same(str(m.noise.shape[2])),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 5.6))
    parts = made.subplot_mosaic([["paths", "paths"], ["noise", "uphill"]], height_ratios=(1.15, 1))
    axes = parts["paths"]
    x, y = np.meshgrid(np.linspace(-2.9, 3.1, 24), np.linspace(-3.4, 1.1, 24))
    height = loss(np.stack([x, y], axis=-1))
    low = float(loss(bottom()))
    axes.contour(x, y, height, levels=low + np.array([0.01, 0.06, 0.2, 0.5, 1]), colors=style.GRID, linewidths=0.9)
    for k, (batch, line) in enumerate(zip(BATCHES, style.SERIES, strict=False)):
        label = Text(f"B = {batch}", f"B = {batch}") if batch else Text("전체", "all")
        axes.plot(*m.paths[batch][:, 0].T, color=line["color"], linewidth=(0.8, 1.2, 1.8)[k],
                  marker=None if batch else line["marker"], markevery=4, label=label[lang], zorder=3 if batch == 0 else 2)  # fmt: skip
    axes.plot(
        *bottom(), "*", color=style.INK, markersize=10, zorder=4, label=Text("바닥", "bottom")[lang], linestyle="none"
    )
    axes.set_xlabel(Text("위쪽 절반의 가중치", "weight of the upper half")[lang])
    axes.set_ylabel(Text("아래쪽 절반의 가중치", "weight of the lower half")[lang])
    axes.grid(False)
    axes.legend(loc="upper right")
    noise = parts["noise"]
    fine = np.append(np.geomspace(1, 160, 8), np.linspace(180, m.examples - 1, 12))
    theory = m.scale[0] / fine
    names = (Text("다시 넣고", "putting back"), Text("넣지 않고", "not putting back"))
    for k, factor in enumerate((np.ones_like(fine), (m.examples - fine) / (m.examples - 1))):
        line = style.SERIES[k + 1 if k == 0 else 3]
        noise.plot(fine, theory * factor, color=line["color"], linewidth=1)
        noise.errorbar(SIZES, m.noise[k].mean(axis=1), yerr=m.noise[k].std(axis=1), linestyle="none", marker=line["marker"],
                       color=line["color"], label=names[k][lang], markersize=4)  # fmt: skip
    style.log(noise.xaxis, [1, 4, 16, 64, 256])
    style.log(noise.yaxis, [1e-4, 0.01, 0.1, 1, 1e-3])
    noise.set_xlabel(Text("배치의 크기 B", "batch size B")[lang])
    noise.set_ylabel(Text("분산 ÷ |G|²", "variance ÷ |G|²")[lang])
    noise.legend(loc="lower left", handletextpad=0.1)
    uphill = parts["uphill"]
    uphill.plot(m.scale[::2], 100 * m.uphill[::2], color=style.BLUE, marker="o", markersize=3, linewidth=1)
    uphill.axhline(50, color=style.INK, linestyle=":", linewidth=1)
    style.log(uphill.xaxis, [0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6])
    uphill.set_xlabel(Text("기울기 잡음의 크기 tr C/|G|²", "gradient noise scale tr C/|G|²")[lang])
    uphill.set_ylabel(Text("오르막인 표본 (%)", "examples uphill (%)")[lang])
    uphill.set_ylim(0, 100)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    share, seeds = [m.climbed(batch).mean() for batch in BATCHES], m.noise.shape[2]
    ends = [float(m.tenths(batch)[-1].mean()) for batch in BATCHES]
    first, late = 100 * m.uphill[0], 100 * m.uphill[STEPS // 2]
    return {
        "ko": Words(
            f"한 장씩 걸으면 걸음의 {share[0]:.0f} %가 오르막, 전체로 걸으면 {share[2]:.0f} %",
            f"위: 숫자 {PAIR[0]}과 {PAIR[1]}를 가르는 가중치 두 개의 손실과 학습률 {ETA:g}로 걸은 {STEPS}걸음(시드 하나). "
            f"왼쪽 아래: 출발점에서 배치 기울기의 분산(시드 {seeds}개의 평균과 표준편차, 선은 이론). 오른쪽 아래: 전체 배치의 길 위에서, 한 장만 보고 걸으면 손실이 오르는 표본의 비율.",
            f"마지막 십분의 일의 평균 손실은 배치 1, {BATCHES[1]}, 전체에서 {ends[0]:.3f}, {ends[1]:.3f}, {ends[2]:.3f}. "
            f"분산은 B에 반비례하고, 다시 넣지 않으면 전체에서 0. 오르막인 표본은 출발점에서 {first:.0f} %, 바닥 가까이에서 {late:.0f} %.",
        ),
        "en": Words(
            f"With single examples {share[0]:.0f}% of the steps go uphill, with all examples {share[2]:.0f}%",
            f"Top: the loss of two weights that tell digits {PAIR[0]} and {PAIR[1]} apart, and {STEPS} steps at rate {ETA:g} (one seed). "
            f"Bottom left: variance of a batch's gradient at the start (mean and standard deviation of {seeds} seeds, lines: theory). Bottom right: along the path of the full batch, share of the examples whose own step would raise the loss.",
            f"Mean loss of the last tenth for batches of 1, {BATCHES[1]} and all: {ends[0]:.3f}, {ends[1]:.3f}, {ends[2]:.3f}. "
            f"The variance falls as 1/B, and to 0 at all examples if none is put back. {first:.0f}% of the examples are uphill at the start, {late:.0f}% near the bottom.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
