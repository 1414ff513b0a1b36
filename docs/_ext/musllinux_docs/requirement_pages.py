"""The table of all requirements, and a page for each group of them."""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from musllinux_conformance import reports, requirements, traceability
from musllinux_conformance.reports import Report
from musllinux_conformance.requirements import Requirement
from musllinux_docs import build, evidence, pep, vector_pages


def tally_cell(tally: evidence.Tally) -> nodes.entry:
    """Return a cell that shows how many vectors were passed."""
    if not tally.judged:
        return build.cell(build.NOTHING, classes=["none"])
    level = "all" if tally.passed == tally.judged else "some" if tally.passed else "no"
    return build.cell(str(tally), classes=["tally", level])


def _outcome_cell(outcome: str | None) -> nodes.entry:
    return build.cell(build.outcome(outcome) if outcome else build.NOTHING)


class RequirementTable(SphinxDirective):
    """All requirements, with how many of their vectors each implementation passes."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        newest = reports.newest(reports.load())
        head = ["Requirement", "Class", "Keyword", "Text", "Vectors"]
        rows = [self._row(each, newest) for each in requirements.load().values()]
        return [build.table([*head, *(r.label for r in newest)], rows, "text")]

    def _row(self, requirement: Requirement, newest: list[Report]) -> list[nodes.entry]:
        ids = [vector.id for vector in vector_pages.tests_of(requirement.id)]
        count: build.Content = "0"
        if ids:
            count = build.link(f"tests of {requirement.id}", str(len(ids)))
        elif requirement.id in traceability.load()["untestable"]:
            count = build.link(f"tests of {requirement.id}", "untestable")
        return [
            build.cell(build.link(requirement.id)),
            build.cell(requirement.group),
            build.cell(requirement.keyword),
            build.cell(*build.prose(requirement.text), classes=["text"]),
            build.cell(count),
            *(tally_cell(evidence.tally(report, ids)) for report in newest),
        ]


class RequirementGroup(SphinxDirective):
    """The page of one group: each requirement with its vectors and their outcomes."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        group = self.arguments[0]
        its = [
            each
            for each in requirements.load().values()
            if each.id.partition(".")[0] == group
        ]
        newest = reports.newest(reports.load())
        return [
            build.section(
                self.state.document,
                f"Requirements: {group}",
                f"group {group}",
                *(self._requirement(each, newest) for each in its),
            )
        ]

    def _requirement(
        self, requirement: Requirement, newest: list[Report]
    ) -> nodes.Node:
        its = vector_pages.tests_of(requirement.id)
        content: list[nodes.Node] = [
            nodes.block_quote("", build.paragraph(*build.prose(requirement.text))),
            build.paragraph(
                f"Binds {requirement.group}. ",
                build.link(requirement.id, "In the text."),
            ),
        ]
        if its:
            rows = [
                [
                    build.cell(build.link(vector.id, vector.title)),
                    *(_outcome_cell(report.outcome(vector.id)) for report in newest),
                ]
                for vector in its
            ]
            content.append(build.table(["Vector", *(r.label for r in newest)], rows))
        else:
            reason = traceability.load()["untestable"].get(requirement.id)
            content.append(pep.coverage(requirement.id, [], reason))
        return build.section(
            self.state.document,
            requirement.id,
            f"tests of {requirement.id}",
            *content,
            anchor=requirement.id.partition(".")[2],
            classes=["small"],
        )
