"""The report of a run, as JSON."""

import json
import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from musllinux_conformance import __version__, files, vectors
from musllinux_conformance.outcomes import Result
from musllinux_conformance.program import Implementation
from musllinux_conformance.vectors import Json

REVISION = "draft"
"""The revision of the specification that the vectors follow."""


def command(spec: str, vector_id: str) -> str:
    """Return the command that asks one vector alone, in a checkout or without one."""
    run = "pytest conformance" if files.CHECKOUT else "python -m musllinux_conformance"
    return f"{run} --impl={shlex.quote(spec)} --vector {vector_id}"


def build(
    spec: str,
    implementation: Implementation,
    verdicts: Mapping[str, str],
    results: Mapping[str, Result],
) -> dict[str, Json]:
    """Return the report; ``spec`` is what ``--impl`` was given."""
    return {
        "format": 1,
        "suite": {
            "version": __version__,
            "vectors": len(vectors.load()),
            "sha256": vectors.content_hash(),
            "revision": REVISION,
        },
        "implementation": {
            "name": implementation.name,
            "version": implementation.version,
            "language": implementation.language,
            "lineage": list(implementation.lineage),
        },
        "verdicts": dict(verdicts),
        "results": [_entry(spec, results[name]) for name in sorted(results)],
    }


def _entry(spec: str, result: Result) -> dict[str, Json]:
    answer = {"answer": result.answer["ok"]} if "ok" in result.answer else {}
    return {
        "id": result.vector.id,
        "outcome": result.outcome,
        **answer,
        "detail": result.detail,
        "reproduce": command(spec, result.vector.id),
    }


def write(path: Path, content: dict[str, Json]) -> None:
    """Write a JSON file whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
