"""Changes to the bytes of real programs: another loader's path, another version."""

import os
from pathlib import Path

from elftools.elf.elffile import ELFFile


def interpreter(program: Path) -> bytes:
    """Return what PT_INTERP names, without the NUL bytes that fill it."""
    offset, size = _slot(program)
    return program.read_bytes()[offset : offset + size].rstrip(b"\0")


def set_interpreter(program: Path, loader: bytes) -> None:
    """Write another path into PT_INTERP, whose size stays.

    Raises:
        ValueError: the path is too long.
    """
    offset, size = _slot(program)
    if len(loader) >= size:
        raise ValueError(f"{os.fsdecode(loader)}: longer than {size - 1} bytes")
    content = bytearray(program.read_bytes())
    content[offset : offset + size] = loader.ljust(size, b"\0")
    program.write_bytes(content)


def forged(loader: bytes, version: str, claimed: str) -> bytes:
    """Return a musl loader that claims a version of the same length or shorter.

    All but the string that its banner shows stays as it is.

    Raises:
        ValueError: ``version`` is not in the loader exactly once, or is shorter.
    """
    old, new = b"\0%b\0" % version.encode(), b"\0%b" % claimed.encode()
    if loader.count(old) != 1 or len(new) >= len(old):
        raise ValueError(f"{claimed} cannot take the place of {version}")
    return loader.replace(old, new.ljust(len(old), b"\0"))


def _slot(program: Path) -> tuple[int, int]:
    with program.open("rb") as file:
        for segment in ELFFile(file).iter_segments("PT_INTERP"):
            return segment["p_offset"], segment["p_filesz"]
    raise ValueError(f"{program} has no PT_INTERP")
