"""The course's functions, held to its published values and to its contract."""

import inspect
import math

import numpy as np
import pytest

from dino import exercises
from dino.exercises import (
    clip,
    get_initial_loss,
    get_sample,
    initialize_parameters,
    optimize,
    rnn_backward,
    rnn_forward,
    sample,
    smooth,
    softmax,
    update_parameters,
)

LETTERS = "\nabcdefghijklmnopqrstuvwxyz"
CHAR_TO_IX = {character: index for index, character in enumerate(LETTERS)}
IX_TO_CHAR = dict(enumerate(LETTERS))

SIGNATURES = {
    "softmax": "(x)",
    "smooth": "(loss, cur_loss)",
    "print_sample": "(sample_ix, ix_to_char)",
    "rnn_step_forward": "(parameters, a_prev, x)",
    "rnn_step_backward": "(dy, gradients, parameters, x, a, a_prev)",
    "get_initial_loss": "(vocab_size, seq_length)",
    "get_sample": "(sample_ix, ix_to_char)",
    "initialize_parameters": "(n_a, n_x, n_y)",
    "rnn_forward": "(X, Y, a_prev, parameters)",
    "rnn_backward": "(X, Y, parameters, cache)",
    "update_parameters": "(parameters, gradients, learning_rate)",
    "clip": "(gradients, maxValue)",
    "sample": "(parameters, char_to_ix, seed)",
    "optimize": "(X, Y, a_prev, parameters, learning_rate=0.01)",
    "model": (
        "(data_x, ix_to_char, char_to_ix, num_iterations=35000, n_a=50, dino_names=7, vocab_size=27, "
        "verbose=False)"
    ),
}


def drawn(n_a):
    """Wax, Waa, Wya, b and by in this order, from NumPy's global generator as it stands."""
    shapes = {"Wax": (n_a, 27), "Waa": (n_a, n_a), "Wya": (27, n_a), "b": (n_a, 1), "by": (27, 1)}
    return {name: np.random.randn(*shape) for name, shape in shapes.items()}


def exactly(value):
    return pytest.approx(value, rel=1e-12, abs=0)


def test_everything_that_the_notebook_needs_is_there_and_nothing_else():
    assert set(exercises.__all__) == set(SIGNATURES)


@pytest.mark.parametrize("name", SIGNATURES)
def test_names_order_and_defaults_of_arguments_are_the_course_s(name):
    signature = inspect.signature(getattr(exercises, name))
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()
    ]
    assert str(inspect.Signature(bare)) == SIGNATURES[name]


@pytest.mark.parametrize(
    ("bound", "dWaa_1_2", "dWax_3_1", "db_4", "dby_1"),
    [(10, 10.0, -10.0, "[10.]", "[8.45833407]"), (5, 5.0, -5.0, "[5.]", "[5.]")],
)
def test_published_values_of_clip(bound, dWaa_1_2, dWax_3_1, db_4, dby_1):
    np.random.seed(3)
    shapes = {"dWax": (5, 3), "dWaa": (5, 5), "dWya": (2, 5), "db": (5, 1), "dby": (2, 1)}
    gradients = {name: np.random.randn(*shape) * 10 for name, shape in shapes.items()}
    before = {name: gradient.copy() for name, gradient in gradients.items()}
    clipped = clip(gradients, bound)
    assert clipped["dWaa"][1][2] == dWaa_1_2
    assert clipped["dWax"][3][1] == dWax_3_1
    assert clipped["dWya"][1][2] == exactly(0.2971381536101662)
    assert str(clipped["db"][4]) == db_4
    assert str(clipped["dby"][1]) == dby_1
    for name, gradient in gradients.items():
        assert gradient.tolist() == before[name].tolist()
        assert clipped[name].shape == gradient.shape
        assert not np.shares_memory(clipped[name], gradient)


def test_published_values_of_sample():
    np.random.seed(24)
    assert sample(drawn(100), CHAR_TO_IX, 0) == [
        *(23, 16, 26, 26, 24, 3, 21, 1, 7, 24, 15, 3, 25, 20, 6, 13, 10, 8, 20, 12, 2, 0)
    ]


