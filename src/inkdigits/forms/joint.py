"""The most probable sheet: what all fields say together, given the rules that mostly hold between them.

Every field has candidates with probabilities; a rule multiplies those of a whole sheet by how probable it is that the
writer kept it. So a doubtful digit is settled by a sum, but a sum that does not come out although all its fields are
plain is taken for what it is, an error of the writer's: reported, not repaired. Where it is more likely that a digit
was misread, it is a doubt, and no report.

What counts is how probable each text of a field is over all that the other fields may say; sums.py reckons it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inkdigits.errors import UsageError
from inkdigits.forms.fields import Candidate, FieldReading
from inkdigits.forms.priors import list_choices, match_roster
from inkdigits.forms.rules import DEFAULT_MIN_CONFIDENCE, DEFAULT_WRONG, Amount, Comparison, Membership
from inkdigits.forms.sums import decode_group, find_value
from inkdigits.forms.template import FormField, Template

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
        decoded = decode_group([template.get_field(name) for name in names], group, own_rules, wrong)
        marginals |= decoded.marginals
        breaking |= decoded.breaking
        confidence *= decoded.together
    texts = {name: next(iter(shares)) for name, shares in marginals.items()}
    values = {name: find_value(template.get_field(name), text) for name, text in texts.items()}
    unmet = [rule for rule in rules if rule.judge(values) is False]
    broken = [rule for rule in unmet if breaking[rule.text] >= _MIN_BROKEN]
    doubted = [rule for rule in unmet if breaking[rule.text] < _MIN_BROKEN]
    unchecked = [rule for rule in rules if rule.judge(values) is None]
    alone = [
        _judge_alone(each, marginals[each.field.name], min_confidence, rosters.get(each.field.name))
        for each in readings
    ]
    answers = tuple(_judge_by_sums(each, broken, doubted, unchecked, values) for each in alone)
    confidence = confidence if all(each.candidates for each in readings) else 0.0
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


def _judge_alone(
    reading: FieldReading, shares: Mapping[str, float], min_confidence: float, roster: Membership | None
) -> FieldAnswer:
    """One field's answer, its texts' `shares` most probable first, and what is to be doubted of it but for sums."""
    (text, confidence), *others = shares.items()
    if not reading.candidates:
        text, confidence = "", 0.0
    alone, doubts = reading.candidates[0].text if reading.candidates else "", list[str]()
    if not text:
        if not reading.candidates:
            doubts.append("what is written is not read")
        elif reading.field.required:
            doubts.append("empty")
    elif confidence < min_confidence:
        doubts.append("unsure")
    if roster is not None and text and text not in roster.entries:
        doubts.append("not in the roster")
    elif roster is not None and others and others[0][1] * _TIE > confidence and others[0][0] in roster.entries:
        doubts.append(f"as likely {others[0][0]}")
    next_best = Candidate(*others[0]) if others else None
    return FieldAnswer(reading.field.name, text, confidence, alone, next_best, doubts=tuple(doubts))


def _judge_by_sums(
    answer: FieldAnswer,
    broken: Sequence[Comparison],
    doubted: Sequence[Comparison],
    unchecked: Sequence[Comparison],
    values: Mapping[str, Amount | None],
) -> FieldAnswer:
    """The same with what sums say of it: those that it breaks, that it may, and that its text keeps from being checked,
    as it means several numbers, or none."""
    name, doubts, reckoned = answer.name, list(answer.doubts), None
    doubts += [f"misread, or not {rule.text}" for rule in doubted if name in rule.told_at]
    if answer.text and values[name] is None:
        doubts += [rule.unchecked_doubt for rule in unchecked if name in rule.factors]
    breaks = [rule for rule in broken if name in rule.told_at]
    for rule in breaks:
        reckoned = rule.write_reckoned(values) or reckoned
    return replace(answer, doubts=tuple(doubts), reckoned=reckoned, breaks=tuple(rule.text for rule in breaks))
