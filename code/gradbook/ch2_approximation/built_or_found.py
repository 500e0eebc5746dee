"""The same width, built by hand and found by training: which comes closer to the curve (claim 2.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, adam, sigmoid, squared_error, staircase, xavier_normal
from gradbook import style
from gradbook.ch2_approximation.curve import CURVE
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stack import sweep_stacked
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, same
from gradbook.together import Start, fit_together

WIDTHS = (4, 8, 16, 32, 64)
EXAMPLES, STEPS, ETA = 129, 2000, 0.01
GENTLE = 4  # a scattered step has this steepness times the number of treads: it climbs over about its own tread

type Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Measurement:
    built: Reals  # largest |network − curve|, (widths,)
    usual: Reals  # found from the usual initial weights, (seeds, widths)
    scattered: Reals  # found from steps scattered over the interval, (seeds, widths)
    steps: int

    def against_built(self, found: Reals, width: int) -> Estimate:
        """How many times the built network's error the found one's is: geometric mean over the seeds."""
        i = WIDTHS.index(width)
        return mean_interval(np.log(found[:, i] / self.built[i])).exp()


def network(width: int) -> Network:
    """1-width-1, sigmoid: the shape that `staircase` builds."""
    return Network([Dense(1, width, xavier_normal), Activation(sigmoid), Dense(width, 1, xavier_normal)])


def build(width: int) -> float:
    """The largest error of the staircase with levels from the middle of each tread, as steep as one likes."""
    h = 1 / (width + 1)
    net, theta = staircase(h * np.arange(1, width + 1), CURVE(h * (np.arange(width + 1) + 0.5)), 1000 / h)
    x = np.linspace(0, 1, 2001)
    return float(np.abs(net(theta, x[:, None])[0][:, 0] - CURVE(x)).max())


def find(runs: Sequence[tuple[int, int, bool, int]]) -> list[float]:
    """The largest errors after training (seed, width, scattered, steps): Adam on all examples at once.

    Inputs go in as 2x − 1, centered. Runs that differ only in `scattered` share their output weights. Those of one width
    are trained together, which changes nothing but the time it takes.
    """
    _, width, _, steps = runs[0]
    net, starts = network(width), []
    x, fine = np.linspace(0, 1, EXAMPLES), np.linspace(0, 1, 2001)
    for seed, _, scattered, _ in runs:
        rng = np.random.default_rng([seed, width])
        theta = net.init(rng)
        if scattered:
            first, *_ = net.views(theta)
            first["W"][:] = GENTLE * (width + 1) / 2  # of 2x − 1, whose interval is twice as long
            first["b"][:] = -first["W"][0] * rng.uniform(-1, 1, width)
        starts.append(Start(theta, (2 * x - 1)[:, None], CURVE(x)[:, None], rng, ETA))
    found = fit_together(net, starts, loss=squared_error, optimizer=adam, steps=steps, batch_size=EXAMPLES)
    heights = (net(trained.theta, (2 * fine - 1)[:, None])[0][:, 0] for trained in found)
    return [float(np.abs(y - CURVE(fine)).max()) for y in heights]


def measure(seeds: Sequence[int] = range(6), longer: int = 1) -> Measurement:
    """Every width, from both kinds of initial weights, for every seed."""
    runs = [(seed, n, scattered, longer * STEPS) for scattered in (False, True) for seed in seeds for n in WIDTHS]
    usual, scattered = np.reshape(sweep_stacked(find, runs, lambda run: (run[1], run[3])), (2, len(seeds), len(WIDTHS)))
    return Measurement(np.array([build(n) for n in WIDTHS]), usual, scattered, longer * STEPS)


def judge(m: Measurement) -> list[Claim]:
    missed = [n for n in WIDTHS if m.against_built(m.usual, n).above(1)]
    widest, scattered = m.against_built(m.usual, WIDTHS[-1]), m.against_built(m.scattered, WIDTHS[-1])
    where = ", ".join(map(str, missed))
    return [
        Claim(
            id="2.4",
            text=Text(
                "나타낼 수 있다는 것이지, 학습이 그것을 찾아낸다는 것은 아니다",
                "A representation exists; that training finds it is not said",
            ),
            verdict="holds" if missed else "does-not-hold",  # "not always" needs one exception
            finding=Text(
                (
                    f"폭 {where}에서 학습이 찾은 신경망은 손으로 만든 것보다 못합니다. "
                    if missed
                    else "어느 폭에서도 학습이 뒤지지 않습니다. "
                )
                + f"폭 {WIDTHS[-1]}에서 오차가 {widest.number()}배입니다. 계단을 구간에 흩어 놓고 시작하면 {scattered.number()}배입니다.",
                (
                    f"At widths {where} training ends worse than the network built by hand. "
                    if missed
                    else "Training falls behind at no width. "
                )
                + f"At width {WIDTHS[-1]} its error is {widest.number()} times as large; started from steps scattered over the interval, {scattered.number()} times.",
            ),
            estimate=widest,
            unit=Text(f"학습한 오차 ÷ 만든 오차, 폭 {WIDTHS[-1]}", f"error found over error built, width {WIDTHS[-1]}"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"usual_{n}": same(m.against_built(m.usual, n).shown()) for n in (4, 16, 64)}
    found |= {f"scattered_{n}": same(m.against_built(m.scattered, n).shown()) for n in (16, 64)}
    wide = m.usual[:, -1]
    return found | {
        "built_wide": same(f"{m.built[-1]:.3f}"),
        "usual_wide": same(f"{np.median(wide):.2f}"),
        "usual_middle": same(f"{np.median(m.usual[:, 2]):.2f}"),
        "reached": same(str(int((wide <= m.built[-1]).sum()))),
        "seeds": same(str(len(m.usual))),
        "examples": same(str(EXAMPLES)),
        "steps": same(f"{m.steps:,}"),
        "eta": same(f"{ETA:g}"),
        "widest": same(str(WIDTHS[-1])),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.3)
    axes.plot(WIDTHS, m.built, color=style.INK, linestyle="--", label=Text("손으로 만듦", "built by hand")[lang])
    bound = CURVE.steepest / (2 * (np.array(WIDTHS) + 1))
    axes.plot(WIDTHS, bound, color=style.INK, linestyle=":", linewidth=1.2,
              label=Text("계단의 상한 L·h/2", "bound for stairs L·h/2")[lang])  # fmt: skip
    for errors, line, label in (
        (m.usual, style.SERIES[0], Text("학습: 흔한 초깃값에서", "trained, from the usual weights")),
        (m.scattered, style.SERIES[3], Text("학습: 흩어 놓은 계단에서", "trained, from scattered steps")),
    ):
        low, high = np.quantile(errors, [0.05, 0.95], axis=0)
        axes.plot(WIDTHS, np.exp(np.log(errors).mean(axis=0)), label=label[lang], **line)
        style.band(axes, WIDTHS, low, high, str(line["color"]))
    axes.set_xscale("log", base=2)
    axes.set_xticks(WIDTHS, [str(n) for n in WIDTHS])
    axes.set_ylim(0.003, 0.5)
    style.log(axes.yaxis, [0.01, 0.03, 0.1, 0.3])
    axes.set_xlabel(Text("은닉층의 폭 (뉴런 수)", "width of the hidden layer (units)")[lang])
    axes.set_ylabel(Text("가장 큰 오차", "largest error")[lang])
    axes.legend(loc="lower left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.usual)
    usual, scattered = (m.against_built(errors, WIDTHS[-1]).number() for errors in (m.usual, m.scattered))
    return {
        "ko": Words(
            f"폭 {WIDTHS[-1]}에서 학습이 찾은 신경망의 오차는 만든 것의 {usual}배, 흩어 놓고 시작하면 {scattered}배입니다",
            f"시그모이드 은닉층 하나, Adam η = {ETA:g}, 표본 {EXAMPLES}개를 한꺼번에 쓰는 {m.steps:,}걸음, 시드 {n}개. 선은 기하평균, 띠는 시드의 5–95 %입니다.",
            f"가로축은 폭 {WIDTHS[0]}–{WIDTHS[-1]}, 세로축은 로그 눈금의 가장 큰 오차. 손으로 만든 신경망의 파선은 폭과 함께 내려갑니다. 흔한 초깃값에서 학습한 선과, 계단을 흩어 놓고 학습한 선이 함께 그려져 있습니다.",
        ),
        "en": Words(
            f"At width {WIDTHS[-1]} training ends at {usual} times the built network's error, from scattered steps at {scattered} times",
            f"One hidden layer of sigmoids, Adam η = {ETA:g}, {m.steps:,} steps on all {EXAMPLES} examples at once, {n} seeds. Lines are geometric means, bands hold 5–95% of the seeds.",
            f"Width {WIDTHS[0]} to {WIDTHS[-1]} against the largest error on a log scale. The dashed line of the built network falls with width. Two more lines show training from the usual initial weights and from scattered steps.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1050), "longer": 10},
    sweeps=True,
)
