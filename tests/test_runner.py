"""Programs under test that misbehave: each loses one vector, never the run."""

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from musllinux_conformance import vectors
from musllinux_conformance.program import Fault
from musllinux_conformance.runner import Run
from musllinux_conformance.vectors import Vector

SUITE = vectors.load()
PLAIN = [
    vector
    for vector in SUITE.values()
    if vector.family == "order"
    and (vector.request["machine"], vector.request["pointer_bits"]) == ("x86_64", 64)
]
BAD = PLAIN[3]
"""The vector at which the programs below misbehave."""

PROGRAM = """
import json, os, sys, time
hello = {{"name": "odd", "version": "1", "language": "Python", "lineage": [],
         "python": "3.11", "operations": ["platform_tags"], {hello} }}
def answer(i, r):
    m, n = r["musl"]
    tags = [f"musllinux_{{m}}_{{j}}_x86_64" for j in range(n, -1, -1)]
    print(json.dumps({{"id": i, "ok": tags}}), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    if "hello" in r: print(json.dumps(hello), flush=True); continue
    if "bye" in r: break
    i = r["id"]
    if r["musl"] == {musl} and i == {number}:
        {misbehave}
    answer(i, r)
"""


@contextmanager
def run(command: list[str], asked: list[Vector], limit: float = 10) -> Iterator[Run]:
    going = Run(command, asked, limit)
    try:
        yield going
    finally:
        going.close()


def program(folder: Path, misbehave: str, hello: str = "") -> list[str]:
    """Write a program that is right but for one question."""
    text = PROGRAM.format(
        misbehave=misbehave, hello=hello, musl=BAD.request["musl"], number=4
    )
    path = folder / "odd.py"
    path.write_text(text)
    return [sys.executable, str(path)]


MISDEEDS = {
    "crashes": ("os.abort()", "signal 6"),
    "takes all memory": ("bytearray(3 << 30)", "MemoryError"),
    "exits": ("sys.exit(3)", "exit status 3"),
    "raises": ("raise RuntimeError('no idea')", "no idea"),
    "exits with success": ("sys.exit(0)", "exit status 0"),
    "hangs": ("time.sleep(600)", "silent for"),
    "writes no JSON": ("print('hello, world', flush=True); continue", "not a line of"),
    "writes bytes": ("os.write(1, b'\\xff\\xfe\\n'); continue", "not a line of JSON"),
    "writes deep JSON": ("print('[' * 100000, flush=True); continue", "not a line of"),
    "writes a number": ("print(7, flush=True); continue", "not an answer"),
    "writes NaN": ('print(\'{"id": 4, "ok": [NaN]}\'); continue', "does not fit"),
    "another id": ("answer(i + 1, r); continue", "answers id"),
    "id zero": ("answer(0, r); continue", "not an answer"),
    "no id": ("print(json.dumps({'ok': []}), flush=True); continue", "not an answer"),
    "no value": ("print(json.dumps({'id': i}), flush=True); continue", "not an answer"),
    "two values": (
        "print(json.dumps({'id': i, 'ok': [], 'rejected': ''}), flush=True); continue",
        "not an answer",
    ),
    "wrong type": (
        "print(json.dumps({'id': i, 'ok': 'x'}), flush=True); continue",
        "does not fit",
    ),
    "says error": (
        "print(json.dumps({'id': i, 'error': 'oh'}), flush=True); continue",
        "oh",
    ),
    "floods a line": ("os.write(1, b'x' * (2 << 20)); time.sleep(600)", "megabyte"),
    "floods stderr": ("os.write(2, b'y\\n' * (1 << 20)); os.abort()", "signal 6: y"),
    "closes its output": ("os.close(1); time.sleep(600)", "closed its standard"),
}


@pytest.mark.parametrize("window", ["", '"window": 64'], ids=["alone", "window"])
@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_misdeed_costs_one_vector(tmp_path: Path, misdeed: str, window: str) -> None:
    misbehave, why = MISDEEDS[misdeed]
    command = program(tmp_path, misbehave, window)
    limit = 1 if "silent" in why else 10
    with run(command, PLAIN, limit) as going:
        results = going.results()
    outcomes = {name: result.outcome for name, result in results.items()}
    assert outcomes.pop(BAD.id) == "error"
    assert why in results[BAD.id].detail
    assert set(outcomes.values()) == {"passed"}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit(1)", "exit status 1"),
        ("print('hi')", "not a line of JSON"),
        ("import time; time.sleep(600)", "silent for"),
        ("print('{}')", "does not fit"),
        ('print(\'{"name": "main", "version": "main"}\')', "does not fit"),
        ("import os; os.close(0); import time; time.sleep(600)", "silent for"),
    ],
)
def test_a_program_that_does_not_greet_is_refused(code: str, why: str) -> None:
    with pytest.raises(Fault, match=why):
        Run([sys.executable, "-c", code], PLAIN, 1)


