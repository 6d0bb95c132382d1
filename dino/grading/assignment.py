"""Write the assignment as a notebook: for a learner, or solved."""

import ast
import base64
import inspect
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

from charlm.run.files import replacing
from dino import exercises as right
from dino.grading import lesson
from dino.grading.exercises import exercises
from dino.grading.picture import unrolled

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def write(path: Path, *, solved: bool = False) -> None:
    """Write a notebook without outputs.

    Args:
        path: where to.
        solved: with the functions filled in.

    Raises:
        OutputError: if it cannot be written.
    """
    text = nbformat.writes(notebook(solved=solved))  # type: ignore[no-untyped-call]
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def notebook(*, solved: bool = False) -> Any:
    """The notebook, an nbformat node."""
    title = _markdown(lesson.TITLE)
    title["attachments"] = {"unrolled.png": {"image/png": base64.b64encode(unrolled()).decode()}}
    cells = [title, _markdown(lesson.EQUATIONS), _code(lesson.IMPORTS)]
    cells += [_markdown(lesson.DATA_TEXT), _code(lesson.DATA)]
    for exercise in exercises():
        name = exercise.name
        body = solution(name) if solved else f'    raise NotImplementedError("{name} is left to you")'
        cells += [_markdown(exercise.task), _code(f"{exercise.stub}\n{body}"), _code(f'check("{name}")')]
    for text, code in (
        (lesson.TRAIN_TEXT, lesson.TRAIN),
        (lesson.WRITE_TEXT, lesson.WRITE),
        (lesson.PLOT_TEXT, lesson.PLOT),
    ):
        cells += [_markdown(text), _code(code)]
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"  # the same each time, so that a new version shows its changes alone
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return v4.new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]


def solution(name: str) -> str:
    """The body of a right solution, without its docstring."""
    source = inspect.getsource(getattr(right, name))
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    return "\n".join(source.splitlines()[function.body[1].lineno - 1 :])


def _markdown(text: str) -> Any:
    return v4.new_markdown_cell(text)  # type: ignore[no-untyped-call]


def _code(source: str) -> Any:
    return v4.new_code_cell(source)  # type: ignore[no-untyped-call]
