from inkdigits.lab.confusion import draw_confusion
from inkdigits.training.evaluate import score_logits
from tests.lab.examples import answers, digits, picture, words

LABELS = [4, 4, 4, 4, 7, 7, 0]
GUESSES = [4, 9, 9, 4, 7, 1, 0]


def test_mistakes_are_coloured_and_what_is_right_is_not() -> None:
    axes = draw_confusion(score_logits(answers([{guess: 0.9} for guess in GUESSES]), digits(LABELS))).axes[0]
    shown = picture(axes)
    assert shown[4, 9] == 2
    assert shown[7, 1] == 1
    assert shown.sum() == 3
    assert axes.images[0].get_clim() == (0, 2)


def test_counts_and_recall_are_written() -> None:
    figure = draw_confusion(score_logits(answers([{guess: 0.9} for guess in GUESSES]), digits(LABELS)))
    axes = figure.axes[0]
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written[4, 4] == "2"
    assert written[9, 4] == "2"
    assert written[1, 7] == "1"
    assert written[0, 9] == "·"
    assert [written[9.8, row] for row in (0, 4, 7, 9)] == ["100.0 %", "50.0 %", "50.0 %", "–"]
    assert figure.get_suptitle() == "some digits: 3 of 7 digits taken for another"
    assert len(words(axes)) == 1 + 100 + 11


def test_no_mistake_at_all_is_drawn() -> None:
    figure = draw_confusion(score_logits(answers([{3: 0.9}]), digits([3])))
    figure.draw_without_rendering()
    assert picture(figure.axes[0]).sum() == 0
