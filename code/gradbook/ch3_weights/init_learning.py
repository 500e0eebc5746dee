"""What networks learn from four sizes of initial weights, each at its own rate and all at one rate (claim 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Array, Dense, Layer, Network, accuracy, he_normal, lecun_normal, normal, sgd
from deepgrad.signatures import Initializer
from gradbook import style
from gradbook.ch3_weights import init_spread
from gradbook.ch3_weights.init_stack import ACTIVATIONS, INITS, LAYERS, NAMES, UNITS
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stack import sweep_stacked
from gradbook.stats import Estimate, mean_interval, scientific
from gradbook.text import Lang, Text, Verdict, same
from gradbook.together import Start, fit_together

STEPS, BATCH, EXAMPLES = 200, 32, 1297
LADDER = tuple(round(digit * 10.0**k, 7) for k in range(-5, 2) for digit in (1, 3))  # 10⁻⁵ … 30
ONE_RATE = 0.1
TUNING = (9001, 9002)  # seeds that choose the rate, and are used for nothing else
CHANCE = 10.0  # percent: ten classes
COLLAPSED, ALIVE = 0.05, 0.1  # standard deviation in the last layer: at most, at least (the input's is 1)
type Setting = tuple[str, str]  # activation, initial weights
SETTINGS: tuple[Setting, ...] = init_spread.SETTINGS
DRAWN: dict[str, Initializer] = {"0.01": normal(0.01), "Xavier": lecun_normal, "He": he_normal, "1": normal(1.0)}


@dataclass(frozen=True)
class Run:
    setting: Setting
    eta: float
    seed: int
    steps: int


def network(setting: Setting) -> Network:
    """64-100-100-100-100-100-10, the output layer drawn as the others."""
    name, init = setting
    layers: list[Layer] = []
    for fan_in in [64] + [UNITS] * (LAYERS - 1):
        layers += [Dense(fan_in, UNITS, DRAWN[init]), Activation(ACTIVATIONS[name])]
    return Network([*layers, Dense(UNITS, 10, DRAWN[init])])


def outcomes(runs: Sequence[Run]) -> list[tuple[float, float]]:
    """(accuracy on the training digits, on the test digits) of each run, in percent; guessing where training diverges.

    One seed has the same digits in the same order and, but for their size, the same initial weights in every setting.
    Networks with one activation function are trained together: each ends where `fit` takes it, up to rounding.
    """
    net, starts, tests = network(runs[0].setting), [], []
    for run in runs:
        rng = np.random.default_rng(run.seed)
        chosen = digits().drawn(EXAMPLES, rng)
        starts.append(Start(network(run.setting).init(rng), chosen.x, chosen.labels, rng, run.eta))
        tests.append((chosen.x_test, chosen.labels_test))
    found = fit_together(net, starts, optimizer=sgd, steps=runs[0].steps, batch_size=BATCH)
    right = []
    for start, test, fitted in zip(starts, tests, found, strict=True):
        both = [(start.x, start.targets), test]
        on = [CHANCE if fitted.diverged else percent_right(net, fitted.theta, x, labels) for x, labels in both]
        right.append((on[0], on[1]))
    return right


def percent_right(net: Network, theta: Array, x: Array, labels: Array) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        scores, _ = net(theta, x)
    return 100 * accuracy(scores, labels)


def sweep_outcomes(runs: Sequence[Run]) -> list[tuple[float, float]]:
    return sweep_stacked(outcomes, runs, lambda run: (run.setting[0], run.steps))


def tune(steps: int) -> dict[Setting, float]:
    """For each setting the rate of LADDER with the best accuracy on training digits: every second rung with one tuning
    seed, then the best one and its neighbors with all. Of equals the smaller.
    """

    found: dict[Run, float] = {}

    def accuracies(tried: Sequence[tuple[Setting, float]], seeds: Sequence[int]) -> dict[tuple[Setting, float], float]:
        runs = [Run(setting, eta, seed, steps) for setting, eta in tried for seed in seeds]
        new = [run for run in runs if run not in found]
        found.update(zip(new, (on_training for on_training, _ in sweep_outcomes(new)), strict=True))
        means = np.array([found[run] for run in runs]).reshape(-1, len(seeds)).mean(axis=1)
        return dict(zip(tried, means.tolist(), strict=True))

    def best(of: dict[tuple[Setting, float], float], setting: Setting) -> float:
        return max((eta for s, eta in of if s == setting), key=lambda eta: (of[setting, eta], -eta))

    coarse = accuracies([(setting, eta) for setting in SETTINGS for eta in LADDER[::2]], TUNING[:1])
    near = []
    for setting in SETTINGS:
        k = LADDER.index(best(coarse, setting))
        near += [(setting, eta) for eta in LADDER[max(k - 1, 0) : k + 2]]
    fine = accuracies(near, TUNING)
    return {setting: best(fine, setting) for setting in SETTINGS}


@dataclass(frozen=True)
class Measurement:
    tuned: dict[Setting, NDArray[np.float64]]  # test accuracy in percent, (seeds,)
    one_rate: dict[Setting, NDArray[np.float64]]
    eta: dict[Setting, float]
    spread: init_spread.Measurement  # of the activations before training, standard normal inputs
    steps: int

    def gain(self, name: str, init: str, over: str, *, one_rate: bool = False) -> Estimate:
        """Test accuracy of one size of initial weights minus another's, paired by seed."""
        found = self.one_rate if one_rate else self.tuned
        return mean_interval(found[name, init] - found[name, over])

    def distributions(self) -> dict[str, bool]:
        """What the book's histograms show, as conditions on the last layer."""
        last, ends = self.spread.last, self.spread.at_ends
        return {
            "0.01 collapses": all(last(name, "0.01").below(COLLAPSED) for name in ACTIVATIONS),
            "1 saturates": all(mean_interval(ends[name, "1"]).above(0.5) for name in ("sigmoid", "tanh")),
            "Xavier keeps tanh": last("tanh", "Xavier").above(ALIVE),
            "He keeps ReLU": last("ReLU", "He").above(ALIVE),
        }

    def results(self, *, one_rate: bool = False) -> dict[str, bool]:
        """What its learning results say."""
        gain = partial(self.gain, one_rate=one_rate)
        return {
            "tanh: Xavier beats 0.01": gain("tanh", "Xavier", "0.01").above(0),
            "tanh: Xavier beats 1": gain("tanh", "Xavier", "1").above(0),
            "ReLU: He beats 0.01": gain("ReLU", "He", "0.01").above(0),
            "ReLU: He no worse than Xavier": not gain("ReLU", "He", "Xavier").below(0),
        }


