"""What of a learner's file is run, and what is not."""

import nbformat
import pytest

from charlm.errors import SubmissionError
from dino.grading import source
from dino.grading.grading import EXERCISES
from dino.grading.selection import Submission
from dino.grading.signature import changed

from .conftest import SHORT, right_file


def submission(text):
    return Submission([source.parsed("", text)])


def kept(text):
    return [name for statement in submission(text).statements for name in sorted(statement.binds)]


@pytest.mark.parametrize(
    "line",
    [
        "LIMIT = 50",
        "A, B = 1, 2.5",
        "KEYS = ['dWax', *('dWaa',)]",
        "letters = sorted(set('abc')) + [chr(97 + i) for i in range(3)]",
        "zeros = np.zeros((3, 1))",
        "rates = {name: 0.1 for name in 'ab'}",
        "Array = np.ndarray",
        "half = lambda x: x / 2",
        "total: int = sum([1, 2])",
        "LIMIT = 1\nLIMIT += 1",
    ],
)
def test_constants_are_kept(line):
    assert len(kept(f"import numpy as np\n{line}")) > 1


@pytest.mark.parametrize(
    "line",
    [
        "data = open('dinos.txt').read()",
        "chars = set(open('dinos.txt'))",
        "parameters, name = model(data, {}, {})",
        "import os\nos.system('x')",
        "print('hello')",
        "for i in range(10): x = i",
        "with open('x') as f: text = f.read()",
        "if __name__ == '__main__': main()",
        "np.clip = None",
        "answer = input()",
    ],
)
def test_what_runs_something_is_left_out(line):
    assert not {"data", "chars", "parameters", "x", "text", "answer"} & set(kept(line))
    assert "parameters" not in kept(f"def model(*a): return 1\n{line}")


def test_only_what_a_function_needs_is_run():
    text = (
        "import numpy as np\nimport matplotlib.pyplot as plt\nBOUND = 5\nOTHER = 6\n"
        "def helper(x): return np.abs(x) + BOUND\ndef draw(): plt.plot()\ndef clip(g, m): return helper(g)\n"
    )
    needed = submission(text).needed("clip", ())
    assert [sorted(statement.binds) for statement in needed] == [["np"], ["BOUND"], ["helper"], ["clip"]]


def test_magics_are_left_out_and_line_numbers_stay():
    text = "%matplotlib inline\nx = (7\n     % 2)\n!ls -l\nfiles = !ls\n?print\n"
    text += "def f():\n    %time y = 1\n    return 2\n"
    cell = source.parsed("cell 1", text)
    assert cell.tree.body[-1].lineno == 7 and cell.tree.body[1].value.op is not None


@pytest.mark.parametrize(
    ("head", "count"), [("%%bash", 0), ("%%html", 0), ("%%time", 1), ("%%capture out", 1)]
)
def test_cell_magics(head, count):
    assert len(source.parsed("cell 1", f"{head}\nx = 1\n").tree.body) == count


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_a_syntax_error_is_told_with_its_line(tmp_path):
    with pytest.raises(SubmissionError, match="syntax error in line 3: ") as told:
        source.read(written(tmp_path, "a.py", b"x = 1\n\ndef f(:\n"))
    assert told.value.exit_code == 2 and "\n" not in str(told.value)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_markdown_cell("a"), nbformat.v4.new_code_cell("%pylab\nx = = 2")]
    with pytest.raises(SubmissionError, match="syntax error in cell 2, line 2"):
        source.read(written(tmp_path, "a.ipynb", nbformat.writes(notebook).encode()))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ipynb", b"not json"),
        ("a.ipynb", b"{}"),
        ("a.ipynb", b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'),
        ("a.ipynb", b"\xff\xfe"),
        ("a.py", b"x = '\xff'"),
        ("a.py", b"x = 1\0"),
        ("a.py", b"(" * 100_000),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(tmp_path, name, content):
    with pytest.raises(SubmissionError) as told:
        source.read(written(tmp_path, name, content))
    assert "\n" not in str(told.value)


def test_encodings_and_old_notebooks(tmp_path):
    for content in ("\ufeffs = 'ü'".encode(), "# coding: latin-1\ns = 'ü'".encode("latin-1")):
        (cell,) = source.read(written(tmp_path, "a.py", content))
        assert cell.tree.body[0].value.value == "ü"
    old = nbformat.v3.new_notebook()
    old.worksheets = [nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell(input="x = 1")])]
    assert (
        source.read(written(tmp_path, "a.ipynb", nbformat.v3.writes_json(old).encode()))[0].label == "cell 1"
    )


def test_imports_that_fail_count_only_when_they_are_used(grade_source):
    head = (
        "import tensorflow as tf\nfrom keras.layers import LSTM\nfrom not_there import *\nimport w1_tests\n"
    )
    text = (
        head + "from public_tests import *\nfrom shakespeare_utils import *\nfrom rnn_utils import softmax\n"
    )
    assert all(
        result.passed for result in grade_source(text + right_file(), exercises=EXERCISES[:3]).values()
    )
    used = right_file().replace("clipped = copy.deepcopy(gradients)", "clipped = tf.identity(gradients)")
    results = grade_source(head + used, exercises=EXERCISES[:3])
    assert not results["clip"].passed and "not loaded while grading" in results["clip"].first_difference
    assert results["optimize"].passed


def test_a_training_run_at_the_top_level_is_not_executed(grade_source, tmp_path):
    trace = tmp_path / "trace"
    text = f"open({str(trace)!r}, 'w').write('x')\nprint('x' * 10**8)\nwhile True: pass\n"
    results = grade_source(right_file() + text, exercises=SHORT)
    assert all(result.passed for result in results.values()) and not trace.exists()


def test_the_last_of_several_definitions_counts(grade_source):
    wrong = "def clip(gradients, maxValue):\n    return gradients\n\n"
    assert grade_source(wrong + right_file(), exercises=EXERCISES[:1])["clip"].passed
    assert not grade_source(right_file() + wrong, exercises=EXERCISES[:1])["clip"].passed


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ("a, b=1", True),
        ("a, b=1, extra=None", True),
        ("*args", True),
        ("a, b=1, verbose=False", True),
        ("a, b", False),
        ("b, a=1", False),
        ("a, b=1.5", False),
        ("a", False),
    ],
)
def test_signatures(given, same):
    (cell,) = [source.parsed("", f"def f({given}): pass")]
    assert (changed(cell.tree.body[0], "a, b=1, verbose=False") == "") == same
