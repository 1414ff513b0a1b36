"""What the dynamic section of an ELF file says: what it needs and what it gives.

The file comes from a stranger.  Only what musl's loader itself looks at is read:
program headers, the dynamic section and the tables that it names; never the
section headers, which the loader ignores and anyone may forge.
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from musllinux.elf import MAX_PROGRAM_HEADERS, InvalidElf

MAX_TABLE = 64 << 20
"""Bytes of one table that is kept in memory."""
CHUNK = 1 << 20
"""Bytes read at a time of a table that is not."""

ET_EXEC, ET_DYN = 2, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_PLTRELSZ, DT_HASH, DT_STRTAB, DT_SYMTAB = 1, 2, 4, 5, 6
DT_RELA, DT_RELASZ, DT_STRSZ, DT_SONAME = 7, 8, 10, 14
DT_REL, DT_RELSZ, DT_PLTREL, DT_JMPREL = 17, 18, 20, 23
DT_RELR, DT_GNU_HASH, DT_FLAGS_1 = 36, 0x6FFFFEF5, 0x6FFFFFFB
DF_1_PIE = 0x08000000
STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE = 1, 2, 10
STT_GNU_IFUNC = 10
EM_S390 = 22


class _Relocations(NamedTuple):
    """The numbers that a processor's ABI gives to the relocations of interest."""

    irelative: int
    initial_exec: frozenset[int]


_RELOCATIONS = {
    3: _Relocations(42, frozenset({14, 37})),  # EM_386
    21: _Relocations(248, frozenset({73})),  # EM_PPC64
    22: _Relocations(61, frozenset({56})),  # EM_S390
    40: _Relocations(160, frozenset({19})),  # EM_ARM
    62: _Relocations(37, frozenset({18})),  # EM_X86_64
    183: _Relocations(1032, frozenset({1030})),  # EM_AARCH64
    243: _Relocations(58, frozenset({10, 11})),  # EM_RISCV
    258: _Relocations(12, frozenset({10, 11})),  # EM_LOONGARCH
}


class Limits:
    """What is left of the work that one wheel may cost.

    Raises:
        LimitExceeded: on spending more than is left.
    """

    def __init__(self) -> None:
        self.bytes = 4 << 30  # read of members, after decompression
        self.names = 1_000_000  # symbols and DT_NEEDED
        self.text = 64 << 20  # bytes of these names

    def spend(self, what: str, amount: int) -> None:
        """Take an amount off ``bytes``, ``names`` or ``text``."""
        left = getattr(self, what) - amount
        setattr(self, what, left)
        if left < 0:
            raise LimitExceeded(f"more {what} in ELF files than this tool reads")


class LimitExceeded(Exception):
    """The wheel asks for more work than any honest wheel does."""


