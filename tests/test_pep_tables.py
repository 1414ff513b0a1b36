"""Each table of the text equals the data that it shows."""

import json
import re
from importlib.resources import files as resources
from typing import Any

from musllinux_audit.reasons import CODES
from musllinux_conformance import files
from musllinux_conformance.requirements import extract

TEXT = files.PEP.read_text("utf-8")
Rows = list[list[str]]


def data(name: str) -> Any:
    return json.loads(
        resources("musllinux").joinpath(f"data/{name}").read_text("utf-8")
    )


def tables(start: str) -> list[Rows]:
    """Return the simple tables from a line of the text on to the next title.

    A row without a first cell continues the row above.
    """
    begin = TEXT.index(start)
    end = re.compile(r"^.+\n[=-]{4,}\n\n", re.M).search(TEXT, begin + 2 * len(start))
    part = TEXT[begin : end.start() if end else None]
    found = []
    bar = r"^ *=+(?: =+)+$"
    for match in re.finditer(rf"({bar})\n.*?\n{bar}\n(.*?)\n{bar}", part, re.M | re.S):
        columns = [m.span() for m in re.finditer("=+", match[1])]
        rows: Rows = []
        for line in match[2].splitlines():
            cells = [line[a:b].strip().replace("``", "") for a, b in columns]
            if cells[0]:
                rows.append(cells)
            else:
                rows[-1] = [
                    " ".join(p).strip() for p in zip(rows[-1], cells, strict=True)
                ]
        found.append(rows)
    return found


def release(text: str) -> tuple[int, ...]:
    """Read the numbers at the start of a version."""
    numbers = re.match(r"[0-9.]+", text)
    assert numbers
    return tuple(map(int, numbers[0].split(".")))


def listed(start: str, end: str) -> list[str]:
    """Return the literals of the first paragraph that stands between two texts."""
    text = TEXT[TEXT.index(start) + len(start) :]
    return re.findall(r"``(\S+?)``", text[: text.index(end)])


def arches_by_port() -> dict[str, list[str]]:
    return {port["port"]: port["arches"] for port in data("musl.json")["ports"]}


def gained(series: str) -> dict[str, list[str]]:
    """Return what every architecture gained in each release of a series."""
    musl = data("musl.json")
    names: dict[str, list[str]] = {
        number: [] for number in musl["releases"] if number.startswith(f"{series}.")
    }
    for record in data("symbols.json")["symbols"]:
        if record.keys() == {"names", "since"} and record["since"] in names:
            names[record["since"]] += record["names"]
    for ability, since in musl["abilities"].items():
        if since in names:
            names[since].append(ability)
    return names


def test_architectures() -> None:
    rows = data("architectures.json")["architectures"]
    of_files, of_flags = tables("Appendix A: Architectures")
    assert of_files == [
        [
            row["arch"],
            str(row["class"]),
            row["data"],
            f"{row['e_machine_name']} ({row['e_machine']})",
            ", ".join(row["kernel"]),
        ]
        for row in rows
    ]
    assert of_flags == [
        [
            row["arch"],
            f"{flags['mask']:#010x}",
            f"{flags['value']:#010x}",
            flags["meaning"],
        ]
        for row in rows
        if (flags := row["e_flags"])["mask"]
    ]


def test_loaders() -> None:
    loaders = data("loaders.json")
    assert tables("Appendix B: ")[0] == [
        [r["arch"], r["musl_name"], r["alpine_libc"] or ""] for r in loaders["loaders"]
    ]
    assert listed("begins with one of:", ".\n\n") == [
        f"lib{prefix}" for prefix in loaders["resolved_prefixes"]
    ]
    assert (
        listed("every name that begins so:", ".\n\n")
        == loaders["glibc_prefixes"] + loaders["glibc_names"]
    )
    assert len(loaders["glibc_prefixes"]) == 3
    assert "The first three stand" in TEXT


def test_first_releases_and_suffixes() -> None:
    musl = data("musl.json")
    since = {
        arch: port["since"] or f"before {min(musl['releases'], key=release)}"
        for port in musl["ports"]
        for arch in port["arches"]
    }
    assert tables("Appendix B: ")[1] == [
        [row["arch"], since[row["arch"]], musl["extension_suffix"][row["arch"]]]
        for row in data("architectures.json")["architectures"]
    ]


def test_every_architecture_has_a_loader() -> None:
    arches = [row["arch"] for row in data("architectures.json")["architectures"]]
    assert [row["arch"] for row in data("loaders.json")["loaders"]] == arches


def test_musl_releases() -> None:
    assert tables("Appendix C: ") == [
        [*map(list, data("musl.json")["releases"].items())]
    ]


def test_alpine_releases() -> None:
    rows = data("alpine.json")["alpine"]
    assert tables("Appendix D: ") == [[[r["alpine"], r["musl_package"]] for r in rows]]


def test_what_the_series_gained() -> None:
    alpine = data("alpine.json")["alpine"]
    assert tables("Appendix E: ")[0] == [
        [
            number,
            " ".join(names) or "nothing",
            next(
                row["alpine"]
                for row in alpine
                if release(row["musl_package"]) >= release(number)
            ),
        ]
        for number, names in gained("1.2").items()
    ]


