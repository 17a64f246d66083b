"""Many pictures at once: order, jobs, stops and going on, progress, what is made of each, names of any bytes."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from openpyxl import load_workbook
from PIL import Image

from inkdigits.cli.inputs import assign_stems
from inkdigits.data.sets.mnist import load
from inkdigits.reading.output.write import COLUMNS, CORRECTION_COLUMNS
from inkdigits.types import Failure
from tests.helpers import BASE_ENVIRONMENT, INKDIGITS_COMMAND, extract_error_sentence, run_inkdigits
from tests.told import Told

COUNT = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve single digits 00.png … 11.png, one of them broken, one of them with two pages."""
    folder = tmp_path_factory.mktemp("many")
    digits = load("train")
    images = [Image.fromarray(np.pad(255 - digits.images[n].repeat(3, 0).repeat(3, 1), 20, constant_values=255))
              for n in range(COUNT)]  # fmt: skip
    for number, image in enumerate(images):
        image.save(folder / f"{number:02d}.png")
    (folder / "03.png").write_bytes(b"no picture")
    (folder / "05.png").unlink()
    images[5].copy().save(folder / "05.tif", save_all=True, append_images=[images[6].copy()])
    return folder


def without_seconds(text: str) -> str:
    return re.sub(r'"seconds": [\d.e-]+', "", text)


def test_several_jobs_give_what_one_gives_in_the_same_order(folder: Path, told: Told) -> None:
    one, many = (told("read", "--json", "--jobs", jobs, folder, code=1) for jobs in ("1", "3"))
    assert without_seconds(one.out) == without_seconds(many.out) and one.err == many.err
    files = [Path(json.loads(line)["file"]).stem for line in one.out.splitlines()]
    assert files == sorted(files) and files.count("05") == 2 and len(files) == COUNT + 1


@pytest.mark.parametrize("form", ["--json", "--csv", "--tsv", "--hocr", "--strict"])  # the last stands for text
def test_a_file_has_what_stdout_has(folder: Path, told: Told, tmp_path: Path, form: str) -> None:
    path = tmp_path / "new" / "out"
    said = told("read", form, folder, code=1)
    assert told("read", form, "--output", path, "--jobs", "2", folder, code=1).out == ""
    assert without_seconds(path.read_text()) == without_seconds(said.out)
    assert [each.name for each in path.parent.iterdir()] == ["out"]
    if form == "--hocr":
        assert len(ElementTree.fromstring(said.out).findall(".//*[@class='ocr_page']")) == COUNT


def test_formats_exclude_each_other(folder: Path, told: Told) -> None:
    assert "--csv and --hocr" in extract_error_sentence(told("read", "--csv", "--hocr", folder, code=2).err)


def running(*words: str | Path, **options: object) -> subprocess.Popen[bytes]:
    """The command as a process that is not waited for."""
    return subprocess.Popen([INKDIGITS_COMMAND, *map(str, words)], env=BASE_ENVIRONMENT, **options)  # type: ignore[call-overload,no-any-return]


def wait_for_pictures(journal: Path, count: int) -> None:
    """Until so many pictures are noted as done."""
    end = time.monotonic() + 300
    while not journal.exists() or journal.read_bytes().count(b"\n") < count + 1:
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize(("how", "code", "jobs"), [(signal.SIGKILL, -9, "1"), (signal.SIGINT, 130, "2")])
def test_a_stopped_batch_goes_on_to_the_same_bytes(
    folder: Path, tmp_path: Path, how: signal.Signals, code: int, jobs: str
) -> None:
    names = [str(folder)] * 4  # long enough to be stopped in the middle
    out, see, whole = tmp_path / "out.csv", tmp_path / "see.html", tmp_path / "whole.csv"
    words = ["read", "--csv", "--jobs", jobs, "--review", str(see), "--output"]
    process = running(*words, out, *names, stderr=subprocess.PIPE)
    wait_for_pictures(tmp_path / "out.csv.part.jsonl", 20)
    process.send_signal(how)
    assert process.communicate(timeout=300)[1].count(b"continue with --resume") == (how == signal.SIGINT)
    assert process.returncode == code
    assert not out.exists() and not see.exists()
    left = (tmp_path / "out.csv.part").read_text()
    assert left.startswith("file,page,line") and left.count("\n") >= 20

    run_inkdigits(*words, out, "--resume", *names, exit_code=1)
    first_look = see.read_bytes()
    run_inkdigits(*words, whole, *names, exit_code=1)
    assert out.read_bytes() == whole.read_bytes() and whole.read_text().startswith(left[: left.rindex("\n") + 1])
    assert first_look == see.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"out.csv", "see.html", "whole.csv"}


