"""Which known mistakes do exactly what a learner's function did."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dino.grading import wire
from dino.grading.calling import Outcome, call
from dino.grading.compare import Tolerance, first_difference
from dino.grading.exercise import Case, Exercise
from dino.grading.mistakes import Mistake, known

ENDLESS = Outcome(error="EndlessLoop")
"""What a call that never came back is compared as."""

TOLERANCE = Tolerance(1e-6, 1e-8)


def explanations(exercise: Exercise, cases: list[Case], outcomes: list[Outcome]) -> list[Mistake]:
    """The known mistakes whose outcome is the learner's in every case.

    Args:
        exercise: what was graded.
        cases: what the outcomes are of; the quick ones come first, so that a mistake that does not fit is
            given up early.
        outcomes: one for each case, or fewer if the process ended.
    """
    pairs = list(zip(cases, outcomes, strict=False))
    with _own_random_state():
        return [mistake for mistake in known(exercise.name) if _fits(mistake, exercise, pairs)]


def _fits(mistake: Mistake, exercise: Exercise, pairs: list[tuple[Case, Outcome]]) -> bool:
    function = mistake.function()
    for case, learners in pairs:
        with contextlib.redirect_stderr(io.StringIO()):
            outcome = call(function, *(case.known or (case.arguments, case.options)), global_seed=case.seed)
        if not same(as_sent(outcome), learners, exercise):
            return False
    return True


def as_sent(outcome: Outcome) -> Outcome:
    """An outcome of this process as it would have come from the other one."""
    return replace(
        outcome,
        result=wire.load(wire.dump(outcome.result)),
        arguments=wire.load(wire.dump(outcome.arguments)),
        flight=wire.load(wire.dump(outcome.flight)),
    )


def same(ours: Outcome, learners: Outcome, exercise: Exercise) -> bool:
    """Whether two outcomes cannot be told apart: errors, results, arguments afterwards, what is printed."""
    if exercise.converted:
        ours, learners = exercise.converted(ours), exercise.converted(learners)
    if ours.error or learners.error:
        return (ours.error, ours.message, ours.flight) == (learners.error, learners.message, learners.flight)
    pairs = [(ours.result, learners.result), (ours.arguments, learners.arguments)]
    for one, other in pairs:
        for first, second in ((one, other), (other, one)):
            if first_difference(first, second, "", TOLERANCE):
                return False
    return not exercise.printed or exercise.printed(ours.printed, learners.printed) is None


@contextlib.contextmanager
def _own_random_state() -> Iterator[None]:
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)
