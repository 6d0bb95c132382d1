"""The poems' notebook."""

import nbformat
import pytest
from nbclient import NotebookClient

from charlm.run.command import exit_code
from shakespeare.cli import app
from shakespeare.course import assignment


def test_the_command_writes_it_and_overwrites_none(tmp_path, capsys):
    path = tmp_path / "poems.ipynb"
    assert exit_code(app, "shakespeare", ["assignment", str(path)]) == 0
    nbformat.validate(nbformat.read(path, 4))
    before = path.read_bytes()
    assert exit_code(app, "shakespeare", ["assignment", str(path)]) == 2
    assert "is there already" in capsys.readouterr().err and path.read_bytes() == before


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the Jupyter client's own
def test_it_runs_from_the_first_cell_to_the_last():
    notebook = assignment.notebook()
    NotebookClient(notebook, timeout=900, kernel_name="python3").execute()
    printed = {
        cell.source: "".join(output.get("text", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert printed[assignment.TRAIN].count("Shall I ") >= 12
    assert "Shall I " in printed[assignment.FINETUNE]
    assert [printed[assignment.SAMPLE].count(f"temperature {value}") for value in (0.3, 0.7, 1.0, 1.3)] == [
        1
    ] * 4
