"""Answers questions with packaging, in the environment that holds it.

Lines of JSON on standard input are answered on standard output.  For each question
``sys.executable`` and the platform are set; packaging itself is used as it is.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from packaging.tags import platform_tags, sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename


def select(files: list[dict[str, Any]]) -> str | None:
    """Choose among files as the documentation of packaging shows.

    The best tag wins; among equal tags the higher build tag.
    """
    ranks = {tag: rank for rank, tag in reversed(list(enumerate(sys_tags())))}
    best: tuple[int, Any, str] | None = None
    for file in files:
        try:
            _, _, build, tags = parse_wheel_filename(file["filename"])
        except InvalidWheelFilename:
            continue
        rank = min((ranks[tag] for tag in tags if tag in ranks), default=None)
        if rank is None:
            continue
        if best is None or rank < best[0] or (rank == best[0] and build > best[1]):
            best = (rank, build, file["filename"])
    return best and best[2]


def first_musllinux() -> Iterator[str]:
    """Yield the first musllinux tag, without asking for the others."""
    tags = (tag for tag in platform_tags() if tag.startswith("musllinux_"))
    yield from [tag for tag in [next(tags, None)] if tag is not None]


def answer(question: dict[str, Any]) -> Any:
    """Answer one question."""
    sys.executable = question["executable"]
    os.environ["_PYTHON_HOST_PLATFORM"] = "linux-" + question["machine"]
    if question["op"] == "select":
        return select(question["files"])
    if question["op"] == "detect":
        return list(first_musllinux())
    return list(platform_tags())


def main() -> None:
    """Answer until standard input ends."""
    # A loader inherits standard output, and may write to it.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            given = {"ok": answer(json.loads(line))}
        except Exception as error:
            given = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(given) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
