"""ELF files with a dynamic section from a description, for the wheels of vectors."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from musllinux.arch import ARCHITECTURES

LOCAL, GLOBAL, WEAK, GNU_UNIQUE = 0, 1, 2, 10
NOTYPE, OBJECT, FUNC, TLS, GNU_IFUNC = 0, 1, 2, 6, 10
HIDDEN, PROTECTED = 2, 3
UNDEF, SOME_SECTION, ABS = 0, 1, 0xFFF1
PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_TLS = 0, 1, 2, 3, 7
SEGMENTS = 4
SHT_STRTAB, SHT_DYNAMIC, SHT_DYNSYM, SHT_GNU_VERNEED = 3, 6, 11, 0x6FFFFFFE
DYNSTR = 1
"""Number of the section with the names of symbols and libraries."""
EM_S390 = 22
BASE = 0x10000
"""Address of the file's first byte, so that offsets and addresses differ."""
APART = 0x200000
"""How much farther from its offset the second PT_LOAD lies, if there are two."""


class _Types(NamedTuple):
    """Types of relocations: an address, GLOB_DAT or, where there is none, the absolute
    one of 64 bits; JUMP_SLOT; and the one of the module that has a variable of TLS."""

    address: int
    jump_slot: int
    module: int


_TYPES = {
    3: _Types(6, 7, 35),  # EM_386
    21: _Types(20, 21, 68),  # EM_PPC64
    22: _Types(10, 11, 54),  # EM_S390
    40: _Types(21, 22, 17),  # EM_ARM
    62: _Types(6, 7, 16),  # EM_X86_64
    183: _Types(1025, 1026, 1028),  # EM_AARCH64
    243: _Types(2, 5, 7),  # EM_RISCV
    258: _Types(2, 5, 7),  # EM_LOONGARCH
}
_WORDS = {
    "STB_LOCAL": LOCAL,
    "STB_WEAK": WEAK,
    "STB_GNU_UNIQUE": GNU_UNIQUE,
    "STT_NOTYPE": NOTYPE,
    "STT_OBJECT": OBJECT,
    "STT_TLS": TLS,
    "STT_GNU_IFUNC": GNU_IFUNC,
    "STV_HIDDEN": HIDDEN,
    "STV_PROTECTED": PROTECTED,
    "SHN_ABS": ABS,
}
Described = str | Mapping[str, str | bool]
"""A function of global binding, by its name, or ``name`` and what is different:
``type``, ``binding``, ``visibility``, ``section``, each a key of ``_WORDS``; or
``placed``, if it is undefined and has the address of its PLT entry."""


@dataclass(frozen=True)
class Object:
    """An ELF file with a dynamic section, in words; ``bytes()`` of it is the file.

    ``undefined``, ``plt``, ``weak``, ``unused``, ``defined`` and ``ifunc`` are symbols;
    ``unused`` are undefined ones that no relocation names, as one does all others
    that are undefined; for ``plt`` it stands in DT_JMPREL.  ``relocations`` and, in
    DT_JMPREL, ``plt_relocations`` are types, each of which refers to the first symbol,
    if there is one; ``left_over`` are needed after DT_NULL; ``dynamic`` holds entries
    of the dynamic section, tag and value, in place of those that would have the tag.
    ``version`` is a library and the version of it that all undefined symbols ask for.
    ``split`` puts all but the headers into a second PT_LOAD, as a tool that edits files
    may; ``beyond`` makes the only PT_LOAD so many bytes longer.
    """

    arch: str = "x86_64"
    undefined: Sequence[Described] = ()
    plt: Sequence[str] = ()
    weak: Sequence[str] = ()
    unused: Sequence[str] = ()
    defined: Sequence[Described] = ()
    ifunc: Sequence[Described] = ()
    needed: Sequence[str] = ()
    left_over: Sequence[str] = ()
    soname: str | None = None
    runpath: str | None = None
    interpreter: str | None = None
    relr: bool = False
    beyond: int = 0
    relocations: Sequence[int] = ()
    plt_relocations: Sequence[int] = ()
    split: bool = False
    gnu_hash: bool = False
    e_type: int = 3
    e_flags: int | None = None
    e_machine: int | None = None
    dynamic: Sequence[tuple[int, int]] = ()
    version: Sequence[str] = ()

    def __bytes__(self) -> bytes:
        return _Writer(self).file()


