"""Chapter 5, the choice of an activation and the gallery: the stack against deepgrad's layers, each verdict re-derived."""

from dataclasses import replace

import numpy as np
import pytest

from deepgrad import (
    Activation,
    BatchNorm,
    Dense,
    LayerNorm,
    Maxout,
    Network,
    PReLU,
    calibrate,
    elu,
    normal,
    selu,
    softmax_cross_entropy,
)
from gradbook.ch5_activations import choice, gallery, stacked, units
from gradbook.ch5_activations.stacked import Kind, Member, accuracies, forward, start
from gradbook.ch5_activations.units import Fitted

MEMBERS = (Member(3, Fitted("ReLU"), 0.1), Member(4, Fitted("tanh"), 0.05), Member(3, Fitted("SELU"), 0.01))
SOME = [("tanh", "none"), ("sigmoid", "batch"), ("SELU", "batch"), ("ReLU", "layer"), ("leaky ReLU", "layer"), ("PReLU", "none"), ("maxout", "none")]  # fmt: skip


def network(kind):
    """deepgrad's network of the same kind."""
    layers = []
    for k in range(kind.depth):
        fan_in = stacked.WIDTH if k else stacked.PIXELS
        if kind.activation == "maxout":
            layers.append(Maxout(fan_in, stacked.WIDTH, 2, normal(1)))
            continue
        layers.append(Dense(fan_in, stacked.WIDTH, normal(1)))
        if kind.normalization != "none":
            layers.append({"batch": BatchNorm, "layer": LayerNorm}[kind.normalization](stacked.WIDTH))
        layers.append(PReLU() if kind.activation == "PReLU" else Activation(units.ELEMENTWISE[kind.activation]))
    return Network([*layers, Dense(stacked.WIDTH, stacked.CLASSES, normal(1))])


def vector(net, layers, n, empty):
    """Network n of the stack as deepgrad's θ (or gradient)."""
    theta = np.full(net.size, empty)
    views, k = net.views(theta), 0
    for layer, view in zip(net.layers, views, strict=True):
        own = {name: values[n] for name, values in layers[k].items()}
        if isinstance(layer, Maxout):
            view["W"][:] = [own["W"][:, : stacked.WIDTH], own["W"][:, stacked.WIDTH :]]
            view["b"][:] = own["b"].reshape(2, -1)
        for name in view if not isinstance(layer, Maxout) else ():
            if name in own:
                view[name][:] = own[name].reshape(view[name].shape)
        k += isinstance(layer, Activation | PReLU | Maxout)
    return theta


def in_float64(kind):
    layers = start(kind, MEMBERS)
    rng = np.random.default_rng(9)  # γ, β, b and a away from where they start
    return [
        {name: v.astype(float) + (name != "W") * rng.uniform(0, 0.3, v.shape) for name, v in own.items()}
        for own in layers
    ]


@pytest.mark.parametrize(("name", "norm"), SOME)
def test_scores_and_gradients_are_those_of_deepgrads_network(name, norm):
    kind = Kind(name, 2, norm)
    layers, net = in_float64(kind), network(kind)
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(3, 7, stacked.PIXELS)), rng.integers(10, size=(3, 7))
    scores, back = forward(kind, layers, x)
    slopes = back(stacked.cross_entropy_slope(scores, labels))
    for n in range(3):
        own, own_back = net(vector(net, layers, n, -1.0), x[n], train=True, rng=rng)
        assert scores[n] == pytest.approx(own, abs=1e-9)
        gradient = own_back(softmax_cross_entropy(own, labels[n])[1]())
        assert vector(net, slopes, n, 0.0) == pytest.approx(gradient, abs=1e-9)


def test_a_gradient_by_finite_differences():
    kind = Kind("SELU", 2, "layer")
    layers, x = in_float64(kind), np.random.default_rng(1).normal(size=(3, 5, stacked.PIXELS))
    direction = np.random.default_rng(2).normal(size=(3, 5, stacked.CLASSES))
    slopes = forward(kind, layers, x)[1](direction)
    for k, name in ((0, "W"), (1, "gamma"), (1, "b"), (0, "beta")):
        place = (1, 0, 3)
        values = []
        for h in (1e-5, -1e-5):
            layers[k][name][place] += h
            values.append((forward(kind, layers, x)[0] * direction).sum())
            layers[k][name][place] -= h
        assert slopes[k][name][place] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5)


