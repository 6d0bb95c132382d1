"""What a failure looks like: the first difference, a diagnosis and a hint."""

import ast
from contextlib import suppress
from dataclasses import dataclass

from dino.grading import explain, failing
from dino.grading.calling import Outcome
from dino.grading.compare import Difference, first_difference
from dino.grading.exercise import Case, Exercise, Property, Seen
from dino.grading.failure import Failure, Telling, statement_at
from dino.grading.mistakes import Mistake, known
from dino.grading.process import Run
from dino.grading.selection import Submission
from dino.grading.watching import result_kept
from dino.grading.wire import Unsendable

_TOO_MUCH = "asked for more memory than it may have", "How large is the largest array that is needed?"

FATAL = {
    "MemoryError": _TOO_MUCH,
    "_ArrayMemoryError": _TOO_MUCH,
    "RecursionError": ("called itself without end", "Which call ends the recursion?"),
    "SystemExit": ("tried to end the program (sys.exit)", "A function returns to its caller."),
    "KeyboardInterrupt": ("raised KeyboardInterrupt", "A function returns to its caller."),
    "Refused": (
        "tried what is refused while grading",
        "The exercise needs nothing but its arguments and NumPy.",
    ),
}
"""What costs the whole exercise, however much was right before."""

ENDINGS = {
    "timeout": ("did not come back in time", "Is there a loop whose end never comes?"),
    "output": ("printed without end", "Look for a print inside a loop."),
    "crash": ("crashed", "What of your code could bring Python itself down?"),
    "exit": ("ended its process", "A function returns to its caller; it does not exit."),
    "channel": ("wrote on the grader's own channel", "Print with print, and return what is asked for."),
    "load": ("could not be loaded", "Run the cell that defines it by itself."),
}


KEPT = "append's result kept"
"""A known mistake that only a look at the source tells from others."""


@dataclass(frozen=True)
class Finding:
    """Where and how an exercise failed."""

    difference: str
    diagnosis: str
    hint: str
    mistakes: tuple[str, ...] = ()


def fatality(cases: list[Case], run: Run) -> Finding | None:
    """Why the whole exercise is lost, if it is."""
    if run.ending == "load":
        return Finding(run.detail, f"The function could not be loaded: {run.detail}.", ENDINGS["load"][1])
    if run.ending:
        what, hint = ENDINGS[run.ending]
        place = len(run.outcomes)
        where = cases[place].title if place < len(cases) else "after the last case"
        detail = f" ({run.detail})" if run.detail else ""
        return Finding(f"it {what} ({where})", f"The function {what}{detail}.", hint)
    for case, outcome in zip(cases, run.outcomes, strict=True):
        if outcome.error in FATAL:
            what, hint = FATAL[outcome.error]
            message = f": {outcome.message}" if outcome.error == "Refused" else ""
            line = f", {outcome.line}" if outcome.line else ""
            return Finding(f"it {what} ({case.title}{line})", f"The function {what}{message}.", hint)
    return None


def diagnose(  # noqa: PLR0911 - one return for each kind of explanation
    exercise: Exercise,
    cases: list[Case],
    run: Run,
    submission: Submission,
    fatal: Finding | None,
    failed: list[Property],
    differences: dict[str, list[tuple[Case, Difference]]],
    changed: str,
) -> Finding:
    """The first of the explanations that applies, from the most certain to the vaguest."""
    difference = fatal.difference if fatal else _first(cases, failed, differences, changed)
    errors = [outcome for outcome in run.outcomes if outcome.error]
    if "graded solutions" in " ".join([*(outcome.message for outcome in errors), *run.attempts]):
        return Finding(
            difference, "The function uses the grader's own solutions (dino.exercises).", "Write it yourself."
        )
    if fatal and run.ending != "timeout":
        return fatal
    used = submission.globals_of(exercise.name)
    place = _place(cases, failed, differences)
    failure = _failure(place, cases, run, submission)
    named = _unknown_name(failure.outcome) if failure else ""
    if failure and named in used and named in submission.left_out:
        return _global(difference, named, submission)
    empty = failing.unfilled(submission, exercise.name)
    if empty:
        return Finding(difference, *empty)
    if failure and (telling := failing.undefined(failure, submission, exercise.name)):
        return Finding(difference, *telling)
    if changed and (not failed or any(outcome.error == "TypeError" for outcome in errors)):
        return _signature(difference, changed)
    outcomes = [*run.outcomes, explain.ENDLESS] if run.ending == "timeout" else run.outcomes
    mistakes = explain.explanations(exercise, cases, outcomes, run.states)
    constants = sorted(used & submission.constants)
    if constants and any(mistake.fixed for mistake in mistakes):
        return _global(difference, constants[0], submission)
    if changed and not mistakes:
        return _signature(difference, changed)
    telling = failing.told(failure) if failure else ("", "")
    appended = "what append returns" in telling[0]
    mistakes = [mistake for mistake in mistakes if appended or mistake.name != KEPT]
    if mistakes:
        return _mistaken(difference, mistakes)
    if fatal:
        return fatal
    wrong = cases[place or 0]
    item = next(item for item in failed if any(case is wrong for case, _ in differences[item.name]))
    said = _seen(exercise, wrong, run, place or 0)
    aside = f" It uses the global name {constants[0]}." if constants else ""
    if failure:
        return _failed(difference, failure, telling, said, aside, exercise.name, item)
    if other := failing.changed_kind(run.states.get(place or 0, {})):
        return Finding(difference, other[0] + aside, other[1])
    said = said or f"{difference}; it looks like no mistake that is known."
    return Finding(difference, f"Not right yet: {item.name}. {said}{aside}", item.hint)


