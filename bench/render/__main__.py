"""Measurements → the pages' tables and bench/RESULTS.md; the commands' own help → docs/commands.md.

Nothing is typed by hand.

python -m bench.render            write them
python -m bench.render --check    exit 1 if a page or the results are not what the measurements give
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from bench import choosing
from bench.frontier import RESULT_NAME as FRONTIER
from bench.pictures import encode_png
from bench.reading import RESULT_NAME as NUMBERS
from bench.render import course_rows, frontier_report, number_tables, scale_rows, service_rows, sign_tables, tab_rows
from bench.render.model_card import format_detector, format_reader, format_transcriber
from bench.render.readme_figures import format_figures
from bench.render.summary import TABLES, format_table
from bench.shared import store
from inkdigits.cli.main import COMMANDS
from inkdigits.files import write_atomically

ROOT = Path(__file__).parents[2]
README_PATH, RESULTS_PATH = ROOT / "README.md", ROOT / "bench" / "RESULTS.md"
DOCS_FOLDER = ROOT / "docs"
FORM_COMMANDS = tuple(f"form {name}" for name in ("new", "read", "review", "correct", "export", "example"))
COMMANDS_PATH = DOCS_FOLDER / "commands.md"


def main() -> None:
    pages = render_pages()
    if "--check" in sys.argv:
        stale = [
            str(path.relative_to(ROOT)) for path, text in pages.items() if path.read_text(encoding="utf-8") != text
        ]
        sys.exit(f"not what the measurements give: {', '.join(stale)}; run python -m bench.render" if stale else 0)
    for path, text in (pages | {COMMANDS_PATH: format_commands()}).items():
        write_atomically(path, text)
    for path, figure in frontier_report.draw_pictures().items():
        write_atomically(path, encode_png(figure))


def render_pages() -> dict[Path, str]:
    """Every page that holds measurements, as they give it."""
    trials = {question: frontier_report.format_trials(question) for question in choosing.QUESTIONS}
    blocks = {
        README_PATH: {"demo output": format_demo(), "figures": format_figures()},
        DOCS_FOLDER / "benchmark.md": {
            "frontier": frontier_report.format_table(),
            "numbers": number_tables.format_comparison(),
            "readers": number_tables.format_readers(),
            "everyday": number_tables.format_everyday(),
            "signs": sign_tables.format_signs(),
        }
        | {name: format_table(make_rows()) for name, make_rows in TABLES.items()},
        DOCS_FOLDER / "model.md": {
            "reader": format_reader(),
            "detector": format_detector(),
            "transcriber": format_transcriber(),
        },
        DOCS_FOLDER / "service.md": {"figures": service_rows.format_table()},
        DOCS_FOLDER / "course.md": {"waits": course_rows.format_table()},
        DOCS_FOLDER / "scale.md": {"figures": scale_rows.format_table()},
        DOCS_FOLDER / "site.md": {"figures": tab_rows.format_table()},
        DOCS_FOLDER / "frontier.md": {question: table for question, table in trials.items() if table},
    }
    pages = {RESULTS_PATH: format_results()}
    for path, by_name in blocks.items():
        pages[path] = path.read_text(encoding="utf-8")
        for name, block in by_name.items():
            pages[path] = replace_block(pages[path], name, block)
    return pages


def replace_block(text: str, name: str, block: str) -> str:
    """`text` with what stands between `<!-- name -->` and `<!-- end -->` replaced. Raises ValueError without these."""
    pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
    replaced, found = re.subn(pattern, lambda m: m[1] + block + m[2], text, flags=re.DOTALL)
    if not found:
        raise ValueError(f"A page has no place for '{name}'. Put <!-- {name} --> and <!-- end --> where it belongs.")
    return replaced


def format_demo() -> str:
    """What the demo printed when it was last measured, up to what it says next."""
    if not (result := store.load("demo")):
        return "\n"
    output = result["output"].partition("\nFigures,")[0].rstrip()
    return f"\n```text\n{output}\n```\n\n"


def format_commands() -> str:
    """Every command's help, as the program prints it 100 columns wide."""
    sections = ["# Commands\n\nMade by `python -m bench.render` from the program's own help. Do not edit.\n"]
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
    environment.pop("INKDIGITS_DATA", None)
    for name in (*COMMANDS, *FORM_COMMANDS):
        program = [sys.executable, "-c", "from inkdigits.cli.main import main; main()", *name.split(), "--help"]
        completed = subprocess.run(program, check=True, capture_output=True, encoding="utf-8", env=environment)
        text = "\n".join(line.rstrip() for line in completed.stdout.strip().splitlines())
        sections.append(f"\n## {name}\n\n```text\n{text.replace('-c ' + name, 'inkdigits ' + name)}\n```\n")
    return "".join(sections)


def format_results() -> str:
    """All measurements in full, with their conditions."""
    sections = [
        "# Results\n\nMade by `python -m bench.render` from bench/results/*.json. Do not edit. The tables are in "
        "[docs/benchmark.md](../docs/benchmark.md).\n"
    ]
    for path in sorted(store.RESULTS_FOLDER.glob("*.json")):
        result = store.load(path.stem) or {}
        conditions = ", ".join(f"{key} {value}" for key, value in result["conditions"].items())
        sections.append(f"\n## {path.stem}\n\n{conditions}\n")
        for card in result.get("cards", []):
            accuracies = ", ".join(
                f"{which} {100 * s['accuracy']:.2f} % (n {s['n']:,})" for which, s in card["scores"].items()
            )
            sections.append(f"\n- seed {card['seed']}: {accuracies}, {card['seconds']:.1f} s")
        if path.stem == FRONTIER:
            sections.append(frontier_report.format_details())
        if path.stem == NUMBERS:
            sections.append(number_tables.format_details())
    return "".join(sections).rstrip() + "\n"


if __name__ == "__main__":
    main()
