"""A shallow and a deep network of equal size trained on a saw: does training find what depth can say? (claim 2.5)"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Activation, Dense, Network, adam, he_normal, linear_pieces, relu, sawtooth, squared_error
from gradbook import style
from gradbook.ch2_approximation import sawtooth_pieces
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stack import sweep_stacked
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same
from gradbook.together import Start, fit_together

FOLDS = (2, 3, 4)
SHALLOW, DEEP = (1, 99, 1), (1, 9, 9, 9, 9, 1)  # 298 parameters each
EXAMPLES, STEPS, ETA = 128, 1500, 0.003

type Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Measurement:
    error: dict[str, Reals]  # shallow, deep, own -> root mean squared error after training, (seeds, folds)
    pieces: dict[str, Reals]  # -> straight pieces after training, (seeds, folds)
    size: dict[str, int]  # parameters of shallow and deep
    deep_units: int  # that the longest saw of sawtooth_pieces takes, deep
    shallow_units: int  # and shallow
    saw_pieces: int  # how many pieces that saw has
    steps: int
    flat: Reals  # the error of always answering the mean, ½, (folds,)

    def difference(self, folds: int, kind: str = "deep") -> Estimate:
        """Error of that kind minus the shallow error on the saw of so many folds, paired by seed."""
        i = FOLDS.index(folds)
        return mean_interval(self.error[kind][:, i] - self.error["shallow"][:, i])


def network(sizes: Sequence[int]) -> Network:
    """Dense layers of these sizes, ReLU between them."""
    layers: list[Dense | Activation] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [Dense(fan_in, fan_out, he_normal), Activation(relu)]
    return Network(layers[:-1])


def sizes(kind: str, folds: int) -> tuple[int, ...]:
    """own: the shape in which `sawtooth` writes the saw down without error."""
    return {"shallow": SHALLOW, "deep": DEEP, "own": (1, *[2] * folds, 1)}[kind]


def examples(folds: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Inputs spread evenly over [0, 1], and the saw's heights there: (EXAMPLES, 1) each."""
    saw, theta = sawtooth(folds)
    x = ((np.arange(EXAMPLES) + 0.5) / EXAMPLES)[:, None].astype(np.float32)
    return x, saw(theta.astype(np.float32), x)[0]


type Run = tuple[int, str, int, int]  # seed, kind, folds, steps


def train(runs: Sequence[Run]) -> list[tuple[float, int]]:
    """Root mean squared error and straight pieces of each run after Adam on all examples at once; all have one shape.

    He's initial weights; the first layer's biases place its bends evenly at random in [0, 1], since with biases of 0
    they would all lie at 0.
    """
    _, kind, folds, steps = runs[0]
    net, starts = network(sizes(kind, folds)), []
    for seed, _, own_folds, _ in runs:
        rng = np.random.default_rng([seed, own_folds])
        theta = net.init(rng)
        first, *_ = net.views(theta)
        first["b"][:] = -first["W"][0] * rng.uniform(0, 1, first["b"].size)
        starts.append(Start(theta, *examples(own_folds), rng, ETA))
    trained = fit_together(net, starts, loss=squared_error, optimizer=adam, steps=steps, batch_size=EXAMPLES)
    found = []
    for start, own in zip(starts, trained, strict=True):
        y, _ = net(own.theta, start.x)
        error = float(np.sqrt(np.mean((y - start.targets) ** 2)))
        found.append((error, linear_pieces(net, own.theta.astype(np.float64), 0, 1)))
    return found


