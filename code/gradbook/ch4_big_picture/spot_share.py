"""How much of the way from bear to cat is owed to spots, and what makes it less (claim 4.14)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats

from deepgrad import Network
from gradbook import style
from gradbook.ch4_big_picture.cat_net import FRESH, KINDS, Lesson, Run, asked, percent, score, sweep_trained, tuned
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate, bootstrap_interval, mean_interval
from gradbook.text import Lang, Text, Verdict, same

RATE, PIXELS = 0.5, 0.2  # of dropout among hidden units, and among pixels
FEW = (5, 20)  # plain cats among the cats to learn from
ARMS: dict[str, Lesson] = {
    "none": Lesson(),
    "hidden": Lesson(hidden=RATE),
    "pixels": Lesson(pixels=PIXELS),
    "few": Lesson(plain_cats=FEW[0]),
    "some": Lesson(plain_cats=FEW[1]),
    "both_ways": Lesson(both_ways=True),
}
NAMES = tuple(ARMS)
STRONG = 0.7  # a rank correlation beyond this counts as going together
SPOTTED_CAT, PLAIN_CAT, PLAIN_BEAR, SPOTTED_BEAR = range(4)  # of KINDS


@dataclass(frozen=True)
class Measurement:
    mean: NDArray[np.float64]  # score of each kind, (arms, seeds, kinds)
    right: NDArray[np.float64]  # percent, (arms, seeds, kinds)
    ranked: NDArray[np.float64]  # percent of pairs (plain cat, plain bear) in the right order, (arms, seeds)
    eta: tuple[float, ...]
    predicted: NDArray[np.float64]  # percent: the share of spots in a linear score after its first step, (seeds,)

    @property
    def sensitivity(self) -> NDArray[np.float64]:
        """How far the score falls when a cat loses its spots and nothing else: (arms, seeds)."""
        return np.asarray(self.mean[..., SPOTTED_CAT] - self.mean[..., PLAIN_CAT])

    @property
    def share(self) -> NDArray[np.float64]:
        """That as a percentage of the way from a plain bear to a spotted cat: (arms, seeds)."""
        return np.asarray(100 * self.sensitivity / (self.mean[..., SPOTTED_CAT] - self.mean[..., PLAIN_BEAR]))

    def gain(self, arm: str, kind: int = PLAIN_CAT) -> Estimate:
        """Percentage points right of a kind that the arm adds, paired by seed."""
        k = NAMES.index(arm)
        return mean_interval(self.right[k, :, kind] - self.right[0, :, kind])

    def cut(self, arm: str) -> Estimate:
        """By how many percentage points the arm changes the share of spots, paired by seed."""
        return mean_interval(self.share[NAMES.index(arm)] - self.share[0])

    def together(self, what: NDArray[np.float64]) -> Estimate:
        """Rank correlation, over all networks, with accuracy on plain cats; seeds are drawn anew for the interval."""
        rows = np.stack([what, self.right[..., PLAIN_CAT]]).transpose(2, 0, 1)  # (seeds, 2, arms)
        return bootstrap_interval(rows, rank_correlation, resamples=400)


def rank_correlation(rows: NDArray[np.float64]) -> float:
    """Spearman's: the correlation of ranks; rows: (n, 2, ...)."""
    ranks = [stats.rankdata(rows[:, k]) for k in (0, 1)]
    return float(np.corrcoef(*ranks)[0, 1])


def first_step(seed: int) -> float:
    """The share of spots, in percent, if the score's weights point from the mean plain bear to the mean spotted cat: there
    the first step of gradient descent takes a linear score that begins at 0.
    """
    means = asked(seed).astype(np.float64).reshape(len(KINDS), FRESH, -1).mean(axis=1)
    way = means[SPOTTED_CAT] - means[PLAIN_BEAR]
    return float(100 * way @ (means[SPOTTED_CAT] - means[PLAIN_CAT]) / (way @ way))


