"""Maxout contains ReLU and leaky ReLU; which of their faults it undoes, what it costs, and what it brings (claim 5.13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from deepgrad import Array, Dense, Maxout, affine, maxout, zeros
from gradbook import style
from gradbook.ch5_activations.half_planes import (
    ETAS,
    LEAKY,
    MAXOUT,
    NARROW_MAXOUT,
    RELU,
    Floats,
    Kind,
    Outcome,
    outcomes,
    rectifier,
    tuned,
)
from gradbook.ch5_activations.looks import COLORS
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.memo import recall
from gradbook.stats import Estimate, mean_interval, order, power_of_ten_above
from gradbook.text import Lang, Text, Verdict, same

SECOND: Final[dict[str, float]] = {"ReLU": 0.0, "1/128": 1 / 128, "0.01": 0.01, "|z|": -1.0}  # w₂ = a w₁, b₂ = a b₁
BAD: Final = ETAS.index(0.4)  # a rate that ReLUs bear and maxouts do not
ARMS: Final[dict[str, Kind]] = {"maxout": MAXOUT, "narrow": NARROW_MAXOUT, "leaky": LEAKY}


@dataclass(frozen=True)
class Measurement:
    off: dict[
        str, float
    ]  # largest difference between the maxout layer and the function it should be, way back included
    ratio: float  # a maxout layer's multiplications over those of a dense layer of as many inputs and outputs
    found: dict[Kind, Outcome]

    def gain(self, arm: str) -> Estimate:
        """Test accuracy against ReLU's, paired by seed, each at a good rate, in points."""
        return mean_interval(tuned(self.found[ARMS[arm]]) - tuned(self.found[RELU]))

    def lean(self, kind: Kind) -> Estimate:
        """Mean over standard deviation of the hidden outputs before training, mean over the layers."""
        return mean_interval(self.found[kind].lean_start.mean(axis=1))

    def at(self, kind: Kind, what: str, rate: int) -> Estimate:
        return mean_interval(getattr(self.found[kind], what)[:, rate])


def as_maxout(a: float, W: Array, b: Array) -> tuple[Array, Array]:
    """W (2, fan_in, fan_out) and b (2, fan_out) of the maxout that is max(z, a z), z = x W + b."""
    return np.stack([W, a * W]), np.stack([b, a * b])


def difference(a: float, rng: np.random.Generator) -> float:
    """Between that maxout and the function itself: outputs and what comes back to x, largest absolute value.

    All numbers are multiples of a power of ½, so that no sum or product is rounded; and z is never 0, where they part.
    """
    x, W, dy = (rng.integers(-64, 65, shape) / 32 for shape in ((200, 64), (64, 32), (200, 32)))
    b = (2 * rng.integers(-2048, 2048, 32) + 1) / 4096
    z, back_affine = affine(x, W, b)
    if a < 0:
        y, dz = np.abs(z), dy * np.sign(z)
    else:
        y, back = rectifier(a)(z)
        dz = back(dy)
    dx = back_affine(dz)[0]
    got, back_maxout = maxout(x, *as_maxout(a, W, b))
    return float(max(np.abs(got - y).max(), np.abs(back_maxout(dy)[0] - dx).max()))


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """The special cases in float64; accuracies of the networks of `half_planes`."""
    off = {name: difference(a, np.random.default_rng(0)) for name, a in SECOND.items()}
    ratio = float(np.prod(Maxout(64, 32, 2, zeros).shapes()["W"]) / np.prod(Dense(64, 32, zeros).shapes()["W"]))
    kept = (RELU, LEAKY, MAXOUT, NARROW_MAXOUT)
    found = recall(outcomes, seeds=seeds)
    return Measurement(off, ratio, {kind: found[kind] for kind in kept})


def contains(m: Measurement) -> bool:
    """Exactly, where multiplying by a makes no rounding error."""
    return all(m.off[name] == 0 for name in ("ReLU", "1/128", "|z|"))


def undone(m: Measurement) -> dict[str, bool]:
    """ReLU's two faults: dead units, and outputs that lean to one side. Undone if less than half of it is left."""
    return {
        "dead": max(float(m.found[kind].dead.max()) for kind in (MAXOUT, NARROW_MAXOUT)) == 0,
        "lean": m.lean(MAXOUT).value < m.lean(RELU).value / 2,
    }


