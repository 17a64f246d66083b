"""A run's folder: what was set, what happened, what came out. Every file in it is replaced whole or not at all.

recipe.json              all settings, the data's path and hash, threads and device
metrics.jsonl            one line a report: step, seconds, losses, accuracies
checkpoint.safetensors   where to go on from; gone once the run is done
weights.safetensors      the trained network
card.json                what it is, from which data, how, and how well it does
curves.png               losses and accuracies over the steps

An ensemble's folder has ensemble.json, the settings as above and the seeds; one run's folder a member, seed-0 and so
on; and in the end a card.json of what the members are together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from inkdigits.errors import RunError, UsageError
from inkdigits.files import write_atomically
from inkdigits.models.build import build_network
from inkdigits.models.ensemble import EnsembleNet
from inkdigits.training.loop import State
from inkdigits.training.recipe import Recipe

Json = dict[str, Any]
METRIC_NAMES = ("step", "train_loss", "train_accuracy", "held_loss", "held_accuracy")  # in every line of metrics.jsonl


@dataclass(frozen=True)
class Run:
    """One training's folder."""

    SETTINGS_FILE: ClassVar[str] = "recipe.json"
    folder: Path

    @property
    def weights_path(self) -> Path:
        return self.folder / "weights.safetensors"

    @property
    def checkpoint_path(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def is_finished(self) -> bool:
        return (self.folder / "card.json").exists()

    @property
    def has_begun(self) -> bool:
        return (self.folder / self.SETTINGS_FILE).exists()

    @property
    def network_name(self) -> str:
        """The network as tables name it."""
        return self.read_recipe().model

    def list_members(self) -> list[Run]:
        """The runs that were trained for it: of a run, itself."""
        return [self]

    def lock(self) -> FileLock:
        """Hold the folder for one training; a lock of a killed process is free again.

        Raises RunError when another training holds it, and when the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", blocking=False)
            lock.acquire()
        except Timeout as error:
            raise RunError(f"Another training is writing into {self.folder}; give this one another --out.") from error
        except OSError as error:
            raise RunError(f"The run's folder {self.folder} cannot be created ({error.strerror}).") from error
        return lock

    def begin(self, settings: Json) -> None:
        """Write the settings of a training that begins. Raises RunError when the folder holds one already."""
        if open_run(self.folder).has_begun:
            raise RunError(
                f"{self.folder} already holds a run; continue it with --resume {self.folder}, or give another --out."
            )
        self.write_json(self.SETTINGS_FILE, settings)

    def read_settings(self) -> Json:
        """What the training was started with."""
        return self.read_json(self.SETTINGS_FILE)

    def write_json(self, name: str, content: Json) -> None:
        """Write one of the folder's JSON files."""
        write_json(self.folder / name, content)

    def read_json(self, name: str) -> Json:
        """Read one of the folder's JSON files. Raises RunError when it is missing or broken."""
        path = self.folder / name
        if not self.folder.is_dir():
            raise RunError(f"There is no run at {self.folder}.")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise RunError(f"{self.folder} has no {name}; {self._advise_missing(name)}") from error
        except (OSError, ValueError) as error:
            raise RunError(f"{path} is broken ({error}); train again.") from error
        if not isinstance(content, dict):
            raise RunError(f"{path} is broken (no JSON object); train again.")
        return content

    def read_recipe(self) -> Recipe:
        """The recipe the run was started with."""
        try:
            return Recipe.from_dict(self.read_setting("recipe", dict))
        except UsageError as error:
            raise RunError(f"{self.folder / self.SETTINGS_FILE} is broken ({error}); train again.") from error

    def read_source(self) -> Path | None:
        """Where the run's data lie; None for the packaged MNIST."""
        path = self.read_setting("source", str | None)
        return None if path is None else Path(path)

    def read_setting(self, name: str, kind: Any) -> Any:
        """One value of the settings. Raises RunError when it is missing or not of that kind."""
        settings = self.read_settings()
        if name not in settings or not isinstance(settings[name], kind):
            raise RunError(f"{self.folder / self.SETTINGS_FILE} is broken (it has no {name}); train again.")
        return settings[name]

    def read_card(self) -> Json:
        """What the run came to. Raises RunError when it is not finished."""
        return self.read_json("card.json")

    def read_metrics(self) -> list[Json]:
        """The figures recorded while training, oldest first."""
        path = self.folder / "metrics.jsonl"
        try:
            records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise RunError(f"{path} is broken ({error}); delete it, or train again.") from error
        if not all(isinstance(record, dict) and set(METRIC_NAMES) <= set(record) for record in records):
            raise RunError(f"{path} is broken (a line is not a record of metrics); delete it, or train again.")
        return records

    def write_metrics(self, history: list[Json]) -> None:
        write_atomically(self.folder / "metrics.jsonl", "".join(json.dumps(record) + "\n" for record in history))

    def _advise_missing(self, name: str) -> str:
        if name == "card.json" and self.has_begun:
            return f"the training is not finished: continue with --resume {self.folder}."
        return "is it the folder of a run?"


class EnsembleRun(Run):
    """The folder of several trainings of one recipe that differ in their seeds. Its recipe has the first seed."""

    SETTINGS_FILE = "ensemble.json"

    @property
    def network_name(self) -> str:
        return f"{len(self.seeds)} × {self.read_recipe().model}"

    @property
    def seeds(self) -> list[int]:
        """The members' seeds."""
        seeds: list[int] = self.read_setting("seeds", list)
        if len(seeds) < 2 or not all(isinstance(seed, int) for seed in seeds):
            raise RunError(f"{self.folder / self.SETTINGS_FILE} is broken (it has no seeds); train again.")
        return seeds

    def list_members(self) -> list[Run]:
        """The members' folders, whether they are there by now or not."""
        return [Run(self.folder / f"seed-{seed}") for seed in self.seeds]


def open_run(folder: Path) -> Run:
    """A folder as what it says it is: an ensemble's, or else a run's."""
    ensemble = EnsembleRun(folder)
    return ensemble if ensemble.has_begun else Run(folder)


def write_json(path: Path, content: Json) -> None:
    """Write an object as JSON that people can read."""
    write_atomically(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write tensors and a few words about them as one safetensors file."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(plain, metadata=metadata))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """What `save_tensors` wrote. Raises RunError when the file is missing or broken."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing; train again.") from error
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path} is broken ({error}); train again.") from error


