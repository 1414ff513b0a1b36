"""The implementation in JavaScript, written from the text alone, against the suite.

That two independent readers of the text agree on every vector is what the text claims.
"""

import base64
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from musllinux_conformance import vectors
from musllinux_conformance.hosts import materialise
from musllinux_conformance.objects import Object
from musllinux_conformance.outcomes import Result, verdicts
from musllinux_conformance.program import Program
from musllinux_conformance.runner import Run
from musllinux_conformance.vectors import CLASS_OF, CLASSES
from musllinux_conformance.wheels import make_wheel

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


def test_it_claims_every_operation_and_gives_reasons(going: Run) -> None:
    diagnostic = {"parse_tag", "read_elf", "parse_banner"}
    assert going.implementation.operations == {*CLASS_OF, *diagnostic}
    assert going.implementation.reasons
    assert going.implementation.lineage == ()


def test_no_vector_is_answered_wrongly(results: dict[str, Result]) -> None:
    assert results.keys() == SUITE.keys()
    wrong = {name: r.detail for name, r in results.items() if r.outcome not in RIGHT}
    assert not wrong


def test_every_class_conforms(going: Run, results: dict[str, Result]) -> None:
    outcomes = {name: result.outcome for name, result in results.items()}
    if "unavailable" in outcomes.values():
        pytest.skip("some hosts cannot be made here")
    found = verdicts(SUITE, going.implementation.operations, outcomes)
    assert found == dict.fromkeys(CLASSES, "conforms")


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


def audit(wheel: Path) -> dict[str, Any]:
    tag = "musllinux_1_2_x86_64"
    return {"op": "audit", "wheel": str(wheel), "tag": tag, "floor": [1, 2, 0]}


def test_a_wheel_that_is_cut_off_anywhere_is_refused(
    command: list[str], tmp_path: Path
) -> None:
    whole = make_wheel(SUITE["promise/gettid-1-2"].request, tmp_path)
    content = whole.read_bytes()
    requests = []
    for size in range(0, len(content), 97):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / whole.name).write_bytes(content[:size])
        requests.append(audit(folder / whole.name))
    assert ask(command, requests) == ["no value"] * len(requests)
    assert ask(command, [audit(whole)])[0]["needs"] == [1, 2, 2]


def test_a_damaged_object_is_no_exception(command: list[str], tmp_path: Path) -> None:
    """Whatever a byte of the object becomes, an answer says whether the tag holds."""
    content = bytearray(bytes(Object(undefined=["gettid"], needed=["libc.so"])))
    requests = []
    for place in range(0, len(content), 5):
        folder = tmp_path / str(place)
        folder.mkdir()
        damaged = content[:place] + b"\xff" + content[place + 1 :]
        wheel = folder / "demo-1.0-cp311-cp311-musllinux_1_2_x86_64.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("m.abi3.so", bytes(damaged))
        requests.append(audit(wheel))
    assert all(isinstance(each["honest"], bool) for each in ask(command, requests))


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
