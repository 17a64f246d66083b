"""`inkdigits read`: pictures in, numbers out."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkdigits.errors import PictureError, UsageError
from inkdigits.types import Failure, Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

FAILED, REJECTED = 1, 3
STDIN = "-"
ENDINGS = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".gif", ".bmp"}  # what is taken from a folder


def read(
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE…", help="Files, folders, or - for stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, a line each.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One CSV row a number.")] = False,
    single: Annotated[bool, typer.Option("--single", help="Each picture is one digit.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write the result to this file.")] = None,
    glyph: Annotated[
        Path | None,
        typer.Option("--show-glyph", help="With --single: save the 28×28 the network saw, as PNG.", metavar="FILE"),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Another network, as `inkdigits export` writes it.")] = None,
    annotate: Annotated[
        Path | None, typer.Option(help="Save every page with boxes and digits drawn on it, as PNG.", metavar="DIR")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if a digit is unsure or none is found.")] = False,
) -> None:
    """Read handwritten digits out of pictures.

    Prints one text line per line, numbers parted by spaces and ? for what is unsure; with several pictures every line
    begins with the file's name and a tab.
    """
    from inkdigits.reading import write
    from inkdigits.reading.reader import Reader

    if as_json and as_csv:
        raise UsageError("Choose one of --json and --csv.")
    if glyph is not None and (not single or len(pictures) != 1):
        raise UsageError("--show-glyph goes with --single and one picture.")
    reader, names = Reader(model), list(files(pictures))
    failed = unsure = False

    def rendered(page: Reading | Failure) -> str:
        if as_json:
            return write.json_line(page)
        if isinstance(page, Failure):
            return ""
        if as_csv:
            return write.csv_rows(page)
        text = write.text(page)
        return "".join(f"{page.file}\t{line}\n" for line in text.splitlines()) if len(names) > 1 else text

    with Output(output) as out:
        out.write(write.csv_header() if as_csv else "")
        for name in names:
            source = sys.stdin.buffer.read() if name == STDIN else name
            for page in reader.attempt(source, single=single, name=name):
                out.write(rendered(page))
                if isinstance(page, Failure):
                    failed = True
                    typer.echo(f"inkdigits: {page.message}", err=True)
                else:
                    if annotate is not None:
                        save_annotated(source, page, annotate)
                    unsure |= not page.digits or not all(digit.accepted for digit in page.digits)
            if glyph is not None and not failed:
                save_glyph(reader.glyph(source), glyph)
    if failed or (strict and unsure):
        raise typer.Exit(FAILED if failed else REJECTED)


def files(names: list[str]) -> Iterator[str]:
    """The pictures that are meant: files as named, and all pictures of folders named, sorted by path."""
    for name in names:
        if name != STDIN and Path(name).is_dir():
            found = sorted(str(path) for path in Path(name).rglob("*") if path.suffix.lower() in ENDINGS)
            if not found:
                raise PictureError(f"The folder {name} has no pictures in it.")
            yield from found
        else:
            yield name


class Output:
    """Where results go: stdout, page by page, or a file that is written whole, even when the reading is broken off."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.parts = path, io.StringIO()

    def __enter__(self) -> Output:
        return self

    def write(self, text: str) -> None:
        if self.path is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            self.parts.write(text)

    def __exit__(self, *_: object) -> None:
        if self.path is not None:
            from inkdigits.files import write_atomically

            write_atomically(self.path, self.parts.getvalue())


def save_annotated(source: str | bytes, reading: Reading, folder: Path) -> None:
    """Save a page with its reading drawn on it: FOLDER/NAME.png, or NAME-2.png and so on for further pages."""
    from inkdigits.reading.annotate import annotated
    from inkdigits.reading.picture import pages

    picture = next(page for page in pages(source) if page.page == reading.page)
    name = "stdin" if reading.file == STDIN else Path(reading.file).stem
    save_png(annotated(picture, reading), folder / f"{name}{'' if reading.page == 1 else f'-{reading.page}'}.png")


def save_glyph(glyph: NDArray[np.uint8], path: Path) -> None:
    """Save a glyph as a PNG of 28×28."""
    from PIL import Image

    save_png(Image.fromarray(glyph), path)


def save_png(image: Image.Image, path: Path) -> None:
    """Write an image as PNG, whole or not at all."""
    from inkdigits.files import write_atomically

    content = io.BytesIO()
    image.save(content, "PNG")
    write_atomically(path, content.getvalue())


def add(app: typer.Typer) -> None:
    """Add `read`."""
    app.command()(read)
