"""`inkdigits form`: filled sheets of a known form in, a table out that can be trusted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkdigits.cli.options import STOPPED, MaxBytesOption, MaxPagesOption, MaxPixelsOption, build_limits
from inkdigits.errors import UsageError
from inkdigits.forms.rules import DEFAULT_MIN_CONFIDENCE, DEFAULT_WRONG
from inkdigits.types import Failure

if TYPE_CHECKING:
    from inkdigits.cli.inputs import Input
    from inkdigits.forms.reader import FormReader, SheetReading
    from inkdigits.forms.store import ResultStore
    from inkdigits.forms.template import Template

FAILED, DOUBTFUL = 1, 3
forms = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
OutputOption = Annotated[
    Path,
    typer.Option("--output", help="The table: FILE.csv, .xlsx, .json or .parquet.", metavar="FILE"),
]

ResultArgument = Annotated[Path, typer.Argument(metavar="RESULT", help="FILE.sqlite, as `form read` writes it.")]


@forms.callback()
def form() -> None:
    """Read filled sheets of a known form, checked by the rules between their fields."""


@forms.command()
def new(
    blank: Annotated[Path, typer.Argument(metavar="BLANK", help="A scan or picture of the empty form, upright.")],
    output: Annotated[
        Path | None, typer.Option(help="The template; by default beside the blank, .json.", metavar="FILE")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the form is called; by default as its file.")] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write a web page to draw the template on instead.", metavar="FILE.html")
    ] = None,
) -> None:
    """Propose a template: a field for each printed box, comb or cell of a table.

    Name the fields in the file, say what is known of them, and write the rules between them: see docs/forms.md. Or do
    so on the page that `--page` writes, with the blank before your eyes; it saves the template.
    """
    from inkdigits.files import write_atomically
    from inkdigits.forms.drawing import render_drawing
    from inkdigits.forms.proposing import build_template
    from inkdigits.forms.template import embed_blank, save_template
    from inkdigits.reading.imaging.picture import load_single_page

    place = page or output or blank.with_suffix(".json")
    if page and output:
        raise UsageError("The page of --page saves the template itself; leave out --output.")
    if place.exists():
        raise UsageError(f"{place} is there already; give another --{'page' if page else 'output'}, or remove it.")
    picture = load_single_page(blank)
    relative = Path(os.path.relpath(blank.resolve(), place.resolve().parent)).as_posix()
    content = build_template(name or blank.stem, relative, picture.grey)
    proposed = f"{_count(len(content['fields']), 'field')} proposed"
    if page:
        write_atomically(page, render_drawing(embed_blank(content, picture.grey)))
        typer.echo(f"{page}: {proposed}; open it in a browser, and save the template.")
        return
    if not content["fields"]:
        raise UsageError(f"{blank}: no printed boxes were found; write the template by hand, see docs/forms.md.")
    save_template(content, place)
    typer.echo(f"{place}: {proposed}; name them, and write the rules between them.")


@forms.command()
def read(
    template: Annotated[Path, typer.Argument(metavar="TEMPLATE", help="The form, as `form new` writes it.")],
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE…", help="Photos or scans: files, folders, PDF.")],
    output: OutputOption,
    other: Annotated[
        list[Path] | None, typer.Option("--or", help="Another form that sheets may be of.", metavar="TEMPLATE")
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(help="The least confidence of a field that nobody needs to look at, from 0 to 1.")
    ] = DEFAULT_MIN_CONFIDENCE,
    wrong: Annotated[
        float, typer.Option(help="How probable it is that a writer adds wrongly, from 0 to 1.")
    ] = DEFAULT_WRONG,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Number of sheets to read at the same time.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a stopped run of the same ended.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if any field is doubtful.")] = False,
    max_bytes: MaxBytesOption = None,
    max_pixels: MaxPixelsOption = None,
    max_pages: MaxPagesOption = None,
) -> None:
    """Read filled sheets into a table: a row a sheet, a column a field.

    All results, with pictures of the fields, are kept in FILE.sqlite beside the table. Exit code 1 says that a sheet
    could not be read; the others still are.
    """
    from inkdigits.cli.form_inputs import list_files, load_templates
    from inkdigits.cli.inputs import expand_names
    from inkdigits.cli.targets import check_inputs_stay
    from inkdigits.forms.reader import FormReader
    from inkdigits.forms.review import describe_template
    from inkdigits.forms.store import ResultStore
    from inkdigits.forms.tables import choose_format

    choose_format(output)
    paths = [template, *(other or [])]
    templates = load_templates(paths)
    inputs = list(dict.fromkeys(expand_names(pictures)))
    check_inputs_stay([output, _place_results(output)], [*map(str, paths), *list_files(templates, inputs)])
    limits = build_limits(max_bytes, max_pixels, max_pages)
    reader = FormReader(
        templates, min_confidence=min_confidence, wrong=wrong, limits=limits, threads=2 if jobs == 1 else 1
    )
    how = {"min_confidence": min_confidence, "wrong": wrong, "limits": repr(limits)}
    with ResultStore(_place_results(output), _describe_run(templates, how), resume) as store:
        store.keep_templates({each.name: describe_template(each) for each in templates})
        for name in set(pictures).difference(map(_name, inputs)):  # a folder that had no pictures may have some now
            store.set_done(name, is_read=True)
        try:
            _read_all(reader, store, inputs, jobs)
        except KeyboardInterrupt:
            typer.echo(f"inkdigits: stopped; {store.path} has the results so far; continue with --resume.", err=True)
            raise typer.Exit(STOPPED) from None
        failed, doubtful = _write_table(store, output)
    if failed or (strict and doubtful):
        raise typer.Exit(FAILED if failed else DOUBTFUL)


@forms.command()
def export(
    results: ResultArgument,
    output: OutputOption,
) -> None:
    """Write the table anew, with all corrections."""
    from inkdigits.cli.targets import check_inputs_stay
    from inkdigits.forms.store import ResultStore
    from inkdigits.forms.tables import choose_format

    choose_format(output)
    check_inputs_stay([output], [str(results)])
    with ResultStore(results) as store:
        _write_table(store, output)


@forms.command()
def review(
    results: ResultArgument,
    output: Annotated[
        Path | None, typer.Option(help="The page; by default beside the results, .html.", metavar="FILE")
    ] = None,
) -> None:
    """Write a web page on which all doubtful fields are corrected by eye, all of one name one after another.

    It saves a file of corrections, which `form correct` puts into the results.
    """
    from inkdigits.cli.targets import WEB_PAGES, check_ending, check_inputs_stay
    from inkdigits.files import write_atomically
    from inkdigits.forms.review import list_checked, render_review
    from inkdigits.forms.store import ResultStore

    place = results.with_suffix(".html") if output is None else output
    check_inputs_stay([place], [str(results)])
    check_ending(place, WEB_PAGES)
    with ResultStore(results) as store:
        page, count = render_review(list_checked(store, with_crops=True))
    write_atomically(place, page)
    typer.echo(
        f"{place}: {_count(count, 'field')} to look at; save the corrections, then: "
        f"inkdigits form correct {results} FILE"
    )


@forms.command()
def correct(
    results: ResultArgument,
    corrections: Annotated[Path, typer.Argument(metavar="FILE", help="What the page of `form review` saved.")],
) -> None:
    """Put corrections into the results; what was read is kept beside them."""
    from inkdigits.forms.review import check_corrections, list_checked, load_corrections
    from inkdigits.forms.store import ResultStore

    corrected = load_corrections(corrections)
    with ResultStore(results) as store:
        check_corrections(corrected, store)
        store.correct(corrected)
        at_odds = [(sheet, each) for sheet in list_checked(store) for each in sheet.fields if each.is_at_odds]
    for place, field in at_odds:
        typer.echo(f"{place.file}: {field.name} is doubtful as {field.text}: {'; '.join(field.breaks)}", err=True)
    typer.echo(
        f"{results}: {_count(len(corrected), 'correction')}; write the table anew: "
        f"inkdigits form export {results} --output {results.with_suffix('.csv')}"
    )


@forms.command()
def example(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to; it is made.")],
    sheets: Annotated[int, typer.Option(min=1, max=100, help="Number of filled sheets of each form.")] = 3,
) -> None:
    """Write two example forms, a mark sheet and a count form, and sheets filled with digits of MNIST."""
    from inkdigits.cli.form_examples import write_examples

    write_examples(folder, sheets)
    typer.echo(f"{folder}: mark-sheet.json, count-form.json, roster.csv and {2 * sheets} filled sheets")


def _place_results(output: Path) -> Path:
    return output.with_suffix(".sqlite")


def _describe_run(templates: Sequence[Template], how: dict[str, Any]) -> str:
    """What a run is, for --resume: equal only where the same is read in the same way."""
    from inkdigits._version import __version__

    digest = hashlib.sha256(repr(how).encode())
    for each in templates:
        digest.update(repr((each.name, each.fields, each.rules, each.markers)).encode() + each.blank_grey.tobytes())
    return f"inkdigits {__version__} {digest.hexdigest()}"


def _read_all(reader: FormReader, store: ResultStore, inputs: list[Input], jobs: int) -> None:
    """Read what is not done yet; each file is kept when all of it is there."""
    from inkdigits.cli.talk import Progress

    remaining = [each for each in inputs if not store.is_done(_name(each))]
    pool = ThreadPoolExecutor(jobs)
    try:
        with Progress(len(inputs), len(inputs) - len(remaining), results_on_stdout=False) as progress:
            for start in range(0, len(remaining), 2 * jobs):  # so that results do not pile up in memory
                part = remaining[start : start + 2 * jobs]
                for picture, sheets in zip(part, pool.map(lambda each: _read_one(reader, each), part), strict=True):
                    with store.change():
                        _keep(store, _name(picture), sheets)
                    for failure in sheets:
                        if isinstance(failure, Failure):
                            progress.say(failure.message)
                    progress.advance()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read_one(reader: FormReader, picture: Input) -> list[SheetReading | Failure]:
    return [picture] if isinstance(picture, Failure) else list(reader.attempt(picture))


def _keep(store: ResultStore, name: str, sheets: Sequence[SheetReading | Failure]) -> None:
    """Keep all pages of a file; what failed earlier and is read now takes the failure's place."""
    for sheet in sheets:
        if isinstance(sheet, Failure):
            store.add_failure(sheet)
        else:
            store.add_sheet(sheet.file, sheet.page, sheet.form, sheet.answer, list(sheet.crops))
    store.set_done(name, is_read=not any(isinstance(sheet, Failure) for sheet in sheets))


