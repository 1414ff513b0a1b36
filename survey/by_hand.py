"""Hold the Auditor's missing symbols against real loaders, on wheels chosen by hand.

Usage: python survey/by_hand.py

The wheels stand in ``by_hand.sha256``, among them some for glibc, since those lack
most on musl.  For each and each musl at hand for its architecture, the symbols that
the Auditor says are missing must be those that the loader's ``--list`` prints.
Writes ``by_hand.json``.  Exit status: 0 no difference, 1 some, 2 not done.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import real
from offered import Offer, Unavailable
from packaging.utils import parse_wheel_filename
from real import Loader, Unpacked
from survey import CACHE, HERE, fetch, say, write

from musllinux.arch import ARCHITECTURES
from musllinux_audit import UnreadableWheel
from musllinux_audit.archive import read_wheel
from musllinux_audit.musl import show_release

LIST = HERE / "by_hand.sha256"
RESULTS = HERE / "by_hand.json"


def main() -> int:
    """Compare; return the exit status."""
    try:
        offers = list(chosen())
        fetch(offers)
        loaders = real.loaders()
        wheels = []
        for number, offer in enumerate(offers, start=1):
            say(f"[{number}/{len(offers)}] {offer.file}")
            its = [one for one in loaders if one.arch == offer.arch]
            wheels.append({"file": offer.file, "loaders": compare(offer, its)})
    except (Unavailable, UnreadableWheel, OSError) as error:
        say(f"not done: {error}")
        return 2
    write(RESULTS, {"format": 1, "wheels": wheels})
    status = 0
    for wheel in wheels:
        if not wheel["loaders"]:
            say(f"{wheel['file']}: no loader at hand")
            status = 2
        for loader in wheel["loaders"]:
            for line in loader["differences"]:
                say(f"{wheel['file']}: musl {loader['musl']}: {line}")
                status = status or 1
    return status


def chosen() -> Iterator[Offer]:
    """Yield the wheels of the list, whose lines are those of ``sha256sum``."""
    for line in LIST.read_text("utf-8").splitlines():
        sha256, _, file = line.partition("  ")
        project, version, _, tags = parse_wheel_filename(file)
        names = {tag.platform for tag in tags}
        arch = next(
            row.arch
            for row in ARCHITECTURES
            if all(name.endswith(f"_{row.arch}") for name in names)
        )
        yield Offer(project, str(version), arch, file, sha256, 0)


def compare(offer: Offer, loaders: list[Loader]) -> list[dict[str, Any]]:
    """Return, for each loader, how many symbols are missing, and what differs.

    Raises:
        UnreadableWheel: with the reason, in one line.
    """
    wheel = CACHE / "wheels" / offer.arch / offer.file
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Unpacked(wheel, read_wheel(wheel), offer.arch, Path(folder))
        for loader in loaders:
            missing = unpacked.listed(loader).symbols
            lines = real.differences(unpacked.predicted(loader.musl), missing)
            answers.append(
                {
                    "musl": show_release(loader.musl),
                    "package": loader.package,
                    "missing": len(missing),
                    "differences": lines,
                }
            )
    return answers


if __name__ == "__main__":
    raise SystemExit(main())
