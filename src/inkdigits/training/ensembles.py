"""Several trainings of one recipe that differ in their seeds, one after another, and what they say together.

Each is a run of its own, in a folder inside the ensemble's. What they say together is the mean of their probabilities,
all members alike: none is left out or weighed by how well it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from inkdigits.data.splits import Split
from inkdigits.errors import RunError, UsageError
from inkdigits.models.build import build, parameters
from inkdigits.models.ensemble import refuse_others
from inkdigits.training.callbacks import stopped_by_signals
from inkdigits.training.loop import Callback, State, begin
from inkdigits.training.recipes import Recipe
from inkdigits.training.runs import Ensemble, Json, Run, trained_network
from inkdigits.training.session import begin_again, card, complete, parts_of, pick_device, scores, settings


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
    refuse_others(build(recipe.model, hidden=recipe.hidden, width=recipe.width))
    members = [recipe.with_knobs(seed=recipe.seed + place) for place in range(count)]  # raises for seeds too great
    state, ensemble = begin(recipe, parts_of(recipe, source), pick_device(device)), Ensemble(folder)
    with ensemble.lock():
        ensemble.begin(settings(state, source) | {"seeds": [member.seed for member in members]})
        return _train(ensemble, state.split, callbacks)


def resume(folder: Path, callbacks: Iterable[Callback] = ()) -> State | None:
    """Go on where a stopped ensemble is, to the same weights: finished members are kept, missing ones begun.

    Returns what `start` returns, and raises what `session.resume` raises.
    """
    ensemble = Ensemble(folder)
    state = begin_again(ensemble)
    with ensemble.lock():
        return _train(ensemble, state.split, callbacks)


def _train(ensemble: Ensemble, parts: Split, callbacks: Iterable[Callback]) -> State | None:
    recipe, source, device = ensemble.recipe(), ensemble.source(), ensemble.fact("device", str)
    callbacks = list(callbacks)
    with stopped_by_signals() as stop:  # members listen themselves; this hears what comes between two of them
        for seed, member in zip(ensemble.seeds, ensemble.members(), strict=True):
            _refuse_other_data(ensemble, member)
            state = complete(recipe.with_knobs(seed=seed), member.folder, source, device, [stop, *callbacks])
            if state is not None and state.stop:
                return state
    ensemble.write_json("card.json", _card(ensemble, parts))
    return None


def _refuse_other_data(ensemble: Ensemble, member: Run) -> None:
    if member.begun and member.fact("data", dict).get("sha256") != ensemble.fact("data", dict).get("sha256"):
        raise RunError(f"{member.folder} holds a run that learns from other data; move it away.")


def _card(ensemble: Ensemble, parts: Split) -> Json:
    """A run's card, of the network that averages, with a line a member: seed, seconds, accuracy on each set."""
    network, cards = trained_network(ensemble), [member.card() for member in ensemble.members()]
    steps, seconds = (sum(each[what] for each in cards) for what in ("steps", "seconds"))
    judged = scores(network, ensemble.recipe(), parts, ensemble.source())
    together = card(ensemble, parameters(network), steps, seconds, judged)
    return together | {"name": f"{together['name']}-ensemble", "members": [_member(each) for each in cards]}


def _member(card: Json) -> Json:
    accuracy = {score["set"]: score["accuracy"] for score in card["scores"]}
    return {"seed": card["recipe"]["seed"], "seconds": card["seconds"], "accuracy": accuracy}
