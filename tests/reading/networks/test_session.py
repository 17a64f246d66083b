"""The networks as they are packaged, and files that are none of them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkdigits.errors import ModelError
from inkdigits.reading.networks import classifier as classify
from inkdigits.reading.networks import detector as detect
from inkdigits.reading.networks.session import OnnxModel

PACKAGED = {"logits": classify.PACKAGED_PATH, "answers": detect.PACKAGED_PATH}


@pytest.fixture(params=PACKAGED)
def output_name(request: pytest.FixtureRequest) -> str:
    """The output that tells which of the two networks it is."""
    return str(request.param)


@pytest.fixture
def copy(output_name: str, tmp_path: Path) -> Path:
    """A packaged network and its card, to be damaged."""
    for suffix in (".onnx", ".json"):
        shutil.copy(PACKAGED[output_name].with_suffix(suffix), tmp_path / f"net{suffix}")
    return tmp_path / "net.onnx"


def change(copy: Path, **facts: object) -> None:
    card = copy.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | facts))


def test_it_answers_what_it_is_asked(output_name: str, copy: Path) -> None:
    network = OnnxModel(copy, output_name)
    images = np.zeros((1, 1, 28, 28) if output_name == "logits" else (1, 1, 32, 64), np.float32)
    outputs = network.run([output_name], images)
    assert list(outputs) == [output_name] and outputs[output_name].dtype == np.float32
    assert outputs[output_name].shape == ((1, 10) if output_name == "logits" else (1, 15, 8, 16))
    assert output_name in network.outputs


def test_the_twin_lies_beside_it(output_name: str) -> None:
    assert PACKAGED[output_name].with_suffix(".safetensors").exists()


def test_its_card_tells_its_name_and_more(output_name: str, copy: Path) -> None:
    change(copy, name="mine", version=3, depth={"of": "2.5"})
    network = OnnxModel(copy, output_name)
    assert (network.name.name, network.name.version) == ("mine", "3")
    assert network.get_card_value("depth", "of") == "2.5" and network.get_card_number("depth", "of") == 2.5
    for keys in (("nothing",), ("depth", "nothing"), ("depth", "of", "it")):
        with pytest.raises(ModelError, match=rf"net\.json: the card lacks '{'.'.join(keys)}'"):
            network.get_card_value(*keys)
    with pytest.raises(ModelError, match="'name' is not a number"):
        network.get_card_number("name")


@pytest.mark.parametrize("suffix", [".onnx", ".json"])
def test_a_missing_or_damaged_file_is_said(output_name: str, copy: Path, suffix: str) -> None:
    file = copy.with_suffix(suffix)
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"[1, 2]"):
        file.write_bytes(damaged)
        with pytest.raises(ModelError):
            OnnxModel(copy, output_name)
    file.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        OnnxModel(copy, output_name)


def test_one_wrong_bit_is_noticed(output_name: str, copy: Path) -> None:
    weights = bytearray(copy.read_bytes())
    weights[len(weights) // 2] ^= 1
    copy.write_bytes(weights)
    with pytest.raises(ModelError, match="SHA-256"):
        OnnxModel(copy, output_name)


def test_one_is_not_taken_for_the_other(output_name: str, copy: Path) -> None:
    (other,) = PACKAGED.keys() - {output_name}
    with pytest.raises(ModelError, match=f"no output `{other}`; export it with inkdigits"):
        OnnxModel(copy, other)


def test_images_that_do_not_fit_are_said(output_name: str, copy: Path) -> None:
    with pytest.raises(ModelError, match="failed on images of"):
        OnnxModel(copy, output_name).run([output_name], np.zeros((1, 2, 28, 28), np.float32))


@pytest.mark.parametrize("lacking", ["name", "version"])
def test_a_card_that_lacks_something_is_said(output_name: str, copy: Path, lacking: str) -> None:
    card = copy.with_suffix(".json")
    card.write_text(json.dumps({key: value for key, value in json.loads(card.read_text()).items() if key != lacking}))
    with pytest.raises(ModelError, match=lacking):
        OnnxModel(copy, output_name)
