"""The reports that a checkout keeps, below ``conformance/reports``."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import InvalidVersion, Version

from musllinux_conformance import files, vectors

REPORTS = files.VECTORS.parent / "reports"


class InvalidReport(ValueError):
    """A report breaks the schema, or stands under another name than its own."""


class Entry(NamedTuple):
    """What became of one vector; without a ``value``, ``answer`` means nothing."""

    outcome: str
    value: bool
    answer: Any
    detail: str
    reproduce: str


class Report(NamedTuple):
    """The report of one implementation in one version."""

    name: str
    version: str
    language: str
    lineage: tuple[str, ...]
    suite: dict[str, Any]
    verdicts: dict[str, str]
    results: dict[str, Entry]

    @property
    def label(self) -> str:
        """The name and the version."""
        return f"{self.name} {self.version}"

    @property
    def codebase(self) -> frozenset[str]:
        """The names of those whose code answers."""
        return frozenset({self.name, *self.lineage})

    @property
    def current(self) -> bool:
        """Whether it was made with the vectors as they stand."""
        return bool(self.suite["sha256"] == vectors.content_hash())

    def outcome(self, vector_id: str) -> str | None:
        """Return the outcome of a vector, None if the report does not hold it."""
        entry = self.results.get(vector_id)
        return entry.outcome if entry else None


def read(path: Path) -> Report:
    """Return one report.

    Raises:
        InvalidReport: the file breaks the schema, or is not named after what is in it.
    """
    content = vectors.read_json(path, "report.json", InvalidReport)
    about = content["implementation"]
    if (path.parent.name, path.stem) != (about["name"], about["version"]):
        raise InvalidReport(f"{path}: the report of {about['name']} {about['version']}")
    return Report(
        **{**about, "lineage": tuple(about["lineage"])},
        suite=content["suite"],
        verdicts=content["verdicts"],
        results={
            entry["id"]: Entry(
                entry["outcome"],
                "answer" in entry,
                entry.get("answer"),
                entry["detail"],
                entry["reproduce"],
            )
            for entry in content["results"]
        },
    )


def _release(version: str) -> tuple[int, Version | str]:
    try:
        return 1, Version(version)
    except InvalidVersion:
        return 0, version


@lru_cache(maxsize=1)
def load() -> tuple[Report, ...]:
    """Return all reports, by name, and of one name the newest first."""
    found = sorted(
        (read(path) for path in REPORTS.glob("*/*.json")),
        key=lambda report: _release(report.version),
        reverse=True,
    )
    return tuple(sorted(found, key=lambda report: report.name.lower()))


def newest(reports: Iterable[Report]) -> list[Report]:
    """Return the first report of each name."""
    found: dict[str, Report] = {}
    for report in reports:
        found.setdefault(report.name, report)
    return list(found.values())
