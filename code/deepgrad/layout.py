"""Where to draw the nodes and edges of a computation, so that its numbers find room."""

from bisect import bisect_right, insort
from dataclasses import dataclass
from itertools import pairwise

from deepgrad.graph import Node, history

type _Point = tuple[int, Node, int]
"""What stands in a layer: (layer, node, −1), a node or the line of its value passing
by, in even layers; (layer, node, i), the number on its edge i, in odd ones.
"""
type _Links = dict[_Point, list[_Point]]


@dataclass(frozen=True, eq=False)
class Layout:
    """Places (column, row), rows counted from the top: one for each node, and for each
    edge those that its line passes.

    edges[node, i] leads from node.inputs[i] to the node. Its last place but one is
    half a column before the node and has a row around it to itself: there is room for
    the edge's numbers.
    """

    nodes: dict[Node, tuple[float, float]]
    edges: dict[tuple[Node, int], list[tuple[float, float]]]


def layout(output: Node) -> Layout:
    """A place for everything the output was made from. A result's column is its longest
    distance from a leaf; a leaf stands one column before its first use.

    A node's inputs arrive in their order, from top to bottom. Few lines cross: each
    layer is sorted by where its neighbors stand, to and fro. Then rows settle where
    lines are straightest. The same graph always gets the same layout. Sugiyama, Tagawa
    and Toda, Methods for visual understanding of hierarchical system structures,
    1981, doi:10.1109/TSMC.1981.4308636.
    """
    nodes = history(output)
    column = _columns(nodes)
    paths: dict[tuple[Node, int], list[_Point]] = {}
    for node in nodes:
        end = 2 * column[node]
        for i, source in enumerate(node.inputs):
            line = [(k, source, -1) for k in range(2 * column[source], end - 1)]
            paths[node, i] = [*line, (end - 1, node, i), (end, node, -1)]
    output_at = (2 * column[output], output, -1)
    points = dict.fromkeys([p for path in paths.values() for p in path])
    order: list[list[_Point]] = [[] for _ in range(output_at[0] + 1)]
    for point in points or [output_at]:
        order[point[0]].append(point)
    before: _Links = {point: [] for layer in order for point in layer}
    after: _Links = {point: [] for layer in order for point in layer}
    for a, b in dict.fromkeys(
        ab for path in paths.values() for ab in pairwise(path)
    ):
        before[b].append(a)
        after[a].append(b)
    row = _rows(_sorted(order, before, after), before, after)
    top = min(row.values())
    return Layout(
        {n: (column[n], row[2 * column[n], n, -1] - top) for n in nodes},
        {edge: [(p[0] / 2, row[p] - top) for p in paths[edge]] for edge in paths},
    )


def _columns(nodes: list[Node]) -> dict[Node, int]:
    column: dict[Node, int] = {}
    for node in nodes:
        column[node] = 1 + max((column[n] for n in node.inputs), default=-1)
    uses: dict[Node, int] = {}
    for node in nodes:
        for source in node.inputs:
            uses[source] = min(column[node] - 1, uses.get(source, column[node]))
    return column | {n: uses[n] for n in uses if not n.inputs}


def _sorted(
    order: list[list[_Point]], before: _Links, after: _Links
) -> list[list[_Point]]:
    """The layers, each sorted by its neighbors: of some sweeps the one whose lines
    cross least.
    """
    best, fewest = order, _crossings(order, after)
    for sweep in range(12):
        if fewest == 0:
            break
        neighbors, turn = (before, 1) if sweep % 2 else (after, -1)
        order, place = list(order), dict[_Point, float]()
        for k in range(len(order))[::turn]:
            layer, wanted = order[k], dict[_Point, float]()
            for i, point in enumerate(layer):
                near = [place[p] for p in neighbors[point]] or [i / len(layer)]
                wanted[point] = sum(near) / len(near)
            order[k] = _inputs_in_turn(sorted(layer, key=wanted.__getitem__))
            place |= {point: i / len(layer) for i, point in enumerate(order[k])}
        crossings = _crossings(order, after)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _inputs_in_turn(layer: list[_Point]) -> list[_Point]:
    """The edges into one node share out the places they have by their numbers."""
    waiting: dict[Node, list[_Point]] = {}
    for edge in sorted((p for p in layer if p[2] >= 0), key=lambda p: -p[2]):
        waiting.setdefault(edge[1], []).append(edge)
    return [waiting[p[1]].pop() if p[2] >= 0 else p for p in layer]


def _crossings(order: list[list[_Point]], after: _Links) -> int:
    count = 0
    for left, right in pairwise(order):
        place = {p: i for i, p in enumerate(right)}
        above: list[int] = []  # where the links of the points above end
        for point in left:
            ends = [place[p] for p in after[point]]
            count += sum(len(above) - bisect_right(above, end) for end in ends)
            for end in ends:
                insort(above, end)
    return count


def _rows(
    order: list[list[_Point]], before: _Links, after: _Links
) -> dict[_Point, float]:
    """Rows in which each layer keeps its order and a distance of 1, and lines climb
    little: layer by layer, a point goes to the mean of its neighbors or near it.
    """
    row = {point: float(i) for layer in order for i, point in enumerate(layer)}

    def level(a: _Point, b: _Point) -> bool:
        """Whether a line from a to b has no other to make room for."""
        return len(after[a]) == len(before[b]) == 1

    def settle(layer: list[_Point], wanted: list[tuple[float, float]]) -> float:
        rows = _apart(wanted)
        moved = max(abs(y - row[p]) for p, y in zip(layer, rows, strict=True))
        row.update(zip(layer, rows, strict=True))
        return moved

    for sweep in range(60):
        moved = 0.0
        for layer in order[:: 1 if sweep % 2 else -1]:
            wanted = []
            for p in layer:
                near = [(row[q], 8.0 if level(q, p) else 1.0) for q in before[p]]
                near += [(row[q], 8.0 if level(p, q) else 1.0) for q in after[p]]
                near = near or [(row[p], 1.0)]
                weight = sum(w for _, w in near)
                wanted.append((sum(y * w for y, w in near) / weight, weight))
            moved = max(moved, settle(layer, wanted))
        if moved < 1e-3:
            break
    for layer in order[
        1:
    ]:  # what is almost level becomes so: bends gather at joints
        firm = [
            before[p][0] if before[p] and level(before[p][0], p) else None
            for p in layer
        ]
        settle(
            layer,
            [
                (row[q or p], 1e6 if q else 1.0)
                for p, q in zip(layer, firm, strict=True)
            ],
        )
    return row


def _apart(wanted: list[tuple[float, float]]) -> list[float]:
    """The rows that are nearest to the wanted ones, given as (row, weight), among all
    that rise by 1 or more: least squares, by pooling those that are too close.
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for k, (y, weight) in enumerate(wanted):
        pool = (y - k, weight, 1)  # less k, "1 apart" becomes "not falling"
        while pools and pools[-1][0] > pool[0]:
            mean, w, n = pools.pop()
            both = w + pool[1]
            pool = ((mean * w + pool[0] * pool[1]) / both, both, n + pool[2])
        pools.append(pool)
    level = [mean for mean, _, members in pools for _ in range(members)]
    return [mean + k for k, mean in enumerate(level)]
