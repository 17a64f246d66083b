"""The file of what was read of forms: nothing in it is lost."""

from pathlib import Path

import numpy as np
import pytest

from inkdigits.errors import WriteError
from inkdigits.forms.joint import FieldAnswer, SheetAnswer
from inkdigits.forms.store import ResultStore


def test_a_full_disk_is_told_and_takes_nothing_that_was_there(tmp_path: Path) -> None:
    answer = SheetAnswer((FieldAnswer("q1", "7", 1.0, "7"),), 1.0, ())
    crop = np.random.default_rng(0).bytes(20_000)
    with ResultStore(tmp_path / "out.sqlite", "a run") as store:
        store._base.execute("PRAGMA max_page_count = 20")  # of 4 KB: SQLite says then what it says on a full disk
        with pytest.raises(WriteError, match="disk is full") as raised:
            for number in range(9):
                with store.change():
                    store.add_sheet(f"{number}.png", 1, "Mark sheet", answer, [crop])
                    store.set_done(f"{number}.png")
    assert len(str(raised.value).splitlines()) == 1
    with ResultStore(tmp_path / "out.sqlite", "a run", resume=True) as store:
        (kept, *_) = sheets = list(store.list_sheets(with_crops=True))
        assert 0 < len(sheets) < 9 and kept.fields[0].crop == crop
        assert store.is_done("0.png") and not store.is_done(f"{len(sheets)}.png")
