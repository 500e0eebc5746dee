"""Is the full batch impractical? Loss against steps, examples and operations for batches of 1, 32 and all (claim 4.6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch4_big_picture.batches import Task, arrival, descend, digits_net
from gradbook.ch4_big_picture.many_nets import Floats
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval, scientific
from gradbook.text import Lang, Text, Verdict, same

ROWS: Final = (40, 160, 640, 1280)  # training examples
BATCHES: Final = (1, 32, 0)  # 0: all rows
# tried rates, a factor of 2 apart, and how many examples are read at most (for 0: how many steps are taken)
ETAS: Final[dict[int, list[float]]] = {
    1: [2.0**k for k in range(-5, -1)], 32: [2.0**k for k in range(-2, 1)], 0: [2.0**k for k in range(-1, 2)],
}  # fmt: skip
BUDGET: Final[dict[int, int]] = {1: 2000, 32: 3200, 0: 60}
TUNING: Final = (9001, 9002)
TARGET: Final = 0.5  # training loss to be reached; guessing has 2.3
TEN_BILLION: Final = 10**10
GPU, CORE, DISK = 1e14, 1e11, 1e9  # stated, not measured: operations a second, operations a second, bytes a second
LARGER: Final = 10**8  # parameters of a larger network
OPERATIONS: Final = 3 * 2  # for an example and a parameter: forward, and backward to inputs and to weights; × and +


@dataclass(frozen=True)
class Trace:
    read: NDArray[np.float64]  # examples at each look
    loss: NDArray[np.float64]  # (looks, seeds)
    arrived: NDArray[np.float64]  # examples until TARGET, (seeds,)
    eta: float


@dataclass(frozen=True)
class Measurement:
    traces: dict[int, tuple[Trace, ...]]  # batch -> one for each of ROWS

    def fewer(self, batch: int) -> Estimate:
        """How many times as many examples as this batch the full batch reads until the target, all rows, paired by seed."""
        return mean_interval(np.log(self.traces[0][-1].arrived / self.traces[batch][-1].arrived)).exp()

    def exponent(self, batch: int) -> NDArray[np.float64]:
        """By which power of the number of rows the examples until the target grow, where rows > 32, (seeds,)."""
        arrived = [trace.arrived for trace in self.traces[batch]]
        return np.asarray(np.polyfit(np.log(ROWS), np.log(arrived), 1)[0])

    def read(self, batch: int) -> float:
        """Examples until the target, all rows, geometric mean."""
        return float(np.exp(np.log(self.traces[batch][-1].arrived).mean()))

    def steps(self, batch: int) -> float:
        return self.read(batch) / (batch or ROWS[-1])

    @property
    def noise_scale(self) -> float:
        """B₀ of steps = fewest · (1 + B₀ / B), from batches of 1 and of all rows alone (McCandlish et al., 2018)."""
        ratio = self.steps(1) / self.steps(0)
        return (ratio - 1) / (1 - ratio / ROWS[-1])

    @property
    def expected(self) -> float:
        """Steps that this B₀ foretells for a batch of 32."""
        scale = self.noise_scale
        return self.steps(0) * (1 + scale / 32) / (1 + scale / ROWS[-1])


def trace(batch: int, rows: int, seeds: Sequence[int], etas: Sequence[float]) -> tuple[NDArray[np.float64], Floats]:
    """(examples at each look, loss (looks, seeds, rates)): a look before the first step, then at steps that grow evenly in their logarithm."""
    size = min(batch, rows) or rows
    steps = (BUDGET[batch] if batch else BUDGET[0] * rows) // size
    task = Task(digits_net(), "digits", rows, steps * size, seeds)
    theta = np.repeat(task.start, len(etas), axis=1)
    looks = {int(k) for k in np.geomspace(1, steps, 45)}
    read, loss = [size / 2], [task.loss(theta)]  # the start is put half a step in: a log axis has no 0
    for k, (so_far, theta_now) in enumerate(descend(task, theta, [(size, np.array(etas))] * steps), start=1):
        if k in looks:
            read.append(so_far)
            loss.append(task.loss(theta_now))
    return np.array(read, float), np.array(loss)


def measured(batch: int, seeds: Sequence[int]) -> Iterator[Trace]:
    """For each of ROWS with the rate that needed the fewest examples on seeds kept for this."""
    for rows in ROWS:
        read, loss = trace(batch, rows, TUNING, ETAS[batch])
        eta = ETAS[batch][int(np.log(arrival(read, loss, TARGET)).mean(axis=0).argmin())]
        read, loss = trace(batch, rows, seeds, [eta])
        yield Trace(read, loss[..., 0].astype(np.float64), np.array(arrival(read, loss, TARGET)[:, 0], np.float64), eta)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a tried rate may be too large
        return Measurement({batch: tuple(measured(batch, seeds)) for batch in BATCHES})


def judge(m: Measurement) -> list[Claim]:
    """Fixed before measuring: batches of 1 and of 32 reach the target with less than a tenth of the full batch's examples,
    and the full batch's examples grow with the rows faster, by more than half a power, than those of a batch of 32.
    """
    cheaper = all(m.fewer(batch).above(10) for batch in (1, 32))
    grows = mean_interval(m.exponent(0) - m.exponent(32)).above(0.5)
    verdict: Verdict = "holds" if cheaper and grows else "holds-if" if cheaper or grows else "does-not-hold"
    one, some, full = (mean_interval(m.exponent(batch)).number() for batch in BATCHES)
    return [
        Claim(
            id="4.6",
            text=Text(
                "표본이 100억 개면 전부 넣고 한 걸음 떼기는 어렵고, SGD가 이를 해결한다",
                "With ten billion examples a step on all of them is impractical; SGD answers that",
            ),
            verdict=verdict,
            finding=Text(
                f"손실 {TARGET:g}에 이르기까지 읽는 표본은 배치 전체가 배치 32의 {m.fewer(32).number()}배, 배치 1의 {m.fewer(1).number()}배입니다. "
                f"자료의 양에 따라 배치 1, 32, 전체에서 각각 {one}, {some}, {full}제곱으로 늘어납니다.",
                f"Until loss {TARGET:g} the full batch reads {m.fewer(32).number()} times as many examples as a batch of 32 and {m.fewer(1).number()} times "
                f"as many as a batch of 1. They grow like the number of rows to the power {one}, {some} and {full} for batches of 1, 32 and all.",
            ),
            estimate=m.fewer(32),
            unit=Text("배", "times"),
        )
    ]


UNITS: Final = (
    (86400, "일", "days"), (3600, "시간", "hours"), (60, "분", "minutes"), (1, "초", "seconds"),
    (1e-3, "밀리초", "milliseconds"), (1e-6, "마이크로초", "microseconds"),
)  # fmt: skip


def span(seconds: float) -> Text:
    """A time as one says it, to two figures."""
    unit, ko, en = next((u for u in UNITS if seconds >= u[0]), UNITS[-1])
    count = f"{float(f'{seconds / unit:.2g}'):g}"
    return Text(f"{count}{ko}", f"{count} {en}")


def numbers(m: Measurement) -> dict[str, Text]:
    size, pixels = digits_net().size, 64
    one_step = TEN_BILLION * OPERATIONS * size
    found = {}
    for batch, name in zip(BATCHES, ("one", "some", "full"), strict=True):
        found[f"steps_{name}"] = same(f"{m.steps(batch):,.0f}")
        found[f"read_{name}"] = same(f"{m.read(batch):,.0f}")
        found[f"eta_{name}"] = same(f"{m.traces[batch][-1].eta:.3g}")
        found[f"exponent_{name}"] = same(mean_interval(m.exponent(batch)).shown())
    return found | {
        "fewest": same(f"{m.traces[0][0].arrived.mean() / m.traces[32][0].arrived.mean():.2f}"),
        "few_rows": same(str(ROWS[0])),
        "noise_scale": same(f"{m.noise_scale:.0f}"),
        "expected": same(f"{m.expected:.0f}"),
        "target": same(f"{TARGET:g}"),
        "rows": same(f"{ROWS[-1]:,}"),
        "size": same(f"{size:,}"),
        "per_example": same(f"{OPERATIONS * size:,}"),
        "operations": same(scientific(one_step)),
        "on_core": span(one_step / CORE),
        "on_gpu": span(one_step / GPU),
        "gigabytes": same(f"{TEN_BILLION * pixels / 1e9:,.0f}"),
        "reading": span(TEN_BILLION * pixels / DISK),
        "way": span(m.steps(0) * TEN_BILLION * pixels / DISK),
        "way_some": same(scientific(m.read(32) * OPERATIONS * size)),
        "some_on_core": span(m.read(32) * OPERATIONS * size / CORE),
        "larger_step": span(TEN_BILLION * OPERATIONS * LARGER / GPU),
        "larger_way": span(m.steps(0) * TEN_BILLION * OPERATIONS * LARGER / GPU),
        "seeds": same(str(m.traces[0][-1].loss.shape[1])),
    }


LINES: Final = tuple(dict[str, Any](line) for line in style.SERIES)
LABELS: Final = {1: same("B = 1"), 32: same("B = 32"), 0: Text("전체", "all")}


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 4.9))
    parts = made.subplot_mosaic([["steps", "examples"], ["rows", "rows"]])
    for batch, line in zip(BATCHES, LINES, strict=False):
        last = m.traces[batch][-1]
        keep = slice(None)
        for name, divisor in (("steps", batch or ROWS[-1]), ("examples", 1)):
            x = last.read[keep] / divisor
            low, middle, high = np.quantile(last.loss[keep], [0.1, 0.5, 0.9], axis=1)
            style.band(parts[name], x, low, high, line["color"])
            parts[name].plot(x, middle, color=line["color"], linestyle=line["linestyle"])
        arrived = np.log([t.arrived for t in m.traces[batch]])
        low, middle, high = np.exp(arrived.mean(axis=1) + np.outer([-1, 0, 1], arrived.std(axis=1)).reshape(3, -1))
        parts["rows"].errorbar(
            ROWS, middle, yerr=[middle - low, high - middle], label=LABELS[batch][lang], capsize=3, **line
        )
    guide = m.read(0) * np.array(ROWS) / ROWS[-1]
    parts["rows"].plot(ROWS, guide * 1.9, color=style.MUTED, linewidth=1, linestyle=":",
                       label=Text("자료의 양에 비례", "∝ number of rows")[lang])  # fmt: skip
    for name in ("steps", "examples"):
        style.log(parts[name].yaxis, [0.1, 0.2, 0.5, 1, 2])
        parts[name].axhline(TARGET, color=style.INK, linestyle=":", linewidth=1)
        parts[name].set_ylim(0.2, 4)
    style.log(parts["steps"].xaxis, [1, 10, 100, 1000])
    style.log(parts["examples"].xaxis, [1, 10, 100, 1e3, 1e4, 1e5])
    parts["examples"].tick_params(labelleft=False)
    parts["steps"].set_ylabel(Text("학습 손실", "training loss")[lang])
    parts["steps"].set_xlabel(Text("걸음", "steps")[lang])
    parts["examples"].set_xlabel(Text("읽은 표본", "examples read")[lang])
    style.log(parts["rows"].xaxis, ROWS)
    parts["rows"].set_xticks(ROWS, [f"{rows:,}" for rows in ROWS])
    style.log(parts["rows"].yaxis, [100, 1e3, 1e4, 1e5])
    parts["rows"].set_xlabel(Text("학습 자료의 표본 수", "rows of training data")[lang])
    parts["rows"].set_ylabel(Text(f"손실 {TARGET:g}까지 읽은 표본", f"examples until loss {TARGET:g}")[lang])
    made.legend(loc="outside lower center", ncols=4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    n, steps, read = m.traces[0][-1].loss.shape[1], [m.steps(b) for b in BATCHES], [m.read(b) for b in BATCHES]
    some = m.fewer(32).number()
    return {
        "ko": Words(
            f"전체 배치는 걸음이 가장 적고({steps[2]:.0f}), 읽는 표본은 배치 32의 {some}배",
            f"위: 손글씨 숫자 {ROWS[-1]:,}장에서 걸음과 읽은 표본에 따른 학습 손실(시드 {n}개의 중앙값, 띠는 10–90 %, 배치마다 가장 나은 학습률). "
            f"아래: 자료의 양을 바꿀 때 손실 {TARGET:g}까지 읽은 표본(기하평균과 표준편차).",
            f"손실 {TARGET:g}까지 배치 1, 32, 전체에서 걸음 {steps[0]:.0f}, {steps[1]:.0f}, {steps[2]:.0f}, 표본 {read[0]:,.0f}, {read[1]:,.0f}, {read[2]:,.0f}. "
            "아래에서 전체의 선만 자료의 양에 거의 비례해 오릅니다.",
        ),
        "en": Words(
            f"The full batch takes the fewest steps ({steps[2]:.0f}) and reads {some} times as much as a batch of 32",
            f"Top: training loss on {ROWS[-1]:,} handwritten digits against steps and against examples read (median of {n} seeds, bands 10–90%, each batch at its best rate). "
            f"Bottom: examples read until loss {TARGET:g} for more and more data (geometric mean and standard deviation).",
            f"Until loss {TARGET:g} batches of 1, 32 and all take {steps[0]:.0f}, {steps[1]:.0f}, {steps[2]:.0f} steps and {read[0]:,.0f}, {read[1]:,.0f}, {read[2]:,.0f} examples. "
            "At the bottom only the line of the full batch rises almost in proportion to the data.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
