"""Where measured figures are kept: one JSON file a measurement, with the conditions it was made under."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from inkdigits.files import write_atomically
from inkdigits.training.session import describe_conditions

RESULTS_FOLDER = Path(__file__).parents[1] / "results"
Json = dict[str, Any]


def save(name: str, result: Json) -> None:
    """Keep a measurement under `name`."""
    content = {"name": name} | result | {"conditions": describe_conditions() | {"threads": count_threads()}}
    write_atomically(RESULTS_FOLDER / f"{name}.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    print(f"{name}: kept")


def load(name: str) -> Json | None:
    """A kept measurement, or None."""
    path = RESULTS_FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def count_threads() -> int:
    import torch

    return torch.get_num_threads()


def summarise_values(values: list[float]) -> Json:
    """n, mean, standard deviation and the values themselves."""
    return {"n": len(values), "mean": mean(values), "sd": stdev(values) if len(values) > 1 else 0.0, "values": values}
