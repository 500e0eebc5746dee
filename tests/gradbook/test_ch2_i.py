"""Chapter 2, what ReLU and batch normalization repair: measurements against theory, and each verdict re-derived."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import cauchy, norm

from deepgrad import Activation, BatchNorm, fit, gelu, leaky_relu, relu, rrelu, selu, sgd, sigmoid, silu, softplus, tanh
from gradbook.ch1_vanishing import width
from gradbook.ch2_approximation import (
    activation_places,
    bn_batch_size,
    bn_parameters,
    bn_speedup,
    bn_stack,
    deep_training,
    one_sided,
    prelu_slopes,
    rectifier_gallery,
    rectifier_moments,
    relu_gradient,
)
from gradbook.data import digits


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


# what wide layers do


def test_normal_mean_by_another_quadrature():
    for f in (np.square, np.abs, lambda z: np.maximum(z, 0), np.cos):
        expected = sum(quad(lambda z, f=f: norm.pdf(z) * f(z), *ends)[0] for ends in ((-12, 0), (0, 12)))
        assert bn_stack.normal_mean(f) == pytest.approx(expected, abs=1e-9)


def test_factors_known_in_closed_form():
    assert bn_stack.factor(relu, 2) == pytest.approx(1)
    assert bn_stack.factor(relu, 1) == pytest.approx(0.5**0.5)
    assert bn_stack.factor(sigmoid, 1) == pytest.approx(width.predict(64, 1 / 64), rel=1e-6)
    assert bn_stack.factor_normalized(relu) ** 2 == pytest.approx(math.pi / (math.pi - 1))
    straight = leaky_relu(0.999999)
    assert bn_stack.factor_normalized(straight) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("f", [sigmoid, tanh, relu, selu, softplus, gelu, silu])
def test_normalized_layers_never_shrink_the_gradient(f):
    """Chernoff's inequality: Var f(z) ≤ E f′(z)², with equality for straight lines only."""
    assert bn_stack.factor_normalized(f) > 1


@pytest.mark.parametrize("kind", bn_stack.NAMES)
def test_stacks_are_as_deep_as_they_say(kind):
    net = bn_stack.stack(kind, 7, width=6)
    weights = [views["W"] for views in net.views(net.init(np.random.default_rng(0))) if "W" in views]
    assert len(weights) + sum("1.W" in layer.shapes() for layer in net.layers) == 8
    assert sum(isinstance(layer, BatchNorm) for layer in net.layers) == (7 if kind.endswith("+BN") else 0)
    assert len(bn_stack.hidden(net)) in (6, 7)  # of skips, the blocks after the first layer
    assert sum(isinstance(layer, Activation) for layer in net.layers) == (0 if kind == "ReLU+skip" else 7)


# 2.11


def test_relu_gradient_against_a_plain_loop(monkeypatch):
    monkeypatch.setattr(relu_gradient, "DEPTHS", (2, 3))
    found = relu_gradient.log_ratios(4)
    data, rows = digits(), np.random.default_rng([4, 0, 0]).permutation(len(digits().x))[: relu_gradient.IMAGES]
    net = bn_stack.stack("ReLU", 3)
    *hidden, last = [v["W"] for v in net.views(net.init(np.random.default_rng([4, 3]), dtype=np.float64)) if v]
    h, kept = data.x[rows].astype(float), []
    for W in hidden:
        h = np.maximum(h @ W, 0)
        kept.append(h > 0)
    scores = np.exp(h @ last)
    delta = (scores / scores.sum(axis=1, keepdims=True) - np.eye(10)[data.labels[rows]]) @ last.T
    end = np.linalg.norm(delta)
    for W, on in zip(hidden[:0:-1], kept[:0:-1], strict=True):
        delta = (delta * on) @ W.T
    assert found[relu_gradient.KINDS.index("ReLU"), 1] == pytest.approx(math.log(np.linalg.norm(delta) / end))
    assert (relu_gradient.log_ratios(4) == found).all()
    assert (relu_gradient.another_relu((4, 1)) != found[relu_gradient.KINDS.index("ReLU")]).all()


def ratios(**at_the_deepest):
    """20 seeds whose ratio at the deepest network is known, spread by a little."""
    spread = np.linspace(-0.1, 0.1, 20)[:, None]
    depths = len(relu_gradient.DEPTHS)
    known = {"sigmoid": 1e-30, "sigmoid+BN": 5, "ReLU": 1, "ReLU+BN": 1e4, "ReLU Xavier": 1e-7} | at_the_deepest
    return relu_gradient.Measurement(
        log_ratio={kind: np.linspace(0, math.log(value), depths) + spread for kind, value in known.items()},
        predicted=dict.fromkeys(known, 1.0),
    )


