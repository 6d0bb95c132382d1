"""Every known mistake fails in its own exercise and in no other, and is named."""

import pytest

from dino.grading.grading import EXERCISES
from dino.grading.mistakes import known

from .conftest import GRADED, SHORT, TEXTBOOK, right_file

MISTAKES = [mistake for name in GRADED for mistake in known(name)]
NEEDS_LONG_RUNS = {"seeds go on", "report every 1,000"}

ALIKE = [
    {"argument changed", "argument's dictionary changed"},
    {"labels not shifted", "X and Y exchanged"},
    {"name never kept", "nothing sampled"},
    {"no newline label", "newline in X too"},
    {"seed not set for the shuffle", "shuffled before the seed"},
    {"no update", "update of a copy"},
    {"choices from the dictionary's values", "position for index"},
    {"report at the end of each 2,000", "no report at 0"},
]
"""Mistakes that do the same in every way that can be seen, or in every short run."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "mistake", MISTAKES, ids=[f"{mistake.exercise}-{mistake.name}" for mistake in MISTAKES]
)
def test_a_known_mistake_fails_where_it_is_and_is_named(grade_source, mistake):
    exercises = EXERCISES if mistake.name in NEEDS_LONG_RUNS else SHORT
    # Its own exercise, and those above that could call it; no exercise calls one above.
    exercises = exercises[GRADED.index(mistake.exercise) :]
    timeout = 3.0 if "EndlessLoop" in mistake.source else 60.0
    source = right_file(**{mistake.exercise: mistake.source.replace("raise EndlessLoop", "count = 0")})
    results = grade_source(source, exercises=exercises, timeout=timeout)
    for name, result in results.items():
        assert result.passed == (name != mistake.exercise), result
    failed = results[mistake.exercise]
    assert failed.points < failed.max_points
    assert failed.first_difference and failed.hint == next(
        known_one.hint for known_one in known(mistake.exercise) if known_one.name == failed.mistakes[0]
    )
    alike = next((group for group in ALIKE if mistake.name in group), {mistake.name})
    assert mistake.name in failed.mistakes and set(failed.mistakes) <= alike
    assert mistake.diagnosis in failed.diagnosis


def test_there_are_at_least_forty_with_a_line_and_a_hint_each():
    assert len(MISTAKES) >= 40
    for mistake in MISTAKES:
        for words in (mistake.diagnosis, mistake.hint):
            assert "\n" not in words and words[-1] in ".?…"
    names = [(mistake.exercise, mistake.name) for mistake in MISTAKES]
    assert len(set(names)) == len(names)


# The same mistakes by another hand: edits of the textbook solution, which shares no line with ours.
BY_ANOTHER_HAND = [
    ("clip", "copied[copied < -maxValue] = -maxValue", "pass", "upper bound only"),
    ("clip", "copied = np.array(gradients[name])", "copied = gradients[name]", "argument changed"),
    ("clip", "result[name] = copied", "result[name] = gradients[name]", "result not stored"),
    ("sample", "np.random.seed(seed + len(name) + len(name))", "np.random.seed(seed)", "seed not advanced"),
    ("sample", "np.random.seed(seed + len(name) + len(name))", "", "seed not set"),
    ("sample", "p=chances[:, 0])", "p=chances)", "two-dimensional p"),
    (
        "sample",
        "np.arange(size), p=",
        "list(char_to_ix.values()), p=",
        "choices from the dictionary's values",
    ),
    (
        "sample",
        "np.random.choice(np.arange(size), p=chances[:, 0])",
        "chances.argmax()",
        "the likeliest letter",
    ),
    (
        "sample",
        '+ parameters["b"]\n        )\n        chances',
        "\n        )\n        chances",
        "b forgotten",
    ),
    ("sample", "len(name) == 50:", "len(name) > 50:", "closing newline missing"),
    ("sample", "name.append(letter)", "name = name.append(letter)", "append's result kept"),
    ("sample", "!= 50:", "!= 51:", "limit of 51 without newline"),
    ("optimize", "gradients = clip(gradients, 5)", "clip(gradients, 5)", "no clipping"),
    ("optimize", "gradients = clip(gradients, 5)", "gradients = clip(gradients, 10)", "clipped at 10"),
    ("optimize", "parameters[key] -= learning_rate", "parameters[key] += learning_rate", "uphill"),
    ("optimize", "states[len(X) - 1]", "states[-1]", "state before"),
    (
        "optimize",
        'parameters[key] -= learning_rate * gradients["d" + key]',
        'parameters = {**parameters, key: parameters[key] - learning_rate * gradients["d" + key]}',
        "update of a copy",
    ),
    ("model", "X = [None] + [", "X = [0] + [", "zero for None"),
    ("model", "now, _, state =", "now, _, _ =", "state not carried"),
    ("model", "np.random.shuffle(names)", "", "no shuffle"),
    ("model", "place = 0 if place + 1 == len(names) else place + 1", "place += 1", "index not wrapped"),
    ("model", "optimize(X, Y, state, parameters)", "optimize(X, Y, state, parameters, 0.1)", "rate 0.1"),
    ("model", "line.strip()", "line", "not stripped"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new", "mistake"), BY_ANOTHER_HAND)
def test_a_mistake_by_another_hand_is_named(grade_source, name, old, new, mistake):
    source = TEXTBOOK.read_text(encoding="utf-8")
    assert source.count(old) == 1 or name == "model"
    results = grade_source(source.replace(old, new))
    assert [result.name for result in results.values() if not result.passed] == [name]
    assert mistake in results[name].mistakes


@pytest.mark.slow
def test_four_mistakes_in_one_file_are_told_apart(grade_source):
    chosen = {mistake.exercise: mistake for mistake in MISTAKES[::-1]}
    results = grade_source(right_file(**{name: mistake.source for name, mistake in chosen.items()}))
    assert {name: result.mistakes for name, result in results.items()} == {
        name: (mistake.name,) for name, mistake in chosen.items()
    }


# -- what no variant of a right solution shows: names, signatures and prints


def changed(name, old, new):
    """A right file with one edit in one function."""
    source = right_file()
    start = source.index(f"def {name}(")
    function = source[start:] + "\n\n\n"
    end = function.find("\n\n\n")
    assert old in function[:end]
    return source[:start] + function[:end].replace(old, new) + function[end:]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("clip", "(gradients, maxValue)", "(gradients)"),
        ("clip", "(gradients, maxValue)", "(maxValue, gradients)"),
        ("sample", "char_to_ix, seed)", "char_to_ix, seed, size)"),
        ("sample", "char_to_ix, seed)", "char_to_ix)"),
        ("optimize", "learning_rate=0.01)", "learning_rate)"),
        ("optimize", "learning_rate", "lr"),
        ("optimize", "learning_rate=0.01)", "learning_rate=0.05)"),
        ("model", "data_x, ix_to_char, char_to_ix,", "ix_to_char, char_to_ix, data_x,"),
        ("model", "n_a=50, dino_names=7", "dino_names=7, n_a=50"),
        ("model", "num_iterations=35000", "num_iterations=100"),
    ],
)
def test_a_changed_signature_is_named(grade_source, name, old, new):
    results = grade_source(changed(name, old, new))
    assert [result.name for result in results.values() if not result.passed] == [name]
    assert "signature is changed" in results[name].diagnosis


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new", "used", "made"),
    [
        ("clip", "maxValue, maxValue)", "maxValue, mValue)", "mValue", "mValue = 10"),
        ("sample", "range(size)", "range(vocab_size)", "vocab_size", "vocab_size = 27"),
        ("sample", "range(size)", "range(vocab_size)", "vocab_size", "vocab_size = len(open('f').read())"),
        ("optimize", "gradients, learning_rate)", "gradients, lr)", "lr", "lr = 0.01"),
        ("model", "np.zeros((n_a, 1))", "np.zeros((hidden, 1))", "hidden", "hidden = 50"),
        ("model", "for name in data_x", "for name in data.split()", "data", "data = open('f').read()"),
    ],
)
def test_a_global_in_a_graded_function_is_named(grade_source, name, old, new, used, made):
    results = grade_source(f"{made}\n{changed(name, old, new)}")
    assert [result.name for result in results.values() if not result.passed] == [name]
    assert f"the global name {used}" in results[name].diagnosis


def test_extra_prints_are_allowed_and_noted(grade_source):
    source = right_file().replace("loss, cache =", "print('forward')\n    loss, cache =")
    source = source.replace("letters = [", "print('name', j)\n        letters = [")
    results = grade_source(source)
    assert all(result.passed for result in results.values())
    assert any("prints" in note for note in results["optimize"].notes)


def test_a_mistake_that_nobody_knows_is_told_by_its_property(grade_source):
    source = changed("clip", "return clipped", "return {key: value * 1.5 for key, value in clipped.items()}")
    result = grade_source(source)["clip"]
    assert result.mistakes == () and "the clipped values" in result.diagnosis and result.hint


def test_what_is_right_by_itself_is_worth_points(grade_source):
    results = grade_source(changed("optimize", "return (loss,", "return (loss / 2,"))
    assert results["optimize"].points == pytest.approx(25 * 0.85)
    nothing = grade_source(changed("clip", "return clipped", "return None"))
    assert nothing["clip"].points == 0
