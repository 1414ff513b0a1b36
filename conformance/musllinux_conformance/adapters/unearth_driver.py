"""What unearth answers, in the environment that holds it."""

import sys
from collections.abc import Sequence

from unearth import PackageFinder, TargetPython

TAG = "cp{}{}".format(*sys.version_info[:2])


def platform_tags() -> list[str]:
    """Return the platforms of the tags with CPython's own ABI."""
    tags = TargetPython().supported_tags()
    return [tag.platform for tag in tags if (tag.interpreter, tag.abi) == (TAG, TAG)]


def select(url: str, projects: Sequence[str]) -> list[str | None]:
    """Return the file name of the best match of each project."""
    finder = PackageFinder(index_urls=[url], only_binary=[":all:"])
    best = [finder.find_best_match(project).best for project in projects]
    return [package and package.link.filename for package in best]
