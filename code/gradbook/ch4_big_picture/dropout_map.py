"""What dropout gains by rate and by number of examples, and what it does for plain cats (claim 4.16)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Network
from gradbook import style
from gradbook.ch4_big_picture.cat_net import FRESH, PLAIN_CAT, Lesson, asked, score, sweep_trained, tuned
from gradbook.ch4_big_picture.cat_net import Run as CatRun
from gradbook.ch4_big_picture.masked_net import ETAS, Run, best_rates, sweep_outcomes
from gradbook.data import DataName
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.mask import Mask
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same

RATES = (0.0, 0.25, 0.5, 0.75)
SIZES: dict[DataName, tuple[int, ...]] = {"digits": (50, 250, 1297), "MNIST-1D": (200, 800, 4000)}
STEPS: dict[DataName, int] = {"digits": 250, "MNIST-1D": 350}
REPEATS = 5  # seeds of the map, where each stands for many runs; cats have all seeds
PATIENCE, LONG_RATE = 3, 0.25  # is harm to the largest set of MNIST-1D harm, or slowness?
TITLES: dict[DataName, Text] = {"digits": Text("손글씨 숫자", "digits"), "MNIST-1D": same("MNIST-1D")}


@dataclass(frozen=True)
class Measurement:
    test: dict[DataName, NDArray[np.float64]]  # percent, (sizes, rates, seeds)
    train: dict[DataName, NDArray[np.float64]]
    cats: NDArray[np.float64]  # percent of plain cats right, having seen spotted cats only, (rates, seeds)
    eta: dict[DataName, NDArray[np.float64]]  # chosen for each, (sizes, rates)
    patient: NDArray[np.float64]  # MNIST-1D, all examples, PATIENCE times the steps, rates 0 and LONG_RATE, (2, seeds)

    def gain(self, name: DataName, size: int, rate: float) -> Estimate:
        """Test accuracy with dropout minus without, paired by seed, in percentage points."""
        test = self.test[name][SIZES[name].index(size)]
        return mean_interval(test[RATES.index(rate)] - test[0])

    def gap(self, name: DataName, size: int) -> Estimate:
        """Training minus test accuracy without dropout, in percentage points."""
        k = SIZES[name].index(size)
        return mean_interval(self.train[name][k, 0] - self.test[name][k, 0])

    def for_cats(self, rate: float) -> Estimate:
        return mean_interval(self.cats[RATES.index(rate)] - self.cats[0])

    def turn(self, name: DataName, size: int) -> float:
        """The rate at which the mean gain turns from help to harm: from there on it is below 0. Between the rates measured
        the gain is taken as straight; 0 if every rate harms, the highest if none does.
        """
        gains = [0.0] + [self.gain(name, size, rate).value for rate in RATES[1:]]
        last = max(k for k, gain in enumerate(gains) if gain >= 0)
        if last == len(RATES) - 1:
            return RATES[-1]
        step = RATES[last + 1] - RATES[last]
        return RATES[last] + step * gains[last] / (gains[last] - gains[last + 1])

    def gain_patient(self) -> Estimate:
        """The gain at LONG_RATE with the largest set of MNIST-1D after PATIENCE times the steps."""
        return mean_interval(self.patient[1] - self.patient[0])

    def fields(self) -> list[Estimate]:
        """The gains of the whole map."""
        return [self.gain(name, size, rate) for name in SIZES for size in SIZES[name] for rate in RATES[1:]]


def plain_cats(net: Network, theta: NDArray[np.floating], run: CatRun) -> float:
    """Percent of plain cats right."""
    return float(100 * (score(net, theta, asked(run.seed, (PLAIN_CAT,))) > 0).mean())


def measure(seeds: Sequence[int] = range(12), repeats: int = REPEATS, longer: int = 1) -> Measurement:
    """Runs that differ only in rate have the same examples, initial weights and batches."""
    test, known, etas, few = {}, {}, {}, seeds[:repeats]
    for name, sizes in SIZES.items():
        steps, shape = longer * STEPS[name], (len(sizes), len(RATES))
        settings = [Run(Mask(rate), 0.0, 0, name, size, steps) for size in sizes for rate in RATES]
        tuned_to = [replace(run, eta=eta) for run, eta in zip(settings, best_rates(settings), strict=True)]
        found = sweep_outcomes([replace(run, seed=seed) for run in tuned_to for seed in few]).reshape(
            *shape, len(few), -1
        )
        test[name], known[name] = found[..., 1], found[..., 0]
        etas[name] = np.reshape([run.eta for run in tuned_to], shape)
    at = {run.mask.rate: run for run in tuned_to if run.examples == SIZES["MNIST-1D"][-1]}  # the last set tuned
    long = [replace(at[rate], seed=seed, steps=PATIENCE * steps) for rate in (0.0, LONG_RATE) for seed in few]
    lessons = [Lesson(hidden=rate) for rate in RATES]
    asked_of = [
        CatRun(lesson, seed, eta) for lesson, eta in zip(lessons, tuned(lessons), strict=True) for seed in seeds
    ]
    return Measurement(
        test=test,
        train=known,
        cats=np.reshape(sweep_trained(plain_cats, asked_of), (len(RATES), len(seeds))),
        eta=etas,
        patient=sweep_outcomes(long)[:, 1].reshape(2, -1),
    )


def judge(m: Measurement) -> list[Claim]:
    """Holds if dropout helps plain cats and helps somewhere on both data sets; holds if it helps anywhere."""
    cats = any(m.for_cats(rate).above(0) for rate in RATES[1:])
    where = [any(m.gain(name, size, rate).above(0) for size in SIZES[name] for rate in RATES[1:]) for name in SIZES]
    verdict: Verdict = "holds" if cats and all(where) else "holds-if" if cats or any(where) else "does-not-hold"
    half = m.for_cats(0.5)
    better, worse = sum(e.above(0) for e in m.fields()), sum(e.below(0) for e in m.fields())
    return [
        Claim(
            id="4.16",
            text=Text(
                "드롭아웃을 되풀이하면 일반적인 특징만 남아 일반화를 이룬다",
                "Repeating dropout leaves only the general features and so yields generalization",
            ),
            verdict=verdict,
            finding=Text(
                f"점박이 고양이만 본 신경망이 점 없는 고양이를 알아보는 비율은 드롭아웃(0.5)으로 {half.number(sign=True)} %p 바뀝니다. "
                f"손글씨 숫자와 MNIST-1D에서 표본 수와 비율의 조합 {len(m.fields())}가지 가운데 시험 정확도가 오른 것은 {better}가지, 내린 것은 {worse}가지입니다.",
                f"For a network that saw spotted cats only, dropout (0.5) changes the share of plain cats recognized by {half.number(sign=True)} points. "
                f"Of {len(m.fields())} combinations of examples and rate on digits and MNIST-1D, it raises test accuracy in {better} and lowers it in {worse}.",
            ),
            estimate=half,
            unit=Text("%p, 점 없는 고양이, 비율 0.5", "percentage points, plain cats, rate 0.5"),
            shown=same(half.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for name, sizes in SIZES.items():
        key = name.lower().replace("-", "")
        for k, size in enumerate(sizes):
            found[f"{key}_turn{k}"] = same(f"{m.turn(name, size):.2f}")
            found[f"{key}_gain{k}"] = same(m.gain(name, size, LONG_RATE).shown(sign=True))
        found[f"{key}_steps"] = same(str(STEPS[name]))
        found[f"{key}_sizes"] = same(", ".join(f"{size:,}" for size in sizes))
    found |= {f"cats_{100 * rate:.0f}": same(m.for_cats(rate).shown(sign=True)) for rate in RATES[1:]}
    top = [m.gain(name, size, RATES[-1]).value for name in SIZES for size in SIZES[name]]
    return found | {
        "sets": same(str(len(top))),
        "top_rate": same(f"{RATES[-1]:g}"),
        "top_below": same(str(sum(gain < 0 for gain in top))),
        "rate": same(f"{LONG_RATE:g}"),
        "most": same(f"{SIZES['MNIST-1D'][-1]:,}"),
        "fewest": same(f"{SIZES['MNIST-1D'][0]:,}"),
        "gap_most": same(m.gap("MNIST-1D", SIZES["MNIST-1D"][-1]).shown()),
        "gap_fewest": same(m.gap("MNIST-1D", SIZES["MNIST-1D"][0]).shown()),
        "patience": same(str(PATIENCE)),
        "patient": same(m.gain_patient().shown(sign=True)),
        "better": same(str(sum(e.above(0) for e in m.fields()))),
        "worse": same(str(sum(e.below(0) for e in m.fields()))),
        "combinations": same(str(len(m.fields()))),
        "grid": same(", ".join(f"{eta:g}" for eta in ETAS)),
        "repeats": same(str(m.test["digits"].shape[2])),
        "seeds": same(str(m.cats.shape[1])),
    }


TICKS = (50, 250, 1000, 4000)


def draw(m: Measurement, lang: Lang, i: int) -> Figure:
    made, ((one, other), (turn, cats)) = style.figure(4.7, nrows=2, ncols=2)
    for axes, name, line in zip((one, other), SIZES, style.SERIES, strict=False):
        for k, size in enumerate(SIZES[name]):
            curve(axes, everywhere(m, name, size), dict(line) if k == i else None)
        ends = [
            end for size in SIZES[name] for e in everywhere(m, name, size) for end in (e.low, e.high) if end is not None
        ]
        axes.set_ylim(min(ends) - 2, max(ends) + 2)  # the same in all frames
        axes.set_title(f"{TITLES[name][lang]}, {SIZES[name][i]:,}")
        turns = [m.turn(name, size) for size in SIZES[name]]
        turn.plot(SIZES[name], turns, label=TITLES[name][lang], **line)
        turn.plot(SIZES[name][i], turns[i], line["marker"], color=line["color"], markersize=9, markerfacecolor="none")
        axes.set_xlabel(Text("드롭아웃 비율", "dropout rate")[lang])
    curve(cats, [m.for_cats(rate) for rate in RATES[1:]], dict(style.SERIES[2]))
    cats.set_title(Text("점 없는 고양이", "plain cats")[lang])
    cats.set_xlabel(Text("드롭아웃 비율", "dropout rate")[lang])
    for axes in (one, cats):
        axes.set_ylabel(Text("이득 (%p)", "gain (points)")[lang])
    style.log(turn.xaxis)
    turn.set_xticks(TICKS, [f"{n:,}" for n in TICKS])
    turn.minorticks_off()
    turn.set_ylim(-0.05, 0.8)
    turn.set_xlabel(Text("학습 표본 수", "training examples")[lang])
    turn.set_ylabel(Text("해로워지는 비율", "rate that turns to harm")[lang])
    turn.legend(loc="best")
    return made


def everywhere(m: Measurement, name: DataName, size: int) -> list[Estimate]:
    return [m.gain(name, size, rate) for rate in RATES[1:]]


def curve(axes: Axes, gains: list[Estimate], line: dict[str, str] | None) -> None:
    """Gain against rate; without a line, in the background."""
    values = [0.0, *(e.value for e in gains)]
    if line is None:
        axes.plot(RATES, values, color=style.MUTED, alpha=0.5, linewidth=0.8)
    else:
        axes.errorbar(RATES, values, yerr=[0.0, *(e.margin for e in gains)], capsize=3, elinewidth=0.9, **line)  # type: ignore[arg-type]
    axes.axhline(0, color=style.INK, linestyle=":", linewidth=1)
    axes.set_xticks(RATES, [f"{rate:g}" for rate in RATES])


def frame_alt(m: Measurement, lang: Lang, i: int) -> str:
    parts = []
    for name in SIZES:
        size = SIZES[name][i]
        gains = ", ".join(m.gain(name, size, rate).number(sign=True) for rate in RATES[1:])
        parts.append(Text(f"{TITLES[name].ko} {size:,}개: 비율 0.25, 0.5, 0.75의 이득 {gains} %p, 해로워지는 비율 {m.turn(name, size):.2f}",
                          f"{size:,} examples of {TITLES[name].en}: gain at rates 0.25, 0.5, 0.75 is {gains} points, harm from rate {m.turn(name, size):.2f}")[lang])  # fmt: skip
    return "; ".join(parts) + "."


def words(m: Measurement, lang: Lang) -> Words:
    better, worse, all_ = numbers(m)["better"].en, numbers(m)["worse"].en, numbers(m)["combinations"].en
    half = m.for_cats(0.5).number(sign=True)
    repeats, n = m.test["digits"].shape[2], m.cats.shape[1]
    return {
        "ko": Words(
            f"{all_}가지 조합 가운데 {better}가지에서 이롭고 {worse}가지에서 해롭습니다. 점 없는 고양이에게는 {half} %p입니다",
            f"위: 표본 수를 고르면 그 곡선이 진해집니다(시드 {repeats}개를 짝지어 비교, 95 % 구간). 아래 왼쪽: 평균 이득이 음수로 바뀌는 비율. 아래 오른쪽: 점박이 고양이만 본 신경망이 점 없는 고양이 {FRESH}마리를 맞힌 비율의 변화(시드 {n}개, 비율 0.5의 값이 제목에 있습니다).",
            frame_alt(m, lang, START),
        ),
        "en": Words(
            f"Of {all_} combinations dropout helps in {better} and harms in {worse}; for plain cats the gain is {half} points",
            f"Above: choose a number of examples to bring out its curve ({repeats} seeds, paired, 95% intervals). Below left: the rate at which the mean gain turns negative. Below right: change of the share right of {FRESH} plain cats for networks that saw spotted cats only ({n} seeds; the title gives it at rate 0.5).",
            frame_alt(m, lang, START),
        ),
    }[lang]


START = 1
SLIDER = Slider(
    Text("학습 표본 수 (숫자 / MNIST-1D)", "training examples (digits / MNIST-1D)"),
    tuple(f"{a:,} / {b:,}" for a, b in zip(*SIZES.values(), strict=True)),
    START,
)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=(SLIDER,), frame_alt=frame_alt),
    full={"seeds": range(1000, 1050), "repeats": 20, "longer": 3},
    sweeps=True,
)
