"""Every error that inkdigits raises, as one tree.

Each class has a `kind`, a short name that is stable and stands in JSON (`{"error": {"kind": ..., "message": ...}}`),
and an `exit_code`, what the command line ends with. A message is one sentence: what is wrong, and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def known_names(given: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that there is not: the one that may be meant, or else all there are."""
    from difflib import get_close_matches  # seldom needed, and slow to import

    names = list(known)
    alike = get_close_matches(given, names, n=1, cutoff=0.75)
    return f"did you mean '{alike[0]}'?" if alike else f"choose one of {', '.join(names)}."


class InkdigitsError(Exception):
    """The root: catch this to catch everything that inkdigits raises on purpose."""

    kind = "error"
    exit_code = 1


class PictureError(InkdigitsError):
    """A picture cannot be opened or decoded: missing, unreadable, empty, truncated, or no picture at all."""

    kind = "picture"


class PictureTooLargeError(PictureError):
    """A picture has more bytes, pixels or pages than the limits allow, or a side of length 0.

    Where a limit may be raised instead, the message ends with how. `without_limit` is the message for someone who
    cannot raise it, as whoever sends a picture to a service.
    """

    kind = "too-large"

    def __init__(self, message: str, limit: str = "") -> None:
        """`message` is a sentence with a full stop, and `limit` what may be raised instead of what it advises."""
        super().__init__(f"{message.removesuffix('.')} or raise {limit}." if limit else message)
        self.without_limit = message


class SeveralPagesError(PictureError):
    """`read` was given several pages; `read_pages` takes them."""

    kind = "several-pages"


class FormError(PictureError):
    """A picture on which no sheet of a form can be found, or not exactly one."""

    kind = "form"


class DataError(InkdigitsError):
    """A data set is missing, malformed or damaged."""

    kind = "data"


class ModelError(InkdigitsError):
    """A network's file is missing, damaged, or not one of ours."""

    kind = "model"


class RunError(InkdigitsError):
    """A run's folder is missing, incomplete, damaged, or in use by another training."""

    kind = "run"


class WriteError(InkdigitsError):
    """A file could not be written; what stood there before is untouched."""

    kind = "write"


class ExportError(InkdigitsError):
    """An exported network does not give what the trained one gives."""

    kind = "export"


class UsageError(InkdigitsError):
    """A setting, option, recipe or device that does not exist or makes no sense."""

    kind = "usage"
    exit_code = 2


class StoreFullError(InkdigitsError):
    """A store of samples holds as much as it may."""

    kind = "full"


class StoreBusyError(InkdigitsError):
    """A store of samples is being written to by others, for too long."""

    kind = "busy"


class ClusterError(InkdigitsError):
    """The machines that read do not answer, ended, or make no progress."""

    kind = "cluster"
