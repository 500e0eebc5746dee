"""The oracle: the chain in 60-digit arithmetic with steps of 10⁻²⁰, exact far beyond float64 at any depth."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepgrad import chain, check_gradient, link, local_derivatives, sigmoid
from tests.strategies import moderate

STEP = Decimal("1e-20")


def forward(numbers, depth):
    """h_L of a chain in Decimal: numbers = [x, w₁ … w_L, b₁ … b_L]."""
    h = numbers[0]
    for w, b in zip(numbers[1 : depth + 1], numbers[depth + 1 :], strict=True):
        h = 1 / (1 + (-(w * h + b)).exp())
    return h


def slopes(x, w, b):
    """h_L, and ∂h_L/∂x, ∂h_L/∂w₁, …"""
    with localcontext(prec=60):
        numbers = [Decimal(float(v)) for v in (x, *w, *b)]
        result = []
        for i in range(len(w) + 1):
            above, below = list(numbers), list(numbers)
            above[i] += STEP
            below[i] -= STEP
            result.append(float((forward(above, len(w)) - forward(below, len(w))) / (2 * STEP)))
        return float(forward(numbers, len(w))), result


depths = st.integers(1, 12)


def multiples(size):
    """Numbers in [−size, size] on a grid of 1/64: zero is among them, the tiniest floats are not."""
    return st.integers(-64 * size, 64 * size).map(lambda k: k / 64)


@given(data=st.data(), depth=depths, x=multiples(2), biased=st.booleans())
def test_value_and_way_back_against_sixty_digits(data, depth, x, biased):
    w = data.draw(arrays(np.float64, depth, elements=multiples(5)))
    b = data.draw(arrays(np.float64, depth, elements=multiples(5))) if biased else None
    h, back = chain(x, w, b)
    dx, dw = back(1.0)
    exact_h, (exact_dx, *exact_dw) = slopes(x, w, np.zeros(depth) if b is None else b)
    assert h == pytest.approx(exact_h, rel=1e-12)
    # 1 − y in σ′ = y (1 − y) loses digits where y is near 1: here e⁻¹⁵ from it at the most
    assert float(dx) == pytest.approx(exact_dx, rel=1e-8, abs=0)
    np.testing.assert_allclose(dw, exact_dw, rtol=1e-8)


@given(data=st.data(), depth=depths, x=multiples(1))
def test_to_the_last_digits_where_nothing_saturates(data, depth, x):
    w = data.draw(arrays(np.float64, depth, elements=multiples(1)))
    _, back = chain(x, w)
    dx, dw = back(1.0)
    _, (exact_dx, *exact_dw) = slopes(x, w, np.zeros(depth))
    assert float(dx) == pytest.approx(exact_dx, rel=1e-13, abs=0)
    np.testing.assert_allclose(dw, exact_dw, rtol=1e-13)
    assert np.prod(local_derivatives(x, w)) == pytest.approx(exact_dx, rel=1e-13, abs=0)
    assert np.all(np.abs(local_derivatives(x, w)) <= 0.25)  # the bound of claim 1.4


@given(w=moderate((2, 3), size=2))
def test_way_back_is_the_finite_difference(w):
    w = np.where(np.abs(w) < 0.5, 0.5, w)
    x, b = np.array([0.3, -1.0, 2.0]), np.linspace(-1, 1, 6).reshape(2, 3)

    def in_w(v):
        y, back = chain(x, v, b)
        return y, lambda dy: back(dy)[1]

    def in_x(v):
        y, back = chain(v, w, b)
        return y, lambda dy: back(dy)[0]

    assert check_gradient(in_w, w) < 1e-7
    assert check_gradient(in_x, x) < 1e-7


def test_one_link_by_hand():
    y, back = link(0.0, 3.0)
    assert y == 0.5
    assert back(2.0) == (1.5, 0.0)  # dh = 2 · 1/4 · 3 and dw = 2 · 1/4 · 0
    y, back = link(2.0, 0.5, -1.0)
    assert y == 0.5
    assert back(1.0) == (0.125, 0.5)


def test_local_derivatives_are_w_times_the_slope_at_each_link():
    w, b = np.array([0.5, -2.0, 3.0]), np.array([0.1, 0.2, -0.3])
    links = local_derivatives(1.5, w, b)
    h = 1.5
    for k in range(3):
        y = sigmoid(w[k] * h + b[k])[0]
        assert links[k] == pytest.approx(w[k] * y * (1 - y), rel=1e-15)
        h = y


def test_many_chains_at_once_are_as_many_single_ones():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3)), rng.normal(size=(4, 2, 3))
    h, back = chain(x, w)
    dx, dw = back(np.ones_like(h))
    links = local_derivatives(x, w)
    for i in np.ndindex(2, 3):
        each = (slice(None), *i)
        h_one, back_one = chain(x[i], w[each])
        dx_one, dw_one = back_one(1.0)
        assert h[i] == h_one
        assert dx[i] == dx_one
        assert np.array_equal(dw[each], dw_one)
        assert np.array_equal(links[each], local_derivatives(x[i], w[each]))


def test_one_input_serves_all_chains_in_their_dtype():
    w = np.ones((3, 4), np.float32)
    h, back = chain(0.5, w)
    dx, dw = back(1.0)
    assert h.shape == dx.shape == (4,)
    assert h.dtype == dx.dtype == dw.dtype == local_derivatives(0.5, w).dtype == np.float32
    assert chain(0.5, w, np.ones((3, 4)))[0].dtype == np.float32  # the dtype of w, not of b


def test_whole_numbers_are_taken_as_real():
    whole, real = np.array([1, 2]), np.array([1.0, 2.0])
    assert chain(1, whole)[0] == chain(1.0, real)[0]
    assert np.array_equal(local_derivatives(1, whole), local_derivatives(1.0, real))


@pytest.mark.parametrize("f", [chain, local_derivatives])
@pytest.mark.parametrize(
    ("x", "w", "b", "message"),
    [
        (1.0, np.array(2.0), None, r"shape \(\)"),
        (1.0, np.zeros((0, 3)), None, "at least one link"),
        (1.0, np.zeros(3), np.zeros(2), r"\(2,\).*\(3,\)"),
        (np.zeros(2), np.zeros((4, 3)), None, r"\(2,\).*\(3,\)"),
    ],
)
def test_shapes_that_do_not_fit(f, x, w, b, message):
    with pytest.raises(ValueError, match=message):
        f(x, w, b)
