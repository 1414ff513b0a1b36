"""Prepare real musl runtimes below ``.cache/e2e``, for the tests beside this file.

Each thing is made whole or not at all, and not made again while its recipe stays.
Nothing is installed on the machine.  Exit status: 0 if all is there, else 1.
"""

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import binaries
from debian import Missing, Suite, unpack, version_of

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache" / "e2e"
STARTED = time.monotonic()


class Loader(NamedTuple):
    """A musl loader that Debian has.

    ``arch`` is the ARCH of the tag, None where no tag names the architecture;
    ``qemu`` is qemu's name of the machine, None where the loader runs here.
    """

    suite: str
    architecture: str
    arch: str | None
    qemu: str | None = None

    @property
    def name(self) -> str:
        """Its folder's name, such as ``loader-bookworm-amd64``."""
        return f"loader-{self.suite}-{self.architecture}"

    @property
    def file(self) -> Path:
        """Its file."""
        return next((CACHE / self.name).glob("ld-musl-*.so.1"))

    @property
    def version(self) -> str:
        """The version of musl that its package names, such as ``1.2.3``."""
        return (CACHE / self.name / "version").read_text().partition("-")[0]


NATIVE = (
    Loader("bullseye", "amd64", "x86_64"),
    Loader("bullseye", "i386", "i686"),
    Loader("bookworm", "amd64", "x86_64"),
    Loader("bookworm", "i386", "i686"),
    Loader("trixie", "amd64", "x86_64"),
    Loader("trixie", "i386", "i686"),
    Loader("sid", "amd64", "x86_64"),
)
FOREIGN = (
    Loader("bookworm", "armel", None, "arm"),
    Loader("bookworm", "armhf", "armv7l", "arm"),
    Loader("bookworm", "arm64", "aarch64", "aarch64"),
    Loader("bookworm", "mips64el", None, "mips64el"),
    Loader("bookworm", "mipsel", None, "mipsel"),
    Loader("bookworm", "ppc64el", "ppc64le", "ppc64le"),
    Loader("bookworm", "s390x", "s390x", "s390x"),
    Loader("trixie", "armhf", "armv7l", "arm"),
    Loader("trixie", "arm64", "aarch64", "aarch64"),
    Loader("trixie", "ppc64el", "ppc64le", "ppc64le"),
    Loader("trixie", "s390x", "s390x", "s390x"),
    Loader("trixie", "riscv64", "riscv64", "riscv64"),
    Loader("sid", "loong64", "loongarch64", "loongarch64"),
)
LOADERS = NATIVE + FOREIGN
BUILT = Loader("built", "amd64", "x86_64")
"""Built from Debian's source with a version long enough that any can take its place."""
PYTHONS = {
    loader.arch: loader
    for loader in LOADERS
    if loader.suite == "trixie" and loader.arch in {"x86_64", "i686", "armv7l", "s390x"}
}
"""The architectures that a CPython is built for, and the loader that it names."""

MACHINES = {
    "aarch64": (64, "LSB", 183),
    "arm": (32, "LSB", 40),
    "loongarch64": (64, "LSB", 258),
    "mips64el": (64, "LSB", 8),
    "mipsel": (32, "LSB", 8),
    "ppc64le": (64, "LSB", 21),
    "riscv64": (64, "LSB", 243),
    "s390x": (64, "MSB", 22),
}
"""EI_CLASS, EI_DATA and e_machine of the programs that each qemu runs."""

TOOLS = {
    "pip": "pip==26.3",
    "setuptools": "setuptools==80.9.0",
    "uv": "uv==0.13.9",
    "zig": "ziglang==0.17.1",
}
PURE = (TOOLS["pip"], TOOLS["setuptools"], "wheel==0.45.1", "packaging==26.3")
"""Wheels without code for any machine, which are used inside the interpreters."""
REAL = {
    "markupsafe": {
        "x86_64": ["markupsafe==3.0.4"],
        "i686": ["markupsafe==3.0.2"],
        "armv7l": ["markupsafe==3.0.4"],
    },
    "rpds-py": {"x86_64": ["rpds-py==0.28.0"]},
    "cryptography": {
        "x86_64": ["cryptography==50.0.2", "cffi==2.0.0", "pycparser==2.23"]
    },
    "numpy": {"x86_64": ["numpy==2.4.6"]},
}
"""Wheels as their projects publish them: for each ARCH, what is fetched."""


