"""What a learner's function does on its way: its variables, and its calls of the functions that it is given.

For a diagnosis a call is made once more and watched. What is kept of a variable is its kind, its shape and a
few letters; the arguments of functions from outside the learner's file are kept whole.

The process under test and the parent (for the known mistakes) watch in the same way. This file needs NumPy
alone; the process under test loads it by its path.
"""

import ast
import contextlib
import copy
import io
import random
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, TracebackType
from typing import Any

import numpy as np

LEARNER = "<learner"
MOST_LINES = 20_000
"""After so many lines the variables are looked at no more, so that a long run stays quick."""

MOST_STEPS = 600
"""So many calls of given functions are kept."""

MOST_DRAWS = 3_000
"""A function that draws more often does not end."""

Described = list[Any]
"""A value's kind, its shape or length, its text if it is short, and whether it contains NaN."""

Step = list[Any]
"""The name of a function that was called, and its arguments by name."""


def describe(value: Any) -> Described:  # noqa: PLR0911 - one return for each kind
    """What is worth telling about a value."""
    if isinstance(value, np.ndarray):
        numbers = value.dtype.kind == "f" and value.size <= 10_000
        return ["array", list(value.shape), "", bool(numbers and np.isnan(value).any())]
    if value is None:
        return ["None", None, "", False]
    if isinstance(value, bool | np.bool_):
        return ["truth value", None, str(value), False]
    if isinstance(value, int | float | np.number):
        text = f"{value:g}"
        decimal = "." if isinstance(value, float | np.floating) and text.lstrip("-").isdecimal() else ""
        return ["number", None, f"{text}{decimal and '.0'}"[:20], bool(np.isnan(value))]
    if isinstance(value, str):
        return ["text", len(value), repr(value[:20]), False]
    for kind, name in ((list, "list"), (tuple, "tuple"), (dict, "dictionary"), (set, "set")):
        if isinstance(value, kind):
            return [name, len(value), "", False]
    return ["function" if callable(value) else type(value).__name__[:40], None, "", False]


def place(code: CodeType, line: int) -> str:
    """A line of the learner's file, as shown to people."""
    cell = code.co_filename.removeprefix(LEARNER).removesuffix(">").strip()
    return f"{cell}, line {line}" if cell else f"line {line}"


class Watch:
    """Looks at a learner's functions while one of them runs.

    Args:
        given: the names of the functions whose calls are kept.
        lines: whether the variables are looked at after each line, too.

    Attributes:
        steps: the learner's calls of those functions, and of three functions of np.random.
        changes: each time that a variable takes a value of another kind or shape: place, name, description.
        since: where each variable got its present kind and shape.
    """

    def __init__(self, given: set[str], *, lines: bool) -> None:
        self.steps: list[Step] = []
        self.changes: list[list[Any]] = []
        self.since: dict[str, str] = {}
        self._given, self._by_line = given, lines
        self._seen: dict[str, Described] = {}
        self._lines: dict[int, int] = {}
        self._left = MOST_LINES

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        """What ``sys.settrace`` calls."""
        if not _ours(frame.f_code):
            if frame.f_code.co_name in self._given and frame.f_back and _ours(frame.f_back.f_code):
                self.keep(frame.f_code.co_name, frame.f_locals)
            return None
        if not self._by_line:
            return None
        self._left -= 1
        if self._left < 0:
            sys.settrace(None)
            return None
        self._look(frame)
        self._lines[id(frame)] = frame.f_lineno
        return self

    def keep(self, name: str, arguments: dict[str, Any]) -> None:
        """Note a call."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append([name, {key: _kept(value) for key, value in arguments.items()}])

    def _look(self, frame: FrameType) -> None:
        """Note what the line that has just run changed."""
        line = self._lines.get(id(frame), frame.f_code.co_firstlineno)
        for name, value in list(frame.f_locals.items()):
            now = describe(value)
            before = self._seen.get(name)
            if before is None or (before[:2], before[3]) != (now[:2], now[3]):
                self.since[name] = place(frame.f_code, line)
                if len(self.changes) < 300:
                    self.changes.append([self.since[name], name, now])
            self._seen[name] = now


_watching: list[Watch] = []
"""Who is told of calls into np.random; empty for nobody."""


def watch_random(endless: type[BaseException]) -> dict[str, Any]:
    """Put functions in the place of NumPy's that tell of a learner's calls.

    Args:
        endless: is raised where a call draws without end.

    Returns:
        The functions that were there.
    """
    own = {name: getattr(np.random, name) for name in ("seed", "shuffle", "choice")}
    drawn = [0]

    def telling(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def told(*arguments: Any, **options: Any) -> Any:
            if not _ours(sys._getframe(1).f_code):
                drawn[0] = 0  # each call that is judged begins with a seed that is set for it
                return function(*arguments, **options)
            drawn[0] += name == "choice"
            if drawn[0] > MOST_DRAWS:
                raise endless
            if _watching:
                named = {**dict(zip(("first", "size", "replace", "p"), arguments, strict=False)), **options}
                if name == "choice" and isinstance(named.get("first"), int):
                    named["first"] = range(named["first"])  # which is the same
                _watching[-1].keep(name, named)
            return function(*arguments, **options)

        return told

    vars(np.random).update({name: telling(name, function) for name, function in own.items()})
    return own


def watched(
    function: Callable[..., Any],
    arguments: list[Any],
    options: dict[str, Any],
    global_seed: int,
    given: set[str],
    trees: dict[str, ast.Module],
    *,
    lines: bool = True,
) -> dict[str, Any]:
    """Make a call as :func:`dino.grading.calling.call` does, and say what happened on the way.

    Args:
        function: as there, and so the next three.
        arguments: given by position.
        options: given by name.
        global_seed: of NumPy's global generator.
        given: see :class:`Watch`, and so ``lines``.
        trees: the learner's files by the names that their frames have.
        lines: whether the variables are looked at.
    """
    watch = Watch(given, lines=lines)
    state: dict[str, Any] = {}
    copied = copy.deepcopy(arguments)
    random.seed(global_seed)
    np.random.seed(global_seed)
    before = sys.gettrace()
    _watching.append(watch)
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            sys.settrace(watch)
            result = function(*copied, **options)
            sys.settrace(None)
            state["result"] = result_kept(result)
    except BaseException as error:
        sys.settrace(None)
        state = _at_failure(error.__traceback__, watch, trees)
        if isinstance(error, KeyError) and error.args:
            state["key"] = describe(error.args[0])
    finally:
        sys.settrace(before)
        _watching.pop()
    return {**state, "changes": watch.changes, "steps": watch.steps}


def result_kept(result: Any) -> Any:
    """What is kept of a result, to compare two calls by."""
    return [_kept(part) for part in result] if isinstance(result, tuple) else _kept(result)


def _kept(value: Any) -> Any:
    """A copy of an argument, as far as another process can be told of it."""
    if isinstance(value, np.ndarray):
        return value.copy() if value.size <= 20_000 else describe(value)
    if isinstance(value, dict) and len(value) <= 60:
        return {str(key): _kept(part) for key, part in value.items() if isinstance(key, str)}
    return value if value is None or isinstance(value, int | float | str | np.number) else _plain(value)


def in_flight(traceback: TracebackType | None) -> dict[str, Any]:
    """The function that the learner's innermost line called when it failed, and its X and Y."""
    called = None
    for frame, _ in _frames(traceback):
        if _ours(frame.f_code):
            called = None
        elif called is None:
            called = frame
    own = in_flight.__code__.co_filename
    if called is None or called.f_code.co_filename == own or "site-packages" in called.f_code.co_filename:
        return {}
    local = called.f_locals
    return {"callee": called.f_code.co_name, **{n: _plain(local[n]) for n in ("X", "Y") if n in local}}


