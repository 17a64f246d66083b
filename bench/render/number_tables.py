"""People's own pictures, by whole numbers: tables in Markdown, from JSON as bench.reading keeps it."""

from __future__ import annotations

from bench.everyday import RESULT_NAME as EVERYDAY
from bench.reading import NEGATIVE, RESULT_NAME, SINGLE, SINGLE_WITH_OPTION
from bench.render.reading_rows import count
from bench.shared import store

READER_LABELS = {
    "ours": "inkdigits",
    "ours-second": "with `--second`",
    "tesseract": "Tesseract",
    "rapidocr": "RapidOCR",
    "rapidocr-recogniser": "its recogniser alone",
    "rapidocr-digits": "the same, digits only",
}
TOGETHER = "together"
GRID_KINDS = ("boxes", "table")  # numbers in printed boxes
PRINT_KINDS = ("printed", "mixed")  # numbers beside print that is not to be read
FIGURE_HEADINGS = (
    "as printed",
    "digits right",
    "edits",
    "CER",
    "sure",
    "silently wrong",
    "numbers right",
    "accepted digits",
    "in no true number",
    "AURC",
    "seconds",
)


def format_comparison() -> str:
    """Every kind of pictures and every reader: as printed, digits right, silently wrong; then what was measured."""
    if not (kept := store.load(RESULT_NAME)):
        return "\n"
    readers: dict[str, store.Json] = kept["readers"]
    lines = make_header(["kind", "pictures", *(label_reader(name, readers[name]) for name in readers)])
    for kind in [*readers["ours"]["kinds"], TOGETHER]:
        scores = [list_scores(reader).get(kind) for reader in readers.values()]
        pictures = f"{next(score['pictures'] for score in scores if score):,}"
        lines.append(make_row([describe_kind(kind), pictures, *(format_triple(score) for score in scores)]))
    return "\n".join(lines) + f"\n\nMeasured on {kept['conditions']['date']}.\n"


def format_everyday() -> str:
    """Every kind of drawn everyday pages: what is right as printed, and what is wrong without a `?`."""
    if not (kept := store.load(EVERYDAY)):
        return "\n"
    headings = ["kind", "pages", "as printed", "silently wrong, of those sure", "numbers right", "in no true number"]
    lines = make_header(headings)
    for kind, score in kept["kinds"].items():
        counts = [f"{score['pages']:,}", f"{score['as_printed']:,}", f"{score['silently_wrong']} of {score['sure']}"]
        numbers = format_part(score["numbers_right"], score["numbers"])
        lines.append(make_row([kind, *counts, numbers, f"{score['stray']:,} digits"]))
    return "\n".join(lines) + f"\n\nDrawn with {kept['drawn_with']}; measured on {kept['conditions']['date']}.\n"


def format_readers() -> str:
    """Every reader: what else there is to tell, each of the pictures that it is about."""
    if not (kept := store.load(RESULT_NAME)):
        return "\n"
    readers: dict[str, store.Json] = kept["readers"]
    lines = make_header(["of which pictures", "what", *(label_reader(name, readers[name]) for name in readers)])
    columns = [list_reader_figures(reader) for reader in readers.values()]
    for pictures, what in columns[0]:
        lines.append(make_row([pictures, what, *(column.get((pictures, what), "–") for column in columns)]))
    return "\n".join(lines) + "\n"


def format_details() -> str:
    """Every figure of every reader on every kind, and its confidence."""
    lines = []
    for name, reader in (store.load(RESULT_NAME) or {"readers": {}})["readers"].items():
        lines += ["", f"### {READER_LABELS[name]}, {reader['version']}", ""]
        lines += make_header(["kind", "pictures", *FIGURE_HEADINGS])
        for kind, score in list_scores(reader).items():
            mode = f", `{score['mode']}`" if "mode" in score else ""
            lines.append(make_row([f"{describe_kind(kind)}{mode}", str(score["pictures"]), *list_figures(score)]))
        if risk := reader["together"].get("risk"):
            risks = " · ".join(f"{100 * share:.1f}" for share in risk["risks"])
            pictures = count(risk["pictures"], "picture")
            lines += ["", f"Risk at a coverage of 10, 20, … 100 % of the {pictures} of one number: {risks} %."]
    return "\n".join(lines) + "\n"


