"""Grade a folder of files in parallel processes."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from charlm.errors import CharLMError, SubmissionError
from dino.grading.exercises import model
from dino.grading.grading import GradingSettings, grade
from dino.grading.report import Report, Ungraded
from dino.grading.source import SUFFIXES


def submissions(folder: Path) -> list[Path]:
    """The Python files and notebooks in a folder and below it, in order; hidden ones left out.

    Raises:
        SubmissionError: if there are none.
    """
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise SubmissionError(
            f"there is no .py or .ipynb file in {folder}; give the folder of a class's files"
        )
    return found


def grade_all(
    paths: list[Path], settings: GradingSettings, done: Callable[[], None] = lambda: None
) -> list[Report | Ungraded]:
    """Grade files on all cores; the reports come in the order of the paths.

    Args:
        paths: the files.
        settings: the same for all; a file's exercises run one after another.
        done: is called after each file.
    """
    settings = replace(settings, workers=1)
    workers = min(len(paths), os.cpu_count() or 1)
    model.published()  # the course's list is fetched once, not by every process
    reports: dict[int, Report | Ungraded] = {}
    # Fresh processes on every platform: a fork of one with threads may stand still.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        tasks = {pool.submit(_graded, path, settings): place for place, path in enumerate(paths)}
        try:
            for task in as_completed(tasks):
                place = tasks[task]
                failure = task.exception()  # such as a process that the system has ended
                reports[place] = Ungraded(str(paths[place]), repr(failure)) if failure else task.result()
                done()
        except BaseException:  # Ctrl-C: what has not begun is not waited for
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [reports[place] for place in sorted(reports)]


def _graded(path: Path, settings: GradingSettings) -> Report | Ungraded:
    """One file, in one of the processes; whatever is wrong with it stops no other."""
    try:
        return grade(path, settings)
    except CharLMError as error:
        return Ungraded(str(path), str(error))
    except Exception as error:
        return Ungraded(str(path), f"the grader failed on it: {error!r}")