class _Symbol(NamedTuple):
    """A symbol, undefined if ``section`` is UNDEF.

    ``used`` is the type of the relocation that names it, if any; ``placed`` gives an
    undefined function the address of its PLT entry.
    """

    name: str
    binding: int
    kind: int
    section: int
    used: int | None = None
    visibility: int = 0
    placed: bool = False


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
        self.segments = SEGMENTS + wanted.split
        self.base = BASE + APART * wanted.split
        self.content = bytearray(self.header_size + self.segments * self.segment_size)
        self.types = _TYPES[self.row.e_machine]
        self.symbols = sorted(
            self.list_symbols(), key=lambda each: each.binding != LOCAL
        )
        names = [symbol.name for symbol in self.symbols]
        names += [*wanted.needed, *wanted.left_over, *wanted.version]
        names += [each for each in (wanted.soname, wanted.runpath) if each is not None]
        self.strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
        offset = self.place(self.strings)
        strings = _Section(".dynstr", SHT_STRTAB, offset, len(self.strings), link=0)
        self.sections = [_Section("", 0, 0, 0, link=0), strings]

    def list_symbols(self) -> Iterator[_Symbol]:
        """Yield the symbols in their order, but for local ones, which stand first.

        Those that a hash table knows stand last.  The first of a table is empty.
        """
        address, jump_slot, module = self.types
        yield _Symbol("", LOCAL, NOTYPE, UNDEF)
        for each in self.wanted.undefined:
            symbol = _symbol(each, UNDEF)
            used = module if symbol.kind == TLS else address
            yield symbol._replace(used=used)
        for name in self.wanted.plt:
            yield _Symbol(name, GLOBAL, FUNC, UNDEF, jump_slot)
        for name in self.wanted.weak:
            yield _Symbol(name, WEAK, FUNC, UNDEF, address)
        for name in self.wanted.unused:
            yield _Symbol(name, GLOBAL, FUNC, UNDEF)
        for each in self.wanted.ifunc:
            yield _symbol(each, SOME_SECTION)._replace(kind=GNU_IFUNC, used=1)
        for each in self.wanted.defined:
            yield _symbol(each, SOME_SECTION)

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
        tags += [(1, self.string(name)) for name in self.wanted.left_over]
        packed = b"".join(self.pack("WW", *tag) for tag in tags)
        each = len(packed) // len(tags)
        offset = self.section(".dynamic", SHT_DYNAMIC, packed, entry=each)
        kind = PT_INTERP if self.wanted.interpreter else PT_NULL
        tls = PT_TLS if self.has_tls() else PT_NULL
        whole = len(self.content)
        segments = [(PT_LOAD, 0, whole + self.wanted.beyond, BASE)]
        if self.wanted.split:
            start = self.header_size + self.segments * self.segment_size
            segments = [
                (PT_LOAD, 0, start, BASE),
                (PT_LOAD, start, whole - start, self.base + start),
            ]
        segments += [
            (PT_DYNAMIC, offset, len(packed), self.base + offset),
            (kind, named, len(interpreter), self.base + named),
            (tls, 0, 8, BASE),
        ]
        table = self.section_headers()
        headers = self.header(table)
        headers += b"".join(self.segment(*each) for each in segments)
        self.content[: len(headers)] = headers
        return bytes(self.content)

    def has_tls(self) -> bool:
        """Say whether the file defines a variable of thread-local storage."""
        return any(each.kind == TLS and each.section for each in self.symbols)

    def dynamic(self) -> Iterator[tuple[int, int]]:
        """Yield the entries of the dynamic section: tag and value."""
        wanted = self.wanted
        for name in wanted.needed:
            yield 1, self.string(name)
        if wanted.soname is not None:
            yield 14, self.string(wanted.soname)
        if wanted.runpath is not None:
            yield 29, self.string(wanted.runpath)
        yield 5, self.base + self.sections[DYNSTR].offset
        yield 10, len(self.strings)
        table = b"".join(map(self.symbol, self.symbols))
        each = len(table) // len(self.symbols)
        info = sum(symbol.binding == LOCAL for symbol in self.symbols)
        place = self.section(".dynsym", SHT_DYNSYM, table, entry=each, info=info)
        yield 6, self.base + place
        yield 11, each
        if wanted.gnu_hash:
            yield 0x6FFFFEF5, self.base + self.place(self.gnu_hash())
        else:
            yield 4, self.base + self.place(self.old_hash())
        tags = (7, 8, 9) if self.wide else (17, 18, 19)  # DT_RELA, or DT_REL
        if relocations := b"".join(self.relocations()):
            yield tags[0], self.base + self.place(relocations)
            yield tags[1], len(relocations)
            yield tags[2], 24 if self.wide else 8
        if relocations := b"".join(self.plt()):
            yield 23, self.base + self.place(relocations)
            yield 2, len(relocations)
            yield 20, tags[0]
        if wanted.version:
            yield from self.versions()
        if wanted.relr:
            relr = self.pack("W", BASE)
            yield 36, self.base + self.place(relr)
            yield 35, len(relr)
            yield 37, len(relr)

    def symbol(self, symbol: _Symbol) -> bytes:
        name, info = self.string(symbol.name), symbol.binding << 4 | symbol.kind
        section, other = symbol.section, symbol.visibility
        # To a loader, 0 is undefined too, unless it is a place in TLS.
        value = BASE if (section and symbol.kind != TLS) or symbol.placed else 0
        if self.wide:
            return self.pack("IBBHQQ", name, info, other, section, value, 0)
        return self.pack("IIIBBH", name, value, 0, info, other, section)

    def old_hash(self) -> bytes:
        """Return DT_HASH with one bucket, and so one chain, of all symbols."""
        numbers = [*range(1, len(self.symbols)), 0]  # Each is followed by the next.
        big = self.wide and self.machine == EM_S390
        form = f"{len(numbers) + 3}{'Q' if big else 'I'}"
        return self.pack(form, 1, len(numbers), numbers[0], 0, *numbers[1:])

    def gnu_hash(self) -> bytes:
        """Return DT_GNU_HASH with one bucket, and a filter that passes everything."""
        names = [each.name for each in self.symbols if each.section and each.binding]
        chain = [_gnu_hash(name) & ~1 for name in names]
        if chain:
            chain[-1] |= 1
        # A linker writes 1 where there are none, whatever undefined symbols there are.
        first = len(self.symbols) - len(names) if names else 1
        table = self.pack("IIII", 1, first, 1, 0)
        table += b"\xff" * (8 if self.wide else 4)
        return table + self.pack(f"{1 + len(chain)}I", first if chain else 0, *chain)

    def relocations(self) -> Iterator[bytes]:
        """Yield all relocations but those of DT_JMPREL."""
        yield from map(self.of_first_symbol, self.wanted.relocations)
        yield from self.named(jump_slots=False)

    def plt(self) -> Iterator[bytes]:
        """Yield the relocations of DT_JMPREL."""
        yield from map(self.of_first_symbol, self.wanted.plt_relocations)
        yield from self.named(jump_slots=True)

    def of_first_symbol(self, kind: int) -> bytes:
        """Return a relocation that refers to the first symbol, if there is one."""
        return self.relocation(1 if len(self.symbols) > 1 else 0, kind)

    def named(self, jump_slots: bool) -> Iterator[bytes]:
        """Yield the relocations that name a symbol: those of DT_JMPREL, or others."""
        for number, symbol in enumerate(self.symbols):
            slot = symbol.used == self.types.jump_slot
            if symbol.used is not None and slot == jump_slots:
                yield self.relocation(number, symbol.used)

    def relocation(self, symbol: int, kind: int) -> bytes:
        """Return a relocation of the file's first word."""
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
        yield 0x6FFFFFF0, self.base + self.place(versym)
        yield 0x6FFFFFFE, self.base + offset
        yield 0x6FFFFFFF, 1

    def segment(self, kind: int, offset: int, size: int, address: int) -> bytes:
        place = offset, address, 0, size, size
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
            address = self.base + offset if kind else 0
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
            *(flags, self.header_size, self.segment_size, self.segments),
            *(64 if self.wide else 40, len(self.sections), len(self.sections) - 1),
        )


def _symbol(wanted: Described, section: int) -> _Symbol:
    """Return a symbol that stands in this section, unless its description has one."""
    if isinstance(wanted, str):
        return _Symbol(wanted, GLOBAL, FUNC, section)
    placed = "placed" in wanted
    numbers = {key: _WORDS[word] for key, word in wanted.items() if word in _WORDS}
    return _Symbol(
        str(wanted["name"]),
        numbers.get("binding", GLOBAL),
        numbers.get("type", FUNC),
        numbers.get("section", section),
        visibility=numbers.get("visibility", 0),
        placed=placed,
    )


def _gnu_hash(name: str) -> int:
    value = 5381
    for byte in name.encode():
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value
