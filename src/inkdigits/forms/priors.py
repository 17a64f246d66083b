"""What a field may say, by itself and by the roster that it should be in."""

from __future__ import annotations

import numpy as np

from inkdigits.forms.fields import Candidate, FieldReading
from inkdigits.forms.rules import Membership

_MIN_PROBABILITY = 1e-5  # of a candidate, beside all others, to be looked at
_UNLISTED = 0.02  # probability that a number is not in the roster it should be in; it then is much like those that are
_ROSTER_FLOOR = 1e-5  # probability of a digit in a place where the networks see none of it
_MAX_LISTED = 20  # entries of a roster that are looked at


def list_choices(reading: FieldReading) -> tuple[Candidate, ...]:
    """A field's candidates that are probable enough to be looked at; where it is not read, one that has no value."""
    kept = tuple(each for each in reading.candidates if each.probability >= _MIN_PROBABILITY)
    return kept or (Candidate("?", 1.0),)


def match_roster(reading: FieldReading, roster: Membership) -> tuple[Candidate, ...]:
    """A field's candidates where it should be in a roster: those of its entries that are most probable, and what it
    says by itself, which hardly can be."""
    own = {each.text: each.probability for each in list_choices(reading)}
    digits = np.log(np.maximum(reading.digits, _ROSTER_FLOOR))
    fitting = [entry for entry in roster.entries if len(entry) == len(digits)]
    scored: dict[str, float] = {}
    if fitting:
        places = np.array([[int(digit) for digit in entry] for entry in fitting])
        scores = np.exp(digits[np.arange(digits.shape[0]), places].sum(axis=1))
        order = np.argsort(-scores, kind="stable")[:_MAX_LISTED]
        scored = {fitting[index]: float(scores[index]) for index in order}
    listed = set(roster.entries)
    for text, probability in own.items():
        if text in listed:
            scored[text] = max(scored.get(text, 0.0), probability)
    size = len(listed)
    weights = {text: (1 - _UNLISTED) / size * p for text, p in scored.items()}
    weights |= {text: _UNLISTED / size * p for text, p in own.items() if text not in listed}
    whole = sum(weights.values()) or 1.0
    return tuple(Candidate(text, p / whole) for text, p in sorted(weights.items(), key=lambda item: -item[1]))
