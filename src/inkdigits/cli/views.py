"""What `inkdigits read` makes of each page besides its results: the picture with boxes, every stage, the glyph."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits.types import Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from inkdigits.cli.batch import View
    from inkdigits.cli.inputs import Input
    from inkdigits.reading.arguments import ReadArguments
    from inkdigits.reading.imaging.picture import Picture
    from inkdigits.reading.reader import Reader


# What follows a picture's own short name in the names of its drawings.
_ANNOTATED_END = re.compile(r"(-page\d+)?\.png")
_EXPLAINED_END = re.compile(r"(-page\d+)?-\d-[a-z]+\.png")


def build_views(
    reader: Reader,
    how: ReadArguments,
    glyph: Path | None,
    annotate: Path | None,
    explain: Path | None,
    inputs: list[Input],
) -> Iterator[View]:
    """What is made of each page besides results. Raises WriteError at once where nothing can be written."""
    from inkdigits.cli.inputs import assign_stems

    names = assign_stems(inputs)
    if glyph is not None:
        yield lambda page, _: save_glyph(reader.extract_glyph(crop_to_region(page, how).image), glyph)
    if annotate is not None:
        check_writable(annotate)
        yield lambda page, reading: save_annotated(page, reading, annotate / names[page.file])
    if explain is not None:
        check_writable(explain)
        yield lambda page, reading: save_explained(page, reading, reader, how, explain / names[page.file])


def crop_to_region(page: Picture, how: ReadArguments) -> Picture:
    """The page, or the part of it that is read."""
    from inkdigits.reading.imaging.region import crop_page

    return crop_page(page, how.get("region"))


def save_annotated(page: Picture, reading: Reading, stem: Path) -> None:
    """Save a page with its reading drawn on it: STEM.png, or STEM-page2.png and so on for further pages."""
    from inkdigits.reading.output.annotate import draw_reading

    save_png(draw_reading(page, reading), stem.with_name(f"{_page_name(page, stem)}.png"))


def save_explained(page: Picture, reading: Reading, reader: Reader, how: ReadArguments, stem: Path) -> None:
    """Save a page after every stage: STEM-1-ink.png, STEM-2-found.png and so on; STEM-page2-1-ink.png for page 2."""
    from inkdigits.reading.arguments import get_number_arguments
    from inkdigits.reading.explain import draw_stages

    stages = reader.run_stages(crop_to_region(page, how), **get_number_arguments(how))
    for number, (stage, image) in enumerate(draw_stages(page, reading, stages), 1):
        save_png(image, stem.with_name(f"{_page_name(page, stem)}-{number}-{stage}.png"))


def find_drawings(annotate: Path | None, explain: Path | None, inputs: list[Input]) -> Iterator[Path]:
    """The files that drawings of these pictures would overwrite, or those of further pages may."""
    from inkdigits.cli.inputs import assign_stems

    short_names = {*assign_stems(inputs).values()}
    for folder, ending in ((annotate, _ANNOTATED_END), (explain, _EXPLAINED_END)):
        for name in _list_names(folder):
            starts = [match.start() for match in re.finditer("[-.]", name)]
            if any(name[:start] in short_names and ending.fullmatch(name, start) for start in starts):
                yield Path(folder or "", name)


def _list_names(folder: Path | None) -> list[str]:
    """What is in a folder, if it is there; whether it can be written to is told elsewhere."""
    with suppress(OSError):
        return [] if folder is None else os.listdir(folder)
    return []


def _page_name(page: Picture, stem: Path) -> str:
    return stem.name + ("" if page.page == 1 else f"-page{page.page}")


def check_writable(folder: Path) -> None:
    """See that files can be made in a folder, which is made if it is not there. Raises WriteError."""
    from tempfile import TemporaryFile

    from inkdigits.cli.targets import raise_write_errors

    with raise_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()


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
