"""The links of the suite's README, which a page includes."""

import re
from pathlib import Path

from sphinx.application import Sphinx

PAGES = {
    "../pep/pep-9999.rst": "pep.rst",
    "schema/protocol.json": "protocol.md",
    "schema/report.json": "report-format.md",
    "schema/vectors.json": "contribute.md",
}
"""Which page shows a file; other files are offered as they are."""


def read_links(app: Sphinx, path: Path, docname: str, content: list[str]) -> None:
    """Lead the links of the README to where a reader of the pages finds the target."""
    if path.name != "README.md":
        return

    def moved(link: re.Match[str]) -> str:
        target = link[1]
        return f"]({PAGES.get(target, f'../conformance/{target}')})"

    content[0] = re.sub(r"\]\((?!https?:|#)([^)\s]+)\)", moved, content[0])
