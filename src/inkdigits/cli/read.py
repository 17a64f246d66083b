"""`inkdigits read`: pictures in, numbers out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkdigits.cli.options import (
    MANY,
    BoxesOption,
    CheckOption,
    DateOrderOption,
    DecimalOption,
    DecimalsOption,
    KindOption,
    LengthOption,
    MaxBytesOption,
    MaxPagesOption,
    MaxPixelsOption,
    MinConfidenceOption,
    ModelOption,
    PatternOption,
    RangeOption,
    RegionOption,
    SecondOption,
    SignsOption,
    SingleOption,
    build_arguments,
    build_limits,
)
from inkdigits.errors import UsageError
from inkdigits.types import Failure

if TYPE_CHECKING:
    from inkdigits.cli.batch import Work
    from inkdigits.cli.inputs import Input
    from inkdigits.cli.results import ResultFormat, Results
    from inkdigits.cli.targets import Convert

FAILED, REJECTED = 1, 3
TELLING_FORMATS = ("json", "csv", "xlsx")  # whether a number fits
THREADS = 2  # of one picture, where no others are read meanwhile

_result = partial(typer.Option, rich_help_panel="Results")
_many = partial(typer.Option, rich_help_panel=MANY)


def read(
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE…", help="Files, folders, or - for stdin.")],
    single: SingleOption = False,
    region: RegionOption = None,
    min_confidence: MinConfidenceOption = None,
    length: LengthOption = None,
    pattern: PatternOption = None,
    check: CheckOption = None,
    value_range: RangeOption = None,
    boxes: BoxesOption = "auto",
    kind: KindOption = None,
    decimal: DecimalOption = "auto",
    decimals: DecimalsOption = None,
    date_order: DateOrderOption = "auto",
    signs: SignsOption = "keep",
    model: ModelOption = None,
    second: SecondOption = False,
    as_json: Annotated[bool, _result("--json", help="Print one JSON object per page, one per line.")] = False,
    as_csv: Annotated[bool, _result("--csv", help="Print one CSV row per number.")] = False,
    as_table: Annotated[
        bool, _result("--table", help="Print the page as one table, as CSV: a row per line, a column per column.")
    ] = False,
    as_tsv: Annotated[bool, _result("--tsv", help="Print tab-separated rows, as Tesseract does.")] = False,
    as_hocr: Annotated[bool, _result("--hocr", help="Print hOCR, the HTML format of OCR tools.")] = False,
    output: Annotated[
        Path | None, _result(help="Write the result to this file; FILE.xlsx is an Excel workbook.", metavar="FILE")
    ] = None,
    annotate: Annotated[
        Path | None, _result(help="Save a PNG of every page with boxes and digits drawn on it.", metavar="DIR")
    ] = None,
    explain: Annotated[
        Path | None, _result(help="Save a PNG of every page after each stage of reading.", metavar="DIR")
    ] = None,
    review: Annotated[
        Path | None, _result(help="Save a web page for correcting what was read by eye.", metavar="FILE")
    ] = None,
    glyph: Annotated[
        Path | None,
        _result("--show-glyph", help="With --single: save the 28×28 the network saw, as PNG.", metavar="FILE"),
    ] = None,
    strict: Annotated[bool, _result("--strict", help="Exit with 3 if a digit is unsure or none is found.")] = False,
    jobs: Annotated[int, _many(min=1, help="Number of pictures to read at the same time.")] = 1,
    resume: Annotated[
        bool, _many("--resume", help="With --output: continue where a stopped run of the same command ended.")
    ] = False,
    max_bytes: MaxBytesOption = None,
    max_pixels: MaxPixelsOption = None,
    max_pages: MaxPagesOption = None,
) -> None:
    """Read handwritten digits out of pictures.

    Prints one line of text for each line on the page as it is written, with ? for unsure digits. With several
    pictures, every line begins with the file's name and a tab.
    """
    if glyph is not None and (not single or len(pictures) != 1):
        raise UsageError("--show-glyph needs --single and exactly one picture.")
    if explain is not None and single:
        raise UsageError("--explain cannot be used with --single; use --show-glyph to save what the network sees.")
    if resume and output is None:
        raise UsageError("--resume needs --output; name the file of the stopped run.")
    format_name = _choose_format(json=as_json, csv=as_csv, table=as_table, tsv=as_tsv, hocr=as_hocr)

    from inkdigits.cli.batch import Work
    from inkdigits.cli.inputs import expand_names
    from inkdigits.cli.results import Results
    from inkdigits.cli.targets import choose_by_ending
    from inkdigits.cli.views import build_views
    from inkdigits.reading.reader import Reader

    # How each picture is read. Handed to Reader.attempt as it is; a stopped run goes on only with the same again.
    how = build_arguments(
        single,
        region,
        min_confidence,
        boxes,
        signs,
        {"length": length, "pattern": pattern, "check": check, "range": value_range},
        {"kind": kind, "decimal": decimal, "decimals": decimals, "date_order": date_order},
    )
    if output is not None:
        format_name = choose_by_ending(output, format_name)
    inputs = expand_names(pictures)
    _check_files(inputs, model, output, review, glyph, annotate, explain)
    limits = build_limits(max_bytes, max_pixels, max_pages)
    reader = Reader(model, limits=limits, threads=THREADS if jobs == 1 else 1, second=second)
    files = _build_files(format_name, len(inputs) > 1, review)
    views = build_views(reader, how, glyph, annotate, explain, inputs)
    work = Work(
        partial(reader.attempt, **how),
        limits,
        tuple(f.page for f in files),
        tuple(views),
        needs_pixels=bool(views or review),
        tells_misfits=format_name not in TELLING_FORMATS,
    )
    run = {"model": repr(reader.model), "how": repr(how), "limits": repr(limits), "files": [f.name for f in files]}
    paths = [output, review][: len(files)]
    with Results(paths, files, run, [_input_name(each) for each in inputs], resume) as results, _report_stop(results):
        _read_all(work, inputs, results, jobs, output is None)
    if results.failed or (strict and (results.unsure or results.empty)):
        raise typer.Exit(FAILED if results.failed else REJECTED)


def _choose_format(**formats: bool) -> str:
    """The one format that is wanted."""
    names = [name for name, is_set in formats.items() if is_set]
    if len(names) > 1:
        raise UsageError(f"Choose only one of {' and '.join(f'--{name}' for name in names)}.")
    return names[0] if names else "text"


def _check_files(
    inputs: list[Input],
    model: Path | None,
    output: Path | None,
    review: Path | None,
    glyph: Path | None,
    annotate: Path | None,
    explain: Path | None,
) -> None:
    """Raise UsageError if something that is read would be overwritten, or two results would be one file."""
    from inkdigits.cli.targets import GLYPHS, WEB_PAGES, check_ending, check_inputs_stay, list_written
    from inkdigits.cli.views import find_drawings

    if review is not None:
        check_ending(review, WEB_PAGES)
    if glyph is not None:
        check_ending(glyph, GLYPHS)
    results = [path for path in (output, review, glyph) if path is not None]
    if len({os.path.realpath(path) for path in results}) < len(results):
        raise UsageError("Two of --output, --review and --show-glyph name the same file; give each its own.")
    read_too = [] if model is None else [str(model), str(model.with_suffix(".json"))]
    written = [file for path in results for file in list_written(path)]
    check_inputs_stay([*written, *find_drawings(annotate, explain, inputs)], [*map(_input_name, inputs), *read_too])


def _build_files(format_name: str, has_several: bool, review: Path | None) -> list[ResultFormat]:
    """What is written: the results in their format, and the page to review them if it is wanted. Of several pictures,
    lines and tables have the file's name."""
    from inkdigits.cli.results import ResultFormat
    from inkdigits.reading.output.write import FORMATS
    from inkdigits.reading.output.xlsx import convert_to_table_workbook, convert_to_workbook

    style = f"named {format_name}" if has_several and format_name in ("text", "table", "table xlsx") else format_name
    workbooks: dict[str, Convert] = {
        "xlsx": convert_to_workbook,
        "table xlsx": convert_to_table_workbook,
        "named table xlsx": partial(convert_to_table_workbook, named=True),
    }
    convert = workbooks.get(style)
    form = FORMATS["json" if convert else style]
    files = [ResultFormat(style, form.begin, lambda page, _: form.page(page), form.end, convert)]
    if review is not None:
        from inkdigits.reading.output import review as html

        files.append(ResultFormat("review", html.render_begin(), html.render_page, html.render_end()))
    return files


