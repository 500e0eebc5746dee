"""What depth costs (chapter 2, claims 2.6 to 2.10): measured against what is known independently, verdicts re-derived."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from deepgrad import (
    Activation,
    Dense,
    Network,
    accuracy,
    filter_normalized_direction,
    fit,
    he_normal,
    loss_slice,
    relu,
    sgd,
    sigmoid,
    xavier_normal,
)
from gradbook.ch2_approximation import (
    deep_nets,
    frozen_layers,
    linear_stack,
    loss_slices,
    shattering,
    skip_smooths,
    three_links,
    three_troubles,
    unit_step,
)
from gradbook.ch2_approximation.deep_nets import Toys, deep_net, ruggedness
from gradbook.data import digits

SPREAD = np.linspace(-0.01, 0.01, 20)


@pytest.fixture(autouse=True)
def one_thread():
    """As in a sweep: small nets run faster so, and sums come out the same."""
    with threadpool_limits(1):
        yield


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


# deep_nets


def test_a_block_that_adds_nothing_is_not_there():
    net, shallow = deep_net("skip", 2, 16, 5, 3), deep_net("plain", 2, 16, 1, 3)
    rng = np.random.default_rng(0)
    theta, x = net.init(rng, dtype=np.float64), rng.normal(size=(7, 2))
    views = net.views(theta)
    for own in views[2:-1]:
        for name in own:
            if name.startswith("2."):
                own[name][:] = 0  # the last layer of the branch
    both = np.concatenate([np.ravel(own[name]) for own in (views[0], views[-1]) for name in own])
    assert net(theta, x)[0] == pytest.approx(shallow(both, x)[0])


def test_blocks_grow_as_derived():
    """Mean squares grow by at most (1 + 2)^B undivided, and stay below e² divided."""
    rng = np.random.default_rng(1)
    x, growth = rng.normal(size=(200, 64)), {}
    for kind in ("skip", "skip unscaled"):
        net = deep_net(kind, 64, 64, 21, 10)
        hs, _ = net.trace(net.init(rng, dtype=np.float64), x)
        growth[kind] = np.mean(hs[-2] ** 2) / np.mean(hs[2] ** 2)
    assert 2.0**10 < growth["skip unscaled"] < 3.3**10
    assert 1 < growth["skip"] < math.e**2


def test_ruggedness_is_repeatable_and_hangs_on_the_seed():
    toys = Toys("plain", 3, seed=2)
    found, other = ruggedness([toys, replace(toys, seed=3)])
    assert [found] == ruggedness([toys])
    assert found != other
    assert found[2] > 90  # the net has learned


def test_slices_are_those_of_loss_slice(monkeypatch):
    monkeypatch.setattr(deep_nets, "STEPS", 10)
    toys = Toys("skip", 11, seed=4)
    (net, theta, x, labels, rng), (_, alone, *_) = deep_nets.trained_together([toys])[0], deep_nets.trained(toys)
    assert theta == pytest.approx(alone, abs=1e-4)
    direction = filter_normalized_direction(net, theta, rng)
    places = np.linspace(-deep_nets.REACH, deep_nets.REACH, deep_nets.PLACES)
    losses = deep_nets.losses_along(net, theta, x, labels, direction)
    assert losses == pytest.approx(loss_slice(net, theta, x, labels, [direction], [places]), rel=1e-5)


def test_the_middle_of_a_slice_is_the_trained_loss(monkeypatch):
    monkeypatch.setattr(loss_slices, "DEPTH", 3)
    monkeypatch.setattr(loss_slices, "PLACES", 5)
    m = loss_slices.measure(seeds=range(2))
    ((net, theta, x, labels, _),) = deep_nets.trained_together([Toys("plain", 3, seed=1)])
    scores = net(theta, x)[0].astype(np.float64)
    loss = np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels])
    assert 10 ** m.logs[1, 0, 2, 2] == pytest.approx(loss, rel=1e-3)
    assert m.logs[1, 0].min() > np.log10(loss) - 1


# three_troubles


def test_gradient_ratio_follows_the_theory():
    sigmoid_ratio = [three_troubles.gradient_ratio(("sigmoid", 10, seed)) for seed in range(10)]
    relu_ratio = [three_troubles.gradient_ratio(("ReLU", 10, seed)) for seed in range(10)]
    # √E[σ′²] lies between σ′ at the largest |z| to be expected and 1/4
    assert 0.22 < math.exp(np.mean(np.log(sigmoid_ratio)) / 9) < 0.25
    assert math.exp(np.mean(np.log(relu_ratio)) / 9) == pytest.approx(1, abs=0.06)


def test_equal_numbers_of_parameters():
    sizes = [deep_net("plain", 64, three_troubles.width_for(d), d, 10).size for d in three_troubles.GAP_DEPTHS]
    assert max(sizes) / min(sizes) < 1.05
    assert three_troubles.width_for(three_troubles.GAP_DEPTHS[1]) == three_troubles.GAP_WIDTH


def fake_troubles(factor=0.2, relu_factor=0.5, gap=5.0, rough=0.1, skip_rough=0.0, unscaled_rough=0.0):
    depths = np.array(three_troubles.RATIO_DEPTHS)
    spread = np.exp(SPREAD)
    gaps = np.linspace(0, gap, len(three_troubles.GAP_DEPTHS))[:, None] + SPREAD
    ramp = np.linspace(0, 1, len(three_troubles.RUGGED_DEPTHS))[:, None]

    def slices(top, ends=slice(None)):
        values = (ramp * top + 0.1 * SPREAD)[ends]
        return np.stack([values, values, np.full_like(values, 99.0)], axis=-1)

    return three_troubles.Measurement(
        ratio={
            "sigmoid": (factor ** (depths - 1.0))[:, None] * spread,
            "ReLU": (relu_factor ** (depths - 1.0))[:, None] * spread,
        },
        train={s: np.full_like(gaps, 100.0) for s in three_troubles.SIZINGS},
        test=dict.fromkeys(three_troubles.SIZINGS, 100 - gaps),
        rugged={
            ("plain", "spirals"): slices(rough),
            ("skip", "spirals"): slices(skip_rough),
            ("skip unscaled", "spirals"): slices(unscaled_rough, slice(-1, None)),
            ("plain", "moons"): slices(rough, [0, -1]),
        },
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "holds"),
        ({"relu_factor": 1.0}, "holds-if"),
        ({"gap": -1.0}, "holds-if"),
        ({"rough": 0.0}, "holds-if"),
        ({"factor": 1.0, "relu_factor": 1.0, "gap": 0.0, "rough": -0.1}, "does-not-hold"),
    ],
)
def test_three_troubles_verdict(changes, expected):
    assert verdict(three_troubles, fake_troubles(**changes)) == expected


@pytest.mark.parametrize(
    ("skip", "unscaled", "expected"),
    [
        (0.0, 0.0, "holds"),
        (0.0, 0.05, "holds-if"),
        (0.005, 0.005, "holds"),  # a tenth of the plain nets' 0.1 may be left
        (0.005, 0.02, "holds-if"),
        (0.05, 0.05, "does-not-hold"),
        (0.2, 0.2, "does-not-hold"),
    ],
)
def test_skip_smooths_verdict(skip, unscaled, expected):
    m = fake_troubles(rough=0.1, skip_rough=skip, unscaled_rough=unscaled)
    assert verdict(skip_smooths, m) == expected


def test_gap_runs_are_repeatable_and_paired():
    first, other = three_troubles.accuracies([("width", 1, 4, 1), ("width", 1, 5, 1)])
    assert [first] == three_troubles.accuracies([("width", 1, 4, 1)])
    assert first != other


# shattering


def same_side(lag, opposite):
    """Pairs of points `lag` apart that both lie on one side of 0 count 1, the others `opposite`."""
    n = shattering.POINTS
    return ((n - 2 * lag) + lag * opposite) / (n - lag)


@pytest.mark.parametrize(("depth", "opposite"), [(1, 0.0), (2, -1 / math.pi)])
def test_theory_without_biases_by_hand(depth, opposite):
    """One slope for x < 0, one for x > 0: independent behind one layer; behind two, E[relu′relu′ uu′] makes −1/π."""
    expected = [same_side(lag, opposite) for lag in shattering.LAGS]
    assert shattering.theory("no biases", depth) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("arm", ["plain", "skip", "notebook"])
def test_theory_meets_many_networks(arm):
    sums = np.array([shattering.one_seed((arm, 3, seed)) for seed in range(100)])
    k = shattering.LAGS.index(shattering.LAG)
    assert shattering.pooled(sums[:, k]) == pytest.approx(shattering.theory(arm, 3)[k], abs=0.05)


def test_kernel_derivatives_by_difference():
    """k(x, y) after one rectified layer, differentiated by small steps of x and y."""

    def kernel(x, y):
        q, p, k = 2 * x**2 + 1, 2 * y**2 + 1, 2 * x * y + 1
        c = k / math.sqrt(q * p)
        return math.sqrt(q * p) / math.pi * (math.sqrt(1 - c**2) + c * (math.pi - math.acos(c)))

    x, y, e = 0.7, -0.4, 1e-4
    mixed = (kernel(x + e, y + e) - kernel(x + e, y - e) - kernel(x - e, y + e) + kernel(x - e, y - e)) / (4 * e**2)
    points = np.array([x, y])
    k, k_x = 2 * np.outer(points, points) + 1, 2 * (0 * points[:, None] + points)
    found = shattering.rectified_kernel(2 * points**2 + 1, 4 * points, k, k_x, k_x.T, np.full((2, 2), 2.0))
    assert found[0][0, 1] == pytest.approx(kernel(x, y))
    assert found[1][0, 1] == pytest.approx((kernel(x + e, y) - kernel(x - e, y)) / (2 * e), rel=1e-6)
    assert found[3][0, 1] == pytest.approx(mixed, rel=1e-5)


def test_brown_noise_by_summing():
    n = shattering.POINTS
    for lag in (1, 16, 64):
        early, late = sum(range(1, n - lag + 1)), sum(range(lag + 1, n + 1))
        assert shattering.brown(np.array([lag]))[0] == pytest.approx(early / math.sqrt(early * late))


# three_links


def test_three_links():
    m = three_links.measure(seeds=range(2))
    assert m.largest() <= 1
    assert (m.chain <= 1).all()
    assert 80 < 100 * m.typical("slopes", "before").value < 100
    again = three_links.one_seed(1)
    assert again.slopes["after"] == pytest.approx(m.net[1].slopes["after"], rel=0.01)


def fake_links(slopes, links):
    def seed(k):
        both = {
            when: {"slopes": s, "links": li} for when, s, li in zip(("before", "after"), slopes, links, strict=True)
        }
        return three_links.Seed(
            slopes={when: np.full(5, v["slopes"] * math.exp(SPREAD[k])) for when, v in both.items()},
            links={when: np.full(5, v["links"] * math.exp(SPREAD[k])) for when, v in both.items()},
            accuracy=90.0,
        )

    return three_links.Measurement([seed(k) for k in range(20)], np.ones((2, 5)), np.ones((2, 5)))


@pytest.mark.parametrize(
    ("slopes", "links", "expected"),
    [
        ((0.01, 0.01), (0.01, 0.01), "holds"),
        ((0.9, 0.01), (0.01, 0.01), "holds-if"),
        ((0.9, 0.9), (0.9, 0.9), "does-not-hold"),
        ((0.01, 1.5), (0.01, 0.01), "does-not-hold"),  # beyond the bound
    ],
)
def test_three_links_verdict(slopes, links, expected):
    assert verdict(three_links, fake_links(slopes, links)) == expected


# frozen_layers


def test_frozen_is_training_with_the_early_steps_left_out(monkeypatch):
    monkeypatch.setattr(frozen_layers, "STEPS", 30)
    depth, eta, seed = 3, 2.0, 5
    rng = np.random.default_rng(seed)
    chosen = digits().drawn(frozen_layers.EXAMPLES, rng)
    sizes = [64, 32, 32, 32]
    layers = [layer for n, m in pairwise(sizes) for layer in (Dense(n, m, xavier_normal), Activation(sigmoid))]
    net = Network([*layers, Dense(32, 10, xavier_normal)])
    theta = net.init(rng)
    mask = np.zeros(net.size, dtype=np.float32)
    mask[64 * 32 + 32 + 32 * 32 + 32 :] = 1  # behind the first two hidden layers

    def masked(theta, grad, state):
        return sgd(theta, grad * mask, state, eta=eta)

    found = fit(net, theta, chosen.x, chosen.labels, optimizer=masked, steps=30, batch_size=50, rng=rng)
    expected = 100 * accuracy(net(found.theta, chosen.x_test)[0], chosen.labels_test)
    run = frozen_layers.Run("frozen", depth, eta, seed)
    test, loss, moved = frozen_layers.outcome(run)
    assert test == pytest.approx(expected, abs=0.5)
    assert loss == pytest.approx(found.history["loss"].mean(), rel=1e-3)
    assert moved == 0
    assert frozen_layers.outcome(replace(run, arm="trained"))[2] > 0


def test_runs_of_one_shape_are_trained_together(monkeypatch):
    """Each ends as it does alone; all frozen ones have the same two layers left, and one hidden layer is never frozen."""
    monkeypatch.setattr(frozen_layers, "STEPS", 40)
    runs = [frozen_layers.Run("frozen", depth, eta, seed) for depth, eta, seed in ((2, 2.0, 1), (4, 0.5, 2))]
    assert len({frozen_layers.shape(run) for run in runs}) == 1
    assert frozen_layers.outcomes_together(runs) == [frozen_layers.outcome(run) for run in runs]
    one = frozen_layers.Run("frozen", 1, 2.0, 3)
    assert frozen_layers.shape(one) == frozen_layers.shape(replace(one, arm="trained"))
    assert frozen_layers.outcome(one) == frozen_layers.outcome(replace(one, arm="trained"))
    assert frozen_layers.shape(runs[0]) != frozen_layers.shape(one)
    assert frozen_layers.outcome(replace(one, eta=1e38))[:2] == (10, float("inf"))


def fake_frozen(trained, frozen):
    shape = len(frozen_layers.DEPTHS)

    def rows(values):
        return np.array(values, dtype=float)[:, None] + SPREAD

    adam = rows([97] * shape)
    return frozen_layers.Measurement(
        accuracy={"trained": rows(trained), "frozen": rows(frozen), "adam": adam},
        moved={arm: np.ones((shape, 20)) for arm in frozen_layers.ARMS},
        eta=dict.fromkeys(frozen_layers.ARMS, (1.0,) * shape),
        patient={arm: rows([90])[0] for arm in frozen_layers.ARMS[:2]},
    )


@pytest.mark.parametrize(
    ("trained", "frozen", "expected"),
    [
        ([96, 10, 10, 10, 10], [96, 10, 10, 10, 10], "holds"),
        ([96, 95, 90, 10, 10], [96, 60, 20, 10, 10], "holds-if"),
        ([96, 97, 98, 98, 98], [96, 60, 20, 10, 10], "does-not-hold"),
    ],
)
def test_frozen_verdict(trained, frozen, expected):
    assert verdict(frozen_layers, fake_frozen(trained, frozen)) == expected


# linear_stack, unit_step


def test_collapse_by_hand():
    net = linear_stack.linear_net([1, 2, 1])
    theta = np.array([1.0, 2, 10, 20, 3, 4, 5])  # W₁ = (1 2), b₁ = (10 20), W₂ = (3 4)ᵀ, b₂ = 5
    W, b = linear_stack.collapse(net, theta)
    assert W.tolist() == [[11.0]]
    assert b.tolist() == [115.0]
    assert net(theta, np.array([[2.0]]))[0].tolist() == [[137.0]]


def test_linear_stack():
    m = linear_stack.measure(seeds=range(2))
    assert m.error.max() < 1e-12
    assert m.stacked == pytest.approx(m.one)
    assert np.abs(m.bent - m.one).max() > 0.1
    # a straight line stays straight, evenly spaced points stay so
    assert np.diff(m.stacked, n=2, axis=1) == pytest.approx(0, abs=1e-12)


def test_unit_step():
    share, gradient = unit_step.nudged("step", 0)
    assert gradient == 0
    assert share[0] == 0
    assert share[-1] > 50
    share, gradient = unit_step.nudged("sigmoid", 0)
    assert gradient > 0
    assert share.min() > 95
    test, moved, weights, _ = unit_step.learned("step", 0.5, 0)
    assert moved == 0
    assert weights == 64 * 32 + 32 * 32
    assert test > 20  # the last layer does learn


def test_unit_step_verdict():
    m = unit_step.measure(seeds=range(2))
    assert verdict(unit_step, m) == "holds"
    assert verdict(unit_step, replace(m, linear_error=1e-3)) == "does-not-hold"
    assert verdict(unit_step, replace(m, moved=m.moved | {"step": 1})) == "does-not-hold"
    assert verdict(unit_step, replace(m, largest_gradient=m.largest_gradient | {"step": 1e-9})) == "does-not-hold"
    assert verdict(unit_step, replace(m, largest_gradient=m.largest_gradient | {"sigmoid": 0.0})) == "does-not-hold"


def test_relu_nets_without_biases_have_one_slope_a_side():
    """Why the notebook's small biases hide shattering."""
    rng = np.random.default_rng(0)
    net = Network([Dense(1, 50, he_normal), Activation(relu), Dense(50, 50, he_normal), Activation(relu), Dense(50, 1, he_normal)])  # fmt: skip
    y, _ = net(net.init(rng, dtype=np.float64), np.array([[0.1], [1.0], [-0.1], [-1.0]]))
    assert y[1] == pytest.approx(10 * y[0])
    assert y[3] == pytest.approx(10 * y[2])
