"""Sphinx configuration.

``rm -rf _build/html; sphinx-build -E -W --keep-going -c . docs _build/html`` builds the
pages and ``python docs/check_site.py _build/html`` checks them.  Pages are drawn from
data that Sphinx does not watch, hence ``-E``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "docs/_ext"))

project = "musllinux"
author = "The musllinux specification authors"

extensions = ["myst_parser", "musllinux_docs.extension"]
exclude_patterns = ["_ext", "_static"]
nitpicky = True
highlight_language = "none"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "musllinux"
html_static_path = ["docs/_static"]
html_css_files = ["musllinux.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
