"""How Sphinx builds these pages, and the API reference out of the docstrings: `make docs`, into build/docs."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

import inkdigits

project = "inkdigits"
author = "The inkdigits authors"
version = release = inkdigits.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
root_doc = "index"
html_theme = "furo"
html_title = "inkdigits"
html_favicon = str(Path(inkdigits.__file__).parent / "serving" / "page" / "icon.svg")
html_show_sphinx = False
html_show_sourcelink = html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}

# Docstrings are written for reading in an editor: single backticks are code there.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": False}
python_use_unqualified_type_names = True

myst_heading_anchors = 3
# Pages link to files of the repository (source, results), which are no part of what is built.
suppress_warnings = ["myst.xref_missing"]
exclude_patterns = ["README.md", "pictures"]  # index.rst includes the former


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("doctree-resolved", drop_repository_links)


def drop_repository_links(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Leave the words of links to files of the repository, which lead nowhere in what is built."""
    for link in list(doctree.findall(nodes.reference)):
        if link.get("refid", "").startswith("../"):
            link.replace_self(link.children)
