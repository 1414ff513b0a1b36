"""The vectors themselves: form, words, sizes, and whether the checks can bite."""

import base64
import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from independent import elf_words, text_words
from musllinux_conformance import compare, files, objects, traceability, vectors
from musllinux_conformance.vectors import Vector

SUITE = vectors.load()
ENTRIES = [entry for path in vectors.paths() for entry in vectors.read_file(path)]


def every(suite: dict[str, Vector] = SUITE) -> Any:
    return pytest.mark.parametrize("vector", suite.values(), ids=lambda v: v.id)


def test_vectors_stand_in_the_folder_of_their_family() -> None:
    for path in vectors.paths():
        for entry in vectors.read_file(path):
            assert entry["id"].startswith(f"{path.parent.name}/"), path


def test_every_file_fits_the_schema() -> None:
    schema = vectors.validator("vectors.json")
    for path in vectors.paths():
        schema.validate(json.loads(path.read_text("utf-8")))


def test_titles_say_what_is_so() -> None:
    for vector in SUITE.values():
        assert not re.search(r"\b(should|must|tests?|checks?)\b", vector.title, re.I)
        assert not vector.title.endswith("."), vector.id


def test_titles_are_unique_within_a_family() -> None:
    seen: dict[tuple[str, str], str] = {}
    for vector in SUITE.values():
        assert (vector.family, vector.title) not in seen, (vector.id, seen)
        seen[vector.family, vector.title] = vector.id


def test_no_vector_is_larger_than_4_kb() -> None:
    for entry in ENTRIES:
        assert len(json.dumps(entry)) <= 4096, entry["id"]


