"""Simulated hosts: the files that a ``detect`` vector describes as data."""

import base64
import os
import shlex
import shutil
import socket
import sys
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

from musllinux_conformance.vectors import Json

DEFAULT_LOADER = b"lib/ld-musl-x86_64.so.1"
STARTING = threading.Lock()
"""Held while a program is written, and while one is started: a file cannot be run while
it is open for writing, and a process that starts holds all open files for a moment."""
CANARY = "MUSLLINUX_CONFORMANCE"
"""A variable in the environment of every program under test."""


class Unavailable(Exception):
    """The host cannot be made where the suite runs; the message says why."""


def materialise(request: dict[str, Json], folder: Path) -> Path:
    """Make the files that a ``detect`` request describes; return the executable.

    ``folder`` is new and empty.  The name of no folder above the loader contains
    "musl", so that its path says what the vector wants it to say.

    Raises:
        Unavailable: the host cannot be made here.
    """
    with STARTING:
        return _materialise(request, folder)


def _materialise(request: dict[str, Json], folder: Path) -> Path:
    reason = _obstacle()
    if reason:
        raise Unavailable(reason)
    loader = request.get("loader", {})
    name = os.fsencode(folder) + b"/" + _bytes(loader, "path", DEFAULT_LOADER)
    if request.get("loader") is not None:
        _make_loader(Path(os.fsdecode(name)), loader, folder)
    executable = folder / "bin" / "python"
    executable.parent.mkdir()
    _make_executable(executable, request["executable"], name, loader)
    return executable


_SHELL_TEXT = "printf 'musl libc\\nVersion 1.2.5\\n' >&2\n"
"""No program to the kernel, but to a Detector that lends it a shell."""


@lru_cache(maxsize=1)
def _obstacle() -> str:
    """Say why no host can be made here; an empty string if one can."""
    if not sys.platform.startswith("linux"):
        return "simulated hosts need Linux"
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program")
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
        try:
            ended = os.spawnv(os.P_WAIT, program, [os.fspath(program)])
        except OSError:
            ended = 127
    return "" if ended == 0 else "no program runs from the temporary folder"


def _bytes(data: dict[str, Json], key: str, default: bytes = b"") -> bytes:
    return base64.b64decode(data[key]) if key in data else default


def padded_elf(data: dict[str, Json]) -> bytes:
    """Return the bytes of ``elf`` and the NUL bytes that ``pad`` adds to them."""
    return _bytes(data, "elf") + bytes(data.get("pad", 0))


def _make_executable(
    path: Path, executable: dict[str, Json], name: bytes, loader: dict[str, Json]
) -> None:
    kind = executable.get("kind")
    if kind is not None:
        _make_odd(path, kind)
        return
    if "home" in executable:
        home = path.parent.parent / "home"
        (home / "bin").mkdir(parents=True)
        (home / "bin" / path.name).write_text("no interpreter\n")
        path.parent.with_name("pyvenv.cfg").write_text(f"home = {home}/bin\n")
    content = bytearray(padded_elf(executable))
    if "slot" in executable:
        offset, size = executable["slot"]["offset"], executable["slot"]["size"]
        if loader.get("relative"):  # From any folder, 40 steps up end at the root.
            name = b"../" * 40 + name.lstrip(b"/")
        if len(name) >= size:
            raise Unavailable("the path of the temporary folder is too long")
        content[offset : offset + size] = name.ljust(size, b"\0")
    _write_program(path, bytes(content), executable)


def _write_program(path: Path, content: bytes, data: dict[str, Json]) -> None:
    """Write a file with the permissions that it is to have, or one and what names it.

    That is a symbolic link, or a script whose interpreter the file would be.
    """
    behind = "linked" in data or "script" in data
    file = path.with_name("linked-" + path.name) if behind else path
    file.write_bytes(content)
    file.chmod(int(data.get("mode", "755"), 8))
    if "linked" in data:
        path.symlink_to(file.name)
    elif "script" in data:
        path.write_bytes(b"#!" + os.fsencode(file) + b"\n")
        path.chmod(0o755)


def _make_odd(path: Path, kind: str) -> None:
    """Make what is not a regular file."""
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        _make_socket(path)
    elif kind == "dangling-link":
        path.symlink_to("nothing-here")
    elif kind == "looping-link":
        path.symlink_to(path.name)


def _make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(os.fspath(path))
        except OSError as error:  # The path of a socket is 107 bytes at most.
            raise Unavailable(f"no socket can be made: {error}") from error


def _make_loader(path: Path, loader: dict[str, Json], folder: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if loader.get("missing"):
        return
    kind = loader.get("kind")
    if kind is not None and kind != "text":
        _make_odd(path, kind)
        return
    text = _SHELL_TEXT if kind else _script(loader, folder)
    _write_program(path, text.encode(), loader)


def _script(loader: dict[str, Json], folder: Path) -> str:
    """Return a shell script that behaves as the loader is described."""

    def emit(key: str, stream: int, times: int = 1) -> str:
        file = folder / f"{key}.bytes"
        file.write_bytes(_bytes(loader, key) * times)
        return f"{_tool('cat')} {shlex.quote(os.fspath(file))} >&{stream}"

    lines = ["#!/bin/sh"]
    if loader.get("ignores_sigterm"):
        lines.append("trap '' TERM")
    if loader.get("needs_no_arguments"):
        lines.append("[ $# -eq 0 ] || exit 1")
    if loader.get("silent_if_env"):
        lines.append(f'[ -z "${{{CANARY}+set}}" ] || exit 1')
    if "delay" in loader:
        lines.append(f"{_tool('sleep')} {loader['delay']}")
    if "first" in loader:
        lines.append(emit("first", 2))
    if "first_delay" in loader:
        mark = shlex.quote(os.fspath(folder / "ran"))
        wait = f"{_tool('sleep')} {loader['first_delay']}"
        lines.append(f"[ -e {mark} ] || {{ : > {mark}; {wait}; }}")
    if "stdout" in loader:
        # As a program that writes by itself, it ends if nobody can read.
        lines.append(emit("stdout", 1, loader.get("stdout_repeat", 1)) + " || exit 1")
    if "stderr" in loader:
        repeat = loader.get("repeat", 1)
        if repeat == "forever":
            # About ten times a second: it must hang its reader, not fill a memory.
            body = f"{emit('stderr', 2)}; {_tool('sleep')} 0.1"
            lines.append(f"while :; do {body} || exit 1; done")
        else:
            lines.append(emit("stderr", 2, repeat))
    if "pause" in loader:
        lines.append(f"{_tool('sleep')} {loader['pause']}")
    if "then" in loader:
        lines.append(emit("then", 2))
    if loader.get("closes_stderr"):
        lines.append("exec 2>&-")
    if "lingers" in loader:
        lines.append(f"{_tool('sleep')} {loader['lingers']}")
    if "holds_pipe" in loader:
        lines.append(f"{_tool('sleep')} {loader['holds_pipe']} &")
    if "signal" in loader:
        lines.append(f"kill -{loader['signal']} $$")
    lines.append(f"exit {loader.get('exit', 1)}")
    return "\n".join(lines) + "\n"


@lru_cache
def _tool(name: str) -> str:
    """Return the full path of a program, as the loader may have no PATH."""
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"there is no program {name} here")
    return path
