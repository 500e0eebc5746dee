"""Chapter 3, claim 3.12: the optimizers' listings, measurements against closed forms, each verdict re-derived."""

import ast
import inspect
import re
from dataclasses import replace
from functools import partial
from html import unescape

import numpy as np
import pytest

from deepgrad import (
    Activation,
    Dense,
    Network,
    adagrad,
    adam,
    central_difference,
    fit,
    he_normal,
    momentum,
    nesterov,
    relu,
    rmsprop,
    sgd,
    softmax_cross_entropy,
)
from gradbook.ch3_weights import (
    descent,
    descent_paths,
    descent_rates,
    momentum_map,
    optimizers_digits,
    sgd_zigzag,
    stretched_bowls,
)
from gradbook.ch3_weights.bowl import BOWL, RATES, Bowl, Search, Trip, arrival, descend, polyak, search, trip
from gradbook.data import digits
from gradbook.page import Page

OPTIMIZERS = [sgd, momentum, nesterov, adagrad, rmsprop, adam]


def shown(function, **options):
    """The source that the page's listing shows."""
    code = re.search(r"<code>(?!deepgrad)(.*)</code>", Page("en", 3).listing(function, **options).markup, re.S)[1]
    return unescape(re.sub(r"<[^>]+>", "", code))


@pytest.mark.parametrize("function", OPTIMIZERS)
def test_an_optimizers_listing_is_its_source_in_twenty_lines(function):
    source = inspect.getsource(function)
    assert shown(function) == source
    short = shown(function, docstring=False)
    assert len(short.splitlines()) <= 20
    told = re.search(r'\n    """.*?"""', source, re.S)[0]
    assert short == source.replace(told, "")
    (node,) = ast.parse(short).body
    assert ast.get_docstring(node) is None


def test_a_listing_without_a_docstring_stays_as_it_is():
    def bare():
        return "no docstring"

    assert shown(bare, docstring=False) == shown(bare)


def test_the_bowl_by_hand():
    assert BOWL.height(np.array([-7.0, 2.0])) == pytest.approx(49 / 20 + 4)
    assert BOWL.start == pytest.approx([-7, 2])
    for bowl in (BOWL, Bowl(500), Bowl(20, 45), Bowl(100, 30)):
        assert bowl.height(bowl.start) == pytest.approx(6.45)
        place = np.array([0.3, -1.7])
        assert bowl.gradient(place) == pytest.approx(
            central_difference(lambda at, b=bowl: b.height(at), place), abs=1e-6
        )
        assert np.linalg.norm(bowl.inner(place)) == pytest.approx(np.linalg.norm(place))
    turned = Bowl(20, 90)  # a quarter turn: what was x is y now
    assert turned.height(np.array([0.0, 1.0])) == pytest.approx(BOWL.height(np.array([1.0, 0.0])))


def test_gradient_descent_on_the_bowl_is_two_geometric_series():
    path = descend(partial(sgd, eta=0.7), 30)
    t = np.arange(31)
    assert path[:, 0] == pytest.approx(-7 * 0.93**t)
    assert path[:, 1] == pytest.approx(2 * (-0.4) ** t)


def test_arrival_means_staying_below_a_thousandth():
    heights = np.array([[1000, 1000, 1000], [0.5, 2, 999], [3, 0.5, np.nan], [0.9, 0.5, 0.1], [0.1, 0.1, np.inf]])
    assert arrival(heights).tolist() == [3, 2, np.inf]


def test_a_trip_by_hand():
    path = np.array([[-7, 2], [-7, -1], [0, -1], [0, 0.01], [0, 0.0]])
    found = trip(path)  # down 3, right 7, up 1.01: there
    assert found.steps == 3
    assert found.flips == pytest.approx(2 / 3)
    assert found.detour == pytest.approx(11.01 / np.hypot(7, 1.99))
    assert trip(path[:3]).steps == np.inf


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"])
def test_a_column_of_rates_goes_as_each_rate_by_itself(name):
    bowl = Bowl(20, 30)
    found = search(name, bowl, 120)
    optimizer = globals()[name]
    for k in (40, 150, 195):
        assert found.steps[k] == trip(descend(partial(optimizer, eta=float(RATES[k])), 120, bowl), bowl).steps
    assert found.best.steps == found.steps.min() == found.steps[found.eta == RATES][0]
    assert found.steps[found.eta > RATES].min() > found.best.steps


def test_the_band_by_hand():
    steps = np.full(len(RATES), np.inf)
    steps[100:151] = 20.0
    steps[120] = 10.0
    steps[[99, 151]] = 21.0
    assert Search(steps, float(RATES[120]), Trip(10, 0, 1)).band == pytest.approx(10**0.5)


