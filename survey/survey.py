"""Audit the newest musllinux wheels of some projects; hold what fails to real loaders.

Usage: python survey/survey.py

The projects stand in ``projects.txt``.  What is fetched is kept below
``.cache/survey`` and not fetched again.  Writes ``results.json``.  Exit status: 0, or
1 if the Auditor and a loader disagree, 2 if the survey could not be made.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import offered
import real
from offered import Offer, Unavailable
from real import LOADS, Listing, Loader, Unpacked

from debian import Missing
from musllinux.arch import ARCHITECTURES
from musllinux_audit import Reason, UnreadableWheel, audit_wheel
from musllinux_audit.archive import read_wheel
from musllinux_audit.musl import show_release

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache" / "survey"
PROJECTS = HERE / "projects.txt"
RESULTS = HERE / "results.json"
MAX_BYTES = 2 << 30
"""Bytes of all wheels together."""
MAX_SECONDS = 3600
"""Seconds that fetching them may take."""
FOUND, NOT_FOUND = "found", "not found"


def main() -> int:
    """Make the survey; return the exit status."""
    try:
        results = survey()
    except (Unavailable, Missing, OSError) as error:
        say(f"no survey: {error}")
        return 2
    write(RESULTS, results)
    disagreements = [line for w in results["wheels"] for line in w["disagreements"]]
    for line in disagreements:
        say(line)
    say(f"{len(results['wheels'])} wheels, {len(disagreements)} disagreements")
    return int(bool(disagreements))


def survey() -> dict[str, Any]:
    """Return the results.

    Raises:
        Unavailable, Missing, OSError: something cannot be had.
    """
    locked = CACHE / "pylock.toml"
    today = datetime.now(timezone.utc).date()
    if not _asked_on(locked, today.isoformat()):
        CACHE.mkdir(parents=True, exist_ok=True)
        offered.lock(real.tool("uv") / "bin" / "uv", PROJECTS, locked)
    offers = list(offered.chosen(locked, [row.arch for row in ARCHITECTURES]))
    fetch(offers)
    loaders = real.loaders()
    wheels = []
    for number, offer in enumerate(offers, start=1):
        say(f"[{number}/{len(offers)}] {offer.file}")
        wheels.append(judge(offer, [one for one in loaders if one.arch == offer.arch]))
    return {
        "format": 1,
        "date": today.isoformat(),
        "python": ".".join(map(str, offered.PYTHON)),
        "loaders": [
            {"arch": one.arch, "musl": show_release(one.musl), "package": one.package}
            for one in loaders
        ],
        "wheels": wheels,
    }


def _asked_on(locked: Path, date: str) -> bool:
    """Say whether the index was asked on a date, and for the list as it stands."""
    if not locked.is_file():
        return False
    asked = locked.stat().st_mtime
    day = datetime.fromtimestamp(asked, timezone.utc).date().isoformat()
    return day == date and asked > PROJECTS.stat().st_mtime


def fetch(offers: list[Offer]) -> None:
    """Fetch the wheels that are not here yet, each ARCH in a folder of its own.

    Raises:
        Unavailable: they are too large, take too long, or cannot be had.
    """
    size = sum(offer.size for offer in offers)
    if size > MAX_BYTES:
        raise Unavailable(f"the wheels have {size} bytes: shorten {PROJECTS.name}")
    end = time.monotonic() + MAX_SECONDS
    for arch, group in groupby(sorted(offers, key=_arch), key=_arch):
        its = list(group)
        say(f"fetch {arch}: {len(its)} wheels, {sum(o.size for o in its) >> 20} MiB")
        offered.fetch(its, CACHE / "wheels" / arch, max(end - time.monotonic(), 1))


def _arch(offer: Offer) -> str:
    return offer.arch


def judge(offer: Offer, loaders: list[Loader]) -> dict[str, Any]:
    """Audit a wheel, and ask each loader of its ARCH."""
    wheel = CACHE / "wheels" / offer.arch / offer.file
    about: dict[str, Any] = {
        "project": offer.project,
        "version": offer.version,
        "file": offer.file,
        "sha256": offer.sha256,
        "size": offer.size,
        "arch": offer.arch,
        "tags": [],
        "listed_by": [],
        "disagreements": [],
    }
    try:
        report = audit_wheel(wheel)
        contents = read_wheel(wheel)
    except UnreadableWheel as error:
        return {**about, "error": str(error)}
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Unpacked(wheel, contents, offer.arch, Path(folder))
        listings = {one: unpacked.listed(one) for one in loaders}
        about["listed_by"] = [show_release(one.musl) for one in loaders]
        for one, listing in listings.items():
            predicted = unpacked.predicted(one.musl)
            for line in real.differences(predicted, listing.symbols):
                about["disagreements"].append(f"{show_release(one.musl)}: {line}")
        for verdict in report.verdicts:
            # The name of a wheel may carry tags of several ARCHs.
            own = verdict.tag.endswith(f"_{offer.arch}")
            reasons = [
                confirmed(entry, unpacked, listings if own else {})
                for entry in grouped(verdict.reasons)
            ]
            about["tags"].append(
                {
                    "tag": verdict.tag,
                    "honest": verdict.honest,
                    "needs": verdict.needs and show_release(verdict.needs),
                    "reasons": reasons,
                }
            )
            for reason in reasons:
                for musl in reason.pop("disagrees", ()):
                    line = f"{musl}: {reason['file']}: {reason['code']}: not so"
                    about["disagreements"].append(line)
    lowest = report.lowest[offer.arch]
    return {**about, "lowest": lowest and lowest.tag}


def grouped(reasons: tuple[Reason, ...]) -> Iterator[dict[str, Any]]:
    """Yield the reasons, those that differ in the subject alone as one."""

    def key(reason: Reason) -> tuple[str, str, tuple[int, ...], bool]:
        ability = reason.subject == "DT_RELR"
        return reason.code, reason.file or "", reason.since or (), ability

    for (code, file, since, _), group in groupby(sorted(reasons, key=key), key=key):
        its = list(group)
        yield {
            "code": code,
            "severity": its[0].severity,
            "file": file or None,
            "subjects": [one.subject for one in its if one.subject],
            "since": ".".join(map(str, since)) or None,
        }


def confirmed(
    reason: dict[str, Any], unpacked: Unpacked, listings: dict[Loader, Listing]
) -> dict[str, Any]:
    """Add to a reason what each loader shows of it, or why none was asked.

    ``shown`` says in words what happened, by release; ``confirmed`` names the releases
    on which the file was to fail, and did; ``disagrees`` those where it did
    otherwise than the Auditor says.
    """
    if reason["severity"] not in ("breaks", "patch"):
        return reason
    test = _test(reason, unpacked)
    if isinstance(test, str):
        return {**reason, "not_run": test}
    shown, agreed, disagrees = {}, [], []
    for loader, listing in listings.items():
        musl = show_release(loader.musl)
        expected, words = test(loader, listing)
        if words is None:
            continue
        shown[musl] = words
        if expected != (words not in (LOADS, FOUND)):
            disagrees.append(musl)
        elif expected:
            agreed.append(musl)
    more: dict[str, Any] = {"shown": shown, "confirmed": agreed, "disagrees": disagrees}
    if not agreed and not disagrees:
        more["not_run"] = "no loader at hand on which this is to fail"
    return {**reason, **more}


Test = Callable[[Loader, Listing], tuple[bool, str | None]]
"""Says whether a loader is to fail, and what it does; None if that cannot be told."""


def _test(reason: dict[str, Any], unpacked: Unpacked) -> Test | str:
    """Return what shows a reason, or why nothing here does."""
    code, file = reason["code"], reason["file"]
    pairs = frozenset((file, subject) for subject in reason["subjects"])

    def symbols(loader: Loader, listing: Listing) -> tuple[bool, str]:
        expected = bool(pairs & unpacked.predicted(loader.musl))
        return expected, NOT_FOUND if pairs & listing.symbols else FOUND

    def libraries(loader: Loader, listing: Listing) -> tuple[bool, str]:
        return True, NOT_FOUND if pairs <= listing.libraries else FOUND

    def opens(
        program: Path, loader: Loader, listing: Listing
    ) -> tuple[bool, str | None]:
        since = reason["since"]
        expected = since is None or loader.musl < tuple(map(int, since.split(".")))
        return expected, unpacked.opened(loader, program, file)

    if file not in unpacked.objects:
        return "the loader is never given this file"
    if code == "library-outside":
        return libraries
    if code == "relocation-refused" or reason["subjects"] == ["DT_RELR"]:
        arch = unpacked.arch
        try:
            return partial(opens, real.opener(arch, CACHE))
        except Missing as error:
            return str(error)
    if code.startswith("symbol-") or code == "needs-patch-release":
        return symbols
    return "no loader shows this"


def write(path: Path, content: dict[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    unfinished = path.with_suffix(".partial")
    unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
