"""What packaging answers, in the environment that holds it."""

import itertools
from collections.abc import Sequence
from typing import Any

from packaging import tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename


def detect() -> list[str]:
    """Return the first musllinux tag, without asking for the others."""
    found = (tag for tag in tags.platform_tags() if tag.startswith("musllinux_"))
    return list(itertools.islice(found, 1))


def platform_tags() -> list[str]:
    """Ask ``packaging.tags.platform_tags()``."""
    return list(tags.platform_tags())


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
