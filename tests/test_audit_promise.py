"""What the Auditor says of wheels made to break the promise in one way each."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from audit_wheels import make_wheel
from musllinux_audit import (
    CODES,
    Lowest,
    UnreadableWheel,
    Verdict,
    audit,
    audit_wheel,
)
from musllinux_audit.musl import Release
from musllinux_conformance.objects import Object

MUSL = ["libc.musl-x86_64.so.1"]


def judge(
    folder: Path,
    files: Mapping[str, Object | bytes] | Object,
    tag: str = "musllinux_1_2_x86_64",
    floor: Release | None = None,
) -> Verdict:
    if isinstance(files, Object):
        files = {"x.so": files}
    return audit(make_wheel(folder, files), tag, floor)


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def breaking(verdict: Verdict) -> set[str]:
    return {r.code for r in verdict.reasons if r.severity == "breaks"}


def test_plain_module_is_honest(tmp_path: Path) -> None:
    elf = Object(undefined=["open", "PyList_New", "_Py_Dealloc"], needed=["libc.so"])
    assert judge(tmp_path, elf) == Verdict("musllinux_1_2_x86_64", True, None, ())


def test_wheel_without_elf_files_is_honest(tmp_path: Path) -> None:
    assert judge(tmp_path, {"a.py": b""}).honest


@pytest.mark.parametrize(
    "tag", ["musllinux_1_2", "musllinux_01_2_x86_64", "musllinux_1_2_x86-64", "x"]
)
def test_tag_malformed(tmp_path: Path, tag: str) -> None:
    verdict = judge(tmp_path, {}, tag)
    assert not verdict.honest
    assert codes(verdict) == {"tag-malformed"}


@pytest.mark.parametrize(
    ("symbol", "tag", "floor", "honest", "code", "needs"),
    [
        ("statx", "musllinux_1_1_x86_64", None, False, "symbol-too-new", (1, 2, 5)),
        ("statx", "musllinux_1_2_x86_64", None, True, "needs-patch-release", (1, 2, 5)),
        ("statx", "musllinux_1_2_x86_64", (1, 2, 5), True, None, (1, 2, 5)),
        (
            "statx",
            "musllinux_1_2_x86_64",
            (1, 2, 4),
            True,
            "needs-patch-release",
            (1, 2, 5),
        ),
        ("statx", "musllinux_1_3_x86_64", None, True, "release-unmeasured", (1, 2, 5)),
        ("secure_getenv", "musllinux_1_2_x86_64", None, True, None, (1, 1, 24)),
        ("execvpe", "musllinux_1_0_x86_64", None, False, "symbol-too-new", (1, 1, 1)),
        (
            "posix_fallocate64",
            "musllinux_1_2_x86_64",
            None,
            False,
            "symbol-removed-later",
            (1, 2, 6),
        ),
        (
            "posix_fallocate64",
            "musllinux_1_2_x86_64",
            (1, 2, 3),
            False,
            "symbol-removed-later",
            (1, 2, 6),
        ),
        (
            "posix_fallocate64",
            "musllinux_1_2_x86_64",
            (1, 2, 4),
            True,
            "needs-patch-release",
            (1, 2, 6),
        ),
        ("posix_fallocate64", "musllinux_1_2_x86_64", (1, 2, 6), True, None, (1, 2, 6)),
        ("fopen64", "musllinux_1_1_x86_64", None, True, None, None),
        (
            "__libc_get_version",
            "musllinux_1_2_x86_64",
            None,
            False,
            "symbol-removed-later",
            None,
        ),
        ("foo", "musllinux_1_2_x86_64", None, False, "symbol-unknown", None),
    ],
)
def test_symbols(
    tmp_path: Path,
    symbol: str,
    tag: str,
    floor: Release | None,
    honest: bool,
    code: str | None,
    needs: Release | None,
) -> None:
    verdict = judge(tmp_path, Object(undefined=["open", symbol]), tag, floor)
    assert verdict.honest == honest
    assert verdict.needs == needs
    named = {reason.code for reason in verdict.reasons if reason.subject == symbol}
    assert named == ({code} if code not in (None, "release-unmeasured") else set())
    assert codes(verdict) - named <= {"release-unmeasured"}


def test_weak_symbols_never_count(tmp_path: Path) -> None:
    elf = Object(weak=["statx", "__gmon_start__", "__libc_single_threaded"])
    assert judge(tmp_path, elf, "musllinux_1_1_x86_64").reasons == ()


@pytest.mark.parametrize("symbol", ["statx", "foo"])
def test_symbols_that_a_needed_library_has(tmp_path: Path, symbol: str) -> None:
    files = {
        "x.so": Object(undefined=[symbol], needed=["libone.so"]),
        "p.libs/libone.so": Object(soname="libone-1.so", needed=["libtwo.so"]),
        "p.libs/libtwo.so": Object(defined=[symbol]),
    }
    assert judge(tmp_path, files, "musllinux_1_1_x86_64").reasons == ()


def test_a_name_in_dt_soname_alone_is_no_library(tmp_path: Path) -> None:
    files = {
        "x.so": Object(undefined=["statx"], needed=["libone.so"]),
        "p.libs/libone-1.so": Object(soname="libone.so", defined=["statx"]),
    }
    found = codes(judge(tmp_path, files, "musllinux_1_1_x86_64"))
    assert found == {"library-outside", "symbol-too-new"}


def test_symbols_that_a_library_finds_in_who_loads_it(tmp_path: Path) -> None:
    files = {
        "x.so": Object(needed=["libone.so"], defined=["statx"]),
        "libone.so": Object(undefined=["statx"]),
    }
    assert judge(tmp_path, files, "musllinux_1_1_x86_64").reasons == ()


def test_a_library_that_nothing_needs_does_not_stand_in_for_musl(
    tmp_path: Path,
) -> None:
    """Loaded by itself, it hides its symbols from the others."""
    files = {
        "x.so": Object(undefined=["statx", "foo"]),
        "y.so": Object(defined=["statx", "foo"]),
    }
    verdict = judge(tmp_path, files, "musllinux_1_1_x86_64")
    assert [(r.code, r.subject) for r in verdict.reasons] == [
        ("symbol-too-new", "statx")
    ]


def test_libraries_may_need_each_other(tmp_path: Path) -> None:
    files = {
        "a.so": Object(needed=["b.so"], undefined=["in_b"], defined=["in_a"]),
        "b.so": Object(needed=["a.so"], undefined=["in_a"], defined=["in_b"]),
    }
    assert judge(tmp_path, files).reasons == ()


@pytest.mark.parametrize(
    ("needed", "honest"),
    [
        ("libc.so", True),
        ("libc.musl-x86_64.so.1", True),
        ("libm.so", True),
        ("libz.so.1", True),
        ("libz.so.2", False),
        ("libcrypt.so.1", False),
        ("libstdc++.so.6", False),
        ("libpython3.11.so.1.0", False),
        ("/usr/lib/libc.so", False),
    ],
)
def test_library_outside(tmp_path: Path, needed: str, honest: bool) -> None:
    verdict = judge(tmp_path, Object(needed=[needed]))
    assert verdict.honest == honest
    assert codes(verdict) == (set() if honest else {"library-outside"})


def test_symbols_of_zlib(tmp_path: Path) -> None:
    elf = Object(undefined=["inflate", "crc32_combine_op"], needed=["libz.so.1"])
    verdict = judge(tmp_path, elf)
    assert [(r.code, r.subject) for r in verdict.reasons] == [
        ("symbol-unknown", "crc32_combine_op")
    ]
    assert len(judge(tmp_path, replace(elf, needed=[])).reasons) == 2


@pytest.mark.parametrize(
    "elf",
    [
        Object(needed=["libc.so.6"]),
        Object(needed=["libm.so.6", "libpthread.so.0"]),
        Object(needed=["ld-linux-x86-64.so.2"]),
        Object(needed=MUSL, interpreter="/lib64/ld-linux-x86-64.so.2"),
    ],
)
def test_glibc_object(tmp_path: Path, elf: Object) -> None:
    verdict = judge(tmp_path, elf)
    assert not verdict.honest
    assert codes(verdict) == {"glibc-object"}


def test_program_for_musl_is_honest(tmp_path: Path) -> None:
    elf = Object(needed=MUSL, interpreter="/lib/ld-musl-x86_64.so.1", relocations=[18])
    assert judge(tmp_path, elf).reasons == ()


def test_loader_too_new(tmp_path: Path) -> None:
    verdict = judge(tmp_path, Object(relr=True), "musllinux_1_1_x86_64")
    assert not verdict.honest
    assert codes(verdict) == {"loader-too-new"}
    verdict = judge(tmp_path, Object(relr=True))
    assert verdict.honest
    assert codes(verdict) == {"needs-patch-release"}
    assert verdict.needs == (1, 2, 4)
    assert judge(tmp_path, Object(relr=True), floor=(1, 2, 4)).reasons == ()


def test_every_loongarch64_has_what_its_first_release_had(tmp_path: Path) -> None:
    elf = Object("loongarch64", relr=True, undefined=["statx"])
    verdict = judge(tmp_path, elf, "musllinux_1_2_loongarch64")
    assert verdict == Verdict("musllinux_1_2_loongarch64", True, None, ())


@pytest.mark.parametrize(
    "elf", [Object(relocations=[37]), Object(ifunc=["f"]), Object(relocations=[18])]
)
def test_relocation_refused(tmp_path: Path, elf: Object) -> None:
    verdict = judge(tmp_path, elf)
    assert not verdict.honest
    assert codes(verdict) == {"relocation-refused"}


def test_initial_exec_is_refused_only_where_a_process_is_running(
    tmp_path: Path,
) -> None:
    loader = "/lib/ld-musl-x86_64.so.1"
    files = {
        "p.libs/libtls.so": Object(relocations=[18], needed=["libother.so"]),
        "p.libs/libother.so": Object(needed=["libtls.so"]),
        "bin/program": Object(interpreter=loader, needed=["libother.so"]),
    }
    assert judge(tmp_path, files).reasons == ()
    files["x.so"] = Object(needed=["libother.so"])
    assert codes(judge(tmp_path, files)) == {"relocation-refused"}


@pytest.mark.parametrize(
    ("elf", "tag"),
    [
        (Object("aarch64"), "musllinux_1_2_x86_64"),
        (Object("x86_64"), "musllinux_1_2_i686"),
        (Object("i686", e_machine=62), "musllinux_1_2_x86_64"),
        (Object("armv7l", e_flags=0x05000200), "musllinux_1_2_armv7l"),
        (Object("ppc64"), "musllinux_1_2_ppc64le"),
        (Object("riscv64", e_flags=0), "musllinux_1_2_riscv64"),
    ],
)
def test_wrong_architecture(tmp_path: Path, elf: Object, tag: str) -> None:
    verdict = judge(tmp_path, elf, tag)
    assert not verdict.honest
    assert codes(verdict) == {"wrong-architecture"}


def test_file_for_another_architecture_beside_a_right_one(tmp_path: Path) -> None:
    files = {
        "x.so": Object(),
        "helper": Object("aarch64", undefined=["foo"], relr=True),
    }
    verdict = judge(tmp_path, files)
    assert verdict.honest
    assert codes(verdict) == {"foreign-object"}


@pytest.mark.parametrize(
    "files",
    [
        {"x.so": Object(), "y.so": Object("aarch64", defined=["PyInit_y"])},
        {"x.so": Object(needed=["liby.so"]), "liby.so": Object("aarch64")},
    ],
)
def test_wrong_file_that_is_loaded(tmp_path: Path, files: dict[str, Object]) -> None:
    assert "wrong-architecture" in breaking(judge(tmp_path, files))


@pytest.mark.parametrize("arch", ["armv6l", "armv7l"])
def test_one_file_may_serve_two_architectures(tmp_path: Path, arch: str) -> None:
    assert judge(tmp_path, Object("armv7l"), f"musllinux_1_2_{arch}").reasons == ()


@pytest.mark.parametrize(
    "files",
    [
        {"p.libs/libc.musl-x86_64-0a1b2c3d.so.1": Object()},
        {"p.libs/libfoo.so": Object(soname="libc.so")},
        {"p.libs/ld-musl-x86_64.so.1": Object()},
        {
            "p.libs/libc-0a1b2c3d.so": Object(
                defined=["__libc_start_main", "__errno_location"]
            )
        },
    ],
)
def test_libc_grafted(tmp_path: Path, files: dict[str, Object]) -> None:
    verdict = judge(tmp_path, files)
    assert not verdict.honest
    assert codes(verdict) == {"libc-grafted"}


@pytest.mark.parametrize(
    "name", ["librt.cpython-311-x86_64-linux-musl.so", "libc.abi3.so", "libutil.so"]
)
def test_a_name_that_only_resembles_a_libc(tmp_path: Path, name: str) -> None:
    assert judge(tmp_path, {name: Object()}).reasons == ()


def test_musl_takes_its_own_names_for_itself(tmp_path: Path) -> None:
    """A DT_NEEDED of libutil.so never loads the wheel's file of that name."""
    files = {"x.so": Object(undefined=["statx"], needed=["libutil.so"])}
    files["libutil.so"] = Object(defined=["statx"])
    assert codes(judge(tmp_path, files)) == {"needs-patch-release"}


