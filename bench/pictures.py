"""The pictures of the README and the docs, drawn from what the program really does.

python -m bench.pictures            the page that was read, and the plane of lesson 9
python -m bench.page --pictures     the page of `inkdigits serve`
"""

from __future__ import annotations

import importlib
import io
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from inkdigits.cli.views import save_png
from inkdigits.data.sets import mnist
from inkdigits.data.synthesis.pages import draw_page
from inkdigits.files import write_atomically
from inkdigits.lab.plane import decision_map
from inkdigits.reading.imaging.picture import load_single_page
from inkdigits.reading.output.annotate import draw_reading
from inkdigits.reading.reader import Reader

PICTURES_FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
LINES = ("1984 2026", "31415926", "07 42 66")
DPI, COLOUR_COUNT = 90, 256


def main() -> None:
    page_drawn = draw_page(mnist.load("test"), LINES, seed=1)
    save_png(
        draw_reading(load_single_page(page_drawn.image), Reader().read(page_drawn.image)),
        PICTURES_FOLDER / "reading.png",
    )
    write_atomically(PICTURES_FOLDER / "plane.png", encode_png(draw_plane()))


def draw_plane() -> Figure:
    """The decision map of the network that lesson 9 trains."""
    _, definitions = importlib.import_module("inkdigits.course.09_inside_the_network").app.run()
    arguments = (definitions[name] for name in ("lines_of", "offsets", "points"))
    return decision_map(*arguments, definitions["truth"].numpy(), "Ten classes share a plane")


def encode_png(figure: Figure) -> bytes:
    """The figure as a PNG of few colours."""
    buffer, file = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, dpi=DPI)
    Image.open(buffer).convert("RGB").quantize(COLOUR_COUNT).save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
