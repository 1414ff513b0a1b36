"""The reader of ELF files, against pyelftools and against lies."""

import struct
import sys
import sysconfig
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from musllinux.arch import ARCHITECTURES
from musllinux.elf import InvalidElf
from musllinux_audit.dynamic import ElfObject, LimitExceeded, Limits, read_object
from musllinux_conformance.objects import BASE, Object

ARCHES = [row.arch for row in ARCHITECTURES]
IRELATIVE = {
    "x86_64": 37,
    "i686": 42,
    "aarch64": 1032,
    "aarch64_be": 1032,
    "armv7l": 160,
    "armv6l": 160,
    "ppc64le": 248,
    "ppc64": 248,
    "s390x": 61,
    "riscv64": 58,
    "loongarch64": 12,
}
INITIAL_EXEC = {
    "x86_64": 18,
    "i686": 14,
    "aarch64": 1030,
    "aarch64_be": 1030,
    "armv7l": 19,
    "armv6l": 19,
    "ppc64le": 73,
    "ppc64": 73,
    "s390x": 56,
    "riscv64": 11,
    "loongarch64": 11,
}


class Bytes:
    """An ELF file in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)

    def read_at(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]


def read(content: bytes) -> ElfObject | None:
    return read_object(Bytes(content), Limits())


def loaded(elf: Object) -> ElfObject:
    found = read(bytes(elf))
    assert found is not None
    return found


def system_files() -> list[Path]:
    """Return a few shared libraries and programs of this machine."""
    modules = Path(sysconfig.get_config_var("DESTSHARED") or "/nonexistent")
    folders = [Path("/lib"), Path("/usr/lib"), *Path("/usr/lib").glob("*-linux-*")]
    names = ("libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libz.so.1")
    files = [folder / name for folder in folders for name in names]
    files += [*sorted(modules.glob("*.so"))[:8], Path(sys.executable).resolve()]
    files += list(Path("/lib").glob("ld-musl-*.so.1"))
    return [file for file in dict.fromkeys(files) if file.is_file()]


def assert_pyelftools_agrees(content: bytes) -> None:
    """Compare with what pyelftools reads by segments and by sections."""
    found = read(content)
    assert found is not None
    elf = ELFFile(BytesIO(content))
    dynamic = next(s for s in elf.iter_segments() if isinstance(s, DynamicSegment))
    tags = list(dynamic.iter_tags())
    assert list(found.needed) == [
        t.needed for t in tags if t.entry.d_tag == "DT_NEEDED"
    ]
    sonames = [t.soname for t in tags if t.entry.d_tag == "DT_SONAME"]
    assert [found.soname] == (sonames or [None])
    assert found.relr == any(t.entry.d_tag == "DT_RELR" for t in tags)
    assert found.header.e_flags == elf.header["e_flags"]
    tables = dynamic.get_relocation_tables()
    used = {
        relocation["r_info_sym"]
        for name, table in tables.items()
        if name != "RELR"
        for relocation in table.iter_relocations()
    }
    undefined, defined = set(), set()
    symbols = elf.get_section_by_name(".dynsym").iter_symbols()
    for index, symbol in enumerate(symbols):
        binding = symbol["st_info"]["bind"]
        if not symbol.name or binding == "STB_LOCAL":
            continue
        if symbol["st_shndx"] == "SHN_UNDEF":
            if binding != "STB_WEAK" and index in used:
                undefined.add(symbol.name)
        elif symbol["st_info"]["type"] not in ("STT_GNU_IFUNC", "STT_LOOS"):
            defined.add(symbol.name)
    assert found.undefined == undefined
    assert found.defined == defined
    types = {
        relocation["r_info_type"]
        for section in elf.iter_sections()
        if section.name.startswith(".rela.")
        for relocation in section.iter_relocations()
    }
    if elf.header["e_machine"] == "EM_X86_64":
        assert found.irelative == (IRELATIVE["x86_64"] in types)
        if not found.program:
            assert found.initial_exec == (INITIAL_EXEC["x86_64"] in types)


@pytest.mark.parametrize("file", system_files(), ids=lambda file: file.name)
def test_agrees_with_pyelftools(file: Path) -> None:
    assert_pyelftools_agrees(file.read_bytes())


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("gnu_hash", [False, True])
@pytest.mark.parametrize("arch", ARCHES)
def test_agrees_with_pyelftools_on_files_of_vectors(
    arch: str, gnu_hash: bool, split: bool
) -> None:
    elf = Object(
        arch,
        undefined=["open", {"name": "errno", "type": "STT_TLS"}],
        plt=["read"],
        weak=["__cxa_finalize"],
        unused=["close"],
        defined=[
            "PyInit_x",
            {"name": "local", "binding": "STB_LOCAL"},
            {"name": "weak", "binding": "STB_WEAK"},
            {"name": "unique", "type": "STT_OBJECT", "binding": "STB_GNU_UNIQUE"},
            {"name": "hidden", "visibility": "STV_HIDDEN"},
            {"name": "protected", "visibility": "STV_PROTECTED"},
            {"name": "absolute", "type": "STT_NOTYPE", "section": "SHN_ABS"},
            {"name": "thread", "type": "STT_TLS"},
        ],
        ifunc=["memcpy", {"name": "memset", "binding": "STB_WEAK"}],
        needed=["libc.so"],
        soname="libx.so",
        runpath="$ORIGIN/../x.libs",
        version=["libc.so", "VERSION"],
        gnu_hash=gnu_hash,
        split=split,
    )
    assert_pyelftools_agrees(bytes(elf))
    assert loaded(elf).undefined == {"open", "errno", "read"}
    sections = ELFFile(BytesIO(bytes(elf)))
    ((need, names),) = sections.get_section_by_name(".gnu.version_r").iter_versions()
    assert (need.name, [name.name for name in names]) == ("libc.so", ["VERSION"])
    tags = sections.get_section_by_name(".dynamic").iter_tags()
    assert [tag.runpath for tag in tags if tag.entry.d_tag == "DT_RUNPATH"] == [
        "$ORIGIN/../x.libs"
    ]


def test_the_machine_has_files_to_compare() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("not Linux: no ELF files of the system")
    assert system_files()


@pytest.mark.parametrize("gnu_hash", [False, True])
@pytest.mark.parametrize("arch", ARCHES)
def test_reads_every_architecture(arch: str, gnu_hash: bool) -> None:
    found = loaded(
        Object(
            arch,
            undefined=["open", "PyList_New"],
            weak=["__cxa_finalize"],
            defined=["PyInit_x", "other"],
            needed=["libc.so", "libz.so.1"],
            soname="libx.so",
            relr=True,
            relocations=[1],
            gnu_hash=gnu_hash,
        )
    )
    assert found.undefined == {"open", "PyList_New"}
    assert found.defined == {"PyInit_x", "other"}
    assert found.needed == ("libc.so", "libz.so.1")
    assert found.soname == "libx.so"
    assert found.relr
    harmless = (found.program, found.irelative, found.initial_exec, found.ifunc)
    assert not any(harmless)


@pytest.mark.parametrize("arch", ARCHES)
def test_finds_what_musl_refuses(arch: str) -> None:
    assert loaded(Object(arch, relocations=[1, IRELATIVE[arch]])).irelative
    tls = Object(arch, undefined=["errno"], relocations=[INITIAL_EXEC[arch]])
    assert loaded(tls).initial_exec
    assert loaded(Object(arch, ifunc=["memcpy"])).ifunc == {"memcpy"}


def test_an_object_with_pt_interp_is_a_program() -> None:
    program = Object(interpreter="/lib/ld-musl-x86_64.so.1")
    assert loaded(program).program


def test_symbols_that_only_relocations_show_are_read() -> None:
    """A hash table without defined symbols does not say how many there are."""
    elf = Object(undefined=["a"], unused=["b"], gnu_hash=True)
    assert struct.pack("<4I", 1, 1, 1, 0) in bytes(elf)
    assert loaded(elf).undefined == {"a"}


@pytest.mark.parametrize("arch", ARCHES)
def test_undefined_symbols_that_no_relocation_uses_do_not_count(arch: str) -> None:
    assert loaded(Object(arch, undefined=["a"], unused=["b"])).undefined == {"a"}


@pytest.mark.parametrize("e_type", [0, 1, 4])
def test_what_no_loader_loads_is_passed_over(e_type: int) -> None:
    assert read(bytes(Object(e_type=e_type))) is None


@pytest.mark.parametrize(
    "elf",
    [
        Object(e_type=2, undefined=["statx"], relr=True),
        Object(relr=True, undefined=["statx"], dynamic=[(0x6FFFFFFB, 0x08000000)]),
    ],
)
def test_static_program_needs_nothing(elf: Object) -> None:
    found = loaded(elf)
    assert found.program
    assert not any((found.relr, found.undefined))


LIES = {
    "string table outside": {5: BASE + 10**6},
    "string table too long": {10: 10**6},
    "string table too large": {10: 1 << 40},
    "string table empty": {10: 0},
    "symbol table outside": {6: 1},
    "relocations outside": {7: BASE, 8: 1 << 30},
    "relocations without end": {7: BASE, 8: 1 << 62},
    "name outside": {14: 10**9},
    "hash table at the end": {4: BASE - 1},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_lies_are_found(lie: dict[int, int]) -> None:
    with pytest.raises(InvalidElf):
        read(bytes(Object(undefined=["open"], soname="x", dynamic=list(lie.items()))))


def with_hash(content: bytes, words: tuple[int, ...], new: tuple[int, ...]) -> bytes:
    old = struct.pack(f"<{len(words)}I", *words)
    assert content.count(old) == 1
    return content.replace(old, struct.pack(f"<{len(new)}I", *new))


def test_more_symbols_than_fit_are_a_lie() -> None:
    content = bytes(Object(undefined=["open"]))
    with pytest.raises(InvalidElf, match="symbol table"):
        read(with_hash(content, (1, 2, 1, 0, 0), (1, 2**31, 1, 0, 0)))


@pytest.mark.parametrize(
    "new",
    [
        (2**32 - 1, 1, 1, 0),
        (1, 1, 2**32 - 1, 0),
        (1, 2**32 - 1, 1, 0),
    ],
)
def test_gnu_hash_tables_that_lie(new: tuple[int, ...]) -> None:
    content = bytes(Object(defined=["open"], gnu_hash=True))
    with pytest.raises(InvalidElf):
        read(with_hash(content, (1, 1, 1, 0), new))


def test_gnu_hash_chain_without_an_end() -> None:
    """The bucket points at the zeros that end the file, none of which is odd."""
    content = bytes(Object(defined=["open"], gnu_hash=True))
    words = (1, 1, 1, 0, 2**32 - 1, 2**32 - 1)
    chains = content.index(struct.pack("<6I", *words)) + 28
    bucket = 1 + (len(content) - 8 - chains) // 4
    with pytest.raises(InvalidElf, match="without an end"):
        read(with_hash(content, (*words, 1), (*words, bucket)))


def test_names_that_overlap_are_bounded() -> None:
    """A million symbols may share one long name: reading it must not cost that."""
    limits = Limits()
    limits.text = 1_000
    content = bytes(Object(undefined=["x" * 300] * 4))
    with pytest.raises(LimitExceeded):
        read_object(Bytes(content), limits)


def test_symbols_are_bounded() -> None:
    limits = Limits()
    limits.names = 3
    with pytest.raises(LimitExceeded):
        read_object(Bytes(bytes(Object(undefined="abc"))), limits)


SAMPLE = bytes(
    Object(
        undefined=["open"],
        defined=["f"],
        needed=["libc.so"],
        gnu_hash=True,
        relocations=[1],
        relr=True,
    )
)
(LOADED,) = struct.unpack_from("<Q", SAMPLE, 64 + 32)
"""Bytes that are loaded: p_filesz of the first segment.  Section headers follow."""


@pytest.mark.parametrize("length", range(0, LOADED, 7))
def test_a_cut_is_found(length: int) -> None:
    read(SAMPLE[:LOADED])
    with pytest.raises(InvalidElf):
        read(SAMPLE[:length])


def test_a_cut_behind_all_tables_is_found() -> None:
    """Code and data may stand behind all that is read."""
    content = bytearray(SAMPLE)
    struct.pack_into("<Q", content, 64 + 32, len(SAMPLE) + 1)
    with pytest.raises(InvalidElf, match="segment outside the file"):
        read(bytes(content))


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.binary(max_size=8))))
def test_any_change_is_read_or_refused(changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(SAMPLE)
    for offset, new in changes:
        content[offset : offset + len(new)] = new
    with suppress(InvalidElf, LimitExceeded):
        read(bytes(content))
