"""The loop, against a model that wants to spell one word."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import InvalidOption, UnknownCharacter
from charlm.generation import FINISHED, generate_texts, stream_ids, stream_text
from charlm.language_model import read_text, take_rows
from charlm.sampling import likeliest

words = st.text(alphabet="abcdefg -é", max_size=12)


def test_a_text_ends_before_its_stop(speller):
    assert generate_texts(speller("rex"), likeliest, 1, limit=50, stop="\n") == ["rex"]


@pytest.mark.parametrize(
    ("limit", "text"), [(0, ""), (1, "r"), (2, "re"), (3, "rex"), (4, "rex"), (9, "rex")]
)
def test_a_text_has_at_most_as_many_characters_as_the_limit(speller, limit, text):
    assert generate_texts(speller("rex"), likeliest, 1, limit=limit, stop="\n") == [text]


@pytest.mark.parametrize("limit", [0, 1, 4, 10])
def test_without_a_stop_the_text_goes_on_to_the_limit(speller, limit):
    assert generate_texts(speller("rex"), likeliest, 1, limit=limit) == ["rex\nrex\nrex\n"[:limit]]


def test_another_character_may_be_the_stop(speller):
    assert generate_texts(speller("tyrannosaurus rex"), likeliest, 1, limit=50, stop=" ") == ["tyrannosaurus"]


def test_characters_are_streamed_one_at_a_time_with_the_stop_last(speller):
    assert list(stream_text(speller("rex"), likeliest, limit=50, stop="\n")) == ["r", "e", "x", "\n"]


def test_nothing_is_asked_of_the_model_before_it_is_wanted(speller):
    model = speller("rex")
    stream = stream_text(model, likeliest, limit=50, stop="\n")
    assert model.asked == []
    assert next(stream) == "r"
    assert model.asked == [1]


def test_a_prompt_is_read_and_not_repeated(speller):
    model = speller("rex")
    assert "".join(stream_text(model, likeliest, prompt="re", limit=50, stop="\n")) == "x\n"
    assert model.asked == [1, 1]  # reading a prompt asks for no scores


def test_every_row_of_a_batch_reads_the_prompt(speller):
    model = speller("rex", "rey", "re")
    assert generate_texts(model, likeliest, 3, prompt="re", limit=50, stop="\n") == ["x", "y", ""]


def test_rows_end_at_different_times_and_then_cost_nothing(speller):
    model = speller("abc", "", "a")
    ids = np.stack(list(stream_ids(model, likeliest, limit=50, stop=0, batch_size=3)), axis=1)
    assert model.vocabulary.characters == "\nabc"
    assert ids.tolist() == [[1, 2, 3, 0], [0, FINISHED, FINISHED, FINISHED], [1, 0, FINISHED, FINISHED]]
    assert model.asked == [3, 2, 1, 1]


def test_the_stream_ends_with_its_last_row(speller):
    model = speller("abc", "a")
    assert len(list(stream_ids(model, likeliest, limit=50, stop=0, batch_size=2))) == 4


def test_arrays_that_were_yielded_do_not_change_afterwards(speller):
    stream = stream_ids(speller("ab", "b"), likeliest, limit=50, stop=0, batch_size=2)
    first = next(stream)
    first_seen = first.copy()
    list(stream)
    assert first.tolist() == first_seen.tolist() == [1, 2]


@pytest.mark.parametrize(("count", "batch_size", "asked"), [(7, 3, [3, 3, 1]), (6, 3, [3, 3]), (2, 9, [2])])
def test_texts_come_in_batches_of_at_most_the_size_given(speller, count, batch_size, asked):
    model = speller("", "")
    assert generate_texts(model, likeliest, count, limit=9, stop="\n", batch_size=batch_size) == [""] * count
    assert model.asked == asked


def test_no_texts_cost_nothing(speller):
    model = speller("rex")
    assert generate_texts(model, likeliest, 0, limit=50, stop="\n") == []
    assert model.asked == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"count": -1, "limit": 1}, "the number of texts is -1; it must be 0 or more"),
        ({"count": 1, "limit": -1}, "the limit of characters is -1; it must be 0 or more"),
        ({"count": 1, "limit": 1, "batch_size": 0}, "the batch size is 0; it must be 1 or more"),
    ],
)
def test_numbers_out_of_range_are_refused(speller, call, message):
    with pytest.raises(InvalidOption, match=message):
        generate_texts(speller("rex"), likeliest, **call)


@pytest.mark.parametrize("call", [{"prompt": "reX"}, {"stop": "X"}])
def test_a_prompt_or_stop_that_cannot_be_spelled_is_refused(speller, call):
    with pytest.raises(UnknownCharacter, match="'X'"):
        generate_texts(speller("rex"), likeliest, 1, limit=1, **call)
    with pytest.raises(UnknownCharacter, match="'X'"):
        next(stream_text(speller("rex"), likeliest, limit=1, **call))


@given(lines=st.lists(words, min_size=1, max_size=8), limit=st.integers(0, 14))
def test_a_batch_spells_every_word_as_if_it_were_alone(speller, lines, limit):
    texts = generate_texts(speller(*lines), likeliest, len(lines), limit=limit, stop="\n")
    assert texts == [line[:limit] for line in lines]


@given(word=words, limit=st.integers(0, 14), split=st.integers(0, 12))
def test_prompt_and_continuation_make_the_word(speller, word, limit, split):
    prompt = word[:split]
    streamed = "".join(stream_text(speller(word), likeliest, prompt=prompt, limit=limit, stop="\n"))
    assert streamed == (word + "\n")[len(prompt) :][:limit]


@given(lines=st.lists(words, min_size=1, max_size=8), limit=st.integers(0, 14))
def test_each_row_pays_for_its_own_characters_only(speller, lines, limit):
    model = speller(*lines)
    columns = list(stream_ids(model, likeliest, limit=limit, stop=0, batch_size=len(lines)))
    steps_of_rows = [min(len(line) + 1, limit) for line in lines]
    assert len(columns) == max(steps_of_rows)
    assert sum(model.asked) == sum(steps_of_rows)
    spelled = Counter(row for column in columns for row in np.flatnonzero(column != FINISHED))
    assert [spelled[row] for row in range(len(lines))] == steps_of_rows


def test_rows_are_taken_of_every_part_of_a_nested_state():
    state = np.arange(3), (np.arange(6).reshape(3, 2), (np.arange(12).reshape(3, 2, 2),))
    first, (second, (third,)) = take_rows(state, np.array([True, False, True]))
    assert first.tolist() == [0, 2]
    assert second.tolist() == [[0, 1], [4, 5]]
    assert third.tolist() == [[[0, 1], [2, 3]], [[8, 9], [10, 11]]]


def test_reading_a_text_advances_every_row_by_each_of_its_characters(speller):
    model = speller("ab")
    _, (history,) = read_text(model, model.start(2), [1, 2, 1], 2)
    assert history.tolist() == [[1, 2, 1], [1, 2, 1]]
