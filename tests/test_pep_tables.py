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
    return json.loads(resources("musllinux").joinpath("data", name).read_text("utf-8"))


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


def gained() -> dict[str, list[str]]:
    """Return what every architecture gained in each release of the series 1.2."""
    musl = data("musl.json")
    names: dict[str, list[str]] = {
        number: [] for number in musl["releases"] if number.startswith("1.2.")
    }
    for record in data("symbols.json")["symbols"]:
        if record.keys() == {"names", "since"} and record["since"] in names:
            names[record["since"]] += record["names"]
    for ability, since in musl["abilities"].items():
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
    assert tables("Appendix B: ") == [
        [
            [r["arch"], r["musl_name"], r["alpine_libc"] or ""]
            for r in loaders["loaders"]
        ]
    ]
    text = TEXT[TEXT.index("begins with one of:") : TEXT.index("Appendix C: ")]
    assert re.findall(r"``(\S+)``", text) == [
        f"lib{prefix}" for prefix in loaders["resolved_prefixes"]
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
    assert tables("Appendix E: ") == [
        [
            [
                number,
                " ".join(names) or "nothing",
                next(
                    row["alpine"]
                    for row in alpine
                    if release(row["musl_package"]) >= release(number)
                ),
            ]
            for number, names in gained().items()
        ]
    ]


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
    assert f"the {len(tables('Appendix F: ')[0])} new names" in " ".join(TEXT.split())


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
        for number, names in gained().items()
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
    shipped = {release(row["musl_package"]) for row in data("alpine.json")["alpine"]}
    assert not shipped & {(1, 2, 0), (1, 2, 1)}
    assert min(shipped - {r for r in shipped if r < (1, 2)}) == (1, 2, 2)
