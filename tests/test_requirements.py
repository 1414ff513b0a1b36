"""Extracting the requirements from a text."""

import pytest

from musllinux_conformance.requirements import InvalidText, extract, load

GOOD = """\
.. _order.newest-first:

**order.newest-first** (Detector)
    For one architecture, tags MUST be listed from the running minor
    version down.

Prose that follows.
"""


def test_id_keyword_class_and_text_are_found() -> None:
    (found,) = extract(GOOD).values()
    assert found._asdict() == {
        "id": "order.newest-first",
        "keyword": "MUST",
        "group": "Detector",
        "text": "For one architecture, tags MUST be listed from the running minor "
        "version down.",
    }


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("MUST", "are to", "no keyword"),
        ("down.", "down and MUST NOT repeat.", "MUST and MUST NOT"),
        ("down.", "down and MAY repeat.", "MUST and MAY"),
        (" (Detector)", "", "binds no class"),
        ("Detector", "Robot", "binds no class"),
        ("**order.newest-first**", "**order.oldest-first**", "label"),
        ("Prose that", "Prose that SHOULD", "outside a requirement"),
    ],
)
def test_a_text_that_breaks_the_form_is_refused(old: str, new: str, why: str) -> None:
    with pytest.raises(InvalidText, match=why):
        extract(GOOD.replace(old, new))


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(InvalidText, match="used twice"):
        extract(GOOD + "\n" + GOOD)


def test_a_requirement_without_its_label_is_refused() -> None:
    with pytest.raises(InvalidText, match="outside a requirement"):
        extract(GOOD.replace(".. _order.newest-first:\n", ""))


def test_a_requirement_may_have_several_paragraphs_or_end_the_text() -> None:
    text = GOOD.removesuffix("\nProse that follows.\n")
    (found,) = extract(text).values()
    (longer,) = extract(text + "\n    And this.\n").values()
    assert longer.text == found.text + " And this."


def test_the_clause_that_cites_the_keywords_is_no_requirement() -> None:
    assert not extract('The key words "MUST", "MUST NOT" and "MAY" are explained.\n')


def test_the_specification_has_requirements_of_every_strength() -> None:
    assert {r.strength for r in load().values()} == {"MUST", "SHOULD", "MAY"}
