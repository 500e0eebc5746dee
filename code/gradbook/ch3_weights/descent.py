"""A bowl to go down oneself: six optimizers, six rates (goes with claim 3.12)."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from gradbook import style
from gradbook.ch3_weights.bowl import BOWL, HORIZON, NAMES, OPTIMIZERS, Name, Points, arrival, descend
from gradbook.ch3_weights.optimizer_looks import LOOKS
from gradbook.experiment import Claim, Drawing, Experiment, Slider, Words
from gradbook.text import Lang, Text, same

ETAS = (0.03, 0.1, 0.3, 0.95, 1.5, 9.5)
BOOK: dict[Name, float] = {"sgd": 0.95, "momentum": 0.1, "adagrad": 1.5, "adam": 0.3}  # the rates of the book's picture
SHOWN = 40  # steps that are drawn
LEVELS = (0.1, 0.4, 1, 2, 3.5, 6.45)  # the last is the height of the start


@dataclass(frozen=True)
class Measurement:
    paths: dict[Name, Points]  # (rates, SHOWN + 1, 2)
    steps: dict[Name, list[float]]  # until arrival, ∞ if not within HORIZON


def measure() -> Measurement:
    """Every optimizer at every rate, from the same start."""
    paths: dict[Name, Points] = {}
    steps: dict[Name, list[float]] = {}
    for name, optimizer in OPTIMIZERS.items():
        with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too large leaves the numbers, and may
            whole = [descend(partial(optimizer, eta=eta), HORIZON) for eta in ETAS]
            steps[name] = [float(arrival(BOWL.height(path))) for path in whole]
        paths[name] = np.array([path[: SHOWN + 1] for path in whole])
    return Measurement(paths, steps)


def judge(m: Measurement) -> list[Claim]:
    return []


def numbers(m: Measurement) -> dict[str, Text]:
    return {f"{name}_steps": same(f"{m.steps[name][ETAS.index(eta)]:.0f}") for name, eta in BOOK.items()}


def bowl_with_path(axes: Axes, path: Points, name: Name, mark: float = 3) -> None:
    """The contours of x²/20 + y² and a path on them; what leaves the frame is cut off."""
    for level in LEVELS:
        across, up = 2 * np.sqrt(2 * level / BOWL.curvature)
        axes.add_patch(Ellipse((0, 0), across, up, fill=False, edgecolor=style.GRID, linewidth=0.9))
    axes.plot(*np.clip(path, -99, 99).T, markersize=mark, linewidth=1.2, **LOOKS[name])
    axes.plot(*path[0], "o", color=style.INK, markersize=5)
    axes.plot(0, 0, "+", color=style.INK, markersize=9)
    axes.set(xlim=(-9.5, 9.5), ylim=(-3.2, 3.2), xticks=(-8, -4, 0, 4, 8), yticks=(-2, 0, 2))
    axes.grid(False)


def told(steps: float) -> Text:
    if np.isinf(steps):
        return Text(f"{HORIZON}걸음 안에 닿지 못합니다", f"does not arrive within {HORIZON} steps")
    return Text(f"{steps:.0f}걸음에 닿습니다", f"arrives after {steps:.0f} steps")


def draw(m: Measurement, lang: Lang, i: int, j: int) -> Figure:
    made, axes = style.figure(2.5)
    name = list(OPTIMIZERS)[i]
    bowl_with_path(axes, m.paths[name][j], name)
    axes.set_title(f"{NAMES[name][lang]}, η = {ETAS[j]:g}: {told(m.steps[name][j])[lang]}")
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    return made


def frame_alt(m: Measurement, lang: Lang, i: int, j: int) -> str:
    name = list(OPTIMIZERS)[i]
    path = m.paths[name][j]
    flips = int((path[1:, 1] * path[:-1, 1] < 0).sum())
    x, y = (f"{at:.2g}".replace("-", "−") for at in path[10])
    return Text(
        f"{NAMES[name].ko}, 학습률 {ETAS[j]:g}: {told(m.steps[name][j]).ko}. 처음 {SHOWN}걸음에서 y의 부호가 {flips}번 바뀝니다. 10걸음 뒤의 자리는 ({x}, {y}).",
        f"{NAMES[name].en}, rate {ETAS[j]:g}: {told(m.steps[name][j]).en}. In the first {SHOWN} steps y changes its sign {flips} times. After 10 steps it is at ({x}, {y}).",
    )[lang]


def words(m: Measurement, lang: Lang) -> Words:
    arrive = [sum(np.isfinite(s)) for s in zip(*m.steps.values(), strict=True)]
    worst = ETAS[int(np.argmin(arrive))]
    return {
        "ko": Words(
            f"같은 그릇, 같은 출발점: 학습률 {worst:g}에서는 여섯 가운데 {min(arrive)}가지만 바닥에 닿습니다",
            f"f = x²/20 + y²의 등고선과 처음 {SHOWN}걸음. 검은 점에서 출발해 +로 갑니다. 그림 밖으로 나간 걸음은 잘립니다.",
            frame_alt(m, lang, *START),
        ),
        "en": Words(
            f"One bowl, one start: at the rate {worst:g} only {min(arrive)} of the six arrive at the bottom",
            f"Contours of f = x²/20 + y² and the first {SHOWN} steps, from the black dot to the +. Steps that leave the frame are cut off.",
            frame_alt(m, lang, *START),
        ),
    }[lang]


START = (0, 3)
SLIDERS = (
    Slider(Text("최적화 함수", "optimizer"), ("SGD", "momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam"), START[0]),
    Slider(Text("학습률 η", "learning rate η"), tuple(f"{eta:g}" for eta in ETAS), START[1]),
)
EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words, sliders=SLIDERS, frame_alt=frame_alt),
)