def loader(wanted: Loader, to: Path) -> None:
    """Fetch a loader."""
    suite = Suite(to / "apt", wanted.suite, wanted.architecture)
    package = suite.package("musl", to / "apt")
    unpack(package, to / "apt" / "root")
    # A link to libc.so, where the link's name is what programs name.
    (link,) = (to / "apt" / "root").glob("**/lib/ld-musl-*.so.1")
    (libc,) = (to / "apt" / "root").glob("**/libc.so")
    shutil.copy(libc, to / link.name)
    (to / link.name).chmod(0o755)
    (to / "version").write_text(version_of(package))
    shutil.rmtree(to / "apt")


def built_loader(to: Path) -> None:
    """Build a loader whose version is 64 characters long."""
    work = to / "work"
    archive = Suite(work, "bookworm", "source").source("musl", work)
    shutil.unpack_archive(archive, work)
    (tree,) = (path.parent for path in work.glob("*/VERSION"))
    version = (tree / "VERSION").read_text().strip().ljust(64, "0")
    (tree / "VERSION").write_text(version)
    script = "./configure --disable-static >log 2>&1 && make -j2 lib/libc.so >>log 2>&1"
    _run(
        ["sh", "-c", f"cd {shlex.quote(os.fspath(tree))} && {script}"], dict(os.environ)
    )
    shutil.copy(tree / "lib" / "libc.so", to / "ld-musl-x86_64.so.1")
    (to / "version").write_text(version)
    shutil.rmtree(work)


def sources(to: Path) -> None:
    """Fetch the sources of CPython and zlib."""
    suite = Suite(to / "apt", "bookworm", "source")
    suite.source("python3.11", to).rename(to / "python.tar")
    suite.source("zlib", to).rename(to / "zlib.tar")
    shutil.rmtree(to / "apt")


def python(arch: str, to: Path) -> None:
    """Build a CPython that is linked against musl."""
    named = PYTHONS[arch]
    work = to.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    (to / "lib").mkdir()
    shutil.copy(named.file, to / "lib")
    work.mkdir()
    for name in ("python.tar", "zlib.tar"):
        (work / name).symlink_to(CACHE / "sources" / name)
    environment = {**os.environ, "ZIG": "", "PYTHON": ""}
    if named.qemu is None:
        # Linked against the musl of Debian 12, so that later ones run it too.
        wanted = [("musl", named.architecture), ("musl-dev", named.architecture)]
        if arch == "i686":
            wanted.append(("lib32gcc-12-dev", "amd64"))
        for package, architecture in wanted:
            suite = Suite(work / f"apt-{architecture}", "bookworm", architecture)
            unpack(suite.package(package, work), work / "root")
    else:
        environment["ZIG"] = os.fspath(CACHE / "zig" / "ziglang" / "zig")
        environment["PYTHON"] = _same_python()
        environment["ZIG_GLOBAL_CACHE_DIR"] = os.fspath(CACHE / "zig-cache")
        environment["ZIG_LOCAL_CACHE_DIR"] = os.fspath(work / "zig-cache")
    final = CACHE / f"python-{arch}"
    _run([HERE / "build-python.sh", arch, to, work, final], environment)
    program = to / "bin" / "python3.11"
    # Bytecode is the same on all machines; without it each start takes seconds.
    runs = [to / "lib" / named.file.name, program]
    if named.qemu is not None:
        runs = [CACHE / "python-x86_64" / "bin" / "python3.11"]
    _run([*runs, "-m", "compileall", "-q", to / "lib" / "python3.11"], environment)
    binaries.set_interpreter(program, os.fsencode(final / "lib" / named.file.name))
    shutil.rmtree(work)


def _same_python() -> str:
    """Return a Python of the version that is built, which a cross build needs."""
    if sys.version_info[:2] == (3, 11):
        return sys.executable
    found = shutil.which("python3.11")
    if found is None:
        raise Missing("to build for another machine, python3.11 is needed")
    return found


def tool(name: str, to: Path) -> None:
    """Install a tool from the package index into a folder of its own."""
    _pip("install", "--target", to, TOOLS[name])


def pure(to: Path) -> None:
    """Fetch what is used inside the interpreters."""
    _pip("download", "--no-deps", "--only-binary=:all:", "--dest", to, *PURE)


def wheels(name: str, to: Path) -> None:
    """Fetch the wheels of a project and what it needs, for each ARCH."""
    for arch, requirements in REAL[name].items():
        platforms = [f"--platform=musllinux_1_{y}_{arch}" for y in (2, 1)]
        tags = [*platforms, "--python-version=3.11", "--only-binary=:all:"]
        tags += [f"--abi={abi}" for abi in ("cp311", "abi3", "none")]
        _pip("download", *tags, "--no-deps", "--dest", to / arch, *requirements)


