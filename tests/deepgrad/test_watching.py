import numpy as np
import pytest

from deepgrad import Activation, Dense, Dropout, Network, Residual, check_gradient, normal, tanh
from deepgrad.watching import watch

NET = Network(
    [
        Dense(3, 3, normal(1)),
        Residual([Dropout(0.5), Residual([Activation(tanh)]), Dense(3, 3, normal(1), bias=False)]),
        Activation(tanh),
    ]
)


def test_a_watched_network_computes_the_same_also_where_layers_draw():
    watched, log = watch(NET)
    rng = np.random.default_rng(0)
    theta, x, dy = NET.init(rng, np.float64), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    assert np.array_equal(theta, watched.init(np.random.default_rng(0), np.float64))
    y, back = NET(theta, x, True, np.random.default_rng(5))
    y_watched, back_watched = watched(theta, x, True, np.random.default_rng(5))
    assert np.array_equal(y, y_watched)
    assert np.array_equal(back(dy), back_watched(dy))
    assert [seen.name for seen in log] == [
        "Dense(3, 3, normal(1))",
        "Residual[1] Dropout(rate=0.5)",
        "Residual[1] Residual[1] Activation(tanh)",
        "Residual[1] Residual([Activation(tanh)])",
        "Residual[1] Dense(3, 3, normal(1), bias=False)",
        repr(NET.layers[1]),
        "Activation(tanh)",
    ]


def test_a_shortcut_counts_as_the_layer_after_the_blocks_last():
    dense = Dense(2, 2, normal(1))
    watched, log = watch(Network([Residual([dense], shortcut=Residual([dense]))]))
    watched(np.zeros(watched.size), np.ones((1, 2)))
    assert log[1].name == "Residual[0] shortcut Residual[1] Dense(2, 2, normal(1))"


def test_it_notes_what_passes_within_blocks():
    """With h the first layer's output and d what dropout leaves of it: y = tanh(h + (d + tanh d) W)."""
    watched, log = watch(NET)
    theta, x = NET.init(np.random.default_rng(0), np.float64), np.random.default_rng(1).normal(size=(4, 3))
    y, back = watched(theta, x, True, np.random.default_rng(5))
    back(np.ones_like(y))
    h, d, t, dt, f, block, last = (seen.y for seen in log)
    W = log[4].params["W"]
    assert set(np.unique(np.round(d / h, 12))) == {0, 2}
    np.testing.assert_allclose(t, np.tanh(d), rtol=1e-15)
    np.testing.assert_allclose(dt, d + t, rtol=1e-15)
    np.testing.assert_allclose(f, dt @ W, rtol=1e-14)
    np.testing.assert_allclose(block, h + f, rtol=1e-15)
    assert np.array_equal(last, y)
    # and backwards, by the chain rule
    dblock = 1 - y**2
    np.testing.assert_allclose(log[5].dy, dblock, rtol=1e-14)
    np.testing.assert_allclose(log[4].dy, dblock, rtol=1e-14)
    np.testing.assert_allclose(log[3].dy, dblock @ W.T, rtol=1e-14)
    np.testing.assert_allclose(log[2].dy, dblock @ W.T, rtol=1e-14)
    np.testing.assert_allclose(log[4].grads["W"], dt.T @ dblock, rtol=1e-13)
    np.testing.assert_allclose(log[1].dy, dblock @ W.T * (2 - t**2), rtol=1e-13)


def test_errors_speak_of_the_layers_not_of_their_watchers():
    watched, _ = watch(Network([Residual([Dense(3, 1, normal(1))])]))
    with pytest.raises(ValueError, match=r"Residual\(\[Dense\(3, 1, normal\(1\)\)\]\) turn"):
        watched(np.zeros(watched.size), np.zeros((2, 3)))


def test_its_way_back_is_the_finite_difference():
    watched, _ = watch(NET)
    theta, x = NET.init(np.random.default_rng(0), np.float64), np.random.default_rng(1).normal(size=(4, 3))
    assert check_gradient(lambda v: watched(v, x), theta) < 1e-7
