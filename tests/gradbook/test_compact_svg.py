"""A compacted figure draws what the figure drew: fontTools reads both paths, ElementTree both trees."""

import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from hypothesis import given, settings
from hypothesis import strategies as st

from gradbook import style
from gradbook.compact_svg import compact, steps

SVG = "{http://www.w3.org/2000/svg}"


def points(path):
    pen = RecordingPen()
    parse_path(path, pen)
    found = [(command, np.array(where, float)) for command, where in pen.value]
    start = np.zeros((1, 2))
    kept = []
    for command, where in found:
        while command == "closePath" and kept[-1][0] == "lineTo" and np.allclose(kept[-1][1], start, atol=1e-9):
            kept.pop()  # fontTools adds a way back to the start unless the pen is there exactly
        start = where if command == "moveTo" else start
        kept.append((command, where))
    return kept


def assert_same_path(left, right):
    left, right = points(left), points(right)
    assert [command for command, _ in left] == [command for command, _ in right]
    for (_, a), (_, b) in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, atol=0.0051)  # both are rounded to hundredths once; errors do not add up


PLACE = st.floats(-900, 900, allow_nan=False).map(lambda x: f"{x:.2f}")
POINT = st.tuples(PLACE, PLACE).map(" ".join)
SEGMENT = st.one_of(
    *(
        st.lists(POINT, min_size=n, max_size=n).map(lambda found, letter=letter: f"{letter} {' '.join(found)}")
        for letter, n in (("L", 1), ("Q", 2), ("C", 3))
    )
)
SUBPATH = st.tuples(POINT, st.lists(SEGMENT, min_size=1, max_size=5), st.sampled_from(["", "\nz"])).map(
    lambda s: f"M {s[0]} \n" + " \n".join(s[1]) + s[2]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SUBPATH, min_size=1, max_size=2).map("\n".join))
def test_steps_lead_to_the_same_points(path):
    assert_same_path(path, steps(path))


def test_ten_thousand_steps_do_not_drift():
    rng = np.random.default_rng(0)
    places = rng.normal(size=(10_000, 2)).cumsum(axis=0)
    path = "M " + " \nL ".join(f"{x:.2f} {y:.2f}" for x, y in places)
    assert_same_path(path, steps(path))
    assert len(steps(path)) < 0.75 * len(path)


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("M 0 0 \nL 0 3.5", "M0 0l0 3.5"),
        ("M 1 1 \nL 1.5 0.5 \nL 2 2 \nz", "M1 1l.5-.5 .5 1.5z"),
        ("M 1 1 L 2 2 z L 1 2", "M1 1l1 1zl0 1"),  # after z the pen is back at the start
        ("M 1e-05 1e2 L 3 4", "M0 100l3-96"),
        ("m 1 1 h 5", "m 1 1 h 5"),  # not Matplotlib's: left alone
    ],
)
def test_written_short(path, short):
    assert steps(path) == short


def drawn():
    figure, axes = plt.subplots()
    axes.plot(np.linspace(0, 9, 80), np.sin(np.linspace(0, 9, 80)), marker="o", label="sine")
    axes.fill_between([0, 1, 2], [0, 1, 0], [1, 2, 1], alpha=0.2)
    axes.text(3, 0, "here", rotation=30)
    axes.legend()
    return figure


def seen(svg):
    """What draws, in order: tag, attributes (ids and paths apart), text; ids are followed to what they name."""
    root = ET.fromstring(svg)
    found = []
    for element in root.iter():
        tag = element.tag.removeprefix(SVG)
        if tag in ("svg", "g", "defs", "style") or (tag == "path" and element.get("style") == "fill: none"):
            continue
        attributes = {k: v for k, v in element.attrib.items() if k not in ("id", "d")}
        if attributes.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
            del attributes["transform"]
        found.append((tag, attributes, element.get("d"), (element.text or "").strip()))
    return found


def test_everything_that_draws_is_still_there(monkeypatch):
    with style.look():
        figure = drawn()
        monkeypatch.setattr(style, "compact", lambda svg: svg)
        whole = style.to_svg(figure, "x")
    plt.close(figure)
    small = compact(whole)
    before, after = seen(whole), seen(small)
    assert [(tag, attributes, text) for tag, attributes, _, text in before] == [
        (tag, attributes, text) for tag, attributes, _, text in after
    ]
    for (_, _, left, _), (_, _, right, _) in zip(before, after, strict=True):
        if left:
            assert_same_path(left, right)
    assert len(list(ET.fromstring(small).iter())) < 0.7 * len(list(ET.fromstring(whole).iter()))


def test_groups_that_do_something_stay_and_what_they_refer_to():
    svg = '<svg><defs><clipPath id="c"><path id="p" d="M 0 0 L 1 1"/></clipPath></defs><g><g id="q">' \
          '<g clip-path="url(#c)"><g><text id="t">a</text></g></g></g></g></svg>'  # fmt: skip
    assert compact(svg) == (
        '<svg><defs><clipPath id="c"><path d="M0 0l1 1"/></clipPath></defs><g clip-path="url(#c)"><text>a</text></g></svg>'
    )
