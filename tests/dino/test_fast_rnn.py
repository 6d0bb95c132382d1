"""The network's mathematics, against central differences and against itself."""

import numpy as np
import pytest

from charlm.language_model import BLANK
from charlm.vocabulary import Vocabulary
from dino.fast_rnn import BackpropagationThroughTime, Parameters
from dino.rnn import LETTERS, DinoRNN

SEQUENCES = {
    "a blank, then characters": ([BLANK, 1, 2, 3], [1, 2, 3, 0]),
    "no blank": ([1, 2, 3], [2, 3, 0]),
    "repeated characters": ([BLANK, 1, 1, 4, 1, 4, 4], [1, 1, 4, 1, 4, 4, 0]),
    "one step": ([BLANK], [2]),
    "a blank in the midst": ([2, BLANK, 2, BLANK], [0, 2, 0, 2]),
}
HIDDEN, SIZE = 7, 5


@pytest.fixture
def parameters():
    random = np.random.default_rng(0)
    parameters = Parameters(HIDDEN, SIZE)
    parameters.flat[...] = random.normal(scale=0.7, size=parameters.flat.shape)
    return parameters


@pytest.fixture
def a_prev():
    return np.random.default_rng(1).uniform(-1, 1, HIDDEN)


def arrays(inputs, targets):
    return np.array(inputs, dtype=np.intp), np.array(targets, dtype=np.intp)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_gradients_agree_with_central_differences(parameters, a_prev, sequence, letter):
    inputs, targets = arrays(*sequence)
    network = BackpropagationThroughTime(parameters, len(inputs))
    network.forward(inputs, targets, a_prev)
    network.backward(inputs, targets)
    gradient = network.gradients.letters()[letter]

    weights, estimate, small = parameters.letters()[letter], np.empty_like(gradient), 1e-5
    for place in np.ndindex(weights.shape):
        weight = weights[place]
        losses = []
        for moved in (weight + small, weight - small):
            weights[place] = moved
            losses.append(network.forward(inputs, targets, a_prev))
        weights[place] = weight
        estimate[place] = (losses[0] - losses[1]) / (2 * small)
    difference = np.linalg.norm(gradient - estimate)
    scale = np.linalg.norm(gradient) + np.linalg.norm(estimate)
    # A sequence of blanks alone says nothing of the input weights, and both are exactly zero.
    assert difference <= 1e-6 * scale
    assert scale > 0 or (letter == "Wax" and set(inputs.tolist()) == {BLANK})


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_a_network_made_for_longer_sequences_gives_the_same(parameters, a_prev, sequence):
    inputs, targets = arrays(*sequence)
    exact, longer = (BackpropagationThroughTime(parameters, len(inputs) + more) for more in (0, 9))
    # What an earlier and longer sequence left behind must not show.
    longer.forward(*arrays([BLANK, *range(SIZE)], [*range(SIZE), 0]), a_prev)
    longer.backward(*arrays([BLANK, *range(SIZE)], [*range(SIZE), 0]))
    losses = []
    for network in (exact, longer):
        losses.append(network.forward(inputs, targets, a_prev))
        network.backward(inputs, targets)
    assert losses[0] == losses[1]
    assert exact.gradients.flat.tolist() == longer.gradients.flat.tolist()


def test_no_state_before_means_zeros(parameters):
    inputs, targets = arrays(*SEQUENCES["repeated characters"])
    network = BackpropagationThroughTime(parameters, len(inputs))
    assert network.forward(inputs, targets, None) == network.forward(inputs, targets, np.zeros(HIDDEN))


def test_the_loss_is_the_cost_that_the_language_model_gives(parameters):
    inputs, targets = arrays(*SEQUENCES["repeated characters"])
    loss = BackpropagationThroughTime(parameters, len(inputs)).forward(inputs, targets, None)
    model = DinoRNN(Vocabulary("abcde"), parameters.letters())
    state, expected = model.start(1), 0.0
    for target in targets:
        scores = model.logits(state)[0]
        expected += np.log(np.exp(scores).sum()) - scores[target]
        state = model.advance(state, np.array([target]))
    assert loss == pytest.approx(expected, rel=1e-13, abs=0)


@pytest.mark.parametrize("size", [1e-3, 1, 1e3])
def test_clipping_keeps_what_is_inside_and_bounds_the_rest(parameters, size):
    network = BackpropagationThroughTime(parameters, 1)
    gradients = network.gradients.flat
    gradients[...] = np.random.default_rng(2).normal(scale=size, size=gradients.shape)
    gradients[:4] = [5, -5, np.nextafter(5, 6), np.nextafter(-5, -6)]
    before = gradients.copy()
    network.clip(5)
    assert gradients.tolist() == np.clip(before, -5, 5).tolist()


