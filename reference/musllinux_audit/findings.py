"""What a wheel needs on one architecture, and what no musl release can mend.

Each function finds the reasons of one kind; :mod:`musllinux_audit.reasons` says what
their codes mean.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from musllinux.arch import ARCHITECTURES
from musllinux_audit import musl
from musllinux_audit.archive import Contents
from musllinux_audit.dynamic import ElfObject
from musllinux_audit.musl import Port, Release, elf_arch
from musllinux_audit.policy import Policy
from musllinux_audit.reasons import Reason
from musllinux_audit.suffixes import Pythons, unfound
from musllinux_audit.wheel import Graph

_PYTHON = re.compile(r"_?Py")
"""Names of Python's own API, which the interpreter has."""
_LIBC = re.compile(r"libc\.so(\..*)?|libc\.musl-.*|ld-musl-.*")
"""Names that musl has in a distribution, or in a wheel that it was copied to."""
_LIBC_SYMBOLS = {"__libc_start_main", "__errno_location"}


class Need(NamedTuple):
    """A symbol or a loader's ability, and the releases that have it.

    ``follows`` is the code of a fault that would explain why none does.
    """

    file: str
    subject: str
    releases: frozenset[Release]
    ability: bool = False
    follows: str | None = None


class Findings(NamedTuple):
    """What is true of a wheel on one architecture, whichever X.Y its tag names."""

    port: Port | None
    needs: tuple[Need, ...]
    faults: tuple[Reason, ...]


def examine(
    contents: Contents, arch: str, pythons: Pythons, policy: Policy
) -> Findings:
    """Find what the wheel needs of musl on an ARCH, and what no release can mend.

    Implements audit.any-machine: nothing here depends on the host.
    """
    malformed = contents.malformed.items()
    faults = [Reason("object-malformed", file, why) for file, why in malformed]
    port = _port(arch, policy)
    if port is None:
        return Findings(None, (), tuple(faults))
    fitting = {
        file: elf
        for file, elf in contents.objects.items()
        if elf_arch(arch) in arches_of(elf)
    }
    graph = Graph(fitting)
    foreign = list(_foreign(contents, graph))
    faults += foreign
    wrong = {each.file for each in foreign if each.code == "wrong-architecture"}
    for reason in unfound(contents.files, contents.objects, pythons, arch):
        follows = "wrong-architecture" if reason.file in wrong else None
        faults.append(reason._replace(follows=follows))
    for file, elf in fitting.items():
        faults += _refused(graph, file, elf)
        faults += _outside(graph, file, elf, musl.loader_name(arch))
        faults += _grafted(file, elf)
    if port.time64:
        faults += _mixed_time(graph)
    return Findings(port, tuple(_needs(graph, port, faults)), tuple(faults))


def _port(arch: str, policy: Policy) -> Port | None:
    """Return what a policy lets one know of an ARCH, None if nothing."""
    port = musl.port_of(arch)
    if port is None:
        return None
    if policy.architectures is not None and arch not in policy.architectures:
        return None
    known = port.releases
    if policy.releases is not None:
        known = tuple(release for release in known if release in policy.releases)
    return port._replace(releases=known, backports=policy.backports)


def _needs(graph: Graph, port: Port, faults: list[Reason]) -> Iterator[Need]:
    """Yield what the files need of musl that not every release has.

    Implements audit.provided.
    """
    glibc = {reason.file for reason in faults if reason.code == "glibc-object"}
    absent = {r.subject or "" for r in faults if r.code == "library-outside"}
    bereft = graph.needers(absent)
    for file, elf in sorted(graph.objects.items()):
        if elf.relr and len(having := port.able("DT_RELR")) < len(port.releases):
            yield Need(file, "DT_RELR", having, ability=True)
        for symbol in sorted(elf.undefined):
            if _PYTHON.match(symbol):
                continue
            having = port.resolving(symbol)
            if len(having) == len(port.releases) or graph.defines_along(file, symbol):
                continue
            follows = None
            if not having:
                if _elsewhere(graph, symbol, file):
                    continue
                if graph.is_along(file, bereft):
                    follows = "library-outside"
                elif file in glibc:
                    follows = "glibc-object"
            yield Need(file, symbol, having, follows=follows)


def _elsewhere(graph: Graph, symbol: str, file: str) -> bool:
    """Say whether something other than musl may have a symbol.

    A library that the wheel loads by hand, before or with this one, counts.  An
    extension module does not: Python's import keeps its symbols from other objects.
    """
    return graph.library_defines(symbol) or any(
        symbol in symbols and graph.is_along(file, graph.needers([library]))
        for library, symbols in musl.host_libraries().items()
    )


def _outside(
    graph: Graph, file: str, elf: ElfObject, loader: str | None
) -> Iterator[Reason]:
    """Find what the file needs that is neither in the wheel nor on every host.

    Implements promise.libraries, promise.no-shim, promise.for-musl and
    audit.libc-names.
    """
    if elf.interpreter and musl.is_glibc(PurePosixPath(elf.interpreter).name):
        yield Reason("glibc-object", file, elf.interpreter)
    for name in elf.needed:
        if musl.is_glibc(name):
            yield Reason("glibc-object", file, name)
        elif not (
            musl.is_musl(name)
            or name == loader
            or name in musl.host_libraries()
            or graph.has_library(name)
        ):
            yield Reason("library-outside", file, name)


def _refused(graph: Graph, file: str, elf: ElfObject) -> Iterator[Reason]:
    """Find what musl's loader refuses to relocate.

    Implements promise.loads as far as relocations go.  A library that is there when a
    program starts may use initial-exec TLS.
    """
    if elf.irelative:
        yield Reason("relocation-refused", file, "IRELATIVE")
    for symbol in sorted(elf.ifunc):
        yield Reason("relocation-refused", file, f"STT_GNU_IFUNC {symbol}")
    if elf.initial_exec and graph.is_loaded_later(file):
        yield Reason("relocation-refused", file, "initial-exec TLS")


def _grafted(file: str, elf: ElfObject) -> Iterator[Reason]:
    """Find a C library, by its name or by what it defines.

    Implements promise.no-libc.
    """
    if elf.soname is not None and _LIBC.fullmatch(elf.soname):
        yield Reason("libc-grafted", file, f"its DT_SONAME is {elf.soname}")
    elif _LIBC.fullmatch(PurePosixPath(file).name):
        yield Reason("libc-grafted", file, "by its file name")
    elif elf.defined >= _LIBC_SYMBOLS:
        names = " and ".join(sorted(_LIBC_SYMBOLS))
        yield Reason("libc-grafted", file, f"defines {names}")


def _foreign(contents: Contents, graph: Graph) -> Iterator[Reason]:
    """Find files that are not for this architecture.

    Implements promise.arch.  Beside files that are, one which no extension module is
    and nothing needs may be there for another host.
    """
    for file, elf in contents.objects.items():
        if file in graph.objects:
            continue
        wanted = elf.is_extension or graph.is_needed(PurePosixPath(file).name)
        code = "wrong-architecture"
        if graph.objects and not wanted:
            code = "foreign-object"
        yield Reason(code, file, _describe(elf))


def _mixed_time(graph: Graph) -> Iterator[Reason]:
    """Find calls with a 32-bit and with a 64-bit time_t.

    Implements time64.mixed-object.  What a language restates in its own types leaves
    no trace, so this finds some mixtures and not all.
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
