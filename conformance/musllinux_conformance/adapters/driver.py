"""Answers questions in the environment of a tool: ``driver.py FILE``.

Lines of JSON on standard input are answered on standard output by functions of FILE,
each with the name of an operation.  For each question ``sys.executable`` and the
platform are set; the tool itself is used as it is.
"""

import json
import os
import runpy
import sys
from collections.abc import Mapping
from typing import Any


def answer(functions: Mapping[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    """Answer one question as in the protocol; what FILE calls ``Refused`` rejects."""
    sys.executable = question.pop("executable")
    os.environ["_PYTHON_HOST_PLATFORM"] = "linux-" + question.pop("machine")
    try:
        return {"ok": functions[question.pop("op")](**question)}
    except functions.get("Refused", ()) as why:
        return {"rejected": f"{type(why).__name__}: {why}"}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main(file: str) -> None:
    """Answer until standard input ends."""
    # A loader inherits standard input and output; it may read the one, write the other.
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    functions = runpy.run_path(file)
    for line in questions:
        answers.write(json.dumps(answer(functions, json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
