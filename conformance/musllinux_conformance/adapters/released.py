"""What the adapters of released tools share: asking many questions in few runs."""

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from musllinux_conformance import environments, masks
from musllinux_conformance.commands import Silent
from musllinux_conformance.hosts import Unavailable
from musllinux_conformance.masks import Mask

Json = Any
"""A JSON value."""

SECONDS = 12.0
"""Time for a lone question, less than the harness's limit so that a reason is given."""
FURTHER_SECONDS = 1.0
"""Time for each further question, as the harness gives it."""
MOST_SECONDS = 40.0
"""Time for a run about one question, however many others there are."""
AT_ONCE = 32
"""Releases among which one run selects, at most."""
MAX_REASON = 300
"""Characters of a reason."""


class ReleasedTool:
    """A tool in an environment of its own.

    Questions about one host are one task, and tasks run side by side.
    """

    name: str
    language = "Python"
    lineage: tuple[str, ...] = ()
    asked: str
    """How the tool is asked, in a line."""
    own_byte_order = False
    """Whether it reads ELF files in the byte order of the machine alone.

    A mask cannot change that, so such a tool is not asked about other byte orders.
    """
    workers = min(3, os.cpu_count() or 1)
    """How many tasks run at once."""
    seconds = SECONDS
    """Time for a run about one question."""

    def __init__(self, version: str | None = None) -> None:
        self.environment = environments.ensure(self.name, version)
        self.version = self.environment.version
        self._detected: set[str] = set()

    @classmethod
    def prepare(cls, version: str | None) -> None:
        """Make the environment, which may take a minute."""
        environments.ensure(cls.name, version)

    def detect(self, mask: Mask) -> Json:
        """Return ``{"musl": [major, minor], "arch": ARCH}`` or None."""
        raise NotImplementedError

    def platform_tags(self, mask: Mask, musl: Sequence[int]) -> list[str]:
        """Return the platform tags of a host with musl ``musl``, best first."""
        raise NotImplementedError

    def select(self, mask: Mask, requests: Sequence[Json]) -> list[Json]:
        """Return an answer, as in the protocol, for each request about one host."""
        raise NotImplementedError

    def answer_many(self, requests: Sequence[Json]) -> list[Json]:
        """Answer requests; what goes wrong with one is an error of that one."""
        further = FURTHER_SECONDS * (len(requests) - 1)
        self.seconds = min(MOST_SECONDS, SECONDS + further)
        answers: dict[int, Json] = {}
        with ThreadPoolExecutor(self.workers) as pool:
            for answered in pool.map(self._ask, _tasks(requests)):
                answers |= answered
        return [answers[request["id"]] for request in requests]

    def _ask(self, requests: Sequence[Json]) -> dict[int, Json]:
        """Answer the requests of one task."""
        ids = [request["id"] for request in requests]
        op = requests[0]["op"]
        if op == "detect":
            executable = requests[0]["executable"]
            if executable in self._detected:
                why = "each question is put to a process of its own"
                return {each: {"unsupported": why} for each in ids}
            self._detected.add(executable)
        # What a tool leaves behind when it is killed may still write there.
        with tempfile.TemporaryDirectory(
            prefix="mask-", ignore_cleanup_errors=True
        ) as folder:
            try:
                mask = self._mask(Path(folder), requests[0])
                if op == "select":
                    found = self.select(mask, requests)
                elif op == "detect":
                    found = [{"ok": self.detect(mask)}]
                else:
                    tags = self.platform_tags(mask, requests[0]["musl"])
                    found = [{"ok": tags} for _ in ids]
                return dict(zip(ids, found, strict=True))
            except Unavailable as unavailable:
                answer = {"unsupported": str(unavailable)}
            except Exception as error:
                answer = {"error": self._reason(error, folder)}
        if op != "select" or len(requests) == 1:
            return dict.fromkeys(ids, answer)
        # One release may have spoilt the run for the others.
        middle = len(requests) // 2
        return self._ask(requests[:middle]) | self._ask(requests[middle:])

    def _mask(self, folder: Path, request: Json) -> Mask:
        machine, bits = request["machine"], request["pointer_bits"]
        if request["op"] == "detect":
            executable = Path(request["executable"])
        else:
            (folder / "host").mkdir()
            executable = masks.make_host(
                folder / "host", request["musl"], machine, bits
            )
        if self.own_byte_order and _other_byte_order(executable):
            raise Unavailable("it reads ELF files in this machine's byte order alone")
        (folder / "mask").mkdir()
        packages = self.environment.packages
        return Mask(folder / "mask", executable, machine, bits, packages)

    def _reason(self, error: Exception, folder: str) -> str:
        """Say in a line what went wrong, in words that are the same in every run."""
        line = " ".join(str(error).split())
        line = re.sub(re.escape(folder) + r"/mask/tmp/[^/' ]+", "TEMPORARY", line)
        line = line.replace(folder, "MASK")
        line = line.replace(os.fspath(self.environment.root), self.name.upper())
        line = re.sub(r"http://127\.0\.0\.1:\d+", "INDEX", line)
        if not isinstance(error, (Failed, Silent)):
            line = f"{type(error).__name__}: {line}"
        return line if len(line) <= MAX_REASON else line[:MAX_REASON] + " ..."


class Failed(Exception):
    """The tool failed; the message says how, in its own words."""


def _other_byte_order(executable: Path) -> bool:
    """Say whether the header of an ELF file names another byte order than this one."""
    if not executable.is_file():
        return False
    with executable.open("rb") as file:
        return file.read(6)[5:] == (b"\2" if sys.byteorder == "little" else b"\1")


def host_of(tags: Iterable[str]) -> Json:
    """Return the answer of ``detect`` that a list of tags, best first, implies."""
    for tag in tags:
        match = re.fullmatch(r"musllinux_(\d+)_(\d+)_(\w+)", tag)
        if match:
            return {"musl": [int(match[1]), int(match[2])], "arch": match[3]}
    return None


def _tasks(requests: Iterable[Json]) -> list[list[Json]]:
    """Group requests so that one run can answer those of a group."""
    groups: dict[Any, list[Json]] = {}
    for request in requests:
        if request["op"] == "detect":
            key: Any = request["id"]
        else:
            host = request["musl"], request["machine"], request["pointer_bits"]
            key = request["op"], str(host)
        groups.setdefault(key, []).append(request)
    return [
        group[start : start + AT_ONCE]
        for group in groups.values()
        for start in range(0, len(group), AT_ONCE)
    ]
