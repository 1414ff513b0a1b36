"""What a wheel promises by its tags, and whether it holds."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath, PurePosixPath
from typing import NamedTuple

from musllinux.arch import ARCHITECTURES
from musllinux.tag import InvalidTag, MusllinuxTag, parse_tag
from musllinux_audit import musl
from musllinux_audit.archive import Contents, UnreadableWheel, read_wheel
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
_EXTENSION = re.compile(r"(.+)\.cpython-([0-9])([0-9]+)[a-z]*-(.+)\.so")
"""File name of an extension module: module, Python version, platform triplet."""
_LIBC_SYMBOLS = {"__libc_start_main", "__errno_location"}


class Verdict(NamedTuple):
    """What holds of one tag.

    ``needs`` is the release from which on musl has all that the wheel needs, on the
    tag's architecture; None if every release there has it, or none.
    """

    tag: str
    honest: bool
    needs: Release | None
    reasons: tuple[Reason, ...]


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


class Report(NamedTuple):
    """What an audit says of a wheel.

    ``lowest`` holds, for each ARCH that the wheel is tagged for or built for, the
    lowest tag that would be honest, None if there is none.
    """

    verdicts: tuple[Verdict, ...]
    lowest: Mapping[str, str | None]


def audit(
    wheel: str | os.PathLike[str], tag: str, floor: Release | None = None
) -> Verdict:
    """Judge one platform tag of a wheel, whatever tags its name carries.

    ``floor`` is the oldest release that the tag is held to, by default X.Y.0.

    Raises:
        UnreadableWheel: with the reason, in one line.
        ValueError: the floor is of another series than the tag.
    """
    return _audit(_Examined(read_wheel(wheel)), tag, floor)


def audit_wheel(
    wheel: str | os.PathLike[str], minimum: Release | None = None
) -> Report:
    """Judge all musllinux tags in the name of a wheel.

    ``minimum`` is the floor for the tags of its own series; others keep theirs.

    Raises:
        UnreadableWheel: with the reason, in one line.
    """
    tags = musllinux_tags(PurePath(wheel).name)
    examined = _Examined(read_wheel(wheel))
    verdicts = []
    arches = []
    for tag in tags:
        parsed = _parse(tag)
        floor = None
        if parsed is not None:
            arches.append(parsed.arch)
            if minimum is not None and minimum[:2] == parsed[:2]:
                floor = minimum
        verdicts.append(_audit(examined, tag, floor))
    if not arches:
        arches.extend(_built_for(examined.contents))
    lowest = {arch: _lowest(examined[arch], arch) for arch in arches}
    return Report(tuple(verdicts), lowest)


def musllinux_tags(filename: str) -> list[str]:
    """Return the musllinux tags in the name of a wheel, in order.

    Raises:
        UnreadableWheel: this is no name of a wheel.
    """
    parts = filename.removesuffix(".whl").split("-")
    if not filename.endswith(".whl") or len(parts) not in (5, 6):
        raise UnreadableWheel("not named NAME-VERSION-PYTHON-ABI-PLATFORM.whl")
    tags = parts[-1].split(".")
    return [tag for tag in dict.fromkeys(tags) if tag.startswith("musllinux")]


class _Examined(dict[str, Findings]):
    """The findings for each ARCH, made when they are asked for."""

    def __init__(self, contents: Contents) -> None:
        super().__init__()
        self.contents = contents

    def __missing__(self, arch: str) -> Findings:
        self[arch] = examine(self.contents, arch)
        return self[arch]


def _parse(tag: str) -> MusllinuxTag | None:
    try:
        return parse_tag(tag)
    except InvalidTag:
        return None


def _audit(examined: _Examined, tag: str, floor: Release | None) -> Verdict:
    parsed = _parse(tag)
    if parsed is None:
        return Verdict(tag, False, None, (Reason("tag-malformed"),))
    floor = floor or (parsed.major, parsed.minor, 0)
    if floor[:2] != parsed[:2]:
        raise ValueError(f"the floor of {tag} must be {parsed.major}.{parsed.minor}.Z")
    return judge(examined[parsed.arch], tag, floor)


def _lowest(findings: Findings, arch: str) -> str | None:
    """Return the lowest tag of the releases measured that would be honest."""
    known = findings.port.releases if findings.port else ()
    for major, minor in dict.fromkeys(release[:2] for release in known):
        tag = f"musllinux_{major}_{minor}_{arch}"
        if judge(findings, tag, (major, minor, 0)).honest:
            return tag
    return None


def judge(findings: Findings, tag: str, floor: Release) -> Verdict:
    """Hold what was found against the releases that a tag promises."""
    port = findings.port
    reasons = list(findings.faults)
    needs: Release | None = None
    if port is None:
        reasons.append(Reason("architecture-unlisted"))
    else:
        promised = port.promised(floor)
        if floor[:2] not in {release[:2] for release in musl.releases()}:
            reasons.append(Reason("release-unmeasured"))
        for need in findings.needs:
            since = _for_good(port.releases, need.releases)
            needs = max(filter(None, (needs, since)), default=None)
            code = _code(need, promised, floor)
            if code is not None:
                reasons.append(Reason(code, need.file, need.subject, since))
    honest = all(reason.severity != "breaks" for reason in reasons)
    return Verdict(tag, honest, needs, tuple(reasons))


def _for_good(
    releases: Iterable[Release], having: frozenset[Release]
) -> Release | None:
    """Return the release from which on all releases have something, if any."""
    since = None
    for release in releases:
        if release not in having:
            since = None
        elif since is None:
            since = release
    return since


def _code(need: Need, promised: Iterable[Release], floor: Release) -> str | None:
    """Return the reason code for a need, None if all promised releases meet it."""
    met = [release in need.releases for release in promised]
    if all(met):
        return None
    since = _for_good(promised, need.releases)
    if not any(met) or since is None or False in met[met.index(True) :]:
        return "symbol-removed-later"
    if since[:2] == floor[:2]:
        return "needs-patch-release"
    return "loader-too-new" if need.ability else "symbol-too-new"


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
    if elf.defined >= _LIBC_SYMBOLS or any(
        musl.is_musl(name) or name.startswith("ld-musl-") for name in names
    ):
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
        match = _EXTENSION.fullmatch(file)
        if match is None or suffix is None:
            continue
        module, major, minor, triplet = match.groups()
        version = int(major), int(minor)
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


def _built_for(contents: Contents) -> Iterator[str]:
    """Yield the first ARCH that each file fits."""
    for elf in contents.objects.values():
        yield from arches_of(elf)[:1]


def _describe(elf: ElfObject) -> str:
    bits, data, e_machine, e_flags = elf.header
    arch = next(iter(arches_of(elf)), None)
    words = f"ELF{bits} {data} machine {e_machine} flags {e_flags:#x}"
    return f"{words} ({arch})" if arch else words
