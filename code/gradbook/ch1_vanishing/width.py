"""Does the one-neuron argument carry to wide layers? The factor per layer against width (claim 1.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, sigmoid, uniform, xavier_uniform
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import bootstrap_interval
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, Verdict, same

WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
DEPTH = 10
SCHEMES = {"uniform": uniform(-1, 1), "xavier": xavier_uniform}


@dataclass(frozen=True)
class Measurement:
    widths: NDArray[np.int64]
    log_factor: dict[str, NDArray[np.float64]]  # scheme -> mean ln of the factor per layer, (seeds, widths)
    predicted: dict[str, NDArray[np.float64]]  # scheme -> the factor for wide layers, (widths,)


def one_seed(seed: int) -> NDArray[np.float64]:
    """ln(‖∂C/∂h_k‖ / ‖∂C/∂h_{k+1}‖), averaged over the links of one network: (schemes, widths)."""
    found = np.empty((len(SCHEMES), len(WIDTHS)))
    for i, init in enumerate(SCHEMES.values()):
        for j, n in enumerate(WIDTHS):
            rng = np.random.default_rng([seed, n])
            layers = [layer for _ in range(DEPTH) for layer in (Dense(n, n, init, bias=False), Activation(sigmoid))]
            net = Network(layers)
            theta = net.init(rng, dtype=np.float64)
            _, back = net.trace(theta, rng.uniform(size=(1, n)))
            dhs, _ = back(rng.normal(size=(1, n)))
            norms = np.linalg.norm(np.stack(dhs[2::2]), axis=(1, 2))  # of every layer's output, first to last
            found[i, j] = np.log(norms[0] / norms[-1]) / (DEPTH - 1)
    return found


def predict(n: int, variance: float) -> float:
    """√(n·Var(w)·E[σ′(z)²]) with z ~ N(0, n·Var(w)·E[h²]) at the fixed point of E[h²]: exact as n → ∞."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    weights = weights / weights.sum()
    second_moment = 0.25
    for _ in range(200):
        z = np.sqrt(n * variance * second_moment) * nodes
        h, back = sigmoid(z)
        second_moment = float(weights @ h**2)
    return float(np.sqrt(n * variance * (weights @ back(1.0) ** 2)))


def measure(seeds: Sequence[int] = range(40)) -> Measurement:
    """Square layers without bias, depth 10, one input from U(0, 1)ⁿ, a random direction handed back from the end."""
    found = np.stack(sweep(one_seed, seeds))
    return Measurement(
        widths=np.array(WIDTHS),
        log_factor={name: found[:, i] for i, name in enumerate(SCHEMES)},
        predicted={
            "uniform": np.array([predict(n, 1 / 3) for n in WIDTHS]),
            "xavier": np.array([predict(n, 1 / n) for n in WIDTHS]),
        },
    )


def crossing(log_factors: NDArray[np.float64]) -> float:
    """The width at which the mean factor of U(−1, 1) reaches 1, interpolated in ln(width)."""
    mean = log_factors.mean(axis=0)
    return float(np.exp(np.interp(0, mean[-4:], np.log(WIDTHS[-4:]))))


def predicted_crossing() -> float:
    """The same for the prediction, by bisection."""
    low, high = 64.0, 4096.0
    while high / low > 1.0001:
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if predict(round(middle), 1 / 3) < 1 else (low, middle)
    return low


