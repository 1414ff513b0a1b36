"""The mutants that have a name, and those of them that no vector can kill."""

import json
from pathlib import Path
from typing import NamedTuple

import musllinux

FOLDER = Path(__file__).resolve().parent
REFERENCE = Path(musllinux.__file__).resolve().parent


class StaleMutant(ValueError):
    """A mutant does not fit the reference as it is today."""


class Mutant(NamedTuple):
    """A wrong copy of the reference.

    ``requirement`` is the one that it breaks, None if a tool made it.  ``module`` is
    the file that differs, below ``reference/musllinux``; ``source`` is its whole text.
    """

    id: str
    requirement: str | None
    module: str
    source: str


def named() -> list[Mutant]:
    """Return the mutants of ``catalogue.json``.

    Raises:
        StaleMutant: the text to replace does not stand exactly once in its module.
    """
    found = []
    for entry in json.loads((FOLDER / "catalogue.json").read_text("utf-8")):
        name = f"{entry['requirement']}: {entry['name']}"
        content = (REFERENCE / entry["module"]).read_text("utf-8")
        times = content.count(entry["text"])
        if times != 1:
            raise StaleMutant(
                f"{name}: its text stands {times} times in {entry['module']}; "
                "bring conformance/mutants/catalogue.json up to date"
            )
        source = content.replace(entry["text"], entry["replacement"])
        found.append(Mutant(name, entry["requirement"], entry["module"], source))
    return found


def equivalents() -> dict[str, str]:
    """Return the mutants that no vector can kill, each with the reason."""
    groups = json.loads((FOLDER / "equivalents.json").read_text("utf-8"))
    return {name: group["why"] for group in groups for name in group["mutants"]}
