"""Chapter 1's measurements against what is known independently, and each verdict re-derived."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad

from deepgrad import accuracy, chain, fit, sgd
from gradbook import stack
from gradbook.ch1_vanishing import (
    drawn_chain,
    dropout_net,
    dropout_rates,
    gear_train,
    gears,
    layer_speed,
    link_decay,
    quarter,
    salt_and_sugar,
    scarcity,
    spike,
    three_gradients,
    update_by_layer,
    width,
)
from gradbook.ch1_vanishing.dropout_net import Run
from gradbook.data import data, digits
from gradbook.stats import Estimate


def sigma(z):
    return 1 / (1 + math.exp(-z))


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


def test_quarter():
    m = quarter.measure(points=2001)
    assert m.largest == 0.25
    assert m.half_width == pytest.approx(math.log(3 + 8**0.5), abs=0.01)  # s(1 − s) = 1/8 solved for z
    assert verdict(quarter, m) == "holds"
    assert verdict(quarter, replace(m, largest=0.2501)) == "does-not-hold"
    assert verdict(quarter, replace(m, identity_error=1e-6)) == "does-not-hold"
    assert verdict(quarter, replace(m, where=0.5)) == "does-not-hold"


@pytest.mark.parametrize("depth", [1, 2, 5, 12, 30])
def test_backpropagation_equals_the_complex_step(depth):
    """Im C(w₁ + ih) / h is exact to rounding at any depth: it subtracts nothing (Squire & Trapp 1998)."""
    rng = np.random.default_rng(depth)
    w, x, h = rng.uniform(-1, 1, depth), 0.3, 1e-30
    value = complex(x)
    for k, weight in enumerate(w):
        value = 1 / (1 + np.exp(-(weight + (1j * h if k == 0 else 0)) * value))
    expected = (0.5 * (value - 1) ** 2).imag / h
    output, back = chain(x, w)
    assert back(output - 1)[1][0] == pytest.approx(expected, rel=1e-12)


def test_three_gradients():
    m = three_gradients.measure(range(20))
    assert verdict(three_gradients, m) == "holds"
    assert 8 <= three_gradients.lost_at(m) <= 14
    assert verdict(three_gradients, replace(m, product_error=np.array([1e-3]))) == "does-not-hold"
    assert verdict(three_gradients, replace(m, difference_error_shallow=0.1)) == "does-not-hold"


def test_drawn_chain_by_hand():
    m = drawn_chain.measure(x=0.6, weights=(0.9, -0.5))
    h1 = sigma(0.54)
    h2 = sigma(-0.5 * h1)
    assert m.h == pytest.approx([0.6, h1, h2])
    assert m.links == pytest.approx([0.9 * h1 * (1 - h1), -0.5 * h2 * (1 - h2)])
    assert verdict(drawn_chain, m) == "holds"
    assert verdict(drawn_chain, replace(m, nudged=m.links * 1.01)) == "does-not-hold"
    assert verdict(drawn_chain, replace(m, product=m.product + 1e-3)) == "does-not-hold"


def test_link_decay():
    m = link_decay.measure(range(200))
    # A chain's |w| are independent of its σ′ to first order, and E ln|w| = −1: the interval holds σ′/e.
    assert m.factor.low * 0.99 < math.exp(-1) * m.slope_factor < m.factor.high * 1.01
    assert m.largest < 0.25
    assert 0.215 < m.slope_factor < 0.25  # h lies in (σ(−1), σ(1)), so σ′(wh) cannot fall below σ′(σ(1))
    assert verdict(link_decay, m) == "holds"
    assert verdict(link_decay, replace(m, largest=0.26)) == "does-not-hold"
    assert verdict(link_decay, replace(m, factor=Estimate(0.3, 0.2, 0.4, 9))) == "does-not-hold"


def test_update_by_layer_against_a_plain_loop():
    m = update_by_layer.measure(range(3))
    for seed in range(3):
        rng = np.random.default_rng(seed)
        before = rng.uniform(-1, 1, size=update_by_layer.DEPTH).tolist()
        x, target = rng.uniform(), rng.uniform()
        w = list(before)
        for _ in range(update_by_layer.STEPS):
            h = [x]
            for weight in w:
                h.append(sigma(weight * h[-1]))
            delta, gradient = h[-1] - target, []
            for k in reversed(range(len(w))):
                slope = h[k + 1] * (1 - h[k + 1])
                gradient.insert(0, delta * slope * h[k])
                delta *= slope * w[k]
            w = [weight - update_by_layer.ETA * g for weight, g in zip(w, gradient, strict=True)]
        assert m.moved[:, seed] == pytest.approx(np.abs(np.subtract(w, before)), rel=1e-6)
    assert verdict(update_by_layer, update_by_layer.measure(range(100))) == "holds"
    assert verdict(update_by_layer, replace(m, ratio=Estimate(0.9, 0.8, 1.1, 9))) == "does-not-hold"


def test_width_theory_by_quadrature():
    def mean(f, scale):
        return quad(lambda z: math.exp(-z * z / 2) / math.tau**0.5 * f(scale * z), -12, 12, limit=200)[0]

    q, n, variance = 0.25, 64, 1 / 3
    for _ in range(50):
        scale = math.sqrt(n * variance * q)
        q = mean(lambda z: sigma(z) ** 2, scale)
    expected = math.sqrt(n * variance * mean(lambda z: (sigma(z) * (1 - sigma(z))) ** 2, scale))
    assert width.predict(n, variance) == pytest.approx(expected, rel=1e-3)


def test_width_measured_against_theory():
    m = width.measure(range(8))
    for name in ("uniform", "xavier"):
        measured = np.exp(m.log_factor[name].mean(axis=0))
        assert measured[-2:] == pytest.approx(m.predicted[name][-2:], rel=0.05)
    assert verdict(width, m) == "holds-if"
    vanishing = replace(m, log_factor=m.log_factor | {"uniform": m.log_factor["uniform"] - 1})
    assert verdict(width, vanishing) == "holds"
    growing = replace(m, log_factor=m.log_factor | {"xavier": m.log_factor["xavier"] + 2})
    assert verdict(width, growing) == "does-not-hold"


def test_spike_area_is_the_rise_and_height_is_known():
    m = spike.measure(points=20_001)
    assert m.area == pytest.approx(m.rise, rel=1e-4)
    assert (m.area < 1).all()
    assert m.gradient.max(axis=1) == pytest.approx([(w / 4) ** spike.DEPTH for w in spike.WEIGHTS])
    assert m.largest_link_without_bias < 0.01


def test_gears():
    m = gears.measure(range(50))
    assert verdict(gears, m) == "holds"
    assert verdict(gears, replace(m, worst=0.01)) == "does-not-hold"
    assert gears.TEETH[0] / gears.TEETH[-1] == pytest.approx(1 / 3)


def test_gear_train_respects_its_bound():
    m = gear_train.measure()
    for (i, j), gradient in m.gradient.items():
        depth, w = gear_train.DEPTHS[i], abs(gear_train.WEIGHTS[j])
        bound = (w / 4) ** (depth - np.arange(1, depth + 1))
        assert gradient.shape == (depth,)
        assert gradient[-1] == 1
        assert (gradient <= bound * (1 + 1e-12)).all()


def test_layer_speed_is_the_gradient_of_the_cross_entropy():
    """Nudge biases of the first hidden layer of a fresh net and watch the loss."""
    net, data = layer_speed.network(2), digits()
    x, t = data.x[: layer_speed.IMAGES].astype(float), np.eye(10)[data.labels[: layer_speed.IMAGES]]
    rng = np.random.default_rng([5, 2])
    theta = net.init(rng, dtype=np.float64)
    for views in net.views(theta):
        if views:
            views["b"][:] = rng.normal(size=views["b"].shape)

    def loss():
        y = 1 / (1 + np.exp(-net(theta, x)[0]))
        return -np.mean(np.sum(t * np.log(y) + (1 - t) * np.log(1 - y), axis=1))

    gradient = []
    bias = net.views(theta)[0]["b"]
    for i in range(bias.size):
        bias[i] += 1e-5
        up = loss()
        bias[i] -= 2e-5
        gradient.append((up - loss()) / 2e-5)
        bias[i] += 1e-5
    assert layer_speed.speeds(2, 5)[0] == pytest.approx(np.linalg.norm(gradient), rel=1e-6)


RUNS = [Run("digits", 130, 16, rate, seed) for rate, seed in ((0.0, 3), (0.5, 3), (0.25, 4))]


def test_stacked_dropout_runs_end_where_fit_does(monkeypatch):
    """130 examples in batches of 50: an epoch's last batch is smaller. Too few steps for rounding to grow."""
    monkeypatch.setitem(dropout_net.STEPS, "digits", 10)
    for run, (on_training, on_test) in zip(RUNS, dropout_net.accuracies(RUNS), strict=True):
        rng = np.random.default_rng([run.seed, run.examples])
        split = data("digits").drawn(run.examples, rng)
        net = dropout_net.network(64, run.width, run.rate)
        theta = fit(net, net.init(rng), split.x, split.labels, rng=rng, optimizer=partial(sgd, eta=dropout_net.ETA),
                    steps=10, batch_size=50).theta  # fmt: skip
        assert on_training == 100 * accuracy(net(theta, split.x)[0], split.labels)
        assert on_test == 100 * accuracy(net(theta, split.x_test)[0], split.labels_test)


