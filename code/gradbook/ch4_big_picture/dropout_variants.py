"""Dropout as it is, and three other things one might take for it (claim 4.15)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import dropout
from gradbook import style
from gradbook.ch4_big_picture.cat_net import percent
from gradbook.ch4_big_picture.masked_net import BATCH, ETAS, EXAMPLES, STEPS, WIDTH, Run, best_rates, sweep_outcomes
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.mask import Mask
from gradbook.stats import Estimate, mean_interval, order, power_of_ten_above
from gradbook.text import Lang, Text, Verdict, same

RATE = 0.25
MASKS = 4000  # over which the mean of dropout's output is taken
VARIANTS: dict[str, Mask] = {
    "none": Mask(0.0),
    "dropout": Mask(RATE),
    "backward": Mask(RATE, forward=False),
    "unscaled": Mask(RATE, rescaled=False),
}
SHOWN = (*VARIANTS, "repaired")  # the last: trained unscaled, and units multiplied by 1 − rate in testing


@dataclass(frozen=True)
class Measurement:
    test: dict[str, NDArray[np.float64]]  # percent, of each of SHOWN, (seeds,)
    loss: dict[str, NDArray[np.float64]]  # on test examples
    train: dict[str, NDArray[np.float64]]  # percent
    eta: dict[str, float]
    leak: float  # the largest value or gradient that a dropped unit has in dropout
    passes: float  # share of the dropped units that pass their value on in the backward-only variant
    bias: float  # mean of dropout's output over many masks, minus its input, in standard errors, at most

    def gain(self, name: str, over: str = "none") -> Estimate:
        """Test accuracy minus that of another variant, paired by seed, in percentage points."""
        return mean_interval(self.test[name] - self.test[over])


def exact(masks: int = MASKS) -> tuple[float, float, float]:
    """What one layer of each kind lets through, in float64."""
    x = np.random.default_rng(0).uniform(1, 2, (20, 50))
    y, back = Mask(RATE)({}, x, True, np.random.default_rng(1))
    dx = back(np.ones_like(x), {})
    dropped = y == 0
    leak = max(float(np.abs(y[dropped]).max()), float(np.abs(dx[dropped]).max()))
    through, _ = Mask(RATE, forward=False)({}, x, True, np.random.default_rng(1))
    passes = float((through[dropped] == x[dropped]).mean())
    rng = np.random.default_rng(2)
    many = np.stack([dropout(x[0], RATE, rng)[0] for _ in range(masks)])
    error = (many.mean(axis=0) - x[0]) / (many.std(axis=0) / masks**0.5)
    return leak, passes, float(np.abs(error).max())


def measure(seeds: Sequence[int] = range(10)) -> Measurement:
    """MNIST-1D, EXAMPLES of it; with one seed all variants have the same examples, initial weights, batches and masks."""
    eta = dict(zip(VARIANTS, best_rates([Run(mask, 0.0, 0) for mask in VARIANTS.values()]), strict=True))
    runs = [Run(mask, eta[name], seed) for name, mask in VARIANTS.items() for seed in seeds]
    found = np.reshape(sweep_outcomes(runs), (len(VARIANTS), len(seeds), -1))
    columns = {name: found[k] for k, name in enumerate(VARIANTS)}
    repaired = columns["unscaled"][:, [0, 3, 4]]
    columns["repaired"] = repaired
    leak, passes, bias = exact()
    return Measurement(
        train={name: c[:, 0] for name, c in columns.items()},
        test={name: c[:, 1] for name, c in columns.items()},
        loss={name: c[:, 2] for name, c in columns.items()},
        eta=eta,
        leak=leak,
        passes=passes,
        bias=bias,
    )


def judge(m: Measurement) -> list[Claim]:
    """Holds if masking the way back alone does what dropout does; holds if dropped units get no gradient, yet that alone does
    something else.
    """
    more = m.gain("dropout", over="backward")
    differs = more.above(0) or more.below(0)
    verdict: Verdict = "does-not-hold" if m.leak > 0 else "holds-if" if differs else "holds"
    real, back = m.gain("dropout"), m.gain("backward")
    return [
        Claim(
            id="4.15",
            text=Text(
                "드롭아웃은 고른 노드에 역전파 결과를 적용하지 않는 것이다",
                "Dropout is not applying backpropagation's result to chosen nodes",
            ),
            verdict=verdict,
            finding=Text(
                f"끈 뉴런에는 기울기가 오지 않습니다. 그러나 앞으로 나가는 값도 0이 되고 남은 값은 커집니다. "
                f"되돌아오는 길만 막으면 시험 정확도가 {back.number(sign=True)} %p, 드롭아웃은 {real.number(sign=True)} %p 바뀝니다.",
                f"A dropped unit gets no gradient; but its value is 0 on the way forward, too, and the others are scaled up. "
                f"Masking only the way back changes test accuracy by {back.number(sign=True)} points, dropout by {real.number(sign=True)}.",
            ),
            estimate=more,
            unit=Text("%p, 드롭아웃 − 되돌아오는 길만 막기", "percentage points, dropout − way back only"),
            shown=same(more.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"train_{name}": same(percent(m.train[name]).shown()) for name in SHOWN[:3]}
    found |= {f"loss_{name}": same(mean_interval(m.loss[name]).shown()) for name in ("dropout", "unscaled", "repaired")}
    found |= {f"gain_{name}": same(m.gain(name).shown(sign=True)) for name in ("dropout", "backward")}
    return found | {
        "more": same(m.gain("dropout", over="backward").shown(sign=True)),
        "scaling": same(m.gain("unscaled", over="dropout").shown(sign=True)),
        "repair": same(m.gain("repaired", over="dropout").shown(sign=True)),
        "masks": same(f"{MASKS:,}"),
        "bias": same(f"{m.bias:.1f}"),
        "all_dropped": same(order(power_of_ten_above(RATE**BATCH))),
        "grid": same(", ".join(f"{eta:g}" for eta in ETAS)),
        "rate": same(f"{RATE:g}"),
        "examples": same(f"{EXAMPLES:,}"),
        "width": same(str(WIDTH)),
        "steps": same(str(STEPS)),
        "batch": same(str(BATCH)),
        "seeds": same(str(m.test["none"].size)),
    }


LABELS: dict[str, Text] = {
    "none": Text("드롭아웃 없음", "no dropout"),
    "dropout": Text("드롭아웃", "dropout"),
    "backward": Text("되돌아올 때만", "way back only"),
    "unscaled": Text("키우지 않음", "not rescaled"),
    "repaired": Text("키우지 않고,\n시험 때 줄임", "not rescaled,\nshrunk in testing"),
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(2.9, ncols=2, sharey=True)
    places = np.arange(len(SHOWN))[::-1]
    rng = np.random.default_rng(0)
    for axes, found in zip(panels, (m.test, m.loss), strict=True):
        for place, name in zip(places, SHOWN, strict=True):
            values = found[name]
            axes.plot(
                values, place + rng.uniform(-0.15, 0.15, values.size), ".", color=style.MUTED, alpha=0.45, markersize=4
            )
            e = mean_interval(values)
            line = style.SERIES[1] if name == "dropout" else style.SERIES[0]
            axes.errorbar(e.value, place, xerr=e.margin, capsize=3, color=line["color"], marker=line["marker"])
        axes.axvline(found["none"].mean(), color=style.INK, linestyle=":", linewidth=1)
        axes.grid(axis="y", visible=False)
    panels[0].set_yticks(places, [LABELS[name][lang] for name in SHOWN])
    panels[0].set_xlabel(Text("시험 정확도 (%)", "test accuracy (%)")[lang])
    panels[1].set_xlabel(Text("시험 손실", "test loss")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    real, back = m.gain("dropout").number(sign=True), m.gain("backward").number(sign=True)
    right = ", ".join(f"{m.test[name].mean():.1f}" for name in SHOWN)
    loss = ", ".join(f"{m.loss[name].mean():.2f}" for name in SHOWN)
    n = m.test["none"].size
    return {
        "ko": Words(
            f"시험 정확도의 변화: 드롭아웃 {real} %p, 되돌아오는 길만 막으면 {back} %p",
            f"MNIST-1D 표본 {EXAMPLES:,}개, 폭 {WIDTH}인 은닉층 둘, 비율 {RATE:g}, Adam {STEPS}걸음. 학습률은 줄마다 후보 가운데서 고릅니다. 작은 점은 시드 하나({n}개), 큰 표는 평균과 95 % 구간, 점선은 드롭아웃 없는 평균.",
            f"위부터 차례로 시험 정확도(%): {right}. 시험 손실: {loss}.",
        ),
        "en": Words(
            f"Change of test accuracy: dropout {real} points, masking only the way back {back}",
            f"{EXAMPLES:,} examples of MNIST-1D, two hidden layers of width {WIDTH}, rate {RATE:g}, {STEPS} steps of Adam, its rate chosen from a grid for each row. Small dots are single seeds ({n}), large marks the mean with its 95% interval; dotted: the mean without dropout.",
            f"Test accuracy (%) from the top: {right}. Test loss: {loss}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1050)},
    sweeps=True,
)
