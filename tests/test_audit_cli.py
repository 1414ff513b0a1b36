"""The command ``python -m musllinux audit``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audit_objects import Elf, make_wheel
from musllinux.__main__ import main
from musllinux_audit import CODES, cli

HONEST = {"x.so": Elf(undefined=["open"])}
FALSE = {"x.so": Elf(undefined=["foo"])}
PATCH = {"x.so": Elf(undefined=["statx"])}


@pytest.mark.parametrize(
    ("files", "status"), [(HONEST, 0), (PATCH, 0), (FALSE, 1), ({}, 0)]
)
def test_exit_status(tmp_path: Path, files: dict[str, Elf], status: int) -> None:
    assert main(["audit", str(make_wheel(tmp_path, files))]) == status


def test_wheel_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = make_wheel(tmp_path, FALSE)
    bad = tmp_path / "p-1-py3-none-musllinux_1_2_x86_64.whl"
    bad.write_bytes(b"PK")
    assert main(["audit", str(bad), str(good), str(tmp_path / "x")]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{bad.name}: cannot be read: ")
    assert lines[1] == good.name
    assert lines[-1].startswith("x: cannot be read: ")


@pytest.mark.parametrize(
    "arguments", [[], ["--minimum", "1.2", "x.whl"], ["--minimum", "new", "x.whl"]]
)
def test_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["audit", *arguments])
    assert error.value.code == 2


def test_what_a_person_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elf = Elf(undefined=["gettid", "statx"], needed=["libfoo.so"])
    main(["audit", str(make_wheel(tmp_path, {"x.so": elf}))])
    assert capsys.readouterr().out == (
        "p-1-cp311-cp311-musllinux_1_2_x86_64.whl\n"
        "  musllinux_1_2_x86_64: not honest, needs upstream musl 1.2.5 or later\n"
        f"    library-outside: {CODES['library-outside'].meaning}\n"
        "      x.so: libfoo.so\n"
        f"      To do: {CODES['library-outside'].remedy}\n"
        "  What no X_Y tag can say:\n"
        f"    needs-patch-release: {CODES['needs-patch-release'].meaning}\n"
        "      x.so: gettid (musl 1.2.2)\n"
        "      x.so: statx (musl 1.2.5)\n"
        f"      To do: {CODES['needs-patch-release'].remedy}\n"
        "  lowest honest tag for x86_64: none\n"
    )


def test_what_a_program_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = make_wheel(tmp_path, PATCH)
    assert main(["audit", "--json", str(wheel), str(tmp_path / "x")]) == 2
    reason = {
        "code": "needs-patch-release",
        "severity": "patch",
        "file": "x.so",
        "subject": "statx",
        "since": [1, 2, 5],
    }
    tag = {
        "tag": "musllinux_1_2_x86_64",
        "honest": True,
        "needs": [1, 2, 5],
        "reasons": [reason],
    }
    audited, unreadable = json.loads(capsys.readouterr().out)["wheels"]
    assert audited == {
        "wheel": wheel.name,
        "tags": [tag],
        "lowest": {"x86_64": "musllinux_1_2_x86_64"},
    }
    assert unreadable.keys() == {"wheel", "error"}


def test_minimum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = str(make_wheel(tmp_path, PATCH))
    assert main(["audit", "--minimum", "1.2.5", wheel]) == 0
    assert "needs-patch-release" not in capsys.readouterr().out


def test_many_symbols_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elf = Elf(undefined=[f"foo{number}" for number in range(50)])
    wheel = str(make_wheel(tmp_path, {"x.so": elf}))
    main(["audit", wheel])
    assert f"and {50 - cli.SHOWN} more\n" in capsys.readouterr().out
    main(["audit", "--json", wheel])
    tag = json.loads(capsys.readouterr().out)["wheels"][0]["tags"][0]
    assert len(tag["reasons"]) == 50


def test_names_from_the_wheel_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = "\x1b[31m\n\u202e"
    elf = Elf(undefined=[f"symbol{bad}"], needed=[f"lib{bad}" + "x" * 5_000])
    wheel = str(make_wheel(tmp_path, {f"file{bad}.so": elf, f"{bad}": b"\x7fELF"}))
    main(["audit", wheel])
    out = capsys.readouterr().out
    assert not set("\x1b\u202e") & set(out)
    assert max(map(len, out.splitlines())) < 2_000
    assert "symbol\\x1b" in out
    main(["audit", "--json", wheel])
    out = capsys.readouterr().out
    assert out.isascii()
    assert len(out.splitlines()) == 1
    reasons = json.loads(out)["wheels"][0]["tags"][0]["reasons"]
    assert f"symbol{bad}" in {reason["subject"] for reason in reasons}


def test_detector_works_without_importing_the_auditor() -> None:
    script = "import sys, musllinux; sys.exit('musllinux_audit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_progress_is_for_terminals(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wheels = [str(make_wheel(tmp_path, HONEST))] * 2
    main(["audit", *wheels])
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    main(["audit", *wheels])
    assert "[2/2]" in capsys.readouterr().err