def _ours(code: CodeType) -> bool:
    return code.co_filename.startswith((LEARNER, "<mistake"))


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _at_failure(
    traceback: TracebackType | None, watch: Watch, trees: dict[str, ast.Module]
) -> dict[str, Any]:
    frames = [(frame, line) for frame, line in _frames(traceback) if _ours(frame.f_code)]
    if not frames:
        return {}
    names: dict[str, list[Any]] = {}
    for frame, _ in frames:
        names |= {n: [describe(v), watch.since.get(n, "")] for n, v in frame.f_locals.items()}
        lacking = {n: v for n, v in frame.f_locals.items() if isinstance(v, dict)}
        for name, value in lacking.items():
            names[name].append([str(key)[:20] for key in list(value)[:60]])
            names[name].append(describe(next(iter(value), None))[0])
    frame, line = frames[-1]
    state = {"line": place(frame.f_code, line), "number": line, "names": names}
    tree = trees.get(frame.f_code.co_filename)
    return state | in_flight(traceback) | (_choice(tree, frame, line) if tree else {})


def _choice(tree: ast.Module, frame: FrameType, line: int) -> dict[str, Any]:
    """What ``np.random.choice`` is given in a line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or line):
            if ast.unparse(node.func).split(".")[-1] != "choice" or not node.args:
                continue
            chances = [word.value for word in node.keywords if word.arg == "p"] or node.args[3:4]
            with contextlib.suppress(Exception):
                values = [_value(part, frame) for part in [node.args[0], *chances]]
                found: dict[str, Any] = {"among": describe(values[0]), "positional": len(node.args)}
                if chances:
                    p = np.asarray(values[1], dtype=float)
                    found |= {"p": describe(p), "sum": float(p.sum()), "least": float(p.min())}
                    found["expression"] = ast.unparse(chances[0])
                if isinstance(values[0], range):
                    found["among"] = ["range", len(values[0]), "", False]
                return {"choice": found}
    return {}


def _value(node: ast.expr, frame: FrameType) -> Any:
    """An expression's value, if computing it again changes nothing.

    Raises:
        ValueError: if it might.
    """
    harmless = ("ravel", "flatten", "range", "list", "keys", "values", "squeeze", "arange", "len", "reshape")
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and ast.unparse(part.func).split(".")[-1] not in harmless:
            raise ValueError
    code = compile(ast.Expression(node), "<state>", "eval")
    return eval(code, frame.f_globals, dict(frame.f_locals))


def _plain(row: Any) -> Any:
    """A list of indices as it is; of anything else its description."""
    flat = isinstance(row, list | tuple | range) or (isinstance(row, np.ndarray) and row.ndim == 1)
    if flat and len(row) <= 200:
        return [_entry(x) for x in row]
    return ["described", *describe(row)]


def _entry(x: Any) -> Any:
    if isinstance(x, np.generic | np.ndarray) and x.ndim == 0:
        return x.item()
    return x if x is None or isinstance(x, int | float | str) else describe(x)