def test_batch_normalization_is_calibrated_as_deepgrad_does():
    kind = Kind("tanh", 2, "batch")
    layers, net = in_float64(kind), network(kind)
    rng = np.random.default_rng(1)
    x, x_test = rng.normal(size=(3, 50, stacked.PIXELS)), 2 + rng.normal(size=(3, 6, stacked.PIXELS))
    scores = stacked.test_scores(kind, layers, x, x_test)
    for n in range(3):
        theta = calibrate(net, vector(net, layers, n, -1.0), x[n])
        assert scores[n] == pytest.approx(net(theta, x_test[n])[0], abs=1e-9)


@pytest.mark.parametrize(("name", "other"), [("ELU", elu()), ("SELU", selu)])
def test_exponential_units_are_deepgrads(name, other):
    z = np.linspace(-6, 6, 1001)
    y, back = units.ELEMENTWISE[name](z)
    own, own_back = other(z)
    assert y == pytest.approx(own, abs=1e-12)
    assert back(np.ones_like(z)) == pytest.approx(own_back(np.ones_like(z)), abs=1e-12)


def test_a_step_goes_down_the_gradient_by_each_networks_own_rate():
    kind = Kind("ReLU", 1)
    before, after = start(kind, MEMBERS), stacked.train(kind, MEMBERS, 1)
    for n, member in enumerate(MEMBERS):
        rows = np.random.default_rng([member.seed, 53]).permutation(stacked.EXAMPLES)[: stacked.BATCH]
        split = stacked.prepared(member.seed)
        net = network(kind)
        theta = vector(net, before, n, 0.0)
        scores, back = net(theta, split.x[rows].astype(float))
        step = member.eta * back(softmax_cross_entropy(scores, split.labels[rows])[1]())
        assert vector(net, after, n, 0.0) == pytest.approx(theta - step, abs=1e-6)


def test_a_network_does_not_notice_its_neighbors_not_even_one_that_diverges():
    calm, wild = Member(3, Fitted("ReLU"), 0.1), Member(4, gallery.Drawn("1"), 1e6)
    kind = Kind("ReLU", 3)
    alone, both = accuracies(kind, [calm], 30), accuracies(kind, [wild, calm, calm], 30)
    assert np.isnan(both[0])
    assert both[1] == both[2] == pytest.approx(alone[0], abs=1)
    assert alone[0] > 40


def test_pixels_have_mean_square_1_and_no_mean():
    split = stacked.prepared(5)
    assert np.abs(split.x.mean(axis=0)).max() < 1e-5
    assert (split.x**2).mean() == pytest.approx(1, abs=1e-5)


def test_gains_keep_the_variance_and_chi_is_what_happens_to_the_gradient():
    assert units.gain("ReLU") == pytest.approx(2)
    assert units.gain("SELU") == pytest.approx(1)
    assert units.chi("ReLU") == pytest.approx(1)
    z = np.random.default_rng(0).normal(size=400_000)  # σ − ½ is half of tanh(z / 2)
    expected = np.sqrt((np.cosh(z / 2) ** -4.0).mean() / 4 / (np.tanh(z / 2) ** 2).mean())
    assert units.chi("sigmoid", centered=True) == pytest.approx(expected, rel=0.01)
    rng = np.random.default_rng(0)
    for name in choice.ACTIVATIONS:  # by drawing: one wide layer, forth and back
        layer = {"a": np.full((1, 1, 1), units.SLOPE)}
        pieces = 2 if name == "maxout" else 1
        h, pull = units.activate(name, rng.normal(size=(1, 2000, pieces * stacked.WIDTH)), layer)
        assert units.gain(name) * (h**2).mean() == pytest.approx(1, abs=0.03)
        dz, _ = pull(np.ones_like(h))
        assert units.gain(name) * (dz**2).sum() / h.size == pytest.approx(units.chi(name) ** 2, abs=0.03)


# the claim


def table(effect, seeds=20, noise=0.5):
    rng = np.random.default_rng(0)
    return 90 + np.asarray(effect) + rng.normal(size=(seeds, 1)) + noise * rng.normal(size=(seeds, len(effect)))


