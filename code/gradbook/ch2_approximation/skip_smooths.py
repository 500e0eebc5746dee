"""Do skip connections smooth the landscape? Roughness and steepness of slices against depth (claim 2.7).

Measured by `three_troubles`.
"""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch2_approximation.deep_nets import LINES, POINTS, REACH, WIDTHS, Kind
from gradbook.ch2_approximation.three_troubles import RUGGED_DEPTHS, Measurement, measure, with_interval
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, mean_interval
from gradbook.text import Lang, Text, Verdict, same

ROUGHNESS, CLIMB, ACCURACY = range(3)
REMAINS = 0.1  # with more than this share of the roughness left, we do not call it cured


def deepest(m: Measurement, kind: Kind, what: int) -> NDArray[np.float64]:
    """One number a seed, of the deepest nets of a kind on spirals."""
    return m.rugged[kind, "spirals"][-1, :, what]


def change(m: Measurement, kind: Kind, what: int) -> Estimate:
    """Deepest nets: with skips minus plain, paired by seed."""
    return mean_interval(deepest(m, kind, what) - deepest(m, "plain", what))


def cured(m: Measurement, kind: Kind) -> bool:
    """Whether the deepest nets of a kind keep less than REMAINS of the plain ones' roughness, paired by seed.

    (An earlier rule asked for no more roughness than shallow nets have, and changed its mind with the seeds: those have 0.)
    """
    return mean_interval(deepest(m, kind, ROUGHNESS) - REMAINS * deepest(m, "plain", ROUGHNESS)).below(0)


def judge(m: Measurement) -> list[Claim]:
    smoother, unscaled = change(m, "skip", ROUGHNESS), change(m, "skip unscaled", ROUGHNESS)
    calmer, unscaled_climb = change(m, "skip", CLIMB), change(m, "skip unscaled", CLIMB)
    cures = [cured(m, "skip"), cured(m, "skip unscaled")]
    verdict: Verdict = "holds" if all(cures) else "holds-if" if any(cures) else "does-not-hold"
    return [
        Claim(
            id="2.7",
            text=Text(
                "손실 지형의 문제는 건너뛰는 연결(skip connection)로 해결할 수 있다",
                "Skip connections cure the rugged loss landscape",
            ),
            verdict=verdict,
            finding=Text(
                f"은닉층 {RUGGED_DEPTHS[-1]}개에서 건너뛰는 연결은 거칠기를 {smoother.number(sign=True)}, 손실이 오르는 자릿수를 {calmer.number(sign=True)} 바꿉니다. "
                f"블록의 출력을 줄이지 않으면 차례로 {unscaled.number(sign=True)}, {unscaled_climb.number(sign=True)}입니다.",
                f"At {RUGGED_DEPTHS[-1]} hidden layers skip connections change the roughness by {smoother.number(sign=True)} and the powers of ten that the loss climbs by {calmer.number(sign=True)}; "
                f"where the blocks' outputs are not scaled down, by {unscaled.number(sign=True)} and {unscaled_climb.number(sign=True)}.",
            ),
            estimate=smoother,
            unit=Text(
                f"거칠기의 변화, 은닉층 {RUGGED_DEPTHS[-1]}개",
                f"change of roughness, {RUGGED_DEPTHS[-1]} hidden layers",
            ),
            shown=same(smoother.shown(sign=True)),
        )
    ]


