"""A fifth exercise, made up here, is two files: its task, cases and checks, and its known mistakes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import dino

EXERCISE = '''
from dino.grading.compare import first_difference
from dino.grading.exercise import Exercise, Property, expecting


def _expected(loss, cur_loss):
    return loss + (cur_loss - loss) / 1000


def _value(case, outcome):
    return first_difference(case.expected.result, outcome.result, "the running loss")


def draw(random):
    pairs = random.uniform(1, 30, (3, 2)).tolist()
    return [expecting(_expected, "a fresh pair of losses", pair) for pair in pairs]


STUB = 'def smooth(loss, cur_loss):\\n    """The running loss with 0.1% of the current one."""'

EXERCISE = Exercise(
    5,
    "smooth",
    "## 5. Smoothing",
    STUB,
    "    return None",
    "loss, cur_loss",
    (),
    (Property("the value", 1.0, _value),),
    draw,
)
'''

MISTAKES = """Known mistakes in smooth.

# shares swapped
The running loss jumps to the current one: the two shares are swapped.
hint: Which of the two should count for almost all?
-     return 0.999 * loss + 0.001 * cur_loss
+     return 0.001 * loss + 0.999 * cur_loss
"""


def graded(house, source):
    """What ``dino grade`` says of ``source``'s smooth in a house of its own."""
    file = house / "learner.py"
    file.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "dino", "grade", str(file), "--format", "json"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads(done.stdout)["exercises"]
    assert [result["name"] for result in results] == ["clip", "sample", "optimize", "model", "smooth"]
    return results[-1]


def test_another_exercise_is_two_files(tmp_path):
    packages = Path(dino.__file__).parent.parent
    for package in ("dino", "charlm"):
        shutil.copytree(packages / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    exercises = tmp_path / "dino" / "grading" / "exercises"
    (exercises / "smooth.py").write_text(EXERCISE, encoding="utf-8")
    (exercises / "smooth.txt").write_text(MISTAKES, encoding="utf-8")

    right = graded(tmp_path, "def smooth(loss, cur_loss):\n    return loss * 0.999 + cur_loss * 0.001\n")
    assert right["points"] == right["max_points"] == 25

    wrong = graded(tmp_path, "def smooth(loss, cur_loss):\n    return loss * 0.001 + cur_loss * 0.999\n")
    assert wrong["points"] == 0
    assert wrong["diagnosis"].startswith("The running loss jumps to the current one")
