"""Strategies that see the history, on distributions of four points and in the one loop."""

import numpy as np
import pytest

from charlm.errors import InvalidOption
from charlm.generation import generate_texts, stream_text
from charlm.repetition import NoRepeatNGram, Remembering, RepetitionPenalty
from charlm.sampling import SamplingOptions, likeliest
from charlm.vocabulary import Vocabulary

FOUR = np.array([[-2.0, -1.0, 1.0, 2.0]])
NOTHING = np.empty((1, 0), dtype=np.intp)


def history(*ids):
    return np.array([ids], dtype=np.intp)


def test_a_penalty_divides_scores_above_0_and_multiplies_the_others():
    assert RepetitionPenalty(2)(FOUR, NOTHING).tolist() == FOUR.tolist()
    assert RepetitionPenalty(2)(FOUR, history(3, 0, 3)).tolist() == [[-4.0, -1.0, 1.0, 1.0]]
    assert RepetitionPenalty(0.5)(FOUR, history(1, 2)).tolist() == [[-2.0, -0.5, 2.0, 2.0]]
    assert RepetitionPenalty(1)(FOUR, history(0, 1, 2, 3)).tolist() == FOUR.tolist()


@pytest.mark.parametrize(
    ("size", "read", "ruled_out"),
    [
        (1, (), []),
        (1, (3, 3, 0), [0, 3]),
        (2, (1,), []),
        (2, (1, 2, 0, 1), [2]),
        (2, (1, 2, 1, 3, 1), [2, 3]),
        (3, (1, 2, 3, 1, 2), [3]),
        (3, (1, 2, 3, 2, 2), []),
        (1, (0, 1, 2, 3), []),  # it would leave none
    ],
)
def test_what_would_write_so_many_in_a_row_again_is_ruled_out(size, read, ruled_out):
    scores = NoRepeatNGram(size)(FOUR, history(*read))
    assert np.flatnonzero(np.isneginf(scores[0])).tolist() == ruled_out
    left = [index for index in range(4) if index not in ruled_out]
    assert scores[0, left].tolist() == FOUR[0, left].tolist()


def test_each_row_has_a_history_of_its_own():
    read = np.array([[0, 1, 0], [2, 2, 2]])
    scores = NoRepeatNGram(2)(np.zeros((2, 4)), read)
    assert np.isneginf(scores).tolist() == [[False, True, False, False], [False, False, True, False]]


@pytest.mark.parametrize("wrong", [{"repetition_penalty": 0}, {"no_repeat_ngram_size": 0}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidOption):
        SamplingOptions(**wrong)


def test_without_such_an_option_the_model_is_the_model(speller):
    model = speller("rex")
    assert SamplingOptions(0.5, 3).on(model) is model


class Constant:
    """It says 'c' for ever; where that is ruled out 'b', then 'a', then the end."""

    vocabulary = Vocabulary.of("\nabc")

    def start(self, batch_size):
        return np.zeros(batch_size)

    def advance(self, state, ids):
        return state

    def logits(self, state):
        return np.tile([0.0, 1.0, 2.0, 3.0], (len(state), 1))


def test_the_loop_writes_nothing_twice_and_the_prompt_counts():
    options = SamplingOptions(0, no_repeat_ngram_size=2)
    pick = options.picker(np.random.default_rng(0))
    written = "".join(stream_text(options.on(Constant()), pick, prompt="cb", limit=6))
    assert written == "ccac\nc"  # behind c there were c, b and a by then


def test_rows_that_end_take_their_history_with_them():
    def other_beginnings(logits, read):
        """A strategy of one's own: row r begins with character r, so rows end at different times."""
        if read.shape[1]:
            return logits
        return np.where(np.eye(4, dtype=bool)[: len(logits)], logits, -np.inf)

    model = Remembering(Constant(), [NoRepeatNGram(1), other_beginnings])
    assert generate_texts(model, likeliest, 4, limit=9, stop="\n") == ["", "acb", "bca", "cba"]


def test_the_rules_of_hugging_face_row_by_row():
    generator = np.random.default_rng(0)
    scores, read = generator.standard_normal((5, 7)), generator.integers(0, 7, (5, 12))
    penalized, banned = RepetitionPenalty(1.7)(scores, read), NoRepeatNGram(2)(scores, read)
    for row in range(5):
        for index in range(7):
            score = scores[row, index]
            expected = (score * 1.7 if score < 0 else score / 1.7) if index in read[row] else score
            assert penalized[row, index] == expected
            grams = {tuple(read[row, place : place + 2]) for place in range(11)}
            again = (read[row, -1], index) in grams
            assert np.isneginf(banned[row, index]) == again
