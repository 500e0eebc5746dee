"""What every page's template output needs mended: alternates in other languages, the search's address, foreign scripts."""

import re

from gradbook.site import words
from gradbook.text import Lang

MATHJAX = re.compile(r"<script data-mkdocs-jupyter-mathjax=.*?</script>\s*", re.DOTALL)
ALTERNATE = re.compile(r'<link rel="alternate" href="[^"]*" hreflang="[^"]*">\s*')
CONFIG_BASE = re.compile(r'(<script id="__config" type="application/json">\{"annotate": [^,]*, "base": ")([^"]*)(")')
WORKER = re.compile(r'"search": "([^"]*?)assets/javascripts/workers/(search\.\w+\.min\.js)"')
DIALOG = 'data-md-component="search" role="dialog"'


def mend(html: str, url: str, lang: Lang, site_url: str, languages: list[str], default: str) -> str:
    """The page's HTML without MathJax, with absolute alternates, searching its own language only."""
    html = mend_search(MATHJAX.sub("", html), lang, default)
    return alternates(html, url, site_url, languages, default)


def mend_search(html: str, lang: Lang, default: str) -> str:
    """Point the search at the language's own index, let our worker wake the theme's, and give its dialog a name."""
    html = html.replace(DIALOG, f'{DIALOG} aria-label="{words.SEARCH[lang]}"')
    if lang != default:
        html = CONFIG_BASE.sub(rf"\1\2/{lang}/\3", html)
    return WORKER.sub(r'"search": "\1assets/javascripts/workers/search.js#\2"', html)


def alternates(html: str, url: str, site_url: str, languages: list[str], default: str) -> str:
    """`hreflang` links must be absolute, and one of them for readers of neither language.

    The space after "alternate" hides them from the theme's script, which would fetch a sitemap from each address (404 here, and
    another host wherever the site is not served from `site_url`). To everyone else `rel` is a list parted by spaces.
    """
    html = ALTERNATE.sub("", html)
    url = "" if url == "./" else url
    for lang in languages:
        url = url.removeprefix(f"{lang}/")
    homes = {lang: site_url + ("" if lang == default else f"{lang}/") for lang in languages}
    links = [(lang, homes[lang] + url) for lang in languages] + [("x-default", homes[default] + url)]
    made = "".join(f'\n      <link rel="alternate " href="{href}" hreflang="{lang}">' for lang, href in links)
    return html.replace('<link rel="icon"', f'{made.lstrip()}\n      <link rel="icon"', 1)
