"""Writes vectors.json, all vectors in one file, into every wheel that is built."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class MergedVectors(BuildHookInterface):
    """The hook that pyproject.toml names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the merged file, unless the install is editable."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path[:0] = [str(root / "conformance"), str(root / "reference")]
        from musllinux_conformance.vectors import merged

        target = Path(tempfile.mkdtemp(), "vectors.json")
        target.write_text(json.dumps(merged()), "utf-8")
        inside = "musllinux_conformance/vectors.json"
        build_data["force_include"][str(target)] = inside
