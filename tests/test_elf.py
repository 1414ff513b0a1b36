"""Reading ELF files, good and hostile."""

import contextlib
import io

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from musllinux import InvalidElf, read_elf
from musllinux.arch import ARCHITECTURES
from musllinux_conformance.elfwriter import (
    Header,
    Segment,
    header_of,
    interpreter_of,
    write_elf,
)

GOOD = interpreter_of("x86_64", b"/lib/ld-musl-x86_64.so.1")
GOOD_32 = interpreter_of("i686", b"/lib/ld-musl-i386.so.1")


class Counting(io.BytesIO):
    """A file that counts the bytes which are read from it."""

    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.read_bytes += len(content)
        return content


@pytest.mark.parametrize("arch", sorted({row.arch for row in ARCHITECTURES}))
def test_each_architecture_is_known_by_its_header(arch: str) -> None:
    found = read_elf(io.BytesIO(interpreter_of(arch, b"/ld")))
    # ARMv6 and ARMv7 share one header; the kernel tells them apart.
    assert found == (b"/ld", "armv7l" if arch == "armv6l" else arch)


@given(st.data())
def test_no_change_of_a_byte_does_more_than_reject(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([GOOD, GOOD_32])))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.integers(0, 255)
        )
    file = Counting(content)
    with contextlib.suppress(InvalidElf):
        read_elf(file)
    assert file.read_bytes <= 70_000


@given(st.binary(max_size=300))
@example(b"")
def test_no_bytes_do_more_than_reject(content: bytes) -> None:
    try:
        read_elf(io.BytesIO(content))
    except InvalidElf:
        return
    assert content[:4] == b"\x7fELF"


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(InvalidElf):
        read_elf(io.BytesIO(GOOD[:length]))


@settings(max_examples=50)
@given(
    st.sampled_from(sorted({row.arch for row in ARCHITECTURES})),
    st.lists(st.sampled_from([1, 2, 4, 6]), max_size=5),
    st.from_regex(rb"/[!-~]{1,60}", fullmatch=True),
)
def test_pyelftools_reads_the_same(arch: str, before: list[int], path: bytes) -> None:
    segments = [Segment(b"12345678", p_type=p_type) for p_type in before]
    content = write_elf(header_of(arch), [*segments, Segment(path + b"\0")])
    other = ELFFile(io.BytesIO(content))
    (named,) = [s.get_interp_name() for s in other.iter_segments("PT_INTERP")]
    assert read_elf(io.BytesIO(content)).interpreter == named.encode()
    assert {row.bits for row in ARCHITECTURES if row.arch == arch} == {other.elfclass}


def test_a_file_that_shrinks_while_it_is_read_is_refused() -> None:
    class Shrinking(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            end = super().seek(offset, whence)
            return end + 100 if whence == 2 else end

    with pytest.raises(InvalidElf):
        read_elf(Shrinking(write_elf(Header(e_phoff=len(GOOD)), [Segment(b"/ld\0")])))
