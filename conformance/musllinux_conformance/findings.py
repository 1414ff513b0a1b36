"""What the reports show of released tools, cause by cause.

``conformance/findings.json`` says for each cause what happens, where in the tool's
code, what would be right, and which failures in which reports it explains.
``python -m musllinux_conformance.findings`` prints what is amiss: a failure without a
finding, or a finding without a failure.  With ``NAME`` or ``NAME@VERSION`` it prints
the failures of that report as a file for ``--xfails``, each with its cause.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from musllinux_conformance import environments, files, reports, vectors
from musllinux_conformance.outcomes import ADVISORY, BROKEN
from musllinux_conformance.reports import Entry, Report
from musllinux_conformance.vectors import Json

FILE = files.VECTORS.parent / "findings.json"
CRASH, BREACH, DIFFERENCE = PARTS = ("crash", "breach", "difference")


UNFIT = "error: an answer that does not fit"
"""How the detail of an answer begins that breaks the protocol's schema."""


class InvalidFindings(ValueError):
    """The file breaks its schema."""


class Evidence(NamedTuple):
    """Failures in the reports of some tools."""

    tools: tuple[str, ...]
    which: tuple[str, ...]
    """Patterns of vector ids, and requirements, which have no slash."""
    answered: str = ""

    def covers(self, tool: str, vector_id: str, entry: Entry) -> bool:
        """Say whether this failure of a tool is one of them."""
        vector = vectors.load().get(vector_id)
        names = (vector_id, *(vector.requirements if vector else ()))
        return (
            tool in self.tools
            and any(fnmatchcase(n, each) for n in names for each in self.which)
            and re.search(self.answered, entry.detail) is not None
        )


class Finding(NamedTuple):
    """One cause.  The schema of the file says what each field is."""

    id: str
    part: str
    title: str
    happens: str
    where: Mapping[str, str]
    expected: str
    test: str
    vector: str
    evidence: tuple[Evidence, ...]
    accepted: Mapping[str, Json] | None = None
    links: tuple[str, ...] = ()

    @property
    def tools(self) -> list[str]:
        """All tools that it names: those with the fault, then those with their code."""
        named = [tool for each in self.evidence for tool in each.tools]
        return list(dict.fromkeys([*self.where, *named]))

    def failures(self, report: Report) -> list[str]:
        """Return the vectors that a report fails for this cause."""
        return [
            vector_id
            for vector_id, entry in faults(report).items()
            if any(each.covers(report.name, vector_id, entry) for each in self.evidence)
        ]


@lru_cache(maxsize=1)
def load() -> tuple[Finding, ...]:
    """Return all findings.

    Raises:
        InvalidFindings: the file breaks the schema.
    """
    return read(FILE)


def read(path: Path) -> tuple[Finding, ...]:
    """Return the findings of a file.

    Raises:
        InvalidFindings: it breaks the schema.
    """
    content = vectors.read_json(path, "findings.json", InvalidFindings)
    return tuple(
        Finding(**{**entry, "evidence": tuple(map(_evidence, entry["evidence"]))})
        for entry in content["findings"]
    )


def _evidence(entry: dict[str, Json]) -> Evidence:
    which = (*entry.get("vectors", ()), *entry.get("requirements", ()))
    return Evidence(tuple(entry["tools"]), which, entry.get("answered", ""))


def faults(report: Report) -> dict[str, Entry]:
    """Return what a report says of the vectors that were not answered as required."""
    wrong = (*BROKEN, ADVISORY)
    return {name: e for name, e in report.results.items() if e.outcome in wrong}


def explained(findings: Iterable[Finding], report: Report) -> dict[str, list[Finding]]:
    """Return the findings for each failure of a report."""
    found: dict[str, list[Finding]] = {name: [] for name in faults(report)}
    for finding in findings:
        for name in finding.failures(report):
            found[name].append(finding)
    return found


def problems(
    findings: Sequence[Finding],
    kept: Sequence[Report],
    listed: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """Yield what is amiss between findings and reports, a line each.

    What a finding says of a tool is held to its reports only if there is one of each
    version that the matrix lists, made with the vectors as they stand.
    """
    for report in kept:
        for name, its in explained(findings, report).items():
            if not its:
                yield f"{report.label} fails {name}: no finding explains it"
    seen = {(report.name, report.version) for report in kept if report.current}
    complete = {t for t, all_ in listed.items() if {(t, v) for v in all_} <= seen}
    lineage = {report.name: report.lineage for report in kept}
    for finding in findings:
        yield from _unfounded(finding, kept, complete)
        for tool in finding.tools:
            if tool not in listed:
                yield f"{finding.id}: {tool} is not in the matrix"
            elif not {tool, *lineage.get(tool, finding.where)} & {*finding.where}:
                yield f"{finding.id}: say where in {tool}, which has no such code"
    ids = [finding.id for finding in findings]
    for name in sorted({each for each in ids if ids.count(each) > 1}):
        yield f"{name}: two findings have this id"


def _unfounded(
    finding: Finding, kept: Sequence[Report], complete: set[str]
) -> Iterator[str]:
    """Yield what a finding says and no report shows."""
    shown = set()
    for each in finding.evidence:
        for tool in each.tools:
            its = [report for report in kept if report.name == tool]
            for pattern in each.which:
                one = Evidence((tool,), (pattern,), each.answered)
                found = [
                    (name, entry)
                    for report in its
                    for name, entry in faults(report).items()
                    if one.covers(tool, name, entry)
                ]
                shown |= {name for name, _ in found}
                if not found and tool in complete:
                    yield f"{finding.id}: no report of {tool} fails {pattern} so"
                for name, entry in found:
                    if _answered(entry) == (finding.part == CRASH):
                        yield f"{finding.id}: {name} is no failure of its part"
    if finding.vector not in shown and complete >= {*finding.tools}:
        yield f"{finding.id}: {finding.vector} does not show it"


def _answered(entry: Entry) -> bool:
    """Say whether an answer came, even if one that is wrong or of the wrong form."""
    return entry.value or entry.detail.startswith(("rejected: ", UNFIT))


def expected_failures(findings: Sequence[Finding], report: Report) -> str:
    """Return a file for ``--xfails`` that covers all failures of a report."""
    lines = []
    for name, its in explained(findings, report).items():
        if report.results[name].outcome in BROKEN:
            reason = "; ".join(each.title for each in its) or "not explained yet"
            lines.append(f"{name}  # {reason}\n")
    return "".join(lines)


def _chosen(name: str) -> Report:
    tool, _, version = name.partition("@")
    its = [report for report in reports.load() if report.name == tool]
    for report in its:
        if version in ("", report.version):
            return report
    known = ", ".join(f"{r.name}@{r.version}" for r in reports.load())
    raise ValueError(f"there is no report of {name}; there are {known or 'none'}")


def main(arguments: list[str]) -> int:
    """Return 0 if nothing is amiss, 1 if something is, 2 on wrong usage."""
    try:
        if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
            raise ValueError(
                "usage: python -m musllinux_conformance.findings [NAME[@VERSION]]"
            )
        if not files.CHECKOUT:
            raise ValueError("findings and reports are in a checkout; run this there")
        if arguments:
            print(expected_failures(load(), _chosen(arguments[0])), end="")
            return 0
        found = list(problems(load(), reports.load(), environments.listed()))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(found) or "each failure in the reports has a finding")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
