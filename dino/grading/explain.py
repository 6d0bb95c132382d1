"""Which known mistakes do exactly what a learner's function did."""

import ast
import contextlib
import io
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from dino import exercises as right
from dino.grading import wire
from dino.grading.calling import EndlessLoop, Outcome, call, own_random_state
from dino.grading.compare import Tolerance, first_difference
from dino.grading.exercise import Case, Exercise
from dino.grading.mistakes import Mistake, known
from dino.grading.watching import watch_random, watched

ENDLESS = Outcome(error="EndlessLoop")
"""What a call that never came back is compared as."""

TOLERANCE = Tolerance(1e-6, 1e-8)

IN_FLIGHT = ("callee", "X", "Y")
"""What had been called, and on what, when a call failed."""

HANDED_ON = {
    "optimize": ("X", "Y", "learning_rate"),
    "sample": ("seed",),
    "rnn_forward": ("X", "Y"),
    "choice": ("first",),
}
"""Arguments that a mistake and a learner's function hand on alike, if they are the same."""


def explanations(
    exercise: Exercise, cases: list[Case], outcomes: list[Outcome], states: dict[int, dict[str, Any]]
) -> list[Mistake]:
    """The known mistakes whose outcome is the learner's in every case.

    Args:
        exercise: what was graded.
        cases: what the outcomes are of; the quick ones come first, so that a mistake that does not fit is
            given up early.
        outcomes: one for each case, or fewer if the process ended.
        states: what happened on the way in some cases.
    """
    pairs = list(zip(cases, outcomes, strict=False))
    # Two endless loops are stopped at different places, so what they did until then says nothing.
    ways = [
        (case, states[place])
        for place, (case, outcome) in enumerate(pairs)
        if place in states and outcome.error != ENDLESS.error
    ]
    with own_random_state():
        found = [
            mistake
            for mistake in known(exercise.name)
            if _fits(mistake, exercise, pairs) and all(_agrees(mistake, case, state) for case, state in ways)
        ]
    if len(found) > 1 and 0 in states:  # those that also call the same functions in the same order
        order = [step[0] for step in states[0]["steps"]]
        nearest = [one for one in found if [step[0] for step in way(one, cases[0])["steps"]] == order]
        return nearest or found
    return found


def _fits(mistake: Mistake, exercise: Exercise, pairs: list[tuple[Case, Outcome]]) -> bool:
    return all(same(outcome_of(mistake, case), learners, exercise) for case, learners in pairs)


@lru_cache(maxsize=1024)
def outcome_of(mistake: Mistake, case: Case) -> Outcome:
    """What a known mistake does in a case; the files of a folder share both."""
    arguments, options = case.known or (case.arguments, case.options)
    with contextlib.redirect_stderr(io.StringIO()):
        return as_sent(call(mistake.function(), arguments, options, global_seed=case.seed))


def _agrees(mistake: Mistake, case: Case, state: dict[str, Any]) -> bool:
    """Whether a mistake also does the same on the way: what it hands on, and what it fails on."""
    own = way(mistake, case)
    for name, arguments in HANDED_ON.items():
        ours, theirs = (
            [[step[1].get(one) for one in arguments] for step in one["steps"] if step[0] == name]
            for one in (own, state)
        )
        # Only names are sampled nowhere else; another loss or step may be of the learner's own making.
        told = name == "sample" or (ours and theirs)
        if told and first_difference(ours, theirs, "", TOLERANCE):
            return False
    if [own.get(one) for one in IN_FLIGHT] != [state.get(one) for one in IN_FLIGHT]:
        return False
    if "key" in state and not _texts(own) <= _texts(state):
        return False
    ours, learners = own.get("choice", {}), state.get("choice", {})
    numbers = [(ours.get(name, 0.0), learners.get(name, 0.0)) for name in ("sum", "least")]
    return ours.get("p") == learners.get("p") and all(
        np.isclose(one, other, rtol=1e-6, equal_nan=True) for one, other in numbers
    )


def way(mistake: Mistake, case: Case) -> dict[str, Any]:
    """What a mistake, or the right solution, does on the way in a case; see :func:`watched`."""
    arguments, options = case.known or (case.arguments, case.options)
    trees = {"<mistake>": ast.parse(mistake.source)}
    own = watch_random(EndlessLoop)
    try:
        with own_random_state():
            state = watched(mistake.function(), arguments, options, case.seed, set(right.__all__), trees)
    finally:
        vars(np.random).update(own)
    sent: dict[str, Any] = wire.load(wire.dump(state))
    return sent


def _texts(state: dict[str, Any]) -> set[str]:
    """The longer texts among the variables."""
    described = [found[0] for found in state.get("names", {}).values()]
    return {text for kind, size, text, _ in described if kind == "text" and size > 1}


def as_sent(outcome: Outcome) -> Outcome:
    """An outcome of this process as it would have come from the other one."""
    return replace(
        outcome,
        result=wire.load(wire.dump(outcome.result)),
        arguments=wire.load(wire.dump(outcome.arguments)),
    )


def same(ours: Outcome, learners: Outcome, exercise: Exercise) -> bool:
    """Whether two outcomes cannot be told apart: errors, results, arguments afterwards, what is printed."""
    if exercise.converted:
        ours, learners = exercise.converted(ours), exercise.converted(learners)
    if ours.error or learners.error:
        return (ours.error, ours.message) == (learners.error, learners.message)
    pairs = [(ours.result, learners.result), (ours.arguments, learners.arguments)]
    for one, other in pairs:
        for first, second in ((one, other), (other, one)):
            if first_difference(first, second, "", TOLERANCE):
                return False
    return not exercise.printed or exercise.printed(ours.printed, learners.printed) is None