def test_published_values_of_optimize():
    np.random.seed(1)
    a_prev = np.random.randn(100, 1)
    parameters = drawn(100)
    loss, gradients, a_last = optimize(
        [12, 3, 5, 11, 22, 3], [4, 14, 11, 22, 25, 26], a_prev, parameters, learning_rate=0.01
    )
    assert loss == exactly(126.50397572165389)
    assert gradients["dWaa"][1][2] == exactly(0.19470931534713587)
    assert np.argmax(gradients["dWax"]) == 93
    assert gradients["dWya"][1][2] == exactly(-0.007773876032002162)
    assert str(gradients["db"][4]) == "[-0.06809825]"
    assert str(gradients["dby"][1]) == "[0.01538192]"
    assert str(a_last[4]) == "[-1.]"
    assert a_last.shape == (100, 1)
    for name, array in parameters.items():
        assert gradients[f"d{name}"].shape == array.shape


def test_optimize_returns_the_clipped_gradients_and_updates_in_place_by_them():
    np.random.seed(2)
    a_prev, parameters = np.zeros((100, 1)), drawn(100)
    before = {name: array.copy() for name, array in parameters.items()}
    arrays = dict(parameters)
    _, gradients, _ = optimize([None, 3, 3], [3, 3, 0], a_prev, parameters, 0.5)
    _, raw_cache = rnn_forward([None, 3, 3], [3, 3, 0], a_prev, before)
    raw, _ = rnn_backward([None, 3, 3], [3, 3, 0], before, raw_cache)
    assert max(np.abs(gradient).max() for gradient in raw.values()) > 5
    for name, array in parameters.items():
        assert array is arrays[name]
        assert gradients[f"d{name}"].tolist() == np.clip(raw[f"d{name}"], -5, 5).tolist()
        assert array.tolist() == (before[name] - 0.5 * gradients[f"d{name}"]).tolist()


def test_the_columns_of_softmax_sum_to_1_and_do_not_overflow():
    scores = np.array([[1000.0, 0.0, -1000.0], [1000.0, math.log(3), 0.0]])
    expected = [[0.5, 0.25, 0.0], [0.5, 0.75, 1.0]]
    np.testing.assert_allclose(softmax(scores), expected, rtol=1e-15, atol=0)
    assert softmax(scores[:, :1]).shape == (2, 1)
    np.testing.assert_allclose(softmax(scores[:, 1]), [0.25, 0.75], rtol=1e-15, atol=0)


def test_smooth_takes_a_thousandth_of_the_current_loss():
    assert smooth(20.0, 30.0) == exactly(0.999 * 20 + 0.001 * 30)
    assert smooth(0.0, 1.0) == exactly(0.001)


def test_the_initial_loss_is_that_of_equal_chances():
    assert get_initial_loss(27, 7) == exactly(-math.log(1 / 27) * 7)


@pytest.mark.parametrize(
    ("indices", "text"),
    [([20, 18, 5, 24, 0], "Trex\n"), ([1], "A"), ([0], "\n"), ([], ""), ([1, 0, 1], "A\na")],
)
def test_a_sample_is_the_text_with_a_capital_and_its_newline(indices, text):
    assert get_sample(indices, IX_TO_CHAR) == text


def test_parameters_are_drawn_after_seed_1_in_the_order_wax_waa_wya():
    np.random.seed(99)
    parameters = initialize_parameters(4, 3, 2)
    random = np.random.RandomState(1)
    for name, shape in (("Wax", (4, 3)), ("Waa", (4, 4)), ("Wya", (2, 4))):
        assert parameters[name].tolist() == (random.randn(*shape) * 0.01).tolist()
    assert parameters["b"].tolist() == [[0.0]] * 4
    assert parameters["by"].tolist() == [[0.0]] * 2


def test_an_update_is_made_in_place_and_returned():
    parameters = initialize_parameters(4, 3, 3)
    arrays = dict(parameters)
    before = {name: array.copy() for name, array in parameters.items()}
    gradients = {f"d{name}": np.full_like(array, 2) for name, array in parameters.items()}
    assert update_parameters(parameters, gradients, 0.1) is parameters
    for name, array in parameters.items():
        assert array is arrays[name]
        np.testing.assert_allclose(array, before[name] - 0.2, rtol=1e-15, atol=1e-16)


