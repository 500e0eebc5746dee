"""The oracles: scikit-learn's scaler, finite differences, numbers worked by hand, exact fractions at extreme values."""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from deepgrad import (
    Activation,
    Dense,
    Dropout,
    Network,
    accuracy,
    adam,
    central_difference,
    check_direction,
    fit,
    he_normal,
    momentum,
    moons,
    relu,
    sgd,
    tanh,
)
from deepgrad.calibration import calibrate
from deepgrad.layers.convolution import Conv2d
from deepgrad.layers.flatten import Flatten
from deepgrad.layers.normalization import (
    BatchNorm,
    LayerNorm,
    batch_norm,
    batch_norm_inference,
    layer_norm,
    standardize,
)
from deepgrad.layers.residual import Residual
from tests.strategies import extreme, seeds, sizes

# (batch, features), (batch, channels, length), (batch, channels, height, width)
inputs = st.one_of(st.tuples(sizes, sizes), st.tuples(sizes, sizes, sizes), st.tuples(sizes, sizes, sizes, sizes))
EPS = 1.0  # the root then bends little within a step of the finite difference, even where a variance is 0


def parameters(rng, n):
    return rng.uniform(0.5, 2, n), rng.normal(size=n)


def check_each_argument(f, arguments):
    for i in range(len(arguments)):

        def in_one(v, i=i):
            y, back = f(*arguments[:i], v, *arguments[i + 1 :], EPS)
            return y, lambda dy: back(dy)[i]

        assert in_one(arguments[i])[1](f(*arguments, EPS)[0]).shape == arguments[i].shape
        assert check_small_gradient(in_one, arguments[i])


def check_small_gradient(f, x):
    """As `check_gradient`, but a gradient that is 0 (one number a channel) need be so only up to rounding."""
    y, back = f(x)
    dy = np.random.default_rng(0).normal(size=y.shape)
    slope = central_difference(lambda moved: float(np.sum(f(moved)[0] * dy)), x, 3e-5)
    return np.abs(back(dy) - slope).max() < max(1e-7 * np.abs(slope).max(), 1e-10)


