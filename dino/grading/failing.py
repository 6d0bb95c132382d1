"""What happened, in words: a diagnosis from a learner's variables where a call failed.

It says what is certain: what is not filled in, what is not defined, and which variable has had the wrong kind
or shape since which line.
"""

import ast
import builtins
import re
import sys
from difflib import get_close_matches
from typing import Any

from dino import exercises as right
from dino.grading import shapes
from dino.grading.failure import KINDS, Failure, Telling, head, listed, words
from dino.grading.selection import Submission

MODULES = ("copy", "math", "np", "numpy", "random", "itertools", "string", "collections", "utils")


NEEDED = ("X", "Y", "a_prev", "parameters", "gradients", "cache", "maxValue", "seed", "loss", "cur_loss")
"""Arguments of given functions that are not None in any right call."""


def unfilled(submission: Submission, name: str) -> Telling | None:
    """The lines of a function that still are as a template has them."""
    node = submission.definition(name)
    if node is None:
        return None
    waiting = [part for part in ast.walk(node) if isinstance(part, ast.Assign) and _is_none(part.value)]
    # Where each name is set to None; a value that it has before does not fill that line in, one after it does.
    empty = {
        target.id: part.lineno for part in waiting for target in part.targets if isinstance(target, ast.Name)
    }
    unset = {id(leaf) for part in waiting for leaf in ast.walk(part)}
    stores = [
        leaf
        for leaf in ast.walk(node)
        if isinstance(leaf, ast.Name) and isinstance(leaf.ctx, ast.Store) and id(leaf) not in unset
    ]
    filled = {store.id for store in stores if store.lineno > empty.get(store.id, store.lineno)}
    filled |= {
        target.id
        for part in ast.walk(node)
        if isinstance(part, ast.Assign) and not _is_none(part.value)
        for target in part.targets
        if isinstance(target, ast.Name)
    }
    lines = sorted({getattr(part, "lineno", 0) for part in ast.walk(node) if _placeholder(part, filled)})
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


def _placeholder(part: ast.AST, filled: set[str]) -> bool:  # noqa: PLR0911 - a return a kind
    """Whether a statement waits for a learner's own code."""
    if isinstance(part, ast.Expr):
        return _is_none(part.value)
    if isinstance(part, ast.Assign) and _is_none(part.value):
        target = part.targets[0]
        return not isinstance(target, ast.Name) or target.id not in filled
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
    for rule in (
        _asserted,
        _nothing,
        _key,
        shapes.choice,
        _pairs_given,
        _index,
        _attribute,
        shapes.shape,
        _operation,
    ):
        telling = rule(failure)
        if telling:
            return telling
    outcome = failure.outcome
    there = listed(failure)
    if outcome.error in ("ImportError", "ModuleNotFoundError"):
        return (
            f"{failure.where} needs what cannot be had: {outcome.message}.",
            "Which of NumPy's functions does it?",
        )
    text = f"In {failure.where} it raises {outcome.error}: {outcome.message}"
    return f"{text.rstrip('.')}{f'; there {there}' if there else ''}.", KINDS


def _asserted(failure: Failure) -> Telling | None:
    """The learner's own assertion does not hold."""
    if failure.outcome.error != "AssertionError" or not isinstance(failure.statement, ast.Assert):
        return None
    said = ast.unparse(failure.statement.test)
    return f"The assertion in {failure.where} does not hold: {said}; there {listed(failure)}.", KINDS


def _nothing(failure: Failure) -> Telling | None:
    """Something is None where a value is needed."""
    message = failure.outcome.message
    if not re.search(r"None|matmul|operand|dimension|aligned", message):
        return None
    empty = [name for name in failure.used if failure.described(name)[0] == "None"]
    callee, steps = failure.state.get("callee"), failure.state.get("steps", [])
    if not empty and steps and steps[-1][0] == callee:
        given = [name for name, value in steps[-1][1].items() if value is None and name in NEEDED]
        if given:
            said = f"In {failure.where} {callee} gets None for {' and '.join(given)}."
            return said, "Which variable belongs there?"
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
        return (
            f"In {failure.where} {failure.state['callee']} looks for the key {text}, and does not find it; "
            f"there {listed(failure)}.",
            "What does that function take, and in which order?",
        )
    looked = [n.value for n in ast.walk(failure.statement or ast.Pass()) if isinstance(n, ast.Subscript)]
    name = next((n.id for n in looked if isinstance(n, ast.Name) and n.id in lacking), next(iter(lacking)))
    kinds = dictionaries[name][1]
    letters = (
        len(ast.literal_eval(text)) == 1 if kind == "text" else all(len(key) < 2 for key in lacking[name])
    )
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


def _pairs_given(failure: Failure) -> Telling | None:
    """X and Y as they were handed on, where they are no lists of indices of the same length."""
    flight = failure.state
    if "X" not in flight or "Y" not in flight:
        return None
    head = f"{flight['callee']} in {failure.where}"
    for name in ("X", "Y"):
        row = flight[name]
        if row[:1] == ["described"]:
            return f"{head} gets {words(row[1:])} for {name}; it needs a list of indices.", KINDS
        odd = next((x for x in row if isinstance(x, str | list)), None)
        if odd is not None:
            what = f"the text {odd!r}" if isinstance(odd, str) else words(odd)
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


