"""The notebook for a learner, and its solved version."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from dino.grading import assignment
from dino.grading.exercises import model as model_exercise
from dino.grading.grading import EXERCISES, GradingSettings, grade

SOLVED = Path(__file__).parents[3] / "notebooks" / "dinosaurs_solved.ipynb"


def sources(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_a_fresh_notebook_has_four_functions_to_fill_in(tmp_path):
    path = tmp_path / "mine.ipynb"
    assignment.write(path)
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    for exercise in EXERCISES:
        assert f"def {exercise.name}(" in code and f'check("{exercise.name}")' in code
    assert code.count("raise NotImplementedError") == 4
    report = grade(path, GradingSettings(1), EXERCISES[:3])
    assert report.points == 0
    assert all(result.diagnosis.startswith("Not filled in yet: cell ") for result in report.results)
    assert all("NotImplementedError" in result.diagnosis for result in report.results)


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
    checks = [cell for cell in notebook.cells if cell.source.startswith("check(")]
    for cell in checks:
        printed = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
        assert "25 of 25" in printed and "failed" not in printed
    assert len(checks) == 4
