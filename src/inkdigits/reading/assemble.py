"""What was found on a page, or in a region of it → the reading of that page."""

from __future__ import annotations

import time
from collections.abc import Sequence

from inkdigits.marks import Box
from inkdigits.reading.hints import find_hint
from inkdigits.reading.imaging.picture import Picture
from inkdigits.reading.imaging.region import crop_page, shift_boxes
from inkdigits.reading.proposals import Proposals
from inkdigits.types import Line, ModelName, Reading


def assemble_reading(
    page: Picture,
    region: Box | None,
    lines: Sequence[Line],
    proposals: Proposals | None,
    turned_degrees: int,
    model: ModelName,
    start: float,
) -> Reading:
    """The reading of a page. `lines` and `proposals`, None of a single digit, are of the `region`, if there is one;
    `start` is when reading began, by `time.perf_counter`."""
    hint = find_hint(crop_page(page, region).grey, proposals, lines)
    placed = shift_boxes(tuple(lines), region)
    seconds = time.perf_counter() - start
    return Reading(page.file, page.page, page.width, page.height, placed, model, seconds, hint, turned_degrees)
