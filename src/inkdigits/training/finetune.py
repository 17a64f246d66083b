"""A network learns one person's hand, and does not forget MNIST's. Read `finetune` first.

It goes on from exported weights for a few steps of the one training loop, and rehearses what it knows while it learns
what is new (lessons.py). It does so three times, each time without one third of the person's digits, which then judges
it. What is kept is the mean of the three networks' weights, which forgets less than any of them (after Wortsman et al.,
"Model soups", 2022), blended with the weights there were, as much of the new as MNIST's held-out digits bear (after
Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).

MNIST's last 15,000 training images are not rehearsed, and show what is forgotten; the first training knew them, so this
errs towards refusing. By these and the person's thirds the network is kept or refused. MNIST's test set is opened
after that, for the report only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from inkdigits.data.digits import CLASSES, Digits
from inkdigits.errors import DataError, InkdigitsError, ModelError
from inkdigits.models.build import parameters
from inkdigits.reading.networks.classifier import PACKAGED
from inkdigits.reading.networks.session import Exported
from inkdigits.training.calibrate import DIGITNESS, guarantee, least_confidence, temperature
from inkdigits.training.evaluate import Paired, digit_logits, load_digits, paired, score_logits, test_digits
from inkdigits.training.export import write_network
from inkdigits.training.lessons import FOLDS, SEED, STEPS, Lessons, folds, lessons_of, network_of, part, surprises
from inkdigits.training.recipes import Recipe
from inkdigits.training.runs import Json
from inkdigits.training.session import conditions

LEAST, MOST = 10, 10_000  # samples
HELD = 15_000  # of MNIST's training digits; of fewer, chance tells more than what was forgotten
HARD = 0.99  # of all their surprise: the few digits that have so much of it have nearly all of its rise as well
MAY_LOSE = 0.001  # of MNIST's held-out digits
OWN_MAY_LOSE = 0.01  # of the person's samples: of 300, one or two mistakes more are no reason to refuse
ENOUGH = 100  # samples; who has as many is not helped by more
# Nats by which they may surprise more when weights are blended, which is finer than counting, and how much of the new
# weights is taken at most. Both are the greatest that were tried with which no person, of those that settings were
# chosen by, had a network forget more than 10 of 10,000 digits it had not learnt from: with .0015 (and other lessons)
# it was 11, with .75 it was 12.
MAY_SURPRISE, NEW = 0.0012, 0.7
SURELY = 1.64  # standard errors: what is beyond them is by chance once in twenty times
HALVINGS = 4  # of that share: it is found to a sixteenth of it


@dataclass(frozen=True)
class Base:
    """An exported network to go on from: its file, its card, the recipe and the weights it has by now."""

    path: Path
    card: Json
    recipe: Recipe
    weights: Mapping[str, Tensor]

    def network(self) -> nn.Sequential:
        """The network, ready to be asked."""
        return network_of(self.recipe, self.weights)


@dataclass(frozen=True)
class Outcome:
    """What came of it: the person's digits, held out, and MNIST's held-out and test digits, before and after; the file
    that was written, or why none was. `test` is None where the network was refused: then nobody needs to know."""

    own: Paired
    held: Paired
    test: Paired | None
    path: Path | None
    refused: str | None


def base_of(path: Path = PACKAGED) -> Base:
    """The network of an ONNX file, its card and its safetensors twin. Raises ModelError when one is not right."""
    card = Exported(path, "logits").card
    twin = path.with_suffix(".safetensors")
    trained = card.get("trained")
    if isinstance(trained, dict) and "members" in trained:
        raise ModelError(f"{path}: an ensemble of networks, and only one can be fine-tuned; export one of its members.")
    try:
        recipe = Recipe.from_dict(card["trained"]["recipe"])
        base = Base(path, card, recipe, load_file(twin))
        base.network()
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{twin}: the network's weights cannot be read ({error}); export it again.") from error
    except (KeyError, TypeError, RuntimeError, InkdigitsError) as error:
        raise ModelError(f"{path}: card, weights and this inkdigits do not fit together; export it again.") from error
    return base


def finetune(
    own: Digits,
    target: Path,
    base: Base | None = None,
    told: Callable[[str], None] = lambda _: None,
    steps: int = STEPS,
) -> Outcome:
    """Have a network, by default the packaged one, learn a person's digits; write it to `target` unless it got worse.

    `told` hears what is being done. Raises DataError for too few or too many samples, ModelError for the network,
    RunError when it diverges, WriteError. A network that was at `target` stays there until
    the new one is there and found not to be worse.
    """
    check(own)
    base = base or base_of()
    replay, held = rehearsed_and_held(load_digits("train", None))
    lessons = lessons_of(base.recipe, base.weights, replay, steps)
    before = base.network()
    was = digit_logits(before, held)
    learnt = learnt_by(lessons, own, told)
    mean = mean_of(learnt)
    share = as_far_as_mnist_bears(base, mean, held, was)
    network, said = blended(base, mean, share), held_out(base, learnt, share, own)
    guessed, now = digit_logits(before, own), digit_logits(network, held)
    judged = compared(own, guessed, said), compared(held, was, now)
    if (why := worse(*judged, surely_more(surprises(guessed, own), surprises(said, own)))) is not None:
        return Outcome(*judged, None, None, why)
    heat = reheated(base, held, was, now, (said, own))
    return _kept(base, lessons.recipe, network, own, judged, reading_of(heat, said, own), target)


def rehearsed_and_held(digits: Digits) -> tuple[Digits, Digits]:
    """MNIST's training digits that are rehearsed, and those by which is found what was forgotten."""
    cut = len(digits) - HELD
    return digits.part(0, cut), digits.part(cut, len(digits))


