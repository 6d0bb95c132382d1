"""Known mistakes: each a small edit of a right solution, with the line and the hint that it deserves.

They stand beside the exercises in text files. A mistake begins with ``# `` and its name; below stand what it
looks like, a line ``hint: ``, perhaps the line ``fixed``, and the edit as a patch has it: lines that go
behind ``- ``, lines that come behind ``+ ``, and behind two blanks lines that stay. ``...`` parts edits.
"""

import __future__ as future

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from dino import exercises as right
from dino.grading.calling import EndlessLoop

GRADED_BY_COURSE = ("clip", "sample", "optimize", "model")
"""The functions that a learner writes in the course; of dino.exercises the others are given."""


@dataclass(frozen=True)
class Mistake:
    """One way in which an exercise goes wrong.

    Attributes:
        exercise: the graded function.
        name: for tests and counting.
        diagnosis: what it looks like, in one line.
        hint: the idea to think about, without the answer.
        edits: pairs of lines in the right solution's source and the lines that take their place.
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
        source = "\n" + right_source((self.exercise,))
        for old, new in self.edits:
            if source.count(old) != 1:
                raise ValueError(f"{self.exercise}/{self.name}: {old!r} stands {source.count(old)} times")
            source = source.replace(old, new)
        return source.lstrip("\n")

    def function(self) -> Callable[..., Any]:
        """The wrong function, with right ones beneath it."""
        namespace = {**vars(right), "np": np, "EndlessLoop": EndlessLoop}
        exec(compile(self.source, "<mistake>", "exec", flags=future.annotations.compiler_flag), namespace)
        made: Callable[..., Any] = namespace[self.exercise]
        return made


def right_source(names: tuple[str, ...]) -> str:
    """The source of right solutions."""
    return "\n\n".join(inspect.getsource(getattr(right, name)) for name in names)


def given_source() -> tuple[list[str], str]:
    """What the course hands out beside the graded functions: the names, and their source."""
    names = [name for name in right.__all__ if name not in GRADED_BY_COURSE]
    return names, right_source(tuple(names))


@cache
def known(exercise: str) -> tuple[Mistake, ...]:
    """The known mistakes in an exercise.

    Raises:
        ValueError: for a text that is not as the module says.
    """
    text = files("dino.grading.exercises").joinpath(f"{exercise}.txt").read_text(encoding="utf-8")
    return tuple(_read(exercise, part.splitlines()) for part in f"\n{text}".split("\n# ")[1:])


def _read(exercise: str, lines: list[str]) -> Mistake:
    name, diagnosis, hint, *rest = (line for line in lines if line)
    if not hint.startswith("hint: "):
        raise ValueError(f"{exercise}/{name}: its third line must begin with 'hint: '")
    fixed = rest[:1] == ["fixed"]
    edits: list[tuple[list[str], list[str]]] = [([], [])]
    for line in rest[fixed:]:
        old, new = edits[-1]
        if line == "...":
            edits.append(([], []))
        elif line[:2] in ("- ", "+ ", "  "):
            (old if line[0] == "-" else new).append(line[2:])
            if line[0] == " ":
                old.append(line[2:])
        else:
            raise ValueError(f"{exercise}/{name}: {line!r} is no line of an edit")
    whole = tuple((_block(old), _block(new) or "\n") for old, new in edits)
    return Mistake(exercise, name, diagnosis, hint.removeprefix("hint: "), whole, fixed)


def _block(lines: list[str]) -> str:
    """Whole lines, each from its beginning to its end."""
    return "".join(f"\n{line}" for line in lines) + "\n" if lines else ""
