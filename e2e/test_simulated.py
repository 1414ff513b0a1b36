"""Simulated hosts of the suite beside real ones: same bytes, same answers."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from binaries import forged
from conftest import loader_of, prepared, run, where
from musllinux_conformance import compare, vectors
from musllinux_conformance.hosts import materialise
from musllinux_conformance.vectors import Vector
from prepare import BUILT, LOADERS, Loader

BANNER = re.compile(
    rb"musl libc \((?P<name>[\w-]+)\)\nVersion (?P<version>[0-9]+\.[0-9]+\.[0-9]+)\n"
    rb"Dynamic Program Loader\n"
    rb"Usage: (?P<path>\S+) \[options\] \[--\] pathname \[args\]\n"
)
PLAIN = {"stderr", "stderr_words", "path", "path_words", "relative"}
"""What can be described of a loader that is not odd."""


def names(loader: Loader) -> bytes:
    """Return musl's name of the machine of a loader of Debian."""
    musl = {"amd64": "x86_64", "armel": "arm", "arm64": "aarch64"}
    musl |= {"ppc64el": "powerpc64le", "loong64": "loongarch64"}
    return musl.get(loader.architecture, loader.architecture).encode()


def counterpart(vector: Vector) -> Loader | None:
    """Return the loader that is nearest to the one which a vector describes."""
    described = vector.request.get("loader", {})
    match = BANNER.fullmatch(base64.b64decode(described.get("stderr", "")))
    if match is None or described.keys() - PLAIN:
        return None
    near = [each for each in LOADERS if names(each) == match["name"]]
    return min(near, key=lambda each: each.suite != "trixie", default=None)


def hosts() -> list[Vector]:
    """Return the vectors that describe a host with a plain loader, as real ones are."""
    asks = (each for each in vectors.load().values() if each.request["op"] == "detect")
    return [vector for vector in asks if counterpart(vector)]


def content(vector: Vector, loader: Loader) -> bytes:
    """Return a loader's bytes, forged where the vector wants what Debian has not.

    Where the vector's version is longer than the loader's, the bytes are of one that
    was built for it.
    """
    stderr = base64.b64decode(vector.request["loader"]["stderr"])
    match = BANNER.fullmatch(stderr)
    assert match is not None
    version = match["version"].decode()
    real = loader_of(loader).read_bytes()
    if version == loader.version:
        return real
    if len(version) > len(loader.version) and loader.arch == BUILT.arch:
        loader, real = BUILT, loader_of(BUILT).read_bytes()
    return forged(real, loader.version, version)


@cache
def ask(executable: Path, machine: str, first: tuple[str | Path, ...]) -> object:
    """Ask the reference, where programs of that machine run."""
    code = (
        "import json, sys, musllinux\n"
        "print(json.dumps(musllinux.detect(sys.argv[1], sys.argv[2])))\n"
    )
    ended = run([*first, sys.executable, "-c", code, executable, machine])
    found = json.loads(ended.stdout)
    return found and {"musl": found[0], "arch": found[1]}


@pytest.mark.parametrize("vector", hosts(), ids=lambda vector: vector.id)
def test_the_same_as_a_real_loader(vector: Vector, tmp_path: Path) -> None:
    loader = counterpart(vector)
    assert loader is not None
    real = content(vector, loader)
    executable = materialise(vector.request, tmp_path)
    described = vector.request["loader"]
    path = base64.b64decode(described["path"]) if "path" in described else None
    place = tmp_path / os.fsdecode(path or b"lib/ld-musl-x86_64.so.1")
    machine = vector.request["machine"]

    simulated = run([place], expect=None)
    expected = ask(executable, machine, ())
    assert compare.fits(vector.expect, "detect", {"ok": expected})

    place.write_bytes(real)
    first = tuple(where(loader))
    actual = run([*first, place], expect=None)
    assert (simulated.returncode, simulated.stdout) == (
        actual.returncode,
        actual.stdout,
    )
    match = BANNER.fullmatch(simulated.stderr)
    assert match is not None
    shown = simulated.stderr.replace(match["path"], bytes(place))
    assert shown == actual.stderr
    ask.cache_clear()
    assert ask(executable, machine, first) == expected


def test_each_architecture_with_a_loader_is_compared() -> None:
    compared = {counterpart(vector) for vector in hosts()}
    assert {each.arch for each in compared if each} == {each.arch for each in LOADERS}


def test_the_loader_of_glibc() -> None:
    """The bytes that a vector says glibc's loader writes."""
    loader = Path("/lib64/ld-linux-x86-64.so.2")
    if not loader.exists():
        pytest.skip("this machine has no glibc for x86_64")
    vector = vectors.load()["banner/glibc"]
    ended = subprocess.run(
        ["ld.so"], executable=loader, capture_output=True, check=False
    )
    assert ended.stderr == base64.b64decode(vector.request["stderr"])
    assert (ended.returncode, ended.stdout) == (1, b"")


@pytest.mark.parametrize(
    ("identifier", "program"),
    [
        ("detect/static", "python-x86_64/bin/python3.11-static"),
        ("detect/glibc-beside-musl", sys.executable),
        ("detect/script", "/usr/bin/ldd"),
    ],
)
def test_the_same_without_a_musl_loader(
    identifier: str, program: str, tmp_path: Path
) -> None:
    if not program.startswith("/"):
        program = os.fspath(prepared("python-x86_64").parent / program)
    vector = vectors.load()[identifier]
    executable = materialise(vector.request, tmp_path)
    expected = ask(executable, "x86_64", ())
    assert compare.fits(vector.expect, "detect", {"ok": expected})
    shutil.copy(program, executable)
    ask.cache_clear()
    assert ask(executable, "x86_64", ()) == expected
