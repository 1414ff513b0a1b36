"""Implementations that know nothing, and how far that takes them.

A suite that a constant answer passes proves little.  Each class here can be named as
``--impl=musllinux_conformance.baselines:AlwaysReject``.  ``python -m
musllinux_conformance.baselines`` asks them all and writes their scores to
``conformance/baselines.json``, to stand beside those of real tools.  None of them
passes every judged vector of a family, and none conforms in any class.
"""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from musllinux_conformance import Rejected, files, outcomes, report, vectors
from musllinux_conformance.outcomes import Result
from musllinux_conformance.runner import Run
from musllinux_conformance.serve import OPERATIONS
from musllinux_conformance.vectors import Json, Vector

FILE = files.VECTORS.parent / "baselines.json"
TIME_LIMIT = 5
"""Seconds for an answer: all but one of them answer at once."""


class DeclaresNothing:
    """Supports no operation."""

    name = "declares-nothing"
    operations = ()


class _Constant:
    """Gives one answer for each operation, whatever is asked."""

    answers: ClassVar[Mapping[str, Json]]

    def __getattr__(self, operation: str) -> Any:
        if operation not in self.answers:
            raise AttributeError(operation)
        return lambda **request: self.answers[operation]


class AlwaysAccept(_Constant):
    """Takes every input for a good one of musl 1.2 on x86_64, and the first file."""

    name = "always-accept"
    answers: ClassVar[Mapping[str, Json]] = {
        "parse_tag": {"major": 1, "minor": 2, "arch": "x86_64"},
        "read_elf": {"interpreter": "/lib/ld-musl-x86_64.so.1", "arch": "x86_64"},
        "parse_banner": [1, 2],
        "detect": {"musl": [1, 2], "arch": "x86_64"},
        "platform_tags": [f"musllinux_1_{minor}_x86_64" for minor in (2, 1, 0)],
        "audit": {"honest": True, "needs": None, "reasons": []},
        "accept_upload": True,
    }

    def select(self, files: list[dict[str, Any]], **host: Json) -> str:
        """Take the first file."""
        return str(files[0]["filename"])


class AlwaysReject(_Constant):
    """Refuses every input."""

    name = "always-reject"
    answers: ClassVar[Mapping[str, Json]] = {
        "detect": None,
        "platform_tags": [],
        "select": None,
        "audit": {"honest": False, "needs": None, "reasons": []},
        "accept_upload": False,
    }

    def parse_tag(self, tag: str) -> Json:
        """Refuse."""
        raise Rejected("always")

    def read_elf(self, elf: bytes) -> Json:
        """Refuse."""
        raise Rejected("always")

    def parse_banner(self, stderr: bytes) -> Json:
        """Refuse."""
        raise Rejected("always")


class Echo:
    """Gives back what it is told, in the form of an answer, and looks at nothing."""

    name = "echo"

    def parse_tag(self, tag: str) -> Json:
        """Give back the words of the tag."""
        _, major, minor, arch = [*tag.split("_", 3), "0", "0", ""][:4]
        return {"major": int(major), "minor": int(minor), "arch": arch}

    def read_elf(self, elf: bytes) -> Json:
        """Give back the last words of the file."""
        path = elf.rstrip(b"\0").rpartition(b"\0")[2]
        return {"interpreter": os.fsdecode(path), "arch": None}

    def parse_banner(self, stderr: bytes) -> Json:
        """Give back the first two numbers."""
        numbers = [int(n) for n in stderr.replace(b".", b" ").split() if n.isdigit()]
        return numbers[:2]

    def detect(self, executable: str, machine: str, pointer_bits: int) -> Json:
        """Give back the kernel's machine name."""
        return {"musl": [1, 2], "arch": machine}

    def platform_tags(self, musl: list[int], machine: str, pointer_bits: int) -> Json:
        """Give back the version and the machine."""
        return [f"musllinux_{musl[0]}_{musl[1]}_{machine}"]

    def select(self, files: list[dict[str, Any]], **host: Json) -> Json:
        """Give back the last file."""
        return files[-1]["filename"]

    def audit(self, wheel: str, tag: str, floor: list[int]) -> Json:
        """Give back the floor."""
        return {"honest": True, "needs": floor, "reasons": []}

    def accept_upload(self, filename: str) -> Json:
        """Say whether it is told of musl."""
        return "musllinux" in filename


