"""Two pixels raw, centered, standardized and whitened: the cloud, and the bowl it makes of the loss (goes with claim 5.14)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from deepgrad import sgd, whiten
from gradbook import style
from gradbook.ch5_activations.inputs import LOOKS, NAMES, WAYS, Floats
from gradbook.data import digits
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import number
from gradbook.text import Lang, Text, same

PIXELS: Final = (2, 10)  # third column, first and second row: neighbors
SHOWN: Final = ("raw", "centered", "standardized", "whitened")
DRAWN: Final = 30  # images, and
STEPS: Final = 12  # steps of the walk
FAR: Final = 1e-2  # arrived when no direction is farther than this share of the start


@dataclass(frozen=True)
class Measurement:
    clouds: dict[str, Floats]  # (DRAWN, 2)
    moments: dict[str, Floats]  # E[x xᵀ] over all training images
    paths: dict[str, Floats]  # (STEPS + 1, 2), at the best rate
    correlation: float

    def kappa(self, way: str) -> float:
        low, high = np.linalg.eigvalsh(self.moments[way])
        return float(high / low)

    def steps(self, way: str) -> int:
        """Until a share FAR of the distance is left in every direction: the least T with ((κ − 1)/(κ + 1))ᵀ ≤ FAR."""
        kappa = self.kappa(way)
        factor = (kappa - 1) / (kappa + 1)
        return 1 if factor < FAR else int(np.ceil(np.log(FAR) / np.log(factor)))


def measure() -> Measurement:
    """Statistics from all training images; whitened exactly (ε = 0)."""
    x = digits().x[:, PIXELS].astype(float)
    ways = {way: WAYS[way](x)(x) for way in SHOWN[:-1]} | {"whitened": whiten(x)(x)}
    moments = {way: seen.T @ seen / len(seen) for way, seen in ways.items()}
    return Measurement(
        {way: seen[:DRAWN] for way, seen in ways.items()},
        moments,
        {way: walk(moment) for way, moment in moments.items()},
        float(np.corrcoef(x.T)[0, 1]),
    )


def walk(moment: Floats) -> Floats:
    """Gradient descent on ½ wᵀ M w at its best rate, from where both directions are equally far from the bottom."""
    curvatures, axes = np.linalg.eigh(moment)
    theta, eta = axes @ np.ones(2) / np.sqrt(2), 2 / curvatures.sum()
    path = [theta]
    for _ in range(STEPS):
        theta, _ = sgd(theta, moment @ theta, None, eta=eta)
        path.append(theta)
    return np.array(path)


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"kappa_{way}": same(number(m.kappa(way), 1)) for way in SHOWN}
    return found | {f"steps_{way}": same(str(m.steps(way))) for way in SHOWN} | {
        "correlation": same(number(m.correlation, 2)),
        "left": same(number(100 * FAR, 0)),
    }  # fmt: skip


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.3, nrows=2, ncols=len(SHOWN))
    for k, way in enumerate(SHOWN):
        cloud, bowl = panels[:, k]
        reach = 1.12 * np.abs(m.clouds[way]).max()
        cloud.axhline(0, color=style.MUTED, linewidth=0.8)
        cloud.axvline(0, color=style.MUTED, linewidth=0.8)
        cloud.plot(*m.clouds[way].T, linestyle="none", marker=".", markersize=4, color=LOOKS[way]["color"])
        tick = 1 if reach < 2 else 2
        cloud.set(
            xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[-tick, 0, tick], yticks=[-tick, 0, tick]
        )
        cloud.set_title(NAMES[way][lang])
        for size in (0.5, 1):
            bowl.plot(*(size * level(m.moments[way])).T, color=style.MUTED, linewidth=0.8)
        bowl.plot(*m.paths[way].T, color=LOOKS[way]["color"], marker=".", markersize=4, linewidth=1.1)
        bowl.plot(0, 0, color=style.INK, marker="+", markersize=7)
        bowl.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        bowl.set_xlabel(f"κ = {number(m.kappa(way), 1)}\n" + steps(m.steps(way))[lang])
    panels[0, 0].set_ylabel(Text("두 화소", "two pixels")[lang])
    panels[1, 0].set_ylabel(Text("두 가중치", "two weights")[lang])
    return made


def steps(n: int) -> Text:
    return Text(f"{n}걸음", f"{n} step{'s' * (n > 1)}")


def level(moment: Floats) -> Floats:
    """A level line of the bowl, its long axis of length 1."""
    curvatures, axes = np.linalg.eigh(moment)
    turn = np.linspace(0, 2 * np.pi, 37)
    return np.asarray(np.stack([np.cos(turn), np.sin(turn) * np.sqrt(curvatures[0] / curvatures[1])], axis=1) @ axes.T)


def words(m: Measurement, lang: Lang) -> Words:
    raw, centered = (number(m.kappa(way), 1) for way in SHOWN[:2])
    return {
        "ko": Words(
            f"중심화하면 구름이 원점으로 오고 그릇이 덜 길쭉해집니다: 조건수 {raw} → {centered}",
            f"위: 숫자 그림 {DRAWN}장에서 위아래로 이웃한 두 화소(눈금이 저마다 다릅니다). 아래: 그 두 입력이 만드는 제곱 오차의 등고선(편향 없음)과 두 축에서 똑같이 먼 곳에서 출발해 가장 좋은 학습률로 걷는 {STEPS}걸음. κ는 조건수, 걸음은 남은 거리가 {100 * FAR:.0f} %가 될 때까지.",
            "왼쪽부터 그대로, 중심화, 표준화, 화이트닝. 그대로인 구름은 원점의 오른쪽 위에 있고 그릇은 좁은 골짜기입니다. 화이트닝한 구름은 둥글고 그릇도 둥글며 한 걸음에 바닥에 닿습니다.",
        ),
        "en": Words(
            f"Centering brings the cloud to the origin and makes the bowl less stretched: condition number {raw} → {centered}",
            f"Above: two neighboring pixels, one just above the other in the image, of {DRAWN} digits (scales differ). Below: level lines of the squared error that these two inputs make (no bias), and {STEPS} steps at the best rate from a start equally far along both of the bowl's axes. κ: condition number; steps until {100 * FAR:.0f}% of the distance is left.",
            "From the left: raw, centered, standardized, whitened. The raw cloud lies to the upper right of the origin and its bowl is a narrow valley. The whitened cloud is round, so is its bowl, and one step reaches the bottom.",
        ),
    }[lang]


EXPERIMENT = Experiment(measure=measure, judge=judge, numbers=numbers, drawing=Drawing(draw=draw, words=words))
