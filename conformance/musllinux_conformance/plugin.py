"""The pytest hooks of the suite, one item for each vector."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from musllinux_conformance import (
    compare,
    files,
    implementations,
    report,
    requirements,
    vectors,
    wording,
    xfails,
)
from musllinux_conformance.outcomes import (
    ADVISORY,
    JUDGED,
    OUTCOMES,
    RED,
    UNAVAILABLE,
    UNSUPPORTED,
    Result,
    verdicts,
)
from musllinux_conformance.program import Fault
from musllinux_conformance.runner import Run

TIME_LIMIT = 15.0
"""Seconds of silence after which a program under test is given up."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--impl`` and its companions."""
    group = parser.getgroup("musllinux conformance")
    group.addoption(
        "--impl",
        metavar="NAME|MODULE:ATTRIBUTE|exec:COMMAND",
        help="the implementation under test",
    )
    group.addoption("--vector", metavar="ID", help="ask exactly this vector")
    group.addoption("--report", metavar="FILE", type=Path, help="write a JSON report")
    group.addoption(
        "--xfails", metavar="FILE", type=Path, help="expected failures, with reasons"
    )
    group.addoption(
        "--write-xfails", metavar="FILE", type=Path, help="write such a file"
    )
    group.addoption(
        "--require",
        metavar="CLASS",
        action="append",
        default=[],
        choices=vectors.CLASSES,
        help="fail unless the verdict of this class is 'conforms'",
    )
    group.addoption(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        default=TIME_LIMIT,
        help=f"silence after which a program is given up (default: {TIME_LIMIT:g})",
    )


class Conformance:
    """The state of one session: the run, and what has come of it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.spec: str = config.getoption("--impl")
        self.suite = vectors.load()
        self.expected: dict[str, str] = {}
        self.run: Run | None = None
        self.results: dict[str, Result] = {}
        self.verdicts: dict[str, str] = {}
        self.complaints: list[str] = []

    def begin(self, chosen: list[vectors.Vector]) -> None:
        """Prepare and start the implementation.

        Raises:
            pytest.UsageError: it is unknown or does not start.
        """
        try:
            if path := self.config.getoption("--xfails"):
                self.expected = xfails.read(path, self.suite)
            start = implementations.resolve(self.spec)
            start.prepare()
            limit = self.config.getoption("--time-limit")
            self.run = Run(start.command, chosen, limit)
        except Fault as fault:
            raise pytest.UsageError(f"--impl={self.spec}: {fault}") from fault
        except (ValueError, OSError) as error:
            raise pytest.UsageError(str(error)) from error

    def result(self, vector: vectors.Vector) -> Result:
        """Wait for a vector's result, as pytest shows it while the run goes on."""
        assert self.run is not None
        result = self.run.result(vector)
        self.results[vector.id] = result
        return xfails.apply_one(self.expected, result)

    def finish(self) -> bool:
        """Give the verdicts, write the files; say whether the run is green.

        Raises:
            pytest.UsageError: a file cannot be written.
        """
        assert self.run is not None
        implementation = self.run.implementation
        self.run.close()
        raw, self.results = self.results, xfails.apply(self.expected, self.results)
        outcomes = {name: result.outcome for name, result in self.results.items()}
        self.verdicts = verdicts(self.suite, implementation.operations, outcomes)
        try:
            if path := self.config.getoption("--write-xfails"):
                xfails.write(path, raw, self.expected)
            if path := self.config.getoption("--report"):
                content = report.build(
                    self.spec, implementation, self.verdicts, self.results
                )
                report.write(path, content)
        except OSError as error:
            raise pytest.UsageError(str(error)) from error
        seen = set(outcomes.values())
        if not seen & set(JUDGED):
            self.complaints.append("nothing was judged")
        for group in self.config.getoption("--require"):
            if self.verdicts[group] != "conforms":
                verdict = self.verdicts[group]
                self.complaints.append(f"--require {group}: the verdict is {verdict}")
        return not self.complaints and not seen & set(RED)


_STATE = pytest.StashKey[Conformance]()