def test_relu_verdicts():
    assert verdict(relu_gradient, ratios()) == "holds-if"
    assert verdict(relu_gradient, ratios(**{"ReLU Xavier": 0.5})) == "holds"
    assert verdict(relu_gradient, ratios(ReLU=1e-5)) == "does-not-hold"
    assert verdict(relu_gradient, ratios(sigmoid=0.9)) == "does-not-hold"  # nothing to repair
    assert ratios().ratio("ReLU+BN", relu_gradient.DEPTHS[-1]).value == pytest.approx(1e4)


def test_measured_factors_are_near_the_theory():
    m = relu_gradient.measure(range(3))
    assert {kind: len(found) for kind, found in m.log_ratio.items()} == dict.fromkeys(relu_gradient.KINDS, 3) | {
        "ReLU": 3 * relu_gradient.DRAWS
    }
    assert len(np.unique(m.log_ratio["ReLU"][:, -1])) == 3 * relu_gradient.DRAWS  # each a network of its own
    for kind in relu_gradient.KINDS:
        assert m.per_layer(kind) == pytest.approx(m.predicted[kind], rel=0.04)


# 2.12


def test_prelu_slopes():
    assert prelu_slopes.gradient_error(3) < 1e-6
    spread = np.linspace(-0.05, 0.05, 20)
    slopes = 0.6 + spread[:, None] * np.ones(5)
    m = prelu_slopes.Measurement(slopes, 90 + spread[:, None] * np.ones(3), 1e-9)
    assert verdict(prelu_slopes, m) == "holds"
    assert m.moved() == 5
    assert verdict(prelu_slopes, replace(m, gradient_error=1e-3)) == "does-not-hold"
    assert verdict(prelu_slopes, replace(m, slopes=slopes - 0.35)) == "does-not-hold"  # they stayed where they were
    assert m.gain("fixed").value == 0


def test_prelu_runs_repeat(monkeypatch):
    monkeypatch.setattr(prelu_slopes, "STEPS", 3)
    first, again = prelu_slopes.one_seed(1), prelu_slopes.one_seed(1)
    assert (first[0] == again[0]).all()
    assert first[2] == again[2]
    assert (first[0] != prelu_slopes.START).any()


# 2.13


def test_rectifier_moments_in_closed_form():
    m = rectifier_moments.measure()
    above = 1 / math.sqrt(2 * math.pi)
    assert m.mean["ReLU"] == pytest.approx(above)
    assert m.variance["ReLU"] == pytest.approx(1 / 2 - above**2)
    assert m.mean["PReLU"] == pytest.approx(0.75 * above)
    low, high = rectifier_moments.LOWER, rectifier_moments.UPPER
    square = (low**2 + low * high + high**2) / 3  # E[slope²]
    assert m.mean["RReLU"] == pytest.approx((1 - (low + high) / 2) * above)
    assert m.variance["RReLU"] == pytest.approx((1 + square) / 2 - m.mean["RReLU"] ** 2)
    for name in ("SELU", "SERLU"):
        assert (m.mean[name], m.variance[name]) == pytest.approx((0, 1), abs=1e-9)
    assert verdict(rectifier_moments, m) == "holds"
    for wrong in (
        {"constants": m.constants | {"SERLU": (1.0787, 2.90427)}},
        {"slope_error": 0.1},
        {"closest": 0.0},
        {"mean": m.mean | {"SELU": 0.01}},
    ):
        assert verdict(rectifier_moments, replace(m, **wrong)) == "does-not-hold"


def test_rrelu_moments_against_draws():
    z = np.random.default_rng(0).normal(size=1_000_000)
    y, _ = rrelu(z, np.random.default_rng(1), True, 0.1, 0.9)
    assert rectifier_moments.moments_drawn(0.1, 0.9) == pytest.approx((y.mean(), y.var()), abs=0.005)


def test_gallery_shows_each_slope():
    m = rectifier_gallery.measure()
    for name, value in m.value.items():
        middle = (m.slope[name][1:] + m.slope[name][:-1]) / 2
        away = np.abs(m.z[1:]) > 0.02
        assert (np.diff(value) / np.diff(m.z))[away] == pytest.approx(middle[away], abs=1e-3), name
    assert np.isnan(rectifier_gallery.broken(m.z, m.slope["ReLU"])).sum() == 1
    assert not np.isnan(rectifier_gallery.broken(m.z, m.slope["GELU"])).any()


# 2.14


@pytest.mark.parametrize("seed", range(4))
def test_pieces_of_one_layer_by_hand(seed):
    net = one_sided.network(1, False)
    params = net.views(one_sided.drawn(net, np.random.default_rng([seed, 1])))[0]
    kinks = -params["b"] / params["W"][0]
    for shift in (0.0, 3.0):
        assert one_sided.pieces(1, False, shift, seed) == 1 + (np.abs(kinks - shift) < 1).sum()
        assert one_sided.pieces(1, True, shift, seed) == 2  # all kinks at the mean of the batch


