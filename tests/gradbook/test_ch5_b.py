"""Chapter 5, saturation: slopes by rational arithmetic, the neuron step by step, watched networks one by one, verdicts."""

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad

from deepgrad import adam, sgd, softmax_cross_entropy
from gradbook.ch5_activations import leaving_saturation, never_zero, saturating_nets, tanh_saturates, wrong_neuron
from gradbook.data import digits

# never zero


@pytest.mark.parametrize("z", [-20.0, -3.0, 0.0, 0.5, 10.0])
def test_slopes_are_those_of_differences_in_many_digits(z):
    """σ and tanh by rational arithmetic on a series of e^x, so that the difference quotient loses nothing."""

    def exp(x):
        total = term = Fraction(1)
        for k in range(1, 140):
            term = term * x / k
            total += term
        return total

    def sigmoid(x):
        return 1 / (1 + exp(-x))

    def tanh(x):
        up, down = exp(x), exp(-x)
        return (up - down) / (up + down)

    h, x = Fraction(1, 10**7), Fraction(z)
    for name, f in (("sigmoid", sigmoid), ("tanh", tanh)):
        difference = float((f(x + h) - f(x - h)) / (2 * h))
        assert never_zero.exact(name, np.array([z]))[0] == pytest.approx(difference, rel=1e-9)


def test_the_tail_is_what_the_slope_comes_close_to():
    z = np.array([-18.0, 12.0])
    for name in ("sigmoid", "tanh"):
        assert never_zero.tail(name, z) == pytest.approx(never_zero.exact(name, z), rel=2e-5)


@pytest.mark.parametrize(("kind", "digits_kept"), [("float16", 11), ("float32", 24), ("float64", 53)])
def test_zeros_lie_where_the_number_formats_put_them(kind, digits_kept):
    assert never_zero.first_zero("sigmoid", kind, 1) == pytest.approx(digits_kept * math.log(2), abs=0.02)
    largest = float(np.finfo(kind).max)
    assert never_zero.first_zero("sigmoid", kind, -1) == pytest.approx(math.log(largest), abs=0.02)


def test_verdict_of_5_2_follows_the_zeros():
    m = never_zero.measure()
    assert never_zero.judge(m)[0].verdict == "holds-if"
    assert [key for key, slope in m.there.items() if slope == 0] == [("float16", 1)]
    assert never_zero.judge(replace(m, there=dict.fromkeys(m.there, 0.0)))[0].verdict == "holds"
    assert never_zero.judge(replace(m, there=dict.fromkeys(m.there, 1e-5)))[0].verdict == "does-not-hold"


# one neuron


def by_hand(way, z, eta):
    """Steps to z ≤ 0, with the loss's derivative by differences in plain Python."""

    def loss(w, b):
        y = 1 / (1 + math.exp(-(w + b)))
        return y * y / 2 if way == "squared" else -math.log1p(-y)

    w = b = z / 2
    steps, h = 0, 1e-5
    while w + b > 0:
        slope = (loss(w + h, b) - loss(w - h, b)) / (2 * h)
        w, b, steps = w - eta * slope, b - eta * slope, steps + 1
    return steps


@pytest.mark.parametrize("way", ["squared", "cross"])
def test_a_neuron_takes_the_steps_counted_by_hand(way):
    for z in (1.0, 4.2, 6.3):
        assert wrong_neuron.steps_back(way, np.array([z]))[0] == by_hand(way, z, wrong_neuron.ETA[way])


@pytest.mark.parametrize("way", ["squared", "cross"])
def test_the_time_is_the_integral(way):
    for z in (0.7, 5.0, 10.0):
        time, _ = quad(lambda u: 1 / (2 * wrong_neuron.ETA[way] * wrong_neuron.pull(way, u)), 0, z, epsrel=1e-10)
        assert wrong_neuron.flow_time(way, z) == pytest.approx(time, rel=1e-8)


def test_float32_is_stuck_with_squared_error_and_not_with_cross_entropy():
    start = np.array([wrong_neuron.STUCK], np.float32)
    assert np.isinf(wrong_neuron.steps_back("squared", start, limit=500)).all()
    assert wrong_neuron.steps_back("cross", start, limit=500)[0] < 25
    assert wrong_neuron.steps_back("squared", np.array([3.0, 50.0]), limit=500).tolist() == [32.0, math.inf]


# networks


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_edge_is_where_the_slope_is_that_part_of_its_top(name):
    z = saturating_nets.edge(name)
    assert never_zero.exact(name, np.array([z]))[0] == pytest.approx(
        saturating_nets.PART * saturating_nets.TOPS[name], rel=1e-12
    )


