"""How the ELF files of a wheel hang together: who loads whom, who defines what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from musllinux_audit.dynamic import ElfObject


@dataclass
class Graph:
    """The ELF files of one architecture.

    A DT_NEEDED name means the file of the wheel that has this DT_SONAME or this
    file name, wherever in the wheel it lies.
    """

    objects: Mapping[str, ElfObject]
    loads: dict[str, frozenset[str]] = field(init=False)
    company: dict[str, frozenset[str]] = field(init=False)
    definers: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_name: dict[str, str] = {}
        for file, elf in self.objects.items():
            self._by_name.setdefault(PurePosixPath(file).name, file)
            if elf.soname is not None:
                self._by_name.setdefault(elf.soname, file)
        self.loads = {file: frozenset(self._closure(file)) for file in self.objects}
        company: dict[str, set[str]] = {file: set() for file in self.objects}
        for loaded in self.loads.values():
            for file in loaded:
                company[file] |= loaded
        self.company = {file: frozenset(files) for file, files in company.items()}
        self.definers = {}
        for file, elf in self.objects.items():
            for symbol in elf.defined:
                self.definers.setdefault(symbol, []).append(file)

    def library(self, needed: str) -> str | None:
        """Return the file of the wheel that a DT_NEEDED name means, if any."""
        return self._by_name.get(needed)

    def provides(self, symbol: str, file: str) -> bool:
        """Say whether a file that is loaded along with this one has the symbol."""
        company = self.company[file]
        return any(definer in company for definer in self.definers.get(symbol, ()))

    def loaders(self, file: str) -> Iterator[str]:
        """Yield the other files whose loading loads this one."""
        for loader, loaded in self.loads.items():
            if file in loaded and loader != file:
                yield loader

    def needs(self, files: Iterable[str]) -> set[str]:
        """Return all DT_NEEDED names of these files."""
        return {name for file in files for name in self.objects[file].needed}

    def _closure(self, file: str) -> set[str]:
        """Return the files that loading this one loads, itself among them."""
        reached, waiting = {file}, [file]
        while waiting:
            for name in self.objects[waiting.pop()].needed:
                library = self._by_name.get(name)
                if library is not None and library not in reached:
                    reached.add(library)
                    waiting.append(library)
        return reached
