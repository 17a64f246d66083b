# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Reading whole numbers

From a picture with several digits to numbers: where digits may stand, which of them claim the same ink, what a second
network reads from left to right, how the two agree, and why a `?` is sometimes the best answer.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="11 Reading whole numbers", width="medium", css_file="lesson.css")

with app.setup(hide_code=True):
    import marimo as mo
    import numpy as np

    from inkdigits import Reader
    from inkdigits.course.teaching import check, question, table
    from inkdigits.data.sets import mnist
    from inkdigits.data.sets.splits import split
    from inkdigits.data.synthesis.pages import draw_page
    from inkdigits.lab.canvas import Canvas, rasterise
    from inkdigits.lab.rows import draw_hypotheses, draw_transcript
    from inkdigits.lab.stages import stages
    from inkdigits.lab.theme import percent
    from inkdigits.reading.decoding import frames as ctc
    from inkdigits.reading.decoding import paths
    from inkdigits.reading.decoding.decide import make_hypotheses
    from inkdigits.reading.decoding.fusion import fuse_row
    from inkdigits.reading.decoding.lattice import build_lattice
    from inkdigits.reading.decoding.rows import find_rows
    from inkdigits.reading.decoding.search import decode_row
    from inkdigits.reading.explain import draw_stages
    from inkdigits.reading.imaging.limits import Limits
    from inkdigits.reading.imaging.picture import load_single_page
    from inkdigits.reading.networks.transcriber import Transcriber
    from inkdigits.reading.strips import transcribe_row


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    # 11 Reading whole numbers

    So far, every picture was one digit. On paper nobody tells you how many digits there are, where one ends and the
    next begins, or which strokes are none. Two people who check each other make fewer mistakes than one. So this
    project's reader reads every row **twice**: once by looking for digits, and once by going along the row from left to
    right. In this lesson you follow a number on both ways, up to the point where they meet.

    **Write a number**, of two digits or more. Until you do, the lesson reads a page that we have drawn.
    """)
    return


@app.cell
def _():
    canvas = mo.ui.anywidget(Canvas(width=560, pen=12))
    canvas
    return (canvas,)


@app.cell
def _():
    upload = mo.ui.file(filetypes=[".jpg", ".jpeg", ".png", ".webp"], label="or choose a photo of your own")
    upload
    return (upload,)


@app.cell
def _():
    parts = split(mnist.load("train"), "choosing")
    drawn = draw_page(parts.held_out, ("2026 31415",), seed=2).image  # with digits that no network has learnt from
    reader = Reader()
    return drawn, reader


@app.cell
def _(canvas, drawn, reader, upload):
    def pick(files, strokes, pen):
        """The learner's photo, else what the learner wrote, else the drawn page."""
        if files:
            return files[0].contents
        return rasterise(strokes, pen, 560) if strokes else drawn

    page = load_single_page(pick(upload.value, canvas.value["strokes"], canvas.value["pen"]), Limits())
    found = reader.run_stages(page)
    reading = reader.read(page.image)
    mo.md(f"It reads: **{' / '.join(reading.text.splitlines()) or 'nothing'}**")
    return found, page, reading


@app.cell(hide_code=True)
def _(drawn, reader):
    _text = reader.read(drawn).text.replace(" ", "")
    assert len(_text) == 9 and sum(one == other for one, other in zip(_text, "202631415", strict=True)) >= 7
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Where may a digit be?

    The first network, the **detector**, looks at the ink of the whole page at once, as the networks of lesson 5 look at
    one digit: with stencils that slide over all places. For each place it says how probable it is that a digit stands
    exactly there, how large it would be, and which one. It is generous on purpose. A digit that it misses is lost,
    while one too many can still be thrown out.
    """)
    return


@app.cell
def _(found, page, reading):
    pictures = {name: np.asarray(image) for name, image in draw_stages(page, reading, found)}
    stages(
        {"ink": pictures["ink"], "detections": pictures["found"]},
        "The ink, and what the detector finds: the more yellow, the surer",
        columns=1,
    )
    return


@app.cell(hide_code=True)
def _(found):
    _digits = sum(len(number.digits) for line in found.lines for number in line.numbers)
    question(
        "Are there more boxes than digits, or fewer?",
        f"There are {len(found.detections.boxes)} boxes for {_digits} digits. Look for boxes that overlap: two of them "
        "can claim the same ink. The right half of a 0 looks like a 1, and a 4 and a 1 that touch look like one digit.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Boxes that compete

    Each box is a *hypothesis*. Its ink is cut out and brought to 28×28, as in lesson 7, and the network that you know
    says which digit it is and whether it is one at all. Then the boxes are sorted into rows. Here is the row with the
    most digits: each bar is a box, and the blue ones have won.
    """)
    return


