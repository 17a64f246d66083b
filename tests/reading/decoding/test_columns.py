"""In a column, the slashes of dates and fractions are found together, as other signs are, and numbers stay numbers."""

import pytest

from inkdigits.reading.decoding.columns import agree_on_marks, agree_on_slashes
from inkdigits.reading.decoding.frames import find_tokens, join_tokens
from tests.reading.decoding.test_fusion import make_transcript


def agree(*texts: str, doubt: str = "") -> list[str]:
    """What rows say together; `texts` have `|` for a 1 that is almost a slash, or almost another character."""
    rows = [
        [
            make_transcript(
                text.replace("|", "1"), doubts={place: doubt or "/" for place, each in enumerate(text) if each == "|"}
            )
        ]
        for text in texts
    ]
    return [join_tokens(find_tokens(transcript.frames)) for (transcript,) in agree_on_slashes(rows)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["3/4", "7/4", "9|4"], ["3/4", "7/4", "9/4"]),  # two are plain
        (["8|10", "4|10", "5|10", "9|10"], ["8/10", "4/10", "5/10", "9/10"]),  # four may be
        (["1/2/21", "3/4/22", "5|6|23", "7|8/24"], ["1/2/21", "3/4/22", "5/6/23", "7/8/24"]),
        (["8|10", "4|10", "5|10"], ["8110", "4110", "5110"]),  # too few
        (["3/4", "7/4", "914", "5286", "70"], ["3/4", "7/4", "914", "5286", "70"]),  # the third is plainly 914
        (["3/4", "7/4", "9|40", "528", "76", "391", "40"], ["3/4", "7/4", "9140", "528", "76", "391", "40"]),
        (["45", "9|", "|", "~"], ["45", "91", "1", "~"]),
    ],
)
def test_what_some_rows_say_plainly_others_may_say(texts: list[str], expected: list[str]) -> None:
    assert agree(*texts) == expected


def test_numbers_that_begin_alike_are_no_fractions() -> None:
    assert agree("0|51", "0|62", "0|57", "0|73") == ["0151", "0162", "0157", "0173"]


def test_what_is_plainly_a_1_stays_one() -> None:
    assert agree("2011", "2012", "2013", "2014", "2015", doubt="7") == ["2011", "2012", "2013", "2014", "2015"]
    assert agree("2|11", "2|12", "2|13", "2|14", doubt="7") == ["2111", "2112", "2113", "2114"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1,50", "2;75", "3,20"], ["1,50", "2,75", "3,20"]),
        (["1,50", "2;75", "3;20", "4,10"], ["1,50", "2,75", "3,20", "4,10"]),  # where it is plain, it is a comma
        (["1,50", "2.75", "3,20"], ["1,50", "2.75", "3,20"]),  # plainly a point
        (["1,50", "2;75"], ["1,50", "2.75"]),  # too few
        (["1,500", "2;75", "3,200", "4,100"], ["1,500", "2.75", "3,200", "4,100"]),  # of another form
        (["1,50", "2;75", "18", "~"], ["1,50", "2.75", "18", "~"]),
        (["1,2,21", "3;4,22", "5,6;23"], ["1,2,21", "3,4,22", "5,6,23"]),
    ],
)
def test_the_numbers_of_a_column_have_the_signs_that_are_likeliest_for_all(
    texts: list[str], expected: list[str]
) -> None:
    """`;` is a point that is almost a comma."""
    rows = [
        [make_transcript(text.replace(";", "."), doubts={i: "," for i, each in enumerate(text) if each == ";"})]
        for text in texts
    ]
    assert [join_tokens(find_tokens(transcript.frames)) for (transcript,) in agree_on_marks(rows)] == expected


def test_there_may_be_no_rows_and_no_transcripts() -> None:
    assert agree_on_slashes([]) == [] and agree_on_slashes([[]]) == [[]]
    assert agree_on_marks([]) == [] and agree_on_marks([[]]) == [[]]
