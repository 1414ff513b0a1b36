"""The command line of the Auditor: ``python -m musllinux audit WHEEL...``."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from musllinux_audit.archive import UnreadableWheel
from musllinux_audit.musl import Release, first_alpine, parse_release, show_release
from musllinux_audit.policy import InvalidPolicy, Policy, read_policy
from musllinux_audit.promise import Lowest, Report, Verdict, audit_wheel
from musllinux_audit.reasons import CODES, Reason

SHOWN = 8
"""Symbols of a line, and lines of a code, that are shown before the rest is counted."""
EPILOG = (
    "Exit status: 0 all tags are honest, and taken by the policy, 1 some tag is not,"
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
    parser.add_argument(
        "--policy",
        type=_policy,
        default=Policy(),
        metavar="FILE",
        help="what an index takes: architectures, releases, floors, backports; JSON",
    )


def run(options: argparse.Namespace) -> tuple[int, dict[str, object], str]:
    """Audit wheels; return exit status, answer for a program and for a person."""
    status = 0
    answers: list[dict[str, object]] = []
    blocks = []
    for wheel in _progress(options.wheels):
        name = Path(wheel).name
        try:
            report = audit_wheel(wheel, options.minimum, options.policy)
        except UnreadableWheel as error:
            status = 2
            answers.append({"wheel": name, "error": str(error)})
            blocks.append(_printable(f"{name}: cannot be read: {error}"))
            continue
        if not all(verdict.taken for verdict in report.verdicts):
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
    """Return what the schema ``audit.json`` describes."""
    return {
        "tags": [
            {
                "tag": verdict.tag,
                "honest": verdict.honest,
                "judged": verdict.judged,
                "taken": verdict.taken,
                "needs": verdict.needs,
                "unmet": list(verdict.unmet),
                "reasons": [_reason(reason) for reason in verdict.reasons],
            }
            for verdict in report.verdicts
        ],
        "lowest": {
            arch: lowest and {"tag": lowest.tag, "since": lowest.since}
            for arch, lowest in report.lowest.items()
        },
    }


def _reason(reason: Reason) -> dict[str, object]:
    answer: dict[str, object] = {
        "code": reason.code,
        "severity": reason.severity,
        "file": reason.file,
        "subject": reason.subject,
        "follows": reason.follows,
    }
    if reason.since or reason.lacking:
        answer["since"] = reason.since
    if reason.lacking:
        answer["lacking"] = reason.lacking
    return answer


def _lines(report: Report) -> Iterator[str]:
    """Yield what a person reads of a wheel."""
    for verdict in report.verdicts:
        yield _printable(verdict.tag) + ": " + _headline(verdict)
        patch = [reason for reason in verdict.reasons if reason.severity == "patch"]
        yield from _explain(reason for reason in verdict.reasons if reason not in patch)
        if patch:
            series = ".".join(verdict.tag.split("_")[1:3])
            words = "True, but not" if verdict.honest else "Besides, this does not hold"
            yield f"{words} on every musl {series}:"
            yield from _explain(patch)
    if not report.verdicts:
        yield "no musllinux tag to judge"
    for arch, lowest in report.lowest.items():
        yield f"lowest tag not found false for {_printable(arch)}: {_lowest(lowest)}"


def _headline(verdict: Verdict) -> str:
    codes = {reason.code for reason in verdict.reasons}
    if not verdict.honest:
        words = "not honest"
    elif not verdict.judged:
        words = "not judged"
    elif "release-unmeasured" in codes:
        words = "not found false, but judged only in part"
    else:
        words = "honest"
    if verdict.needs is not None:
        rest = "the rest " if verdict.unmet else ""
        words += f"; {rest}needs {_from(verdict.needs)} or later"
    if verdict.honest and not verdict.taken:
        words += "; the policy does not take it"
    return words


def _lowest(lowest: Lowest | None) -> str:
    if lowest is None:
        return "none"
    words = _printable(lowest.tag)
    if lowest.since is not None:
        words += f", from {_from(lowest.since)} on"
    if lowest.time64:
        words += "; no audit can show that all parts agree on the width of time_t"
    return words


def _from(release: Release) -> str:
    """Return a release, and the first Alpine Linux that one can test with."""
    alpine = first_alpine(release)
    return f"musl {show_release(release)}" + (f" (Alpine {alpine})" if alpine else "")


def _explain(reasons: Iterable[Reason]) -> Iterator[str]:
    """Yield each code once, what it means, where it was found and what to do.

    What only follows from another finding is counted there.
    """
    order = list(CODES)
    by_code = sorted(reasons, key=lambda reason: order.index(reason.code))
    following = Counter((reason.follows, reason.code) for reason in by_code)
    for name, group in groupby(by_code, key=lambda reason: reason.code):
        found = [reason for reason in group if reason.follows is None]
        if not found:
            continue
        yield f"  {name}: {CODES[name].meaning}"
        yield from _places(found)
        for code in order:
            if count := following[name, code]:
                yield f"    Likely for this reason: {code} ({count})"
        remedies = {reason.remedy: reason.subject for reason in found}
        for remedy, subject in remedies.items():
            usual = remedy == CODES[name].remedy
            whom = "" if usual else f" for {_printable(subject or '')}"
            yield f"    To do{whom}: {remedy}"


def _places(reasons: Iterable[Reason]) -> Iterator[str]:
    """Yield where something was found, a line for each file and release."""
    lines = []
    found_somewhere = (reason for reason in reasons if reason.file is not None)
    by_place = sorted(found_somewhere, key=_place)
    for (file, release), found in groupby(by_place, key=_place):
        names = [reason.subject for reason in found if reason.subject]
        line = f"    {_printable(file)}" + (": " if names else "")
        line += ", ".join(map(_printable, names[:SHOWN]))
        if len(names) > SHOWN:
            line += f" and {len(names) - SHOWN} more"
        lines.append(line + release)
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"    and {len(lines) - SHOWN} lines more; --json has all"


def _place(reason: Reason) -> tuple[str, str]:
    """Return where something was found, and words on the releases that have it."""
    since = f"from {_from(reason.since)} on" if reason.since else ""
    if reason.lacking:
        since = f"not in {_list(reason.lacking)}" + (since and f", again {since}")
    return reason.file or "", since and f"; {since}"


def _list(releases: Sequence[Release]) -> str:
    if len(releases) > 2:
        first = show_release(releases[0])
        return f"{len(releases)} releases, of which musl {first} is the first"
    return "musl " + " and ".join(map(show_release, releases))


def _printable(text: str) -> str:
    """Return text from a wheel such that a terminal does no more than show it."""
    shown = (c if c.isprintable() else ascii(c)[1:-1] for c in text[:300])
    return "".join(shown) + ("..." if len(text) > 300 else "")


def _release(text: str) -> Release:
    try:
        return parse_release(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _policy(path: str) -> Policy:
    try:
        return read_policy(path)
    except InvalidPolicy as error:
        raise argparse.ArgumentTypeError(_printable(str(error))) from error
