"""Build the site: python -m website.build WORK SITE

WORK keeps what later builds use again: lessons that ran, the pages as Sphinx sees them, and what npm fetched. SITE is
the folder to host.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from inkdigits.course.lessons import Lesson, list_lessons
from inkdigits.files import write_atomically
from website import tab_files
from website.lessons import hash_files, run_lessons, write_lesson_pages

_TAB_INTRODUCTION = """# Try it in this tab

Draw a digit, or drop a picture of one. It is read on this device, by the program that reads everywhere else: nothing is
sent anywhere. [How that works](site.md#the-reader-in-a-tab).
"""
ROOT = Path(__file__).parents[1]
_LESSON_LINK = re.compile(r"\.\./src/inkdigits/course/(\d\d_\w+)\.py#L\d+")


def build_site(lessons: Sequence[Lesson], work: Path, site: Path, packages: Path | None) -> None:
    """Build the documentation and these lessons into `site`, whatever is there. Without the folder of npm's packages
    the page that reads in a tab says that it cannot.

    Raises ExportError for a lesson that does not run to its end, CalledProcessError where Sphinx finds anything wrong.
    """
    source = work / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source)
    notebooks = run_lessons(lessons, work / "lessons")
    write_lesson_pages(lessons, notebooks, source / "lessons")
    shutil.copytree(Path(__file__).parent / "static", source / "_static")
    page = (tab_files.FOLDER / "page.html").read_text(encoding="utf-8")
    write_atomically(source / "tab.md", f"{_TAB_INTRODUCTION}\n```{{raw}} html\n{page}```\n")
    _link_lessons(source, {each.path.stem for each in lessons})
    shutil.rmtree(site, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", str(work / "doctrees")]
    command += ["-D", "html_static_path=_static", "-D", "html_css_files=lesson.css", "-D", "html_js_files=site.js"]
    subprocess.run([*command, str(source), str(site)], cwd=ROOT, check=True)
    for notebook in notebooks:
        shutil.copy(notebook, site / "lessons")
    if packages is not None:
        tab_files.write_tab(packages, site / "tab")
    _write_service_worker(site)


def _write_service_worker(site: Path) -> None:
    """Write sw.js, which knows all files of the site; it is another file, and so read anew, whenever one of them is."""
    files = [path for path in sorted(site.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    digest = hash_files(files)
    names = json.dumps([path.relative_to(site).as_posix() for path in files if path.suffix not in (".ipynb", ".gz")])
    script = (Path(__file__).parent / "sw.js").read_text(encoding="utf-8")
    write_atomically(site / "sw.js", f"const VERSION = {json.dumps(digest)}, FILES = {names};\n{script}")


def _link_lessons(source: Path, names: set[str]) -> None:
    """Lead from the pages about the course to its lessons as they are on the site."""
    index, course = source / "index.rst", source / "course.md"
    text = index.read_text(encoding="utf-8")
    assert "   course\n" in text, "docs/index.rst has no page `course`, after which the lessons come"
    text = text.replace("   course\n", "   course\n   lessons/index\n").replace("   reading\n", "   tab\n   reading\n")
    index.write_text(text, encoding="utf-8")
    text = course.read_text(encoding="utf-8")
    linked = _LESSON_LINK.sub(lambda link: f"lessons/{link[1]}.md" if link[1] in names else link[0], text)
    course.write_text(linked, encoding="utf-8")


if __name__ == "__main__":
    packages = tab_files.fetch_packages(Path(sys.argv[1]) / "npm")
    build_site(list_lessons(), Path(sys.argv[1]), Path(sys.argv[2]), packages)
    print(Path(sys.argv[2]) / "index.html")
