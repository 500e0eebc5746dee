"""The oracles: lengths filter by filter, losses known in closed form, walks counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgrad import (
    LSTM,
    RNN,
    Activation,
    BatchNorm,
    Conv1d,
    Conv2d,
    Dense,
    Dropout,
    LayerNorm,
    Maxout,
    Network,
    PReLU,
    Residual,
    calibrate,
    filter_normalized_direction,
    he_normal,
    loss_slice,
    normal,
    relu,
    roughness,
    softmax_cross_entropy,
    squared_error,
)
from tests.strategies import seeds


def columns(W):
    return list(W.T)


@pytest.mark.parametrize(
    ("layer", "weights"),
    [
        (Dense(3, 4, he_normal), {"W": columns}),
        (Conv1d(3, 4, 3, he_normal), {"W": list}),
        (Conv2d(2, 5, 3, he_normal), {"W": list}),
        (Maxout(3, 4, 2, he_normal), {"W": lambda W: columns(W[0]) + columns(W[1])}),
        (RNN(3, 4), {"Wx": columns, "Wh": columns}),
        (LSTM(3, 4), {"Wx": columns, "Wh": columns}),
        (BatchNorm(4), {}),
        (LayerNorm(4), {}),
        (PReLU(), {}),
        (
            Residual([Conv2d(2, 2, 3, he_normal), Residual([Dense(3, 4, he_normal), BatchNorm(3)])]),
            {"0.W": list, "1.0.W": columns},
        ),
        (Residual([Dense(3, 4, he_normal)], Dense(3, 4, he_normal)), {"0.W": columns, "shortcut.W": columns}),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_every_filter_is_as_long_as_its_own_and_all_else_stays(layer, weights):
    net = Network([Dense(2, 2, he_normal), layer])
    theta = net.init(np.random.default_rng(0), np.float64)
    direction = net.views(filter_normalized_direction(net, theta, np.random.default_rng(1)))[1]
    for name, value in net.views(theta)[1].items():
        if name not in weights:
            assert not direction[name].any()
            continue
        for ours, own in zip(weights[name](direction[name]), weights[name](value), strict=True):
            assert np.linalg.norm(ours) == pytest.approx(np.linalg.norm(own), rel=1e-12)
            assert not np.allclose(ours, own)
            for axis in range(own.ndim if own.ndim > 1 else 0):  # as a whole, not part by part
                assert not np.allclose(np.linalg.norm(ours, axis=axis), np.linalg.norm(own, axis=axis))


def test_directions_are_random_and_their_seed_decides():
    net = Network([Dense(1000, 2, normal(1))])
    theta = net.init(np.random.default_rng(0))
    net.views(theta)[0]["W"][:, 1] = 0
    one, same, other = (filter_normalized_direction(net, theta, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.dtype == np.float32
    assert np.array_equal(one, same)
    for a, b in ((one, other), (one, theta)):
        assert abs(a @ b) / (np.linalg.norm(a) * np.linalg.norm(b)) < 5 / np.sqrt(1000)
    assert not net.views(one)[0]["W"][:, 1].any()  # weights of 0 have no length


def test_weights_whose_squares_vanish_have_directions_of_their_length():
    net = Network([Dense(3, 2, normal(1), bias=False)])
    direction = filter_normalized_direction(net, np.full(6, 1e-30, np.float32), np.random.default_rng(0))
    lengths = np.linalg.norm(net.views(direction.astype(np.float64))[0]["W"], axis=0)
    np.testing.assert_allclose(lengths, 1e-30 * np.sqrt(3), rtol=1e-6)


def test_weights_that_compute_the_same_have_the_same_slice():
    """ReLU nets compute the same with W₁ 100 times as large and W₂ as small: what filter normalization is for."""
    net = Network([Dense(3, 8, he_normal, bias=False), Activation(relu), Dense(8, 2, he_normal, bias=False)])
    rng = np.random.default_rng(0)
    theta, x, labels = net.init(rng, np.float64), rng.normal(size=(20, 3)), rng.integers(0, 2, 20)
    scaled = np.concatenate([theta[:24] * 100, theta[24:] / 100])
    first, second = (
        loss_slice(
            net,
            at,
            x,
            labels,
            [filter_normalized_direction(net, at, np.random.default_rng(k)) for k in (1, 2)],
            [np.linspace(-1, 1, 5)] * 2,
        )
        for at in (theta, scaled)
    )
    np.testing.assert_allclose(first, second, rtol=1e-12)
    assert np.ptp(first) > 0.1


LINE = Network([Dense(1, 1, normal(1))])  # y = w x + b, θ = (w, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_slice_of_a_straight_line_is_the_parabola_it_must_be(dtype):
    """At θ = (1, 0) with x = 2, target 3: C(w, b) = ½ (2w + b − 3)²."""
    theta, x, target = np.array([1, 0], dtype), np.array([[2.0]]), np.array([[3.0]])
    along_w, along_b = np.array([1, 0], dtype), np.array([0, 2], dtype)
    a, b = np.array([-1, 0, 0.5]), np.array([0.0, 1, 2, 3])
    found = loss_slice(LINE, theta, x, target, [along_w, along_b], [a, b], loss=squared_error)
    assert found.dtype == np.float64
    assert np.array_equal(found, (2 * (1 + a[:, None]) + 2 * b - 3) ** 2 / 2)
    found = loss_slice(LINE, theta, x, target, [along_w], [a], loss=squared_error)
    assert np.array_equal(found, (2 * (1 + a) - 3) ** 2 / 2)
    assert theta.tolist() == [1, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_where_numbers_overflow_the_loss_is_infinite(dtype):
    deep = Network([Dense(1, 2, normal(1)), Activation(relu), Dense(2, 2, normal(1))])
    theta, x = deep.init(np.random.default_rng(0), dtype), np.array([[1.0], [-1.0]])
    ones, far = np.ones_like(theta), np.array([-1e300, -1e30, 0, 1e30, 1e200])
    for loss, targets in ((squared_error, np.zeros((2, 2))), (softmax_cross_entropy, np.array([0, 1]))):
        found = loss_slice(deep, theta, x, targets, [ones], [far], loss=loss)
        assert found[-1] == np.inf
        assert np.isfinite(found[2])
        assert not np.isnan(found).any()


def test_batch_normalization_is_measured_anew_in_training_and_as_it_was_in_evaluation():
    net = Network([Dense(3, 4, he_normal), BatchNorm(4), Activation(relu), Dense(4, 2, he_normal)])
    rng = np.random.default_rng(0)
    theta, x, labels = net.init(rng, np.float64), rng.normal(size=(30, 3)), rng.integers(0, 2, 30)
    direction = np.concatenate([theta[:12], np.zeros(theta.size - 12)])  # the first W, made larger
    with pytest.raises(ValueError, match="calibrate"):
        loss_slice(net, theta, x, labels, [direction], [[0, 1]])
    trained = loss_slice(net, theta, x, labels, [direction], [[0, 1]], train=True)
    assert trained[1] == pytest.approx(trained[0], rel=1e-4)  # normalized away, but for eps
    theta = calibrate(net, theta, x)
    evaluated = loss_slice(net, theta, x, labels, [direction], [[0, 1]])
    assert evaluated[0] == pytest.approx(trained[0], rel=1e-12)
    assert abs(evaluated[1] - evaluated[0]) > 0.01


@pytest.mark.parametrize(
    ("directions", "coordinates", "message"),
    [
        ([], [], "0 directions"),
        ([np.ones(2)], [[0], [1]], "1 directions and 2 arrays"),
        ([np.ones(3)], [[0]], r"a direction has shape \(3,\)"),
        ([np.ones(2)], [[]], "row of finite numbers"),
        ([np.ones(2)], [[0, np.nan]], "row of finite numbers"),
        ([np.ones(2)], [[[0]]], "row of finite numbers"),
    ],
)
def test_slices_that_cannot_be(directions, coordinates, message):
    with pytest.raises(ValueError, match=message):
        loss_slice(LINE, np.ones(2), np.ones((1, 1)), np.ones((1, 1)), directions, coordinates, loss=squared_error)


def test_dropout_is_for_evaluation():
    net, x = Network([Dropout(0.5), Dense(1, 1, normal(1))]), np.ones((1, 1))
    slices = [loss_slice(net, np.ones(2), x, x, [np.ones(2)], [[0, 1]], loss=squared_error) for _ in range(2)]
    assert np.array_equal(*slices)
    with pytest.raises(ValueError, match="random numbers"):
        loss_slice(net, np.ones(2), x, x, [np.ones(2)], [[0, 1]], loss=squared_error, train=True)


def test_roughness_by_hand():
    """Up 2, down 1, up 2: 5 walked where 3 lead from bottom to top."""
    assert roughness(np.array([0.0, 2, 1, 3])) == pytest.approx(2 / 3, rel=1e-12)
    # the same line four times over: across, nothing is walked and nothing needed
    assert roughness(np.array([[0.0, 2, 1, 3]] * 4)) == pytest.approx(2 / 3, rel=1e-12)
    # one such line among three straight ones: 5 + 3 · 3 walked of 3 + 3 · 3 along, 1 + 1 of 1 + 1 across
    plane = np.array([[0.0, 1, 2, 3]] * 3 + [[0.0, 2, 1, 3]])
    assert roughness(plane) == pytest.approx(16 / 14 - 1, rel=1e-12)


ints = st.integers(-9, 9)


@given(a=ints, b=ints, c=ints, d=ints, e=ints, f=ints)
def test_every_quadratic_has_roughness_zero(a, b, c, d, e, f):
    """Bowls, saddles, hills, planes; in integers, so that no rounding makes ripples."""
    x, y = np.mgrid[-4:5, -3:6].astype(float)
    z = a * x**2 + b * x * y + c * y**2 + d * x + e * y + f
    assert roughness(z) == pytest.approx(0, abs=1e-12)
    assert roughness(z[0]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("power", [0.3, 1, 4, 20])
def test_every_valley_with_one_bottom_has_too_however_curved(power):
    x, y = np.mgrid[-1:1:41j, -1:1:41j]
    assert roughness(np.hypot(x, y) ** power) == pytest.approx(0, abs=1e-12)
    assert roughness(np.log(1e-3 + np.hypot(x, y) ** power)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("waves", [1, 2, 3, 10])
def test_whole_waves_of_a_sine(waves):
    t = np.linspace(0, 1, 8 * waves * 5 + 1)
    assert roughness(np.sin(2 * np.pi * waves * t)) == pytest.approx(2 * waves - 1, rel=1e-12)


def test_it_grows_with_the_ripples():
    x, y = np.mgrid[-1:1:81j, -1:1:81j]
    for bowl, ripples in ((x[:, 0] ** 2, np.cos(20 * x[:, 0])), (x**2 + y**2, np.cos(20 * x) * np.cos(20 * y))):
        found = [roughness(bowl + size * ripples) for size in (0, 0.05, 0.1, 0.2, 0.5)]
        assert found[0] == pytest.approx(0, abs=1e-12)
        assert (np.diff(found) > 0.01).all()


@given(seed=seeds, scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_scale_shift_and_the_direction_of_the_walk_do_not_matter(seed, scale, shift):
    losses = np.random.default_rng(seed).normal(size=(5, 7))
    for same in (scale * losses + shift, -losses, losses.T, losses[::-1], losses * 1e300, losses * 1e-300):
        assert roughness(same) == pytest.approx(roughness(losses), rel=1e-6)
    assert roughness(losses) > 0


@pytest.mark.parametrize("value", [0.0, -3.0, 1e308])
def test_a_plain_is_not_rough(value):
    assert roughness(np.full((4, 5), value)) == 0


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        (np.zeros(3), r"shape \(3,\)"),
        (np.zeros((9, 2)), r"shape \(9, 2\)"),
        (np.float64(3), r"shape \(\)"),
        (np.array([0, 1, np.inf, np.nan]), "2 values that are not finite"),
    ],
)
def test_no_roughness_of_what_is_no_slice(losses, message):
    with pytest.raises(ValueError, match=message):
        roughness(losses)