def list_scores(reader: store.Json) -> dict[str, store.Json]:
    """A reader's score of every kind, and that of all together."""
    return {**reader["kinds"], TOGETHER: reader["together"]}


def make_header(headings: list[str]) -> list[str]:
    """The first two lines of a table."""
    return [make_row(headings), "|" + "---|" * len(headings)]


def make_row(cells: list[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(cells) + " |"


def label_reader(name: str, reader: store.Json) -> str:
    """What heads a reader's column; the version of RapidOCR stands once."""
    version = f" {reader['version']}" if name in ("tesseract", "rapidocr") else ""
    return READER_LABELS[name] + version


def describe_kind(kind: str) -> str:
    """What heads a kind's row."""
    names = {SINGLE_WITH_OPTION: "`single`, with `--single`", TOGETHER: f"all but `{SINGLE}` and `{NEGATIVE}`"}
    return names.get(kind, f"`{kind}`")


def format_triple(score: store.Json | None) -> str:
    """As printed, digits right, silently wrong; nothing where that was not measured."""
    return f"{score['as_printed']} / {score['exact']} / {score['silently_wrong']}" if score else ""


def list_figures(score: store.Json) -> list[str]:
    """The figures of `FIGURE_HEADINGS`."""
    counts = [f"{score[key]:,}" for key in ("as_printed", "exact", "edits")]
    return [
        *counts,
        format_share(score["edits"], score["digits"]),
        f"{score['sure']:,}",
        f"{score['silently_wrong']:,}",
        format_part(score["numbers_right"], score["numbers"]),
        f"{score['taken']:,}",
        f"{score['stray']:,}",
        format_area(score.get("risk", {}).get("area")),
        f"{score['seconds']:.2g}",
    ]


def list_reader_figures(reader: store.Json) -> dict[tuple[str, str], str]:
    """A reader's other figures by what pictures they are of and what they tell."""
    kinds, together = reader["kinds"], reader["together"]
    grids, prints = ([kinds[kind] for kind in chosen if kind in kinds] for chosen in (GRID_KINDS, PRINT_KINDS))
    in_grids, beside_print = (" and ".join(f"`{kind}`" for kind in chosen) for chosen in (GRID_KINDS, PRINT_KINDS))
    everything = describe_kind(TOGETHER)
    figures = {
        (everything, "character error rate"): format_share(together["edits"], together["digits"]),
        (everything, "pictures without a `?`"): format_part(together["sure"], together["pictures"]),
        (everything, "accepted digits that are wrong"): format_share(together["wrong"], together["taken"]),
        (everything, "seconds a picture, median"): f"{together['seconds']:.2g}",
    }
    if risk := together.get("risk"):
        pictures = f"of these, the {risk['pictures']} of one number"
        figures |= {
            (pictures, "area under risk against coverage"): f"{risk['area']:.3f}",
            (pictures, "the same, read without signs"): format_area(risk.get("area_without_signs")),
            (pictures, "the same, by the product over digits"): format_area(risk.get("area_by_digits")),
            (pictures, "the same, if all right ones came first"): f"{risk['least']:.3f}",
            (pictures, "the same, in any order"): f"{risk['risks'][-1]:.3f}",
        }
    figures |= {
        (in_grids, "numbers right as printed"): format_part(*sum_figures(grids, "numbers_right", "numbers")),
        (beside_print, "numbers right as printed"): format_part(*sum_figures(prints, "numbers_right", "numbers")),
        (beside_print, "accepted digits in no true number"): f"{sum_figures(prints, 'stray')[0]:,}",
    }
    return figures | (
        {(f"`{NEGATIVE}`", "accepted digits"): f"{kinds[NEGATIVE]['taken']:,}"} if NEGATIVE in kinds else {}
    )


def sum_figures(scores: list[store.Json], *keys: str) -> list[int]:
    """Each figure, summed over some kinds."""
    return [sum(score[key] for score in scores) for key in keys]


def format_part(part: int, whole: int) -> str:
    """So many of how many."""
    return f"{part:,} of {whole:,}" if whole else "–"


def format_share(part: int, whole: int) -> str:
    """A share in percent, a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def format_area(area: float | None) -> str:
    """An area under risk against coverage, a dash where no confidence is told."""
    return "–" if area is None else f"{area:.3f}"