def test_what_knows_no_axes_does_not_mind_a_turn():
    for optimizer in (sgd, momentum, nesterov):
        step = partial(optimizer, eta=0.3)
        turned = Bowl(20, 30)
        straight, other = descend(step, 40), descend(step, 40, turned)
        assert turned.inner(other) == pytest.approx(straight, abs=1e-12)
    step = partial(adam, eta=0.3)
    assert np.abs(Bowl(20, 30).inner(descend(step, 40, Bowl(20, 30))) - descend(step, 40)).max() > 0.1


def test_zigzag():
    m = sgd_zigzag.measure()
    assert m.error < 1e-12
    beyond = sgd_zigzag.ETAS > 0.5 + 1e-9  # η λ > 1 with λ = 2
    assert (m.flips == np.where(beyond, 1, 0)).all()
    assert np.isinf(m.steps[sgd_zigzag.ETAS > 1 - 1e-9]).all()
    assert sgd_zigzag.ETAS[m.fastest] == pytest.approx(2 / 2.1, abs=0.05)
    assert m.steps[m.fastest] < m.steps[m.fastest_without]


def test_the_modulus_is_that_of_the_roots():
    """z² − (1 + β − ηλ) z + β = 0 is what θₜ = zᵗ asks of the heavy ball."""
    for product, beta in ((0.3, 0.2), (1.5, 0.9), (3.5, 0.9), (0.02, 0.5), (1.0, 0.0)):
        roots = np.roots([1, -(1 + beta - product), beta])
        assert momentum_map.eigenvalue(np.array(product), np.array(beta)) == pytest.approx(np.abs(roots).max())


def test_running_momentum_gives_the_modulus_and_not_twice_the_root():
    products = np.array([0.1, 0.5, 1.7, 2.9, 3.7])  # all between (1 ± √0.81)² = 0.01 and 3.61, but the last
    found = momentum_map.run(products, 0.81, 600)
    assert found[:4] == pytest.approx(np.full(4, 0.9), abs=0.005)
    theta = descend(partial(momentum, eta=0.5, beta=0.81), 200, Bowl(20))[:, 1]
    assert np.abs(theta[150:]).max() < 2 * 10 * 0.9**150  # with a factor 1.8 it would have grown beyond all bounds
    again = momentum_map.Measurement(
        momentum_map.eigenvalue(momentum_map.PRODUCTS, momentum_map.BETAS[:, None]),
        np.sqrt(momentum_map.BETAS)[:, None] * np.ones(len(momentum_map.PRODUCTS)),
    )
    inside = again.complex_roots
    assert np.abs(again.by_eigenvalue - again.by_running)[inside].max() < 1e-7
    assert again.off(1) == 0
    assert again.off(2) == pytest.approx(np.sqrt(0.95))
    low, high = (1 - np.sqrt(0.5)) ** 2, (1 + np.sqrt(0.5)) ** 2
    row = inside[20]  # β = 0.5
    assert (row == ((low < momentum_map.PRODUCTS) & (high > momentum_map.PRODUCTS))).all()


def test_polyaks_pair_shrinks_both_directions_alike():
    for bowl in (BOWL, Bowl(100)):
        eta, beta = polyak(bowl)
        kappa = bowl.stretch
        assert momentum_map.eigenvalue(eta * bowl.curvature, np.array(beta)) == pytest.approx(
            np.full(2, (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)), abs=1e-6
        )


def test_paths_end_at_the_bottom():
    m = descent_paths.measure()
    for name, path in m.paths.items():
        assert len(path) - 1 == m.found[name].best.steps
        assert BOWL.height(path[-1]) < 6.45e-3 <= BOWL.height(path[-2])
    assert m.paths["adam"][1] == pytest.approx(BOWL.start + m.found["adam"].eta * np.array([1, -1]))
    assert descent_rates.measure().found["sgd"].eta == m.found["sgd"].eta


def test_the_sliders_bowl():
    m = descent.measure()
    k = descent.ETAS.index(0.95)
    assert m.paths["sgd"][k, :, 1] == pytest.approx(2 * (-0.9) ** np.arange(descent.SHOWN + 1))
    assert m.steps["sgd"][-1] == np.inf
    assert [len(slider.values) for slider in descent.SLIDERS] == [len(m.paths), len(descent.ETAS)]


def test_stretched_bowls():
    row = np.array([2.0, 8, 30, 150, 700])
    steps = dict.fromkeys(stretched_bowls.OPTIMIZERS, np.stack([row, row]))
    m = stretched_bowls.Measurement(steps | {"momentum": np.full((2, 5), 60.0)})
    assert m.momentum_from == 100
    assert m.at("adam", 20, 45) == 30
    assert stretched_bowls.Measurement(steps).momentum_from is None


