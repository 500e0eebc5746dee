"""Chapter 4, sigmoids, ReLU and Adam: many networks at a time against one, paths counted one by one, verdicts re-derived."""

import inspect
import itertools
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from deepgrad import (
    RNN,
    Activation,
    Dense,
    Dropout,
    LastStep,
    Network,
    adam,
    normal,
    relu,
    rmsprop,
    sgd,
    sigmoid,
    softmax_cross_entropy,
    squared_error,
    tanh,
)
from gradbook.ch3_weights.bowl import OPTIMIZERS
from gradbook.ch4_big_picture import (
    deep_relu,
    deep_sigmoid,
    eight_problems,
    many_nets,
    rate_bands,
    rate_valleys,
    relu_paths,
    saturated,
    tried_rates,
)
from gradbook.sweep import alone
from gradbook.text import BookError

# many networks at a time


def many(net, x, targets, slope):
    """θ of 2 × 3 networks in float64, and the gradient of each by many_nets."""
    theta = np.random.default_rng(0).normal(size=(2, 3, net.size))
    y, back = many_nets.forward(net, theta, x[:, None])
    return theta, y, back(slope(y, targets[:, None]))


@pytest.mark.parametrize("f", [relu, tanh, sigmoid])
def test_gradients_are_those_of_single_networks(f):
    rng = np.random.default_rng(1)
    net = Network(
        [Dense(4, 5, normal(1)), Activation(f), Dense(5, 6, normal(1)), Activation(f), Dense(6, 3, normal(1))]
    )
    x, labels = rng.normal(size=(2, 7, 4)), rng.integers(3, size=(2, 7))
    theta, y, dtheta = many(net, x, labels, many_nets.cross_entropy_slope)
    for s, r in itertools.product(range(2), range(3)):
        alone_y, back = net(theta[s, r], x[s])
        _, back_loss = softmax_cross_entropy(alone_y, labels[s])
        assert np.allclose(y[s, r], alone_y, atol=1e-12)
        assert np.allclose(dtheta[s, r], back(back_loss()), atol=1e-12)


def test_gradients_through_time_and_of_squares():
    rng = np.random.default_rng(2)
    net = Network([RNN(2, 4), LastStep(), Dense(4, 1, normal(1))])
    x, target = rng.normal(size=(2, 5, 6, 2)), rng.normal(size=(2, 5, 1))
    theta, _, dtheta = many(net, x, target, many_nets.squared_error_slope)
    for s, r in itertools.product(range(2), range(3)):
        y, back = net(theta[s, r], x[s])
        assert np.allclose(dtheta[s, r], back(squared_error(y, target[s])[1]()), atol=1e-12)


def test_an_unknown_layer_is_refused():
    with pytest.raises(BookError, match="Dropout"):
        many_nets.forward(Network([Dropout(0.5)]), np.zeros((1, 1, 0)), np.zeros((1, 1, 2, 2)))


def test_training_is_the_optimizers_own_walk():
    """Full batches, so that the order of the examples does not matter; each rate by itself with the checked optimizer."""
    rng = np.random.default_rng(3)
    net = Network([Dense(3, 4, normal(1)), Activation(tanh), Dense(4, 2, normal(1))])
    x, labels, start = rng.normal(size=(8, 3)), rng.integers(2, size=8), rng.normal(size=net.size)
    for optimizer in (sgd, rmsprop, adam):
        found = many_nets.train(
            net, [start], [x], [labels], [0.1, 0.01], optimizer=optimizer, steps=3, batch=8, seeds=[0]
        )
        for k, eta in enumerate((0.1, 0.01)):
            theta, state = start, None
            for _ in range(3):
                y, back = net(theta, x)
                theta, state = optimizer(theta, back(softmax_cross_entropy(y, labels)[1]()), state, eta=eta)
            assert np.allclose(found[0, k], theta, atol=1e-10)


# saturation


