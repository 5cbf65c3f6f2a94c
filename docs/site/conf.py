"""Sphinx's settings for the site of docs/. Nothing is fetched: the theme, its fonts and the search are all local."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

project = "evo"
author = "The evo authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "index"
exclude_patterns = ["_build", "site"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "dollarmath"]
default_role = "code"  # docstrings write `name`
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# Docstrings are plain text, not reStructuredText; links of the README's kind may lead to files of the repository.
suppress_warnings = ["docutils", "autodoc", "myst.xref_missing", "ref.python"]
html_theme = "furo"
html_title = "evo"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#9a5a1d", "color-brand-content": "#2f5d94"},
    "dark_css_variables": {"color-brand-primary": "#e08e45", "color-brand-content": "#8fb4e3"},
}
