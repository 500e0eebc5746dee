"""Pictures to a CNN, sequences to an RNN or LSTM? What four measurements say together (claim 4.17)."""

from collections.abc import Sequence
from dataclasses import dataclass

from gradbook.ch4_big_picture import cnn_digits, memory, mnist1d, shifted_digits
from gradbook.ch4_big_picture.mnist1d_nets import LENGTH, Arm
from gradbook.experiment import Claim, Experiment
from gradbook.memo import recall
from gradbook.stats import Estimate
from gradbook.text import Text, Verdict, same


@dataclass(frozen=True)
class Measurement:
    """Each a difference of test accuracy in percentage points, paired by seed."""

    in_place: Estimate  # digits where they were learned: CNN − MLP
    shifted: Estimate  # digits moved by two pixels: CNN − MLP
    first: Estimate  # the first symbol, after the longest delay: LSTM − MLP
    anywhere: Estimate  # a symbol that may stand anywhere: LSTM − MLP
    mnist1d: Estimate  # 40 numbers in a row: LSTM − CNN
    steps: int  # of training on MNIST-1D


def measure(seeds: Sequence[int] | None = None, dearer: bool = False) -> Measurement:
    """From the four experiments as they stand, or with other seeds, or (dearer) by the protocols of `make full`."""
    parts = (cnn_digits, shifted_digits, memory, mnist1d)
    arguments = [part.EXPERIMENT.full if dearer else {} if seeds is None else {"seeds": seeds} for part in parts]
    digits = recall(cnn_digits.measure, **arguments[0])
    moved = recall(shifted_digits.measure, **arguments[1])
    remembered = recall(memory.measure, **arguments[2])
    rows = recall(mnist1d.measure, **arguments[3])
    return Measurement(
        in_place=digits.beyond("CNN", "MLP"),
        shifted=moved.beyond(shifted_digits.Arm("CNN"), shifted_digits.Arm("MLP"), shifted_digits.SHIFTS[-1]),
        first=remembered.beyond("LSTM", "MLP", memory.DELAYS[-1]),
        anywhere=remembered.beyond("LSTM", "MLP", None),
        mnist1d=rows.beyond(Arm("LSTM"), Arm("CNN")),
        steps=int(rows.steps[-1]),
    )


def judge(m: Measurement) -> list[Claim]:
    better = [part.above(0) for part in (m.in_place, m.shifted, m.first, m.anywhere, m.mnist1d)]
    verdict: Verdict = "holds" if all(better) else "holds-if" if any(better) else "does-not-hold"
    in_place, shifted, first, anywhere, rows = (
        part.number(sign=True) for part in (m.in_place, m.shifted, m.first, m.anywhere, m.mnist1d)
    )
    pixels, delay, length = shifted_digits.SHIFTS[-1], memory.DELAYS[-1], LENGTH
    return [
        Claim(
            id="4.17",
            text=Text(
                "사진처럼 한순간을 담은 자료에는 CNN을, 차례가 있는 자료에는 RNN이나 LSTM을 쓴다",
                "Snapshots such as pictures call for a CNN, sequences for an RNN or LSTM",
            ),
            verdict=verdict,
            finding=Text(
                f"크기가 같을 때 CNN − MLP는 제자리의 숫자에서 {in_place} %p, {pixels}화소 옮긴 숫자에서 {shifted} %p입니다. "
                f"LSTM − MLP는 아무 데나 있는 기호에서 {anywhere} %p, 맨 앞에 있던 기호를 {delay}걸음 뒤에 답할 때 {first} %p입니다. "
                f"수 {length}개가 줄지은 MNIST-1D에서 {m.steps:,}걸음 학습한 뒤 LSTM − CNN은 {rows} %p입니다.",
                f"At equal size, CNN − MLP is {in_place} points on digits in place and {shifted} on digits moved by {pixels} pixels. "
                f"LSTM − MLP is {anywhere} points where the symbol may stand anywhere and {first} where it comes first and is asked for {delay} steps later. "
                f"On MNIST-1D, {length} numbers in a row, LSTM − CNN is {rows} points after {m.steps:,} training steps.",
            ),
            estimate=m.shifted,
            unit=Text(f"%p, CNN − MLP, {pixels}화소 옮긴 숫자", f"percentage points, CNN − MLP, digits moved by {pixels} pixels"),
            shown=same(m.shifted.shown(sign=True)),
        )
    ]  # fmt: skip


EXPERIMENT = Experiment(measure=measure, judge=judge, full={"dearer": True}, sweeps=True)
