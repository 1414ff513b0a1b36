"""The architectures that a tag can name (section "Architecture", Appendix A)."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple


class Architecture(NamedTuple):
    """One row of Appendix A.

    ``bits`` is both the ELF class and the pointer size.  ``kernel`` holds the
    machine names that ``uname`` reports where such an interpreter runs.
    """

    arch: str
    bits: int
    data: str
    e_machine: int
    flags_mask: int
    flags_value: int
    kernel: tuple[str, ...]


def _rows() -> Iterator[Architecture]:
    text = files("musllinux").joinpath("data/architectures.json").read_text("utf-8")
    for row in json.loads(text)["architectures"]:
        flags = row["e_flags"]
        yield Architecture(
            arch=row["arch"],
            bits=row["class"],
            data=row["data"],
            e_machine=row["e_machine"],
            flags_mask=flags["mask"],
            flags_value=flags["value"],
            kernel=tuple(row["kernel"]),
        )


ARCHITECTURES = tuple(_rows())


def arch_of_elf(bits: int, data: str, e_machine: int, e_flags: int) -> str | None:
    """Return the ARCH of an ELF header, None if it is in no row.

    Implements arch.from-elf and arch.mismatch; of arch.unlisted it makes no use.
    """
    for row in ARCHITECTURES:
        if (row.bits, row.data, row.e_machine) == (
            bits,
            data,
            e_machine,
        ) and e_flags & row.flags_mask == row.flags_value:
            return row.arch
    return None


def arch_on_kernel(elf_arch: str, machine: str) -> str:
    """Return the ARCH of an interpreter on a kernel that reports ``machine``.

    Implements arch.kernel and arch.armv6l: ARMv6 and ARMv7 share one ELF header,
    so only the kernel can say that ARMv7 code will not run.
    """
    if elf_arch == "armv7l" and machine == "armv6l":
        return "armv6l"
    return elf_arch


def arch_of_machine(machine: str, pointer_bits: int) -> str | None:
    """Return the ARCH of an interpreter of which no ELF file is read.

    ``machine`` is what ``uname`` reports, ``pointer_bits`` the interpreter's
    pointer size.  Implements arch.pointer-size, arch.no-row and arch.armv6l.
    """
    for row in ARCHITECTURES:
        if row.bits == pointer_bits and machine in row.kernel:
            return row.arch
    return None
