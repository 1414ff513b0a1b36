"""Which CPythons find an extension module by its file name, and which do not.

CPython searches ``.so``, ``.abi3.so`` and a suffix that names its own version, such
as ``.cpython-312-x86_64-linux-musl.so`` (Appendix B).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from packaging.tags import Tag

from musllinux_audit import musl
from musllinux_audit.dynamic import ElfObject
from musllinux_audit.reasons import Reason

SETTLED = 3, 11
"""The first CPython that says musl in its suffix, whoever built it."""
_CPYTHON = re.compile(r"cp([0-9])([0-9]{1,4})")
_PYTHON = re.compile(r"py3([0-9]{0,4})")
_IMPLEMENTATIONS = "cpython-", "pypy", "graalpy"
_BUILD = re.compile(r"cpython-([0-9])([0-9]{1,4})([a-z]*)-(.+)")

Version = tuple[int, int]


class Build(NamedTuple):
    """One CPython: its version, and the flags of its ABI, such as ``t``."""

    version: Version
    flags: str


class Pythons(NamedTuple):
    """The CPythons that a wheel is tagged for.

    ``builds`` are named one by one; ``since``, if any, is the first version of those
    that are not, and which go on for ever.
    """

    builds: frozenset[Build]
    since: Version | None


def tagged_for(tags: Iterable[Tag]) -> Pythons:
    """Return the CPythons that the tags of a wheel name.

    A tag without an ABI means the usual build, the one with a GIL.
    """
    builds = set()
    open_ended = []
    for tag in tags:
        if match := _CPYTHON.fullmatch(tag.interpreter):
            version = int(match[1]), int(match[2])
            if tag.abi == "abi3":
                open_ended.append(version)
            elif tag.abi == "none":
                builds.add(Build(version, ""))
            elif tag.abi.startswith(tag.interpreter):
                builds.add(Build(version, tag.abi.removeprefix(tag.interpreter)))
        elif (match := _PYTHON.fullmatch(tag.interpreter)) and tag.abi == "none":
            open_ended.append((3, int(match[1] or 0)))
    return Pythons(frozenset(builds), min(open_ended, default=None))


def unfound(
    files: Iterable[str], objects: Mapping[str, ElfObject], pythons: Pythons, arch: str
) -> Iterator[Reason]:
    """Find extension modules that some CPython of the wheel's tags does not find.

    ``files`` are all names in the wheel.  Implements promise.suffix.
    """
    own = musl.extension_suffix(arch)
    if own is None:
        return
    present = set(files)
    modules: dict[str, list[tuple[str, str]]] = {}
    for file, elf in sorted(objects.items()):
        module, _, tag = file.removesuffix(".so").rpartition(".")
        named = file.endswith(".so") and tag.startswith(_IMPLEMENTATIONS)
        if named and elf.is_extension:
            modules.setdefault(module, []).append((file, tag))
    for module, names in modules.items():
        if present & {f"{module}.so", f"{module}.abi3.so"}:
            continue
        for code, (major, minor) in _amiss({tag for _, tag in names}, pythons, own):
            yield Reason(code, names[0][0], f"CPython {major}.{minor}")


def _amiss(
    names: set[str], pythons: Pythons, own: str
) -> Iterator[tuple[str, Version]]:
    """Yield the codes that apply, and the first CPython to which each does.

    ``names`` are what stands between the name of the module and ``.so``.  Before
    3.11 it depends on who built CPython which of two triplets it searches.
    """
    named: defaultdict[str, set[Build]] = defaultdict(set)
    for name in names:
        if match := _BUILD.fullmatch(name):
            build = Build((int(match[1]), int(match[2])), match[3])
            named[match[4]].add(build)
    builds = set(pythons.builds)
    missing, doubtful = [], []
    if pythons.since is not None:
        major, minor = pythons.since
        builds |= {Build((major, n), "") for n in range(minor, SETTLED[1])}
        version = max(pythons.since, SETTLED)
        while Build(version, "") in named[own]:
            version = version[0], version[1] + 1
        missing.append(version)
    for build in builds:
        found = [build in named[own]]
        if build.version < SETTLED:
            found.append(build in named[own.replace("musl", "gnu")])
        if not any(found):
            missing.append(build.version)
        elif not all(found):
            doubtful.append(build.version)
    if missing:
        yield "suffix-not-searched", min(missing)
    if doubtful:
        yield "suffix-not-everywhere", min(doubtful)
