"""Chapter 5, what exp, ReLU, leaks and maxouts cost and bring: against what is known independently."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from deepgrad import (
    Activation,
    Dense,
    Maxout,
    Network,
    elu,
    he_normal,
    leaky_relu,
    lecun_normal,
    relu,
    sigmoid,
    softmax_cross_entropy,
    tanh,
)
from gradbook.ch4_big_picture import many_nets
from gradbook.ch5_activations import (
    clocked,
    counted,
    exp_cost,
    half_gone,
    half_planes,
    leak_gain,
    leak_revival,
    maxout_union,
)
from gradbook.sweep import alone

# exp


@pytest.fixture(scope="module")
def cost():
    return exp_cost.measure()


def test_the_written_out_functions_are_those_of_deepgrad():
    z = np.linspace(-8, 8, 401)
    forward = counted.forwards(11)
    assert forward["exp"](z) == pytest.approx(np.exp(z), rel=1e-12)
    for name, f in {
        "sigmoid": sigmoid,
        "tanh": tanh,
        "ELU": elu(),
        "ReLU": relu,
        "leaky ReLU": leaky_relu(0.01),
    }.items():
        y, back = f(z)
        assert forward[name](z) == pytest.approx(y, abs=1e-11)
        assert counted.BACKWARDS[name](y, 0.5 + z**2) == pytest.approx(back(0.5 + z**2), abs=1e-11)


def test_operations_counted_by_hand():
    """exp: 2 to find k, 4 for r, a product and a sum for each degree, 2 for the power of two."""
    for degree in (3, 7):
        assert counted.operations(counted.forwards(degree)["exp"]) == 2 + 4 + 2 * degree + 2
    assert counted.operations(lambda z: 3 * z - 2 / z + (-z) ** 2) == 6
    assert [counted.operations(counted.BACKWARDS[name], 2) for name in ("ReLU", "sigmoid", "tanh")] == [2, 3, 3]


def test_the_degree_is_the_lowest_that_float32_cannot_tell_from_exp(cost):
    r = np.log(2) / 2
    for degree, error in zip(exp_cost.DEGREES, cost.error, strict=True):
        cut_off = r ** (degree + 1) / np.prod(np.arange(1, degree + 2))  # the first term left out
        assert error < 1.8 * cut_off + 1.2e-7  # e^r is at least 1/√2
        assert error > 0.9 * cut_off or cut_off < 1e-6
    assert cost.error[cost.degree - exp_cost.DEGREES[0]] <= 2**-23 < cost.error[cost.degree - exp_cost.DEGREES[0] - 1]


def test_shares_of_a_layer(cost):
    assert cost.share("ReLU", 8) == pytest.approx(100 / 17)
    assert cost.share("ReLU", 8, back=True) == pytest.approx(100 / 17)  # three times as much of both
    for back in (False, True):
        width = cost.wide_enough("sigmoid", back)
        assert cost.share("sigmoid", width, back) <= 5 < cost.share("sigmoid", width - 1, back)
    assert cost.clock is None


@pytest.mark.parametrize(("exp", "sigmoid", "verdict"), [(22, 25, "holds-if"), (4, 25, "does-not-hold"),
                                                         (22, 500, "holds"), (22, 0, "does-not-hold")])  # fmt: skip
def test_the_verdict_on_exp(cost, exp, sigmoid, verdict):
    (claim,) = exp_cost.judge(replace(cost, forward=cost.forward | {"exp": exp, "sigmoid": sigmoid}))
    assert (claim.id, claim.verdict) == ("5.6", verdict)


def test_the_clock_takes_turns_and_medians(monkeypatch):
    ticks = iter(np.cumsum([0, 9, 0, 9] * 2 + [0, 1, 0, 2] + [0, 7, 0, 4] + [0, 3, 0, 2]))  # begun, ended of a and b
    monkeypatch.setattr(clocked, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    order = []
    found = clocked.medians({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert found == {"a": 3.0, "b": 2.0}
    assert order == ["a", "b"] * 5


def test_what_is_clocked_can_be_told(monkeypatch, cost):
    found = clocked.Clocked({"ReLU": 1.0, "exp": 3.21}, {"ReLU": 1.0}, [0.5] * 6, [0.25] * 6, 9)
    told = exp_cost.clock_numbers(replace(cost, clock=found))
    assert told["ratio_exp"].en == "3.2"
    assert told["sigmoid_8"].en == "50"
    assert told["relu_4096"].en == "25"
    real = clocked.clocked((2, 4), repeats=3)
    assert all(0 < share < 1 for share in real.sigmoid + real.relu)
    assert real.forward["ReLU"] == real.both["ReLU"] == 1


# the networks


def test_a_maxout_of_halves_is_the_layer_maxout():
    """The same weights in both, and the same loss: outputs and gradients agree."""
    kind = half_planes.Kind(maxout=True, width=5)
    net = kind.network()
    twin = Network([Maxout(64, 5, 2, lecun_normal), Maxout(5, 5, 2, lecun_normal), Maxout(5, 5, 2, lecun_normal),
                    Dense(5, 10, he_normal)])  # fmt: skip
    assert net.size == twin.size
    theta = net.init(np.random.default_rng(0), dtype=np.float64)
    other = np.empty_like(theta)
    for layer, params in zip([0, 2, 4, 6], twin.views(other), strict=True):
        own = net.views(theta)[layer]
        params["W"][...] = own["W"] if layer == 6 else np.stack(np.split(own["W"], 2, axis=1))
        params["b"][...] = own["b"] if layer == 6 else own["b"].reshape(2, 5)
    x, labels = np.random.default_rng(1).normal(size=(30, 64)), np.arange(30) % 10
    y, back = net(theta, x)
    z, back_twin = twin(other, x)
    assert y == pytest.approx(z)
    gradient, of_twin = (way(softmax_cross_entropy(y, labels)[1]()) for way in (back, back_twin))
    for layer, params in zip([0, 2, 4], twin.views(of_twin), strict=False):
        assert np.stack(np.split(net.views(gradient)[layer]["W"], 2, axis=1)) == pytest.approx(params["W"])


def test_one_step_by_hand():
    theta, state = half_planes.slowing(np.float32([1.0]), np.float32([2.0]), None, eta=0.25)
    assert (theta[0], state) == (0.5, 1)
    last, _ = half_planes.slowing(theta, np.float32([2.0]), half_planes.STEPS - 1, eta=0.25)
    assert theta[0] - last[0] == pytest.approx(0.5 / half_planes.STEPS, rel=1e-4)


def test_dead_and_one_sided_units():
    z = np.array([[-1.0, 1.0, -1.0], [-2.0, 3.0, 4.0]])
    dead, one_sided = half_planes.used_slopes(half_planes.RELU, z)
    assert (dead.tolist(), one_sided.tolist()) == ([True, False, False], [True, True, False])
    dead, one_sided = half_planes.used_slopes(half_planes.LEAKY, z)
    assert (dead.any(), one_sided.tolist()) == (False, [True, True, False])
    pieces = np.array([[0.0, 1.0, 5.0, -1.0], [0.0, 9.0, 3.0, 2.0]])  # two units: first pieces 0 and 1, second 5 and −1
    dead, one_sided = half_planes.used_slopes(half_planes.MAXOUT, pieces)
    assert (dead.any(), one_sided.tolist()) == (False, [True, True])
    pieces[1, 2] = -3
    assert half_planes.used_slopes(half_planes.MAXOUT, pieces)[1].tolist() == [False, True]


def test_the_rate_is_chosen_by_the_mean():
    right = np.array([[50.0, 90.0], [80.0, 70.0], [80.0, 75.0]])
    empty = np.zeros((3, 2))
    found = half_planes.Outcome(right, empty, empty, empty, empty, empty, empty, empty)
    assert half_planes.tuned(found).tolist() == [90, 70, 75]
    assert half_planes.tuned(replace(found, dead=right[::-1])).tolist() == [90, 70, 75]
    assert half_planes.tuned(replace(found, dead=right[::-1]), "dead").tolist() == [75, 70, 90]


def test_kept_variance():
    """He's weights keep E[f²] n v = 1 for a ReLU; a maxout needs half of that, since E[max(z₁, z₂)²] = 1."""
    z = np.random.default_rng(0).normal(size=(200_000, 2))
    assert (half_planes.larger_half(z)[0] ** 2).mean() == pytest.approx(1, abs=0.02)
    larger = half_planes.larger_half(z)[0]
    assert larger.mean() / larger.std() == pytest.approx(half_gone.LEAN, abs=0.01)  # the same for both
    rectified = relu(z)[0]
    assert rectified.mean() / rectified.std() == pytest.approx(half_gone.LEAN, abs=0.01)


