"""Six optimizers on the bowl, each at its own best rate (goes with claim 3.12)."""

from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from deepgrad import momentum
from gradbook import style
from gradbook.ch3_weights.bowl import (
    HORIZON,
    NAMES,
    OPTIMIZERS,
    RATES,
    TARGET,
    Name,
    Points,
    Search,
    Trip,
    descend,
    polyak,
    search,
    trip,
)
from gradbook.ch3_weights.descent import bowl_with_path
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.text import Lang, Text, same


@dataclass(frozen=True)
class Measurement:
    found: dict[Name, Search]
    paths: dict[Name, Points]  # up to the arrival
    tuned: Trip  # momentum with the bowl's own η and β


def measure() -> Measurement:
    """Every rate of the grid; the other settings are the library's."""
    found = {name: search(name) for name in OPTIMIZERS}
    paths = {name: descend(partial(OPTIMIZERS[name], eta=one.eta), int(one.best.steps)) for name, one in found.items()}
    eta, beta = polyak()
    return Measurement(found, paths, trip(descend(partial(momentum, eta=eta, beta=beta), HORIZON)))


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    result = {"tuned_steps": same(f"{m.tuned.steps:.0f}"), "tuned_flips": same(f"{100 * m.tuned.flips:.0f}")}
    for name, one in m.found.items():
        result |= {
            f"{name}_eta": same(f"{one.eta:.2g}"),
            f"{name}_steps": same(f"{one.best.steps:.0f}"),
            f"{name}_flips": same(f"{100 * one.best.flips:.0f}"),
            f"{name}_detour": same(f"{one.best.detour:.1f}"),
        }
    return result | {
        "adagrad_first": same(f"{m.paths['adagrad'][1, 1]:.1f}".replace("-", "−")),
        "target": same(f"{TARGET:g}"),
        "horizon": same(str(HORIZON)),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(4.2, nrows=3, ncols=2, sharex=True, sharey=True)
    for axes, (name, one) in zip(panels.ravel(), m.found.items(), strict=True):
        bowl_with_path(axes, m.paths[name], name, mark=2.2)
        steps = Text(f"{one.best.steps:.0f}걸음", f"{one.best.steps:.0f} steps")[lang]
        axes.set_title(f"{NAMES[name][lang]}, η = {one.eta:.2g}: {steps}")
    for axes in panels[-1]:
        axes.set_xlabel("x")
    for axes in panels[:, 0]:
        axes.set_ylabel("y")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    order = sorted(m.found, key=lambda name: m.found[name].best.steps)
    table = "; ".join(
        f"{NAMES[name][lang]} {one.best.steps:.0f} ({100 * one.best.flips:.0f}%)" for name, one in m.found.items()
    )
    first, last, sgd = order[0], order[-1], m.found["sgd"].best.steps
    slower = sum(m.found[name].best.steps > sgd for name in m.found)
    return {
        "ko": Words(
            f"저마다 가장 좋은 학습률에서: SGD는 {sgd:.0f}걸음, 그보다 느린 것이 {slower}가지",
            f"f = x²/20 + y²에서, 학습률 {len(RATES)}개 가운데 걸음이 가장 적은 것으로 바닥(출발 높이의 {TARGET:g}배)까지 간 길. β와 ε은 흔히 쓰는 값입니다. 그림 밖으로 나간 걸음은 잘립니다.",
            f"걸음 수와 y의 부호가 바뀐 걸음의 비율: {table}. 가장 빠른 것은 {NAMES[first].ko}, 가장 느린 것은 {NAMES[last].ko}.",
        ),
        "en": Words(
            f"Each at its best rate: SGD takes {sgd:.0f} steps, and {slower} of the others take more",
            f"On f = x²/20 + y², the way to the bottom ({TARGET:g} of the height at the start) at the rate with the fewest steps out of {len(RATES)}. β and ε have their usual values. Steps that leave the frame are cut off.",
            f"Steps, and the share of steps in which y changes its sign: {table}. The fastest is {NAMES[first].en}, the slowest {NAMES[last].en}.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