def _bytes_with_words(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        for key in value:
            if f"{key}_words" in value:
                yield key, value
            yield from _bytes_with_words(value[key])


@every()
def test_words_are_true_of_the_bytes(vector: Vector) -> None:
    for key, holder in _bytes_with_words(vector.request):
        content = base64.b64decode(holder[key])
        words = holder[f"{key}_words"].split(" -- ")[0]
        if key == "elf":
            assert words == elf_words(content + bytes(holder.get("pad", 0)))
        else:
            assert words == text_words(content)[: len(words)]
            assert len(words) == len(text_words(content)) or len(words) >= 200


def test_every_wheel_name_is_one_for_packaging_or_the_vector_says_not() -> None:
    for vector in SUITE.values():
        if vector.request["op"] != "select":
            continue
        for file in vector.for_python("3.11").request["files"]:
            try:
                parse_wheel_filename(file["filename"])
            except InvalidWheelFilename:
                allowed = {"select.bad-name", "tag.form", "tag.harmless"}
                assert allowed & set(vector.requirements), vector.id


def test_placeholders_are_filled_in() -> None:
    vector = SUITE["select/5000-digits-in-a-set"].for_python("3.12")
    names = [file["filename"] for file in vector.request["files"]]
    assert vector.expect == {"equals": names[0]}
    assert re.search(r"-cp312-cp312-musllinux_1_9{5000}_x86_64\.", names[0])


def test_needs_lead_to_lower_vectors_and_never_back() -> None:
    def walk(name: str, seen: tuple[str, ...]) -> None:
        assert name not in seen, seen
        for need in SUITE[name].needs:
            walk(need, (*seen, name))

    for name in SUITE:
        walk(name, ())


def test_text_and_vectors_are_in_step() -> None:
    known = traceability.requirements.load()
    assert list(traceability.problems(known, SUITE, traceability.load())) == []


def test_traceability_fails_in_both_directions() -> None:
    known = dict(traceability.requirements.load())
    kept = traceability.load()
    name = "order.newest-first"
    changed = {**known, name: known[name]._replace(text="Tags MUST be listed.")}
    assert any("text changed" in p for p in traceability.problems(changed, SUITE, kept))
    gone = {key: value for key, value in known.items() if key != name}
    assert any(
        "no such requirement" in p for p in traceability.problems(gone, SUITE, kept)
    )
    untested = {k: v for k, v in SUITE.items() if name not in v.requirements}
    assert any(
        "no vector tests it" in p for p in traceability.problems(known, untested, kept)
    )


@pytest.mark.parametrize(
    ("expect", "side"),
    [
        ({"equals": {"musl": [1, 2], "arch": "x86_64"}}, True),
        ({"equals": {"interpreter": None, "arch": "x86_64"}}, False),
        ({"equals": [1, 0]}, True),
        ({"equals": []}, False),
        ({"equals": None}, False),
        ({"equals": False}, False),
        ({"contains": ["musllinux_1_0_x86_64"]}, True),
        ({"prefers": ["musllinux_1_0_x86_64"]}, True),
        ({"absent": ["musllinux_1_0_x86_64"]}, False),
        ({"rejected": True}, False),
        ({"unspecified": True}, None),
        ({"one_of": ["a", "b"]}, True),
        ({"one_of": [None, "a"]}, None),
    ],
)
def test_an_expectation_has_a_side(expect: dict[str, Any], side: bool | None) -> None:
    assert traceability.side(expect) is side


def test_a_rule_with_vectors_on_one_side_is_found() -> None:
    known, kept = traceability.requirements.load(), traceability.load()
    name = "banner.three-digits"
    for wanted in (True, False):
        fewer = {
            key: vector
            for key, vector in SUITE.items()
            if name not in vector.requirements
            or traceability.side(vector.expect) is wanted
        }
        found = list(traceability.problems(known, fewer, kept))
        assert any(p.startswith(f"{name}: vectors show one side") for p in found)
    listed = {**kept, "one_sided": {**kept["one_sided"], name: "why"}}
    found = list(traceability.problems(known, SUITE, listed))
    assert any(p.startswith(f"{name}: listed as one-sided") for p in found)


def test_merged_vectors_need_nothing_else() -> None:
    merged = vectors.merged()
    again = json.loads(json.dumps(merged))
    named = {requirement["id"] for requirement in again["requirements"]}
    current = [entry for entry in again["vectors"] if "retired" not in entry]
    for entry in current:
        assert set(entry["requirements"]) <= named
    assert {entry["id"] for entry in current} == set(SUITE)
    assert again["sha256"] == vectors.content_hash()


def test_the_content_hash_follows_content_and_nothing_else() -> None:
    entries = copy.deepcopy(ENTRIES)
    tombstone = {"id": "a/b", "retired": {"since": "0.1.0", "why": "it was wrong"}}
    assert vectors._sha256([tombstone, *entries[::-1]]) == vectors.content_hash()
    entries[0]["title"] += "x"
    assert vectors._sha256(entries) != vectors.content_hash()


# Whether the schema can bite: an edit of one place in a vector is always caught.


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield (*path, key)
            yield from _places(each, (*path, key))


def _edit(entry: dict[str, Any], choose: random.Random) -> tuple[str, dict[str, Any]]:
    """Return what was done, and a copy of a vector with one place spoilt."""
    edited = copy.deepcopy(entry)
    path = choose.choice(list(_places(edited)))
    holder = edited
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    kind = choose.choice(["drop", "misspell", "retype", "unknown"])
    if kind == "drop":
        del holder[key]
    elif kind == "misspell":
        holder[key + "s"] = holder.pop(key)
    elif kind == "retype":
        holder[key] = {"str": 7, "int": "7", "bool": "yes", "dict": [], "list": {}}.get(
            type(holder[key]).__name__, [[]]
        )
    else:
        holder["surprise"] = 1
    return f"{kind} {'.'.join(path)} of {entry['id']}", edited


# What may be left out without making a vector another one's equal.
OPTIONAL = re.compile(
    r"retype request\.loader\.repeat of |"  # A number and a word are both right.
    r"drop (notes|links|needs|request\.pad|request\.loader(\.[a-z_]+)?"
    r"|request\.executable\.(pad|slot)|request\.wheel\.platform"
    r"|expect\.equals\.(honest|needs|reasons))( |$)"
)


def test_the_schema_catches_single_edits() -> None:
    choose = random.Random(656)
    schema = vectors.validator("vectors.json#/$defs/vector")
    caught = 0
    while caught < 1000:
        what, edited = _edit(choose.choice(ENTRIES), choose)
        if OPTIONAL.match(what):
            continue
        assert not schema.is_valid(edited), what
        caught += 1


@pytest.mark.parametrize(
    ("key", "symbol"),
    [
        ("undefined", {"name": "x", "type": "STT_OBJCT"}),
        ("undefined", {"name": "x", "binding": "STB_WEAK"}),
        ("undefined", {"nam": "x", "type": "STT_OBJECT"}),
        ("defined", {"name": "x", "binding": "STB_LOCA"}),
        ("defined", {"name": "x", "visiblity": "STV_PROTECTED"}),
        ("defined", {"name": "x", "section": "SHN_UNDEF"}),
        ("defined", {"name": "x"}),
        ("plt", {"name": "x", "type": "STT_OBJECT"}),
    ],
)
def test_the_schema_catches_a_misspelt_symbol(key: str, symbol: dict[str, str]) -> None:
    schema = vectors.validator("vectors.json#/$defs/object")
    assert schema.is_valid({"arch": "x86_64", key: ["x"]})
    assert not schema.is_valid({"arch": "x86_64", key: [symbol]})


def test_the_writer_knows_the_words_of_the_schema() -> None:
    found = json.loads((files.SCHEMA / "vectors.json").read_text("utf-8"))
    symbols = found["$defs"]["object"]["properties"]
    words = set()
    for key in ("undefined", "defined"):
        for name, rule in symbols[key]["items"]["properties"].items():
            if name not in ("name", "placed"):
                words |= set(rule.get("enum", [rule.get("const")]))
    assert words == set(objects._WORDS)


# Whether the comparison can bite: the expected answer fits, a neighbour does not.


def _right(vector: Vector) -> dict[str, Any]:
    ((kind, wanted),) = vector.expect.items()
    if kind == "rejected":
        return {"rejected": "why"}
    if kind == "one_of":
        return {"ok": wanted[0]}
    if kind == "absent":
        return {"ok": ["musllinux_9_9_x86_64"]}
    if vector.request["op"] == "audit":  # A vector need not speak of all of it.
        return {"ok": {"honest": True, "needs": None, "reasons": [], **wanted}}
    return {"ok": wanted}


def _neighbours(vector: Vector) -> Iterator[dict[str, Any]]:
    ((kind, wanted),) = vector.expect.items()
    if kind == "rejected":
        yield {"ok": "anything"}
        return
    yield {"rejected": "why"}
    if kind in ("contains", "prefers", "equals") and isinstance(wanted, list):
        yield {"ok": wanted[:-1] if wanted else ["musllinux_1_2_x86_64"]}
        if kind != "contains" and wanted[::-1] != wanted:
            yield {"ok": wanted[::-1]}
    if kind == "absent":
        yield {"ok": ["musllinux_9_9_x86_64", wanted[-1]]}
    if kind in ("equals", "one_of"):
        for each in [wanted] if kind == "equals" else wanted:
            if isinstance(each, dict):
                whole = _right(vector)["ok"] or {}
                for key, value in each.items():
                    if isinstance(value, bool):
                        other: Any = not value
                    elif isinstance(value, str):
                        other = value + "x"
                    elif isinstance(value, int):
                        other = value + 1
                    else:
                        other = [*(value or []), "x"]
                    yield {"ok": {**whole, **each, key: other}}
            elif isinstance(each, str):
                yield {"ok": each + "x"}
            elif each is None:
                yield {"ok": False}


@every({k: v for k, v in SUITE.items() if "unspecified" not in v.expect})
def test_the_comparison_takes_the_answer_and_no_neighbour(vector: Vector) -> None:
    op = vector.request["op"]
    assert compare.fits(vector.expect, op, _right(vector))
    for answer in _neighbours(vector):
        assert not compare.fits(vector.expect, op, answer), answer


@pytest.mark.parametrize(
    ("left", "right"), [(1, True), (1, 1.0), (0, False), (None, False), ([], {})]
)
def test_values_of_two_types_are_never_the_same(left: Any, right: Any) -> None:
    assert not compare.same(left, right)
    assert not compare.same([left], [right])
    assert not compare.same({"a": left}, {"a": right})
    assert compare.same({"a": [left]}, {"a": [left]})


def test_only_linux_tags_are_taken_out() -> None:
    expect = {"equals": ["musllinux_1_0_x86_64"]}
    answer = ["linux_x86_64", "musllinux_1_0_x86_64"]
    assert compare.fits(expect, "platform_tags", {"ok": answer})
    answer = ["manylinux_2_17_x86_64", "musllinux_1_0_x86_64"]
    assert not compare.fits(expect, "platform_tags", {"ok": answer})
