"""The vectors: loading, validating and merging them."""

import hashlib
import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from musllinux_conformance import __version__, cache, files, requirements

CLASS_OF = {
    "detect": "Detector",
    "platform_tags": "Detector",
    "select": "Installer",
    "audit": "Auditor",
    "accept_upload": "Index",
}
"""The class to which an operation belongs; the others are diagnostic."""

CLASSES = ("Detector", "Installer", "Auditor", "Index")
"""The classes that can have a verdict: a Publisher's wheels go through ``audit``."""

NINES = "9" * 5_000
"""What ``{nines}`` in a vector stands for."""

Json = Any
"""A JSON value."""


class InvalidVector(ValueError):
    """A file of vectors breaks the schema or the rules."""


class Vector(NamedTuple):
    """One question, and what the text says of its answer."""

    id: str
    title: str
    requirements: tuple[str, ...]
    request: dict[str, Json]
    expect: dict[str, Json]
    needs: tuple[str, ...] = ()
    notes: str = ""
    links: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The first part of the id."""
        return self.id.partition("/")[0]

    @property
    def strength(self) -> str:
        """MUST, SHOULD or MAY, as its requirements have it."""
        return requirements.load()[self.requirements[0]].strength

    @property
    def waits(self) -> bool:
        """Whether the host that it describes makes a Detector wait."""
        loader = self.request.get("loader", {})
        seconds = {"delay", "first_delay", "pause", "lingers", "holds_pipe"}
        return (
            not seconds.isdisjoint(loader)
            or loader.get("repeat") == "forever"
            or self.request.get("executable", {}).get("kind") == "fifo"
        )

    def for_python(self, version: str) -> "Vector":
        """Return the vector with all placeholders filled in.

        ``{cp}`` is the tag of a CPython such as "3.11", and ``{nines}`` a number of
        5,000 digits: more than a vector may hold, and than some languages read.
        """
        tag = "cp" + version.replace(".", "")

        def filled(value: dict[str, Json]) -> dict[str, Json]:
            text = json.dumps(value).replace("{cp}", tag).replace("{nines}", NINES)
            found: dict[str, Json] = json.loads(text)
            return found

        return self._replace(request=filled(self.request), expect=filled(self.expect))


@lru_cache(maxsize=1)
def _registry() -> Registry[Json]:
    return Registry().with_resources(
        (path.name, Resource.from_contents(json.loads(path.read_text("utf-8"))))
        for path in files.SCHEMA.glob("*.json")
    )


@lru_cache
def validator(reference: str) -> Draft202012Validator:
    """Return a validator of one of the suite's schemas, such as ``report.json``."""
    return Draft202012Validator({"$ref": reference}, registry=_registry())


def read_json(path: Path, schema: str | None, invalid: type[ValueError]) -> Json:
    """Return what a JSON file holds, after holding it to one of the suite's schemas.

    Without a ``schema`` it is known to fit.

    Raises:
        invalid: the file is not JSON, or breaks the schema.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise invalid(f"{path}: {error}") from error
    fault = schema and next(validator(schema).iter_errors(content), None)
    if fault:
        raise invalid(f"{path}: {fault.json_path}: {fault.message[:200]}")
    return content


@lru_cache(maxsize=1)
def _known() -> bool:
    """Say whether these vectors fitted these schemas before: it takes seconds."""
    return _stamp().exists()


def _stamp() -> Path:
    """Return a file that is there if the vectors as they stand were found to fit."""
    digest = hashlib.sha256()
    for path in (*sorted(files.SCHEMA.glob("*.json")), *paths()):
        digest.update(path.read_bytes())
    return cache.folder() / "valid-vectors" / digest.hexdigest()


@lru_cache
def read_file(path: Path) -> tuple[dict[str, Json], ...]:
    """Return the vectors of one file as they stand there, tombstones included.

    Raises:
        InvalidVector: the file is not JSON, or breaks the schema.
    """
    schema = None if _known() else "vectors.json"
    return tuple(read_json(path, schema, InvalidVector)["vectors"])


def _vector(entry: dict[str, Json]) -> Vector:
    names = ("requirements", "needs", "links")
    tuples = {name: tuple(entry[name]) for name in names if name in entry}
    return Vector(**{**entry, **tuples})


def load_file(path: Path) -> list[Vector]:
    """Return the vectors of one file, without its tombstones."""
    return [_vector(entry) for entry in read_file(path) if "retired" not in entry]


def paths() -> list[Path]:
    """Return the files of vectors, sorted."""
    return sorted(files.VECTORS.glob("*/*.json"))


@lru_cache(maxsize=1)
def load() -> dict[str, Vector]:
    """Return all vectors by id.

    Raises:
        InvalidVector: a file breaks the schema, or an id is used twice.
    """
    found: dict[str, Vector] = {}
    for path in paths():
        for vector in load_file(path):
            if vector.id in found:
                raise InvalidVector(f"{path}: {vector.id} is used twice")
            found[vector.id] = vector
    with suppress(OSError):  # Without a cache, they are validated every time.
        _stamp().parent.mkdir(parents=True, exist_ok=True)
        _stamp().touch()
    return found


def merged() -> dict[str, Json]:
    """Return all vectors in one object that needs nothing else to be used."""
    entries = [entry for path in paths() for entry in read_file(path)]
    return {
        "format": 1,
        "version": __version__,
        "licence": "public domain or CC0-1.0-Universal, whichever is more permissive",
        "sha256": _sha256(entries),
        "requirements": [r._asdict() for r in requirements.load().values()],
        "vectors": entries,
    }


@lru_cache(maxsize=1)
def content_hash() -> str:
    """Return the SHA-256 of the vectors, whatever their files are called.

    Tombstones are not among them: no answer depends on one.
    """
    return _sha256([entry for path in paths() for entry in read_file(path)])


def _sha256(entries: list[dict[str, Json]]) -> str:
    asked = (entry for entry in entries if "retired" not in entry)
    ordered = sorted(asked, key=lambda entry: str(entry["id"]))
    canonical = json.dumps(ordered, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
