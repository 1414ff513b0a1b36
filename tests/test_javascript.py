"""The implementation in JavaScript, written from the text alone, against the suite.

That two independent readers of the text agree on every vector is what the text claims.
"""

import base64
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from musllinux_conformance import vectors
from musllinux_conformance.hosts import materialise
from musllinux_conformance.outcomes import Result, verdicts
from musllinux_conformance.program import Program
from musllinux_conformance.runner import Run
from musllinux_conformance.vectors import CLASS_OF

SERVE = Path(__file__).parent.parent / "conformance" / "javascript" / "serve.mjs"
SUITE = vectors.load()
TIME_LIMIT = 30.0
"""Seconds; the program itself gives a loader 10, and the machine may be busy."""
RIGHT = ("passed", "recorded", "unavailable")
"""Outcomes of a vector that was not answered wrongly."""


@pytest.fixture(scope="module")
def command() -> list[str]:
    node = shutil.which("node")
    if node is None:
        why = "node is not on PATH: install Node.js 18 or later"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return [node, str(SERVE)]


@pytest.fixture(scope="module")
def going(command: list[str]) -> Iterator[Run]:
    run = Run(command, SUITE.values(), TIME_LIMIT)
    yield run
    run.close()


@pytest.fixture(scope="module")
def results(going: Run) -> dict[str, Result]:
    return dict(going.results())


def test_it_claims_every_operation_but_audit(going: Run) -> None:
    diagnostic = {"parse_tag", "read_elf", "parse_banner"}
    assert going.implementation.operations == {*CLASS_OF, *diagnostic} - {"audit"}
    assert going.implementation.lineage == ()


def test_no_vector_is_answered_wrongly(results: dict[str, Result]) -> None:
    asked = [r for r in results.values() if r.vector.request["op"] != "audit"]
    assert asked
    wrong = {r.vector.id: r.detail for r in asked if r.outcome not in RIGHT}
    assert not wrong


def test_every_class_that_it_claims_conforms(
    going: Run, results: dict[str, Result]
) -> None:
    outcomes = {name: result.outcome for name, result in results.items()}
    if "unavailable" in outcomes.values():
        pytest.skip("some hosts cannot be made here")
    found = verdicts(SUITE, going.implementation.operations, outcomes)
    asked = {CLASS_OF.get(vector.request["op"]) for vector in SUITE.values()}
    for group in ("Detector", "Installer", "Index"):
        assert found[group] == ("conforms" if group in asked else "not claimed")
    assert found["Auditor"] == "not claimed"


UPLOADS = {
    "p-1-cp311-cp311-musllinux_1_1_x86_64.whl": True,
    "p-1-cp311-cp311-musllinux_1_1_x86_64.musllinux_1_2_x86_64.whl": True,
    "p-1-cp311-cp311-musllinux_01_2_x86_64.whl": False,
    "p-1-cp311-cp311-musllinux_1_2.whl": False,
}
"""The examples of the text's section on indexes that leave no choice."""


def ask(command: list[str], requests: list[dict[str, Any]]) -> list[Any]:
    program = Program(command, TIME_LIMIT, tempfile.gettempdir())
    numbered = [{"id": n, **request} for n, request in enumerate(requests, 1)]
    try:
        answers = program.ask(numbered)
    finally:
        program.close()
    return [answers[request["id"]].get("ok", "no value") for request in numbered]


def test_uploads_of_the_text(command: list[str]) -> None:
    requests = [{"op": "accept_upload", "filename": name} for name in UPLOADS]
    assert ask(command, requests) == list(UPLOADS.values())


HOST = SUITE["detect/musl-1-2"].request
ANSWER = {"musl": [1, 2], "arch": "x86_64"}
SHELL = "#!/bin/sh\n"
BANNER = "printf 'musl libc\\nVersion 1.2.5\\n' >&2\n"


def detect(folder: Path, loader: str, name: bytes = b"ld") -> dict[str, Any]:
    """Make a host whose loader has a text and a name; return the request."""
    folder.mkdir()
    described = {**HOST["loader"], "path": base64.b64encode(name).decode()}
    executable = materialise({**HOST, "loader": described}, folder)
    (folder / os.fsdecode(name)).write_text(loader)
    return {
        "op": "detect",
        "executable": str(executable),
        "machine": HOST["machine"],
        "pointer_bits": HOST["pointer_bits"],
    }


def test_a_path_may_hold_every_byte(command: list[str], tmp_path: Path) -> None:
    every = bytes(byte for byte in range(1, 256) if byte != ord("/"))
    names = [every[:127], every[127:], b"\xff%s\\c\\0101$(x)'\n\n"]
    requests = [
        detect(tmp_path / str(n), SHELL + BANNER, name) for n, name in enumerate(names)
    ]
    assert ask(command, requests) == [ANSWER] * len(names)


@pytest.mark.parametrize("name", [b"ld", b"\xff"], ids=["text", "bytes"])
def test_no_shell_runs_a_loader_that_the_kernel_refuses(
    command: list[str], tmp_path: Path, name: bytes
) -> None:
    assert ask(command, [detect(tmp_path / "host", BANNER, name)]) == [None]


def test_what_a_loader_leaves_behind_is_ended(
    command: list[str], tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    loader = f"{SHELL}sleep 600 &\necho $! >'{pid}'\n{BANNER}"
    program = Program(command, TIME_LIMIT, tempfile.gettempdir())
    try:
        answers = program.ask([{"id": 1, **detect(tmp_path / "host", loader)}])
        assert answers == {1: {"ok": ANSWER}}
        stat = Path("/proc", pid.read_text().strip(), "stat")
        deadline = time.monotonic() + TIME_LIMIT
        while runs(stat):
            assert time.monotonic() < deadline, "it still runs"
            time.sleep(0.05)
    finally:  # The program ends, and would take with it what it had left.
        program.close()


def runs(stat: Path) -> bool:
    """Say whether a process is there and more than a zombie."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
