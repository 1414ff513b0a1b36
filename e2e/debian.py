"""Packages of Debian, fetched and unpacked below a folder; nothing is installed."""

import os
import subprocess
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Missing(Exception):
    """Something cannot be had here; the message says what and why."""


class Suite:
    """One suite of Debian for one architecture, or its sources.

    An apt with state of its own reads it, from the mirror that the machine uses.
    """

    def __init__(self, folder: Path, name: str, architecture: str) -> None:
        """Fetch the index.

        ``architecture`` is Debian's name of one, or ``source``.

        Raises:
            Missing: there is no such index, or no mirror.
        """
        self._name = name
        self._architecture = architecture
        self._config = folder / "apt.conf"
        for part in ("state/lists/partial", "cache/archives/partial", "etc"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "state/status").touch()
        native = "amd64" if architecture == "source" else architecture
        (folder / "etc/e2e.sources").write_text(
            f"Types: {'deb-src' if architecture == 'source' else 'deb'}\n"
            f"URIs: {_mirror()}\nSuites: {name}\nComponents: main\n"
            f"Signed-By: {KEYRING}\n"
        )
        self._config.write_text(
            f'Dir::State "{folder}/state";\n'
            f'Dir::State::status "{folder}/state/status";\n'
            f'Dir::Cache "{folder}/cache";\n'
            'Dir::Etc::sourcelist "/dev/null";\n'
            f'Dir::Etc::sourceparts "{folder}/etc";\n'
            f'APT::Architecture "{native}";\nAPT::Architectures {{ "{native}"; }};\n'
            'APT::Sandbox::User "root";\n'
            'APT::Update::Error-Mode "any";\n'
            'Acquire::Languages "none";\n'
            'Acquire::Check-Valid-Until "false";\n'
        )
        self._run("update")

    def package(self, name: str, to: Path) -> Path:
        """Fetch a package into the folder ``to``; return its file.

        Raises:
            Missing: there is no such package, or it cannot be fetched.
        """
        self._run("download", name, cwd=to)
        return next(to.glob(f"{name}_*_{self._architecture}.deb"))

    def source(self, name: str, to: Path) -> Path:
        """Fetch a source package; return the archive as its author published it.

        Raises:
            Missing: there is no such package, or it cannot be fetched.
        """
        self._run("source", "--download-only", name, cwd=to)
        found = to.glob(f"{name}_*.orig.tar.*")
        return next(path for path in found if path.suffix != ".asc")

    def _run(self, *command: str, cwd: Path | None = None) -> None:
        if cwd is not None:
            cwd.mkdir(parents=True, exist_ok=True)
        ended = subprocess.run(
            ["apt-get", "-qq", *command],
            env={**os.environ, "APT_CONFIG": os.fspath(self._config)},
            cwd=cwd,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if ended.returncode:
            said = ended.stderr.strip().splitlines() or ["it does not say why"]
            raise Missing(
                f"Debian {self._name} {self._architecture}:"
                f" apt-get {' '.join(command)}: {said[-1]}"
            )


def unpack(package: Path, to: Path) -> None:
    """Unpack the files of a package into a folder."""
    to.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg", "-x", package, to], check=True)


def version_of(package: Path) -> str:
    """Return the version of a package, such as ``1.2.3-1``."""
    command = ["dpkg-deb", "--field", os.fspath(package), "Version"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return ended.stdout.strip()


def _mirror() -> str:
    """Return where the machine itself takes Debian's packages from."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in ended.stdout.splitlines():
        address, _, codename = line.partition(" ")
        if codename == "bookworm" and address.rstrip("/").endswith("debian"):
            return address
    raise Missing("this is no Debian 12, or apt has no index yet: run apt-get update")
