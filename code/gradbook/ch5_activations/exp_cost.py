"""What exp() costs, counted and as a share of a layer; `make full` asks the clock, too (claim 5.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradbook import style
from gradbook.ch5_activations.clocked import BATCH, ELEMENTS, Clocked, clocked
from gradbook.ch5_activations.counted import BACKWARDS, exp_by_hand, forwards, operations
from gradbook.ch5_activations.looks import COLORS, NAMES
from gradbook.experiment import Claim, Drawing, Experiment, Kept, Words
from gradbook.stats import Estimate, number, significant_decimals
from gradbook.text import Lang, Text, Verdict, same

DEGREES: Final = range(2, 10)
EPSILON: Final = float(np.finfo(np.float32).eps)  # how far neighboring float32 numbers lie apart, relatively
DEAR, SMALL = 5.0, 5.0  # times ReLU's operations: expensive; percent of a layer's: no longer worth a word
WIDTHS: Final = (8, 32, 128, 512, 1024, 4096)  # where the clock looks
NARROWEST, WIDEST = WIDTHS[0], WIDTHS[-1]


@dataclass(frozen=True)
class Measurement:
    error: NDArray[np.float64]  # largest relative error of exp_by_hand in float32, by degree
    forward: dict[str, int]  # operations of an element
    back: dict[str, int]
    clock: Clocked | None  # only `make full` has it

    @property
    def degree(self) -> int:
        return first_good(self.error)

    def cost(self, name: str, back: bool = False) -> int:
        return self.forward[name] + (self.back[name] if back else 0)

    def share(self, name: str, width: Any, back: bool = False) -> Any:
        """Percent of a layer's operations that are the activation's."""
        own = self.cost(name, back)
        return 100 * own / (own + layer_operations(width, back))

    def wide_enough(self, name: str, back: bool = False) -> int:
        """The smallest width at which the share is at most SMALL: own (100/SMALL − 1) operations of the layer."""
        least = self.cost(name, back) * (100 / SMALL - 1)
        return int(np.ceil(least / (layer_operations(1, back))))


def layer_operations(width: Any, back: bool) -> Any:
    """For one number that a dense layer puts out: n products and n sums; back, as many for ∂C/∂x and for ∂C/∂W each."""
    return (6 if back else 2) * width


def first_good(error: NDArray[np.float64]) -> int:
    """The lowest degree that errs by no more than EPSILON."""
    return DEGREES[int(np.argmax(error <= EPSILON))]


def measure(clock: bool = False, widths: Sequence[int] = WIDTHS) -> Measurement:
    """Counts; the times of this machine only where `clock` says so, since they differ from run to run."""
    x = np.random.default_rng(0).uniform(-20, 20, 100_000).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    error = np.array([np.abs(exp_by_hand(x, degree) / exact - 1).max() for degree in DEGREES])
    return Measurement(
        error=error,
        forward={name: operations(f) for name, f in forwards(first_good(error)).items()},
        back={name: operations(f, 2) for name, f in BACKWARDS.items()},
        clock=clocked(widths) if clock else None,
    )


def judge(m: Measurement) -> list[Claim]:
    dear = m.forward["exp"] >= DEAR * m.forward["ReLU"]
    narrow, wide = (m.share("sigmoid", width) > SMALL for width in (NARROWEST, WIDEST))
    verdict: Verdict = "does-not-hold" if not (dear and narrow) else "holds" if wide else "holds-if"
    width = m.wide_enough("sigmoid")
    return [
        Claim(
            id="5.6",
            text=Text("exp()는 계산이 조금 비싸다", "exp() is a bit expensive to compute"),
            verdict=verdict,
            finding=Text(
                f"숫자 하나에 exp는 연산 {m.forward['exp']}번, ReLU는 {m.forward['ReLU']}번입니다. 그러나 입력이 {width}개 이상인 층에서 "
                f"시그모이드는 층이 하는 연산의 {SMALL:g} % 이하이고, {WIDEST:,}개이면 {short(m.share('sigmoid', WIDEST))} %입니다.",
                f"For one number exp takes {m.forward['exp']} operations and ReLU {m.forward['ReLU']}. But in a layer of {width} inputs or more "
                f"the sigmoid is at most {SMALL:g}% of the layer's operations, with {WIDEST:,} inputs {short(m.share('sigmoid', WIDEST))}%.",
            ),
            estimate=Estimate(float(width)),
            unit=Text(f"(입력의 개수), 그 이상이면 시그모이드의 몫이 {SMALL:g} % 이하", f"inputs or more: the sigmoid's share is at most {SMALL:g}%"),
        )
    ]  # fmt: skip


def short(x: float) -> str:
    return number(x, significant_decimals(x, 2))


def key(name: str) -> str:
    return name.split()[0].lower()


def numbers(m: Measurement) -> dict[str, Text]:
    found = {f"count_{key(name)}": str(count) for name, count in m.forward.items()}
    found |= {f"both_{key(name)}": str(m.cost(name, back=True)) for name in m.back}
    found |= {f"sigmoid_{width}": short(m.share("sigmoid", width)) for width in WIDTHS}
    found |= {f"relu_{width}": short(m.share("ReLU", width)) for width in WIDTHS}
    return {name: same(value) for name, value in found.items()} | {
        "degree": same(str(m.degree)),
        "wide": same(str(m.wide_enough("sigmoid"))),
        "wide_both": same(str(m.wide_enough("sigmoid", back=True))),
        "small": same(f"{SMALL:g}"),
    }


def clock_numbers(m: Measurement) -> dict[str, Text]:
    """What the clock said: times over ReLU's, and shares of a layer's time."""
    assert m.clock is not None
    found = {f"ratio_{key(name)}": ratio for name, ratio in m.clock.forward.items() if name != "ReLU"}
    found |= {f"both_{key(name)}": ratio for name, ratio in m.clock.both.items() if name != "ReLU"}
    shares = {"sigmoid": m.clock.sigmoid, "relu": m.clock.relu}
    found |= {f"{name}_{w}": 100 * x for name, row in shares.items() for w, x in zip(WIDTHS, row, strict=True)}
    return {name: same(short(x)) for name, x in found.items()} | {"repeats": same(str(m.clock.repeats))}


def draw(m: Measurement, lang: Lang) -> Figure:
    made, axes = style.figure(3.1)
    widths = np.geomspace(NARROWEST, WIDEST, 40)
    for name in ("sigmoid", "ReLU"):
        axes.plot(widths, m.share(name, widths), color=COLORS[name], label=NAMES[name][lang])
        axes.plot(widths, m.share(name, widths, back=True), color=COLORS[name], linestyle="--")
    axes.plot([], [], color=style.MUTED, linestyle="--", label=Text("역전파까지", "with the way back")[lang])
    axes.axhline(SMALL, color=style.INK, linestyle=":", linewidth=1.1)
    axes.text(WIDEST, 1.12 * SMALL, f"{SMALL:g} %", ha="right", va="bottom")
    for back, marker in ((False, "o"), (True, "s")):
        axes.plot(m.wide_enough("sigmoid", back), SMALL, marker, color=COLORS["sigmoid"], clip_on=False)
    style.log(axes.xaxis, [10, 100, 1000])
    axes.set_xlim(NARROWEST, WIDEST)
    style.log(axes.yaxis, [0.01, 0.1, 1, 10, 100])
    axes.set_ylim(0.008, 110)
    axes.set_xlabel(Text("층의 입력의 수 n", "inputs of the layer, n")[lang])
    axes.set_ylabel(Text("층의 연산 가운데 활성화 함수 (%)", "activation's share of operations (%)")[lang])
    axes.legend(loc="lower left")
    return made


def words(m: Measurement, lang: Lang) -> Words:
    wide, both = m.wide_enough("sigmoid"), m.wide_enough("sigmoid", back=True)
    shares = [short(m.share("sigmoid", width)) for width in (NARROWEST, WIDEST)]
    return {
        "ko": Words(
            f"입력이 {wide}개를 넘으면 시그모이드는 층이 하는 연산의 {SMALL:g} %도 안 됩니다",
            f"센 값입니다. 시그모이드 {m.forward['sigmoid']}번, ReLU {m.forward['ReLU']}번을 층의 출력 하나에 드는 2n번과 견주었습니다. "
            f"끊은 선은 역전파까지 셌을 때이고(ReLU는 두 선이 겹칩니다), 점은 {SMALL:g} %에 이르는 곳(입력 {wide}개와 {both}개)입니다.",
            f"로그 눈금. 시그모이드의 몫은 입력 {NARROWEST}개일 때 {shares[0]} %에서 {WIDEST:,}개일 때 {shares[1]} %까지 거의 곧게 내려가고, ReLU는 그 아래를 나란히 지납니다.",
        ),
        "en": Words(
            f"Beyond {wide} inputs the sigmoid is less than {SMALL:g}% of a layer's operations",
            f"Counted: {m.forward['sigmoid']} operations of a sigmoid, {m.forward['ReLU']} of a ReLU, beside the 2n that a layer needs for each number it puts out. "
            f"Dashed: with the way back (ReLU's two lines coincide). Marks: where {SMALL:g}% is reached ({wide} and {both} inputs).",
            f"Log scales. The sigmoid's share falls almost straight from {shares[0]}% at {NARROWEST} inputs to {shares[1]}% at {WIDEST:,}; ReLU's runs below it.",
        ),
    }[lang]


EXPERIMENT = Experiment(
    measure=measure,
    judge=judge,
    numbers=numbers,
    drawing=Drawing(draw=draw, words=words),
    full={"clock": True},
    kept=Kept(numbers=clock_numbers, settings={"widths": WIDTHS, "batch": BATCH, "elements": ELEMENTS}),
)
