"""Real CPythons that are linked against musl: what they are, which tags they take."""

import os
import platform
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from binaries import forged, interpreter
from conftest import (
    MakePython,
    answer,
    asked,
    loader_of,
    prepared,
    run,
    where,
)
from prepare import CACHE, LOADERS, PYTHONS, Loader

NEWEST = PYTHONS["x86_64"]
EachPython = tuple[str, list[str | Path]]


def tags_for(arch: str, minor: int = 2) -> list[str]:
    return [f"musllinux_1_{y}_{arch}" for y in range(minor, -1, -1)]


def pip_debug(python: list[str | Path], pip: Path) -> list[str]:
    """Return the platform tags that a pip lists, without ``linux_ARCH``."""
    ended = run([*python, pip / "pip", "debug", "--verbose"])
    own = re.findall(r"^ +cp311-cp311-(\S+)$", ended.stdout.decode(), re.MULTILINE)
    return [tag for tag in own if not tag.startswith("linux_")]


def test_what_it_is(each_python: EachPython) -> None:
    arch, python = each_python
    found = answer(python)
    assert (found["musl"], found["arch"]) == ([1, 2], arch)
    assert found["tags"] == tags_for(arch)


def test_what_packaging_says(each_python: EachPython) -> None:
    arch, python = each_python
    code = "import packaging.tags as t; print(*t.platform_tags(), sep='\\n')"
    said = run([*python, "-c", code]).stdout.decode().splitlines()
    assert [tag for tag in said if not tag.startswith("linux_")] == tags_for(arch)


@pytest.mark.parametrize("arch", ["x86_64", "i686"])
def test_what_the_pip_that_comes_with_it_says(arch: str) -> None:
    python = prepared(f"python-{arch}")
    (pip,) = python.glob("lib/python3.11/ensurepip/_bundled/pip-*.whl")
    assert pip_debug([python / "bin" / "python3.11"], pip) == tags_for(arch)


@pytest.mark.parametrize("arch", ["x86_64", "i686"])
def test_which_tags_uv_takes(arch: str, tmp_path: Path) -> None:
    """One wheel at a time, so that what it takes does not hide what it would take."""
    uv = prepared("uv") / "bin" / "uv"
    python = prepared(f"python-{arch}") / "bin" / "python3.11"
    other = "i686" if arch == "x86_64" else "x86_64"
    offered = [f"musllinux_1_3_{arch}", *tags_for(arch), f"musllinux_2_0_{arch}"]
    offered += [f"manylinux_2_17_{arch}", f"musllinux_1_2_{other}"]
    taken = []
    for tag in offered:
        folder = tmp_path / tag
        folder.mkdir()
        empty_wheel(folder / f"demo-1.0-py3-none-{tag}.whl")
        command: list[str | Path] = [
            uv,
            "pip",
            "install",
            "--dry-run",
            "--no-index",
            "--find-links",
        ]
        command += [folder, "--break-system-packages", "--python", python, "demo"]
        ended = run(command, expect=None)
        if ended.returncode == 0:
            taken.append(tag)
        else:
            assert b"no wheels with a matching" in ended.stderr
    assert taken == tags_for(arch)


def empty_wheel(path: Path) -> None:
    """Write a wheel that holds nothing."""
    name, version, *_ = path.name.split("-")
    folder = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            f"{folder}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        )
        archive.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr(f"{folder}/RECORD", "")


def test_32_bit_on_a_64_bit_kernel() -> None:
    python = prepared("python-i686") / "bin" / "python3.11"
    code = "import platform, sys; print(platform.machine(), sys.maxsize == 2**31 - 1)"
    if platform.machine() != "x86_64":
        pytest.skip("the kernel is not x86_64")
    assert run([python, "-c", code]).stdout == b"x86_64 True\n"
    assert answer([python])["arch"] == "i686"
    # A kernel that pretends to be a 32-bit one changes nothing.
    assert answer(["setarch", "i686", python])["arch"] == "i686"


