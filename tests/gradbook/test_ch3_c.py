"""Chapter 3, gates, why a loss, one weight: measurements against what is known independently, and each verdict re-derived."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.special import expit

from deepgrad import central_difference, perceptron, sigmoid, softmax_cross_entropy, step, xor_gate
from gradbook.ch3_weights import (
    direction,
    early_net,
    gate_lines,
    nudges,
    one_weight,
    sixteen_functions,
    stairs,
    steepening,
    worse_and_better,
    xor_bend,
)
from gradbook.ch3_weights.separable import best_line, count, families, points


def verdicts(experiment, m):
    return {claim.id: claim.verdict for claim in experiment.judge(m)}


# 3.4


def test_best_lines_are_known():
    corners = points(2)
    for name, w, b in (("AND", (1, 1), -1.5), ("NAND", (-1, -1), 1.5), ("OR", (1, 1), -0.5)):
        line = best_line(corners, np.array(gate_lines.TABLES[name]))
        assert line.w == pytest.approx(w)
        assert line.b == pytest.approx(b)
        assert line.margin == pytest.approx(0.5)
        assert tuple(perceptron(corners, line.w, line.b)) == gate_lines.TABLES[name]
    assert best_line(corners, np.array(gate_lines.TABLES["XOR"])).margin == pytest.approx(0, abs=1e-12)


def test_a_line_is_found_wherever_there_is_one():
    """Points labeled by a hidden line are parted; with one label turned in the middle of the others they are not."""
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(40, 3))
    y = (x @ [1.0, -2.0, 0.5] + 0.3 > 0).astype(int)
    line = best_line(x, y)
    assert line.parts
    assert (perceptron(x, line.w, line.b) == y).all()
    inside = np.append(x, x[y == 1].mean(axis=0, keepdims=True), axis=0)
    assert not best_line(inside, np.append(y, 0)).parts


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_counts_against_trying_whole_weights(inputs):
    """Every function that a perceptron with small whole weights can do, found by trying them all."""
    corners = points(inputs)
    tried = {
        tuple(perceptron(corners, np.array(w, dtype=float), b + 0.5).tolist())
        for w in product(range(-2, 3), repeat=inputs)
        for b in range(-7, 7)
    }
    assert count(inputs) == len(tried)


def test_counts_are_the_published_ones():
    assert [count(inputs) for inputs in (1, 2, 3, 4)] == [4, 14, 104, 1882]  # OEIS A000609
    assert sum(size for _, size in families(3)) == 256


def test_sixteen_functions():
    m = sixteen_functions.measure()
    assert m.without == ["XOR", "XNOR"]
    assert m.share == pytest.approx([100, 87.5, 40.625, 100 * 1882 / 65536])
    for (a, b, c, d), name in sixteen_functions.NAMES.items():
        if name in gate_lines.TABLES:
            assert gate_lines.TABLES[name] == (a, b, c, d)
    implies = {name: table for table, name in sixteen_functions.NAMES.items()}["¬x₁ ∨ x₂"]
    assert implies == tuple(int(not x1 or x2) for x1, x2 in product((0, 1), repeat=2))


def test_gate_verdicts():
    m = gate_lines.measure()
    assert verdicts(gate_lines, m) == {"3.4": "holds"}
    wrong = m.answers | {"XOR": (0, 1, 1, 1)}
    assert verdicts(gate_lines, replace(m, answers=wrong)) == {"3.4": "does-not-hold"}
    parted = m.line | {"XOR": m.line["AND"]}
    assert verdicts(gate_lines, replace(m, line=parted)) == {"3.4": "does-not-hold"}
    assert verdicts(gate_lines, replace(m, line=m.line | {"OR": m.line["XOR"]})) == {"3.4": "does-not-hold"}
    assert gate_lines.agreeing(replace(m, answers=wrong)) == 15


def test_xor_bend():
    m = xor_bend.measure(size=41)
    assert m.hidden.tolist() == [[1, 0], [1, 1], [1, 1], [0, 1]]
    assert m.answers == tuple(xor_gate(points(2)))
    strip = (m.grid[None, :] + m.grid[:, None] > 0.5) & (m.grid[None, :] + m.grid[:, None] < 1.5)
    edge = np.abs(np.abs(m.grid[None, :] + m.grid[:, None] - 1) - 0.5) < 1e-9  # on a line rounding decides
    assert (m.output.astype(bool) == strip)[~edge].all()


# the nets that are nudged


@pytest.fixture(scope="module")
def state():
    return early_net.early(sigmoid, 3)


@pytest.fixture(scope="module")
def stairs_state():
    return early_net.early(step, 3)


def test_early_nets(state):
    assert (early_net.early(sigmoid, 3).theta == state.theta).all()
    assert (early_net.early(sigmoid, 4).theta != state.theta).any()
    found = state.gradient[state.places[::97]]
    expected = [
        float(central_difference(lambda by, p=p: state.outcome(state.nudged(p, float(by[0])))[0], np.zeros(1))[0])
        for p in state.places[::97]
    ]
    assert found == pytest.approx(expected, abs=1e-8)
    dead = np.setdiff1d(np.flatnonzero(state.net.weights()), state.places)
    assert dead.size > 0
    assert (state.gradient[dead] == 0).all()
    assert (state.first_places < early_net.FIRST).all()


def test_an_image_turns_just_where_its_gap_says(state):
    """Scores are straight lines in a weight of the last layer, so there the first-order distance is exact."""
    reach = early_net.to_next_answer(state)
    right = state.outcome(state.theta)[1]
    reach[:, state.places < early_net.FIRST] = np.inf
    for row, k in zip(*np.unravel_index(np.argsort(reach, axis=None)[:12], reach.shape), strict=True):
        answers = [
            state.net(state.nudged(state.places[k], (1, -1)[row] * reach[row, k] * f), state.x)[0].argmax(axis=1)
            for f in (1 - 1e-6, 1 + 1e-6)
        ]
        before, after = (found == state.labels for found in answers)
        assert before.sum() == right
        assert (before != after).sum() == 1


def test_a_step_flips_just_at_its_threshold(stairs_state):
    reach, loss = early_net.to_next_flip(stairs_state), stairs_state.outcome(stairs_state.theta)[0]
    for k in range(0, stairs_state.first_places.size, 101):
        for row, sign in ((0, 1), (1, -1)):
            if np.isfinite(distance := reach[row, k]):
                before, after = (
                    stairs_state.outcome(stairs_state.nudged(stairs_state.first_places[k], sign * distance * f))[0]
                    for f in (1 - 1e-6, 1 + 1e-6)
                )
                assert before == loss != after


# 3.5, 3.6


@pytest.fixture(scope="module")
def nudged():
    return nudges.measure(range(2))


def test_nudges(nudged):
    assert (nudged.sigmoid.loss == 100).all()
    assert nudged.step.largest_gradient == 0
    assert nudged.step.foretold == 100
    assert nudged.sigmoid.foretold > 98
    for line in (nudged.sigmoid, nudged.step):
        assert (np.diff(line.predicted, axis=1) >= 0).all()
        below = line.nearest.min() > nudges.FINE
        assert (line.predicted[:, below] == 0).all()
    again = nudges.line("step", [1])
    assert (again.loss == nudged.step.loss[1]).all()


def test_nudge_verdicts(nudged):
    assert verdicts(nudges, nudged) == {"3.5": "holds", "3.6": "holds"}
    restless = replace(nudged.sigmoid, accuracy=nudged.sigmoid.accuracy + 2)
    assert verdicts(nudges, replace(nudged, sigmoid=restless)) == {"3.5": "does-not-hold", "3.6": "holds"}
    dead = replace(nudged.sigmoid, loss=nudged.sigmoid.loss / 2)
    assert verdicts(nudges, replace(nudged, sigmoid=dead)) == {"3.5": "does-not-hold", "3.6": "does-not-hold"}
    for changed in (
        {"largest_gradient": 1e-9},
        {"foretold": 90.0},
        {"loss": nudged.step.loss + 2},
        {"loss": nudged.step.loss[:, ::-1]},
    ):
        other = replace(nudged, step=replace(nudged.step, **changed))
        assert verdicts(nudges, other) == {"3.5": "holds", "3.6": "does-not-hold"}


def test_stairs():
    m = stairs.measure(seed=5)
    middle = stairs.POINTS // 2
    assert np.ptp(m.loss[:, middle]) == 0
    near = m.loss[-1]
    assert (near[-1] - near[0]) / (m.offset[-1, -1] - m.offset[-1, 0]) == pytest.approx(m.slope, rel=1e-3)
    widths = [high - low for low, high in (m.range(i) for i in range(len(stairs.WINDOWS)))]
    assert widths[0] > widths[-1]


def test_steepening():
    m = steepening.measure(range(2))
    assert m.small[-1] == 100
    assert m.slope[-1] == 0
    assert m.small[0] < m.small[-2]
    for i, s in enumerate(steepening.STEEPNESS):
        assert m.activation[i] == pytest.approx(expit(s * steepening.Z))
    h = m.weight[1] - m.weight[0]
    middle = steepening.POINTS // 2
    assert (m.loss[0, middle + 1] - m.loss[0, middle - 1]) / (2 * h) == pytest.approx(m.slope[0], rel=1e-3)
    assert m.loss[-1, middle] == pytest.approx(
        replace(early_net.early(sigmoid, 0), net=early_net.network(step)).outcome(early_net.early(sigmoid, 0).theta)[0]
    )


def test_parts_of_the_loss():
    scores, labels = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]), np.array([0, 0, 1])
    right, fine, bad = worse_and_better.parts(scores, labels)
    each = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(3), labels]
    assert right == pytest.approx(1 / 3)
    assert fine == pytest.approx(each[0] / 3)
    assert bad == pytest.approx((each[1] + each[2]) / 3)
    assert fine + bad == pytest.approx(softmax_cross_entropy(scores, labels)[0])
    assert worse_and_better.parts(scores[:1], labels[:1])[2] == 0


def test_worse_and_better(monkeypatch):
    run = worse_and_better.Run
    made = [run(np.array([0.4, 0.5, 0.7]), np.array([0.5, 0.4, 0.2]), np.array([1.5, 1.1, low])) for low in (2.8, 3.8)]
    m = worse_and_better.Measurement(dict.fromkeys(worse_and_better.EXAMPLES, made))
    assert m.lowest("digits").tolist() == [1, 1]
    assert m.best("digits").tolist() == [2, 2]
    assert m.later("digits") == 100
    assert m.gain("digits").value == pytest.approx(20)
    assert m.growth("digits").value == pytest.approx(np.sqrt((3 / 1.5) * (4 / 1.5)))
    assert worse_and_better.per_example(m, "digits") == pytest.approx((2.2, 11, 0.8, 0.2 / 0.7))
    monkeypatch.setitem(worse_and_better.STEPS, "digits", 50)
    first, again = (worse_and_better.one(("digits", 7)) for _ in range(2))
    assert (first.loss == again.loss).all()
    assert first.loss[0] > first.loss[-1]
    assert len(first.right) == 50 // worse_and_better.EVERY


# 3.13


def test_one_weight():
    for w in (-1.3, -0.2, 0.0, 0.6, 1.1):
        slope = (one_weight.loss(w + 1e-6)[0] - one_weight.loss(w - 1e-6)[0]) / 2e-6
        assert one_weight.loss(w)[1] == pytest.approx(slope, abs=1e-8)
    assert one_weight.loss(one_weight.BOTTOM)[0] == pytest.approx(0, abs=1e-20)
    m = one_weight.measure()
    assert (np.sign(m.reached - np.array(one_weight.WEIGHTS)[:, None]) == -np.sign(m.slope)[:, None]).all()
    assert (m.after[:, 0] <= m.before).all()  # the small rate never overshoots here
    assert (m.after[:, 2] > m.before).any()  # the large one does
    for i, j in product(range(len(one_weight.WEIGHTS)), range(len(one_weight.RATES))):
        assert ("raise" in one_weight.told(m, i, j).en) == (m.slope[i] < 0)


def test_second_derivative(state):
    for place in state.places[[5, 900, -3]]:
        up, here, down = (state.outcome(state.nudged(place, by))[0] for by in (1e-3, 0, -1e-3))
        assert direction.second_derivative(state, place) == pytest.approx((up - 2 * here + down) / 1e-6, abs=1e-6)


def test_directions():
    one, again = (direction.one(2, 50) for _ in range(2))
    assert (one[0] == again[0]).all()
    assert one[0][0].all()  # the smallest step always lowers the loss
    _, predicted, _, slope, bend = one
    assert (predicted[40] == (direction.FINE[40] < np.where(bend > 0, 2 * slope / bend, np.inf))).all()
    known = np.interp(np.log(direction.SIZE), np.log(direction.FINE), one[1].mean(axis=1))
    assert known[:6] == pytest.approx(one[0].mean(axis=1)[:6], abs=0.05)


def test_direction_verdicts():
    lower = np.tile(np.linspace(100, 50, len(direction.SIZE)), (5, 1))
    line = direction.Line(
        lower,
        np.tile(np.linspace(100, 50, len(direction.FINE)), (5, 1)),
        np.full(5, 30),
        np.ones((5, 3)),
        np.ones((5, 3)),
    )
    m = direction.Measurement(line, line, direction.RATES < 2, 0.0, -0.01)
    assert verdicts(direction, m) == {"3.13": "holds-if"}
    always = replace(line, lower=np.full_like(lower, 100))
    assert verdicts(direction, replace(m, early=always, late=always)) == {"3.13": "holds-if"}  # for the top's sake
    assert verdicts(direction, replace(m, early=always, late=always, beside_top=0.01)) == {"3.13": "holds"}
    assert verdicts(direction, replace(m, late=replace(line, lower=lower - 1))) == {"3.13": "does-not-hold"}
    assert verdicts(direction, replace(m, parabola=direction.RATES < 1)) == {"3.13": "does-not-hold"}
    assert direction.off(line) == pytest.approx(np.abs(np.interp(np.log(direction.SIZE), np.log(direction.FINE), line.predicted[0]) - lower[0])[direction.SIZE <= 1].max())  # fmt: skip
