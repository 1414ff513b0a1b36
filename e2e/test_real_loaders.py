"""Real loaders: what they write, and what is detected of programs that name them."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from binaries import forged
from conftest import asked, loader_of, run, where
from musllinux_conformance.elfwriter import Header, Segment, write_elf
from prepare import LOADERS, Loader

EVERY_LOADER = pytest.mark.parametrize("loader", LOADERS, ids=lambda each: each.name)
NEWEST = next(each for each in LOADERS if each.name == "loader-trixie-amd64")


def program_for(loader: Path, named: bytes | None = None) -> bytes:
    """Return a program with the ELF header of a real loader, which names a loader."""
    with loader.open("rb") as file:
        elf = ELFFile(file)
        file.seek(18)
        e_machine = file.read(2)
        header = Header(
            bits=elf.elfclass,
            data="LSB" if elf.little_endian else "MSB",
            e_machine=int.from_bytes(
                e_machine, "little" if elf.little_endian else "big"
            ),
            e_flags=elf.header.e_flags,
        )
    return write_elf(header, [Segment((named or bytes(loader)) + b"\0")])


@EVERY_LOADER
def test_the_banner(loader: Loader) -> None:
    file = loader_of(loader)
    ended = run([*where(loader), file], expect=1)
    name = file.name.removeprefix("ld-musl-").removesuffix(".so.1")
    assert ended.stdout == b""
    assert ended.stderr.decode() == (
        f"musl libc ({name})\nVersion {loader.version}\nDynamic Program Loader\n"
        f"Usage: {file} [options] [--] pathname [args]\n"
    )


@EVERY_LOADER
def test_a_program_that_names_it(loader: Loader, tmp_path: Path) -> None:
    file = loader_of(loader)
    program = tmp_path / "program"
    program.write_bytes(program_for(file))
    found = asked("detect", program, first=where(loader))
    if loader.arch is None:
        assert found["musl"] is None
        assert found["why"] == "built for an architecture that no tag names"
    else:
        assert found["musl"] == [1, 2]
        assert found["arch"] == loader.arch


def test_without_qemu_a_foreign_loader_is_not_musl(tmp_path: Path) -> None:
    """The kernel cannot run it, and says so: that is an answer, no failure."""
    loader = next(each for each in LOADERS if each.name == "loader-bookworm-s390x")
    program = tmp_path / "program"
    program.write_bytes(program_for(loader_of(loader)))
    found = asked("detect", program)
    assert found["musl"] is None
    assert "Exec format error" in found["why"]


@pytest.mark.parametrize(
    ("claimed", "musl"),
    [("1.1.9", [1, 1]), ("1.3.0", [1, 3]), ("1.10", [1, 10]), ("2.0.0", [2, 0])],
)
def test_a_forged_version(claimed: str, musl: list[int], tmp_path: Path) -> None:
    """Real loaders in whose bytes the version was changed: Debian has only 1.2."""
    loader = loader_of(NEWEST)
    forgery = tmp_path / "ld-musl-x86_64.so.1"
    forgery.write_bytes(forged(loader.read_bytes(), NEWEST.version, claimed))
    forgery.chmod(0o755)
    program = tmp_path / "program"
    program.write_bytes(program_for(forgery))
    assert asked("detect", program)["musl"] == musl


def test_a_loader_that_is_replaced_is_asked_again(tmp_path: Path) -> None:
    """An upgrade of musl under a running process that detects more than once."""
    loader = loader_of(NEWEST)
    installed = tmp_path / "ld-musl-x86_64.so.1"
    installed.write_bytes(forged(loader.read_bytes(), NEWEST.version, "1.1.9"))
    installed.chmod(0o755)
    program = tmp_path / "program"
    program.write_bytes(program_for(installed))
    code = (
        "import os, sys, musllinux\n"
        "print(musllinux.detect(sys.argv[1]).musl)\n"
        "os.replace(sys.argv[2], sys.argv[3])\n"
        "print(musllinux.detect(sys.argv[1]).musl)\n"
    )
    newer = tmp_path / "newer"
    newer.write_bytes(loader.read_bytes())
    newer.chmod(0o755)
    ended = run([sys.executable, "-c", code, program, newer, installed])
    assert ended.stdout.decode().splitlines() == [
        "MuslVersion(major=1, minor=1)",
        "MuslVersion(major=1, minor=2)",
    ]


def test_standard_error_closed() -> None:
    """It writes its banner nowhere else."""
    ended = subprocess.run(
        ["/bin/sh", "-c", '"$0" 2>&-', loader_of(NEWEST)],
        stdout=subprocess.PIPE,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, b"")


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="this Python has no glibc"
)
def test_a_glibc_interpreter_stays_one(tmp_path: Path) -> None:
    """Whatever musl loaders the machine has: it names none of them."""
    loader_of(NEWEST)
    found = asked("detect", os.path.realpath(sys.executable))
    assert found["musl"] is None
    assert "musl libc" in found["why"]
