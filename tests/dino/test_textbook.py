"""Our functions agree with the textbook's, which are written in another way (see conftest.py)."""

import numpy as np
import pytest

from dino.exercises import model, optimize, rnn_backward, rnn_forward, sample, softmax

SEQUENCES = [
    ([None, 1, 2, 3], [1, 2, 3, 0]),
    ([3, 1, 2], [1, 2, 0]),
    ([None, 4, 4, 4, 4], [4, 4, 4, 4, 0]),
    ([None], [0]),
    ([None, *[5, 1] * 12], [*[5, 1] * 12, 0]),
]


@pytest.fixture(params=[0.01, 1.0], ids=["small weights", "large weights"])
def parameters(request):
    random = np.random.default_rng(4)
    shapes = {"Wax": (9, 6), "Waa": (9, 9), "Wya": (6, 9), "b": (9, 1), "by": (6, 1)}
    return {name: request.param * random.normal(size=shape) for name, shape in shapes.items()}


@pytest.fixture
def a_prev():
    return np.random.default_rng(5).uniform(-1, 1, (9, 1))


def assert_same(ours, theirs):
    """Equal keys and shapes; values to a relative 1e-12 of each array's size."""
    assert set(ours) == set(theirs)
    for key, array in theirs.items():
        assert ours[key].shape == array.shape
        np.testing.assert_allclose(ours[key], array, rtol=1e-12, atol=1e-12 * np.abs(array).max())


@pytest.mark.parametrize(("X", "Y"), SEQUENCES)
def test_forward_and_backward_agree(textbook, parameters, a_prev, X, Y):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    expected_loss, expected_cache = textbook.rnn_forward(X, Y, a_prev, parameters)
    assert loss == pytest.approx(expected_loss, rel=1e-12, abs=0)
    for ours, theirs in zip(cache, expected_cache, strict=True):
        assert_same(ours, theirs)

    gradients, a = rnn_backward(X, Y, parameters, cache)
    expected_gradients, expected_a = textbook.rnn_backward(X, Y, parameters, expected_cache)
    assert_same(gradients, expected_gradients)
    assert_same(a, expected_a)


@pytest.mark.parametrize(("X", "Y"), SEQUENCES)
def test_a_learner_s_forward_and_our_backward_go_together(textbook, parameters, a_prev, X, Y):
    _, cache = textbook.rnn_forward(X, Y, a_prev, parameters)
    gradients, _ = rnn_backward(X, Y, parameters, cache)
    expected, _ = textbook.rnn_backward(X, Y, parameters, rnn_forward(X, Y, a_prev, parameters)[1])
    assert_same(gradients, expected)


def test_ten_steps_of_training_agree(textbook, parameters, a_prev):
    theirs = {name: array.copy() for name, array in parameters.items()}
    state = expected_state = a_prev
    for X, Y in SEQUENCES * 2:
        loss, gradients, state = optimize(X, Y, state, parameters, 0.05)
        expected_loss, expected, expected_state = textbook.optimize(X, Y, expected_state, theirs, 0.05)
        assert loss == pytest.approx(expected_loss, rel=1e-12, abs=0)
    assert_same({"state": state}, {"state": expected_state})
    assert_same(parameters, theirs)
    assert_same(gradients, expected)


def test_softmax_agrees(textbook):
    scores = np.random.default_rng(6).normal(scale=20, size=(6, 1))
    np.testing.assert_allclose(softmax(scores), textbook.softmax(scores), rtol=1e-14, atol=0)


@pytest.mark.parametrize("newline", [0, 3])
def test_every_draw_is_the_one_of_the_global_generator_seeded_anew(textbook, parameters, newline):
    characters = [*"abcde"]
    characters.insert(newline, "\n")
    char_to_ix = {character: index for index, character in enumerate(characters)}
    for seed in range(200):
        assert sample(parameters, char_to_ix, seed) == textbook.sample(parameters, newline, seed)


def test_the_model_is_the_textbook_s_training_loop(textbook):
    names, letters = ["ab", "bab", "a"], "\nab"
    char_to_ix = {character: index for index, character in enumerate(letters)}
    trained, _ = model(names, dict(enumerate(letters)), char_to_ix, num_iterations=40, n_a=4, vocab_size=3)

    random = np.random.RandomState(1)
    expected = {
        n: random.randn(*shape) * 0.01 for n, shape in (("Wax", (4, 3)), ("Waa", (4, 4)), ("Wya", (3, 4)))
    }
    expected |= {"b": np.zeros((4, 1)), "by": np.zeros((3, 1))}
    shuffled, state = list(names), np.zeros((4, 1))
    np.random.RandomState(0).shuffle(shuffled)
    for iteration in range(40):
        ids = [char_to_ix[character] for character in shuffled[iteration % 3]]
        _, _, state = textbook.optimize([None, *ids], [*ids, 0], state, expected, 0.01)
    assert_same(trained, expected)
