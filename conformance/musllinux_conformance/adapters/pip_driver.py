"""Runs ``pip debug --verbose`` for one interpreter after another.

Each run is that of ``python -m pip`` in a process of its own.  It is forked from one
that has run the command before, because most of its time would go into imports.
"""

import os
import runpy
import sys
import tempfile
import traceback
from typing import BinaryIO

MAX_OUTPUT = 1 << 24
"""Bytes of each stream that are read; the end is kept."""


def debug() -> tuple[int, str, str]:
    """Return the exit status of the command and what it wrote."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = _run(stdout, stderr)
            finally:
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(ended), _text(stdout), _text(stderr)


def _run(stdout: BinaryIO, stderr: BinaryIO) -> int:
    os.dup2(stdout.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    sys.argv = ["pip", "debug", "--verbose"]
    code: object = 0
    try:
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code or 0
    except Exception:
        code = 1
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1


def _text(file: BinaryIO) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - MAX_OUTPUT))
    return file.read(MAX_OUTPUT).decode("utf-8", "replace")


def _run_before() -> None:
    os.environ["PIP_CONFIG_FILE"] = os.devnull
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    own = os.dup(2)
    with tempfile.TemporaryFile() as nobody:
        _run(nobody, nobody)
    os.dup2(own, 1)
    os.dup2(own, 2)
    os.close(own)


_run_before()