def qemu(to: Path) -> None:
    """Fetch qemu's user mode emulators, and say to the kernel what they run."""
    # Debian 13's are linked statically, and know LoongArch; those of 12 do not.
    package = Suite(to / "apt", "trixie", "amd64").package("qemu-user", to / "apt")
    unpack(package, to / "apt" / "root")
    lines = []
    for name, (bits, data, machine) in MACHINES.items():
        shutil.move(to / "apt" / "root" / "usr" / "bin" / f"qemu-{name}", to)
        order: Literal["little", "big"] = "little" if data == "LSB" else "big"
        ident = b"\x7fELF" + bytes([bits // 32, 1 if data == "LSB" else 2, 1])
        kind = (2).to_bytes(2, order)  # ET_EXEC, or ET_DYN with the mask
        magic = ident + bytes(9) + kind + machine.to_bytes(2, order)
        either = (0xFFFE).to_bytes(2, order)
        mask = b"\xff" * 7 + bytes(1) + b"\xff" * 8 + either + b"\xff\xff"
        program = CACHE / "qemu" / f"qemu-{name}"
        fields = [f"e2e-{name}", "M", "", _escaped(magic), _escaped(mask), program, "F"]
        lines.append(":" + ":".join(map(str, fields)))
    (to / "binfmt").write_text("\n".join(lines) + "\n")
    shutil.rmtree(to / "apt")


def _escaped(content: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in content)


def _pip(*arguments: str | Path) -> None:
    quiet = ["--disable-pip-version-check", "--no-input", "-qq"]
    _run([sys.executable, "-m", "pip", *arguments, *quiet], dict(os.environ))


def _run(command: Sequence[str | Path], environment: dict[str, str]) -> None:
    """Run a command, whose progress is shown.

    Raises:
        Missing: it failed; it has said why.
    """
    nice = shutil.which("nice")
    ended = subprocess.run(
        [*([nice] if nice else []), *command], env=environment, check=False
    )
    if ended.returncode:
        raise Missing(f"{Path(command[0]).name} failed, see above")


class Thing(NamedTuple):
    """A folder below the cache, what fills it, and what that depends on."""

    name: str
    make: Callable[[Path], None]
    recipe: object
    short: bool = False


def things() -> list[Thing]:
    """Return all that is prepared, in the order in which it is made."""

    def a_loader(wanted: Loader) -> Thing:
        return Thing(wanted.name, lambda to: loader(wanted, to), 1, wanted in NATIVE)

    def a_python(arch: str) -> Thing:
        recipe = (HERE / "build-python.sh").read_text(), PYTHONS[arch], CACHE
        name = f"python-{arch}"
        return Thing(name, lambda to: python(arch, to), recipe, arch == "x86_64")

    def a_tool(name: str) -> Thing:
        return Thing(name, lambda to: tool(name, to), TOOLS[name], name == "pip")

    def real(name: str) -> Thing:
        make = lambda to: wheels(name, to)  # noqa: E731
        return Thing(f"wheels-{name}", make, REAL[name], name == "markupsafe")

    return [
        *map(a_loader, NATIVE),
        Thing(BUILT.name, built_loader, 1),
        Thing("wheels-pure", pure, PURE, True),
        *map(real, REAL),
        Thing("sources", sources, 1, True),
        a_python("x86_64"),
        a_tool("setuptools"),
        a_tool("pip"),
        a_tool("uv"),
        a_python("i686"),
        a_tool("zig"),
        Thing("qemu", qemu, (MACHINES, CACHE)),
        *map(a_loader, FOREIGN),
        a_python("armv7l"),
        a_python("s390x"),
    ]


def prepare(thing: Thing) -> None:
    """Make a folder, whole or not at all, if it is not there.

    Raises:
        Missing: it cannot be made.
    """
    final, partial = CACHE / thing.name, CACHE / f"{thing.name}.partial"
    mark = final / ".recipe"
    recipe = hashlib.sha256(repr(thing.recipe).encode()).hexdigest()
    if mark.is_file() and mark.read_text() == recipe:
        return
    say(thing.name)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    thing.make(partial)
    (partial / ".recipe").write_text(recipe)
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)


def say(text: str) -> None:
    """Show progress, and how many seconds it has taken so far."""
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Prepare all that is wanted; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--short", action="store_true", help="native loaders, one Python, one wheel"
    )
    options = parser.parse_args()
    status = 0
    for thing in things():
        if options.short and not thing.short:
            continue
        try:
            prepare(thing)
        except (Missing, OSError, subprocess.CalledProcessError) as error:
            say(f"missing: {thing.name}: {error}")
            status = 1
    say("all is prepared" if status == 0 else "not all could be prepared")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
