"""What is prepared, for the tests: skips say what is missing, and how to get it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import binaries
from prepare import CACHE, HERE, PYTHONS, Loader

REFERENCE = HERE.parent / "reference"
Command = Sequence[str | Path]


def prepared(name: str) -> Path:
    """Return a folder that was prepared, or skip the test."""
    if not (CACHE / name / ".recipe").is_file():
        pytest.skip(f"{name} is not prepared: python e2e/prepare.py")
    return CACHE / name


def loader_of(loader: Loader) -> Path:
    """Return the file of a real loader, or skip the test."""
    prepared(loader.name)
    return loader.file


@cache
def _no_emulation() -> str:
    """Say why no program for another machine can be run; an empty string if one can."""
    command: Command = [HERE / "emulate.sh", CACHE / "qemu" / "binfmt", "true"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stderr.strip() if ended.returncode else ""


def where(loader: Loader | None) -> list[str | Path]:
    """Return what must precede a command that runs programs of a loader's machine.

    Skips the test where there is no such way.
    """
    if loader is None or loader.qemu is None:
        return []
    binfmt = prepared("qemu") / "binfmt"
    if _no_emulation():
        pytest.skip(f"no user namespace with a binfmt_misc: {_no_emulation()}")
    return [HERE / "emulate.sh", binfmt]


def run(
    command: Command, *, expect: int | None = 0, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a command, with what it says in the failure if its status is another."""
    more.setdefault("env", environment())
    ended = subprocess.run(
        command, capture_output=True, check=False, timeout=300, **more
    )
    if expect is not None and ended.returncode != expect:
        text = (ended.stdout + ended.stderr).decode(errors="replace")[-3000:]
        pytest.fail(f"{' '.join(map(str, command))}: {ended.returncode}\n{text}")
    return ended


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which Python finds the reference, and no user's files.

    What the machine says of a package index is left out too.
    """
    path = [os.fspath(REFERENCE)]
    path += map(os.fspath, CACHE.glob("wheels-pure/packaging-*.whl"))
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "UV_NO_CONFIG": "1",
        "UV_NO_CACHE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        **more,
    }


def asked(*arguments: str | Path, first: Command = (), **more: Any) -> dict[str, Any]:
    """Return what ``python -m musllinux`` answers, run by the Python of the tests."""
    return answer([*first, sys.executable], *arguments, **more)


def answer(python: Command, *arguments: str | Path, **more: Any) -> dict[str, Any]:
    """Return what ``python -m musllinux`` answers, run by some Python."""
    command = [*python, "-m", "musllinux", *arguments, "--json"]
    ended = run(command, expect=None, **more)
    assert not ended.stderr, ended.stderr.decode()
    result: dict[str, Any] = json.loads(ended.stdout)
    assert ended.returncode == (1 if result.get("musl", 0) is None else 0)
    return result


MakePython = Callable[..., Path]


@pytest.fixture(scope="session")
def python_with(tmp_path_factory: pytest.TempPathFactory) -> MakePython:
    """Return a function that makes a musl interpreter which names some loader."""

    def make(loader: Path, arch: str = "x86_64", folder: Path | None = None) -> Path:
        home = prepared(f"python-{arch}")
        folder = folder or tmp_path_factory.mktemp("python")
        (folder / "bin").mkdir()
        program = folder / "bin" / "python3.11"
        shutil.copy(home / "bin" / "python3.11", program)
        (folder / "lib").symlink_to(home / "lib")
        (folder / "include").symlink_to(home / "include")
        binaries.set_interpreter(program, os.fsencode(loader))
        return program

    return make


@pytest.fixture
def musl_python() -> Path:
    """Return the musl interpreter of this machine."""
    return prepared("python-x86_64") / "bin" / "python3.11"


@pytest.fixture(params=PYTHONS)
def each_python(request: pytest.FixtureRequest) -> tuple[str, list[str | Path]]:
    """Return an ARCH, and the command that runs the musl interpreter built for it."""
    arch = request.param
    program = prepared(f"python-{arch}") / "bin" / "python3.11"
    return arch, [*where(PYTHONS[arch]), program]
