"""What the reports say, as data.  Needs no Sphinx.

Nothing here knows a tool by name but ``NO_TOOLS``.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from musllinux_conformance import compare, wording
from musllinux_conformance.findings import Finding
from musllinux_conformance.outcomes import (
    BROKEN,
    JUDGED,
    PASSED,
    RECORDED,
)
from musllinux_conformance.reports import Entry, Report
from musllinux_conformance.vectors import Vector

NO_TOOLS = frozenset({"reference"})
"""Implementations that are written from the text, so that their agreement with it
tells nothing of the tools that people use."""


class Tally(NamedTuple):
    """How many of some vectors were passed, of how many judged."""

    passed: int
    judged: int

    def __str__(self) -> str:
        return f"{self.passed}/{self.judged}"


def tally(report: Report, ids: Iterable[str]) -> Tally:
    """Count what became of some vectors."""
    outcomes = [report.outcome(each) for each in ids]
    judged = sum(outcome in JUDGED for outcome in outcomes)
    return Tally(outcomes.count(PASSED), judged)


def shown(entry: Entry) -> str:
    """Say in a line what was answered."""
    if entry.value:
        return wording.visible(compare.show(entry.answer))
    return wording.visible(entry.detail) or "rejected"


def comparable(vector: Vector, entry: Entry) -> str | None:
    """Return an answer in a form that is equal for equal answers, None for an error.

    Each tool is asked for its own Python, so file names are told by their templates.
    """
    if not entry.value:
        return "rejected" if entry.detail.startswith("rejected: ") else None
    answer = entry.answer
    if isinstance(answer, str) and "files" in vector.request:
        for file in vector.request["files"]:
            template = re.escape(file["filename"]).replace(r"\{cp\}", "cp3[0-9]+")
            if re.fullmatch(template, answer):
                answer = file["filename"]
                break
    return json.dumps(answer, sort_keys=True)


class Tried(NamedTuple):
    """A vector, and the reports that fail it and that pass it."""

    vector: Vector
    failing: list[Report]
    passing: list[Report]


def _tried(suite: Mapping[str, Vector], reports: list[Report]) -> Iterator[Tried]:
    for vector in suite.values():
        failing = [r for r in reports if r.outcome(vector.id) in BROKEN]
        passing = [r for r in reports if r.outcome(vector.id) == PASSED]
        if failing:
            yield Tried(vector, failing, passing)


def fails_in_one(suite: Mapping[str, Vector], reports: list[Report]) -> Iterator[Tried]:
    """Yield the vectors that one implementation fails and another passes.

    Implementations that share code are one.
    """
    for each in _tried(suite, reports):
        shared = frozenset.intersection(*(r.codebase for r in each.failing))
        if shared and any(not r.codebase & shared for r in each.passing):
            yield each


def agree_against_text(
    suite: Mapping[str, Vector], reports: list[Report]
) -> Iterator[Tried]:
    """Yield the vectors to which all tools, two or more, give the same wrong answer."""
    tools = [report for report in reports if report.name not in NO_TOOLS]
    for each in _tried(suite, tools):
        answers = {
            comparable(each.vector, r.results[each.vector.id]) for r in each.failing
        }
        agree = len(answers) == 1 and None not in answers
        if agree and len(each.failing) > 1 and not each.passing:
            yield each


class Change(NamedTuple):
    """What became different between two versions of one tool, as vector ids."""

    older: Report
    newer: Report
    fixed: list[str]
    broken: list[str]


def history(reports: Iterable[Report]) -> Iterator[Change]:
    """Yield the step from each version to the next newer one of the same name."""
    for newer, older in pairwise(reports):
        if newer.name == older.name:
            pairs = [
                (each, older.outcome(each), newer.outcome(each))
                for each in sorted(newer.results)
            ]
            yield Change(
                older,
                newer,
                [each for each, a, b in pairs if a in BROKEN and b == PASSED],
                [each for each, a, b in pairs if a == PASSED and b in BROKEN],
            )


def linux_ranks(report: Report, suite: Mapping[str, Vector]) -> Counter[str]:
    """Count where ``linux_*`` stands in the lists of tags that were answered."""
    ranks: Counter[str] = Counter()
    for vector in suite.values():
        entry = report.results.get(vector.id)
        if vector.request["op"] == "platform_tags" and entry and entry.answer:
            ranks[_linux_rank(entry.answer)] += 1
    return ranks


def _linux_rank(tags: list[str]) -> str:
    places = [place for place, tag in enumerate(tags) if tag.startswith("linux_")]
    if not places:
        return "absent"
    if len(places) == len(tags):
        return "alone"
    if places == list(range(len(places))):
        return "first"
    if places[0] == len(tags) - len(places):
        return "last"
    return "between"


def recorded(
    suite: Mapping[str, Vector], reports: list[Report]
) -> Iterator[tuple[Vector, list[Entry | None]]]:
    """Yield what the text leaves open: a vector, and the entry of each report."""
    for vector in suite.values():
        entries = [report.results.get(vector.id) for report in reports]
        if any(entry and entry.outcome == RECORDED for entry in entries):
            yield vector, entries


class Seen(NamedTuple):
    """A finding in the reports of one tool, the newest report first."""

    tool: str
    reports: list[tuple[Report, list[str]]]

    @property
    def newest(self) -> bool:
        """Whether the newest version shows it."""
        return bool(self.reports and self.reports[0][1])

    @property
    def ever(self) -> bool:
        """Whether any version shows it."""
        return any(failures for _, failures in self.reports)


def seen(finding: Finding, reports: Iterable[Report]) -> list[Seen]:
    """Return what the reports of each tool that a finding names show of it."""
    found = list(reports)
    return [
        Seen(tool, [(r, finding.failures(r)) for r in found if r.name == tool])
        for tool in finding.tools
    ]


def seen_between(finding: Finding, its: Seen) -> list[str]:
    """Say between which versions a finding came and went.

    A version that fails the vector for another cause, or was not asked, tells nothing.
    """
    known = [
        (report.version, bool(failures))
        for report, failures in reversed(its.reports)
        if failures or report.outcome(finding.vector) == PASSED
    ]
    found = []
    for (older, before), (newer, after) in pairwise(known):
        if before != after:
            found.append(f"until {older}" if before else f"since {newer}")
            found.append(f"mended by {newer}" if before else f"not in {older}")
    if not found and len(known) > 1:
        found.append(f"{known[0][0]} and later")
    return found
