"""What happened, in words: a diagnosis from a learner's variables where a call failed.

It says what is certain: what is not filled in, what is not defined, and which variable has had the wrong kind
or shape since which line.
"""

import ast
import builtins
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dino import exercises as right
from dino.grading.calling import Outcome
from dino.grading.exercise import Case
from dino.grading.selection import Submission

MODULES = ("copy", "math", "np", "numpy", "random", "itertools", "string", "collections", "utils")

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
        parts = _head(self.statement) if self.statement else []
        loads = [n for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)]
        names = [node.id for node in sorted(loads, key=lambda node: (node.lineno, node.col_offset))]
        if isinstance(self.statement, ast.Assign):  # a[t] = …: a and t are read, x in x = … is not
            plain = {target.id for target in self.statement.targets if isinstance(target, ast.Name)}
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


def _head(statement: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that are its own, not those of the statements inside it."""
    return [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]


def unfilled(submission: Submission, name: str) -> Telling | None:
    """The lines of a function that still are as a template has them."""
    node = submission.definition(name)
    if node is None:
        return None
    bindings: dict[str, list[bool]] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Assign):
            for target in part.targets:
                if isinstance(target, ast.Name):
                    bindings.setdefault(target.id, []).append(_is_none(part.value))
    lines = sorted({getattr(part, "lineno", 0) for part in ast.walk(node) if _placeholder(part, bindings)})
    only = [
        part
        for part in node.body
        if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
    ]
    if all(isinstance(part, ast.Pass) for part in only):
        lines = lines or [node.body[-1].lineno]
    if not lines:
        return None
    cell = submission.label_of(name)
    where = f"{cell}, " if cell else ""
    shown = ", ".join(map(str, lines[:12])) + (", …" if len(lines) > 12 else "")
    raised = " (NotImplementedError)" if any(isinstance(part, ast.Raise) for part in only) else ""
    return (
        f"Not filled in yet: {where}line{'s' if len(lines) > 1 else ''} {shown}{raised}.",
        "Say in words what each of these lines should compute, then write it.",
    )


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or node.value is ...)


def _placeholder(part: ast.AST, bindings: dict[str, list[bool]]) -> bool:  # noqa: PLR0911 - a return a kind
    """Whether a statement waits for a learner's own code."""
    if isinstance(part, ast.Expr):
        return _is_none(part.value)
    if isinstance(part, ast.Assign) and _is_none(part.value):
        target = part.targets[0]
        return not isinstance(target, ast.Name) or all(bindings[target.id])
    if isinstance(part, ast.AugAssign):
        return _is_none(part.value)
    if isinstance(part, ast.If | ast.While):
        return any(map(_is_none, [part.test, *getattr(part.test, "values", [])]))
    if isinstance(part, ast.For):
        return _is_none(part.iter)
    if isinstance(part, ast.Raise):
        raised = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    if isinstance(part, ast.Call) and re.match(r"(np|numpy)\.(?!random)|range$", ast.unparse(part.func)):
        inner = [leaf for argument in part.args for leaf in getattr(argument, "elts", [argument])]
        return bool(inner) and all(map(_is_none, inner))
    return False


def undefined(failure: Failure, submission: Submission, exercise: str) -> Telling | None:
    """What is wrong with a name that nothing has given a value."""
    match = re.search(r"'(\w+)'", failure.outcome.message)
    if failure.outcome.error not in ("NameError", "UnboundLocalError") or not match:
        return None
    name, where = match[1], failure.where
    if failure.outcome.error == "UnboundLocalError" or "free variable" in failure.outcome.message:
        return (
            f"{name} is read in {where} before any line has given it a value.",
            "On which way through the function does a line set it, and on which not?",
        )
    imported = submission.imported_as(name)
    if imported and imported != name:
        return (
            f"{name} is not defined in {where}: the file imports it as {imported}.",
            "Use the name that is imported.",
        )
    if name in MODULES:
        return (
            f"{name} is not defined in {where}: there is no import of it (import {'numpy as np' if name == 'np' else name}).",
            "What a function uses from another module has to be imported, in the same file.",
        )
    known = {*failure.state.get("names", {}), *submission.names(), *right.__all__, *dir(builtins)} - {name}
    near = _nearest(name, known, 0.7)
    nearest = f"; the nearest name that there is: {near}" if near else ""
    return (
        f"{name} is not defined: it is used in {where}, and nothing of that name exists in {exercise} or the file{nearest}.",
        "Which line should give it a value, or which name did you mean?",
    )


def _nearest(word: str, words: set[str], cutoff: float) -> str:
    """The word that differs in case, in the order of its letters or in few of them; empty if there is none."""
    for form in (str.lower, lambda one: "".join(sorted(one))):
        same = [one for one in sorted(words) if form(one) == form(word)]
        if same:
            return same[0]
    return next(iter(get_close_matches(word, sorted(words), n=1, cutoff=cutoff)), "")


def told(failure: Failure) -> Telling:
    """What happened in a call that raised an exception."""
    for rule in (_nothing, _key, _choice, _pairs_given, _index, _shape, _attribute, _operation):
        telling = rule(failure)
        if telling:
            return telling
    outcome = failure.outcome
    there = _listed(failure)
    if outcome.error in ("ImportError", "ModuleNotFoundError"):
        return f"{failure.where} needs what cannot be had: {outcome.message}.", "Which of NumPy's functions does it?"
    text = f"In {failure.where} it raises {outcome.error}: {outcome.message}"
    return f"{text.rstrip('.')}{f'; there {there}' if there else ''}.", KINDS


def _nothing(failure: Failure) -> Telling | None:
    """Something is None where a value is needed."""
    message = failure.outcome.message
    if not re.search(r"None|matmul|operand|dimension|aligned", message):
        return None
    empty = [name for name in failure.used if failure.described(name)[0] == "None"]
    if not empty:
        if "unpack" in message and failure.statement is not None:
            called = getattr(getattr(failure.statement, "value", None), "func", None)
            what = f"{ast.unparse(called)} returns None there" if called is not None else "it is None"
            return (
                f"{failure.where} takes several values from one that is None: {what}.",
                "What does it return, and when?",
            )
        return None
    name = empty[0]
    line = failure.state["names"][name][1]
    setting = failure.state.get("setting", {}).get(name, "")
    how = ""
    if match := re.search(r"\.(append|extend|insert|sort|reverse|update|shuffle|remove)\(", setting):
        how = f": it is what {match[1]} returns, and {match[1]} changes its list and returns None"
        if match[1] in ("update", "shuffle"):
            how = f": it is what {match[1]} returns, which is None"
    elif setting.rstrip().endswith("= None"):
        how = ": not filled in yet"
    since = f" since {line}" if line and line != failure.where else ""
    return (
        f"{name} is None{since}{how}; {failure.where} needs a value.",
        "Follow that variable from the line that sets it.",
    )


def _key(failure: Failure) -> Telling | None:
    """A dictionary has no such key."""
    if failure.outcome.error != "KeyError" or "key" not in failure.state:
        return None
    kind, _, text, _ = failure.state["key"]
    dictionaries = {
        name: found[2:]
        for name, found in failure.state["names"].items()
        if len(found) == 4 and name in failure.used
    }
    lacking = {n: keys for n, (keys, _) in dictionaries.items() if text.strip("'\"") not in keys}
    if not lacking:
        return f"In {failure.where} a dictionary has no key {text or kind}.", "Print the dictionary's keys."
    if "callee" in failure.state:
        lacking_name = " and ".join(lacking)
        return (
            f"{failure.state['callee']}, called in {failure.where}, looks for the key {text}, which {lacking_name} "
            "does not have.",
            "What does that function take, and in which order?",
        )
    looked = [n.value for n in ast.walk(failure.statement or ast.Pass()) if isinstance(n, ast.Subscript)]
    name = next((n.id for n in looked if isinstance(n, ast.Name) and n.id in lacking), next(iter(lacking)))
    kinds = dictionaries[name][1]
    letters = len(ast.literal_eval(text)) == 1 if kind == "text" else all(len(key) < 2 for key in lacking[name])
    if letters and kinds != kind and kinds in ("text", "number"):
        other = "char_to_ix" if name == "ix_to_char" else "ix_to_char"
        return (
            f"{name} is asked for {'the letter ' if kind == 'text' else f'a {kind}, '}{text} in {failure.where}; its keys are "
            f"{'letters' if kinds == 'text' else 'indices'}. The dictionary for that is {other}.",
            "Which dictionary goes from letters to indices, and which the other way?",
        )
    if kind == "text" and (text.strip("'\"").isspace() or "\\" in text):
        blank = next(
            (
                n
                for n, f in failure.state["names"].items()
                if f[0][0] == "text" and f[0][1] > 1 and text[1:-1] in f[0][2]
            ),
            "",
        )
        setting = failure.state["setting"].get(blank, "")
        shown = f" ({setting})" if setting else ""
        whose = f": {blank} is {failure.described(blank)[2]}{failure.since(blank)}{shown}" if blank else ""
        return (
            f"{name} has no key {text}, which is asked for in {failure.where}{whose}; the blanks around a name are not stripped.",
            "Which list holds the stripped names, and from which one does this line's name come?",
        )
    near = _nearest(text.strip("'\""), set(lacking[name]), 0.5)
    nearest = f"; the nearest that it has is '{near}'" if near else ""
    return (
        f"{name} has no key {text}, which is asked for in {failure.where}{nearest}.",
        "Compare the spelling, letter by letter.",
    )


def _choice(failure: Failure) -> Telling | None:  # noqa: PLR0911 - a return a kind
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
    if re.search("'?a'? (must be|cannot be empty)", message):
        return (
            f"{head} is to draw from {_words(among)}; it needs a row of indices, or one whole number{cause}.",
            SHAPES,
        )
    if chances and "same size" in message:
        return (
            f"{head} gets {_size(among)} things to draw from, and {_size(chances)} probabilities ({given['expression']}){cause}.",
            SHAPES,
        )
    if chances and "1-dimensional" in message:
        return (
            f"{head} gets probabilities of shape {_shape_of(chances)} ({given['expression']}); they must be a row of one dimension{cause}.",
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


def _pairs_given(failure: Failure) -> Telling | None:
    """X and Y as they were handed on, where they are no lists of indices of the same length."""
    flight = failure.state
    if "X" not in flight or "Y" not in flight:
        return None
    head = f"{flight['callee']} in {failure.where}"
    for name in ("X", "Y"):
        row = flight[name]
        if row[:1] == ["described"]:
            return f"{head} gets {_words(row[1:])} for {name}; it needs a list of indices.", KINDS
        odd = next((x for x in row if isinstance(x, str | list)), None)
        if odd is not None:
            what = f"the text {odd!r}" if isinstance(odd, str) else _words(odd)
            return (
                f"{head} gets {what} among the entries of {name}, where indices belong.",
                "Which dictionary turns a character into its index?",
            )
    if None in flight["Y"]:
        return (
            f"{head} gets None among the labels: Y has {len(flight['Y'])} entries, and entry {flight['Y'].index(None) + 1} is None.",
            "Each label is the index of the character that should follow.",
        )
    if len(flight["X"]) != len(flight["Y"]):
        return (
            f"{head} gets {len(flight['X'])} inputs and {len(flight['Y'])} labels: X and Y must be of one length.",
            "Write X and Y of a name of two letters below each other.",
        )
    return None


def _index(failure: Failure) -> Telling | None:
    """Something that is no whole number stands for an index."""
    error, message = failure.outcome.error, failure.outcome.message
    if error not in ("IndexError", "TypeError") or failure.statement is None:
        return None
    if (error == "IndexError" and "out of range" in message) or "out of bounds" in message:
        there = _listed(failure)
        return (
            f"In {failure.where} an index runs past the end: {message}{f'; there {there}' if there else ''}.",
            "How long is it, and which index comes last?",
        )
    if "indices" not in message and "subscriptable" not in message:
        return None
    for node in (
        n for part in _head(failure.statement) for n in ast.walk(part) if isinstance(n, ast.Subscript)
    ):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str | float):
            what, base = f"{node.slice.value!r}", ast.unparse(node.value)
            return f"{failure.where} uses {what} as an index of {base}, and indices must be integers.", KINDS
        for inner in (n for n in ast.walk(node.slice) if isinstance(n, ast.Name)):
            described = failure.state["names"].get(inner.id, [["number", None, "", False]])[0]
            if described[0] not in ("number", "list", "range") or "." in described[2]:
                said = _words(failure.described(inner.id))
                return (
                    f"{inner.id} is {said}{failure.since(inner.id)}; {failure.where} uses it as an index, which is a whole number.",
                    KINDS,
                )
        base = node.value
        if "subscriptable" in message and isinstance(base, ast.Name) and base.id in failure.state["names"]:
            return (
                f"{base.id} is {_words(failure.described(base.id))}{failure.since(base.id)}; nothing can be looked up in it in {failure.where}.",
                KINDS,
            )
    return None


def _shape(failure: Failure) -> Telling | None:
    """Arrays that do not go together."""
    message = failure.outcome.message
    if not re.search(r"aligned|broadcast|matmul|dimension|shape|0-dimensional|setting an array", message):
        return None
    kinds = ("array", "number", "list", "tuple")
    arrays = [name for name in failure.used if failure.described(name)[0] in kinds]
    if "Python scalars" in message:
        name = next((name for name in arrays if failure.described(name)[0] == "array"), "")
        if name:
            what = _words(failure.described(name))
            return f"{name} is {what}{failure.since(name)}; {failure.where} needs a number.", KINDS
    listed = ", ".join(f"{name} is {_words(failure.described(name))}" for name in arrays[:8])
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
        copied = "parameters" in failure.state.get("setting", {}).get(name, "")
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
        if n not in ("Wax", "Waa", "Wya") and "parameters" not in failure.state["setting"].get(n, "")
    ]
    shown = failure.described(wide[-1]) if wide else kinds[name][1]
    said = f"; {wide[-1] if wide else name} is {_shape_of(shown)} and should be ({shown[1][0]}, 1)"
    text = failure.state["lines"].get(line, "")
    for operand in _operands(failure, line, name):
        at, described = kinds.get(operand, ("", ["", None, "", False]))
        if described[0] == "array" and len(described[1]) == 1:
            return f"{said}, because {operand} is one-dimensional since {at}"
        if described[0] == "number" and re.search(rf"(dot|matmul)\([^()]*\b{operand}\b|@ *{operand}\b", text):
            return f"{said}, because {operand} is a number since {at}, not a column"
    if not wide or wide[-1] == name:
        return f"{said}, since {line}"
    return f"{said}, because {name} is {_shape_of(kinds[name][1])} since {line}"


