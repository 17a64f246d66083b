"""Simulated persons, and what is told of what they teach."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from bench import finetune as module
from bench.datasets.persons import DEVELOPMENT_PERSONS, PERSONS, Habit, write_digits
from bench.finetune import (
    finetune_as_shipped,
    finetune_twin,
    measure_persons,
    sample_digits,
    split_person_digits,
    summarise,
)
from bench.render.summary import make_finetune_rows
from inkdigits.data.augmentation import style_transfer
from inkdigits.data.sets.mnist import load
from inkdigits.training import finetune_data as lessons
from inkdigits.training.export import export
from inkdigits.training.finetune import load_base
from inkdigits.training.runs import Run


@pytest.mark.parametrize(("name", "habits"), [*PERSONS.items(), *DEVELOPMENT_PERSONS.items()])
def test_every_person_writes_glyphs_unlike_mnists_and_the_same_again(name: str, habits: tuple[Habit, ...]) -> None:
    digits = load("train").slice(0, 30)
    by_person = write_digits(digits, habits, name, seed=1)
    assert np.array_equal(by_person.images, write_digits(digits, habits, name, seed=1).images)
    assert (by_person.images.max(axis=(1, 2)) == 255).all() and np.array_equal(by_person.labels, digits.labels)
    differences = np.abs(by_person.images.astype(int) - digits.images).mean(axis=(1, 2))
    changed = 0.2 if name in ("forms of one's own", "looped") else 0.9
    assert (differences > 5).mean() >= changed


def test_persons_to_choose_by_are_others() -> None:
    assert not set(PERSONS) & set(DEVELOPMENT_PERSONS) and len(PERSONS) >= 8


def test_what_is_learnt_from_is_not_measured_by() -> None:
    samples, test_samples = split_person_digits(sample_digits(load("train"), 3))
    assert np.bincount(samples.labels).tolist() == [5] * 10 and len(test_samples) == 1000
    assert not {image.tobytes() for image in samples.images} & {image.tobytes() for image in test_samples.images}


def test_a_small_network_is_measured(tmp_path: Path, runs: Mapping[str, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TEST_COUNT", 100)
    base = load_base(export(runs["mlp"], tmp_path / "mlp.onnx"))
    people = {name: DEVELOPMENT_PERSONS[name] for name in ("downhill",)}
    monkeypatch.setattr(lessons, "LR", 5e-3)
    monkeypatch.setattr(lessons, "MAX_STYLED_POOL", 300)
    monkeypatch.setattr(style_transfer, "FITTING_DIGITS", 60)
    for finetune_method in (finetune_twin, finetune_as_shipped):
        results = measure_persons(base, people, load("train").slice(55_000, 60_000), finetune_method)
        assert results["downhill"]["person"]["n"] == 100
        assert results["downhill"]["person"]["after"] <= results["downhill"]["person"]["before"]
    (first, second) = make_finetune_rows({"each": 5, "persons": results} | summarise(results))
    assert first[0].startswith("error on one person") and second[1].endswith("of 1")