def save_weights(run: Run, network: nn.Module) -> None:
    """Write the trained network's weights."""
    save_tensors(run.weights_path, network.state_dict(), {})


def load_weights(run: Run, network: nn.Module) -> None:
    """Fill a network with the run's weights. Raises RunError when they are missing, broken, or of another network."""
    load_state(network, load_tensors(run.weights_path)[0], run.weights_path)


def load_trained_network(run: Run) -> nn.Sequential:
    """The run's network with its trained weights, on the CPU, ready to be asked; an ensemble's is one network too."""
    if isinstance(run, EnsembleRun):
        return EnsembleNet([load_trained_network(member) for member in run.list_members()]).eval()
    recipe = run.read_recipe()
    network = build_network(recipe.model, hidden=recipe.hidden, width=recipe.width)
    load_weights(run, network)
    return network.eval()


def load_state(network: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Fill a network with tensors read from `path`."""
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise RunError(f"{path} does not match its recipe's network; train again.") from error


def save_checkpoint(run: Run, state: State) -> None:
    """Write all that the rest of the training depends on: weights, average, optimizers, step."""
    tensors = {f"network.{name}": tensor for name, tensor in state.network.state_dict().items()}
    if state.ema is not None:
        tensors |= {f"average.{name}": tensor for name, tensor in state.ema.state_dict().items()}
    for number, optimizer in enumerate(state.optimizers):
        for index, slots in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer{number}.{index}.{name}": torch.as_tensor(slots[name]) for name in slots}
    save_tensors(run.checkpoint_path, tensors, {"step": str(state.step), "seconds": repr(state.seconds)})


def load_checkpoint(run: Run, state: State) -> None:
    """Bring a fresh state to where the checkpoint was taken; without a checkpoint it stays at the first step."""
    if not run.checkpoint_path.exists():
        return
    tensors, metadata = load_tensors(run.checkpoint_path)
    load_state(state.network, _select_by_prefix("network.", tensors), run.checkpoint_path)
    if state.ema is not None:
        load_state(state.ema, _select_by_prefix("average.", tensors), run.checkpoint_path)
    try:
        for number, optimizer in enumerate(state.optimizers):
            _load_optimizer_state(optimizer, _select_by_prefix(f"optimizer{number}.", tensors))
        state.step, state.seconds = int(metadata["step"]), float(metadata["seconds"])
    except (KeyError, ValueError, IndexError) as error:
        raise RunError(f"{run.checkpoint_path} is broken ({error!r}); delete it, or train again.") from error
    state.history = [record for record in run.read_metrics() if record["step"] <= state.step]


def _select_by_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _load_optimizer_state(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give every parameter its own slots back, laid out in memory as the parameter is, so that sums round alike."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        parameter = parameters[int(index)]
        has_parameter_shape = value.shape == parameter.shape
        optimizer.state[parameter][name] = (
            torch.empty_like(parameter, requires_grad=False).copy_(value) if has_parameter_shape else value
        )
