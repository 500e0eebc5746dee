"""A drawn graph: the right numbers beside the right edges, and no text on another."""

from itertools import combinations
from math import exp

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from deepgrad import add, leaf, relu, sigmoid, tanh
from gradbook import style
from gradbook.graph_figure import BACKWARD, FORWARD, draw, shown
from gradbook.text import LANGS


def apples(lang="en"):
    price, count, tax, paid = {
        "en": ("apple price", "apples", "tax", "to pay"),
        "ko": ("사과 가격", "사과 개수", "소비세", "지불 금액"),
    }[lang]
    return (leaf(price, 100) * leaf(count, 2) * leaf(tax, 1.1)).named(paid)


def fruit(lang="en"):
    names = {
        "en": ("apple price", "apples", "orange price", "oranges", "tax", "to pay"),
        "ko": ("사과 가격", "사과 개수", "귤 가격", "귤 개수", "소비세", "지불 금액"),
    }[lang]
    apple, apples, orange, oranges, tax = map(leaf, names, (100, 2, 150, 3, 1.1))
    return ((apple * apples + orange * oranges) * tax).named(names[-1])


def neuron(lang="en"):
    z = add(leaf("w₁", 0.9) * leaf("x₁", 0.6), leaf("w₂", -1.5) * leaf("x₂", 0.2), leaf("b", -0.3)).named("z")
    return z.apply(sigmoid).named("y")


def net(lang="en"):
    x = [leaf("x₁", 0.6), leaf("x₂", -0.4)]
    rows = (("₁", 0.5, -0.7, 0.1), ("₂", -1.2, 0.3, 0.2))
    h = [
        add(leaf(f"w{i}₁", a) * x[0], leaf(f"w{i}₂", b) * x[1], leaf(f"b{i}", c)).apply(sigmoid).named(f"h{i}")
        for i, a, b, c in rows
    ]
    return add(leaf("v₁", 1.4) * h[0], leaf("v₂", -0.8) * h[1], leaf("c", 0.05)).named("y")


def shortcut(lang="en"):
    h = (leaf("x", -1.5) * 2).named("h")
    return (h**2).apply(tanh) - (h.apply(relu) + h)


def wordy(lang="en"):
    long = (leaf("p", 1.25) * leaf("q", 3.14)).named("a longer name")
    return (long.log() * (leaf("r", 2) * 3).log()).exp().log()


def texts(output, lang="en"):
    """Every text with its box, in inches from the bottom left."""
    with style.look():
        made = draw(output, lang)
        renderer = FigureCanvasAgg(made).get_renderer()
        written = [t for t in made.axes[0].texts if t.get_text()]
        boxes = [t.get_window_extent(renderer).transformed(made.dpi_scale_trans.inverted()) for t in written]
    return made, [(t.get_text(), t.get_color(), box) for t, box in zip(written, boxes, strict=True)]


def pairs(output):
    """(above, below) for each place with a forward number: the nearest backward number under it, in any order."""
    _, written = texts(output)
    keys = (FORWARD["en"], BACKWARD["en"])
    below = [(t, box) for t, color, box in written if color == style.ORANGE and t not in keys]
    found = []
    for text, color, box in written:
        if color == style.BLUE and text not in keys:
            x = (box.x0 + box.x1) / 2
            found.append(
                (text, min(below, key=lambda b: (abs((b[1].x0 + b[1].x1) / 2 - x) > 0.01, abs(box.y0 - b[1].y1)))[0])
            )
    assert len(found) == len(below)
    return sorted(found)


def test_the_purchase_of_apples_by_hand():
    assert pairs(apples()) == sorted([("100", "2.2"), ("2", "110"), ("200", "1.1"), ("1.1", "200"), ("220", "1")])


def test_the_purchase_of_apples_and_oranges_by_hand():
    leaves = [("100", "2.2"), ("2", "110"), ("150", "3.3"), ("3", "165"), ("1.1", "650")]
    assert pairs(fruit()) == sorted([*leaves, ("200", "1.1"), ("450", "1.1"), ("650", "1.1"), ("715", "1")])


def test_the_neuron_by_its_formula():
    y = 1 / (1 + exp(0.06))  # z = 0.9 · 0.6 − 1.5 · 0.2 − 0.3 = −0.06
    d = y * (1 - y)
    back = {"0.9": 0.6 * d, "0.6": 0.9 * d, "−1.5": 0.2 * d, "0.2": -1.5 * d, "0.54": d, "z = −0.06": d}
    expected = [(above, f"{round(b, 3):g}".replace("-", "−")) for above, b in back.items()]
    assert pairs(neuron()) == sorted([*expected, ("−0.3", "0.25"), ("−0.3", "0.25"), (f"{y:.3f}", "1")])


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("graph", [apples, fruit, neuron, net, shortcut, wordy])
def test_no_text_lies_on_another_or_leaves_the_figure_and_all_are_read_on_a_phone(graph, lang):
    made, written = texts(graph(lang), lang)
    width, height = made.get_size_inches()
    assert width == style.WIDTH
    for text, _, box in written:
        assert box.x0 > 0, text
        assert box.y0 > 0, text
        assert box.x1 < width, text
        assert box.y1 < height, text
    for (one, _, a), (other, _, b) in combinations(written, 2):
        assert not a.overlaps(b), (one, other)
    assert min(t.get_fontsize() for t in made.axes[0].texts) >= 8.5


@pytest.mark.parametrize("graph", [apples, fruit, neuron, net, shortcut, wordy])
def test_no_line_or_circle_runs_through_a_number(graph):
    made, written = texts(graph())
    inches = made.axes[0].transData + made.dpi_scale_trans.inverted()
    lines = [p for p in made.axes[0].patches if p.get_edgecolor()[:3] == pytest.approx((0.4157,) * 3, abs=1e-3)]
    circles = [
        inches.transform_bbox(p.get_path().get_extents(p.get_patch_transform()))
        for p in made.axes[0].patches
        if p not in lines
    ]
    assert len(lines) > len(circles) > 1
    assert not [
        text for text, color, box in written for circle in circles if color != style.INK and circle.overlaps(box)
    ]
    for patch in lines:
        points = inches.transform(patch.get_path().interpolated(1).to_polygons(closed_only=False)[0])
        for text, color, box in written:
            if color in (style.BLUE, style.ORANGE):
                inner = [(x, y) for x, y in points if box.x0 < x < box.x1 and box.y0 + 0.02 < y < box.y1 - 0.02]
                assert not inner, text


@pytest.mark.parametrize("lang", LANGS)
def test_it_becomes_an_inline_svg_in_the_pages_colors(lang):
    with style.look():
        svg = style.to_svg(draw(net(lang), lang), "net")
    assert 'viewBox="0 0 374.4 ' in svg
    assert "var(--fig-blue,#0072b2)" in svg
    assert "var(--fig-orange,#d55e00)" in svg
    assert FORWARD[lang] in svg


def test_a_graph_too_wide_for_a_page_is_refused():
    x = leaf("x", 0.123)
    for _ in range(9):
        x = x.apply(tanh)
    with style.look(), pytest.raises(ValueError, match="points too wide for a page"):
        draw(x, "en")


def test_numbers_are_short():
    given = (715.0000000001, 0.66373, -0.0543, 2.20, 0.0, 1234567, 3e-9, -0.99999)
    assert [shown(x) for x in given] == ["715", "0.664", "−0.054", "2.2", "0", "1,234,567", "3.0·10⁻⁹", "−1"]