def measure(seeds: Sequence[int] = range(10), longer: int = 1) -> Measurement:
    """Digits, SGD, STEPS times `longer` steps: every setting at the rate that suits it, and all at ONE_RATE."""
    steps = STEPS * longer
    eta = tune(steps)
    runs = {Run(s, rate, seed, steps): None for rates in (eta, dict.fromkeys(SETTINGS, ONE_RATE)) for s, rate in rates.items() for seed in seeds}  # fmt: skip
    found = dict(zip(runs, sweep_outcomes(list(runs)), strict=True))

    def test(setting: Setting, rate: float) -> NDArray[np.float64]:
        return np.array([found[Run(setting, rate, seed, steps)][1] for seed in seeds])

    return Measurement(
        tuned={s: test(s, eta[s]) for s in SETTINGS},
        one_rate={s: test(s, ONE_RATE) for s in SETTINGS},
        eta=eta,
        spread=init_spread.measure(seeds),
        steps=steps,
    )


def judge(m: Measurement) -> list[Claim]:
    shapes, results = all(m.distributions().values()), m.results()
    part = any(results.values()) or all(m.results(one_rate=True).values())
    verdict: Verdict = (
        "holds" if shapes and all(results.values()) else "holds-if" if shapes and part else "does-not-hold"
    )
    guess, large = (f"{m.tuned['sigmoid', init].mean():.0f}" for init in ("Xavier", "1"))
    sigmoid, sigmoid_en = f"{guess} %, 표준편차 1에서 {large} %", f"{guess}% with Xavier's weights, {large}% with std 1"
    relu, tanh, against = m.gain("ReLU", "He", "0.01"), m.gain("tanh", "Xavier", "0.01"), m.gain("ReLU", "He", "Xavier")
    return [
        Claim(
            id="3.3",
            text=Text(
                "표준편차 0.01, Xavier, He 초깃값의 활성화 값 분포와 학습 정도는 책이 보여 준 대로다",
                "Initial weights of std 0.01, Xavier's and He's give the distributions and the learning that the book shows",
            ),
            verdict=verdict,
            finding=Text(
                f"초깃값마다 맞는 학습률로 {m.steps}걸음 학습시킨 뒤 시험 정확도의 차이는 ReLU에서 He − 0.01이 {relu.number(sign=True)} %p, He − Xavier가 {against.number(sign=True)} %p, "
                f"tanh에서 Xavier − 0.01이 {tanh.number(sign=True)} %p입니다. 시그모이드는 책의 비교에 없습니다. Xavier에서 {sigmoid}를 맞힙니다.",
                f"Differences in test accuracy after {m.steps} steps, each at the rate that suits it: He − 0.01 {relu.number(sign=True)} points and He − Xavier {against.number(sign=True)} with ReLU, "
                f"Xavier − 0.01 {tanh.number(sign=True)} with tanh. The sigmoid is not in the book's comparison; it gets {sigmoid_en}.",
            ),
            estimate=relu,
            unit=Text("%p, ReLU의 시험 정확도, He − 0.01", "percentage points of test accuracy, ReLU, He − 0.01"),
            shown=same(relu.shown(sign=True)),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    def key(setting: Setting) -> str:
        return f"{setting[0].lower()}_{setting[1].lower().replace('.', '')}"

    found = {f"tuned_{key(s)}": same(mean_interval(m.tuned[s]).shown()) for s in SETTINGS}
    found |= {f"one_{key(s)}": same(f"{m.one_rate[s].mean():.0f}") for s in SETTINGS}
    found |= {f"eta_{key(s)}": same(rate(m.eta[s])) for s in (("tanh", "1"), ("ReLU", "1"))}
    return found | {
        "relu_he_xavier": same(m.gain("ReLU", "He", "Xavier").shown(sign=True)),
        "relu_he_xavier_one": same(m.gain("ReLU", "He", "Xavier", one_rate=True).shown(sign=True)),
        "one_rate": same(f"{ONE_RATE:g}"),
        "lowest": same(rate(LADDER[0])),
        "highest": same(f"{LADDER[-1]:g}"),
        "steps": same(str(m.steps)),
        "batch": same(str(BATCH)),
        "seeds": same(str(len(m.tuned[SETTINGS[0]]))),
        "collapsed": same(f"{COLLAPSED:g}"),
        "alive": same(f"{ALIVE:g}"),
    }


def rate(eta: float) -> str:
    return f"{eta:g}" if eta >= 1e-3 else scientific(eta, 1)


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.3, ncols=len(ACTIVATIONS), sharey=True)
    for axes, name in zip(panels, ACTIVATIONS, strict=True):
        for k, init in enumerate(INITS):
            for shift, found, line in (
                (-0.15, m.tuned, style.SERIES[0]),
                (0.17, m.one_rate, style.SERIES[1] | {"markerfacecolor": style.PAPER}),
            ):
                values = found[name, init]
                mean = mean_interval(values)
                axes.plot(np.full(len(values), k + shift), values, ".", color=line["color"], alpha=0.25, markersize=3)
                axes.errorbar(k + shift, mean.value, yerr=mean.margin, elinewidth=1.2, **line)
        axes.axhline(CHANCE, color=style.INK, linestyle=":", linewidth=1.0)
        axes.set_title(NAMES[name][lang])
        axes.set_xticks(range(len(INITS)), list(INITS), rotation=60)
        axes.set_xlim(-0.6, len(INITS) - 0.4)
        axes.grid(visible=False, axis="x")
    panels[0].set_ylim(0, 103)
    panels[0].set_ylabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    panels[0].annotate(
        Text("찍기", "guessing")[lang], (3.45, CHANCE), xytext=(0, 9), textcoords="offset points", ha="right"
    )
    labels = (
        Text("초깃값마다 고른 학습률", "each at its own rate"),
        Text(f"모두 {ONE_RATE:g}", f"all at {ONE_RATE:g}"),
    )
    handles = [
        panels[0].plot([], [], **style.SERIES[0])[0],
        panels[0].plot([], [], **style.SERIES[1] | {"markerfacecolor": style.PAPER})[0],
    ]
    for handle in handles:
        handle.set_linestyle("")
    made.legend(handles, [text[lang] for text in labels], loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.tuned[SETTINGS[0]])

    def means(found: dict[Setting, NDArray[np.float64]]) -> str:
        return "; ".join(
            f"{NAMES[name][lang]} {', '.join(f'{found[name, init].mean():.0f}' for init in INITS)}"
            for name in ACTIVATIONS
        )

    he, small, tanh, tanh_small = (f"{m.tuned[s].mean():.0f}" for s in (("ReLU", "He"), ("ReLU", "0.01"), ("tanh", "Xavier"), ("tanh", "0.01")))  # fmt: skip
    return {
        "ko": Words(
            f"학습률을 저마다 맞추면: ReLU는 He에서 {he} %, 0.01에서 {small} %, tanh는 Xavier에서 {tanh} %, 0.01에서 {tanh_small} %",
            f"은닉층 {LAYERS}개, 폭 {UNITS}, 손글씨 숫자, SGD {m.steps}걸음, 배치 {BATCH}. 가로축은 초깃값. 작은 점은 시드 하나({n}개), 큰 점은 평균과 95 % 구간. 채운 점은 초깃값마다 고른 학습률, 빈 점은 모두 {ONE_RATE:g}.",
            f"초깃값 0.01, Xavier, He, 1의 차례로 평균 시험 정확도(%). 고른 학습률: {means(m.tuned)}. 모두 {ONE_RATE:g}: {means(m.one_rate)}.",
        ),
        "en": Words(
            f"Each at its own rate: ReLU gets {he}% with He's weights and {small}% with 0.01, tanh {tanh}% with Xavier's and {tanh_small}% with 0.01",
            f"{LAYERS} hidden layers, width {UNITS}, digits, {m.steps} steps of SGD, batches of {BATCH}. Along the bottom: initial weights. Small dots: single seeds ({n}); large ones: mean and 95% interval. Filled: each at the rate chosen for it; hollow: all at {ONE_RATE:g}.",
            f"Mean test accuracy (%) for weights 0.01, Xavier, He, 1. Own rate: {means(m.tuned)}. All at {ONE_RATE:g}: {means(m.one_rate)}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020), "longer": 5},
    sweeps=True,
)
