"""The symbol data: in itself, and against a real musl library where there is one."""

import json
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from musllinux.arch import ARCHITECTURES
from musllinux_audit import musl
from musllinux_audit.musl import Port, parse_release, port_of
from musllinux_conformance.objects import Object

SCRIPT = Path(__file__).parents[1] / "reference" / "tools" / "compare_symbols.py"
DATA = json.loads(
    (Path(musl.__file__).parents[1] / "musllinux/data/symbols.json").read_text()
)
ARCHES = [row.arch for row in ARCHITECTURES]


def port(arch: str) -> Port:
    found = port_of(arch)
    assert found is not None
    return found


def since(arch: str, symbol: str) -> str | None:
    """Return the first release that has a symbol, None if there is none."""
    having = sorted(port(arch).resolving(symbol))
    return musl.show_release(having[0]) if having else None


def test_releases_are_in_order() -> None:
    assert all(older < newer for older, newer in pairwise(musl.releases()))


@pytest.mark.parametrize("arch", ARCHES)
def test_every_architecture_has_a_port(arch: str) -> None:
    assert port(arch).releases[-1] == musl.releases()[-1]
    assert musl.extension_suffix(arch)


def test_other_architectures_have_none() -> None:
    assert port_of("vax") is None
    assert musl.extension_suffix("vax") is None


def test_records_name_known_releases_and_ports() -> None:
    known = {port(arch).name for arch in ARCHES}
    for record in DATA["symbols"]:
        assert record.keys() <= {"since", "until", "ports", "loader", "names"}
        assert set(record.get("ports", known)) <= known
        assert record["names"] == sorted(set(record["names"]))
        for key in record.keys() & {"since", "until"}:
            assert parse_release(record[key]) in musl.releases()


def test_no_symbol_has_two_records_for_one_release() -> None:
    seen = set()
    for record in DATA["symbols"]:
        first = parse_release(record.get("since", "0.0.0"))
        last = parse_release(record.get("until", "99.0.0"))
        for name in {port(arch).name for arch in ARCHES}:
            if name in record.get("ports", [name]):
                for release in musl.releases():
                    if first <= release <= last:
                        for symbol in record["names"]:
                            assert (name, release, symbol) not in seen
                            seen.add((name, release, symbol))


@pytest.mark.parametrize(
    ("arch", "symbol", "first"),
    [
        ("x86_64", "open", "1.1.0"),
        ("x86_64", "secure_getenv", "1.1.24"),
        ("x86_64", "gettid", "1.2.2"),
        ("aarch64", "qsort_r", "1.2.3"),
        ("armv7l", "statx", "1.2.5"),
        ("s390x", "renameat2", "1.2.6"),
        ("i686", "__clock_gettime64", "1.2.0"),
        ("x86_64", "__clock_gettime64", None),
        ("x86_64", "gnu_get_libc_version", None),
        ("loongarch64", "open", "1.2.5"),
        ("armv7l", "__aeabi_memcpy", "1.1.12"),
    ],
)
def test_first_release(arch: str, symbol: str, first: str | None) -> None:
    assert since(arch, symbol) == first


def test_the_loader_resolves_what_the_table_lacks() -> None:
    """1.2.4 took the LFS64 names out of its table, and resolves all but one."""
    x86_64 = port("x86_64")
    assert x86_64.resolving("fopen64") == set(x86_64.releases)
    missing = set(x86_64.releases) - x86_64.resolving("posix_fallocate64")
    assert missing == {(1, 2, 4), (1, 2, 5)}
    assert "fopen64" in musl.exported(x86_64, (1, 2, 3))
    assert "fopen64" not in musl.exported(x86_64, (1, 2, 4))


def test_time64_names_follow_the_rule_of_the_loader() -> None:
    names = musl.time64_names()
    assert len(names) == 62
    for old, new in names.items():
        stem, again = re.fullmatch(r"(.*?)(_r)?", old).groups("")  # type: ignore[union-attr]
        suffix = "64" if stem.endswith("time") else "_time64"
        assert new == f"__{stem}{suffix}{again}"
        assert old in musl.exported(port("i686"), (1, 1, 24))


@pytest.mark.parametrize(
    "text", ["1.2", "1.2.x", "1.2.05", "1.2.3.4", "", "-1.2.3", "1.2.²"]
)
def test_what_is_no_release(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not X\.Y\.Z"):
        parse_release(text)


def debian_musl() -> tuple[Path, str]:
    """Return the library of Debian's musl package, and its version."""
    query = shutil.which("dpkg-query")
    if query is None:
        pytest.skip("not Debian: no package of musl whose patches are known")
    asked = subprocess.run(
        [query, "-W", "-f=${Version}", "musl"], capture_output=True, text=True
    )
    version = re.match(r"\d+\.\d+\.\d+", asked.stdout)
    loaders = sorted(Path("/lib").glob("ld-musl-*.so.1"))
    if asked.returncode or version is None or not loaders:
        pytest.skip("Debian's package musl is not installed")
    return loaders[0], version[0]


# What Debian adds to musl or takes from it.
DEBIAN_MORE = {
    "fts_children",
    "fts_close",
    "fts_open",
    "fts_read",
    "fts_set",
    "renameat2",
}
DEBIAN_LESS = {"crypt", "crypt_r", "encrypt", "setkey"}


def test_agrees_with_the_musl_of_debian() -> None:
    library, version = debian_musl()
    run = subprocess.run(
        [sys.executable, SCRIPT, library, version], capture_output=True, text=True
    )
    assert run.returncode in (0, 1), run.stderr
    differences = set(run.stdout.splitlines())
    assert differences <= {f"+ {name}" for name in DEBIAN_MORE} | {
        f"- {name}" for name in DEBIAN_LESS
    }


def test_the_comparison_finds_a_difference() -> None:
    library, version = debian_musl()
    older = "1.1.0"
    assert parse_release(version) > (1, 1, 24)
    run = subprocess.run(
        [sys.executable, SCRIPT, library, older], capture_output=True, text=True
    )
    assert run.returncode == 1
    assert "+ secure_getenv" in run.stdout.splitlines()
    assert "- __libc_get_version" in run.stdout.splitlines()


@pytest.mark.parametrize(
    "arguments", [[], [__file__, "1.2.5"], ["/nonexistent", "1.2"]]
)
def test_the_comparison_says_what_is_wrong_in_a_line(arguments: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True
    )
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1


def test_agrees_with_the_loader_of_debian(tmp_path: Path) -> None:
    """Every name that the data knows, and one more, is given to the real loader."""
    library, version = debian_musl()
    if library.name != "ld-musl-x86_64.so.1":
        pytest.skip("not x86-64: the file made for this test would not load")
    release = parse_release(version)
    x86_64 = port("x86_64")
    names = {name for record in DATA["symbols"] for name in record["names"]}
    elf = Object(undefined=sorted(names | {"foo"}), needed=["libc.so"])
    (tmp_path / "x.so").write_bytes(bytes(elf))
    run = subprocess.run(
        [library, "--list", tmp_path / "x.so"], capture_output=True, text=True
    )
    missing = set(re.findall(r": (\w+): symbol not found", run.stderr))
    predicted = {name for name in names if release not in x86_64.resolving(name)}
    assert "foo" in missing
    assert (missing ^ predicted) - {"foo"} <= DEBIAN_MORE | DEBIAN_LESS
