"""Where released tools are installed: an environment for each tool and version.

They are made when they are first asked for, below ``.cache/`` of a checkout or in the
user's cache folder, and used again after that.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from musllinux_conformance import cache

MATRIX = Path(__file__).with_name("matrix.json")
"""The versions of each tool that are looked at, newest first."""

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
"""The Python of every environment: the one that runs the suite."""


INSTALLED = "installed"
"""What stands in place of a version for the tool that is installed with the suite."""


class NotInstalled(OSError):
    """A tool cannot be installed; the message says why."""


class Environment(NamedTuple):
    """A virtual environment that holds one released tool."""

    root: Path
    tool: str
    version: str

    @property
    def programs(self) -> Path:
        """The folder of its programs, ``python`` among them."""
        return self.root / "bin"

    @property
    def packages(self) -> Path:
        """The folder from which its Python imports what is installed."""
        return self.root / "lib" / f"python{PYTHON}" / "site-packages"

    def installed(self) -> list[str]:
        """Return all that is installed there, each as ``name version``, sorted."""
        found = metadata.distributions(path=[os.fspath(self.packages)])
        return sorted(f"{each.name.lower()} {each.version}" for each in found)


def listed() -> dict[str, list[str]]:
    """Return the versions of each tool that the matrix lists, newest first."""
    versions: dict[str, list[str]] = json.loads(MATRIX.read_text("utf-8"))
    return versions


def newest(tool: str) -> str:
    """Return the newest version of a tool that the matrix lists."""
    return listed()[tool][0]


def ensure(tool: str, version: str | None = None) -> Environment:
    """Return the environment of a tool, made now if it is not there yet.

    Of processes that want the same environment at once, one makes it and the others
    wait.  ``version`` is any released version, by default the newest of the matrix.
    For "installed" none is made: it is the one that holds the suite, so that a project
    can ask what it has just built.

    Raises:
        ValueError: ``version`` is none.
        NotInstalled: the environment cannot be made, or does not hold the tool.
    """
    if version == INSTALLED:
        return _own(tool)
    version = version or newest(tool)
    if not re.fullmatch(r"[0-9][0-9A-Za-z.+!]*", version):
        raise ValueError(f"{tool}@{version}: {version!r} is no version, such as 1.2")
    root = cache.folder() / "environments" / f"{tool}-{version}-python{PYTHON}"
    environment = Environment(root, tool, version)
    with _locked(root):
        if not _complete(environment):
            _make(environment)
    return environment


def _own(tool: str) -> Environment:
    try:
        version = metadata.version(tool)
    except metadata.PackageNotFoundError:
        wanted = f"{tool}@{INSTALLED}: {tool} is not installed in {sys.prefix}"
        raise NotInstalled(f"{wanted}; install it there, next to the suite") from None
    return Environment(Path(sys.prefix), tool, version)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Keep other processes from the folder ``root``."""
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        lock = root.with_name(root.name + ".lock").open("w")
    except OSError as error:
        raise NotInstalled(f"no environment can be made: {error}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _mark(environment: Environment) -> Path:
    """Return the file that is written when an environment is complete."""
    return environment.root / "complete"


def _complete(environment: Environment) -> bool:
    # A Python that was removed since leaves a dangling link.
    python = environment.programs / "python"
    return _mark(environment).exists() and os.access(python, os.X_OK)


def _make(environment: Environment) -> None:
    root, wanted = environment.root, f"{environment.tool}=={environment.version}"
    print(f"installing {wanted} in {root} ...", file=sys.stderr, flush=True)
    shutil.rmtree(root, ignore_errors=True)
    _run(wanted, [sys.executable, "-m", "venv", os.fspath(root)])
    pip = [os.fspath(environment.programs / "python"), "-m", "pip"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    _run(wanted, [*pip, "install", *quiet, wanted])
    _mark(environment).touch()


def _run(wanted: str, command: list[str]) -> None:
    """Run a step of an installation, with whatever configuration the user has."""
    ended = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode != 0:
        said = [line for line in ended.stdout.splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("ERROR:")]
        why = (errors[-1:] or said[:1] or [f"exit status {ended.returncode}"])[0]
        raise NotInstalled(f"{wanted} cannot be installed: {why}")
