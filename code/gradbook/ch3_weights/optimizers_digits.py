"""Six optimizers on handwritten digits, rate by rate, each against SGD at its best (claim 3.12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, accuracy, he_normal, relu, softmax_cross_entropy
from gradbook import style
from gradbook.ch3_weights.bowl import NAMES, OPTIMIZERS, Name, Search, search
from gradbook.ch3_weights.optimizer_looks import LOOKS
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stack import sweep_stacked
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same
from gradbook.together import Start, fit_together

SIZES: Final = (64, 32, 10)
STEPS, BATCH = 300, 50
ETAS = tuple(float(f"{10 ** (k / 3):.2g}") for k in range(-9, 2))  # 0.001 … 2.2, three to a decade
TUNING = (9001, 9002)  # seeds that choose the rate, and are used for nothing else
REMEDIES: tuple[Name, ...] = ("momentum", "adagrad", "adam")  # those the source names
WORST = np.log(10)  # the loss of guessing: what a run that left the finite numbers counts as


@dataclass(frozen=True)
class Run:
    name: Name
    eta: float
    seed: int
    longer: int = 1


def outcomes(runs: Sequence[Run]) -> list[tuple[float, float]]:
    """(loss over all training digits, percent of the test digits got right) of each run after the steps; the runs have
    one optimizer and are trained together.
    """
    data, starts = digits(), []
    net = Network([Dense(*SIZES[:2], he_normal), Activation(relu), Dense(*SIZES[1:], he_normal)])
    for run in runs:
        rng = np.random.default_rng(run.seed)
        starts.append(Start(net.init(rng), data.x, data.labels, rng, run.eta))
    name, steps = runs[0].name, STEPS * runs[0].longer
    found = []
    for fitted in fit_together(net, starts, optimizer=OPTIMIZERS[name], steps=steps, batch_size=BATCH):
        if fitted.diverged:
            found.append((WORST, 10.0))
            continue
        loss, _ = softmax_cross_entropy(net(fitted.theta, data.x)[0], data.labels)
        found.append((float(loss), 100 * accuracy(net(fitted.theta, data.x_test)[0], data.labels_test)))
    return found


def sweep_outcomes(runs: Sequence[Run]) -> list[tuple[float, float]]:
    return sweep_stacked(outcomes, runs, lambda run: (run.name, run.longer))


@dataclass(frozen=True)
class Measurement:
    bowl: dict[Name, Search]  # on x²/20 + y²
    grid: dict[Name, NDArray[np.float64]]  # geometric mean of the loss over the tuning seeds, (rates,)
    loss: dict[Name, NDArray[np.float64]]  # at the best rate, (seeds,)
    accuracy: dict[Name, NDArray[np.float64]]

    def eta(self, name: Name) -> float:
        return ETAS[int(np.argmin(self.grid[name]))]

    def ratio(self, name: Name) -> Estimate:
        """Loss over SGD's, each at its best rate: geometric mean, paired by seed."""
        return mean_interval(np.log(self.loss[name] / self.loss["sgd"])).exp()

    def gain(self, name: Name) -> Estimate:
        """Test accuracy minus SGD's, paired by seed."""
        return mean_interval(self.accuracy[name] - self.accuracy["sgd"])

    def typical(self, name: Name) -> Estimate:
        return mean_interval(np.log(self.loss[name])).exp()


def measure(seeds: Sequence[int] = range(20), longer: int = 1) -> Measurement:
    """Each optimizer gets the rate of the grid with the lowest training loss on two other seeds."""
    runs = [Run(name, eta, seed, longer) for name in OPTIMIZERS for eta in ETAS for seed in TUNING]
    tried = np.reshape(sweep_outcomes(runs), (len(OPTIMIZERS), len(ETAS), len(TUNING), 2))
    grid = dict(zip(OPTIMIZERS, np.exp(np.log(tried[..., 0]).mean(axis=2)), strict=True))
    runs = [Run(name, ETAS[int(np.argmin(losses))], seed, longer) for name, losses in grid.items() for seed in seeds]
    found = dict(zip(OPTIMIZERS, np.reshape(sweep_outcomes(runs), (len(OPTIMIZERS), len(seeds), 2)), strict=True))
    return Measurement(
        {name: search(name) for name in OPTIMIZERS}, grid,
        {name: each[:, 0] for name, each in found.items()}, {name: each[:, 1] for name, each in found.items()},
    )  # fmt: skip


