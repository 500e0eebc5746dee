"""First SGD, then GD? What the full batch buys at the end, against smaller rates and growing batches (claim 4.8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch4_big_picture.four_ways import ARMS, BATCH, ETAS, FIRST, ROWS, THEN, Arm, Ending, Problem, ending, plan
from gradbook.ch4_big_picture.two_weights import bottom, gradients, loss, walk
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import power_of_ten_above
from gradbook.text import Lang, Text, Verdict, same

FLOOR_ETAS, FLOOR_BATCHES, FLOOR_STEPS = (0.05, 0.2), (1, 2, 4, 8, 16), 800


@dataclass(frozen=True)
class Measurement:
    endings: dict[Problem, Ending]
    floor: NDArray[np.float64]  # loss above the bottom, two weights, (FLOOR_ETAS, FLOOR_BATCHES, seeds)
    trace: float  # tr C at the bottom of the two weights


def floors(seeds: Sequence[int]) -> NDArray[np.float64]:
    """Mean loss above the bottom while SGD from the bottom walks about it, second half, (rates, batches, seeds)."""
    rng, n = np.random.default_rng(list(seeds)), len(seeds)
    etas, found = np.repeat(FLOOR_ETAS, n), []
    for batch in FLOOR_BATCHES:
        path = walk(bottom(), etas, batch, FLOOR_STEPS, rng, len(etas))[FLOOR_STEPS // 2 :: 4]
        found.append((loss(path) - loss(bottom())).mean(axis=0).reshape(len(FLOOR_ETAS), n))
    return np.stack(found, axis=1)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """All arms go on from the same θ and read the same examples."""
    trace = float(gradients(bottom()).var(axis=0).sum())
    problems: tuple[Problem, ...] = ("cannot", "can")
    return Measurement({problem: ending(problem, seeds) for problem in problems}, floors(seeds), trace)


def judge(m: Measurement) -> list[Claim]:
    """Fixed before measuring: it holds if on both problems the full batch ends at a lower training loss than the same SGD and
    not at a higher one than SGD with a falling rate; it holds if … if it ends lower than the same SGD on one problem.
    """
    lower = {problem: one.against("full", "same").below(1) for problem, one in m.endings.items()}
    beaten = any(one.against("full", "decay").above(1) for one in m.endings.values())
    verdict: Verdict = (
        "holds" if all(lower.values()) and not beaten else "holds-if" if any(lower.values()) else "does-not-hold"
    )
    cannot, can = (m.endings[problem].against("full", "same") for problem in ("cannot", "can"))
    decay = m.endings["cannot"].against("full", "decay")
    return [
        Claim(
            id="4.8",
            text=Text("SGD를 먼저 써 보고, 잘 되면 GD로 바꾼다", "Try SGD first, and GD later if it goes well"),
            verdict=verdict,
            finding=Text(
                f"같은 수의 표본을 더 읽을 때 GD로 바꾼 손실은 그대로 SGD를 쓴 손실의 {cannot.shown()}배(다 맞힐 수 없는 모델), "
                f"{can.shown()}배(다 맞힐 수 있는 신경망)입니다. 앞의 모델에서도 학습률을 줄인 SGD의 {decay.shown()}배입니다.",
                f"After equally many further examples, the loss with GD is {cannot.shown()} times the loss of the same SGD (a model that cannot fit all) "
                f"and {can.shown()} times (a network that can). In the former it is {decay.shown()} times the loss of SGD with a falling rate.",
            ),
            estimate=cannot,
            unit=Text("배", "times"),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    found = {}
    for problem, one in m.endings.items():
        found[f"{problem}_eta"] = same(f"{one.eta:.3g}")
        found[f"{problem}_at_largest"] = same(one.against("full", "same", -1).shown())
        for arm in ARMS:
            found[f"{problem}_{arm}"] = same(f"{one.end(arm):.4f}")
            found[f"{problem}_{arm}_right"] = same(f"{one.right[arm][:, one.tuned].mean():.1f}")
        for arm in ARMS[1:]:
            found[f"{problem}_{arm}_times"] = same(f"{one.against(arm, 'same').value:.3f}")
            found[f"{problem}_{arm}_points"] = same(one.points(arm, "same").shown(sign=True))
    theory = 0.25 * np.divide.outer(np.array(FLOOR_ETAS), np.array(FLOOR_BATCHES)) * m.trace
    ratio = m.floor.mean(axis=2) / theory
    off = max(abs(one.against("grow", "decay").value - 1) for one in m.endings.values())
    return found | {
        "pays": same(f"{m.endings['cannot'].pays_from:.3g}"),
        "largest": same(f"{ETAS['cannot'][-1]:.3g}"),
        "grow_decay": same(f"{power_of_ten_above(100 * off):g}"),
        "grow_steps": same(str(sum(len(epoch) for epoch in plan("grow", 1.0)))),
        "same_steps": same(str(ROWS // BATCH * THEN)),
        "ratio_small": same(f"{ratio.min():.2f}"),
        "ratio_large": same(f"{ratio.max():.2f}"),
        "rows": same(f"{ROWS:,}"),
        "batch": same(str(BATCH)),
        "first": same(str(FIRST)),
        "then": same(str(THEN)),
        "seeds": same(str(m.floor.shape[2])),
    }


LABELS: Final[dict[Arm, Text]] = {
    "same": Text("그대로 SGD", "same SGD"),
    "full": Text("전체 배치", "full batch"),
    "decay": Text("학습률 줄이기", "falling rate"),
    "grow": Text("배치 키우기", "growing batch"),
}
TITLES: Final[dict[Problem, Text]] = {
    "cannot": Text("다 맞힐 수 없는 모델", "cannot fit all"),
    "can": Text("다 맞힐 수 있는 신경망", "can fit all"),
}


LINES: Final = tuple(dict[str, Any](line) for line in style.SERIES)
PROBLEM_LINES: Final[tuple[dict[str, Any], ...]] = (
    {"color": style.RED, "marker": "v", "linestyle": "-"},
    {"color": style.SKY, "marker": "P", "linestyle": "--"},
)


def middle(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Geometric mean over the seeds, (epochs, seeds) -> (epochs,)."""
    return np.asarray(np.exp(np.log(losses).mean(axis=1)))