def test_a_second_run_into_the_same_file_is_refused_until_the_first_has_ended(folder: Path, tmp_path: Path) -> None:
    words = ("read", "--csv", "--output", tmp_path / "x", folder / "00.png")
    process = running(*words, "-", stdin=subprocess.PIPE)
    wait_for_pictures(tmp_path / "x.part.jsonl", 1)
    for more in ((), ("--resume",)):
        said = run_inkdigits(*words, *more, exit_code=2)
        assert "being written to by another run; wait for it" in extract_error_sentence(said.err)
    process.kill()
    process.communicate()
    run_inkdigits(*words, "--resume")
    assert len((tmp_path / "x").read_text().splitlines()) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_going_on_reads_only_what_is_left(folder: Path, told: Told, tmp_path: Path) -> None:
    """A picture that is done is taken away: going on does not miss it."""
    out = tmp_path / "out.csv"
    names = [tmp_path / name for name in ("a.png", "b.png", "b.png", "b.png")]
    for name in names[:2]:
        name.write_bytes((folder / "00.png").read_bytes())
    told("read", "--csv", "--output", out, *names)
    whole = out.read_text()
    header, *rows = whole.splitlines(keepends=True)
    run = begun(folder / "00.png", tmp_path)
    (tmp_path / "out.csv.part").write_text(header + rows[0] + rows[1][:5])
    done = [str(names[0]), False, False, False, [len(header + rows[0])]]
    (tmp_path / "out.csv.part.jsonl").write_text(f"{run}\n{json.dumps(done)}\n")
    names[0].unlink()
    told("read", "--csv", "--output", out, "--resume", *names)
    assert out.read_text() == whole


def begun(picture: Path, folder: Path) -> str:
    """Stop a run with --csv and no other options after its first picture; how its journal, x.part.jsonl, begins."""
    process = running("read", "--csv", "--output", folder / "x", picture, "-", stdin=subprocess.PIPE)
    wait_for_pictures(folder / "x.part.jsonl", 1)  # it waits for stdin now
    process.kill()
    process.communicate()
    return (folder / "x.part.jsonl").read_text().splitlines()[0]


def test_going_on_with_other_options_is_refused(folder: Path, told: Told, tmp_path: Path) -> None:
    begun(folder / "00.png", tmp_path)
    words = ("read", "--csv", "--resume", "--output", tmp_path / "x")
    for more in (
        ("--single",),
        ("--region", "0,0,9,9"),
        ("--length", "4"),
        ("--min-confidence", "0.5"),
        ("--max-pages", "3"),
    ):
        assert "other options" in extract_error_sentence(told(*words, *more, folder / "00.png", code=2).err)
    assert "other options or pictures" in extract_error_sentence(told(*words, folder / "01.png", code=2).err)
    told(*words, folder / "00.png", folder / "01.png")
    assert len((tmp_path / "x").read_text().splitlines()) == 3
    assert "--resume needs --output" in extract_error_sentence(told("read", "--resume", folder, code=2).err)


