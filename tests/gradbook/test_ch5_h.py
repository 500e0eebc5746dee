"""Chapter 5, initial weights: theory against integrals, walks against a network, training by hand, each verdict re-derived."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm

from deepgrad import (
    Activation,
    Dense,
    Network,
    accuracy,
    check_gradient,
    normal,
    relu,
    sgd,
    softmax_cross_entropy,
    tanh,
)
from gradbook.ch4_big_picture.deep_relu import deep_relu
from gradbook.ch5_activations import all_zero, he_map, learned_depth, tanh_thins, ten_histograms, ten_layers
from gradbook.ch5_activations.wide_stack import (
    GAINS,
    LAYERS,
    SETTINGS,
    STDS,
    UNITS,
    Passes,
    draws,
    expected,
    passes,
    walk,
)
from gradbook.data import digits
from gradbook.sweep import alone


@pytest.fixture
def here(monkeypatch):
    """All in this process: starting others takes longer."""
    for module in (ten_layers, learned_depth, he_map):
        monkeypatch.setattr(module, "sweep", lambda one, settings: [alone(one, setting) for setting in settings])


# ten layers


@pytest.mark.parametrize("gain", [0.2, 1.0, 22.4])
def test_theory_of_a_tanh_layer_is_an_integral(gain):
    def mean(f):
        return integrate.quad(lambda u: f(gain * u) * norm.pdf(u), -10, 10, points=[0], limit=500)[0]

    found = expected("tanh", gain, 2)
    second = integrate.quad(
        lambda u: np.cosh(gain * found.std[0] * u) ** -4.0 * norm.pdf(u), -10, 10, points=[0], limit=500
    )[0]
    assert found.std[0] == pytest.approx(mean(lambda z: np.tanh(z) ** 2) ** 0.5, rel=1e-6)
    assert found.back == pytest.approx([gain * second**0.5, 1], rel=1e-6)


def test_theory_of_relu_in_closed_form():
    he, xavier = expected("ReLU", 2**0.5), expected("ReLU", 1.0)
    # E[relu²] = ½ Var z, E[relu] = √(Var z / 2π)
    assert he.mean == pytest.approx([np.pi**-0.5] * LAYERS)
    assert he.std == pytest.approx([(1 - 1 / np.pi) ** 0.5] * LAYERS)
    assert he.back == pytest.approx([1] * LAYERS)
    assert xavier.std / he.std == pytest.approx(0.5 ** (np.arange(1, LAYERS + 1) / 2))
    assert xavier.back == pytest.approx(0.5 ** (np.arange(LAYERS - 1, -1, -1) / 2))


@pytest.mark.parametrize(("name", "f"), [("tanh", tanh), ("ReLU", relu)])
def test_a_walk_is_what_a_network_does(name, f):
    of = draws(3, layers=3, units=8, samples=5)
    hs, dhs = walk(name, 1.3, of)
    net = Network([part for _ in range(3) for part in (Dense(8, 8, normal(1)), Activation(f))])
    theta = np.concatenate([np.concatenate([1.3 * W.ravel(), np.zeros(8)]) for W in of.Ws]).astype(np.float64)
    seen, _ = net.trace(theta, of.x.astype(np.float64))
    assert np.allclose(hs, seen[2::2], atol=1e-6)
    # the gradient at the first layer: move its activations, and see what (dh · h) of the last one does
    rest = Network(net.layers[2:])
    first = hs[0].astype(np.float64)

    def after(h):
        y, _ = rest(theta[72:], h)
        return float((y * of.dh).sum())

    way = np.random.default_rng(0).normal(size=first.shape)
    slope = (after(first + 1e-6 * way) - after(first - 1e-6 * way)) / 2e-6
    assert float((dhs[0] * way).sum()) == pytest.approx(slope, rel=1e-3)
    assert dhs[-1] is of.dh


def test_gains_by_hand():
    assert GAINS["Xavier"] == pytest.approx(1)
    assert GAINS["He"] ** 2 == pytest.approx(2)
    assert STDS["1/n"] * UNITS == pytest.approx(1)
    assert GAINS["1/n"] == pytest.approx(STDS["Xavier"])


def test_ten_layers_follow_theory(here):
    m = ten_layers.measure(seeds=range(2))
    assert m.off_theory() < 1.25
    assert m.first_back("tanh", "1").value > 1e4
    assert 0.9 < m.at_ends["tanh", "1"].mean() < 1
    assert set(ten_layers.numbers(m)) >= {f"back_{s[0].lower()}_{ten_layers.KEYS[s[1]]}" for s in SETTINGS}


def test_passes_are_relative_to_the_last_layer():
    found = passes([np.full((2, 2), 3.0, np.float32)] * 2, [np.full((2, 2), k, np.float32) for k in (6, 2)])
    assert np.allclose(found.back, [3, 1])
    assert np.allclose(found.mean, 3)
    assert np.allclose(found.std, 0)


def test_histograms_count_everything_but_zeros():
    m = ten_histograms.measure()
    assert (m.counts["tanh", "Xavier"].sum(axis=1) == 50 * UNITS).all()
    assert 0.4 < m.counts["ReLU", "He"][0].sum() / (50 * UNITS) < 0.6


def test_tanh_thins_as_one_over_a_root():
    far = expected("tanh", 1.0, 2000)
    layer = np.array([500, 1000, 2000])
    assert far.std[layer - 1] == pytest.approx((2 * layer) ** -0.5, rel=0.02)
    to_first = far.back[0] / far.back
    assert to_first[1999] / to_first[499] == pytest.approx(0.5, rel=0.02)
    m = tanh_thins.measure(seeds=range(2))
    assert np.allclose(m.back[:, 0], 1)
    assert m.back[:, 99].mean() == pytest.approx(to_first[99], rel=0.5)
    assert m.std[:, 99].mean() == pytest.approx(far.std[99], rel=0.4)


# zero


def test_all_zero_by_hand():
    kinds, moved, bias = all_zero.one("sigmoid", 0)
    assert kinds == [1] * all_zero.DEPTH
    assert bias == 1
    assert moved[::-1][:5] == [1, 2, 3, 4, 5]  # one layer a step
    assert not any(all_zero.one("tanh", 0)[1])


def test_all_zero_counts_units_that_differ(monkeypatch):
    monkeypatch.setattr(all_zero, "zeros", normal(0.1))
    assert all_zero.one("tanh", 0)[0] == [all_zero.WIDTH] * all_zero.DEPTH
    m = all_zero.measure(seeds=range(2))
    assert all_zero.judge(m)[0].verdict == "does-not-hold"


# training


def test_training_is_plain_gradient_descent(monkeypatch):
    monkeypatch.setattr(learned_depth, "STEPS", 3)
    data, net = digits(), learned_depth.deep_tanh(GAINS["1"], 2)
    found = learned_depth.trained(("1", 2, (4,)))
    theta, order = net.init(np.random.default_rng(4)), np.random.default_rng([4, 77]).permutation(len(data.x))
    for step in range(3):
        rows = order[16 * step : 16 * step + 16]
        scores, back = net(theta, data.x[rows])
        theta, _ = sgd(theta, back(softmax_cross_entropy(scores, data.labels[rows])[1]()), eta=0.1)
    by_hand = 100 * accuracy(net(theta, data.x_test)[0], data.labels_test)
    assert found[0, learned_depth.ETAS.index(0.1), 0] == pytest.approx(by_hand, abs=0.5)


def test_weights_have_the_gain_they_are_to_have():
    net = learned_depth.deep_tanh(GAINS["0.01"], 2, 400)
    first, _, second, _, last = net.views(net.init(np.random.default_rng(0), dtype=np.float64))
    assert 8 * first["W"].std() == pytest.approx(GAINS["0.01"], rel=0.03)
    assert 20 * second["W"].std() == pytest.approx(GAINS["0.01"], rel=0.03)
    assert 20 * last["W"].std() == pytest.approx(1, rel=0.05)
    assert check_gradient(tanh, np.array([0.3])) < 1e-7


def test_networks_that_left_the_numbers_say_zero():
    net, data = learned_depth.deep_tanh(1.0, 1), digits()
    theta = np.full((1, 1, net.size), np.nan, np.float32)
    zeros = 100 * (data.labels_test == 0).mean()
    assert learned_depth.right(net, theta, data.x_test, data.labels_test) == pytest.approx(np.array([[zeros]]))


def test_xavier_is_he_with_smaller_outputs():
    """Without biases the outputs differ by exactly 2^(−L/2), and no unit is switched otherwise."""
    nets = [deep_relu(scale, 6, 32) for scale in he_map.SCALES.values()]
    xavier, he = (net(net.init(np.random.default_rng(0), dtype=np.float64), digits().x[:20])[0] for net in nets)
    assert xavier == pytest.approx(he * 0.5**3)


def test_depths_are_measured_with_the_walks_asked_for(monkeypatch, here):
    asked = []
    monkeypatch.setattr(learned_depth, "STEPS", 1)
    monkeypatch.setattr(learned_depth, "DEPTHS", (1, LAYERS))
    monkeypatch.setattr(learned_depth, "recall", lambda measure, **given: asked.append((measure, given)))
    m = learned_depth.measure(seeds=range(2), signals=range(3))
    assert asked == [(ten_layers.measure, {"seeds": range(3)})]
    assert m.test["Xavier"].shape == m.train["1"].shape == (2, len(learned_depth.ETAS), 2)


def made_tens(ends, small):
    """A measurement of `ten_layers` with these ends of tanh with 1 and this last signal of 0.01."""
    level = {"1": 0.98, "Xavier": 0.23, "0.01": small, "1/n": 1e-14, "He": 0.8}
    ones, wiggle = np.ones((3, LAYERS)), np.array([[0.99], [1.0], [1.01]])
    seen = {s: Passes(ones, level[s[1]] * wiggle * ones, ones) for s in SETTINGS}
    return ten_layers.Measurement(seen, dict.fromkeys(SETTINGS, ends * wiggle[:, 0]), {})


def made_depths(accuracies, ends=0.95, small=1e-7):
    """accuracies: init -> one number for each depth."""
    rates = np.array([10.0, 0.0])[:, None]  # below the best by 10
    wiggle = np.array([-1.0, 0.0, 1.0])
    test = {
        init: np.array([level - rates[::-1] + wiggle * (1 if init == "Xavier" else -1) for level in levels])
        for init, levels in accuracies.items()
    }
    return learned_depth.Measurement(test, test, made_tens(ends, small))


GOOD = {
    "Xavier": [95, 95, 95, 95, 95],
    "0.01": [95, 95, 50, 10, 10],
    "1/n": [95, 9, 9, 9, 9],
    "1": [80, 70, 40, 20, 10],
}


@pytest.mark.parametrize(
    ("changed", "of_walks", "verdicts"),
    [
        ({}, {}, ("holds", "holds", "holds-if")),
        ({"0.01": [60, 60, 50, 10, 10]}, {}, ("holds-if", "holds", "holds-if")),
        ({"0.01": [60, 60, 50, 50, 50]}, {}, ("does-not-hold", "holds", "holds-if")),
        ({}, {"small": 0.5}, ("holds-if", "holds", "holds-if")),
        ({"1": [97, 97, 40, 20, 10]}, {}, ("holds", "holds-if", "holds-if")),
        ({}, {"ends": 0.3}, ("holds", "does-not-hold", "holds-if")),
        ({"Xavier": [95, 95, 95, 70, 60]}, {}, ("holds", "holds", "does-not-hold")),
    ],
)
def test_verdicts_of_depth(changed, of_walks, verdicts):
    m = made_depths({**GOOD, **changed}, **of_walks)
    assert m.best("Xavier", 1).mean() == 95
    assert tuple(claim.verdict for claim in learned_depth.judge(m)) == verdicts


def made_map(gain):
    """He ahead of Xavier by gain(optimizer, depth)."""
    wiggle = np.array([[-1.0, 0.0, 1.0]])
    test = {
        (o, init, d): 50 + wiggle * (1 if init == "He" else 0.5) + (gain(o, d) if init == "He" else 0)
        for o in he_map.OPTIMIZERS
        for init in he_map.SCALES
        for d in he_map.DEPTHS
    }
    return he_map.Measurement(test, test, np.full(3, 2e-5), np.full(3, 3e-5))


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        (lambda o, d: 20, "holds"),
        (lambda o, d: 20 if d > 5 else 0, "holds-if"),
        (lambda o, d: 20 if o == "SGD" else -20, "holds-if"),
        (lambda o, d: 0, "does-not-hold"),
    ],
)
def test_verdict_of_the_map(gain, verdict):
    m = made_map(gain)
    assert he_map.judge(m)[0].verdict == verdict
    assert m.gain("SGD", 10).value == pytest.approx(gain("SGD", 10))


def test_the_chosen_rate_is_that_of_the_training_data():
    m = made_map(lambda o, d: 0)
    two = np.array([[90.0, 90.0], [10.0, 12.0]])
    at = ("SGD", "He", 5)
    m = replace(m, test={**m.test, at: two}, train={**m.train, at: two[::-1]})
    assert (m.best(*at) == [10, 12]).all()


def test_signal_of_thirty_layers():
    found = np.array([he_map.signal(seed) for seed in range(2)])
    assert np.log2(found).mean(axis=0) == pytest.approx([-15, -14.5], abs=1.5)
