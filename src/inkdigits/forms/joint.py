"""The most probable sheet: what all fields say together, given the rules that mostly hold between them.

Every field has candidates with probabilities; a rule multiplies those of a whole sheet by how probable it is that the
writer kept it. So a doubtful digit is settled by a sum, but a sum that does not come out although all its fields are
plain is taken for what it is, an error of the writer's: reported, not repaired. Where it is more likely that a digit
was misread, it is a doubt, and no report.

What counts is how probable each text of a field is over all that the other fields may say (sum-product). Fields are
taken one after the other, and the sums of the rules that are not complete yet are kept: states, each with the
probability that leads there. This is exact as long as states are not too many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from fractions import Fraction

from inkdigits.errors import UsageError
from inkdigits.forms.fields import Candidate, FieldReading
from inkdigits.forms.priors import list_choices, match_roster
from inkdigits.forms.rules import DEFAULT_MIN_CONFIDENCE, DEFAULT_WRONG, Amount, Comparison, Membership
from inkdigits.forms.template import FormField, Template

_MAX_STATES = 5_000
_MIN_BROKEN = 0.5  # probability that the writer broke a rule, from which on this is reported
_TIE = 3.0  # times as probable as the next best an entry of a roster must be


@dataclass(frozen=True, slots=True)
class FieldAnswer:
    """What a field is taken to say.

    `text` is as written, `confidence` the probability that it is right, given all rules; `alone` is what the field says
    without them. `next_best` is the second candidate, None without any. `doubts` say why it may be misread. `breaks`
    are the rules that it breaks as it is written, and `reckoned` is what it should be by a sum that came out otherwise.
    """

    name: str
    text: str
    confidence: float
    alone: str
    next_best: Candidate | None = None
    reckoned: str | None = None
    doubts: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether nobody needs to look at it."""
        return not self.doubts and not self.breaks


@dataclass(frozen=True, slots=True)
class SheetAnswer:
    """All fields of a sheet, in the template's order; `confidence` is the probability that all of them are right, and
    `broken` are the rules that do not hold as it is written."""

    answers: tuple[FieldAnswer, ...]
    confidence: float
    broken: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether nobody needs to look at any field."""
        return all(each.accepted for each in self.answers)


def decode_sheet(
    template: Template,
    readings: Sequence[FieldReading],
    *,
    min_confidence: float = DEFAULT_MIN_CONFIDENCE,
    wrong: float = DEFAULT_WRONG,
    with_rules: bool = True,
) -> SheetAnswer:
    """The most probable sheet that `readings`, one for each field, allow.

    `wrong` is how probable it is that a writer adds wrongly, `min_confidence` the least confidence of a field that is
    accepted. Without rules each field is taken by itself. Raises UsageError unless both are probabilities.
    """
    check_probabilities(min_confidence=min_confidence, wrong=wrong)
    rules = template.comparisons if with_rules else []
    rosters = {rule.field: rule for rule in template.memberships} if with_rules else {}
    choices = {
        each.field.name: match_roster(each, rosters[each.field.name])
        if each.field.name in rosters
        else list_choices(each)
        for each in readings
    }
    marginals: dict[str, dict[str, float]] = {}
    confidence, breaking = 1.0, dict[str, float]()
    for names, own_rules in _find_groups(template.fields, rules):
        group = {name: choices[name] for name in names}
        decoded = _decode_group([template.get_field(name) for name in names], group, own_rules, wrong)
        marginals |= decoded.marginals
        breaking |= decoded.breaking
        confidence *= decoded.together
    texts = {name: next(iter(shares)) for name, shares in marginals.items()}
    values = {name: _find_value(template.get_field(name), text) for name, text in texts.items()}
    unmet = [rule for rule in rules if _check(rule, values) is False]
    broken = [rule for rule in unmet if breaking[rule.text] >= _MIN_BROKEN]
    doubted = [rule for rule in unmet if breaking[rule.text] < _MIN_BROKEN]
    answers = tuple(
        _make_answer(
            each, texts[each.field.name], marginals[each.field.name], broken, doubted, values, min_confidence, rosters
        )
        for each in readings
    )
    return SheetAnswer(answers, confidence, tuple(rule.text for rule in broken))


def check_probabilities(**values: float) -> None:
    """Raise UsageError unless each is one."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise UsageError(f"{name} is a probability from 0 to 1, not {value}.")


