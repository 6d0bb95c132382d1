"""``model``, held to the table that the course publishes."""

import json

import numpy as np
import pytest

from charlm.run.corpora import bundled
from dino.exercises import initialize_parameters, model, rnn_forward

LETTERS = "\nabcdefghijklmnopqrstuvwxyz"
CHAR_TO_IX = {character: index for index, character in enumerate(LETTERS)}
IX_TO_CHAR = dict(enumerate(LETTERS))


@pytest.fixture(scope="module")
def table():
    return json.loads(bundled("data/course_run.json").read_text(encoding="utf-8"))["table"]


@pytest.fixture
def course_names(course_data):
    """The names as the course's notebook reads them."""
    return course_data("course").read_text(encoding="utf-8").lower().split("\n")


def printed(row):
    return f"Iteration: {row['iteration']}, Loss: {row['loss']}\n\n" + "".join(
        f"{line}\n" for line in [*row["names"], "\n"]
    )


def test_the_published_table_is_whole(table):
    assert [row["iteration"] for row in table] == list(range(0, 22_001, 2_000))
    assert {len(row["names"]) for row in table} == {7}


def test_the_first_2001_iterations_print_the_published_lines(course_names, table, capsys):
    names = course_names.copy()
    parameters, last_dino_name = model(names, IX_TO_CHAR, CHAR_TO_IX, num_iterations=2001)
    assert capsys.readouterr().out == printed(table[0]) + printed(table[1])
    assert last_dino_name == table[1]["names"][-1] + "\n"
    assert names == course_names
    assert {name: array.shape for name, array in parameters.items()} == {
        "Wax": (50, 27),
        "Waa": (50, 50),
        "Wya": (27, 50),
        "b": (50, 1),
        "by": (27, 1),
    }


def test_verbose_shows_the_first_example_and_no_more_until_the_last(course_names, table, capsys):
    model(course_names, IX_TO_CHAR, CHAR_TO_IX, num_iterations=1500, verbose=True)
    letters = list("turiasaurus")
    indices = [CHAR_TO_IX[letter] for letter in letters]
    assert capsys.readouterr().out == (
        "j =  0 idx =  0\n"
        "single_example = turiasaurus\n"
        f"single_example_chars {letters}\n"
        f"single_example_ix {indices}\n"
        f" X =  {[None, *indices]} \n Y =  {[*indices, 0]} \n\n"
    ) + printed(table[0])


def test_verbose_shows_the_last_name_and_the_first_again(capsys):
    model(["ab", "b", "a"], IX_TO_CHAR, CHAR_TO_IX, num_iterations=7, n_a=3, dino_names=0, verbose=True)
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("j = ")]
    assert shown == ["j =  0 idx =  0", "j =  2 idx =  2", "j =  3 idx =  0"]


def test_names_are_stripped_in_a_list_of_its_own():
    plain, padded = ["ab", "b", "a"], [" ab", "b\t ", "a\n"]
    before = padded.copy()
    trained = [
        model(names, IX_TO_CHAR, CHAR_TO_IX, num_iterations=9, n_a=3, dino_names=0)[0]
        for names in (plain, padded)
    ]
    assert padded == before
    assert {k: v.tolist() for k, v in trained[0].items()} == {k: v.tolist() for k, v in trained[1].items()}


@pytest.mark.parametrize("arguments", [{"num_iterations": 0}, {"num_iterations": 1, "dino_names": 0}])
def test_before_any_sample_the_last_name_is_abc(arguments):
    assert model(["rex"], IX_TO_CHAR, CHAR_TO_IX, **arguments)[1] == "abc"


def test_without_iterations_the_parameters_are_those_drawn_first(capsys):
    parameters, _ = model(["rex"], IX_TO_CHAR, CHAR_TO_IX, num_iterations=0, n_a=4)
    assert capsys.readouterr().out == ""
    assert {k: v.tolist() for k, v in parameters.items()} == {
        k: v.tolist() for k, v in initialize_parameters(4, 27, 27).items()
    }


def test_names_are_sampled_with_the_seeds_0_1_2(table, capsys):
    model(["rex"], IX_TO_CHAR, CHAR_TO_IX, num_iterations=1, n_a=50, dino_names=3)
    rex = [CHAR_TO_IX[letter] for letter in "rex"]
    first, _ = rnn_forward([None, *rex], [*rex, 0], np.zeros((50, 1)), initialize_parameters(50, 27, 27))
    loss = f"{0.999 * 3 * np.log(27) + 0.001 * first:f}"
    names = table[0]["names"][:3]  # one step changes too little to draw other letters
    assert capsys.readouterr().out == printed({"iteration": 0, "loss": loss, "names": names})