def test_the_edge_of_saturation():
    _, back = sigmoid(deep_sigmoid.edge() * np.array([1.0, -1.0, 0.999, 1.001]))
    slopes = back(np.ones(4))
    assert slopes[:2] == pytest.approx(deep_sigmoid.FLAT)
    assert slopes[2] > deep_sigmoid.FLAT > slopes[3]


def test_float32_loses_slopes_on_one_side_first():
    """Above 0, σ rounds to 1 where e⁻ᶻ is half of 2⁻²⁴ or less; below 0, where e⁻ᶻ overflows."""
    assert deep_sigmoid.last_slope(1) == pytest.approx(24 * np.log(2), abs=0.7)
    assert deep_sigmoid.last_slope(-1) == pytest.approx(np.log(np.finfo(np.float32).max), abs=0.05)


def test_expected_shares_against_a_wide_layer():
    """First hidden layer, 4,000 units: counted, and by the normal distribution averaged over the digits' own lengths."""
    net = deep_sigmoid.deep_sigmoid(16, 1, width=4000)
    counted = deep_sigmoid.shares(net, net.init(np.random.default_rng(0)))[0]
    assert counted == pytest.approx(deep_sigmoid.expected_shares(16)[0], abs=3)


@pytest.fixture
def short(monkeypatch):
    """Few steps, all in this process."""
    for module in (deep_sigmoid, deep_relu, tried_rates):
        monkeypatch.setattr(module, "STEPS", 2)
    for module in (saturated, relu_paths, rate_bands):
        monkeypatch.setattr(module, "sweep", lambda one, settings: [alone(one, setting) for setting in settings])


def test_saturated(short):
    m = saturated.measure(range(3), range(2))
    assert m.share.shape == (3, 3, 8)
    assert m.after.shape == (3, 2, 8)
    assert m.right.shape == (3, 4, 6, 2)
    assert m.share[0].max() == 0
    assert m.share[2].mean() > 50
    assert m.log_norm[0, :, 0].max() < np.log(1e-3)
    assert m.left(16).value > 0.3
    assert m.log_norm[..., -1] == pytest.approx(0)
    assert 0 < m.zero[2].mean() < m.share[2].mean()
    right = np.zeros_like(m.right)
    right[:, :, 1], right[:, :, 2, 0] = 50, 90  # the second rate is best but for what seed 0 does at the third
    assert list(replace(m, right=right).tuned(1, 8)) == [50, 0]  # seed 1 takes seed 0's word for the third


def test_verdict_on_saturation(short):
    m = saturated.measure(range(3), range(2))
    shallow, deep = [96.0, 97.0], {"fails": [10.0, 11.0], "learns": [90.0, 95.0]}

    def verdict(outcomes, share):
        right = np.empty_like(m.right)
        right[:, :-1] = shallow
        for k, outcome in enumerate(outcomes):
            right[k, -1] = deep[outcome]
        return saturated.judge(replace(m, right=right, share=np.full_like(m.share, share)))[0].verdict

    assert verdict(["fails", "fails", "fails"], 50) == "holds"
    assert verdict(["fails", "fails", "fails"], 1) == "holds-if"
    assert verdict(["fails", "fails", "learns"], 50) == "holds-if"
    assert verdict(["learns", "fails", "fails"], 50) == "does-not-hold"


# paths


def test_paths_one_by_one():
    """All paths of a small net, walked one at a time: how many are open, and that they add up to the gradient."""
    net = deep_relu.deep_relu(1.0, 2, width=3)
    theta = net.init(np.random.default_rng(4), dtype=np.float64)
    x = np.random.default_rng(5).uniform(size=(1, 64))
    W = [params["W"] for params in net.views(theta)[::2]]
    hs, back = net.trace(theta, x)
    on = [hs[k][0] > 0 for k in (2, 4)]
    count, total = 0, 0.0
    for i, j in itertools.product(range(3), range(3)):
        if on[0][i] and on[1][j]:
            count += 1
            total += W[0][7, i] * W[1][i, j] * W[2][j, 0]
    assert 10 ** deep_relu.log_paths(deep_relu.active_units(net, theta, x))[0] == pytest.approx(count)
    dhs, _ = back(np.eye(10)[:1])
    assert dhs[0][0, 7] == pytest.approx(total)
    assert count > 0


