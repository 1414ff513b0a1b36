"""Run the suite where it is installed: ``python -m musllinux_conformance --impl=NAME``.

All options of ``pytest conformance`` hold; ``--merge FILE`` writes vectors.json.
"""

import sys
from pathlib import Path

import pytest

from musllinux_conformance import files, report, vectors


def main(arguments: list[str]) -> int:
    """Run pytest on the vectors that come with the package; return its status."""
    if arguments[:1] == ["--merge"]:
        if len(arguments) != 2:
            print(
                "usage: python -m musllinux_conformance --merge FILE", file=sys.stderr
            )
            return 2
        report.write(Path(arguments[1]), vectors.merged())
        return 0
    if not any(argument.startswith("--impl") for argument in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    own = ["--noconftest", "-p", "musllinux_conformance.plugin"]
    own += ["-p", "no:cacheprovider", "-c", "/dev/null"]
    where = ["--rootdir", str(files.VECTORS), str(files.VECTORS)]
    return int(pytest.main([*own, *where, *arguments]))


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    raise SystemExit(main(sys.argv[1:]))
