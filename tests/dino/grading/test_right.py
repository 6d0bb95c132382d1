"""Right solutions get all points: ours, a textbook's, in either form, and with every seed."""

import json
from pathlib import Path

import nbformat
import pytest

from dino import exercises
from dino.grading import explain, source
from dino.grading.calling import call
from dino.grading.exercises import model as model_exercise
from dino.grading.grading import EXERCISES, GradingSettings, cases_of, grade
from dino.grading.selection import Submission

from .conftest import GRADED, SHORT, TEXTBOOK, right_file


def ours():
    return Path(exercises.__file__).read_text(encoding="utf-8")


def as_notebook(text):
    """A file as a notebook: a cell for each paragraph that stands alone, and magics among them."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# mine"),
        nbformat.v4.new_code_cell("%matplotlib inline"),
    ]
    notebook.cells += [nbformat.v4.new_code_cell(part) for part in text.split("\n\n\n")]
    return nbformat.writes(notebook)


FILES = {"ours": ours, "textbook": TEXTBOOK.read_text, "right": right_file}


@pytest.mark.parametrize("form", ["py", "ipynb"])
@pytest.mark.parametrize("file", FILES)
def test_a_right_file_gets_all_points(tmp_path, file, form, request):
    if file != "right":
        request.getfixturevalue("course_data")("course")
        model_exercise.published.cache_clear()
    text = FILES[file]()
    path = tmp_path / f"{file}.{form}"
    path.write_text(as_notebook(text) if form == "ipynb" else text, encoding="utf-8")
    report = grade(path, GradingSettings(2), SHORT if file == "right" else EXERCISES)
    assert report.passed and (report.points, report.max_points) == (100, 100), report


def test_the_published_values_are_the_course_s(course_data):
    course_data("course")
    model_exercise.published.cache_clear()
    clip, sample, optimize, model = (cases_of(exercise, 0) for exercise in EXERCISES)
    assert [case.expected.result["dWya"][1, 2] for case in clip[:2]] == [0.2971381536101662] * 2
    assert sample[0].expected.result[:5] == [23, 16, 26, 26, 24] and len(sample[0].expected.result) == 22
    assert optimize[0].expected.result[0] == pytest.approx(126.50397572165389, abs=1e-9)
    assert "Iteration: 2000, Loss: 27.884160" in model[-1].expected.printed
    assert model[-1].published and model[-1].title == "published case, 2,001 iterations"


def test_without_the_course_s_list_bundled_names_take_its_place(monkeypatch):
    def nowhere(name):
        if name == "course":
            raise exercises_error
        return loaded(name)

    from charlm.errors import CorpusError

    exercises_error, loaded = CorpusError("no connection"), model_exercise.load_names
    monkeypatch.setattr(model_exercise, "load_names", nowhere)
    model_exercise.published.cache_clear()
    case = model_exercise.published()
    model_exercise.published.cache_clear()
    assert not case.published and "bundled names" in case.title
    assert case.options["num_iterations"] == 2_001


def textbook_functions():
    """The textbook's functions in this process, with right versions of what lies beneath each."""
    submission = Submission(source.read(TEXTBOOK))
    made = {}
    for exercise in EXERCISES:
        namespace = dict(vars(exercises))
        for statement in submission.needed(exercise.name, exercise.beneath):
            if not statement.star and statement.binds != {"tf"}:
                exec(compile(ast_module(statement.node), "<textbook>", "exec"), namespace)
        namespace |= {name: getattr(exercises, name) for name in exercise.beneath}
        made[exercise.name] = namespace[exercise.name]
    return made


def ast_module(node):
    import ast

    return ast.Module([node], [])


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 200, 20))
def test_no_false_alarm_over_two_hundred_seeds(first):
    """In this process, by the code that the other one calls with, so that it stays quick."""
    both = textbook_functions(), vars(exercises)
    for seed in range(first, first + 20):
        for exercise in SHORT if seed % 100 else EXERCISES:  # the long runs twice
            for case in cases_of(exercise, seed):
                for functions in both:
                    assert_no_difference(exercise, case, functions[exercise.name], seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [129, 707, 1322, 1473, 100570])
def test_no_false_alarm_in_long_runs_that_were_chaotic(seed):
    """These seeds drew 6 to 8 names once, and roundings alone led right solutions to other weights."""
    model = EXERCISES[3]
    (case,) = (
        case
        for case in cases_of(model, seed)
        if case.title.startswith("a dictionary in another order, iteration 2,001")
    )
    for functions in (textbook_functions(), vars(exercises)):
        assert_no_difference(model, case, functions["model"], seed)


def assert_no_difference(exercise, case, function, seed):
    outcome = explain.as_sent(call(function, case.arguments, case.options, global_seed=case.seed))
    assert not outcome.error, (seed, case.title, outcome.error, outcome.message)
    for item in exercise.properties:
        assert item.check(case, outcome) is None, (seed, exercise.name, case.title)


@pytest.mark.parametrize("exercise", EXERCISES[:3], ids=GRADED[:3])
def test_a_seed_draws_the_same_cases_and_another_seed_others(exercise):
    def drawn(seed):
        return [explain.wire.dump(case.arguments) for case in cases_of(exercise, seed)]

    assert drawn(4) == drawn(4)
    assert drawn(4)[-1] != drawn(5)[-1]


def test_fresh_cases_have_what_published_ones_lack():
    _, sample, optimize, _ = (cases_of(exercise, 7) for exercise in SHORT)
    lengths = [len(case.expected.result) for case in sample]
    assert 1 in lengths and lengths.count(51) == 2 and 49 in lengths
    exact = next(case for case in sample if "draw 49" in case.title)
    assert exact.expected.result[-2:] == [0, 0]
    assert any(list(case.arguments[1].values()) != sorted(case.arguments[1].values()) for case in sample)
    assert {case.options.get("learning_rate") for case in optimize} > {None, 0.01}


def test_a_file_with_some_of_the_four_gets_those_graded(grade_source):
    text = right_file()
    results = grade_source(text[: text.index("def sample(")])
    assert results["clip"].passed
    for name in GRADED[1:]:
        assert results[name].points == 0 and f"defines no function {name}" in results[name].diagnosis


def test_the_report_as_json(tmp_path):
    path = tmp_path / "learner.py"
    path.write_text(right_file(), encoding="utf-8")
    settings = GradingSettings(3, points=(10, 20, 30, 2.5))
    report = json.loads(json.dumps(grade(path, settings, SHORT).as_json()))
    assert list(report) == ["version", "file", "edition", "seed", "points", "max_points", "exercises"]
    assert (report["version"], report["points"], report["max_points"]) == (1, 62.5, 62.5)
    assert report["edition"] == "2021"
    assert report["exercises"][1] == {
        "name": "sample",
        "passed": True,
        "points": 20,
        "max_points": 20,
        "first_difference": None,
        "diagnosis": None,
        "hint": None,
        "notes": [],
    }