def test_reached_by_tossing_coins():
    coins = np.random.default_rng(6).random((20_000, 5, 2)) < 0.5  # networks, layers, units
    assert deep_relu.reached(2, np.array(5)) == pytest.approx(100 * coins.any(axis=2).all(axis=1).mean(), abs=1.5)
    assert deep_relu.log_paths(np.array([2, 0, 3])) == -np.inf


def test_rates_make_up_for_the_size():
    """c^L as large outputs, and a first step that moves them by the same share."""
    assert deep_relu.rates(2.0, 3) == pytest.approx([eta / 8 for eta in deep_relu.ETAS])
    x = np.random.default_rng(7).uniform(size=(4, 64))
    outputs = []
    for scale in (1.0, 2.0):
        net = deep_relu.deep_relu(scale, 3)
        outputs.append(net(net.init(np.random.default_rng(8), dtype=np.float64), x)[0])
    assert np.allclose(outputs[1], 8 * outputs[0])


def test_relu_paths(short):
    m = relu_paths.measure(range(3), range(2))
    assert m.share().value == pytest.approx(0.5, abs=0.1)
    assert m.ratio(2.0).value / m.ratio(1.0).value == pytest.approx(2.0**7, rel=0.5)
    assert m.found(1)[:, -1].mean() < 10
    assert m.found(32).min() == 100
    assert m.zeros == 0
    assert m.inputs == 3 * 100 * 8 * 32


def test_verdict_on_relu(short):
    m = relu_paths.measure(range(3), range(2))

    def verdict(ratios, deep):
        right = np.broadcast_to(np.array(deep, float)[:, None, None, None], m.right.shape) + np.array([-0.1, 0.1])
        logs = np.log(ratios)[:, None] + np.array([-0.1, 0, 0.1])
        return relu_paths.judge(replace(m, log_ratio=logs, right=right))[0].verdict

    assert verdict([1, 1, 1], [95, 95, 95]) == "holds"
    assert verdict([1e-4, 1, 1], [95, 95, 95]) == "holds-if"
    assert verdict([1, 1, 1e4], [95, 95, 95]) == "holds-if"
    assert verdict([1, 1, 1], [95, 50, 95]) == "does-not-hold"


# Adam


def test_the_bowl_has_its_curvatures():
    for turned in (False, True):
        x, y = eight_problems.bowl(np.random.default_rng(9), turned)
        found = np.sort(np.linalg.eigvalsh(x.T @ x / len(x)))[::-1]
        assert found == pytest.approx(np.logspace(0, -3, 10))
        assert np.allclose(x.T @ x / len(x), np.diag(found)) is not turned
        assert np.linalg.lstsq(x, y)[1].sum() < 1e-9  # the bottom is at height 0


def test_every_problem_fits_its_network():
    for problem in eight_problems.PROBLEMS:
        one = eight_problems.task(problem, 0)
        assert one.x.dtype == one.theta.dtype == np.float32
        assert len(one.x) == len(one.targets)
        alone_y, _ = one.net(one.theta, one.x)
        assert np.allclose(tried_rates.outputs(one, one.theta[None], one.x)[0], alone_y, atol=1e-4)
        again = eight_problems.task(problem, 0)
        assert np.array_equal(one.theta, again.theta)
        assert np.array_equal(one.x, again.x)


def test_what_diverges_counts_as_its_start(short, monkeypatch):
    monkeypatch.setattr(tried_rates, "STEPS", 60)
    loss, right = tried_rates.outcome(("turned", "sgd", (0, 1)))
    assert (loss[:, -1] == 1).all()
    assert loss.min() < 0.5
    assert np.isnan(right).all()


