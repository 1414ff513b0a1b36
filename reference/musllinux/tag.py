"""The grammar of a musllinux platform tag (section "Tag grammar")."""

import re
from typing import NamedTuple

_TAG = re.compile(r"musllinux_(0|[1-9][0-9]*)_(0|[1-9][0-9]*)_([a-z0-9_]+)")


class InvalidTag(ValueError):
    """The string is not a musllinux platform tag."""


class MusllinuxTag(NamedTuple):
    """The three parts of a musllinux platform tag."""

    major: int
    minor: int
    arch: str

    def __str__(self) -> str:
        return f"musllinux_{self.major}_{self.minor}_{self.arch}"


def parse_tag(tag: str) -> MusllinuxTag:
    """Read a platform tag, such as ``musllinux_1_2_x86_64``.

    Implements tag.form, tag.integers and tag.whole-arch.  Case is not folded.

    Raises:
        InvalidTag: the tag is malformed, or of another family.
    """
    match = _TAG.fullmatch(tag)
    if match is None:
        raise InvalidTag(f"{tag!r} is not of the form musllinux_X_Y_ARCH")
    major, minor, arch = match.groups()
    try:
        return MusllinuxTag(int(major), int(minor), arch)
    except ValueError:  # Python refuses to convert more than 4,300 digits.
        raise InvalidTag("musllinux tag with a number beyond reason") from None
