"""inkdigits trains small networks on handwritten digits and reads digits out of the pictures people have.

Everything public is a name of this module. Names are looked up on first use, so that importing costs next to nothing
and reading never loads what only training needs.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

# onnxruntime's wheels report on their use since release 1.29 unless this is set before they are imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from inkdigits.errors import InkdigitsError as InkdigitsError
    from inkdigits.reading.decoding.form import Form as Form
    from inkdigits.reading.reader import Reader as Reader
    from inkdigits.reading.reader import read as read
    from inkdigits.reading.reader import read_digit as read_digit
    from inkdigits.reading.reader import read_pages as read_pages
    from inkdigits.types import Box as Box
    from inkdigits.types import Classification as Classification
    from inkdigits.types import Digit as Digit
    from inkdigits.types import Line as Line
    from inkdigits.types import Number as Number
    from inkdigits.types import Reading as Reading

__version__ = "0.1.0"

_HOME = {
    "InkdigitsError": "inkdigits.errors",
    "Form": "inkdigits.reading.decoding.form",
    "Reader": "inkdigits.reading.reader",
    "read": "inkdigits.reading.reader",
    "read_digit": "inkdigits.reading.reader",
    "read_pages": "inkdigits.reading.reader",
    "Box": "inkdigits.types",
    "Classification": "inkdigits.types",
    "Digit": "inkdigits.types",
    "Line": "inkdigits.types",
    "Number": "inkdigits.types",
    "Reading": "inkdigits.types",
}
__all__ = [  # noqa: RUF022 — in reading order
    "__version__",
    "read",
    "read_pages",
    "read_digit",
    "Reader",
    "Reading",
    "Line",
    "Number",
    "Digit",
    "Box",
    "Classification",
    "Form",
    "InkdigitsError",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'inkdigits' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
