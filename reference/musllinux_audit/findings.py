"""What a wheel needs on one architecture, and what no musl release can mend.

Each function finds the reasons of one kind; :mod:`musllinux_audit.reasons` says what
their codes mean.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from musllinux.arch import ARCHITECTURES
from musllinux_audit import musl
from musllinux_audit.archive import Contents
from musllinux_audit.dynamic import ElfObject
from musllinux_audit.musl import Port, Release
from musllinux_audit.reasons import Reason
from musllinux_audit.wheel import Graph

_PYTHON = re.compile(r"_?Py")
"""Names of Python's own API, which the interpreter has."""
_GLIBC = re.compile(
    r"ld-linux.*|ld(64)?\.so\..*|lib[cm]\.so\.6(\.1)?|libpthread\.so\.0|libdl\.so\.2"
    r"|librt\.so\.1|libutil\.so\.1"
)
"""Names that glibc gives to its loader and its libraries."""
_EXTENSION = re.compile(r"([0-9])([0-9]+)[a-z]*-(.+)\.so")
"""What follows ``.cpython-`` in a file name: Python version, platform triplet."""
_LIBC = re.compile(r"libc\.so(\..*)?|libc\.musl-.*|ld-musl-.*")
"""Names that musl has in a distribution, or in a wheel that it was copied to."""
_LIBC_SYMBOLS = {"__libc_start_main", "__errno_location"}


class Need(NamedTuple):
    """A symbol or a loader's ability, and the releases that have it."""

    file: str
    subject: str
    releases: frozenset[Release]
    ability: bool = False


class Findings(NamedTuple):
    """What is true of a wheel on one architecture, whichever X.Y its tag names."""

    port: Port | None
    needs: tuple[Need, ...]
    faults: tuple[Reason, ...]


def examine(contents: Contents, arch: str) -> Findings:
    """Find what the wheel needs of musl on an ARCH, and what no release can mend."""
    port = musl.port_of(arch)
    malformed = contents.malformed.items()
    faults = [Reason("object-malformed", file, why) for file, why in malformed]
    faults += _suffixes(contents.files, arch)
    if not any(row.arch == arch for row in ARCHITECTURES) or port is None:
        return Findings(None, (), tuple(faults))
    fitting = {
        file: elf for file, elf in contents.objects.items() if arch in arches_of(elf)
    }
    graph = Graph(fitting)
    faults += _foreign(contents, graph)
    for file, elf in fitting.items():
        faults += _refused(graph, file, elf)
        faults += _outside(graph, file, elf)
        faults += _grafted(file, elf)
    needs = list(_needs(graph, port))
    unknown = [need for need in needs if not need.releases]
    faults += [Reason("symbol-unknown", need.file, need.subject) for need in unknown]
    if port.time64:
        faults += _mixed_time(graph)
    needs = [need for need in needs if need.releases]
    return Findings(port, tuple(needs), tuple(faults))


def _needs(graph: Graph, port: Port) -> Iterator[Need]:
    """Yield what the files need of musl that not every release has."""
    abilities = musl.abilities()
    for file, elf in sorted(graph.objects.items()):
        if elf.relr:
            since = abilities["DT_RELR"]
            having = frozenset(r for r in port.releases if r >= since)
            if len(having) < len(port.releases):
                yield Need(file, "DT_RELR", having, ability=True)
        for symbol in sorted(elf.undefined):
            if _PYTHON.match(symbol):
                continue
            having = port.resolving(symbol)
            if len(having) == len(port.releases) or graph.defines_along(file, symbol):
                continue
            if having or not _elsewhere(graph, symbol, file):
                yield Need(file, symbol, having)


def _elsewhere(graph: Graph, symbol: str, file: str) -> bool:
    """Say whether something other than musl may have a symbol.

    A file that the wheel loads by hand, before or with this one, counts.
    """
    return graph.defines(symbol) or any(
        symbol in symbols and graph.needs_along(file, library)
        for library, symbols in musl.host_libraries().items()
    )


def _outside(graph: Graph, file: str, elf: ElfObject) -> Iterator[Reason]:
    """Find what the file needs that is neither in the wheel nor on every host."""
    if elf.interpreter and _GLIBC.fullmatch(PurePosixPath(elf.interpreter).name):
        yield Reason("glibc-object", file, elf.interpreter)
    for name in elf.needed:
        if _GLIBC.fullmatch(name):
            yield Reason("glibc-object", file, name)
        elif not (
            musl.is_musl(name)
            or name in musl.host_libraries()
            or graph.has_library(name)
        ):
            yield Reason("library-outside", file, name)


