"""The query parameters: how a picture is to be read."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inkdigits.marks import Box
from inkdigits.reading.arguments import ReadArguments
from inkdigits.reading.decoding.cells import BoxKind
from inkdigits.reading.decoding.expected import SignChoice
from inkdigits.reading.decoding.form import Form
from inkdigits.reading.imaging.region import parse_region as parsed
from inkdigits.values import DateOrder, DecimalMark, ValueKind, ValueRules

CSV, JSON_LINES = "text/csv; charset=utf-8", "application/jsonl; charset=utf-8"
_Region = Annotated[str, Field(pattern=r"^\d{1,9},\d{1,9},[1-9]\d{0,8},[1-9]\d{0,8}$", examples=["0,40,600,80"])]
_Least = Annotated[
    float | None,
    Field(
        ge=0,
        le=1,
        description="Minimum confidence; less sure digits are read as `?`. The model's card has the default.",
    ),
]
_Range = Annotated[str, Field(pattern=r"^\d{1,18}\.\.\d{1,18}$", examples=["0..100"])]


class DigitOptions(BaseModel):
    """How a picture of one digit is read. Raises InkdigitsError in `how` for what makes no sense."""

    model_config = ConfigDict(extra="forbid")

    min_confidence: _Least = None
    region: _Region | None = Field(
        None, description="The part to read: x,y,width,height in pixels of the upright picture."
    )

    def how(self) -> ReadArguments:
        """The options as the reader takes them."""
        return self._common() | {"single": True}

    def _common(self) -> ReadArguments:
        region = None if self.region is None else parsed(self.region)
        return {"region": region, "min_confidence": self.min_confidence}


class PageOptions(DigitOptions):
    """How a picture with numbers is read. Raises InkdigitsError in `how` for what makes no sense."""

    length: int | None = Field(None, ge=1, le=100, description="Number of digits in every number.")
    pattern: str | None = Field(
        None, min_length=1, max_length=200, description="Pattern of every number, such as `dd.dd.dddd`; d is a digit."
    )
    check: Literal["luhn", "verhoeff", "mod97"] | None = Field(None, description="Kind of check digit in every number.")
    range: _Range | None = Field(None, description="Range of every number's value, both ends included.")
    boxes: BoxKind = Field(
        "auto",
        description="What printed boxes mean: `comb`, a row of them is one number; `cells`, each is a number; `auto`, "
        "as they are ruled.",
    )

    kind: ValueKind | None = Field(
        None,
        alias="as",
        description="What every number is; `expression` says of every line, as a sum, whether it holds.",
    )
    decimal: DecimalMark = Field("auto", description="What stands before decimals.")
    decimals: int | None = Field(None, ge=0, le=20, description="Number of decimals of every number.")
    date_order: DateOrder = Field("auto", description="The order of day, month and year.")
    signs: SignChoice = Field("keep", description="`drop`: digits alone, without points, minus and operators.")

    def how(self) -> ReadArguments:
        """The options as the reader takes them. May take a second for a large pattern."""
        form = _form(self.length, self.pattern, self.check, self.range)
        values = ValueRules(self.kind, self.decimal, self.date_order, self.decimals)
        arguments: ReadArguments = {"form": form, "boxes": self.boxes, "signs": self.signs}
        return self._common() | arguments | {"values": None if values == ValueRules() else values}


class ReadOptions(PageOptions):
    """How a picture is read, and what the answer is."""

    annotate: bool = Field(False, description="Add a PNG of every page with boxes and digits drawn on it.")
    format: Literal["csv", "jsonl"] | None = Field(
        None,
        description="Answer as `inkdigits read` does with --csv, or with --json: one object per page, one per line. In "
        "CSV, a page that cannot be read has a row with the kind `error`, and why as its value.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.annotate and self.format is not None:
            raise ValueError("annotate adds pictures to JSON; leave out format")
        return self


class ExplainOptions(PageOptions):
    """How a picture is read, and which page of it is explained."""

    page: int = Field(1, ge=1, le=10_000, description="The page to explain, counted from 1.")


class OnePageOptions(ExplainOptions):
    """How one page of a file is read, and whether its picture is wanted."""

    page: int = Field(1, ge=1, le=10_000, description="The page to read, counted from 1.")
    picture: bool = Field(False, description="Add the upright page as a JPEG.")


class InspectOptions(BaseModel):
    """How a picture of one digit is inspected."""

    model_config = ConfigDict(extra="forbid")

    min_confidence: _Least = None
    normalised: bool = Field(
        False, description="The picture is a glyph already: 28×28 pixels, bright ink on black, as in answers."
    )
    brief: bool = Field(False, description="Leave out what takes longer than reading: layers, mattered, nearest.")


@lru_cache(64)  # the same caller wants the same form again and again
def _form(length: int | None, pattern: str | None, check: str | None, value_range: str | None) -> Form | None:
    rules = (length, pattern, check, value_range)
    return None if rules == (None,) * 4 else Form(length, pattern, check, value_range)


class SampleOptions(BaseModel):
    """What a sample is, and which part of the picture it is."""

    model_config = ConfigDict(extra="forbid")

    label: int = Field(ge=0, le=9, description="The digit in the picture.")
    source: Literal["drawn", "correction"] = Field(
        "drawn", description="Drawn as a sample, or a reading that was corrected."
    )
    region: _Region | None = Field(None, description="The part to keep: x,y,width,height in pixels.")

    def part(self) -> Box | None:
        """The region as a box."""
        return None if self.region is None else parsed(self.region)


class ListOptions(BaseModel):
    """Which samples are listed."""

    model_config = ConfigDict(extra="forbid")

    label: int | None = Field(None, ge=0, le=9, description="Only samples of this digit.")
    before: int | None = Field(None, ge=1, le=2**53, description="Only samples older than the one with this id.")
    limit: int = Field(60, ge=1, le=200, description="Maximum number of samples.")
