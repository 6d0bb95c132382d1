"""Known mistakes: each a small edit of a right solution, with the line and the hint that it deserves."""

import __future__ as future

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from dino.grading import provided, right
from dino.grading.calling import EndlessLoop


@dataclass(frozen=True)
class Mistake:
    """One way in which an exercise goes wrong.

    Attributes:
        exercise: the graded function.
        name: for tests and counting.
        diagnosis: what it looks like, in one line.
        hint: the idea to think about, without the answer.
        edits: what to replace in the right solution's source, and by what.
        fixed: whether a value is fixed that an argument gives; then a global constant may be behind it.
    """

    exercise: str
    name: str
    diagnosis: str
    hint: str
    edits: tuple[tuple[str, str], ...]
    fixed: bool = False

    @property
    def source(self) -> str:
        """The wrong function.

        Raises:
            ValueError: if an edit does not fit the right solution in exactly one place.
        """
        source = inspect.getsource(getattr(right, self.exercise))
        for old, new in self.edits:
            if source.count(old) != 1:
                raise ValueError(f"{self.exercise}/{self.name}: {old!r} stands {source.count(old)} times")
            source = source.replace(old, new)
        return source

    def function(self) -> Callable[..., Any]:
        """The wrong function, with right ones beneath it."""
        namespace = solutions()
        exec(_compiled(self.source), namespace)
        made: Callable[..., Any] = namespace[self.exercise]
        return made


def solutions() -> dict[str, Any]:
    """What the course provides and the right solutions, by name."""
    names = {name: getattr(provided, name) for name in provided.__all__}
    graded = {name: getattr(right, name) for name in ("clip", "sample", "optimize", "model")}
    return {**names, **graded, "np": np, "copy": copy, "EndlessLoop": EndlessLoop}


def right_source(names: tuple[str, ...]) -> str:
    """The source of right solutions."""
    return "\n\n".join(inspect.getsource(getattr(right, name)) for name in names)


@cache
def known(exercise: str) -> tuple[Mistake, ...]:
    """The known mistakes in an exercise."""
    from dino.grading.mistakes import clipping, modelling, optimizing, sampling  # noqa: PLC0415 - they import this

    lists = (clipping.MISTAKES, sampling.MISTAKES, optimizing.MISTAKES, modelling.MISTAKES)
    return tuple(mistake for mistakes in lists for mistake in mistakes if mistake.exercise == exercise)


def _compiled(source: str) -> Any:
    return compile(source, "<mistake>", "exec", flags=future.annotations.compiler_flag)
