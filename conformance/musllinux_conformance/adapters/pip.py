"""pip, asked through its command line in an environment of its own."""

import json
import os
import re
from collections.abc import Sequence
from urllib.parse import unquote

from packaging.version import Version

from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.driven import DrivenTool
from musllinux_conformance.adapters.released import Failed, Json
from musllinux_conformance.environments import PYTHON
from musllinux_conformance.hosts import Unavailable
from musllinux_conformance.index import Index
from musllinux_conformance.masks import Mask

TAG = f"cp{PYTHON.replace('.', '')}"


NAME_MAX = 255
"""Bytes that the name of a file may have on Linux."""


class Pip(DrivenTool):
    """Asks pip for its tags in process, and runs it in a mask to select."""

    name = "pip"
    lineage = ("packaging",)
    asked = (
        "detect and platform_tags by 'pip debug --verbose', "
        "select by 'pip install --dry-run --report' from an index on this machine"
    )
    functions = "pip_driver.py"

    def __init__(self, version: str | None = None) -> None:
        super().__init__(version)
        # Until then it held packaging 21.3.
        self.own_byte_order = Version(self.version) < Version("24.1")

    def detect(self, mask: Mask) -> Json:
        """Read the version and ARCH off the first musllinux tag."""
        return released.host_of(self._tags(mask))

    def platform_tags(self, mask: Mask, musl: Sequence[int]) -> list[str]:
        """List the platforms of the compatible tags with CPython's own ABI."""
        return self._tags(mask)

    def _tags(self, mask: Mask) -> list[str]:
        # What a loader writes to standard output stands before.
        said = _checked(*self.drive(mask, op="debug"))
        _, _, tags = said.rpartition("\nCompatible tags: ")
        return re.findall(rf"^  {TAG}-{TAG}-(\S+)$", tags, re.MULTILINE)

    def select(self, mask: Mask, requests: Sequence[Json]) -> list[Json]:
        """Install every release at once, without installing anything.

        Raises:
            Unavailable: pip saves what it chose, and no file can have that name.
        """
        names = [file["filename"] for r in requests for file in r["files"]]
        if any(len(os.fsencode(name)) > NAME_MAX for name in names):
            raise Unavailable(f"a file's name has {NAME_MAX} bytes at most")
        report = mask.folder / "report.json"
        with Index([request["files"] for request in requests]) as index:
            self._install(
                mask,
                self.seconds + released.FURTHER_SECONDS * (len(requests) - 1),
                *("--dry-run", "--report", os.fspath(report)),
                *("--ignore-installed", "--no-deps", "--only-binary", ":all:"),
                *("--no-cache-dir", "--index-url", index.url, *index.projects),
            )
        chosen = {
            item["metadata"]["name"]: _filename(item["download_info"]["url"])
            for item in json.loads(report.read_bytes())["install"]
        }
        return [{"ok": index.original(p, chosen[p])} for p in index.projects]

    def _install(self, mask: Mask, seconds: float, *arguments: str) -> None:
        """Run ``pip install``.

        Raises:
            Failed: it fails.
            Silent: it does not end in time.
        """
        own = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        _checked(*mask.run(["-m", "pip", "install", *arguments], seconds, **own))


def _checked(status: int, stdout: str, stderr: str) -> str:
    """Return what pip wrote to standard output.

    Raises:
        Failed: it failed.
    """
    if status != 0:
        said = [line for line in stderr.splitlines() if line.strip()]
        raise Failed(f"exit status {status}: {(said or ['silent'])[-1]}")
    return stdout


def _filename(url: str) -> str:
    return unquote(url.rpartition("/")[2])


implementation = Pip