def scored(
    net: Network, theta: NDArray[np.floating], run: Run
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Mean score and percent right of each kind; percent of pairs of plain animals in the right order."""
    scores = score(net, theta, asked(run.seed))
    cat = np.array([kind[0] for kind in KINDS])
    ranked = (scores[PLAIN_CAT][:, None] > scores[PLAIN_BEAR]).mean()
    return scores.mean(axis=1), 100 * ((scores > 0) == cat[:, None]).mean(axis=1), 100 * float(ranked)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """With one seed all arms have the same faces, initial weights and, but for `both_ways`, batches."""
    eta = tuned(list(ARMS.values()))
    runs = [Run(lesson, seed, rate) for lesson, rate in zip(ARMS.values(), eta, strict=True) for seed in seeds]
    mean, right, ranked = zip(*sweep_trained(scored, runs), strict=True)
    shape = (len(ARMS), len(seeds), -1)
    return Measurement(
        mean=np.reshape(mean, shape),
        right=np.reshape(right, shape),
        ranked=np.reshape(ranked, shape)[..., 0],
        eta=tuple(eta),
        predicted=np.array([first_step(seed) for seed in seeds]),
    )


def judge(m: Measurement) -> list[Claim]:
    """Holds if plain cats gain as sensitivity falls; holds if it takes the share of the way, not sensitivity itself."""
    itself, share = m.together(m.sensitivity), m.together(m.share)
    goes: Verdict = "holds-if" if share.below(-STRONG) else "does-not-hold"
    verdict: Verdict = "holds" if itself.below(-STRONG) else goes
    return [
        Claim(
            id="4.14",
            text=Text(
                "일반화란 특징에 조금 덜 민감하게 만드는 것이다",
                "To generalize is to make the features a little less sensitive",
            ),
            verdict=verdict,
            finding=Text(
                f"점 없는 고양이의 정확도와 점의 민감도의 순위 상관은 {itself.number(sign=True)}, 점수에서 점이 차지하는 몫과의 상관은 {share.number(sign=True)}입니다. "
                f"그 몫을 드롭아웃은 {m.cut('hidden').number(sign=True)} %p, 점을 넣고 뺀 그림은 {m.cut('both_ways').number(sign=True)} %p 바꿉니다.",
                f"Accuracy on plain cats and sensitivity to spots have a rank correlation of {itself.number(sign=True)}; with the spots' share of the score it is {share.number(sign=True)}. "
                f"Dropout changes that share by {m.cut('hidden').number(sign=True)} points, pictures with and without spots by {m.cut('both_ways').number(sign=True)}.",
            ),
            estimate=itself,
            unit=Text("점의 민감도와 점 없는 고양이 정확도의 순위 상관", "rank correlation of sensitivity to spots with accuracy on plain cats"),
            shown=same(itself.shown(sign=True)),
        )
    ]  # fmt: skip


def numbers(m: Measurement) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for k, arm in enumerate(NAMES):
        found |= {
            f"share_{arm}": same(mean_interval(m.share[k]).shown()),
            f"itself_{arm}": same(mean_interval(m.sensitivity[k]).shown()),
            f"plain_{arm}": same(percent(m.right[k, :, PLAIN_CAT]).shown()),
        }
    found |= {f"gain_{arm}": same(m.gain(arm).shown(sign=True)) for arm in NAMES[1:5]}
    found |= {f"cut_{arm}": same(m.cut(arm).shown(sign=True)) for arm in ("hidden", "pixels", "both_ways")}
    for arm in ("none", "both_ways"):
        found[f"bears_{arm}"] = same(percent(m.right[NAMES.index(arm), :, SPOTTED_BEAR]).shown())
    return found | {
        "together_share": same(m.together(m.share).shown(sign=True)),
        "together_itself": same(m.together(m.sensitivity).shown(sign=True)),
        "predicted": same(mean_interval(m.predicted).shown()),
        "rate": same(f"{RATE:g}"),
        "rate_pixels": same(f"{PIXELS:g}"),
        "few": same(str(FEW[0])),
        "some": same(str(FEW[1])),
        "seeds": same(str(m.share.shape[1])),
    }


LABELS: dict[str, Text] = {
    "none": Text("점박이만", "spotted only"),
    "hidden": Text(f"드롭아웃 {RATE:g}", f"dropout {RATE:g}"),
    "pixels": Text(f"화소 드롭아웃 {PIXELS:g}", f"pixel dropout {PIXELS:g}"),
    "few": Text(f"점 없는 고양이 {FEW[0]}마리", f"{FEW[0]} plain cats"),
    "some": Text(f"점 없는 고양이 {FEW[1]}마리", f"{FEW[1]} plain cats"),
    "both_ways": Text("점을 넣고 뺀 그림", "spots on and off"),
}
COLORS = (style.INK, style.BLUE, style.SKY, style.ORANGE, style.RED, style.GREEN)
MARKERS = ("x", "o", "v", "s", "D", "^")


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.7, ncols=2, sharey=True)
    for axes, found in zip(panels, (m.share, m.sensitivity), strict=True):
        for k, (name, color, marker) in enumerate(zip(NAMES, COLORS, MARKERS, strict=True)):
            right = m.right[k, :, PLAIN_CAT]
            axes.plot(found[k], right, marker, color=color, alpha=0.35, markersize=3.5)
            axes.plot(found[k].mean(), right.mean(), marker, color=color, markersize=7, label=LABELS[name][lang])
    panels[0].axvline(50, color=style.MUTED, linestyle=":", linewidth=1)
    panels[0].set_xlabel(Text("점수에서 점의 몫 (%)", "spots' share of the score (%)")[lang])
    panels[1].set_xlabel(Text("점의 민감도 (점수)", "sensitivity to spots (score)")[lang])
    panels[0].set_ylabel(Text("점 없는 고양이를 맞힌 비율 (%)", "plain cats right (%)")[lang])
    made.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    cut, both = m.cut("hidden").number(sign=True), m.cut("both_ways").number(sign=True)
    n = m.share.shape[1]
    rows = [(LABELS[name][lang], m.share[k].mean(), m.right[k, :, PLAIN_CAT].mean()) for k, name in enumerate(NAMES)]
    listed = "; ".join(f"{label}: {share:.0f}, {right:.0f}" for label, share, right in rows)
    return {
        "ko": Words(
            f"점의 몫을 드롭아웃은 {cut} %p, 점을 넣고 뺀 그림은 {both} %p 바꿉니다",
            f"왼쪽: 점 없는 곰에서 점박이 고양이까지의 점수 가운데 점의 몫. 오른쪽: 같은 얼굴에서 점만 뺄 때 점수가 내려가는 양. 작은 표는 시드 하나({n}개), 큰 표는 평균, 점선은 절반. 새 얼굴 {FRESH}장.",
            f"점의 몫(%)과 점 없는 고양이를 맞힌 비율(%)의 평균. {listed}.",
        ),
        "en": Words(
            f"Dropout changes the spots' share by {cut} points, pictures with and without spots by {both}",
            f"Left: what spots make of the way from a plain bear's score to a spotted cat's. Right: how far the score falls when the same face loses its spots. Small marks are single seeds ({n}), large ones their mean; dotted: half. {FRESH} fresh faces.",
            f"Mean share of spots (%) and plain cats right (%). {listed}.",
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
