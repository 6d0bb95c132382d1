"""What an exercise is: cases with expected outcomes, properties with shares of the points."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt

from dino.grading.calling import Outcome, call, own_random_state
from dino.grading.compare import Difference, first_difference

Arrays = dict[str, npt.NDArray[np.float64]]
Random = np.random.Generator


@dataclass(frozen=True, eq=False)
class Case:
    """One call that is judged; equal to itself alone, so that what comes of it can be remembered.

    Attributes:
        title: what is special about it, for people.
        arguments: given by position.
        options: given by name.
        expected: what our own implementation does with them.
        published: whether the course publishes its values, so that they may be shown.
        seed: what NumPy's global generator is seeded with before the call.
        about: the one property that the case is for; empty if it is for all.
        note: what is worth telling about the case itself.
        sized: whether its network has the sizes of the course's published case.
        files: text files that the function may open, by name.
        known: the arguments and options that the known mistakes are called with, if others.
        long: whether it takes so long that what happens on the way is not looked at.
    """

    title: str
    arguments: list[Any]
    options: dict[str, Any]
    expected: Outcome
    published: bool = False
    seed: int = 0
    about: str = ""
    note: str = ""
    sized: bool = False
    files: dict[str, str] = field(default_factory=dict)
    known: tuple[list[Any], dict[str, Any]] | None = None
    long: bool = False


@dataclass(frozen=True)
class Seen:
    """A call that came out wrong, and what happened on the way, beside the right way.

    Attributes:
        case: the call.
        outcome: what came of it.
        steps: the calls of given functions that the learner's made; see :mod:`dino.grading.watching`.
        right: those that the right solution makes.
    """

    case: Case
    outcome: Outcome
    steps: list[list[Any]]
    right: list[list[Any]]

    def calls(self, name: str) -> list[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
        """Pairs of the arguments in the calls of a function; None where one side makes no more calls."""
        own, right = ([step[1] for step in steps if step[0] == name] for steps in (self.steps, self.right))
        return list(zip(own, right, strict=False) if self.outcome.error else zip_longest(own, right))


@dataclass(frozen=True)
class Property:
    """Something that can be right by itself.

    Attributes:
        name: in a few words.
        share: of the exercise's points; an exercise's shares add up to 1.
        check: finds the first difference between what a case expects and what came.
        dependent: nothing is given for it where no other property holds, since doing nothing has it too.
        hint: what to think about where it fails.
        about: the cases that it is checked in; empty for those that belong to no single property.
    """

    name: str
    share: float
    check: Callable[[Case, Outcome], Difference | None]
    dependent: bool = False
    hint: str = ""
    about: str = ""


@dataclass(frozen=True)
class Exercise:
    """One graded function.

    Attributes:
        place: among the others.
        name: the function's, which stands in :mod:`dino.exercises`.
        task: what the assignment says of it, in Markdown.
        stub: the function with its docstring and without a body.
        skeleton: a body that has the steps as comments and None where something is left to write.
        signature: its parameters, as a ``def`` line has them.
        beneath: graded functions that it calls; right versions of them are given.
        properties: see there; the first difference is looked for in their order, case by case.
        draw: published and fresh cases.
        printed: how what is printed compares; None if it does not matter.
        converted: what of an outcome can be told apart from others; None for all of it.
        example: code that calls the function and prints what comes, for the assignment; empty for none.
        figure: code that draws what the function does, likewise.
        seen: what can be said for certain of a case that came out wrong without an exception.
    """

    place: int
    name: str
    task: str
    stub: str
    skeleton: str
    signature: str
    beneath: tuple[str, ...]
    properties: tuple[Property, ...]
    draw: Callable[[Random], list[Case]]
    printed: Callable[[str, str], Difference | None] | None = None
    converted: Callable[[Outcome], Outcome] | None = None
    example: str = ""
    figure: str = ""
    seen: Callable[["Seen"], str] | None = None


def expecting(
    function: Callable[..., Any],
    title: str,
    arguments: list[Any],
    options: dict[str, Any] | None = None,
    *,
    published: bool = False,
    about: str = "",
    seed: int = 0,
    sized: bool = False,
) -> Case:
    """A case with what our own implementation does with it; the global generators are left as they were."""
    with own_random_state():
        expected = call(function, arguments, options or {}, global_seed=seed)
    if expected.error:
        raise RuntimeError(f"our own {function.__name__} failed: {expected.message}")
    return Case(title, arguments, options or {}, expected, published, seed, about, sized=sized or published)


def untouched(names: dict[int, str]) -> Callable[[Case, Outcome], Difference | None]:
    """A check that arguments are as they were.

    Args:
        names: what the arguments at these places are called.
    """

    def check(case: Case, outcome: Outcome) -> Difference | None:
        for place, name in names.items():
            after = outcome.arguments[place] if place < len(outcome.arguments) else None
            if first_difference(case.arguments[place], after, name):
                return Difference(f"{name}, which belongs to the caller, is changed by the call")
        return None

    return check


def letters_to(size: int) -> tuple[dict[str, int], dict[int, str]]:
    """``char_to_ix`` and ``ix_to_char`` of a newline and further letters, in order."""
    characters = ["\n", *"abcdefghijklmnopqrstuvwxyz", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"][:size]
    return {character: index for index, character in enumerate(characters)}, dict(enumerate(characters))


def mixed_letters(random: Random, size: int) -> tuple[dict[str, int], dict[int, str]]:
    """The same with indices in another order, the newline's not 0, and entries in yet another order."""
    characters = list(letters_to(size)[0])
    indices = random.permutation(size)
    while indices[0] == 0:
        indices = random.permutation(size)
    pairs = [(characters[place], int(indices[place])) for place in random.permutation(size)]
    if [index for _, index in pairs] == list(range(size)):
        pairs.reverse()
    return dict(pairs), {index: character for character, index in pairs}


def drawn_parameters(random: Random, n_a: int, size: int, scale: float) -> Arrays:
    """Weights and biases of the size that an untrained or a strange network has."""
    shapes = {"Wax": (n_a, size), "Waa": (n_a, n_a), "Wya": (size, n_a), "b": (n_a, 1), "by": (size, 1)}
    return {name: random.standard_normal(shape) * scale for name, shape in shapes.items()}