def measured(shallow, deep, common=0.0):
    n = len(choice.ACTIVATIONS)
    effects = {
        ("shallow", "own"): shallow,
        ("deep", "own"): deep,
        ("shallow", "common"): 0.0,
        ("deep", "common"): common,
    }
    test = {where: table([-size, *[0.0] * (n - 1)]) for where, size in effects.items()}
    return choice.Measurement(test, {(d, name): 0.1 for d in choice.DEPTHS for name in choice.ACTIVATIONS})


@pytest.mark.parametrize(
    ("sizes", "verdict"),
    [((3, 3, 0), "holds"), ((0, 3, 0), "holds-if"), ((3, 0, 0), "holds-if"), ((0, 0, 3), "holds-if"),
     ((0, 0, 0), "does-not-hold"), ((0.7, 0.7, 0.7), "does-not-hold")],
)  # fmt: skip
def test_verdict_of_5_1(sizes, verdict):
    (claim,) = choice.judge(measured(*sizes))
    assert (claim.id, claim.verdict) == ("5.1", verdict)


def test_shares_of_a_table_whose_parts_are_known():
    activation, seed = np.array([0.0, 2.0, 4.0]), np.array([[0.0], [1.0], [0.0], [1.0]])
    found = choice.shares(activation + seed)  # variances with n − 1: 4 and 1/3, and nothing left
    assert found == pytest.approx([12 / 13, 1 / 13, 0])
    corners = np.array([[3.0, -3.0], [1.0, -1.0]])  # ±2 for the activation, ±1 for what only happens at a corner
    assert choice.shares(corners) == pytest.approx([0.6, 0, 0.4])  # 8 − 4/2 and 4
    noise = np.random.default_rng(0).normal(size=(400, 300))
    large = choice.shares(
        2 * np.random.default_rng(1).normal(size=300) + np.random.default_rng(2).normal(size=(400, 1)) + noise
    )
    assert large == pytest.approx([4 / 6, 1 / 6, 1 / 6], abs=0.06)
    assert choice.shares(noise)[2] > 0.98
    with pytest.raises(ValueError, match="all values are equal"):
        choice.shares(np.ones((3, 3)))


def test_gain_over_relu_is_paired():
    m = measured(0, 2)
    where = choice.ACTIVATIONS.index("ReLU")
    own = m.test["deep", "own"]
    shifted = replace(m, test=m.test | {("deep", "own"): own + 5 * np.arange(len(own))[:, None]})
    assert shifted.gain("deep", "own", "tanh").low == pytest.approx(m.gain("deep", "own", "tanh").low)
    assert m.gain("deep", "own", "sigmoid").value == pytest.approx((own[:, 0] - own[:, where]).mean())


# the gallery


def filled(value):
    cells = [
        (n, a, i, e)
        for n in gallery.NORMALIZATIONS
        for a in gallery.ACTIVATIONS
        for i in gallery.INITS
        for e in gallery.RATES
    ]
    return gallery.Measurement({cell: np.asarray(value, float) for cell in cells})


def test_cells_as_printed():
    m, cell = filled([80, 90, np.nan, 95, 93]), ("none", "ReLU", "He", 0.1)
    assert gallery.shown(m, cell) == "90 (10–95)"
    assert gallery.shown(filled([np.nan, np.nan, np.nan, 95, 93]), cell) == "†"
    assert gallery.shown(filled([9.8, 10.2, 10, 10, 10]), cell) == "10"
    assert len({gallery.key(c) for c in m.test}) == len(m.test) == 180


def test_counts_of_good_cells():
    m = filled([80, 80, 80])
    one = replace(m, test=m.test | {("none", "ReLU", "He", 0.1): np.array([10.0, 10.0, 95.0])})
    said = gallery.numbers(one)
    assert (said["good_none"].en, said["good_batch"].en) == ("59/60", "60/60")
    assert (said["good_relu"].en, said["good_leaky_relu"].en) == ("35/36", "36/36")
    assert (said["good_he"].en, said["good_1"].en, said["good_rate_01"].en, said["good_rate_1"].en) == (
        "44/45",
        "45/45",
        "59/60",
        "60/60",
    )


def test_weights_are_drawn_as_named():
    for init, std in (("0.01", 0.01), ("Xavier", 1 / 8), ("He", 2**0.5 / 8), ("1", 1.0)):
        layers = start(Kind("ReLU", 1), [Member(0, gallery.Drawn(init), 0.1)])
        assert layers[0]["W"].std() == pytest.approx(std, rel=0.05)
