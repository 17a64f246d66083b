"""Real runs of a few steps, drawn and compared."""

import json
from pathlib import Path

import pytest

from inkdigits.errors import RunError, UsageError
from inkdigits.lab.compare import build_rows, draw_comparison
from inkdigits.lab.show import figures, load_evaluation_digits
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run
from inkdigits.training.session import start
from tests.lab.examples import words


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(tmp_path_factory.mktemp("runs") / "lecture")
    start(get_recipe("lecture-softmax").with_knobs(steps=12), run.folder)
    return run


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(tmp_path_factory.mktemp("runs") / "full")
    start(get_recipe("mlp").with_knobs(samples=600, steps=20, hidden=4), run.folder)
    return run


def test_a_finished_run_has_every_figure(lecture: Run) -> None:
    drawn = figures(lecture)
    assert list(drawn) == ["curves", "predictions", "confusion", "mistakes", "weights"]
    assert [words(axes)[0] for axes in drawn["predictions"].axes[:3]] == [
        "no. 5001, label 7",
        "no. 5002, label 3",
        "no. 5003, label 4",
    ]


def test_the_lecture_is_judged_by_its_own_test_digits(lecture: Run) -> None:
    digits, first = load_evaluation_digits(lecture)
    assert (len(digits), first) == (5000, 5001)
    held = next(score for score in lecture.read_card()["scores"] if score["set"] == "held")
    wrong = 5000 - round(5000 * held["accuracy"])
    drawn = figures(lecture)
    assert drawn["confusion"].get_suptitle() == f"MNIST train 5001–10000: {wrong:,} of 5,000 digits taken for another"
    assert f" {wrong:,} mistakes in 5,000 digits" in drawn["mistakes"].get_suptitle()


def test_a_run_on_all_digits_is_judged_by_the_test_set(full: Run) -> None:
    digits, first = load_evaluation_digits(full)
    assert (digits.name, len(digits), first) == ("MNIST test", 10_000, 1)


def test_numbers_can_be_chosen(lecture: Run) -> None:
    drawn = figures(lecture, numbers=[1, 60_000])
    assert words(drawn["predictions"].axes[1])[0].startswith("no. 60000")
    with pytest.raises(UsageError, match="no digit 60001"):
        figures(lecture, numbers=[60_001])


def test_a_run_that_is_not_finished_has_its_curves_only(lecture: Run, tmp_path: Path) -> None:
    for name in ("recipe.json", "metrics.jsonl"):
        (tmp_path / name).write_bytes((lecture.folder / name).read_bytes())
    assert list(figures(Run(tmp_path))) == ["curves"]
    with pytest.raises(RunError, match="not finished"):
        build_rows([Run(tmp_path)])


def test_no_run_is_refused(tmp_path: Path) -> None:
    for draw in (lambda: figures(Run(tmp_path / "none")), lambda: build_rows([Run(tmp_path / "none")])):
        with pytest.raises(RunError, match="no run at"):
            draw()
    with pytest.raises(RunError, match=r"has no (card|recipe)\.json"):
        figures(Run(tmp_path))
    with pytest.raises(UsageError, match="at least one run"):
        build_rows([])


def test_broken_weights_are_refused(lecture: Run, tmp_path: Path) -> None:
    for path in lecture.folder.glob("*.json*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "weights.safetensors").write_bytes(lecture.weights_path.read_bytes()[:100])
    with pytest.raises(RunError, match="broken"):
        figures(Run(tmp_path))


def test_rows_are_what_the_cards_say(lecture: Run, full: Run) -> None:
    first, second = build_rows([lecture, full])
    scores = {score["set"]: score for score in lecture.read_card()["scores"]}
    assert (first.name, first.network, first.parameters, first.steps) == ("lecture-softmax", "softmax", 7850, 12)
    assert first.held_accuracy == scores["held"]["accuracy"]
    assert first.train_loss == scores["train"]["loss"]
    assert first.test_accuracy is None
    assert (second.name, second.network, second.steps) == ("mlp", "mlp", 20)
    assert second.held_accuracy is None
    assert second.test_accuracy is not None
    assert second.as_dict()["test_accuracy"] == second.test_accuracy


def test_runs_of_one_recipe_go_by_their_folders(lecture: Run, tmp_path: Path) -> None:
    for path in lecture.folder.glob("*.json*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert [row.name for row in build_rows([lecture, Run(tmp_path)])] == [lecture.folder.name, tmp_path.name]
    labels = [
        line.get_label() for line in draw_comparison([lecture, Run(tmp_path)]).axes[0].get_lines() if line.get_gid()
    ]
    assert labels == [
        lecture.folder.name,
        f"{lecture.folder.name}, held",
        tmp_path.name,
        f"{tmp_path.name}, held",
    ]


def test_a_broken_card_is_refused(lecture: Run, tmp_path: Path) -> None:
    for path in lecture.folder.glob("*.json*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    card = lecture.read_card()
    del card["parameters"]
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(RunError, match=r"card\.json is broken"):
        build_rows([Run(tmp_path)])
