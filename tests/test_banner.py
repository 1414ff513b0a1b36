"""Reading a loader's banner."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musllinux import InvalidBanner, parse_banner

REAL = b"musl libc (x86_64)\nVersion 1.2.5\nDynamic Program Loader\n"


@given(st.integers(0, 999), st.integers(0, 999), st.binary())
def test_the_version_is_read_whatever_follows(
    major: int, minor: int, rest: bytes
) -> None:
    banner = b"musl libc (x86_64)\nVersion %d.%d.5\n" % (major, minor)
    assert parse_banner(banner + rest) == (major, minor)


@given(st.binary())
def test_no_bytes_do_more_than_reject(output: bytes) -> None:
    try:
        version = parse_banner(output)
    except InvalidBanner:
        return
    assert b"Version %d.%d" % version in output


@given(st.data())
def test_a_changed_banner_gives_a_small_version_or_none(data: st.DataObject) -> None:
    output = bytearray(REAL)
    output[data.draw(st.integers(0, len(output) - 1))] = data.draw(st.integers(0, 255))
    try:
        version = parse_banner(bytes(output))
    except InvalidBanner:
        return
    assert max(version) <= 999


@pytest.mark.parametrize("cut", range(REAL.index(b"2.5") + 1))
def test_a_banner_cut_before_the_minor_number_is_refused(cut: int) -> None:
    with pytest.raises(InvalidBanner):
        parse_banner(REAL[:cut])
