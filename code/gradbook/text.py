"""Sentences in both languages, side by side, so that neither can fall behind; and the words for the four verdicts."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Lang = Literal["ko", "en"]
LANGS: Final[tuple[Lang, ...]] = get_args(Lang)


class BookError(Exception):
    """Something the reader can mend: the message says what was wrong and what to do. The command line prints it."""


@dataclass(frozen=True)
class Text:
    """One sentence, label or number as printed, in Korean and in English."""

    ko: str
    en: str

    def __getitem__(self, lang: Lang) -> str:
        return self.ko if lang == "ko" else self.en

    def as_dict(self) -> dict[str, str]:
        return {"ko": self.ko, "en": self.en}


Verdict = Literal["holds", "holds-if", "does-not-hold", "note"]
VERDICTS: Final[dict[Verdict, Text]] = {
    "holds": Text("성립", "holds"),
    "holds-if": Text("조건부 성립", "holds if"),
    "does-not-hold": Text("성립하지 않음", "does not hold"),
    "note": Text("참고", "note"),
}


def same(text: str) -> Text:
    """A text that needs no translation: a formula, a number, a name."""
    return Text(text, text)


def language(name: str) -> Lang:
    """The language called `name`, or a BookError that lists the book's languages."""
    if name not in LANGS:
        raise BookError(f"unknown language {name!r}: the book has {', '.join(LANGS)}")
    return name