def _operands(failure: Failure, line: str, name: str) -> list[str]:
    text = failure.state.get("lines", {}).get(line, "")
    return [word for word in re.findall(r"[A-Za-z_]\w*", text.partition("=")[2]) if word != name]


def _attribute(failure: Failure) -> Telling | None:
    """A value of another kind has not what is asked of it."""
    match = re.search(r"'([\w.]+)' object has no attribute '(\w+)'", failure.outcome.message)
    if failure.outcome.error != "AttributeError" or not match or failure.statement is None:
        return None
    for node in (n for part in [failure.statement] for n in ast.walk(part) if isinstance(n, ast.Attribute)):
        if (
            node.attr == match[2]
            and isinstance(node.value, ast.Name)
            and node.value.id in failure.state["names"]
        ):
            name = node.value.id
            return (
                f"{name} is {_words(failure.described(name))}{failure.since(name)}, which has no {match[2]} ({failure.where}).",
                KINDS,
            )
    return f"In {failure.where} {match[2]} is asked of a value of type {match[1]}, which has none.", KINDS


def _operation(failure: Failure) -> Telling | None:
    """Two kinds that cannot be combined, or a call that does not fit."""
    if failure.outcome.error not in ("TypeError", "ValueError", "UFuncTypeError", "_UFuncNoLoopError"):
        return None
    there = _listed(failure)
    if failure.outcome.message.startswith("vocab_size is"):
        return (
            f"rnn_forward in {failure.where} is told another size: {failure.outcome.message}.",
            "Look for a number in your code that an argument should give.",
        )
    called = [n.func.id for n in ast.walk(failure.statement or ast.Pass()) if isinstance(n, ast.Call)
              and isinstance(n.func, ast.Name)]
    if "not callable" in failure.outcome.message:
        for name in called:
            if name in failure.state["names"]:
                what = _words(failure.described(name))
                return f"{name} is {what}{failure.since(name)}; {failure.where} calls it like a function.", KINDS
        if match := re.match(r"'(\w+)' object", failure.outcome.message):
            return f"{failure.where} calls {' or '.join(called)}, which is a {match[1]} and no function.", KINDS
    if not there:
        return None
    if "can only concatenate" in failure.outcome.message:
        return (
            f"{failure.where} adds two things of different kinds: {there}; to a list only a list can be added.",
            KINDS,
        )
    return f"In {failure.where} {failure.outcome.message.rstrip('.')}: there {there}.", KINDS