def judge(m: Measurement) -> list[Claim]:
    faults = undone(m)
    twice = m.ratio == 2
    verdict: Verdict = "does-not-hold" if not (contains(m) and twice and any(faults.values())) else (
        "holds" if all(faults.values()) else "holds-if"
    )  # fmt: skip
    narrow, wide = (m.gain(arm).shown(sign=True) for arm in ("narrow", "maxout"))
    lean = [m.lean(kind).number() for kind in (MAXOUT, RELU)]
    return [
        Claim(
            id="5.13",
            text=Text(
                "맥스아웃은 ReLU와 leaky ReLU를 합쳐 각각의 단점을 상쇄하지만 연산량이 2배다",
                "Maxout joins ReLU and leaky ReLU and undoes the faults of each, at twice the computation",
            ),
            verdict=verdict,
            finding=Text(
                f"둘 다 맥스아웃의 특별한 경우이고(차이 0), 죽는 유닛이 없습니다. 그러나 출력은 똑같이 한쪽으로 치우칩니다(평균 ÷ 표준편차 {lean[0]}, ReLU는 {lean[1]}). "
                f"곱셈은 {m.ratio:g}배이고, ReLU와의 차이는 폭이 같으면 {wide} %p, 매개변수의 수가 같으면 {narrow} %p입니다.",
                f"Both are special cases of it (difference 0), and no unit dies. But its outputs lean to one side as much (mean over standard deviation {lean[0]}, ReLU {lean[1]}). "
                f"It multiplies {m.ratio:g} times as often; its accuracy differs from ReLU's by {wide} points at equal width, by {narrow} with equally many parameters.",
            ),
            estimate=m.gain("narrow"),
            unit=Text("%p, 맥스아웃 − ReLU, 매개변수의 수가 같을 때", "points, maxout minus ReLU, equally many parameters"),
            shown=same(narrow),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"gain_{arm}": m.gain(arm).shown(sign=True) for arm in ("maxout", "narrow")}
    for name, kind in (("relu", RELU), *ARMS.items()):
        if name != "leaky":
            found |= {
                f"right_{name}": mean_interval(tuned(m.found[kind])).shown(),
                f"size_{name}": f"{kind.network().size:,}",
            }
            found[f"width_{name}"] = str(kind.width)
    return {name: same(value) for name, value in found.items()} | {
        "off": same(f"{max(m.off[name] for name in ('ReLU', '1/128', '|z|')):g}"),
        "off_001": same(order(power_of_ten_above(m.off["0.01"]))),
        "lean_maxout": same(m.lean(MAXOUT).shown()),
        "lean_relu": same(m.lean(RELU).shown()),
        "idle_good": same(mean_interval(tuned(m.found[MAXOUT], "one_sided")).number()),
        "burst_bad": same(m.at(MAXOUT, "burst", BAD).shown()),
        "eta_bad": same(f"{ETAS[BAD]:g}"),
        "right_bad": same(m.at(MAXOUT, "right", BAD).number()),
        "relu_bad": same(m.at(RELU, "right", BAD).number()),
        "seeds": same(str(len(m.found[RELU].right))),
    }


CURVES: Final = (("ReLU", 0.0, COLORS["ReLU"]), ("a = ¼", 0.25, COLORS["leaky ReLU"]), ("|z|", -1.0, style.GREEN))


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(3.0, ncols=2)
    z = np.array([-2.0, 0.0, 2.0])
    left.plot(z, z, color=style.MUTED, linewidth=1, linestyle=":")
    for name, a, color in CURVES:
        left.plot(z, a * z, color=style.MUTED, linewidth=1, linestyle=":")
        left.plot(z, np.maximum(z, a * z), color=color, linewidth=2.2, label=name)
    left.set(xlabel="z", xticks=[-2, -1, 0, 1, 2], yticks=[-2, -1, 0, 1, 2])
    left.set_title(Text("max(z, az)", "max(z, az)")[lang])
    left.set_ylim(-3.1, 2.2)
    left.legend(loc="lower center", ncols=3, columnspacing=1, handlelength=1.2)
    names = {
        "leaky": Text("leaky 0.01", "leaky 0.01"),
        "narrow": Text("맥스아웃,\n매개변수 같음", "maxout, same\nparameters"),
        "maxout": Text("맥스아웃,\n폭 같음", "maxout,\nsame width"),
    }
    for k, arm in enumerate(names):
        each: Floats = tuned(m.found[ARMS[arm]]) - tuned(m.found[RELU])
        color = COLORS["leaky ReLU" if arm == "leaky" else "maxout"]
        right.plot(k + np.linspace(-0.15, 0.15, len(each)), np.sort(each), ".", color=color, alpha=0.4, markersize=4)
        gain = m.gain(arm)
        right.errorbar(
            k, gain.value, gain.margin, fmt="D" if arm == "leaky" else "*", color=color, capsize=4, markersize=7
        )
    right.axhline(0, color=COLORS["ReLU"], linewidth=1.4)
    right.set_xticks(range(len(names)), [name[lang] for name in names.values()])
    right.set_xlim(-0.5, 2.5)
    right.set_title(Text("시험 정확도, ReLU와의 차이 (%p)", "test accuracy minus ReLU's (points)")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n = len(m.found[RELU].right)
    gains = {arm: m.gain(arm).number(sign=True) for arm in ARMS}
    return {
        "ko": Words(
            f"맥스아웃과 ReLU의 정확도 차이는 폭이 같으면 {gains['maxout']} %p, 매개변수의 수가 같으면 {gains['narrow']} %p입니다",
            f"왼쪽: 두 직선(점선) 가운데 위의 것을 고르면 ReLU, leaky ReLU, |z|가 됩니다. 오른쪽: 손글씨 숫자, 저마다 좋은 학습률. 옅은 점은 시드 {n}개(작은 것부터), 큰 표는 평균과 95 % 구간, 주황 선은 ReLU입니다.",
            f"왼쪽: 0에서 꺾이는 볼록한 꺾은선 셋. 오른쪽: leaky ReLU {gains['leaky']}, 매개변수의 수가 같은 맥스아웃 {gains['narrow']}, 폭이 같은 맥스아웃 {gains['maxout']} %p.",
        ),
        "en": Words(
            f"Maxout minus ReLU: {gains['maxout']} points at equal width, {gains['narrow']} with equally many parameters",
            f"Left: the upper of two lines (dotted) is ReLU, leaky ReLU or |z|. Right: digits, each at a good rate. Pale: {n} seeds (in order of size), large marks: mean and 95% interval, orange: ReLU.",
            f"Left: three convex lines with a bend at 0. Right: leaky ReLU {gains['leaky']}, maxout with equally many parameters {gains['narrow']}, maxout of equal width {gains['maxout']} points.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1100)},
    sweeps=True,
)
