"""packaging, asked through its public functions in an environment of its own."""

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from musllinux_conformance import masks
from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.released import Failed, Json, ReleasedTool
from musllinux_conformance.masks import Mask

DRIVER = Path(__file__).with_name("packaging_driver.py")


class Packaging(ReleasedTool):
    """Keeps one process for interpreters of 64 bits and one for those of 32."""

    name = "packaging"
    asked = (
        "packaging.tags.platform_tags() and sys_tags(), and for select the best of "
        "them among what packaging.utils.parse_wheel_filename() returns"
    )
    workers = 1

    def __init__(self, version: str | None = None) -> None:
        super().__init__(version)
        self._drivers: dict[int, subprocess.Popen[str]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="driver-")

    def detect(self, mask: Mask) -> Json:
        """Read the version and ARCH off the first musllinux tag."""
        return released.host_of(self._drive(mask, op="detect"))

    def platform_tags(self, mask: Mask, musl: Sequence[int]) -> list[str]:
        """Ask ``packaging.tags.platform_tags()``."""
        found: list[str] = self._drive(mask, op="platform_tags")
        return found

    def select(self, mask: Mask, requests: Sequence[Json]) -> list[Json]:
        """Take the best tag; packaging knows nothing of yanked files."""
        return [
            {"unsupported": "packaging does not know which files are yanked"}
            if any(file["yanked"] for file in request["files"])
            else {"ok": self._drive(mask, op="select", files=request["files"])}
            for request in requests
        ]

    def _drive(self, mask: Mask, **question: Json) -> Json:
        """Ask the driver one question.

        Raises:
            Failed: packaging raised an exception, or ended its process.
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
        given = json.loads(line)
        if "error" in given:
            raise Failed(given["error"])
        return given["ok"]

    def _driver(self, bits: int) -> "subprocess.Popen[str]":
        if bits not in self._drivers:
            folder = Path(tempfile.mkdtemp(dir=self._folder.name))
            packages = self.environment.packages
            # It takes on the executable and the machine of each question.
            mask = Mask(folder, Path(masks.REAL), "any", bits, packages)
            self._drivers[bits] = subprocess.Popen(
                # Isolated, so that the folder of the driver is not searched.
                [os.fspath(mask.name), "-I", os.fspath(DRIVER)],
                executable=masks.REAL,
                env=mask.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._drivers[bits]


implementation = Packaging
