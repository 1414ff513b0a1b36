"""What implementations do: the matrix, the queries, and a page for each report."""

import json
from collections.abc import Iterable, Iterator, Sequence

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from musllinux_conformance import (
    baselines,
    findings,
    reports,
    requirements,
    vectors,
    wording,
)
from musllinux_conformance.findings import Finding
from musllinux_conformance.outcomes import (
    ADVISORY,
    BROKEN,
    RECORDED,
    UNAVAILABLE,
    UNSUPPORTED,
    XFAILED,
    XPASSED,
)
from musllinux_conformance.reports import Entry, Report
from musllinux_conformance.vectors import CLASS_OF, CLASSES
from musllinux_docs import build, evidence, finding_pages, pages
from musllinux_docs.evidence import Tally
from musllinux_docs.requirement_pages import tally_cell
from musllinux_docs.vector_pages import report_link, vector_link


def _links(found: Iterable[Report]) -> list[build.Content]:
    return build.joined(map(report_link, found))


def _of_family(family: str) -> list[str]:
    return [v.id for v in vectors.load().values() if v.family == family]


def _of_class(group: str) -> list[str]:
    suite = vectors.load().values()
    return [v.id for v in suite if CLASS_OF.get(v.request["op"]) == group]


def _lineage(report: Report) -> str:
    return ", ".join(report.lineage) or "its own"


class ReportMatrix(SphinxDirective):
    """Implementation and version by class and by family."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        families = pages.families()
        head = ["Implementation", *CLASSES, *families, "Language", "Code of", "Vectors"]
        rows = [self._row(report, families) for report in reports.load()]
        return [build.table(head, rows, "matrix")]

    def _row(self, report: Report, families: list[str]) -> list[nodes.entry]:
        return [
            build.cell(report_link(report)),
            *(build.cell(build.outcome(report.verdicts[group])) for group in CLASSES),
            *(
                tally_cell(evidence.tally(report, _of_family(family)))
                for family in families
            ),
            build.cell(report.language),
            build.cell(_lineage(report), classes=["line"]),
            build.cell("as here" if report.current else "older"),
        ]


class ReportBaselines(SphinxDirective):
    """By family, what knows nothing passes, and below it what the tools do."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        kept = json.loads(baselines.FILE.read_text("utf-8"))
        families = pages.families()
        rows = []
        for each in kept["baselines"]:
            scores = each["families"]
            cells = [tally_cell(Tally(*scores.get(name, (0, 0)))) for name in families]
            cells.append(build.cell(each["does"].splitlines()[0], classes=["text"]))
            rows.append([build.cell(build.code(each["name"])), *cells])
        for report in reports.newest(reports.load()):
            tallies = (evidence.tally(report, _of_family(name)) for name in families)
            cells = [*map(tally_cell, tallies), build.cell(build.NOTHING)]
            rows.append([build.cell(report_link(report)), *cells])
        found: list[nodes.Node] = [
            build.table(["Implementation", *families, "What it does"], rows, "matrix")
        ]
        if kept["vectors"] != vectors.content_hash():
            found.append(build.paragraph("The vectors have changed since."))
        return found


