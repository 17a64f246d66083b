"""The networks as they are packaged, and files that are none of them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkdigits.errors import ModelError
from inkdigits.reading.networks import classifier as classify
from inkdigits.reading.networks import detector as detect
from inkdigits.reading.networks.session import Exported

PACKAGED = {"logits": classify.PACKAGED, "answers": detect.PACKAGED}


@pytest.fixture(params=PACKAGED)
def needs(request: pytest.FixtureRequest) -> str:
    """The output that tells which of the two networks it is."""
    return str(request.param)


@pytest.fixture
def copy(needs: str, tmp_path: Path) -> Path:
    """A packaged network and its card, to be damaged."""
    for suffix in (".onnx", ".json"):
        shutil.copy(PACKAGED[needs].with_suffix(suffix), tmp_path / f"net{suffix}")
    return tmp_path / "net.onnx"


def change(copy: Path, **facts: object) -> None:
    card = copy.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | facts))


def test_it_answers_what_it_is_asked(needs: str, copy: Path) -> None:
    network = Exported(copy, needs)
    images = np.zeros((1, 1, 28, 28) if needs == "logits" else (1, 1, 32, 64), np.float32)
    answers = network.run([needs], images)
    assert list(answers) == [needs] and answers[needs].dtype == np.float32
    assert answers[needs].shape == ((1, 10) if needs == "logits" else (1, 15, 8, 16))
    assert needs in network.outputs


def test_the_twin_lies_beside_it(needs: str) -> None:
    assert PACKAGED[needs].with_suffix(".safetensors").exists()


def test_its_card_tells_its_name_and_more(needs: str, copy: Path) -> None:
    change(copy, name="mine", version=3, depth={"of": "2.5"})
    network = Exported(copy, needs)
    assert (network.name.name, network.name.version) == ("mine", "3")
    assert network.fact("depth", "of") == "2.5" and network.number("depth", "of") == 2.5
    for keys in (("nothing",), ("depth", "nothing"), ("depth", "of", "it")):
        with pytest.raises(ModelError, match=rf"net\.json: the card lacks '{'.'.join(keys)}'"):
            network.fact(*keys)
    with pytest.raises(ModelError, match="'name' is no number"):
        network.number("name")


@pytest.mark.parametrize("suffix", [".onnx", ".json"])
def test_a_missing_or_damaged_file_is_said(needs: str, copy: Path, suffix: str) -> None:
    file = copy.with_suffix(suffix)
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"[1, 2]"):
        file.write_bytes(damaged)
        with pytest.raises(ModelError):
            Exported(copy, needs)
    file.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        Exported(copy, needs)


def test_one_wrong_bit_is_noticed(needs: str, copy: Path) -> None:
    weights = bytearray(copy.read_bytes())
    weights[len(weights) // 2] ^= 1
    copy.write_bytes(weights)
    with pytest.raises(ModelError, match="SHA-256"):
        Exported(copy, needs)


def test_one_is_not_taken_for_the_other(needs: str, copy: Path) -> None:
    (other,) = PACKAGED.keys() - {needs}
    with pytest.raises(ModelError, match=f"no output `{other}`; export it with inkdigits"):
        Exported(copy, other)


def test_images_that_do_not_fit_are_said(needs: str, copy: Path) -> None:
    with pytest.raises(ModelError, match="failed on images of"):
        Exported(copy, needs).run([needs], np.zeros((1, 2, 28, 28), np.float32))


@pytest.mark.parametrize("lacking", ["name", "version"])
def test_a_card_that_lacks_something_is_said(needs: str, copy: Path, lacking: str) -> None:
    card = copy.with_suffix(".json")
    card.write_text(json.dumps({key: value for key, value in json.loads(card.read_text()).items() if key != lacking}))
    with pytest.raises(ModelError, match=lacking):
        Exported(copy, needs)