def _index(failure: Failure) -> Telling | None:  # noqa: PLR0911 - a return a kind
    """Something that is no whole number stands for an index."""
    error, message = failure.outcome.error, failure.outcome.message
    if error not in ("IndexError", "TypeError") or failure.statement is None:
        return None
    if (error == "IndexError" and "out of range" in message) or "out of bounds" in message:
        there = listed(failure)
        return (
            f"In {failure.where} an index runs past the end: {message}{f'; there {there}' if there else ''}.",
            "How long is it, and which index comes last?",
        )
    if "indices" not in message and "subscriptable" not in message:
        return None
    for node in (
        n for part in head(failure.statement) for n in ast.walk(part) if isinstance(n, ast.Subscript)
    ):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str | float):
            said = f"{node.slice.value!r} as an index of {ast.unparse(node.value)}"
            return f"{failure.where} uses {said}, and indices must be integers.", KINDS
        for inner in (n for n in ast.walk(node.slice) if isinstance(n, ast.Name)):
            described = failure.state["names"].get(inner.id, [["number", None, "", False]])[0]
            if described[0] not in ("number", "list", "range") or "." in described[2]:
                said = words(failure.described(inner.id))
                return (
                    f"{inner.id} is {said}{failure.since(inner.id)}; {failure.where} uses it as an index, which is a whole number.",
                    KINDS,
                )
        base = node.value
        if "subscriptable" in message and isinstance(base, ast.Name) and base.id in failure.state["names"]:
            return (
                f"{base.id} is {words(failure.described(base.id))}{failure.since(base.id)}; nothing can be looked up in it in {failure.where}.",
                KINDS,
            )
    return None


def _attribute(failure: Failure) -> Telling | None:
    """A value of another kind has not what is asked of it."""
    if module := re.search(r"module '([\w.]+)' has no attribute '(\w+)'", failure.outcome.message):
        near = _nearest(module[2], set(dir(sys.modules.get(module[1]))), 0.6)
        nearest = f"; the nearest name in it: {near}" if near else ""
        return (
            f"{module[1]} has no {module[2]}, which {failure.where} asks of it{nearest}.",
            "Compare the spelling.",
        )
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
                f"{name} is {words(failure.described(name))}{failure.since(name)}, which has no {match[2]} ({failure.where}).",
                KINDS,
            )
    return f"In {failure.where} {match[2]} is asked of a value of type {match[1]}, which has none.", KINDS


def _operation(failure: Failure) -> Telling | None:  # noqa: PLR0911 - a return a kind
    """Two kinds that cannot be combined, or a call that does not fit."""
    if failure.outcome.error not in ("TypeError", "ValueError", "UFuncTypeError", "_UFuncNoLoopError"):
        return None
    there = listed(failure)
    if failure.outcome.message.startswith("vocab_size is"):
        return (
            f"rnn_forward in {failure.where} is told another size: {failure.outcome.message}.",
            "Look for a number in your code that an argument should give.",
        )
    called = [
        n.func.id
        for n in ast.walk(failure.statement or ast.Pass())
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    if "not callable" in failure.outcome.message:
        for name in called:
            if name in failure.state["names"]:
                what = words(failure.described(name))
                return (
                    f"{name} is {what}{failure.since(name)}; {failure.where} calls it like a function.",
                    KINDS,
                )
        if match := re.match(r"'(\w+)' object", failure.outcome.message):
            return (
                f"{failure.where} calls {' or '.join(called)}, which is a {match[1]} and no function.",
                KINDS,
            )
    if not there:
        return None
    if match := re.search(r"can only concatenate (\w+)", failure.outcome.message):
        one = {"str": "text"}.get(match[1], match[1])
        said = f"to a {one} only a {one} can be added"
        return f"{failure.where} adds two things of different kinds: {there}; {said}.", KINDS
    if "values to unpack" in failure.outcome.message and isinstance(failure.statement, ast.Assign):
        taken = len(getattr(failure.statement.targets[0], "elts", [])) or "several"
        what = ast.unparse(getattr(failure.statement.value, "func", failure.statement.value))
        said = f"{failure.where} takes {taken} values from {what}, which gives another number of them"
        return f"{said}: {failure.outcome.message}.", KINDS
    if "did not contain a loop" in failure.outcome.message:
        constants = [
            n.value for n in ast.walk(failure.statement or ast.Pass()) if isinstance(n, ast.Constant)
        ]
        texts = "".join(f", and {text!r} is a text" for text in constants if isinstance(text, str))
        return f"In {failure.where} something that is no number is calculated with: {there}{texts}.", KINDS
    callee = failure.state.get("callee")
    head = f"In {failure.where} {callee} fails:" if callee else f"In {failure.where}"
    return f"{head} {failure.outcome.message.rstrip('.')}: there {there}.", KINDS


def changed_kind(state: dict[str, Any]) -> Telling | None:
    """A list that an operation has made into something else."""
    before: dict[str, str] = {}
    for line, name, now in state.get("changes", []):
        if before.get(name) == "list" and now[0] in ("array", "None", "number", "tuple"):
            return (
                f"{name} is no list since {line}: there it becomes {words(now)}.",
                "Which operation puts one more entry at the end of a list?",
            )
        before[name] = now[0]
    return None