class ReportQueries(SphinxDirective):
    """Two questions that readers ask of all reports at once."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        suite = vectors.load()
        newest = reports.newest(reports.load())
        return [
            build.section(
                self.state.document,
                "Fails in exactly one implementation",
                "fails in exactly one implementation",
                build.paragraph(
                    "Of the newest versions, one fails and another passes. "
                    "Implementations that share code count as one."
                ),
                _tried(list(evidence.fails_in_one(suite, newest))),
            ),
            build.section(
                self.state.document,
                "All agree, and the text says otherwise",
                "all agree",
                build.paragraph(
                    "Of the newest versions, all that were asked, two or more, give "
                    "the same wrong answer. The reference is left out, since it is "
                    "written from the text."
                ),
                _tried(list(evidence.agree_against_text(suite, newest))),
            ),
        ]


def _tried(found: Sequence[evidence.Tried]) -> nodes.Node:
    if not found:
        return build.paragraph("No vector.")
    rows = [
        [
            build.cell(vector_link(each.vector.id, each.vector.title)),
            build.cell(*_links(each.failing)),
            build.cell(build.code(_first_answer(each))),
            build.cell(build.code(wording.expected(each.vector.expect))),
            build.cell(*(_links(each.passing) or ["none"])),
        ]
        for each in found
    ]
    head = ["Vector", "Fails", "Answered", "Expected", "Passes"]
    return build.table(head, rows)


def _first_answer(tried: evidence.Tried) -> str:
    return evidence.shown(tried.failing[0].results[tried.vector.id])


class ReportHistory(SphinxDirective):
    """What changed from version to version."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        rows = [
            [
                build.cell(change.newer.name),
                build.cell(
                    build.page(_path(change.older), change.older.version),
                    " → ",
                    build.page(_path(change.newer), change.newer.version),
                ),
                _changed(change.fixed),
                _changed(change.broken),
            ]
            for change in evidence.history(reports.load())
        ]
        if not rows:
            return [build.paragraph("No tool was asked in two versions yet.")]
        head = ["Implementation", "Versions", "Now passed", "Now failed"]
        return [build.table(head, rows)]


def _path(report: Report) -> str:
    return f"/reports/{report.name}/{report.version}"


def _changed(ids: Sequence[str]) -> nodes.entry:
    if not ids:
        return build.cell(build.NOTHING, classes=["none"])
    return build.cell(f"{len(ids)}: ", *build.joined(map(vector_link, ids)))


class ReportUnspecified(SphinxDirective):
    """What tools do where the text leaves it open."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        suite = vectors.load()
        newest = reports.newest(reports.load())
        places = ["first", "between", "last", "alone", "absent"]
        ranks = []
        for report in newest:
            counts = evidence.linux_ranks(report, suite)
            if counts:
                cells = [build.cell(str(counts[p] or build.NOTHING)) for p in places]
                ranks.append([build.cell(report_link(report)), *cells])
        open_ = [
            [
                build.cell(vector_link(vector.id, vector.title)),
                *(_answer_cell(entry) for entry in entries),
            ]
            for vector, entries in evidence.recorded(suite, newest)
        ]
        return [
            build.section(
                self.state.document,
                "The rank of linux_ARCH",
                "rank of linux_ARCH",
                build.paragraph(
                    "How often ",
                    build.code("linux_ARCH"),
                    " stands where, in the lists of tags that were answered.",
                ),
                build.table(["Implementation", *places], ranks),
            ),
            build.section(
                self.state.document,
                "Vectors without an expectation",
                "recorded vectors",
                build.table(["Vector", *(r.label for r in newest)], open_),
            ),
        ]


def _answer_cell(entry: Entry | None) -> nodes.entry:
    if entry is None or entry.outcome != RECORDED:
        return build.cell(build.NOTHING, classes=["none"])
    return build.cell(build.code(evidence.shown(entry)))


class ReportPage(SphinxDirective):
    """The page of one report."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        (report,) = (
            each
            for each in reports.load()
            if f"{each.name}/{each.version}" == self.arguments[0]
        )
        self._causes = findings.explained(findings.load(), report)
        return [
            build.section(
                self.state.document,
                report.label,
                f"report {report.label}",
                build.facts(self._facts(report)),
                self._classes(report),
                *self._parts(report),
            )
        ]

    def _facts(self, report: Report) -> Iterator[nodes.field]:
        suite = report.suite
        made = f"{suite['vectors']} vectors, version {suite['version']}"
        if not report.current:
            made += "; the vectors have changed since"
        yield build.fact("language", report.language)
        yield build.fact("code of", _lineage(report))
        yield build.fact("asked", made)
        again = f"pytest conformance --impl={report.name}@{report.version}"
        yield build.data("again", [again])
        yield build.fact("all reports", build.page("/reports/index", "the matrix"))

    def _classes(self, report: Report) -> nodes.Node:
        rows = []
        for group in CLASSES:
            ids = _of_class(group)
            rows.append(
                [
                    build.cell(group),
                    build.cell(build.outcome(report.verdicts[group])),
                    tally_cell(evidence.tally(report, ids)),
                    build.cell(str(_count(report, ids, UNSUPPORTED, UNAVAILABLE))),
                ]
            )
        head = ["Class", "Verdict", "Passed of judged", "Not asked"]
        return build.table(head, rows)

    def _parts(self, report: Report) -> list[nodes.Node]:
        failed = _with(report, *BROKEN, XPASSED)
        return [
            self._part(
                report,
                "Failures",
                "Every vector that was judged was passed.",
                [self._failure(report, each) for each in failed],
            ),
            self._part(
                report,
                "Advice not followed",
                "None. A SHOULD touches no verdict.",
                [self._failure(report, each) for each in _with(report, ADVISORY)],
            ),
            self._part(
                report,
                "Expected failures",
                "None.",
                [self._failure(report, each) for each in _with(report, XFAILED)],
            ),
            self._part(report, "Not asked", "Nothing.", _not_asked(report)),
        ]

    def _part(
        self, report: Report, title: str, nothing: str, content: Sequence[nodes.Node]
    ) -> nodes.Node:
        return build.section(
            self.state.document,
            title,
            f"{report.label} {title}",
            *(content or [build.paragraph(nothing)]),
            anchor=nodes.make_id(title),
        )

    def _failure(self, report: Report, vector_id: str) -> nodes.Node:
        vector = vectors.load().get(vector_id)
        causes = self._causes.get(vector_id, [])
        return build.section(
            self.state.document,
            vector.title if vector else vector_id,
            f"{report.label} {vector_id}",
            build.facts(_failure_facts(report, vector_id, causes)),
            anchor=nodes.make_id(vector_id),
            classes=["small"],
        )


