"""Small ELF files from a description, for vectors and for simulated interpreters."""

import struct
from typing import NamedTuple

from musllinux.arch import ARCHITECTURES

PT_INTERP = 3
SLOT = 256
"""Bytes that a slot for the loader's path has."""


class Header(NamedTuple):
    """Whatever can be wrong in a file; None means the right value."""

    bits: int = 64
    data: str = "LSB"
    e_machine: int = 62
    e_flags: int = 0
    e_type: int = 3
    ei_class: int | None = None
    ei_data: int | None = None
    e_phoff: int | None = None
    e_phentsize: int | None = None
    e_phnum: int | None = None


class Segment(NamedTuple):
    """A program header and its content; None means the right value."""

    content: bytes
    p_type: int = PT_INTERP
    p_offset: int | None = None
    p_filesz: int | None = None


def header_of(arch: str) -> Header:
    """Return the header of an executable for an ARCH of Appendix A."""
    row = next(row for row in ARCHITECTURES if row.arch == arch)
    return Header(row.bits, row.data, row.e_machine, row.flags_value)


def write_elf(header: Header, segments: list[Segment]) -> bytes:
    """Return an ELF header, the program headers, then the contents in order."""
    order = "<" if header.data == "LSB" else ">"
    wide = header.bits == 64
    header_size, entry_size = (64, 56) if wide else (52, 32)
    end = header_size + entry_size * len(segments)
    entries, contents = b"", b""
    for segment in segments:
        offset = end + len(contents) if segment.p_offset is None else segment.p_offset
        filesz = len(segment.content) if segment.p_filesz is None else segment.p_filesz
        contents += segment.content
        # p_flags is PF_R; p_vaddr and p_paddr are 0; p_memsz repeats p_filesz.
        entry = (
            (segment.p_type, 4, offset, 0, 0, filesz, filesz, 1)
            if wide
            else (segment.p_type, offset, 0, 0, filesz, filesz, 4, 1)
        )
        entries += struct.pack(order + ("IIQQQQQQ" if wide else "IIIIIIII"), *entry)
    ei_class = (2 if wide else 1) if header.ei_class is None else header.ei_class
    ei_data = "-LM".index(header.data[0]) if header.ei_data is None else header.ei_data
    rest = struct.pack(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
        header.e_type,
        header.e_machine,
        1,  # e_version
        0,  # e_entry
        header_size if header.e_phoff is None else header.e_phoff,
        0,  # e_shoff
        header.e_flags,
        header_size,  # e_ehsize
        entry_size if header.e_phentsize is None else header.e_phentsize,
        len(segments) if header.e_phnum is None else header.e_phnum,
        *(0, 0, 0),  # no section headers
    )
    ident = b"\x7fELF" + bytes([ei_class, ei_data, 1]) + bytes(9)
    return ident + rest + entries + contents


def interpreter_of(arch: str, loader: bytes) -> bytes:
    """Return an executable for an ARCH whose PT_INTERP names a loader."""
    return write_elf(header_of(arch), [Segment(loader + b"\0")])
