"""Grade functions from inside a notebook: ``check("clip")``, or ``check()`` for all."""

import sys
from collections.abc import Callable
from typing import Any

from charlm.errors import SubmissionError
from charlm.run.console import choose_seed
from dino.grading import formats, source
from dino.grading.grading import EXERCISES, GradingSettings, grade_cells
from dino.grading.source import Cell


def check(name: str | None = None, *, seed: int | None = None) -> None:
    """Grade a function of the notebook that this is called in, and print the report.

    What counts are the cells that were run, in the order in which they were run.

    Args:
        name: the function: clip, sample, optimize or model; None for all of them.
        seed: draws the fresh cases; drawn and shown if left out.

    Raises:
        SubmissionError: outside of a notebook, or for another name.
    """
    chosen = tuple(exercise for exercise in EXERCISES if name in (None, exercise.name))
    if not chosen:
        names = ", ".join(exercise.name for exercise in EXERCISES)
        raise SubmissionError(f"there is no exercise {name!r}; it must be one of {names}")
    settings = GradingSettings(choose_seed(seed, print))  # not on standard error, which notebooks paint red
    report = grade_cells(_cells_run(), "this notebook", settings, chosen)
    print(formats.text(report, colour=False))


def _cells_run() -> list[Cell]:
    """The cells that ran, as far as they are Python."""
    shell: Callable[[], Any] | None = getattr(sys.modules.get("IPython"), "get_ipython", None)
    running = shell() if shell else None
    if running is None:
        raise SubmissionError("check works inside a notebook; from a terminal, use 'dino grade FILE'")
    return [source.readable(f"run {number}", text) for number, text in enumerate(running.user_ns["In"])]
