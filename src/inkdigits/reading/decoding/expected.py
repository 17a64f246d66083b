"""What is known of a page's numbers before it is read, and what is wanted of them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

from inkdigits.errors import UsageError
from inkdigits.reading.decoding.cells import BoxKind, check_box_kind
from inkdigits.reading.decoding.form import Form
from inkdigits.values import ValueRules

SignChoice = Literal["keep", "drop"]
SIGN_CHOICES: tuple[SignChoice, ...] = ("keep", "drop")


@dataclass(frozen=True, slots=True)
class Expected:
    """`form` is that of every number, `values` how numbers are understood, `boxes` what printed boxes mean, and `signs`
    whether signs are read or only digits. Raises UsageError for what does not exist or does not go together."""

    form: Form | None = None
    values: ValueRules | None = None
    boxes: BoxKind = "auto"
    signs: SignChoice = "keep"

    def __post_init__(self) -> None:
        check_box_kind(self.boxes)
        check_sign_choice(self.signs)
        if self.values is not None and self.signs == "drop":
            raise UsageError(
                "Without signs nobody can tell what numbers mean; keep the signs, or do not say what numbers are."
            )

    @property
    def tells_numbers(self) -> bool:
        """Whether some numbers are expected rather than others: by a form or a kind."""
        return self.form is not None or self.tells_kind

    @property
    def tells_kind(self) -> bool:
        """Whether the kind of every number is known, such as a date."""
        return self.values is not None and self.values.tells_numbers

    def mean(self, text: str) -> Hashable:
        """What a number means that is written like `text`: the text itself where that is not told."""
        value = self.values.parse(text) if self.values is not None else None
        return text if value is None else value

    def weigh(self, text: str) -> float:
        """How probable it is beforehand, against others, that a number is written like `text`; 0 if it cannot be."""
        weight = self.form.weigh(text, self.values or ValueRules()) if self.form is not None else 1.0
        return weight * self.values.weigh(text) if self.values is not None and weight else weight


def check_sign_choice(signs: str) -> SignChoice:
    """The same, if it is a `SignChoice`. Raises UsageError if it is not."""
    for choice in SIGN_CHOICES:
        if signs == choice:
            return choice
    raise UsageError(f"Signs are kept or dropped: give keep or drop, not {signs!r}.")
