"""The adapter of maturin: what it gives maturin, and how it reads what that says.

Tests marked ``network`` install maturin: ``pytest -m network``.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from musllinux_conformance import environments, vectors
from musllinux_conformance.adapters.maturin import TARGETS, Maturin
from musllinux_conformance.adapters.maturin_driver import write_project
from musllinux_conformance.environments import Environment
from musllinux_conformance.wheels import make_wheel

GRANTED = {"ok": {"honest": True, "needs": None, "reasons": []}}
REFUSED = {"ok": {"honest": False, "needs": None, "reasons": []}}
ENSURING = "Error ensuring musllinux_1_2 compliance"
BUILDS = """\
#!%s
import json, subprocess, sys, zipfile
artifact = json.loads(subprocess.check_output(["cargo", "rustc"]))
out = sys.argv[sys.argv.index("--out") + 1]
name = out + "/demo-1.0.0-cp311-cp311-musllinux_1_2_x86_64.whl"
with zipfile.ZipFile(name, "w") as archive:
    path = "demo/demo.cpython-311-x86_64-linux-musl.so"
    with open(artifact["filenames"][0], "rb") as file:
        archive.writestr(path, file.read() + b"%s")
"""


@pytest.fixture
def maturin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the adapter looks for maturin."""
    environment = Environment(tmp_path, "maturin", "1.16.0")
    environment.programs.mkdir()

    def ensure(tool: str, version: str | None = None) -> Environment:
        return environment

    monkeypatch.setattr(environments, "ensure", ensure)
    return environment.programs / "maturin"


def program(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)


def asked(vector_id: str, folder: Path) -> Any:
    """Return what the adapter answers to a vector."""
    request = vectors.load()[vector_id].request
    wheel = {"wheel": str(make_wheel(request, folder))}
    (answer,) = Maturin().answer_many([{**request, **wheel, "id": 1}])
    return answer


@pytest.mark.parametrize(
    ("causes", "answer"),
    [
        (["Your library requires copying the above external libraries."], REFUSED),
        ([ENSURING, "Your library is not musllinux_1_2 compliant because"], REFUSED),
        ([ENSURING, "Goblin failed to parse the elf file", "Too small"], REFUSED),
        ([ENSURING, "because it has unsupported architecture: x86_64"], None),
        ([ENSURING, "musllinux_1_2 compatibility policy is not defined by"], None),
    ],
)
def test_what_the_check_says(
    causes: list[str], answer: Any, maturin: Path, tmp_path: Path
) -> None:
    said = "".join(f"\n  Caused by: {cause}" for cause in causes)
    program(maturin, f"#!/bin/sh\necho 'maturin failed{said}' >&2\nexit 1\n")
    no_policy = {"unsupported": "maturin has no policy for musllinux_1_2_x86_64"}
    assert asked("promise/gettid-1-2", tmp_path) == (answer or no_policy)


@pytest.mark.parametrize(
    "text",
    [
        "echo 'maturin failed\n  Caused by: Cargo metadata failed.' >&2; exit 1",
        "echo 'Caused by: Your library could not be built' >&2; exit 1",
        "echo 'thread main panicked' >&2; exit 101",
        "exit 1",
        "exit 0",
    ],
)
def test_what_is_not_of_the_check_is_an_error(
    text: str, maturin: Path, tmp_path: Path
) -> None:
    program(maturin, f"#!/bin/sh\n{text}\n")
    assert "error" in asked("promise/gettid-1-2", tmp_path)


def test_a_wheel_with_the_module_in_it_is_granted(
    maturin: Path, tmp_path: Path
) -> None:
    program(maturin, BUILDS % (sys.executable, ""))
    assert asked("promise/gettid-1-2", tmp_path) == GRANTED


def test_a_wheel_of_something_else_is_an_error(maturin: Path, tmp_path: Path) -> None:
    program(maturin, BUILDS % (sys.executable, "more"))
    assert "something else" in asked("promise/gettid-1-2", tmp_path)["error"]


@pytest.mark.parametrize(
    "vector",
    [
        "promise/musl-inside",
        "promise/musl-program",
        "promise/gnu-suffix",
        "promise/old-musl-suffix",
        "promise/other-version-suffix",
        "promise/arch-armv6l",
        "promise/tag-leading-zero",
        "promise/tag-line-feed",
    ],
)
def test_what_maturin_cannot_be_asked(
    vector: str, maturin: Path, tmp_path: Path
) -> None:
    program(maturin, "#!/bin/sh\nexit 1\n")
    assert asked(vector, tmp_path)["unsupported"].startswith("maturin ")


def test_the_stand_in_answers_what_it_knows_alone(tmp_path: Path) -> None:
    write_project(tmp_path, b"module")
    cargo = tmp_path / "cargo"
    built = json.loads(subprocess.check_output([cargo, "rustc", "--lib"]))
    assert Path(built["filenames"][0]).read_bytes() == b"module"
    assert json.loads(subprocess.check_output([cargo, "metadata"]))["version"] == 1
    ended = subprocess.run([cargo, "build"], capture_output=True, check=False)
    assert ended.returncode != 0
    assert ended.stdout == b""


# maturin as released


@pytest.mark.network
@pytest.mark.parametrize("arch", TARGETS)
def test_the_newest_release_knows_every_target(arch: str, tmp_path: Path) -> None:
    # A library for s390x with DT_HASH alone it cannot read.
    expected = REFUSED if arch == "s390x" else GRANTED
    assert asked(f"promise/arch-{arch.replace('_', '-')}", tmp_path) == expected


@pytest.mark.network
def test_the_newest_release_refuses_a_library_from_outside(tmp_path: Path) -> None:
    assert asked("promise/libssl", tmp_path) == REFUSED
