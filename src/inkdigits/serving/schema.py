"""What answers look like, for the API's description. Answers are not built of these: the reader writes its own JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

_Share = Annotated[float, Field(ge=0, le=1)]
_Box = Annotated[list[int], Field(min_length=4, max_length=4, description="x, y, width, height in pixels.")]
_Candidate = Annotated[list[float], Field(min_length=2, max_length=2, description="A digit, and its probability.")]
_Picture = Annotated[str, Field(pattern="^data:image/png;base64,", description="A PNG as data URL.")]


class Digit(BaseModel):
    """A recognised digit; what is unsure has the text `?`."""

    text: str = Field(pattern="^[0-9?]$")
    digit: int = Field(ge=0, le=9, description="The best guess.")
    confidence: _Share = Field(description="The probability that it is right.")
    digitness: _Share = Field(description="The probability that there is a digit at all.")
    accepted: bool
    box: _Box
    candidates: list[_Candidate] = Field(description="Digits with their probabilities, best first.")


class SeenDigit(Digit):
    """A recognised digit, and the 28×28 the network saw."""

    glyph: _Picture


class AcceptThresholds(BaseModel):
    """The thresholds from which a digit is accepted."""

    confidence: _Share = Field(description="Minimum of confidence times digitness.")
    digitness: _Share = Field(description="Minimum digitness.")


class Layer(BaseModel):
    """The activations of one of the network's layers."""

    name: str
    maps: int = Field(ge=1)
    height: int = Field(ge=1)
    width: int = Field(ge=1)
    picture: _Picture = Field(description="The maps side by side as a PNG; white is the layer's strongest activation.")


class OcclusionEffect(BaseModel):
    """What is read when the square that matters most is blanked."""

    box: _Box
    digit: int = Field(ge=0, le=9)
    confidence: _Share = Field(description="Confidence times digitness.")


class Neighbour(BaseModel):
    """A training digit that looks much the same to the network."""

    digit: int = Field(ge=0, le=9)
    place: int = Field(ge=1, description="In MNIST's training set, counted from 1.")
    likeness: float = Field(ge=-1, le=1, description="The cosine of the two embeddings.")
    glyph: _Picture


class Inspection(SeenDigit):
    """A digit, and how the network came to it."""

    probabilities: list[_Share] = Field(min_length=10, max_length=10, description="Of 0 to 9.")
    why: Literal["accepted", "unsure", "no-digit", "no-ink"]
    accept: AcceptThresholds
    layers: list[Layer]
    mattered: _Picture = Field(description="28×28: the more opaque, the more the probability falls without it. A PNG.")
    without: OcclusionEffect | None
    nearest: list[Neighbour] = Field(description="The most similar first.")


class Stage(BaseModel):
    """A page at one stage of reading."""

    name: Literal["page", "ink", "found", "glyphs", "weighed", "read"]
    picture: str = Field(
        pattern="^data:image/(png|jpeg);base64,", description="As data URL; its longer side has 1,600 pixels at most."
    )


class Explanation(BaseModel):
    """How a page was read."""

    page: int = Field(ge=1)
    stages: list[Stage]
    digits: list[SeenDigit]


class Sign(BaseModel):
    """A sign between digits or numbers."""

    text: str = Field(min_length=1, max_length=1, description="One of . , ' : - + / = × ÷ % ( ) # ^ or a space.")
    before: int = Field(ge=0, description="Index of the digit, or in a line of the number, that it stands before.")
    confidence: _Share
    box: _Box


class Number(BaseModel):
    """Digits that belong together."""

    text: str = Field(description="As written, with signs; unsure digits are `?`.")
    confidence: _Share
    accepted: bool = Field(description="Whether no digit of it is `?`.")
    fits: bool | None = Field(description="Whether it has the form asked for; null where none was.")
    rejected: Literal["crossed out", "in a word", "deleted"] | None = Field(
        description="Why it is not read; null for most."
    )
    row: int | None = Field(ge=0, description="The row of the ruled table it stands in; null outside of one.")
    column: int | None = Field(ge=0, description="The column of that table.")
    box: _Box
    gaps: list[int] = Field(description="Indices of the digits that a point or comma stands before.")
    signs: list[Sign] = Field(description="Points, commas, a leading minus, and the closing marks of an amount.")
    digits: list[Digit] = Field(min_length=1)
    kind: Literal["integer", "decimal", "date", "time", "fraction"] | None = Field(description="Of the value.")
    value: str | None = Field(description="What it means; null where that is not sure. Dates and times as in ISO 8601.")
    corrected: bool = Field(description="Whether a person put it right.")
    original: list[Number] = Field(description="What was read in its place; empty unless it was corrected.")


