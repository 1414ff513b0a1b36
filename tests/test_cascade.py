"""One broken rule is named as the cause of what fails above it."""

import sys
import textwrap
from pathlib import Path

import pytest

from musllinux_conformance import vectors
from musllinux_conformance.outcomes import BROKEN, Result
from musllinux_conformance.runner import Run

BROKEN_REFERENCES = """
import musllinux, musllinux.detection, musllinux.index
from musllinux.elf import ElfFile
from musllinux_conformance.adapters.reference import Reference

def refuse(kind):
    def function(*_):
        raise kind("broken")
    return function

class Grammar(Reference):
    def __init__(self):
        musllinux.parse_tag = lambda tag: musllinux.MusllinuxTag(1, 2, "x86_64")
        musllinux.index.parse_tag = musllinux.parse_tag

class Elf(Reference):
    def __init__(self):
        broken = refuse(musllinux.InvalidElf)
        musllinux.read_elf = musllinux.detection.read_elf = broken

class Banner(Reference):
    def __init__(self):
        broken = refuse(musllinux.InvalidBanner)
        musllinux.parse_banner = musllinux.detection.parse_banner = broken

class Detect(Reference):
    def detect(self, executable, machine, pointer_bits):
        return None

class Order(Reference):
    def platform_tags(self, musl, machine, pointer_bits):
        return super().platform_tags(musl, machine, pointer_bits)[::-1]

class Arch(Reference):
    def platform_tags(self, musl, machine, pointer_bits):
        return super().platform_tags(musl, machine, 64)

class Select(Reference):
    def select(self, musl, machine, pointer_bits, files):
        return None

class Promise(Reference):
    def audit(self, wheel, tag, floor):
        return {"honest": True, "needs": None, "reasons": []}
"""

CASCADES = [
    ("Grammar", "grammar", "upload"),
    ("Elf", "elf", "detect"),
    ("Elf", "elf", "arch"),
    ("Banner", "banner", "detect"),
    ("Detect", "detect", "detect"),
    ("Order", "order", "select"),
    ("Arch", "arch", "select"),
    ("Select", "select", "coexist"),
    ("Select", "select", "select"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "broken.py").write_text(textwrap.dedent(BROKEN_REFERENCES))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(name: str, families: set[str]) -> dict[str, Result]:
    chosen = [
        vector
        for vector in vectors.load().values()
        if vector.family in families and not vector.waits
    ]
    serve = [sys.executable, "-m", "musllinux_conformance.serve", f"broken:{name}"]
    run = Run(serve, chosen, 15)
    try:
        return dict(run.results())
    finally:
        run.close()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("name", "cause", "effect"), CASCADES)
def test_what_fails_above_a_broken_rule_names_it(
    name: str, cause: str, effect: str
) -> None:
    results = ask(name, {cause, effect})
    lower = [r for r in results.values() if r.vector.family == cause]
    assert any(r.outcome == "failed" for r in lower)
    blocked = [
        result
        for result in results.values()
        if result.vector.family == effect and result.outcome == "blocked"
    ]
    assert blocked
    for result in blocked:
        named = result.detail.rpartition("(after ")[2].removesuffix(")")
        assert named in result.vector.needs
        assert results[named].outcome in BROKEN
    assert any(result.vector.needs[-1].startswith(cause) for result in blocked)


@pytest.mark.usefixtures("folder")
def test_what_needs_nothing_is_never_blocked() -> None:
    results = ask("Promise", {"promise"})
    outcomes = {r.outcome for r in results.values() if not r.vector.needs}
    assert "failed" in outcomes
    assert "blocked" not in outcomes
