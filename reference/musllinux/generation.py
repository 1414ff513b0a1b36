"""Which tags a musl host accepts (section "Generation and order")."""

from collections.abc import Iterable, Iterator

from musllinux.banner import MuslVersion
from musllinux.tag import MusllinuxTag


def platform_tags(musl: MuslVersion, arches: Iterable[str]) -> Iterator[str]:
    """Yield the tags that a musl runtime accepts, best first.

    Implements order.newest-first, order.down-to-zero, order.no-newer,
    order.same-major and order.no-manylinux.
    """
    for arch in arches:
        for minor in range(musl.minor, -1, -1):
            yield str(MusllinuxTag(musl.major, minor, arch))