class EmptyAnswer(_Constant):
    """Answers with the empty value of each type."""

    name = "empty-answer"
    answers: ClassVar[Mapping[str, Json]] = {
        "parse_tag": {},
        "read_elf": {"interpreter": None, "arch": None},
        "parse_banner": [],
        "detect": None,
        "platform_tags": [],
        "select": None,
        "audit": {"honest": False, "needs": None, "reasons": []},
        "accept_upload": False,
    }


class ReversedOrder:
    """Lists the right tags for 64-bit hosts in the wrong order, and chooses by it."""

    name = "reversed-order"

    def platform_tags(
        self, musl: list[int], machine: str, pointer_bits: int
    ) -> list[str]:
        """List them oldest first."""
        return [f"musllinux_{musl[0]}_{y}_{machine}" for y in range(musl[1] + 1)]

    def select(
        self,
        musl: list[int],
        machine: str,
        pointer_bits: int,
        files: list[dict[str, Any]],
    ) -> str | None:
        """Choose the oldest file that fits."""
        for tag in self.platform_tags(musl, machine, pointer_bits):
            for file in files:
                if tag in file["filename"] and not file["yanked"]:
                    return str(file["filename"])
        return None


class _Broken:
    """Says hello, and then nothing more."""

    operations = OPERATIONS


class Crash(_Broken):
    """Ends at the first question."""

    name = "crash"

    def __getattr__(self, operation: str) -> Any:
        if operation not in OPERATIONS:
            raise AttributeError(operation)
        return lambda **request: os._exit(3)


class Hang(_Broken):
    """Never answers a question."""

    name = "hang"

    def __getattr__(self, operation: str) -> Any:
        if operation not in OPERATIONS:
            raise AttributeError(operation)
        return lambda **request: time.sleep(3600)


BASELINES = (
    DeclaresNothing,
    AlwaysAccept,
    AlwaysReject,
    Echo,
    EmptyAnswer,
    ReversedOrder,
    Crash,
    Hang,
)


def _asked(baseline: type, suite: Mapping[str, Vector]) -> list[Vector]:
    """Return the vectors for a baseline: one of a family if no answer will come."""
    if issubclass(baseline, _Broken):
        judged = (v for v in suite.values() if _judged(v) and not v.waits)
        return list({vector.family: vector for vector in judged}.values())
    return list(suite.values())


def _judged(vector: Vector) -> bool:
    return vector.strength == "MUST"


def _families(asked: Iterable[Vector], results: Mapping[str, Result]) -> Json:
    """Return, by family, how many vectors were passed and how many were to judge."""
    found: dict[str, list[int]] = {}
    for vector in filter(_judged, asked):
        score = found.setdefault(vector.family, [0, 0])
        score[0] += results[vector.id].outcome == outcomes.PASSED
        score[1] += 1
    return {family: found[family] for family in sorted(found)}


def score(baseline: type) -> dict[str, Json]:
    """Ask a baseline and return its scores.

    ``families`` holds the numbers of vectors passed and asked, ``verdicts`` a verdict
    for each class.
    """
    suite = vectors.load()
    asked = _asked(baseline, suite)
    reference = f"musllinux_conformance.baselines:{baseline.__name__}"
    serve = [sys.executable, "-m", "musllinux_conformance.serve", reference]
    run = Run(serve, asked, TIME_LIMIT)
    try:
        results = run.results()
    finally:
        run.close()
    return {
        "name": run.implementation.name,
        "does": str(baseline.__doc__),
        "families": _families(asked, results),
        "verdicts": outcomes.verdicts(
            suite,
            run.implementation.operations,
            {name: result.outcome for name, result in results.items()},
        ),
    }


def scores() -> dict[str, Json]:
    """Return the scores of all baselines, as ``baselines.json`` holds them."""
    found = []
    for baseline in BASELINES:
        print(f"baseline {baseline.__name__}", file=sys.stderr)
        found.append(score(baseline))
    return {"format": 1, "vectors": vectors.content_hash(), "baselines": found}


if __name__ == "__main__":
    report.write(FILE, scores())
    print(f"wrote {FILE}")
