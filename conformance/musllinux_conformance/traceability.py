"""Which requirement is tested by which vector, and whether anybody looked.

``conformance/traceability.json`` holds, for each requirement, a hash of the text that
its vectors were reviewed against; the requirements that no vector can test; and those
whose vectors show one side alone.  The last two have a reason each.
``python -m musllinux_conformance.traceability`` prints what is amiss; with
``--reviewed`` it notes that the vectors were looked at again.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from musllinux_conformance import files, requirements, vectors
from musllinux_conformance.requirements import Requirement
from musllinux_conformance.vectors import Json, Vector

FILE = files.VECTORS.parent / "traceability.json"
TWO_SIDED = {"grammar", "banner", "elf", "detect", "arch", "order", "select", "upload"}
"""The families in which the vectors of a rule expect an answer here, and none there."""


def tested_by(suite: Mapping[str, Vector]) -> dict[str, list[str]]:
    """Return the ids of vectors by the requirement that they name."""
    found: dict[str, list[str]] = {}
    for vector in suite.values():
        for name in vector.requirements:
            found.setdefault(name, []).append(vector.id)
    return found


def text_hash(requirement: Requirement) -> str:
    """Return a short hash of all that a vector's author relied on."""
    words = f"{requirement.group}\n{requirement.text}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def side(expect: Mapping[str, Json]) -> bool | None:
    """Say whether a vector expects an answer (True), none (False), or leaves it open.

    No answer is a refusal, null, false, an empty list, or a part that is null.
    """
    ((kind, wanted),) = expect.items()
    if kind in ("rejected", "absent"):
        return False
    if kind == "unspecified":
        return None
    found = {
        bool(value) and not (isinstance(value, dict) and None in value.values())
        for value in (wanted if kind == "one_of" else [wanted])
    }
    return found.pop() if len(found) == 1 else None


def one_sided(
    known: Mapping[str, Requirement], suite: Mapping[str, Vector]
) -> set[str]:
    """Return the requirements of which vectors show one side alone, but for MAY."""
    sides: dict[str, set[bool | None]] = {}
    for vector in suite.values():
        if vector.family in TWO_SIDED:
            for name in vector.requirements:
                sides.setdefault(name, set()).add(side(vector.expect))
    return {
        name
        for name, requirement in known.items()
        if requirement.strength != "MAY"
        and name in sides
        and not sides[name] >= {True, False}
    }


def load(path: Path = FILE) -> dict[str, dict[str, str]]:
    """Return ``reviewed`` (hashes), ``untestable`` and ``one_sided`` (reasons)."""
    content: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    return content


def problems(
    known: Mapping[str, Requirement],
    suite: Mapping[str, Vector],
    kept: Mapping[str, Mapping[str, str]],
) -> Iterator[str]:
    """Yield what is amiss, in both directions, a line each."""
    tested = tested_by(suite)
    untestable, reviewed = kept["untestable"], kept["reviewed"]
    for name in known:
        if name not in tested and name not in untestable:
            yield f"{name}: no vector tests it; write one, or say why none can"
        if name in tested and name in untestable:
            yield f"{name}: tested by {tested[name][0]}, yet listed as untestable"
        if name in tested and reviewed.get(name) != text_hash(known[name]):
            yield f"{name}: the text changed since its vectors were reviewed"
    for name in {*tested, *untestable, *reviewed} - known.keys():
        yield f"{name}: named, but the text has no such requirement"
    found, listed = one_sided(known, suite), kept["one_sided"].keys()
    for name in sorted(found - listed):
        yield f"{name}: vectors show one side; add the other, or say why there is none"
    for name in sorted(listed - found):
        yield f"{name}: listed as one-sided, which it is not"
    for vector in suite.values():
        strengths = {known[n].strength for n in vector.requirements if n in known}
        if len(strengths) > 1:
            yield f"{vector.id}: requirements of two strengths"
        if strengths == {"MAY"} and "unspecified" not in vector.expect:
            yield f"{vector.id}: judges what the text only allows"
        for need in vector.needs:
            if need not in suite:
                yield f"{vector.id}: needs {need}, which does not exist"


def main(arguments: list[str]) -> int:
    """Print what is amiss, after noting a review if asked to; return the status."""
    try:
        known, suite, kept = requirements.load(), vectors.load(), load()
    except (requirements.InvalidText, vectors.InvalidVector) as error:
        print(error)
        return 1
    if arguments == ["--reviewed"]:
        tested = tested_by(suite)
        reviewed = {n: text_hash(r) for n, r in known.items() if n in tested}
        content: Json = {**kept, "reviewed": dict(sorted(reviewed.items()))}
        FILE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        kept = load()
    found = list(problems(known, suite, kept))
    in_step = f"{len(known)} requirements, {len(suite)} vectors: in step"
    print("\n".join(found) or in_step)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
