"""MkDocs' events. The only file that knows MkDocs: it hands pages to the other modules and puts back what they return.

A build runs once for each language; static-i18n starts the second inside the first one's end. Hooks stay loaded while serving:
after an edit in `gradbook/site/` start `mkdocs serve` anew (edits of experiments, library and prose need nothing).
"""

import logging
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import jupytext
from mkdocs import utils
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink
from mkdocs.utils import clean_directory, meta
from mkdocs_static_i18n.utils import I18nLoggingFilter  # type: ignore[import-untyped]
from watchdog.observers.polling import PollingObserver

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # this checkout, installed or not

from gradbook.site import (
    cells,
    figure_html,
    fonts,
    formulas,
    head,
    kept,
    library,
    notebooks,
    outputs,
    prepared,
    search_index,
    source_pages,
    store,
    templates,
)
from gradbook.site.placeholders import LanguageBook, Sheet
from gradbook.text import BookError, Lang

BEFORE, LAST = 200, -200  # around the priorities of mkdocs-jupyter (100) and static-i18n (-100)
LIBRARY = re.compile(r"^\{\{\s*library\s*\}\}$", re.MULTILINE)
LOG: Final = logging.getLogger("mkdocs")
RENDERED: Final = ("content", "toc", "title", "_title_from_render", "present_anchor_ids")  # what rendering gives a page
books: list[LanguageBook] = []  # of the build under way
figures_of: list[str] = []  # the digest of measurements and figures that this build shows
finished: dict[
    tuple[str, str], tuple[tuple[str, ...], tuple[str, list[str]]]
] = {}  # of the last build, by language and source


def on_startup(command: str, dirty: bool) -> None:
    prepared.fix_environment(serving=command == "serve")


def on_serve(server: LiveReloadServer, config: MkDocsConfig, builder: Any) -> None:
    """Look for edits ten times a second, not twice: it costs a fiftieth of a core."""
    watched = list(server._watched_paths)
    for path in watched:
        server.unwatch(path)
    server.observer = PollingObserver(timeout=0.1)
    for path in watched:
        server.watch(path)


@event_priority(LAST)  # static-i18n has chosen the language
def on_config(config: MkDocsConfig) -> None:
    try:
        if is_first_language(config):
            books.clear()
            kept.asked.clear()
            config.theme.get_env = partial(templates.without_hidden, config.theme.get_env)  # type: ignore[method-assign]
            figures_of[:] = [prepared.prepare()]
            prepared.execute_pages(Path(config.docs_dir))
    except BookError as error:
        raise PluginError(str(error)) from None
    ask_once(plugin(config, "mkdocs-jupyter"))
    index = plugin(config, "material/search").search_index
    index.add_entry_from_context = partial(indexed, index, index.add_entry_from_context)


def ask_once(jupyter: Any) -> None:
    """mkdocs-jupyter asks a dozen times for each page whether it is a notebook, and reads it each time."""
    asked, include = dict[str | None, bool](), jupyter.should_include

    def should_include(file: File) -> bool:
        if file.abs_src_path not in asked:
            asked[file.abs_src_path] = include(file)
        return asked[file.abs_src_path]

    jupyter.should_include = should_include
    jupytext.read = notebooks.read


@event_priority(LAST)  # mkdocs-jupyter has put in its own ways
def on_pre_page(page: Page, config: MkDocsConfig, files: Files) -> None:
    """Convert and render a page only where what it is made from has changed."""
    jupyter = {name: value for name, value in plugin(config, "mkdocs-jupyter").config.items() if name != "cache_dir"}
    settings = repr([config.markdown_extensions, config.mdx_configs, config.validation, jupyter])
    if convert := getattr(page, "_mkdocs_jupyter_content", None):
        page._mkdocs_jupyter_content = partial(converted, page, settings, convert)  # type: ignore[attr-defined]
    page.render = partial(rendered, page, settings, page.render)  # type: ignore[method-assign]


def converted(page: Page, settings: str, convert: Callable[[], dict[str, str]]) -> dict[str, str]:
    """A notebook as nbconvert's HTML around its Markdown."""
    path = page.file.abs_src_path or ""
    notebook = notebooks.read(path)
    skeleton = notebooks.skeleton(notebook)

    def make() -> str:
        return cells.without_styles(convert()["content"])  # which reads the file again

    def same() -> bool:
        return notebooks.skeleton(notebooks.read(path)) == skeleton

    html = kept.recall("converted", "\0".join([page.file.src_uri, settings, skeleton]), make, same)
    html, page.meta["pre"] = cells.set_aside(html)
    return {"content": notebooks.with_prose(html, notebook)}


def rendered(
    page: Page, settings: str, render: Callable[[MkDocsConfig, Files], None], config: MkDocsConfig, files: Files
) -> None:
    """A page that gave cause for a message gives it again: it is rendered anew each time."""
    title, lang, messages = vars(page).get("title"), language(config), utils.CountHandler(level=logging.INFO)
    others = {file.src_uri: file for file in files}

    def make() -> dict[str, Any]:
        LOG.addHandler(messages)
        try:
            render(config, files)
            html = cells.put_back(page.content or "", page.meta.get("pre", []))
            page.content = formulas.render(cells.clean(html, lang), page.file.src_uri)
        except BookError as error:
            raise PluginError(str(error)) from None
        finally:
            LOG.removeHandler(messages)
        anchors = {file.src_uri: links for file, links in (page.links_to_anchors or {}).items()}
        return {name: vars(page)[name] for name in RENDERED if name in vars(page)} | {"links_to_anchors": anchors}

    addresses = [f"{uri} {file.url} {file.inclusion.name}" for uri, file in sorted(others.items())]
    made_from = [lang, page.file.src_uri, page.url, str(title), settings, page.markdown or ""]
    made_from += [*addresses, *page.meta.get("pre", [])]
    heard = LOG.getEffectiveLevel() == logging.INFO  # else messages go uncounted
    state = kept.recall("rendered", "\0".join(made_from), make, lambda: heard and not messages.get_counts())
    vars(page).update(state)
    page.links_to_anchors = {others[uri]: links for uri, links in state["links_to_anchors"].items()}


