"""What the grader says of wrong files: a table of how many are named, told truly, or missed.

    python benchmarks/grader_mistakes.py [--folder FOLDER] [--only WORD] [--right SEEDS] [--long]

Graded are the collection of ``grader_cases.py``, the known mistakes themselves and, with ``--folder``, its
files as ``files.txt`` in the collection tells the truth about them. What is not as it should be is listed.
``--right`` grades the right variants in place of the wrong ones, each over so many seeds. The runs of 2,001
iterations are left out, but for ``--long``.
"""

import argparse
import ast
import re
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

from grader_cases import COLLECTION, GraderCase, cases, file_cases, replaced

from dino.grading import source
from dino.grading.exercises import model
from dino.grading.grading import EXERCISES, GradingSettings, grade_cells
from dino.grading.mistakes import GRADED_BY_COURSE, known
from dino.grading.report import Result

COLUMNS = ("named exactly", "told truly without a name", "bare exception", "not told", "wrong name", "missed")
NEED_LONG_RUNS = ("seeds go on", "report every 1,000", "report at the end of each 2,000", "no report at 0")
BARE = ("it raises", "no mistake that is known")


def graded(case: GraderCase, seed: int = 1, *, long: bool = False) -> Result:
    """The report on the function that a case is about."""
    exercise = next(exercise for exercise in EXERCISES if exercise.name == case.function)
    if exercise.name == "model" and not long and case.title not in NEED_LONG_RUNS:
        exercise = replace(exercise, draw=partial(model.draw, long=False))
    # What never ends is to be told so, and need not be waited for.
    settings = GradingSettings(seed, timeout=3.0 if "EndlessLoop" in case.told else 30.0, workers=1)
    cells = [source.readable("", case.source, magics=False)]
    return grade_cells(cells, case.title, settings, (exercise,)).results[0]


def verdict(case: GraderCase, result: Result) -> str:
    """Which column a wrong file belongs to."""
    if result.passed:
        return "missed"
    diagnosis = result.diagnosis or ""
    if set(result.mistakes) - set(case.named):
        return "wrong name"
    if all(re.search(words, diagnosis) for words in case.told if words != "EndlessLoop"):
        return "named exactly" if result.mistakes else "told truly without a name"
    return "bare exception" if any(words in diagnosis for words in BARE) else "not told"


def known_mistakes() -> list[GraderCase]:
    """The known mistakes as files of their own."""
    found = []
    for function in GRADED_BY_COURSE:
        for one in known(function):
            tree = ast.parse(one.source.replace("raise EndlessLoop", "count = 0"))
            whole = tree.body[0]
            assert isinstance(whole, ast.FunctionDef)
            whole.returns = None
            for argument in whole.args.args:
                argument.annotation = None
            told = (re.escape(one.diagnosis), *(["EndlessLoop"] if "EndlessLoop" in one.source else []))
            same = tuple(other.name for other in known(function) if other.diagnosis == one.diagnosis)
            text = replaced(function, ast.unparse(tree))
            found.append(GraderCase("known", "2021", function, one.name, text, told, same))
    return found


def main() -> None:
    """Grade, list what is not as it should be, and print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, help="a folder of files that files.txt knows")
    options.add_argument("--only", default="", help="cases with this in their names")
    options.add_argument("--right", type=int, default=0, metavar="SEEDS")
    options.add_argument("--long", action="store_true")
    options.add_argument("--verbose", action="store_true", help="list all")
    given = options.parse_args()
    collected = cases("right") if given.right else [*cases("wrong", "alike"), *known_mistakes()]
    if given.folder and not given.right:
        collected += file_cases(given.folder, COLLECTION / "files.txt")
    tasks = [
        (case, seed)
        for case in collected
        if given.only in str(case)
        for seed in range(1, 1 + (given.right or 1))
    ]
    began, table = time.perf_counter(), {}
    for case, seed in tasks:
        result = graded(case, seed, long=given.long)
        row = table.setdefault(f"{case.kind} {case.edition} {case.function}", Counter())
        if given.right:
            column = "all points" if result.points == result.max_points else "false alarm"
        else:
            column = verdict(case, result)
        row[column] += 1
        if given.verbose or column not in (*COLUMNS[:2], "all points"):
            print(
                f"{column}: {case} (seed {seed})\n    {result.diagnosis} {list(result.mistakes)}", flush=True
            )
    columns = ("all points", "false alarm") if given.right else COLUMNS
    table["together"] = sum(table.values(), Counter())
    print(f"\n{'':24}" + "".join(f"{column:>27}" for column in columns))
    for name, row in table.items():
        print(f"{name:24}" + "".join(f"{row[column]:27}" for column in columns))
    print(f"{len(tasks)} gradings in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
