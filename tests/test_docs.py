"""The data behind the pages, and the check of the built site.

``make docs`` builds the pages, with warnings as errors, and runs that check.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from musllinux_conformance import reports, vectors, wording
from musllinux_conformance.findings import Evidence, Finding
from musllinux_conformance.reports import Entry, Report
from musllinux_conformance.vectors import Vector

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "docs/_ext")]

from musllinux_docs import evidence, kills  # noqa: E402

import check_site  # noqa: E402

SUITE = vectors.load()
NEWEST = SUITE["select/newest"]
ORDER = SUITE["order/minor-descending"]
PASSED = Entry("passed", True, None, "", "")


def failed(answer: Any) -> Entry:
    return Entry("failed", True, answer, json.dumps(answer), "")


def report(
    name: str,
    results: dict[str, Entry],
    version: str = "1.0",
    lineage: tuple[str, ...] = (),
) -> Report:
    return Report(name, version, "Python", lineage, {}, {}, results)


def only(vector: Vector, *answers: tuple[str, Entry, tuple[str, ...]]) -> list[Report]:
    """Return a report for each name, entry and lineage."""
    return [report(name, {vector.id: e}, lineage=of) for name, e, of in answers]


def one(*answers: tuple[str, Entry, tuple[str, ...]]) -> list[list[str]]:
    found = evidence.fails_in_one({ORDER.id: ORDER}, only(ORDER, *answers))
    return [[each.name for each in finding.failing] for finding in found]


def against(
    vector: Vector, *answers: tuple[str, Entry, tuple[str, ...]]
) -> list[list[str]]:
    found = evidence.agree_against_text({vector.id: vector}, only(vector, *answers))
    return [[each.name for each in finding.failing] for finding in found]


def test_one_fails_where_another_passes() -> None:
    assert one(("a", failed([]), ()), ("b", PASSED, ())) == [["a"]]


def test_shared_code_fails_as_one() -> None:
    answers = [("a", failed([]), ()), ("b", failed([]), ("a",)), ("c", PASSED, ())]
    assert one(*answers) == [["a", "b"]]


def test_two_that_fail_are_not_one() -> None:
    assert one(("a", failed([]), ()), ("b", failed([]), ()), ("c", PASSED, ())) == []


def test_failing_alone_tells_nothing() -> None:
    assert one(("a", failed([]), ())) == []


def test_passing_by_the_same_code_tells_nothing() -> None:
    assert one(("a", failed([]), ()), ("b", PASSED, ("a",))) == []


def test_all_agree_though_each_is_asked_for_its_own_python() -> None:
    name = "demo-1.0-cp{0}-cp{0}-musllinux_1_1_x86_64.whl"
    a = ("a", failed(name.format(311)), ())
    b = ("b", failed(name.format(312)), ())
    assert against(NEWEST, a, b) == [["a", "b"]]
    assert against(NEWEST, a, ("b", failed(None), ())) == []


def test_the_reference_does_not_break_agreement() -> None:
    a, b = ("a", failed([]), ()), ("b", failed([]), ())
    assert against(ORDER, a, b, ("reference", PASSED, ())) == [["a", "b"]]
    assert against(ORDER, a, b, ("c", PASSED, ())) == []


def test_errors_are_no_agreement() -> None:
    error = Entry("error", False, None, "error: it crashed", "")
    assert against(ORDER, ("a", error, ()), ("b", error, ())) == []


def test_rejections_agree_whatever_they_say() -> None:
    a = Entry("failed", False, None, "rejected: too long", "")
    b = Entry("failed", False, None, "rejected: no tag", "")
    assert against(ORDER, ("a", a, ()), ("b", b, ())) == [["a", "b"]]


def test_history_tells_what_was_fixed_and_broken() -> None:
    older = report("a", {"x": failed(1), "y": PASSED, "z": PASSED})
    newer = report("a", {"x": PASSED, "y": failed(1), "z": PASSED}, version="2.0")
    other = report("b", {"x": PASSED})
    (change,) = evidence.history([newer, older, other])
    assert (change.older, change.newer) == (older, newer)
    assert (change.fixed, change.broken) == (["x"], ["y"])


@pytest.mark.parametrize(
    ("tags", "rank"),
    [
        (["linux_a", "musllinux_1_1_a"], "first"),
        (["musllinux_1_1_a", "linux_a"], "last"),
        (["musllinux_1_1_a", "linux_a", "musllinux_1_0_a"], "between"),
        (["linux_a"], "alone"),
        (["musllinux_1_1_a"], "absent"),
        (["linux_b", "linux_a", "musllinux_1_1_a"], "first"),
        (["linux_b", "musllinux_1_1_a", "linux_a"], "between"),
    ],
)
def test_rank_of_linux(tags: list[str], rank: str) -> None:
    asked = report("a", {ORDER.id: Entry("passed", True, tags, "", "")})
    assert evidence.linux_ranks(asked, SUITE) == {rank: 1}


def test_null_is_not_shown_as_a_rejection() -> None:
    assert evidence.shown(PASSED) == "none"
    assert evidence.shown(Entry("passed", False, None, "", "")) == "rejected"


def test_a_tally_counts_only_what_was_judged() -> None:
    entries = {"x": PASSED, "y": failed(1), "z": Entry("unsupported", False, 0, "", "")}
    assert evidence.tally(report("a", entries), [*entries, "not there"]) == (1, 2)


def _write(folder: Path, name: str, version: str, said: str) -> Path:
    path = folder / name / f"{version}.json"
    path.parent.mkdir(exist_ok=True)
    content = {
        "format": 1,
        "suite": {"version": "1", "vectors": 1, "sha256": "0" * 64, "revision": "d"},
        "implementation": {
            "name": said,
            "version": version,
            "language": "C",
            "lineage": [],
        },
        "verdicts": dict.fromkeys(vectors.CLASSES, "not claimed"),
        "results": [],
    }
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_the_newest_version_is_not_the_last_in_the_alphabet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("9.0", "10.0", "10.0rc1"):
        _write(tmp_path, "a", version, "a")
    monkeypatch.setattr(reports, "REPORTS", tmp_path)
    found = reports.load.__wrapped__()
    assert [each.version for each in found] == ["10.0", "10.0rc1", "9.0"]
    assert [each.version for each in reports.newest(found)] == ["10.0"]


def test_a_report_under_another_name_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path, "a", "1.0", "b")
    with pytest.raises(reports.InvalidReport, match=r"the report of b 1\.0"):
        reports.read(path)


@pytest.mark.parametrize("content", ["", "[]", '{"format": 2}'])
def test_what_is_no_report_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "1.0.json"
    path.write_text(content, "utf-8")
    with pytest.raises(reports.InvalidReport):
        reports.read(path)


def finding(vector: Vector) -> Finding:
    evidence = (Evidence(("a", "b"), (vector.id,)),)
    texts = ("Title", "happens", {"a": "where"}, "expected", "test")
    return Finding("x", "difference", *texts, vector.id, evidence)


def between(*answers: Entry | None) -> list[str]:
    """Ask between which versions, the oldest first, a failure of ORDER was seen."""
    asked = [
        report("a", {ORDER.id: entry} if entry else {}, version=f"{place}.0")
        for place, entry in enumerate(answers, 1)
    ]
    (its, _) = evidence.seen(finding(ORDER), reversed(asked))
    return evidence.seen_between(finding(ORDER), its)


def test_a_finding_is_seen_between_versions() -> None:
    bad = failed([])
    assert between(bad) == []
    assert between(bad, bad) == ["1.0 and later"]
    assert between(bad, bad, PASSED) == ["until 2.0", "mended by 3.0"]
    assert between(PASSED, bad) == ["since 2.0", "not in 1.0"]
    assert between(bad, None, PASSED) == ["until 1.0", "mended by 3.0"]


def test_the_newest_version_decides_whether_a_finding_is_open() -> None:
    kept = [
        report("a", {ORDER.id: PASSED}, version="2.0"),
        report("a", {ORDER.id: failed([])}),
        report("b", {ORDER.id: failed([])}),
    ]
    a, b = evidence.seen(finding(ORDER), kept)
    assert (a.tool, a.newest, a.ever) == ("a", False, True)
    assert (b.tool, b.newest, b.ever) == ("b", True, True)


def test_each_mutant_has_its_change_and_its_killers() -> None:
    mutants, tools = kills.load()
    assert tools
    assert {kills.page_of(each) for each in kills.modules()} >= {"elf", "detection"}
    for mutant in mutants:
        assert bool(mutant.killed_by) != bool(mutant.equivalent), mutant
        assert mutant.requirement or mutant.old != mutant.new, mutant


def _base64_beside_words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [each for part in value for each in _base64_beside_words(part)]
    if not isinstance(value, dict):
        return []
    own = [v for k, v in value.items() if f"{k}_words" in value]
    return own + [e for part in value.values() for e in _base64_beside_words(part)]


def test_bytes_are_shown_by_their_words() -> None:
    seen = 0
    for vector in SUITE.values():
        shown = [line for _, lines in wording.rows(vector.request) for line in lines]
        for content in filter(None, _base64_beside_words(vector.request)):
            seen += 1
            assert not any(content in line for line in shown), vector.id
    assert seen


def test_every_request_is_shown_in_printable_ascii() -> None:
    for vector in SUITE.values():
        rows = list(wording.rows(vector.request))
        assert rows, vector.id
        for _, lines in rows:
            assert lines, vector.id
            assert all(n.isascii() and n.isprintable() for n in lines), vector.id


def test_each_character_of_a_text_can_be_seen() -> None:
    assert wording.quoted("a\n\r\t\x00\x7f\xe9\u20ac") == (
        r'"a\n\r\t\x00\x7f\xe9\u20ac"'
    )


def test_output_is_shown_line_by_line() -> None:
    rows = dict(
        wording.rows({"op": "parse_banner", "stderr": "eCA", "stderr_words": "x \n\ny"})
    )
    assert rows == {"standard error": [r'"x \n"', r'"\n"', '"y"']}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="b.html">', "b.html: no such file"),
        ('<a href="#there">', "#there: no such element"),
        ('<a href="a.html#there">', "a.html#there: no such element"),
        ('<img src="c.png">', "c.png: no such file"),
        ('<p id="x"><p id="x">', "the id x twice"),
        ("built in /secret/place", "contains /secret"),
    ],
)
def test_the_check_finds(tmp_path: Path, body: str, problem: str) -> None:
    (tmp_path / "a.html").write_text(body, "utf-8")
    found = list(check_site.problems(tmp_path, "/secret"))
    assert len(found) == 1
    assert found[0].endswith(problem)


def test_the_check_finds_nothing_in_a_sound_site(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(
        '<p id="x"><a href="#x"><a href="sub/b.html#y"><a href="https://e.org/z">',
        "utf-8",
    )
    (tmp_path / "sub/b.html").write_text('<p id="y"><a href="../a.html">', "utf-8")
    assert list(check_site.problems(tmp_path, "/secret")) == []
