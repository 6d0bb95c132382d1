"""The cost of text in nats per character."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import NoPrediction
from charlm.scoring import log_softmax, nats_per_character
from charlm.vocabulary import Vocabulary

AFTER = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.2, 0.3, 0.5]])
FIRST = np.array([0.1, 0.2, 0.7])


class Bigram:
    """Known probabilities after each character; the state is a row of logarithms for each of the batch."""

    vocabulary = Vocabulary("abc")

    def start(self, batch_size):
        return np.tile(np.log(FIRST), (batch_size, 1))

    def advance(self, state, ids):
        return np.log(AFTER)[ids]

    def logits(self, state):
        return state + 3  # scores are not probabilities until softmax makes them so


def cost_by_hand(ids):
    return -sum(
        math.log(FIRST[now] if before is None else AFTER[before, now])
        for before, now in zip([None, *ids], ids, strict=False)
    )


texts = st.lists(st.integers(0, 2), max_size=6)


def test_the_cost_of_one_text_is_the_mean_of_its_characters():
    cost = nats_per_character(Bigram(), [np.array([2, 0, 1])])
    assert cost == pytest.approx(-(math.log(0.7) + math.log(0.2) + math.log(0.25)) / 3, rel=1e-15, abs=0)


@given(st.lists(texts, min_size=1, max_size=9).filter(any), st.integers(1, 4))
def test_every_character_counts_once_whatever_the_batches(lines, batch_size):
    expected = sum(map(cost_by_hand, lines)) / sum(map(len, lines))
    sequences = [np.array(line, dtype=np.intp) for line in lines]
    cost = nats_per_character(Bigram(), sequences, batch_size=batch_size)
    assert cost == pytest.approx(expected, rel=1e-13, abs=0)


def test_a_model_that_is_sure_and_right_costs_nothing(speller):
    model = speller("rex", "anna")
    lines = [model.vocabulary.encode(line) for line in ("rex\n", "anna\n")]
    assert nats_per_character(model, lines) == 0


def test_a_model_that_is_sure_and_wrong_costs_without_bound():
    class Sure(Bigram):
        def logits(self, state):
            return np.where(np.arange(3) == 0, 0.0, -np.inf) + np.zeros((len(state), 1))

    assert nats_per_character(Sure(), [np.array([0, 1])]) == math.inf


def test_texts_are_read_side_by_side_in_batches(speller):
    model = speller("rex", "rex")
    nats_per_character(model, [model.vocabulary.encode("rex\n")] * 3, batch_size=2)
    assert model.asked == [2, 2, 2, 2, 1, 1, 1, 1]


@pytest.mark.parametrize("shift", [0, 1e30, -1e30])
def test_logarithms_of_probabilities_do_not_overflow(shift):
    logarithms = log_softmax(np.array([[0.0, 0.0, 0.0, 0.0]]) + shift)
    assert logarithms.tolist() == [[-math.log(4)] * 4]


def test_logarithms_reach_from_0_to_minus_infinity_and_no_further():
    with np.errstate(all="raise"):
        assert log_softmax(np.array([[1e308, -1e308, -np.inf, 0]])).tolist() == [
            [0, -np.inf, -np.inf, -1e308]
        ]


@pytest.mark.parametrize("wrong", [[np.nan, 0], [np.inf, 0], [-np.inf, -np.inf]])
def test_scores_without_a_best_are_refused(wrong):
    with pytest.raises(NoPrediction):
        log_softmax(np.array([[0, 0], wrong]))
