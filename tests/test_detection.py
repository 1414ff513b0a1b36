"""Detection on simulated hosts, and what the vectors cannot ask."""

import base64
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from musllinux import detect, detection
from musllinux.detection import NotMusl, identify
from musllinux_conformance import vectors
from musllinux_conformance.hosts import materialise

HOST = vectors.load()["detect/musl-1-2"].request


def host(folder: Path, **loader: Any) -> Path:
    """Make the host of the plainest vector, with another loader."""
    return materialise({**HOST, "loader": {**HOST["loader"], **loader}}, folder)


def test_a_time_out_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """detect.timeout-uncached: the one rule that no vector can ask."""
    monkeypatch.setattr(detection, "TIME_LIMIT", 0.2)
    python = host(tmp_path, delay=600)
    loader = tmp_path / "lib" / "ld-musl-x86_64.so.1"
    assert detect(python, "x86_64") is None
    loader.write_text(loader.read_text().replace("sleep 600", "true"))
    monkeypatch.setattr(detection, "TIME_LIMIT", 10)
    assert detect(python, "x86_64") == ((1, 2), "x86_64")


def test_a_hanging_loader_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "TIME_LIMIT", 0.3)
    python = host(tmp_path, holds_pipe=599)
    with pytest.raises(NotMusl, match="out of time"):
        identify(python, "x86_64")
    deadline = time.monotonic() + 5
    while _running(os.fsencode(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(os.fsencode(tmp_path))


def _running(words: bytes) -> list[bytes]:
    """Return the command lines of processes that hold some words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if words in line:
            found.append(line)
    return found


def test_the_loader_gets_no_input_no_output_and_no_variable(tmp_path: Path) -> None:
    python = host(tmp_path)
    seen = tmp_path / "seen"
    loader = tmp_path / "lib" / "ld-musl-x86_64.so.1"
    script = loader.read_text().splitlines()
    spy = (
        f"(/usr/bin/env; cat; readlink /proc/$$/fd/0 /proc/$$/fd/1) > {seen}; echo leak"
    )
    loader.write_text("\n".join([script[0], spy, *script[1:]]) + "\n")
    code = f"import musllinux; assert musllinux.detect({os.fspath(python)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=b"secret\n",
        capture_output=True,
        env={**os.environ, "SECRET": "1"},
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (0, b"")
    words = seen.read_text()
    assert "secret" not in words.lower()
    assert words.splitlines()[-2:] == ["/dev/null", "/dev/null"]


@pytest.mark.parametrize(
    ("executable", "why"),
    [
        ("/nowhere/python", "No such file"),
        ("/", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        ("a\0b", "null"),
        (__file__, "not an ELF file"),
    ],
)
def test_the_reason_is_one_line(executable: str, why: str) -> None:
    with pytest.raises(NotMusl, match=why) as caught:
        identify(executable)
    assert "\n" not in str(caught.value)
    assert detect(executable) is None


def test_an_interpreter_that_does_not_know_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "")
    assert detect() is None


def test_no_file_of_any_bytes_makes_it_raise(tmp_path: Path) -> None:
    python = tmp_path / "python"
    good = base64.b64decode(HOST["executable"]["elf"])
    for place in range(0, 120):
        python.write_bytes(good[:place] + b"\xff" + good[place + 1 :])
        assert detect(python, "x86_64") is None or place in range(6, 64)


def test_descriptors_are_closed(tmp_path: Path) -> None:
    python = host(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        assert detect(python, "x86_64")
        assert detect("/dev/null") is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before
