"""What adapters share that ask a tool in process, by a driver in its environment."""

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from musllinux_conformance import masks
from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.released import Failed, Json, ReleasedTool
from musllinux_conformance.index import Index
from musllinux_conformance.masks import Mask

DRIVER = Path(__file__).with_name("driver.py")


class DrivenTool(ReleasedTool):
    """Keeps one process for interpreters of 64 bits and one for those of 32."""

    functions: str
    """The file beside this one whose functions answer, by their names."""
    workers = 1

    def __init__(self, version: str | None = None) -> None:
        super().__init__(version)
        self._drivers: dict[int, subprocess.Popen[str]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="driver-")

    def detect(self, mask: Mask) -> Json:
        """Read the version and ARCH off the first musllinux tag."""
        return released.host_of(self.drive(mask, op="platform_tags"))

    def platform_tags(self, mask: Mask, musl: Sequence[int]) -> list[str]:
        """Ask the function of this name."""
        found: list[str] = self.drive(mask, op="platform_tags")
        return found

    def select(self, mask: Mask, requests: Sequence[Json]) -> list[Json]:
        """Ask what is chosen of each release on an index, all at once."""
        with Index([request["files"] for request in requests]) as index:
            url, projects = index.url, index.projects
            chosen = self.drive(mask, op="select", url=url, projects=projects)
            return [
                {"ok": name and index.original(project, name)}
                for project, name in zip(projects, chosen, strict=True)
            ]

    def drive(self, mask: Mask, **question: Json) -> Json:
        """Ask the driver one question.

        Raises:
            Failed: the tool raised an exception, or ended its process.
        """
        given = self.ask_driver(mask, question)
        if "ok" not in given:
            ((_, why),) = given.items()
            raise Failed(why)
        return given["ok"]

    def ask_driver(self, mask: Mask, question: dict[str, Json]) -> dict[str, Json]:
        """Return the answer to one question as in the protocol.

        Raises:
            Failed: the tool ended its process.
        """
        driver = self._driver(mask.pointer_bits)
        assert driver.stdin is not None
        assert driver.stdout is not None
        question |= {"executable": os.fspath(mask.executable), "machine": mask.machine}
        driver.stdin.write(json.dumps(question) + "\n")
        driver.stdin.flush()
        line = driver.stdout.readline()
        if not line:
            del self._drivers[mask.pointer_bits]
            raise Failed(f"the process ended with status {driver.wait()}")
        given: dict[str, Json] = json.loads(line)
        return given

    def _driver(self, bits: int) -> "subprocess.Popen[str]":
        if bits not in self._drivers:
            folder = Path(tempfile.mkdtemp(dir=self._folder.name))
            packages = self.environment.packages
            # It takes on the executable and the machine of each question.
            mask = Mask(folder, Path(masks.REAL), "any", bits, packages)
            functions = DRIVER.with_name(self.functions)
            self._drivers[bits] = subprocess.Popen(
                # Isolated, so that the folder of the driver is not searched.
                [os.fspath(mask.name), "-I", os.fspath(DRIVER), os.fspath(functions)],
                executable=masks.REAL,
                env=mask.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._drivers[bits]
