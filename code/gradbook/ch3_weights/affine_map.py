"""What a layer does to a plane: the product, the bias, and the activation function that bends it (claim 3.10)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deepgrad import Array, affine, linear, relu, tanh
from gradbook import style
from gradbook.experiment import Claim, Drawing, Experiment, Words
from gradbook.stats import Estimate
from gradbook.text import Lang, Text, same

# Numbers that are sums of powers of two: products and sums of them come out exactly, so equal means equal to the last bit.
W = np.array([[1.25, 0.5], [-0.5, 0.75]])
B = np.array([0.5, -0.25])
LINES, POINTS, STRETCH = 9, 65, 3.0
SHARES = (0.25, 0.5, 0.75)  # where on the way from x to y
SIZES = ((2, 2), (3, 2), (64, 100), (100, 10))  # of the random layers, fan_in and fan_out
PAIRS, LARGEST = 50, 8  # pairs of points; whole numbers from −8 to 8
type Map = Callable[[Array], Array]


@dataclass(frozen=True)
class Departure:
    """The largest distance from what a map of its kind would do; 0 if it is one."""

    linear: float  # from f(x + y) = f(x) + f(y) and f(s x) = s f(x)
    affine: float  # from f((1 − t) x + t y) = (1 − t) f(x) + t f(y)


@dataclass(frozen=True)
class Measurement:
    grid: NDArray[np.float64]  # (lines, points, 2), horizontal lines first
    images: dict[str, NDArray[np.float64]]  # the grid after each stage
    square: dict[str, NDArray[np.float64]]  # the corners of the unit square after each affine stage, in order
    departure: dict[str, Departure]  # each stage, on the plane
    parallel: dict[str, float]  # largest cross product of the directions of two lines that were parallel
    random: list[tuple[Departure, Departure]]  # random layers: the product alone, and with its bias
    origin: NDArray[np.float64]  # where the layer sends 0

    @property
    def area(self) -> dict[str, float]:
        return {stage: shoelace(corners) for stage, corners in self.square.items()}

    def worst(self) -> float:
        """Of everything that should be 0: the product as a linear map, product and bias as an affine one."""
        plane = [self.departure["product"].linear, self.departure["product"].affine, self.departure["layer"].affine]
        others = [d for product, layer in self.random for d in (product.linear, product.affine, layer.affine)]
        return max(*plane, *others, self.parallel["product"], self.parallel["layer"])


def departure(f: Map, x: Array, y: Array) -> Departure:
    added = np.abs(f(x + y) - (f(x) + f(y))).max()
    stretched = np.abs(f(STRETCH * x) - STRETCH * f(x)).max()
    mixed = max(np.abs(f((1 - t) * x + t * y) - ((1 - t) * f(x) + t * f(y))).max() for t in SHARES)
    return Departure(float(max(added, stretched)), float(mixed))


def shoelace(corners: Array) -> float:
    """The area of a polygon, from its corners in order; negative if they run clockwise."""
    x, y = corners.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def unparallel(lines: Array) -> float:
    """The largest |cross product| of steps along the lines, within each half of them: 0 if all stay straight and
    parallel.
    """
    found = []
    for half in np.split(np.diff(lines, axis=1), 2):
        steps = half.reshape(-1, 2)
        found.append(np.abs(np.outer(steps[:, 0], steps[:, 1]) - np.outer(steps[:, 1], steps[:, 0])).max())
    return float(max(found))


def layers(W: Array, b: Array) -> dict[str, Map]:
    """The stages of a layer."""
    return {
        "product": lambda x: linear(x, W)[0],
        "layer": lambda x: affine(x, W, b)[0],
        "tanh": lambda x: tanh(affine(x, W, b)[0])[0],
        "ReLU": lambda x: relu(affine(x, W, b)[0])[0],
    }


def random_layer(fan_in: int, fan_out: int, seed: int) -> tuple[Departure, Departure]:
    """Whole numbers everywhere, so nothing is rounded."""
    rng = np.random.default_rng([seed, fan_in, fan_out])

    def whole(*shape: int) -> Array:
        return rng.integers(-LARGEST, LARGEST + 1, shape).astype(np.float64)

    stages = layers(whole(fan_in, fan_out), whole(fan_out))
    x, y = whole(PAIRS, fan_in), whole(PAIRS, fan_in)
    return departure(stages["product"], x, y), departure(stages["layer"], x, y)


def measure(seeds: Sequence[int] = range(20)) -> Measurement:
    """A grid of the plane through one layer, and random layers of several sizes, each with pairs of random points."""
    along, across = np.meshgrid(np.linspace(-1, 1, POINTS), np.linspace(-1, 1, LINES))
    grid = np.concatenate([np.stack([along, across], -1), np.stack([across, along], -1)])
    points, unit = grid.reshape(-1, 2), np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    stages = layers(W, B)
    images = {stage: f(points).reshape(grid.shape) for stage, f in stages.items()}
    order = np.random.default_rng(0).permutation(len(points))
    return Measurement(
        grid=grid,
        images=images,
        square={"input": unit} | {stage: stages[stage](unit) for stage in ("product", "layer")},
        departure={stage: departure(f, points, points[order]) for stage, f in stages.items()},
        parallel={stage: unparallel(image) for stage, image in images.items()},
        random=[random_layer(*size, seed) for size in SIZES for seed in seeds],
        origin=stages["layer"](np.zeros((1, 2)))[0],
    )


def judge(m: Measurement) -> list[Claim]:
    exact, area = m.worst() == 0, m.area["layer"] == determinant()
    return [
        Claim(
            id="3.10",
            text=Text(
                "신경망의 순전파에서 하는 행렬의 곱은 기하학의 어파인 변환이다",
                "The matrix product of the forward pass is what geometry calls an affine transformation",
            ),
            verdict="holds" if exact and area and (m.origin == B).all() else "does-not-hold",
            finding=Text(
                f"곱에 편향까지 더한 것이 어파인 변환입니다. 층 {len(m.random) + 1}개에서 어긋남은 가장 큰 것이 {m.worst():g}입니다. 곱만 보면 원점을 지키는 선형 변환입니다. "
                f"단위 정사각형의 넓이는 {m.area['layer']:g}배가 되고, 이 값이 행렬식입니다. tanh를 거치면 {m.departure['tanh'].affine:.2f}, ReLU를 거치면 {m.departure['ReLU'].affine:.2f}만큼 어긋납니다.",
                f"Product and bias together are affine: in {len(m.random) + 1} layers the largest departure is {m.worst():g}. The product alone is linear; it keeps the origin. "
                f"The unit square's area is multiplied by {m.area['layer']:g}, the determinant. Behind tanh the departure is {m.departure['tanh'].affine:.2f}, behind ReLU {m.departure['ReLU'].affine:.2f}.",
            ),
            estimate=Estimate(m.worst(), n=len(m.random) + 1),
            unit=Text("어파인 변환에서 가장 크게 어긋난 거리", "largest departure from an affine map"),
            shown=same(f"{m.worst():g}"),
        )
    ]  # fmt: skip


def determinant() -> float:
    return float(W[0, 0] * W[1, 1] - W[0, 1] * W[1, 0])


def numbers(m: Measurement) -> dict[str, Text]:
    plain = {f"w{i + 1}{j + 1}": W[i, j] for i in range(2) for j in range(2)} | {"b1": B[0], "b2": B[1]}
    return {name: same(f"{x:g}".replace("-", "−")) for name, x in plain.items()} | {
        "area": same(f"{m.area['layer']:g}"),
        "determinant": same(f"{determinant():g}"),
        "worst": same(f"{m.worst():g}"),
        "linear_layer": same(f"{m.departure['layer'].linear:g}"),
        "tanh": same(f"{m.departure['tanh'].affine:.2f}"),
        "relu": same(f"{m.departure['ReLU'].affine:.2f}"),
        "random": same(str(len(m.random))),
        "pairs": same(str(PAIRS)),
        "largest_in": same(str(max(size[0] for size in SIZES))),
    }


TITLES = {
    "input": Text("입력 x", "input x"),
    "product": Text("곱 xW", "product xW"),
    "layer": Text("편향까지 xW + b", "with bias, xW + b"),
    "tanh": Text("tanh(xW + b)", "tanh(xW + b)"),
    "ReLU": Text("relu(xW + b)", "relu(xW + b)"),
}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, panels = style.figure(3.5, nrows=2, ncols=3, sharex=True, sharey=True)
    for axes, (stage, lines) in zip(panels.flat, {"input": m.grid, **m.images}.items(), strict=False):
        axes.plot([-1.8, 2.4], [0, 0], color=style.MUTED, linewidth=0.8)
        axes.plot([0, 0], [-1.6, 1.6], color=style.MUTED, linewidth=0.8)
        for k, line in enumerate(lines):
            first = k < len(lines) // 2
            axes.plot(line[:, 0], line[:, 1], color=style.SKY if first else style.PURPLE, linewidth=0.9,
                      linestyle="-" if first else "--")  # fmt: skip
        title = TITLES[stage][lang]
        if stage in m.square:
            axes.fill(*m.square[stage].T, color=style.ORANGE, alpha=0.4, linewidth=0)
            title += Text(f"\n넓이 {m.area[stage]:g}", f"\narea {m.area[stage]:g}")[lang]
        origin = np.zeros(2) if stage == "input" else m.images[stage][LINES // 2, POINTS // 2]
        axes.plot(*origin, "o", color=style.INK, markersize=4)
        axes.set_title(title)
        style.bare(axes)
    panels[1][2].set_axis_off()
    keys = (
        ({"color": style.SKY, "linestyle": "-"}, Text("가로줄이던 것", "once horizontal")),
        ({"color": style.PURPLE, "linestyle": "--"}, Text("세로줄이던 것", "once vertical")),
        ({"color": style.INK, "linestyle": "", "marker": "o"}, Text("원점이던 점", "once the origin")),
        ({"color": style.ORANGE, "linewidth": 7, "alpha": 0.4}, Text("단위 정사각형", "unit square")),
    )
    handles = [panels[1][2].plot([], [], **look)[0] for look, _ in keys]
    panels[1][2].legend(handles, [text[lang] for _, text in keys], loc="center", handlelength=1.6)
    return made


def words(m: Measurement, lang: Lang) -> Words:
    area = f"{m.area['layer']:g}"
    return {
        "ko": Words(
            f"층은 평면을 밀고 당겨 넓이를 {area}배로 만들고, 편향은 옮기고, 활성화 함수는 구부립니다",
            "층 하나에 격자를 보냈습니다. 곱과 편향을 거쳐도 나란하던 줄은 나란하고, 줄 위의 간격은 고릅니다. 넓이는 색칠한 단위 정사각형의 것입니다.",
            f"격자 다섯. 정사각 격자, 원점이 제자리인 평행사변형 격자, 그것을 옮긴 격자, tanh로 바깥쪽이 휜 격자, ReLU로 음수 쪽이 축에 눌러 붙은 격자. 색칠한 네모의 넓이는 1에서 {area}로 바뀝니다.",
        ),
        "en": Words(
            f"The product multiplies areas by {area}, the bias moves the plane, the activation function bends it",
            "A grid sent through one layer. Behind product and bias, lines that were parallel still are, and points on them are evenly spaced. The area is that of the shaded unit square.",
            f"Five grids: square; slanted, with the origin in place; the same, moved; bent toward the outside by tanh; its negative parts pressed onto the axes by ReLU. The shaded square's area goes from 1 to {area}.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"seeds": range(1000, 1200)},
)
