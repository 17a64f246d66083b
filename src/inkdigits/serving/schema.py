"""What answers look like, for the API's description. Answers are not built of these: the reader writes its own JSON."""

from __future__ import annotations

from typing import Annotated

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


class Number(BaseModel):
    """Digits that belong together."""

    text: str
    confidence: _Share
    box: _Box
    gaps: list[int] = Field(description="Before which digits a point or comma stands.")
    digits: list[Digit] = Field(min_length=1)


class Line(BaseModel):
    """The numbers of one text line."""

    text: str
    box: _Box
    numbers: list[Number] = Field(min_length=1)


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
    model: Model
    seconds: float = Field(ge=0)
    annotated: _Picture | None = Field(None, description="With `annotate`; its longer side has 2,000 pixels at most.")


class Readings(BaseModel):
    """One reading a page."""

    readings: list[Reading]


class Models(BaseModel):
    """The networks that read."""

    models: list[Model]


class Health(BaseModel):
    """How the worker is that answered."""

    status: str = Field(examples=["ok"])


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Where this kind is explained.")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="One sentence: what is wrong, and what to do.")
    kind: str = Field(description="A short name that is stable.")
