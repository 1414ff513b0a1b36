"""``pytest conformance --impl=...`` as a person or a CI job runs it."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from musllinux_conformance import files, vectors

CONFORMANCE = files.VECTORS.parent

OBJECTS = """
from musllinux_conformance import Rejected
from musllinux_conformance.adapters.reference import Reference

class Ascending(Reference):
    name, version = "ascending", "1.0"
    operations = ["platform_tags", "select"]
    def platform_tags(self, musl, machine, pointer_bits):
        return super().platform_tags(musl, machine, pointer_bits)[::-1]

class Shy(Reference):
    operations = ["platform_tags"]

class Silent:
    pass

class Careless(Reference):
    operations = ["platform_tags", "parse_tag"]
    def parse_tag(self, tag):
        return {"major": 1, "minor": 2, "arch": "x86_64"}

class Crashing(Reference):
    operations = ["parse_tag"]
    def parse_tag(self, tag):
        raise ValueError(tag)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "objects.py").write_text(textwrap.dedent(OBJECTS))
    return tmp_path


def ask(folder: Path, impl: str, *arguments: str) -> tuple[int, str]:
    """Run the suite in a process of its own; return its status and its output."""
    command = [sys.executable, "-m", "pytest", str(CONFORMANCE), "-q"]
    command += ["-p", "no:cacheprovider", f"--impl={impl}", *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_a_failure_is_told_in_one_block(folder: Path) -> None:
    vector = "order/minor-descending"
    status, output = ask(folder, "objects:Ascending", f"--vector={vector}")
    assert status == 1
    want = """
    order/minor-descending: musl 1.2 offers 1.2, then 1.1, then 1.0
      order.newest-first: For one architecture, tags MUST be listed from the running
      minor version down.
    """
    assert textwrap.dedent(want).rstrip() in output
    want = f"""
      expected  musllinux_1_2_x86_64, musllinux_1_1_x86_64, musllinux_1_0_x86_64
      answered  musllinux_1_0_x86_64, musllinux_1_1_x86_64, musllinux_1_2_x86_64
      again     pytest conformance --impl=objects:Ascending --vector {vector}
    """
    assert textwrap.indent(textwrap.dedent(want), "  ").rstrip() in output
    assert "Traceback" not in output


def test_the_verdict_comes_before_the_failures(folder: Path) -> None:
    status, output = ask(folder, "objects:Ascending", "-k", "order or select")
    assert status == 1
    assert "Detector   fails" in output
    assert "Installer  fails" in output
    assert "Index      not claimed" in output
    assert output.index("Detector   fails") < output.index("order.newest-first")


def test_an_operation_that_is_not_declared_leaves_the_class_incomplete(
    folder: Path,
) -> None:
    status, output = ask(folder, "objects:Shy", "-k", "order or detect")
    assert status == 0
    assert "Detector   incomplete" in output
    assert "Installer  not claimed" in output


def test_nothing_judged_is_no_success(folder: Path) -> None:
    status, output = ask(folder, "objects:Silent")
    assert status == 1
    assert output.count("not claimed") == 4


@pytest.mark.parametrize(
    ("group", "status"), [("Detector", 1), ("Installer", 1), ("Robot", 4)]
)
def test_require_wants_the_whole_class(folder: Path, group: str, status: int) -> None:
    assert ask(folder, "objects:Shy", "-k", "order", "--require", group)[0] == status


def test_a_crash_is_never_a_rejection(folder: Path) -> None:
    status, output = ask(folder, "objects:Crashing", "--vector=grammar/empty-arch")
    assert status == 1
    assert "grammar/empty-arch: an empty ARCH [error]" in output
    assert "ValueError: musllinux_1_2_" in output


def test_a_report_fits_its_schema_and_is_the_same_twice(folder: Path) -> None:
    reports = []
    for name in ("one.json", "two.json"):
        arguments = ("-k", "order or loader", "--report", str(folder / "sub" / name))
        assert ask(folder, "objects:Shy", *arguments)[0] == 0
        reports.append((folder / "sub" / name).read_bytes())
    assert reports[0] == reports[1]
    report = json.loads(reports[0])
    vectors.validator("report.json").validate(report)
    assert report["suite"]["sha256"] == vectors.content_hash()
    assert {r["outcome"] for r in report["results"]} >= {"passed", "unsupported"}


def test_a_report_that_cannot_be_written_is_said_in_a_line(folder: Path) -> None:
    (folder / "file").write_text("")
    arguments = ("-k", "order", "--report", "file/report.json")
    status, output = ask(folder, "objects:Shy", *arguments)
    assert status != 0
    assert "file" in output
    assert "Traceback" not in output


def xfails(folder: Path, text: str, *arguments: str) -> tuple[int, str]:
    (folder / "xfails").write_text(text)
    return ask(folder, "objects:Ascending", "--xfails=xfails", *arguments)


def test_xfails_are_written_and_then_cover_everything(folder: Path) -> None:
    status, _ = ask(folder, "objects:Ascending", "--write-xfails=xfails")
    assert status == 1
    written = (folder / "xfails").read_text()
    assert "order/minor-descending  # expected musllinux_1_2_x86_64" in written
    status, output = xfails(folder, written, "--report=report.json")
    assert status == 0, output
    assert "Detector   incomplete" in output
    report = json.loads((folder / "report.json").read_text())
    assert "xfailed" in {r["outcome"] for r in report["results"]}


def test_a_pattern_covers_a_family(folder: Path) -> None:
    status, _ = xfails(folder, "order/*  # ascending\n", "-k", "order/")
    assert status == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("order/minor-descending\n", "has no reason"),
        ("order/no-such-vector  # because\n", "matches no vector"),
        ("nosuchfamily/*  # because\n", "matches no vector"),
        ("order/* # one\norder/* # two\n", "stands twice"),
    ],
)
def test_a_wrong_entry_stops_the_run(folder: Path, text: str, why: str) -> None:
    status, output = xfails(folder, text)
    assert status == 4
    assert why in output


