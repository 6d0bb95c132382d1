"""Whether a function takes what the exercise says it takes."""

import ast
from itertools import zip_longest

ANY_NAME = {"data"}
"""Parameters that may be called otherwise: what they are given is not looked at."""

OPTIONAL = {"verbose"}
"""Parameters that older versions of the assignment do not have."""


def changed(node: ast.FunctionDef | None, wanted: str) -> str:
    """What is different about a function's parameters; empty if it can be called as the exercise says.

    Parameters with defaults may follow those that are asked for.

    Args:
        node: the definition; None for something that is no ``def``, which is not looked at.
        wanted: the parameters, as a ``def`` line has them.
    """
    if node is None or node.args.vararg or node.args.kwonlyargs:
        return ""
    expected, got = parameters(f"def f({wanted}): pass"), _of(node)
    names, theirs = [name for name, _ in expected], [name for name, _ in got]
    names = [own if name in ANY_NAME else name for name, own in zip_longest(names, theirs) if name]
    must = [name for name in names if name not in OPTIONAL or name in theirs]
    if theirs[: len(must)] != must:
        return f"def {node.name}({', '.join(theirs)}) in place of ({', '.join(names)})"
    for name, default in got[len(must) :]:
        if default is None:
            return f"the parameter {name} is one too many"
    for name, default in expected:
        given = dict(got).get(name, default)
        if given != default:
            return f"the default of {name} is {given or 'missing'} in place of {default or 'none'}"
    return ""


def parameters(source: str) -> list[tuple[str, str | None]]:
    """Names and defaults of a function in source form."""
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    return _of(node)


def _of(node: ast.FunctionDef) -> list[tuple[str, str | None]]:
    names = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    defaults = [_plain(default) for default in node.args.defaults]
    return list(zip(names, [*[None] * (len(names) - len(defaults)), *defaults], strict=True))


def _plain(default: ast.expr) -> str:
    """A default's value as text, so that 35000 and 35_000 are the same."""
    try:
        return repr(ast.literal_eval(default))
    except ValueError:
        return ast.unparse(default)
