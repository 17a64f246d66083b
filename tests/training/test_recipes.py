"""Recipes: the lecture's settings as they are, knobs that refuse what makes no sense."""

import dataclasses
import json
import math
from typing import Any

import pytest

from inkdigits.errors import UsageError
from inkdigits.training.recipe import Recipe, list_knobs
from inkdigits.training.recipes import RECIPES, get_recipe


def test_the_recipes_there_are() -> None:
    assert set(RECIPES) >= {"lecture-softmax", "lecture-mlp", "softmax", "mlp", "fast", "standard", "reader"}
    assert all(name == each.name and each.about for name, each in RECIPES.items())


@pytest.mark.parametrize(
    ("name", "model", "steps"), [("lecture-softmax", "softmax", 1047), ("lecture-mlp", "mlp", 1000)]
)
def test_the_lectures_recipes_are_the_lectures(name: str, model: str, steps: int) -> None:
    recipe = get_recipe(name)
    assert (recipe.model, recipe.split, recipe.optimizer, recipe.lr, recipe.schedule) == (
        model,
        "lecture",
        "adam",
        1e-3,
        "constant",
    )
    assert (recipe.count_steps(5000), recipe.compute_batch_size(5000)) == (steps, 5000)
    assert (recipe.smoothing, recipe.decay, recipe.augment, recipe.average) == (0, 0, "none", 0)


def test_an_unknown_recipe_is_told_the_known_ones() -> None:
    with pytest.raises(
        UsageError, match="no recipe 'resnet'; choose one of lecture-softmax, lecture-mlp, softmax, mlp"
    ):
        get_recipe("resnet")


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("softmax", {"lr": -1}, "--lr must be from 1e-08 to 100, not -1"),
        ("softmax", {"lr": math.nan}, "--lr must be"),
        ("softmax", {"lr": math.inf}, "--lr must be"),
        ("softmax", {"batch": -5}, "--batch must be a whole number from 0"),
        ("softmax", {"batch": 12.5}, "--batch must be a whole number"),
        ("softmax", {"batch": None}, "--batch must be"),
        ("softmax", {"steps": 0}, "--steps must be a whole number from 1"),
        ("softmax", {"epochs": 0}, "--epochs must be"),
        ("softmax", {"samples": 0}, "--samples must be"),
        ("softmax", {"seed": -1}, "--seed must be"),
        ("softmax", {"seed": 2**31}, "--seed must be"),
        ("softmax", {"seed": "seven"}, "--seed must be"),
        ("softmax", {"smoothing": 1.0}, "--smoothing must be"),
        ("softmax", {"average": 1.0}, "--average must be"),
        ("softmax", {"model": "resnet"}, "--model must be one of softmax, mlp, cnn.*, not 'resnet'"),
        ("softmax", {"split": "test"}, "--split must be one of lecture, choosing, full, not 'test'"),
        ("softmax", {"optimizer": "sgd"}, "--optimizer must be one of adam, adamw, muon, newton"),
        ("softmax", {"schedule": "cosine"}, "--schedule must be one of constant, onecycle"),
        ("softmax", {"augment": "heavy"}, "--augment must be one of"),
        ("softmax", {"hidden": 30}, "--hidden is a knob of the mlp; softmax trains the network 'softmax'"),
        ("mlp", {"hidden": 0}, "--hidden must be"),
        ("mlp", {"width": 8}, "--width is a knob of the cnn"),
        ("fast", {"width": 8}, "--width is a knob of the cnn; fast trains the network 'fast'"),
        ("fast", {"nondigits": 0.1}, "Only the network 'reader' can learn --nondigits; fast trains 'fast'"),
        ("fast", {"precision": "float16"}, "--precision must be one of float32, bfloat16"),
        ("standard", {"width": 257}, "--width must be"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(name: str, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        get_recipe(name).with_knobs(**values)


def test_how_many_steps() -> None:
    recipe = get_recipe("softmax").with_knobs(batch=100, epochs=2)
    assert recipe.count_steps(60_000) == 1200
    assert recipe.with_knobs(batch=0).count_steps(60_000) == 2
    assert recipe.with_knobs(steps=7).count_steps(60_000) == 7
    assert recipe.with_knobs(steps=7).with_knobs(epochs=3).count_steps(60_000) == 1800
    assert recipe.with_knobs(epochs=0.001).count_steps(100) == 1
    assert recipe.compute_batch_size(30) == 30


def test_every_knob_has_help_and_a_default_or_a_recipe_says_it() -> None:
    for knob in list_knobs():
        assert knob.metadata["help"]
        assert knob.name == "model" or knob.default is not dataclasses.MISSING


@pytest.mark.parametrize("name", RECIPES)
def test_settings_come_back_from_json(name: str) -> None:
    assert Recipe.from_dict(json.loads(json.dumps(get_recipe(name).as_dict()))) == get_recipe(name)


@pytest.mark.parametrize("settings", [{}, {"name": "a", "about": "b"}, get_recipe("mlp").as_dict() | {"layers": 3}])
def test_settings_that_are_no_recipes(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="not the settings of a recipe"):
        Recipe.from_dict(settings)


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(UsageError, match=r"There is no recipe 'sofmax'; did you mean 'softmax'\?"):
        get_recipe("sofmax")
    with pytest.raises(UsageError, match="There is no recipe 'zzz'; choose one of lecture-softmax, "):
        get_recipe("zzz")
