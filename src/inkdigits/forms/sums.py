"""Fields that sums tie together: how probable each text of each is, over all that the others may say (sum-product).

Fields are taken one after the other, and the sums of the rules that are not complete yet are kept: states, each with
the probability that leads there. This is exact as long as states are not too many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from fractions import Fraction
from functools import cache
from math import lcm
from typing import NamedTuple

from inkdigits.forms.fields import Candidate
from inkdigits.forms.rules import Amount, Comparison
from inkdigits.forms.template import FormField

_MAX_STATES = 5_000
# From the states before a field, one step for each of its candidates. A template may have 500 fields, of 40 candidates
# each on a bad picture, so there are fewer states before a field of many. Candidates that are hardly probable stay all
# the same: they are no less so than many a wrong sum, and must be weighed against it.
_MAX_STEPS = 50_000

_State = tuple[int | None, ...]  # of each rule: its sum so far, in parts; None once a field of it has no value
_Judge = Callable[[int, int | None], tuple[float, float]]  # a rule's index and whole sum → as `Comparison.weigh`


@dataclass(frozen=True, slots=True)
class DecodedGroup:
    """How probable each text of each field is, whatever all others say, most probable first; how probable the first of
    all fields are together; and how probable it is that the writer broke each rule, by its text."""

    marginals: dict[str, dict[str, float]]
    together: float
    breaking: dict[str, float]


class _Move(NamedTuple):
    """What a field may say, its probability, and what it adds to the sum of each rule, in parts; None if unknown."""

    text: str
    probability: float
    added: _State


@dataclass(frozen=True, slots=True)
class _Stage:
    """One field: what it may say, and the rules, by index, that are `complete` with it."""

    name: str
    moves: tuple[_Move, ...]
    complete: tuple[int, ...]


class _Step(NamedTuple):
    """From one state to another, by a field that says `text`; of the rules, by index, that are complete with it and do
    not hold, `broken` says how probable it is that the writer broke them."""

    origin: _State
    text: str
    following: _State
    weight: float
    broken: tuple[tuple[int, float], ...]


def decode_group(
    fields: Sequence[FormField],
    choices: Mapping[str, tuple[Candidate, ...]],
    rules: Sequence[Comparison],
    wrong: float,
) -> DecodedGroup:
    """Decode the fields that rules tie together; others need not be decoded together. A writer breaks a rule with
    probability `wrong`."""
    values = {each.name: [find_value(each, own.text) for own in choices[each.name]] for each in fields}
    parts = lcm(*(Fraction(value).denominator for own in values.values() for value in own if value is not None))

    @cache
    def judge(index: int, total: int | None) -> tuple[float, float]:
        return rules[index].weigh(None if total is None else Fraction(total, parts), wrong)

    stages = _plan_stages(fields, choices, values, rules, parts)
    start: _State = tuple(rule.constant * parts for rule in rules)
    layers, scales = _go_forward(start, stages, judge)
    marginals, shares_broken = _go_back(layers, stages, judge)
    breaking = {rule.text: shares_broken.get(index, 0.0) for index, rule in enumerate(rules)}
    together, state = 1.0, start
    for stage, layer, scale in zip(stages, layers[1:], scales, strict=True):
        text = next(iter(marginals[stage.name]))
        step = next(each for each in _take_steps([state], stage, judge) if each.text == text)
        if step.following not in layer:
            return DecodedGroup(marginals, 0.0, breaking)
        together, state = together * step.weight / scale, step.following
    return DecodedGroup(marginals, together, breaking)


def find_value(field: FormField, text: str) -> Amount | None:
    """The number that a text is; nothing written counts as 0 where that is allowed."""
    if not text:
        return None if field.required else 0
    parsed = field.values.parse(text)
    value = None if parsed is None else parsed.value
    return None if value is None or isinstance(value, date | time) else value


def _plan_stages(
    fields: Sequence[FormField],
    choices: Mapping[str, tuple[Candidate, ...]],
    values: Mapping[str, Sequence[Amount | None]],
    rules: Sequence[Comparison],
    parts: int,
) -> list[_Stage]:
    """A stage for each field; sums are counted in whole `parts` of one, as many as all values can be told in."""
    last = [max(i for i, each in enumerate(fields) if each.name in rule.factors) for rule in rules]
    stages = []
    for index, field in enumerate(fields):
        factors = [rule.factors.get(field.name, 0) for rule in rules]
        moves = tuple(
            _Move(candidate.text, candidate.probability, tuple(_multiply(factor, value, parts) for factor in factors))
            for candidate, value in zip(choices[field.name], values[field.name], strict=True)
        )
        stages.append(_Stage(field.name, moves, tuple(i for i, each in enumerate(last) if each == index)))
    return stages


def _multiply(factor: int, value: Amount | None, parts: int) -> int | None:
    """What a value adds to a sum; None if that is not known."""
    if factor == 0:
        return 0
    return None if value is None else int(factor * parts * Fraction(value))


def _go_forward(
    start: _State, stages: Sequence[_Stage], judge: _Judge
) -> tuple[list[dict[_State, float]], list[float]]:
    """The states before each field and after the last, with the probabilities that lead there, which add up to 1; and
    what these were divided by for that."""
    layers, scales = [{start: 1.0}], list[float]()
    for index, stage in enumerate(stages):
        grown: dict[_State, float] = defaultdict(float)
        for step in _take_steps(layers[-1], stage, judge):
            grown[step.following] += layers[-1][step.origin] * step.weight
        width = max(1, _MAX_STEPS // len(stages[index + 1].moves)) if index + 1 < len(stages) else _MAX_STATES
        kept = dict(sorted(grown.items(), key=lambda item: -item[1])[: min(width, _MAX_STATES)])
        scales.append(sum(kept.values()) or 1.0)
        layers.append({state: total / scales[-1] for state, total in kept.items()})
    return layers, scales


def _go_back(
    layers: Sequence[Mapping[_State, float]], stages: Sequence[_Stage], judge: _Judge
) -> tuple[dict[str, dict[str, float]], dict[int, float]]:
    """The share of each text in all ways through the states, most probable first, and of each broken rule."""
    behind: dict[_State, float] = dict.fromkeys(layers[-1], 1.0)
    marginals: dict[str, dict[str, float]] = {}
    broken: dict[int, float] = {}
    for stage, layer in zip(reversed(stages), reversed(layers[:-1]), strict=True):
        shares: dict[str, float] = defaultdict(float)
        shares_broken: dict[int, float] = defaultdict(float)
        earlier: dict[_State, float] = defaultdict(float)
        for step in _take_steps(layer, stage, judge):
            if step.following not in behind:
                continue
            onward = step.weight * behind[step.following]
            through = layer[step.origin] * onward
            shares[step.text] += through
            earlier[step.origin] += onward
            for rule, blamed in step.broken:
                shares_broken[rule] += through * blamed
        whole, scale = sum(shares.values()) or 1.0, max(earlier.values()) or 1.0
        broken |= {rule: share / whole for rule, share in shares_broken.items()}
        ordered = sorted(shares.items(), key=lambda item: -item[1])
        marginals[stage.name] = {text: share / whole for text, share in ordered}
        behind = {each: share / scale for each, share in earlier.items()}
    return marginals, broken


def _take_steps(states: Iterable[_State], stage: _Stage, judge: _Judge) -> Iterator[_Step]:
    """All steps from `states` on; made anew each time, as there are too many to be kept."""
    for text, probability, added in stage.moves:
        for origin in states:
            following = [
                None if before is None or more is None else before + more
                for before, more in zip(origin, added, strict=True)
            ]
            weight, broken = probability, list[tuple[int, float]]()
            for index in stage.complete:
                share, blamed = judge(index, following[index])
                weight *= share
                if blamed:
                    broken.append((index, blamed))
                following[index] = 0
            yield _Step(origin, text, tuple(following), weight, tuple(broken))
