"""Grades the four functions of the names assignment, and says what is wrong with them.

    source.py       a learner's file as Python source: .py, or the code cells of a notebook
    selection.py    which of its statements a graded function needs; names.py, signature.py: what they name
    exercise.py     what an exercise is: cases, properties, points
    exercises/      the exercises, a file each, and beside it the known mistakes as small edits
    expected.py     what is expected: the oracle
    process.py      runs a function in a process of its own, under limits
    worker.py       that process, with guards.py, wire.py, calling.py and watching.py beside it
    compare.py      the first difference between two values
    judge.py        from what came back to points; diagnose.py: what a failure looks like
    watching.py     what happens on the way: variables, and calls of given functions
    failing.py      what an exception came of, with failure.py and shapes.py
    training_seen.py    what is wrong with a training run, by its calls; printed.py: by what it prints
    explain.py      which known mistakes do exactly the same
    mistakes.py     the known mistakes, read and applied to dino/exercises.py
    report.py       what it comes to; formats.py: as text, JUnit and CSV
    grading.py      one file; classroom.py: a folder of them
    assignment.py   a notebook for a learner; notebook.py: check() inside it
    lesson.py       the notebook's words; picture.py: its picture

All expected values and comparisons are in this process; the process under test gets inputs alone and
returns values alone. It protects against accidents and cheap tricks, and is no sandbox for hostile code.
"""
