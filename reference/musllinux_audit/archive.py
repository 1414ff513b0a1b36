"""What a wheel holds: the names of its files, and its ELF files.

Nothing is extracted to disk and nothing is run.  Names are only compared and
printed, so one that climbs out of the wheel, or a symbolic link, does no harm.
"""

import io
import os
import shutil
import struct
import zipfile
import zlib
from typing import IO, NamedTuple

from musllinux.elf import InvalidElf
from musllinux_audit.dynamic import ElfObject, LimitExceeded, Limits, read_object

MAX_READ = 16 << 20
"""Bytes of a wheel that are read at once; its list of files is one such read."""
MAX_FILES = 65_536
"""Files in a wheel."""
MAX_OBJECTS = 4_096
"""ELF files in a wheel."""
IN_MEMORY = 32 << 20
"""Bytes of an ELF file that is kept in memory while it is read."""
PIECE = 256 << 10
"""Bytes of such a file that are decompressed at once: they stay in the cache."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class UnreadableWheel(Exception):
    """The file is no wheel, or one that cannot be read in bounded time."""


class Contents(NamedTuple):
    """What an audit needs to know of a wheel.

    ``objects`` are its programs and shared libraries by name, ``malformed`` the
    names of ELF files that cannot be read, each with the reason.
    """

    files: list[str]
    objects: dict[str, ElfObject]
    malformed: dict[str, str]


def read_wheel(path: str | os.PathLike[str]) -> Contents:
    """Read a wheel.

    Raises:
        UnreadableWheel: with the reason, in one line.
    """
    contents = Contents([], {}, {})
    limits = Limits()
    try:
        with (
            _Bounded(io.FileIO(path, opener=_open_now)) as file,
            zipfile.ZipFile(file) as archive,
        ):
            if len(archive.infolist()) > MAX_FILES:
                raise LimitExceeded(f"more than {MAX_FILES} files")
            for info in archive.infolist():
                contents.files.append(info.filename)
                _read_member(archive, info, contents, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise UnreadableWheel(f"damaged zip file: {error or 'too short'}") from error
    except LimitExceeded as error:
        raise UnreadableWheel(str(error)) from error
    except OSError as error:
        raise UnreadableWheel(error.strerror or str(error)) from error
    except (ValueError, OverflowError, RuntimeError, NotImplementedError) as error:
        raise UnreadableWheel(f"unusual zip file: {error}") from error
    return contents


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, contents: Contents, limits: Limits
) -> None:
    """Add a member to the contents if it is an ELF file."""
    if info.is_dir() or info.file_size < 4:
        return
    if info.compress_type not in METHODS:
        raise UnreadableWheel(f"{info.filename!r} is neither stored nor deflated")
    with archive.open(info) as file:
        if file.read(4) != b"\x7fELF":
            return
        if len(contents.objects) + len(contents.malformed) >= MAX_OBJECTS:
            raise LimitExceeded(f"more than {MAX_OBJECTS} ELF files")
        try:
            elf = read_object(_Member(file, info.file_size, limits), limits)
        except InvalidElf as error:
            contents.malformed[info.filename] = str(error)
            return
    if elf is not None:
        contents.objects[info.filename] = elf


class _Member:
    """A member of the archive that can be read anywhere.

    A large one is not kept: to go back in it costs decompressing it again.
    """

    def __init__(self, file: IO[bytes], size: int, limits: Limits) -> None:
        self.size = size
        self._limits = limits
        self._file = file
        if size <= IN_MEMORY:
            file.seek(0)
            limits.spend("bytes", size)
            self._file = io.BytesIO()
            shutil.copyfileobj(file, self._file, PIECE)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes, all within ``size``; fewer at a false end."""
        if not isinstance(self._file, io.BytesIO):
            position = self._file.tell()
            begin = position if offset >= position else 0
            self._limits.spend("bytes", offset + length - begin)
        self._file.seek(offset)
        return _read(self._file, length)


def _read(file: IO[bytes], length: int) -> bytes:
    """Read so much, piece by piece."""
    pieces = range(0, length, MAX_READ)
    return b"".join(file.read(min(MAX_READ, length - piece)) for piece in pieces)


class _Bounded(io.BufferedReader):
    """A file of which nobody reads too much at once.

    ``zipfile`` reads the list of files into memory, however long it is said to be.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = MAX_READ
        if size > MAX_READ:
            raise LimitExceeded("the zip file's list of files is too long")
        return super().read(size)


def _open_now(path: str, flags: int) -> int:
    """Open a file without waiting for a writer, should it be a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)
