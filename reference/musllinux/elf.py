"""What the ELF file of an interpreter says (section "Reading the ELF file")."""

import os
import struct
from typing import BinaryIO, NamedTuple

from musllinux.arch import arch_of_elf

PT_INTERP = 3
MAX_PROGRAM_HEADERS = 65_536
"""Bytes of program headers that Linux reads (``load_elf_phdrs``)."""
MAX_INTERPRETER = 4_096
"""Bytes of a loader's path that Linux reads (``PATH_MAX``)."""


class InvalidElf(ValueError):
    """The bytes are no ELF file, or one that Linux would not start."""


class ElfFile(NamedTuple):
    """What a Detector needs of an ELF file.

    ``interpreter`` is the loader's path, None if there is no PT_INTERP.
    ``arch`` is the ARCH of Appendix A, None if the header fits no row.
    """

    interpreter: bytes | None
    arch: str | None


def read_elf(file: BinaryIO) -> ElfFile:
    """Read an ELF file that can be sought in, never more than 70,000 bytes of it.

    Implements elf.magic, elf.class, elf.byte-order, elf.program-headers,
    elf.first-interpreter, elf.interpreter-bounds and elf.interpreter-path.

    Raises:
        InvalidElf: the file breaks one of these rules.
        OSError: the file cannot be read.
    """
    ident = _read(file, 0, 16, "ELF header")
    if ident[:4] != b"\x7fELF":
        raise InvalidElf("not an ELF file")
    bits = {1: 32, 2: 64}.get(ident[4])
    data = {1: "LSB", 2: "MSB"}.get(ident[5])
    if bits is None or data is None:
        raise InvalidElf("unknown ELF class or byte order")
    order = "<" if data == "LSB" else ">"
    # Gives e_machine, e_phoff, e_flags, e_phentsize and e_phnum.
    header = struct.Struct(
        order + ("2xH4x4xI4xI2xHH6x", "2xH4x8xQ8xI2xHH6x")[bits == 64]
    )
    e_machine, e_phoff, e_flags, e_phentsize, e_phnum = header.unpack(
        _read(file, 16, header.size, "ELF header")
    )
    # Gives p_type, p_offset and p_filesz.
    entry = struct.Struct(order + ("II8xI12x", "I4xQ16xQ16x")[bits == 64])
    interpreter = None
    if e_phnum:
        if e_phentsize != entry.size:
            raise InvalidElf("program headers of an unknown size")
        if entry.size * e_phnum > MAX_PROGRAM_HEADERS:
            raise InvalidElf("too many program headers")
        table = _read(file, e_phoff, entry.size * e_phnum, "program headers")
        for p_type, p_offset, p_filesz in entry.iter_unpack(table):
            if p_type == PT_INTERP:
                interpreter = _interpreter(file, p_offset, p_filesz)
                break
    return ElfFile(interpreter, arch_of_elf(bits, data, e_machine, e_flags))


def _interpreter(file: BinaryIO, offset: int, filesz: int) -> bytes:
    """Return the loader's path.

    Implements elf.interpreter-bounds and elf.interpreter-path.
    """
    if not 2 <= filesz <= MAX_INTERPRETER:
        raise InvalidElf("PT_INTERP too short or too long for a path")
    content = _read(file, offset, filesz, "PT_INTERP")
    if content[0] == 0 or content[-1] != 0:
        raise InvalidElf("PT_INTERP is empty or has no NUL at its end")
    return content.partition(b"\0")[0]


def _read(file: BinaryIO, offset: int, length: int, what: str) -> bytes:
    """Return bytes that must lie wholly within the file."""
    end = file.seek(0, os.SEEK_END)
    file.seek(min(offset, end))  # seek() takes at most 2^63 - 1.
    content = file.read(length)
    if len(content) != length:
        raise InvalidElf(f"{what} outside the file")
    return content