def test_object_malformed(tmp_path: Path) -> None:
    verdict = judge(tmp_path, {"x.so": bytes(Object(undefined=["open"]))[:200]})
    assert not verdict.honest
    assert codes(verdict) == {"object-malformed"}


@pytest.mark.parametrize("arch", ["i686", "armv7l", "armv6l"])
def test_time64(tmp_path: Path, arch: str) -> None:
    elf = Object(arch, undefined=["__clock_gettime64", "__stat_time64", "dlsym"])
    verdict = judge(tmp_path, elf, f"musllinux_1_1_{arch}")
    assert not verdict.honest
    assert codes(verdict) == {"symbol-too-new"}
    assert verdict.needs == (1, 2, 0)
    assert judge(tmp_path, elf, f"musllinux_1_2_{arch}").reasons == ()


def test_time64_names_are_in_no_64_bit_musl(tmp_path: Path) -> None:
    elf = Object(undefined=["__clock_gettime64"])
    assert codes(judge(tmp_path, elf)) == {"symbol-unknown"}


def test_mixed_time(tmp_path: Path) -> None:
    tag = "musllinux_1_2_i686"
    old, new = (
        Object("i686", undefined=["stat"]),
        Object("i686", undefined=["__time64"]),
    )
    both = Object("i686", undefined=["stat", "__time64"])
    assert codes(judge(tmp_path, both, tag)) == {"mixed-time"}
    assert judge(tmp_path, both, tag).honest
    across = judge(tmp_path, {"old.so": old, "new.so": new}, tag)
    assert codes(across) == {"mixed-time-across"}
    assert [reason.file for reason in across.reasons] == ["old.so"]
    assert judge(tmp_path, old, tag).reasons == ()
    assert judge(tmp_path, new, tag).reasons == ()


