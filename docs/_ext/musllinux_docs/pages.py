"""The pages of which there is one for each group, family, report and mutated module.

Each is a file of one directive, which draws the page.  None is kept in the repository;
what is written by hand in their folders is called ``index.md``.
"""

from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

from musllinux_conformance import reports, requirements, vectors
from musllinux_docs import kills

FOLDERS = ("requirements", "vectors", "reports", "mutants")


def groups() -> list[str]:
    """Return the groups of requirements, the first part of their ids."""
    return list(dict.fromkeys(name.partition(".")[0] for name in requirements.load()))


def families() -> list[str]:
    """Return the families of vectors."""
    return sorted({vector.family for vector in vectors.load().values()})


def _wanted() -> Iterator[tuple[str, str, str]]:
    """Yield the path, the directive and its argument of each page."""
    for group in groups():
        yield f"requirements/{group}.md", "requirement-group", group
    for family in families():
        yield f"vectors/{family}.md", "vector-family", family
    for report in reports.load():
        path = f"{report.name}/{report.version}"
        yield f"reports/{path}.md", "report", path
    for module in kills.modules():
        name = kills.page_of(module)
        yield f"mutants/{name}.md", "mutants-of", name


def write(app: Sphinx) -> None:
    """Write the pages that are wanted, and remove those that no longer are."""
    root = Path(app.srcdir)
    wanted = {root / p: f"```{{{name}}} {of}\n```\n" for p, name, of in _wanted()}
    for folder in FOLDERS:
        for path in (root / folder).rglob("*.md"):
            if path not in wanted and path.name != "index.md":
                path.unlink()
    for path, content in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != content:
            path.write_text(content, "utf-8")