def learnt_by(lessons: Lessons, own: Digits, told: Callable[[str], None] = lambda _: None) -> list[nn.Sequential]:
    """Of every fold, what learns from the others: each by chances of its own."""
    learnt = []
    for number, (others, _) in enumerate(folds(own), 1):
        told(f"learning without part {number} of {FOLDS}, which then judges it")
        learnt.append(lessons.learn(part(own, others), SEED + number))
    return learnt


def mean_of(networks: list[nn.Sequential]) -> nn.Sequential:
    """A network whose weights are the mean of theirs."""
    states = [network.state_dict() for network in networks]
    mean = {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if first.is_floating_point() else first
        for name, first in states[0].items()
    }
    network = deepcopy(networks[0])
    network.load_state_dict(mean)
    return network


def as_far_as_mnist_bears(base: Base, learnt: nn.Sequential, held: Digits, was: Tensor) -> float:
    """How much of what was learnt to blend with what was known, 0..1: the greatest share by which MNIST's held-out
    digits, of which `was` was said before, surprise little more, up to NEW; the least, where every share does."""
    before = surprises(was, held)
    places = hardest(before)
    hard, most_surprise = part(held, places), before[places].sum() + MAY_SURPRISE * len(held)

    def borne(share: float) -> bool:
        return bool(surprises(digit_logits(blended(base, learnt, share), hard), hard).sum() <= most_surprise)

    if borne(NEW):
        return NEW
    least, most = 0.0, NEW
    for _ in range(HALVINGS):
        share = (least + most) / 2
        least, most = (share, most) if borne(share) else (least, share)
    return least or most


def hardest(surprise: Tensor) -> NDArray[np.int64]:
    """Where the fewest digits are that have HARD of all surprise, of N nats: the most surprising first."""
    order = surprise.argsort(descending=True)
    most = surprise[order].double().cumsum(dim=0) < HARD * surprise.double().sum()
    return np.asarray(order[: int(most.sum()) + 1].numpy(), np.int64)


def blended(base: Base, learnt: nn.Sequential, share: float) -> nn.Sequential:
    """The network whose weights are, by `share` (0..1), those that were learnt, and the rest those of `base`."""
    mixed, state = base.network(), learnt.state_dict()
    mixed.load_state_dict(
        {name: base.weights[name].lerp(new, share) if new.is_floating_point() else new for name, new in state.items()}
    )
    return mixed.eval()


def held_out(base: Base, learnt: list[nn.Sequential], share: float, own: Digits) -> Tensor:
    """What is said of every sample by the network that did not learn from it, one a fold, blended: logits, N×10."""
    said = torch.empty(len(own), CLASSES)
    for network, (_, out) in zip(learnt, folds(own), strict=True):
        said[out] = digit_logits(blended(base, network, share), part(own, out))
    return said


