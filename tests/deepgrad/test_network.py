from dataclasses import dataclass

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
    Network,
    Residual,
    check_direction,
    check_gradient,
    constant,
    normal,
    relative_error,
    relu,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    tanh,
    xavier_uniform,
)
from tests.strategies import seeds, sizes


def small(f=tanh, rate=0.0):
    """A network whose weights are of order one."""
    return Network(
        [
            Dense(3, 4, normal(1)),
            Activation(f),
            Dropout(rate),
            Dense(4, 3, normal(1), bias=False),
            Dense(3, 2, normal(1)),
        ]
    )


@pytest.mark.parametrize("f", [sigmoid, tanh, softmax])
@given(seed=seeds, batch=sizes)
def test_whole_network_way_back_is_the_finite_difference(f, seed, batch):
    rng = np.random.default_rng(seed)
    net, x = small(f), rng.normal(size=(batch, 3))
    assert check_gradient(lambda theta: net(theta, x), net.init(rng, np.float64)) < 1e-7


@given(width=sizes, seed=seeds, labels=st.lists(st.integers(0, 2), min_size=1, max_size=5))
def test_with_dropout_relu_and_the_loss(width, seed, labels):
    net = Network([Dense(2, width, constant(1.0)), Activation(relu), Dropout(0.5), Dense(width, 3, normal(0.1))])
    rng = np.random.default_rng(seed)
    theta, x = net.init(rng, np.float64), rng.uniform(0.5, 1, (len(labels), 2))  # away from ReLU's kink

    def whole(v):
        y, back = net(v, x, train=True, rng=np.random.default_rng(seed))
        loss, back_loss = softmax_cross_entropy(y, np.array(labels))
        return loss, lambda dy: back(back_loss() * dy)

    assert check_gradient(whole, theta) < 1e-7


def test_one_direction_through_a_large_network():
    rng = np.random.default_rng(0)
    net = Network([Dense(64, 100, xavier_uniform), Activation(tanh), Dense(100, 10, xavier_uniform)])
    x = rng.normal(size=(64, 64))
    assert check_direction(lambda theta: net(theta, x), net.init(rng, np.float64)) < 1e-7


def test_trace_holds_every_output_and_its_gradient():
    rng = np.random.default_rng(1)
    net, x = small(), rng.normal(size=(5, 3))
    theta = net.init(rng, np.float64)
    hs, back = net.trace(theta, x)
    dy = rng.normal(size=(5, 2))
    dhs, dtheta = back(dy)
    y, back_net = net(theta, x)
    assert [h.shape for h in hs] == [dh.shape for dh in dhs] == [(5, 3), (5, 4), (5, 4), (5, 4), (5, 3), (5, 2)]
    assert np.array_equal(hs[0], x)
    assert np.array_equal(hs[-1], y)
    assert np.array_equal(hs[2], np.tanh(hs[1]))
    assert np.array_equal(dhs[-1], dy)
    assert np.array_equal(dtheta, back_net(dy))
    params = net.views(theta)
    assert relative_error(dhs[-2], dy @ params[-1]["W"].T) < 1e-14

    def in_x(v):
        hs, back = net.trace(theta, v)
        return hs[-1], lambda dy: back(dy)[0][0]

    assert check_gradient(in_x, x) < 1e-7


FIRST_LAYERS = [
    (Dense(4, 3, normal(1)), (4,)),
    (Dense(4, 3, normal(1), bias=False), (4,)),
    (Conv1d(2, 3, 2, normal(1)), (2, 5)),
    (Conv2d(1, 2, 3, normal(1), padding=1), (1, 4, 4)),
    (RNN(2, 3), (4, 2)),
    (LSTM(2, 3), (4, 2)),
    (Residual([Dense(4, 4, normal(1))]), (4,)),
    (BatchNorm(4), (4,)),
]


@pytest.mark.parametrize(("first", "shape"), FIRST_LAYERS)
def test_without_the_gradient_of_the_data_all_others_are_the_same(first, shape):
    rng = np.random.default_rng(0)
    net = Network([first, Activation(tanh)])
    theta, x = net.init(rng), rng.normal(size=(6, *shape))
    hs, back = net.trace(theta, x, train=True)
    dy = rng.normal(size=hs[-1].shape).astype(np.float32)
    dhs, dtheta = back(dy)
    lean_dhs, lean_dtheta = back(dy, needs_dx=False)
    assert dhs[0].shape == x.shape
    assert dtheta.any()
    assert np.array_equal(lean_dtheta, dtheta)
    assert all(np.array_equal(lean, dh) for lean, dh in zip(lean_dhs[1:], dhs[1:], strict=True))
    assert lean_dhs[0].size == 0 or not isinstance(first, Dense | Conv1d | Conv2d)