def _refused(graph: Graph, file: str, elf: ElfObject) -> Iterator[Reason]:
    """Find what musl's loader refuses to relocate.

    A library that only programs load may use initial-exec TLS: it is there when
    the program starts.
    """
    if elf.irelative:
        yield Reason("relocation-refused", file, "IRELATIVE")
    for symbol in sorted(elf.ifunc):
        yield Reason("relocation-refused", file, f"STT_GNU_IFUNC {symbol}")
    if elf.initial_exec:
        loaders = list(graph.loaders(file))
        if not loaders or not all(graph.objects[name].program for name in loaders):
            yield Reason("relocation-refused", file, "initial-exec TLS")


def _grafted(file: str, elf: ElfObject) -> Iterator[Reason]:
    """Find a C library, by its name or by what it defines."""
    names = {PurePosixPath(file).name, elf.soname or ""}
    if elf.defined >= _LIBC_SYMBOLS or any(map(_LIBC.fullmatch, names)):
        yield Reason("libc-grafted", file, elf.soname)


def _foreign(contents: Contents, graph: Graph) -> Iterator[Reason]:
    """Find files that are not for this architecture.

    Beside files that are, one which no extension module is and nothing needs may
    be there for another host.
    """
    for file, elf in contents.objects.items():
        if file in graph.objects:
            continue
        names = {PurePosixPath(file).name, elf.soname or ""}
        wanted = any(map(graph.is_needed, names)) or any(
            symbol.startswith("PyInit_") for symbol in elf.defined
        )
        code = "wrong-architecture"
        if graph.objects and not wanted:
            code = "foreign-object"
        yield Reason(code, file, _describe(elf))


def _suffixes(files: Iterable[str], arch: str) -> Iterator[Reason]:
    """Find extension modules that CPython on musl does not look for."""
    suffix = musl.extension_suffix(arch)
    present = set(files)
    for file in sorted(present):
        module, _, rest = file.rpartition(".cpython-")
        match = _EXTENSION.fullmatch(rest)
        if not module or match is None or suffix is None:
            continue
        major, minor, triplet = match.groups()
        version = int(major), int(minor[:4])
        own = file.removesuffix(f"-{triplet}.so")
        if triplet == suffix and version >= (3, 11):
            continue
        if present & {f"{module}.so", f"{module}.abi3.so"}:
            continue
        glibc = suffix.replace("musl", "gnu")
        if version >= (3, 11):
            if f"{own}-{suffix}.so" not in present:
                yield Reason("suffix-not-searched", file)
        elif triplet not in (suffix, glibc):
            yield Reason("suffix-not-searched", file)
        elif not present >= {f"{own}-{suffix}.so", f"{own}-{glibc}.so"}:
            yield Reason("suffix-not-everywhere", file)


def _mixed_time(graph: Graph) -> Iterator[Reason]:
    """Find calls with a 32-bit and with a 64-bit time_t.

    What a language restates in its own types leaves no trace, so this finds
    some mixtures and not all.
    """
    redirected = musl.time64_names()
    new_names = frozenset(redirected.values())
    narrow: dict[str, list[str]] = {}
    wide = set()
    for file, elf in sorted(graph.objects.items()):
        old = [
            symbol
            for symbol in sorted(elf.undefined & redirected.keys())
            if not graph.defines_along(file, symbol)
        ]
        if old:
            narrow[file] = old
        if elf.undefined & new_names:
            wide.add(file)
    for file, symbols in narrow.items():
        code = "mixed-time" if file in wide else "mixed-time-across"
        if file in wide or wide - narrow.keys():
            yield from (Reason(code, file, symbol) for symbol in symbols)


def arches_of(elf: ElfObject) -> list[str]:
    """Return the ARCHs of Appendix A that a file fits."""
    header = elf.header
    return [
        row.arch
        for row in ARCHITECTURES
        if (row.bits, row.data, row.e_machine) == header[:3]
        and header.e_flags & row.flags_mask == row.flags_value
    ]


def _describe(elf: ElfObject) -> str:
    bits, data, e_machine, e_flags = elf.header
    arch = next(iter(arches_of(elf)), None)
    words = f"ELF{bits} {data} machine {e_machine} flags {e_flags:#x}"
    return f"{words} ({arch})" if arch else words
