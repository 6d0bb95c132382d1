"""Grade one file: read it, run each exercise in a process of its own, judge what comes back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from charlm.errors import require_number
from dino.grading import process, source
from dino.grading.editions import Edition, recognised
from dino.grading.exercise import Case, Exercise
from dino.grading.exercises import exercises
from dino.grading.judge import judge
from dino.grading.mistakes import given_source
from dino.grading.report import Report, Result
from dino.grading.selection import Submission

EXERCISES = exercises()


@dataclass(frozen=True)
class GradingSettings:
    """How files are graded.

    Args:
        seed: of the fresh cases; the same seed draws the same ones.
        timeout: seconds for each exercise.
        points: for each exercise.
        workers: how many exercises of a file run at a time.
        edition: which edition of the assignment the files are of; None to find out for each.

    Raises:
        InvalidOption: for a value out of its range.
    """

    seed: int
    timeout: float = 60.0
    points: tuple[float, ...] = (25.0,) * len(EXERCISES)
    workers: int = 4
    edition: str | None = None

    def __post_init__(self) -> None:
        require_number("seed", self.seed, at_least=0)
        require_number("the timeout", self.timeout, above=0, at_most=86_400)
        for number in self.points:
            require_number("points", number, above=0, at_most=1_000_000)


def grade(path: Path, settings: GradingSettings, chosen: tuple[Exercise, ...] = EXERCISES) -> Report:
    """Grade some exercises of a learner's file, a ``.py`` file or a notebook.

    Raises:
        SubmissionError: if the file cannot be read as Python.
    """
    return grade_cells(source.read(path), str(path), settings, chosen)


def grade_cells(
    cells: list[source.Cell], name: str, settings: GradingSettings, chosen: tuple[Exercise, ...]
) -> Report:
    """Grade some exercises of Python source that was read already; the report calls it ``name``."""
    submission = Submission(cells)
    edition = recognised(submission, settings.edition)
    chosen = tuple(map(edition.exercise, chosen))
    present = [exercise for exercise in chosen if submission.defines(exercise.name)]
    drawn = {
        exercise.name: [
            case
            for case in cases_of(exercise, settings.seed)
            if "verbose" not in case.options or submission.takes(exercise.name, "verbose")
        ]
        for exercise in present
    }
    jobs = [job(exercise, drawn[exercise.name], submission, edition) for exercise in present]
    with ThreadPoolExecutor(settings.workers) as pool:
        finished = pool.map(lambda task: process.run(task, settings.timeout), jobs)
        runs = dict(zip(drawn, finished, strict=True))
    results = [
        judge(exercise, drawn[exercise.name], runs[exercise.name], submission, worth)
        if exercise.name in runs
        else _missing(exercise, submission, worth)
        for exercise, worth in zip(chosen, settings.points, strict=False)
    ]
    remarks = _remarks(submission, edition)
    return Report(name, settings.seed, tuple(results), edition.title, remarks, edition.name)


def _remarks(submission: Submission, edition: Edition) -> tuple[str, ...]:
    """What is worth telling about the file as a whole."""
    remarks = [
        f"{fault.where} is not Python ({fault.reason}); the rest is graded" for fault in submission.faults
    ]
    return (*([f"it mixes two editions: {edition.mixes}"] if edition.mixes else []), *remarks)


@lru_cache(maxsize=32)
def cases_of(exercise: Exercise, seed: int) -> tuple[Case, ...]:
    """The published cases and the fresh ones of a seed; the files of a folder share them."""
    return tuple(exercise.draw(np.random.default_rng([seed, len(exercise.name), ord(exercise.name[0])])))


def job(exercise: Exercise, cases: list[Case], submission: Submission, edition: Edition) -> dict[str, Any]:
    """What the process under test is told: everything but the answers."""
    names, source_text = given_source()
    pasted = submission.pasted()
    course = [name for name in names if name in pasted or not submission.defines(name)]
    statements = submission.needed(exercise.name, {*exercise.beneath, *course})
    kept: dict[int, list[int]] = {}
    for statement in statements:
        kept.setdefault(statement.cell, []).append(statement.index)
    return {
        "name": exercise.name,
        "course": [names, source_text],
        "beneath": edition.beneath(exercise.beneath),
        "given": [*exercise.beneath, *pasted],
        "watched": [place for place, case in enumerate(cases) if not case.long],
        "cells": [[submission.cells[cell].label, submission.cells[cell].source, kept[cell]] for cell in kept],
        "calls": [[case.arguments, case.options, case.seed, case.files] for case in cases],
    }


def _missing(exercise: Exercise, submission: Submission, worth: float) -> Result:
    name = exercise.name
    if fault := submission.unreadable.get(name):
        why = f"{name} cannot be read as Python: {fault.where}: {fault.reason}."
        return Result(name, 0, worth, f"syntax error in {fault.where}", why, "Correct that line first.")
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
