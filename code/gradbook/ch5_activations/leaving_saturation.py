"""Do saturated units come back, and do their weights move? By optimizer and rate (claim 5.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch5_activations.looks import COLORS, NAMES
from gradbook.ch5_activations.saturating_nets import FUNCTIONS, GROUPS, LOOKS, OPTIMIZERS, RATES, Watched, best, watched
from gradbook.ch5_activations.wrong_neuron import STARTS, flow_time
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same

type Kind = tuple[str, str]  # activation, optimizer

KEPT, MOVED = (
    90.0,
    0.1,
)  # "learning stops": at least this percentage stays saturated, and weights move less than this part
SLOWER: Final = 100.0  # the single neuron "stops" where squared error takes this many times as long as cross-entropy
KINDS: Final[tuple[Kind, ...]] = tuple((f, o) for f in FUNCTIONS for o in OPTIMIZERS)
MARKS: Final = {"SGD": ("o", "-"), "Adam": ("s", "--")}


@dataclass(frozen=True)
class Measurement:
    """Networks whose hidden weights start with standard deviation 1."""

    runs: dict[Kind, Watched]

    def kept(self, kind: Kind) -> Estimate:
        """Percent of the pairs saturated at the start that are so at every look, at the best rate."""
        return mean_interval(self.runs[kind].kept[best(self.runs[kind]), :, -1])

    def kept_units(self, kind: Kind) -> int:
        """How many units of all seeds, saturated for every image at the start, are so at every look."""
        run, chosen = self.runs[kind], best(self.runs[kind])
        return round(float(np.nansum(run.kept_units[chosen, :, -1] / 100 * run.always[chosen])))

    def moved(self, kind: Kind, rate: int | None = None) -> Estimate:
        """How far units that start saturated for all images move, over those that start so for less than a quarter.

        At the best rate, or at the one of this place in RATES.
        """
        found = self.runs[kind].moved[best(self.runs[kind]) if rate is None else rate]
        ratio = np.log(found[:, -1] / found[:, 0])
        return mean_interval(ratio[np.isfinite(ratio)]).exp()

    def always(self, kind: Kind) -> int:
        """How many units of all seeds start saturated for every image."""
        return int(self.runs[kind].always[best(self.runs[kind])].sum())

    def frozen(self, kind: Kind) -> int:
        """How many of these did not move a single weight."""
        return int(self.runs[kind].frozen[best(self.runs[kind])].sum())

    def right(self, kind: Kind) -> Estimate:
        return mean_interval(self.runs[kind].right[best(self.runs[kind])])

    def stops(self, kind: Kind) -> bool:
        return self.kept(kind).above(KEPT) and self.moved(kind).below(MOVED)


def neuron_ratio() -> float:
    """Squared error's time from z = 10 over cross-entropy's, at the same rate."""
    return float(flow_time("squared", STARTS[-1]) / flow_time("cross", STARTS[-1]))


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """The same networks as in `tanh_saturates`, with SGD and with Adam."""
    return Measurement({(f, o): watched(seeds)[f, "one", o] for f, o in KINDS})


def judge(m: Measurement) -> list[Claim]:
    stopped = [m.stops(kind) for kind in KINDS]
    slow = neuron_ratio() > SLOWER
    verdict: Verdict = "holds" if all(stopped) else "holds-if" if any(stopped) or slow else "does-not-hold"
    sgd, adam = ("sigmoid", "SGD"), ("sigmoid", "Adam")
    return [
        Claim(
            id="5.3",
            text=Text(
                "이런 0이 곱해지면 학습이 더 진행되지 않는다", "Once it is multiplied by such a zero, learning stops"
            ),
            verdict=verdict,
            finding=Text(
                f"모든 그림에서 포화한 시그모이드의 가중치는 SGD에서 포화가 드문 유닛의 {m.moved(sgd).number()}배만 움직이지만, Adam에서는 {m.moved(adam).number()}배입니다. "
                f"(유닛, 그림) 쌍이 끝까지 포화해 있는 것은 {m.kept(sgd).number()} %와 {m.kept(adam).number()} %이고, 신경망은 학습 표본의 {m.right(sgd).number()} %와 {m.right(adam).number()} %를 맞힙니다. "
                f"뉴런 하나가 제곱 오차와 SGD로 배우면 z = 10에서 돌아오는 데 교차 엔트로피의 약 {round(neuron_ratio(), -2):,.0f}배가 걸립니다.",
                f"Sigmoids that start saturated for every image move their weights only {m.moved(sgd).number()} times as far as seldom saturated ones with SGD, but {m.moved(adam).number()} times with Adam. "
                f"Of the (unit, image) pairs {m.kept(sgd).number()}% and {m.kept(adam).number()}% stay saturated, and the networks get {m.right(sgd).number()}% and {m.right(adam).number()}% of the training images right. "
                f"A single neuron with squared error and SGD takes about {round(neuron_ratio(), -2):,.0f} times as long to come back from z = 10 as with cross-entropy.",
            ),
            estimate=m.moved(sgd),
            unit=Text(
                "배, 늘 포화한 유닛의 가중치가 움직인 거리, SGD", "times as far: weights of always saturated units, SGD"
            ),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {
        "frozen": str(sum(m.frozen(kind) for kind in KINDS)),
        "kept_limit": f"{KEPT:g}",
        "moved_limit": f"{MOVED:g}",
        "slower_limit": f"{SLOWER:g}",
    }
    slower = best(m.runs["sigmoid", "SGD"]) - 1
    found |= {
        "eta_below": f"{RATES['SGD'][slower]:g}",
        "moved_below": m.moved(("sigmoid", "SGD"), slower).shown(),
    }
    found |= {f"{f}_always": str(m.always((f, "SGD"))) for f in FUNCTIONS}
    found["rates_adam"] = ", ".join(f"{eta:g}" for eta in RATES["Adam"])
    for kind in KINDS:
        key, run = "_".join(kind).lower(), m.runs[kind]
        found |= {
            f"{key}_eta": f"{RATES[kind[1]][best(run)]:g}",
            f"{key}_kept": m.kept(kind).shown(),
            f"{key}_units": str(m.kept_units(kind)),
            f"{key}_moved": m.moved(kind).shown(),
            f"{key}_right": m.right(kind).shown(),
        }
    return {key: same(value) for key, value in found.items()}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, ((left, right), (lower, rest)) = style.figure(4.7, nrows=2, ncols=2)
    steps, middle = np.array(LOOKS) + 1, np.arange(len(GROUPS))
    for kind in KINDS:
        run, (marker, line) = m.runs[kind], MARKS[kind[1]]
        look: dict[str, Any] = {"color": COLORS[kind[0]], "marker": marker, "linestyle": line, "markersize": 4}
        chosen = best(run)
        left.plot(steps, run.kept[chosen].mean(axis=0), **look, label=f"{NAMES[kind[0]][lang]}, {kind[1]}")
        low, high = np.quantile(run.kept[chosen], [0.05, 0.95], axis=0)
        style.band(left, steps, low, high, COLORS[kind[0]])
        ends = [mean_interval(row) for row in run.kept[:, :, -1]]
        right.plot(RATES[kind[1]], [e.value for e in ends], **look)
        style.band(right, RATES[kind[1]], [e.low for e in ends], [e.high for e in ends], COLORS[kind[0]])
        ways = [mean_interval(column[np.isfinite(column)]) for column in run.moved[chosen].T]
        lower.plot(middle, [e.value for e in ways], **look)
        style.band(lower, middle, [e.low for e in ways], [e.high for e in ways], COLORS[kind[0]])
    lower.tick_params(axis="x", labelsize=7)
    style.log(left.xaxis)
    left.set_xticks([1, 2, 11, 101], ["0", "1", "10", "100"])
    left.set_xlabel(Text("걸음 (로그 눈금)", "step (log scale)")[lang])
    ticks = [0.003, 0.03, 0.3, 3]
    style.log(right.xaxis, ticks)
    right.set_xticks(ticks, [f"{eta:g}" for eta in ticks])
    right.set_xlabel(Text("학습률 η (로그 눈금)", "rate η (log scale)")[lang])
    for axes in (left, right):
        axes.set_ylim(-4, 104)
    left.set_title(Text("내내 포화한 쌍 (%)", "pairs still saturated (%)")[lang])
    right.set_title(Text("그 끝값 (%), 학습률에 따라", "the same at the end (%), by rate")[lang])
    lower.axhline(1, color=style.MUTED, linewidth=1)
    lower.set_ylim(-0.05, 1.9)
    lower.set_xticks(middle, ["0–25", "25–50", "50–75", "75–100", "100"])
    lower.set_xlabel(Text("처음에 포화한 그림 (%)", "images it starts saturated for (%)")[lang])
    lower.set_title(Text("가중치가 움직인 거리 ÷ 층의 중앙값", "way of its weights ÷ layer's median")[lang])
    rest.set_axis_off()
    rest.legend(*left.get_legend_handles_labels(), loc="center")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    kept = {kind: m.kept(kind).number() for kind in KINDS}
    moved = {kind: m.moved(kind).number() for kind in KINDS}
    rows = "; ".join(f"{NAMES[k[0]][lang]}, {k[1]}: {kept[k]} %, {moved[k]}" for k in KINDS)
    sgd, adam = moved["sigmoid", "SGD"], moved["sigmoid", "Adam"]
    n = m.runs[KINDS[0]].right.shape[1]
    return {
        "ko": Words(
            f"늘 포화한 시그모이드의 가중치는 포화가 드문 것의 {sgd}배(SGD), {adam}배(Adam)를 움직입니다",
            f"은닉층의 가중치는 표준편차 1에서 출발. 왼쪽과 아래: 학습 정확도가 가장 높은 학습률. 시드 {n}개의 평균. 띠는 왼쪽 위 5–95 %, 나머지 95 % 구간. 아래는 층의 중앙값으로 나눈 것의 평균이고, 제목과 표는 시드마다 낸 비의 기하평균입니다.",
            f"처음 포화한 (유닛, 그림) 쌍 가운데 끝까지 포화한 것과, 모든 그림에서 포화한 유닛이 포화가 드문 유닛의 몇 배를 움직이는지. {rows}.",
        ),
        "en": Words(
            f"Weights of always saturated sigmoids move {sgd} times as far as those of seldom saturated ones with SGD, {adam} times with Adam",
            f"Hidden weights start with standard deviation 1. Left and bottom: rate of best training accuracy. Means of {n} seeds. Bands: 5–95% at top left, 95% intervals elsewhere. Bottom: means of what is divided by the layer's median; title and table: geometric means of the ratios, seed by seed.",
            f"Of the (unit, image) pairs saturated at the start, those saturated to the end; and how far units saturated for all images move over seldom saturated ones. {rows}.",
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