def test_a_run_with_a_form_goes_on_with_the_same_form(folder: Path, told: Told, tmp_path: Path) -> None:
    known = ("--length", "1", "--min-confidence", "0.2")
    process = running(
        "read", "--csv", *known, "--output", tmp_path / "x", folder / "00.png", "-", stdin=subprocess.PIPE
    )
    wait_for_pictures(tmp_path / "x.part.jsonl", 1)
    process.kill()
    process.communicate()
    names = (folder / "00.png", folder / "01.png")
    told("read", "--csv", *known, "--resume", "--output", tmp_path / "x", *names)
    told("read", "--csv", *known, "--output", tmp_path / "y", *names)
    assert (tmp_path / "x").read_text() == (tmp_path / "y").read_text()


def test_progress_is_shown_on_a_terminal_and_nowhere_else(folder: Path, tmp_path: Path) -> None:
    assert "\r" not in run_inkdigits("read", "--output", tmp_path / "out", folder, exit_code=1).err
    ours, theirs = pty.openpty()
    process = running("read", "--output", tmp_path / "out", folder, stderr=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    while part := read_some(ours):
        shown += part
    os.close(ours)
    assert process.wait(60) == 1
    assert b"12/12" in shown and b"Reading" in shown
    assert b"03.png: not a picture" in shown.replace(b"\r\n", b"")


def read_some(terminal: int) -> bytes:
    """What is on the terminal; nothing once the other side has closed it, which Linux tells by an error."""
    try:
        return os.read(terminal, 10_000)
    except OSError:
        return b""


def test_drawings_have_names_of_their_own(folder: Path, told: Told, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("page.png", "PAGE.bmp", "a/page.png", "page~2.png"):
        Image.open(folder / "00.png").save(tmp_path / name)
    names = [tmp_path / "page.png", tmp_path / "PAGE.bmp", tmp_path / "page~2.png", tmp_path / "a", folder / "05.tif"]
    told("read", "--annotate", tmp_path / "seen", "--jobs", "2", *names)
    found = sorted(path.name for path in (tmp_path / "seen").iterdir())
    assert found == ["05-page2.png", "05.png", "PAGE~2.png", "page.png", "page~2~2.png", "page~3.png"]
    with Image.open(tmp_path / "seen" / "05-page2.png") as drawn:
        assert drawn.size == (124, 124) and drawn.mode == "RGB"


def test_names_of_drawings_take_no_time_where_all_are_alike() -> None:
    found = assign_stems([f"{number}/page.png" for number in range(20_000)] + [Failure("x", 1, "picture", "none")])
    assert len(set(found.values())) == 20_000 and found["7/page.png"] == "page~8"


def test_names_that_are_no_utf_8_work_end_to_end(folder: Path, tmp_path: Path) -> None:
    strange = os.fsencode(tmp_path) + b"/\xffr\xe9sum\xe9 <7>.png"
    Path(os.fsdecode(strange)).write_bytes((folder / "00.png").read_bytes())
    Path(os.fsdecode(strange + b".png")).write_bytes(b"no picture")

    def told(*words: str) -> bytes:
        command = [str(INKDIGITS_COMMAND), "read", *words, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, env=BASE_ENVIRONMENT, check=False, timeout=300)
        assert done.returncode == 1 and done.stderr.count(b"\n") == 2 and b"Traceback" not in done.stderr
        return done.stdout

    assert told().startswith(strange + b"\t")
    for form in ("--csv", "--tsv"):
        rows = list(csv.reader(io.StringIO(told(form).decode("utf-8", "surrogateescape"))))
        assert os.fsdecode(strange) in ",".join(rows[-1])
    pages = [json.loads(line) for line in told("--json").decode().splitlines()]
    assert [os.fsencode(page["file"]) for page in pages] == [strange, strange + b".png"]
    ElementTree.fromstring(told("--hocr").decode())
    output = tmp_path / "out"
    told("--output", str(output), "--review", str(tmp_path / "see"), "--annotate", str(tmp_path / "seen"))
    assert output.read_bytes().startswith(strange + b"\t") and "\ufffdr" in (tmp_path / "see").read_text()
    assert [os.fsencode(path.name) for path in (tmp_path / "seen").iterdir()] == [b"\xffr\xe9sum\xe9 <7>.png"]


def test_a_pipe_is_read_once_and_drawn_too(folder: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = running("read", "--json", "--annotate", tmp_path / "seen", pipe, stdout=subprocess.PIPE)
    pipe.write_bytes((folder / "00.png").read_bytes())
    assert json.loads(process.communicate(timeout=300)[0])["width"] == 124
    assert (tmp_path / "seen" / "pipe.png").exists()


@pytest.mark.parametrize("pattern", ["0[0-2].png", "**/0[0-2].png"])
def test_patterns_that_no_shell_expanded_are_expanded(folder: Path, told: Told, pattern: str) -> None:
    lines = told("read", "--json", folder / pattern).out.splitlines()
    assert [Path(json.loads(line)["file"]).name for line in lines] == ["00.png", "01.png", "02.png"]
    assert "Nothing matches" in extract_error_sentence(told("read", folder / "x*.png", code=1).err)


def test_a_file_that_is_named_like_a_pattern_is_that_file(folder: Path, tmp_path: Path, told: Told) -> None:
    named = tmp_path / "a[0].png"
    named.write_bytes((folder / "00.png").read_bytes())
    assert told("read", named).out == told("read", folder / "00.png").out


def test_a_workbook_has_the_numbers_of_all_pictures(folder: Path, told: Told, tmp_path: Path) -> None:
    pictures = [folder / "00.png", folder / "01.png"]
    told("read", "--output", tmp_path / "out.xlsx", *pictures)
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    head, *rows = sheet.iter_rows(values_only=True)
    wanted = list(csv.DictReader(io.StringIO(told("read", "--csv", *pictures).out)))
    assert [(row[0], row[4]) for row in rows] == [(each["file"], each["text"]) for each in wanted]
    assert head == (*COLUMNS, *CORRECTION_COLUMNS) and len(list(tmp_path.iterdir())) == 1


def test_tables_are_csv_or_a_workbook_and_named_where_there_are_several(
    folder: Path, told: Told, tmp_path: Path
) -> None:
    pictures = [folder / "00.png", folder / "01.png"]
    single = list(csv.reader(io.StringIO(told("read", "--table", pictures[0]).out)))
    both = list(csv.reader(io.StringIO(told("read", "--table", *pictures).out)))
    assert both[: len(single)] == [[str(pictures[0]), "1", *row] for row in single] and single[0][0]
    told("read", "--table", "--output", tmp_path / "out.csv", *pictures)
    told("read", "--table", "--output", tmp_path / "out.xlsx", *pictures)
    assert list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text()))) == both
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert [(row[0], row[1], row[2]) for row in sheet.iter_rows(values_only=True)] == [
        (file, int(page), text) for file, page, text, *_ in both
    ]


def test_the_end_says_what_became_of_the_pictures(folder: Path, told: Told, tmp_path: Path) -> None:
    Image.new("L", (60, 40), 255).save(tmp_path / "blank.png")
    said = told("read", "--min-confidence", "1", folder / "00.png", folder / "03.png", tmp_path / "blank.png", code=1)
    assert said.err.splitlines()[-1] == "inkdigits: 3 pictures, 1 failed, 1 unsure in places, 1 without digits."
    assert told("read", folder / "00.png", folder / "01.png").err == "inkdigits: 2 pictures.\n"


def test_a_reader_that_goes_away_leaves_no_part_behind(folder: Path, tmp_path: Path) -> None:
    command = f"{INKDIGITS_COMMAND} read {folder} {folder} --review {tmp_path / 'review.html'} | head -n 1"
    subprocess.run(["bash", "-c", command], capture_output=True, env=BASE_ENVIRONMENT, check=False, timeout=300)
    assert not list(tmp_path.glob("*.part*"))
