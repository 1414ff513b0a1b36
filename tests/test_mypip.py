"""The example installer conforms, its wrong copies are caught, and its page is true."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from musllinux_conformance import requirements, vectors, xfails
from musllinux_conformance.outcomes import BROKEN, OUTCOMES, Result
from musllinux_conformance.plugin import block
from musllinux_conformance.runner import Run
from musllinux_conformance.serve import OPERATIONS

ROOT = Path(__file__).parent.parent
README = (ROOT / "conformance" / "README.md").read_text("utf-8")
SOURCE = (ROOT / "conformance" / "mypip" / "mypip.py").read_text("utf-8")
NODE = "exec:node conformance/mypip/mypip.mjs"
FORMS = ("mypip", "mypip:MyPip", NODE)


def needs_node() -> None:
    """Skip where Node is not installed, but never in CI."""
    if shutil.which("node") is None:
        why = "Node is not installed; take it from the distribution: apt install nodejs"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[subprocess.CompletedProcess[str], Path]]:
    """Run the whole suite in each form at once, as most of its time is waiting."""
    folder = tmp_path_factory.mktemp("reports")

    def ask(form: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        report = folder / f"{FORMS.index(form)}.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "conformance",
        ]
        command += [f"--impl={form}", f"--report={report}"]
        # A busy machine is slow; what is asked is the limit of the example itself.
        command += ["--require=Detector", "--require=Installer", "--time-limit=60"]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        return done, report

    forms = [form for form in FORMS if form != NODE or shutil.which("node")]
    with ThreadPoolExecutor() as pool:
        return dict(zip(forms, pool.map(ask, forms), strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_the_example_conforms(form: str, runs: dict[str, Any]) -> None:
    if form == NODE:
        needs_node()
    done, report = runs[form]
    hint = "\n(is it installed?  pip install -e conformance/mypip)"
    assert done.returncode == 0, done.stdout + done.stderr + hint
    assert json.loads(report.read_text())["verdicts"] == {
        "Detector": "conforms",
        "Installer": "conforms",
        "Auditor": "not claimed",
        "Index": "not claimed",
    }


@pytest.mark.parametrize("name", ["mypip.py", "mypip.mjs"])
def test_the_example_stays_small_and_stands_alone(name: str) -> None:
    text = (ROOT / "conformance" / "mypip" / name).read_text("utf-8")
    assert len(text.splitlines()) < 130
    imported = re.findall(r"^(?:from|import) (\w+)|from \"([^\"]+)\"", text, re.M)
    modules = {python or node for python, node in imported}
    assert modules
    assert not {m for m in modules if m.startswith("musllinux")}
    assert all(m.startswith("node:") for m in modules) or name == "mypip.py"


@pytest.fixture
def ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Result]]:
    """Return a function that asks a copy of the example, given its text, a few ids."""
    monkeypatch.chdir(tmp_path)

    def answers(source: str, *ids: str) -> dict[str, Result]:
        Path("variant.py").write_text(source, "utf-8")
        serve = [sys.executable, "-m", "musllinux_conformance.serve", "variant:MyPip"]
        going = Run(serve, [vectors.load()[name] for name in ids], 10)
        try:
            return dict(going.results())
        finally:
            going.close()

    return answers


WRONG = {
    "ascending": (
        "range(musl[1], -1, -1)",
        "range(musl[1] + 1)",
        "order/minor-descending",
        "order.newest-first",
    ),
    "stops at minor 1": (
        "range(musl[1], -1, -1)",
        "range(musl[1], 0, -1)",
        "order/reaches-zero",
        "order.down-to-zero",
    ),
    "takes the kernel for the interpreter": (
        "bits == pointer_bits and machine in machines",
        "machine in machines",
        "arch/i686-on-x86-64",
        "arch.pointer-size",
    ),
    "trusts the exit status": (
        "env={},",
        "env={}, check=True,",
        "detect/exit-status-127",
        "detect.exit-status",
    ),
    "reads standard output": (
        "stdout=subprocess.DEVNULL",
        "stdout=stderr",
        "detect/banner-on-stdout",
        "detect.stdout",
    ),
    "reads text": (
        "return stderr.read()",
        "return stderr.read().decode().encode()",
        "detect/not-utf-8",
        "banner.rest",
    ),
    "lets errors out": (
        "except Exception:",
        "except ValueError:",
        "detect/loader-missing",
        "detect.failure",
    ),
    "installs what is yanked": (
        ' if not file["yanked"]',
        "",
        "select/yanked-newest",
        "select.yanked",
    ),
    "dies of a bad name": (
        "except ValueError:  # A",
        "except KeyError:  # A",
        "select/too-few-parts",
        "select.bad-name",
    ),
}


@pytest.mark.parametrize(
    ("old", "new", "vector", "rule"), WRONG.values(), ids=WRONG.keys()
)
def test_a_wrong_copy_is_caught(
    old: str, new: str, vector: str, rule: str, ask: Callable[..., dict[str, Result]]
) -> None:
    assert SOURCE.count(old) == 1
    result = ask(SOURCE.replace(old, new), vector)[vector]
    assert result.outcome in BROKEN
    text = " ".join(" ".join(block("variant:MyPip", result)).split())
    assert f"{rule}: {requirements.load()[rule].text}" in text


def test_an_equal_copy_is_not_caught(ask: Callable[..., dict[str, Result]]) -> None:
    results = ask(SOURCE, *(vector for _, _, vector, _ in WRONG.values()))
    assert {result.outcome for result in results.values()} == {"passed"}


def fenced(language: str) -> list[str]:
    """Return the blocks of one language on the page."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)
    return [text for found, text in blocks if found == language]


