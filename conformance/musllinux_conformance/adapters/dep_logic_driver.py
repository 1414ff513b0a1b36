"""What dep-logic answers, in the environment that holds it."""

from typing import Any

from dep_logic.tags import EnvSpec, InvalidWheelFilename, Platform, PlatformError
from dep_logic.tags.os import Musllinux

Refused = (PlatformError, ValueError)
"""``Arch`` and ``str.split`` refuse with plain ValueErrors."""


def _musllinux(platform: Platform) -> tuple[int, int] | None:
    system = platform.os
    return (system.major, system.minor) if isinstance(system, Musllinux) else None


def parse_tag(tag: str) -> dict[str, Any]:
    """Ask ``Platform.parse()``; what it takes for another system is no musllinux."""
    platform = Platform.parse(tag)
    found = _musllinux(platform)
    if found is None:
        raise PlatformError(f"it is taken for {platform}")
    return {"major": found[0], "minor": found[1], "arch": str(platform.arch)}


def detect() -> dict[str, Any] | None:
    """Ask ``Platform.current()``."""
    platform = Platform.current()
    found = _musllinux(platform)
    return found and {"musl": found, "arch": str(platform.arch)}


def platform_tags() -> list[str]:
    """Ask for the tags of ``Platform.current()``."""
    return list(Platform.current().compatible_tags)


def select(filenames: list[str]) -> list[str]:
    """Return the files of the greatest compatibility."""
    host = EnvSpec.current()
    found: dict[str, tuple[int, ...]] = {}
    for filename in filenames:
        try:
            value = host.wheel_compatibility(filename)
        except InvalidWheelFilename:
            continue
        if value is not None:
            found[filename] = value
    best = max(found.values(), default=None)
    return [filename for filename, value in found.items() if value == best]
