"""The assignment's two editions: which one a file is of, and its functions judged by that one's text."""

import pytest

from dino.grading import source
from dino.grading.editions import SINCE_2021, UNTIL_2020, recognised
from dino.grading.exercises import model
from dino.grading.grading import EXERCISES, GradingSettings, grade
from dino.grading.selection import Submission

from .conftest import SHORT, right_file
from .test_right import as_notebook

CLIP = """
def clip(gradients, maxValue):
    dWaa, dWax, dWya, db, dby = (gradients[k] for k in ("dWaa", "dWax", "dWya", "db", "dby"))
    for gradient in [dWax, dWaa, dWya, db, dby]:
        np.clip(gradient, -maxValue, maxValue, out=gradient)
    gradients = {"dWaa": dWaa, "dWax": dWax, "dWya": dWya, "db": db, "dby": dby}
    return gradients
"""

OPTIMIZE = """
def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    clip(gradients, 5)
    parameters = update_parameters(parameters, gradients, lr=learning_rate)
    return loss, gradients, a[len(X) - 1]
"""

MODEL = """
def model(data, ix_to_char, char_to_ix, num_iterations=35000, n_a=50, dino_names=7, vocab_size=27):
    parameters = initialize_parameters(n_a, vocab_size, vocab_size)
    loss = get_initial_loss(vocab_size, dino_names)
    with open("dinos.txt") as f:
        examples = f.readlines()
    examples = [x.lower().strip() for x in examples]
    np.random.seed(0)
    np.random.shuffle(examples)
    a_prev = np.zeros((n_a, 1))
    for j in range(num_iterations):
        index = j % len(examples)
        X = [None] + [char_to_ix[ch] for ch in examples[index]]
        Y = X[1:] + [char_to_ix["\\n"]]
        curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters)
        loss = smooth(loss, curr_loss)
        if j % 2000 == 0:
            print('Iteration: %d, Loss: %f' % (j, loss) + '\\n')
            seed = 0
            for name in range(dino_names):
                sampled_indices = sample(parameters, char_to_ix, seed)
                print_sample(sampled_indices, ix_to_char)
                seed += 1
            print('\\n')
    return parameters
"""

HEAD = """import numpy as np
from utils import *
import random

data = open('dinos.txt', 'r').read()
data = data.lower()
chars = list(set(data))
"""


def earlier(**replaced):
    """A right file of the edition until 2020."""
    own = {"clip": CLIP.strip(), "optimize": OPTIMIZE.strip(), "model": MODEL.strip()}
    functions = right_file(**(own | replaced))
    return HEAD + functions + "\n\n\nparameters = model(data, ix_to_char, char_to_ix)\n"


def edition_of(text):
    return recognised(Submission([source.parsed("", text)]))


def graded(tmp_path, text, *, name="learner.py", edition=None, exercises=SHORT):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return grade(path, GradingSettings(1, edition=edition), exercises)


@pytest.mark.parametrize("form", ["py", "ipynb"])
def test_a_right_file_of_either_edition_gets_all_points(tmp_path, form):
    for text, title in ((earlier(), "until 2020"), (right_file(), "since 2021")):
        written = as_notebook(text) if form == "ipynb" else text
        report = graded(tmp_path, written, name=f"learner.{form}")
        assert report.passed and report.points == 100, report
        assert title in report.edition and report.remarks == ()


def test_the_long_runs_of_the_earlier_edition_pass_too(tmp_path, course_data):
    course_data("course")
    model.published.cache_clear()
    assert graded(tmp_path, earlier(), exercises=EXERCISES[3:]).passed


@pytest.mark.parametrize(
    "opening",
    [
        'open("dinos.txt", "r")',
        'open("../data/dinos.txt", encoding="utf-8")',
        'open("C:\\\\\\\\course\\\\\\\\dinos.txt")',
        'open("/content/Dinos.txt")',
    ],
)
def test_the_names_are_found_wherever_the_file_was(tmp_path, opening):
    text = earlier(model=MODEL.strip().replace('open("dinos.txt")', opening))
    assert graded(tmp_path, text, exercises=SHORT[3:]).passed


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("X = [None] + [", "X = [0] + [", "zero for None"),
        ("curr_loss, gradients, a_prev =", "curr_loss, gradients, _ =", "state not carried"),
        ("np.random.shuffle(examples)", "pass", "no shuffle"),
        ("index = j % len(examples)", "index = j", "index not wrapped"),
        ("loss = smooth(loss, curr_loss)", "loss = curr_loss", "loss not smoothed"),
        ("range(dino_names)", "range(7)", "seven names"),
    ],
)
def test_mistakes_of_the_earlier_edition_are_named(tmp_path, old, new, mistake):
    report = graded(tmp_path, earlier(model=MODEL.strip().replace(old, new)), exercises=SHORT[3:])
    assert mistake in report.results[0].mistakes and report.points < 25


def test_clipping_in_place_is_right_in_one_edition_and_one_fault_in_the_other(tmp_path):
    assert graded(tmp_path, earlier(), exercises=SHORT[:1]).points == 25
    result = graded(tmp_path, earlier(), edition=SINCE_2021, exercises=SHORT[:1]).results[0]
    assert not result.passed and "One of these" not in result.diagnosis and "changed" in result.diagnosis


def test_the_edition_is_what_the_file_looks_like_or_what_is_said():
    assert edition_of(earlier()).name == UNTIL_2020 and edition_of(right_file()).name == SINCE_2021
    assert edition_of("def clip(g, m): pass").name == SINCE_2021
    assert edition_of("from utils import print_sample\nprint_sample([1], {})").name == UNTIL_2020
    said = recognised(Submission([source.parsed("", right_file())]), UNTIL_2020)
    assert said.name == UNTIL_2020 and "takes data_x" in said.mixes


def test_a_file_that_mixes_them_is_told_so_and_loses_nothing(tmp_path):
    mixed = MODEL.strip().replace("vocab_size=27)", "vocab_size=27, verbose=False)")
    mixed = mixed.replace("return parameters", 'return parameters, "abc"')
    report = graded(tmp_path, earlier(model=mixed))
    assert report.points == 100 and "until 2020" in report.edition
    assert "takes verbose and returns the last name too" in report.remarks[0]