def test_dropout_runs_do_not_depend_on_their_company(monkeypatch):
    monkeypatch.setitem(dropout_net.STEPS, "digits", 200)
    together = dropout_net.accuracies(RUNS)
    assert [dropout_net.accuracies([run])[0] for run in RUNS] == together
    assert len(set(together)) == 3


def test_each_dropout_run_is_trained_once(monkeypatch, tmp_path):
    trained = []

    def many(runs):
        trained.extend(runs)
        return [(run.seed, run.rate) for run in runs]

    monkeypatch.setattr(stack, "sweep", lambda one, settings: [one(s) for s in settings])
    monkeypatch.setattr(dropout_net, "place", lambda run: tmp_path / f"{run.seed} {run.rate}")
    monkeypatch.setattr(dropout_net, "accuracies", many)
    assert dropout_net.sweep_accuracies(RUNS[:2]) == [(3, 0.0), (3, 0.5)]
    again = [RUNS[2], RUNS[1], RUNS[2], RUNS[0]]
    assert dropout_net.sweep_accuracies(again) == [(4, 0.25), (3, 0.5), (4, 0.25), (3, 0.0)]
    assert trained == RUNS


def fake_rates(train_half, test_half, longer=-2.0):
    """20 seeds whose accuracies are known, spread by a little."""
    spread = np.linspace(-0.5, 0.5, 20)
    rates = len(dropout_rates.RATES)
    train = np.full((rates, 20), 99.0)
    test = np.full((rates, 20), 90.0) + spread
    train[3], test[3] = train_half, test_half + spread
    both = ("digits", "MNIST-1D")
    return dropout_rates.Measurement(
        train={k: train.copy() for k in both},
        test={k: test.copy() for k in both},
        digits_longer=np.stack([np.full(20, 90.0), 90 + longer + spread]),
    )