def test_time_functions_of_the_wheel_itself_are_not_mixed(tmp_path: Path) -> None:
    files = {
        "x.so": Object("i686", undefined=["time", "__stat_time64"], needed=["t.so"]),
        "t.so": Object("i686", defined=["time"]),
    }
    assert judge(tmp_path, files, "musllinux_1_2_i686").reasons == ()


def test_64_bit_time_is_never_mixed(tmp_path: Path) -> None:
    elf = Object("aarch64", undefined=["stat", "time"])
    assert judge(tmp_path, elf, "musllinux_1_1_aarch64").reasons == ()


def test_architecture_unlisted(tmp_path: Path) -> None:
    verdict = judge(tmp_path, Object(undefined=["foo"]), "musllinux_1_2_mips")
    assert verdict.honest
    assert not verdict.judged
    assert codes(verdict) == {"architecture-unlisted"}


def test_armv8l_is_judged_as_armv7l(tmp_path: Path) -> None:
    elf = Object("armv7l", undefined=["__time64"], defined=["PyInit_x"])
    files = {"x.cpython-311-arm-linux-musleabihf.so": elf}
    verdicts = [
        judge(tmp_path, files, f"musllinux_1_1_{arch}") for arch in ("armv7l", "armv8l")
    ]
    assert codes(verdicts[1]) == {"symbol-too-new"}
    assert verdicts[0][1:] == verdicts[1][1:]
    assert breaking(judge(tmp_path, Object(), "musllinux_1_2_armv8l")) == {
        "wrong-architecture"
    }


