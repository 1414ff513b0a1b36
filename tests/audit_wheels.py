"""Wheels that hold what a test of the Auditor wants, and nothing else."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from musllinux_conformance.objects import Object


def make_wheel(
    folder: Path,
    files: Mapping[str, Object | bytes],
    platform: str = "musllinux_1_2_x86_64",
    python: str = "cp311-cp311",
    compression: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """Write a wheel that holds these files, and return its path."""
    path = folder / f"p-1-{python}-{platform}.whl"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, bytes(content))
    return path
