"""What the survey of published wheels found, drawn from the data beside its command."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from musllinux_conformance import files
from musllinux_docs import build

SURVEY = files.VECTORS.parent.parent / "survey"
FALSE, PATCH, HELD = "false", "true from X.Y.Z on", "not found false"


@cache
def load() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the results of the survey, and those of the wheels chosen by hand.

    Raises:
        OSError, ValueError: a file is missing, or is no JSON.
    """
    survey, by_hand = (
        json.loads((SURVEY / name).read_text("utf-8"))
        for name in ("results.json", "by_hand.json")
    )
    return survey, by_hand


class Finding(NamedTuple):
    """A reason that an audit gives for a tag of a wheel."""

    wheel: dict[str, Any]
    tag: dict[str, Any]
    reason: dict[str, Any]


def _tags() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for wheel in load()[0]["wheels"]:
        for tag in wheel["tags"]:
            yield wheel, tag


def _findings() -> Iterator[Finding]:
    for wheel, tag in _tags():
        for reason in tag["reasons"]:
            yield Finding(wheel, tag, reason)


def _state(tag: dict[str, Any]) -> str:
    """Say which of three states a tag is in."""
    if not tag["honest"]:
        return FALSE
    patch = any(reason["severity"] == "patch" for reason in tag["reasons"])
    return PATCH if patch else HELD


def _numbers(found: set[str]) -> str:
    """Write releases in their order."""
    return ", ".join(sorted(found, key=lambda each: [*map(int, each.split("."))]))


class SurveyTags(SphinxDirective):
    """How many tags hold, by architecture."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        survey = load()[0]
        wheels = survey["wheels"]
        projects = {wheel["project"] for wheel in wheels}
        unread = sum("error" in wheel for wheel in wheels)
        intro = build.paragraph(
            f"{survey['date']}: {len(projects)} projects, {len(wheels)} wheels for"
            f" CPython {survey['python']}, {len(list(_tags()))} tags;"
            f" {unread} wheels that cannot be read."
        )
        states = (HELD, PATCH, FALSE)
        rows = []
        arches = dict.fromkeys(wheel["arch"] for wheel in wheels)
        for arch in [*sorted(arches), None]:
            its = [tag for wheel, tag in _tags() if arch in (None, wheel["arch"])]
            found = [_state(tag) for tag in its]
            name = build.code(arch) if arch else "all"
            counts = [len(found), *map(found.count, states)]
            rows.append([build.cell(name), *(build.cell(str(n)) for n in counts)])
        head = ["ARCH", "Tags", *states]
        return [intro, build.table(head, rows)]


class SurveyCauses(SphinxDirective):
    """What was found, by cause, and which loaders showed it."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        causes: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in _findings():
            reason = finding.reason
            for subject in reason["subjects"] or [build.NOTHING]:
                cause = reason["code"], subject, reason["since"] or build.NOTHING
                causes.setdefault(cause, []).append(finding)
        if not causes:
            return [build.paragraph("Nothing was found.")]
        rows = []
        for (code, subject, since), its in sorted(causes.items()):
            shown = [each for each in its if each.reason.get("confirmed")]
            releases = {r for each in shown for r in each.reason["confirmed"]}
            cells: list[str | nodes.Node] = [
                build.code(code),
                build.code(subject),
                since,
                str(len({each.wheel["file"] for each in its})),
                str(len({each.wheel["file"] for each in shown})),
                _numbers(releases) or build.NOTHING,
                "; ".join(sorted(_not_run(its))) or build.NOTHING,
            ]
            rows.append([build.cell(cell) for cell in cells])
        head = ["Code", "What", "musl has it since", "Wheels"]
        head += ["Seen to fail", "On musl", "Not run"]
        return [build.table(head, rows)]


def _not_run(findings: list[Finding]) -> set[str]:
    """Say why findings were not held to a loader, and on which architectures."""
    arches: dict[str, set[str]] = {}
    for each in findings:
        if "not_run" in each.reason:
            arches.setdefault(each.reason["not_run"], set()).add(each.wheel["arch"])
    return {f"{', '.join(sorted(its))}: {why}" for why, its in arches.items()}


class SurveyWheels(SphinxDirective):
    """Each wheel."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        rows = []
        for wheel, tag in _tags():
            shown = {
                release
                for reason in tag["reasons"]
                for release in reason.get("confirmed", ())
            }
            cells = [
                f"{wheel['project']} {wheel['version']}",
                build.code(tag["tag"]),
                _state(tag),
                tag["needs"] or "any",
                _numbers(shown) or build.NOTHING,
                _numbers(set(wheel["listed_by"])) or build.NOTHING,
                str(len(wheel["disagreements"])),
            ]
            rows.append([build.cell(cell) for cell in cells])
        head = ["Release", "Tag", "The tag is", "Needs musl", "Seen to fail on"]
        return [build.table([*head, "Loaders asked", "Disagreements"], rows)]


class SurveyByHand(SphinxDirective):
    """The wheels chosen by hand, and what each loader says of them."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        rows = []
        for wheel in load()[1]["wheels"]:
            for loader in wheel["loaders"]:
                differences = loader["differences"]
                counts = loader["missing"], len(differences)
                rows.append(
                    [
                        build.cell(build.code(wheel["file"])),
                        build.cell(loader["musl"]),
                        *(build.cell(str(count)) for count in counts),
                    ]
                )
        head = ["Wheel", "musl", "Symbols it does not find", "Differences"]
        return [build.table(head, rows)]


class SurveyLoaders(SphinxDirective):
    """Which loaders were asked."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        found: dict[str, list[str]] = {}
        for loader in load()[0]["loaders"]:
            found.setdefault(loader["arch"], []).append(loader["package"])
        rows = [
            [build.cell(build.code(arch)), build.cell(", ".join(packages))]
            for arch, packages in sorted(found.items())
        ]
        return [build.table(["ARCH", "Debian's package of musl"], rows)]
