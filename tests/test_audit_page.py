"""The page on audits: its commands print what stands there."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from audit_wheels import make_wheel
from musllinux_conformance.objects import Object

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "audit.md"
COMMAND = re.compile(r"^```console\n\$ (.+)\n([^`]*)^```$", re.MULTILINE)
POLICY = re.compile(r"^```json\n([^`]*)^```$", re.MULTILINE)
WHEELS = {
    "musllinux_1_2_x86_64": {
        "demo/_x.cpython-312-x86_64-linux-musl.so": Object(
            undefined=["gettid"],
            needed=["libstdc++-1a2b.so.6"],
            defined=["PyInit__x"],
        ),
        "demo.libs/libstdc++-1a2b.so.6": Object(relr=True),
    },
    "musllinux_1_1_x86_64": {
        "demo/_x.cpython-312-x86_64-linux-musl.so": Object(
            undefined=["posix_fallocate64", "statx", "SSL_new", "SSL_free"],
            needed=["libssl.so.3"],
            defined=["PyInit__x"],
        ),
    },
    "musllinux_1_2_riscv64": {
        "demo/_x.cpython-312-riscv64-linux-musl.so": Object(
            "riscv64", undefined=["statx"], defined=["PyInit__x"]
        ),
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    for tag, files in WHEELS.items():
        wheel = make_wheel(folder, files, tag, "cp312-cp312")
        wheel.rename(folder / f"demo-1.0-cp312-cp312-{tag}.whl")
    (policy,) = POLICY.findall(PAGE.read_text("utf-8"))
    (folder / "policy.json").write_text(policy, "utf-8")
    return folder


def said(command: str, folder: Path) -> str:
    program, *arguments = shlex.split(command)
    assert program == "python"
    run = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode in (0, 1)
    assert run.stderr == ""
    return run.stdout


@pytest.mark.parametrize("command", COMMAND.findall(PAGE.read_text("utf-8")))
def test_commands_print_what_the_page_says(
    folder: Path, command: tuple[str, str]
) -> None:
    assert said(command[0], folder) == command[1]


def test_every_block_with_a_command_is_run() -> None:
    text = PAGE.read_text("utf-8")
    assert text.count("```console") == len(COMMAND.findall(text)) > 0
    assert text.count("\n$ ") == len(COMMAND.findall(text))


def test_the_policy_of_the_page_fits_its_schema(folder: Path) -> None:
    schema = ROOT / "reference/musllinux_audit/schema/policy.json"
    policy = json.loads((folder / "policy.json").read_text("utf-8"))
    Draft202012Validator(json.loads(schema.read_text("utf-8"))).validate(policy)


def test_the_options_of_the_page_exist() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "musllinux", "audit", "--help"],
        capture_output=True,
        text=True,
    )
    for option in re.findall(r"--[a-z]+", PAGE.read_text("utf-8")):
        assert option in run.stdout
