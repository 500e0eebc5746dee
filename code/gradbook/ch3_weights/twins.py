"""Four starts, three activations: how many kinds of hidden unit there are, and the rank of their weights (goes with 3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Step, constant, xavier_normal, zeros
from deepgrad.signatures import Initializer
from gradbook import style
from gradbook.ch3_weights.alike import (
    ACTIVATIONS,
    NAMES,
    VISIBLE,
    WIDTH,
    Name,
    kinds,
    nearly_constant,
    one_layer,
    split,
    trained,
    units,
    visible_kinds,
    visible_rank,
)
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import ten_to
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

VALUE, NOISE = 0.1, 1e-4
STARTS: dict[str, Initializer] = {
    "zero": zeros,
    "constant": constant(VALUE),
    "noise": nearly_constant(VALUE, NOISE),
    "random": xavier_normal,
}
ETA: dict[Name, float] = {"sigmoid": 2.0, "tanh": 0.3, "ReLU": 0.1}
STEPS, EVERY, FIRST = 400, 20, 20
PARAMETERS = ("W1", "b1", "W2", "b2")


@dataclass(frozen=True)
class Measurement:
    steps: NDArray[np.int64]
    kinds: dict[Name, dict[str, NDArray[np.float64]]]  # units seen to differ, (seeds, steps)
    rank: dict[Name, dict[str, NDArray[np.float64]]]  # of the incoming weights, (seeds, steps)
    to_the_bit: dict[
        Name, dict[str, tuple[int, ...]]
    ]  # different units after training, be it in the last bit, per seed
    first_move: dict[Name, dict[str, int]]  # from zero: the step that first moves each parameter; 0: none of FIRST


def track(run: tuple[Name, str, int]) -> tuple[NDArray[np.float64], int]:
    """(visible kinds and rank at each look, (2, steps); different units after training)."""
    name, start, seed = run
    rng = np.random.default_rng(seed)
    chosen, net = split(rng), one_layer(name, STARTS[start])
    theta = net.init(rng, dtype=np.float64)
    seen: list[tuple[int, int]] = []

    def look(number: int, at: NDArray[np.float64]) -> None:
        if number % EVERY == 0:
            seen.append((visible_kinds(units(net, at)), visible_rank(net.views(at)[0]["W"])))

    def after(step: Step) -> None:
        look(step.number, step.theta)

    look(0, theta)
    found = trained(net, theta, chosen, rng, ETA[name], STEPS, callback=after)
    return np.array(seen, dtype=np.float64).T, kinds(units(net, found.theta))


def first_moves(name: Name) -> dict[str, int]:
    """From zero, which step is the first to move W1, b1, W2 and b2."""
    rng = np.random.default_rng(0)
    chosen, net = split(rng), one_layer(name, zeros)
    first = dict.fromkeys(PARAMETERS, 0)

    def after(step: Step) -> None:
        own = [views[kind] for views in net.views(step.grad) if views for kind in ("W", "b")]
        for which, grad in zip(PARAMETERS, own, strict=True):
            if grad.any() and not first[which]:
                first[which] = step.number

    trained(net, net.init(rng, dtype=np.float64), chosen, rng, ETA[name], FIRST, callback=after)
    return first


def measure(seeds: Sequence[int] = range(3)) -> Measurement:
    """Digits, width 32, float64, one rate per activation."""
    runs: list[tuple[Name, str, int]] = [
        (name, start, seed) for name in ACTIVATIONS for start in STARTS for seed in seeds
    ]
    found = dict(zip(runs, sweep(track, runs), strict=True))
    tracks = {
        name: {start: np.stack([found[name, start, seed][0] for seed in seeds]) for start in STARTS}
        for name in ACTIVATIONS
    }
    return Measurement(
        steps=np.arange(0, STEPS + 1, EVERY),
        kinds={name: {start: of[start][:, 0] for start in STARTS} for name, of in tracks.items()},
        rank={name: {start: of[start][:, 1] for start in STARTS} for name, of in tracks.items()},
        to_the_bit={name: {s: tuple(found[name, s, seed][1] for seed in seeds) for s in STARTS} for name in ACTIVATIONS},
        first_move={name: first_moves(name) for name in ACTIVATIONS},
    )  # fmt: skip


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    never = Text("움직이지 않음", "never")
    found = {
        f"{which.lower()}_{name.lower()}": same(str(step)) if step else never
        for name, moves in m.first_move.items()
        for which, step in moves.items()
    }
    found |= {f"rank_noise_{name.lower()}": same(end(m.rank[name]["noise"])) for name in ACTIVATIONS}
    found |= {f"rank_zero_{name}": same(end(m.rank[name]["zero"])) for name in ("sigmoid", "tanh")}
    return found | {
        "bits_noise": same(str(min(min(of["noise"]) for of in m.to_the_bit.values()))),
        "rank_noise_start": same(f"{max(of['noise'][:, 0].max() for of in m.rank.values()):.0f}"),
        "looked": same(str(FIRST)),
        "steps": same(str(STEPS)),
        "noise": same(ten_to(round(np.log10(NOISE)))),
        "value": same(f"{VALUE:g}"),
    }  # fmt: skip


def end(found: NDArray[np.float64]) -> str:
    """The mean over seeds at the end of training."""
    return f"{found[:, -1].mean():.0f}"


LABELS: dict[str, Text] = {
    "zero": Text("0", "zero"),
    "constant": Text(f"상수 {VALUE:g}", f"constant {VALUE:g}"),
    "noise": Text(f"{VALUE:g} + 잡음", f"{VALUE:g} + noise"),
    "random": Text("무작위", "random"),
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(4.0, nrows=2, ncols=3, sharex=True, sharey=True)
    ordinates = (
        Text("눈에 띄게 다른 뉴런", "visibly different units"),
        Text("은닉층 가중치의 계수", "rank of hidden weights"),
    )
    for row, found, ordinate in zip(panels, (m.kinds, m.rank), ordinates, strict=True):
        for axes, (name, tracks) in zip(row, found.items(), strict=True):
            for k, (line, (start, values)) in enumerate(zip(style.SERIES, tracks.items(), strict=True)):
                axes.plot(m.steps, values.mean(axis=0), label=LABELS[start][lang], color=line["color"],
                          linestyle=line["linestyle"], marker=line["marker"], markevery=(k, 5))  # fmt: skip
                style.band(axes, m.steps, values.min(axis=0), values.max(axis=0), str(line["color"]))
            axes.set_title(NAMES[name][lang] if found is m.kinds else "")
            axes.set_yticks([1, 8, 16, 24, WIDTH])
        row[0].set_ylabel(ordinate[lang])
    panels[1][1].set_xlabel(Text("학습한 걸음", "training steps")[lang])
    made.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    grown = [round(float(of["noise"][:, -1].mean())) for of in m.rank.values()]
    n, noise = len(m.rank["tanh"]["zero"]), ten_to(round(np.log10(NOISE)))
    most = max(
        int(found.max()) for of in m.rank.values() for start, found in of.items() if start in ("zero", "constant")
    )
    ends = "; ".join(
        f"{NAMES[name][lang]}: {', '.join(f'{found[:, -1].mean():.0f}' for found in of.values())}"
        for name, of in m.rank.items()
    )
    return {
        "ko": Words(
            f"같은 값에서 출발하면 W₁의 계수는 끝까지 {most} 이하입니다. 잡음 {noise}을 더하면 {min(grown)}에서 {max(grown)}까지 커집니다",
            f"손글씨 숫자, 폭 {WIDTH}, float64. 잡음은 N(0, ({noise})²). 서로의 거리가 가장 긴 뉴런의 {100 * VISIBLE:g} %를 넘는 뉴런만 다르다고 세고, 계수는 가장 큰 특잇값의 {100 * VISIBLE:g} %를 넘는 특잇값의 수입니다. 선은 시드 {n}개의 평균, 띠는 가장 작은 값에서 가장 큰 값까지.",
            f"{STEPS}걸음 뒤 W₁의 계수(0, 상수, 잡음, 무작위). {ends}.",
        ),
        "en": Words(
            f"From equal weights the rank of W₁ never exceeds {most}; noise of {noise} raises it to between {min(grown)} and {max(grown)}",
            f"Digits, width {WIDTH}, float64. The noise is N(0, ({noise})²). Units count as different if they are further apart than {100 * VISIBLE:g}% of the longest; the rank counts singular values above {100 * VISIBLE:g}% of the largest. Lines: mean of {n} seeds; bands: smallest to largest.",
            f"Rank of W₁ after {STEPS} steps (zero, constant, noise, random). {ends}.",
        ),
    }[lang]  # fmt: skip


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020)},
    sweeps=True,
)