def cures_bowl(m: Measurement, name: Name) -> bool:
    """Fewer steps than SGD and a smaller share of steps that flip the steep coordinate, each at its best rate."""
    found, sgd = m.bowl[name].best, m.bowl["sgd"].best
    return found.steps < sgd.steps and found.flips < sgd.flips


def cures_digits(m: Measurement, name: Name) -> bool:
    """A training loss clearly below SGD's, each at its best rate."""
    return m.ratio(name).below(1)


def judge(m: Measurement) -> list[Claim]:
    zigzag = m.bowl["sgd"].best.flips > 0.5
    cured = [cure(m, name) for cure in (cures_bowl, cures_digits) for name in REMEDIES]
    verdict: Verdict = "holds" if zigzag and all(cured) else "holds-if" if zigzag and any(cured) else "does-not-hold"
    bowl = {name: found.best for name, found in m.bowl.items()}

    def steps(lang: Lang) -> str:
        return ", ".join(f"{NAMES[name][lang]} {bowl[name].steps:.0f}" for name in ("sgd", *REMEDIES))

    def losses(lang: Lang) -> str:
        return ", ".join(f"{NAMES[name][lang]} {m.ratio(name).shown()}" for name in REMEDIES)

    return [
        Claim(
            id="3.12",
            text=Text(
                "SGD는 깊은 골을 찾는 모험가처럼 더듬어 내려가며 길쭉한 그릇에서 지그재그로 가고, 모멘텀, AdaGrad, Adam이 이것을 고친다",
                "SGD gropes for the valley like an adventurer and zig-zags on a stretched bowl; momentum, AdaGrad and Adam cure it",
            ),
            verdict=verdict,
            finding=Text(
                f"x²/20 + y²에서 저마다 가장 좋은 학습률로 바닥까지 가는 걸음은 {steps('ko')}입니다. SGD는 걸음의 {100 * bowl['sgd'].flips:.0f} %에서 y의 부호를 바꿉니다. 손글씨 숫자에서 학습 손실은 SGD의 몇 배인지로 {losses('ko')}입니다.",
                f"On x²/20 + y², each at its best rate, the steps to the bottom are {steps('en')}. SGD flips the sign of y in {100 * bowl['sgd'].flips:.0f}% of its steps. On digits the training loss, as a factor of SGD's, is {losses('en')}.",
            ),
            estimate=m.ratio("momentum"),
            unit=Text(
                "배, 손글씨 숫자의 학습 손실, 모멘텀 / SGD", "times, training loss on digits, momentum / SGD"
            ),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    result: dict[str, Text] = {}
    for name in OPTIMIZERS:
        result |= {
            f"{name}_eta": same(f"{m.eta(name):g}"),
            f"{name}_loss": same(m.typical(name).shown()),
            f"{name}_accuracy": same(mean_interval(m.accuracy[name]).shown()),
        }
        if name != "sgd":
            result |= {
                f"{name}_ratio": same(m.ratio(name).shown()),
                f"{name}_gain": same(m.gain(name).shown(sign=True)),
            }
    return result | {
        "cured_bowl": same(str(sum(cures_bowl(m, name) for name in REMEDIES))),
        "cured_digits": same(str(sum(cures_digits(m, name) for name in REMEDIES))),
        "seeds": same(str(len(m.loss["sgd"]))),
        "tuning": same(str(len(TUNING))),
        "steps": same(str(STEPS)),
        "batch": same(str(BATCH)),
        "sizes": same("-".join(map(str, SIZES))),
        "rates": same(str(len(ETAS))),
        "least": same(f"{ETAS[0]:g}"),
        "most": same(f"{ETAS[-1]:g}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (upper, lower) = style.figure(5.0, nrows=2, height_ratios=(1.5, 1))
    for name, losses in m.grid.items():
        upper.plot(ETAS, losses, label=NAMES[name][lang], **LOOKS[name])
    upper.axhline(float(WORST), color=style.INK, linestyle=":", linewidth=1.1)
    upper.annotate(Text("찍기", "guessing")[lang], (ETAS[4], float(WORST)), xytext=(0, 3), textcoords="offset points")
    style.log(upper.xaxis, [0.001, 0.01, 0.1, 1])
    style.log(upper.yaxis, [0.01, 0.03, 0.1, 0.3, 1, 3])
    upper.set_ylim(top=5)
    upper.set_xlabel(Text("학습률 η", "learning rate η")[lang])
    upper.set_ylabel(Text("학습 손실", "training loss")[lang])
    rest = [name for name in OPTIMIZERS if name != "sgd"]
    rng = np.random.default_rng(0)
    for k, name in enumerate(rest):
        each, mean = m.loss[name] / m.loss["sgd"], m.ratio(name)
        color = LOOKS[name]["color"]
        lower.plot(each, k + rng.uniform(-0.22, 0.22, len(each)), ".", color=color, alpha=0.35, markersize=4)
        lower.errorbar(mean.value, k, xerr=[[mean.value - (mean.low or 0)], [(mean.high or 0) - mean.value]], color=color,
                       marker=LOOKS[name]["marker"], capsize=3, linewidth=1.6)  # fmt: skip
    lower.axvline(1, color=LOOKS["sgd"]["color"])
    style.log(lower.xaxis, [0.1, 0.2, 0.5, 1, 2])
    lower.set_yticks(range(len(rest)), [NAMES[name][lang] for name in rest])
    lower.invert_yaxis()
    lower.set_xlabel(Text("학습 손실 / SGD의 학습 손실", "training loss / SGD's")[lang])
    made.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.loss["sgd"])
    best = min(OPTIMIZERS, key=lambda name: m.typical(name).value)
    clear = sum(cures_digits(m, name) for name in OPTIMIZERS if name != "sgd")
    table = ", ".join(f"{NAMES[name][lang]} {m.typical(name).value:.3f}" for name in OPTIMIZERS)
    ratios = ", ".join(f"{NAMES[name][lang]} {m.ratio(name).shown()}" for name in OPTIMIZERS if name != "sgd")
    sizes = "-".join(map(str, SIZES))
    return {
        "ko": Words(
            f"손글씨 숫자에서는 다섯 가운데 {clear}가지의 손실이 SGD보다 뚜렷이 낮습니다 (가장 낮은 것: {NAMES[best].ko})",
            f"{sizes} ReLU 신경망, 배치 {BATCH}, {STEPS}걸음 뒤 학습용 숫자 전체의 손실. 위: 학습률마다, 시드 {len(TUNING)}개의 기하평균. 아래: 저마다 가장 좋은 학습률에서 같은 시드의 SGD로 나눈 값. 점은 시드 하나({n}개), 막대는 기하평균의 95 % 구간.",
            f"가장 좋은 학습률에서의 손실: {table}. SGD로 나눈 값: {ratios}.",
        ),
        "en": Words(
            f"On digits the loss of {clear} of the five is clearly below SGD's (the lowest: {NAMES[best].en})",
            f"{sizes} ReLU network, batches of {BATCH}, loss over all training digits after {STEPS} steps. Top: at each rate, geometric mean of {len(TUNING)} seeds. Bottom: at each one's best rate, over SGD's with the same seed. Dots are single seeds ({n}), bars the 95% interval of the geometric mean.",
            f"Loss at the best rate: {table}. Over SGD's: {ratios}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100), "longer": 4},
    sweeps=True,
)
