"""What real musl loaders say of a wheel, beside what the Auditor predicts.

The loaders are Debian's, unpacked by ``e2e/prepare.py``; those of other machines run
under qemu.  Only the loader and the wheel's own initialisers run, never its programs.
"""

import os
import re
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

sys.path.append(os.fspath(Path(__file__).resolve().parent.parent / "e2e"))

import prepare
from debian import Missing
from musllinux_audit.archive import Contents
from musllinux_audit.dynamic import ElfObject
from musllinux_audit.findings import arches_of, examine
from musllinux_audit.musl import Release, host_libraries, parse_release
from musllinux_audit.policy import Policy
from musllinux_audit.suffixes import tagged_for

SECONDS = 120
"""How long a loader may take."""
LOADS = "loads"
SYMBOLS_OF_PYTHON = re.compile("_?Py")
TARGETS = {
    "x86_64": "x86_64-linux-musl",
    "i686": "x86-linux-musl",
    "aarch64": "aarch64-linux-musl",
    "armv7l": "arm-linux-musleabihf",
    "ppc64le": "powerpc64le-linux-musl",
    "s390x": "s390x-linux-musl",
    "riscv64": "riscv64-linux-musl",
    "loongarch64": "loongarch64-linux-musl",
}
"""What zig calls each ARCH."""
_NO_SYMBOL = re.compile(r"Error relocating (.+): (.+): symbol not found")
_NO_LIBRARY = re.compile(r"Error loading shared library (.+): .+ \(needed by (.+)\)")

Pairs = frozenset[tuple[str, str]]
"""Files of the wheel, each with a symbol or a library."""


class Listing(NamedTuple):
    """What a loader does not find for the files of a wheel."""

    symbols: Pairs
    libraries: Pairs


class Loader(NamedTuple):
    """A musl that can run here; ``command`` starts its loader."""

    arch: str
    musl: Release
    package: str
    command: tuple[Path, ...]


def loaders() -> list[Loader]:
    """Prepare the loaders, oldest first; one that cannot be had is left out."""
    things = {thing.name: thing for thing in prepare.things()}
    found = []
    for wanted in prepare.LOADERS:
        needed = [wanted.name, *(["qemu"] if wanted.qemu else [])]
        if wanted.arch is None or not all(_prepared(things[each]) for each in needed):
            continue
        command = [wanted.file]
        if wanted.qemu:
            command.insert(0, prepare.CACHE / "qemu" / f"qemu-{wanted.qemu}")
        package = (prepare.CACHE / wanted.name / "version").read_text()
        musl = parse_release(wanted.version)
        found.append(Loader(wanted.arch, musl, package, tuple(command)))
    return sorted(found)


def tool(name: str) -> Path:
    """Return a folder with a tool of the package index, installed if need be.

    Raises:
        Missing: it cannot be had.
    """
    thing = next(thing for thing in prepare.things() if thing.name == name)
    prepare.prepare(thing)
    return prepare.CACHE / name


def _prepared(thing: prepare.Thing) -> bool:
    try:
        prepare.prepare(thing)
    except (Missing, OSError, subprocess.CalledProcessError) as error:
        print(f"not at hand: {thing.name}: {error}", file=sys.stderr)
        return False
    return True


