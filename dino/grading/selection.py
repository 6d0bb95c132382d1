"""Which statements of a learner's file a graded function needs, found without running any.

Imports, constants and definitions are kept; everything else at the top level, such as a training run, is
not. A constant is what can be computed from literals and earlier constants without reading a file.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable
from dataclasses import dataclass

from dino.grading.names import (
    Definition,
    body_names,
    bound,
    global_names,
    outside_body,
    plain,
    used,
)
from dino.grading.source import Cell

SAFE_CALLS = {
    "abs",
    "bool",
    "chr",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "int",
    "len",
    "list",
    "map",
    "max",
    "min",
    "ord",
    "range",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "zip",
}
SAFE_MODULES = {"np", "numpy", "math", "string", "itertools", "collections", "npt", "typing"}
REFLECTION = {"globals", "eval", "exec", "vars"}
"""With these a function can reach any name, so everything is kept for it."""


@dataclass(frozen=True)
class Statement:
    """One kept statement.

    Attributes:
        cell: the index of its cell.
        index: its place in the cell's body.
        node: its syntax tree.
        binds: the names that it gives a value.
        uses: the names that it reads.
    """

    cell: int
    index: int
    node: ast.stmt
    binds: frozenset[str]
    uses: frozenset[str]

    @property
    def star(self) -> bool:
        """Whether it imports names that only the module knows."""
        return "*" in self.binds


class Submission:
    """What a learner's file defines.

    Args:
        cells: see :func:`dino.grading.source.read`.

    Attributes:
        statements: the kept ones, in order.
        constants: names of kept constants.
        left_out: names that only statements that are not run give a value.
        unreadable: functions that are defined only where the file is not Python, and why.
        faults: all that is not Python.
    """

    def __init__(self, cells: list[Cell]) -> None:
        self.cells = cells
        self.statements: list[Statement] = []
        self.constants: set[str] = set()
        self.left_out: set[str] = set()
        self._known: set[str] = set()  # names that kept statements bind
        for number, cell in enumerate(cells):
            for index, node in enumerate(cell.tree.body):
                binds = frozenset(bound(node))
                if self._kept(node):
                    self.statements.append(Statement(number, index, node, binds, frozenset(used(node))))
                    self._known |= binds
                    self.left_out -= binds
                    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                        self.constants |= binds
                else:
                    self.left_out |= binds - self._known
        self.faults = [fault for cell in cells for fault in cell.faults]
        self.unreadable = {
            name: fault for fault in self.faults for name in fault.defines if name not in self._known
        }

    def defines(self, name: str) -> bool:
        """Whether the file gives a function of this name."""
        return name in self._known and self.imported_from(name) is None

    def imported_from(self, name: str) -> str | None:
        """The module that the name's last binding imports it from; None if it is none."""
        for statement in reversed(self.statements):
            node = statement.node
            if name in statement.binds:
                return (node.module or ".") if isinstance(node, ast.ImportFrom) else None
        return None

    def takes(self, name: str, parameter: str) -> bool:
        """Whether a function has a parameter of this name, or takes any."""
        node = self.definition(name)
        if node is None:
            return True
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        return node.args.kwarg is not None or parameter in [argument.arg for argument in arguments]

    def pasted(self) -> tuple[str, ...]:
        """The course's own functions, if they were pasted into the file; they are for 27 characters."""
        node = self.definition("rnn_forward")
        defaults = [ast.unparse(default) for default in node.args.defaults] if node else []
        names = ("rnn_forward", "rnn_backward", "rnn_step_forward", "rnn_step_backward")
        return names if "27" in defaults else ()

    def names(self) -> set[str]:
        """All names that the file's statements give a value."""
        return self._known | self.left_out

    def label_of(self, name: str) -> str:
        """The cell in which a function is defined last; empty in a ``.py`` file."""
        cells = [self.cells[one.cell].label for one in self.statements if name in one.binds]
        return cells[-1] if cells else ""

    def imported_as(self, module: str) -> str:
        """The name by which the file imports a module; empty if it does not."""
        aliases = [
            alias
            for one in self.statements
            if isinstance(one.node, ast.Import)
            for alias in one.node.names
            if alias.name == module
        ]
        return (aliases[-1].asname or aliases[-1].name) if aliases else ""

    def mentions(self, name: str) -> bool:
        """Whether a name stands anywhere in the file."""
        return any(
            isinstance(node, ast.Name) and node.id == name
            for cell in self.cells
            for node in ast.walk(cell.tree)
        )

    def star_modules(self) -> list[str]:
        """The modules that all names are imported from."""
        return [
            statement.node.module or "."
            for statement in self.statements
            if statement.star and isinstance(statement.node, ast.ImportFrom)
        ]

    def modules_of(self, name: str, *packages: str) -> list[str]:
        """The modules of some packages that what a function needs is imported from."""
        nodes = [statement.node for statement in self.needed(name, ()) if not statement.star]
        modules = [node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)]
        modules += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        return sorted(
            {module for module in modules if module.partition(".")[0] in packages} - {"dino.exercises"}
        )

    def definition(self, name: str) -> ast.FunctionDef | None:
        """The last definition of a function."""
        found = None
        for statement in self.statements:
            if name in statement.binds:
                found = statement.node if isinstance(statement.node, ast.FunctionDef) else None
        return found

    def needed(self, name: str, given: Iterable[str]) -> list[Statement]:
        """The statements that a function needs, in order.

        Args:
            name: the function.
            given: names that come from elsewhere, whose statements are not followed.
        """
        wanted, reached = {name}, set(given)
        chosen: set[int] = set()
        while wanted:
            current = wanted.pop()
            reached.add(current)
            for place, statement in enumerate(self.statements):
                if current in statement.binds or statement.star:
                    chosen.add(place)
                    if statement.uses & REFLECTION:
                        return self.statements
                    wanted |= statement.uses - reached
        return [statement for place, statement in enumerate(self.statements) if place in chosen]

    def globals_of(self, name: str) -> set[str]:
        """The global names, builtins aside, that a function's body reads."""
        node = self.definition(name)
        if node is None:
            return set()
        table = symtable.symtable(ast.unparse(node), "<learner>", "exec")
        found = {symbol for child in table.get_children() for symbol in global_names(child)}
        outside = {leaf for part in outside_body(node) for leaf in used(part)}  # annotations, defaults
        return found - set(dir(builtins)) - (outside - body_names(node))

    def _kept(self, node: ast.stmt) -> bool:
        if isinstance(node, Definition | ast.Import | ast.ImportFrom | ast.Pass):
            return True
        if isinstance(node, ast.Assign):
            return self._pure(node.value) and all(map(plain, node.targets))
        if isinstance(node, ast.AnnAssign | ast.AugAssign):
            return node.value is not None and self._pure(node.value) and plain(node.target)
        if isinstance(node, ast.Try):
            parts = [*node.body, *node.orelse, *node.finalbody]
            return all(map(self._kept, parts)) and all(self._kept(s) for h in node.handlers for s in h.body)
        if isinstance(node, ast.If):
            return self._pure(node.test) and all(map(self._kept, [*node.body, *node.orelse]))
        return False

    def _pure(self, value: ast.expr) -> bool:
        """Whether an expression can be computed from literals, kept names and harmless calls."""
        own = {
            node.id
            for node in ast.walk(value)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        own |= {node.arg for node in ast.walk(value) if isinstance(node, ast.arg)}
        lambdas = isinstance(value, ast.Lambda)
        for node in ast.walk(value):
            if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
                return False
            if isinstance(node, ast.Call) and not lambdas and not self._harmless(node.func):
                return False
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not lambdas:
                safe = (
                    node.id in own
                    or node.id in self._known
                    or (node.id in vars(builtins) and node.id not in REFLECTION | {"open", "input"})
                )
                if not safe:
                    return False
        return True

    def _harmless(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Name):
            return function.id in SAFE_CALLS
        root: ast.expr = function
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if isinstance(root, ast.Call):
            return self._harmless(root.func)
        return not isinstance(root, ast.Name) or root.id in SAFE_MODULES | self.constants
