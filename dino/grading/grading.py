"""Grade one file: read it, run each exercise in a process of its own, judge what comes back."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from charlm.errors import require_number
from dino.grading import clipping, modelling, optimizing, process, provided, sampling, source
from dino.grading.exercise import Case, Exercise
from dino.grading.judge import judge
from dino.grading.mistakes import right_source
from dino.grading.report import Report, Result
from dino.grading.selection import Submission

EXERCISES = (clipping.EXERCISE, sampling.EXERCISE, optimizing.EXERCISE, modelling.EXERCISE)
TIMEOUT = 60.0
POINTS = (25.0,) * 4


def grade(
    path: Path,
    *,
    seed: int,
    timeout: float = TIMEOUT,
    points: tuple[float, ...] = POINTS,
    workers: int = 4,
    exercises: tuple[Exercise, ...] = EXERCISES,
) -> Report:
    """Grade a learner's file.

    Args:
        path: a ``.py`` file or a notebook.
        seed: of the fresh cases; the same seed draws the same ones.
        timeout: seconds for each exercise.
        points: for each exercise.
        workers: how many exercises run at a time.
        exercises: which ones.

    Raises:
        SubmissionError: if the file cannot be read as Python.
        InvalidOption: for an option out of its range.
    """
    cells = source.read(path)
    return grade_cells(
        cells, str(path), seed=seed, timeout=timeout, points=points, workers=workers, exercises=exercises
    )


def grade_cells(
    cells: list[source.Cell],
    name: str,
    *,
    seed: int,
    timeout: float = TIMEOUT,
    points: tuple[float, ...] = POINTS,
    workers: int = 4,
    exercises: tuple[Exercise, ...] = EXERCISES,
) -> Report:
    """Grade Python source that was read already; see :func:`grade`.

    Args:
        cells: the source.
        name: what the report calls it.
        seed: see there, as the rest.
        timeout: see there.
        points: see there.
        workers: see there.
        exercises: see there.
    """
    require_number("the timeout", timeout, above=0, at_most=86_400)
    for number in points:
        require_number("the points", number, above=0)
    submission = Submission(cells)
    present = [exercise for exercise in exercises if submission.defines(exercise.name)]
    drawn = {exercise.name: cases_of(exercise, seed) for exercise in present}
    jobs = [job(exercise, drawn[exercise.name], submission) for exercise in present]
    with ThreadPoolExecutor(workers) as pool:
        finished = pool.map(lambda task: process.run(task, timeout), jobs)
        runs = dict(zip(drawn, finished, strict=True))
    results = [
        judge(exercise, drawn[exercise.name], runs[exercise.name], submission, worth)
        if exercise.name in runs
        else _missing(exercise, submission, worth)
        for exercise, worth in zip(exercises, points, strict=False)
    ]
    return Report(name, seed, tuple(results))


def cases_of(exercise: Exercise, seed: int) -> list[Case]:
    """The published cases and the fresh ones of a seed."""
    return exercise.draw(np.random.default_rng([seed, len(exercise.name), ord(exercise.name[0])]))


def job(exercise: Exercise, cases: list[Case], submission: Submission) -> dict[str, Any]:
    """What the process under test is told: everything but the answers."""
    course = [name for name in provided.__all__ if not submission.defines(name)]
    statements = submission.needed(exercise.name, {*exercise.beneath, *course})
    kept: dict[int, list[int]] = {}
    for statement in statements:
        kept.setdefault(statement.cell, []).append(statement.index)
    return {
        "name": exercise.name,
        "beneath": right_source(exercise.beneath),
        "given": list(exercise.beneath),
        "cells": [[submission.cells[cell].label, submission.cells[cell].source, kept[cell]] for cell in kept],
        "calls": [[case.arguments, case.options, case.seed] for case in cases],
    }


def _missing(exercise: Exercise, submission: Submission, worth: float) -> Result:
    name = exercise.name
    module = submission.imported_from(name)
    stars = [star for star in submission.star_modules() if star.partition(".")[0] == "dino"]
    if module is None and stars:
        module = stars[0]
    if module is not None and module.startswith("dino"):
        why = f"The file imports {name} from {module}, which holds the graded solutions."
        return Result(name, 0, worth, "missing", why, "Write it yourself.")
    if module is not None:
        why = f"The file imports {name} from {module}, and defines no function of this name."
    elif name in submission.left_out:
        why = f"The file gives {name} a value by code that is not run, and defines no function of this name."
    else:
        why = f"The file defines no function {name}."
    return Result(name, 0, worth, "missing", why, f"Write def {name}({exercise.signature}).")
