"""A mask: the CPython of this machine, made to believe that it is another one.

CPython takes ``sys.executable`` from the name it was started by.  Started by a name
behind which the file of a simulated interpreter stands, everything that runs in it
examines that file.  No tool is changed; what changes is what the interpreter tells it:

- ``sys.executable``: the simulated file, which may be broken;
- ``sysconfig.get_platform()``: the machine, by ``_PYTHON_HOST_PLATFORM``;
- the pointer size, by a module that is imported at the start;
- that this is no manylinux host, by the module ``_manylinux`` of PEP 600, because
  the interpreter behind the mask runs on glibc.
"""

import base64
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from musllinux.arch import ARCHITECTURES
from musllinux_conformance import commands, hosts
from musllinux_conformance.elfwriter import Header, Segment, write_elf
from musllinux_conformance.environments import PYTHON

REAL = os.path.realpath(sys.executable)
"""The interpreter behind every mask."""

_MANYLINUX = """\
def manylinux_compatible(major, minor, arch):
    return False


manylinux1_compatible = manylinux2010_compatible = manylinux2014_compatible = False
"""
_POINTERS_OF_4_BYTES = """\
import struct
import sys
import sysconfig

try:
    import ctypes  # It would refuse to be imported later.
except ImportError:
    pass

calcsize = struct.calcsize
struct.calcsize = lambda format: 4 if format == "P" else calcsize(format)
sys.maxsize = 2**31 - 1
sysconfig.get_config_vars()["SIZEOF_VOID_P"] = 4
"""
_AS = "import os, sys; os.execv(sys.argv[1], sys.argv[2:])"
"""Python that starts a program under another name, as not every shell can."""


def _write_hooks(packages: Path, pointer_bits: int) -> None:
    """Write the modules that speak for the mask into its folder of packages."""
    (packages / "_manylinux.py").write_text(_MANYLINUX, "utf-8")
    if pointer_bits == 32:
        (packages / "_pointers.py").write_text(_POINTERS_OF_4_BYTES, "utf-8")
        # Not sitecustomize: some distributions have one, which comes first.
        (packages / "pointers.pth").write_text("import _pointers\n", "utf-8")


class Mask:
    """An interpreter that passes for the one whose file is ``executable``."""

    def __init__(
        self,
        folder: Path,
        executable: Path,
        machine: str,
        pointer_bits: int,
        packages: Path | None = None,
    ) -> None:
        """Make the mask in ``folder``, which is new and empty.

        ``packages`` is a folder of packages that can be imported in it.
        """
        self.folder = folder
        self.executable = executable
        self.machine = machine
        self.pointer_bits = pointer_bits
        self.record = folder / "record"
        """What :meth:`program` wrote to standard output."""
        self.name = folder / "bin" / "interpreter"
        """What the interpreter is told of itself: a link to ``executable``."""
        self.name.parent.mkdir()
        self.name.symlink_to(executable)
        (folder / "tmp").mkdir()
        config = f"home = {Path(REAL).parent}\ninclude-system-site-packages = false\n"
        (folder / "pyvenv.cfg").write_text(config, "utf-8")
        own = folder / "lib" / f"python{PYTHON}" / "site-packages"
        own.mkdir(parents=True)
        _write_hooks(own, pointer_bits)
        if packages is not None:
            (own / "tool.pth").write_text(f"{packages}\n", "utf-8")

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a command that asks the mask."""
        return {
            **commands.environment(self.folder),
            "_PYTHON_HOST_PLATFORM": f"linux-{self.machine}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": os.fspath(self.folder / "tmp"),
        }

    def run(
        self, arguments: Sequence[str], seconds: float, **variables: str
    ) -> commands.Ended:
        """Run the masked interpreter.

        Raises:
            Silent: it did not end in time.
        """
        return commands.run(
            [os.fspath(self.name), *arguments],
            {**self.variables, **variables},
            seconds,
            executable=REAL,
        )

    def program(self) -> Path:
        """Make a program that is the masked interpreter, for tools that start one.

        What it writes to standard output is kept in :attr:`record` as well.
        """
        path = self.name.with_name("python")
        words = [REAL, "-I", "-S", "-c", _AS, REAL, os.fspath(self.name)]
        record = shlex.quote(os.fspath(self.record))
        lines = [
            "#!/bin/sh",
            f"export _PYTHON_HOST_PLATFORM=linux-{self.machine}",
            f'{shlex.join(words)} "$@" > {record}',
            "status=$?",
            f"cat {record}",
            "exit $status",
        ]
        with hosts.STARTING:
            path.write_text("".join(line + "\n" for line in lines), "utf-8")
            path.chmod(0o755)
        return path


def make_host(folder: Path, musl: Sequence[int], machine: str, bits: int) -> Path:
    """Make an interpreter of a musl host in ``folder``, and its loader; return it.

    For ``platform_tags`` and ``select``, where the request holds no file.

    Raises:
        Unavailable: no host can be made here.
    """
    version = f"{musl[0]}.{musl[1]}.0"
    banner = f"musl libc ({machine})\nVersion {version}\nDynamic Program Loader\n"
    name = f"lib/ld-musl-{machine}.so.1"
    request = {
        "executable": {"elf": _base64(_file_for(folder / name, machine, bits))},
        "loader": {"path": _base64(name.encode()), "stderr": _base64(banner.encode())},
    }
    return hosts.materialise(request, folder)


def _file_for(loader: Path, machine: str, bits: int) -> bytes:
    """Return an ELF file such as a kernel of that name would start."""
    rows = [row for row in ARCHITECTURES if machine in row.kernel]
    # A machine may have no row of this size (s390x has none of 32 bits), or none.
    rows.sort(key=lambda row: row.bits != bits)
    header = Header(bits=bits, e_machine=0)
    if rows:
        row = rows[0]
        header = Header(bits, row.data, row.e_machine, row.flags_value)
    return write_elf(header, [Segment(os.fsencode(loader) + b"\0")])


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
