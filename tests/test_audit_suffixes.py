"""Which file names of an extension module are found by the CPythons of the tags."""

from pathlib import Path

import pytest

from audit_wheels import make_wheel
from musllinux_audit import audit, audit_wheel
from musllinux_conformance.objects import Object

LOST, DOUBTFUL = "suffix-not-searched", "suffix-not-everywhere"
MUSL = "m.cpython-{}-x86_64-linux-musl.so"
GNU = "m.cpython-{}-x86_64-linux-gnu.so"


def found(
    folder: Path, names: list[str], python: str, arch: str = "x86_64"
) -> list[tuple[str, str | None]]:
    files = {f"pkg/{name}": Object(arch, defined=["PyInit_m"]) for name in names}
    verdict = audit(make_wheel(folder, files, python=python), f"musllinux_1_2_{arch}")
    return [(reason.code, reason.subject) for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("python", "names", "expected"),
    [
        ("cp311-cp311", [MUSL.format(311)], None),
        ("cp311-cp311", [GNU.format(311)], (LOST, "3.11")),
        ("cp312-cp312", [MUSL.format(311)], (LOST, "3.12")),
        ("cp310-cp310", [MUSL.format(311)], (LOST, "3.10")),
        ("cp311-cp311", [GNU.format(310)], (LOST, "3.11")),
        ("cp311-cp311", [MUSL.format(310)], (LOST, "3.11")),
        ("cp38-abi3", [MUSL.format(311)], (LOST, "3.8")),
        ("cp312-abi3", [MUSL.format(312), MUSL.format(313)], (LOST, "3.14")),
        ("py3-none", [MUSL.format(311)], (LOST, "3.0")),
        ("py312-none", [MUSL.format(311)], (LOST, "3.12")),
        ("py2.py3-none", [MUSL.format(311)], (LOST, "3.0")),
        ("py2-none", [MUSL.format(311)], None),
        ("cp311.cp312-none", [MUSL.format(311)], (LOST, "3.12")),
        ("cp311.cp312-none", [MUSL.format(311), MUSL.format(312)], None),
        ("cp311.cp312-cp311.cp312", [MUSL.format(311)], (LOST, "3.12")),
        ("cp310.cp311-none", [MUSL.format(311), GNU.format(310)], (DOUBTFUL, "3.10")),
        ("cp313-cp313t", [MUSL.format("313t")], None),
        ("cp313-cp313t", [MUSL.format("313")], (LOST, "3.13")),
        ("cp313-cp313", [MUSL.format("313t")], (LOST, "3.13")),
        ("cp310-cp310", [GNU.format(310)], (DOUBTFUL, "3.10")),
        ("cp310-cp310", [MUSL.format(310)], (DOUBTFUL, "3.10")),
        ("cp310-cp310", [GNU.format(310), MUSL.format(310)], None),
        ("cp37-cp37m", [GNU.format("37m"), MUSL.format("37m")], None),
        ("cp311-cp311", ["m.cpython-311-darwin.so"], (LOST, "3.11")),
        ("cp311-cp311", ["m.pypy39-pp73-x86_64-linux-gnu.so"], (LOST, "3.11")),
        ("pp39-pypy39_pp73", ["m.pypy39-pp73-x86_64-linux-gnu.so"], None),
        ("cp311-cp311", [GNU.format(311), MUSL.format(311)], None),
    ],
)
def test_suffixes(
    tmp_path: Path, python: str, names: list[str], expected: tuple[str, str] | None
) -> None:
    code = [] if expected is None else [(expected[0], f"CPython {expected[1]}")]
    assert found(tmp_path, names, python) == code


@pytest.mark.parametrize("stable", ["m.so", "m.abi3.so"])
@pytest.mark.parametrize("python", ["cp311-cp311", "cp38-abi3", "py3-none"])
def test_names_that_every_version_finds(
    tmp_path: Path, python: str, stable: str
) -> None:
    assert found(tmp_path, [stable], python) == []
    assert found(tmp_path, [GNU.format(39), stable], python) == []


@pytest.mark.parametrize(
    ("arch", "triplet", "code"),
    [
        ("i686", "i386-linux-musl", None),
        ("i686", "i686-linux-musl", LOST),
        ("armv7l", "arm-linux-musleabihf", None),
        ("armv7l", "arm-linux-musl", LOST),
        ("aarch64", "x86_64-linux-musl", LOST),
    ],
)
def test_triplets(tmp_path: Path, arch: str, triplet: str, code: str | None) -> None:
    reasons = found(tmp_path, [f"m.cpython-311-{triplet}.so"], "cp311-cp311", arch)
    assert [found for found, _ in reasons] == ([code] if code else [])


def test_what_python_cannot_import_may_have_any_name(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, {MUSL.format(310): Object(defined=["f"])})
    assert audit(wheel, "musllinux_1_2_x86_64").reasons == ()


def test_one_version_is_lost_and_another_in_doubt(tmp_path: Path) -> None:
    assert found(tmp_path, [GNU.format(38)], "cp38-abi3") == [
        (LOST, "CPython 3.9"),
        (DOUBTFUL, "CPython 3.8"),
    ]


def test_a_module_is_reported_once(tmp_path: Path) -> None:
    names = [GNU.format(version) for version in (38, 39, 311)]
    assert found(tmp_path, names, "cp311-cp311") == [(LOST, "CPython 3.11")]


def test_a_number_beyond_reason_costs_nothing(tmp_path: Path) -> None:
    names = [MUSL.format(f"3{9 * 10**3}"), MUSL.format("3" + "9" * 100)]
    assert found(tmp_path, names, "py311-none") == [(LOST, "CPython 3.11")]


def test_the_suffix_of_a_file_for_another_architecture_follows(tmp_path: Path) -> None:
    name = "m.cpython-311-aarch64-linux-musl.so"
    wheel = make_wheel(tmp_path, {name: Object("aarch64", defined=["PyInit_m"])})
    (verdict,) = audit_wheel(wheel).verdicts
    assert {r.code: r.follows for r in verdict.reasons} == {
        "wrong-architecture": None,
        LOST: "wrong-architecture",
    }
