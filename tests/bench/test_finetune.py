"""Simulated persons, and what is told of what they teach."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from bench import finetune as module
from bench.finetune import drawn, finetuned, learn, measured, parted, summary
from bench.persons import OTHERS, PERSONS, Habit, written
from bench.render import hands
from inkdigits.data.mnist import load
from inkdigits.training import lessons
from inkdigits.training.export import export
from inkdigits.training.finetune import base_of
from inkdigits.training.runs import Run


@pytest.mark.parametrize(("name", "habits"), [*PERSONS.items(), *OTHERS.items()])
def test_every_person_writes_glyphs_unlike_mnists_and_the_same_again(name: str, habits: tuple[Habit, ...]) -> None:
    digits = load("train").part(0, 30)
    mine = written(digits, habits, name, seed=1)
    assert np.array_equal(mine.images, written(digits, habits, name, seed=1).images)
    assert (mine.images.max(axis=(1, 2)) == 255).all() and np.array_equal(mine.labels, digits.labels)
    apart = np.abs(mine.images.astype(int) - digits.images).mean(axis=(1, 2))
    changed = 0.2 if name in ("forms of one's own", "looped") else 0.9
    assert (apart > 5).mean() >= changed


def test_persons_to_choose_by_are_others() -> None:
    assert not set(PERSONS) & set(OTHERS) and len(PERSONS) >= 8


def test_what_is_learnt_from_is_not_measured_by() -> None:
    own, others = parted(drawn(load("train"), 3))
    assert np.bincount(own.labels).tolist() == [5] * 10 and len(others) == 1000
    assert not {image.tobytes() for image in own.images} & {image.tobytes() for image in others.images}


def test_a_small_network_is_measured(tmp_path: Path, runs: Mapping[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEASURED", 100)
    base = base_of(export(runs["mlp"], tmp_path / "mlp.onnx"))
    people = {name: OTHERS[name] for name in ("downhill",)}
    monkeypatch.setattr(lessons, "LR", 5e-3)
    for way in (learn, finetuned):
        found = measured(base, people, load("train").part(55_000, 60_000), way)
        assert found["downhill"]["person"]["n"] == 100
        assert found["downhill"]["person"]["after"] <= found["downhill"]["person"]["before"]
    (first, second) = hands({"each": 5, "persons": found} | summary(found))
    assert first[0].startswith("error on one person") and second[1].endswith("of 1")
