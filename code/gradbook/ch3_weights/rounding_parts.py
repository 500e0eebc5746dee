"""Twins that rounding sets apart: their distance through training, by width and by number format (goes with 3.1 and 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Step, accuracy, constant
from gradbook import style
from gradbook.ch3_weights.alike import apart, kinds, one_layer, span, split, trained, units
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.sweep import sweep
from gradbook.text import Lang, Text, same

VALUE, ETA, STEPS, EVERY = 0.1, 0.3, 1000, 20
WIDTHS = (32, 33, 64, 100, 128)
FORMATS = ("float32", "float64")


@dataclass(frozen=True)
class Measurement:
    steps: NDArray[np.int64]
    apart: dict[str, NDArray[np.float64]]  # distance of twins over their length, (widths, seeds, steps)
    kinds: dict[str, NDArray[np.int64]]  # different units after training, to the last bit, (widths, seeds)
    accuracy: dict[str, NDArray[np.float64]]  # on test digits, in percent, (widths, seeds)

    def stay(self, kind: str) -> list[int]:
        """The widths at which all units are the same to the last bit, in every seed."""
        return [width for width, found in zip(WIDTHS, self.kinds[kind], strict=True) if (found == 1).all()]


def track(run: tuple[str, int, int]) -> tuple[NDArray[np.float64], int, float]:
    """(distance every EVERY steps, different units in the end, test accuracy in percent)."""
    kind, width, seed = run
    rng = np.random.default_rng(seed)
    chosen, net = split(rng), one_layer("tanh", constant(VALUE), width=width)
    distances: list[float] = []

    def after(step: Step) -> None:
        if step.number % EVERY == 0:
            distances.append(apart(units(net, step.theta)))

    found = trained(net, net.init(rng, dtype=kind), chosen, rng, ETA, STEPS, callback=after)
    scores, _ = net(found.theta, chosen.x_test)
    return np.array(distances), kinds(units(net, found.theta)), 100 * accuracy(scores, chosen.labels_test)


def measure(seeds: Sequence[int] = range(3)) -> Measurement:
    """tanh on digits from weights that are all VALUE; the same rate for all widths."""
    runs = [(kind, width, seed) for kind in FORMATS for width in WIDTHS for seed in seeds]
    found = dict(zip(runs, sweep(track, runs), strict=True))

    def of(part: int, kind: str) -> NDArray[np.float64]:
        return np.array([[found[kind, width, seed][part] for seed in seeds] for width in WIDTHS])

    return Measurement(
        steps=np.arange(EVERY, STEPS + 1, EVERY),
        apart={kind: of(0, kind) for kind in FORMATS},
        kinds={kind: of(1, kind).astype(np.int64) for kind in FORMATS},
        accuracy={kind: of(2, kind) for kind in FORMATS},
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        f"kinds_{kind[5:]}_{width}": same(span(row))
        for kind in FORMATS
        for width, row in zip(WIDTHS, m.kinds[kind], strict=True)
    }
    found |= {
        f"right_{kind[5:]}_{width}": same(f"{row.mean():.0f}")
        for kind in FORMATS
        for width, row in zip(WIDTHS, m.accuracy[kind], strict=True)
    }
    return found | {"steps": same(f"{STEPS:,}"), "eta": same(f"{ETA:g}"), "value": same(f"{VALUE:g}"), "seeds": same(str(m.kinds["float32"].shape[1]))}  # fmt: skip


FLOOR = 1e-19  # where 0 is drawn


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.6)
    colors = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.RED)
    for kind, dashes in zip(FORMATS, ("-", "--"), strict=True):
        for k, (width, color, marker) in enumerate(zip(WIDTHS, colors, "os^Dv", strict=True)):
            if width in m.stay(kind):
                continue
            values = np.exp(np.log(np.maximum(m.apart[kind][k], FLOOR)).mean(axis=0))
            axes.plot(
                m.steps,
                values,
                color=color,
                linestyle=dashes,
                marker=marker,
                markevery=(2 * k, 10),
                label=f"{kind}, {width}",
            )
    staying = ", ".join(str(width) for width in m.stay("float64"))
    axes.axhline(FLOOR, color=style.INK, linewidth=2)
    axes.annotate(Text(f"0 (float64, {staying})", f"0 (float64, {staying})")[lang], (STEPS, FLOOR), xytext=(0, 5),
                  textcoords="offset points", ha="right")  # fmt: skip
    style.log(axes.yaxis, [1e-16, 1e-12, 1e-8, 1e-4, 1])
    axes.set_ylim(FLOOR / 3, 30)
    axes.set_xlabel(Text("학습한 걸음", "training steps")[lang])
    axes.set_ylabel(Text("쌍둥이 사이의 거리 / 길이", "distance of twins / length")[lang])
    made.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return made


def stays(kind: str, widths: list[int]) -> Text:
    """What becomes of twins in this number format."""
    if not widths:
        return Text(f"{kind}에서는 잰 폭 모두에서 갈라집니다", f"part at every measured width in {kind}")
    listed = ", ".join(map(str, widths))
    return Text(f"{kind}의 폭 {listed}에서는 끝까지 똑같고", f"stay equal in {kind} at widths {listed}")


def words(m: Measurement, lang: Lang) -> Words:
    n = m.kinds["float32"].shape[1]
    titles = [stays(kind, m.stay(kind)) for kind in reversed(FORMATS)]
    ends = "; ".join(f"{kind}: {', '.join(f'{row[:, -1].mean():.0e}' for row in m.apart[kind])}" for kind in FORMATS)
    return {
        "ko": Words(
            "똑같이 출발한 뉴런은 " + ", ".join(title.ko for title in titles),
            f"tanh, 손글씨 숫자, 모든 가중치 {VALUE:g}, η = {ETA:g}. 첫 뉴런에서 가장 먼 뉴런까지의 거리를 가장 긴 뉴런의 길이로 나누었습니다. 시드 {n}개의 기하평균. 잡음도 무작위도 없습니다. 라이브러리와 처리 장치가 다르면 이 그림도 달라집니다.",
            f"로그 축에서 곧게 오르는 선들. {STEPS}걸음 뒤의 거리, 폭 32, 33, 64, 100, 128의 차례로. {ends}.",
        ),
        "en": Words(
            "Units that start equal " + ", and ".join(title.en for title in titles),
            f"tanh, digits, all weights {VALUE:g}, η = {ETA:g}. Distance from the first unit to the farthest, over the length of the longest; geometric mean of {n} seeds. There is no noise and nothing random. Another library or processor makes another picture.",
            f"Lines that rise straight on a log axis. Distance after {STEPS} steps at widths 32, 33, 64, 100, 128. {ends}.",
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
