"""An example: what an installer knows of musllinux, and its adapter for the suite."""

import mmap
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit
from typing import Any

from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

# Bits; e_machine, e_phoff, e_flags, e_phentsize, e_phnum; p_type, p_offset, p_filesz.
CLASSES = {
    b"\x7fELF\1": (32, "18xH8xI4xI2xHH6x", "II8xI12x"),
    b"\x7fELF\2": (64, "18xH12xQ8xI2xHH6x", "I4xQ16xQ16x"),
}
# Appendix A: bits, byte order, e_machine, mask of e_flags, their value, uname.
ARCHES = {
    "x86_64": (64, "<", 62, 0, 0, {"x86_64"}),
    "i686": (32, "<", 3, 0, 0, {"i686", "x86_64"}),
    "aarch64": (64, "<", 183, 0, 0, {"aarch64"}),
    "aarch64_be": (64, ">", 183, 0, 0, {"aarch64_be"}),
    "armv7l": (32, "<", 40, 0xFF000600, 0x05000400, {"armv7l", "armv8l", "aarch64"}),
    "armv6l": (32, "<", 40, 0xFF000600, 0x05000400, {"armv6l"}),
    "ppc64le": (64, "<", 21, 3, 2, {"ppc64le"}),
    "ppc64": (64, ">", 21, 3, 2, {"ppc64"}),
    "s390x": (64, ">", 22, 0, 0, {"s390x"}),
    "riscv64": (64, "<", 243, 6, 4, {"riscv64"}),
    "loongarch64": (64, "<", 258, 7, 3, {"loongarch64"}),
}


def read_elf(path: Path, uname: str) -> tuple[bytes, str]:
    """Return the loader that an interpreter's file names, and the file's ARCH."""
    if not path.is_file():  # Opening a FIFO would wait for ever.
        raise ValueError("no regular file")
    with path.open("rb") as file:
        elf = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    bits, header, program_header = CLASSES[elf[:5]]
    order = {1: "<", 2: ">"}[elf[5]]
    machine, start, flags, entry, count = struct.unpack_from(order + header, elf)
    found = (bits, order, machine)
    rows = [k for k, v in ARCHES.items() if v[:3] == found and flags & v[3] == v[4]]
    arch = "armv6l" if uname == "armv6l" and "armv6l" in rows else rows[0]
    size = struct.calcsize(order + program_header) * count
    table = elf[start : start + size]
    if entry * count != size or size > 65536 or len(table) != size:
        raise ValueError("malformed program header table")
    for kind, offset, length in struct.iter_unpack(order + program_header, table):
        if kind == 3:  # PT_INTERP
            loader = elf[offset : offset + length]
            if not 2 <= length == len(loader) <= 4096 or loader[-1] or loader[0] != 47:
                raise ValueError("PT_INTERP is malformed, or no absolute path")
            return loader.partition(b"\0")[0], arch
    raise ValueError("no PT_INTERP")


def run(loader: bytes) -> bytes:
    """Return the first bytes that a loader writes to standard error."""
    with tempfile.TemporaryFile() as stderr:
        subprocess.run(
            [loader],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env={},
            timeout=10,  # Seconds; an emulated loader is slow.
            preexec_fn=lambda: setrlimit(RLIMIT_FSIZE, (65536, 65536)),  # No floods.
        )
        stderr.seek(0)
        return stderr.read()


def parse_banner(banner: bytes) -> list[int]:
    """Return the major and minor version that a loader tells."""
    lines = [line for line in (x.strip(b" \t\r") for x in banner.split(b"\n")) if line]
    version = re.match(rb"Version (0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})(?!\d)", lines[1])
    if not version or not re.fullmatch(rb"musl libc( \([^()]*\))?", lines[0]):
        raise ValueError("no banner of musl")
    return [int(number) for number in version.groups()]


def choose(filenames: list[str], platforms: list[str]) -> str | None:
    """Return the wheel whose best tag ranks highest; build tags break ties."""
    py, abi = sys.version_info[:2], "cp{}{}".format(*sys.version_info)
    platforms = platforms or ["-"]  # In no file name; of none, this machine's count.
    tags = [*cpython_tags(py, [abi], platforms), *compatible_tags(py, abi, platforms)]
    ranks = {tag: rank for rank, tag in enumerate(reversed(tags))}
    found = []
    for filename in filenames:
        try:
            _, _, build, its_tags = parse_wheel_filename(filename)
        except ValueError:  # A number may be too long even for int().
            continue
        if accepted := its_tags & ranks.keys():
            found.append((max(ranks[tag] for tag in accepted), build, filename))
    return max(found)[2] if found else None


class MyPip:
    """The adapter: a method for each operation that the suite may ask for."""

    name = "mypip"
    version = "1.0"

    def platform_tags(self, musl: Any, machine: str, pointer_bits: int) -> list[str]:
        """List the tags that a host accepts, best first."""
        for arch, (bits, *_, machines) in ARCHES.items():
            if bits == pointer_bits and machine in machines:
                minors = range(musl[1], -1, -1)
                return [f"musllinux_{musl[0]}_{minor}_{arch}" for minor in minors]
        return []

    def select(self, files: Any, **host: Any) -> str | None:
        """Choose one of a release's files for a host; None: none is compatible."""
        names = [file["filename"] for file in files if not file["yanked"]]
        return choose(names, self.platform_tags(**host))

    def detect(self, executable: str, machine: str, pointer_bits: int) -> Any:
        """Say which musl an interpreter runs on, and its ARCH; None: it is not musl."""
        try:
            loader, arch = read_elf(Path(executable), machine)
            return {"musl": parse_banner(run(loader)), "arch": arch}
        except Exception:  # Whatever failed: see detect.failure.
            return None
