"""From a finished run to files that read without torch: one ONNX file, its safetensors twin and its card.

The export fails unless onnxruntime and torch say the same of the same images.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from inkdigits._version import __version__
from inkdigits.data.sets import mnist
from inkdigits.data.sets.digits import NUM_CLASSES
from inkdigits.errors import ExportError, UsageError
from inkdigits.files import write_atomically
from inkdigits.glyph import GLYPH_SIDE, to_float
from inkdigits.models.build import ARCHITECTURES, compute_activations
from inkdigits.models.detector import DetectorNet
from inkdigits.models.transcriber import STRIP_HEIGHT, TranscriberNet
from inkdigits.training import runs
from inkdigits.training.quantise import quantise
from inkdigits.training.runs import Json, Run, load_trained_network

MAX_LOGIT_DIFFERENCE = 1e-3  # in logits, which reach about ±20
MAX_CHANGED_GUESS_SHARE = 0.01  # of the guesses: so many may change when a network is rounded to 8 bits
PAGE_OUTPUTS = ("answers", "frames")  # the last layer of networks that see a page, or a row of it
CHECKED_DIGITS = 1000  # digits on which both runtimes must agree


class NamedOutputs(nn.Module):
    """A network whose outputs are its layers' activations, with `logits` and `digitness` apart.

    Of networks that see a page or a row of it, whose maps are large, only the last.
    """

    def __init__(self, network: nn.Sequential) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.compute_outputs(images).values())

    def compute_outputs(self, images: Tensor) -> OrderedDict[str, Tensor]:
        """The outputs of the ONNX file by name, the ones that reading needs first."""
        activations = compute_activations(self.network, images)
        for name in PAGE_OUTPUTS:
            if name in activations:
                return OrderedDict([(name, activations[name])])
        logits = activations.pop("logits")  # N×10, or N×11 where the last is the logit of being a digit at all
        outputs = OrderedDict(logits=logits[:, :NUM_CLASSES])
        if logits.shape[1] > NUM_CLASSES:
            outputs["digitness"] = logits[:, NUM_CLASSES]
        outputs["embedding"] = activations.pop("embedding")
        return OrderedDict(outputs, **activations)


def export(run: Run, target: Path, calibration: Json | None = None, int8: bool = False) -> Path:
    """Write `target` (….onnx) and beside it ….safetensors and ….json, the card with what reading needs to know.

    `calibration` holds `temperature` and `accept`; without it nothing is rescaled or refused. `int8` rounds the network
    to 8 bits (quantise.py). Returns the ONNX path.
    Raises RunError when the run is not finished, UsageError for a target of another kind, ExportError when
    onnxruntime and torch disagree by more than 0.001 in a logit or in a single guess (rounded: in 1 % of the guesses),
    WriteError.
    """
    if target.suffix != ".onnx":
        raise UsageError(f"The name of an exported network must end in .onnx, not {target.name}.")
    if int8 and ARCHITECTURES[run.read_recipe().model].task != "classification":
        raise UsageError("Only digit classifiers can be rounded to 8 bits, this network cannot; leave --int8 out.")
    card_calibration: Json = calibration or {"temperature": 1.0, "accept": {"confidence": 0.5, "digitness": 0.5}}
    card = run.read_card()  # says what is missing where a run is not finished
    return write_network(load_trained_network(run), card, card_calibration, target, int8)


def write_network(network: nn.Sequential, card: Json, calibration: Json, target: Path, int8: bool = False) -> Path:
    """Write a network with its run's `card` and its `calibration`, as `export` does."""
    content = convert_to_onnx(network)
    check_outputs_agree(network, content)
    if int8:
        content = quantise(content)
        check_guesses_agree(network, content)
    write_atomically(target, content)
    runs.save_tensors(target.with_suffix(".safetensors"), network.state_dict(), {})
    facts: Json = {
        "name": card["name"],
        "version": __version__,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    facts |= {"int8": True} if int8 else {}
    runs.write_json(target.with_suffix(".json"), facts | calibration | {"trained": card})
    return target


def convert_to_onnx(network: nn.Sequential) -> bytes:
    """The network as an ONNX file with a dynamic batch and one named output a layer; of the detector, which takes
    images of any size in multiples of 16, also with dynamic sides; of the transcriber with a dynamic width."""
    named_outputs = NamedOutputs(network).eval()
    dynamic_dims: dict[int, Any] = {0: torch.export.Dim("batch")}
    example = torch.zeros(2, 1, GLYPH_SIDE, GLYPH_SIDE)
    if isinstance(network, DetectorNet):
        dynamic_dims |= {2: 16 * torch.export.Dim("rows"), 3: 16 * torch.export.Dim("columns")}
        example = torch.zeros(2, 1, 64, 96)
    elif isinstance(network, TranscriberNet):
        dynamic_dims |= {3: 16 * torch.export.Dim("columns")}
        example = torch.zeros(2, 1, STRIP_HEIGHT, 96)
    with torch.inference_mode():
        names = list(named_outputs.compute_outputs(example))
    # torch tells of operators it would know with torchvision, and of a change inside torch: nothing for our users
    logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        program = torch.onnx.export(
            named_outputs,
            (example,),
            input_names=["images"],
            output_names=names,
            dynamic_shapes={"images": dynamic_dims},
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise ExportError("torch made no ONNX program of this network; try another release of torch.")
    model = program.model_proto
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        part.ClearField("metadata_props")  # where in whose folders the code stood
    content: bytes = model.SerializeToString()
    return content


def check_outputs_agree(network: nn.Sequential, content: bytes, tolerance: float = MAX_LOGIT_DIFFERENCE) -> None:
    """Raise ExportError unless onnxruntime gives what torch gives, for one image and for a thousand."""
    images = to_float(mnist.load("train").images[:CHECKED_DIGITS])
    if isinstance(network, DetectorNet):
        images = (
            images[:960]
            .reshape(10, 8, 12, GLYPH_SIDE, GLYPH_SIDE)
            .swapaxes(2, 3)
            .reshape(10, 1, 8 * GLYPH_SIDE, 12 * GLYPH_SIDE)
        )
    elif isinstance(network, TranscriberNet):
        digits = images.reshape(100, 10, 1, GLYPH_SIDE, GLYPH_SIDE)
        rows = digits.transpose(0, 2, 3, 1, 4).reshape(100, 1, GLYPH_SIDE, 10 * GLYPH_SIDE)
        images = np.pad(rows, ((0, 0), (0, 0), (10, 10), (4, 4)))  # 100×1×48×288
    session = _open_session(content)
    name = session.get_outputs()[0].name
    for batch in (images[:1], images):
        onnx_output = session.run([name], {"images": batch})[0]
        with torch.inference_mode():
            torch_output = NamedOutputs(network).compute_outputs(torch.from_numpy(batch))[name].numpy()
        difference = float(np.abs(onnx_output - torch_output).max())
        has_other_guess = name == "logits" and bool((onnx_output.argmax(axis=1) != torch_output.argmax(axis=1)).any())
        if not difference <= tolerance or has_other_guess:
            raise ExportError(f"onnxruntime and torch differ by {difference:g} in a logit (allowed: {tolerance:g}).")


def check_guesses_agree(network: nn.Sequential, content: bytes) -> None:
    """Raise ExportError when of a thousand digits a rounded network takes more than ten for another than torch does."""
    images = to_float(mnist.load("train").images[:CHECKED_DIGITS])
    onnx_guesses = _open_session(content).run(["logits"], {"images": images})[0].argmax(axis=1)
    with torch.inference_mode():
        torch_guesses = NamedOutputs(network).compute_outputs(torch.from_numpy(images))["logits"].argmax(dim=1).numpy()
    changed_count = int((onnx_guesses != torch_guesses).sum())
    if changed_count > MAX_CHANGED_GUESS_SHARE * CHECKED_DIGITS:
        raise ExportError(
            f"Rounded to 8 bits, the network takes {changed_count} of {CHECKED_DIGITS} digits for others; "
            "leave out --int8."
        )


def _open_session(content: bytes) -> onnxruntime.InferenceSession:
    try:
        return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, which share no base but Exception
        raise ExportError(f"onnxruntime cannot load the exported network ({error}).") from error
