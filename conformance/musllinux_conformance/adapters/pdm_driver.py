"""What PDM answers, in the environment that holds it."""

import sys
from collections.abc import Sequence
from typing import Any

from pdm.models import in_process
from pdm.models.finder import PDMPackageFinder
from unearth import TargetPython


def _host(python: str) -> dict[str, Any]:
    """Return what tells the finder which interpreter it searches for."""
    if hasattr(in_process, "get_env_spec"):
        return {"env_spec": in_process.get_env_spec(python)}
    # Until PDM 2.16.
    abis = in_process.get_python_abis(python)
    return {"target_python": TargetPython(sys.version_info[:2], abis)}


def detect(python: str) -> list[str]:
    """Return what names the interpreter's platform."""
    host = _host(python)
    return [str(host["env_spec"].platform)] if "env_spec" in host else _tags(host)


def platform_tags(python: str) -> list[str]:
    """Return the platforms, best first, that wheels for this interpreter may have."""
    return _tags(_host(python))


def _tags(host: dict[str, Any]) -> list[str]:
    if "env_spec" in host:
        return list(host["env_spec"].platform.compatible_tags)
    tags = host["target_python"].supported_tags()
    return list(dict.fromkeys(tag.platform for tag in tags if tag.platform != "any"))


def select(python: str, url: str, projects: Sequence[str]) -> list[str | None]:
    """Return the file name of the best match of each project."""
    finder = PDMPackageFinder(index_urls=[url], only_binary=[":all:"], **_host(python))
    best = [finder.find_best_match(project).best for project in projects]
    return [package and package.link.filename for package in best]
