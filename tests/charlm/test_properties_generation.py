"""What holds of the loop whatever is spelled, in batches of whatever size, and whatever is picked."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from charlm.generation import FINISHED, generate_texts, stream_ids, stream_text
from charlm.sampling import SamplingOptions, likeliest
from charlm.vocabulary import Vocabulary

characters = st.characters(codec="utf-8", min_codepoint=1, exclude_characters="\n")
words = st.text(characters | st.sampled_from("ab é😀"), max_size=8)


class Counter:
    """Scores that depend on the row's own history alone: random ones, drawn by all that it has read."""

    def __init__(self, size: int) -> None:
        self.vocabulary = Vocabulary("".join(chr(ord("a") + index) for index in range(size)))

    def start(self, batch_size):
        return np.full(batch_size, 17)

    def advance(self, state, ids):
        return (state * 31 + ids + 7) % 10_007

    def logits(self, state):
        rows = [np.random.default_rng(int(seed)).standard_normal(len(self.vocabulary)) for seed in state]
        return np.array(rows).reshape(len(state), len(self.vocabulary))


@given(st.lists(words, min_size=1, max_size=5), st.integers(0, 12), st.integers(1, 6), st.integers(0, 10))
def test_the_size_of_the_batches_decides_which_row_writes_and_nothing_else(
    speller, lines, count, batch_size, limit
):
    texts = generate_texts(speller(*lines), likeliest, count, limit=limit, stop="\n", batch_size=batch_size)
    rows = [number % batch_size for number in range(count)]
    assert texts == [lines[row % len(lines)][:limit] for row in rows]


@given(words, st.data())
def test_any_character_may_be_the_stop_and_any_beginning_the_prompt(speller, word, data):
    line = f"{word}\n"
    prompt = line[: data.draw(st.integers(0, len(word)))]
    rest = line[len(prompt) :]
    stop = data.draw(st.sampled_from(rest))
    upto = rest[: rest.index(stop)]
    assert generate_texts(speller(word), likeliest, 1, prompt=prompt, limit=99, stop=stop) == [upto]
    assert "".join(stream_text(speller(word), likeliest, prompt=prompt, limit=99, stop=stop)) == upto + stop


@given(
    size=st.integers(1, 6),
    batch_size=st.integers(1, 5),
    limit=st.integers(0, 12),
    stop=st.none() | st.integers(0, 5),
    prompt=st.lists(st.integers(0, 5), max_size=3),
    options=st.builds(
        SamplingOptions, temperature=st.sampled_from([0, 0.5, 1, 5]), top_k=st.none() | st.integers(1, 3)
    ),
    seed=st.integers(0, 99),
)
def test_rows_end_for_good_at_their_stop_and_the_stream_with_the_last(
    size, batch_size, limit, stop, prompt, options, seed
):
    model = Counter(size)
    prompt = [index % size for index in prompt]
    pick = options.picker(np.random.default_rng(seed))
    columns = list(stream_ids(model, pick, prompt=prompt, limit=limit, stop=stop, batch_size=batch_size))
    assert len(columns) <= limit and all(column.shape == (batch_size,) for column in columns)
    rows = np.array(columns, dtype=int).reshape(len(columns), batch_size).T.tolist()
    for row in rows:
        written = row[: row.index(stop) + 1] if stop in row else row
        assert all(0 <= index < size for index in written)
        assert row[len(written) :] == [FINISHED] * (len(row) - len(written))
    if len(columns) < limit:
        assert all(stop in row for row in rows) and any(row[-1] == stop for row in rows)


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 12), st.integers(0, 5))
def test_what_a_row_writes_depends_on_no_other_row(size, batch_size, limit, stop):
    together = generate_texts(Counter(size), likeliest, batch_size, limit=limit, batch_size=batch_size)
    alone = generate_texts(Counter(size), likeliest, 1, limit=limit)
    assert together == alone * batch_size
    stopped = generate_texts(Counter(size), likeliest, 1, limit=limit, stop="abcdef"[stop % size])
    assert stopped == [alone[0].partition("abcdef"[stop % size])[0]]