@app.cell
def _(found):
    rows = find_rows(list(make_hypotheses(found.detections)))
    row = max(rows, key=lambda each: sum(hypothesis.digitness for hypothesis in each), default=[])
    taken = decode_row(row)
    won = [row.index(hypothesis) for hypothesis in taken]

    assert won == sorted(won)  # from left to right
    draw_hypotheses(row, won, "One row: hypotheses, and those that are taken")
    return row, taken


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Which boxes to take? Not simply all of the sure ones: two boxes on the same ink cannot both be digits. Take a set in
    which no two conflict, and multiply: the probability that each box taken is a digit, and that each one left out is
    none. The best set wins. But 20 boxes have a million sets.

    The way out: sort the boxes from left to right, and make every box a point on a map with arrows to all boxes that
    may follow it. A set without conflicts is then a **path** from the left edge to the right one. Such a map is called
    a *lattice*, and its best path is found without trying all of them: to know the best way to a box, you only need to
    know the best ways to the boxes before it. This is called *dynamic programming*.

    ## Exercise 1

    Find the best path yourself. Each box is (left, right, gain): where it begins and ends, and how much it adds to the
    sum if it is taken. Boxes may touch, but not overlap. Return the largest sum.
    """)
    return


@app.cell
def _():
    def best_sum(boxes):
        """The largest sum of gains of boxes (left, right, gain) that do not overlap; 0 for no boxes."""
        ...

    return (best_sum,)


@app.cell(hide_code=True)
def _(best_sum):
    def best_by_steps(boxes):
        best = []  # for each box, sorted by its right end: the largest sum that ends with it
        ordered = sorted(boxes, key=lambda box: box[1])
        for place, (left, _, gain) in enumerate(ordered):
            before = [best[i] for i in range(place) if ordered[i][1] <= left]
            best.append(gain + max([0, *before]))
        return max([0, *best])

    _touching, _rivals = [(0, 2, 3), (2, 4, 1), (4, 6, 2)], [(0, 4, 3), (3, 6, 4), (5, 9, 3)]
    assert best_by_steps(_touching) == 6 and best_by_steps(_rivals) == 6
    check(best_sum, best_by_steps, [[]], [_touching], [_rivals], [[(0, 9, 5), (0, 3, 2), (3, 6, 2), (6, 9, 2)]])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Reading from left to right

    The second network, the **transcriber**, knows nothing of boxes. The row is cut out of the page as a straight strip,
    and the network goes along it in steps of four pixels. At each step, a *frame*, it says how probable each digit is
    just there; mostly it says *none*.
    """)
    return


@app.cell
def _(found, taken):
    def transcribe():
        """What the transcriber says of the row; nothing where there is no row."""
        return transcribe_row(Transcriber(), None, found.proposals, [each.box for each in taken])

    transcripts = transcribe() if taken else []
    draw_transcript(transcripts[0], "The strip, and what is read along it") if transcripts else mo.md(
        "There is no row."
    )
    return (transcripts,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    To get a string from this, take the most probable answer of each frame. Merge neighbours that are equal, because a
    wide digit is seen in several frames. Then leave out every *none*.

    ## Exercise 2

    Write it. An answer is -1 for *none*, else the digit.
    """)
    return


@app.cell
def _():
    def collapsed(answers):
        """The string that a list of answers, -1 or 0 to 9 each, spells."""
        ...

    return (collapsed,)


@app.cell(hide_code=True)
def _(collapsed):
    def merged(answers):
        kept, before = "", -1
        for answer in answers:
            if answer not in (-1, before):
                kept += str(answer)
            before = answer
        return kept

    assert merged([-1, 3, 3, -1, 1, -1, 1, 1, -1]) == "311"
    check(collapsed, merged, [[-1, 3, 3, -1, 1, -1, 1, 1, -1]], [[]], [[7, 7, 7]], [[0, -1, 0, 0, 5]])
    return (merged,)


@app.cell(hide_code=True)
def _(merged, transcripts):
    _answers = [int(best) - 1 for best in transcripts[0].digit_frames.argmax(axis=1)] if transcripts else []
    _text = ctc.join_tokens(ctc.find_tokens(transcripts[0].digit_frames)) if transcripts else ""
    assert merged(_answers) == _text
    question(
        "Two equal digits stand side by side, as in 11. What must the network say between them?",
        "*None*, in at least one frame. Otherwise both would be merged into one. (This way of spelling is called CTC, "
        "*connectionist temporal classification*: Graves and others, 2006.)",
        f"Read in this simple way, the strip says **{_text or 'nothing'}**.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Two readers, one answer

    Each of the two makes mistakes of its own. The first one loses a digit where it finds no box; the second may take
    the stroke between two digits for a digit. So neither decides alone. All strings that *either* of them finds likely
    are put on one list, both say how probable each of them is, and the two opinions are multiplied, with weights that
    were chosen on validation pages. Here is that list, for each piece of the row; a row falls into pieces where there
    is a wide gap.
    """)
    return


