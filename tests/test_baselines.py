"""Implementations that know nothing pass no family, and conform in no class."""

import json
from typing import Any

import pytest

from musllinux_conformance import baselines, vectors

KEPT = json.loads(baselines.FILE.read_text("utf-8"))


@pytest.fixture(scope="module", params=baselines.BASELINES, ids=lambda b: b.__name__)
def scored(request: pytest.FixtureRequest) -> dict[str, Any]:
    return baselines.score(request.param)


def test_it_passes_no_family(scored: dict[str, Any]) -> None:
    families = {vector.family for vector in vectors.load().values()}
    assert scored["families"].keys() == families
    for family, (passed, judged) in scored["families"].items():
        assert passed < judged, family


def test_it_conforms_in_no_class(scored: dict[str, Any]) -> None:
    assert "conforms" not in scored["verdicts"].values()


def test_the_scores_in_the_tree_are_these(scored: dict[str, Any]) -> None:
    kept = {baseline["name"]: baseline for baseline in KEPT["baselines"]}
    again = "run python -m musllinux_conformance.baselines"
    assert kept[scored["name"]] == scored, again


def test_the_scores_in_the_tree_are_of_these_vectors() -> None:
    assert KEPT["vectors"] == vectors.content_hash()
    assert len(KEPT["baselines"]) == len(baselines.BASELINES)
