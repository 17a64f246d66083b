import pytest

from inkdigits.lab.mistakes import draw_mistakes
from inkdigits.lab.theme import FONT, new_figure, percent
from tests.lab.examples import answers, digits


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0.0 %"), (1, "100.0 %"), (0.5, "50.0 %"), (0.99999, "> 99.9 %"), (0.00001, "< 0.1 %"), (0.9994, "99.9 %")],
)
def test_per_cent_never_claims_all_or_nothing(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize("height", [2.0, 6.6, 10.0])
def test_title_and_note_have_room_of_their_own(height: float) -> None:
    figure = new_figure(height, "A title", "A note.")
    axes = figure.add_subplot()
    axes.set_title("a heading", loc="left")
    figure.draw_without_rendering()
    (note,) = (text for text in figure.texts if text.get_text() == "A note.")
    (title,) = (text for text in figure.texts if text.get_text() == "A title")
    box = axes.get_tightbbox()
    assert box is not None
    assert note.get_window_extent().y1 < box.y0
    assert box.y1 < title.get_window_extent().y0
    assert title.get_window_extent().y1 < height * figure.dpi
    assert title.get_fontname() == FONT


def test_nothing_is_written_over_the_edge() -> None:
    figure = draw_mistakes(digits([1] * 24), answers([{7: 0.99999}] * 24), first=59_000)
    figure.draw_without_rendering()
    for axes in figure.axes:
        for text in (*axes.texts, axes.title):
            assert text.get_window_extent().x1 <= 1200
            assert text.get_window_extent().y0 >= 0
