"""Which vectors tell which wrong copy of the reference from a right one."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from musllinux_docs import build, kills
from musllinux_docs.kills import Mutant
from musllinux_docs.vector_pages import vector_link

SHOWN = 3
"""Vectors that are named for one mutant."""


def write(app: Sphinx) -> None:
    """Write the whole matrix into the folder of the built pages."""
    Path(app.outdir).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kills.FILE, Path(app.outdir, kills.FILE.name))


class MutantCounts(SphinxDirective):
    """How many mutants of each module there are, and what became of them."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        mutants, tools = kills.load()
        made = ", ".join(f"{tool} {version}" for tool, version in tools.items())
        rows = []
        for module in [*dict.fromkeys(m.module for m in mutants), None]:
            its = [m for m in mutants if module in (m.module, None)]
            killed = sum(bool(m.killed_by) for m in its)
            named = sum(m.requirement is not None for m in its)
            counts = [named, len(its) - named, killed, len(its) - killed]
            name: build.Content = build.code(module) if module else "all"
            if module in kills.modules():
                name = build.page(f"/mutants/{kills.page_of(str(module))}", name)
            rows.append([build.cell(name), *(build.cell(str(n)) for n in counts)])
        head = ["Module", "Named", "Made by tools", "Killed", "Not killed"]
        file = kills.FILE.name
        up = "../" * self.env.docname.count("/")
        target = nodes.reference("", file, refuri=f"{up}{file}")
        return [
            build.table(head, rows),
            build.facts(
                [build.fact("the tools", made), build.fact("the whole matrix", target)]
            ),
        ]


class MutantsExcused(SphinxDirective):
    """Those that no vector can kill, by the reason."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        groups: dict[str, list[Mutant]] = {}
        for mutant in kills.load()[0]:
            if mutant.equivalent:
                groups.setdefault(mutant.equivalent, []).append(mutant)
        rows = [
            [
                build.cell(why),
                build.cell(str(len(its))),
                build.cell(*map(_change, its)),
            ]
            for why, its in groups.items()
        ]
        return [build.table(["Why", "Mutants", "What they change"], rows, "text")]


class MutantsNamed(SphinxDirective):
    """Those that have a name, by the requirement that they break."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        groups: dict[str, list[Mutant]] = {}
        for mutant in kills.load()[0]:
            if mutant.requirement:
                groups.setdefault(mutant.requirement, []).append(mutant)
        return [
            build.section(
                self.state.document,
                requirement,
                f"mutants of {requirement}",
                build.paragraph(build.link(requirement, "The requirement.")),
                _table(its, named=True),
                classes=["small"],
            )
            for requirement, its in groups.items()
        ]


class MutantsOf(SphinxDirective):
    """The page on the mutants that tools made of one module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        (module,) = (
            each for each in kills.modules() if kills.page_of(each) == self.arguments[0]
        )
        its = [m for m in kills.load()[0] if m.module == module and not m.requirement]
        return [
            build.section(
                self.state.document,
                f"Mutants of {module}",
                f"mutants of {module}",
                build.paragraph(
                    f"{len(its)} that tools made. ",
                    build.page("/mutants/index", "What mutants are."),
                ),
                _table(its, named=False),
            )
        ]


def _table(mutants: Sequence[Mutant], named: bool) -> nodes.table:
    rows = []
    for mutant in mutants:
        cells = [build.cell(mutant.name)] if named else []
        cells += [build.cell(_change(mutant)), build.cell(*_killers(mutant))]
        rows.append(cells)
    head = ["Mutant"] * named + ["What it changes", "Killed by"]
    return build.table(head, rows, "changes")


def _change(mutant: Mutant) -> nodes.Node:
    """Return the old text and the new, one above the other."""
    shown = nodes.inline("", "", classes=["change"])
    for mark, text in (("-", mutant.old), ("+", mutant.new)):
        words = " ".join(text.split()) or "nothing"
        shown += nodes.literal("", f"{mark} {words}")
    return shown


def _killers(mutant: Mutant) -> Iterable[build.Content]:
    if mutant.equivalent:
        return ["none: ", mutant.equivalent]
    count, first = len(mutant.killed_by), mutant.killed_by[:SHOWN]
    dots = ", ..." if count > SHOWN else ""
    return [f"{count}: ", *build.joined(map(vector_link, first)), dots]