@app.cell
def _(row, transcripts):
    fused = fuse_row(row, transcripts).fused_pieces if transcripts else ()

    assert all(abs(piece.probabilities.sum() - 1) < 1e-6 for piece in fused)
    best_strings = [
        (number, piece.strings[place], percent(float(piece.probabilities[place])))
        for number, piece in enumerate(fused, 1)
        for place in np.argsort(-piece.probabilities)[:4]
    ]
    table(["piece", "string", "both together"], *best_strings)
    return (fused,)


@app.cell(hide_code=True)
def _(row, transcripts):
    _lattice = build_lattice([each for each in row if each.digitness >= 0.01])
    _boxes = paths.score_strings(_lattice, ["1", "31", "314159"])
    assert _boxes.shape == (3,)  # the lattice has an opinion of any string, however unlikely
    question(
        "Why does each reader score the strings of the other, and not just its own?",
        "Because a string that one of them finds likely may be one that the other has not thought of, and yet does not "
        "contradict. A digit that the boxes have lost still lies under the strip. Agreement after being asked is worth "
        "as much as agreement by chance.",
        f"Here, {len(transcripts)} views of the strip were read: the row at two sizes, one of them straightened.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Why `?`

    A number is only of use if *all* of its digits are right. From the list you can tell how probable that is: it is the
    probability of the best string. If it is high enough, the number is accepted. If not, the reader gives up the digit
    that it is least sure of: it becomes a `?`, and now all strings count that agree in the *others*. It goes on like
    this until what is left is probable enough. So you lose one digit, and can trust the rest.

    Choose how sure it must be.
    """)
    return


@app.cell
def _():
    sureness = mo.ui.slider(
        steps=[0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999], value=0.8, label="minimum confidence", show_value=True
    )
    sureness
    return (sureness,)


@app.cell
def _(page, reader, sureness):
    strict = reader.run_stages(page, min_confidence=sureness.value).lines
    table(
        ["number", "all digits right", "read at this confidence"],
        *(
            ["".join(str(digit.digit) for digit in number.digits), percent(number.confidence), number.text]
            for line in strict
            for number in line.numbers
        ),
    )
    return


@app.cell
def _(reading):
    table(
        ["digit", "shown as", "confidence", "it could be"],
        *(
            [digit.digit, digit.text, percent(digit.confidence),
             ", ".join(f"{which}: {percent(share)}" for which, share in digit.candidates if share > 0.001)]
            for digit in reading.digits
        ),
    )  # fmt: skip
    return


@app.cell(hide_code=True)
def _(drawn, reader):
    _page = load_single_page(drawn, Limits())

    def refused(least):
        lines = reader.run_stages(_page, min_confidence=least).lines
        return sum(digit.text == "?" for line in lines for number in line.numbers for digit in number.digits)

    _few, _many = refused(0.5), refused(0.999)
    assert _few <= _many and _many >= 1
    question(
        "You ask for more confidence. Can a `?` turn back into a digit?",
        f"No. On our drawn page, {_few} digits are refused at a minimum of 50 % and {_many} at 99.9 %: whoever asks "
        "for more sureness gets fewer answers. Which minimum is best depends on what a wrong number costs you, and "
        "what it costs to look at a `?` yourself: that is exercise 1 of lesson 8.",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What you now know

    - A page is read twice: by boxes that may be digits, and along the row from left to right.
    - Boxes that claim the same ink compete. The best set without conflicts is a path through a lattice, found by
      dynamic programming.
    - A transcript names a digit, or none, every four pixels. Equal neighbours are merged, so a *none* must stand
      between two equal digits.
    - Both readers score the strings of both. What they agree on is right more often than what either finds alone.
    - A `?` is not a failure. It keeps the rest of the number trustworthy.

    That was the last lesson. Everything used here is the project's own code. Read `reading/reader.py` next: its
    `run_stages` is this lesson, in thirty lines. `inkdigits train` makes a network of your own.
    """)
    return


if __name__ == "__main__":
    app.run()
