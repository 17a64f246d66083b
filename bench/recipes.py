"""How well a recipe does over seeds: accuracy of every set its card has, and seconds.

    python -m bench.recipes lecture-softmax --seeds 10

Nothing is chosen here: every seed that is run is counted. What was run before is kept, and a stopped bench goes on.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from bench.shared import store
from inkdigits.training.recipes import get_recipe
from inkdigits.training.runs import Run
from inkdigits.training.session import start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    for name in args.recipes:
        measure_recipe(name, args.seeds)


def measure_recipe(name: str, seed_count: int) -> None:
    """Train seeds 0 … `seeds` − 1 that are not kept yet, and keep the whole."""
    settings = get_recipe(name).as_dict()
    earlier = store.load(name)
    is_unchanged = earlier and all(settings.get(knob) == value for knob, value in earlier["recipe"].items())
    cards = earlier["cards"] if earlier and is_unchanged else []
    for seed in range(len(cards), seed_count):
        cards.append(train_card(name, seed))
        store.save(name, {"recipe": settings, "cards": cards} | summarise(cards))


def train_card(name: str, seed: int) -> store.Json:
    """Train one seed in a folder that is thrown away; its card without the long tables."""
    folder = Path(tempfile.mkdtemp(prefix="inkdigits-"))
    try:
        start(get_recipe(name).with_knobs(seed=seed), folder / "run")
        card = Run(folder / "run").read_card()
    finally:
        shutil.rmtree(folder)
    scores = {score["set"]: {key: score[key] for key in ("n", "accuracy", "loss")} for score in card["scores"]}
    print(
        name,
        seed,
        {key: round(100 * value["accuracy"], 2) for key, value in scores.items()},
        card["seconds"],
        flush=True,
    )
    facts = {"parameters": card["parameters"], "arithmetic": card["conditions"]["arithmetic"]}
    return {"seed": seed, "seconds": card["seconds"], "scores": scores} | facts


def summarise(cards: list[store.Json]) -> store.Json:
    """Means and standard deviations over the seeds; accuracies are shares in 0..1."""
    return {
        "accuracy": {
            which: store.summarise_values([card["scores"][which]["accuracy"] for card in cards])
            for which in cards[0]["scores"]
        },
        "seconds": store.summarise_values([card["seconds"] for card in cards]),
        "parameters": cards[0]["parameters"],
        "arithmetic": cards[0].get("arithmetic", "float32"),
    }


if __name__ == "__main__":
    main()
