"""Reading on Ray, for more pages than one process can read: `read_numbers` in a pipeline, and `inkdigits bulk`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inkdigits.ray.pages import PageReader as PageReader
    from inkdigits.ray.pages import read_numbers as read_numbers
    from inkdigits.ray.process import ReadSettings as ReadSettings

__all__ = ["PageReader", "ReadSettings", "read_numbers"]


def __getattr__(name: str) -> object:
    """Looked up on first use: the processes that read pages import this package and need neither Ray nor PyArrow."""
    if name not in __all__:
        raise AttributeError(f"module 'inkdigits.ray' has no attribute '{name}'")
    from inkdigits.ray import pages

    return getattr(pages, name)