@dataclass(frozen=True)
class Asked:
    """A layer y = x that notes whether the gradient of its input was wanted."""

    wanted: list[bool]

    def shapes(self):
        return {}

    def initialize(self, params, rng):
        pass

    def __call__(self, params, x, train, rng):
        def back(dy, grads, needs_dx=True):
            self.wanted.append(needs_dx)
            return dy

        return x, back


def test_all_but_the_first_layer_are_asked_for_the_gradient_of_their_input():
    wanted = []
    net, x = Network([Asked(wanted)] * 3), np.ones((2, 2))
    net(np.zeros(0), x)[1](x)
    net.trace(np.zeros(0), x)[1](x)
    assert wanted == [True, True, False] + [True] * 3


def test_views_are_the_vector_itself():
    net = small()
    theta = np.arange(net.size, dtype=float)
    views = net.views(theta)
    assert net.size == 3 * 4 + 4 + 4 * 3 + 3 * 2 + 2 == 36
    assert [sorted(own) for own in views] == [["W", "b"], [], [], ["W"], ["W", "b"]]
    assert views[0]["W"].tolist() == np.arange(12).reshape(3, 4).tolist()
    assert views[4]["b"].tolist() == [34, 35]
    views[3]["W"][0, 0] = -1
    assert theta[16] == -1


def test_norms_by_layer():
    net = small()
    theta = np.arange(net.size, dtype=float)
    expected = [np.sqrt(sum(k**2 for k in ks)) for ks in (range(16), range(16, 28), range(28, 36))]
    np.testing.assert_allclose(net.norms(theta), expected, rtol=1e-15)


def test_init_draws_layer_by_layer_from_the_seed():
    net = small()
    theta = net.init(np.random.default_rng(5))
    assert theta.dtype == np.float32
    assert np.array_equal(theta, net.init(np.random.default_rng(5)))
    assert not np.array_equal(theta, net.init(np.random.default_rng(6)))
    assert np.array_equal(theta, net.init(np.random.default_rng(5), np.float64).astype(np.float32))
    views = net.views(theta)
    assert not views[0]["b"].any()
    assert np.all(views[0]["W"] != 0)


def test_computing_happens_in_the_dtype_of_theta():
    net = small()
    theta = net.init(np.random.default_rng(0), np.float32)
    y, back = net(theta, np.ones((2, 3), np.float64))
    assert y.dtype == np.float32
    assert back(np.ones((2, 2), np.float32)).dtype == np.float32


def test_training_mode_and_randomness_are_arguments():
    net = small(rate=0.5)
    theta, x = net.init(np.random.default_rng(0)), np.ones((20, 3), np.float32)
    assert np.array_equal(net(theta, x)[0], net(theta, x)[0])
    trained = [net(theta, x, train=True, rng=np.random.default_rng(seed))[0] for seed in (1, 1, 2)]
    assert np.array_equal(trained[0], trained[1])
    assert not np.array_equal(trained[0], trained[2])
    with pytest.raises(ValueError, match="rng"):
        net(theta, x, train=True)


def test_a_network_says_what_it_is():
    assert repr(Network([Dense(1, 1, constant(0))])) == "Network([\n    Dense(1, 1, constant(0)),\n])  # 2 parameters"
    text = repr(small())
    assert "Dense(3, 4, normal(1))," in text
    assert "Activation(tanh)," in text
    assert "36 parameters" in text


def test_a_network_of_nothing_and_vectors_that_do_not_fit():
    with pytest.raises(ValueError, match="at least one layer"):
        Network([])
    net = small()
    for use in (net.views, net.norms, lambda theta: net(theta, np.zeros((1, 3)))):
        with pytest.raises(ValueError, match=r"\(35,\).*\(36,\)"):
            use(np.zeros(35))
    with pytest.raises(ValueError, match="int64"):
        net.init(np.random.default_rng(0), np.int64)
    with pytest.raises(ValueError, match=r"\(2, 5\).*\(3, 4\)"):
        net(np.zeros(36), np.zeros((2, 5)))


def test_norms_of_vanishing_gradients_do_not_vanish_in_float32():
    net = Network([Dense(1, 3, constant(0))])
    assert net.norms(np.full(6, 1e-30, np.float32)).tolist() == [pytest.approx(1e-30 * 6**0.5, rel=1e-6)]
    assert net.norms(np.full(6, 1e30, np.float32)).tolist() == [pytest.approx(1e30 * 6**0.5, rel=1e-6)]
