"""All first-order mutants of the reference's deciding modules.

Cosmic Ray replaces operators, numbers and loops; mutmut removes and empties arguments,
assignments and strings.  A mutant counts if it changes a decision: docstrings, type
annotations and what an exception says are none, nor is an argument that is used for
nothing else.  Two mutants that leave the same decisions are one.
"""

# The tools are there where the matrix is made, and not where types are looked at.
# mypy: disable-error-code="import-not-found, import-untyped"

import ast
import difflib
from collections.abc import Iterator

import libcst
from cosmic_ray import plugins
from cosmic_ray.mutating import mutate_code
from mutmut.mutation.mutators import mutation_operators

from mutants.catalogue import REFERENCE, Mutant

MODULES = (
    "tag.py",
    "elf.py",
    "banner.py",
    "detection.py",
    "arch.py",
    "generation.py",
    "selection.py",
)
TOOLS = ("cosmic-ray", "mutmut")
NEEDS_NAMES = ("core/VariableInserter", "core/VariableReplacer")
"""Operators that act on variables which they have to be told."""
IDENTITY = ("_Is", "_IsNot")
"""Ends of operators that compare by identity what is compared by value; Python does not
promise how that ends.  Those that exchange ``is`` and ``is not`` have another start."""


def generated() -> list[Mutant]:
    """Return the mutants that the tools make, in the order of the modules."""
    found = []
    for module in MODULES:
        original = (REFERENCE / module).read_text("utf-8")
        seen = {_decisions(original)}
        names: dict[str, int] = {}
        for source in (*_cosmic_ray(original), *_mutmut(original)):
            try:
                decisions = _decisions(source)
            except SyntaxError:  # A tool deleted what the grammar needs.
                continue
            if decisions in seen:
                continue
            seen.add(decisions)
            name = f"{module}: {_change(original, source)}"
            names[name] = names.get(name, 0) + 1
            if names[name] > 1:
                name += f" ({names[name]})"
            found.append(Mutant(name, None, module, source))
    return found


def _cosmic_ray(source: str) -> Iterator[str]:
    for name in sorted(plugins.operator_names()):
        if name in NEEDS_NAMES:
            continue
        if name.endswith(IDENTITY) and "Operator_Is" not in name:
            continue
        operator, count = plugins.get_operator(name)(), 0
        while (mutated := mutate_code(source, operator, count)) is not None:
            yield mutated
            count += 1


def _mutmut(source: str) -> Iterator[str]:
    module = libcst.parse_module(source)
    for node in _nodes(module):
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for replacement in operator(node):
                    mutated = module.deep_replace(node, replacement)
                    assert isinstance(mutated, libcst.Module)
                    yield mutated.code


def _nodes(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    yield node
    for child in node.children:
        yield from _nodes(child)


class _Decisions(ast.NodeTransformer):
    """Takes out of a module what is no decision."""

    def __init__(self) -> None:
        self.said: dict[str, list[int]] = {}
        """The arguments of each function that are used for nothing but ``raise``."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call):
            node.exc.args, node.exc.keywords = [], []
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant):
            return ast.Pass()
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        self.generic_visit(node)
        used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        parameters = enumerate(each.arg for each in node.args.args)
        self.said[node.name] = [n for n, name in parameters if name not in used]
        return node


def _decisions(source: str) -> str:
    taken_out = _Decisions()
    tree = taken_out.visit(ast.parse(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for place in taken_out.said.get(node.func.id, []):
                if place < len(node.args):
                    node.args[place] = ast.Constant(None)
    return ast.unparse(tree)


def _change(before: str, after: str) -> str:
    """Return the lines that differ, as one line."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    changed = [part for part in matcher.get_opcodes() if part[0] != "equal"]
    first, last = changed[0], changed[-1]
    was = " ".join(line.strip() for line in old[first[1] : last[2]])
    is_now = " ".join(line.strip() for line in new[first[3] : last[4]])
    return f"{was} => {is_now}"
