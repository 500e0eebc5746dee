"""One search index for each language. The plugins make one for both, in which a Korean reader would find English pages."""

import json
from pathlib import Path
from typing import Any, Final

from gradbook.memo import write_whole

# Korean: no stemmer knows its endings, so docs/assets/javascripts/workers/search.js looks for a word inside words instead.
# lunr's own pipelines stay off: the English ones would cut Hangul away, the Korean one only trims.
SEPARATOR: Final = r"""[\s\-,;!?()\[\]{}"'“”‘’「」·…/<>=|#]+|\.(?!\d)|&[lg]t;"""
PIPELINE: Final = {"ko": list[str](), "en": ["stopWordFilter"]}


def split(site: Path, languages: list[str], default: str) -> None:
    """Replace the common index by `search/search_index.json` and `<lang>/search/search_index.json`.

    Addresses in the latter are relative to `<lang>/`: its pages' `base` is set to match (`head.mend_search`).
    """
    common = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    others = [lang for lang in languages if lang != default]
    for lang in languages:
        prefix = "" if lang == default else f"{lang}/"
        docs = [
            doc | {"location": doc["location"].removeprefix(prefix)}
            for doc in common["docs"]
            if (
                doc["location"].startswith(prefix)
                if prefix
                else not doc["location"].startswith(tuple(f"{o}/" for o in others))
            )
        ]
        write_whole(site / prefix / "search" / "search_index.json", dump(common["config"], lang, docs).encode())


def dump(config: dict[str, Any], lang: str, docs: list[dict[str, Any]]) -> str:
    config = config | {"lang": ["en"], "separator": SEPARATOR, "pipeline": PIPELINE[lang]}
    return json.dumps({"config": config, "docs": docs}, ensure_ascii=False, separators=(",", ":"))
