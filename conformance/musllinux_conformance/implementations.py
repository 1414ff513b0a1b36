"""What ``--impl=`` names, and how it is started."""

import difflib
import importlib
import re
import shlex
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import NamedTuple

from musllinux_conformance import environments

GROUP = "musllinux_conformance.implementations"
"""The entry point group by which an installer offers itself by name."""

BUILT_IN = {
    name: f"musllinux_conformance.adapters.{name.replace('-', '_')}:implementation"
    for name in ("reference", *environments.listed())
}
"""The reference, and each tool of the matrix."""


class UnknownImplementation(ValueError):
    """Nothing is known by the name given; the message says what is."""


class Start(NamedTuple):
    """A command that starts an implementation, and what must come before it."""

    command: list[str]
    prepare: Callable[[], None]


def known() -> dict[str, str]:
    """Return the implementations that have a name, as ``module:attribute``."""
    plugged = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    return {**plugged, **BUILT_IN}


def resolve(text: str) -> Start:
    """Return how to start what ``--impl=text`` names.

    Raises:
        UnknownImplementation: it is no name, no object and no command.
    """
    if text.startswith("exec:"):
        try:
            command = shlex.split(text.removeprefix("exec:"))
        except ValueError as error:
            raise UnknownImplementation(f"--impl={text}: {error}") from error
        if not command:
            raise UnknownImplementation("--impl=exec: names no command")
        return Start(command, lambda: None)
    name, _, version = text.partition("@")
    names = known()
    if name in names:
        return _python_object(names[name], version)
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", text):
        return _python_object(text, "")
    raise UnknownImplementation(_help(name, list(names)))


def _python_object(reference: str, version: str) -> Start:
    serve = [sys.executable, "-m", "musllinux_conformance.serve", reference]

    def prepare() -> None:
        module, _, attribute = reference.partition(":")
        if reference in BUILT_IN.values():
            found = getattr(importlib.import_module(module), attribute)
            if hasattr(found, "prepare"):
                found.prepare(version or None)

    return Start([*serve, version] if version else serve, prepare)


def _help(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return "\n".join(
        [
            f"--impl={name}: no implementation has this name."
            + (f"  Did you mean {close[0]}?" if close else ""),
            f"Known here: {', '.join(sorted(names))}; NAME@VERSION for one version,",
            "NAME@installed for the one that is installed next to the suite.",
            "Three ways to plug in:",
            f"  a name           an entry point in the group {GROUP}",
            "  module:attribute a Python object with a method for each operation",
            "  exec:COMMAND     a program that speaks JSON Lines",
        ]
    )
