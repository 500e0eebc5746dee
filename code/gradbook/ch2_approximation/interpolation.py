"""One hidden layer through any n points, to rounding error; and two equal inputs with two answers (claim 2.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import interpolate, squared_error
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, order, power_of_ten_above
from gradbook.text import Lang, Text, same

POINTS = (16, 64, 256, 1024)
DIMENSIONS = (1, 10)
SHOWN = 10  # points of the drawn network
EXACT = 1e-12  # a loss below this is rounding

type Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Measurement:
    place: Reals  # of the drawn network's points, (SHOWN,)
    label: Reals
    x: Reals
    y: Reals  # the drawn network between them
    error: dict[int, Reals]  # dimensions -> largest |f(xᵢ) − yᵢ|, (seeds, points)
    error32: dict[int, Reals]  # the same network computed in float32
    loss: float  # the largest loss of all, float64
    contradiction: float  # the least loss on two equal inputs labeled 0 and 1

    def worst(self, points: int) -> float:
        """The largest error over seeds and dimensions, for so many points."""
        i = POINTS.index(points)
        return max(float(error[:, i].max()) for error in self.error.values())


def one_fit(seed: int, n: int, d: int) -> tuple[float, float, float]:
    """n points from U(0, 1)ᵈ with coin flips for labels: largest error, the same in float32, loss."""
    rng = np.random.default_rng([seed, n, d])
    x, labels = rng.uniform(size=(n, d)), rng.integers(0, 2, size=n).astype(float)
    net, theta = interpolate(x, labels, rng.normal(size=d))
    y, _ = net(theta, x)
    y32, _ = net(theta.astype(np.float32), x)
    loss, _ = squared_error(y, labels[:, None])
    return float(np.abs(y[:, 0] - labels).max()), float(np.abs(y32[:, 0] - labels).max()), loss


def contradicted(outputs: Reals) -> float:
    """The least loss that any of these outputs has on two equal inputs labeled 0 and 1: a function gives one answer."""
    return min(squared_error(np.array([[y], [y]]), np.array([[0.0], [1.0]]))[0] for y in outputs)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """Every seed draws new points, labels and a direction for every n and d."""
    rng = np.random.default_rng(seeds[0])
    place, label = (np.arange(SHOWN) + rng.uniform(0.1, 0.9, SHOWN)) / SHOWN, rng.integers(0, 2, SHOWN).astype(float)
    net, theta = interpolate(place, label)
    x = np.linspace(0, 1, 401)
    found = np.array([[[one_fit(seed, n, d) for n in POINTS] for d in DIMENSIONS] for seed in seeds])
    return Measurement(
        place=place,
        label=label,
        x=x,
        y=net(theta, x[:, None])[0][:, 0],
        error={d: found[:, i, :, 0] for i, d in enumerate(DIMENSIONS)},
        error32={d: found[:, i, :, 1] for i, d in enumerate(DIMENSIONS)},
        loss=float(found[..., 2].max()),
        contradiction=contradicted(np.linspace(-1, 2, 301)),
    )


def judge(m: Measurement) -> list[Claim]:
    fits, impossible = m.loss < EXACT, m.contradiction > EXACT
    bound = power_of_ten_above(m.loss)
    data_sets = sum(error.size for error in m.error.values())
    return [
        Claim(
            id="2.1",
            text=Text(
                "은닉층이 하나만 있어도 어떤 데이터든 손실이 0인 연속 함수로 나타낼 수 있다",
                "One hidden layer can represent any data by a continuous function with zero loss",
            ),
            verdict="does-not-hold" if not fits else "holds-if" if impossible else "holds",
            finding=Text(
                f"입력이 서로 다르기만 하면 됩니다. 무작위 데이터 {data_sets}벌에서 손실이 모두 {order(bound)} 아래, 곧 반올림 오차입니다. "
                f"같은 입력에 정답이 0과 1로 둘이면 손실은 {m.contradiction:.3f}보다 작아질 수 없습니다.",
                f"If no two inputs are equal: on {data_sets} random data sets every loss is below {order(bound)}, which is rounding. "
                f"On two equal inputs labeled 0 and 1 no loss below {m.contradiction:.3f} is possible.",
            ),
            estimate=Estimate(m.loss, n=data_sets),
            unit=Text("가장 큰 손실", "largest loss"),
            shown=same(f"< {order(bound)}"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    worst32 = max(float(np.median(error[:, -1])) for error in m.error32.values())
    return {
        "most": same(f"{POINTS[-1]:,}"),
        "units": same(f"{POINTS[-1] - 1:,}"),
        "dimensions": same(str(DIMENSIONS[-1])),
        "bound": same(order(power_of_ten_above(m.worst(POINTS[-1])))),
        "float32": same(f"{worst32:.1f}"),
        "contradiction": same(f"{m.contradiction:.3f}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, (left, right) = style.figure(2.9, ncols=2, width_ratios=[1, 1.1])
    left.plot(m.x, m.y, color=style.ORANGE, label=Text("신경망", "network")[lang])
    left.plot(m.place, m.label, "o", color=style.INK, label=Text("데이터", "data")[lang])
    left.set_ylim(-0.25, 1.5)
    left.set_yticks([0, 1])
    left.set_xlabel(Text("입력 x", "input x")[lang])
    left.set_ylabel(Text("출력", "output")[lang])
    left.set_title(Text(f"점 {SHOWN}개, ReLU {SHOWN - 1}개", f"{SHOWN} points, {SHOWN - 1} ReLUs")[lang])
    left.legend(loc="upper center", ncols=2, handlelength=1.4, columnspacing=1)
    n = np.array(POINTS)
    for errors, dtype, color in ((m.error32, np.float32, style.PURPLE), (m.error, np.float64, style.ORANGE)):
        for d, line in zip(DIMENSIONS, ("-", "--"), strict=True):
            low, median, high = np.quantile(errors[d], [0.05, 0.5, 0.95], axis=0)
            right.plot(
                n, median, color=color, linestyle=line, marker="s", label=dtype.__name__ if line == "-" else None
            )
            style.band(right, n, low, high, color)
        right.plot(n, np.finfo(dtype).eps * n**2, color=style.INK, linestyle=":", linewidth=1.2,
                   label="ε·n²" if dtype is np.float64 else None)  # fmt: skip
    right.set_xscale("log", base=2)
    right.set_xticks(POINTS, [str(n) for n in POINTS])
    style.log(right.yaxis, [1e-12, 1e-8, 1e-4, 1])
    right.set_ylim(1e-15, 1e6)
    right.set_xlabel(Text("점의 수 n", "points n")[lang])
    right.set_title(Text("가장 큰 오차", "largest error")[lang])
    right.legend(loc="upper center", ncols=3, handlelength=1.2, columnspacing=0.8, handletextpad=0.4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    bound = order(power_of_ten_above(m.worst(POINTS[-1])))
    n = len(m.error[1])
    return {
        "ko": Words(
            f"은닉층 하나로 점 {POINTS[-1]:,}개를 오차 {bound} 안에서 모두 지납니다",
            f"정답은 동전 던지기로 정했습니다. 점 n개를 ReLU n − 1개로 지납니다. 실선은 입력이 {DIMENSIONS[0]}차원, 파선은 {DIMENSIONS[1]}차원일 때의 중앙값이고, 띠는 시드 {n}개의 5–95 %입니다. 점선은 반올림 오차의 어림으로, ε은 1과 그다음 수의 간격입니다.",
            f"왼쪽: 0과 1을 오가는 점 {SHOWN}개를 차례로 잇는 꺾은선. 오른쪽: 점이 늘수록 커지는 반올림 오차. float64의 선은 1보다 한참 아래에 있고, float32의 선은 훨씬 위에서 1 가까이까지 올라갑니다.",
        ),
        "en": Words(
            f"One hidden layer runs through all of {POINTS[-1]:,} points to within {bound}",
            f"The labels are coin flips. n − 1 ReLUs run through n points. Solid, the median for inputs of dimension {DIMENSIONS[0]}, dashed, of dimension {DIMENSIONS[1]}; bands hold 5–95% of {n} seeds. Dotted, a rough estimate of the rounding error; ε is the distance from 1 to the next number.",
            f"Left: a line that bends its way through {SHOWN} points at heights 0 and 1. Right: rounding error, which grows with the points. The lines for float64 stay far below 1, those for float32 lie much higher and come near 1.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200)},
)
