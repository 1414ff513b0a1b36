"""What maturin builds: a project, and programs in place of cargo and rustc.

Nothing is compiled.  What stands for cargo says that it has built a module that is
there already.
"""

import json
from pathlib import Path
from typing import Any

_ANSWERS = '#!/bin/sh\nexec cat "$0.$1"\n'
"""A program that answers with the file that is called after it and its subcommand."""
_RUSTC = """\
rustc 1.90.0
commit-hash: unknown
commit-date: unknown
host: x86_64-unknown-linux-gnu
release: 1.90.0
"""
_TARGET = {
    "name": "demo",
    "kind": ["cdylib"],
    "crate_types": ["cdylib"],
    "src_path": "lib.rs",
}


def write_project(folder: Path, module: bytes) -> None:
    """Write a project ``demo`` 1.0.0, and what builds ``module`` if on the PATH."""
    built, manifest = folder / "built", folder / "Cargo.toml"
    built.write_bytes(module)
    manifest.write_text('[package]\nname = "demo"\nversion = "1.0.0"\n', "utf-8")
    for name in ("cargo", "rustc"):
        (folder / name).write_text(_ANSWERS, "utf-8")
        (folder / name).chmod(0o755)
    (folder / "rustc.-vV").write_text(_RUSTC, "utf-8")
    (folder / "cargo.metadata").write_text(json.dumps(_metadata(folder)), "utf-8")
    (folder / "cargo.rustc").write_text(json.dumps(_artifact(built)), "utf-8")


def _metadata(folder: Path) -> dict[str, Any]:
    """Return what cargo says of a crate that has the bindings pyo3-ffi."""
    crate = {
        "id": "demo",
        "name": "demo",
        "version": "1.0.0",
        "manifest_path": str(folder / "Cargo.toml"),
        "targets": [_TARGET],
        "dependencies": [],
        "features": {},
    }
    bindings = crate | {"id": "pyo3-ffi", "name": "pyo3-ffi", "targets": []}
    needed = {"name": "pyo3_ffi", "pkg": "pyo3-ffi", "dep_kinds": [{"kind": None}]}
    nodes = [
        {"id": "demo", "dependencies": ["pyo3-ffi"], "deps": [needed]},
        {"id": "pyo3-ffi", "dependencies": []},
    ]
    return {
        "version": 1,
        "packages": [crate, bindings],
        "workspace_members": ["demo"],
        "workspace_root": str(folder),
        "target_directory": str(folder / "target"),
        "resolve": {"root": "demo", "nodes": nodes},
    }


def _artifact(built: Path) -> dict[str, Any]:
    """Return what cargo says when it has built a file."""
    off = dict.fromkeys(("debug_assertions", "overflow_checks", "test"), False)
    return {
        "reason": "compiler-artifact",
        "package_id": "demo",
        "target": _TARGET,
        "profile": {"opt_level": "0", **off},
        "features": [],
        "filenames": [str(built)],
        "fresh": True,
    }
