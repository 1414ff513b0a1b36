"""A page for each family of vectors."""

from collections.abc import Iterator

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from musllinux_conformance import reports, traceability, vectors, wording
from musllinux_conformance.outcomes import UNSUPPORTED
from musllinux_conformance.reports import Report
from musllinux_conformance.vectors import CLASS_OF, Vector
from musllinux_docs import build, evidence, pages


def vector_link(vector_id: str, *content: build.Content) -> nodes.Node:
    """Return a link to a vector, or its bare id if the suite no longer has it."""
    if vector_id in vectors.load():
        return build.link(vector_id, *(content or [build.code(vector_id)]))
    return build.code(vector_id)


def report_link(report: Report) -> nodes.Node:
    """Return a link to the page of a report."""
    return build.page(f"/reports/{report.name}/{report.version}", report.label)


class VectorFamilies(SphinxDirective):
    """A table of the families."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        rows = []
        for family in pages.families():
            its = [v for v in vectors.load().values() if v.family == family]
            operations = sorted({vector.request["op"] for vector in its})
            groups = {CLASS_OF.get(op, "diagnostic") for op in operations}
            rows.append(
                [
                    build.cell(build.page(f"/vectors/{family}", family)),
                    build.cell(str(len(its))),
                    build.cell(*build.joined(map(build.code, operations))),
                    build.cell(", ".join(sorted(groups))),
                ]
            )
        return [build.table(["Family", "Vectors", "Operations", "Class"], rows)]


class VectorFamily(SphinxDirective):
    """The page of one family."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        family = self.arguments[0]
        its = [v for v in vectors.load().values() if v.family == family]
        newest = reports.newest(reports.load())
        count = "1 vector" if len(its) == 1 else f"{len(its)} vectors"
        intro = build.paragraph(
            f"{count}. ", build.page("/vectors/index", "How to read them.")
        )
        return [
            build.section(
                self.state.document,
                f"Vectors: {family}",
                f"family {family}",
                intro,
                *(self._vector(vector, newest) for vector in its),
            )
        ]

    def _vector(self, vector: Vector, newest: list[Report]) -> nodes.Node:
        shown = [build.facts(_facts(vector)), *_answers(vector, newest)]
        return build.section(
            self.state.document, vector.title, vector.id, *shown, classes=["small"]
        )


def _facts(vector: Vector) -> Iterator[nodes.field]:
    yield build.fact("id", build.code(vector.id))
    links = map(build.link, vector.requirements)
    yield build.fact("requirements", *build.joined(links))
    yield build.fact("operation", build.code(vector.request["op"]))
    for label, lines in wording.rows(vector.request):
        yield build.data(label, lines)
    yield build.fact("expected", _expected(vector))
    if vector.notes:
        yield build.fact("notes", vector.notes)
    if vector.needs:
        yield build.fact("needs", *build.joined(map(vector_link, vector.needs)))
    if vector.links:
        refs = [nodes.reference("", each, refuri=each) for each in vector.links]
        yield build.fact("see", *build.joined(refs))


def _expected(vector: Vector) -> build.Content:
    words = wording.expected(vector.expect)
    if "unspecified" in vector.expect:
        return "unspecified: any answer; it is recorded"
    return words if "rejected" in vector.expect else build.code(words)


def _answers(vector: Vector, newest: list[Report]) -> Iterator[nodes.Node]:
    """Yield a table of who answers what, and a line of who cannot be asked."""
    rows, not_asked = [], []
    for report in newest:
        entry = report.results.get(vector.id)
        if entry is None:
            continue
        if entry.outcome == UNSUPPORTED:
            not_asked.append(report_link(report))
            continue
        rows.append(
            [
                build.cell(report_link(report)),
                build.cell(build.outcome(entry.outcome)),
                build.cell(build.code(evidence.shown(entry))),
            ]
        )
    if rows:
        yield build.table(["Implementation", "Outcome", "Answered"], rows)
    if not_asked:
        yield build.paragraph("Cannot be asked: ", *build.joined(not_asked), ".")


def tests_of(requirement: str) -> list[Vector]:
    """Return the vectors that name a requirement."""
    suite = vectors.load()
    return [suite[name] for name in traceability.tested_by(suite).get(requirement, [])]
