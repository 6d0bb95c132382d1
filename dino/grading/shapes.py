"""What happened, in words, where arrays do not go together or np.random.choice cannot draw from them."""

import re
from typing import Any

from dino.grading.failure import KINDS, SHAPES, Failure, Telling, shape_of, size_of, words

COPIED = re.compile(r"parameters *[\[.]|in parameters\b")
"""A statement that takes something out of the parameters."""


def choice(failure: Failure) -> Telling | None:  # noqa: PLR0911 - a return a kind
    """``np.random.choice`` is given what it cannot draw from."""
    given = failure.state.get("choice")
    message = failure.outcome.message
    if not given or failure.outcome.error not in ("ValueError", "TypeError"):
        return None
    head = f"np.random.choice in {failure.where}"
    chances, among = given.get("p"), given["among"]
    if "NaN" in message or "nan" in message:
        first = next(
            (f"{name} contains NaN since {line}" for line, name, now in failure.state["changes"] if now[3]),
            "",
        )
        return (
            f"{head} gets probabilities with NaN in them{f': {first}' if first else ''}.",
            "Which operation makes NaN: a division by zero, or an overflow?",
        )
    cause = _odd(failure)
    if not chances and given["positional"] > 1:
        return (
            f"{head} gets {given['positional']} arguments by place: the second is how many to draw; the "
            "probabilities are given by name, as p.",
            "Which arguments does np.random.choice take, and in which order?",
        )
    if re.search("'?a'? (must be|cannot be empty)", message):
        return (
            f"{head} is to draw from {words(among)}; it needs a row of indices, or one whole number{cause}.",
            SHAPES,
        )
    if chances and "same size" in message:
        return (
            f"{head} gets {size_of(among)} things to draw from, and {size_of(chances)} probabilities ({given['expression']}){cause}.",
            SHAPES,
        )
    if chances and "1-dimensional" in message:
        return (
            f"{head} gets probabilities of shape {shape_of(chances)} ({given['expression']}); they must be a row of one dimension{cause}.",
            SHAPES,
        )
    if chances and "sum to 1" in message:
        added = f"{given['sum']:.{6 if abs(given['sum'] - 1) > 1e-5 else 12}g}"
        return (
            f"{head} gets probabilities ({given['expression']}) that add up to {added}, not to 1{cause}.",
            "What makes scores into probabilities?",
        )
    if chances and "negative" in message:
        return (
            f"{head} gets probabilities ({given['expression']}) below zero, the least {given['least']:.6g}{cause}.",
            "What makes scores into probabilities?",
        )
    return None


def shape(failure: Failure) -> Telling | None:
    """Arrays that do not go together."""
    message = failure.outcome.message
    if not re.search(r"aligned|broadcast|matmul|dimension|shape|0-dimensional|setting an array", message):
        return None
    kinds = ("array", "number", "list", "tuple", "dictionary", "None", "text")
    arrays = [name for name in failure.used if failure.described(name)[0] in kinds]
    if "Python scalars" in message:
        name = next((name for name in arrays if failure.described(name)[0] == "array"), "")
        if name:
            what = words(failure.described(name))
            return f"{name} is {what}{failure.since(name)}; {failure.where} needs a number.", KINDS
    listed = ", ".join(f"{name} is {words(failure.described(name))}" for name in arrays[:8])
    return f"In {failure.where} the shapes do not go together: {listed or message}{_odd(failure)}.", SHAPES


def _odd(failure: Failure) -> str:
    """The first variable whose shape no vector of the network has, and what comes of it."""
    parameters = next((x for x in failure.case.arguments if isinstance(x, dict) and "Waa" in x), None)
    if parameters is None:
        return ""
    sizes = len(parameters["Waa"]), len(parameters["by"])
    kinds: dict[str, tuple[str, list[Any]]] = {}
    for line, name, now in failure.state["changes"]:
        kinds[name] = line, now
        copied = COPIED.search(failure.state.get("setting", {}).get(name, ""))
        if now[0] != "array" or copied or name in parameters:
            continue
        rows, columns = (now[1] + [1, 1])[0], now[1][1:]
        if columns in ([], [1]) and rows not in sizes and rows != sizes[1] ** 2:
            return (
                f"; {name} has {rows} rows since {line}, and the network has {sizes[1]} characters "
                f"and {sizes[0]} hidden units"
            )
        if columns not in ([], [1]):  # of one dimension: it is told if something comes of it
            return _because(failure, name, line, kinds)
    return ""


def _because(failure: Failure, name: str, line: str, kinds: dict[str, tuple[str, list[Any]]]) -> str:
    """Why a variable is no column: what it was computed from, or itself."""
    wide = [
        n
        for n in failure.used
        if failure.described(n)[0] == "array" and failure.described(n)[1][1:] not in ([], [1])
    ]
    wide = [
        n
        for n in wide
        if n not in ("Wax", "Waa", "Wya") and not COPIED.search(failure.state["setting"].get(n, ""))
    ]
    shown = failure.described(wide[-1]) if wide else kinds[name][1]
    said = f"; {wide[-1] if wide else name} is {shape_of(shown)} and should be ({shown[1][0]}, 1)"
    text = failure.state["lines"].get(line, "")
    for operand in _operands(failure, line, name):
        at, described = kinds.get(operand, ("", ["", None, "", False]))
        if described[0] == "array" and len(described[1]) == 1:
            return f"{said}, because {operand} is one-dimensional since {at}"
        if described[0] == "number" and re.search(rf"(dot|matmul)\([^()]*\b{operand}\b|@ *{operand}\b", text):
            return f"{said}, because {operand} is a number since {at}, not a column"
        if described[0] in ("list", "tuple"):
            return f"{said}, because {operand} is {words(described)} since {at}, not a column"
        if described[0] == "array" and described[1][0] == 1 < described[1][-1]:
            return f"{said}, because {operand} is {shape_of(described)} since {at}, a row"
    if not wide or wide[-1] == name:
        return f"{said}, since {line}"
    return f"{said}, because {name} is {shape_of(kinds[name][1])} since {line}"


def _operands(failure: Failure, line: str, name: str) -> list[str]:
    text = failure.state.get("lines", {}).get(line, "")
    return [word for word in re.findall(r"[A-Za-z_]\w*", text.partition("=")[2]) if word != name]