class Line(BaseModel):
    """The numbers of one text line."""

    text: str
    box: _Box
    numbers: list[Number] = Field(min_length=1)
    signs: list[Sign] = Field(description="Operators, brackets and other signs between its numbers.")
    checked: bool | None = Field(description="With `as=expression`: whether the sum holds; else null.")


class Model(BaseModel):
    """Which network reads."""

    name: str
    version: str


class Reading(BaseModel):
    """All of one page."""

    file: str
    page: int = Field(ge=1)
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    text: str
    lines: list[Line]
    hint: str | None = Field(description="Why no digit was accepted, and what to try; null where one was.")
    turned_degrees: Literal[0, 90, 180, 270] = Field(description="How far clockwise the page was turned to read it.")
    model: Model
    seconds: float = Field(ge=0)
    annotated: _Picture | None = Field(None, description="With `annotate`; its longer side has 2,000 pixels at most.")


class FailureReason(BaseModel):
    """Why something failed."""

    kind: str = Field(description="A short, stable name.")
    message: str = Field(description="One sentence: what is wrong, and what to do.")


class Failure(BaseModel):
    """A file, of several, that cannot be read from this page on."""

    file: str
    page: int = Field(ge=1)
    error: FailureReason


class Readings(BaseModel):
    """One reading a page; of several files, those that cannot be read have an error in place of their readings."""

    readings: list[Reading | Failure]


class Job(BaseModel):
    """Pictures that are read later. `done` and `failed` are its ends; then its pictures are deleted."""

    id: str = Field(pattern="^[0-9a-f]{32}$")
    state: Literal["waiting", "running", "done", "failed"]
    pictures: int = Field(ge=1, description="How many were sent.")
    pages: int = Field(ge=0, description="How many are read so far.")
    made: str = Field(description="When it was made, in UTC.", examples=["2026-01-31T12:00:00+00:00"])
    until: str = Field(
        description="When it is deleted if it is not fetched before, in UTC; one that is not finished fails then."
    )
    error: FailureReason | None = Field(description="Why it failed; null unless it did.")


class SeenNumber(Number):
    """A number with the glyphs of its digits."""

    digits: list[SeenDigit] = Field(min_length=1)  # type: ignore[assignment]  # each has more


class SeenLine(Line):
    """A line with the glyphs of its digits."""

    numbers: list[SeenNumber] = Field(min_length=1)  # type: ignore[assignment]


class SeenReading(Reading):
    """A reading with the glyphs of its digits."""

    lines: list[SeenLine]  # type: ignore[assignment]


class OnePage(BaseModel):
    """One page of a file, read so that it can be corrected."""

    pages: int = Field(ge=1, description="How many the file has.")
    picture: str | None = Field(
        description="With `picture`, the upright page as JPEG in a data URL; its longer side has 2,000 pixels at most."
    )
    reading: SeenReading


class Models(BaseModel):
    """The networks that read."""

    models: list[Model]


_Counts = Annotated[list[int], Field(min_length=10, max_length=10, description="Samples of each digit, 0 to 9.")]


class Sample(BaseModel):
    """A labelled sample that is kept."""

    id: int = Field(ge=1)
    label: int = Field(ge=0, le=9)
    source: Literal["drawn", "correction"]
    made: str = Field(description="When it was kept, in UTC.", examples=["2026-01-31T12:00:00+00:00"])
    glyph: _Picture


class Kept(BaseModel):
    """The sample that was kept, and how many there are now."""

    sample: Sample
    counts: _Counts


class Samples(BaseModel):
    """Samples that are kept, the newest first."""

    counts: _Counts
    samples: list[Sample]
    next: int | None = Field(description="The `before` of the next samples; null where there are no more.")


class Deleted(BaseModel):
    """How many samples were deleted, and how many there are now."""

    deleted: int = Field(ge=0)
    counts: _Counts


class Health(BaseModel):
    """The state of the worker that answered."""

    status: str = Field(examples=["ok"])


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Where this kind is explained.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="One sentence: what is wrong, and what to do.")
    kind: str = Field(description="A short, stable name.")