class Unpacked:
    """The ELF files of a wheel that fit an ARCH, in a folder."""

    def __init__(self, wheel: Path, contents: Contents, arch: str, to: Path) -> None:
        """Unpack them."""
        self.objects: dict[str, ElfObject] = {
            file: elf
            for file, elf in contents.objects.items()
            if arch in arches_of(elf)
        }
        self._contents = contents
        self.arch = arch
        self._files: dict[str, str] = {}
        self._paths: dict[str, Path] = {}
        with zipfile.ZipFile(wheel) as archive:
            for file in self.objects:
                path = Path(archive.extract(file, to)).resolve()
                self._paths[file], self._files[os.fspath(path)] = path, file

    def predicted(self, musl: Release) -> Pairs:
        """Return what the Auditor says that a release does not resolve."""
        findings = examine(self._contents, self.arch, tagged_for(()), Policy())
        return frozenset(
            (need.file, need.subject)
            for need in findings.needs
            if not need.ability and musl not in need.releases
        )

    def listed(self, loader: Loader) -> Listing:
        """Return what a loader's ``--list`` says is missing.

        What the interpreter or a library that every host has would provide is left
        out.  A symbol is missing from a file that others load if it is missing
        whichever of them is loaded.
        """
        loads: Counter[str] = Counter()
        symbols: Counter[tuple[str, str]] = Counter()
        libraries = set()
        for root in self._roots():
            ended = self._run(loader, "--list", self._paths[root])
            loads.update({root, *self._loaded(ended.stdout)})
            for name, path in _NO_LIBRARY.findall(ended.stderr):
                libraries.add((self._file(path), name))
            for path, symbol in set(_NO_SYMBOL.findall(ended.stderr)):
                if not self._of_the_host(symbol):
                    symbols[self._file(path), symbol] += 1
        return Listing(
            frozenset(pair for pair, n in symbols.items() if n == loads[pair[0]]),
            frozenset(pair for pair in libraries if pair[1] not in host_libraries()),
        )

    def opened(self, loader: Loader, program: Path, file: str) -> str | None:
        """Load a file into a running program; return in words what happens.

        None if it cannot be told without an interpreter or a library of the host.
        """
        ended = self._run(loader, program, self._paths[file])
        if ended.returncode < 0:
            return signal.Signals(-ended.returncode).name
        if ended.returncode == 0:
            return LOADS
        said = (ended.stdout.strip().splitlines() or ["it does not say why"])[0]
        symbol = _NO_SYMBOL.search(said)
        if symbol is not None and self._of_the_host(symbol[2]):
            return None
        if any(f"shared library {name}:" in said for name in host_libraries()):
            return None
        return said.replace(f"{self._paths[file]}: ", "")

    def _of_the_host(self, symbol: str) -> bool:
        return bool(SYMBOLS_OF_PYTHON.match(symbol)) or any(
            symbol in symbols and name in elf.needed
            for name, symbols in host_libraries().items()
            for elf in self.objects.values()
        )

    def _roots(self) -> Iterator[str]:
        """Yield the dynamic files that no other file of the wheel needs."""
        needed = {name for elf in self.objects.values() for name in elf.needed}
        for file, elf in self.objects.items():
            names = {PurePosixPath(file).name, elf.soname or ""}
            if not names & needed and (elf.needed or not elf.program):
                yield file

    def _loaded(self, listing: str) -> Iterator[str]:
        for path in re.findall(r" => (.+) \(0x", listing):
            file = self._files.get(os.path.realpath(path))
            if file is not None:
                yield file

    def _file(self, path: str) -> str:
        return self._files.get(os.path.realpath(path), path)

    def _run(
        self, loader: Loader, *arguments: str | Path
    ) -> subprocess.CompletedProcess[str]:
        folders = {os.fspath(path.parent) for path in self._paths.values()}
        return subprocess.run(
            [*loader.command, *arguments],
            env={"LD_LIBRARY_PATH": os.pathsep.join(sorted(folders))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )


def opener(arch: str, folder: Path) -> Path:
    """Return a program for an ARCH that loads the libraries it is told.

    Raises:
        Missing: there is no compiler for the ARCH, or it fails.
    """
    program = folder / f"dlopen-{arch}"
    if program.is_file():
        return program
    if arch not in TARGETS:
        raise Missing(f"no compiler for {arch}")
    zig = tool("zig") / "ziglang" / "zig"
    folder.mkdir(parents=True, exist_ok=True)
    partial = program.with_suffix(".partial")
    source = Path(__file__).with_name("dlopen.c")
    ended = subprocess.run(
        [zig, "cc", "-target", TARGETS[arch], "-dynamic", "-O1", "-o", partial, source],
        env={
            **os.environ,
            "ZIG_GLOBAL_CACHE_DIR": os.fspath(prepare.CACHE / "zig-cache"),
            "ZIG_LOCAL_CACHE_DIR": os.fspath(folder / "zig"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["it does not say why"]
        raise Missing(f"zig cannot compile for {arch}: {said[-1]}")
    partial.rename(program)
    return program


def differences(predicted: Pairs, missing: Pairs) -> list[str]:
    """Say in lines in what two sets differ."""
    return [
        f"{file}: {symbol}: {how}"
        for how, pairs in (
            ("predicted, and found by the loader", predicted - missing),
            ("not predicted, and not found by the loader", missing - predicted),
        )
        for file, symbol in sorted(pairs)
    ]