def _name(picture: Input) -> str:
    return picture.file if isinstance(picture, Failure) else picture


def _write_table(store: ResultStore, output: Path) -> tuple[int, int]:
    """Write the table, and say what is in it: how many pages failed, and how many sheets have doubtful fields."""
    from inkdigits.files import write_atomically
    from inkdigits.forms.review import list_checked
    from inkdigits.forms.tables import choose_format

    sheets = list_checked(store, with_crops=output.suffix.lower() == ".xlsx")
    write_atomically(output, choose_format(output)(sheets))
    failed = sum(each.failure is not None for each in sheets)
    doubtful = [field for each in sheets for field in each.fields if field.is_doubtful]
    doubtful_sheets = sum(any(field.is_doubtful for field in each.fields) for each in sheets)
    wrong = sum(field.reckoned is not None for field in doubtful)
    typer.echo(
        f"{output}: {_count(len(sheets) - failed, 'sheet')}, {failed} failed, {doubtful_sheets} to look at "
        f"({_count(len(doubtful), 'field')}, {_count(wrong, 'sum')} that {'does' if wrong == 1 else 'do'} not add up).",
        err=True,
    )
    return failed, doubtful_sheets


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def add(app: typer.Typer) -> None:
    """Add `form`."""
    app.add_typer(forms, name="form")