def test_the_page_is_short_and_its_links_lead_somewhere() -> None:
    assert len(README.splitlines()) < 200
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / "conformance" / link).exists(), link


def test_the_page_shows_the_example_as_it_is() -> None:
    blocks = list(fenced("python"))
    assert blocks
    for each in blocks:
        assert each in SOURCE


def test_the_page_shows_a_failure_as_it_is(
    ask: Callable[..., dict[str, Result]],
) -> None:
    old, new, *_ = WRONG["ascending"]
    vector = "order/newest-before-oldest"
    result = ask(SOURCE.replace(old, new), vector)[vector]
    assert "".join(f"{x}\n" for x in block("variant:MyPip", result)) in fenced("")


def test_the_page_shows_a_conversation_as_it_is() -> None:
    needs_node()
    lines = next(each for each in fenced("") if each.startswith("> ")).splitlines()
    sent = [line[2:] for line in lines if line.startswith("> ")]
    done = subprocess.run(
        ["node", ROOT / "conformance" / "mypip" / "mypip.mjs"],
        input="".join(line + "\n" for line in sent),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    shown = [json.loads(line[2:]) for line in lines if line.startswith("< ")]
    assert [json.loads(line) for line in done.stdout.splitlines()] == shown


def test_the_page_shows_the_verdicts_as_they_are(runs: dict[str, Any]) -> None:
    done, _ = runs["mypip"]
    shown = next(each for each in fenced("") if each.startswith("Detector"))
    for line in shown.splitlines():
        assert "\n" + line.removesuffix("(...)").rstrip() in done.stdout


COMMANDS = [line for each in fenced("sh") for line in each.splitlines()]


def run(line: str, folder: Path, *more: str, stdin: str = "") -> tuple[int, str]:
    """Run a command of the page in a folder; return its exit status and output."""
    program, *words = shlex.split(line)
    start = [sys.executable, *(["-m", "pytest"] if program == "pytest" else [])]
    full = str(ROOT / "conformance")
    words = [re.sub(r"(?<![\w.])conformance(?=/|$)", full, word) for word in words]
    done = subprocess.run(
        [*start, *words, *more],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("line", [line for line in COMMANDS if "--impl" in line])
def test_a_command_of_the_page_asks(line: str, tmp_path: Path) -> None:
    """It is run as it stands, but for one vector, which leaves classes incomplete."""
    if "node" in line:
        needs_node()
    (tmp_path / "xfails.txt").write_text("detect/*  # are not asked here\n", "utf-8")
    status, output = run(line, tmp_path, "--vector=order/minor-descending")
    assert "1 passed" in output
    assert status == (1 if "--require" in line else 0), output
    for option, name in re.findall(r"(--report|--write-xfails) (\S+)", line):
        assert (tmp_path / name).exists(), option


def test_the_page_names_a_command_that_writes_the_vectors(tmp_path: Path) -> None:
    (line,) = [line for line in COMMANDS if "--merge" in line]
    status, output = run(line, tmp_path)
    assert (status, output) == (0, "")
    merged = json.loads((tmp_path / "vectors.json").read_text("utf-8"))
    assert {v["id"] for v in merged["vectors"]} >= vectors.load().keys()


def test_the_page_names_a_command_that_speaks_the_protocol(tmp_path: Path) -> None:
    (line,) = [line for line in COMMANDS if "serve" in line]
    status, output = run(line, tmp_path, stdin='{"hello": 1}\n{"bye": true}\n')
    assert status == 0, output
    assert json.loads(output)["name"] == "mypip"


def test_the_page_names_every_outcome_operation_and_verdict() -> None:
    for name in (*OUTCOMES, *OPERATIONS, "conforms", "fails", "incomplete"):
        assert f"`{name}`" in README, name


def test_the_page_shows_expected_failures_that_can_be_read(tmp_path: Path) -> None:
    shown = next(each for each in fenced("") if "/*" in each)
    (tmp_path / "xfails.txt").write_text(shown, "utf-8")
    assert len(xfails.read(tmp_path / "xfails.txt", vectors.load())) == 2


def test_the_path_from_failing_to_conforming(tmp_path: Path) -> None:
    old, new, *_ = WRONG["ascending"]
    copy = tmp_path / "variant.py"
    copy.write_text(SOURCE.replace(old, new), "utf-8")
    begin, keep = (line for line in COMMANDS if "xfails" in line)
    begin, keep = (line.replace("=mypip", "=variant:MyPip") for line in (begin, keep))
    some = "-korder/"
    assert run(begin, tmp_path, some)[0] == 1
    written = (tmp_path / "xfails.txt").read_text("utf-8")
    assert "order/minor-descending  # " in written
    status, output = run(keep, tmp_path, some)
    assert (status, "incomplete" in output) == (0, True), output
    copy.write_text(SOURCE, "utf-8")
    status, output = run(keep, tmp_path, some)
    assert status == 1
    assert "remove the entry" in output
