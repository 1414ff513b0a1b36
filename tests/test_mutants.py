"""The mutants fit the reference of today, and the vectors kill them."""

import json

import pytest

from musllinux_conformance import vectors
from mutants import __main__ as run
from mutants import ask, catalogue
from mutants.catalogue import Mutant

NAMED = {mutant.id: mutant for mutant in catalogue.named()}
KILLS = json.loads(run.KILLS.read_text("utf-8"))


def test_each_named_mutant_is_a_python_module_or_json() -> None:
    for mutant in NAMED.values():
        if mutant.module.endswith(".json"):
            json.loads(mutant.source)
        else:
            compile(mutant.source, mutant.id, "exec")


def test_each_rule_that_can_be_broken_is_broken_by_a_named_mutant() -> None:
    assert run.without_mutant(NAMED.values()) == []
    assert run.without_mutant([]) != []


def test_a_mutant_that_no_longer_fits_is_refused(
    tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "REFERENCE", tmp_path)
    for name in {mutant.module for mutant in NAMED.values()}:
        file = tmp_path / name  # type: ignore[operator]
        file.parent.mkdir(exist_ok=True)
        file.write_text("", "utf-8")
    with pytest.raises(catalogue.StaleMutant, match="stands 0 times"):
        catalogue.named()


@pytest.mark.parametrize(
    ("name", "killer"),
    [
        ("order.newest-first: ascending", "order/minor-descending"),
        ("order.down-to-zero: stops at minor 1", "order/reaches-zero"),
        ("detect.stdout: reads stdout", "detect/banner-on-stdout"),
        ("tag.whole-arch: an ARCH that begins with the host's", "select/arch-prefix"),
        ("arch.kernel: the kernel's name where it fits the pointer size", None),
    ],
)
def test_a_named_mutant_is_killed(name: str, killer: str | None) -> None:
    mutant = NAMED[name]
    its = [
        vector
        for vector in ask.suite()
        if mutant.requirement in vector.requirements and not vector.waits
    ]
    killed_by = ask.killed_by(mutant, its)
    assert killed_by
    assert killer is None or killer in killed_by


def test_the_reference_itself_is_killed_by_nothing() -> None:
    source = (catalogue.REFERENCE / "tag.py").read_text("utf-8")
    some = [vector for vector in ask.suite() if not vector.waits]
    assert ask.killed_by(Mutant("unchanged", None, "tag.py", source), some) == []


def test_a_survivor_a_wrong_excuse_and_another_rule_are_told() -> None:
    mutant = NAMED["order.newest-first: ascending"]
    kills = {mutant.id: ["order/minor-descending"]}
    assert run.problems([mutant], kills, {}) == []
    assert "no vector kills" in run.problems([mutant], {mutant.id: []}, {})[0]
    assert "equivalent" in run.problems([mutant], kills, {mutant.id: "why"})[0]
    other = {mutant.id: ["order/no-manylinux"]}
    assert "no vector of this requirement" in run.problems([mutant], other, {})[0]


def test_the_matrix_is_of_this_reference_and_these_vectors() -> None:
    assert KILLS["inputs"] == run.inputs(), "run python -m mutants"
    assert KILLS["vectors"] == [vector.id for vector in ask.suite()]


def test_every_mutant_in_the_matrix_is_killed_or_excused() -> None:
    rows = {row["id"]: row for row in KILLS["mutants"]}
    assert NAMED.keys() <= rows.keys()
    for row in rows.values():
        assert bool(row["killed_by"]) != ("equivalent" in row), row["id"]
    excused = catalogue.equivalents()
    assert excused == {i: r["equivalent"] for i, r in rows.items() if "equivalent" in r}


def test_every_must_is_told_by_an_operation_that_a_class_is_judged_by() -> None:
    ids = KILLS["vectors"]
    suite = vectors.load()
    told = set()
    for row in KILLS["mutants"]:
        for place in row["killed_by"]:
            vector = suite[ids[place]]
            if vector.request["op"] in vectors.CLASS_OF:
                told.update({row.get("requirement")} & {*vector.requirements})
    assert {mutant.requirement for mutant in NAMED.values()} <= told
