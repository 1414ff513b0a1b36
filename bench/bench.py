"""Benchmarks: what is here beside what a user would pick instead, as ratios.

The machine may be busy, so each pair is measured in turns and only the ratio of the
best times is worth reading.  ``--json`` prints it for a program.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from packaging import tags as packaging_tags
from packaging.utils import parse_wheel_filename

import musllinux
from musllinux.selection import supported_tags
from musllinux_conformance import environments, vectors
from musllinux_conformance.hosts import materialise
from musllinux_conformance.runner import Run

ROUNDS = 9
CACHE = Path(__file__).parents[1] / ".cache" / "bench"
AUDITWHEEL = "6.8.2"
AUDITED = "numpy", "2.4.6"


class Skipped(Exception):
    """What would be measured is not there; the message says why."""


def best(
    ours: Callable[[], object], theirs: Callable[[], object]
) -> tuple[float, float]:
    """Return the best times in seconds, measured in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for each, function in zip(times, (ours, theirs), strict=True):
            start = time.perf_counter()
            function()
            each.append(time.perf_counter() - start)
    return min(times[0]), min(times[1])


def detection() -> tuple[float, float]:
    """Detect a musl interpreter 20 times: the reference, and packaging's function."""
    with tempfile.TemporaryDirectory(prefix="host-") as folder:
        request = vectors.load()["detect/musl-1-2"].request
        python = os.fspath(materialise(request, Path(folder)))

        def theirs() -> None:
            for _ in range(20):
                packaging_tags._musllinux._get_musl_version.cache_clear()
                assert packaging_tags._musllinux._get_musl_version(python)

        def ours() -> None:
            for _ in range(20):
                assert musllinux.detect(python, "x86_64")

        return best(ours, theirs)


def selection() -> tuple[float, float]:
    """Choose among 5,000 wheels: the reference, and packaging used by hand."""
    platforms = list(musllinux.platform_tags(musllinux.MuslVersion(1, 2), ["x86_64"]))
    tags = supported_tags((3, 11), platforms)
    names = [
        f"demo-1.0-{build}-cp311-cp311-musllinux_1_{build % 4}_x86_64.whl"
        for build in range(5000)
    ]

    def theirs() -> str:
        ranks = {tag: -rank for rank, tag in enumerate(tags)}
        found = []
        for name in names:
            _, _, build, its = parse_wheel_filename(name)
            if fitting := its & ranks.keys():
                found.append((max(ranks[tag] for tag in fitting), build, name))
        return max(found)[2]

    def ours() -> str | None:
        return musllinux.select(map(musllinux.WheelFile, names), tags)

    assert ours() == theirs()
    return best(ours, theirs)


def suite() -> tuple[float, float]:
    """Ask 40 vectors: one program for all, and one program for each."""
    asked = [v for v in vectors.load().values() if v.family in ("order", "arch")][:40]
    serve = [sys.executable, "-m", "musllinux_conformance.serve"]
    serve += ["musllinux_conformance.adapters.reference:implementation"]

    def ours() -> None:
        run = Run(serve, asked, 15)
        run.results()
        run.close()

    def theirs() -> None:
        for vector in asked:
            request = json.dumps({"id": 1, **vector.request})
            text = f'{{"hello": 1}}\n{request}\n{{"bye": true}}\n'
            subprocess.run(serve, input=text.encode(), capture_output=True, check=False)

    return best(ours, theirs)


def auditing() -> tuple[float, float]:
    """Audit a wheel of numpy: the reference, and ``auditwheel show``; two programs.

    Raises:
        Skipped: auditwheel or the wheel cannot be had.
    """
    try:
        other = environments.ensure("auditwheel", AUDITWHEEL)
    except environments.NotInstalled as error:
        raise Skipped(str(error)) from error
    wheel = _download(other, "==".join(AUDITED))
    ours = [sys.executable, "-m", "musllinux", "audit", wheel]
    theirs = [other.programs / "python", "-m", "auditwheel", "show", wheel]

    def run(command: list[str | Path]) -> None:
        subprocess.run(command, capture_output=True, check=True)

    return best(lambda: run(ours), lambda: run(theirs))


def _download(environment: environments.Environment, wanted: str) -> Path:
    """Return the musllinux wheel of a project for x86-64, fetched if not there."""
    folder = CACHE / wanted
    command = [environment.programs / "python", "-m", "pip", "download", "--quiet"]
    command += ["--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    command += ["--platform", "musllinux_1_2_x86_64", "--python-version", "3.11"]
    if not list(folder.glob("*.whl")):
        print(f"fetching: {wanted}", file=sys.stderr)
        done = subprocess.run([*command, "--dest", folder, wanted], check=False)
        if done.returncode != 0:
            raise Skipped(f"{wanted} cannot be fetched")
    return next(folder.glob("*.whl"))


BENCHMARKS = {
    "detect an interpreter": (detection, "packaging"),
    "choose among 5,000 wheels": (selection, "packaging, by hand"),
    "ask 40 vectors": (suite, "a program for each vector"),
    "audit a wheel of numpy": (auditing, "auditwheel show"),
}


def main(arguments: list[str]) -> int:
    """Measure all, and print the ratios."""
    found = {}
    for name, (measure, other) in BENCHMARKS.items():
        print(f"measuring: {name}", file=sys.stderr)
        try:
            ours, theirs = measure()
        except Skipped as why:
            print(f"skipped: {name}: {why}", file=sys.stderr)
            continue
        found[name] = {"beside": other, "ratio": round(ours / theirs, 2)}
    if "--json" in arguments:
        print(json.dumps(found))
        return 0
    print(f"{'':<28}{'beside':<28}time taken, as a multiple of it")
    for name, row in found.items():
        print(f"{name:<28}{row['beside']:<28}{row['ratio']:.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
