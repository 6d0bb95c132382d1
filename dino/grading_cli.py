"""The commands ``dino grade`` and ``dino assignment``; each imports what it needs when it runs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.errors import InvalidOption, MissingFile, require_choice, require_ending
from charlm.run import console

if TYPE_CHECKING:
    from dino.grading.grading import GradingSettings
    from dino.grading.report import Report, Ungraded


def register(app: typer.Typer) -> None:
    """Add both commands to the command ``dino``."""
    app.command()(grade)
    app.command()(assignment)


def grade(
    file: Annotated[
        Path, typer.Argument(help="A .py file, a notebook, or a folder of them.", show_default=False)
    ],
    format: Annotated[str, typer.Option(help="'text', 'json', 'junit' or 'csv'.")] = "text",
    points: Annotated[
        str, typer.Option(help="For each exercise: one number, or one each with commas between.")
    ] = "25",
    timeout: Annotated[float, typer.Option(help="Seconds that an exercise may take.")] = 60.0,
    seed: Annotated[
        int | None, typer.Option(help="Draws the fresh cases; drawn and shown if left out.")
    ] = None,
    edition: Annotated[
        str, typer.Option(help="Of the assignment: '2021' (and since), '2020' (and before), or 'auto'.")
    ] = "auto",
) -> None:
    """Grade the exercises in a learner's file, or in a folder of them, and say what is wrong with them.

    Ends with 0 if all points are given, 1 if not, 2 if the file cannot be graded.
    """
    from charlm.run.files import is_there
    from dino.grading import source
    from dino.grading.classroom import submissions
    from dino.grading.editions import TITLES
    from dino.grading.formats import FORMATS
    from dino.grading.grading import GradingSettings
    from dino.grading.grading import grade as grade_file

    require_choice("format", format, FORMATS)
    require_choice("edition", edition, ("auto", *TITLES))
    settings = GradingSettings(0, timeout, _points(points), edition=None if edition == "auto" else edition)
    if not is_there(file):
        raise MissingFile(f"there is no file {file}; give a .py file, a notebook or a folder of them")
    folder = file.is_dir()
    paths = submissions(file) if folder else [file]
    if not folder:
        require_ending("the file", file, source.SUFFIXES)
        source.read(file)  # report an unreadable file before drawing a seed
    settings = replace(settings, seed=console.choose_seed(seed))
    graded = _folder(paths, settings) if folder else [grade_file(file, settings)]
    console.show(_shown(graded, format, folder=folder))
    raise typer.Exit(0 if all(report.passed for report in graded) else 1)


def assignment(
    notebook: Annotated[Path, typer.Argument(help="The notebook to write.", show_default=False)],
) -> None:
    """Write a fresh notebook in which to solve the exercises."""
    from charlm.run import notebook_file
    from dino.grading import assignment

    notebook_file.write_new(notebook, assignment.notebook)
    console.say(f"wrote {notebook}; open it with Jupyter ('pip install notebook' gets it)")


def _points(given: str) -> tuple[float, ...]:
    """The points of each exercise.

    Raises:
        InvalidOption: if they are neither one number nor one for each.
    """
    try:
        numbers = tuple(float(number) for number in given.split(","))
    except ValueError:
        numbers = ()
    from dino.grading.exercises import exercises

    names = [exercise.name for exercise in exercises()]
    if len(numbers) not in (1, len(names)):
        allowed = f"one number, or one each for {', '.join(names)} with commas between"
        raise InvalidOption(f"points is {given!r}; it must be {allowed}")
    return numbers * len(names) if len(numbers) == 1 else numbers


def _folder(paths: list[Path], settings: "GradingSettings") -> "list[Report | Ungraded]":
    from dino.grading.classroom import grade_all

    with _bar(len(paths)) as done:
        return grade_all(paths, settings, done)


def _shown(graded: "list[Report] | list[Report | Ungraded]", format: str, *, folder: bool) -> str:
    from dino.grading import formats
    from dino.grading.report import Ungraded

    if format == "csv":
        return formats.as_csv(graded)
    if format == "junit":
        return formats.junit(graded)
    if format == "json":
        rows = [report.as_json() for report in graded]
        return console.as_json(rows if folder else rows[0], indent=2)
    colour = console.on_terminal()
    return "\n".join(
        f"{report.file}: not graded: {report.reason}"
        if isinstance(report, Ungraded)
        else formats.text(report, colour=colour)
        for report in graded
    )


@contextmanager
def _bar(files: int) -> "Iterator[Callable[[], None]]":
    """A progress bar on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("grading", total=files)
        yield lambda: progress.advance(task)
