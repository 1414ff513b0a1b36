"""Pex, asked through its own classes in an environment of its own."""

from collections.abc import Sequence

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from musllinux_conformance.adapters.driven import DrivenTool
from musllinux_conformance.adapters.released import Json
from musllinux_conformance.masks import Mask


class Pex(DrivenTool):
    """Identifies the interpreter that it runs in, and chooses from a lock."""

    name = "pex"
    lineage = ("packaging",)
    """The tags are packaging's, of which it holds copies; the choice is its own."""
    asked = (
        "detect and platform_tags by PythonIdentity.get().supported_tags, select by "
        "LockedResolve.resolve() of a lock with all files; without a lock pip chooses"
    )
    functions = "pex_driver.py"

    def select(self, mask: Mask, requests: Sequence[Json]) -> list[Json]:
        """Choose from a lock, which does not say what is yanked."""
        return [self._selected(mask, request["files"]) for request in requests]

    def _selected(self, mask: Mask, files: Sequence[Json]) -> Json:
        if any(file["yanked"] for file in files):
            return {"unsupported": "a lock does not say which files are yanked"}
        names = [file["filename"] for file in files]
        if not all(map(_is_wheel, names)):
            return {"unsupported": "what a lock holds of other names is not known"}
        return {"ok": self.drive(mask, op="select", filenames=names)}


def _is_wheel(filename: str) -> bool:
    try:
        parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return False
    return True


implementation = Pex
