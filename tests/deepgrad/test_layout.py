"""What a drawing needs: columns, room, few crossings, the same picture every time."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given

from deepgrad import add, history, layout, leaf, sigmoid
from tests.strategies import seeds


def purchase():
    names = {"apple": 100, "apples": 2, "orange": 150, "oranges": 3, "tax": 1.1}
    apple, apples, orange, oranges, tax = (leaf(name, x) for name, x in names.items())
    return (apple * apples + orange * oranges) * tax


def net():
    x = [leaf("x1", 1), leaf("x2", 2)]
    h = [add(leaf("w", i) * x[0], leaf("w", 3) * x[1], leaf("b", 4)).apply(sigmoid) for i in (1, 2)]
    return add(leaf("v", 1) * h[0], leaf("v", 2) * h[1])


def random_graph(seed):
    rng = np.random.default_rng(seed)
    nodes = [leaf(f"x{i}", 0.5) for i in range(3)]
    for _ in range(rng.integers(1, 9)):
        nodes.append(add(*(nodes[i] for i in rng.integers(len(nodes), size=rng.integers(1, 4)))))
    return nodes[-1]


def crossings(plan):
    """Pairs of segments, of different sources or targets, that change their order between two half columns."""
    segments = {pair for way in plan.edges.values() for pair in pairwise(way)}
    return sum(
        a[0][0] == b[0][0] and (a[0][1] - b[0][1]) * (a[1][1] - b[1][1]) < 0 for a, b in combinations(segments, 2)
    )


def test_the_purchase_stands_as_one_would_draw_it():
    paid = purchase()
    plan = layout(paid)
    columns = {node.name or node.op: place[0] for node, place in plan.nodes.items()}
    assert columns == {"apple": 0, "apples": 0, "orange": 0, "oranges": 0, "×": 3, "+": 2, "tax": 2}
    assert plan.nodes[paid.inputs[0].inputs[0]][0] == plan.nodes[paid.inputs[0].inputs[1]][0] == 1
    rows = {node.name: place[1] for node, place in plan.nodes.items()}
    assert rows["apple"] < rows["apples"] < rows["orange"] < rows["oranges"]
    assert min(rows.values()) == 0
    assert crossings(plan) == 0


def test_a_results_column_is_its_longest_way_from_a_leaf():
    x = leaf("x", 1)
    y = x
    for _ in range(4):
        y = y.exp().log()
    plan = layout(y + x * 2)
    assert plan.nodes[x][0] == 0
    assert plan.nodes[y][0] == 8
    assert max(column for column, _ in plan.nodes.values()) == 9


@given(seed=seeds)
def test_places_keep_their_distance_and_edges_join_them(seed):
    output = random_graph(seed)
    plan = layout(output)
    assert set(plan.nodes) == set(history(output))
    assert set(plan.edges) == {(node, i) for node in plan.nodes for i in range(len(node.inputs))}
    layers = {}
    for node, (column, row) in plan.nodes.items():
        layers.setdefault(column, {})[node] = row
    for (node, i), way in plan.edges.items():
        assert (way[0], way[-1]) == (plan.nodes[node.inputs[i]], plan.nodes[node])
        assert [b[0] - a[0] for a, b in pairwise(way)] == [0.5] * (len(way) - 1)
        layers.setdefault(way[-2][0], {})[node, i] = way[-2][1]
        for column, row in way[1:-2]:
            layers.setdefault(column, {})[node.inputs[i], "line"] = row
    for rows in layers.values():
        assert np.diff(sorted(rows.values())).min(initial=1) >= 1 - 1e-9


@given(seed=seeds)
def test_inputs_arrive_in_turn_from_top_to_bottom(seed):
    plan = layout(random_graph(seed))
    for node in plan.nodes:
        rows = [plan.edges[node, i][-2][1] for i in range(len(node.inputs))]
        assert rows == sorted(rows)


@given(seed=seeds)
def test_the_same_graph_gets_the_same_places(seed):
    first, second = layout(random_graph(seed)), layout(random_graph(seed))
    assert list(first.nodes.values()) == list(second.nodes.values())
    assert list(first.edges.values()) == list(second.edges.values())


def test_trees_have_no_crossings_and_sorting_undoes_those_of_shared_nodes():
    tree = [leaf("x", 1) for _ in range(16)]
    while len(tree) > 1:
        tree = [a * b for a, b in zip(tree[::2], tree[1::2], strict=True)]
    assert crossings(layout(tree[0])) == 0
    assert crossings(layout(net())) <= 5  # unsorted: 7
    a, b, c = (leaf(name, 1) for name in "abc")
    assert crossings(layout(add(b.exp().exp() + c, a + b.log()) * 2)) == 0  # unsorted: 1


def test_lines_without_company_are_level():
    for output in (purchase(), net()):
        plan = layout(output)
        used = [source for node in plan.nodes for source in node.inputs]
        for (node, i), way in plan.edges.items():
            if used.count(node.inputs[i]) == 1:
                assert way[0][1] == pytest.approx(way[1][1], abs=1e-4), (node, i)


def test_a_leaf_alone_and_a_long_chain():
    x = leaf("x", 1)
    assert layout(x).nodes == {x: (0, 0)}
    y = x
    for _ in range(1500):
        y = y.exp().log()
    assert layout(y).nodes[y] == (3000, 0)
