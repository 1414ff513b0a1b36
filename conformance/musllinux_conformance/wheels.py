"""Wheels from a description: the files that an ``audit`` vector describes as data."""

import zipfile
from pathlib import Path

from musllinux_conformance.objects import Object
from musllinux_conformance.vectors import Json


def make_wheel(request: dict[str, Json], folder: Path) -> Path:
    """Write the wheel that an ``audit`` request describes; return its path."""
    wheel, tag = request["wheel"], request["tag"]
    platform = wheel.get("platform", tag)
    version = f"1.0-{wheel['build']}" if "build" in wheel else "1.0"
    tags = f"{wheel['python']}-{wheel['abi']}-{platform}"
    path = folder / f"demo-{version}-{tags}.whl"
    metadata = {
        "METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: demo\nRoot-Is-Purelib: false\n"
        f"Tag: {wheel['python']}-{wheel['abi']}-{tag}\n",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in wheel["files"]:
            content = file.get("text") or bytes(Object(**file["object"]))
            archive.writestr(file["path"], content)
        for name, text in metadata.items():
            archive.writestr(f"demo-1.0.dist-info/{name}", text)
        names = [*archive.namelist(), "demo-1.0.dist-info/RECORD"]
        record = "".join(f"{name},,\n" for name in names)
        archive.writestr("demo-1.0.dist-info/RECORD", record)
    return path
