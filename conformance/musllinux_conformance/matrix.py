"""Ask every tool of the matrix: ``python -m musllinux_conformance.matrix [NAME ...]``.

Each NAME is a tool, for all of its versions, or NAME@VERSION; all, if there is none.
The reports are written below ``conformance/reports``.  What was asked before with the
same tool, vectors and adapter is not asked again.  ``--check`` asks the newest version
of each tool alone, writes nothing, and fails if a report there says something else.
"""

import argparse
import hashlib
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import musllinux
import musllinux_audit
from musllinux_conformance import (
    __version__,
    cache,
    environments,
    implementations,
    report,
    vectors,
)
from musllinux_conformance.outcomes import verdicts
from musllinux_conformance.plugin import TIME_LIMIT
from musllinux_conformance.program import Fault
from musllinux_conformance.reports import REPORTS
from musllinux_conformance.runner import Run
from musllinux_conformance.vectors import Json

REFERENCE = "reference"
"""The implementation that needs no environment: it is the one that is installed."""
AT_ONCE = 2
"""Tools that are asked at once; each of them may use more than one processor."""
SHOWN = 20
"""Differences that are shown for one report."""


class Entry(NamedTuple):
    """One version of one implementation."""

    name: str
    version: str

    @property
    def spec(self) -> str:
        """What ``--impl`` calls it."""
        return self.name if self.name == REFERENCE else f"{self.name}@{self.version}"

    @property
    def path(self) -> Path:
        """Where its report stands."""
        return REPORTS / self.name / f"{self.version}.json"


def entries(names: Sequence[str], newest_only: bool = False) -> list[Entry]:
    """Return the entries that some names stand for; all of them if there is no name.

    Raises:
        ValueError: a name stands for none.
    """
    listed = {REFERENCE: [__version__], **environments.listed()}
    found: list[Entry] = []
    for name in names or listed:
        tool, _, version = name.partition("@")
        versions = listed.get(tool, [])
        if version:
            versions = [each for each in versions if each == version]
        if not versions:
            known = ", ".join(listed)
            raise ValueError(f"{name} is not in the matrix, which has {known}")
        found += [Entry(tool, each) for each in versions[: 1 if newest_only else None]]
    return list(dict.fromkeys(found))


def stamp(entry: Entry) -> str:
    """Return a hash of all that a report depends on.

    That is the version of the tool and of whatever is installed with it, the vectors
    and the requirements, and the code that asks.
    """
    parts = [sys.version, *entry, json.dumps(vectors.merged(), sort_keys=True)]
    parts += installed(entry)
    for path in sorted(code(entry)):
        parts += [path.name, path.read_text("utf-8")]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def installed(entry: Entry) -> list[str]:
    """Return what a tool was installed with: whatever the registry gave that day."""
    if entry.name == REFERENCE:
        return []
    return environments.ensure(entry.name, entry.version).installed()


def code(entry: Entry) -> Iterator[Path]:
    """Yield the files of the code that asks a tool, no other tool's adapter."""
    others = {each.replace("-", "_") for each in (REFERENCE, *environments.listed())}
    others -= {entry.name.replace("-", "_")}
    for path in _folder(__file__).rglob("*.py"):
        adapter = path.parent.name == "adapters"
        if not (adapter and path.stem.removesuffix("_driver") in others):
            yield path
    for package in (musllinux, musllinux_audit):
        folder = _folder(str(package.__file__))
        yield from folder.rglob("*.py")
        yield from folder.rglob("*.json")


def _folder(file: str) -> Path:
    return Path(file).resolve().parent


def ask(entry: Entry, progress: Callable[[int], None]) -> dict[str, Json]:
    """Return the report of an implementation, asked now.

    ``progress`` is told how many vectors are judged.

    Raises:
        Fault: it does not start.
        NotInstalled: it cannot be installed.
    """
    suite = vectors.load()
    start = implementations.resolve(entry.spec)
    start.prepare()
    run = Run(start.command, suite.values(), TIME_LIMIT)
    try:
        results = {}
        for vector in suite.values():
            results[vector.id] = run.result(vector)
            progress(len(results))
    finally:
        run.close()
    outcomes = {name: result.outcome for name, result in results.items()}
    found = verdicts(suite, run.implementation.operations, outcomes)
    return report.build(entry.spec, run.implementation, found, results)


