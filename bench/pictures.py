"""The pictures of the README and the docs, drawn from what the program really does.

python -m bench.pictures
"""

from __future__ import annotations

from pathlib import Path

from inkdigits.cli.read import save_png
from inkdigits.data import mnist
from inkdigits.data.pages import page
from inkdigits.reading.annotate import annotated
from inkdigits.reading.picture import only_page
from inkdigits.reading.reader import Reader

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
LINES = ("1984 2026", "31415926", "07 42 66")


def main() -> None:
    drawn = page(mnist.load("test"), LINES, seed=1)
    save_png(annotated(only_page(drawn.image), Reader().read(drawn.image)), FOLDER / "reading.png")


if __name__ == "__main__":
    main()
