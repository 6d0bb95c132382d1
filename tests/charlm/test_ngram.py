"""Counting models, against values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.ngram import NGram

SIZE = 4
# "abac" and "ab" over the alphabet abcd: a 3 times, b twice, c once.
TINY = [np.array([0, 1, 0, 2]), np.array([0, 1])]

# Witten and Bell, method C: (count + T * shorter) / (N + T).
UNIGRAM = {0: (3 + 3 / 4) / 9, 1: (2 + 3 / 4) / 9, 2: (1 + 3 / 4) / 9, 3: (0 + 3 / 4) / 9}
AFTER_A = {next_: (count + 2 * UNIGRAM[next_]) / (3 + 2) for next_, count in enumerate([0, 2, 1, 0])}
AFTER_B = {next_: (count + 1 * UNIGRAM[next_]) / (1 + 1) for next_, count in enumerate([1, 0, 0, 0])}
AT_START = {next_: (count + 1 * UNIGRAM[next_]) / (2 + 1) for next_, count in enumerate([2, 0, 0, 0])}
AFTER_AB = {next_: (count + 1 * AFTER_B[next_]) / (1 + 1) for next_, count in enumerate([1, 0, 0, 0])}
AFTER_START_A = {next_: (count + 1 * AFTER_A[next_]) / (2 + 1) for next_, count in enumerate([0, 2, 0, 0])}
AT_START_TRIGRAM = {
    next_: (count + 1 * AT_START[next_]) / (2 + 1) for next_, count in enumerate([2, 0, 0, 0])
}


def probabilities(order, context, sequences=TINY):
    """Of each character of the alphabet after the context."""
    model = NGram(order, sequences, SIZE)
    return [math.exp(-model.nats([np.array([*context, last])])[-1]) for last in range(SIZE)]


@pytest.mark.parametrize(
    ("order", "context", "expected"),
    [
        (1, [], UNIGRAM),
        (1, [0, 1], UNIGRAM),
        (2, [], AT_START),
        (2, [0], AFTER_A),
        (2, [1], AFTER_B),
        (2, [2], UNIGRAM),  # c was never followed by anything
        (2, [3], UNIGRAM),  # d was never seen
        (3, [0, 1], AFTER_AB),
        (3, [0], AFTER_START_A),
        (3, [], AT_START_TRIGRAM),
        (3, [3, 1], AFTER_B),  # db was never seen, b was
        (3, [1, 3], UNIGRAM),
        (4, [3, 0, 1], AFTER_AB),
        (3, [2, 0], AFTER_A),  # ca was never seen, a was
    ],
)
def test_probabilities_are_those_worked_out_by_hand(order, context, expected):
    np.testing.assert_allclose(probabilities(order, context), list(expected.values()), rtol=1e-14, atol=0)


def test_costs_are_those_of_every_character_one_after_the_other():
    expected = [AT_START[0], AFTER_A[3], AT_START[2]]
    costs = NGram(2, TINY, SIZE).nats([np.array([0, 3]), np.array([], dtype=int), np.array([2])])
    np.testing.assert_allclose(costs, -np.log(expected), rtol=1e-14, atol=0)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_nothing_seen_means_equal_chances(order):
    assert probabilities(order, [0, 1], sequences=[]) == pytest.approx([1 / SIZE] * SIZE, rel=1e-15, abs=0)


sequences = st.lists(st.integers(0, SIZE - 1), max_size=8).map(lambda ids: np.array(ids, dtype=np.intp))


@given(st.integers(1, 5), st.lists(sequences, max_size=6), sequences)
def test_probabilities_over_the_alphabet_sum_to_1(order, seen, context):
    chances = probabilities(order, context, seen)
    assert min(chances) > 0
    assert sum(chances) == pytest.approx(1, rel=1e-14, abs=0)


@given(st.integers(1, 4), st.lists(sequences, max_size=6), st.lists(sequences, max_size=4))
def test_no_context_reaches_over_the_start_of_a_sequence(order, seen, texts):
    model = NGram(order, seen, SIZE)
    alone = [cost for text in texts for cost in model.nats([text])]
    assert model.nats(texts).tolist() == alone
