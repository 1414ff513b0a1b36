"""Serve a Python object as a program that speaks the protocol.

``python -m musllinux_conformance.serve MODULE:ATTRIBUTE [VERSION]`` answers on
standard output with what the object's methods return.  The methods have the names of
the operations and take the fields of the request as keywords; ``elf`` and ``stderr``
arrive as bytes.  A method that is absent is an operation that is not supported.

The object may say of itself ``name``, ``version``, ``language``, ``lineage``,
``python`` and ``reasons``.  With a method ``answer_many`` it is given lists of
requests, and returns as many answers: ``{"ok": value}``, ``{"rejected": why}``,
``{"unsupported": why}`` or ``{"error": why}`` each.
"""

import base64
import importlib
import json
import os
import select
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO

from musllinux_conformance import Rejected, Unsupported

OPERATIONS = (
    "parse_tag",
    "read_elf",
    "parse_banner",
    "detect",
    "platform_tags",
    "select",
    "audit",
    "accept_upload",
)
WINDOW = 512
"""Requests that an object with ``answer_many`` is given at once, at most."""
PAUSE = 0.05
"""Seconds without a further request after which a batch is complete."""


def load(reference: str, version: str | None) -> Any:
    """Return the object that ``module:attribute`` names; a class is called."""
    module, _, attribute = reference.partition(":")
    found: Any = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        return found
    if version is None:
        return found()
    try:
        return found(version)
    except TypeError as error:
        raise SystemExit(f"{reference} offers no versions: {error}") from error


def answer(implementation: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the object one question.  An exception of its is passed on."""
    fields = {key: value for key, value in request.items() if key not in ("id", "op")}
    for key in ("elf", "stderr"):
        if key in fields:
            fields[key] = base64.b64decode(fields[key])
    try:
        return {"ok": getattr(implementation, request["op"])(**fields)}
    except Rejected as why:
        return {"rejected": str(why)}
    except Unsupported as why:
        return {"unsupported": str(why)}


def _safely(implementation: Any, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return answer(implementation, request)
    except Exception as error:
        first = str(error).splitlines()[:1]
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f" ({Path(place.filename).name}, line {place.lineno})"
        return {"error": ": ".join([type(error).__name__, *first]) + where}


def _hello(implementation: Any, reference: str) -> dict[str, Any]:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    hello = {
        "name": getattr(implementation, "name", reference.partition(":")[0]),
        "version": getattr(implementation, "version", "0"),
        "language": getattr(implementation, "language", "Python"),
        "lineage": list(getattr(implementation, "lineage", [])),
        "python": getattr(implementation, "python", own),
        "operations": getattr(
            implementation,
            "operations",
            [op for op in OPERATIONS if hasattr(implementation, op)],
        ),
    }
    if getattr(implementation, "reasons", False):
        hello["reasons"] = True
    if hasattr(implementation, "answer_many"):
        hello["window"] = WINDOW
    return hello


def _batch(requests: BinaryIO, first: bytes) -> list[dict[str, Any]]:
    """Return the request in hand and those that follow without a pause."""
    lines = [first]
    while len(lines) < WINDOW and select.select([requests], [], [], PAUSE)[0]:
        line = requests.readline()
        if not line:
            break
        lines.append(line)
    return [json.loads(line) for line in lines]


def serve(reference: str, version: str | None) -> None:
    """Answer requests until bye."""
    # The object, and what it starts, must not read requests nor write into answers.
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    implementation = load(reference, version)

    def send(messages: list[dict[str, Any]]) -> None:
        lines = [json.dumps(m, allow_nan=False).encode() + b"\n" for m in messages]
        answers.write(b"".join(lines))
        answers.flush()

    while line := requests.readline():
        message = json.loads(line)
        if "hello" in message:
            send([_hello(implementation, reference)])
        elif "bye" in message:
            return
        elif hasattr(implementation, "answer_many"):
            batch = _batch(requests, line)
            asked = [request for request in batch if "op" in request]
            given = implementation.answer_many(asked)
            send([{"id": r["id"], **a} for r, a in zip(asked, given, strict=True)])
            if len(asked) < len(batch):
                return
        else:
            send([{"id": message["id"], **_safely(implementation, message)}])


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    serve(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