def _failure_facts(
    report: Report, vector_id: str, causes: Iterable[Finding]
) -> Iterator[nodes.field]:
    vector, entry = vectors.load().get(vector_id), report.results[vector_id]
    known = requirements.load()
    outcome = build.outcome(entry.outcome)
    yield build.fact("vector", vector_link(vector_id), " ", outcome)
    if vector:
        for name in vector.requirements:
            text = build.prose(known[name].text)
            yield build.fact("requirement", build.link(name), ": ", *text)
        yield build.data("expected", [wording.expected(vector.expect)])
    yield build.data("answered", [wording.visible(entry.detail)])
    yield build.data("again", [entry.reproduce])
    for finding in causes:
        yield build.fact("cause", finding_pages.link(finding))


def _with(report: Report, *outcomes: str) -> list[str]:
    return [name for name, e in report.results.items() if e.outcome in outcomes]


def _count(report: Report, ids: Iterable[str], *outcomes: str) -> int:
    return sum(report.outcome(each) in outcomes for each in ids)


def _not_asked(report: Report) -> list[nodes.Node]:
    """Return a table of the reasons, with the vectors that each kept out."""
    reasons: dict[str, list[str]] = {}
    for name in _with(report, UNSUPPORTED, UNAVAILABLE):
        reasons.setdefault(report.results[name].detail, []).append(name)
    if not reasons:
        return []
    rows = [
        [
            build.cell(reason),
            build.cell(str(len(names))),
            build.cell(", ".join(_by_family(names))),
        ]
        for reason, names in reasons.items()
    ]
    return [build.table(["Why", "Vectors", "Families"], rows)]


def _by_family(names: Iterable[str]) -> list[str]:
    counts: dict[str, int] = {}
    for name in names:
        family = name.partition("/")[0]
        counts[family] = counts.get(family, 0) + 1
    return [f"{family} {count}" for family, count in counts.items()]
