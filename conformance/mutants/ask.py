"""Ask a mutant the vectors that concern it."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from threading import Timer

from musllinux_conformance import vectors
from musllinux_conformance.adapters import reference
from musllinux_conformance.hosts import Unavailable
from musllinux_conformance.outcomes import (
    ADVISORY,
    BLOCKED,
    ERROR,
    FAILED,
    UNAVAILABLE,
)
from musllinux_conformance.program import Fault
from musllinux_conformance.runner import Run
from musllinux_conformance.vectors import Vector
from mutants.catalogue import FOLDER, REFERENCE, Mutant

CACHE = FOLDER.parent.parent / ".cache" / "mutants"
KILLING = (FAILED, BLOCKED, ERROR, ADVISORY)
SECTIONS = {
    "tag.py": ("tag", "order", "select"),
    "elf.py": ("elf", "detect.no-interpreter", "arch.from-elf", "arch.mismatch"),
    "banner.py": ("banner", "detect.run"),
    "detection.py": ("detect", "arch", "banner.rest"),
    "arch.py": ("arch",),
    "data/architectures.json": ("arch",),
    "generation.py": ("order", "arch.pointer-size"),
    "selection.py": ("tag", "coexist", "select"),
}
"""The requirements for which each module works, by id or family.  Its mutants are asked
their vectors."""
RUNS_LOADER = "detection.py"
"""The module whose mutants are asked the vectors that make a Detector wait."""
ASKED_ALONE = {"tag.py": "parse_tag", "elf.py": "read_elf", "banner.py": "parse_banner"}
"""The operation that asks a module, and nothing but that module."""
OTHER_CLASSES = ("audit", "accept_upload")
"""Operations in which these modules decide nothing."""
TIME_LIMIT = 15
"""Seconds for an answer, as in any run."""
ALL_TIME = 90
"""Seconds after which the vectors that are left are not asked: it hangs on each."""


def concern(module: str) -> list[Vector]:
    """Return the vectors that the mutants of a module are asked.

    A vector that asks of a whole host what one that it needs asks of the module alone
    tells nothing more of the module, and takes a hundred times as long.
    """
    found = [
        vector
        for vector in vectors.load().values()
        if vector.request["op"] not in OTHER_CLASSES
        and (module == RUNS_LOADER or not vector.waits)
        and any(
            name in SECTIONS[module] or name.partition(".")[0] in SECTIONS[module]
            for name in vector.requirements
        )
    ]
    op = ASKED_ALONE.get(module)
    alone = {vector.id for vector in found if vector.request["op"] == op}
    return [vector for vector in found if alone.isdisjoint(vector.needs)]


def suite() -> list[Vector]:
    """Return the vectors that can kill a mutant, sorted by id."""
    found = {vector.id: vector for module in SECTIONS for vector in concern(module)}
    return [found[name] for name in sorted(found)]


def digest(asked: Iterable[Vector], *also: str) -> str:
    """Return a hash of the reference, what vectors ask and expect, and ``also``."""
    modules = [REFERENCE / name for name in SECTIONS]
    found = hashlib.sha256()
    for path in [*modules, Path(reference.__file__)]:
        found.update(path.read_bytes())
    entries = [[v.id, v.requirements, v.request, v.expect] for v in asked]
    found.update(json.dumps([entries, also], sort_keys=True).encode())
    return found.hexdigest()


def killed_by(mutant: Mutant, asked: Iterable[Vector]) -> list[str]:
    """Ask a mutant vectors and return the ids of those that tell it from the text.

    Raises:
        Unavailable: a vector cannot be asked here, so that nothing can be said.
        Fault: the mutant does not start, for a reason outside the reference.
    """
    its = list(asked)
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder, "musllinux")
        shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / mutant.module).write_text(mutant.source, "utf-8")
        path = os.pathsep.join([folder, str(REFERENCE.parent), str(FOLDER.parent)])
        settings = [f"PYTHONPATH={path}", "PYTHONDONTWRITEBYTECODE=1"]
        serve = [sys.executable, "-m", "musllinux_conformance.serve"]
        adapter = f"{reference.__name__}:implementation"
        try:
            run = Run(["env", *settings, *serve, adapter], its, TIME_LIMIT)
        except Fault:
            if _imports(folder):
                raise
            return [vector.id for vector in its if "unspecified" not in vector.expect]
        timer = Timer(ALL_TIME, run.close)
        timer.start()
        try:
            results = run.results()
        finally:
            timer.cancel()
            run.close()
    found = []
    for name, result in results.items():
        not_asked = "the run has ended" in result.detail
        if result.outcome in KILLING and not not_asked:
            found.append(name)
        if result.outcome == UNAVAILABLE and not found:
            raise Unavailable(f"{name}: {result.detail}")
    return found


def _imports(folder: str) -> bool:
    """Say whether the copy of the reference in a folder can be imported at all."""
    command = [sys.executable, "-c", "import musllinux"]
    tried = subprocess.run(
        command, env={"PYTHONPATH": folder}, capture_output=True, timeout=60
    )
    return tried.returncode == 0


def cached(mutant: Mutant) -> list[str]:
    """Ask a mutant all that concern it, unless it was asked the same before."""
    asked = concern(mutant.module)
    file = CACHE / f"{digest(asked, mutant.module, mutant.source)}.json"
    if not file.exists():
        found = killed_by(mutant, asked)
        CACHE.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(found), "utf-8")
        part.replace(file)
    content: list[str] = json.loads(file.read_text("utf-8"))
    return content