def test_nothing_is_known_of_another_major_version(tmp_path: Path) -> None:
    elf = Object(undefined=["open", "statx", "foo"], relr=True)
    verdict = judge(tmp_path, elf, "musllinux_2_0_x86_64")
    assert verdict.honest
    assert not verdict.judged
    assert verdict.needs is None
    assert codes(verdict) == {"release-unmeasured"}


@pytest.mark.parametrize("minor", [0, 3])
def test_the_nearest_series_stands_for_one_that_is_not_known(
    tmp_path: Path, minor: int
) -> None:
    elf = Object(undefined=["foo", "__libc_get_version"])
    verdict = judge(tmp_path, elf, f"musllinux_1_{minor}_x86_64")
    assert verdict.judged
    assert codes(verdict) == {
        "release-unmeasured",
        "symbol-unknown",
        "symbol-removed-later",
    }


def test_a_series_without_the_architecture_is_not_known(tmp_path: Path) -> None:
    """No release of the series 1.1 has loongarch64, so no tag of it is suggested."""
    tag = "musllinux_1_1_loongarch64"
    files = {"x.so": Object("loongarch64", undefined=["open"])}
    report = audit_wheel(make_wheel(tmp_path, files, tag))
    (verdict,) = report.verdicts
    assert verdict.honest
    assert codes(verdict) == {"release-unmeasured"}
    lowest = report.lowest["loongarch64"]
    assert lowest is not None
    assert lowest.tag == "musllinux_1_2_loongarch64"


