"""Which file of a release an installer takes (section "Selection")."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import BuildTag, parse_wheel_filename


class WheelFile(NamedTuple):
    """A file that an index offers."""

    filename: str
    yanked: bool = False


def supported_tags(python: tuple[int, int], platforms: Sequence[str]) -> list[Tag]:
    """Return the tags that a CPython takes on these platforms, best first.

    Implements select.tag-order: Python tag, then ABI tag, then platform tag.
    """
    interpreter = f"cp{python[0]}{python[1]}"
    tags = [
        *cpython_tags(python, [interpreter], platforms),
        *compatible_tags(python, interpreter, platforms),
    ]
    # For no platforms, packaging before 26.4 takes those of its own machine.
    return [tag for tag in tags if platforms or tag.platform == "any"]


def select(files: Iterable[WheelFile], tags: Iterable[Tag]) -> str | None:
    """Return the name of the best file for a host, None if it can take none.

    ``files`` are those of one release; ``tags`` are the tags that the host
    accepts, best first.  Where all compatible files are yanked, none is taken.

    Implements tag.form, tag.harmless, tag.members, select.compatible,
    select.offered, select.newest, select.best-member, select.build-tag,
    select.yanked and select.bad-name.
    """
    ranks = {tag: rank for rank, tag in reversed(list(enumerate(tags)))}
    best: tuple[int, BuildTag, str] | None = None
    for file in files:
        try:
            _, _, build, file_tags = parse_wheel_filename(file.filename)
        except ValueError:  # No name of a wheel, or a number too long for int().
            continue
        rank = min((ranks[tag] for tag in file_tags if tag in ranks), default=None)
        if rank is None or file.yanked:
            continue
        if best is None or rank < best[0] or (rank == best[0] and build > best[1]):
            best = (rank, build, file.filename)
    return best[2] if best else None
