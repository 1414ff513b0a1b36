"""What musl's loader writes of itself (section "The loader's banner")."""

import re
from typing import NamedTuple

_FIRST = re.compile(rb"musl libc(?: \([^()]*\))?")
_SECOND = re.compile(rb"Version (0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})(?![0-9])")


class InvalidBanner(ValueError):
    """The bytes are not the banner of a musl loader."""


class MuslVersion(NamedTuple):
    """The major and minor number of a musl version."""

    major: int
    minor: int


def parse_banner(stderr: bytes) -> MuslVersion:
    """Read the musl version from what a loader wrote to standard error.

    Implements banner.lines, banner.first-line, banner.version, banner.three-digits
    and banner.rest.

    Raises:
        InvalidBanner: another program wrote this, or nothing did.
    """
    stripped = (line.strip(b" \t\r") for line in stderr.split(b"\n"))
    lines = [line for line in stripped if line]
    if not lines or not _FIRST.fullmatch(lines[0]):
        raise InvalidBanner("the first line is not 'musl libc'")
    match = _SECOND.match(lines[1]) if len(lines) > 1 else None
    if match is None:
        raise InvalidBanner("the second line is not 'Version X.Y'")
    return MuslVersion(int(match[1]), int(match[2]))
