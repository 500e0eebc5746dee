"""How stretched the bowl is that digits and photographs make, and how many steps that costs (goes with claim 5.14)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from gradbook import style
from gradbook.ch5_activations.inputs import EPS, LOOKS, NAMES, WAYS, Floats, second_moments, spectrum
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import number, order, scientific
from gradbook.text import Lang, Text, same

SHARE: Final = 0.01  # of what can be gained on the loss: so much is left on arrival
SIDE: Final = 8  # pixels of a patch, as of a digit
SETS: Final = {"digits": Text("숫자", "digits"), "photographs": Text("사진", "photographs")}


@dataclass(frozen=True)
class Measurement:
    spectra: dict[tuple[str, str], Floats]  # (set, way): the eigenvalues of E[x̃ x̃ᵀ] that aren't 0
    steps: dict[str, int]  # least squares on digits, at the best rate
    spreads: dict[str, tuple[float, float, float]]  # of the pixels' standard deviations: least above 0, median, most
    constant: int  # digits' pixels that never change
    farthest: dict[str, float]  # the largest number that a network is handed, digits
    patches: int

    def kappa(self, where: str, way: str) -> float:
        found = self.spectra[where, way]
        return float(found[0] / found[-1])


def photographs() -> Floats:
    """Patches of 8×8 pixels, gray, 0 … 1, side by side from the two photographs that scikit-learn ships."""
    from sklearn.datasets import load_sample_images

    cut = []
    for image in load_sample_images().images:
        gray = image.mean(axis=2) / 255
        rows, columns = (size // SIDE for size in gray.shape)
        tiles = gray[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2)
        cut.append(tiles.reshape(-1, SIDE * SIDE))
    return np.concatenate(cut)


def fewest_steps(x: Floats, targets: Floats, share: float = SHARE) -> int:
    """Steps of gradient descent on ½ |x̃ W − targets|², from W = 0 at the best constant rate, until a share is left.

    Along the axis i of E[x̃ x̃ᵀ], with cᵢ the part of E[x̃ targetsᵀ] along it, ½ |cᵢ|²/λᵢ can be gained, of which
    (1 − ηλᵢ)^(2T) is left after T steps: no step has to be taken to count them.
    """
    curvature, axes = np.linalg.eigh(second_moments(x))
    part = axes.T @ np.column_stack([x, np.ones(len(x))]).T @ targets / len(x)
    there = curvature > 1e-10 * curvature[-1]
    curvature, gain = curvature[there], (part[there] ** 2).sum(axis=1) / curvature[there]
    factors = 1 - np.outer(np.linspace(0.5, 0.9999, 200), 2 * curvature / curvature[-1])

    def arrived(steps: int) -> bool:
        left = np.abs(factors) ** (2.0 * steps) @ gain
        return bool((left <= share * gain.sum()).any())

    high = 1
    while not arrived(high):
        high *= 2
    low = high // 2  # not arrived there yet, or 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if arrived(middle) else (middle, high)
    return high


def measure() -> Measurement:
    """Whitened with the lecture's ε. Statistics and moments are those of the training digits, and of all patches."""
    train, patches = digits().x.astype(float), photographs()
    targets = np.eye(10)[digits().labels]
    seen = {
        (where, way): f(x)(x) for where, x in (("digits", train), ("photographs", patches)) for way, f in WAYS.items()
    }
    spreads = {where: seen[where, "raw"].std(axis=0) for where in SETS}
    return Measurement(
        {key: spectrum(x) for key, x in seen.items()},
        {way: fewest_steps(seen["digits", way], targets) for way in WAYS},
        {where: (float(s[s > 0].min()), float(np.median(s)), float(s.max())) for where, s in spreads.items()},
        int((np.ptp(train, axis=0) == 0).sum()),
        {way: float(np.abs(f(train)(digits().x_test)).max()) for way, f in WAYS.items()},
        len(patches),
    )


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"kappa_{way}": same(kappa(m.kappa("digits", way))) for way in DRAWN}
    found |= {f"photo_{way}": same(kappa(m.kappa("photographs", way))) for way in DRAWN[:3]}
    found |= {f"steps_{way.replace(' ', '_')}": same(str(m.steps[way])) for way in WAYS}
    found |= {f"top_{way}": same(number(m.spectra["digits", way][0], 1)) for way in ("raw", "centered")}
    least, _, most = m.spreads["photographs"]
    rarest, usual, widest = m.spreads["digits"]
    return found | {
        "worst": same(scientific(bound(m.kappa("digits", "centered")))),
        "photo_least": same(number(least, 3)),
        "photo_most": same(number(most, 3)),
        "rarest": same(number(rarest, 4)),
        "usual": same(number(usual, 2)),
        "widest": same(number(widest, 2)),
        "constant": same(str(m.constant)),
        "farthest_standardized": same(number(m.farthest["standardized"], 0)),
        "farthest_whitened": same(number(m.farthest["whitened"], 0)),
        "patches": same(f"{m.patches:,}"),
        "eps": same("10⁻⁵"),
        "left": same(number(100 * SHARE, 0)),
    }


