"""The names in a statement: what it gives a value, what it reads, what is global in it."""

import ast
import symtable
from collections.abc import Iterator

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def bound(node: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement gives a value; ``*`` for all of a module's."""
    if isinstance(node, Definition):
        yield node.name
        return
    for part in ast.walk(node):
        if isinstance(part, ast.Import | ast.ImportFrom):
            for alias in part.names:
                yield alias.asname or alias.name.split(".")[0]
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, Definition):
            yield part.name


def used(node: ast.AST) -> Iterator[str]:
    """Every name that is read anywhere inside."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id
        elif isinstance(part, ast.Global):
            yield from part.names


def global_names(table: symtable.SymbolTable) -> Iterator[str]:
    """The global names that a scope and those inside it read."""
    for symbol in table.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            yield symbol.get_name()
    for child in table.get_children():
        yield from global_names(child)


def outside_body(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """The parts of a definition that are not its body."""
    yield node.args
    yield from node.decorator_list
    if node.returns:
        yield node.returns


def body_names(node: ast.FunctionDef) -> set[str]:
    """The names that a function's body reads."""
    return {name for statement in node.body for name in used(statement)}


def plain(target: ast.expr) -> bool:
    """Whether an assignment's target is a name, or a row of names."""
    return isinstance(target, ast.Name) or (
        isinstance(target, ast.Tuple | ast.List) and all(map(plain, target.elts))
    )
