"""The command that asks the tools of the matrix: what it chooses, keeps and says."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from musllinux_conformance import (
    __version__,
    cache,
    environments,
    implementations,
    matrix,
    vectors,
)
from musllinux_conformance.adapters import released
from musllinux_conformance.matrix import Entry, entries

LISTED = {"packaging": ["26.3", "21.0"], "dep-logic": ["0.7.2"]}
REPORT = {
    "suite": {"sha256": "0"},
    "implementation": {"name": "packaging"},
    "verdicts": {"Detector": "conforms"},
    "results": [
        {"id": "a/one", "outcome": "passed", "detail": "", "answer": [1, 2]},
        {"id": "a/two", "outcome": "failed", "detail": "none"},
    ],
}


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Entry]:
    """Let nothing be installed, nothing asked, and nothing written but in a folder."""
    asked: list[Entry] = []

    def ensure(tool: str, version: str) -> environments.Environment:
        found = environments.Environment(tmp_path / "made" / tool, tool, version)
        found.packages.mkdir(parents=True, exist_ok=True)
        return found

    def ask(entry: Entry, progress: Callable[[int], None]) -> dict[str, Any]:
        progress(1)
        asked.append(entry)
        return REPORT

    monkeypatch.setattr(environments, "listed", lambda: LISTED)
    monkeypatch.setattr(environments, "ensure", ensure)
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(matrix, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(matrix, "ask", ask)
    return asked


NEW, OLD = Entry("packaging", "26.3"), Entry("packaging", "21.0")


def test_a_name_stands_for_all_versions_and_none_for_everything() -> None:
    reference, dep_logic = Entry("reference", __version__), Entry("dep-logic", "0.7.2")
    assert entries([]) == [reference, NEW, OLD, dep_logic]
    assert entries([], newest_only=True) == [reference, NEW, dep_logic]
    assert entries(["packaging"]) == [NEW, OLD]
    assert entries(["packaging@21.0", "packaging@21.0"]) == [OLD]
    for unknown in ("nothing", "packaging@1", "reference@9"):
        with pytest.raises(ValueError, match="is not in the matrix"):
            entries([unknown])
    assert (reference.spec, OLD.spec) == ("reference", "packaging@21.0")


def test_a_run_writes_reports_and_asks_once(
    listed: list[Entry], tmp_path: Path
) -> None:
    assert matrix.main(["packaging"]) == 0
    assert sorted(listed) == [OLD, NEW]
    for version in LISTED["packaging"]:
        written = tmp_path / "reports" / "packaging" / f"{version}.json"
        assert json.loads(written.read_text()) == {**REPORT, "installed": []}
        written.unlink()
    assert matrix.main(["packaging"]) == 0
    assert len(listed) == 2
    assert NEW.path.exists()


def test_what_is_kept_may_be_broken(listed: list[Entry], tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "reports" / "packaging" / "21.0.json"
    kept.parent.mkdir(parents=True)
    for content in ("", "{}", "[]", '{"stamp": "x", "report": {}}'):
        kept.write_text(content)
        found = matrix.current(OLD, lambda judged: None)
        assert found == {**REPORT, "installed": []}
    assert len(listed) == 4


def test_the_stamp_is_of_the_tool_the_vectors_and_the_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stamps = [matrix.stamp(OLD), matrix.stamp(NEW)]
    assert matrix.stamp(OLD) == stamps[0]
    packages = environments.ensure("packaging", "21.0").packages
    beside = packages / "pyparsing-3.1.dist-info"
    beside.mkdir()
    (beside / "METADATA").write_text("Name: Pyparsing\nVersion: 3.1\n")
    assert matrix.installed(OLD) == ["pyparsing 3.1"]
    stamps.append(matrix.stamp(OLD))
    monkeypatch.setattr(vectors, "merged", lambda: {"vectors": []})
    stamps.append(matrix.stamp(OLD))
    changed = tmp_path / "adapter.py"
    monkeypatch.setattr(matrix, "code", lambda entry: iter([changed]))
    for content in ("one", "two"):
        changed.write_text(content)
        stamps.append(matrix.stamp(OLD))
    assert len(set(stamps)) == len(stamps)


def test_the_code_of_a_tool_leaves_out_the_adapters_of_others() -> None:
    names = {path.name for path in matrix.code(Entry("dep-logic", "0.7.2"))}
    assert {"dep_logic.py", "dep_logic_driver.py", "released.py", "masks.py"} <= names
    assert not {"packaging.py", "packaging_driver.py", "reference.py"} & names
    assert "reference.py" in {p.name for p in matrix.code(Entry("reference", "0"))}


def test_a_check_passes_only_what_is_the_same(
    capsys: pytest.CaptureFixture[str], listed: list[Entry]
) -> None:
    arguments = ["--check", "packaging"]
    assert matrix.main(arguments) == 1
    assert "no report can be read" in capsys.readouterr().err
    assert not NEW.path.exists()
    assert matrix.main(["packaging"]) == 0
    capsys.readouterr()
    assert matrix.main(arguments) == 0
    assert "1 passed, 1 failed" in capsys.readouterr().err
    changed = json.loads(NEW.path.read_text())
    changed["results"][0]["outcome"] = "failed"
    changed["verdicts"]["Detector"] = "fails"
    NEW.path.write_text(json.dumps(changed))
    assert matrix.main(arguments) == 1
    told = capsys.readouterr().err
    assert "a/one: failed ([1, 2]) became passed ([1, 2])" in told
    assert "verdicts: {'Detector': 'fails'} became {'Detector': 'conforms'}" in told
    assert "make report IMPL=packaging" in told
    assert json.loads(NEW.path.read_text()) == changed


@pytest.mark.parametrize(("then", "status"), [("conforms", 0), ("fails", 1)])
def test_a_difference_has_to_show_twice(
    monkeypatch: pytest.MonkeyPatch, then: str, status: int
) -> None:
    assert matrix.main(["packaging"]) == 0
    verdicts = iter(["fails", then])
    monkeypatch.setattr(matrix, "stamp", lambda entry: "another")
    monkeypatch.setattr(
        matrix, "ask", lambda *_: {**REPORT, "verdicts": {"Detector": next(verdicts)}}
    )
    assert matrix.main(["--check", "packaging"]) == status
    assert next(verdicts, "none left") == "none left"


def test_many_differences_are_cut() -> None:
    many = [
        {"id": f"a/{n}", "outcome": "passed", "detail": "", "answer": n}
        for n in range(50)
    ]
    NEW.path.parent.mkdir(parents=True)
    NEW.path.write_text(json.dumps({**REPORT, "results": many}))
    lines = matrix.check(NEW, REPORT).strip().splitlines()
    assert len(lines) == matrix.SHOWN + 2
    assert lines[-2].strip() == "... and 32 more"
    assert matrix.check(NEW, {**REPORT, "results": many}) == ""


def test_what_cannot_be_asked_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(entry: Entry, progress: Callable[[int], None]) -> dict[str, Any]:
        if entry == NEW:
            raise environments.NotInstalled("packaging==26.3 cannot be installed: no")
        return REPORT

    monkeypatch.setattr(matrix, "ask", ask)
    assert matrix.main(["packaging"]) == 1
    assert (
        "packaging@26.3: no report: packaging==26.3 cannot" in capsys.readouterr().err
    )
    assert OLD.path.exists()
    assert not NEW.path.exists()


def test_an_unknown_name_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        matrix.main(["nothing"])
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(
        "nothing is not in the matrix, which has reference, packaging, dep-logic"
    )


def test_each_tool_has_an_adapter_of_its_name_and_its_versions_in_order() -> None:
    adapters = Path(str(released.__file__)).parent
    listed = json.loads(environments.MATRIX.read_text("utf-8"))
    for tool, versions in listed.items():
        assert (adapters / f"{tool.replace('-', '_')}.py").is_file()
        assert versions == sorted(versions, key=Version, reverse=True)
        found = implementations.known()[tool].partition(":")[0]
        assert importlib.import_module(found).implementation.name == tool