def draw(m: Measurement, lang: Lang) -> Figure:
    made = Figure(figsize=(style.WIDTH, 5.2))
    parts = made.subplot_mosaic([["cannot", "can"], ["rates", "floor"]])
    epochs = np.arange(FIRST - THEN + 1, FIRST + THEN + 1)
    for problem, one in m.endings.items():
        axes, parting = parts[problem], one.before[-1, :, one.tuned]
        axes.plot(epochs[:THEN], middle(one.before[..., one.tuned] / parting), color=style.INK)
        for arm, line in zip(ARMS, LINES, strict=True):
            values = np.vstack([one.before[-1:], one.loss[arm]])[..., one.tuned] / parting
            low, high = np.quantile(values, [0.1, 0.9], axis=1)
            style.band(axes, epochs[THEN - 1 :], low, high, line["color"])
            axes.plot(epochs[THEN - 1 :], middle(values), label=LABELS[arm][lang], **line)
        axes.axvline(FIRST, color=style.INK, linestyle=":", linewidth=1)
        axes.set_title(TITLES[problem][lang])
        axes.set_xlabel(Text("에포크", "epoch")[lang])
    style.log(parts["can"].yaxis, [0.5, 1, 2])
    parts["can"].yaxis.set_major_formatter("{x:g}")
    parts["cannot"].set_ylabel(Text("학습 손실 ÷ 갈라질 때", "training loss ÷ at parting")[lang])
    axes = parts["rates"]
    for (problem, one), line in zip(m.endings.items(), PROBLEM_LINES, strict=True):
        ratios = [one.against("full", "same", k) for k in range(len(one.etas))]
        centers = np.array([r.value for r in ratios])
        ends = np.abs(np.array([[r.low, r.high] for r in ratios], float).T - centers)
        axes.errorbar(one.etas, centers, yerr=ends, label=TITLES[problem][lang], capsize=2, **line)
        axes.plot(one.eta, centers[one.tuned], "*", color=style.INK, markersize=9, zorder=4)
    axes.axhline(1, color=style.INK, linestyle=":", linewidth=1)
    style.log(axes.xaxis, [1 / 32, 1 / 8, 1 / 2])
    axes.set_xticks([1 / 32, 1 / 8, 1 / 2], ["1/32", "1/8", "1/2"])
    axes.set_xlabel(Text("학습률 η", "learning rate η")[lang])
    axes.set_ylabel(Text("손실: 전체 ÷ 그대로", "loss: full ÷ same")[lang])
    axes.legend(loc="best")
    axes = parts["floor"]
    for k, (eta, line) in enumerate(zip(FLOOR_ETAS, LINES, strict=False)):
        axes.errorbar(eta / np.array(FLOOR_BATCHES), m.floor[k].mean(axis=1), yerr=m.floor[k].std(axis=1), linestyle="none",
                      color=line["color"], marker=line["marker"], label=f"η = {eta:g}")  # fmt: skip
    x = np.array([FLOOR_ETAS[0] / FLOOR_BATCHES[-1], FLOOR_ETAS[-1]])
    axes.plot(x, 0.25 * x * m.trace, color=style.INK, linewidth=1, label="(η/B)·tr C/4")
    style.log(axes.xaxis, [0.01, 0.1])
    style.log(axes.yaxis, [1e-4, 1e-3, 1e-2])
    axes.set_xlabel(Text("학습률 ÷ 배치 η/B", "rate over batch η/B")[lang])
    axes.set_ylabel(Text("바닥 위의 손실", "loss above the bottom")[lang])
    axes.legend(loc="upper left")
    made.legend(*parts["can"].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    cannot, can = (m.endings[problem].against("full", "same").number() for problem in ("cannot", "can"))
    n = m.floor.shape[2]
    told = {p: ", ".join(f"{LABELS[a][lang]} {one.end(a):.4g}" for a in ARMS) for p, one in m.endings.items()}
    return {
        "ko": Words(
            f"같은 수의 표본을 더 읽고 GD의 손실은 SGD의 {cannot}배(다 맞힐 수 없을 때), {can}배(있을 때)",
            f"위: SGD(배치 {BATCH})로 {FIRST}에포크를 걸은 뒤 네 갈래로 나뉩니다. 손실은 갈라질 때를 1로 했고, 갈래마다 읽는 표본은 같습니다(시드 {n}개의 기하평균, 띠는 10–90 %, 뒤의 두 갈래는 겹칩니다). "
            "왼쪽 아래: 학습률에 따른 마지막 손실의 비와 95 % 구간(★은 고른 학습률). 오른쪽 아래: 가중치 두 개의 모델에서 SGD가 머무는 높이. 선은 맞춘 것이 아니라 바닥에서 계산한 이론입니다.",
            f"마지막 손실. {TITLES['cannot'].ko}: {told['cannot']}. {TITLES['can'].ko}: {told['can']}. 오른쪽 아래에서 높이는 η/B에 비례합니다.",
        ),
        "en": Words(
            f"With the same number of further examples, GD ends at {cannot} times the loss of SGD (cannot fit all) and {can} times (can fit all)",
            f"Top: after {FIRST} epochs of SGD (batches of {BATCH}) there are four ways on, which all read the same number of examples; loss as a multiple of that at the parting (geometric mean of {n} seeds, bands 10–90%; the last two ways coincide). "
            "Bottom left: ratio of the losses at the end by rate, 95% interval (★: tuned). Bottom right: the height at which SGD stays, model with two weights. The line is not fitted but computed at the bottom.",
            f"Loss at the end. {TITLES['cannot'].en}: {told['cannot']}. {TITLES['can'].en}: {told['can']}. Bottom right: the height is proportional to η/B.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
