"""Wheels from a description: the files that an ``audit`` vector describes as data."""

import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from musllinux.arch import ARCHITECTURES
from musllinux_conformance.vectors import Json

GLOBAL, WEAK = 1, 2
FUNC, GNU_IFUNC = 2, 10
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
    symbol, and ``binding`` is the one that refers to each undefined symbol, if not
    the processor's plain one; ``dynamic`` holds further entries of the dynamic
    section.  ``version`` is a library and the version of it that all undefined
    symbols ask for.
    """

    arch: str = "x86_64"
    undefined: Sequence[str] = ()
    weak: Sequence[str] = ()
    unused: Sequence[str] = ()
    defined: Sequence[str] = ()
    ifunc: Sequence[str] = ()
    needed: Sequence[str] = ()
    soname: str | None = None
    interpreter: str | None = None
    relr: bool = False
    relocations: Sequence[int] = ()
    binding: int | None = None
    gnu_hash: bool = False
    e_type: int = 3
    e_flags: int | None = None
    e_machine: int | None = None
    dynamic: Sequence[Sequence[int]] = ()
    version: Sequence[str] = ()

    def __bytes__(self) -> bytes:
        row = next(row for row in ARCHITECTURES if row.arch == self.arch)
        order = "<" if row.data == "LSB" else ">"
        wide = row.bits == 64
        word = "Q" if wide else "I"
        machine = row.e_machine if self.e_machine is None else self.e_machine
        flags = row.flags_value if self.e_flags is None else self.e_flags

        strings = bytearray(b"\0")

        def string(name: str) -> int:
            strings.extend(name.encode() + b"\0")
            return len(strings) - len(name.encode()) - 1

        symbols = [(0, 0, 0)]  # name, info, section
        symbols += [(string(n), GLOBAL << 4 | FUNC, 0) for n in self.undefined]
        symbols += [(string(n), WEAK << 4 | FUNC, 0) for n in self.weak]
        unused = len(symbols)
        symbols += [(string(n), GLOBAL << 4 | FUNC, 0) for n in self.unused]
        first = len(symbols)
        ifuncs = [(string(n), GLOBAL << 4 | GNU_IFUNC, 1) for n in self.ifunc]
        symbols += ifuncs
        symbols += [(string(n), GLOBAL << 4 | FUNC, 1) for n in self.defined]
        needed = [string(name) for name in self.needed]
        soname = None if self.soname is None else string(self.soname)
        version = [string(name) for name in self.version]

        symtab = bytearray()
        for name, info, section in symbols:
            if wide:
                symtab += struct.pack(order + "IBBHQQ", name, info, 0, section, 0, 0)
            else:
                symtab += struct.pack(order + "IIIBBH", name, 0, 0, info, 0, section)
        hashed = len(symbols) - first
        if self.gnu_hash:  # One bucket; only the last of its chain is odd.
            chain = [2] * (hashed - 1) + [3] * (hashed > 0)
            bucket = first if hashed else 0
            table = [1, first, 1, 0] + [0] * (2 if wide else 1) + [bucket, *chain]
            hashes = struct.pack(f"{order}{len(table)}I", *table)
        else:
            entry = "Q" if wide and machine == 22 else "I"
            zeros = [0] * (len(symbols) + 1)
            hashes = struct.pack(
                f"{order}{len(symbols) + 3}{entry}", 1, len(symbols), *zeros
            )
        relocations = bytearray()
        uses = [(1 if len(symbols) > 1 else 0, kind) for kind in self.relocations]
        uses += [(first + number, 1) for number in range(len(ifuncs))]
        binding = _PLAIN[row.e_machine] if self.binding is None else self.binding
        uses += [(number, binding) for number in range(1, unused)]
        for symbol, kind in uses:
            info = symbol << (32 if wide else 8) | kind
            relocations += struct.pack(order + word * 2, BASE, info)
            if wide:
                relocations += struct.pack(order + "q", 0)

        segments = 3
        size = 56 if wide else 32
        content = bytearray(b"\0" * ((64 if wide else 52) + segments * size))

        def place(part: bytes | bytearray) -> int:
            content.extend(b"\0" * (-len(content) % 8))
            content.extend(part)
            return len(content) - len(part)

        interpreter = place((self.interpreter or "").encode() + b"\0")
        rela = (7, 8, 9) if wide else (17, 18, 19)
        tags = [(1, name) for name in needed]
        tags += [(14, soname)] if soname is not None else []
        tags += [(6, BASE + place(symtab)), (11, 24 if wide else 16)]
        tags += [(5, BASE + place(strings)), (10, len(strings))]
        tags += [(0x6FFFFEF5 if self.gnu_hash else 4, BASE + place(hashes))]
        if relocations:
            each = 24 if wide else 8
            tags += [(rela[0], BASE + place(relocations))]
            tags += [(rela[1], len(relocations)), (rela[2], each)]
        if version:  # Index 2 of one Verneed; 1 is for symbols without a version.
            library, name = version
            indices = [2 if each[2] == 0 else 1 for each in symbols]
            versym = struct.pack(f"{order}{len(symbols)}H", 0, *indices[1:])
            verneed = struct.pack(order + "HHIII", 1, 1, library, 16, 0)
            verneed += struct.pack(order + "IHHII", 0, 0, 2, name, 0)
            tags += [(0x6FFFFFF0, BASE + place(versym))]
            tags += [(0x6FFFFFFE, BASE + place(verneed)), (0x6FFFFFFF, 1)]
        tags += [(36, BASE), (35, 8), (37, 8)] if self.relr else []
        tags += [*((tag, value) for tag, value in self.dynamic), (0, 0)]
        packed = b"".join(struct.pack(order + word * 2, *tag) for tag in tags)
        dynamic = place(packed)

        headers = [
            (1, 0, len(content)),
            (2, dynamic, len(packed)),
            (
                3 if self.interpreter else 0,
                interpreter,
                len(self.interpreter or "") + 1,
            ),
        ]
        ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1])
        start = 64 if wide else 52
        header = ident.ljust(16, b"\0") + struct.pack(
            order + "HHI" + word * 3 + "IHHHHHH",
            *(self.e_type, machine, 1, 0, start, 0),
            *(flags, start, size, segments, 0, 0, 0),
        )
        content[: len(header)] = header
        for number, (kind, offset, length) in enumerate(headers):
            if wide:
                packed = struct.pack(
                    order + "IIQQQQQQ",
                    *(kind, 6, offset, BASE + offset, 0, length, length, 8),
                )
            else:
                packed = struct.pack(
                    order + "IIIIIIII",
                    *(kind, offset, BASE + offset, 0, length, length, 6, 8),
                )
            at = start + number * size
            content[at : at + size] = packed
        return bytes(content)


def make_wheel(request: dict[str, Json], folder: Path) -> Path:
    """Write the wheel that an ``audit`` request describes; return its path."""
    wheel, tag = request["wheel"], request["tag"]
    platform = wheel.get("platform", tag)
    path = folder / f"demo-1.0-{wheel['python']}-{wheel['abi']}-{platform}.whl"
    metadata = {
        "METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: demo\nRoot-Is-Purelib: false\n"
        f"Tag: {wheel['python']}-{wheel['abi']}-{tag}\n",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in wheel["files"]:
            content = file.get("text") or bytes(Object(**file["object"]))
            archive.writestr(file["path"], content)
        for name, text in metadata.items():
            archive.writestr(f"demo-1.0.dist-info/{name}", text)
        names = [*archive.namelist(), "demo-1.0.dist-info/RECORD"]
        record = "".join(f"{name},,\n" for name in names)
        archive.writestr("demo-1.0.dist-info/RECORD", record)
    return path
