"""From a compiler to an import: wheels that are built, audited, published, chosen."""

import functools
import http.server
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest

from binaries import forged
from conftest import Command, MakePython, environment, loader_of, prepared, run, where
from prepare import CACHE, HERE, LOADERS, PYTHONS, REAL, Loader

NEWEST = PYTHONS["x86_64"]
X86_64 = [each for each in LOADERS if each.arch == "x86_64"]
ZIG = {
    "x86_64": "x86_64-linux-musl",
    "i686": "x86-linux-musl",
    "aarch64": "aarch64-linux-musl",
    "armv7l": "arm-linux-musleabihf",
    "s390x": "s390x-linux-musl",
}
"""Zig's name of each architecture that the demonstration is built for."""
IMPORTS = {
    "markupsafe": "import markupsafe, markupsafe._speedups; markupsafe.escape('<')",
    "rpds-py": "import rpds; rpds.HashTrieMap({1: 2})",
    "cryptography": "from cryptography.fernet import Fernet as F; F(F.generate_key())",
    "numpy": "import numpy; numpy.linalg.inv(numpy.eye(3))",
}
"""What shows that the code of a real wheel runs."""


def build(tag: str, folder: Path, compiler: str) -> Path:
    """Build the demonstration as a wheel with a platform tag; return the wheel."""
    arch = tag.split("_", 3)[3]
    # The pointer size in pyconfig.h must be that of the target.
    headers = "i686" if arch in {"i686", "armv7l"} else "x86_64"
    python = prepared(f"python-{headers}") / "bin" / "python3.11"
    source = folder / f"source-{tag}"
    shutil.copytree(HERE / "demo", source)
    options: list[str | Path] = ["--no-deps", "--no-index", "--no-build-isolation"]
    options += ["--wheel-dir", folder]
    options.append(f"--config-settings=--build-option=--plat-name={tag}")
    run(
        [python, _pip(), "wheel", *options, source],
        env=environment(
            CC=compiler,
            CFLAGS=f"-DBUILT_AS={tag}",
            PYTHONPATH=os.fspath(prepared("setuptools")),
            ZIG_GLOBAL_CACHE_DIR=os.fspath(CACHE / "zig-cache"),
            ZIG_LOCAL_CACHE_DIR=os.fspath(folder / "zig-cache"),
        ),
    )
    return folder / f"demo-1.0-cp310-abi3-{tag}.whl"


