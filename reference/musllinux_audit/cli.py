"""The command line of the Auditor: ``python -m musllinux audit WHEEL...``."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from musllinux_audit.archive import UnreadableWheel
from musllinux_audit.musl import Release, parse_release, show_release
from musllinux_audit.promise import Report, Verdict, audit_wheel
from musllinux_audit.reasons import CODES, Reason

SHOWN = 8
"""Symbols of one file that are named before the rest is counted."""
EPILOG = (
    "Exit status: 0 all tags are honest, 1 some tag is not,"
    " 2 usage, or a wheel that cannot be read."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the ``audit`` command."""
    parser.add_argument("wheels", nargs="+", metavar="WHEEL")
    parser.add_argument(
        "--minimum",
        type=_release,
        metavar="X.Y.Z",
        help="oldest release that tags of X.Y are held to, default: X.Y.0",
    )


def run(options: argparse.Namespace) -> tuple[int, dict[str, object], str]:
    """Audit wheels; return exit status, answer for a program and for a person."""
    status = 0
    answers: list[dict[str, object]] = []
    blocks = []
    for wheel in _progress(options.wheels):
        name = Path(wheel).name
        try:
            report = audit_wheel(wheel, options.minimum)
        except UnreadableWheel as error:
            status = 2
            answers.append({"wheel": name, "error": str(error)})
            blocks.append(_printable(f"{name}: cannot be read: {error}"))
            continue
        if not all(verdict.honest for verdict in report.verdicts):
            status = max(status, 1)
        answers.append({"wheel": name, **_answer(report)})
        blocks.append("\n  ".join([_printable(name), *_lines(report)]))
    return status, {"wheels": answers}, "\n".join(blocks)


def _progress(wheels: Sequence[str]) -> Iterator[str]:
    """Yield the wheels, and count them on a terminal."""
    for number, wheel in enumerate(wheels, start=1):
        show = len(wheels) > 1 and sys.stderr.isatty()
        if show:
            text = f"[{number}/{len(wheels)}] {_printable(Path(wheel).name)}"
            print(f"\r\x1b[K{text[:79]}", end="", file=sys.stderr, flush=True)
        yield wheel
        if show:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _answer(report: Report) -> dict[str, object]:
    return {
        "tags": [
            {
                "tag": verdict.tag,
                "honest": verdict.honest,
                "needs": verdict.needs,
                "reasons": [_reason(reason) for reason in verdict.reasons],
            }
            for verdict in report.verdicts
        ],
        "lowest": dict(report.lowest),
    }


def _reason(reason: Reason) -> dict[str, object]:
    return {
        "code": reason.code,
        "severity": reason.severity,
        "file": reason.file,
        "subject": reason.subject,
        "since": reason.since,
    }


def _lines(report: Report) -> Iterator[str]:
    """Yield what a person reads of a wheel."""
    for verdict in report.verdicts:
        yield _printable(verdict.tag) + ": " + _headline(verdict)
        patch = [reason for reason in verdict.reasons if reason.severity == "patch"]
        yield from _explain(reason for reason in verdict.reasons if reason not in patch)
        if patch:
            yield "What no X_Y tag can say:"
            yield from _explain(patch)
    if not report.verdicts:
        yield "no musllinux tag to judge"
    for arch, lowest in report.lowest.items():
        yield f"lowest honest tag for {_printable(arch)}: {lowest or 'none'}"


def _headline(verdict: Verdict) -> str:
    words = "honest" if verdict.honest else "not honest"
    if verdict.needs is None:
        return words
    return f"{words}, needs upstream musl {show_release(verdict.needs)} or later"


def _explain(reasons: Iterable[Reason]) -> Iterator[str]:
    """Yield each code once, what it means, where it was found and what to do."""
    order = list(CODES)
    by_code = sorted(reasons, key=lambda reason: order.index(reason.code))
    for name, group in groupby(by_code, key=lambda reason: reason.code):
        yield f"  {name}: {CODES[name].meaning}"
        for where, found in groupby(group, key=lambda r: (r.file, r.since)):
            yield from _place(where, [r.subject for r in found if r.subject])
        yield f"    To do: {CODES[name].remedy}"


def _place(where: tuple[str | None, Release | None], subjects: list[str]) -> list[str]:
    file, since = where
    if file is None:
        return []
    names = ", ".join(map(_printable, subjects[:SHOWN]))
    if len(subjects) > SHOWN:
        names += f" and {len(subjects) - SHOWN} more"
    line = f"    {_printable(file)}" + (f": {names}" if names else "")
    return [line + (f" (musl {show_release(since)})" if since else "")]


def _printable(text: str) -> str:
    """Return text from a wheel such that a terminal does no more than show it."""
    shown = (c if c.isprintable() else ascii(c)[1:-1] for c in text[:300])
    return "".join(shown) + ("..." if len(text) > 300 else "")


def _release(text: str) -> Release:
    try:
        return parse_release(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
