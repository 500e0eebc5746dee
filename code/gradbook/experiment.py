"""What an experiment is: `measure` finds out, `judge` gives verdicts, `draw` shows. One experiment is one file."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from gradbook.stats import Estimate
from gradbook.text import BookError, Lang, Text, Verdict, same

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement of a source with what was measured of it: one row of the ledger."""

    id: str
    text: Text  # what is claimed
    verdict: Verdict  # computed by `judge`, never typed
    finding: Text  # what was measured, in one or two sentences
    estimate: Estimate | None = None
    unit: Text = field(default_factory=lambda: same(""))
    shown: Text | None = None  # the estimate as printed, where its plain form won't do

    def as_printed(self, lang: Lang) -> str:
        if self.shown is not None:
            return self.shown[lang]
        return "" if self.estimate is None else self.estimate.shown()


@dataclass(frozen=True)
class Words:
    """A figure in words: its title says the answer, its alt text what is to be seen."""

    title: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Slider:
    """One control of an interactive figure: the values it steps through and the one it starts at."""

    label: Text
    values: tuple[str, ...]
    start: int


@dataclass(frozen=True, kw_only=True)
class Drawing[M]:
    """A figure: `draw(measurement, lang, *indices)` for a fixed figure has no indices, for sliders one each."""

    draw: Callable[..., "Figure"]
    words: Callable[[M, Lang], Words]
    sliders: tuple[Slider, ...] = ()
    frame_alt: Callable[..., str] | None = None  # (measurement, lang, *indices): what this frame shows


@dataclass(frozen=True, kw_only=True)
class Kept[M]:
    """Numbers of the dearer protocol that a page may show: `make full` stores them, and `{{ full name.key }}` shows them.

    `settings` names what they hang on beside the arguments `full`: stored numbers of other settings are an error.
    """

    numbers: Callable[[M], dict[str, Text]]
    settings: dict[str, Any]


def no_numbers(_: Any) -> dict[str, Text]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Experiment[M]:
    """The parts of an experiment, all over the same measurement M.

    `measure` is pure and seeded; if it is stochastic it takes `seeds: Sequence[int]`.
    `full` holds the arguments of the dearer protocol that `make full` runs, `kept` what pages show of it.
    `sweeps` says that `measure` spreads itself over all cores, so it must not run beside another.
    `conclude` returns claims that follow from its chapter's others, which it is given by id: judged anew whenever they are.
    """

    measure: Callable[..., M]
    judge: Callable[[M], Sequence[Claim]]
    numbers: Callable[[M], dict[str, Text]] = no_numbers
    drawing: Drawing[M] | None = None
    full: dict[str, Any] = field(default_factory=dict)
    kept: Kept[M] | None = None
    sweeps: bool = False
    conclude: Callable[[Mapping[str, Claim]], Sequence[Claim]] | None = None


@dataclass(frozen=True)
class Named:
    """An experiment found in its file: `module` is `gradbook.ch1_vanishing.link_decay`, `name` is `link_decay`."""

    module: str
    experiment: Experiment[Any]

    @property
    def name(self) -> str:
        return self.module.rsplit(".", 1)[1]

    @property
    def folder(self) -> str:
        return self.module.split(".")[1]

    @property
    def chapter(self) -> int:
        return int(self.folder[2])


@cache
def chapters() -> dict[int, str]:
    """Chapter number -> its folder below gradbook, found by name: ch1_vanishing is chapter 1."""
    import gradbook

    folders = [m.name for m in pkgutil.iter_modules(gradbook.__path__) if m.ispkg and m.name.startswith("ch")]
    return {int(name[2]): name for name in sorted(folders)}


@cache
def experiments(chapter: int | None = None) -> tuple[Named, ...]:
    """All experiments of one chapter, or of the book, in the order of their files' names."""
    known = chapters()
    if chapter is not None and chapter not in known:
        raise BookError(f"there is no chapter {chapter}: the book has {', '.join(map(str, known))}")
    found = []
    for number in known if chapter is None else [chapter]:
        package = importlib.import_module(f"gradbook.{known[number]}")
        for info in pkgutil.iter_modules(package.__path__, prefix=f"{package.__name__}."):
            module = importlib.import_module(info.name)
            if isinstance(experiment := getattr(module, "EXPERIMENT", None), Experiment):
                found.append(Named(info.name, experiment))
    return tuple(found)