def all_arrays(*results):
    """Every array in nested dictionaries and tuples."""
    for result in results:
        if isinstance(result, dict):
            yield from all_arrays(*result.values())
        elif isinstance(result, tuple):
            yield from all_arrays(*result)
        elif isinstance(result, np.ndarray):
            yield result


def test_two_calls_share_no_arrays_with_each_other_or_with_what_they_were_given():
    np.random.seed(5)
    parameters, a_prev = drawn(6), np.random.randn(6, 1)
    call = ([None, 3, 3], [3, 3, 0])
    caches = [rnn_forward(*call, a_prev, parameters)[1] for _ in range(2)]
    gradients = [rnn_backward(*call, parameters, cache)[0] for cache in caches]
    optimized = [optimize(*call, a_prev, {k: v.copy() for k, v in parameters.items()}) for _ in range(2)]
    arrays = list(all_arrays(parameters, a_prev, *caches, *gradients, *optimized))
    assert len(arrays) > 40
    for index, array in enumerate(arrays):
        assert not any(np.shares_memory(array, other) for other in arrays[:index])


def test_the_backward_pass_leaves_the_cache_as_it_was():
    np.random.seed(5)
    parameters, a_prev = drawn(6), np.random.randn(6, 1)
    _, cache = rnn_forward([None, 3], [3, 0], a_prev, parameters)
    before = [array.copy() for array in all_arrays(cache)]
    first, a = rnn_backward([None, 3], [3, 0], parameters, cache)
    second, _ = rnn_backward([None, 3], [3, 0], parameters, cache)
    assert [array.tolist() for array in all_arrays(cache)] == [array.tolist() for array in before]
    assert {k: v.tolist() for k, v in first.items()} == {k: v.tolist() for k, v in second.items()}
    assert {time: state.shape for time, state in a.items()} == {-1: (6, 1), 0: (6, 1), 1: (6, 1)}


def biased(towards):
    """A network that says the character of largest bias, whatever it has read."""
    parameters = {name: np.zeros_like(array) for name, array in initialize_parameters(3, 27, 27).items()}
    for index, bias in towards.items():
        parameters["by"][index] = bias
    return parameters


@pytest.mark.parametrize("seed", [0, 7])
def test_a_name_that_never_ends_has_50_characters_and_a_newline(seed):
    indices = sample(biased({0: -1e9}), CHAR_TO_IX, seed)
    assert len(indices) == 51
    assert 0 not in indices[:50]
    assert indices[50] == 0


def test_a_newline_is_appended_even_if_the_50th_character_is_one():
    # One draw in 50 is a newline, and each has a seed of its own: look for a name whose 50th is its first.
    chance, random, first_draws = 1 / 50, np.random.RandomState(), []
    for seed in range(2_000):
        random.seed(seed)
        first_draws.append(random.random_sample())
    newline = np.array(first_draws) < chance
    seed = next(
        seed for seed in range(1_900) if newline[seed + 98] and not newline[seed : seed + 98 : 2].any()
    )
    parameters = biased(dict.fromkeys(range(27), -1e9) | {0: math.log(chance), 1: math.log(1 - chance)})
    assert sample(parameters, CHAR_TO_IX, seed) == [1] * 49 + [0, 0]
    assert sample(parameters, CHAR_TO_IX, seed + 2) == [1] * 48 + [0]  # one draw sooner, one newline


def test_the_order_in_which_characters_were_put_into_the_dictionary_does_not_matter():
    np.random.seed(24)
    parameters = drawn(100)
    reversed_order = dict(reversed(CHAR_TO_IX.items()))
    assert [sample(parameters, reversed_order, seed) for seed in range(5)] == [
        sample(parameters, CHAR_TO_IX, seed) for seed in range(5)
    ]


def test_the_newline_may_have_any_index():
    moved = CHAR_TO_IX | {"\n": 26, "z": 0}
    indices = sample(biased({26: 1e9}), moved, 0)
    assert indices == [26]


def test_sampling_leaves_the_parameters_as_they_were():
    np.random.seed(24)
    parameters = drawn(10)
    before = {name: array.copy() for name, array in parameters.items()}
    sample(parameters, CHAR_TO_IX, 0)
    assert {k: v.tolist() for k, v in parameters.items()} == {k: v.tolist() for k, v in before.items()}
