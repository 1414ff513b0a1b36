"""The commands of the page "Build a musllinux wheel", as a reader would type them."""

import os
import re
import shutil
from pathlib import Path

import pytest

from conftest import environment, prepared, run
from prepare import CACHE, HERE

PAGE = HERE.parent / "docs" / "build.md"


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Return the commands of a page, each with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def test_the_page(tmp_path: Path) -> None:
    if shutil.which("musl-gcc") is None:
        pytest.skip("musl-gcc is missing: apt-get install musl-tools")
    zig = prepared("zig") / "ziglang"
    python = prepared("python-x86_64") / "bin" / "python3.11"
    pure = prepared("wheels-pure")
    pip = prepared("pip") / "pip"
    project = tmp_path / "demo"
    shutil.copytree(HERE / "demo", project)
    run([python, "-m", "venv", "--without-pip", tmp_path / "venv"])
    programs = tmp_path / "venv" / "bin"
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": os.fspath(pure)}
    more = {
        **offline,
        "PATH": os.pathsep.join([str(programs), str(zig), os.environ["PATH"]]),
        "CC": "musl-gcc",
        "HOME": os.fspath(tmp_path),
        "ZIG_GLOBAL_CACHE_DIR": os.fspath(CACHE / "zig-cache"),
    }
    # The pip that runs stands beside the environment, and takes itself for installed.
    install = [programs / "python", pip, "install", "--ignore-installed", "pip"]
    run(install, env=environment(**offline))
    lines = commands(PAGE.read_text("utf-8"))
    assert len(lines) > 8
    # All in one shell, as a reader has one; what each prints goes to its own file.
    script = ["set -e"]
    for number, (command, _) in enumerate(lines):
        script += [f"echo {number} >&2", f"{{ {command}\n}} >{tmp_path}/{number}"]
    run(["bash", "-c", "\n".join(script)], cwd=project, env=environment(**more))
    for number, (command, shown) in enumerate(lines):
        printed = (tmp_path / str(number)).read_text().splitlines()
        for line in shown:
            assert line in printed, f"{command} printed {printed}"
    names = {path.name for path in (project / "dist").iterdir()}
    assert names == {
        "demo-1.0-cp310-abi3-musllinux_1_2_x86_64.whl",
        "demo-1.0-cp310-abi3-musllinux_1_2_aarch64.whl",
    }
