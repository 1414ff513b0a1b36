"""The form of the text: what PEP 12 and the linter of the PEPs repository ask."""

import re
from collections.abc import Iterator

import pytest

from musllinux_conformance import files
from musllinux_conformance.requirements import extract

TEXT = files.PEP.read_text("utf-8")
LINES = TEXT.splitlines()
HEADER, BODY = TEXT.split("\n\n\n", 1)
SECTIONS = [
    "Abstract",
    "Motivation",
    "Goals and Non-Goals",
    "Terminology",
    "Specification",
    "Rationale",
    "Backwards Compatibility",
    "Security Implications",
    "How to Teach This",
    "Reference Implementation",
    "Rejected Ideas",
    "Open Issues",
    "Acknowledgements",
    "Footnotes",
    "Change History",
]
COPYRIGHT = """\
Copyright
=========

This document is placed in the public domain or under the
CC0-1.0-Universal license, whichever is more permissive.
"""
FIELDS = {
    "PEP": r"9999|[1-9]\d{0,3}",
    "Title": r".{1,44}",
    "Author": r"[^\W\d_][\w ',.<>@-]+",
    "Discussions-To": r"Pending|https://discuss\.python\.org/t/[\w/-]+",
    "Status": r"Draft",
    "Type": r"Standards Track",
    "Topic": r"Packaging",
    "Created": r"\d\d-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-20\d\d",
    "Post-History": r"Pending|`.*",
}


def section(title: str) -> str:
    """Return a first-level section without its title."""
    match = re.search(rf"^{title}\n=+\n(.*?)(?=^[^\n]+\n===+\n)", BODY, re.M | re.S)
    assert match, title
    return match[1]


def prose(text: str) -> Iterator[str]:
    """Yield the paragraphs of a text: no titles, labels, tables or literal blocks."""
    literal = False
    for paragraph in re.split(r"\n\s*\n", text):
        if literal and paragraph.startswith("    "):
            continue
        literal = paragraph.rstrip().endswith("::")
        if not re.search(r"^(?:\.\. |={3,}|-{3,})", paragraph, re.M):
            paragraph = re.sub(r"^\*\*.*\)$", "", paragraph, flags=re.M)
            paragraph = re.sub(r"^([A-Z][\w. ]*)\n    ", r"", paragraph)
            yield " ".join(paragraph.split())


def sentences(text: str) -> Iterator[str]:
    for paragraph in prose(text):
        plain = re.sub(r"``.*?``", "literal", paragraph)
        plain = re.sub(r" <[^>]*>`_+", "`", plain)
        yield from re.split(r"(?:(?<=[.?!:])|(?<=[.?!]\))) (?=[A-Z`*(])", plain)


def test_the_header_has_the_fields_of_pep_12_in_their_order() -> None:
    fields = dict(line.split(": ", 1) for line in HEADER.splitlines())
    assert list(fields) == list(FIELDS)
    for name, pattern in FIELDS.items():
        assert re.fullmatch(pattern, fields[name]), name


def test_the_sections_stand_in_the_order_of_pep_12() -> None:
    titles = re.findall(r"^(.+)\n=+$", BODY, re.M)
    assert titles[: len(SECTIONS)] == SECTIONS
    appendices = titles[len(SECTIONS) : -1]
    letters = [title[:12] for title in appendices]
    assert letters == [f"Appendix {letter}: " for letter in "ABCDEFGH"]
    assert TEXT.endswith("\n\n\n" + COPYRIGHT)


def test_titles_have_two_blank_lines_above_and_lines_of_their_length() -> None:
    for match in re.finditer(r"\n(.*)\n(.+)\n([=-])\3{3,}\n", TEXT):
        above, title = TEXT[: match.start() + 1].rstrip(" "), match[2]
        assert len(match[0].splitlines()[-1]) == len(title), title
        label = re.search(r"\n\.\. _[^\n]+:\n\Z", above)
        before = above[: label.start() + 1] if label else above
        follows_a_title = re.search(r"\n[=-]{4,}\n\Z", above)
        assert before.endswith("\n\n") or follows_a_title, title


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("tab or carriage return", r"[\t\r]"),
        ("blanks at the end", r" $"),
        ("single backticks", r"^(?! {4}).*(^| )`[^`]+`([^_]|$)"),
        ("literal touching a word", r"\w``\w"),
        ("link to a PEP without the role", r"(?i)peps\.python\.org/pep-|dev/peps/pep-"),
        ("link to an RFC without the role", r"(?i)rfc-editor\.org/rfc|html/rfc"),
        ("merge marker", r"^(<<<<<<<|>>>>>>>)"),
        ("directive with one colon", r"^\s*\.\. [a-z][\w-]*:(?!:)"),
        ("link to a line of a branch", r"/blob/(?!v?\d|[0-9a-f]{7,})[^#\s]+#L\d"),
    ],
)
def test_no_line_has(what: str, pattern: str) -> None:
    assert [line for line in LINES if re.search(pattern, line)] == []


def test_lines_are_no_longer_than_79_but_for_addresses() -> None:
    long = [line for line in LINES if len(line) > 79]
    assert all(re.match(r"\.\. _\w+: https://\S+$", line) for line in long)


def test_every_link_has_a_target_and_every_target_a_link() -> None:
    targets = set(re.findall(r"^\.\. _(\w+): https://", TEXT, re.M))
    links = set(re.findall(r"<(\w+)_>`__", TEXT))
    assert links == targets


def test_every_reference_within_the_text_resolves() -> None:
    labels = set(re.findall(r"^\.\. _([^:\n]+):$", TEXT, re.M))
    titles = set(re.findall(r"^(.+)\n[=-]{4,}$", TEXT, re.M))
    words = " ".join(BODY.split())
    named = set(re.findall(r"`([^`<]+)`_\b(?!_)", re.sub("``.*?``", "", words)))
    assert named <= labels | titles
    assert len(named) > 5


def test_a_requirement_that_the_prose_names_exists() -> None:
    known = extract(TEXT)
    families = "|".join(sorted({name.split(".")[0] for name in known}))
    without_links = re.sub(r"https://\S+", "", TEXT)
    named = re.findall(rf"\b(?:{families})\.[a-z][a-z0-9-]*[a-z0-9]", without_links)
    assert set(named) <= known.keys()


def test_requirements_and_keywords_have_their_form() -> None:
    """``extract`` fails on a keyword outside a requirement, on two in one, on none."""
    assert len(extract(TEXT)) > 100
    with_one_more = TEXT.replace("Rationale\n====", "It MUST.\n\n\nRationale\n====")
    with pytest.raises(ValueError, match="outside"):
        extract(with_one_more)


def test_the_specification_is_short_enough_to_be_read() -> None:
    specification = section("Specification")
    long = [s for s in sentences(specification) if len(s.split()) > 35]
    assert long == []
    read = re.sub(r"^\.\. _.+:\n", "", specification, flags=re.M)
    assert 3_500 < len(read.split()) <= 4_100


def test_sentences_are_counted_as_a_reader_does() -> None:
    assert list(
        sentences("One two.  Three `four five <six_>`__.\n\nCode::\n\n    x")
    ) == [
        "One two.",
        "Three `four five`.",
        "Code::",
    ]


def test_the_abstract_has_at_most_200_words() -> None:
    assert 150 <= len(section("Abstract").split()) <= 200
