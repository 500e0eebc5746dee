"""What dropout gains by number of examples, rate and width: is scarcity what decides? (claim 1.10)"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch1_vanishing.dropout_net import DATA, FULL, Run, sweep_accuracies
from gradbook.ch1_vanishing.dropout_rates import TITLES
from gradbook.data import DataName
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, same

SIZES: dict[DataName, tuple[int, ...]] = {
    "digits": (50, 250, FULL["digits"]),
    "MNIST-1D": (200, 1000, FULL["MNIST-1D"]),
}
RATES = (0.0, 0.25, 0.5)
WIDTHS = (16, 64, 128)
WIDTH = 64  # where the sizes and rates are swept; the widths are swept at rate 0.25
Setting = tuple[DataName, int, int, float]


@dataclass(frozen=True)
class Measurement:
    train: dict[Setting, NDArray[np.float64]]  # (data, examples, width, rate) -> accuracy in percent, (seeds,)
    test: dict[Setting, NDArray[np.float64]]

    def gain(self, name: DataName, examples: int, width: int = WIDTH, rate: float = 0.25) -> Estimate:
        """Test accuracy with dropout minus without, paired by seed, in percentage points."""
        return mean_interval(self.test[name, examples, width, rate] - self.test[name, examples, width, 0.0])


def settings() -> list[Setting]:
    by_size: list[Setting] = [(name, n, WIDTH, rate) for name in DATA for n in SIZES[name] for rate in RATES]
    ends = {name: (SIZES[name][0], SIZES[name][-1]) for name in DATA}
    by_width: list[Setting] = [
        (name, n, w, rate) for name in DATA for n in ends[name] for w in WIDTHS for rate in RATES[:2]
    ]
    return list(dict.fromkeys(by_size + by_width))


def measure(seeds: Sequence[int] = range(5), longer: int = 1) -> Measurement:
    """Each seed draws its own training examples; settings that differ only in rate share them, and the initial weights."""
    runs = [Run(*setting, seed, longer) for setting in settings() for seed in seeds]
    found = np.array(sweep_accuracies(runs)).reshape(len(settings()), len(seeds), 2)
    return Measurement(
        train=dict(zip(settings(), found[:, :, 0], strict=True)),
        test=dict(zip(settings(), found[:, :, 1], strict=True)),
    )


def judge(m: Measurement) -> list[Claim]:
    scarce = {name: m.gain(name, SIZES[name][0]) for name in DATA}
    helped = [name for name in DATA if scarce[name].above(0)]
    d, s = scarce["digits"], scarce["MNIST-1D"]
    return [
        Claim(
            id="1.10",
            text=Text(
                "자료가 부족한 분야에서는 규제를 기본으로 써야 한다",
                "Where data are scarce, regularization should be the default",
            ),
            verdict="holds" if len(helped) == 2 else "holds-if" if helped else "does-not-hold",
            finding=Text(
                f"표본이 {SIZES['MNIST-1D'][0]}개뿐인 MNIST-1D에서는 드롭아웃(0.25)이 {s.number(sign=True)} %p를 더하지만, "
                f"{SIZES['digits'][0]}개뿐인 손글씨 숫자에서는 {d.shown(sign=True)} %p입니다. 규제 가운데 드롭아웃만 쟀습니다. 부족함만으로는 정해지지 않습니다.",
                f"With only {SIZES['MNIST-1D'][0]} examples of MNIST-1D dropout (0.25) adds {s.number(sign=True)} points, "
                f"with only {SIZES['digits'][0]} digits {d.shown(sign=True)}. Of all regularization only dropout was measured. Scarcity alone does not decide.",
            ),
            estimate=s,
            unit=Text(
                f"%p, MNIST-1D 표본 {SIZES['MNIST-1D'][0]}개, 비율 0.25",
                f"percentage points, {SIZES['MNIST-1D'][0]} examples of MNIST-1D, rate 0.25",
            ),
            shown=same(s.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    few_digits = SIZES["digits"][0]
    few, middle, many = SIZES["MNIST-1D"]

    def gain(examples: int, width: int = WIDTH) -> Text:
        return same(m.gain("MNIST-1D", examples, width).shown(sign=True))

    return {
        "seeds": same(str(next(iter(m.test.values())).size)),
        "digits_few": same(f"{few_digits:,}"),
        "digits_scarce": same(m.gain("digits", few_digits).shown(sign=True)),
        "digits_train_scarce": same(f"{m.train['digits', few_digits, WIDTH, 0.0].mean():.0f}"),
        "digits_test_scarce": same(f"{m.test['digits', few_digits, WIDTH, 0.0].mean():.0f}"),
        "mnist1d_few": same(f"{few:,}"),
        "mnist1d_middle_n": same(f"{middle:,}"),
        "mnist1d_many": same(f"{many:,}"),
        "mnist1d_scarce": gain(few),
        "mnist1d_middle": gain(middle),
        "mnist1d_narrow": gain(many, WIDTHS[0]),
        "mnist1d_narrow_few": gain(few, WIDTHS[0]),
        "mnist1d_wide": gain(many, WIDTHS[-1]),
        "mnist1d_wide_few": gain(few, WIDTHS[-1]),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, grid = style.figure(4.6, nrows=2, ncols=2, sharey="row")
    for column, name in enumerate(DATA):
        top, bottom = grid[:, column]
        for rate, line in zip(RATES[1:], style.SERIES, strict=False):
            points(top, [m.gain(name, n, rate=rate) for n in SIZES[name]], f"{rate:g}", line)
        top.set_title(TITLES[name][lang])
        top.set_xticks(range(3), [f"{n:,}" for n in SIZES[name]])
        top.set_xlabel(Text("학습 표본 수", "training examples")[lang])
        for n, line in zip((SIZES[name][0], SIZES[name][-1]), style.SERIES[2:], strict=True):
            points(bottom, [m.gain(name, n, width) for width in WIDTHS], f"{n:,}", line)
        bottom.set_xticks(range(3), [str(w) for w in WIDTHS])
        bottom.set_xlabel(Text("은닉층의 폭", "width of the hidden layers")[lang])
        bottom.legend(title=Text("표본 수", "examples")[lang], loc="best")
    for axes in grid.flat:
        axes.axhline(0, color=style.INK, linestyle=":", linewidth=1.2)
        axes.margins(x=0.15)
    for axes in grid[:, 0]:
        axes.set_ylabel(Text("드롭아웃의 이득 (%p)", "gain from dropout (points)")[lang])
    grid[0, 0].legend(title=Text("비율", "rate")[lang], loc="best")
    return made


def points(axes: Axes, gains: list[Estimate], label: str, line: Any) -> None:
    values = [g.value for g in gains]
    axes.errorbar(
        range(len(values)), values, yerr=[g.margin for g in gains], capsize=3, elinewidth=0.9, label=label, **line
    )


def words(m: Measurement, lang: Lang) -> Words:
    n = next(iter(m.test.values())).size
    gains = {name: ", ".join(m.gain(name, size).number(sign=True) for size in SIZES[name]) for name in DATA}
    return {
        "ko": Words(
            "드롭아웃의 이득은 표본 수만으로 정해지지 않습니다",
            f"위: 표본 수와 비율(폭 {WIDTH}). 아래: 폭과 표본 수(비율 0.25). 드롭아웃을 쓴 정확도에서 쓰지 않은 정확도를 뺀 값, 시드 {n}개를 짝지어 비교, 95 % 구간.",
            f"비율 0.25의 이득, 표본이 적은 쪽부터. 손글씨 숫자: {gains['digits']}. MNIST-1D: {gains['MNIST-1D']}.",
        ),
        "en": Words(
            "What dropout gains is not settled by the number of examples alone",
            f"Above: examples and rate (width {WIDTH}). Below: width and examples (rate 0.25). Accuracy with dropout minus accuracy without, {n} seeds, paired, 95% intervals.",
            f"Gain at rate 0.25, from few examples to many. Digits: {gains['digits']}. MNIST-1D: {gains['MNIST-1D']}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1020), "longer": 3},
    sweeps=True,
)
