"""What is not Python in a file costs no more than itself."""

import nbformat
import pytest

from charlm.errors import SubmissionError
from dino.grading import formats, source
from dino.grading.grading import GradingSettings, grade

from .conftest import SHORT, right_file

TEXTS = [
    "Thou shalt not wait, but go.\nAnd so on: it's a poem",
    "generate_output(Thou shalt not wait)",
    "clip_test(clip",
    'print("""never closed',
    "def plot(x):\n    y = 1\n  z = 2",
    "for i in range(3)\n    print(i)",
    "<div>html</div>",
    "1. first\n2. second",
]


def notebook(*cells):
    return nbformat.writes(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    )


def graded(tmp_path, text, name):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return grade(path, GradingSettings(1), SHORT[:3])


@pytest.mark.parametrize("text", TEXTS)
def test_a_cell_that_is_no_python_costs_nothing_else(tmp_path, text):
    report = graded(tmp_path, notebook(text, *right_file().split("\n\n\n"), text), "a.ipynb")
    assert report.points == 75, report
    assert report.remarks[0].startswith("cell 1, line ") and "the rest is graded" in report.remarks[0]
    assert report.remarks[-1].startswith("cell 7, line ")
    assert "cell 1, line" in formats.text(report, colour=False).splitlines()[1]


@pytest.mark.parametrize("text", TEXTS)
def test_nor_does_a_part_of_a_file_or_of_a_cell(tmp_path, text):
    for name, whole in (("a.py", right_file()), ("a.ipynb", None)):
        mixed = f"{right_file()}\n{text}\n"
        report = graded(tmp_path, mixed if whole else notebook(mixed), name)
        assert report.points == 75 and report.remarks, report


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("indices = []", "indices = ["),
        ("    count = 0", "   count = 0"),
        ("while count < 50:", "while count < 50"),
        ("count += 1", "count++ 1 +"),
    ],
)
@pytest.mark.parametrize("form", ["py", "ipynb"])
def test_a_function_that_cannot_be_read_gets_nothing_and_is_told_with_its_line(tmp_path, old, new, form):
    text = right_file().replace(old, new)
    line = text.splitlines().index(next(part for part in text.splitlines() if new in part)) + 1
    report = graded(tmp_path, notebook(text) if form == "ipynb" else text, f"a.{form}")
    clip, sample, optimize = report.results
    assert clip.passed and optimize.passed and sample.points == 0
    told = int(sample.diagnosis.partition("line ")[2].partition(":")[0])
    assert line <= told <= line + 1 and sample.diagnosis.startswith("sample cannot be read as Python")
    assert formats.as_csv([report]).splitlines()[1].startswith(f"{report.file},50,75,25.0,0,25.0,")


def test_a_later_run_that_is_no_python_leaves_the_function_as_it_was(tmp_path):
    report = graded(tmp_path, notebook(right_file(), "def clip(gradients, maxValue:\n    pass"), "a.ipynb")
    assert report.points == 75 and "cell 2" in report.remarks[0]


def test_line_numbers_stay_where_they_were():
    cell = source.readable(
        "cell 3", "%matplotlib inline\nx = = 1\n\ndef f():\n    return '''a\nb'''\n\ny = 2"
    )
    assert [node.lineno for node in cell.tree.body] == [1, 4, 8]
    assert [fault.where for fault in cell.faults] == ["cell 3, line 2"]


def test_a_file_without_any_function_that_can_be_read_is_refused(tmp_path):
    with pytest.raises(SubmissionError, match="syntax error in line 2"):
        graded(tmp_path, "x = 1\ndef clip(:\n    pass\n", "a.py")
