"""Generation and selection, by properties."""

from hypothesis import given
from hypothesis import strategies as st

from musllinux import (
    MuslVersion,
    WheelFile,
    accept_upload,
    platform_tags,
    select,
)
from musllinux.selection import supported_tags

versions = st.builds(MuslVersion, st.integers(0, 3), st.integers(0, 15))
ARCHES = ["x86_64", "i686"]


def wheel(version: tuple[int, int], arch: str, build: str = "") -> str:
    tag = f"musllinux_{version[0]}_{version[1]}_{arch}"
    return f"demo-1.0{build}-cp311-cp311-{tag}.whl"


@given(versions, st.sampled_from(ARCHES))
def test_a_host_takes_exactly_what_is_not_newer(musl: MuslVersion, arch: str) -> None:
    tags = set(platform_tags(musl, [arch]))
    for major in range(5):
        for minor in range(20):
            fits = major == musl.major and minor <= musl.minor
            assert (f"musllinux_{major}_{minor}_{arch}" in tags) == fits


@given(
    versions,
    st.lists(
        st.tuples(versions, st.sampled_from(ARCHES), st.integers(0, 3)), max_size=8
    ),
)
def test_the_newest_compatible_file_is_chosen(
    musl: MuslVersion, offered: list[tuple[MuslVersion, str, int]]
) -> None:
    names = [wheel(v, arch, f"-{build}" if build else "") for v, arch, build in offered]
    tags = supported_tags((3, 11), list(platform_tags(musl, ["x86_64"])))
    fitting = [
        (version, build)
        for version, arch, build in offered
        if arch == "x86_64" and version.major == musl.major and version <= musl
    ]
    chosen = select(map(WheelFile, names), tags)
    if not fitting:
        assert chosen is None
    else:
        version, build = max(fitting)
        assert chosen == wheel(version, "x86_64", f"-{build}" if build else "")


def test_a_yanked_file_is_never_chosen() -> None:
    tags = supported_tags((3, 11), list(platform_tags(MuslVersion(1, 2), ["x86_64"])))
    assert select([WheelFile(wheel((1, 2), "x86_64"), yanked=True)], tags) is None


def test_a_host_without_tags_takes_no_file_of_the_machine_at_hand() -> None:
    assert {tag.platform for tag in supported_tags((3, 11), [])} == {"any"}


def test_a_number_that_python_cannot_read_is_a_bad_name() -> None:
    long = "9" * 5_000
    tags = supported_tags((3, 11), list(platform_tags(MuslVersion(1, 2), ["x86_64"])))
    good = wheel((1, 2), "x86_64")
    bad = [good.replace("1.0", f"1.0-{long}"), good.replace("1.0", long)]
    assert select(map(WheelFile, [*bad, good]), tags) == good
    assert not any(map(accept_upload, bad))
