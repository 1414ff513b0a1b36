"""What Pex answers, in the environment that holds it."""

import sys
from collections.abc import Sequence
from urllib.parse import quote

from pex.artifact_url import ArtifactURL, Fingerprint
from pex.dist_metadata import Requirement
from pex.interpreter import PythonIdentity, PythonInterpreter
from pex.pep_440 import Version
from pex.pep_503 import ProjectName
from pex.resolve.locked_resolve import (
    FileArtifact,
    LockedRequirement,
    LockedResolve,
)
from pex.resolve.resolved_requirement import Pin
from pex.result import Error
from pex.sorted_tuple import SortedTuple
from pex.targets import LocalInterpreter

TAG = "cp{}{}".format(*sys.version_info[:2])


def platform_tags() -> list[str]:
    """Return the platforms of the tags with CPython's own ABI."""
    tags = PythonIdentity.get().supported_tags
    return [tag.platform for tag in tags if (tag.interpreter, tag.abi) == (TAG, TAG)]


def select(filenames: Sequence[str]) -> str | None:
    """Return the file that is taken from a lock of one release."""
    first, *others = [
        FileArtifact(
            url=ArtifactURL.parse(f"https://example.org/{quote(filename)}"),
            fingerprint=Fingerprint(algorithm="sha256", hash="0" * 64),
            verified=True,
            filename=filename,
        )
        for filename in filenames
    ]
    pin = Pin(project_name=ProjectName("demo"), version=Version("1.0"))
    locked = LockedRequirement.create(pin, first, additional_artifacts=others)
    lock = LockedResolve(locked_requirements=SortedTuple([locked]))
    target = LocalInterpreter.create(PythonInterpreter(PythonIdentity.get()))
    found = lock.resolve(target, [Requirement.parse("demo")])
    if isinstance(found, Error):
        return None
    (artifact,) = found.downloadable_artifacts
    return str(artifact.artifact.filename)