def test_expected_pieces_are_those_of_the_cauchy_distribution():
    for shift in (0.0, 2.0, 10.0):
        inside = cauchy.cdf(shift + 1) - cauchy.cdf(shift - 1)
        assert one_sided.expected(np.array(shift)) == pytest.approx(1 + one_sided.WIDTH * inside)


def test_normalized_networks_do_not_see_the_shift():
    assert one_sided.pieces(3, True, 0.0, 5) == one_sided.pieces(3, True, 10.0, 5)


def test_one_sided_verdicts():
    m = one_sided.measure(range(3))
    assert verdict(one_sided, m) == "holds"
    assert (m.constructed == [1, 2]).all()
    assert verdict(one_sided, replace(m, bend=0.01)) == "does-not-hold"
    assert verdict(one_sided, replace(m, constructed=m.constructed + 1)) == "does-not-hold"
    assert verdict(one_sided, replace(m, constructed=np.ones_like(m.constructed))) == "does-not-hold"


# 2.15


def test_places_of_a_fresh_network(monkeypatch):
    monkeypatch.setattr(activation_places, "DEPTH", 3)
    x = digits().x[:50]
    theta = bn_stack.stack("ReLU", 3).init(np.random.default_rng(0), dtype=np.float64)
    seen = activation_places.places("ReLU", theta, x)
    W = theta[: 64 * bn_stack.WIDTH].reshape(64, -1)
    z = x @ W
    assert seen.one_sided[0] == np.mean([(c > 0).all() or (c <= 0).all() for c in z.T])
    assert seen.before.sum(axis=1) * (8 / 48) == pytest.approx(1)
    assert (seen.before == seen.after).all()
    pairs = [z[i] @ z[j] / np.linalg.norm(z[i]) / np.linalg.norm(z[j]) for i in range(50) for j in range(i)]
    assert seen.alike[0] == pytest.approx(np.mean(pairs))
    theta = bn_stack.stack("ReLU+BN", 3).init(np.random.default_rng(0), dtype=np.float64)
    normed = activation_places.places("ReLU+BN", theta, x)
    assert normed.error < 1e-9
    assert (normed.one_sided == 0).all()  # mean 0: both signs


def test_places_verdicts():
    seen = activation_places.Places(np.zeros((10, 48)), np.zeros((10, 48)), np.zeros(10), np.zeros(10), 1e-12)
    spread = np.linspace(-0.05, 0.05, 20)[:, None] * np.ones(10)
    m = activation_places.Measurement(
        places={"ReLU": [seen], "ReLU+BN": [seen]},
        one_sided={"ReLU": 0.4 + spread, "ReLU+BN": np.zeros((20, 10))},
        alike={},
    )
    assert m.difference().value == pytest.approx(-40)
    assert verdict(activation_places, m) == "holds"
    assert verdict(activation_places, replace(m, one_sided={"ReLU": spread, "ReLU+BN": spread})) == "holds-if"
    wrong = {"ReLU": [seen], "ReLU+BN": [replace(seen, error=0.1)]}
    assert verdict(activation_places, replace(m, places=wrong)) == "does-not-hold"


# 2.16


def test_bn_parameters(monkeypatch):
    monkeypatch.setattr(bn_parameters, "STEPS", 10)
    track, after, jitter = bn_parameters.one_seed(0)
    assert track.shape == (4, 3, bn_parameters.UNITS)  # steps 1, 5, 10
    assert after.shape == (4, bn_stack.WIDTH)
    # the mean of B of N numbers, drawn without replacement, varies by σ √((1 − B/N) / B)
    batch, everyone = bn_parameters.BATCH, len(digits().x)
    assert jitter == pytest.approx(math.sqrt((1 - batch / everyone) / batch), rel=0.1)
    follows, error = bn_parameters.exact()
    assert follows < 1e-9
    assert error < 1e-9


def test_bn_parameters_verdicts():
    spread = np.linspace(-0.01, 0.01, 20)[:, None] * np.ones(5)
    m = bn_parameters.Measurement(
        steps=np.array([1]), tracks=np.zeros((4, 1, 3)), gamma=1.1 + spread, beta=0.1 + spread,
        jitter=np.linspace(0.1, 0.2, 20), follows=1e-12, error=1e-12,
    )  # fmt: skip
    assert verdict(bn_parameters, m) == "holds-if"
    assert verdict(bn_parameters, replace(m, follows=3.0)) == "holds"
    assert verdict(bn_parameters, replace(m, gamma=np.ones((20, 5)))) == "does-not-hold"
    assert verdict(bn_parameters, replace(m, error=0.1)) == "does-not-hold"