def indexed(index: Any, add: Callable[[Page], None], page: Page) -> None:
    """The search's entries of a page."""
    front = repr([page.meta.get(name) for name in ("search", "tags", "title")])

    def make() -> list[dict[str, Any]]:
        before = len(index.entries)
        add(page)
        made: list[dict[str, Any]] = index.entries[before:]
        del index.entries[before:]
        return made

    made_from = [page.url, str(page.title), front, str(page.toc), page.content or ""]
    index.entries += kept.recall("indexed", "\0".join(made_from), make)


@event_priority(BEFORE)
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A notebook's front matter is Jupyter's; what it says about the page counts here too. `{{ library }}` is Markdown."""
    _, front = meta.get_data(Path(page.file.abs_src_path or "").read_text(encoding="utf-8-sig"))
    if "kernelspec" in front:
        page.meta.update({key: value for key, value in front.items() if key not in ("jupytext", "kernelspec")})
    return LIBRARY.sub(lambda _: library.markdown(language(config)), markdown)


def on_env(env: Any, config: MkDocsConfig, files: Files) -> None:
    """All pages of the language stand: fill in what they say about each other, before search and templates read them."""
    pages = [file.page for file in files.documentation_pages() if file.page]
    sheets = [Sheet(page.file.src_uri, address(page), chapter(page), page.content or "") for page in pages]
    try:
        book = LanguageBook(language(config), store.ledger(), sheets)
        book.check(store.figure_names(book.lang))
        standing = book.standing()
        for page, sheet in zip(pages, sheets, strict=True):
            page.content, page.meta["aside"] = finish(book, sheet, standing)
            description = book.plain(str(page.meta.get("description") or ""), sheet)
            page.meta["description"] = description.replace('"', "&quot;")  # templates put it into attributes as it is
            resolve_titles(page.toc.items, book, sheet)
            page.title = book.plain(str(page.title or ""), sheet)
    except BookError as error:
        raise PluginError(str(error)) from None
    books.append(book)
    env.bytecode_cache = templates.Compiled()


def finish(book: LanguageBook, sheet: Sheet, standing: str) -> tuple[str, list[str]]:
    """The page with everything filled in, and what is set aside of it. While serving, most pages are as they were."""
    made_from = (*figures_of, standing, sheet.url, sheet.html)
    before, page = finished.get((book.lang, sheet.source), ((), ("", [])))
    if before != made_from:
        page = templates.set_aside(figure_html.drawn(book.resolve(sheet), book.lang))
        finished[book.lang, sheet.source] = made_from, page
    return page


def resolve_titles(items: list[AnchorLink], book: LanguageBook, sheet: Sheet) -> None:
    for item in items:
        item.title = book.plain(item.title, sheet)
        resolve_titles(item.children, book, sheet)


@event_priority(LAST)  # after mkdocs-jupyter has put in its scripts
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    languages, default = all_languages(config)
    output = head.mend(output, page.url, language(config), config.site_url or "/", languages, default)
    return templates.put_back(output, page.meta["aside"])


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """There is one 404.html, in both languages: the other language's build must not overwrite it."""
    _, default = all_languages(config)
    if template_name != "404.html":
        return output_content
    if language(config) != default:
        return ""
    return head.ALTERNATE.sub("", head.mend_search(output_content, language(config), default))


@event_priority(LAST)  # after static-i18n has built the other languages
def on_post_build(config: MkDocsConfig) -> None:
    if not is_first_language(config):
        return
    site = Path(config.site_dir)
    languages, default = all_languages(config)
    search_index.split(site, languages, default)
    outputs.write_claims(site, books)
    outputs.write_frames(site, books)
    source_pages.write(site)
    try:
        fonts.write(site)
    except BookError as error:
        raise PluginError(str(error)) from None
    kept.drop_others()


def on_build_error(error: Exception) -> None:
    """Say in one line what the system refuses (a full disk, a folder that cannot be written); MkDocs would show a traceback.

    static-i18n leaves two things of MkDocs changed when its inner build fails; the next build while serving needs them.
    """
    utils.clean_directory = clean_directory
    log = logging.getLogger("mkdocs.commands.build")
    for muting in [found for found in log.filters if isinstance(found, I18nLoggingFilter)]:
        log.removeFilter(muting)
    if isinstance(error, OSError):
        raise PluginError(f"{error.filename2 or error.filename or 'a file'}: {error.strerror or error}") from None


def is_first_language(config: MkDocsConfig) -> bool:
    """Whether the event belongs to the build that was asked for, not to one that static-i18n started inside it."""
    return not i18n(config).building


def language(config: MkDocsConfig) -> Lang:
    current: Lang = i18n(config).current_language
    return current


def i18n(config: MkDocsConfig) -> Any:
    return plugin(config, "i18n")


def plugin(config: MkDocsConfig, name: str) -> Any:
    return config.plugins[name]


def all_languages(config: MkDocsConfig) -> tuple[list[str], str]:
    plugin = i18n(config)
    return plugin.build_languages, plugin.default_language


def address(page: Page) -> str:
    return "" if page.url == "./" else page.url


def chapter(page: Page) -> int | None:
    """`1-vanishing-gradient.md` is chapter 1; pages without a number belong to none."""
    found = re.match(r"(\d+)-", Path(page.file.src_uri).name)
    return int(found[1]) if found else None
