"""Findings and reports explain each other, and tell what a tool is known to fail."""

from pathlib import Path
from typing import Any

import pytest

from musllinux_conformance import (
    environments,
    files,
    findings,
    reports,
    vectors,
    xfails,
)
from musllinux_conformance.findings import Evidence, Finding
from musllinux_conformance.outcomes import PASSED, RED, Result
from musllinux_conformance.reports import Entry, Report

KEPT = reports.load()
ORDER, CRASH = "order/newest-before-oldest", "detect/loader-missing"
LISTED = {"old": ["2", "1"], "copy": ["1"]}


def report(name: str, version: str = "1", **of: Any) -> Report:
    """Return a report in which one vector is answered wrong and one not at all."""
    results = {
        ORDER: Entry("failed", True, ["b", "a"], "b, a", ""),
        CRASH: Entry("error", False, None, "error: OSError: no", ""),
    }
    results.update(of.pop("results", {}))
    lineage = ("old",) if name == "copy" else ()
    suite = {"sha256": of.pop("sha256", vectors.content_hash())}
    return Report(name, version, "Python", lineage, suite, {}, results, **of)


def finding(name: str, vector: str, part: str, *tools: str, answered: str = "") -> Any:
    evidence = (Evidence(tools, (vector,), answered),)
    texts = ("Title", "happens", {"old": "where"}, "expected", "test")
    return Finding(name, part, *texts, vector, evidence)


ORDERED = finding("order", ORDER, "difference", "old", "copy")
CRASHED = finding("crash", "detect/*", "crash", "old", "copy", answered="OSError")
CRASHED = CRASHED._replace(vector=CRASH)
REPORTS = [report("old", "2"), report("old", "1"), report("copy")]


def amiss(*its: Finding, kept: Any = REPORTS, listed: Any = LISTED) -> list[str]:
    return list(findings.problems(its, kept, listed))


def test_nothing_is_amiss_where_each_explains_the_other() -> None:
    assert amiss(ORDERED, CRASHED) == []


def test_a_failure_without_a_finding_is_told() -> None:
    lines = amiss(ORDERED)
    assert lines == [
        f"{label} fails {CRASH}: no finding explains it"
        for label in ("old 2", "old 1", "copy 1")
    ]


def test_a_finding_that_no_report_shows_is_told() -> None:
    gone = CRASHED._replace(
        evidence=(*CRASHED.evidence, Evidence(("copy",), ("detect/loader-text",)))
    )
    assert amiss(ORDERED, gone) == [
        "crash: no report of copy fails detect/loader-text so"
    ]


def test_an_answer_that_is_another_is_no_evidence() -> None:
    other = finding("other", CRASH, "crash", "old", "copy", answered="ValueError")
    assert amiss(ORDERED, CRASHED, other) == [
        f"other: no report of old fails {CRASH} so",
        f"other: no report of copy fails {CRASH} so",
        f"other: {CRASH} does not show it",
    ]


def test_a_tool_is_not_held_to_reports_that_are_missing_or_old() -> None:
    kept = [report("old", "2"), report("copy")]
    gone = finding("gone", "detect/muslim", "difference", "old")
    assert amiss(ORDERED, CRASHED, gone, kept=kept) == []
    kept = [report("old", "2", sha256="0"), *REPORTS[1:]]
    assert amiss(ORDERED, CRASHED, gone, kept=kept) == []
    assert amiss(ORDERED, CRASHED, gone) != []


def test_the_part_of_a_finding_follows_from_the_outcome() -> None:
    wrong = CRASHED._replace(part="difference"), ORDERED._replace(part="crash")
    lines = amiss(*wrong)
    assert {line.partition(":")[0] for line in lines} == {"crash", "order"}
    assert all(line.endswith("is no failure of its part") for line in lines)


def test_a_tool_without_that_code_has_a_place_of_its_own() -> None:
    alone = [
        report("old", "2"),
        report("old", "1"),
        report("copy")._replace(lineage=()),
    ]
    lines = amiss(ORDERED, CRASHED, kept=alone)
    assert lines == [
        "order: say where in copy, which has no such code",
        "crash: say where in copy, which has no such code",
    ]


def test_an_unknown_tool_and_an_id_used_twice_are_told() -> None:
    assert amiss(ORDERED, CRASHED, listed={"old": ["2", "1"]}) == [
        "order: copy is not in the matrix",
        "crash: copy is not in the matrix",
    ]
    assert amiss(ORDERED, CRASHED, CRASHED) == ["crash: two findings have this id"]


def test_each_failure_in_the_tree_has_a_finding_and_each_finding_a_failure() -> None:
    found = list(findings.problems(findings.load(), KEPT, environments.listed()))
    assert found == []


def test_what_is_broken_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    for content in ("", "[]", '{"findings": []}', '{"findings": [{"id": "x"}]}'):
        path.write_text(content, "utf-8")
        with pytest.raises(findings.InvalidFindings):
            findings.read(path)


@pytest.mark.parametrize("kept", KEPT, ids=lambda each: each.label)
def test_its_expected_failures_leave_a_report_green(
    kept: Report, tmp_path: Path
) -> None:
    path = tmp_path / "xfails.txt"
    path.write_text(findings.expected_failures(findings.load(), kept), "utf-8")
    suite = vectors.load()
    expected = xfails.read(path, kept.results)
    results = {
        name: Result(suite[name], entry.outcome, {}, entry.detail)
        for name, entry in kept.results.items()
        if name in suite
    }
    covered = {
        n for n, r in xfails.apply(expected, results).items() if r.outcome in RED
    }
    assert covered == set()
    assert "not explained" not in path.read_text("utf-8")
    passed = {n for n, entry in kept.results.items() if entry.outcome == PASSED}
    assert not expected.keys() & passed


def test_the_command_prints_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reports, "load", lambda: tuple(REPORTS))
    monkeypatch.setattr(findings, "load", lambda: (ORDERED, CRASHED))
    for name in ("old", "old@1"):
        assert findings.main([name]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines == [f"{ORDER}  # Title", f"{CRASH}  # Title"]
    assert findings.main(["old@3"]) == 2
    assert "no report of old@3; there are old@2, old@1" in capsys.readouterr().err
    assert findings.main(["--help"]) == 2
    monkeypatch.setattr(environments, "listed", lambda: LISTED)
    assert findings.main([]) == 0
    monkeypatch.setattr(findings, "load", lambda: (ORDERED,))
    assert findings.main([]) == 1
    monkeypatch.setattr(files, "CHECKOUT", False)
    assert findings.main(["old"]) == 2
    assert "in a checkout; run this there" in capsys.readouterr().err