def _failed(
    difference: str, failure: Failure, telling: Telling, said: str, aside: str, name: str, item: Property
) -> Finding:
    """What an exception came of, and what else is known of the way to it."""
    diagnosis, hint = telling
    indices = [*failure.state.get("X", ["described"]), *failure.state.get("Y", [])]
    endless = failure.outcome.error == "EndlessLoop"
    if said and (endless or all(x is None or isinstance(x, int) for x in indices)):
        diagnosis, hint = said, item.hint
    elif said:
        diagnosis = f"{diagnosis} {said}"
    appended = "what append returns" in diagnosis and KEPT in [one.name for one in known(name)]
    return Finding(difference, diagnosis + aside, hint, (KEPT,) if appended else ())


def _seen(exercise: Exercise, case: Case, run: Run, place: int) -> str:
    """What an exercise can say of a case by what happened on the way."""
    if exercise.seen is None or place not in run.states:
        return ""
    outcome, state = run.outcomes[place], run.states[place]
    parts = outcome.result if isinstance(outcome.result, tuple | list) else [outcome.result]
    plain = "result" in state and not any(isinstance(part, Unsendable) for part in parts)
    if plain and first_difference(state["result"], result_kept(outcome.result), ""):
        return "It does another thing each time that it is called: it draws numbers after no seed."
    right = explain.way(Mistake(exercise.name, "right", "", "", ()), case)
    # A learner's values can be of any kind: what cannot be compared is not told.
    with suppress(Exception):
        return exercise.seen(Seen(case, outcome, state["steps"], right["steps"]))
    return ""


def _place(
    cases: list[Case], failed: list[Property], differences: dict[str, list[tuple[Case, Difference]]]
) -> int | None:
    """Which case the first difference is of."""
    wrong = [case for item in failed for case, _ in differences[item.name]]
    return next((place for place, case in enumerate(cases) if any(case is one for one in wrong)), None)


def _failure(place: int | None, cases: list[Case], run: Run, submission: Submission) -> Failure | None:
    """What is known of the first case that differs, if it raised an exception."""
    if place is None or place >= len(run.outcomes) or not run.outcomes[place].error:
        return None
    outcome = run.outcomes[place]
    state = {"names": {}, "changes": [], **run.states.get(place, {})}
    lines = {line: statement_at(submission, line) for line, _, _ in state["changes"]}
    state["lines"] = {line: ast.unparse(node) for line, node in lines.items() if isinstance(node, ast.Assign)}
    state["setting"] = {name: state["lines"].get(line, "") for line, name, _ in state["changes"]}
    return Failure(cases[place], outcome, state, statement_at(submission, outcome.line))


def _mistaken(difference: str, mistakes: list[Mistake]) -> Finding:
    lines = list(dict.fromkeys(mistake.diagnosis for mistake in mistakes))
    diagnosis = lines[0] if len(lines) == 1 else f"One of these: {' '.join(lines)}"
    return Finding(difference, diagnosis, mistakes[0].hint, tuple(mistake.name for mistake in mistakes))


def _global(difference: str, name: str, submission: Submission) -> Finding:
    made = " that only code outside of functions sets" if name in submission.left_out else ""
    return Finding(
        difference,
        f"The function uses the global name {name}{made}.",
        "A graded function gets all it needs as arguments; which of them holds this?",
    )


def _signature(difference: str, changed: str) -> Finding:
    return Finding(
        difference,
        f"The signature is changed: {changed}.",
        "Keep the names, the order and the defaults that the assignment gives.",
    )


def _unknown_name(outcome: Outcome) -> str:
    """The name that a NameError complains of."""
    return outcome.message.split("'")[1] if outcome.error == "NameError" and "'" in outcome.message else ""


def _first(
    cases: list[Case],
    failed: list[Property],
    differences: dict[str, list[tuple[Case, Difference]]],
    changed: str,
) -> str:
    """The first difference: in the first case that has one, of the first property."""
    for case in cases:
        for item in failed:
            for where, difference in differences[item.name]:
                if where is case:
                    return difference.told(case.title, published=case.published)
    return changed
