"""From what came back to points and a result."""

from dino.grading import signature
from dino.grading.calling import Outcome
from dino.grading.compare import Difference
from dino.grading.diagnose import diagnose, fatality
from dino.grading.exercise import Case, Exercise, Property
from dino.grading.process import Run
from dino.grading.report import Result, rounded
from dino.grading.selection import Submission


def judge(
    exercise: Exercise, cases: list[Case], run: Run, submission: Submission, max_points: float
) -> Result:
    """Compare what came back with what is expected.

    Args:
        exercise: what was graded.
        cases: all that were sent.
        run: what came back.
        submission: the learner's file.
        max_points: for all of it.
    """
    differences = {
        item.name: [
            (case, difference)
            for case, outcome in zip(cases, run.outcomes, strict=False)
            if (difference := _difference(item, case, outcome))
        ]
        for item in exercise.properties
    }
    changed = signature.changed(submission.definition(exercise.name), exercise.signature)
    fatal = fatality(cases, run)
    failed = [item for item in exercise.properties if differences[item.name]]
    notes = _notes(exercise, cases, run, submission, bool(failed or changed or fatal))
    if not (failed or changed or fatal):
        return Result(exercise.name, max_points, max_points, notes=notes)
    partly = [item for item in failed if _other_sizes_alone(item, cases, differences[item.name])]
    points = 0.0 if fatal else max_points * _share(exercise, failed, partly, changed)
    finding = diagnose(exercise, cases, run, submission, fatal, failed, differences, changed)
    return Result(
        exercise.name,
        rounded(points),
        max_points,
        finding.difference,
        finding.diagnosis,
        finding.hint,
        notes,
        finding.mistakes,
    )


def _difference(item: Property, case: Case, outcome: Outcome) -> Difference | None:
    if item.about != case.about:
        return None
    if not outcome.error:
        return item.check(case, outcome)
    where = f" in {outcome.line}" if outcome.line else ""
    message = f": {outcome.message}" if outcome.message else ""
    return Difference(f"it raised {outcome.error}{where}{message}")


def _other_sizes_alone(item: Property, cases: list[Case], different: list[tuple[Case, Difference]]) -> bool:
    """Whether a property holds with the course's own sizes, in a fresh case too: a size is written down."""
    fresh = any(case.sized and not case.published and case.about == item.about for case in cases)
    return fresh and not any(case.sized for case, _ in different)


def _share(exercise: Exercise, failed: list[Property], partly: list[Property], changed: str) -> float:
    """Of the points: what holds by itself, and if something does, also what holds with it.

    What holds with the course's sizes alone gives half.
    """
    holding = [item for item in exercise.properties if item not in failed]
    half = sum(item.share for item in partly if not item.dependent) / 2
    if all(item.dependent for item in holding):
        return half
    for_signature = 0.0 if changed else 1 - sum(item.share for item in exercise.properties)
    return sum(item.share for item in holding) + half + for_signature


def _notes(
    exercise: Exercise, cases: list[Case], run: Run, submission: Submission, failing: bool
) -> tuple[str, ...]:
    notes = [case.note for case in cases if case.note]
    printing = [outcome for outcome in run.outcomes if outcome.printed.strip()]
    if printing and not exercise.printed:
        notes.append("it prints while it runs, which is allowed")
    constants = sorted(submission.globals_of(exercise.name) & submission.constants)
    if constants and not failing:
        notes.append(f"it uses the global {', '.join(constants)}, which is right here by luck or by design")
    own = submission.modules_of(exercise.name, "dino", "charlm", "shakespeare")
    if own:
        notes.append(f"it builds on this project's own modules: {', '.join(own)}")
    if run.attempts:
        notes.append(f"it tried to {run.attempts[0]}, which was refused")
    return tuple(notes)