@pytest.mark.parametrize(("value", "clipped"), [(np.nextafter(5, 6), 5), (-1e200, -5), (np.inf, 5), (5, 5)])
def test_a_single_gradient_outside_is_found(parameters, value, clipped):
    network = BackpropagationThroughTime(parameters, 1)
    network.gradients.flat[3] = value
    with np.errstate(over="ignore"):
        network.clip(5)
    assert network.gradients.flat[3] == clipped


def test_a_step_goes_down_the_gradient_and_leaves_the_blank_input_at_zero(parameters, a_prev):
    inputs, targets = arrays(*SEQUENCES["a blank in the midst"])
    network = BackpropagationThroughTime(parameters, len(inputs))
    loss = network.forward(inputs, targets, a_prev)
    network.backward(inputs, targets)
    before, gradient = parameters.flat.copy(), network.gradients.flat.copy()
    network.descend(0.001)
    assert parameters.flat.tolist() == (before - gradient * 0.001).tolist()
    assert not parameters.input[BLANK].any()
    assert network.forward(inputs, targets, a_prev) < loss


def test_the_course_arrays_go_in_and_come_out_the_same():
    random = np.random.default_rng(3)
    shapes = {
        "Wax": (HIDDEN, SIZE),
        "Waa": (HIDDEN, HIDDEN),
        "Wya": (SIZE, HIDDEN),
        "b": (HIDDEN, 1),
        "by": (SIZE, 1),
    }
    letters = {letter: random.normal(size=shape) for letter, shape in shapes.items()}
    parameters = Parameters.of(letters)
    assert set(parameters.letters()) == set(letters) == set(LETTERS)
    for letter, view in parameters.letters().items():
        assert view.shape == shapes[letter]
        assert view.tolist() == letters[letter].tolist()
        assert np.shares_memory(view, parameters.flat)
        assert not np.shares_memory(view, letters[letter])
    assert parameters.flat.size == sum(array.size for array in letters.values())


def test_weights_are_drawn_in_the_course_order_and_biases_are_zero():
    letters = Parameters.drawn(HIDDEN, SIZE, np.random.RandomState(1)).letters()
    random = np.random.RandomState(1)
    for letter, shape in (("Wax", (HIDDEN, SIZE)), ("Waa", (HIDDEN, HIDDEN)), ("Wya", (SIZE, HIDDEN))):
        assert letters[letter].tolist() == (random.randn(*shape) * 0.01).tolist()
    assert not letters["b"].any()
    assert not letters["by"].any()


@pytest.fixture
def model(parameters):
    return DinoRNN(Vocabulary("abcde"), parameters.letters())


def test_the_language_model_has_the_hidden_states_of_the_forward_pass(model, parameters):
    inputs, targets = arrays([BLANK, 1, 1, 4, 0, 2], [1, 1, 4, 0, 2, 0])
    network = BackpropagationThroughTime(parameters, len(inputs))
    network.forward(inputs, targets, None)
    state = model.start(1)
    for time, character in enumerate([*inputs[1:], 0]):
        np.testing.assert_allclose(state[0], network.hidden[time + 1], rtol=1e-13, atol=1e-15)
        scores = model.logits(state)[0]
        np.testing.assert_allclose(
            np.exp(scores) / np.exp(scores).sum(), network.probabilities[time], rtol=1e-12, atol=0
        )
        state = model.advance(state, np.array([character]))


def test_a_batch_is_every_row_by_itself(model):
    texts = np.array([[1, 2, 3], [4, 4, 4], [0, 1, 0], [3, 2, 1]])
    batch, rows = model.start(4), [model.start(1) for _ in texts]
    for column in texts.T:
        batch = model.advance(batch, column)
        rows = [
            model.advance(row, np.array([character])) for row, character in zip(rows, column, strict=True)
        ]
        np.testing.assert_allclose(batch, np.vstack(rows), rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(
            model.logits(batch), np.vstack([model.logits(row) for row in rows]), rtol=1e-12, atol=1e-14
        )


def test_reading_on_leaves_the_state_before_as_it_was(model):
    state = model.start(2)
    before = state.copy()
    after = model.advance(state, np.array([1, 2]))
    model.logits(after)
    assert state.tolist() == before.tolist()
    assert not np.shares_memory(state, after)
    assert not np.shares_memory(model.start(1), model.start(1))


def test_the_model_has_weights_of_its_own(model, parameters):
    before = model.logits(model.start(1))
    parameters.flat += 1
    assert model.logits(model.start(1)).tolist() == before.tolist()
