"""The kill matrix, as data.  Needs no Sphinx."""

import json
from functools import cache
from typing import NamedTuple

from musllinux_conformance import files

FOLDER = files.VECTORS.parent / "mutants"
FILE = FOLDER / "kills.json"


class Mutant(NamedTuple):
    """A row of the matrix, with what the copy has in place of what."""

    name: str
    requirement: str | None
    module: str
    old: str
    new: str
    equivalent: str | None
    killed_by: list[str]


@cache
def load() -> tuple[list[Mutant], dict[str, str]]:
    """Return the mutants, and the versions of the tools that made some of them.

    Raises:
        OSError, ValueError, KeyError: a file is missing or broken.
    """
    matrix, catalogue = (
        json.loads(path.read_text("utf-8"))
        for path in (FILE, FOLDER / "catalogue.json")
    )
    named = {f"{each['requirement']}: {each['name']}": each for each in catalogue}
    found = []
    for row in matrix["mutants"]:
        title = row["id"]
        if "requirement" in row:
            # Of one that was taken out of the catalogue since, the change is not known.
            change = named.get(title, {"text": "", "replacement": ""})
            old, new = change["text"], change["replacement"]
        else:
            old, _, new = title.partition(": ")[2].partition(" => ")
        found.append(
            Mutant(
                title.partition(": ")[2],
                row.get("requirement"),
                row["module"],
                old,
                new,
                row.get("equivalent"),
                [matrix["vectors"][place] for place in row["killed_by"]],
            )
        )
    return found, matrix["tools"]


def modules() -> list[str]:
    """Return the modules of which tools made mutants."""
    return list(dict.fromkeys(m.module for m in load()[0] if not m.requirement))


def page_of(module: str) -> str:
    """Return the name of the page on a module."""
    return module.removesuffix(".py")
