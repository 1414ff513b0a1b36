"""ELF files with a dynamic section from a description, for the wheels of vectors."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from musllinux.arch import ARCHITECTURES

GLOBAL, WEAK = 1, 2
FUNC, GNU_IFUNC = 2, 10
PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP = 0, 1, 2, 3
SEGMENTS = 3
SHT_STRTAB, SHT_DYNAMIC, SHT_DYNSYM, SHT_GNU_VERNEED = 3, 6, 11, 0x6FFFFFFE
DYNSTR = 1
"""Number of the section with the names of symbols and libraries."""
EM_S390 = 22
BASE = 0x10000
"""Address of the file's first byte, so that offsets and addresses differ."""
_PLAIN = {3: 6, 21: 20, 22: 10, 40: 21, 62: 6, 183: 1025, 243: 2, 258: 2}
"""For each e_machine, the type of relocation that puts a symbol's address somewhere:
GLOB_DAT, or where there is none the absolute one of 64 bits."""


@dataclass(frozen=True)
class Object:
    """An ELF file with a dynamic section, in words; ``bytes()`` of it is the file.

    ``undefined``, ``weak``, ``unused``, ``defined`` and ``ifunc`` are names of symbols;
    ``unused`` are undefined ones that no relocation names, as one does all others
    that are undefined.  ``relocations`` are types, each of which refers to the first
    symbol; ``dynamic`` holds entries of the dynamic section, tag and value, in place of
    those that would have the tag.  ``version`` is a library and the version of it that
    all undefined symbols ask for.
    """

    arch: str = "x86_64"
    undefined: Sequence[str] = ()
    weak: Sequence[str] = ()
    unused: Sequence[str] = ()
    defined: Sequence[str] = ()
    ifunc: Sequence[str] = ()
    needed: Sequence[str] = ()
    soname: str | None = None
    runpath: str | None = None
    interpreter: str | None = None
    relr: bool = False
    relocations: Sequence[int] = ()
    gnu_hash: bool = False
    e_type: int = 3
    e_flags: int | None = None
    e_machine: int | None = None
    dynamic: Sequence[tuple[int, int]] = ()
    version: Sequence[str] = ()

    def __bytes__(self) -> bytes:
        return _Writer(self).file()


class _Symbol(NamedTuple):
    """A symbol, undefined if ``section`` is 0.

    ``used`` is the type of the relocation that names it, if any.
    """

    name: str
    binding: int
    kind: int
    section: int
    used: int | None = None


class _Section(NamedTuple):
    """What a section header says; a loader reads none, other tools do."""

    name: str
    kind: int
    offset: int
    size: int
    entry: int = 0
    link: int = DYNSTR
    info: int = 0