def test_adam_does_not_notice_the_loss_s_scale_and_sgd_does():
    """A loss a thousand times as large: Adam walks the same way, SGD needs a thousandth of the rate."""
    gradient = partial(np.multiply, np.array([1.0, 10.0]))
    ways = {}
    for name, scale, eta in (("adam", 1, 0.1), ("adam", 1000, 0.1), ("sgd", 1, 0.1), ("sgd", 1000, 1e-4)):
        theta, state = np.array([1.0, 1.0]), None
        for _ in range(5):
            theta, state = inspect.unwrap(OPTIMIZERS[name])(theta, scale * gradient(theta), state, eta=eta)
        ways[name, scale] = theta
    assert np.allclose(ways["adam", 1], ways["adam", 1000], atol=1e-6)
    assert np.allclose(ways["sgd", 1], ways["sgd", 1000])


def made(losses):
    """A measurement with these losses (rates,) on all problems and seeds; those not given never learn."""
    shape = (len(eight_problems.PROBLEMS), 3, len(tried_rates.POWERS))
    loss = {
        name: np.broadcast_to(np.asarray(losses.get(name, np.ones(13)), float), shape).copy() for name in OPTIMIZERS
    }
    for value in loss.values():
        value *= np.array([1.0, 1.01, 0.99])[None, :, None]  # an interval needs some spread
    return rate_bands.Measurement(loss, {name: np.full(shape, 90.0) for name in OPTIMIZERS})


def test_band_by_hand():
    """Good up to twice the lowest: from 0.1 at one rate to 0.4, two octaves, within half a decade on either side."""
    valley = np.ones(13)
    valley[4:7] = 0.4, 0.1, 0.4
    m = made({"adam": valley})
    assert m.bands("adam") == pytest.approx(0.5, abs=0.02)  # a quarter of a decade to each side
    assert m.bands("sgd") == pytest.approx(0)
    assert m.winners(0) == ["adam"]
    assert m.wins("sgd") == 0


def test_blind_choice_by_hand():
    """Seven problems like rate 5 twice as much as rate 3; the last learns at 3 only, and so well that together they would
    choose 3. The seven are charged a factor of 2 for heeding it; it is charged 1,000, having no say in its own case.
    """
    valley, deep = np.ones(13), np.ones(13)
    valley[[5, 3]], deep[3] = (0.1, 0.2), 0.001
    m = made({"adam": valley})
    m.loss["adam"][-1] = deep
    assert m.costs("adam").value == pytest.approx((2**7 * 1000) ** (1 / 8), rel=0.02)


def test_verdict_on_adam():
    wide, narrow = np.ones(13), np.ones(13)
    wide[2:8], narrow[6] = 0.1, 0.1  # Adam's default, 0.001, is rate 2, SGD's, 0.01, rate 4
    verdicts = []
    for losses in ({"adam": wide, "sgd": narrow}, {"adam": narrow, "sgd": wide}, {"adam": wide, "sgd": wide}):
        verdicts.append(rate_bands.judge(made(losses))[0].verdict)
    assert verdicts == ["holds", "holds-if", "holds-if"]  # blind is no dearer; then the defaults tie
    early = np.ones(13)
    early[2:6] = 0.1
    m = made({"adam": narrow, "sgd": early})
    m.loss["adam"][::2] = np.roll(m.loss["adam"][::2], 3, axis=2)  # no rate suits all problems
    assert rate_bands.judge(m)[0].verdict == "does-not-hold"


def test_rate_valleys(monkeypatch):
    valley = np.ones(13)
    valley[5] = 0.1
    monkeypatch.setattr(rate_valleys, "recall", lambda function, **arguments: made({"adam": valley}))
    m = rate_valleys.measure()
    assert m.best("adam") == pytest.approx(10**-1.5)
    assert m.apart("adam") == 0
    assert m.lowest(0) == pytest.approx(0.1, rel=0.01)
