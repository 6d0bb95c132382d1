"""One call of a function that is judged, what came of it, and what the learner's variables were if it failed.

For a diagnosis the process under test makes the call once more and looks at the variables line by line. What
is kept of a value is its kind, its shape and a few letters.

The process under test and the parent (for the known mistakes) call in the same way. This file needs NumPy
alone; the process under test loads it by its path.
"""

import ast
import contextlib
import copy
import io
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType, TracebackType
from typing import Any

import numpy as np

OUTPUT_LIMIT = 1_000_000
"""The most characters that one exercise may print."""


class EndlessLoop(BaseException):
    """A known mistake that would never end says so instead."""


@dataclass(frozen=True)
class Outcome:
    """What one call did.

    Attributes:
        result: what it returned.
        arguments: the arguments as they were afterwards.
        printed: what it printed.
        error: the exception's type, empty for none.
        message: the exception's message.
        line: where in the learner's file it was raised, as shown to people; empty if elsewhere.
        flight: the function that this line had called, and its X and Y.
    """

    result: Any = None
    arguments: list[Any] = field(default_factory=list)
    printed: str = ""
    error: str = ""
    message: str = ""
    line: str = ""
    flight: dict[str, Any] = field(default_factory=dict)


class Printed(io.StringIO):
    """Standard output that is kept, and has an end.

    Args:
        left: how many characters may be printed.
        stop: is called when there are more.
    """

    def __init__(self, left: int, stop: Callable[[], Any]) -> None:
        super().__init__()
        self.left = left
        self._stop = stop

    def write(self, text: str) -> int:
        """Keep the text, or stop."""
        self.left -= len(text)
        if self.left < 0:
            self._stop()
        return super().write(text)


def call(
    function: Callable[..., Any],
    arguments: list[Any],
    options: dict[str, Any],
    *,
    global_seed: int,
    printed: Printed | None = None,
) -> Outcome:
    """Call a function on copies of the arguments.

    Args:
        function: what is called.
        arguments: given by position.
        options: given by name.
        global_seed: what NumPy's global generator is seeded with before, so that a function that relies on
            its state does the same in every process.
        printed: takes what is printed.
    """
    given = copy.deepcopy(arguments)
    np.random.seed(global_seed)
    output = printed or Printed(OUTPUT_LIMIT, lambda: None)
    try:
        with contextlib.redirect_stdout(output), np.errstate(all="ignore"):
            result = function(*given, **options)
    except (Exception, SystemExit, EndlessLoop) as error:  # what else there is asks this process to end
        kind, message = type(error).__name__, " ".join(str(error).split())[:300]
        return Outcome(
            arguments=given,
            printed=output.getvalue(),
            error=kind,
            message=message,
            line=_line(error),
            flight=in_flight(error.__traceback__),
        )
    return Outcome(result, given, output.getvalue())


def _line(error: BaseException) -> str:
    """The innermost line of the learner's own file, whose frames are named in angle brackets."""
    # The source lines are not looked up: that would read files.
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename.startswith("<learner")
    ]
    if not frames:
        return ""
    name, line = frames[-1]
    where = name.removeprefix("<learner").removesuffix(">").strip()
    return f"{where + ', ' if where else ''}line {line}"


LEARNER = "<learner"
MOST_LINES = 20_000
"""After so many lines the variables are looked at no more, so that a long run stays quick."""

Described = list[Any]
"""A value's kind, its shape or length, its text if it is short, and whether it contains NaN."""


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
        return ["number", None, f"{value:g}"[:20], bool(np.isnan(value))]
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
    """Looks at the variables of the learner's functions while one of them runs.

    Args:
        pairs: the function whose first X and Y are kept.

    Attributes:
        changes: each time that a variable takes a value of another kind or shape: place, name, description.
        since: where each variable got its present kind and shape.
        pairs: the first X and Y that the function was given.
    """

    def __init__(self, pairs: str) -> None:
        self.changes: list[list[Any]] = []
        self.since: dict[str, str] = {}
        self.pairs: dict[str, Any] = {}
        self._wanted = pairs
        self._seen: dict[str, Described] = {}
        self._lines: dict[int, int] = {}
        self._left = MOST_LINES

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        """What ``sys.settrace`` calls."""
        if not frame.f_code.co_filename.startswith(LEARNER):
            if frame.f_code.co_name == self._wanted and not self.pairs:
                local = frame.f_locals
                self.pairs = {name: local[name] for name in ("X", "Y") if name in local}
            return None
        self._left -= 1
        if self._left < 0:
            sys.settrace(None)
            return None
        self._look(frame)
        self._lines[id(frame)] = frame.f_lineno
        return self

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


def watched(
    function: Callable[..., Any],
    arguments: list[Any],
    options: dict[str, Any],
    global_seed: int,
    pairs: str,
    trees: dict[str, ast.Module],
) -> dict[str, Any]:
    """Make a call as :func:`call` does, and say what the learner's variables were.

    Args:
        function: as there, and so the next three.
        arguments: given by position.
        options: given by name.
        global_seed: of NumPy's global generator.
        pairs: see :class:`Watch`.
        trees: the learner's files by the names that their frames have.
    """
    watch = Watch(pairs)
    state: dict[str, Any] = {}
    given = copy.deepcopy(arguments)
    np.random.seed(global_seed)
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            sys.settrace(watch)
            function(*given, **options)
    except BaseException as error:
        sys.settrace(None)
        state = _at_failure(error.__traceback__, watch, trees)
        if isinstance(error, KeyError) and error.args:
            state["key"] = describe(error.args[0])
    finally:
        sys.settrace(None)
    with contextlib.suppress(Exception):
        state["pairs"] = {name: _plain(row) for name, row in watch.pairs.items()}
    return {**state, "changes": watch.changes}


def in_flight(traceback: TracebackType | None) -> dict[str, Any]:
    """The function that the learner's innermost line called when it failed, and its X and Y."""
    called = None
    for frame, _ in _frames(traceback):
        if _ours(frame.f_code):
            called = None
        elif called is None:
            called = frame
    if called is None or "site-packages" in called.f_code.co_filename:
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
            chances = [word.value for word in node.keywords if word.arg == "p"]
            with contextlib.suppress(Exception):
                values = [_value(part, frame) for part in [node.args[0], *chances]]
                found: dict[str, Any] = {"among": describe(values[0])}
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
    if isinstance(row, list | tuple | np.ndarray) and len(row) <= 200:
        return [
            x if x is None or isinstance(x, int | str) else int(x) if np.ndim(x) == 0 else describe(x)
            for x in row
        ]
    return ["described", *describe(row)]
