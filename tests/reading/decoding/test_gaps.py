"""What stands between the digits of a row, by the frames there."""

import numpy as np
import pytest

from inkdigits.alphabet import SIGNS
from inkdigits.reading.decoding.fusion import fuse_row
from inkdigits.reading.decoding.gaps import Gap, find_gaps
from inkdigits.reading.decoding.transcript import Transcript
from tests.reading.decoding.test_fusion import PITCH, make_hypothesis, make_transcript


def find(text: str, *transcripts: Transcript) -> tuple[Gap, ...]:
    hypotheses = [make_hypothesis(place, int(each)) for place, each in enumerate(text) if each.isdigit()]
    own = transcripts or (make_transcript(text),)
    return find_gaps(fuse_row(hypotheses, own), own)


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_is_found_between_before_and_behind_digits(sign: str) -> None:
    for text, place in ((f"1{sign}2", 1), (f"{sign}12", 0), (f"12{sign}", 2)):
        gaps = find(text)
        assert len(gaps) == 3 and gaps[place].text == sign and gaps[place].probability > 0.9
        assert all(gap.text == "" and gap.probability > 0.9 for index, gap in enumerate(gaps) if index != place)


def test_signs_that_follow_each_other_are_read_together_and_each_has_its_place() -> None:
    gap = find("12.--")[-1]
    assert gap.text == ".--" and len(gap.spans) == 3
    for index, (start, end) in enumerate(gap.spans, 2):
        assert PITCH * index <= start < end <= PITCH * (index + 1)


def test_what_may_be_two_signs_is_both_with_their_probabilities() -> None:
    gap = find("1.2", make_transcript("1.2", doubts={1: ","}))[1]
    assert dict(gap.readings)["."] == pytest.approx(dict(gap.readings)[","]) and gap.readings[0][1] < 0.6
    assert gap.read_as(",").readings == ((",", 1.0),) and gap.read_as(",").spans == gap.spans


def test_all_transcripts_count_alike() -> None:
    agreeing, one_of_two = (find("1.2", make_transcript("1.2"), make_transcript(each))[1] for each in ("1.2", "1 2"))
    assert agreeing.probability > 0.9 and dict(one_of_two.readings)["."] == pytest.approx(0.5, abs=0.05)


def test_a_point_or_comma_is_shown_where_one_of_them_probably_is() -> None:
    """Without it 8.5 would be 85, whichever it is. Of seven transcripts three say nothing."""
    for others, expected in ((".,.,", "."), (",+,+", ""), ("..++", "")):
        transcripts = [make_transcript(f"1{sign}2") for sign in others] + [make_transcript("12 ")] * 3
        gap = find("1.2", *transcripts)[1]
        assert gap.text == expected and dict(gap.readings)[""] == pytest.approx(3 / 7, abs=0.05)


def test_what_a_letter_or_word_covers_is_no_sign() -> None:
    assert find("1~2")[1].text == "" and find("12~")[-1].text == ""
    assert find("12~.~")[-1].text == "", "a point within words"
    assert find("12.~")[-1].text == "."


def test_signs_far_from_the_digits_are_not_theirs() -> None:
    assert find("12" + " " * 6 + "+")[-1].text == ""


def test_where_no_transcript_shows_the_digits_there_are_no_signs() -> None:
    """The strip ends before the last digit."""
    transcript = make_transcript("1.2")
    short = Transcript(transcript.strip, transcript.frames[:14])
    hypotheses = [make_hypothesis(0, 1), make_hypothesis(2, 2)]
    gaps = find_gaps(fuse_row(hypotheses, [transcript]), [short])
    assert gaps == (Gap(),) * 3 and not gaps[1].spans


def test_forty_points_are_read_in_bounded_time() -> None:
    gap = find("1" + "." * 40 + "2")[1]
    assert set(gap.text) <= {"."} and np.isfinite(gap.probability)
