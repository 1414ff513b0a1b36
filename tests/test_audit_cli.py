"""The command ``python -m musllinux audit``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audit_wheels import make_wheel
from musllinux.__main__ import main
from musllinux_audit import CODES, Reason, cli
from musllinux_conformance import vectors
from musllinux_conformance.files import SCHEMA
from musllinux_conformance.objects import Object

HONEST = {"x.so": Object(undefined=["open"])}
FALSE = {"x.so": Object(undefined=["foo"])}
PATCH = {"x.so": Object(undefined=["statx"])}


@pytest.mark.parametrize(
    ("files", "status"), [(HONEST, 0), (PATCH, 0), (FALSE, 1), ({}, 0)]
)
def test_exit_status(tmp_path: Path, files: dict[str, Object], status: int) -> None:
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
    files = {
        "x.so": Object(
            undefined=["gettid", "statx", "foo"], needed=["libfoo.so"], relr=True
        ),
        "y.so": Object(undefined=["posix_fallocate64"]),
    }
    main(["audit", str(make_wheel(tmp_path, files))])
    removed, outside, patch = (
        CODES[code]
        for code in ("symbol-removed-later", "library-outside", "needs-patch-release")
    )
    fallocate = Reason("symbol-removed-later", subject="posix_fallocate64").remedy
    relr = Reason("needs-patch-release", subject="DT_RELR").remedy
    assert capsys.readouterr().out == (
        "p-1-cp311-cp311-musllinux_1_2_x86_64.whl\n"
        "  musllinux_1_2_x86_64: not honest; the rest needs musl 1.2.6 (Alpine 3.24)"
        " or later\n"
        f"    symbol-removed-later: {removed.meaning}\n"
        "      y.so: posix_fallocate64; not in musl 1.2.4 and 1.2.5, again from musl"
        " 1.2.6 (Alpine 3.24) on\n"
        f"      To do for posix_fallocate64: {fallocate}\n"
        f"    library-outside: {outside.meaning}\n"
        "      x.so: libfoo.so\n"
        "      Likely for this reason: symbol-unknown (1)\n"
        f"      To do: {outside.remedy}\n"
        "  Besides, this does not hold on every musl 1.2:\n"
        f"    needs-patch-release: {patch.meaning}\n"
        "      x.so: gettid; from musl 1.2.2 (Alpine 3.13) on\n"
        "      x.so: DT_RELR; from musl 1.2.4 (Alpine 3.18) on\n"
        "      x.so: statx; from musl 1.2.5 (Alpine 3.20) on\n"
        f"      To do for DT_RELR: {relr}\n"
        f"      To do: {patch.remedy}\n"
        "  lowest tag not found false for x86_64: none\n"
    )


@pytest.mark.parametrize(
    ("elf", "tag", "headline", "lowest"),
    [
        (Object(), "1_1_x86_64", "honest", "musllinux_1_1_x86_64"),
        (
            Object(undefined=["secure_getenv"]),
            "1_2_x86_64",
            "honest; needs musl 1.1.24 or later",
            "musllinux_1_1_x86_64, from musl 1.1.24 on",
        ),
        (
            Object(relr=True),
            "1_2_x86_64",
            "honest; needs musl 1.2.4 (Alpine 3.18) or later",
            "musllinux_1_2_x86_64, from musl 1.2.4 (Alpine 3.18) on",
        ),
        (Object(undefined=["foo"]), "1_2_x86_64", "not honest", "none"),
        (Object(), "1_2_mips", "not judged", "none"),
        (Object(), "2_0_x86_64", "not judged", "musllinux_1_1_x86_64"),
        (
            Object(),
            "1_3_x86_64",
            "not found false, but judged only in part",
            "musllinux_1_1_x86_64",
        ),
        (
            Object("i686"),
            "1_2_i686",
            "honest",
            "musllinux_1_1_i686; no audit can show that all parts agree on the width"
            " of time_t",
        ),
    ],
)
def test_headline_and_lowest_tag(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    elf: Object,
    tag: str,
    headline: str,
    lowest: str,
) -> None:
    main(["audit", str(make_wheel(tmp_path, {"x.so": elf}, f"musllinux_{tag}"))])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"  musllinux_{tag}: {headline}"
    arch = tag.split("_", 2)[2]
    assert lines[-1] == f"  lowest tag not found false for {arch}: {lowest}"


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
        "follows": None,
        "since": [1, 2, 5],
    }
    tag = {
        "tag": "musllinux_1_2_x86_64",
        "honest": True,
        "judged": True,
        "taken": True,
        "needs": [1, 2, 5],
        "unmet": [],
        "reasons": [reason],
    }
    audited, unreadable = json.loads(capsys.readouterr().out)["wheels"]
    assert audited == {
        "wheel": wheel.name,
        "tags": [tag],
        "lowest": {"x86_64": {"tag": "musllinux_1_2_x86_64", "since": [1, 2, 5]}},
    }
    assert unreadable.keys() == {"wheel", "error"}


ANSWERS = {
    "honest": (HONEST, "musllinux_1_2_x86_64"),
    "patch": (PATCH, "musllinux_1_2_x86_64"),
    "false": (FALSE, "musllinux_1_1_x86_64.musllinux_1_2_x86_64"),
    "removed": (
        {"x.so": Object(undefined=["posix_fallocate64"])},
        "musllinux_1_2_x86_64",
    ),
    "gone": ({"x.so": Object(undefined=["__yield"])}, "musllinux_1_1_x86_64"),
    "time": ({"x.so": Object("i686", undefined=["__time64"])}, "musllinux_1_1_i686"),
    "malformed tag": (HONEST, "musllinux_01_2_x86_64"),
    "unlisted": (HONEST, "musllinux_1_2_mips"),
    "unknown": (HONEST, "musllinux_2_0_x86_64"),
    "no tag": (HONEST, "linux_x86_64"),
    "nothing": ({}, "any"),
    "malformed file": ({"x.so": b"\x7fELF"}, "musllinux_1_2_x86_64"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_fit_their_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    answer = json.loads(answer_of(tmp_path, capsys, name))
    vectors.validator("audit.json").validate(answer)


def answer_of(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> str:
    files, platform = ANSWERS[name]
    main(["audit", "--json", str(make_wheel(folder, files, platform)), "x"])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("patch", 'null, "since": [1, 2, 5]', 'null, "since": "1.2.5"'),
        ("patch", ', "since": [1, 2, 5]}]', "}]"),
        ("patch", '"needs-patch-release"', '"needs-patch"'),
        ("patch", '"severity": "patch"', '"severity": "breaks"'),
        ("patch", '"needs": [1, 2, 5], ', ""),
        ("patch", '"judged": true', '"judged": 1'),
        ("removed", ', "lacking": [[1, 2, 4], [1, 2, 5]]', ""),
        ("patch", '"follows": null', '"follows": "none"'),
        ("unlisted", '"needs": null', '"needs": [1, 2, 0]'),
        ("unlisted", '"unmet": []', '"unmet": ["open"]'),
        ("honest", '"error"', '"why"'),
        ("honest", '"tag": "musllinux_1_1_x86_64", ', ""),
    ],
)
def test_the_schema_catches_single_edits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str
) -> None:
    answer = answer_of(tmp_path, capsys, name)
    assert answer.count(old) == 1, answer
    schema = vectors.validator("audit.json")
    assert schema.is_valid(json.loads(answer))
    assert not schema.is_valid(json.loads(answer.replace(old, new)))


def test_the_schema_knows_every_code() -> None:
    codes = json.loads((SCHEMA / "audit.json").read_text())["$defs"]["code"]["enum"]
    assert codes == list(CODES)


def test_a_reader_that_ends_early_is_no_error(tmp_path: Path) -> None:
    files = {
        f"{n}.so": Object(undefined=[f"{n}_{m}" * 9 for m in range(9)])
        for n in range(99)
    }
    names = [make_wheel(tmp_path, files, f"musllinux_1_{n}_x86_64") for n in range(9)]
    command = [sys.executable, "-m", "musllinux", "audit", "--json", *map(str, names)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.read(1) == b"{"
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait() == 1


def test_minimum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = str(make_wheel(tmp_path, PATCH))
    assert main(["audit", "--minimum", "1.2.5", wheel]) == 0
    assert "needs-patch-release" not in capsys.readouterr().out


def test_many_symbols_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elf = Object(undefined=[f"foo{number}" for number in range(50)])
    wheel = str(make_wheel(tmp_path, {"x.so": elf}))
    main(["audit", wheel])
    assert f"and {50 - cli.SHOWN} more\n" in capsys.readouterr().out
    main(["audit", "--json", wheel])
    tag = json.loads(capsys.readouterr().out)["wheels"][0]["tags"][0]
    assert len(tag["reasons"]) == 50


def test_many_files_with_one_warning_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"m{n:02}.cpython-310-x86_64-linux-gnu.so" for n in range(50)]
    files = {name: Object(defined=["PyInit_m"]) for name in names}
    wheel = str(make_wheel(tmp_path, files, python="cp310-cp310"))
    assert main(["audit", wheel]) == 0
    out = capsys.readouterr().out
    assert names[cli.SHOWN - 1] in out
    assert names[cli.SHOWN] not in out
    assert f"and {50 - cli.SHOWN} lines more" in out


def test_a_library_that_is_grafted_says_how_it_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "a.so": Object(soname="libc.so"),
        "libc.musl-x86_64.so.1": Object(),
        "c.so": Object(defined=["__libc_start_main", "__errno_location"]),
    }
    main(["audit", str(make_wheel(tmp_path, files))])
    out = capsys.readouterr().out
    assert "a.so: its DT_SONAME is libc.so\n" in out
    assert "libc.musl-x86_64.so.1: by its file name\n" in out
    assert "c.so: defines __errno_location and __libc_start_main\n" in out


def test_names_from_the_wheel_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = "\x1b[31m\n\u202e"
    files = {
        f"file{bad}.so": Object(undefined=[f"symbol{bad}"]),
        "other.so": Object(needed=[f"lib{bad}" + "x" * 5_000]),
        f"{bad}": b"\x7fELF",
    }
    wheel = str(make_wheel(tmp_path, files))
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
