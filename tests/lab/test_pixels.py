import numpy as np

from inkdigits.lab.pixels import pixels


def test_every_pixel_with_ink_has_its_number() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[3, 4], image[20, 10] = 7, 255
    (axes,) = pixels(image, "Two pixels").axes
    assert {(text.get_position(), text.get_text()) for text in axes.texts} == {((4, 3), "7"), ((10, 20), "255")}