def judge(m: Measurement) -> list[Claim]:
    critical = bootstrap_interval(m.log_factor["uniform"], crossing)
    xavier = np.exp(m.log_factor["xavier"].mean(axis=0))
    explodes = m.log_factor["uniform"][:, -1].mean() > 0 > m.log_factor["uniform"][:, 0].mean()
    vanishes = bool(xavier.max() < 0.3)
    verdict: Verdict = "holds-if" if explodes and vanishes else "holds" if vanishes else "does-not-hold"
    return [
        Claim(
            id="1.6",
            text=Text(
                "뉴런 하나짜리 사슬의 논증이 넓은 층에도 통한다 (원래 글이 묻지 않은 물음)",
                "The one-neuron argument carries over to wide layers (a question the post leaves unasked)",
            ),
            verdict=verdict,
            finding=Text(
                f"Xavier 초깃값에서는 어느 폭에서나 기울기가 사라집니다(폭 512에서 층마다 {xavier[-1]:.3f}배). "
                f"U(−1, 1)에서는 폭이 {critical.number()} 아래일 때만 사라지고, 더 넓으면 폭발합니다.",
                f"With Xavier's weights the gradient vanishes at every width (a factor of {xavier[-1]:.3f} per layer at 512). "
                f"With U(−1, 1) it vanishes only below width {critical.number()}; beyond, it explodes.",
            ),
            estimate=critical,
            unit=Text(
                "U(−1, 1)에서 소실과 폭발이 갈리는 폭", "width at which U(−1, 1) turns from vanishing to exploding"
            ),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    factor = {name: np.exp(values.mean(axis=0)) for name, values in m.log_factor.items()}
    return {
        "critical": same(bootstrap_interval(m.log_factor["uniform"], crossing).shown()),
        "critical_short": same(f"{crossing(m.log_factor['uniform']):.0f}"),
        "critical_predicted": same(f"{predicted_crossing():.0f}"),
        "uniform_wide": same(f"{factor['uniform'][-1]:.2f}"),
        "xavier_wide": same(f"{factor['xavier'][-1]:.3f}"),
        "xavier_predicted": same(f"{m.predicted['xavier'][-1]:.3f}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.3)
    names = {"uniform": "U(−1, 1)", "xavier": "Xavier"}
    for (name, log_factor), line in zip(m.log_factor.items(), style.SERIES, strict=False):
        low, high = np.exp(np.quantile(log_factor, [0.05, 0.95], axis=0))
        axes.plot(m.widths, np.exp(log_factor.mean(axis=0)), label=names[name], **line)
        style.band(axes, m.widths, low, high, str(line["color"]))
        axes.plot(m.widths, m.predicted[name], color=style.INK, linestyle="--", linewidth=1,
                  label=Text("넓은 층의 이론", "theory for wide layers")[lang] if name == "xavier" else None)  # fmt: skip
    axes.axhline(1, color=style.INK, linestyle=":", linewidth=1.2)
    for y, text in ((1, Text("폭발 ↑", "explodes ↑")), (0.93, Text("소실 ↓", "vanishes ↓"))):
        axes.annotate(
            text[lang],
            (1, y),
            va="bottom" if y == 1 else "top",
            xytext=(0, 2 if y == 1 else -2),
            textcoords="offset points",
        )
    axes.axhline(0.25, color=style.MUTED, linestyle=":", linewidth=1)
    axes.annotate("1/4", (m.widths[-1], 0.25), xytext=(0, 2), textcoords="offset points", ha="right")
    axes.set_xscale("log", base=2)
    style.log(axes.yaxis, [0.05, 0.1, 0.2, 0.5, 1, 2])
    axes.set_xticks(m.widths, [str(n) for n in m.widths])
    axes.set_xlabel(Text("층의 폭 (뉴런 수)", "width of each layer (neurons)")[lang])
    axes.set_ylabel(Text("한 층마다 기울기에 곱해지는 배율", "factor on the gradient per layer")[lang])
    axes.legend(loc="lower right")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.log_factor["uniform"])
    critical = bootstrap_interval(m.log_factor["uniform"], crossing).number()
    return {
        "ko": Words(
            f"넓히면 이야기가 달라집니다: U(−1, 1)은 폭 {critical}에서 소실이 폭발로 바뀝니다",
            f"깊이 {DEPTH}, 시그모이드, 편향 없음, 시드 {n}개. 띠는 시드의 5–95 %, 파선은 폭이 무한할 때의 이론값입니다.",
            "가로축은 폭 1–512, 세로축은 층마다 곱해지는 배율. U(−1, 1)의 선은 폭과 함께 올라 1을 넘고, Xavier의 선은 폭 1에서 낮게 시작해 1/4 바로 아래까지 오릅니다.",
        ),
        "en": Words(
            f"Width changes the story: at width {critical} the weights U(−1, 1) turn from vanishing to exploding",
            f"Depth {DEPTH}, sigmoid, no bias, {n} seeds. Bands hold 5–95% of the seeds; dashed, the theory for infinite width.",
            "Width 1 to 512 against the factor per layer. The line of U(−1, 1) climbs with width and crosses 1; that of Xavier starts lower at width 1 and rises to just below 1/4.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1400)},
    sweeps=True,
)
