"""Whether ids have kept their meaning through the history of the project.

An id that any commit had must still be there, as a vector or as a tombstone.  From the
first release on (a tag ``v*``), what a vector asks and expects must not change under
its id.  ``python -m musllinux_conformance.permanence`` prints what is amiss.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from musllinux_conformance import files, vectors
from musllinux_conformance.vectors import Json

MEANING = ("request", "expect")


def entries(root: Path, *revisions: str) -> Iterator[dict[str, Json]]:
    """Yield the vectors of all files that the revisions reach, in any version.

    Files that were not JSON when they were committed are left out.
    """
    listed = _git(
        root, "rev-list", "--objects", *revisions, "--", "conformance/vectors"
    )
    named = (line.partition(b" ") for line in listed.splitlines())
    blobs = b"".join(blob + b"\n" for blob, _, path in named if path.endswith(b".json"))
    contents = _git(root, "cat-file", "--batch", stdin=blobs)
    while contents:  # A line that ends in the size, the content, and a line feed.
        header, _, contents = contents.partition(b"\n")
        size = int(header.split()[-1])
        with suppress(ValueError):
            yield from json.loads(contents[:size])["vectors"]
        contents = contents[size + 1 :]


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, input=stdin).stdout


def problems(root: Path, now: list[dict[str, Json]]) -> Iterator[str]:
    """Yield what is amiss with the vectors of today, a line each."""
    today = {entry["id"]: entry for entry in now}
    for name in sorted({entry["id"] for entry in entries(root, "HEAD")} - today.keys()):
        yield f"{name}: gone without a tombstone; leave its id with 'retired'"
    for tag in _git(root, "tag", "--list", "v*").decode().split():
        for entry in entries(root, "--no-walk", tag):
            later = today.get(entry["id"], {})
            if "retired" in later or "retired" in entry:
                continue
            if any(later.get(key) != entry[key] for key in MEANING):
                yield f"{entry['id']}: means something else than in {tag}"


def main() -> int:
    """Print what is amiss with the vectors of this checkout; return the status."""
    now = [entry for path in vectors.paths() for entry in vectors.read_file(path)]
    found = list(problems(files.VECTORS.parent.parent, now))
    print("\n".join(found) or f"{len(now)} ids: as they ever were")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