def changed_kind(state: dict[str, Any]) -> Telling | None:
    """A list that an operation has made into something else."""
    before: dict[str, str] = {}
    for line, name, now in state.get("changes", []):
        if before.get(name) == "list" and now[0] in ("array", "None", "number", "tuple"):
            return (
                f"{name} is no list since {line}: there it becomes {_words(now)}.",
                "Which operation puts one more entry at the end of a list?",
            )
        before[name] = now[0]
    return None


def _listed(failure: Failure) -> str:
    """The kinds of what the statement reads."""
    shown = [name for name in failure.used if failure.described(name)[0] not in ("function", "module")]
    return ", ".join(f"{name} is {_words(failure.described(name))}" for name in shown[:6])


def _words(described: list[Any]) -> str:
    kind, size, text, _ = described
    if kind == "array":
        return f"an array of shape {_shape_of(described)}"
    if kind == "None":
        return "None"
    if kind == "number":
        return f"the number {text}" if text else "a number"
    if kind == "text":
        return f"the text {text}"
    if kind in ("list", "tuple", "dictionary", "set", "range"):
        return f"a {kind} of {size}"
    return f"a {kind}" if kind in ("truth value", "function") else f"of type {kind}"


def _shape_of(described: list[Any]) -> str:
    return str(tuple(described[1] or ()))


def _size(described: list[Any]) -> Any:
    kind, size, text, _ = described
    if kind == "array":
        count = 1
        for length in size:
            count *= length
        return count
    return text if kind == "number" else size
