"""The text as a page, without a change to its file.

Its RFC 2822 header becomes a title and a field list; a line below each requirement
leads to its vectors.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from musllinux_conformance import requirements, traceability, vectors
from musllinux_docs import build

SOURCE = "pep-9999.rst"


def read_header(app: Sphinx, path: Path, docname: str, content: list[str]) -> None:
    """Turn the header of the text into a title and a field list."""
    if path.name != SOURCE:
        return
    header, _, body = content[0].partition("\n\n")
    fields = "\n".join(
        line if line[0].isspace() else f":{line}" for line in header.splitlines()
    )
    title = f"PEP {_value(header, 'PEP')} \N{EN DASH} {_value(header, 'Title')}"
    rule = "#" * len(title)
    content[0] = (
        f"{rule}\n{title}\n{rule}\n\n.. rst-class:: facts\n\n{fields}\n\n{body}"
    )


def _value(header: str, name: str) -> str:
    (line,) = (each for each in header.splitlines() if each.startswith(f"{name}:"))
    return line.partition(":")[2].strip()


def link_requirements(app: Sphinx, document: nodes.document) -> None:
    """Add to each requirement of the text an anchor and a line on its vectors."""
    known = requirements.load()
    tested = traceability.tested_by(vectors.load())
    untestable = traceability.load()["untestable"]
    for block in document.findall(nodes.definition_list):
        for name in known.keys() & set(block["names"]):
            block["classes"].append("requirement")
            (term,) = block.findall(nodes.term)
            (definition,) = block.findall(nodes.definition)
            term += nodes.reference(
                "",
                "¶",
                refid=block["ids"][0],
                reftitle="Link to this requirement",
                classes=["headerlink"],
            )
            definition += coverage(name, tested.get(name, []), untestable.get(name))


def coverage(name: str, tests: list[str], untestable: str | None) -> nodes.Node:
    """Return a line that says how a requirement is tested."""
    if untestable:
        return build.paragraph(f"No vector: {untestable}", classes=["coverage"])
    if not tests:
        return build.paragraph("No vector yet.", classes=["coverage"])
    count = "1 vector" if len(tests) == 1 else f"{len(tests)} vectors"
    return build.paragraph(
        build.link(f"tests of {name}", f"{count}, and who passes"),
        classes=["coverage"],
    )