@pytest.fixture(scope="module")
def found():
    """Short, and all in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(half_planes, "STEPS", 8)
        patch.setattr(half_planes, "sweep", lambda one, settings: [alone(one, setting) for setting in settings])
        yield half_planes.outcomes(seeds=range(3))


def test_outcomes(found):
    assert set(found) == set(half_planes.KINDS)
    for kind, one in found.items():
        assert one.right.shape == (3, len(half_planes.ETAS))
        assert one.zero.shape == (3, len(half_planes.ETAS), half_planes.DEPTH)
        assert (one.dead <= one.one_sided).all()
        if kind != half_planes.RELU:
            assert one.dead.max() == 0
    start = found[half_planes.RELU]
    assert start.zero_start.mean() == pytest.approx(50, abs=6)
    assert (found[half_planes.MAXOUT].zero_start == 0).all()


def test_a_network_that_burst_is_told(found):
    net, data = half_planes.RELU.network(), half_planes.split(0)
    theta = net.init(np.random.default_rng(0))
    whole = half_planes.look(net, half_planes.RELU, theta, data)
    theta[3] = np.inf
    assert (whole[3], half_planes.look(net, half_planes.RELU, theta, data)[3]) == (0, 100)


# verdicts


def outcome(right, dead=0.0, lean=0.5, zero=40.0):
    """Three seeds, as many rates as there are; `right` and `dead` by rate."""
    noise = np.array([[-0.1], [0.0], [0.1]])
    rates = len(half_planes.ETAS)
    plain = np.zeros((3, rates)) + noise
    layers = np.zeros((3, rates, half_planes.DEPTH)) + noise[:, None]
    return half_planes.Outcome(
        plain + right, np.zeros((3, rates)) + dead, np.zeros((3, rates)) + dead, np.zeros((3, rates)),
        layers + zero, layers / 10 + lean, layers[:, 0] + zero, layers[:, 0] / 10 + lean,
    )  # fmt: skip


BY_RATE = np.array([90.0, 95.0, 80.0, 40.0])


def leaky_measurement(at_last, dead=0.0):
    kinds = {
        half_planes.Kind(leak): outcome(BY_RATE + np.array([0, 0, 0, at_last]), dead) for leak in half_planes.LEAKS[1:]
    }
    return leak_gain.Measurement(kinds | {half_planes.RELU: outcome(BY_RATE, [0, 5, 10, 30])})


@pytest.mark.parametrize(("at_last", "dead", "verdict"), [(5.0, 0.0, "holds"), (0.0, 0.0, "holds-if"),
                                                          (-5.0, 0.0, "holds-if"), (5.0, 1.0, "does-not-hold")])  # fmt: skip
def test_the_verdict_on_leaks(at_last, dead, verdict):
    m = leaky_measurement(at_last, dead)
    assert m.killing == 3
    assert m.gain(0.01, killing=True).value == pytest.approx(at_last)
    assert m.gain(0.01, killing=False).value == pytest.approx(0)
    (claim,) = leak_gain.judge(m)
    assert (claim.id, claim.verdict) == ("5.12", verdict)


def test_the_killing_rate_is_the_highest_if_none_kills():
    m = leaky_measurement(0.0)
    assert replace(m, found=m.found | {half_planes.RELU: outcome(BY_RATE, [0, 1, 2, 3])}).killing == 3
    assert replace(m, found=m.found | {half_planes.RELU: outcome(BY_RATE, [0, 20, 2, 90])}).killing == 1


def test_the_verdicts_on_relu(monkeypatch):
    monkeypatch.setattr(half_gone, "recall", lambda _, seeds: {half_planes.RELU: outcome(BY_RATE)})
    m = half_gone.measure()
    assert (m.smallest, m.below) == (1, 0)
    assert m.others["sigmoid"] == pytest.approx(np.exp(-10) / (1 + np.exp(-10)) ** 2)
    assert [claim.verdict for claim in half_gone.judge(m)] == ["holds", "holds"]
    assert half_gone.judge(replace(m, smallest=0.99))[0].verdict == "does-not-hold"
    assert half_gone.judge(replace(m, cost=m.cost | {"tanh": 0}))[0].verdict == "does-not-hold"
    assert half_gone.judge(replace(m, found=outcome(BY_RATE, lean=0.0)))[1].verdict == "holds-if"
    assert half_gone.judge(replace(m, below=0.1, found=outcome(BY_RATE, lean=0.0)))[1].verdict == "does-not-hold"


def test_the_verdict_on_maxout(monkeypatch):
    kinds = {kind: outcome(BY_RATE) for kind in half_planes.KINDS}
    monkeypatch.setattr(maxout_union, "recall", lambda _, seeds: kinds)
    m = maxout_union.measure()
    assert m.off == pytest.approx({"ReLU": 0, "1/128": 0, "0.01": 0, "|z|": 0}, abs=1e-12)
    assert m.off["0.01"] > 0
    assert maxout_union.contains(m)
    assert m.ratio == 2
    verdicts = [
        maxout_union.judge(one)[0].verdict
        for one in (
            m,
            replace(m, found=kinds | {half_planes.MAXOUT: outcome(BY_RATE, lean=0.1)}),
            replace(m, found=kinds | {half_planes.MAXOUT: outcome(BY_RATE, dead=1.0)}),
            replace(m, off=m.off | {"ReLU": 1e-16}),
            replace(m, ratio=3.0),
        )
    ]
    assert verdicts == ["holds-if", "holds", "does-not-hold", "does-not-hold", "does-not-hold"]


# units that come back


def test_half_of_the_units_begin_off():
    x = half_planes.digits().x
    start = leak_revival.NET.init(np.random.default_rng(0))
    theta = leak_revival.asleep(start, x)
    assert (theta != start).sum() == leak_revival.WIDTH // 2
    first = leak_revival.NET.views(theta)[0]
    highest = (x @ first["W"] + first["b"]).max(axis=0)
    assert highest[::2] == pytest.approx(-leak_revival.MARGIN, abs=1e-5)
    assert (highest[1::2] > 0).mean() > 0.5
    assert leak_revival.nearest(theta, x) == pytest.approx(highest[::2])


def test_each_network_is_walked_with_its_own_leak():
    """One step of the array of networks against one step of each, with deepgrad's leaky ReLU."""
    x, labels = half_planes.digits().x[:32], half_planes.digits().labels[:32]
    start = leak_revival.NET.init(np.random.default_rng(0)).astype(np.float64)
    theta = np.stack([[start] * len(leak_revival.LEAKS)])
    y, back = many_nets.forward(leak_revival.NET, theta, x[None, None].astype(np.float64))
    gradients = back(many_nets.cross_entropy_slope(y, labels[None, None]))[0]
    for leak, gradient in zip(leak_revival.LEAKS, gradients, strict=True):
        f = leaky_relu(leak) if leak else relu
        net = Network(
            [Dense(64, leak_revival.WIDTH, he_normal), Activation(f), Dense(leak_revival.WIDTH, 10, he_normal)]
        )
        scores, back_one = net(start, x.astype(np.float64))
        assert gradient == pytest.approx(back_one(softmax_cross_entropy(scores, labels)[1]()), abs=1e-6)


def test_revival(monkeypatch):
    monkeypatch.setattr(leak_revival, "LOOKS", (1, 3))
    m = leak_revival.measure(range(2))
    assert m.z.shape == (2, 2, len(leak_revival.LEAKS), leak_revival.WIDTH // 2)
    assert m.moved[:, 0] == pytest.approx(0, abs=1e-5)  # ReLU: no gradient, no move
    first = m.moved[0]
    assert first[4] / first[3] == pytest.approx(0.1 / 0.03, rel=0.1)  # the first step goes with the leak
    up = replace(m, z=np.ones_like(m.z))
    assert (up.back == 100).all()
