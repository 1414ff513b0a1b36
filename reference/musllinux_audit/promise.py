"""What a wheel promises by its tags, and whether it holds."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import PurePath
from typing import NamedTuple

from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

from musllinux.tag import InvalidTag, MusllinuxTag, parse_tag
from musllinux_audit.archive import Contents, UnreadableWheel, read_wheel
from musllinux_audit.findings import Findings, Need, arches_of, examine
from musllinux_audit.musl import Release
from musllinux_audit.policy import Policy
from musllinux_audit.reasons import Reason
from musllinux_audit.suffixes import tagged_for


class Verdict(NamedTuple):
    """What holds of one tag.

    ``judged`` is false if the tag is malformed, or nothing is known of its ARCH or of
    its X, so that no file was held against a musl release.  ``needs`` is the release
    from which on musl has, on the tag's architecture, all that the wheel needs and
    the newest release has; None if every release there has it.  ``unmet`` is what
    the newest release does not have.  ``taken`` says whether the policy lets an index
    take the tag; without one, whether it is honest.
    """

    tag: str
    honest: bool
    needs: Release | None
    reasons: tuple[Reason, ...]
    judged: bool = True
    unmet: tuple[str, ...] = ()
    taken: bool = True


class Lowest(NamedTuple):
    """The lowest tag that was not found false.

    ``since`` is the release of its series from which on it is true, None if that is
    the floor.  ``time64`` says whether musl 1.2.0 widened ``time_t`` on this
    architecture, so that the tag says nothing of its width.
    """

    tag: str
    since: Release | None
    time64: bool


class Report(NamedTuple):
    """What an audit says of a wheel.

    ``lowest`` holds, for each ARCH that the wheel is tagged for or built for, the
    lowest tag of a known X.Y that is not false, None if there is none.
    """

    verdicts: tuple[Verdict, ...]
    lowest: Mapping[str, Lowest | None]


def audit(
    wheel: str | os.PathLike[str], tag: str, floor: Release | None = None
) -> Verdict:
    """Judge one platform tag of a wheel, whatever platform tags its name carries.

    ``floor`` is the oldest release that the tag is held to, by default, and if it is
    of another series (audit.floor), X.Y.0.  Which interpreters are to find the wheel's
    modules stands in its file name.

    Raises:
        UnreadableWheel: with the reason, in one line.
    """
    policy = Policy(floors={} if floor is None else {floor[:2]: floor})
    contents = read_wheel(wheel)
    return _audit(_finder(wheel, contents, policy), tag, policy)


def audit_wheel(
    wheel: str | os.PathLike[str],
    minimum: Release | None = None,
    policy: Policy | None = None,
) -> Report:
    """Judge all musllinux tags in the name of a wheel.

    ``minimum`` is the floor for the tags of its own series; others keep theirs.

    Raises:
        UnreadableWheel: with the reason, in one line.
    """
    policy = policy or Policy()
    if minimum is not None:
        policy = policy._replace(floors={**policy.floors, minimum[:2]: minimum})
    tags = musllinux_tags(PurePath(wheel).name)
    contents = read_wheel(wheel)
    find = _finder(wheel, contents, policy)
    parsed = filter(None, map(_parse, tags))
    arches = [tag.arch for tag in parsed] or list(_built_for(contents))
    return Report(
        tuple(_audit(find, tag, policy) for tag in tags),
        {arch: _lowest(find(arch), arch, policy) for arch in arches},
    )


def musllinux_tags(filename: str) -> list[str]:
    """Return the musllinux tags in the name of a wheel.

    Raises:
        UnreadableWheel: this is no name of a wheel.
    """
    platforms = {tag.platform for tag in _tags(filename)}
    return sorted(name for name in platforms if name.startswith("musllinux"))


def _tags(filename: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(filename)[3]
    except ValueError as error:
        raise UnreadableWheel(str(error)) from error


def _finder(
    wheel: str | os.PathLike[str], contents: Contents, policy: Policy
) -> Callable[[str], Findings]:
    """Return the function that examines the wheel for an ARCH, once for each."""

    @cache
    def find(arch: str) -> Findings:
        pythons = tagged_for(_tags(PurePath(wheel).name))
        return examine(contents, arch, pythons, policy)

    return find


def _parse(tag: str) -> MusllinuxTag | None:
    try:
        return parse_tag(tag)
    except InvalidTag:
        return None


def _audit(find: Callable[[str], Findings], tag: str, policy: Policy) -> Verdict:
    parsed = _parse(tag)
    if parsed is None:
        malformed = (Reason("tag-malformed"),)
        return Verdict(tag, False, None, malformed, judged=False, taken=False)
    return judge(find(parsed.arch), tag, policy)


def _lowest(findings: Findings, arch: str, policy: Policy) -> Lowest | None:
    """Return the lowest tag of the releases known that would be honest.

    Implements audit.assign, and says nothing that time64.no-proof forbids.
    """
    port = findings.port
    if port is None:
        return None
    for series in dict.fromkeys(release[:2] for release in port.releases):
        tag = f"musllinux_{series[0]}_{series[1]}_{arch}"
        verdict = judge(findings, tag, policy)
        if verdict.honest:
            patches = [r.since for r in verdict.reasons if r.severity == "patch"]
            since = max(filter(None, patches), default=None)
            return Lowest(tag, since, port.time64)
    return None


def judge(findings: Findings, tag: str, policy: Policy) -> Verdict:
    """Hold what was found against the releases that a well-formed tag promises.

    Implements audit.honest, audit.codes, audit.needs and audit.patch.
    """
    parsed = parse_tag(tag)
    floor = policy.floor(parsed[:2])
    port = findings.port
    known = [r for r in port.releases if r[0] == floor[0]] if port else []
    promised = port.promised(floor) if port else []
    reasons = list(findings.faults)
    if port is None:
        reasons.append(Reason("architecture-unlisted"))
    elif floor[:2] not in {release[:2] for release in known}:
        reasons.append(Reason("release-unmeasured"))
    needs: Release | None = None
    unmet = []
    for need in findings.needs if promised else ():
        since = _for_good(known, need.releases)
        needs = max(filter(None, (needs, since)), default=None)
        if since is None:
            unmet.append(need.subject)
        reasons += _reasons(need, known[0], promised, floor)
    return Verdict(
        tag,
        all(reason.severity != "breaks" for reason in reasons),
        needs,
        tuple(reasons),
        judged=bool(promised),
        unmet=tuple(dict.fromkeys(unmet)),
        taken=not any(map(policy.refuses, reasons)),
    )


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


def _reasons(
    need: Need, first: Release, promised: Sequence[Release], floor: Release
) -> Iterator[Reason]:
    """Yield why the promised releases do not meet a need, if they do not.

    ``first`` is the first release for the ARCH.  Implements promise.loads,
    promise.later-minor, promise.later-removal, promise.patch-release,
    promise.upstream and time64.new-names.
    """
    lacking = tuple(release for release in promised if release not in need.releases)
    if not lacking:
        return
    since = _for_good(promised, need.releases)
    # What only releases older than all promised ones had is gone too.
    having = need.releases.intersection(promised) or need.releases
    if not having:
        yield Reason("symbol-unknown", need.file, need.subject, follows=need.follows)
        return
    gained = min(need.releases)
    is_new = gained > first and gained[:2] > floor[:2]
    is_gone = min(having) < lacking[-1]
    if is_new:
        code = "loader-too-new" if need.ability else "symbol-too-new"
        yield Reason(code, need.file, need.subject, since)
    if is_gone:
        code = "symbol-removed-later"
        yield Reason(code, need.file, need.subject, since, lacking)
    if not (is_new or is_gone):
        yield Reason("needs-patch-release", need.file, need.subject, since)


def _built_for(contents: Contents) -> Iterator[str]:
    """Yield the first ARCH that each file fits."""
    for elf in contents.objects.values():
        yield from arches_of(elf)[:1]