def _find_groups(fields: Sequence[FormField], rules: Sequence[Comparison]) -> list[tuple[list[str], list[Comparison]]]:
    """The fields that rules tie together, and the rules that do."""
    group_of = {each.name: {each.name} for each in fields}
    for rule in rules:
        joined = set().union(*(group_of[name] for name in rule.factors))
        for name in joined:
            group_of[name] = joined
    groups = {id(group): group for group in group_of.values()}
    return [
        ([each.name for each in fields if each.name in group], [r for r in rules if not group.isdisjoint(r.factors)])
        for group in groups.values()
    ]


_State = tuple[Fraction | None, ...]  # of each rule: its sum so far; None once a field of it has no value


@dataclass(frozen=True, slots=True)
class _Step:
    """From one state to another, by a field that says `text`; `broken` are the rules, by index, that are complete with
    it and do not hold."""

    origin: _State
    text: str
    following: _State
    weight: float
    broken: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _DecodedGroup:
    """How probable each text of each field is, whatever all others say, most probable first; how probable the first of
    all fields are together; and how probable it is that the writer broke each rule, by its text."""

    marginals: dict[str, dict[str, float]]
    together: float
    breaking: dict[str, float]


def _decode_group(
    fields: Sequence[FormField],
    choices: Mapping[str, tuple[Candidate, ...]],
    rules: Sequence[Comparison],
    wrong: float,
) -> _DecodedGroup:
    """Decode the fields that rules tie together; others need not be decoded together."""
    last = {rule.text: max(i for i, each in enumerate(fields) if each.name in rule.factors) for rule in rules}
    start: _State = tuple(Fraction(rule.constant) for rule in rules)
    layers: list[dict[_State, float]] = [{start: 1.0}]
    steps: list[list[_Step]] = []
    scales: list[float] = []
    for index, field in enumerate(fields):
        grown: dict[_State, float] = defaultdict(float)
        own: list[_Step] = []
        is_last = [last[rule.text] == index for rule in rules]
        for candidate in choices[field.name]:
            value = _find_value(field, candidate.text)
            for state, total in layers[-1].items():
                following, weight, broken = _step(state, field.name, value, rules, is_last, wrong)
                own.append(_Step(state, candidate.text, following, candidate.probability * weight, broken))
                grown[following] += total * own[-1].weight
        kept = dict(sorted(grown.items(), key=lambda item: -item[1])[:_MAX_STATES])
        scales.append(sum(kept.values()) or 1.0)
        layers.append({state: total / scales[-1] for state, total in kept.items()})
        steps.append([each for each in own if each.following in kept])
    marginals, shares_broken = _add_up(layers, steps, fields)
    breaking = {rule.text: shares_broken.get(index, 0.0) for index, rule in enumerate(rules)}
    together, state = 1.0, start
    for field, own, scale in zip(fields, steps, scales, strict=True):
        text = max(marginals[field.name], key=lambda each: marginals[field.name][each])
        step = next((each for each in own if each.origin == state and each.text == text), None)
        if step is None:
            return _DecodedGroup(marginals, 0.0, breaking)
        together, state = together * step.weight / scale, step.following
    return _DecodedGroup(marginals, together, breaking)


