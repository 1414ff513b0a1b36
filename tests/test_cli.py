"""``python -m musllinux``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from musllinux.__main__ import main
from musllinux_conformance import vectors
from musllinux_conformance.hosts import materialise

TARGET = ["--musl", "1.2", "--arch", "x86_64"]
OLD, NEW = (f"demo-1-cp311-cp311-musllinux_1_{y}_x86_64.whl" for y in (1, 2))


@pytest.fixture
def musl_python(tmp_path: Path) -> str:
    return str(materialise(vectors.load()["detect/musl-1-2"].request, tmp_path))


def test_detect_says_what_an_interpreter_is(
    musl_python: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", musl_python]) == 0
    assert capsys.readouterr().out == "musl 1.2, x86_64\n"


def test_detect_in_json(musl_python: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "detect", musl_python]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"musl": [1, 2], "arch": "x86_64", "executable": musl_python}


def test_detect_says_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", "/nowhere"]) == 1
    assert "No such file" in capsys.readouterr().out


def test_no_command_describes_this_interpreter(
    musl_python: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "executable", musl_python)
    assert main([]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{musl_python}: musl 1.2, x86_64",
        "musllinux_1_2_x86_64",
        "musllinux_1_1_x86_64",
        "musllinux_1_0_x86_64",
    ]


def test_tags(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tags", *TARGET, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tags"][0] == "musllinux_1_2_x86_64"


def test_select(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["select", *TARGET, "--python", "3.11", OLD, NEW]) == 0
    assert capsys.readouterr().out == f"{NEW}\n"
    assert main(["select", *TARGET, "--python", "3.10", OLD, NEW]) == 1


@pytest.mark.parametrize(
    "arguments", [["tags", "--musl", "one"], ["select"], ["install"], ["--no-such"]]
)
def test_usage_is_exit_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "musllinux", "tags", *TARGET],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.splitlines()[0] == "musllinux_1_2_x86_64"
