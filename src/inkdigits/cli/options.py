"""What several commands share: an option, an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

STOPPED = 130  # the exit code after Ctrl-C, by the shell's custom

DataOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="INKDIGITS_DATA", help="Use other data: IDX files, subfolders 0 … 9, or CSV."),
]
