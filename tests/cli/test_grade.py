"""The commands ``dino grade`` and ``dino assignment``."""

import csv
import io
import json
import os
import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest

from dino.cli import app
from dino.grading import assignment
from dino.grading.exercises import model

WRONG = "    return gradients\n"


@pytest.fixture
def run(run_command):
    """Run a subcommand: exit code, standard output, standard error."""
    return partial(run_command, app, "dino")


@pytest.fixture
def right(folder, course_data):
    """A right file, and the course's list at hand."""
    course_data("course")
    model.published.cache_clear()
    notebook = assignment.notebook(solved=True)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    path = Path("right.py")
    path.write_text("\n\n".join(code), encoding="utf-8")
    return path


@pytest.fixture
def clip_only(folder):
    """A file with a wrong clip, and nothing else."""
    path = Path("wrong.py")
    path.write_text(f"def clip(gradients, maxValue):\n{WRONG}", encoding="utf-8")
    return path


def test_a_right_file_ends_with_0(run, right):
    code, out, err = run("grade", right, "--seed", 3)
    assert (code, err) == (0, "")
    assert out.startswith("right.py: 100 of 100 points") and out.count("passed") == 4


def test_a_wrong_file_ends_with_1_and_says_what_is_wrong(run, clip_only):
    code, out, err = run("grade", clip_only)
    assert code == 1 and err.startswith("seed ")
    assert "first difference: gradients['dWax'][" in out and "expected 10" in out
    assert "stored nowhere" in out and "hint: " in out
    assert out.count("The file defines no function") == 3 and "\x1b" not in out


def test_a_seed_shown_gives_the_same_report(run, clip_only):
    _, first, err = run("grade", clip_only)
    assert run("grade", clip_only, "--seed", err.removeprefix("seed ").strip()) == (1, first, "")


def test_expected_values_of_fresh_cases_stay_hidden(run, folder):
    Path("a.py").write_text(
        "import numpy as np\ndef clip(gradients, maxValue):\n"
        "    bound = maxValue if maxValue in (5, 10) else 1\n"
        "    return {name: np.clip(g, -bound, bound) for name, g in gradients.items()}\n",
        encoding="utf-8",
    )
    code, out, _ = run("grade", "a.py", "--seed", 1)
    first = next(line for line in out.splitlines() if "first difference: g" in line)
    assert code == 1 and "fresh" in first and "expected" not in first


def test_json(run, clip_only):
    code, out, _ = run("grade", clip_only, "--format", "json", "--seed", 1, "--points", "10,20,30,40")
    report = json.loads(out)
    assert code == 1 and (report["version"], report["file"]) == (1, "wrong.py")
    assert (report["points"], report["max_points"]) == (0, 100)
    assert [row["max_points"] for row in report["exercises"]] == [10, 20, 30, 40]
    fields = {"name", "passed", "points", "max_points", "first_difference", "diagnosis", "hint"}
    assert all(fields <= set(row) for row in report["exercises"])


def test_junit(run, clip_only):
    _, out, _ = run("grade", clip_only, "--format", "junit", "--seed", 1)
    suite = ElementTree.fromstring(out.split("?>", 1)[1]).find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "4", "0")
    case = suite.find("testcase[@name='clip']")
    assert "stored nowhere" in case.find("failure").get("message")
    assert case.find("properties/property[@name='max_points']").get("value") == "25"


def test_a_folder_as_csv_has_a_row_a_file(run, folder, clip_only):
    (folder / "ann").mkdir()
    clip_only.rename(folder / "ann" / "wrong.py")
    Path("broken.py").write_text("def clip(:\n", encoding="utf-8")
    Path("=empty.py").write_text("", encoding="utf-8")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(f"def clip(gradients, maxValue):\n{WRONG}")]
    )
    Path("note.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    Path("notes.txt").write_text("not graded", encoding="utf-8")
    code, out, _ = run("grade", ".", "--format", "csv", "--seed", 1)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 1
    files = [row["file"] for row in rows]
    assert files == ["'=empty.py", str(Path("ann/wrong.py")), "broken.py", "note.ipynb"]
    assert "syntax error in line 1" in rows[2]["remark"]
    assert "stored nowhere" in rows[1]["remark"] and "stored nowhere" in rows[3]["remark"]


@pytest.mark.slow
def test_a_folder_in_the_other_formats(run, clip_only):
    Path("broken.py").write_text("def clip(:\n", encoding="utf-8")
    _, out, _ = run("grade", ".", "--format", "json", "--seed", 1)
    broken, wrong = json.loads(out)
    assert "syntax error" in broken["error"] and wrong["points"] == 0
    _, out, _ = run("grade", ".", "--seed", 1)
    assert "broken.py: not graded: " in out and "wrong.py: 0 of 100 points" in out
    _, out, _ = run("grade", ".", "--format", "junit", "--seed", 1)
    assert out.count("<testsuite ") == 2 and "<error " in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.py"], "there is no file missing.py"),
        (["notes.txt"], "must end in .py, .ipynb"),
        (["empty"], "there is no .py or .ipynb file in empty"),
        (["broken.py"], "syntax error in line 2"),
        (["broken.ipynb"], "is not a Jupyter notebook"),
        (["right.py", "--format", "xml"], "it must be one of text, json, junit, csv"),
        (["right.py", "--points", "1,2"], "it must be one number, or one each for clip, sample"),
        (["right.py", "--points", "0"], "it must be above 0"),
        (["right.py", "--timeout", "0"], "the timeout is 0"),
        (["right.py", "--seed", "-1"], "seed is -1"),
    ],
)
def test_what_cannot_be_graded_ends_with_2(run, folder, arguments, told):
    for name, text in (
        ("notes.txt", ""),
        ("broken.py", "x\n)"),
        ("broken.ipynb", "{"),
        ("right.py", "x = 1"),
    ):
        Path(name).write_text(text, encoding="utf-8")
    Path("empty").mkdir()
    code, out, err = run("grade", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("dino: ") and err.count("\n") == 1 and told in err


def test_assignment_writes_a_notebook_and_overwrites_none(run, folder):
    code, _, err = run("assignment", "mine.ipynb")
    assert code == 0 and "wrote mine.ipynb" in err
    before = Path("mine.ipynb").read_bytes()
    code, _, err = run("assignment", "mine.ipynb")
    assert code == 2 and "is there already" in err and Path("mine.ipynb").read_bytes() == before
    assert run("assignment", "mine.txt")[0] == 2


@pytest.mark.unix
def test_a_terminal_shows_colour_and_a_bar(clip_only):
    import pexpect

    environment = {**os.environ, "TERM": "xterm-256color"}
    call = partial(pexpect.run, timeout=120, env=environment)
    assert b"\x1b[31mfailed" in call(f"{sys.executable} -m dino grade wrong.py --seed 1")
    Path("second.py").write_text(clip_only.read_text(encoding="utf-8"), encoding="utf-8")
    shown = call(f"{sys.executable} -m dino grade . --format csv --seed 1")
    assert b"/2" in shown and b"second.py,0,100" in shown


def test_help_loads_no_numpy_or_nbformat(python):
    done = python("-X", "importtime", "-m", "dino", "grade", "--help")
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert done.returncode == 0 and not loaded & {"numpy", "nbformat", "matplotlib", "tensorflow", "keras"}
