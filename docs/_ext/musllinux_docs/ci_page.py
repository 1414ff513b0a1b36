"""What a project adds to its CI, drawn from the reports and the findings."""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from musllinux_conformance import findings, reports
from musllinux_conformance.outcomes import BROKEN
from musllinux_docs import build, evidence
from musllinux_docs.vector_pages import report_link

SHOWN = 6
"""Lines of a file of expected failures that are shown."""


class CiSteps(SphinxDirective):
    """The option for each tool, and how much is expected to fail."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        rows = []
        for report in reports.newest(reports.load()):
            if report.name in evidence.NO_TOOLS:
                continue
            causes = findings.explained(findings.load(), report)
            failed = [v for v in causes if report.results[v].outcome in BROKEN]
            known = {finding.id for vector in failed for finding in causes[vector]}
            rows.append(
                [
                    build.cell(report_link(report)),
                    build.cell(build.code(f"--impl={report.name}@installed")),
                    build.cell(str(len(failed))),
                    build.cell(str(len(known))),
                ]
            )
        head = ["Tool", "Option", "Expected failures", "Causes"]
        return [build.table(head, rows)]


class CiExpected(SphinxDirective):
    """The first lines of the file for a tool."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        newest = {each.name: each for each in reports.newest(reports.load())}
        if self.arguments[0] not in newest:
            return [build.paragraph("There is no report of it here.")]
        content = findings.expected_failures(findings.load(), newest[self.arguments[0]])
        text = "\n".join(content.splitlines()[:SHOWN])
        return [nodes.literal_block(text, text, language="none", classes=["wrap"])]
