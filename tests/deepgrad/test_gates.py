import numpy as np
import pytest
from hypothesis import given

from deepgrad.gates import and_gate, nand_gate, or_gate, perceptron, xor_gate
from tests.strategies import moderate

PAIRS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
TABLE = [
    (and_gate, [0, 0, 0, 1]),
    (nand_gate, [1, 1, 1, 0]),
    (or_gate, [0, 1, 1, 1]),
    (xor_gate, [0, 1, 1, 0]),
]


@pytest.mark.parametrize(("gate", "expected"), TABLE)
@pytest.mark.parametrize("dtype", [int, float, np.float32, bool, np.uint8])
def test_truth_tables(gate, expected, dtype):
    pairs = PAIRS.astype(dtype)
    pairs.flags.writeable = False
    assert gate(pairs).tolist() == expected
    assert gate(pairs).dtype == int
    assert [int(gate(pair)) for pair in pairs] == expected
    assert gate(pairs.reshape(2, 2, 2)).tolist() == np.reshape(expected, (2, 2)).tolist()
    assert gate(PAIRS.tolist()).tolist() == expected


def test_a_perceptron_by_hand():
    x = np.array([[1.0, 2, 3], [0, 0, 0], [-1, -2, -3]])
    assert perceptron(x, np.array([1.0, 0, -1]), 2.0).tolist() == [0, 1, 1]  # −2 + 2 = 0 is not above 0


@given(w=moderate((2,)), b=moderate((1,)))
def test_no_single_perceptron_is_xor(w, b):
    assert perceptron(PAIRS, w, b[0]).tolist() != [0, 1, 1, 0]


@pytest.mark.parametrize(("gate", "expected"), TABLE)
def test_bad_input(gate, expected):
    with pytest.raises(ValueError, match=r"shape \(4, 3\)"):
        gate(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"shape \(\)"):
        gate(1)
    with pytest.raises(ValueError, match=r"holds 0\.5"):
        gate(np.array([0, 0.5]))
    with pytest.raises(ValueError, match="holds nan"):
        gate(np.array([0, np.nan]))


def test_perceptron_shapes_that_do_not_fit():
    for x, w in (((4, 2), (3,)), ((4, 2), (2, 1)), ((), (1,))):
        with pytest.raises(ValueError, match="do not fit"):
            perceptron(np.zeros(x), np.zeros(w), 0)