class _Writer:
    """One ELF file while it is written.

    The string table stands first; what an entry of the dynamic section names is
    placed when the entry is made.
    """

    def __init__(self, wanted: Object) -> None:
        self.wanted = wanted
        self.row = next(row for row in ARCHITECTURES if row.arch == wanted.arch)
        self.order = "<" if self.row.data == "LSB" else ">"
        self.wide = self.row.bits == 64
        machine = wanted.e_machine
        self.machine = self.row.e_machine if machine is None else machine
        self.header_size, self.segment_size = (64, 56) if self.wide else (52, 32)
        self.content = bytearray(self.header_size + SEGMENTS * self.segment_size)
        self.symbols = list(self.list_symbols())
        names = [symbol.name for symbol in self.symbols]
        names += [*wanted.needed, *wanted.version]
        names += [each for each in (wanted.soname, wanted.runpath) if each is not None]
        self.strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
        offset = self.place(self.strings)
        strings = _Section(".dynstr", SHT_STRTAB, offset, len(self.strings), link=0)
        self.sections = [_Section("", 0, 0, 0, link=0), strings]

    def list_symbols(self) -> Iterator[_Symbol]:
        """Yield the symbols in their order: those that a hash table knows stand last.

        The first of a table is empty.
        """
        plain = _PLAIN[self.row.e_machine]
        yield _Symbol("", 0, 0, 0)
        for name in self.wanted.undefined:
            yield _Symbol(name, GLOBAL, FUNC, 0, plain)
        for name in self.wanted.weak:
            yield _Symbol(name, WEAK, FUNC, 0, plain)
        for name in self.wanted.unused:
            yield _Symbol(name, GLOBAL, FUNC, 0)
        for name in self.wanted.ifunc:
            yield _Symbol(name, GLOBAL, GNU_IFUNC, 1, 1)
        for name in self.wanted.defined:
            yield _Symbol(name, GLOBAL, FUNC, 1)

    def pack(self, form: str, *values: int) -> bytes:
        """Pack numbers as ``struct`` does; W is one as wide as an address."""
        form = form.replace("W", "Q" if self.wide else "I")
        return struct.pack(self.order + form, *values)

    def string(self, name: str) -> int:
        """Return where in the string table a name stands."""
        return self.strings.index(b"\0" + name.encode() + b"\0") + 1 if name else 0

    def place(self, part: bytes) -> int:
        """Append a part, aligned, and return its offset."""
        self.content.extend(bytes(-len(self.content) % 8))
        self.content.extend(part)
        return len(self.content) - len(part)

    def section(self, name: str, kind: int, part: bytes, **more: int) -> int:
        """Append a part that has a section header, and return its offset."""
        offset = self.place(part)
        self.sections.append(_Section(name, kind, offset, len(part), **more))
        return offset

    def file(self) -> bytes:
        interpreter = (self.wanted.interpreter or "").encode() + b"\0"
        named = self.place(interpreter)
        replaced = {tag for tag, _ in self.wanted.dynamic}
        tags = [each for each in self.dynamic() if each[0] not in replaced]
        tags += [*self.wanted.dynamic, (0, 0)]
        packed = b"".join(self.pack("WW", *tag) for tag in tags)
        each = len(packed) // len(tags)
        offset = self.section(".dynamic", SHT_DYNAMIC, packed, entry=each)
        kind = PT_INTERP if self.wanted.interpreter else PT_NULL
        segments = [
            (PT_LOAD, 0, len(self.content)),
            (PT_DYNAMIC, offset, len(packed)),
            (kind, named, len(interpreter)),
        ]
        table = self.section_headers()
        headers = self.header(table)
        headers += b"".join(self.segment(*each) for each in segments)
        self.content[: len(headers)] = headers
        return bytes(self.content)

    def dynamic(self) -> Iterator[tuple[int, int]]:
        """Yield the entries of the dynamic section: tag and value."""
        wanted = self.wanted
        for name in wanted.needed:
            yield 1, self.string(name)
        if wanted.soname is not None:
            yield 14, self.string(wanted.soname)
        if wanted.runpath is not None:
            yield 29, self.string(wanted.runpath)
        yield 5, BASE + self.sections[DYNSTR].offset
        yield 10, len(self.strings)
        table = b"".join(map(self.symbol, self.symbols))
        each = len(table) // len(self.symbols)
        yield 6, BASE + self.section(".dynsym", SHT_DYNSYM, table, entry=each, info=1)
        yield 11, each
        if wanted.gnu_hash:
            yield 0x6FFFFEF5, BASE + self.place(self.gnu_hash())
        else:
            yield 4, BASE + self.place(self.old_hash())
        if relocations := b"".join(self.relocations()):
            tags = (7, 8, 9) if self.wide else (17, 18, 19)  # DT_RELA, or DT_REL
            yield tags[0], BASE + self.place(relocations)
            yield tags[1], len(relocations)
            yield tags[2], 24 if self.wide else 8
        if wanted.version:
            yield from self.versions()
        if wanted.relr:
            relr = self.pack("W", BASE)
            yield 36, BASE + self.place(relr)
            yield 35, len(relr)
            yield 37, len(relr)

    def symbol(self, symbol: _Symbol) -> bytes:
        name, info = self.string(symbol.name), symbol.binding << 4 | symbol.kind
        value = BASE if symbol.section else 0  # To a loader, 0 is undefined too.
        if self.wide:
            return self.pack("IBBHQQ", name, info, 0, symbol.section, value, 0)
        return self.pack("IIIBBH", name, value, 0, info, 0, symbol.section)

    def old_hash(self) -> bytes:
        """Return DT_HASH with one bucket, and so one chain, of all symbols."""
        numbers = [*range(1, len(self.symbols)), 0]  # Each is followed by the next.
        big = self.wide and self.machine == EM_S390
        form = f"{len(numbers) + 3}{'Q' if big else 'I'}"
        return self.pack(form, 1, len(numbers), numbers[0], 0, *numbers[1:])

    def gnu_hash(self) -> bytes:
        """Return DT_GNU_HASH with one bucket, and a filter that passes everything."""
        names = [symbol.name for symbol in self.symbols if symbol.section]
        chain = [_gnu_hash(name) & ~1 for name in names]
        if chain:
            chain[-1] |= 1
        first = len(self.symbols) - len(names)
        table = self.pack("IIII", 1, first, 1, 0)
        table += b"\xff" * (8 if self.wide else 4)
        return table + self.pack(f"{1 + len(chain)}I", first if chain else 0, *chain)

    def relocations(self) -> Iterator[bytes]:
        """Yield the relocations, all of the file's first word."""
        for kind in self.wanted.relocations:
            yield self.relocation(1 if len(self.symbols) > 1 else 0, kind)
        for number, symbol in enumerate(self.symbols):
            if symbol.used is not None:
                yield self.relocation(number, symbol.used)

    def relocation(self, symbol: int, kind: int) -> bytes:
        if self.wide:
            return self.pack("QQq", BASE, symbol << 32 | kind, 0)
        return self.pack("II", BASE, symbol << 8 | kind)

    def versions(self) -> Iterator[tuple[int, int]]:
        """Yield the entries for one Verneed: index 2; 1 is without a version."""
        library, name = map(self.string, self.wanted.version)
        indices = [2 if symbol.section == 0 else 1 for symbol in self.symbols[1:]]
        versym = self.pack(f"{len(self.symbols)}H", 0, *indices)
        verneed = self.pack("HHIII", 1, 1, library, 16, 0)
        verneed += self.pack("IHHII", 0, 0, 2, name, 0)
        offset = self.section(".gnu.version_r", SHT_GNU_VERNEED, verneed, info=1)
        yield 0x6FFFFFF0, BASE + self.place(versym)
        yield 0x6FFFFFFE, BASE + offset
        yield 0x6FFFFFFF, 1

    def segment(self, kind: int, offset: int, size: int) -> bytes:
        place = offset, BASE + offset, 0, size, size
        if self.wide:
            return self.pack("IIQQQQQQ", kind, 6, *place, 8)
        return self.pack("IIIIIIII", kind, *place, 6, 8)

    def section_headers(self) -> int:
        """Append the table of section headers, and return its offset."""
        strings = b"".join(each.name.encode() + b"\0" for each in self.sections)
        strings += b".shstrtab\0"
        self.section(".shstrtab", SHT_STRTAB, strings, link=0)
        headers = b""
        for name, kind, offset, size, entry, link, info in self.sections:
            named = strings.index(name.encode() + b"\0")
            address = BASE + offset if kind else 0
            where = named, kind, 0, address, offset, size
            headers += self.pack("IIWWWWIIWW", *where, link, info, 8, entry)
        return self.place(headers)

    def header(self, sections: int) -> bytes:
        """Return the ELF header, given the offset of the section headers."""
        wanted = self.wanted
        flags = self.row.flags_value if wanted.e_flags is None else wanted.e_flags
        ident = b"\x7fELF" + bytes(
            [2 if self.wide else 1, 1 if self.order == "<" else 2, 1]
        )
        return ident.ljust(16, b"\0") + self.pack(
            "HHIWWWIHHHHHH",
            *(wanted.e_type, self.machine, 1, 0, self.header_size, sections),
            *(flags, self.header_size, self.segment_size, SEGMENTS),
            *(64 if self.wide else 40, len(self.sections), len(self.sections) - 1),
        )


def _gnu_hash(name: str) -> int:
    value = 5381
    for byte in name.encode():
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value
