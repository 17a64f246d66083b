"""What is made of a strip's frames: signs that are rare beside digits, and those that make no sense in a place."""

import numpy as np
import pytest

from inkdigits.alphabet import CHARACTERS, CLASS_COUNT, encode_text
from inkdigits.reading.decoding.grammar import weigh_signs


def make_logits(text: str, doubts: dict[int, str] | None = None) -> np.ndarray:
    """Logits that say a text, T×27, a blank before and behind each character, and almost another one in some places."""
    logits = np.zeros((2 * len(text) + 1, CLASS_COUNT), np.float32)
    logits[::2, 0] = 9
    for place, index in enumerate(encode_text(text)):
        logits[2 * place + 1, index] = 9
    for place, other in (doubts or {}).items():
        logits[2 * place + 1, encode_text(other)] = 6.5
    return logits


def spell(logits: np.ndarray) -> str:
    """The text of the best path, where no character comes twice in a row."""
    return "".join(CHARACTERS[index - 1] for index in logits.argmax(axis=1) if index)


@pytest.mark.parametrize(
    ("text", "has_signs"),
    [
        ("3+4", True),
        ("12×3=36", True),
        ("8÷2", True),
        ("25/5/2021", True),
        ("~ 25/05/21", True),
        ("12:30", True),
        ("29500/-", True),
        ("(020) 79", True),
        ("1) 23", True),
        ("2 13/20", True),
        ("3/4000", False),
        ("55/00", False),
        ("513/20", False),
        ("500/1/2021", False),
        ("12:5", False),
        ("+34", False),
        ("34×", False),
        ("12-4", False),
        ("5001-", False),
        ("××3", False),
        ("", False),
    ],
)
def test_sums_dates_times_fractions_and_filled_up_amounts_have_signs(text: str, has_signs: bool) -> None:
    """Crosses in empty boxes before a number are none, and one stroke or dash alone may be a 1 or a filler."""
    hashes = weigh_signs(make_logits(text))[:, encode_text("#")]
    assert (hashes == (0 if has_signs else -2)).all()


@pytest.mark.parametrize(("gap_frames", "has_signs"), [(4, False), (20, True)])
def test_a_wide_gap_is_a_space_though_the_network_says_none(gap_frames: int, has_signs: bool) -> None:
    """A date and a number far behind it, as in a table: `1/9/18` and `16542`."""
    date, number = make_logits("1/9/18"), make_logits("16542")
    gap = np.zeros((gap_frames, CLASS_COUNT), np.float32)
    gap[:, 0] = 9
    weights = weigh_signs(np.concatenate([date, gap, number]))
    assert (weights[:, encode_text("/")] == 0).all() == has_signs


@pytest.mark.parametrize(
    ("text", "doubts", "expected"),
    [
        ("2223/", {4: "1"}, "22231"),
        ("/500", {0: "1"}, "1500"),
        ("985/2967", {3: "1"}, "98512967"),
        ("985/2967=3", {3: "1"}, "985/2967=3"),
        ("12/2967", {2: "1"}, "12/2967"),
        ("3/4+5", {1: "1"}, "3/4+5"),
        ("127+31)+90", {0: "("}, "(27+31)+90"),
        ("(27+311+90", {6: ")"}, "(27+31)+90"),
        ("127+31+90", {0: "("}, "127+31+90"),
        ("3×(5+1)", {2: "1"}, "3×(5+1)"),
        ("5+2)×1", {}, "5+2)×1"),
        ("1/ 25", {1: ")"}, "1) 25"),
        ("12) 5", {2: "1"}, "12) 5"),
        ("3/4", {1: ")"}, "3/4"),
        ("126.422.70", {7: ","}, "126.422,70"),
        ("126.422.70", {3: ","}, "126,422.70"),
        ("126.422.705", {7: ","}, "126.422.705"),
        ("715.790,298.25", {3: ","}, "715,790,298.25"),
        ("1'234,567", {5: "'"}, "1'234,567"),
        ("192.168.100.12", {}, "192.168.100.12"),
        ("2718281'828", {}, "2718281828"),
        ("31'415926", {}, "31415926"),
        ("5'30", {}, "5'30"),
        ("3/4/5926", {1: "1", 3: "1"}, "31415926"),
        ("3/41/59", {1: "1", 4: "1"}, "3141159"),
        ("3/4/1926", {1: "1", 3: "1"}, "3/4/1926"),
        ("1926/4/30", {4: "1", 6: "1"}, "1926/4/30"),
        ("8/3/4", {1: "1", 3: "1"}, "81314"),
        ("3/4/5926", {}, "3/4/5926"),
        ("2'718'281", {}, "2'718'281"),
        ("10/1112001", {5: "/"}, "10/11/2001"),
        ("1011112001", {2: "/", 5: "/"}, "10/11/2001"),
        ("10/1//2001", {4: "1"}, "10/11/2001"),
        ("8/2125", {3: "/"}, "8/2125"),
        ("1011112001", {}, "1011112001"),
        ("10/1112101", {5: "/"}, "10/1112101"),
    ],
)
def test_signs_make_sense_in_their_places(text: str, doubts: dict[int, str], expected: str) -> None:
    """A slash at the end of a number is a 1, a bracket that another one lacks may have been taken for one, and the
    marks between groups of three digits agree, but for the decimal mark; an apostrophe beside more digits is none, nor
    are two strokes slashes that almost are 1s, where they make no date; and where they make one, they are."""
    logits = make_logits(text, doubts)
    assert spell(logits) == text and spell(logits + weigh_signs(logits)) == expected
