"""What the grader's tests share: right files, and a grading without the long runs."""

import ast
import inspect
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dino import exercises as right
from dino.grading.exercises import model
from dino.grading.grading import EXERCISES, GradingSettings, grade

TEXTBOOK = Path(__file__).with_name("textbook.py")
GRADED = ("clip", "sample", "optimize", "model")


def without_types(source):
    """A function of ours as a learner would write it."""
    tree = ast.parse(source)
    function = tree.body[0]
    function.returns = None
    for argument in function.args.args:
        argument.annotation = None
    return ast.unparse(tree)


def right_file(**replaced):
    """The source of a right file, some functions replaced by other source."""
    functions = [
        without_types(replaced.get(name) or inspect.getsource(getattr(right, name))) for name in GRADED
    ]
    return "\n\n\n".join(["import copy\nimport numpy as np\nfrom utils import *", *functions]) + "\n"


# Training for 2,001 iterations tells two of the mistakes from the right solution, and takes most of the time.
SHORT = (*EXERCISES[:3], replace(EXERCISES[3], draw=partial(model.draw, long=False)))


@pytest.fixture
def grade_source(tmp_path):
    """``grade_source(source)``: the report on a file with this source, by exercise."""

    def graded(source, *, exercises=SHORT, seed=1, timeout=60.0, name="learner.py"):
        path = tmp_path / name
        path.write_text(source, encoding="utf-8")
        report = grade(path, GradingSettings(seed, timeout), exercises)
        return {result.name: result for result in report.results}

    return graded
