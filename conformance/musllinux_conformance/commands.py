"""Running a tool's command within bounds of time and of output."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from musllinux_conformance.hosts import CANARY, STARTING

MAX_OUTPUT = 1 << 24
"""Bytes of each stream that are read; the end is kept."""


class Ended(NamedTuple):
    """How a command ended, and what it wrote."""

    status: int
    stdout: str
    stderr: str


class Silent(Exception):
    """The command did not end in time."""


def environment(home: Path) -> dict[str, str]:
    """Return variables of which none configures a tool.

    They are not taken from the caller, who may have an index, a proxy or a locale.
    """
    canary = {CANARY: os.environ[CANARY]} if CANARY in os.environ else {}
    return {"PATH": os.defpath, "HOME": os.fspath(home), **canary}


def run(
    command: Sequence[str],
    variables: Mapping[str, str],
    seconds: float,
    executable: str | None = None,
) -> Ended:
    """Run a command; with ``executable``, its first word is only what it is told.

    What it writes goes through files: a child that it leaves behind holds no pipe,
    and dies with the process group of the program under test.

    Raises:
        Silent: it did not end in time, and was killed.
    """
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        with STARTING:
            process = subprocess.Popen(
                command,
                executable=executable,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Silent(f"no answer within {seconds:g} s") from None
        finally:
            process.kill()
            process.wait()
        return Ended(status, _text(stdout), _text(stderr))


def _text(file: BinaryIO) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - MAX_OUTPUT))
    return file.read(MAX_OUTPUT).decode("utf-8", "replace")
