"""The one shape of labelled digits refuses everything else."""

import numpy as np
import pytest

from inkdigits.data.sets.digits import Digits
from inkdigits.errors import DataError
from tests.helpers import make_digits

IMAGES, LABELS = np.zeros((3, 28, 28), np.uint8), np.array([0, 5, 9])


@pytest.mark.parametrize(
    ("images", "labels", "reason"),
    [
        (IMAGES.astype(np.float32), LABELS, "uint8 N×28×28, not float32 3×28×28"),
        (IMAGES[:, :20], LABELS, "3×20×28"),
        (IMAGES[0], LABELS, "28×28"),
        (IMAGES, LABELS[:2], "3 images but 2 labels"),
        (IMAGES[:0], LABELS[:0], "the set has no digits"),
        (IMAGES, np.array([0, 1, 10]), "labels must be 0 to 9"),
        (IMAGES, np.array([0, 1, -1]), "labels must be 0 to 9"),
    ],
)
def test_what_is_refused(images: np.ndarray, labels: np.ndarray, reason: str) -> None:
    with pytest.raises(DataError, match=reason) as caught:
        Digits(images, labels, "these")
    assert str(caught.value).startswith("these: ")


def test_a_part_says_which() -> None:
    digits = make_digits(30)
    part = digits.slice(10, 20)
    assert part.name == "some digits 11–20"
    assert np.array_equal(part.images, digits.images[10:20])


def test_the_hash_tells_pixels_and_labels_apart() -> None:
    digits = make_digits(20)
    other_pixel, other_label = digits.images.copy(), digits.labels.copy()
    other_pixel[3, 4, 5] ^= 1
    other_label[7] = (other_label[7] + 1) % 10
    hashes = {
        each.sha256 for each in (digits, Digits(other_pixel, digits.labels, ""), Digits(digits.images, other_label, ""))
    }
    assert len(hashes) == 3
    assert digits.sha256 == make_digits(20, name="another name").sha256
