"""Which musl release resolves which symbol (``symbols.json`` and ``musl.json``)."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

Release = tuple[int, int, int]


def load(name: str) -> Any:
    """Return one file of the platform facts."""
    return json.loads(files("musllinux").joinpath(f"data/{name}").read_text("utf-8"))


def parse_release(text: str) -> Release:
    """Read a release, such as ``1.2.5``.

    Raises:
        ValueError: the text is not three numbers with dots between them.
    """
    numbers = [int(part) for part in text.split(".") if part.isdecimal()]
    if len(numbers) != 3 or ".".join(map(str, numbers)) != text:
        raise ValueError(f"{text!r} is not X.Y.Z, such as 1.2.5")
    return numbers[0], numbers[1], numbers[2]


def show_release(release: Release) -> str:
    """Write a release as musl does."""
    return ".".join(map(str, release))


class Port(NamedTuple):
    """An architecture as musl sees it: its name, and the releases that have it.

    ``time64`` says whether 1.2.0 widened its ``time_t``.  ``backports`` says which
    releases have, in a distribution's musl, what the upstream release lacks.
    """

    name: str
    releases: tuple[Release, ...]
    time64: bool
    backports: Mapping[str, frozenset[Release]] = {}

    def resolving(self, symbol: str) -> frozenset[Release]:
        """Return the releases whose loader resolves a reference to this symbol.

        Implements audit.upstream and audit.no-versions.
        """
        spans = _spans(self.name).get(symbol, ())
        return self._having(symbol, spans)

    def able(self, ability: str) -> frozenset[Release]:
        """Return the releases whose loader has an ability that no symbol shows."""
        return self._having(ability, [(abilities()[ability], _LAST)])

    def _having(
        self, what: str, spans: Sequence[tuple[Release, Release]]
    ) -> frozenset[Release]:
        upstream = frozenset(
            release
            for since, until in spans
            for release in self.releases
            if since <= release <= until
        )
        backports = self.backports.get(what, frozenset())
        return upstream | backports.intersection(self.releases)

    def promised(self, floor: Release) -> Sequence[Release]:
        """Return the releases, from this floor on, that a tag covers.

        If the floor is newer than all of them, the newest stands for those to come.
        If none has the floor's major number, nothing is known.
        """
        major = [release for release in self.releases if release[0] == floor[0]]
        return [release for release in major if release >= floor] or major[-1:]


def elf_arch(arch: str) -> str:
    """Return the ARCH of Appendix A whose files an ARCH runs.

    Code for ``armv8l`` is that for ``armv7l``; every other ARCH has its own.
    """
    return "armv7l" if arch == "armv8l" else arch


@cache
def releases() -> tuple[Release, ...]:
    """Return musl's releases, oldest first."""
    return tuple(map(parse_release, load("musl.json")["releases"]))


@cache
def port_of(arch: str) -> Port | None:
    """Return the port that serves an ARCH, None if its symbols are not known."""
    for row in load("musl.json")["ports"]:
        if elf_arch(arch) in row["arches"]:
            first = parse_release(row["since"] or "0.0.0")
            known = tuple(release for release in releases() if release >= first)
            return Port(row["port"], known, row["time64"])
    return None


def exported(port: Port, release: Release) -> frozenset[str]:
    """Return the symbols in the dynamic symbol table of a release.

    The loader resolves a few more.
    """
    return frozenset(
        name
        for name, spans in _spans(port.name, by_loader=False).items()
        if any(since <= release <= until for since, until in spans)
    )


@cache
def _spans(
    port: str, by_loader: bool = True
) -> dict[str, list[tuple[Release, Release]]]:
    """Return, for each symbol, the first and last release of each span."""
    spans: dict[str, list[tuple[Release, Release]]] = {}
    for record in load("symbols.json")["symbols"]:
        if record.get("loader") and not by_loader:
            continue
        if port in record.get("ports", [port]):
            since = parse_release(record.get("since", "0.0.0"))
            until = parse_release(record["until"]) if "until" in record else _LAST
            for name in record["names"]:
                spans.setdefault(name, []).append((since, until))
    return spans


_LAST = (10**9, 0, 0)


@cache
def abilities() -> dict[str, Release]:
    """Return what the loader can do that no symbol shows, and since when."""
    table = load("musl.json")["abilities"]
    return {name: parse_release(since) for name, since in table.items()}


@cache
def time64_names() -> dict[str, str]:
    """Return, for each function with a 32-bit ``time_t``, its 64-bit successor.

    The loader's own rule makes the new name from the old one.  ``dlsym`` is left
    out: it is redirected too, but takes no time.
    """
    names = {}
    for record in load("symbols.json")["symbols"]:
        if record.get("since") == "1.2.0":
            for name in record["names"]:
                old = name.removeprefix("__").removesuffix("_time64")
                if old.endswith("64_r"):
                    old = old.removesuffix("64_r") + "_r"
                names[old.removesuffix("64")] = name
    del names["dlsym"]
    return names


@cache
def host_libraries() -> dict[str, frozenset[str]]:
    """Return the libraries that a wheel may expect, and what they define."""
    table = load("libraries.json")["libraries"]
    return {name: frozenset(symbols) for name, symbols in table.items()}


def is_musl(name: str) -> bool:
    """Say whether musl's loader takes a DT_NEEDED name for musl itself."""
    return name.startswith(_libc_names())


@cache
def _libc_names() -> tuple[str, ...]:
    return tuple("lib" + part for part in load("loaders.json")["resolved_prefixes"])


@cache
def loader_name(arch: str) -> str | None:
    """Return the file name of musl's loader for an ARCH, None if not known.

    The loader does not take it for itself, but finds itself by it in its folder.
    """
    for row in load("loaders.json")["loaders"]:
        if row["arch"] == elf_arch(arch):
            return f"ld-musl-{row['musl_name']}.so.1"
    return None


def is_glibc(name: str) -> bool:
    """Say whether glibc gives this file name to its loader or to a library."""
    names, prefixes = _glibc_names()
    return name in names or name.startswith(prefixes)


@cache
def _glibc_names() -> tuple[frozenset[str], tuple[str, ...]]:
    data = load("loaders.json")
    return frozenset(data["glibc_names"]), tuple(data["glibc_prefixes"])


@cache
def extension_suffix(arch: str) -> str | None:
    """Return what CPython on musl puts before ``.so``, None if not known."""
    suffix = load("musl.json")["extension_suffix"].get(elf_arch(arch))
    return None if suffix is None else str(suffix)


@cache
def first_alpine(release: Release) -> str | None:
    """Return the first Alpine Linux with this musl release or a later one.

    None if there is none yet, or if it may be older than the oldest in the data.
    """
    shipped = []
    for row in load("alpine.json")["alpine"]:
        match = re.match(r"[0-9]+\.[0-9]+\.[0-9]+", row["musl_package"])
        if match:
            shipped.append((parse_release(match[0]), str(row["alpine"])))
    if not shipped or shipped[0][0] >= release:
        return None
    return next((alpine for musl, alpine in shipped if musl >= release), None)