class Source(Protocol):
    """A file of known size that can be read anywhere."""

    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes, all within ``size``."""


class Header(NamedTuple):
    """The fields of an ELF header that tell architectures apart.

    ``bits`` is 32 or 64, ``data`` is LSB or MSB, as in Appendix A.
    """

    bits: int
    data: str
    e_machine: int
    e_flags: int


class ElfObject(NamedTuple):
    """A program or a shared library, as its loader sees it.

    ``undefined`` are the strong undefined symbols that it refers to, ``defined`` those
    that other objects can bind to, ``ifunc`` those of type STT_GNU_IFUNC that it
    refers to.
    A static program has no loader, so nothing of it but the header is filled in.
    """

    header: Header
    program: bool
    interpreter: str | None = None
    soname: str | None = None
    needed: tuple[str, ...] = ()
    undefined: frozenset[str] = frozenset()
    defined: frozenset[str] = frozenset()
    ifunc: frozenset[str] = frozenset()
    relr: bool = False
    irelative: bool = False
    initial_exec: bool = False

    @property
    def is_extension(self) -> bool:
        """Say whether Python can import it as a module."""
        return any(name.startswith(("PyInit_", "PyInitU_")) for name in self.defined)


def read_object(source: Source, limits: Limits) -> ElfObject | None:
    """Read a program or shared library, None for another kind of ELF file.

    Raises:
        InvalidElf: the file contradicts itself or ends too early.
        LimitExceeded: reading it costs more than is left.
    """
    return _Reader(source, limits).object()


class _Reader:
    """One ELF file while it is read."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        ident = self.read(0, 16, "ELF header")
        bits = {1: 32, 2: 64}.get(ident[4])
        data = {1: "LSB", 2: "MSB"}.get(ident[5])
        if ident[:4] != b"\x7fELF":
            raise InvalidElf("not an ELF file")
        if bits is None or data is None:
            raise InvalidElf("unknown ELF class or byte order")
        self.order = "<" if data == "LSB" else ">"
        self.swap = (data == "LSB") != (sys.byteorder == "little")
        self.wide = bits == 64
        header = struct.Struct(
            self.order + ("HH4x4xI4xI2xHH6x", "HH4x8xQ8xI2xHH6x")[self.wide]
        )
        self.e_type, e_machine, phoff, e_flags, phentsize, phnum = header.unpack(
            self.read(16, header.size, "ELF header")
        )
        self.header = Header(bits, data, e_machine, e_flags)
        self.segments = list(self.program_headers(phoff, phentsize, phnum))

    def object(self) -> ElfObject | None:
        if self.e_type not in (ET_EXEC, ET_DYN):
            return None
        for p_type, offset, _, size in self.segments:
            if p_type == PT_LOAD and offset + size > self.source.size:
                raise InvalidElf("segment outside the file")
        interpreter = self.interpreter()
        dynamic, needed = self.dynamic()
        pie = bool(dynamic.get(DT_FLAGS_1, 0) & DF_1_PIE)
        program = interpreter is not None or self.e_type == ET_EXEC or pie
        if not dynamic or (program and interpreter is None):
            return ElfObject(self.header, program)
        strings = b""
        if DT_STRTAB in dynamic:
            strings = self.read_table(
                dynamic[DT_STRTAB], dynamic.get(DT_STRSZ, 0), "string table"
            )
        used, irelative, initial_exec = self.relocations(dynamic)
        undefined, defined, ifunc = self.symbols(dynamic, used, strings)
        soname = dynamic.get(DT_SONAME)
        return ElfObject(
            self.header,
            program,
            interpreter,
            None if soname is None else self.string(strings, soname),
            tuple(self.string(strings, offset) for offset in needed),
            undefined,
            defined,
            ifunc,
            DT_RELR in dynamic,
            irelative,
            initial_exec,
        )

    def program_headers(
        self, phoff: int, phentsize: int, phnum: int
    ) -> Iterator[tuple[int, int, int, int]]:
        """Yield type, file offset, address and size in the file of each segment."""
        entry = struct.Struct(self.order + ("IIIxxxxI12x", "IxxxxQQ8xQ16x")[self.wide])
        if phnum and phentsize != entry.size:
            raise InvalidElf("program headers of an unknown size")
        if entry.size * phnum > MAX_PROGRAM_HEADERS:
            raise InvalidElf("too many program headers")
        table = self.read(phoff, entry.size * phnum, "program headers")
        yield from entry.iter_unpack(table)

    def interpreter(self) -> str | None:
        for p_type, offset, _, size in self.segments:
            if p_type == PT_INTERP:
                content = self.read(offset, min(size, 4_096), "PT_INTERP")
                return _text(content.split(b"\0", 1)[0])
        return None

    def dynamic(self) -> tuple[dict[int, int], list[int]]:
        """Return the dynamic section, and the offsets of its DT_NEEDED names."""
        entry = struct.Struct(self.order + ("II", "QQ")[self.wide])
        tags: dict[int, int] = {}
        needed: list[int] = []
        for p_type, offset, _, size in self.segments:
            if p_type != PT_DYNAMIC:
                continue
            if size > CHUNK:
                raise InvalidElf("PT_DYNAMIC too large")
            size = size // entry.size * entry.size
            for tag, value in entry.iter_unpack(self.read(offset, size, "PT_DYNAMIC")):
                if tag == 0:
                    break
                if tag == DT_NEEDED:
                    needed.append(value)
                else:
                    tags[tag] = value
            self.limits.spend("names", len(needed))
            break
        return tags, needed

    def relocations(self, dynamic: dict[int, int]) -> tuple[set[int], bool, bool]:
        """Return the numbers of the symbols used, and which kinds occur.

        The kinds are IRELATIVE and initial-exec TLS.
        """
        used: set[int] = set()
        irelative, initial_exec = False, False
        numbers = _RELOCATIONS.get(self.header.e_machine)
        if numbers is None:
            return used, irelative, initial_exec
        plt_rela = dynamic.get(DT_PLTREL) == DT_RELA
        for address, size, rela in (
            (dynamic.get(DT_RELA), dynamic.get(DT_RELASZ, 0), True),
            (dynamic.get(DT_REL), dynamic.get(DT_RELSZ, 0), False),
            (dynamic.get(DT_JMPREL), dynamic.get(DT_PLTRELSZ, 0), plt_rela),
        ):
            if address is None:
                continue
            for symbols, types in self.relocation_chunks(address, size, rela):
                used |= symbols
                irelative |= numbers.irelative in types
                initial_exec |= not numbers.initial_exec.isdisjoint(types)
        return used, irelative, initial_exec

    def relocation_chunks(
        self, address: int, size: int, rela: bool
    ) -> Iterator[tuple[set[int], set[int]]]:
        """Yield the symbols and the types that occur, chunk by chunk of a table."""
        words_each = (3 if rela else 2) * (2 if self.wide else 1)
        entry = 4 * words_each
        end = size // entry * entry
        step = CHUNK // entry * entry
        offset = self.offset(address)
        for start in range(0, end, step):
            length = min(step, end - start)
            words = self.words(offset + start, length, "relocations")
            if self.wide:  # r_info is 64 bits wide: symbol above, type below.
                low, high = (2, 3) if self.order == "<" else (3, 2)
                yield set(words[high::words_each]), set(words[low::words_each])
            else:
                infos = set(words[1::words_each])
                yield {info >> 8 for info in infos}, {info & 0xFF for info in infos}

    def hashed(self, dynamic: dict[int, int]) -> int:
        """Return the number of symbols that the hash table knows of."""
        if DT_GNU_HASH not in dynamic:
            return self.old_hashed(dynamic)
        start = self.offset(dynamic[DT_GNU_HASH])
        buckets, first, bloom, _ = self.words(start, 16, "hash table")
        chains = start + 16 + bloom * (8 if self.wide else 4) + 4 * buckets
        if 4 * buckets > MAX_TABLE:
            raise InvalidElf("hash table too large")
        last = max(
            self.words(chains - 4 * buckets, 4 * buckets, "hash table"), default=0
        )
        if last < first:
            return first
        while True:  # The last chain ends at the first entry that is odd.
            position = chains + 4 * (last - first)
            length = min(4_096, (self.source.size - position) // 4 * 4)
            chain = self.words(position, length, "hash table")
            for value in chain:
                last += 1
                if value & 1:
                    return last
            if not chain or last > self.limits.names:
                raise InvalidElf("hash table without an end")

    def old_hashed(self, dynamic: dict[int, int]) -> int:
        """Return the number of symbols by DT_HASH, where nothing better is there.

        Alone among these processors, s390x has entries of 64 bits, and one linker
        writes 32; so DT_GNU_HASH, which no processor changes, is asked first.
        """
        if DT_HASH not in dynamic:
            return 0
        big = self.wide and self.header.e_machine == EM_S390
        entry = struct.Struct(self.order + ("II", "QQ")[big])
        table = self.read(self.offset(dynamic[DT_HASH]), entry.size, "hash table")
        return int(entry.unpack(table)[1])

    def symbols(
        self, dynamic: dict[int, int], used: set[int], strings: bytes
    ) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Return the strong undefined, the defined and the IFUNC symbols.

        No table says how many symbols there are; all that matter are hashed, or
        stand before those that are, or are used by a relocation.  The loader looks up
        what a relocation uses and nothing else.  An IFUNC symbol that none uses does
        no harm, and none can bind to it.
        """
        count = max(self.hashed(dynamic), max(used, default=-1) + 1)
        undefined: set[str] = set()
        defined: set[str] = set()
        ifunc: set[str] = set()
        if DT_SYMTAB not in dynamic or count == 0:
            return frozenset(), frozenset(), frozenset()
        # Gives st_name, st_info and st_shndx.
        entry = struct.Struct(self.order + ("I8xBxH", "IBxH16x")[self.wide])
        table = self.read_table(dynamic[DT_SYMTAB], count * entry.size, "symbol table")
        self.limits.spend("names", count)
        for index, (name, info, section) in enumerate(entry.iter_unpack(table)):
            binding = info >> 4
            if binding not in (STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE) or name == 0:
                continue
            if section == 0:
                if binding != STB_WEAK and index in used:
                    undefined.add(self.string(strings, name))
            elif info & 0xF == STT_GNU_IFUNC:
                if index in used:
                    ifunc.add(self.string(strings, name))
            else:
                defined.add(self.string(strings, name))
        return frozenset(undefined), frozenset(defined), frozenset(ifunc)

    def string(self, strings: bytes, offset: int) -> str:
        end = strings.find(b"\0", offset)
        if end < 0:
            raise InvalidElf("name outside the string table")
        self.limits.spend("text", end - offset)
        return _text(strings[offset:end])

    def words(self, offset: int, length: int, what: str) -> "array[int]":
        """Return numbers of 32 bits, in the file's byte order."""
        words = array("I", self.read(offset, length, what))
        if self.swap:
            words.byteswap()
        return words

    def read_table(self, address: int, length: int, what: str) -> bytes:
        if length > MAX_TABLE:
            raise InvalidElf(f"{what} too large")
        return self.read(self.offset(address), length, what)

    def offset(self, address: int) -> int:
        """Return where in the file an address of the loaded program lies."""
        for p_type, offset, start, size in self.segments:
            if p_type == PT_LOAD and start <= address < start + size:
                return int(offset + address - start)
        raise InvalidElf("address outside the file")

    def read(self, offset: int, length: int, what: str) -> bytes:
        """Return bytes that must lie wholly within the file."""
        if length < 0 or offset < 0 or offset + length > self.source.size:
            raise InvalidElf(f"{what} outside the file")
        content = self.source.read_at(offset, length)
        if len(content) != length:
            raise InvalidElf(f"{what} outside the file")
        return content


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
