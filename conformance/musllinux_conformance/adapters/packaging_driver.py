"""What packaging answers, in the environment that holds it."""

import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from packaging import tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

CPYTHON = "cp{}{}".format(*sys.version_info[:2])


def _platform_tags() -> Iterator[str]:
    """Ask ``packaging.tags.platform_tags()``, or ``sys_tags()`` where it is missing."""
    if hasattr(tags, "platform_tags"):
        return tags.platform_tags()
    own = (tag for tag in tags.sys_tags() if tag.interpreter == tag.abi == CPYTHON)
    return (tag.platform for tag in own)


def detect() -> list[str]:
    """Return the first musllinux tag, without asking for the others."""
    found = (tag for tag in _platform_tags() if tag.startswith("musllinux_"))
    return list(itertools.islice(found, 1))


def platform_tags() -> list[str]:
    """Return the platform tags, best first."""
    return list(_platform_tags())


def select(filenames: Sequence[str]) -> str | None:
    """Choose as the documentation of packaging shows: the best tag wins.

    Among equal tags the higher build tag does.
    """
    ranks = {tag: rank for rank, tag in reversed(list(enumerate(tags.sys_tags())))}
    best: tuple[int, Any, str] | None = None
    for filename in filenames:
        try:
            _, _, build, found = parse_wheel_filename(filename)
        except InvalidWheelFilename:
            continue
        rank = min((ranks[tag] for tag in found if tag in ranks), default=None)
        if rank is None:
            continue
        if best is None or rank < best[0] or (rank == best[0] and build > best[1]):
            best = (rank, build, filename)
    return best and best[2]
