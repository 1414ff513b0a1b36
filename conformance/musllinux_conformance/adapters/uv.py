"""uv, asked through its command line in an environment of its own."""

import json
import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from musllinux.arch import ARCHITECTURES
from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.released import Failed, Json, ReleasedTool
from musllinux_conformance.commands import run
from musllinux_conformance.environments import PYTHON
from musllinux_conformance.index import Index
from musllinux_conformance.masks import Mask

TAG = f"cp{PYTHON.replace('.', '')}"
MANYLINUX = ("1", "2010", "2014", "_2_5", "_2_17", "_2_28", "_2_34")
OTHER_ARCHES = ("amd64", "arm64", "armv8l", "x86_64_v2", "x86_64_v3")
OTHER_MINORS = (9, 10, 100, 999)
_SELECTED = re.compile(r"^DEBUG Selecting: (\S+?)==.*\((.+)\)$", re.MULTILINE)


class Uv(ReleasedTool):
    """Runs uv, which runs a masked interpreter to learn what it is."""

    name = "uv"
    language = "Rust"
    lineage = ("packaging",)
    """The program that it runs in an interpreter has packaging's detector in it; the
    tags are made in Rust."""
    asked = (
        "detect by what the interpreter answers to 'uv python find', "
        "select by the lines 'Selecting' of 'uv pip install --dry-run --verbose' "
        "from an index on this machine, "
        "platform_tags by what it selects among wheels of one candidate tag each"
    )

    def detect(self, mask: Mask) -> Json:
        """Read what the interpreter answers to uv's own question."""
        self._uv(mask, self.seconds, "python", "find", mask.program())
        answer = json.loads(mask.record.read_bytes())
        answer = answer.get("platform", answer)
        system = answer["os"]
        if system["name"] != "musllinux":
            return None
        return {"musl": [system["major"], system["minor"]], "arch": answer["arch"]}

    def platform_tags(self, mask: Mask, musl: Sequence[int]) -> list[str]:
        """Find the candidates that uv takes, then sort them by what it prefers."""
        groups = candidates(musl, mask.machine)
        found = self._preferred(mask, groups)
        tags = [
            tag
            for group, one in zip(groups, found, strict=True)
            if one
            for tag in group
        ]
        found = self._preferred(mask, [[tag] for tag in tags])
        return self._sorted(mask, [tag for tag in found if tag])

    def _sorted(self, mask: Mask, tags: list[str]) -> list[str]:
        """Sort tags, best first: a quicksort, with one run of uv for each level."""
        parts = [tags] if tags else []
        while True:
            pairs = [
                (tag, _pivot(part))
                for part in parts
                for tag in part
                if tag != _pivot(part)
            ]
            if not pairs:
                return [tag for part in parts for tag in part]
            found = self._preferred(mask, pairs)
            better = {
                pair for pair, one in zip(pairs, found, strict=True) if one == pair[0]
            }
            parts = [each for part in parts for each in _split(part, better) if each]

    def select(self, mask: Mask, requests: Sequence[Json]) -> list[Json]:
        """Resolve every release at once, without installing anything."""
        seconds = self.seconds + released.FURTHER_SECONDS * (len(requests) - 1)
        found = self._resolve(mask, [r["files"] for r in requests], seconds)
        return [{"ok": filename} for filename in found]

    def _preferred(
        self, mask: Mask, choices: Sequence[Sequence[str]]
    ) -> list[str | None]:
        """Return for some choices among tags the one whose wheel is selected."""
        prefix, suffix = f"demo-1-{TAG}-{TAG}-", ".whl"
        releases = [
            [{"filename": prefix + tag + suffix, "yanked": False} for tag in tags]
            for tags in choices
        ]
        return [
            name and name.removeprefix(prefix).removesuffix(suffix)
            for name in self._resolve(mask, releases, self.seconds)
        ]

    def _resolve(
        self, mask: Mask, releases: Sequence[Sequence[Json]], seconds: float
    ) -> list[str | None]:
        """Return the file that is selected of each release, None if none is."""
        if not releases:
            return []
        with Index(releases) as index:
            said = self._uv(
                mask,
                seconds,
                *("--verbose", "pip", "install", "--dry-run"),
                *("--python", mask.program()),
                *("--no-deps", "--only-binary", ":all:"),
                *("--default-index", index.url, *index.projects),
            )
        selected = dict(_SELECTED.findall(said))
        return [index.original(p, selected[p]) for p in index.projects]

    def _uv(self, mask: Mask, seconds: float, *arguments: str | Path) -> str:
        """Run uv and return its standard error.

        Raises:
            Failed: it fails.
            Silent: it does not end in time.
        """
        # Without a cache, which would know interpreters by their path and date.
        own = ["--no-config", "--no-cache", "--no-python-downloads"]
        uv = self.environment.programs / "uv"
        command = [os.fspath(word) for word in (uv, *own, *arguments)]
        ended = run(command, mask.variables, seconds)
        if ended.status != 0:
            raise Failed(f"exit status {ended.status}: {_why(ended.stderr)}")
        return ended.stderr


def _why(stderr: str) -> str:
    """Return the cause of a failure, from what uv wrote of it.

    It may be followed by what the interpreter wrote, of which the last line of an
    exception tells most.
    """
    error = stderr[stderr.rfind("\nerror: ") + 1 :]
    cause, *parts = re.split(r"^ *\[(?:stdout|(stderr))\]$", error, flags=re.MULTILINE)
    told = parts[-1] if parts[-2:-1] == ["stderr"] else cause
    said = [line.strip() for line in told.splitlines() if line.strip()]
    return said[-1] if said else "silent"


def _pivot(part: Sequence[str]) -> str:
    return part[len(part) // 2]


def _split(
    part: Sequence[str], better: Collection[tuple[str, str]]
) -> tuple[list[str], ...]:
    """Return the tags that are better than the pivot, the pivot, and the others."""
    pivot = _pivot(part)
    above = [tag for tag in part if (tag, pivot) in better]
    below = [tag for tag in part if tag != pivot and tag not in above]
    return above, [pivot], below


def candidates(musl: Sequence[int], machine: str) -> list[list[str]]:
    """Return the platform tags among which a host's tags are looked for, by ARCH.

    musllinux tags of the host's major version and of those beside it, with every minor
    version up to two above the host's and some others; some manylinux tags; linux.
    """
    arches = {row.arch for row in ARCHITECTURES} | {machine, *OTHER_ARCHES}
    arches.add(re.sub("[^a-z0-9_]", "_", machine))
    majors = range(max(0, musl[0] - 1), musl[0] + 2)
    minors = sorted({*range(musl[1] + 3), *OTHER_MINORS})
    families = [f"musllinux_{x}_{y}" for x in majors for y in minors]
    families += [f"manylinux{version}" for version in MANYLINUX]
    families += ["linux"]
    return [[f"{family}_{arch}" for family in families] for arch in sorted(arches)]


implementation = Uv