@pytest.fixture(scope="module")
def small():
    """Two seeds of saturated sigmoids in few steps, watched."""
    patch = pytest.MonkeyPatch()
    patch.setattr(saturating_nets, "STEPS", 6)
    patch.setattr(saturating_nets, "LOOKS", (0, 2, 6))
    yield {o: saturating_nets.watch(("sigmoid", "one", o, (3, 4))) for o in saturating_nets.OPTIMIZERS}
    patch.undo()


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_watched_networks_are_single_networks_watched_one_by_one(small, optimizer):
    data, net = digits(), saturating_nets.network("sigmoid", "one")
    step = partial({"SGD": sgd, "Adam": adam}[optimizer], eta=saturating_nets.RATES[optimizer][1])
    theta = start = net.init(np.random.default_rng([4, 52]))
    state, rng, flats = None, np.random.default_rng([4, 77]), []
    for t in range(7):
        hs, _ = net.trace(theta, data.x[: saturating_nets.IMAGES])
        if t in (0, 2, 6):
            h = np.stack([hs[k] for k in (2, 4, 6)])
            flats.append(4 * h * (1 - h) < 0.04)
        if t < 6:
            rows = rng.choice(len(data.x), saturating_nets.BATCH, replace=False)
            y, back = net(theta, data.x[rows])
            theta, state = step(theta, back(softmax_cross_entropy(y, data.labels[rows])[1]()), state)
    got = small[optimizer]
    assert got.share[1, 1] == pytest.approx(100 * np.mean(flats, axis=(2, 3)), abs=0.05)
    both = flats[0] & flats[1] & flats[2]
    assert got.kept[1, 1, -1] == pytest.approx(100 * both.sum() / flats[0].sum(), abs=0.1)
    assert got.always[1, 1] == flats[0].all(axis=1).sum()
    way, n = [], 0
    for fan_in in (64, 32, 32):
        gone = (theta - start)[n : n + fan_in * 32].reshape(fan_in, 32)
        length = np.sqrt((gone.astype(float) ** 2).mean(axis=0))
        way.append(length / np.median(length))
        n += fan_in * 32 + 32
    share = flats[0].mean(axis=1)
    assert got.moved[1, 1, 0] == pytest.approx(np.stack(way)[share < 0.25].mean(), rel=1e-3)
    assert got.moved[1, 1, 4] == pytest.approx(np.stack(way)[share == 1].mean(), rel=1e-2)


def test_a_share_by_theory_is_that_of_a_wide_layer():
    rng, x = np.random.default_rng(0), digits().x[:200]
    z = x @ rng.normal(size=(64, 4000))
    share = 100 * (np.abs(z) > saturating_nets.edge("tanh")).mean()
    assert tanh_saturates.expected("tanh", "one")[0] == pytest.approx(share, abs=1.5)


def kept_and_moved(kept, moved):
    """A watched setting of one rate and four seeds with these shares kept and these ratios."""
    some = np.array([[0.99, 1.0, 1.01, 1.0]])
    ways = np.ones((1, 4, 5))
    ways[..., -1] = moved * some
    return saturating_nets.Watched(
        np.zeros((1, 4, 2, 3)), np.zeros((1, 4, 2, 3)), np.zeros((1, 4, 2, 3)), (kept * some)[..., None],
        (kept * some)[..., None], ways, np.ones((1, 4)), np.zeros((1, 4)), 50 * some,
    )  # fmt: skip


def test_verdict_of_5_3_follows_the_networks(monkeypatch):
    def verdict(*runs):
        m = leaving_saturation.Measurement(dict(zip(leaving_saturation.KINDS, runs, strict=True)))
        return leaving_saturation.judge(m)[0].verdict

    stopped, going = kept_and_moved(97, 0.01), kept_and_moved(97, 0.8)
    assert verdict(stopped, stopped, stopped, stopped) == "holds"
    assert verdict(going, going, going, going) == "holds-if"  # the single neuron
    monkeypatch.setattr(leaving_saturation, "SLOWER", 1e9)
    assert verdict(going, stopped, going, going) == "holds-if"
    assert verdict(going, going, kept_and_moved(60, 0.01), going) == "does-not-hold"
    assert leaving_saturation.Measurement({("tanh", "SGD"): going}).moved(("tanh", "SGD")).value == pytest.approx(
        0.8, 1e-3
    )


def test_verdict_of_5_7_follows_mean_and_share():
    def made(tanh_mean, share):
        noise = np.array([-0.01, 0.0, 0.01])[:, None, None] * np.ones((3, 2, 3))
        kinds = tanh_saturates.KINDS
        shares = {k: noise + (share if k == ("tanh", "one") else 0.0) for k in kinds}
        means = {k: noise + (tanh_mean if k[0] == "tanh" else 0.5) for k in kinds}
        rest = {k: np.ones(3) for k in kinds}
        return tanh_saturates.Measurement(shares, means, means, rest, rest, dict.fromkeys(kinds, 0.1))

    assert tanh_saturates.judge(made(0.0, 60))[0].verdict == "holds"
    assert tanh_saturates.judge(made(0.3, 60))[0].verdict == "holds-if"
    assert tanh_saturates.judge(made(0.0, 1))[0].verdict == "holds-if"
    assert tanh_saturates.judge(made(0.3, 1))[0].verdict == "does-not-hold"
