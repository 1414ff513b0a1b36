"""What a wheel promises by its tags, and whether it holds."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import PurePath
from typing import NamedTuple

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from musllinux.tag import InvalidTag, MusllinuxTag, parse_tag
from musllinux_audit import musl
from musllinux_audit.archive import Contents, UnreadableWheel, read_wheel
from musllinux_audit.findings import Findings, Need, arches_of, examine
from musllinux_audit.musl import Release
from musllinux_audit.reasons import Reason


class Verdict(NamedTuple):
    """What holds of one tag.

    ``needs`` is the release from which on musl has all that the wheel needs, on the
    tag's architecture; None if every release there has it, or none.
    """

    tag: str
    honest: bool
    needs: Release | None
    reasons: tuple[Reason, ...]


class Report(NamedTuple):
    """What an audit says of a wheel.

    ``lowest`` holds, for each ARCH that the wheel is tagged for or built for, the
    lowest tag that would be honest, None if there is none.
    """

    verdicts: tuple[Verdict, ...]
    lowest: Mapping[str, str | None]


def audit(
    wheel: str | os.PathLike[str], tag: str, floor: Release | None = None
) -> Verdict:
    """Judge one platform tag of a wheel, whatever tags its name carries.

    ``floor`` is the oldest release that the tag is held to, by default X.Y.0.

    Raises:
        UnreadableWheel: with the reason, in one line.
        ValueError: the floor is of another series than the tag.
    """
    contents = read_wheel(wheel)
    return _audit(lambda arch: examine(contents, arch), tag, floor)


def audit_wheel(
    wheel: str | os.PathLike[str], minimum: Release | None = None
) -> Report:
    """Judge all musllinux tags in the name of a wheel.

    ``minimum`` is the floor for the tags of its own series; others keep theirs.

    Raises:
        UnreadableWheel: with the reason, in one line.
    """
    tags = musllinux_tags(PurePath(wheel).name)
    contents = read_wheel(wheel)
    find = cache(lambda arch: examine(contents, arch))
    verdicts = []
    arches = []
    for tag in tags:
        parsed = _parse(tag)
        floor = None
        if parsed is not None:
            arches.append(parsed.arch)
            if minimum is not None and minimum[:2] == parsed[:2]:
                floor = minimum
        verdicts.append(_audit(find, tag, floor))
    if not arches:
        arches.extend(_built_for(contents))
    lowest = {arch: _lowest(find(arch), arch) for arch in arches}
    return Report(tuple(verdicts), lowest)


def musllinux_tags(filename: str) -> list[str]:
    """Return the musllinux tags in the name of a wheel.

    Raises:
        UnreadableWheel: this is no name of a wheel.
    """
    try:
        _, _, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise UnreadableWheel(str(error)) from error
    return sorted({t.platform for t in tags if t.platform.startswith("musllinux")})


def _parse(tag: str) -> MusllinuxTag | None:
    try:
        return parse_tag(tag)
    except InvalidTag:
        return None


def _audit(find: Callable[[str], Findings], tag: str, floor: Release | None) -> Verdict:
    parsed = _parse(tag)
    if parsed is None:
        return Verdict(tag, False, None, (Reason("tag-malformed"),))
    floor = floor or (parsed.major, parsed.minor, 0)
    if floor[:2] != parsed[:2]:
        raise ValueError(f"the floor of {tag} must be {parsed.major}.{parsed.minor}.Z")
    return judge(find(parsed.arch), tag, floor)


def _lowest(findings: Findings, arch: str) -> str | None:
    """Return the lowest tag of the releases measured that would be honest."""
    known = findings.port.releases if findings.port else ()
    for major, minor in dict.fromkeys(release[:2] for release in known):
        tag = f"musllinux_{major}_{minor}_{arch}"
        if judge(findings, tag, (major, minor, 0)).honest:
            return tag
    return None


def judge(findings: Findings, tag: str, floor: Release) -> Verdict:
    """Hold what was found against the releases that a tag promises."""
    port = findings.port
    reasons = list(findings.faults)
    needs: Release | None = None
    if port is None:
        reasons.append(Reason("architecture-unlisted"))
    else:
        promised = port.promised(floor)
        if floor[:2] not in {release[:2] for release in musl.releases()}:
            reasons.append(Reason("release-unmeasured"))
        for need in findings.needs:
            since = _for_good(port.releases, need.releases)
            needs = max(filter(None, (needs, since)), default=None)
            code = _code(need, promised, floor)
            if code is not None:
                reasons.append(Reason(code, need.file, need.subject, since))
    honest = all(reason.severity != "breaks" for reason in reasons)
    return Verdict(tag, honest, needs, tuple(reasons))


def _for_good(
    releases: Iterable[Release], having: frozenset[Release]
) -> Release | None:
    """Return the release from which on all releases have something, if any."""
    since = None
    for release in releases:
        if release not in having:
            since = None
        elif since is None:
            since = release
    return since


def _code(need: Need, promised: Iterable[Release], floor: Release) -> str | None:
    """Return the reason code for a need, None if all promised releases meet it."""
    met = [release in need.releases for release in promised]
    if all(met):
        return None
    since = _for_good(promised, need.releases)
    if not any(met) or since is None or False in met[met.index(True) :]:
        return "symbol-removed-later"
    if since[:2] == floor[:2]:
        return "needs-patch-release"
    return "loader-too-new" if need.ability else "symbol-too-new"


def _built_for(contents: Contents) -> Iterator[str]:
    """Yield the first ARCH that each file fits."""
    for elf in contents.objects.values():
        yield from arches_of(elf)[:1]
