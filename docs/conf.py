"""How Sphinx builds these pages, and the API reference out of the docstrings: `make docs`, into build/docs."""

import inkdigits

project = "inkdigits"
author = "The inkdigits authors"
version = release = inkdigits.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
root_doc = "index"
html_theme = "furo"
html_title = "inkdigits"
html_show_sphinx = False

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
