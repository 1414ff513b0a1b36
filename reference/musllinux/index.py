"""Which file names an index takes (section "Indexes and Mirrors")."""

from collections.abc import Collection

from packaging.utils import parse_wheel_filename

from musllinux.arch import ARCHITECTURES
from musllinux.tag import InvalidTag, parse_tag

ARCHES = frozenset(row.arch for row in ARCHITECTURES)
"""The list of an index that takes all of Appendix A (index.list)."""


def accept_upload(filename: str, arches: Collection[str] = ARCHES) -> bool:
    """Return whether an index whose list is ``arches`` takes a file of this name.

    Implements index.malformed, index.listed and index.no-expiry, and makes use of
    index.unlisted; of index.unreleased it makes none.  Other tags are not its matter.
    """
    try:
        parse_wheel_filename(filename)
    except ValueError:  # No name of a wheel, or a number too long for int().
        return False
    platforms = filename.removesuffix(".whl").rpartition("-")[2].split(".")
    for platform in platforms:
        if platform.startswith("musllinux_"):
            try:
                tag = parse_tag(platform)
            except InvalidTag:
                return False
            if tag.arch not in arches:
                return False
    return True