def test_dropout_verdicts():
    harmful = fake_rates(train_half=85, test_half=84)
    assert harmful.gain("digits", 0.5).value == pytest.approx(-6)
    assert harmful.gap_change("MNIST-1D", 0.5).value == pytest.approx(-8)
    assert verdict(dropout_rates, harmful) == "holds"
    assert verdict(salt_and_sugar, harmful) == "holds"
    assert verdict(dropout_rates, fake_rates(85, 84, longer=0)) == "holds-if"  # the harm was slowness
    helpful = fake_rates(train_half=95, test_half=94)
    assert verdict(dropout_rates, helpful) == "does-not-hold"
    assert verdict(salt_and_sugar, helpful) == "does-not-hold"  # the gap closes, but accuracy rises with it


@pytest.mark.parametrize(
    ("digits_gain", "mnist_gain", "expected"),
    [(3, 3, "holds"), (0, 3, "holds-if"), (3, -1, "holds-if"), (-1, 0, "does-not-hold")],
)
def test_scarcity_verdict(digits_gain, mnist_gain, expected):
    spread = np.linspace(-0.2, 0.2, 6)
    gains = {"digits": digits_gain, "MNIST-1D": mnist_gain}
    test = {s: 50 + (gains[s[0]] + spread if s[3] > 0 else np.zeros(6)) for s in scarcity.settings()}
    m = scarcity.Measurement(train={s: np.full(6, 100.0) for s in test}, test=test)
    assert verdict(scarcity, m) == expected
