"""Which wheels the index offers, and their files, as the ordinary clients get them.

uv writes a lock file (PEP 751) that lists every wheel of the newest versions; pip
fetches the chosen ones.  Both take the index that the machine is configured for.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import tomllib
from packaging.utils import parse_wheel_filename

from musllinux.selection import WheelFile, select, supported_tags

PYTHON = (3, 13)
"""The CPython for which one wheel an ARCH is taken."""
SERIES = ((1, 2), (1, 1), (1, 0))
"""The X.Y of the tags that are taken, best first."""


class Unavailable(Exception):
    """The index, or a client of it, does not answer; the message says what failed."""


class Offer(NamedTuple):
    """A wheel that the index offers; ``size`` is in bytes."""

    project: str
    version: str
    arch: str
    file: str
    sha256: str
    size: int


def lock(uv: Path, projects: Path, to: Path) -> None:
    """Ask for the newest versions of the projects, and all their wheels.

    Raises:
        Unavailable: a project is not known, or the index does not answer.
    """
    version = ".".join(map(str, PYTHON))
    _run(
        [
            *(uv, "pip", "compile", "--no-deps", "--universal", "--quiet", "--upgrade"),
            *("--only-binary=:all:", f"--python-version={version}"),
            *("--format=pylock.toml", "--output-file", to, projects),
        ],
        seconds=600,
    )


def chosen(locked: Path, arches: Iterable[str]) -> Iterator[Offer]:
    """Yield, for each project and ARCH, the wheel that an installer takes."""
    arches = list(arches)
    for package in tomllib.loads(locked.read_text("utf-8"))["packages"]:
        wheels = {_name(wheel): wheel for wheel in package.get("wheels", ())}
        offered = [WheelFile(name) for name in wheels if "-musllinux_" in name]
        for arch in arches:
            platforms = [f"musllinux_{x}_{y}_{arch}" for x, y in SERIES]
            file = select(offered, supported_tags(PYTHON, platforms))
            if file is not None:
                wheel = wheels[file]
                version = package["version"]
                sha256, size = wheel["hashes"]["sha256"], wheel["size"]
                yield Offer(package["name"], version, arch, file, sha256, size)


def _name(wheel: dict[str, str]) -> str:
    path = wheel.get("path") or urlsplit(wheel.get("url", "")).path
    return wheel.get("name") or path.rpartition("/")[2]


def fetch(offers: Iterable[Offer], folder: Path, seconds: float) -> None:
    """Fetch wheels of one ARCH that are not in the folder yet.

    Raises:
        Unavailable: one cannot be had, or is not the file that was offered.
    """
    wanted = [offer for offer in offers if not is_here(offer, folder)]
    if not wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder / "requirements.txt"
    requirements.write_text(
        "".join(f"{o.project}=={o.version} --hash=sha256:{o.sha256}\n" for o in wanted)
    )
    tags = {tag for o in wanted for tag in parse_wheel_filename(o.file)[3]}
    version = ".".join(map(str, PYTHON))
    _run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--no-input", "--only-binary=:all:"),
            *(f"--python-version={version}", "--implementation=cp"),
            *(f"--abi={abi}" for abi in sorted({tag.abi for tag in tags})),
            *(f"--platform={name}" for name in sorted({t.platform for t in tags})),
            *("--require-hashes", "--dest", folder, "--requirement", requirements),
        ],
        seconds,
    )
    for offer in wanted:
        if not is_here(offer, folder):
            raise Unavailable(f"{offer.file}: the file is not the one offered")


def is_here(offer: Offer, folder: Path) -> bool:
    """Say whether a wheel is in the folder, whole."""
    path = folder / offer.file
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == offer.sha256


def _run(command: list[str | Path], seconds: float) -> None:
    name = Path(command[0]).name
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=seconds,
            env={**os.environ, "NO_COLOR": "1"},
            text=True,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{name}: no end after {seconds:.0f} s") from error
    except OSError as error:
        raise Unavailable(f"{name}: {error.strerror}") from error
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["it does not say why"]
        raise Unavailable(f"{name}: {said[-1]}")
