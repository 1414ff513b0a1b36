"""dep-logic, asked through its public classes in an environment of its own."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from musllinux_conformance import masks
from musllinux_conformance.adapters.driven import DrivenTool
from musllinux_conformance.adapters.released import Json
from musllinux_conformance.masks import Mask


class DepLogic(DrivenTool):
    """Parses tags, and knows the interpreter that it runs in."""

    name = "dep-logic"
    lineage = ("packaging",)
    """Its detector is packaging's; its tags and their order are its own."""
    operations = ("parse_tag", "detect", "platform_tags", "select")
    asked = (
        "parse_tag by Platform.parse(), detect by Platform.current(), platform_tags "
        "by compatible_tags of that, and for select the file for which "
        "EnvSpec.current().wheel_compatibility() is greatest"
    )
    functions = "dep_logic_driver.py"

    def answer_many(self, requests: Sequence[Json]) -> list[Json]:
        """Ask about tags, which need no host, apart."""
        tags = [each for each in requests if each["op"] == "parse_tag"]
        others = [each for each in requests if each["op"] != "parse_tag"]
        found = dict(zip((r["id"] for r in tags), self._parsed(tags), strict=True))
        for request, answer in zip(others, super().answer_many(others), strict=True):
            found[request["id"]] = answer
        return [found[request["id"]] for request in requests]

    def _parsed(self, requests: Sequence[Json]) -> list[Json]:
        if not requests:
            return []
        with tempfile.TemporaryDirectory() as folder:
            mask = Mask(Path(folder), Path(masks.REAL), "x86_64", 64)
            return [
                self.ask_driver(mask, {"op": "parse_tag", "tag": request["tag"]})
                for request in requests
            ]

    def detect(self, mask: Mask) -> Json:
        """Ask for the platform."""
        return self.drive(mask, op="detect")

    def select(self, mask: Mask, requests: Sequence[Json]) -> list[Json]:
        """Take the greatest; dep-logic knows nothing of yanked files."""
        return [self._selected(mask, request["files"]) for request in requests]

    def _selected(self, mask: Mask, files: Sequence[Json]) -> Json:
        if any(file["yanked"] for file in files):
            return {"unsupported": "dep-logic does not know which files are yanked"}
        best = self.drive(mask, op="select", filenames=[f["filename"] for f in files])
        if len(best) > 1:
            return {"unsupported": "dep-logic does not rank wheels of equal tags"}
        return {"ok": best[0] if best else None}


implementation = DepLogic
