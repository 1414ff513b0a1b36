"""Run the mutants: ``python -m mutants``, or ``python -m mutants --check``."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

from musllinux_conformance import requirements, traceability, vectors
from mutants import ask
from mutants.catalogue import FOLDER, REFERENCE, Mutant, equivalents, named

KILLS = FOLDER / "kills.json"


def inputs() -> str:
    """Return a hash of all on which the matrix depends."""
    files = ("catalogue.json", "equivalents.json", "generate.py", "ask.py")
    return ask.digest(ask.suite(), *[(FOLDER / f).read_text("utf-8") for f in files])


def run_all(
    mutants: Sequence[Mutant], killed_by: Callable[[Mutant], list[str]]
) -> dict[str, list[str]]:
    """Return which vectors kill which mutant, showing progress on standard error."""
    kills: dict[str, list[str]] = {}
    unchanged = (REFERENCE / ask.RUNS_LOADER).read_text("utf-8")
    reference = Mutant("reference", None, ask.RUNS_LOADER, unchanged)
    wrongly = ask.killed_by(reference, ask.suite())
    if wrongly:
        raise SystemExit(f"the reference itself does not pass {wrongly[0]}")

    def one(mutant: Mutant) -> None:
        kills[mutant.id] = killed_by(mutant)
        survive = sum(not ids for ids in kills.values())
        told = f"\rmutants: {len(kills)} of {len(mutants)}, {survive} survive"
        print(told, end="", file=sys.stderr, flush=True)

    waiting = [mutant for mutant in mutants if mutant.module == ask.RUNS_LOADER]
    others = [mutant for mutant in mutants if mutant.module != ask.RUNS_LOADER]
    # Those that wait are idle most of the time, so more of them run side by side.
    for at_once, some in ((2, others), (6, waiting)):
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(one, some))
    print(file=sys.stderr)
    return {mutant.id: kills[mutant.id] for mutant in mutants}


def problems(
    mutants: Iterable[Mutant], kills: dict[str, list[str]], excused: dict[str, str]
) -> list[str]:
    """Say of each mutant what is amiss: no vector kills it, or none of its rule."""
    found = []
    tested = traceability.tested_by(vectors.load())
    for mutant in mutants:
        by = kills[mutant.id]
        if not by and mutant.id not in excused:
            found.append(f"no vector kills {mutant.id}")
        if by and mutant.id in excused:
            found.append(f"listed as equivalent, yet {by[0]} kills {mutant.id}")
        if by and mutant.requirement and not {*by} & {*tested[mutant.requirement]}:
            found.append(f"{mutant.id}: no vector of this requirement kills it")
    return found


def without_mutant(mutants: Iterable[Mutant]) -> list[str]:
    """Return the requirements of Detector and Installer that no named mutant breaks."""
    broken = {mutant.requirement for mutant in mutants}
    untestable = traceability.load()["untestable"]
    return [
        name
        for name, requirement in requirements.load().items()
        if requirement.group in ("Detector", "Installer")
        and requirement.strength != "MAY"
        and name not in broken
        and name not in untestable
    ]


def _matrix(mutants: Sequence[Mutant], kills: dict[str, list[str]]) -> str:
    """Return the text of ``kills.json``: a mutant a line, vectors by their place."""
    from mutants.generate import TOOLS

    ids = [vector.id for vector in ask.suite()]
    place = {name: number for number, name in enumerate(ids)}
    excused = equivalents()
    rows = []
    for mutant in mutants:
        row: dict[str, Any] = {"id": mutant.id, "module": mutant.module}
        if mutant.requirement:
            row["requirement"] = mutant.requirement
        if mutant.id in excused:
            row["equivalent"] = excused[mutant.id]
        row["killed_by"] = sorted(place[name] for name in kills[mutant.id])
        rows.append(json.dumps(row, separators=(",", ":")))
    head = {
        "format": 1,
        "inputs": inputs(),
        "tools": {tool: version(tool) for tool in TOOLS},
        "vectors": ids,
    }
    body = ",\n".join(rows)
    return f'{json.dumps(head)[:-1]},\n"mutants":[\n{body}\n]}}\n'


def check() -> list[str]:
    """Return what is amiss: the matrix is stale, or a named mutant survives."""
    found = []
    if json.loads(KILLS.read_text("utf-8"))["inputs"] != inputs():
        found.append(
            "kills.json is of another reference or other vectors: make mutants"
        )
    mutants = named()
    kills = run_all(mutants, lambda m: ask.killed_by(m, ask.concern(m.module)))
    found += [f"{name}: has no named mutant" for name in without_mutant(mutants)]
    return found + problems(mutants, kills, equivalents())


def run() -> list[str]:
    """Run all mutants, write ``kills.json``, and return what is amiss."""
    from mutants.generate import generated

    mutants = [*named(), *generated()]
    kills = run_all(mutants, ask.cached)
    KILLS.write_text(_matrix(mutants, kills), "utf-8")
    unknown = equivalents().keys() - kills.keys()
    return [
        *(f"{name}: has no named mutant" for name in without_mutant(mutants)),
        *(f"equivalents.json names what is no mutant: {name}" for name in unknown),
        *problems(mutants, kills, equivalents()),
    ]


def main(arguments: list[str]) -> int:
    """Return 0 if every mutant is killed or excused, 1 if not, 2 on wrong usage."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m mutants [--check]", file=sys.stderr)
        return 2
    found = check() if arguments else run()
    print("\n".join(found) or "every mutant is killed by a vector, or equivalent")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