def _add_up(
    layers: Sequence[Mapping[_State, float]], steps: Sequence[Sequence[_Step]], fields: Sequence[FormField]
) -> tuple[dict[str, dict[str, float]], dict[int, float]]:
    """The share of each text in all ways through the states, most probable first, and of each broken rule."""
    behind: dict[_State, float] = dict.fromkeys(layers[-1], 1.0)
    marginals: dict[str, dict[str, float]] = {}
    broken: dict[int, float] = defaultdict(float)
    for index in reversed(range(len(fields))):
        shares: dict[str, float] = defaultdict(float)
        shares_broken: dict[int, float] = defaultdict(float)
        earlier: dict[_State, float] = defaultdict(float)
        for step in steps[index]:
            onward = step.weight * behind[step.following]
            through = layers[index][step.origin] * onward
            shares[step.text] += through
            earlier[step.origin] += onward
            for rule in step.broken:
                shares_broken[rule] += through
        whole, scale = sum(shares.values()) or 1.0, max(earlier.values()) or 1.0
        broken |= {rule: share / whole for rule, share in shares_broken.items()}
        ordered = sorted(shares.items(), key=lambda item: -item[1])
        marginals[fields[index].name] = {text: share / whole for text, share in ordered}
        behind = defaultdict(float, {each: share / scale for each, share in earlier.items()})
    return marginals, broken


def _step(
    state: _State, name: str, value: Amount | None, rules: Sequence[Comparison], is_last: Sequence[bool], wrong: float
) -> tuple[_State, float, tuple[int, ...]]:
    """The state after one more field; how probable it is that the writer came to what the rules that are complete with
    it say; and which of these, by index, do not hold."""
    weight, broken, following = 1.0, list[int](), list(state)
    for index, rule in enumerate(rules):
        before = state[index]
        if name in rule.factors and before is not None:
            following[index] = None if value is None else before + rule.factors[name] * Fraction(value)
        if is_last[index]:
            complete = following[index]
            weight *= rule.weigh(complete, wrong)
            if complete is None or not rule.holds_for(complete):
                broken.append(index)
            following[index] = Fraction(0)
    return tuple(following), weight, tuple(broken)


def _find_value(field: FormField, text: str) -> Amount | None:
    """The number that a text is; nothing written counts as 0 where that is allowed."""
    if not text:
        return None if field.required else 0
    parsed = field.values.parse(text)
    value = None if parsed is None else parsed.value
    return None if value is None or isinstance(value, date | time) else value


def _check(rule: Comparison, values: Mapping[str, Amount | None]) -> bool | None:
    """Whether a rule holds; None where one of its fields has no value."""
    known = {name: value for name in rule.factors if (value := values[name]) is not None}
    return rule.holds(known) if len(known) == len(rule.factors) else None


def _make_answer(
    reading: FieldReading,
    text: str,
    shares: Mapping[str, float],
    broken: Sequence[Comparison],
    doubted: Sequence[Comparison],
    values: Mapping[str, Amount | None],
    min_confidence: float,
    rosters: Mapping[str, Membership],
) -> FieldAnswer:
    """One field's answer, and what is to be doubted of it."""
    name = reading.field.name
    confidence, alone = shares.get(text, 0.0), reading.candidates[0].text if reading.candidates else ""
    others = sorted(((t, p) for t, p in shares.items() if t != text), key=lambda item: -item[1])
    answer = FieldAnswer(name, text, confidence, alone, Candidate(*others[0]) if others else None)
    doubts, reckoned = list[str](), None
    if not text:
        if not reading.candidates:
            doubts.append("what is written is not read")
        elif reading.field.required:
            doubts.append("empty")
    elif confidence < min_confidence:
        doubts.append("unsure")
    roster = rosters.get(name)
    if roster is not None and text and text not in roster.entries:
        doubts.append("not in the roster")
    elif roster is not None and others and others[0][1] * _TIE > confidence and others[0][0] in roster.entries:
        doubts.append(f"as likely {others[0][0]}")
    doubts += [f"misread, or not {rule.text}" for rule in doubted if _is_told_at(rule, name)]
    breaks = [rule for rule in broken if _is_told_at(rule, name)]
    for rule in breaks:
        known = {each: value for each in rule.factors if (value := values[each]) is not None}
        reckoned = reckoned if rule.reckoned is None else str(rule.reckon(known))
    return replace(answer, doubts=tuple(doubts), reckoned=reckoned, breaks=tuple(rule.text for rule in breaks))


def _is_told_at(rule: Comparison, name: str) -> bool:
    """Whether a rule that does not hold is told at this field: the total's, or any where there is no total."""
    return name == rule.reckoned or (name in rule.factors and rule.reckoned is None)
