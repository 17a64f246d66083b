"""inkdigits trains small networks on handwritten digits and reads digits out of the pictures people have.

Everything public is a name of this module. Names are looked up on first use, so that importing costs next to nothing
and reading never loads what only training needs.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from inkdigits._version import __version__ as __version__

# onnxruntime's wheels report on their use since release 1.29 unless this is set before they are imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from inkdigits.errors import ClusterError as ClusterError
    from inkdigits.errors import DataError as DataError
    from inkdigits.errors import ExportError as ExportError
    from inkdigits.errors import FormError as FormError
    from inkdigits.errors import InkdigitsError as InkdigitsError
    from inkdigits.errors import ModelError as ModelError
    from inkdigits.errors import PictureError as PictureError
    from inkdigits.errors import PictureTooLargeError as PictureTooLargeError
    from inkdigits.errors import RunError as RunError
    from inkdigits.errors import SeveralPagesError as SeveralPagesError
    from inkdigits.errors import StoreBusyError as StoreBusyError
    from inkdigits.errors import StoreFullError as StoreFullError
    from inkdigits.errors import UsageError as UsageError
    from inkdigits.errors import WriteError as WriteError
    from inkdigits.forms.fields import Candidate as Candidate
    from inkdigits.forms.joint import FieldAnswer as FieldAnswer
    from inkdigits.forms.joint import SheetAnswer as SheetAnswer
    from inkdigits.forms.reader import FormReader as FormReader
    from inkdigits.forms.reader import SheetReading as SheetReading
    from inkdigits.forms.template import FormField as FormField
    from inkdigits.forms.template import Template as Template
    from inkdigits.forms.template import load_template as load_template
    from inkdigits.marks import Box as Box
    from inkdigits.marks import Sign as Sign
    from inkdigits.reading.decoding.form import Form as Form
    from inkdigits.reading.imaging.ink import Ink as Ink
    from inkdigits.reading.imaging.limits import Limits as Limits
    from inkdigits.reading.imaging.picture import Picture as Picture
    from inkdigits.reading.imaging.picture import Source as Source
    from inkdigits.reading.inspect import Inspection as Inspection
    from inkdigits.reading.inspect import OcclusionEffect as OcclusionEffect
    from inkdigits.reading.nearest import Neighbour as Neighbour
    from inkdigits.reading.networks.classifier import AcceptThresholds as AcceptThresholds
    from inkdigits.reading.networks.detector import Detections as Detections
    from inkdigits.reading.output.table import Table as Table
    from inkdigits.reading.output.table import find_table as find_table
    from inkdigits.reading.proposals import Proposals as Proposals
    from inkdigits.reading.reader import Reader as Reader
    from inkdigits.reading.reader import Stages as Stages
    from inkdigits.reading.shared import read as read
    from inkdigits.reading.shared import read_digit as read_digit
    from inkdigits.reading.shared import read_pages as read_pages
    from inkdigits.types import Classification as Classification
    from inkdigits.types import Digit as Digit
    from inkdigits.types import Failure as Failure
    from inkdigits.types import Line as Line
    from inkdigits.types import ModelName as ModelName
    from inkdigits.types import Number as Number
    from inkdigits.types import Reading as Reading
    from inkdigits.values import Value as Value
    from inkdigits.values import ValueRules as ValueRules

_MODULES = {  # public names, in reading order, by the module that defines them
    "inkdigits.reading.shared": ("read", "read_pages", "read_digit"),
    "inkdigits.reading.reader": ("Reader", "Stages"),
    "inkdigits.types": ("Reading", "Line", "Number", "Digit", "Failure", "Classification", "ModelName"),
    "inkdigits.marks": ("Sign", "Box"),
    "inkdigits.reading.output.table": ("find_table", "Table"),
    "inkdigits.values": ("ValueRules", "Value"),
    "inkdigits.forms.template": ("load_template", "Template", "FormField"),
    "inkdigits.forms.reader": ("FormReader", "SheetReading"),
    "inkdigits.forms.joint": ("SheetAnswer", "FieldAnswer"),
    "inkdigits.forms.fields": ("Candidate",),
    "inkdigits.reading.decoding.form": ("Form",),
    "inkdigits.reading.imaging.limits": ("Limits",),
    "inkdigits.reading.imaging.picture": ("Source", "Picture"),
    "inkdigits.reading.inspect": ("Inspection", "OcclusionEffect"),
    "inkdigits.reading.nearest": ("Neighbour",),
    "inkdigits.reading.networks.classifier": ("AcceptThresholds",),
    "inkdigits.reading.networks.detector": ("Detections",),
    "inkdigits.reading.proposals": ("Proposals",),
    "inkdigits.reading.imaging.ink": ("Ink",),
    "inkdigits.errors": (
        "InkdigitsError",
        "PictureError",
        "PictureTooLargeError",
        "SeveralPagesError",
        "FormError",
        "DataError",
        "ModelError",
        "RunError",
        "WriteError",
        "ExportError",
        "UsageError",
        "StoreFullError",
        "StoreBusyError",
        "ClusterError",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}
__all__ = [  # noqa: PLE0604 — in reading order
    "__version__",
    *_HOME,
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'inkdigits' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
