"""Simulated hosts."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from musllinux import detect
from musllinux_conformance import hosts, vectors
from musllinux_conformance.hosts import (
    DEFAULT_LOADER,
    STARTING,
    Unavailable,
    materialise,
)
from musllinux_conformance.vectors import Json

HOST = vectors.load()["detect/musl-1-2"].request


def test_a_loader_runs_while_other_programs_start(tmp_path: Path) -> None:
    """A file that is open for writing anywhere, if only for a moment, cannot be run."""
    done = threading.Event()

    def start_programs() -> None:
        while not done.is_set():
            with STARTING:
                process = subprocess.Popen(["/bin/true"])
            process.wait()

    starters = [threading.Thread(target=start_programs) for _ in range(3)]
    for starter in starters:
        starter.start()
    try:
        for number in range(60):
            folder = tmp_path / str(number)
            folder.mkdir()
            assert detect(materialise(HOST, folder), "x86_64") == ((1, 2), "x86_64")
    finally:
        done.set()
        for starter in starters:
            starter.join()


def test_a_folder_with_a_long_name_makes_the_host_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 200) / ("y" * 100)
    folder.mkdir(parents=True)
    with pytest.raises(Unavailable, match="too long"):
        materialise(HOST, folder)


def test_a_folder_without_execution_makes_the_host_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.spawnv", lambda *_: 126)
    hosts._obstacle.cache_clear()
    try:
        with pytest.raises(Unavailable, match="no program runs"):
            materialise(HOST, tmp_path)
    finally:
        hosts._obstacle.cache_clear()


@pytest.mark.parametrize("size", [128, 256, 4096])
def test_the_rest_of_a_slot_is_filled_with_nul(tmp_path: Path, size: int) -> None:
    executable: Json = {"elf": "QUJD", "slot": {"offset": 3, "size": size}}
    try:
        path = materialise({**HOST, "executable": executable}, tmp_path)
    except Unavailable:
        assert size == 128
        return
    content = path.read_bytes()
    assert content[:3] == b"ABC"
    assert len(content) == 3 + size
    assert content[3:].rstrip(b"\0").startswith(b"/")


@pytest.mark.parametrize("key", ["executable", "loader"])
def test_a_program_may_be_linked_and_have_permissions(tmp_path: Path, key: str) -> None:
    request = {**HOST, key: {**HOST.get(key, {}), "linked": True, "mode": "711"}}
    executable = materialise(request, tmp_path)
    paths = {"executable": executable, "loader": tmp_path / DEFAULT_LOADER.decode()}
    for name, path in paths.items():
        assert path.is_symlink() == (name == key)
        assert path.stat().st_mode & 0o777 == (0o711 if name == key else 0o755)


def test_a_script_may_name_the_executable(tmp_path: Path) -> None:
    described = {**HOST["executable"], "script": True}
    executable = materialise({**HOST, "executable": described}, tmp_path)
    named = executable.read_text().removeprefix("#!").removesuffix("\n")
    assert Path(named).read_bytes()[:4] == b"\x7fELF"
    assert detect(executable, "x86_64") is None
    assert detect(named, "x86_64") == ((1, 2), "x86_64")


def test_a_loader_writes_its_parts_in_order(tmp_path: Path) -> None:
    parts = {"first": "YQ==", "stderr": "Yg==", "then": "Yw==", "stdout": "ZA=="}
    loader = {**parts, "repeat": 3, "stdout_repeat": 2, "exit": 7}
    materialise({**HOST, "loader": loader}, tmp_path)
    program = tmp_path / DEFAULT_LOADER.decode()
    ended = subprocess.run([program], capture_output=True)
    assert ended.returncode == 7
    assert ended.stderr == b"abbbc"
    assert ended.stdout == b"dd"


def test_a_loader_may_close_standard_error_and_go_on(tmp_path: Path) -> None:
    loader = {"stderr": "Yg==", "closes_stderr": True, "lingers": 600}
    materialise({**HOST, "loader": loader}, tmp_path)
    program = tmp_path / DEFAULT_LOADER.decode()
    with subprocess.Popen(
        [program], stderr=subprocess.PIPE, start_new_session=True
    ) as going:
        assert going.stderr is not None
        assert going.stderr.read() == b"b"
        assert going.poll() is None
        os.killpg(going.pid, signal.SIGKILL)