def test_an_entry_that_passes_fails_the_run(folder: Path) -> None:
    text = "order/minor-zero  # not true any more\n"
    status, output = xfails(folder, text, "-k", "order/minor-zero")
    assert status == 1
    assert "remove the entry" in output


def test_a_pattern_fails_the_run_only_if_all_pass(folder: Path) -> None:
    status, output = xfails(
        folder, "grammar/*  # gone\n", "-k", "grammar", "--impl=reference"
    )
    assert status == 1
    assert "remove the entry" in output


@pytest.mark.parametrize(
    ("impl", "why"),
    [
        ("refrence", "Did you mean reference?"),
        ("exec:", "names no command"),
        ("exec:'", "No closing quotation"),
        ("exec:/nowhere", "cannot be started"),
        ("objects:Nothing", "Nothing"),
        ("nomodule:X", "nomodule"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(
    folder: Path, impl: str, why: str
) -> None:
    status, output = ask(folder, impl)
    assert status == 4
    assert why in output
    assert "Traceback" not in output


def test_an_implementation_must_be_named(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", str(CONFORMANCE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 4
    assert "say which implementation" in done.stderr


def test_it_runs_without_a_checkout(folder: Path) -> None:
    command = [sys.executable, "-m", "musllinux_conformance", "--impl=objects:Shy"]
    done = subprocess.run(
        [*command, "-k", "order"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert "Detector   incomplete" in done.stdout


def test_the_merged_file_is_written(folder: Path) -> None:
    command = [sys.executable, "-m", "musllinux_conformance", "--merge", "vectors.json"]
    subprocess.run(command, cwd=folder, check=True, timeout=60)
    merged = json.loads((folder / "vectors.json").read_text())
    assert merged == json.loads(json.dumps(vectors.merged()))
