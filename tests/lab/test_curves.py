import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from inkdigits.errors import RunError, UsageError
from inkdigits.lab.curves import draw_curves, overlay_curves
from tests.lab.examples import records, words


def line(axes: Axes, key: str) -> tuple[list[float], list[float]]:
    """The x and y of the curve of one figure."""
    (found,) = (each for each in axes.get_lines() if each.get_gid() == key)
    return np.asarray(found.get_xdata()).tolist(), np.asarray(found.get_ydata()).tolist()


def test_the_curves_are_the_records() -> None:
    loss, accuracy = draw_curves(records(), "mine", "lecture test").axes
    for axes, quantity in ((loss, "loss"), (accuracy, "accuracy")):
        for which in ("train", "held"):
            x, y = line(axes, f"{which}_{quantity}")
            assert x == [1, 11, 21, 31, 41]
            assert y == [record[f"{which}_{quantity}"] for record in records()]


def test_the_ends_say_name_and_last_value() -> None:
    loss, accuracy = draw_curves(records(), "mine", "lecture test").axes
    assert words(loss) == ["Loss (cross-entropy)", "training  0.46", "lecture test  0.48"]
    assert words(accuracy) == ["Accuracy", "training  82.00 %", "lecture test  81.00 %"]


def test_early_steps_and_late_mistakes_have_room() -> None:
    loss, accuracy = draw_curves(records(), "mine").axes
    assert loss.get_xscale() == accuracy.get_xscale() == "log"
    assert loss.get_yscale() == "log"
    heights = accuracy.transData.transform([(1, 0.5), (1, 0.75), (1, 0.875)])[:, 1]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], rel=0.01)


def test_without_held_digits_there_is_one_curve() -> None:
    for axes in draw_curves(records(held=False), "mine").axes:
        assert [each.get_gid() for each in axes.get_lines() if each.get_label()[0] != "_"] in (
            ["train_loss"],
            ["train_accuracy"],
        )


@pytest.mark.parametrize("last", [{"train_loss": 0.0, "train_accuracy": 1.0}, {"train_loss": float("nan")}])
def test_a_flawless_and_a_diverged_run_are_drawn(last: dict[str, float]) -> None:
    history = [*records(), records()[-1] | {"step": 51} | last]
    figure = draw_curves(history, "mine")
    figure.draw_without_rendering()
    for axes in figure.axes:
        low, high = axes.get_ylim()
        assert np.isfinite([low, high]).all()
        assert low < high


def test_a_run_that_never_had_a_loss_is_drawn() -> None:
    history = [record | {"train_loss": float("inf"), "held_loss": float("nan")} for record in records()]
    draw_curves(history, "mine").draw_without_rendering()


def test_a_single_record_is_drawn() -> None:
    draw_curves(records(1), "mine").draw_without_rendering()


def test_several_runs_have_a_colour_each_and_held_is_dashed() -> None:
    loss = overlay_curves({"one": records(3), "two": records(4, held=False)}).axes[0]
    named = {str(each.get_label()): each for each in loss.get_lines() if each.get_gid()}
    assert list(named) == ["one", "one, held", "two"]
    assert named["one"].get_color() == named["one, held"].get_color() != named["two"].get_color()
    assert named["one"].get_linestyle() == "-" != named["one, held"].get_linestyle()


def test_runs_can_be_laid_over_seconds() -> None:
    loss, accuracy = overlay_curves({"one": records(3)}, over="seconds").axes
    assert line(loss, "train_loss")[0] == pytest.approx([0.001, 0.1, 0.2])
    assert accuracy.get_xlabel() == "seconds of training"


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(RunError, match="recorded no metrics"):
        draw_curves([], "mine")
    with pytest.raises(RunError, match="no valid 'train_loss'"):
        draw_curves([{"step": 1, "epoch": 1, "seconds": 1}], "mine")
    with pytest.raises(UsageError, match="1 to 6 runs, not 7"):
        overlay_curves({str(place): records() for place in range(7)})


@pytest.mark.parametrize(
    ("step", "epoch", "said"),
    [
        (469, 1.0021, "469 steps (1 epoch) took"),
        (937, 4.01, "937 steps (4.01 epochs) took"),
        (50, 50.0, "Every step sees all digits. 50 steps took"),
    ],
)
def test_the_note_tells_steps_and_epochs_that_agree(step: int, epoch: float, said: str) -> None:
    history = [*records(), records()[-1] | {"step": step, "epoch": epoch}]
    assert any(said in text.get_text() for text in draw_curves(history, "mine").findobj(Text))