def numbers(m: Measurement) -> dict[str, Text]:
    return {
        "plain": same(mean_interval(deepest(m, "plain", ROUGHNESS)).shown()),
        "skip": same(mean_interval(deepest(m, "skip", ROUGHNESS)).shown()),
        "unscaled": same(mean_interval(deepest(m, "skip unscaled", ROUGHNESS)).shown()),
        "change": same(change(m, "skip", ROUGHNESS).shown(sign=True)),
        "climb_plain": same(mean_interval(deepest(m, "plain", CLIMB)).shown()),
        "climb_skip": same(mean_interval(deepest(m, "skip", CLIMB)).shown()),
        "climb_unscaled": same(mean_interval(deepest(m, "skip unscaled", CLIMB)).shown()),
        "accuracy_plain": same(f"{deepest(m, 'plain', ACCURACY).mean():.1f}"),
        "accuracy_skip": same(f"{deepest(m, 'skip', ACCURACY).mean():.1f}"),
        "accuracy_unscaled": same(f"{deepest(m, 'skip unscaled', ACCURACY).mean():.1f}"),
        "points": same(str(POINTS)),
        "width": same(str(WIDTHS["spirals"])),
        "reach": same(f"{REACH:g}"),
        "lines": same(str(LINES)),
        "remains": same(f"{100 * REMAINS:.0f}"),
    }


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(2.9, ncols=2)
    names: dict[Kind, Text] = {
        "plain": Text("없음", "none"),
        "skip": Text("있음", "with skips"),
        "skip unscaled": Text("있음, 줄이지 않음", "skips, not scaled"),
    }
    lines = (style.SERIES[1], style.SERIES[2], style.SERIES[2] | {"marker": "v", "linestyle": "none"})
    for axes, what in zip(panels, (ROUGHNESS, CLIMB), strict=True):
        for (kind, name), line in zip(names.items(), lines, strict=True):
            values = m.rugged[kind, "spirals"][:, :, what]
            depths = RUGGED_DEPTHS[-len(values) :]
            if len(values) > 1:
                with_interval(axes, depths, values, label=name[lang], **line)
            else:
                found = mean_interval(values[0])
                axes.errorbar(depths, [found.value], [found.margin], capsize=3, label=name[lang], markerfacecolor="none", **line)  # fmt: skip
        axes.set_xticks(RUGGED_DEPTHS)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(Text("깊이 (은닉층의 수)", "depth (hidden layers)")[lang])
    panels[0].set_title(Text("거칠기", "roughness")[lang])
    panels[1].set_title(Text("손실이 오르는 높이 (자릿수)", "climb of the loss (powers of ten)")[lang])
    panels[0].legend(loc="upper left", title=Text("건너뛰는 연결", "skip connections")[lang])
    return made


def words(m: Measurement, lang: Lang) -> Words:
    smoother, calmer = change(m, "skip", ROUGHNESS), change(m, "skip", CLIMB)
    n = smoother.n
    rough = [f"{deepest(m, kind, ROUGHNESS).mean():.3f}" for kind in ("plain", "skip", "skip unscaled")]
    climb = [f"{deepest(m, kind, CLIMB).mean():.1f}" for kind in ("plain", "skip", "skip unscaled")]
    smooth, calm = cured(m, "skip"), calmer.below(0)
    titles = {
        (True, True): Text("건너뛰는 연결을 놓으면 깊어도 지형이 매끈하고 덜 가파릅니다", "With skip connections a deep net's landscape is smooth, and less steep"),
        (True, False): Text("건너뛰는 연결을 놓으면 깊어도 지형이 매끈합니다. 높이까지 낮아지지는 않습니다", "With skip connections a deep net's landscape is smooth, though no less high"),
    }  # fmt: skip
    otherwise = Text("건너뛰는 연결이 지형을 다 고치지는 못합니다", "Skip connections do not quite mend the landscape")
    title = titles.get((smooth, calm), otherwise)[lang]
    return {
        "ko": Words(
            title,
            f"나선 위의 점 {POINTS}개를 학습한 ReLU 신경망(폭 {WIDTHS['spirals']}), 단면 {LINES}개씩, 양쪽으로 {REACH:g}까지. 로그 손실의 거칠기와, 로그 손실이 오르내린 전체 높이. 띠와 막대는 시드 {n}개 평균의 95 % 구간.",
            f"가로축은 깊이. 은닉층 {RUGGED_DEPTHS[-1]}개에서 거칠기는 건너뛰는 연결이 없으면 {rough[0]}, 있으면 {rough[1]}, 블록을 줄이지 않으면 {rough[2]}이고, 높이는 차례로 {climb[0]}, {climb[1]}, {climb[2]}자리.",
        ),
        "en": Words(
            title,
            f"ReLU nets (width {WIDTHS['spirals']}) trained on {POINTS} points of spirals, {LINES} slices each, out to {REACH:g} either way. Roughness of the log loss, and the whole height it spans. Bands and bars: 95% interval of the mean over {n} seeds.",
            f"Plots against depth. At {RUGGED_DEPTHS[-1]} hidden layers roughness is {rough[0]} without skips, {rough[1]} with them, {rough[2]} where blocks are not scaled; the heights are {climb[0]}, {climb[1]}, {climb[2]} powers of ten.",
        ),
    }[lang]  # fmt: skip


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1050), "longer": 3, "gap_seeds": 50},
    sweeps=True,
)
