"""A call that failed, and the words for the values that were there."""

import ast
from dataclasses import dataclass
from typing import Any

from dino.grading.calling import Outcome
from dino.grading.exercise import Case
from dino.grading.selection import Submission

Telling = tuple[str, str]
"""A diagnosis and a hint."""

SHAPES = "Write the shape of each array beside its line, from the first one on; where do they part?"
KINDS = "Print the variable, and its type, before that line."


@dataclass(frozen=True)
class Failure:
    """A call that failed, and all that is known of it.

    Attributes:
        case: the call.
        outcome: what it did.
        state: what the variables were; see :func:`dino.grading.watching.watched`.
        statement: the learner's statement that failed; None if it is not found.
    """

    case: Case
    outcome: Outcome
    state: dict[str, Any]
    statement: ast.stmt | None

    @property
    def where(self) -> str:
        """The line, for people."""
        return self.outcome.line or "a line of another file"

    @property
    def used(self) -> list[str]:
        """The variables that the statement reads, in its order."""
        parts = head(self.statement) if self.statement else []
        loads = [n for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)]
        names = [node.id for node in sorted(loads, key=lambda node: (node.lineno, node.col_offset))]
        if isinstance(self.statement, ast.Assign):  # a[t] = …: a and t are read, x in x = … is not
            parts = [one for target in self.statement.targets for one in getattr(target, "elts", [target])]
            plain = {target.id for target in parts if isinstance(target, ast.Name)}
            loaded = {node.id for node in loads if isinstance(node.ctx, ast.Load)}
            names = [name for name in names if name not in plain or name in loaded]
        return [name for name in dict.fromkeys(names) if name in self.state.get("names", {})]

    def described(self, name: str) -> list[Any]:
        """Kind, shape or length, text, and whether there is NaN in it."""
        found: list[Any] = self.state["names"][name][0]
        return found

    def since(self, name: str) -> str:
        """`` since line 3``, or nothing."""
        line = self.state["names"][name][1]
        return f" since {line}" if line and line != self.where else ""


def statement_at(submission: Submission, line: str) -> ast.stmt | None:
    """The innermost statement at a line, as shown to people."""
    cell, _, number = line.rpartition("line ")
    if not number.isdecimal():
        return None
    found = None
    for part in submission.cells:
        if part.label == cell.rstrip(", "):
            for node in ast.walk(part.tree):
                if isinstance(node, ast.stmt) and node.lineno <= int(number) <= (node.end_lineno or 0):
                    found = node if found is None or node.lineno >= found.lineno else found
    return found


def head(statement: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that are its own, not those of the statements inside it."""
    return [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]


def listed(failure: Failure) -> str:
    """The kinds of what the statement reads."""
    shown = [name for name in failure.used if failure.described(name)[0] not in ("function", "module")]
    return ", ".join(f"{name} is {words(failure.described(name))}" for name in shown[:6])


def words(described: list[Any]) -> str:
    """What a value is."""
    kind, size, text, _ = described
    if kind == "array":
        return f"an array of shape {shape_of(described)}"
    if kind == "None":
        return "None"
    if kind == "number":
        return f"the number {text}" if text else "a number"
    if kind == "text":
        return f"the text {text}"
    if kind in ("list", "tuple", "dictionary", "set", "range"):
        return f"a {kind} of {size}"
    return f"a {kind}" if kind in ("truth value", "function") else f"of type {kind}"


def shape_of(described: list[Any]) -> str:
    """An array's shape."""
    return str(tuple(described[1] or ()))


def size_of(described: list[Any]) -> Any:
    """How many things a value holds, or stands for."""
    kind, size, text, _ = described
    if kind == "array":
        count = 1
        for length in size:
            count *= length
        return count
    return text if kind == "number" else size
