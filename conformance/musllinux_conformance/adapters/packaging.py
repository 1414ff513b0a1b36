"""packaging, asked through its public functions in an environment of its own."""

from collections.abc import Sequence

from packaging.version import Version

from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.driven import DrivenTool
from musllinux_conformance.adapters.released import Json
from musllinux_conformance.masks import Mask


class Packaging(DrivenTool):
    """Lists tags and reads file names; to choose a file is up to its users."""

    name = "packaging"
    asked = (
        "packaging.tags.platform_tags() and sys_tags(), and for select the best of "
        "them among what packaging.utils.parse_wheel_filename() returns"
    )
    functions = "packaging_driver.py"

    def __init__(self, version: str | None = None) -> None:
        super().__init__(version)
        self.own_byte_order = Version(self.version) < Version("22")

    def detect(self, mask: Mask) -> Json:
        """Read the version and ARCH off the first musllinux tag."""
        return released.host_of(self.drive(mask, op="detect"))

    def select(self, mask: Mask, requests: Sequence[Json]) -> list[Json]:
        """Take the best tag; packaging knows nothing of yanked files."""
        return [
            {"unsupported": "packaging does not know which files are yanked"}
            if any(file["yanked"] for file in request["files"])
            else {"ok": self._selected(mask, request["files"])}
            for request in requests
        ]

    def _selected(self, mask: Mask, files: Sequence[Json]) -> Json:
        return self.drive(mask, op="select", filenames=[f["filename"] for f in files])


implementation = Packaging
