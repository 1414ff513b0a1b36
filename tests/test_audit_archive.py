"""Wheels that are damaged, or made to do damage."""

import io
import os
import re
import stat
import struct
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import musllinux_audit.archive as archive
from audit_wheels import make_wheel
from musllinux_audit.archive import UnreadableWheel, read_wheel
from musllinux_audit.dynamic import Limits
from musllinux_conformance.objects import Object

ELF = bytes(Object(undefined=["open"], needed=["libc.so"]))


def test_only_elf_files_are_objects(tmp_path: Path) -> None:
    files = {"a.so": ELF, "a.py": b"import os", "b": b"\x7fEL", "c/": b"", "d": b""}
    contents = read_wheel(make_wheel(tmp_path, files))
    assert list(contents.objects) == ["a.so"]
    assert contents.files == list(files)
    assert not contents.malformed


def test_malformed_elf_is_named_and_the_rest_read(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, {"bad.so": ELF[:100], "good.so": ELF})
    contents = read_wheel(wheel)
    assert list(contents.malformed) == ["bad.so"]
    assert list(contents.objects) == ["good.so"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_large_file_is_read_without_being_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: int
) -> None:
    wheel = make_wheel(tmp_path, {"a.so": ELF}, compression=method)
    kept = read_wheel(wheel).objects
    monkeypatch.setattr(archive, "IN_MEMORY", 10)
    assert read_wheel(wheel).objects == kept


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = make_wheel(tmp_path, {"../../up.so": ELF, "/absolute.so": ELF, "a\0b": ELF})
    with zipfile.ZipFile(path, "a") as wheel:
        wheel.writestr(link, "/etc/passwd")
    before = sorted(tmp_path.rglob("*"))
    contents = read_wheel(path)
    assert set(contents.objects) == {"../../up.so", "/absolute.so", "a"}
    assert "link" in contents.files
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_no_zip_file(tmp_path: Path) -> None:
    path = tmp_path / "p"
    for content in (b"", b"PK", b"\x7fELF" * 100, b"PK\x05\x06" + b"\xff" * 18):
        path.write_bytes(content)
        with pytest.raises(UnreadableWheel):
            read_wheel(path)


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "missing", tmp_path / "pipe"):
        with pytest.raises(UnreadableWheel):
            read_wheel(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(tmp_path: Path, method: int) -> None:
    with pytest.raises(UnreadableWheel, match="neither stored nor deflated"):
        read_wheel(make_wheel(tmp_path, {"a.so": ELF}, compression=method))


def test_wrong_checksum(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, {"a.so": ELF}, compression=zipfile.ZIP_STORED)
    content = bytearray(wheel.read_bytes())
    content[content.index(b"open\0")] ^= 1
    wheel.write_bytes(content)
    with pytest.raises(UnreadableWheel, match="damaged"):
        read_wheel(wheel)


@pytest.mark.parametrize("size", [len(ELF) + 1, 1 << 30])
def test_a_size_that_lies_changes_nothing(tmp_path: Path, size: int) -> None:
    wheel = make_wheel(tmp_path, {"a.so": ELF})
    true = read_wheel(wheel).objects
    content = wheel.read_bytes()
    old, new = struct.pack("<I", len(ELF)), struct.pack("<I", size)
    assert content.count(old) == 2
    wheel.write_bytes(content.replace(old, new))
    assert read_wheel(wheel).objects == true


def test_a_size_that_is_too_small_ends_the_file(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, {"a.so": ELF})
    content = wheel.read_bytes()
    old, new = struct.pack("<I", len(ELF)), struct.pack("<I", 100)
    wheel.write_bytes(content.replace(old, new))
    with pytest.raises(UnreadableWheel):
        read_wheel(wheel)


def test_a_bomb_costs_no_more_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file reaches for its last bytes, so all of it must be decompressed."""
    size = 16 << 20
    start = bytearray(ELF)
    at = 64 + 56  # the second program header is PT_DYNAMIC
    start[at + 8 : at + 16] = struct.pack("<Q", size - 1024)
    bomb = bytes(start).ljust(size, b"\0")
    wheel = make_wheel(tmp_path, {f"{n}.so": bomb for n in range(3)})
    assert wheel.stat().st_size < 100_000

    def limits() -> Limits:
        few = Limits()
        few.bytes = 2 * size
        return few

    monkeypatch.setattr(archive, "Limits", limits)
    for kept in (1 << 20, 64 << 20):
        monkeypatch.setattr(archive, "IN_MEMORY", kept)
        with pytest.raises(UnreadableWheel, match="more bytes"):
            read_wheel(wheel)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="not Linux")
def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    """Files on either side of what is kept, all of which is reached for."""
    at = 64 + 56  # the second program header is PT_DYNAMIC
    path = tmp_path / "p-1-cp311-cp311-musllinux_1_2_x86_64.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
        for name, size in (("a.so", archive.IN_MEMORY), ("b.so", 200 << 20)):
            start = bytearray(ELF)
            start[at + 8 : at + 16] = struct.pack("<Q", size - 1024)
            with wheel.open(name, "w", force_zip64=True) as file:
                file.write(start)
                for left in range(size - len(start), 0, -(1 << 20)):
                    file.write(bytes(min(left, 1 << 20)))
    script = (
        "import sys; from musllinux_audit.archive import read_wheel;"
        "print(*read_wheel(sys.argv[1]).objects);"
        "print(open('/proc/self/status').read())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )
    names, status = run.stdout.split("\n", 1)
    assert names == "a.so b.so"
    (peak,) = re.findall(r"^VmHWM:\s*([0-9]+) kB$", status, re.MULTILINE)
    assert int(peak) < 200_000


def test_more_elf_files_than_any_wheel_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_OBJECTS", 3)
    files = {f"{number}.so": ELF for number in range(3)}
    assert len(read_wheel(make_wheel(tmp_path, files)).objects) == 3
    with pytest.raises(UnreadableWheel, match="more than 3 ELF files"):
        read_wheel(make_wheel(tmp_path, {**files, "bad": ELF[:50]}))


def test_more_files_than_any_wheel_has(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        for number in range(archive.MAX_FILES + 1):
            wheel.writestr(zipfile.ZipInfo(str(number)), b"")
    (tmp_path / "p").write_bytes(buffer.getvalue())
    with pytest.raises(UnreadableWheel, match="more than 65536 files"):
        read_wheel(tmp_path / "p")


def test_a_list_of_files_that_is_too_long(tmp_path: Path) -> None:
    size = archive.MAX_READ + 1
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, size, 0, 0)
    with (tmp_path / "p").open("wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(end)
    with pytest.raises(UnreadableWheel, match="list of files is too long"):
        read_wheel(tmp_path / "p")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sample")
    return make_wheel(folder, {"a.so": ELF, "b.txt": b"text"}).read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_change_is_read_or_refused(
    tmp_path: Path, sample: bytes, data: st.DataObject
) -> None:
    content = bytearray(sample)
    place = st.integers(0, len(sample) - 1)
    changes = data.draw(st.lists(st.tuples(place, st.binary(max_size=4))))
    for offset, new in changes:
        content[offset : offset + len(new)] = new
    path = tmp_path / "p"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(UnreadableWheel):
        read_wheel(path)


@pytest.mark.parametrize("cut", range(0, 100, 3))
def test_truncation_is_refused(tmp_path: Path, sample: bytes, cut: int) -> None:
    path = tmp_path / "p"
    path.write_bytes(sample[: len(sample) * cut // 100])
    with pytest.raises(UnreadableWheel):
        read_wheel(path)