@pytest.mark.parametrize(
    ("symbols", "needs", "unmet"),
    [
        (["open"], None, ()),
        (["gettid"], (1, 2, 2), ()),
        (["foo"], None, ("foo",)),
        (["__libc_get_version", "gettid"], (1, 2, 2), ("__libc_get_version",)),
        (["posix_fallocate64"], (1, 2, 6), ()),
    ],
)
def test_what_no_release_meets_is_told_apart(
    tmp_path: Path, symbols: list[str], needs: Release | None, unmet: tuple[str, ...]
) -> None:
    verdict = judge(tmp_path, Object(undefined=symbols))
    assert (verdict.needs, verdict.unmet) == (needs, unmet)


def test_a_removed_symbol_says_which_releases_lack_it(tmp_path: Path) -> None:
    (reason,) = judge(tmp_path, Object(undefined=["posix_fallocate64"])).reasons
    assert reason.lacking == ((1, 2, 4), (1, 2, 5))
    assert reason.since == (1, 2, 6)


def test_a_symbol_that_the_first_releases_of_a_series_lost(tmp_path: Path) -> None:
    """A tag of the series before loses it; for one of the series itself it is new."""
    elf = Object("i686", undefined=["__xstat"])
    (reason,) = judge(tmp_path, elf, "musllinux_1_1_i686").reasons
    assert reason.code == "symbol-removed-later"
    assert reason.lacking == ((1, 2, 0), (1, 2, 1), (1, 2, 2), (1, 2, 3))
    assert reason.since == (1, 2, 4)
    assert "headers" in reason.remedy
    verdict = judge(tmp_path, elf, "musllinux_1_2_i686")
    assert verdict.honest
    assert [(r.code, r.since) for r in verdict.reasons] == [
        ("needs-patch-release", (1, 2, 4))
    ]


def test_an_extension_module_gives_symbols_only_to_what_loads_it(
    tmp_path: Path,
) -> None:
    module = Object(defined=["PyInit_y", "foo"])
    by_hand = {"x.so": Object(undefined=["foo"]), "y.so": module}
    assert codes(judge(tmp_path, by_hand)) == {"symbol-unknown"}
    needed = {"x.so": Object(undefined=["foo"], needed=["y.so"]), "y.so": module}
    assert codes(judge(tmp_path, needed)) == set()


def test_symbols_of_a_library_that_is_missing_follow_from_it(tmp_path: Path) -> None:
    files = {
        "x.so": Object(undefined=["foo_new"], needed=["libbar.so"]),
        "libbar.so": Object(needed=["libfoo.so"]),
        "y.so": Object(undefined=["bar_new"]),
    }
    found = {r.subject: r.follows for r in judge(tmp_path, files).reasons}
    assert found == {
        "libfoo.so": None,
        "foo_new": "library-outside",
        "bar_new": None,
    }


