"""From pictures of filled sheets to what stands in their fields. Start here: `FormReader.attempt` is the whole way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkdigits.forms.fields import FieldReader, FieldReading
from inkdigits.forms.joint import SheetAnswer, check_probabilities, decode_sheet
from inkdigits.forms.registration import Registration, SheetFinder
from inkdigits.forms.rules import DEFAULT_MIN_CONFIDENCE, DEFAULT_WRONG
from inkdigits.forms.template import Template
from inkdigits.reading.imaging.limits import Limits
from inkdigits.reading.imaging.picture import Picture, Source, attempt_pages
from inkdigits.reading.imaging.pixels import Pixels, encode_png
from inkdigits.types import Failure


@dataclass(frozen=True, slots=True)
class SheetReading:
    """One sheet: the `file` and `page` it is on, of which `form` it is, its answer, and a PNG of each field."""

    file: str
    page: int
    form: str
    answer: SheetAnswer
    crops: tuple[bytes, ...]


class FormReader:
    """Reads sheets of one or several forms. Built once and reused, from several threads too."""

    def __init__(
        self,
        templates: Sequence[Template],
        *,
        min_confidence: float = DEFAULT_MIN_CONFIDENCE,
        wrong: float = DEFAULT_WRONG,
        limits: Limits | None = None,
        threads: int = 2,
    ) -> None:
        """`min_confidence` is the least confidence of a field that is accepted, `wrong` how probable it is that a
        writer adds wrongly; `threads` are what one sheet may keep busy.

        Raises UsageError unless these are probabilities, and what looking at blanks and loading networks raises.
        """
        check_probabilities(min_confidence=min_confidence, wrong=wrong)
        self._min_confidence, self._wrong = min_confidence, wrong
        self._limits = limits or Limits()
        self._finder, self._fields = SheetFinder(templates), FieldReader(threads)

    def attempt(self, picture: Source, *, name: str | None = None) -> Iterator[SheetReading | Failure]:
        """The sheet on each page of a picture; what cannot be read ends as a Failure in its place."""
        return attempt_pages(picture, self._limits, name, lambda page, _: self._read_page(page))

    def _read_page(self, page: Picture) -> SheetReading:
        """The sheet on a page. Raises FormError, and what networks raise."""
        grey = page.grey
        registration = self._finder.find(grey, page.file)
        readings, answer = read_sheet(
            self._fields, registration, grey, min_confidence=self._min_confidence, wrong=self._wrong
        )
        crops = tuple(encode_png(each.crop) for each in readings)
        return SheetReading(page.file, page.page, registration.template.name, answer, crops)


def read_sheet(
    fields: FieldReader,
    registration: Registration,
    grey: Pixels,
    *,
    min_confidence: float = DEFAULT_MIN_CONFIDENCE,
    wrong: float = DEFAULT_WRONG,
) -> tuple[list[FieldReading], SheetAnswer]:
    """What each field of a sheet says alone, and what all say together; `grey`, uint8 H×W, is what it was found on.

    Before a writer is said to have broken a rule, the sheet is looked at again.
    """
    template, readings = registration.template, fields.read_fields(registration, grey)
    answer = decode_sheet(template, readings, min_confidence=min_confidence, wrong=wrong)
    if answer.broken:
        readings = fields.look_again(readings, registration, grey)
        answer = decode_sheet(template, readings, min_confidence=min_confidence, wrong=wrong)
    return readings, answer
