"""All measurements, then all figures, side by side; then what the pages read."""

import json
import sys
import time
from collections.abc import Sequence

from gradbook import ledger, memo, render, sweep
from gradbook.experiment import Named, experiments
from gradbook.text import LANGS, Lang


def measure_all(chosen: Sequence[Named]) -> None:
    """Measure what is not on disk: small experiments side by side, then those that spread over all cores themselves."""
    waiting = [named for named in chosen if not is_measured(named)]
    for spread in (True, False):
        group = [named.module for named in waiting if named.experiment.sweeps is not spread]
        what = "measuring" if spread else "measuring (sweeps)"
        if group:
            for _ in sweep.side_by_side(measure_one, group, what, spread=spread):
                pass


def is_measured(named: Named) -> bool:
    measure = named.experiment.measure
    return memo.whole(memo.where(memo.key_of([measure], {}), measure)) is not None


def measure_one(module: str) -> str:
    render.measured(find(module))
    return module


def draw_all(chosen: Sequence[Named], langs: Sequence[Lang] = LANGS) -> None:
    """Draw each figure in each language and put it where the pages look."""
    tasks = [(named.module, lang) for named in chosen if named.experiment.drawing for lang in langs]
    fresh = [task for task in tasks if memo.whole(render.figure_path(find(task[0]), task[1])) is None]
    if fresh:
        for _ in sweep.side_by_side(draw_one, fresh, "drawing"):
            pass
    for module, lang in tasks:
        render.publish(find(module), lang)


def draw_one(task: tuple[str, Lang]) -> None:
    render.rendered(find(task[0]), task[1])


def find(module: str) -> Named:
    return next(named for named in experiments() if named.module == module)


def prepare() -> None:
    """Everything the pages need, into `.cache/book/`."""
    begun = time.perf_counter()
    chosen = experiments()
    measure_all(chosen)
    draw_all(chosen)
    drop_old_figures(chosen)
    memo.write_whole(render.BOOK / "ledger.json", ledger.as_json().encode())
    claims = len(json.loads((render.BOOK / "ledger.json").read_bytes())["claims"])
    took = time.perf_counter() - begun
    print(f"gradbook: {claims} claims and {len(chosen)} experiments ready in {took:.1f} s", file=sys.stderr)


def drop_old_figures(chosen: Sequence[Named]) -> None:
    """A figure whose experiment is gone must not linger for a page to find."""
    wanted = {named.name for named in chosen if named.experiment.drawing}
    for path in (render.BOOK / "figures").glob("*/*.json"):
        if path.stem not in wanted:
            path.unlink()