def test_symbols_of_glibc_follow_from_its_object(tmp_path: Path) -> None:
    elf = Object(undefined=["gnu_get_libc_version"], needed=["libc.so.6"])
    found = {r.code: r.follows for r in judge(tmp_path, elf).reasons}
    assert found == {"glibc-object": None, "symbol-unknown": "glibc-object"}


@pytest.mark.parametrize(
    ("elf", "word", "other"),
    [
        (Object(relr=True), "nopack-relative-relocs", None),
        (Object(undefined=["gettid"]), "oldest musl", "nopack"),
        (Object(undefined=["posix_fallocate64"]), "posix_fallocate,", "stat,"),
        (Object(undefined=["__libc_get_version"]), "headers declare", "posix"),
        (Object(needed=["libfoo.so.1"]), "Bundle", None),
        (Object(needed=["libgcompat.so.0"]), "Build against musl", "Bundle the"),
        (Object(needed=["libpython3.11.so.1.0"]), "interpreter", "Bundle"),
    ],
)
def test_the_remedy_fits_the_subject(
    tmp_path: Path, elf: Object, word: str, other: str | None
) -> None:
    (reason,) = judge(tmp_path, elf).reasons
    assert word in reason.remedy
    assert other is None or other not in reason.remedy


def test_floor_of_another_series_is_none_of_the_tag(tmp_path: Path) -> None:
    wheel = {"x.so": Object(undefined=["gettid"])}
    for floor in ((1, 1, 24), (2, 2, 6)):
        assert judge(tmp_path, wheel, floor=floor) == judge(tmp_path, wheel)


def test_all_tags_of_the_name_are_judged(tmp_path: Path) -> None:
    tags = "manylinux_2_17_x86_64.musllinux_1_1_x86_64.musllinux_1_2_x86_64"
    report = audit_wheel(
        make_wheel(tmp_path, {"x.so": Object(undefined=["statx"])}, tags)
    )
    assert [(v.tag, v.honest) for v in report.verdicts] == [
        ("musllinux_1_1_x86_64", False),
        ("musllinux_1_2_x86_64", True),
    ]
    assert report.lowest == {
        "x86_64": Lowest("musllinux_1_2_x86_64", (1, 2, 5), time64=False)
    }


def test_minimum_holds_for_its_own_series(tmp_path: Path) -> None:
    tags = "musllinux_1_1_x86_64.musllinux_1_2_x86_64"
    wheel = make_wheel(tmp_path, {"x.so": Object(undefined=["statx"])}, tags)
    report = audit_wheel(wheel, (1, 2, 5))
    assert [codes(v) for v in report.verdicts] == [{"symbol-too-new"}, set()]


@pytest.mark.parametrize(
    ("elf", "lowest"),
    [
        (Object(undefined=["open"]), Lowest("musllinux_1_1_x86_64", None, False)),
        (
            Object(undefined=["gettid"]),
            Lowest("musllinux_1_2_x86_64", (1, 2, 2), False),
        ),
        (Object("i686"), Lowest("musllinux_1_1_i686", None, True)),
        (Object(needed=["libfoo.so"]), None),
    ],
)
def test_lowest_tag_of_a_wheel_without_one(
    tmp_path: Path, elf: Object, lowest: Lowest | None
) -> None:
    report = audit_wheel(make_wheel(tmp_path, {"x.so": elf}, f"linux_{elf.arch}"))
    assert report.verdicts == ()
    assert report.lowest == {elf.arch: lowest}


@pytest.mark.parametrize("name", ["p.zip", "p-1-musllinux_1_2_x86_64.whl", "p.whl"])
def test_other_file_names_are_refused(tmp_path: Path, name: str) -> None:
    wheel = make_wheel(tmp_path, {}).rename(tmp_path / name)
    with pytest.raises(UnreadableWheel, match="Invalid wheel filename"):
        audit_wheel(wheel)


def test_every_code_is_explained() -> None:
    for code, (severity, meaning, remedy) in CODES.items():
        assert code == code.lower()
        assert severity in ("breaks", "patch", "warning", "note")
        assert meaning.endswith(".")
        assert remedy.endswith(".")