def _pip() -> Path:
    """Return a recent pip, which any Python can run."""
    return prepared("pip") / "pip"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the wheels of the demonstration by tag, from both compilers."""
    zig = prepared("zig") / "ziglang" / "zig"
    if shutil.which("musl-gcc") is None:
        pytest.skip("musl-gcc is missing: apt-get install musl-tools")
    folder = tmp_path_factory.mktemp("demo")
    tag = "musllinux_1_1_x86_64"
    built = {tag: build(tag, folder, "musl-gcc")}
    for arch, target in ZIG.items():
        tag = f"musllinux_1_2_{arch}"
        built[tag] = build(tag, folder, f"{zig} cc -target {target}")
    return built


@pytest.fixture(scope="session")
def index(
    demo: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Publish the wheels of the demonstration; return the address of the index."""
    folder = tmp_path_factory.mktemp("index")
    project = folder / "simple" / "demo"
    project.mkdir(parents=True)
    links = []
    for wheel in demo.values():
        shutil.copy(wheel, project)
        links.append(f'<a href="{escape(wheel.name)}">{escape(wheel.name)}</a>')
    (project / "index.html").write_text("<!DOCTYPE html>\n" + "\n".join(links))
    handler = functools.partial(_Silent, directory=os.fspath(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple/"
        server.shutdown()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def audit(*wheels: Path) -> list[dict[str, Any]]:
    """Return what the auditor says of each musllinux tag of some wheels."""
    command: Command = [sys.executable, "-m", "musllinux", "audit", "--json", *wheels]
    found = json.loads(run(command, expect=None).stdout)
    return [verdict for report in found["wheels"] for verdict in report["tags"]]


def install(installer: str, python: Command, index: str, to: Path) -> None:
    """Let a real installer choose among all wheels of the demonstration."""
    if installer == "uv":
        uv = prepared("uv") / "bin" / "uv"
        command: Command = [uv, "pip", "install", "--python", python[-1]]
    elif installer == "pip":
        command = [*python, _pip(), "install"]
    else:
        home = Path(python[-1]).parents[1]
        (old,) = home.glob("lib/python3.11/ensurepip/_bundled/pip-*.whl")
        command = [*python, old / "pip", "install"]
    run([*command, "--target", to, "--index-url", index, "demo"])


def imported(python: Command, folder: Path) -> str:
    """Import the demonstration; return what it was built as."""
    code = "import demo, time; assert abs(demo.now() - time.time()) < 60"
    path = os.pathsep.join([os.fspath(folder), environment()["PYTHONPATH"]])
    ended = run(
        [*python, "-c", f"{code}; print(demo.built_as())"],
        env=environment(PYTHONPATH=path),
    )
    return ended.stdout.decode().strip()


def built_tags() -> list[str]:
    """Return the tags of the demonstration."""
    return ["musllinux_1_1_x86_64", *(f"musllinux_1_2_{arch}" for arch in ZIG)]


@pytest.mark.parametrize("tag", built_tags())
def test_the_audit_of_what_was_built(tag: str, demo: dict[str, Path]) -> None:
    (verdict,) = audit(demo[tag])
    assert (verdict["tag"], verdict["honest"]) == (tag, True), verdict


@pytest.mark.parametrize("arch", ["i686", "armv7l"])
def test_the_audit_of_a_tag_that_is_too_old(
    arch: str, demo: dict[str, Path], tmp_path: Path
) -> None:
    """On 32-bit architectures what is built against musl 1.2 needs musl 1.2."""
    older = tmp_path / f"demo-1.0-cp310-abi3-musllinux_1_1_{arch}.whl"
    shutil.copy(demo[f"musllinux_1_2_{arch}"], older)
    (verdict,) = audit(older)
    assert not verdict["honest"]
    reasons = {(each["code"], each["subject"]) for each in verdict["reasons"]}
    assert reasons == {("symbol-too-new", "__clock_gettime64")}


@pytest.mark.parametrize("installer", ["pip", "bundled pip", "uv"])
@pytest.mark.parametrize("loader", X86_64, ids=lambda loader: loader.name)
def test_which_file_is_chosen(
    installer: str,
    loader: Loader,
    index: str,
    python_with: MakePython,
    tmp_path: Path,
) -> None:
    python = [python_with(loader_of(loader))]
    install(installer, python, index, tmp_path)
    assert imported(python, tmp_path) == "musllinux_1_2_x86_64"


@pytest.mark.parametrize("installer", ["pip", "bundled pip", "uv"])
def test_which_file_is_chosen_on_musl_1_1(
    installer: str, index: str, python_with: MakePython, tmp_path: Path
) -> None:
    """A real loader in whose bytes the version was changed to 1.1.9."""
    loader = tmp_path / "ld-musl-x86_64.so.1"
    content = loader_of(NEWEST).read_bytes()
    loader.write_bytes(forged(content, NEWEST.version, "1.1.9"))
    loader.chmod(0o755)
    python = [python_with(loader)]
    install(installer, python, index, tmp_path / "site")
    assert imported(python, tmp_path / "site") == "musllinux_1_1_x86_64"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_which_file_is_chosen_by_32_bit_x86(
    installer: str, index: str, tmp_path: Path
) -> None:
    python = [prepared("python-i686") / "bin" / "python3.11"]
    install(installer, python, index, tmp_path)
    assert imported(python, tmp_path) == "musllinux_1_2_i686"


@pytest.mark.parametrize("arch", ["armv7l", "s390x"])
def test_which_file_is_chosen_under_qemu(arch: str, index: str, tmp_path: Path) -> None:
    program = prepared(f"python-{arch}") / "bin" / "python3.11"
    python = [*where(PYTHONS[arch]), program]
    install("pip", python, index, tmp_path)
    assert imported(python, tmp_path) == f"musllinux_1_2_{arch}"


@pytest.fixture(scope="session", params=REAL)
def published(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[Path], Path]:
    """Install a published project; return its name, wheels, and where it is."""
    wheels = sorted((prepared(f"wheels-{request.param}") / "x86_64").glob("*.whl"))
    python = prepared("python-x86_64") / "bin" / "python3.11"
    to = tmp_path_factory.mktemp("site")
    options: Command = ["--no-index", "--no-deps", "--target", to]
    run([python, _pip(), "install", *options, *wheels])
    return request.param, wheels, to


@pytest.mark.parametrize("loader", X86_64, ids=lambda loader: loader.name)
def test_a_published_wheel_does_what_the_audit_says(
    published: tuple[str, list[Path], Path], loader: Loader, python_with: MakePython
) -> None:
    project, wheels, site = published
    verdicts = audit(*wheels)
    assert verdicts
    assert all(verdict["honest"] for verdict in verdicts)
    needs = max(verdict["needs"] or [0] for verdict in verdicts)
    has = [int(number) for number in loader.version.split(".")]
    ended = run(
        [python_with(loader_of(loader)), "-c", IMPORTS[project]],
        expect=None,
        env=environment(PYTHONPATH=os.fspath(site)),
    )
    works = ended.returncode == 0
    assert works == (has >= needs), f"needs {needs}\n{ended.stderr.decode()}"
    if not works:  # Nothing tells such a loader that it does not know DT_RELR.
        assert ended.returncode == -signal.SIGSEGV


def test_a_published_wheel_on_32_bit_x86(tmp_path: Path) -> None:
    wheels = (prepared("wheels-markupsafe") / "i686").glob("*.whl")
    python = prepared("python-i686") / "bin" / "python3.11"
    run([python, _pip(), "install", "--no-index", "--target", tmp_path, *wheels])
    path = environment(PYTHONPATH=os.fspath(tmp_path))
    run([python, "-c", IMPORTS["markupsafe"]], env=path)


def test_a_published_wheel_on_32_bit_arm(tmp_path: Path) -> None:
    """Unpacked, not installed: pip is slow there, and is asked above."""
    (wheel,) = (prepared("wheels-markupsafe") / "armv7l").glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path, "zip")
    python = prepared("python-armv7l") / "bin" / "python3.11"
    path = environment(PYTHONPATH=os.fspath(tmp_path))
    run([*where(PYTHONS["armv7l"]), python, "-c", IMPORTS["markupsafe"]], env=path)
