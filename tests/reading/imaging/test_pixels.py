"""Order statistics of pixels, against numpy's."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inkdigits.data.sets.digits import Digits
from inkdigits.reading.imaging.pixels import median, percentile
from tests.helpers import BASE_ENVIRONMENT
from tests.reading.drawing import Pixels, draw_rows, encode_image

VALUES = hnp.arrays(np.uint8, hnp.array_shapes(max_dims=2, max_side=20))


@given(VALUES, st.floats(0, 100))
def test_percentiles_and_medians_are_numpys(values: Pixels, percent: float) -> None:
    assert percentile(values, percent) == pytest.approx(float(np.percentile(values, percent)), abs=1e-9)
    assert median(values) == float(np.median(values))


def test_reading_loads_no_masked_arrays(digits: Digits, tmp_path: Path) -> None:
    """They take a twentieth of the time of reading a strip."""
    (tmp_path / "page.png").write_bytes(encode_image(draw_rows(digits.images, 10), "PNG"))
    program = "import sys; from inkdigits import read; print(read(sys.argv[1]).text, 'numpy.ma' in sys.modules)"
    command = [sys.executable, "-c", program, str(tmp_path / "page.png")]
    completed = subprocess.run(command, capture_output=True, text=True, check=True, env=BASE_ENVIRONMENT)
    assert completed.stdout.endswith(" False\n") and len(completed.stdout) > 20
