"""How fast the product of links falls with depth, against its bound of (1/4)^(L−1) (claim 1.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import local_derivatives, sigmoid
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, order, scientific
from gradbook.text import Lang, Text, same

DEPTH = 20


@dataclass(frozen=True)
class Measurement:
    depths: NDArray[np.int64]  # 1 … DEPTH
    quantiles: NDArray[np.float64]  # 5 %, 50 %, 95 % of |∂h_L/∂h₁|, (3, depths)
    factor: Estimate  # geometric mean of |link|: what one more layer multiplies by
    mean_link: float  # arithmetic mean of |link|
    largest: float  # largest |link| of all
    links: int  # how many were drawn
    slope_factor: float  # geometric mean of σ′(z)


def measure(seeds: Sequence[int] = range(100), chains: int = 100) -> Measurement:
    """`chains` chains a seed: weights from U(−1, 1), no bias, inputs from U(0, 1)."""
    drawn, slopes = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        w, x = rng.uniform(-1, 1, size=(DEPTH, chains)), rng.uniform(size=chains)
        drawn.append(np.abs(local_derivatives(x, w)))
        slopes.append(drawn[-1] / np.abs(w))
    links = np.concatenate(drawn, axis=1)[1:]  # the first one belongs to the input, not to a link between neurons
    products = np.vstack([np.ones(links.shape[1]), np.cumprod(links, axis=0)])
    per_layer = np.log(products[-1]) / (DEPTH - 1)
    return Measurement(
        depths=np.arange(1, DEPTH + 1),
        quantiles=np.quantile(products, [0.05, 0.5, 0.95], axis=1),
        factor=mean_interval(per_layer).exp(),
        mean_link=float(links.mean()),
        largest=float(links.max()),
        links=links.size,
        slope_factor=float(np.exp(np.log(np.concatenate(slopes, axis=1)[1:]).mean())),
    )


def predicted(m: Measurement) -> float:
    """e⁻¹·σ′: the mean of ln|w| for w from U(−1, 1) is exactly −1, and σ′ hardly varies near its top."""
    low, _ = sigmoid(np.array(1.0))  # outputs stay within (σ(−1), σ(1)), so |z| < σ(1)
    assert 0.25 >= m.slope_factor > low * (1 - low)
    return float(np.exp(-1)) * m.slope_factor


def judge(m: Measurement) -> list[Claim]:
    return [
        Claim(
            id="1.4",
            text=Text(
                "가중치가 [−1, 1]에 있으면 고리는 모두 1/4 이하라서 기울기가 깊이에 따라 지수적으로 줄어든다",
                "With weights in [−1, 1] every link is at most 1/4, so the gradient shrinks exponentially with depth",
            ),
            verdict="holds" if m.largest <= 0.25 and m.factor.below(0.25) else "does-not-hold",
            finding=Text(
                f"고리 {m.links:,}개가 모두 1/4 아래입니다. 실제로는 훨씬 빨라서, 한 층마다 {m.factor.number()}배가 됩니다.",
                f"All {m.links:,} links lie below 1/4. The fall is much faster than the bound: a factor of {m.factor.number()} per layer.",
            ),
            estimate=m.factor,
            unit=Text("층마다 곱해지는 배율 (기하평균)", "factor per layer (geometric mean)"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    ten = m.factor.value**9
    return {
        "factor": same(m.factor.shown()),
        "factor_short": same(f"{m.factor.value:.3f}"),
        "predicted": same(f"{predicted(m):.4f}"),
        "slope_factor": same(f"{m.slope_factor:.3f}"),
        "mean_link": same(f"{m.mean_link:.3f}"),
        "largest": same(f"{m.largest:.4f}"),
        "links": same(f"{m.links:,}"),
        "chains": same(f"{m.factor.n:,}"),
        "ten_layers": same(scientific(ten, 1)),
        "ten_ratio": same(order(0.25**9 / ten)),
        "ten_layers_bound": same(scientific(0.25**9, 1)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.2)
    low, median, high = m.quantiles
    axes.plot(m.depths, 0.25 ** (m.depths - 1), color=style.INK, linestyle=":",
                  label=Text("상한 (1/4)^(L−1)", "bound (1/4)^(L−1)")[lang])  # fmt: skip
    axes.plot(m.depths, predicted(m) ** (m.depths - 1), color=style.ORANGE, linestyle="--",
                  label=Text("예측 (σ′/e)^(L−1)", "prediction (σ′/e)^(L−1)")[lang])  # fmt: skip
    axes.plot(
        m.depths,
        median,
        color=style.BLUE,
        marker="o",
        markevery=2,
        label=Text("측정: 중앙값과 5–95 %", "measured: median and 5–95%")[lang],
    )
    style.band(axes, m.depths, low, high, style.BLUE)
    style.log(axes.yaxis)
    axes.set_xlabel(Text("깊이 L (층)", "depth L (layers)")[lang])
    axes.set_ylabel("|∂h_L / ∂h₁|")
    axes.set_xticks(range(2, DEPTH + 1, 2))
    axes.legend(loc="lower left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    return {
        "ko": Words(
            f"한 층에 {m.factor.number()}배: 상한 1/4보다 훨씬 빨리 사라집니다",
            f"사슬 {m.factor.n:,}개. 가중치 U(−1, 1), 입력 U(0, 1), 편향 없음, 시드 0–99. 띠는 사슬의 5–95 %입니다.",
            "가로축은 깊이 1–20, 세로축은 로그 눈금의 고리 곱. 측정한 중앙값이 예측선 위에서 곧게 떨어지고, 상한인 점선은 그보다 훨씬 완만합니다.",
        ),
        "en": Words(
            f"A factor of {m.factor.number()} per layer: far faster than the bound of 1/4",
            f"{m.factor.n:,} chains. Weights U(−1, 1), inputs U(0, 1), no bias, seeds 0–99. The band holds 5–95% of the chains.",
            "Depth 1 to 20 against the product of links on a log scale. The measured median falls in a straight line on the prediction; the dotted bound falls far more gently.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 3000)},
)