def measure(seeds: Sequence[int] = range(8), longer: int = 1) -> Measurement:
    """Every shape on every saw for every seed; what exists is counted by `sawtooth_pieces`."""
    kinds = ("shallow", "deep", "own")
    runs = [(seed, kind, folds, longer * STEPS) for kind in kinds for seed in seeds for folds in FOLDS]
    found = np.reshape(
        sweep_stacked(train, runs, lambda run: (sizes(*run[1:3]), run[3])), (len(kinds), len(seeds), len(FOLDS), 2)
    )
    counted = sawtooth_pieces.measure()
    return Measurement(
        error={kind: found[i, :, :, 0] for i, kind in enumerate(kinds)},
        pieces={kind: found[i, :, :, 1] for i, kind in enumerate(kinds)},
        size={"shallow": network(SHALLOW).size, "deep": network(DEEP).size},
        deep_units=int(counted.deep_units[-1]),
        shallow_units=int(counted.shallow_pieces[-1]) - 1,  # a layer bends once a unit: fewer cannot do it
        saw_pieces=int(counted.pieces[-1]),
        steps=longer * STEPS,
        flat=np.array([examples(folds)[1].std() for folds in FOLDS]),
    )


MIDDLE = 3  # folds of the saw that the title speaks of


def judge(m: Measurement) -> list[Claim]:
    """Fewer units are needed if the saw's own shape says it with fewer; without a condition, if training gets there."""
    fewer = m.deep_units < m.shallow_units
    missed = m.difference(MIDDLE, "own")
    verdict: Verdict = "holds-if" if missed.above(0) else "holds"
    own, shallow = (mean_interval(m.error[kind][:, FOLDS.index(MIDDLE)]).number() for kind in ("own", "shallow"))
    few, many, teeth = 2 * MIDDLE, SHALLOW[1], 2 ** (MIDDLE - 1)
    return [
        Claim(
            id="2.5",
            text=Text("은닉층을 늘리면 필요한 노드의 수가 줄어든다", "More hidden layers need fewer nodes"),
            verdict=verdict if fewer else "does-not-hold",
            finding=Text(
                f"접어서 만드는 함수를 나타낼 때의 이야기입니다. 조각이 {m.saw_pieces:,}개인 톱니에 깊은 신경망은 뉴런 {m.deep_units}개, 은닉층 하나는 적어도 {m.shallow_units:,}개가 듭니다. "
                f"톱니 {teeth}개를 학습시키면 뉴런 {few}개로 충분한 깊은 모양의 오차가 {own}, 뉴런 {many}개인 은닉층 하나의 오차가 {shallow}입니다.",
                f"It is about stating functions that folding makes. A saw of {m.saw_pieces:,} pieces takes {m.deep_units} units deep, and in one hidden layer {m.shallow_units:,} at least. "
                f"Trained on {teeth} teeth, the deep shape whose {few} units could state it errs by {own}, one hidden layer of {many} units by {shallow}.",
            ),
            estimate=missed,
            unit=Text(
                f"학습한 오차의 차이 (뉴런 {few}개로 깊게 − {many}개로 얕게), 톱니 {teeth}개",
                f"difference of trained errors ({few} units deep − {many} shallow), {teeth} teeth",
            ),
            shown=same(missed.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {"seeds": same(str(len(m.error["deep"]))), "steps": same(f"{m.steps:,}"), "eta": same(f"{ETA:g}")}
    for folds in FOLDS:
        i, teeth = FOLDS.index(folds), 2 ** (folds - 1)
        found[f"difference_{teeth}"] = same(m.difference(folds).shown(sign=True))
        if folds == MIDDLE:
            found[f"own_{teeth}"] = same(mean_interval(m.error["own"][:, i]).number())
        else:
            found[f"shallow_{teeth}"] = same(mean_interval(m.error["shallow"][:, i]).number())
            found[f"deep_{teeth}"] = same(mean_interval(m.error["deep"][:, i]).number())
    middle = FOLDS.index(MIDDLE)
    return found | {
        "parameters": same(str(m.size["deep"])),
        "shallow_width": same(str(SHALLOW[1])),
        "deep_width": same(str(DEEP[1])),
        "deep_layers": same(str(len(DEEP) - 2)),
        "examples": same(str(EXAMPLES)),
        "shallow_pieces": same(f"{m.pieces['shallow'][:, middle].mean():.0f}"),
        "deep_pieces": same(f"{m.pieces['deep'][:, middle].mean():.0f}"),
        "possible_pieces": same(f"{DEEP[1] ** (len(DEEP) - 3) * (DEEP[1] + 1):,}"),
        "flat": same(f"{m.flat[middle]:.2f}"),
        "own_best": same(f"{m.error['own'][:, middle].min():.2f}"),
        "own_size": same(str(network(sizes("own", MIDDLE)).size)),
    }


NAMES = {
    "shallow": Text("얕음: 은닉층 하나", "shallow: one hidden layer"),
    "deep": Text("깊음: 은닉층 넷", "deep: four hidden layers"),
    "own": Text("톱니에 꼭 맞는 깊은 모양", "the saw's own deep shape"),
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.4)
    teeth = [2 ** (folds - 1) for folds in FOLDS]
    places = np.arange(len(teeth))
    axes.plot(places, m.flat, color=style.INK, linestyle=":", linewidth=1.2,
              label=Text("늘 ½이라고 답할 때", "always answering ½")[lang])  # fmt: skip
    lines = (style.SERIES[0], style.SERIES[1], {"color": style.PURPLE, "marker": "D", "linestyle": "-."})
    for (kind, error), line, shift in zip(m.error.items(), lines, (-0.16, 0, 0.16), strict=True):
        x = places + shift
        axes.plot(np.repeat(x[None], len(error), axis=0).ravel(), error.ravel(), "o", color=line["color"],
                  markersize=2.5, alpha=0.4)  # fmt: skip
        axes.plot(x, error.mean(axis=0), label=NAMES[kind][lang], **line)
    axes.plot(places + 0.16, np.zeros(len(places)), color=style.INK, linestyle="--", marker="D", markersize=4,
              label=Text("같은 모양을 손으로 만듦", "the same shape, built by hand")[lang])  # fmt: skip
    axes.set_xticks(places, [str(n) for n in teeth])
    axes.set_ylim(-0.02, 0.5)
    axes.set_yticks([0, 0.1, 0.2, 0.3])
    axes.set_xlabel(Text("톱니의 수", "teeth of the saw")[lang])
    axes.set_ylabel(Text("제곱평균제곱근 오차", "root mean squared error")[lang])
    axes.legend(loc="upper left", ncols=2, columnspacing=1, handlelength=1.8)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    i = FOLDS.index(MIDDLE)
    teeth = 2 ** (MIDDLE - 1)
    shallow, deep, own = (f"{m.error[kind][:, i].mean():.2f}" for kind in ("shallow", "deep", "own"))
    n = len(m.error["deep"])
    return {
        "ko": Words(
            f"톱니 {teeth}개를 학습한 오차는 얕은 쪽 {shallow}, 깊은 쪽 {deep}, 톱니에 꼭 맞는 모양 {own}입니다",
            f"ReLU, 얕은 쪽과 깊은 쪽의 매개변수는 {m.size['shallow']}개와 {m.size['deep']}개, 표본 {EXAMPLES}개, Adam η = {ETA:g}, {m.steps:,}걸음. 점은 시드 {n}개, 선은 평균입니다.",
            f"가로축은 톱니 {', '.join(str(2 ** (f - 1)) for f in FOLDS)}개, 세로축은 학습한 뒤의 오차. 점은 시드마다 흩어져 있고, 손으로 만든 신경망의 파선은 0에 있습니다.",
        ),
        "en": Words(
            f"Trained on {teeth} teeth the shallow network errs by {shallow}, the deep one by {deep}, the saw's own shape by {own}",
            f"ReLU, {m.size['shallow']} parameters shallow and {m.size['deep']} deep, {EXAMPLES} examples, Adam η = {ETA:g}, {m.steps:,} steps. Dots are {n} seeds, lines their means.",
            f"Saws of {', '.join(str(2 ** (f - 1)) for f in FOLDS)} teeth against the error after training. Dots scatter from seed to seed; the dashed line of the network built by hand lies at 0.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1050), "longer": 5},
    sweeps=True,
)
