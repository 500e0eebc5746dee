"""The command line: `gradbook run 1`, `gradbook claims 1.4 --seeds 200`, `gradbook prepare`."""

import argparse
import json
import sys
from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Any

from gradbook import failure
from gradbook.experiment import Claim, Named, experiments
from gradbook.text import LANGS, VERDICTS, BookError, Lang, language


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; what the reader can mend ends in one line on stderr and exit status 2."""
    parser = argparse.ArgumentParser(prog="gradbook", description="Measure, draw and judge the book's claims.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="measure a chapter, print its claims, write its figures")
    run.add_argument("chapter", type=int, metavar="CHAPTER")
    run.add_argument("--lang", default="ko", help=f"one of {', '.join(LANGS)} (default: ko)")
    run.add_argument("--out", type=Path, help="folder for the figures (default: out/chapter-N)")

    claims = commands.add_parser("claims", help="print claims with verdict, estimate and interval")
    claims.add_argument("ids", nargs="*", metavar="ID", help="such as 1.4 (default: all)")
    claims.add_argument("--json", action="store_true", help="as the site's claims.json has them")
    claims.add_argument("--lang", default="ko", help=f"one of {', '.join(LANGS)} (default: ko)")
    claims.add_argument("--seeds", type=int, metavar="N", help="measure anew with N seeds")
    claims.add_argument("--first-seed", type=int, default=0, metavar="K", help="the first of those seeds (default: 0)")

    claims.add_argument("--dask", metavar="ADDRESS", help="spread sweeps over a Dask cluster, such as tcp://host:8786")

    full = commands.add_parser(
        "full", help="the dearer protocol: more seeds, longer training; says where intervals disagree"
    )
    full.add_argument("chapter", type=int, nargs="?", metavar="CHAPTER")

    commands.add_parser("prepare", help="measure and draw all that the site's pages show")

    options = parser.parse_args(arguments)
    try:
        run_command(options)
    except BookError as error:
        sys.exit(fail(str(error)))
    except OSError as error:
        sys.exit(fail(f"{error.filename or 'file'}: {error.strerror or error}"))
    except Exception as error:
        if (told := failure.of_an_experiment(error)) is None:
            raise
        sys.exit(fail(told))
    except KeyboardInterrupt:
        sys.exit(fail("stopped; what was measured so far is kept"))


def fail(message: str) -> int:
    print(f"gradbook: {message}", file=sys.stderr)
    return 2


def run_command(options: argparse.Namespace) -> None:
    match options.command:
        case "run":
            run_chapter(options.chapter, language(options.lang), options.out)
        case "claims":
            from gradbook import sweep

            with sweep.cluster(options.dask):
                print_claims(options.ids, language(options.lang), options.json, options.seeds, options.first_seed)
        case "full":
            compare_full(options.chapter)
        case "prepare":
            from gradbook.prepare import prepare

            prepare()


def run_chapter(chapter: int, lang: Lang, out: Path | None) -> None:
    """Measure one chapter, print its claims, write its figures as SVG files into `out`."""
    from gradbook import ledger, memo, prepare, render

    chosen = experiments(chapter)
    out = out or Path("out") / f"chapter-{chapter}"
    writable(out)
    prepare.measure_all(chosen)
    prepare.draw_all(chosen, [lang])
    for entry in ledger.entries(chapter):
        print_claim(entry.claim, lang)
    drawn = [named for named in chosen if named.experiment.drawing]
    for named in drawn:
        figure = render.rendered(named, lang)
        memo.write_whole(out / f"{named.name}.svg", (standalone(figure["svg"]) + "\n").encode())
    print(f"{len(drawn)} figures in {out}")


def standalone(svg: str) -> str:
    """An inline SVG as a file of its own: with a font every machine has and paper behind it."""
    start, rest = svg.split(">", 1)
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f"{start}>{paper}{rest}".replace("'Book Figure'", "'NanumGothic', 'DejaVu Sans'")


def writable(folder: Path) -> None:
    """Fail before an hour of measuring, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".gradbook-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BookError(f"cannot write into {folder} ({error.strerror}): choose another folder with --out") from error


def print_claims(ids: list[str], lang: Lang, as_json: bool, seeds: int | None, first: int) -> None:
    """Print the chosen claims, measured anew if `seeds` is given."""
    from gradbook import ledger, prepare

    if seeds is not None and seeds < 2:
        raise BookError(f"--seeds {seeds}: an interval needs at least 2 seeds")
    if first < 0:
        raise BookError(f"--first-seed {first}: a seed is 0 or more")
    prepare.measure_all(experiments())
    chosen = ledger.chosen(ids)
    if seeds is not None:
        chosen = [remeasured(entry, seeds, first) for entry in chosen]
    if as_json:
        print(json.dumps([ledger.as_dict(entry) for entry in chosen], ensure_ascii=False, indent=1))
    else:
        for entry in chosen:
            print_claim(entry.claim, lang)


def remeasured(entry: Any, seeds: int, first: int) -> Any:
    """The entry judged on fresh seeds; a claim without chance in it stays as it is."""
    from gradbook import ledger

    if "seeds" not in signature(entry.named.experiment.measure).parameters:
        print(f"gradbook: {entry.claim.id} is exact, seeds don't apply", file=sys.stderr)
        return entry
    claims = ledger.judged(entry.named, seeds=range(first, first + seeds))
    return ledger.Entry(next(claim for claim in claims if claim.id == entry.claim.id), entry.named)


def print_claim(claim: Claim, lang: Lang) -> None:
    printed = claim.as_printed(lang)
    n = f"n = {claim.estimate.n:,}" if claim.estimate and claim.estimate.n else ""
    measured = " · ".join(part for part in (f"{printed} {claim.unit[lang]}".strip() if printed else "", n) if part)
    print(f"{claim.id:>5}  {VERDICTS[claim.verdict][lang]}  {measured}".rstrip())
    print(f"       {claim.text[lang]}\n       → {claim.finding[lang]}")


def compare_full(chapter: int | None) -> None:
    """Re-measure with each experiment's dearer settings; print both estimates and mark intervals that do not meet.

    What pages show of it is stored, unless the code is no commit's: then numbers could not say where they come from.
    """
    from gradbook import ledger, stored

    chosen = [named for named in experiments(chapter) if named.experiment.full]
    at = None
    if any(named.experiment.kept for named in chosen):
        try:
            at = stored.commit()
        except BookError as error:
            print(f"gradbook: {error}: no numbers will be stored for the pages", file=sys.stderr)
    for named in chosen:
        again = {claim.id: claim for claim in ledger.judged(named, **named.experiment.full)}
        for claim in ledger.judged(named):
            print_comparison(named, claim, again[claim.id])
        if named.experiment.kept and at:
            print(f"{stored.write(named, at)} is written: commit it")


def print_comparison(named: Named, quick: Claim, full: Claim) -> None:
    agree = "" if meet(quick, full) else "  INTERVALS DISAGREE"
    verdicts = quick.verdict if quick.verdict == full.verdict else f"{quick.verdict} -> {full.verdict}"
    print(f"{quick.id:>5}  {quick.as_printed('en')}  ->  {full.as_printed('en')}  {verdicts}{agree}  ({named.name})")


def meet(a: Claim, b: Claim) -> bool:
    ends = [e for c in (a, b) if c.estimate for e in (c.estimate.low, c.estimate.high)]
    if len(ends) < 4 or any(end is None for end in ends):
        return True
    low_a, high_a, low_b, high_b = (float(end) for end in ends if end is not None)
    return max(low_a, low_b) <= min(high_a, high_b)
