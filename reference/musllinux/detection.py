"""Whether a Python interpreter runs on musl (section "Detection")."""

import os
import platform
import selectors
import stat
import subprocess
import sys
import time
from typing import NamedTuple

from musllinux.arch import arch_on_kernel
from musllinux.banner import MuslVersion, parse_banner
from musllinux.elf import read_elf

TIME_LIMIT = 10.0
"""Seconds that a loader may take (detect.bounded-time, detect.patience)."""
OUTPUT_LIMIT = 65_536
"""Bytes of standard error that are read (detect.first-bytes)."""


class MuslHost(NamedTuple):
    """A musl interpreter: the version of its C library, and its ARCH."""

    musl: MuslVersion
    arch: str


class NotMusl(Exception):
    """The interpreter is not a musl program, for the reason given."""


def detect(
    executable: str | bytes | os.PathLike[str] | None = None,
    machine: str | None = None,
) -> MuslHost | None:
    """Return the musl version and ARCH of an interpreter, None if it is not musl.

    ``executable`` is the interpreter's file, by default ``sys.executable``;
    ``machine`` is what the kernel calls itself, by default what ``uname`` says.

    Implements detect.failure: whatever the file and its loader do, it returns.
    """
    try:
        return identify(executable, machine)
    except NotMusl:
        return None


def identify(
    executable: str | bytes | os.PathLike[str] | None = None,
    machine: str | None = None,
) -> MuslHost:
    """Do what :func:`detect` does, but say why an interpreter is not musl.

    Implements detect.executable, detect.presence and detect.no-interpreter.
    Nothing is cached, so neither is a time-out (detect.timeout-uncached).

    Raises:
        NotMusl: with the reason, in one line.
    """
    executable = executable or sys.executable
    if not executable:
        raise NotMusl("this interpreter does not know its own file")
    try:
        with open(executable, "rb", opener=_open_regular) as file:
            elf = read_elf(file)
        if elf.interpreter is None:
            raise NotMusl("statically linked: no PT_INTERP")
        if elf.arch is None:
            raise NotMusl("built for an architecture that no tag names")
        musl = parse_banner(_run_loader(elf.interpreter))
    except (OSError, ValueError) as error:
        raise NotMusl(str(error)) from error
    machine = platform.machine() if machine is None else machine
    return MuslHost(musl, arch_on_kernel(elf.arch, machine))


def _open_regular(path: str, flags: int) -> int:
    """Open a file without waiting, and refuse what is not a regular file."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path!r} is not a regular file")
    return descriptor


def _run_loader(loader: bytes) -> bytes:
    """Run the loader without arguments and return the start of its standard error.

    Implements detect.run, detect.stdout, detect.exit-status, detect.any-path,
    detect.relative-path, detect.first-bytes, detect.bounded-time and
    detect.environment; makes no use of detect.other-libc.

    Raises:
        ValueError: the loader's path is relative.
        OSError: the loader cannot be run.
        TimeoutError: the loader did not end, nor close its standard error, in time.
    """
    if not loader.startswith(b"/"):
        raise ValueError("the loader's path is relative")
    deadline = time.monotonic() + TIME_LIMIT
    process = subprocess.Popen(
        [loader],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={},
        start_new_session=True,
    )
    assert process.stderr is not None
    output = bytearray()
    try:
        with process.stderr as pipe, selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while len(output) < OUTPUT_LIMIT:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError("the loader ran out of time")
                chunk = os.read(pipe.fileno(), OUTPUT_LIMIT - len(output))
                if not chunk:
                    break
                output += chunk
    finally:
        _kill(process)
    return bytes(output)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the loader and what it started."""
    try:
        os.killpg(process.pid, 9)
    except OSError:
        process.kill()
    process.wait()