def test_a_command_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Fault, match="cannot be started"):
        Run(["/nowhere/program"], PLAIN, 1)


def test_a_program_that_starts_only_once_loses_the_rest(tmp_path: Path) -> None:
    once = tmp_path / "started"
    command = program(tmp_path, "os.abort()")
    text = Path(command[1]).read_text()
    guard = f"import os\nif os.path.exists({str(once)!r}): os._exit(9)\n"
    Path(command[1]).write_text(f"{guard}open({str(once)!r}, 'w').close()\n{text}")
    with run(command, PLAIN) as going:
        results = list(going.results().values())
    assert [r.outcome for r in results[:3]] == ["passed"] * 3
    assert {r.outcome for r in results[3:]} == {"error"}
    assert "does not start again" in results[-1].detail


def test_waiting_vectors_run_beside_the_rest() -> None:
    """A program that hangs on every host loses only those that must wait."""
    command = [sys.executable, "-c", textwrap.dedent(_SLEEPY)]
    waiting = [v for v in SUITE.values() if v.waits]
    with run(command, [*waiting, *PLAIN], 2) as going:
        first = going.result(PLAIN[0])
        assert first.outcome == "failed"
        assert not any(going._judged[v.id].done() for v in waiting)
        outcomes = {v.id: going.result(v).outcome for v in waiting}
    assert set(outcomes.values()) == {"error", "advisory", "blocked"}


_SLEEPY = """
import json, sys, time
for line in sys.stdin:
    r = json.loads(line)
    if "hello" in r:
        print(json.dumps({"name": "s", "version": "1", "language": "P", "lineage": [],
              "python": "3.11", "operations": ["platform_tags", "detect"]}), flush=True)
    elif r.get("op") == "detect":
        time.sleep(600)
    elif "id" in r:
        print(json.dumps({"id": r["id"], "ok": []}), flush=True)
"""


def test_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    command = [sys.executable, "-m", "musllinux_conformance.serve"]
    command += ["musllinux_conformance.adapters.reference:implementation"]
    hosts = [v for v in SUITE.values() if v.family == "detect" and not v.waits][:10]
    with run(command, hosts) as going:
        going.results()
        programs = going._programs
    assert list(tmp_path.iterdir()) == []
    assert all(each._process is None for each in programs)


def test_temporary_files_of_a_dead_program_are_removed(tmp_path: Path) -> None:
    command = program(tmp_path, "import tempfile; sys.exit(tempfile.mkdtemp())")
    with run(command, PLAIN) as going:
        left = Path(going.result(BAD).detail.split()[-1])
        assert left.is_dir()
    assert not left.exists()


def test_expected_answers_are_never_sent(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = _SLEEPY.replace(
        "r = json", f"open({str(seen)!r}, 'a').write(line); r = json"
    )
    with run([sys.executable, "-c", textwrap.dedent(code)], PLAIN, 2) as going:
        going.results()
    words = seen.read_text()
    assert '"op": "platform_tags"' in words
    for word in ("expect", "title", "requirements", "_words", "prefers"):
        assert word not in words


def test_what_is_blocked_names_its_cause(tmp_path: Path) -> None:
    lower = BAD
    upper = PLAIN[4]._replace(needs=(lower.id,), expect={"equals": ["other"]})
    with run(
        program(tmp_path, "os.abort()"), [PLAIN[0]] * 0 + PLAIN[:4] + [upper]
    ) as r:
        results = r.results()
    assert results[upper.id].outcome == "blocked"
    assert lower.id in results[upper.id].detail


def test_a_python_object_may_take_many_at_once(
    tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "many.py").write_text(
        textwrap.dedent(
            """
            class Many:
                python = "3.11"
                operations = ["platform_tags"]
                def answer_many(self, requests):
                    print("noise on standard output")
                    size = len(requests)
                    if any(r["musl"] == [1, 12] for r in requests):
                        raise SystemExit(f"one of {size}")
                    return [{"unsupported": f"{size}"} for r in requests]
            """
        )
    )
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-m", "musllinux_conformance.serve", "many:Many"]
    with run(command, PLAIN) as going:
        results = going.results()
    culprits = [v.id for v in PLAIN if v.request["musl"] == [1, 12]]
    assert [n for n, r in results.items() if r.outcome == "error"] == culprits
    assert results[culprits[0]].detail.endswith("one of 1")
    assert {r.outcome for n, r in results.items() if n not in culprits} == {
        "unsupported"
    }
