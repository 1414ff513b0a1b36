"""What an index, or another caller, asks of wheels beyond the text."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from musllinux_audit import musl
from musllinux_audit.musl import Release, parse_release
from musllinux_audit.reasons import CODES, Reason


class InvalidPolicy(ValueError):
    """The file holds no policy; the message says in one line where and why."""


class Policy(NamedTuple):
    """What an audit is done by.

    ``architectures`` are the ARCHs, and ``releases`` the musl releases, that the
    index knows; None stands for all.  ``floors`` holds the oldest release that a
    series is held to where that is not X.Y.0.  ``backports`` says in which releases
    of a distribution's musl there is a symbol, or an ability of the loader, that the
    upstream release lacks.
    """

    architectures: frozenset[str] | None = None
    releases: frozenset[Release] | None = None
    floors: Mapping[tuple[int, int], Release] = {}
    backports: Mapping[str, frozenset[Release]] = {}

    def floor(self, series: tuple[int, int]) -> Release:
        """Return the oldest release that tags of X.Y are held to.

        Implements audit.floor.
        """
        return self.floors.get(series, (*series, 0))

    def refuses(self, reason: Reason) -> bool:
        """Say whether an index that has this policy takes no file for this reason.

        Makes use of index.audit, index.unlisted and index.unreleased, and follows
        index.patch.
        """
        return CODES[reason.code].severity == "breaks" or (
            (reason.code == "architecture-unlisted" and self.architectures is not None)
            or (reason.code == "release-unmeasured" and self.releases is not None)
        )


def read_policy(path: str | os.PathLike[str]) -> Policy:
    """Read a policy; ``schema/policy.json`` says what the file may hold.

    Raises:
        InvalidPolicy: with the reason, in one line.
    """
    try:
        content = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise InvalidPolicy(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidPolicy(f"{path}: not JSON: {error}") from error
    try:
        return _policy(content)
    except ValueError as error:
        raise InvalidPolicy(f"{path}: {error}") from error


def _policy(content: Any) -> Policy:
    readers: dict[str, Callable[[Any], Any]] = {
        "architectures": lambda value: frozenset(map(_judged, _strings(value))),
        "releases": lambda value: frozenset(map(_known, _strings(value))),
        "floors": _floors,
        "backports": _backports,
    }
    if not isinstance(content, dict):
        raise ValueError("a policy is an object, such as {}")
    fields = {}
    for key, value in content.items():
        if key not in readers:
            raise ValueError(f"{key!r} is none of {', '.join(readers)}")
        try:
            fields[key] = readers[key](value)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error
    return Policy(**fields)


def _floors(value: Any) -> dict[tuple[int, int], Release]:
    floors: dict[tuple[int, int], Release] = {}
    for release in map(parse_release, _strings(value)):
        if floors.setdefault(release[:2], release) != release:
            raise ValueError("musl {}.{} has two floors".format(*release))
    return floors


def _backports(value: Any) -> dict[str, frozenset[Release]]:
    if not isinstance(value, dict):
        raise ValueError('an object is wanted, such as {"1.2.5": ["renameat2"]}')
    found: dict[str, frozenset[Release]] = {}
    for release, names in value.items():
        for name in _strings(names):
            found[name] = found.get(name, frozenset()) | {_known(release)}
    return found


def _judged(arch: str) -> str:
    if musl.port_of(arch) is None:
        raise ValueError(f"{arch!r} is not in Appendix A, so nothing is known of it")
    return arch


def _known(text: str) -> Release:
    """Read a release of which it is known what it has."""
    release = parse_release(text)
    if release not in musl.releases():
        raise ValueError(f"what musl {text} has is not known to this tool")
    return release


def _strings(value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of strings is wanted, not empty")
    for item in value:
        if not isinstance(item, str):
            raise ValueError(f"{item!r} is not a string")
    return value