def bound(kappa: float) -> float:
    """The steps that κ alone promises: ((κ − 1)/(κ + 1))^(2T) ≤ SHARE."""
    return float(np.log(SHARE) / (2 * np.log1p(-2 / (kappa + 1))))


def kappa(x: float) -> str:
    return scientific(x) if x >= 1e4 else number(x, 0)


DRAWN: Final = ("raw", "centered", "standardized", "whitened")


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.1, ncols=2, sharey=True)
    for axes, (where, name) in zip(panels, SETS.items(), strict=True):
        for way in DRAWN:
            found = m.spectra[where, way]
            look = LOOKS[way] | {"marker": "none"}
            axes.plot(np.arange(1, len(found) + 1), found / found[0], label=NAMES[way][lang], **look)
        axes.set_title(name[lang])
        axes.set(xlim=(0, 66), xticks=[1, 20, 40, 60])
        axes.set_xlabel(Text("고윳값의 차례", "eigenvalue, in order")[lang])
    style.log(panels[0].yaxis, [1e-8, 1e-6, 1e-4, 1e-2, 1])
    panels[0].set_ylabel(Text("고윳값 ÷ 가장 큰 고윳값", "eigenvalue over the largest")[lang])
    handles, labels = panels[0].get_legend_handles_labels()
    made.legend(handles, labels, loc="outside lower center", ncols=4)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    raw, centered, scaled = (kappa(m.kappa("digits", way)) for way in DRAWN[:3])
    photo = [kappa(m.kappa("photographs", way)) for way in DRAWN[:3]]
    return {
        "ko": Words(
            f"숫자의 조건수는 {raw}, 중심화하면 {centered}, 표준화하면 {scaled}. 사진은 중심화한 뒤 표준화해도 그대로입니다",
            f"편향의 1까지 넣은 입력의 이차 모멘트 행렬의 고윳값(0은 빼고). 왼쪽은 숫자 그림, 오른쪽은 사진 두 장에서 자른 조각 {m.patches:,}개. 화이트닝의 ε은 {order(EPS)}.",
            f"사진에서 중심화와 표준화의 곡선은 겹칩니다({photo[1]}, {photo[2]}; 그대로는 {photo[0]}). 화이트닝은 평평하다가 숫자에서 끝이 조금 내려갑니다.",
        ),
        "en": Words(
            f"Digits have condition number {raw}, centered {centered}, standardized {scaled}; on photographs standardizing adds nothing to centering",
            f"Eigenvalues (without zeros) of the inputs' second-moment matrix, with the 1 of the bias. Left: digits; right: {m.patches:,} patches cut from two photographs. Whitened with ε = {order(EPS)}.",
            f"On photographs the curves for centered and standardized coincide ({photo[1]}, {photo[2]}; raw: {photo[0]}). Whitened is flat, falling a little at its end for digits.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
