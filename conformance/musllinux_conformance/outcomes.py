"""What became of a vector, and what that makes of a class."""

from collections.abc import Mapping
from typing import NamedTuple

from musllinux_conformance import compare
from musllinux_conformance.vectors import CLASS_OF, CLASSES, Json, Vector

PASSED = "passed"
FAILED = "failed"
BLOCKED = "blocked"
ERROR = "error"
ADVISORY = "advisory"
UNSUPPORTED = "unsupported"
UNAVAILABLE = "unavailable"
RECORDED = "recorded"
XFAILED = "xfailed"
XPASSED = "xpassed"

OUTCOMES = (
    PASSED,
    FAILED,
    BLOCKED,
    ERROR,
    ADVISORY,
    UNSUPPORTED,
    UNAVAILABLE,
    RECORDED,
    XFAILED,
    XPASSED,
)
BROKEN = (FAILED, BLOCKED, ERROR)
"""The outcomes that an expected failure covers."""
RED = (*BROKEN, XPASSED)
"""The outcomes that fail a run."""
JUDGED = (PASSED, *BROKEN, XFAILED, XPASSED)


class Result(NamedTuple):
    """What became of one vector.

    ``answer`` is the whole answer, as in the protocol and without its id.
    """

    vector: Vector
    outcome: str
    answer: dict[str, Json]
    detail: str = ""


def judge(vector: Vector, answer: dict[str, Json], reasons: bool = True) -> Result:
    """Hold an answer against its vector; ``reasons`` says whether to judge reasons.

    A requirement that is a SHOULD gives ``advisory`` at worst, and what the text
    leaves open is recorded whatever the answer is.
    """
    if "unsupported" in answer:
        return Result(vector, UNSUPPORTED, answer, answer["unsupported"])
    if "unavailable" in answer:
        return Result(vector, UNAVAILABLE, answer, answer["unavailable"])
    if "unspecified" in vector.expect:
        return Result(vector, RECORDED, answer, answer.get("error", ""))
    if "error" not in answer and compare.fits(
        vector.expect, vector.request["op"], answer, reasons
    ):
        return Result(vector, PASSED, answer)
    if vector.strength == "SHOULD":
        outcome = ADVISORY
    else:
        outcome = ERROR if "error" in answer else FAILED
    return Result(vector, outcome, answer, told(answer))


def told(answer: dict[str, Json]) -> str:
    """Say in a line what was answered."""
    if "ok" in answer:
        return compare.show(answer["ok"])
    ((kind, why),) = answer.items()
    return f"{kind}: {why}"


def blocked_by(result: Result, outcomes: Mapping[str, str]) -> Result:
    """Name the lower vector that failed too, if there is one."""
    if result.outcome in (FAILED, ERROR):
        for need in result.vector.needs:
            if outcomes.get(need) in (*BROKEN, XFAILED):
                return result._replace(
                    outcome=BLOCKED, detail=f"{result.detail} (after {need})"
                )
    return result


def verdicts(
    suite: Mapping[str, Vector], operations: frozenset[str], outcomes: Mapping[str, str]
) -> dict[str, str]:
    """Return the verdict of each class, from the outcomes of its vectors.

    A class conforms if every one of its vectors was asked and judged right.  Vectors
    that were not asked, for whatever reason, leave it incomplete.
    """
    found = {}
    for group in CLASSES:
        claimed = any(CLASS_OF.get(op) == group for op in operations)
        its = {
            outcomes.get(vector.id)
            for vector in suite.values()
            if CLASS_OF.get(vector.request["op"]) == group
        }
        if not claimed or not its:
            found[group] = "not claimed"
        elif its & set(BROKEN):
            found[group] = "fails"
        elif its & {None, UNSUPPORTED, UNAVAILABLE, XFAILED}:
            found[group] = "incomplete"
        else:
            found[group] = "conforms"
    return found
