"""The assignment as a notebook: for a learner, or solved."""

import ast
import base64
import contextlib
import inspect
import io
from typing import Any

import numpy as np

import dino
from charlm.run import notebook_file
from charlm.run.notebook_file import code, text
from dino import exercises as right
from dino.grading import lesson
from dino.grading.exercise import Exercise
from dino.grading.exercises import exercises
from dino.grading.picture import unrolled


def notebook(*, solved: bool = False) -> Any:
    """The notebook, an nbformat node without outputs.

    Args:
        solved: with the functions filled in.
    """
    title = text(lesson.TITLE)
    title["attachments"] = {"unrolled.png": {"image/png": base64.b64encode(unrolled()).decode()}}
    cells = [title, text(lesson.EQUATIONS), code(lesson.IMPORTS)]
    cells += [text(lesson.DATA_TEXT), code(lesson.DATA), text(lesson.NUMPY)]
    for exercise in exercises():
        cells += _cells(exercise, solved=solved)
    for words, source in (
        (lesson.GRADE_TEXT, lesson.GRADE),
        (lesson.TRAIN_TEXT, lesson.TRAIN),
        (lesson.WRITE_TEXT, lesson.WRITE),
        (lesson.PLOT_TEXT, lesson.PLOT),
    ):
        cells += [text(words), code(source)]
    return notebook_file.notebook([*cells, text(lesson.END)])


def _cells(exercise: Exercise, *, solved: bool) -> list[Any]:
    """The task, the function, a call with what it should print, a figure if there is one, and the grade."""
    body = solution(exercise.name) if solved else exercise.skeleton
    cells = [text(exercise.task), code(f"{exercise.stub}\n{body}")]
    if exercise.example:
        cells += [code(exercise.example), text(f"It should print:\n\n```\n{expected_output(exercise)}```")]
    if exercise.figure:
        cells.append(code(exercise.figure))
    return [*cells, code(f'check("{exercise.name}")')]


def expected_output(exercise: Exercise) -> str:
    """What an exercise's example prints with right functions."""
    names = {"np": np, "dino": dino, **{name: getattr(right, name) for name in right.__all__}}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(lesson.DATA, names)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(exercise.example, names)
    return printed.getvalue()


def solution(name: str) -> str:
    """The body of a right solution, without its docstring."""
    source = inspect.getsource(getattr(right, name))
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    return "\n".join(source.splitlines()[function.body[1].lineno - 1 :])
