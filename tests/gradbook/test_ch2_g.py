"""Chapter 2, claims 2.1 to 2.5: measurements against what is known independently, and each verdict re-derived."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from deepgrad import adam, fit, sawtooth, squared_error
from gradbook.ch2_approximation import (
    built_or_found,
    interpolation,
    sawtooth_pieces,
    sawtooth_trained,
    staircase,
    staircase_rate,
    step_bump_curve,
    tower_rate,
    towers,
)
from gradbook.ch2_approximation.curve import CURVE, Curve, random_curve
from gradbook.ch2_approximation.surface import (
    SURFACE,
    Surface,
    by_corners,
    by_four_sides,
    by_one_layer,
    grid,
    heights,
    random_surface,
)


def verdict(experiment, m):
    (claim,) = experiment.judge(m)
    return claim.verdict


def test_curve_by_hand():
    assert CURVE(np.array([0.0, 0.25])) == pytest.approx([0.5, 0.5 + 0.35 - 0.15])
    assert CURVE.steepest == pytest.approx(2 * np.pi * (0.35 + 3 * 0.15))
    curve, x, h = random_curve(np.random.default_rng(3)), np.linspace(0, 1, 57), 1e-6
    assert curve.slope(x) == pytest.approx((curve(x + h) - curve(x - h)) / (2 * h), abs=1e-6)


def test_surface_by_hand():
    assert Surface(((1.0, 0.0), (0.0, 0.5)))(np.array([[0.5, 0.5], [0.25, 0.25]])) == pytest.approx([1, 0.5 + 0.5])
    assert SURFACE.steepest == pytest.approx(np.pi + 2 * np.pi)
    border = np.array([[0, 0.3], [1, 0.7], [0.2, 0], [0.9, 1]])
    assert random_surface(np.random.default_rng(0))(border) == pytest.approx(np.zeros(4), abs=1e-12)


def test_step_bump_curve():
    m = step_bump_curve.measure(points=201)
    steep = dict(zip(step_bump_curve.STEEPNESS, m.step, strict=True))
    assert steep[10][m.x == 0.6] == pytest.approx(1 / (1 + np.exp(-10 * 0.1)))
    assert m.bump[-1][m.x == 0.45] == pytest.approx(1)
    assert m.bump[-1][[0, -1]] == pytest.approx([0, 0], abs=1e-12)
    assert m.worst <= CURVE.steepest / (2 * (step_bump_curve.STEPS + 1))


def test_staircase_error_of_a_straight_line_is_half_a_tread():
    """f(x) = x cannot be had as a Curve, but near a zero crossing a very slow wave is one: the bound is met exactly."""
    line = Curve((0.1,), (0.0,))
    n = 255
    assert staircase_rate.build_error(line, n) == pytest.approx(line.steepest / (2 * (n + 1)), rel=0.03)
    exact = np.floor(np.linspace(0, 0.999, 999) * 8)  # a tread without smoothing: numpy's own staircase
    levels = line((exact + 0.5) / 8)
    assert staircase_rate.build_error(line, 7) == pytest.approx(
        np.abs(levels - line(np.linspace(0, 0.999, 999))).max(), rel=0.05
    )


def test_staircase_rate():
    m = staircase_rate.measure(range(8))
    assert m.rate().value == pytest.approx(1, abs=0.02)
    assert (m.error <= m.bound * (1 + 1e-9)).all()
    assert verdict(staircase_rate, m) == "holds"
    assert verdict(staircase_rate, replace(m, error=m.bound * 1.1)) == "does-not-hold"
    assert verdict(staircase_rate, replace(m, error=np.tile(m.error[:, -1:], len(staircase_rate.STEPS)))) == (
        "does-not-hold"
    )
    assert (staircase_rate.measure(range(2)).error == m.error[:2]).all()


def test_staircase_sliders_lesson():
    """Many gentle steps blur; few steps are better gentle than steep."""
    error = staircase.measure(points=201).error
    assert error[-1, 0] > 3 * error[-1, -1]
    assert error[staircase.STEPS.index(4)].argmin() < len(staircase.STEEPNESS) - 1


def test_towers_picture():
    m = towers.measure()
    assert m.tower.z.max() == pytest.approx(1, abs=1e-3)
    assert m.tower.z[0] == pytest.approx(np.zeros(len(m.tower.ticks)), abs=1e-9)
    assert m.worst <= SURFACE.steepest / (2 * towers.FIELDS[-1])


def test_four_sides_leave_a_pit_where_corners_leave_none():
    n = 4
    flat = Surface(((1.0,),))
    meeting = np.array([[0.5, 0.5]])
    around = heights(flat, n)[1:3, 1:3].mean()
    assert by_corners(flat, n, meeting) == pytest.approx([around], abs=0.01)
    assert by_four_sides(flat, n, meeting) == pytest.approx([0], abs=0.01)
    middle = grid((np.arange(n) + 0.5) / n)
    for build in (by_corners, by_four_sides):
        assert build(flat, n, middle) == pytest.approx(flat(middle), abs=1e-3)


def test_one_layer_is_least_squares():
    """With as many units as it needs the fit is better than with few, and it repeats with its seed."""
    even = grid((np.arange(20) + 0.5) / 20)
    errors = [
        np.abs(by_one_layer(SURFACE, m, even, np.random.default_rng(1)) - SURFACE(even)).max() for m in (10, 60, 200)
    ]
    assert errors[0] > errors[1] > errors[2]
    again = np.abs(by_one_layer(SURFACE, 60, even, np.random.default_rng(1)) - SURFACE(even)).max()
    assert again == errors[1]


def test_tower_rate():
    h = 1 / np.array(tower_rate.SIDES)
    spread = np.linspace(0.9, 1.1, 6)[:, None]
    falling, flat = spread * h**0.9, spread * np.ones(4)
    m = tower_rate.Measurement(falling, flat, np.full(6, 0.1), falling**2, 3 * h + 0 * spread)
    assert m.rate(falling).value == pytest.approx(0.9)
    assert m.change(flat) == pytest.approx(1)
    assert verdict(tower_rate, m) == "holds-if"
    assert verdict(tower_rate, replace(m, four_sides=falling)) == "holds"
    assert verdict(tower_rate, replace(m, corners=flat)) == "does-not-hold"
    assert verdict(tower_rate, replace(m, bound=falling / 2)) == "does-not-hold"
    assert tower_rate.units(1) == 4 + 4  # one tower: four steps, four corners


def test_interpolation():
    m = interpolation.measure(range(3))
    assert m.contradiction == pytest.approx(0.125, abs=1e-6)  # ½ · (½)²
    for x, label in zip(m.place, m.label, strict=True):
        assert np.interp(x, m.x, m.y) == pytest.approx(label, abs=0.2)  # the drawn line runs through the dots
    assert verdict(interpolation, m) == "holds-if"
    assert verdict(interpolation, replace(m, contradiction=0.0)) == "holds"
    assert verdict(interpolation, replace(m, loss=1e-3)) == "does-not-hold"
    assert interpolation.one_fit(1, 16, 10) == interpolation.one_fit(1, 16, 10)


def test_built_is_the_staircase():
    for width in built_or_found.WIDTHS:
        assert built_or_found.build(width) <= CURVE.steepest / (2 * (width + 1)) * (1 + 1e-9)


def test_found_is_paired_and_repeats():
    usual, scattered = built_or_found.find([(0, 4, False, 30), (0, 4, True, 30)])
    assert built_or_found.find([(0, 4, False, 30)]) == [usual]
    assert scattered != usual
    assert built_or_found.find([(0, 8, True, 800)]) < built_or_found.find([(0, 8, True, 1)])


def test_found_is_what_fit_finds():
    rng = np.random.default_rng([3, 8])
    net, x, fine = built_or_found.network(8), np.linspace(-1, 1, built_or_found.EXAMPLES), np.linspace(-1, 1, 2001)
    theta = fit(net, net.init(rng), x[:, None], CURVE((x + 1) / 2)[:, None], rng=rng, steps=200, loss=squared_error,
                batch_size=len(x), optimizer=partial(adam, eta=built_or_found.ETA)).theta  # fmt: skip
    worst = np.abs(net(theta, fine[:, None])[0][:, 0] - CURVE((fine + 1) / 2)).max()
    assert built_or_found.find([(3, 8, False, 200)]) == [pytest.approx(worst, rel=1e-3)]


def test_built_or_found_verdicts():
    spread = np.linspace(0.9, 1.1, 20)[:, None]
    built = np.array([built_or_found.build(n) for n in built_or_found.WIDTHS])
    m = built_or_found.Measurement(built, built * spread * 2, built * spread / 2, 10)
    assert verdict(built_or_found, m) == "holds"
    assert verdict(built_or_found, replace(m, usual=m.scattered)) == "does-not-hold"
    assert m.against_built(m.usual, 64).value == pytest.approx(2, rel=0.01)


def test_saw_pieces_and_sizes():
    m = sawtooth_pieces.measure()
    depth = np.array(sawtooth_pieces.DEPTHS)
    assert m.pieces.tolist() == m.shallow_pieces.tolist() == (2**depth).tolist()
    assert m.deep_size.tolist() == (7 + 6 * (depth - 1)).tolist()  # 2+2 in, 4+2 between, 2+1 out
    assert m.shallow_size.tolist() == (3 * 2**depth + 1).tolist()
    assert m.difference < 1e-9


def test_saw_is_triangular_wave():
    net, theta = sawtooth(3)
    x = np.linspace(0, 1, 101)
    wave = 1 - np.abs((8 * x) % 2 - 1)  # four teeth
    assert net(theta, x[:, None])[0][:, 0] == pytest.approx(wave, abs=1e-9)


def test_training_the_saw():
    easy, hard = sawtooth_trained.train([(0, "deep", 2, 20), (0, "deep", 3, 20)])
    assert sawtooth_trained.train([(0, "deep", 2, 20)]) == [easy]
    assert easy != hard
    x, target = sawtooth_trained.examples(2)
    assert target == pytest.approx(1 - np.abs((4 * x) % 2 - 1), abs=1e-6)
    ((error, pieces),) = sawtooth_trained.train([(1, "shallow", 2, 400)])
    assert error < 1 / np.sqrt(12)
    assert 4 <= pieces <= sawtooth_trained.SHALLOW[1] + 1
    assert (
        sawtooth_trained.network(sawtooth_trained.SHALLOW).size == sawtooth_trained.network(sawtooth_trained.DEEP).size
    )
    for folds in sawtooth_trained.FOLDS:
        net, _ = sawtooth(folds)
        assert sawtooth_trained.network(sawtooth_trained.sizes("own", folds)).size == net.size


def test_the_saw_is_trained_as_fit_does():
    """A start like the experiment's, by hand; few steps, before rounding grows."""
    rng = np.random.default_rng([5, 3])
    net, (x, target) = sawtooth_trained.network((1, 2, 2, 2, 1)), sawtooth_trained.examples(3)
    theta = net.init(rng)
    theta[2:4] = -theta[:2] * rng.uniform(0, 1, 2)
    found = fit(net, theta, x, target, rng=rng, steps=50, loss=squared_error, batch_size=len(x),
                optimizer=partial(adam, eta=sawtooth_trained.ETA)).theta  # fmt: skip
    error = np.sqrt(np.mean((net(found, x)[0] - target) ** 2))
    ((together, _),) = sawtooth_trained.train([(5, "own", 3, 50)])
    assert together == pytest.approx(error, rel=1e-4)
    untrained = np.sqrt(np.mean((net(theta, x)[0] - target) ** 2))
    assert abs(untrained - error) > 0.01


def test_sawtooth_trained_verdicts():
    spread = np.linspace(0.9, 1.1, 20)[:, None] * np.ones(3)
    m = sawtooth_trained.Measurement(
        error={"shallow": 0.1 * spread, "deep": 0.2 * spread, "own": 0.28 * spread},
        pieces=dict.fromkeys(("shallow", "deep", "own"), 8 * spread),
        size={"shallow": 298, "deep": 298}, deep_units=20, shallow_units=1023, saw_pieces=1024, steps=10, flat=np.full(3, 0.29),
    )  # fmt: skip
    assert verdict(sawtooth_trained, m) == "holds-if"
    assert verdict(sawtooth_trained, replace(m, error=m.error | {"own": 0.05 * spread})) == "holds"
    assert verdict(sawtooth_trained, replace(m, shallow_units=20)) == "does-not-hold"
    assert m.difference(4).value == pytest.approx(0.1)
    assert m.difference(3, "own").value == pytest.approx(0.18)
