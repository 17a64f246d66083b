"""Several trainings of one recipe that differ in their seeds, one after another, and what they say together.

Each is a run of its own, in a folder inside the ensemble's. What they say together is the mean of their probabilities,
all members alike: none is left out or weighed by how well it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from inkdigits.data.sets.splits import Split
from inkdigits.errors import RunError, UsageError
from inkdigits.models.build import build_network, count_parameters
from inkdigits.models.ensemble import require_digit_classifier
from inkdigits.training.callbacks import stop_on_signals
from inkdigits.training.loop import Callback, State, create_state
from inkdigits.training.recipe import Recipe
from inkdigits.training.runs import EnsembleRun, Json, Run, load_trained_network
from inkdigits.training.session import (
    build_card,
    build_settings,
    complete,
    load_split,
    pick_device,
    recreate_state,
    score_sets,
)


def start(
    recipe: Recipe,
    count: int,
    folder: Path,
    source: Path | None = None,
    device: str = "cpu",
    callbacks: Iterable[Callback] = (),
) -> State | None:
    """Train `count` networks, whose seeds count up from the recipe's, into a new folder.

    Returns the state of the member in which it was stopped, or None when all is done. Raises UsageError for fewer than
    two members, and for networks that do not tell the ten digits, or not them alone; and what `session.start` raises.
    """
    if count < 2:
        raise UsageError(f"An ensemble has 2 members or more, not {count}.")
    require_digit_classifier(build_network(recipe.model, hidden=recipe.hidden, width=recipe.width))
    members = [recipe.with_knobs(seed=recipe.seed + index) for index in range(count)]  # raises for seeds too great
    state, ensemble = create_state(recipe, load_split(recipe, source), pick_device(device)), EnsembleRun(folder)
    with ensemble.lock():
        ensemble.begin(build_settings(state, source) | {"seeds": [member.seed for member in members]})
        return _train(ensemble, state.split, callbacks)


def resume(folder: Path, callbacks: Iterable[Callback] = ()) -> State | None:
    """Go on where a stopped ensemble is, to the same weights: finished members are kept, missing ones begun.

    Returns what `start` returns, and raises what `session.resume` raises.
    """
    ensemble = EnsembleRun(folder)
    state = recreate_state(ensemble)
    with ensemble.lock():
        return _train(ensemble, state.split, callbacks)


def _train(ensemble: EnsembleRun, parts: Split, callbacks: Iterable[Callback]) -> State | None:
    recipe, source, device = ensemble.read_recipe(), ensemble.read_source(), ensemble.read_setting("device", str)
    callbacks = list(callbacks)
    with stop_on_signals() as stop:  # members listen themselves; this hears what comes between two of them
        for seed, member in zip(ensemble.seeds, ensemble.list_members(), strict=True):
            _check_same_data(ensemble, member)
            state = complete(recipe.with_knobs(seed=seed), member.folder, source, device, [stop, *callbacks])
            if state is not None and state.stop:
                return state
    ensemble.write_json("card.json", _build_card(ensemble, parts))
    return None


def _check_same_data(ensemble: EnsembleRun, member: Run) -> None:
    if member.has_begun and member.read_setting("data", dict).get("sha256") != ensemble.read_setting("data", dict).get(
        "sha256"
    ):
        raise RunError(f"{member.folder} holds a run that learns from other data; move it away.")


def _build_card(ensemble: EnsembleRun, parts: Split) -> Json:
    """A run's card, of the network that averages, with a line a member: seed, seconds, accuracy on each set."""
    network, cards = load_trained_network(ensemble), [member.read_card() for member in ensemble.list_members()]
    steps, seconds = (sum(each[key] for each in cards) for key in ("steps", "seconds"))
    scores = score_sets(network, ensemble.read_recipe(), parts, ensemble.read_source())
    ensemble_card = build_card(ensemble, count_parameters(network), steps, seconds, scores)
    return ensemble_card | {
        "name": f"{ensemble_card['name']}-ensemble",
        "members": [_summarise_member(each) for each in cards],
    }


def _summarise_member(card: Json) -> Json:
    accuracy = {score["set"]: score["accuracy"] for score in card["scores"]}
    return {"seed": card["recipe"]["seed"], "seconds": card["seconds"], "accuracy": accuracy}
