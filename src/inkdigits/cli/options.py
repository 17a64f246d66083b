"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="INKDIGITS_DATA", help="Other data: IDX files, subfolders 0 … 9, or CSV."),
]
