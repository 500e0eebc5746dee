"""Figures as the pages show them: drawn once for each language, kept on disk, written where pages and hook find them."""

import json
from itertools import product
from pathlib import Path
from typing import Any

from gradbook import memo
from gradbook.experiment import Named
from gradbook.text import Lang

BOOK = memo.CACHE / "book"  # what `gradbook prepare` leaves for the pages: ledger.json and figures/


def measured(named: Named, **arguments: Any) -> Any:
    """The experiment's measurement, from disk if it stands."""
    return memo.recall(named.experiment.measure, **arguments)


def figure_path(named: Named, lang: Lang) -> Path:
    """Where the figure's file lies if it was drawn by today's code from today's measurement."""
    drawing = named.experiment.drawing
    assert drawing is not None
    parts = [f for f in (drawing.draw, drawing.words, drawing.frame_alt) if f is not None]
    settings = repr([(s.label, s.values, s.start) for s in drawing.sliders])
    under = memo.key_of([named.experiment.measure], {}) + settings
    return memo.where(memo.key_of(parts, {"lang": lang}, under), drawing.draw).with_suffix(f".{lang}.pickle")


def rendered(named: Named, lang: Lang) -> dict[str, Any]:
    """The figure in one language: SVG, title, caption, alt text; frames and sliders if it moves."""
    path = figure_path(named, lang)
    found, value = memo.load(path)
    if not found:
        value = render(named, lang)
        memo.store(path, value)
    return value  # type: ignore[no-any-return]


def render(named: Named, lang: Lang) -> dict[str, Any]:
    from gradbook import style  # Matplotlib is needed only here

    experiment = named.experiment
    drawing = experiment.drawing
    assert drawing is not None
    measurement = measured(named)
    words = drawing.words(measurement, lang)
    result: dict[str, Any] = {
        "name": named.name, "title": words.title, "caption": words.caption, "alt": words.alt,
        "source": named.module.replace(".", "/") + ".py",
    }  # fmt: skip
    with style.look():
        if not drawing.sliders:
            return result | {"svg": style.to_svg(drawing.draw(measurement, lang), named.name)}
        frames = []
        for indices in product(*(range(len(slider.values)) for slider in drawing.sliders)):
            svg = style.to_svg(drawing.draw(measurement, lang, *indices), named.name)
            assert drawing.frame_alt is not None
            frames.append({"svg": svg, "alt": drawing.frame_alt(measurement, lang, *indices)})
    start = 0
    for slider in drawing.sliders:
        start = start * len(slider.values) + slider.start
    sliders = [{"label": s.label[lang], "values": list(s.values), "start": s.start} for s in drawing.sliders]
    return result | {"svg": frames[start]["svg"], "sliders": sliders, "frames": frames}


def publish(named: Named, lang: Lang) -> None:
    """Write the figure where the pages look for it."""
    content = json.dumps(rendered(named, lang), ensure_ascii=False).encode()
    memo.write_whole(BOOK / "figures" / lang / f"{named.name}.json", content)
