"""The notebook for a learner, and its solved version."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from charlm.run.notebook_file import write_new
from dino.grading import assignment
from dino.grading.exercises import model as model_exercise
from dino.grading.grading import EXERCISES, GradingSettings, grade

SOLVED = Path(__file__).parents[3] / "notebooks" / "dinosaurs_solved.ipynb"


def sources(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_a_fresh_notebook_has_four_functions_to_fill_in(tmp_path):
    path = tmp_path / "mine.ipynb"
    write_new(path, assignment.notebook)
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    for exercise in EXERCISES:
        assert f"def {exercise.name}(" in code and f'check("{exercise.name}")' in code
    report = grade(path, GradingSettings(1))
    assert report.points == 0
    assert all(result.diagnosis.startswith("Not filled in yet: cell ") for result in report.results)


@pytest.mark.parametrize("exercise", EXERCISES, ids=[exercise.name for exercise in EXERCISES])
def test_a_skeleton_is_python_and_says_which_lines_are_left(exercise, tmp_path):
    source = f"{exercise.stub}\n{exercise.skeleton}\n"
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    (result,) = grade(tmp_path / "mine.py", GradingSettings(1), (exercise,)).results
    left = [number for number, line in enumerate(source.splitlines(), 1) if re.search(r"\bNone\b", line)]
    left = [number for number in left if number > exercise.stub.count("\n") + 1]
    told = re.fullmatch(r"Not filled in yet: lines? ([\d, …]+)\.", result.diagnosis)
    assert [int(number) for number in told[1].rstrip("…, ").split(", ")] == left[:12]


def test_the_expected_output_stands_below_each_call():
    notebook = assignment.notebook()
    cells = [cell.source for cell in notebook.cells]
    for exercise in EXERCISES:
        below = cells[cells.index(exercise.example) + 1]
        assert below == f"It should print:\n\n```\n{assignment.expected_output(exercise)}```"
    clip, sample, optimize, model = map(assignment.expected_output, EXERCISES)
    assert "[[-5.   3. ]" in clip and "[[-12.    3. ]" in clip
    assert sample.startswith(
        "[23, 16, 26, 26, 24, 3, 21, 1, 7, 24, 15, 3, 25, 20, 6, 13, 10, 8, 20, 12, 2, 0]"
    )
    assert "loss 126.503976" in optimize and "0.194709" in optimize
    assert model.startswith("Iteration: 0, Loss: 23.0") and "the last name: '" in model


def test_the_solved_notebook_is_the_one_in_the_repository_with_outputs():
    stored = nbformat.read(SOLVED, 4)
    assert sources(stored) == sources(assignment.notebook(solved=True)), "run notebooks/make.py"
    assert "attachment:unrolled.png" in stored.cells[0].source
    assert stored.cells[0].attachments["unrolled.png"]["image/png"]
    outputs = [output for cell in stored.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any(output.output_type == "error" for output in outputs)


def test_the_solved_notebook_gets_all_points(course_data):
    course_data("course")
    model_exercise.published.cache_clear()
    report = grade(SOLVED, GradingSettings(8))
    assert (report.points, report.max_points) == (100, 100), report


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the Jupyter client's own
def test_the_solved_notebook_runs_from_the_first_cell_to_the_last(course_data):
    course_data("course")
    notebook = assignment.notebook(solved=True)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    printed = {
        cell.source: "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    for exercise in EXERCISES:
        assert printed[exercise.example] == assignment.expected_output(exercise)
        assert "25 of 25" in printed[f'check("{exercise.name}")']
    assert re.search(r"^seed \d+$", printed["check()"], re.M) and "100 of 100 points" in printed["check()"]
