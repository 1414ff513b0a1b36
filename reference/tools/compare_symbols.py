"""Compare what a musl library exports with what ``symbols.json`` says of a release.

Usage: python compare_symbols.py LIBC_SO X.Y.Z

Prints ``+ NAME`` for a symbol that only the library has, and ``- NAME`` for one that
only the data has.  For a release that the data does not know, the newest that it
knows stands in, so that the output is what the new release changed.  Exit status:
0 the same, 1 different, 2 usage or a file that cannot be compared.
"""

import sys
from pathlib import Path

from musllinux.elf import InvalidElf
from musllinux_audit.dynamic import Limits, read_object
from musllinux_audit.findings import arches_of
from musllinux_audit.musl import Port, Release, exported, parse_release, port_of


class _File:
    """A file of which any part can be read."""

    def __init__(self, path: str) -> None:
        self._content = Path(path).read_bytes()
        self.size = len(self._content)

    def read_at(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]


def compare(path: str, release: Release) -> tuple[set[str], set[str]]:
    """Return the symbols that only the library has, and those only the data has.

    Raises:
        InvalidElf, OSError: the file is no library of a port that the data knows.
    """
    elf = read_object(_File(path), Limits())
    port: Port | None = None
    for arch in arches_of(elf) if elf else ():
        port = port or port_of(arch)
    if elf is None or port is None:
        raise InvalidElf("no library of an architecture that symbols.json knows")
    known = [one for one in port.releases if one <= release]
    if not known:
        raise InvalidElf(f"{port.name} is not in symbols.json for this release")
    expected = exported(port, known[-1])
    return set(elf.defined - expected), set(expected - elf.defined)


def main(arguments: list[str]) -> int:
    """Print the difference; return the exit status."""
    if len(arguments) != 2:
        print("usage: compare_symbols.py LIBC_SO X.Y.Z", file=sys.stderr)
        return 2
    try:
        more, less = compare(arguments[0], parse_release(arguments[1]))
    except (OSError, ValueError) as error:
        print(f"compare_symbols.py: {error}", file=sys.stderr)
        return 2
    for name in sorted(more):
        print("+", name)
    for name in sorted(less):
        print("-", name)
    return int(bool(more or less))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