def test_running_averages_by_hand(monkeypatch):
    monkeypatch.setattr(bn_batch_size, "STEPS", 1)
    _, running = bn_batch_size.trained("ReLU+BN", bn_batch_size.Run(8, 3))
    net, rng = bn_stack.stack("ReLU+BN", bn_batch_size.DEPTH), np.random.default_rng(3)
    first = net.views(net.init(rng))[0]
    z = digits().x[rng.integers(len(digits().x), size=8)] @ first["W"]
    params = net.views(running)[1]
    assert params["mean"] == pytest.approx(0.1 * z.mean(axis=0), abs=1e-6)
    assert params["variance"] == pytest.approx(0.9 + 0.1 * z.var(axis=0), abs=1e-6)


def test_a_batch_of_one_says_nothing_of_its_input(monkeypatch):
    monkeypatch.setattr(bn_batch_size, "STEPS", 3)
    *_, own = bn_batch_size.with_bn(bn_batch_size.Run(1, 0))
    labels = digits().labels_test
    shares = [100 * (labels == k).mean() for k in range(10)]
    assert min(abs(own - share) for share in shares) < 1e-9  # one and the same answer for all


# 2.17


def test_steps_to_a_target(monkeypatch):
    run = bn_speedup.Run("ReLU", 0.1, 0)
    monkeypatch.setattr(bn_speedup, "LONGEST", 12)
    assert bn_speedup.steps(run) == 12  # not reached
    assert bn_speedup.steps(replace(run, eta=1e6)) == 12  # diverged
    monkeypatch.setattr(bn_speedup, "TARGET", 100.0)
    assert bn_speedup.steps(run) == bn_speedup.OVER


def test_speedup_of_known_steps():
    steps = np.stack([np.array([[200.0, 200], [100, 100]]), np.array([[100.0, 100], [20, 20]])])
    m = bn_speedup.Measurement(steps + np.array([0, 1e-9]))
    assert m.best(0) == m.best(1) == 1
    assert m.speedup(0, 0).value == pytest.approx(2)
    assert m.speedup(1, 1).value == pytest.approx(5)


def losses(shallow, deep, ratio=100.0):
    """5 seeds of known losses of ReLU + BN; all others guess."""
    shape = (len(deep_training.KINDS), 2, len(deep_training.ETAS), 5, deep_training.STEPS)
    loss = np.full(shape, deep_training.GUESSING)
    spread = np.linspace(-0.01, 0.01, 5)[:, None]
    for depth, value in enumerate((shallow, deep)):
        loss[deep_training.KINDS.index("ReLU+BN"), depth, 2] = value + spread
    log_ratio = np.full((*shape[:2], 5), math.log(ratio)) + spread[:, 0]
    return deep_training.Measurement(loss, log_ratio)


def test_deep_training_verdicts():
    assert verdict(deep_training, losses(0.5, 0.6)) == "holds"
    assert verdict(deep_training, losses(0.5, 2.2)) == "holds-if"
    assert verdict(deep_training, losses(2.2, 2.2)) == "does-not-hold"
    assert (
        verdict(deep_training, losses(0.5, 0.6, ratio=1e-6)) == "does-not-hold"
    )  # it learns, but the gradient vanished
    m = losses(0.5, 2.2)
    assert m.best("ReLU+BN", 20) == 2
    assert m.at_best("ReLU+BN", 20).value == pytest.approx(0.5)
    assert not m.learns("ReLU", 20)


def test_curves_repeat_and_survive_divergence(monkeypatch):
    monkeypatch.setattr(deep_training, "STEPS", 4)
    run = deep_training.Run("ReLU+BN", 4, 0.1, 0)
    loss, other = deep_training.curves([run, replace(run, eta=0.01)])
    (again,) = deep_training.curves([run])
    assert (loss == again).all()
    assert loss[0] == other[0]
    assert loss[1] != other[1]
    assert 0 < deep_training.log_ratio(("ReLU+BN", 4, 0)) < 3  # three links of about ln 1.21
    (wild,) = deep_training.curves([replace(run, kind="ReLU", eta=1e9)])
    assert np.isfinite(wild).all()
    assert (wild >= deep_training.GUESSING).all()


def test_curves_are_those_of_fit(monkeypatch):
    """Too few steps for rounding to grow."""
    monkeypatch.setattr(deep_training, "STEPS", 3)
    runs = [deep_training.Run(kind, 6, 0.05, seed) for seed, kind in enumerate(deep_training.KINDS)]
    for run in runs:
        net, rng = deep_training.stack(run.kind, run.depth), np.random.default_rng([run.seed, run.depth])
        found = fit(net, net.init(rng), digits().x, digits().labels, rng=rng, optimizer=partial(sgd, eta=0.05), steps=3,
                    batch_size=deep_training.BATCH)  # fmt: skip
        assert deep_training.curves([run])[0] == pytest.approx(found.history["loss"], rel=1e-3)
