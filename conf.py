"""Sphinx configuration: ``sphinx-build -W -c . docs _build/html``."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(_ROOT / part) for part in ("docs/_ext", "conformance", "reference")]

project = "musllinux"
author = "The musllinux specification authors"
project_copyright = "CC0-1.0 (text and vectors), MIT (code)"

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
html_show_sphinx = False
