"""The grammar of a tag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musllinux import InvalidTag, MusllinuxTag, parse_tag

number = st.integers(0, 10**30)
arch = st.from_regex(r"[a-z0-9_]+", fullmatch=True)


@given(number, number, arch)
def test_every_tag_is_read_as_it_was_written(major: int, minor: int, arch: str) -> None:
    tag = MusllinuxTag(major, minor, arch)
    assert parse_tag(str(tag)) == tag


@given(st.text())
def test_whatever_is_read_is_written_the_same(text: str) -> None:
    try:
        tag = parse_tag(text)
    except InvalidTag:
        return
    assert str(tag) == text


@given(st.characters(exclude_characters="abcdefghijklmnopqrstuvwxyz0123456789_"))
def test_no_other_character_belongs_to_a_tag(character: str) -> None:
    good = "musllinux_1_2_x86_64"
    for place in range(len(good) + 1):
        with pytest.raises(InvalidTag):
            parse_tag(good[:place] + character + good[place:])


def test_a_number_beyond_reason_is_refused() -> None:
    with pytest.raises(InvalidTag):
        parse_tag(f"musllinux_1_{'9' * 5000}_x86_64")