def _kept(
    base: Base,
    recipe: Recipe,
    network: nn.Sequential,
    own: Digits,
    judged: tuple[Paired, Paired],
    reading: Json,
    target: Path,
) -> Outcome:
    """Judge by the test set, once, and write. Nothing depends on what the test set says."""
    test = test_digits()
    said = digit_logits(network, test)
    final = compared(test, digit_logits(base.network(), test), said)
    card = {
        "name": recipe.name,
        "about": recipe.about,
        "recipe": recipe.as_dict(),
        "parameters": parameters(network),
        "from": {key: base.card[key] for key in ("name", "version", "sha256")},
        "data": {"name": own.name, "n": len(own), "sha256": own.sha256},
        "finetuned": {"own": judged[0].as_dict(), "held": judged[1].as_dict(), "test": final.as_dict()},
        "scores": [{"set": "test"} | score_logits(said, test).as_dict()],
        "conditions": conditions(),
    }
    return Outcome(*judged, final, write_network(network, card, reading, target), None)


def check(own: Digits) -> None:
    """Raise DataError for too few samples, too many, or all of one digit."""
    if not LEAST <= len(own) <= MOST:
        raise DataError(
            f"{own.name} has {len(own):,} samples; it takes {LEAST} to {MOST:,}, best 5 or more of each digit."
        )
    counts = np.bincount(own.labels, minlength=CLASSES)
    if (counts >= 2).sum() < 2:
        raise DataError(f"{own.name} has not two samples each of two digits; give more, best 5 or more of each digit.")


def surely_more(before: Tensor, after: Tensor) -> bool:
    """Whether surprises, N each of the same digits, rose by more than chance would have them rise once in twenty."""
    rise = after - before
    return bool(rise.mean() > SURELY * rise.std(correction=0) / len(rise) ** 0.5)


def worse(own: Paired, held: Paired, surprised: bool) -> str | None:
    """Why a network is not to replace the one it comes from, if so: one sentence. `surprised`: surely more than that
    one by what the person's digits are."""
    if own.after - own.before > OWN_MAY_LOSE * own.n and surprised:
        more = "give more samples, and " if own.n < ENOUGH else ""
        return (
            f"it took {own.after} of the {own.n} held-out samples for another digit, and {own.before} before; "
            f"{more}check that all labels are right."
        )
    if held.gain < -MAY_LOSE:
        return (
            f"it forgot: of MNIST's {held.n:,} held-out digits {held.after} are taken for another, and {held.before} "
            "before; check that all labels are right."
        )
    return None


def compared(digits: Digits, was: Tensor, now: Tensor) -> Paired:
    """What logits, N×10 each, of two networks come to on the same digits."""
    return paired(digits.name, *(said.argmax(dim=1).numpy() == digits.labels for said in (was, now)))


def reheated(base: Base, held: Digits, was: Tensor, now: Tensor, own: tuple[Tensor, Digits]) -> float:
    """The temperature after fine-tuning, fitted on MNIST's held-out digits and the person's, each counting half.

    The first training knew MNIST's, so it is surer of them than of new ones. By how much was found with a twin that did
    not know them, and is what the card's temperature is above one fitted to `was`: that is carried over to `now`.
    """
    labels = torch.from_numpy(held.labels)
    surer = float(base.card["temperature"]) / temperature(was, labels)
    said, mine = own[0], torch.from_numpy(own[1].labels)
    times = torch.arange(len(held)) % len(mine)
    return temperature(torch.cat([now * surer, said[times]]), torch.cat([labels, mine[times]]))


def reading_of(heat: float, said: Tensor, own: Digits) -> Json:
    """What a reader needs to know: the temperature, from where on a digit is accepted, how often that was wrong."""
    confidence, guess = (each.numpy() for each in (said / heat).softmax(dim=1).max(dim=1))
    threshold = least_confidence()
    return {
        "temperature": heat,
        "accept": {"confidence": threshold, "digitness": DIGITNESS},
        "guarantee": {"digits": f"{own.name}, held out"} | guarantee(confidence, guess == own.labels, threshold),
    }
