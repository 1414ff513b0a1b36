"""What Poetry answers, in the environment that holds it."""

import sys
from collections.abc import Sequence
from pathlib import Path

from poetry.core.packages.dependency import Dependency
from poetry.installation.chooser import Chooser
from poetry.repositories.legacy_repository import LegacyRepository
from poetry.repositories.repository_pool import RepositoryPool
from poetry.utils.env import SystemEnv

TAG = "cp{}{}".format(*sys.version_info[:2])


def platform_tags() -> list[str]:
    """Return the platforms of the tags with CPython's own ABI."""
    tags = SystemEnv(Path(sys.prefix)).supported_tags
    return [tag.platform for tag in tags if (tag.interpreter, tag.abi) == (TAG, TAG)]


def select(url: str, projects: Sequence[str]) -> list[str | None]:
    """Return the file that is installed of each project, as it is locked now."""
    repository = LegacyRepository("index", url, disable_cache=True)
    chooser = Chooser(RepositoryPool([repository]), SystemEnv(Path(sys.prefix)))
    return [_chosen(repository, chooser, project) for project in projects]


def _chosen(repository: LegacyRepository, chooser: Chooser, project: str) -> str | None:
    found = repository.find_packages(Dependency(project, "*"))
    if not found:
        return None
    newest = max(found, key=lambda package: package.version)
    locked = repository.package(newest.name, newest.version)
    try:
        return str(chooser.choose_for(locked).filename)
    except Exception as error:
        # Of RuntimeError until Poetry 2, of PoetryRuntimeError since.
        if "Unable to find installation candidates" in str(error):
            return None
        raise
