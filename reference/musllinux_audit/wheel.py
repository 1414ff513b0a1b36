"""How the ELF files of a wheel hang together: who loads whom, who defines what."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import PurePosixPath

from musllinux_audit.dynamic import ElfObject
from musllinux_audit.musl import is_musl


class Graph:
    """The ELF files of one architecture.

    A DT_NEEDED name means the file of the wheel that has this file name, wherever in
    the wheel it lies, but musl's own names mean musl.  A set of files is an integer
    with a bit for each: thousands of files that all need each other stay affordable.
    """

    def __init__(self, objects: Mapping[str, ElfObject]) -> None:
        self.objects = objects
        self._bit = {file: 1 << number for number, file in enumerate(objects)}
        by_name: dict[str, int] = {}
        self._definers: dict[str, int] = {}
        self._needers: dict[str, int] = {}
        wanted = {symbol for elf in objects.values() for symbol in elf.undefined}
        for file, elf in objects.items():
            bit = self._bit[file]
            by_name.setdefault(PurePosixPath(file).name, bit)
            for symbol in elf.defined & wanted:
                self._definers[symbol] = self._definers.get(symbol, 0) | bit
            for name in elf.needed:
                self._needers[name] = self._needers.get(name, 0) | bit
        self._by_name = by_name
        self._extensions = _union(
            self._bit[file] for file, elf in objects.items() if elf.is_extension
        )
        self._direct = [
            _union(by_name.get(name, 0) for name in elf.needed if not is_musl(name))
            for elf in objects.values()
        ]
        self._loads = {file: self._closure(bit) for file, bit in self._bit.items()}
        started = _union(self._loads[file] for file in objects if objects[file].program)
        self._later = _union(
            self._loads[file] for file, bit in self._bit.items() if not bit & started
        )
        self._company = cache(self._loaded_along)

    def has_library(self, needed: str) -> bool:
        """Say whether a DT_NEEDED name means a file of the wheel."""
        return needed in self._by_name

    def is_needed(self, name: str) -> bool:
        """Say whether any file has this DT_NEEDED name."""
        return name in self._needers

    def needers(self, libraries: Iterable[str]) -> int:
        """Return the set of files that have one of these DT_NEEDED names."""
        return _union(self._needers.get(name, 0) for name in libraries)

    def is_along(self, file: str, files: int) -> bool:
        """Say whether this file, or one loaded along with it, is in a set."""
        return bool(files & self._company(file))

    def defines_along(self, file: str, symbol: str) -> bool:
        """Say whether this file, or one loaded along with it, has a symbol.

        Implements audit.provided.
        """
        return self.is_along(file, self._definers.get(symbol, 0))

    def library_defines(self, symbol: str) -> bool:
        """Say whether any file has a symbol, other than an extension module."""
        return bool(self._definers.get(symbol, 0) & ~self._extensions)

    def is_loaded_later(self, file: str) -> bool:
        """Say whether a file may be loaded into a process that is running.

        Not if all that load it, and it, are programs or loaded by programs.
        """
        return bool(self._bit[file] & self._later)

    def _closure(self, bit: int) -> int:
        """Return the files that loading one file loads, itself among them."""
        reached = waiting = bit
        while waiting:
            lowest = waiting & -waiting
            waiting ^= lowest
            new = self._direct[lowest.bit_length() - 1] & ~reached
            reached |= new
            waiting |= new
        return reached

    def _loaded_along(self, file: str) -> int:
        """Return all files that some file loads together with this one."""
        bit = self._bit[file]
        return _union(loaded for loaded in self._loads.values() if loaded & bit)


def _union(sets: Iterable[int]) -> int:
    union = 0
    for files in sets:
        union |= files
    return union
