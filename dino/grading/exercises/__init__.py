"""The graded exercises: a file each, with its task, its cases and its checks, and beside it its known mistakes.

One more exercise is one more pair of files here, for a function that stands in :mod:`dino.exercises`.
"""

import pkgutil
from functools import cache
from importlib import import_module

from dino.grading.exercise import Exercise


@cache
def exercises() -> tuple[Exercise, ...]:
    """All of them, in the order of the course."""
    modules = (import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return tuple(sorted((module.EXERCISE for module in modules), key=lambda exercise: exercise.place))
