"""The file of expected failures.

One entry a line: a vector's id or ``family/*``, white space, ``#`` and a reason::

    order/minor-descending   # ascending until 2.0, see the tracker
    elf/*                    # the ELF reader is being rewritten

Empty lines and lines that begin with ``#`` are left out.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from musllinux_conformance import compare
from musllinux_conformance.outcomes import BROKEN, PASSED, XFAILED, XPASSED, Result
from musllinux_conformance.wording import visible


class InvalidXfails(ValueError):
    """The file cannot be read, or an entry is wrong."""


def read(path: Path, known: Collection[str]) -> dict[str, str]:
    """Return the reasons by entry.

    Raises:
        InvalidXfails: an entry has no reason, matches no vector, or stands twice.
    """
    found: dict[str, str] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InvalidXfails(f"--xfails: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        entry, _, reason = (part.strip() for part in line.partition("#"))
        where = f"{path}:{number}: {entry}"
        if not reason:
            raise InvalidXfails(f"{where} has no reason; write it after a #")
        if entry in found:
            raise InvalidXfails(f"{where} stands twice")
        if not any(_covers(entry, name) for name in known):
            raise InvalidXfails(f"{where} matches no vector; remove it")
        found[entry] = reason
    return found


def _covers(entry: str, name: str) -> bool:
    if entry.endswith("/*"):
        return name.startswith(entry[:-1])
    return name == entry


def _expected(entry: str, reason: str, result: Result) -> Result:
    """Return a result as it is where a failure was expected."""
    if result.outcome in BROKEN:
        return result._replace(outcome=XFAILED, detail=reason)
    if result.outcome == PASSED:
        detail = f"passes, but {entry} is expected to fail ({reason}): remove the entry"
        return result._replace(outcome=XPASSED, detail=detail)
    return result


def apply_one(xfails: Mapping[str, str], result: Result) -> Result:
    """Return one result, as far as it can be told without the others."""
    for entry, reason in xfails.items():
        exact = entry == result.vector.id
        if exact or (_covers(entry, result.vector.id) and result.outcome in BROKEN):
            return _expected(entry, reason, result)
    return result


def apply(
    xfails: Mapping[str, str], results: Mapping[str, Result]
) -> dict[str, Result]:
    """Return the results with ``xfailed`` and ``xpassed`` where they belong.

    An exact entry whose vector passes is ``xpassed``; under a pattern, that is so only
    if all judged vectors that it covers pass.
    """
    changed = {name: apply_one(xfails, result) for name, result in results.items()}
    for entry, reason in xfails.items():
        covered = [r for name, r in results.items() if _covers(entry, name)]
        if not any(result.outcome in BROKEN for result in covered):
            for result in covered:
                changed[result.vector.id] = _expected(entry, reason, result)
    return changed


def write(path: Path, results: Mapping[str, Result], reasons: Mapping[str, str]) -> int:
    """Write an entry for every vector that is broken; return how many there are.

    ``reasons`` are those that are known already; others say what was expected.

    Raises:
        OSError: the file cannot be written.
    """
    broken = [r for r in results.values() if r.outcome in BROKEN]
    lines = []
    for result in broken:
        seen = (
            f"expected {compare.words(result.vector.expect)}; answered {result.detail}"
        )
        reason = reasons.get(result.vector.id) or " ".join(visible(seen).split())
        lines.append(f"{result.vector.id}  # {reason}\n")
    path.write_text("".join(lines), "utf-8")
    return len(broken)