def current(
    entry: Entry, progress: Callable[[int], None], anew: bool = False
) -> dict[str, Json]:
    """Return the report of an implementation, as it is or as it would be if asked now.

    ``anew`` asks now, whatever is kept.

    Raises:
        Fault: it does not start.
        NotInstalled: it cannot be installed.
    """
    kept = cache.folder() / "reports" / entry.name / f"{entry.version}.json"
    wanted = stamp(entry)
    try:
        known = json.loads(kept.read_text("utf-8"))
        if known["stamp"] == wanted and not anew:
            found: dict[str, Json] = known["report"]
            return found
    except (OSError, ValueError, KeyError, TypeError):
        pass
    found = ask(entry, progress) | {"installed": installed(entry)}
    report.write(kept, {"stamp": wanted, "report": found})
    return found


def differences(old: dict[str, Json], new: dict[str, Json]) -> list[str]:
    """Say in a line each how a report differs from another.

    What was installed with the tool may differ; it matters where an answer does.
    """
    lines = [
        f"{key}: {old.get(key)} became {new[key]}"
        for key in ("suite", "implementation", "verdicts")
        if old.get(key) != new[key]
    ]
    before = {result["id"]: result for result in old.get("results", [])}
    after = {result["id"]: result for result in new["results"]}
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            lines.append(f"{name}: {_told(before, name)} became {_told(after, name)}")
    return lines


def _told(results: dict[str, Json], name: str) -> str:
    if name not in results:
        return "nothing"
    result = results[name]
    return f"{result['outcome']} ({result['detail'] or result.get('answer')})"


def check(entry: Entry, found: dict[str, Json]) -> str:
    """Say how the report that stands differs from the one found, if it does."""
    try:
        lines = differences(json.loads(entry.path.read_text("utf-8")), found)
    except (OSError, ValueError) as error:
        lines = [f"no report can be read: {error}"]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"... and {len(lines) - SHOWN} more"]
    if lines:
        lines += [f"if that is right, 'make report IMPL={entry.name}' writes it anew"]
    return "".join(f"\n  {line}" for line in lines)


class Display:
    """Lines on standard error, and on a terminal one more that tells what goes on."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._ended = 0
        self._running: dict[Entry, int] = {}
        self._lock = threading.Lock()
        self._live = sys.stderr.isatty()

    def progress(self, entry: Entry, judged: int) -> None:
        """Note how many vectors are judged."""
        with self._lock:
            known = self._running.get(entry)
            self._running[entry] = judged
            if known is None:
                self._line(f"{entry.spec} ...")
            elif self._live and judged % 10 == 0:
                self._show()

    def end(self, entry: Entry, told: str) -> None:
        """Say what came of an entry."""
        with self._lock:
            self._running.pop(entry, None)
            self._ended += 1
            self._line(f"[{self._ended}/{self._total}] {entry.spec}: {told}")

    def _line(self, text: str) -> None:
        print("\r\x1b[K" * self._live + text, file=sys.stderr, flush=True)

    def _show(self) -> None:
        number = len(vectors.load())
        told = [f"{entry.spec} {n}/{number}" for entry, n in self._running.items()]
        print("\r\x1b[K" + ", ".join(told), end="", file=sys.stderr, flush=True)


def summary(found: dict[str, Json]) -> str:
    """Say in a line what a report says."""
    counts = Counter(result["outcome"] for result in found["results"])
    return ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())


def main(arguments: list[str]) -> int:
    """Write or check reports; return 1 if one could not be made, or differs."""
    parser = argparse.ArgumentParser(
        prog="python -m musllinux_conformance.matrix",
        description="Ask the tools of the matrix, and write or check their reports.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME[@VERSION]")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    try:
        chosen = entries(options.names, newest_only=options.check)
    except ValueError as error:
        parser.error(str(error))
    display = Display(len(chosen))

    def one(entry: Entry) -> bool:
        try:
            progress = partial(display.progress, entry)
            found = current(entry, progress)
            differs = check(entry, found) if options.check else ""
            if differs:
                # A busy machine can make a tool late; a real difference shows twice.
                found = current(entry, progress, anew=True)
                differs = check(entry, found)
            if not options.check:
                report.write(entry.path, found)
        except (Fault, OSError, ValueError) as error:
            display.end(entry, f"no report: {error}")
            return False
        display.end(entry, f"differs{differs}" if differs else summary(found))
        return not differs

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return 0 if all(list(pool.map(one, chosen))) else 1


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    raise SystemExit(main(sys.argv[1:]))