def test_the_static_one_takes_no_musllinux_wheel() -> None:
    python = prepared("python-x86_64") / "bin" / "python3.11-static"
    found = answer([python])
    assert found["musl"] is None
    assert found["why"] == "statically linked: no PT_INTERP"


def test_started_through_its_loader(musl_python: Path) -> None:
    """What counts is the file that ``sys.executable`` names."""
    found = answer([loader_of(NEWEST), musl_python])
    assert found["executable"] == os.fspath(musl_python)
    assert (found["musl"], found["arch"]) == ([1, 2], "x86_64")


def test_started_through_another_loader(
    python_with: MakePython, tmp_path: Path
) -> None:
    """It is asked for what its file names, not for what happens to run it."""
    claims = tmp_path / "ld-musl-x86_64.so.1"
    loader = loader_of(NEWEST)
    claims.write_bytes(forged(loader.read_bytes(), NEWEST.version, "1.3.0"))
    claims.chmod(0o755)
    assert answer([loader, python_with(claims)])["musl"] == [1, 3]


def test_started_through_a_loader_when_its_own_is_missing(
    python_with: MakePython, tmp_path: Path
) -> None:
    found = answer([loader_of(NEWEST), python_with(tmp_path / "nothing")])
    assert found["musl"] is None
    assert "No such file" in found["why"]


@pytest.mark.parametrize(
    "loader",
    [each for each in LOADERS if each.arch == "x86_64"],
    ids=lambda loader: loader.name,
)
def test_on_each_release(loader: Loader, python_with: MakePython) -> None:
    assert answer([python_with(loader_of(loader))])["tags"] == tags_for("x86_64")


@pytest.mark.parametrize(
    ("claimed", "tags"),
    [
        ("1.1.9", tags_for("x86_64", 1)),
        ("1.10", tags_for("x86_64", 10)),
        ("2.0.0", ["musllinux_2_0_x86_64"]),
    ],
)
def test_on_a_forged_release(
    claimed: str, tags: list[str], python_with: MakePython, tmp_path: Path
) -> None:
    """A real interpreter on a real loader in whose bytes the version was changed."""
    loader = tmp_path / "ld-musl-x86_64.so.1"
    content = loader_of(NEWEST).read_bytes()
    loader.write_bytes(forged(content, NEWEST.version, claimed))
    loader.chmod(0o755)
    assert answer([python_with(loader)])["tags"] == tags


def test_in_a_folder_whose_name_is_not_utf_8(
    python_with: MakePython, tmp_path: Path
) -> None:
    folder = Path(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe"))
    folder.mkdir()
    loader = folder / "ld-musl-x86_64.so.1"
    shutil.copy(loader_of(NEWEST), loader)
    python = python_with(loader, folder=folder)
    code = "import musllinux; print(musllinux.detect())"
    said = run([python, "-c", code]).stdout.decode()
    assert said.startswith("MuslHost(musl=MuslVersion(major=1, minor=2)")


def test_without_proc(musl_python: Path) -> None:
    hide = 'mount -t tmpfs none /proc && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", hide, "-"]
    if run([*command, "true"], expect=None).returncode:
        pytest.skip("no user namespace in which /proc can be hidden")
    ended = run([*command, musl_python, "-c", "import os; print(os.listdir('/proc'))"])
    assert ended.stdout == b"[]\n"
    assert answer([*command, musl_python])["tags"] == tags_for("x86_64")
    # In a glibc interpreter the answer does not come from /proc either.
    assert asked(first=command)["musl"] is None


def test_seen_from_outside(each_python: EachPython) -> None:
    """Another Python says of it what it says itself."""
    arch, python = each_python
    first = where(PYTHONS[arch])
    found = asked("detect", python[-1], first=first)
    assert (found["musl"], found["arch"]) == ([1, 2], arch)


def test_what_it_names(each_python: EachPython) -> None:
    """A loader below the cache: nothing is installed."""
    arch, python = each_python
    named = Path(os.fsdecode(interpreter(Path(python[-1]))))
    assert named == CACHE / f"python-{arch}" / "lib" / PYTHONS[arch].file.name