@given(shape=inputs, seed=seeds)
def test_ways_back_are_the_finite_differences(shape, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(-8, 9, shape) / 4
    check_each_argument(batch_norm, [x, *parameters(rng, shape[1])])
    check_each_argument(layer_norm, [x, *parameters(rng, shape[-1])])
    statistics = [rng.normal(size=shape[1]), rng.uniform(0, 2, shape[1])]
    check_each_argument(batch_norm_inference, [x, *parameters(rng, shape[1]), *statistics])


@given(shape=inputs, seed=seeds)
def test_batch_norm_is_the_scaler_of_scikit_learn_in_each_channel(shape, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(5, 3, shape)
    gamma, beta = parameters(rng, shape[1])
    y, _ = batch_norm(x, gamma, beta, 1e-12)
    columns = np.moveaxis(x, 1, -1).reshape(-1, shape[1])
    expected = gamma * StandardScaler().fit_transform(columns) + beta
    np.testing.assert_allclose(np.moveaxis(y, 1, -1).reshape(-1, shape[1]), expected, rtol=1e-6, atol=1e-8)


@given(shape=inputs, seed=seeds)
def test_layer_norm_is_batch_norm_the_other_way_round(shape, seed):
    """Rows of features become channels of a batch."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    n = shape[-1]
    gamma, beta = parameters(rng, n)
    rows = x.reshape(-1, n).T
    turned, _ = batch_norm(rows, np.ones(rows.shape[1]), np.zeros(rows.shape[1]))
    y, _ = layer_norm(x, gamma, beta)
    np.testing.assert_allclose(y.reshape(-1, n), gamma * turned.T + beta, rtol=1e-12, atol=1e-12)


def test_output_moments_and_indifference_to_scale_and_shift():
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, (64, 5, 4, 4))
    y, _ = batch_norm(x, np.ones(5), np.zeros(5), 1e-12)
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), 0, atol=1e-13)
    np.testing.assert_allclose(y.var(axis=(0, 2, 3)), 1, rtol=1e-10)
    np.testing.assert_allclose(batch_norm(7 * x - 40, np.ones(5), np.zeros(5), 1e-12)[0], y, atol=1e-10)


def test_by_hand():
    """[0, 2] has mean 1 and variance 1; with eps 3 the root is 2, so x̂ = ∓1/2. dy = [1, 0]: dx̂ = [4, 0] for
    gamma 4, its mean 2, the mean of x̂ dx̂ −1: dx = ([4, 0] − 2 + x̂) / 2.
    """
    y, back = batch_norm(np.array([[0.0], [2]]), np.array([4.0]), np.array([10.0]), 3)
    assert y.ravel().tolist() == [8, 12]
    dx, dgamma, dbeta = back(np.array([[1.0], [0]]))
    assert dx.ravel().tolist() == [0.75, -0.75]
    assert dgamma.tolist() == [-0.5]
    assert dbeta.tolist() == [1]
    y, back = layer_norm(np.array([[0.0, 2]]), np.array([4.0, 4]), np.array([10.0, 10]), 3)
    assert y.tolist() == [[8, 12]]
    assert back(np.array([[1.0, 0]]))[0].tolist() == [[0.75, -0.75]]
    given = (np.array([[5.0]]), np.array([4.0]), np.array([10.0]), np.array([3.0]), np.array([1.0]))
    y, back = batch_norm_inference(*given, 3)
    assert y.tolist() == [[14]]
    assert [d.item() for d in back(np.array([[1.0]]))] == [2, 1, 1, -2, -0.5]


def test_a_batch_of_one_row_becomes_beta():
    y, back = batch_norm(np.array([[3.0, -7]]), np.array([2.0, 2]), np.array([0.5, -1]))
    assert y.tolist() == [[0.5, -1]]
    assert back(np.array([[1.0, 1]]))[0].tolist() == [[0, 0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("f", [batch_norm, layer_norm])
def test_any_finite_number_is_welcome(f, dtype):
    @given(x=extreme(dtype, (4, 4)))
    def check(x):
        x.flags.writeable = False
        y, back = f(x, np.ones(4, dtype), np.zeros(4, dtype))
        grads = back(np.ones_like(y))
        assert {y.dtype, *(grad.dtype for grad in grads)} == {np.dtype(dtype)}
        assert all(np.isfinite(array).all() for array in (y, *grads))
        assert np.abs(y).max() <= 2  # √(n − 1) is the most that n numbers reach

    check()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-20, 1, 1e14, 1e16, 1e37])
def test_large_and_small_numbers_against_exact_fractions(dtype, size):
    x = (np.array([[1.0, -2, 4, 0.5]]) * size).astype(dtype)
    exact = [Fraction(float(v)) for v in x[0]]
    mean = sum(exact) / 4
    variance = sum((v - mean) ** 2 for v in exact) / 4 + Fraction(1, 100000)
    x_hat, back = standardize(x, (1,), 1e-5)
    for ours, v in zip(x_hat[0], exact, strict=True):
        expected = float((v - mean) ** 2 / variance) ** 0.5
        assert abs(ours) == pytest.approx(expected, rel=20 * float(np.finfo(dtype).eps), abs=0)
    dx = back(np.array([[1, 0, 0, 0]], dtype))[0]
    leave_one = 1 - Fraction(1, 4) - (exact[0] - mean) ** 2 / (4 * variance)
    expected = (
        float(leave_one) / float(variance) ** 0.5
        if size < 1e30
        else float(leave_one / Fraction(size)) / (float(variance / Fraction(size) ** 2) ** 0.5)
    )
    assert dx[0] == pytest.approx(expected, rel=50 * float(np.finfo(dtype).eps), abs=0)


def test_a_channel_of_huge_numbers_leaves_its_neighbor_alone():
    x = np.array([[1.0, 1e30], [2, -1e30], [4, 3e30]], np.float32)
    y, _ = batch_norm(x, np.ones(2, np.float32), np.zeros(2, np.float32))
    alone, _ = batch_norm(x[:, :1], np.ones(1, np.float32), np.zeros(1, np.float32))
    assert np.array_equal(y[:, :1], alone)


def net_with(*middle):
    return Network([Dense(2, 6, he_normal), *middle, Activation(tanh), Dense(6, 2, he_normal)])


CNN = Network([Conv2d(1, 3, 3, he_normal), BatchNorm(3, EPS), Activation(tanh), Flatten(), Dense(12, 3, he_normal)])


@pytest.mark.parametrize(
    ("net", "shape"),
    [(net_with(BatchNorm(6, EPS)), (5, 2)), (net_with(LayerNorm(6, EPS)), (5, 2)), (CNN, (3, 1, 4, 4))],
)
@given(seed=seeds)
def test_networks_go_back_right_in_training_and_in_evaluation(net, shape, seed):
    rng = np.random.default_rng(seed)
    x, theta = rng.normal(size=shape), net.init(rng, np.float64)
    assert check_direction(lambda theta: net(theta, x, train=True), theta) < 1e-7
    theta = calibrate(net, theta, x)
    if "variance" in (own := net.views(theta)[1]):
        own["variance"] += 1  # where it is near 0, a step of the finite difference would be large beside it
    assert check_direction(lambda theta: net(theta, x), theta) < 1e-7  # mean and variance included


def test_what_the_parameters_start_at():
    for layer, expected in ((BatchNorm(2), [1, 1, 0, 0, 0, 0, -1, -1]), (LayerNorm(2), [1, 1, 0, 0])):
        assert Network([layer]).init(np.random.default_rng(0)).tolist() == expected


def test_eps_reaches_the_operation():
    """1 and −1 have mean 0 and variance 1: with ε = 3 they become ±1/2."""
    for layer, x in ((BatchNorm(1, eps=3), np.array([[1.0], [-1]])), (LayerNorm(2, eps=3), np.array([[1.0, -1]]))):
        net = Network([layer])
        theta = net.init(np.random.default_rng(0), np.float64)
        assert np.array_equal(net(theta, x, train=True)[0], x / 2)
        assert np.array_equal(net(calibrate(net, theta, x), x)[0], x / 2)


def test_statistics_are_measured_in_float64_and_without_dropout():
    net, rng = Network([Dropout(0.5), BatchNorm(3)]), np.random.default_rng(0)
    x = rng.normal(1000, 1, (100_000, 3)).astype(np.float32)
    own = net.views(calibrate(net, net.init(rng), x))[1]
    np.testing.assert_allclose(own["mean"], x.astype(np.float64).mean(axis=0), rtol=1e-7)
    np.testing.assert_allclose(own["variance"], x.astype(np.float64).var(axis=0), rtol=1e-7)


@pytest.mark.parametrize("wrong", range(4))
def test_given_statistics_that_do_not_fit(wrong):
    given_ = [np.ones(2 if k == wrong else 3) for k in range(4)]
    with pytest.raises(ValueError, match=r"x has shape \(5, 3\).*\(2,\)"):
        batch_norm_inference(np.ones((5, 3)), *given_, eps=1)


def test_a_channel_that_never_varies_can_be_evaluated():
    y, _ = batch_norm_inference(np.full((2, 1), 3.0), np.ones(1), np.zeros(1), np.full(1, 2.0), np.zeros(1), eps=0.25)
    assert y.tolist() == [[2], [2]]


def test_training_gives_the_statistics_no_gradient_and_no_step():
    net, rng = net_with(BatchNorm(6)), np.random.default_rng(0)
    theta, x = net.init(rng), rng.normal(size=(20, 2))
    y, back = net(theta, x, train=True)
    grads = net.views(back(np.ones_like(y) * [[1, 2]]))[1]
    assert not grads["mean"].any()
    assert not grads["variance"].any()
    assert grads["gamma"].all()
    assert grads["beta"].all()
    for optimizer in (sgd, momentum, adam):
        trained = fit(net, theta, x, np.arange(20) % 2, rng=rng, steps=5, optimizer=optimizer).theta
        params = net.views(trained)[1]
        assert not params["mean"].any()
        assert np.unique(params["variance"]).tolist() == [-1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_calibrated_evaluation_is_training_on_all_the_data(dtype):
    inner = [Dense(6, 6, he_normal), BatchNorm(6), Activation(relu), Dense(6, 6, he_normal), BatchNorm(6)]
    net = net_with(BatchNorm(6), Residual([Residual(inner), Activation(tanh)]), BatchNorm(6))
    rng = np.random.default_rng(0)
    theta, x = net.init(rng, dtype), rng.normal(3, 2, (200, 2))
    before = theta.copy()
    theta.flags.writeable = x.flags.writeable = False
    ready = calibrate(net, theta, x)
    assert np.array_equal(theta, before)
    assert ready.dtype == dtype
    expected, _ = net(theta, x, train=True)
    tolerance = 1e-4 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(net(ready, x)[0], expected, rtol=tolerance, atol=tolerance)
    alone = np.concatenate([net(ready, row[None])[0] for row in x])  # a row does not see its batch
    np.testing.assert_allclose(alone, expected, rtol=tolerance, atol=tolerance)
    h, own = net.trace(ready, x)[0][1], net.views(ready)[1]
    np.testing.assert_allclose(own["mean"], h.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(own["variance"], h.var(axis=0), rtol=1e-5)


def test_data_are_calibrated_in_the_dtype_of_theta():
    net, rng = net_with(BatchNorm(6)), np.random.default_rng(0)
    theta, x = net.init(rng), rng.normal(size=(50, 2))
    assert np.array_equal(calibrate(net, theta, x), calibrate(net, theta, x.astype(np.float32)))


def test_calibrating_images_measures_over_the_batch_and_space():
    net, rng = Network([BatchNorm(2)]), np.random.default_rng(0)
    x = rng.normal(size=(3, 2, 4, 5))
    own = net.views(calibrate(net, net.init(rng, np.float64), x))[0]
    for c in range(2):
        assert own["mean"][c] == pytest.approx(x[:, c].mean(), rel=1e-12)
        assert own["variance"][c] == pytest.approx(x[:, c].var(), rel=1e-12)


def test_moons_are_learned_and_told_apart_one_by_one():
    rng = np.random.default_rng(0)
    x, labels = moons(rng, 400, noise=0.1)
    net = net_with(BatchNorm(6))
    optimizer = partial(adam, eta=0.02)
    theta = fit(net, net.init(rng), x, labels, rng=rng, steps=400, optimizer=optimizer).theta
    theta = calibrate(net, theta, x)
    scores = np.concatenate([net(theta, row[None])[0] for row in x])
    assert accuracy(scores, labels) > 0.95


def test_evaluation_without_statistics_says_what_to_do():
    net, rng = net_with(BatchNorm(6)), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"-1.*calibrate\(net, theta, x\)"):
        net(net.init(rng), np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"\(0, 2\)"):
        calibrate(net, net.init(rng), np.ones((0, 2)))
    with pytest.raises(ValueError, match=r"BatchNorm\(channels=2.*not finite"):
        calibrate(Network([BatchNorm(2)]), np.ones(8, np.float32), np.array([[1e30, 0], [0, 0]]))


@pytest.mark.parametrize(
    ("x", "gamma", "beta", "eps"),
    [((3,), 3, 3, 0.1), ((0, 3), 3, 3, 0.1), ((3, 3, 0), 3, 3, 0.1), ((2, 3), 1, 3, 0.1), ((2, 3), 3, 1, 0.1)],
)
@pytest.mark.parametrize("f", [batch_norm, layer_norm])
def test_what_does_not_fit(f, x, gamma, beta, eps):
    with pytest.raises(ValueError, match=rf"x has shape \({x[0]}"):
        f(np.zeros(x), np.zeros(gamma), np.zeros(beta), eps)


@pytest.mark.parametrize("f", [batch_norm, layer_norm])
@pytest.mark.parametrize("eps", [0, -1, np.nan])
def test_eps_out_of_range(f, eps):
    with pytest.raises(ValueError, match="eps is"):
        f(np.zeros((2, 3)), np.ones(3), np.ones(3), eps)


@pytest.mark.parametrize("kind", [BatchNorm, LayerNorm])
def test_layers_refuse_what_cannot_be(kind):
    with pytest.raises(ValueError, match="is 0, but must"):
        kind(0)
    with pytest.raises(ValueError, match="eps is 0"):
        kind(3, eps=0)