def test_what_the_series_before_gained() -> None:
    public = {
        number: [name for name in names if not name.startswith("_")]
        for number, names in gained("1.1").items()
    }
    assert tables("Appendix E: ")[1] == [
        [number, " ".join(names)] for number, names in public.items() if names
    ]


def test_what_only_some_architectures_have() -> None:
    arches = arches_by_port()
    assert tables("Appendix E: ")[2] == [
        [
            record.get("since", "its first"),
            ", ".join(arch for port in record["ports"] for arch in arches[port]),
            " ".join(record["names"]),
        ]
        for record in data("symbols.json")["symbols"]
        if "ports" in record
        and "until" not in record
        and record.get("since") != "1.2.0"
    ]


def test_the_names_for_large_files() -> None:
    records = data("symbols.json")["symbols"]
    mapped = {n: r["since"] for r in records if r.get("loader") for n in r["names"]}
    exported = {n for r in records if r.get("until") == "1.2.3" for n in r["names"]}
    assert listed("is not mapped <fallocate_>`__.  They are:", ".\n\n") == sorted(
        mapped
    )
    assert exported == mapped.keys()
    assert f"musl exported {len(mapped)} names for large files" in TEXT
    assert {n: since for n, since in mapped.items() if since != "1.2.4"} == {
        "posix_fallocate64": "1.2.6"
    }


def test_the_names_that_were_gone_for_a_while() -> None:
    """On 32-bit architectures until 1.1.24 and again from 1.2.4 on."""
    kin = ["__fxstat", "__fxstatat", "__lxstat", "__xstat"]
    records = data("symbols.json")["symbols"]
    changed = [r for r in records if r.get("ports") == ["i386", "arm"]]
    assert [r.get("until") for r in changed if r["names"] == kin] == ["1.1.24", None]
    assert [r.get("since") for r in changed if r["names"] == kin] == [None, "1.2.4"]
    words = " ".join(TEXT.split())
    assert "``__xstat`` and its kin, were gone from 1.2.0 to 1.2.3" in words


def test_time64_names() -> None:
    """The plain name follows from the loader's rule for the added one."""
    added = [
        name
        for record in data("symbols.json")["symbols"]
        if record.get("since") == "1.2.0"
        for name in record["names"]
    ]
    (rows,) = tables("Appendix F: ")
    assert [new for _, new in rows] == sorted(added)
    for plain, new in rows:
        stem = plain.removesuffix("_r")
        middle = "64" if stem.endswith("time") else "_time64"
        assert new == f"__{stem}{middle}{plain.removeprefix(stem)}"


def test_the_architectures_that_time64_changed() -> None:
    ports = data("musl.json")["ports"]
    changed = {arch for port in ports if port["time64"] for arch in port["arches"]}
    bits = {r["arch"]: r["class"] for r in data("architectures.json")["architectures"]}
    assert changed == {arch for arch, size in bits.items() if size == 32}
    text = extract(TEXT)["time64.mixed-object"].text
    assert set(re.findall(r"\b(?:i686|armv\w+)", text)) == changed
    words = " ".join(TEXT.split())
    number = len(tables("Appendix F: ")[0])
    assert f"the {number} new names" in words
    assert f"one of the {number} names" in words


def test_reasons_of_an_auditor() -> None:
    (rows,) = tables("Appendix G: ")
    assert [(code, severity) for code, severity, _ in rows] == [
        (name, code.severity) for name, code in CODES.items()
    ]


def test_the_sample_of_wheels() -> None:
    wheels = data("relr-sample.json")["wheels"]
    assert tables("Footnotes\n")[0] == [
        [row["wheel"], str(row["objects"]), str(row["relr"])] for row in wheels
    ]


def test_the_figures_for_the_floor() -> None:
    """The first open issue counts what the tables hold."""
    words = [
        "no",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
    ]
    functions = {
        number: sum(name != "DT_RELR" for name in names)
        for number, names in gained("1.2").items()
    }
    covered = {
        floor: words[
            sum(n for at, n in functions.items() if release(at) <= release(floor))
        ]
        for floor in functions
        if floor < "1.2.6"
    }
    wheels = data("relr-sample.json")["wheels"]
    with_relr = words[sum(row["relr"] > 0 for row in wheels)]
    text = " ".join(TEXT.split())
    assert len(wheels) == sum(functions.values()) == 13
    assert (
        f"With the floor at 1.2.2, {covered['1.2.2']} of the 13 functions are covered; "
        f"at 1.2.3, {covered['1.2.3']}; at 1.2.4, {covered['1.2.4']} and ``DT_RELR``; "
        f"at 1.2.5, {covered['1.2.5']}." in text
    )
    assert f"looked at [#sample]_, {with_relr} contain an object" in text
    without = words[sum(row["relr"] == 0 for row in wheels)]
    assert f"wheels in the footnote below, {without} have no object" in text
    releases = words[sum(number > 0 for number in functions.values())]
    assert f"gained 13 functions after 1.2.0, in {releases} releases" in text
    shipped = {release(row["musl_package"]) for row in data("alpine.json")["alpine"]}
    assert not shipped & {(1, 2, 0), (1, 2, 1)}
    assert min(shipped - {r for r in shipped if r < (1, 2)}) == (1, 2, 2)
