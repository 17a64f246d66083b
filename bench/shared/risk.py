"""How well confidence tells right answers from wrong ones: the risk among the most confident, at every coverage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import fmean

from bench.shared.digit_strings import Transcription, extract_digits
from bench.shared.store import Json
from bench.shared.whole_numbers import split_numbers

COVERAGES = tuple(tenth / 10 for tenth in range(1, 11))


def compute_risks(answers: Iterable[tuple[float, bool]]) -> list[float]:
    """The share of wrong answers among the 1, 2, … N most confident of N answers, each its confidence and if right.

    Where some are equally confident, their mistakes count as spread evenly over them: the mean over all their orders.
    """
    risks: list[float] = []
    wrong_before = 0
    for _, group in groupby(sorted(answers, reverse=True), key=lambda answer: answer[0]):
        is_wrong = [not right for _, right in group]
        count_before, wrong_count = len(risks), sum(is_wrong)
        for place in range(1, len(is_wrong) + 1):
            risks.append((wrong_before + wrong_count * place / len(is_wrong)) / (count_before + place))
        wrong_before += wrong_count
    return risks


def compute_area(answers: Iterable[tuple[float, bool]]) -> float:
    """The area under the curve of risk against coverage (AURC, Geifman and El-Yaniv): the mean risk; 0 is perfect."""
    return fmean(compute_risks(answers))


def score_risk(pairs: Sequence[tuple[Transcription, str]]) -> Json:
    """Risk against coverage over the pictures whose truth is one number; nothing where no confidence is told.

    An answer is a picture, right if its digits are, best candidates standing in for `?`. A picture in which nothing
    was read comes last, with a confidence of 0. `risks` are at `COVERAGES`, `area` is under the whole curve; `least` is
    the area if every right answer were above every wrong one, `area_by_digits` that for the product of the digits'
    probabilities, and `area_without_signs` that for the confidence of the same read without signs, where these are
    told: a confidence in signs, too, is no confidence in the digits alone.
    """
    told = [
        (transcription, transcription.digits == extract_digits(truth))
        for transcription, truth in pairs
        if transcription.confidence is not None and len(split_numbers(truth)) == 1
    ]
    if not told:
        return {}
    answers = [((each.confidence or 0.0) if each.digits else 0.0, right) for each, right in told]
    risks = compute_risks(answers)
    score: Json = {
        "pictures": len(told),
        "exact": sum(right for _, right in told),
        "risks": [risks[max(1, round(coverage * len(risks))) - 1] for coverage in COVERAGES],
        "area": compute_area(answers),
        "least": compute_area((float(right), right) for _, right in told),
    }
    others = {
        "area_by_digits": [each.digits_confidence for each, _ in told],
        "area_without_signs": [each.bare_confidence for each, _ in told],
    }
    for name, confidences in others.items():
        if None not in confidences:
            score[name] = compute_area(
                ((own or 0.0) if each.digits else 0.0, right)
                for own, (each, right) in zip(confidences, told, strict=True)
            )
    return score