def test_digits_runs_repeat_and_a_seed_gives_all_the_same_start(monkeypatch):
    monkeypatch.setattr(optimizers_digits, "STEPS", 20)
    run = optimizers_digits.Run("adam", 0.01, 3)
    found, other = optimizers_digits.outcomes([run, replace(run, seed=4)])
    assert optimizers_digits.outcomes([run]) == [found]
    assert found[0] != other[0]
    tiny = [optimizers_digits.outcomes([replace(run, name=name, eta=1e-9)]) for name in ("sgd", "nesterov", "adagrad")]
    assert np.ptp([loss for ((loss, _),) in tiny]) < 1e-4  # hardly moved from one start
    assert optimizers_digits.outcomes([replace(run, name="sgd", eta=1e30)]) == [(np.log(10), 10)]


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"])
def test_digits_runs_end_where_fit_does(name, monkeypatch):
    """Each at its own rate; few steps, before rounding grows."""
    monkeypatch.setattr(optimizers_digits, "STEPS", 10)
    runs = [optimizers_digits.Run(name, eta, seed) for eta, seed in ((0.001, 5), (0.01, 6))]
    for run, (loss, _) in zip(runs, optimizers_digits.outcomes(runs), strict=True):
        rng = np.random.default_rng(run.seed)
        net = Network([Dense(64, 32, he_normal), Activation(relu), Dense(32, 10, he_normal)])
        found = fit(net, net.init(rng), digits().x, digits().labels, rng=rng, steps=10, batch_size=50,
                    optimizer=partial(optimizers_digits.OPTIMIZERS[name], eta=run.eta))  # fmt: skip
        expected, _ = softmax_cross_entropy(net(found.theta, digits().x)[0], digits().labels)
        assert loss == pytest.approx(expected, rel=1e-4)


def test_digits_measure_in_miniature(monkeypatch):
    monkeypatch.setattr(optimizers_digits, "STEPS", 5)
    monkeypatch.setattr(optimizers_digits, "ETAS", (0.001, 0.1))
    m = optimizers_digits.measure(range(3))
    assert all(m.loss[name].shape == (3,) for name in optimizers_digits.OPTIMIZERS)
    assert m.eta("sgd") == 0.1  # five steps: the longer the better
    ((loss, _),) = optimizers_digits.outcomes([optimizers_digits.Run("adam", m.eta("adam"), 1)])
    assert m.loss["adam"][1] == pytest.approx(loss, rel=1e-5)  # BLAS on two threads adds up in another order


NAMES = list(optimizers_digits.OPTIMIZERS)


def made_up(steps, flips, ratio):
    """A measurement in which SGD takes 30 steps, all flipping, and the three remedies what is given."""
    spread = np.geomspace(1 / 1.1, 1.1, 20)
    bowl = {name: Search(np.array([30.0]), 1.0, Trip(30, 1, 4)) for name in NAMES}
    loss = {name: 0.05 * np.ones(20) for name in NAMES}
    for name, s, f, r in zip(("momentum", "adagrad", "adam"), steps, flips, ratio, strict=True):
        bowl[name] = Search(np.array([float(s)]), 1.0, Trip(s, f, 1))
        loss[name] = 0.05 * r * spread
    grid = {name: np.full(len(optimizers_digits.ETAS), 0.1) for name in NAMES}
    return optimizers_digits.Measurement(bowl, grid, loss, {name: 95 + np.arange(20) / 10 for name in NAMES})


@pytest.mark.parametrize(
    ("steps", "flips", "ratio", "verdict"),
    [
        ((10, 10, 10), (0, 0, 0), (0.5, 0.5, 0.5), "holds"),
        ((10, 10, 40), (0, 0, 0), (0.5, 0.5, 0.5), "holds-if"),  # one is slower on the bowl
        ((10, 10, 10), (0, 1, 0), (0.5, 0.5, 0.5), "holds-if"),  # one zig-zags as much
        ((10, 10, 10), (0, 0, 0), (0.5, 1, 0.5), "holds-if"),  # one is no better on digits
        ((40, 10, 40), (0, 1, 0), (1, 1, 0.5), "holds-if"),  # all that is left of the cure
        ((40, 10, 40), (0, 1, 0), (1, 2, 1), "does-not-hold"),
    ],
)
def test_verdicts(steps, flips, ratio, verdict):
    m = made_up(steps, flips, ratio)
    (claim,) = optimizers_digits.judge(m)
    assert claim.verdict == verdict
    assert m.ratio("momentum").value == pytest.approx(ratio[0])
    straight = m.bowl | {"sgd": Search(np.array([30.0]), 1.0, Trip(30, 0.4, 1))}  # no zig-zag, nothing to cure
    (claim,) = optimizers_digits.judge(replace(m, bowl=straight))
    assert claim.verdict == "does-not-hold"
