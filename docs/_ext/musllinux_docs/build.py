"""Small builders of docutils nodes.

Data goes into nodes and never through markup, so that no text of a report can be
taken for anything but text.
"""

from collections.abc import Iterable, Sequence

from docutils import nodes
from sphinx.addnodes import pending_xref

Content = str | nodes.Node
NOTHING = "\N{EN DASH}"
"""What stands where there is nothing to tell."""


def _nodes(content: Iterable[Content]) -> list[nodes.Node]:
    return [nodes.Text(each) if isinstance(each, str) else each for each in content]


def paragraph(*content: Content, classes: Sequence[str] = ()) -> nodes.paragraph:
    """Return a paragraph."""
    return nodes.paragraph("", "", *_nodes(content), classes=list(classes))


def code(text: str) -> nodes.literal:
    """Return a literal."""
    return nodes.literal(text, text)


def prose(text: str) -> list[Content]:
    """Return a requirement's text, of whose markup only ``literals`` are in use."""
    parts = text.split("``")
    return [code(part) if place % 2 else part for place, part in enumerate(parts)]


def link(label: str, *content: Content) -> pending_xref:
    """Return a link to a label; Sphinx warns if there is no such label."""
    found = pending_xref(
        "", refdomain="std", reftype="ref", reftarget=label, refexplicit=True
    )
    found["refwarn"] = True
    found += nodes.inline("", "", *_nodes(content or [label]))
    return found


def page(docname: str, *content: Content) -> pending_xref:
    """Return a link to a page, as ``/folder/name``."""
    found = pending_xref(
        "", refdomain="std", reftype="doc", reftarget=docname, refexplicit=True
    )
    found["refwarn"] = True
    found += nodes.inline("", "", *_nodes(content))
    return found


def joined(parts: Iterable[Content], between: str = ", ") -> list[Content]:
    """Return the parts with text between them."""
    found: list[Content] = []
    for part in parts:
        found += [between, part] if found else [part]
    return found


def section(
    document: nodes.document,
    title: str,
    label: str,
    *content: nodes.Node,
    anchor: str = "",
    classes: Sequence[str] = (),
) -> nodes.section:
    """Return a section that links can name by its label."""
    found = nodes.section("", nodes.title("", "", nodes.Text(title)))
    found["names"], found["classes"] = [label], list(classes)
    found["ids"] = [anchor or nodes.make_id(label)]
    document.note_explicit_target(found)
    found += list(content)
    return found


def cell(*content: Content, classes: Sequence[str] = ()) -> nodes.entry:
    """Return a cell of a table."""
    return nodes.entry("", paragraph(*content), classes=list(classes))


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[nodes.entry]],
    *classes: str,
) -> nodes.table:
    """Return a table whose first column is the name of each row."""
    group = nodes.tgroup("", cols=len(head))
    for place in range(len(head)):
        group += nodes.colspec("", colwidth=1, **({"stub": 1} if place == 0 else {}))
    group += nodes.thead("", nodes.row("", *(cell(each) for each in head)))
    group += nodes.tbody("", *(nodes.row("", *each) for each in rows))
    return nodes.table("", group, classes=["colwidths-auto", *classes])


def fact(name: str, *content: Content) -> nodes.field:
    """Return a name with words that belong to it."""
    return _field(name, paragraph(*content))


def data(name: str, lines: Sequence[str]) -> nodes.field:
    """Return a name with lines of data: one in the line, several as a block."""
    if len(lines) == 1:
        return _field(name, paragraph(code(lines[0])))
    text = "\n".join(lines)
    return _field(name, nodes.literal_block(text, text, language="none"))


def _field(name: str, body: nodes.Node) -> nodes.field:
    return nodes.field("", nodes.field_name("", name), nodes.field_body("", body))


def facts(fields: Iterable[nodes.field]) -> nodes.field_list:
    """Return a list of names with what belongs to each."""
    return nodes.field_list("", *fields, classes=["facts"])


def outcome(name: str) -> nodes.inline:
    """Return the name of an outcome or a verdict, coloured."""
    return nodes.inline(name, name, classes=["mark", name.replace(" ", "-")])