def pytest_configure(config: pytest.Config) -> None:
    """Read the vectors and silence what the summary says better."""
    if config.getoption("--impl", default=None) is None:
        return
    try:
        config.stash[_STATE] = Conformance(config)
    except (vectors.InvalidVector, requirements.InvalidText, OSError) as error:
        raise pytest.UsageError(f"the suite itself is broken: {error}") from error
    config.option.tbstyle = "no"
    config.option.reportchars = ""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Insist on an implementation.

    Raises:
        pytest.UsageError: none is named.
    """
    if _STATE not in session.config.stash:
        raise pytest.UsageError(
            "say which implementation: --impl=NAME, such as --impl=packaging, "
            "--impl=module:attribute or --impl=exec:COMMAND"
        )


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    """Take every file of vectors for a file of tests."""
    asked = _STATE in parent.config.stash
    if asked and file_path.suffix == ".json" and files.VECTORS in file_path.parents:
        return VectorFile.from_parent(parent, path=file_path)
    return None


class VectorFile(pytest.File):
    """One file of vectors."""

    def collect(self) -> Iterator["VectorItem"]:
        """Yield an item for each vector."""
        suite = self.config.stash[_STATE].suite
        for entry in vectors.load_file(self.path):
            yield VectorItem.from_parent(self, name=entry.id, vector=suite[entry.id])


class VectorItem(pytest.Item):
    """One vector."""

    def __init__(self, *, vector: vectors.Vector, **rest: Any) -> None:
        super().__init__(**rest)
        self.vector = vector

    def runtest(self) -> None:
        """Wait for the result and note it for the reports."""
        result = self.config.stash[_STATE].result(self.vector)
        self.user_properties.append(("outcome", result.outcome))
        if result.outcome in (UNSUPPORTED, UNAVAILABLE):
            pytest.skip(result.detail)
        if result.outcome in RED:
            pytest.fail(result.detail, pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Name the item as people do."""
        return self.path, None, self.vector.id


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep the vector that ``--vector`` names, and ask those that wait last.

    Raises:
        pytest.UsageError: there is no such vector.
    """
    if _STATE not in config.stash:
        return
    wanted = config.getoption("--vector")
    if wanted is not None:
        kept = [item for item in items if item.name == wanted]
        if not kept:
            raise pytest.UsageError(
                f"--vector {wanted}: no vector has this id; -k matches loosely"
            )
        config.hook.pytest_deselected(items=[i for i in items if i not in kept])
        items[:] = kept
    items.sort(key=lambda item: isinstance(item, VectorItem) and item.vector.waits)


def pytest_runtestloop(session: pytest.Session) -> None:
    """Start the implementation when it is known what it will be asked."""
    state = session.config.stash.get(_STATE, None)
    if state is not None and not session.config.option.collectonly and session.items:
        state.begin([i.vector for i in session.items if isinstance(i, VectorItem)])


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    """Show the outcome of a vector under its own name."""
    if not isinstance(report, pytest.TestReport) or report.when != "call":
        return None
    outcome = dict(report.user_properties).get("outcome")
    if outcome is None:
        return None
    assert isinstance(outcome, str)
    letters = dict(zip(OUTCOMES, ".FBEAsurxX", strict=True))
    skipped = outcome in (UNSUPPORTED, UNAVAILABLE)
    category = "skipped" if skipped else outcome
    return category, letters[outcome], outcome.upper()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Give the verdicts and set the exit status by them."""
    state = session.config.stash.get(_STATE, None)
    if state is None or state.run is None:
        return
    green = state.finish()
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        session.exitstatus = (
            pytest.ExitCode.OK if green else pytest.ExitCode.TESTS_FAILED
        )


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the verdict of each class, then each failure as one block."""
    state = config.stash.get(_STATE, None)
    if state is None or not state.verdicts:
        return
    assert state.run is not None
    implementation = state.run.implementation
    write = terminalreporter.write_line
    terminalreporter.section(f"{implementation.name} {implementation.version}", "=")
    colours = {"conforms": "green", "fails": "red"}
    for group, verdict in state.verdicts.items():
        colour = colours.get(verdict, "yellow")
        counts = "" if verdict == "not claimed" else _counts(state, group)
        write(f"{group:<10} {verdict}{counts}", **{colour: True})
    for complaint in state.complaints:
        write(complaint, red=True)
    missing = [r.detail for r in state.results.values() if r.outcome == UNAVAILABLE]
    for reason in sorted(set(missing)):
        write(f"{missing.count(reason)} unavailable here: {reason}", yellow=True)
    for result in state.results.values():
        if result.outcome in (*RED, ADVISORY):
            write("")
            for line in block(state.spec, result):
                write(line)
    write("")


def _counts(state: Conformance, group: str) -> str:
    """Say how many vectors of a class came out how."""
    its = [
        result.outcome
        for result in state.results.values()
        if vectors.CLASS_OF.get(result.vector.request["op"]) == group
    ]
    counts = [f"{its.count(each)} {each}" for each in OUTCOMES if each in its]
    return f"  ({', '.join(counts)})" if counts else ""


def block(spec: str, result: Result) -> list[str]:
    """Return the lines that tell a reader of one failure all that is needed."""
    vector = result.vector
    known = requirements.load()
    mark = "" if result.outcome == "failed" else f" [{result.outcome}]"
    lines = [f"{vector.id}: {vector.title}{mark}"]
    for name in vector.requirements:
        lines += textwrap.wrap(
            f"{name}: {known[name].text}",
            80,
            initial_indent="  ",
            subsequent_indent="  ",
        )
    asked = [vector.request["op"]]
    for label, its in wording.rows(vector.request):
        asked.append(f"{label} {' / '.join(line.strip() for line in its)}")
    told = [
        ("asked", ", ".join(asked)),
        ("expected", compare.words(vector.expect)),
        ("answered", result.detail),
    ]
    for label, words in told:
        shown = wording.visible(words)
        lines += textwrap.wrap(
            shown if len(shown) < 1000 else shown[:1000] + " ...",
            80,
            initial_indent=f"  {label:<9} ",
            subsequent_indent=" " * 12,
            break_on_hyphens=False,
        )
    return [*lines, f"  again     {report.command(spec, vector.id)}"]
