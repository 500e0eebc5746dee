"""Chapter 3, claims 3.1 and 3.2: twins against what is known independently, and each verdict re-derived."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from deepgrad import Dense, Network, accuracy, constant, fit, normal, sgd, softmax_cross_entropy, zeros
from gradbook import ARITHMETIC
from gradbook.ch3_weights import (
    alike,
    breakers,
    noise_suffices,
    rounding_map,
    rounding_parts,
    same_start,
    twins,
)
from gradbook.ch3_weights.alike import ACTIVATIONS, one_layer
from gradbook.data import digits


@pytest.fixture
def short(monkeypatch):
    """Runs so short that they cost nothing."""
    monkeypatch.setattr(same_start, "STEPS", 12)
    monkeypatch.setattr(breakers, "STEPS", 12)
    monkeypatch.setattr(rounding_parts, "STEPS", 60)
    monkeypatch.setattr(noise_suffices, "STEPS", 20)
    monkeypatch.setattr(noise_suffices, "LONG", 40)


def test_likeness_by_hand():
    columns = np.array([[3.0, 3.0, 3.0, 0.0], [4.0, 4.0 + 1e-9, 4.0, 0.0]])
    assert alike.kinds(columns) == 3
    assert alike.visible_kinds(columns) == 2  # a billionth cannot be seen
    assert alike.apart(columns) == pytest.approx(1)  # the last is at distance 5, as long as the longest
    assert alike.apart(columns[:, :3]) == pytest.approx(2e-10, rel=1e-3)
    assert alike.apart(np.array([[0.0, 1.0, -1.0]])) == 1  # from the first, not from one another
    assert alike.apart(np.zeros((2, 3))) == 0
    assert alike.visible_rank(np.outer([1.0, 2.0], [1.0, 1.0, 1.0])) == 1
    assert alike.visible_rank(np.diag([1.0, 0.5, 0.009])) == 2
    assert alike.visible_rank(np.zeros((3, 3))) == 0


def test_noise_is_the_same_draw_but_for_its_size():
    drawn = [alike.nearly_constant(0.1, s)(np.random.default_rng(4), 50, 40, np.float64) - 0.1 for s in (1e-2, 1e-4)]
    assert drawn[0].std() == pytest.approx(1e-2, rel=0.05)
    assert drawn[0] == pytest.approx(100 * drawn[1], rel=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradient_of_twins_has_rank_one(name):
    """dW₁ is one column, repeated; the rows of dW₂ are equal: from equal weights that are far from special."""
    rng = np.random.default_rng(0)
    net = one_layer(name, normal(0.3))
    theta = net.init(rng, dtype=np.float64)
    first, _, last = net.views(theta)
    first["W"][:] = first["W"][:, :1]
    last["W"][:] = last["W"][:1]
    scores, back = net(theta, digits().x[:50])
    dfirst, _, dlast = net.views(back(softmax_cross_entropy(scores, digits().labels[:50])[1]()))
    assert np.linalg.matrix_rank(dfirst["W"]) == 1
    assert dfirst["W"] == pytest.approx(np.repeat(dfirst["W"][:, :1], alike.WIDTH, axis=1), abs=1e-15)
    assert dlast["W"] == pytest.approx(np.repeat(dlast["W"][:1], alike.WIDTH, axis=0), abs=1e-15)


def test_twins_are_one_unit_with_other_rates():
    """H twins at rate η are a single unit whose outgoing weights move at ηH, the incoming ones at η/H: by hand."""
    H, eta, x, labels = alike.WIDTH, 0.3, digits().x[:50].astype(np.float64), digits().labels[:50]
    net = one_layer("tanh", constant(0.1))
    theta = net.init(np.random.default_rng(0), dtype=np.float64)
    w, b, u, c = np.full(64, 0.1), 0.0, np.full(10, 0.1 * H), np.zeros(10)
    for _ in range(40):
        scores, back = net(theta, x)
        theta = theta - eta * back(softmax_cross_entropy(scores, labels)[1]())
        h = np.tanh(x @ w + b)
        p = np.exp(np.outer(h, u) + c)
        delta = (p / p.sum(axis=1, keepdims=True) - np.eye(10)[labels]) / len(x)
        dz = (delta @ u) * (1 - h**2)
        u, c, w, b = (
            u - eta * H * h @ delta,
            c - eta * delta.sum(axis=0),
            w - eta / H * x.T @ dz,
            b - eta / H * dz.sum(),
        )
    h = np.tanh(x @ w + b)
    assert net(theta, x)[0] == pytest.approx(np.outer(h, u) + c, abs=1e-9)


def test_first_moves_by_hand():
    """Sigmoid hands on ½, so W₂ moves at once and W₁ one step later; tanh and ReLU hand on 0, so only b₂ ever moves."""
    assert twins.first_moves("sigmoid") == {"W1": 2, "b1": 2, "W2": 1, "b2": 1}
    for name in ("tanh", "ReLU"):
        assert twins.first_moves(name) == {"W1": 0, "b1": 0, "W2": 0, "b2": 1}


def test_twins_track(monkeypatch):
    monkeypatch.setattr(twins, "STEPS", 40)
    for start, different in (("zero", 1), ("constant", 1), ("noise", 32), ("random", 32)):
        seen, to_the_bit = twins.track(("sigmoid", start, 0))
        assert seen.shape == (2, 1 + 40 // twins.EVERY)
        assert to_the_bit == different
    assert seen[:, 0].tolist() == [32, 32]
    assert twins.track(("sigmoid", "noise", 0))[0][:, 0].tolist() == [1, 1]  # differs, but cannot be seen


def test_updates_of_one_step():
    """As many values as there are different pixel columns, classes, and one between two layers of twins."""
    pixels = len(np.unique(digits().x[: alike.BATCH], axis=1).T)
    assert same_start.updates("tanh", 0.1, 1) == (pixels, 10)
    assert same_start.updates("tanh", 0.1, 2) == (pixels, 1, 10)


def test_same_start_repeats_and_is_paired(short):
    run = same_start.Run("sigmoid", 0.1, 2.0, 3)
    assert same_start.outcome(run) == same_start.outcome(run)
    assert same_start.outcome(run)[2] == 1
    assert same_start.outcome(replace(run, start="random"))[2] == 32
    # tanh is odd: from −0.1 it is the mirror image of 0.1, on the same batches
    mirrored = [same_start.outcome(same_start.Run("tanh", c, 0.3, 3))[:2] for c in (-0.1, 0.1)]
    assert mirrored[0] == pytest.approx(mirrored[1], abs=1e-9)


def made_up(**changed):
    spread = np.linspace(-1, 1, 20)
    level = dict(zip(same_start.STARTS, (30, 25, 28, 10, 25, 95), strict=True))
    rows = np.stack([level[start] + spread * (1 + k) for k, start in enumerate(same_start.STARTS)])
    kinds = np.array([[1] * 20] * 5 + [[32] * 20])
    names = tuple(ACTIVATIONS)
    m = same_start.Measurement(
        accuracy=dict.fromkeys(names, rows), kinds=dict.fromkeys(names, kinds), eta=dict.fromkeys(names, (1.0,) * 6),
        patient=dict.fromkeys(names, rows[2][:5]), updates={1: (51, 10), 2: (51, 1, 10)},
    )  # fmt: skip
    return replace(m, **changed)


def verdicts(m):
    return [claim.verdict for claim in same_start.judge(m)]


def test_same_start_verdicts():
    m = made_up()
    assert verdicts(m) == ["holds", "holds-if"]
    assert m.gap("tanh", 0.0).value == pytest.approx(-65)
    assert verdicts(replace(m, updates={1: (1, 1), 2: (1, 1, 1)})) == ["holds", "holds"]
    good = np.stack([m.accuracy["tanh"][-1]] * 6)  # every start as good as the random one
    assert verdicts(replace(m, accuracy=m.accuracy | {"tanh": good})) == ["holds-if", "holds-if"]
    assert verdicts(replace(m, accuracy=dict.fromkeys(m.accuracy, good))) == ["does-not-hold", "does-not-hold"]
    parted = m.kinds["tanh"].copy()
    parted[0, 3] = 2  # one seed whose units parted
    assert verdicts(replace(m, kinds=m.kinds | {"ReLU": parted}))[0] == "holds-if"
    almost = good - np.array([8.0] * 5 + [0.0])[:, None]  # below, but not clearly
    assert verdicts(replace(m, accuracy=dict.fromkeys(m.accuracy, almost))) == ["does-not-hold", "does-not-hold"]


def test_what_breaks_symmetry(short):
    kept = {"nothing", "whole", "blurred", "adam", "equal biases"}
    with threadpool_limits(1):
        for way in breakers.WAYS:
            different, _, _ = breakers.outcome(breakers.Run(way, 0, 0.01))
            assert (different == 1) == (way in kept), way
        dead, right, _ = breakers.outcome(breakers.Run("zero first", 0, 0.1, "ReLU"))
    assert dead == 1
    assert right < 20


def test_noise_grows_in_proportion(short):
    tiny, small = (noise_suffices.part((exponent, 1))[1] for exponent in (-12, -9))
    assert small == pytest.approx(1000 * tiny, rel=0.02)


def test_predicted_parting_by_hand():
    grown = 1e-13 * 10 ** (np.arange(1, 1001) / 50)[None]  # tenfold every 50 steps
    steps = np.array([50 * (12 - (e + 14)) for e in noise_suffices.EXPONENTS], dtype=float)[:, None] + 1
    m = noise_suffices.Measurement(np.zeros((4, 1)), steps, grown)
    assert m.predicted(-14).tolist() == pytest.approx([601], abs=1)
    assert m.delay() == pytest.approx(50)
    assert m.missed() <= 1
    assert replace(m, parted=steps + 7).missed() >= 7


def fused_sum(terms):
    """A float32 sum by fused multiply-adds: each product exact, each sum rounded once (80 bits hold both)."""
    total = np.float32(0)
    for a, b in terms:
        total = np.float32(np.longdouble(a) * np.longdouble(b) + np.longdouble(total))
    return total


@pytest.mark.skipif(ARITHMETIC != "x86-64 with AVX2", reason="other loops round otherwise")
def test_rounding_map_is_one_sum_against_two():
    """Of every twelve images the first six: units 1–8 and 25–32 in two sums, the others, and all other images, in one."""
    z, x = rounding_map.product(np.float32), digits().x[: alike.BATCH]
    w = np.random.default_rng(0).normal(0, 1 / 8, (64, 1)).astype(np.float32)[:, 0]
    for row in (0, 2, 3, 6, 11, 12, 30):
        one = fused_sum(zip(x[row], w, strict=True))
        two = fused_sum(zip(x[row, ::2], w[::2], strict=True)) + fused_sum(zip(x[row, 1::2], w[1::2], strict=True))
        outer = two if row % 12 < 6 else one
        assert z[row].tolist() == [outer] * 8 + [one] * 16 + [outer] * 8 + [one]
    m = rounding_map.measure()
    assert m.otherwise.any()
    assert not m.otherwise[:, 0].any()


def test_units_are_listed_from_one():
    otherwise = np.zeros((2, 33), bool)
    otherwise[0, 8:24] = otherwise[1, 32] = True
    m = rounding_map.Measurement(otherwise, 0, (0.0, 1.0))
    assert rounding_map.listed(m) == "9–24, 33"
    assert rounding_map.halves(m)


def test_rounding_parts(short):
    distances, different, _ = rounding_parts.track(("float64", 32, 0))
    assert (distances == 0).all()
    assert different == 1
    assert rounding_parts.track(("float64", 32, 1))[2] == rounding_parts.track(("float64", 32, 1))[2]
    if ARITHMETIC == "x86-64 with AVX2":
        distances, different, _ = rounding_parts.track(("float32", 33, 0))
        assert 1e-9 < distances[-1] < 1e-4
        assert different > 1


def test_widths_that_stay():
    kinds = np.ones((5, 3), np.int64)
    kinds[1, 2] = 2
    apart = {kind: np.ones((5, 3, 2)) for kind in rounding_parts.FORMATS}
    m = rounding_parts.Measurement(np.array([20, 40]), apart, {"float32": 3 * kinds, "float64": kinds}, {})
    assert m.stay("float64") == [32, 64, 100, 128]
    assert m.stay("float32") == []
    assert "every measured width in float32" in rounding_parts.words(m, "en").title


def test_softmax_regression_may_start_at_zero():
    """The exercise's claim: without a hidden layer the zero start is no symmetric trap."""
    found = []
    for init in (zeros, normal(0.1)):
        net = Network([Dense(64, 10, init)])
        rng = np.random.default_rng(0)
        theta = fit(
            net, net.init(rng), digits().x, digits().labels, rng=rng, optimizer=partial(sgd, eta=0.5), steps=150
        ).theta
        found.append(accuracy(net(theta, digits().x_test)[0], digits().labels_test))
    assert found[0] > 0.85
    assert found[0] == pytest.approx(found[1], abs=0.03)