def _input_name(picture: Input) -> str:
    return picture.file if isinstance(picture, Failure) else picture


def _read_all(work: Work, inputs: list[Input], results: Results, jobs: int, on_stdout: bool) -> None:
    """Read what is not done yet, and write each page when it is there."""
    from inkdigits.cli.batch import process_in_order
    from inkdigits.cli.talk import Progress

    remaining, hints = inputs[results.done :], list[str | None]()
    with Progress(len(inputs), results.done, on_stdout) as progress:
        for picture, pages in zip(remaining, process_in_order(work, remaining, jobs), strict=True):
            failed = unsure = empty = False
            for page in pages:
                results.add(page.texts)
                hints.append(page.hint)
                for sentence in (page.trouble, page.misfit):
                    if sentence is not None:
                        progress.say(sentence)
                failed, unsure, empty = failed or page.trouble is not None, unsure or page.unsure, empty or page.empty
            results.settle(_input_name(picture), failed, unsure, empty)
            progress.advance()
        results.finish()
        if summary := _summarise(inputs, results, hints):
            progress.say(summary)


def _summarise(inputs: list[Input], results: Results, hints: list[str | None]) -> str:
    """What became of the pictures; of a single one, why nothing was read on it, or on how many of its pages."""
    if len(inputs) == 1:
        missed = [hint for hint in hints if hint is not None]
        if not missed:
            return ""
        reason = missed[0] if len(hints) == 1 else f"nothing was read on {len(missed)} of {len(hints)} pages"
        return f"{_input_name(inputs[0])}: {reason}."
    counts = {"failed": results.failed, "unsure in places": results.unsure, "without digits": results.empty}
    return ", ".join([f"{len(inputs)} pictures", *(f"{count} {word}" for word, count in counts.items() if count)]) + "."


@contextmanager
def _report_stop(results: Results) -> Iterator[None]:
    """Tell whoever stops a run where its results are."""
    try:
        yield
    except KeyboardInterrupt:
        if results.part is not None:
            typer.echo(f"inkdigits: stopped; {results.part} has the results so far; continue with --resume.", err=True)
        raise


def add(app: typer.Typer) -> None:
    """Add `read`."""
    app.command()(read)
