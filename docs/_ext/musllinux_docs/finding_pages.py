"""What the reports show of released tools, cause by cause."""

from collections.abc import Iterator

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from musllinux_conformance import findings, reports, vectors, wording
from musllinux_conformance.findings import Finding
from musllinux_conformance.reports import Report
from musllinux_docs import build
from musllinux_docs.evidence import Seen, seen, seen_between
from musllinux_docs.vector_pages import report_link, vector_link

MENDED = "mended"
"""The part of the page for what no newest version shows."""
SHOWN = 6
"""Vectors that are named for one finding."""


def link(finding: Finding) -> nodes.Node:
    """Return a link to a finding."""
    return build.link(f"finding {finding.id}", finding.title)


class FindingCounts(SphinxDirective):
    """How many findings the newest version of each tool shows, by part."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        found = [
            (finding, seen(finding, reports.load())) for finding in findings.load()
        ]
        rows = []
        for report in reports.newest(reports.load()):
            its = [
                finding
                for finding, all_ in found
                if any(each.tool == report.name and each.newest for each in all_)
            ]
            own = [finding.part for finding in its if report.name in finding.where]
            counts = [*map(own.count, findings.PARTS), len(its) - len(own)]
            if its:
                cells = [build.cell(str(count or build.NOTHING)) for count in counts]
                rows.append([build.cell(report_link(report)), *cells])
        head = ["Tool", "Crashes and hangs", "Breaches", "Differences"]
        return [build.table([*head, "By the code of others"], rows)]


class Findings(SphinxDirective):
    """The findings of one part, or those that no newest version shows any more."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        part = self.arguments[0]
        shown = []
        for finding in findings.load():
            its = [each for each in seen(finding, reports.load()) if each.ever]
            now = finding.part if any(each.newest for each in its) else MENDED
            if its and part == now:
                shown.append(self._finding(finding, its))
        return shown or [build.paragraph("None.")]

    def _finding(self, finding: Finding, its: list[Seen]) -> nodes.Node:
        return build.section(
            self.state.document,
            finding.title,
            f"finding {finding.id}",
            build.paragraph(*build.prose(finding.happens)),
            build.facts(_facts(finding, its)),
            anchor=finding.id,
            classes=["small"],
        )


def _facts(finding: Finding, its: list[Seen]) -> Iterator[nodes.field]:
    own = [each for each in its if each.tool in finding.where]
    others = [each for each in its if each.tool not in finding.where]
    for name, group in (("in", own), ("with that code", others)):
        if links := [report_link(e.reports[0][0]) for e in group if e.newest]:
            yield build.fact(name, *build.joined(links))
    if lines := list(_versions(finding, its)):
        yield build.fact("versions asked", "; ".join(lines))
    for each in own:
        yield build.fact("where", *build.prose(finding.where[each.tool]))
    if finding.accepted:
        about = finding.accepted
        pep = f"PEP {about['pep']}"
        url = f"https://peps.python.org/pep-{about['pep']:04}/"
        source = nodes.reference("", f"{pep}, {about['section']}", refuri=url)
        yield build.fact("breaks", source, ": ", *build.prose(about["says"]))
    label = "by the draft" if finding.part == findings.DIFFERENCE else "better"
    yield build.fact(label, *build.prose(finding.expected))
    report, vector_id = _example(finding, its)
    vector = vectors.load().get(vector_id)
    if vector:
        yield build.fact(
            "requirement", *build.joined(map(build.link, vector.requirements))
        )
        yield build.data("expected", [wording.expected(vector.expect)])
    entry = report.results[vector_id]
    yield build.data("answered", [wording.visible(entry.detail)])
    yield build.data("again", [entry.reproduce])
    yield build.fact("vectors", *_vectors(its))
    yield build.fact("a test", *build.prose(finding.test))
    if finding.links:
        refs = [nodes.reference("", each, refuri=each) for each in finding.links]
        yield build.fact("see", *build.joined(refs))


def _versions(finding: Finding, its: list[Seen]) -> Iterator[str]:
    """Yield the history in each tool with the fault, and changes in the others."""
    for each in its:
        steps = seen_between(finding, each)
        if len(steps) > 1 or (steps and each.tool in finding.where):
            yield f"{each.tool}: {', '.join(steps)}"


def _example(finding: Finding, its: list[Seen]) -> tuple[Report, str]:
    """Return the report and the vector that show a finding with the least."""
    shown = [
        (report, failures)
        for each in sorted(its, key=lambda each: not each.newest)
        for report, failures in each.reports
        if failures
    ]
    for report, failures in shown:
        if finding.vector in failures:
            return report, finding.vector
    report, failures = shown[0]
    return report, failures[0]


def _vectors(its: list[Seen]) -> list[build.Content]:
    names = sorted(
        {v for each in its for _, failures in each.reports for v in failures}
    )
    first = build.joined(map(vector_link, names[:SHOWN]))
    more = len(names) - SHOWN
    return [*first, f", and {more} more"] if more > 0 else first
