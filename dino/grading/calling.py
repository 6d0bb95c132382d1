"""One call of a function that is judged, and what came of it.

The process under test and the parent (for the known mistakes) call in the same way. This file needs NumPy
alone; the process under test loads it by its path.
"""

import contextlib
import copy
import io
import random
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
    """

    result: Any = None
    arguments: list[Any] = field(default_factory=list)
    printed: str = ""
    error: str = ""
    message: str = ""
    line: str = ""


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
        global_seed: what the global generators are seeded with before, so that a function that relies on
            their state does the same in every process.
        printed: takes what is printed.
    """
    given = copy.deepcopy(arguments)
    random.seed(global_seed)
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
        )
    return Outcome(result, given, output.getvalue())


@contextlib.contextmanager
def own_random_state() -> Iterator[None]:
    """Leave the global generators as they were."""
    states = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(states[0])
        random.setstate(states[1])


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
