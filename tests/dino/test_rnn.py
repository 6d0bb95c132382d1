"""The equations: against central differences, and what training runs against them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.language_model import BLANK
from dino.fast_rnn import BackpropagationThroughTime, Parameters
from dino.rnn import LETTERS, backward, forward


def drawn(seed, n_a, n_y, scale=0.7):
    random = np.random.default_rng(seed)
    shapes = {"Wax": (n_a, n_y), "Waa": (n_a, n_a), "Wya": (n_y, n_a), "b": (n_a, 1), "by": (n_y, 1)}
    parameters = {letter: random.normal(scale=scale, size=shape) for letter, shape in shapes.items()}
    return parameters, random.uniform(-1, 1, n_a)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("X", [[BLANK, 1, 2, 3], [1, 1, 4, 1, 4, 4], [BLANK], [2, BLANK, 2, BLANK]])
def test_the_derivatives_are_those_of_central_differences(X, letter):
    parameters, a_prev = drawn(0, 7, 5)
    X, Y, small = np.array(X), np.roll(X, -1) % 5, 1e-5
    _, cache = forward(X, Y, a_prev, parameters)
    gradient = backward(Y, parameters, cache)[letter]
    weights, estimate = parameters[letter], np.empty_like(gradient)
    for place in np.ndindex(weights.shape):
        weight, losses = weights[place], []
        for moved in (weight + small, weight - small):
            weights[place] = moved
            losses.append(forward(X, Y, a_prev, parameters)[0])
        weights[place] = weight
        estimate[place] = (losses[0] - losses[1]) / (2 * small)
    assert np.linalg.norm(gradient - estimate) <= 1e-6 * (np.linalg.norm(gradient) + np.linalg.norm(estimate))
    assert gradient.any() or (letter == "Wax" and set(X.tolist()) == {BLANK})


@given(
    seed=st.integers(0, 2**32 - 1),
    n_a=st.integers(1, 20),
    n_y=st.integers(2, 30),
    places=st.lists(st.integers(-1, 29), min_size=1, max_size=30),
    scale=st.sampled_from([0.01, 0.3, 1.0]),
)
def test_the_buffers_give_the_same_as_the_equations(seed, n_a, n_y, places, scale):
    letters, a_prev = drawn(seed, n_a, n_y, scale)
    X = np.array([place if place < 0 else place % n_y for place in places])
    Y = np.roll(X, -1) % n_y
    loss, cache = forward(X, Y, a_prev, letters)
    gradients = backward(Y, letters, cache)

    network = BackpropagationThroughTime(Parameters.of(letters), len(X))
    assert network.forward(X, Y, a_prev) == pytest.approx(loss, rel=1e-12)
    network.backward(X, Y)
    for letter, view in network.gradients.letters().items():
        assert view.shape == gradients[letter].shape
        np.testing.assert_allclose(
            view, gradients[letter], rtol=1e-12, atol=1e-12 * np.abs(gradients[letter]).max()
        )
