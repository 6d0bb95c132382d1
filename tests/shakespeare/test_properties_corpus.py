"""What holds of every way to feed a text, of any length, in batches of any size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import CorpusError
from charlm.run import corpora
from shakespeare.corpus import Split, Streams, Windows, pairs, training_streams, validation_streams

lengths = st.integers(0, 400)
seeds = st.none() | st.integers(0, 2**32 - 1)
epochs = st.integers(0, 5)


def text_of(length: int) -> np.ndarray:
    """A text in which every character is another one: its own place."""
    return np.arange(length, dtype=np.uint16)


def whole_epoch(feed, epoch: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    inputs, targets = zip(*(feed.batch(epoch, index) for index in range(feed.batches)), strict=True)
    return list(inputs), list(targets)


@given(lengths, st.integers(1, 9), st.integers(1, 50), seeds, epochs)
def test_streams_read_on_and_no_character_twice_in_an_epoch(characters, rows, length, seed, epoch):
    try:
        streams = Streams(text_of(characters), rows, length, seed)
    except CorpusError:
        assert characters - (seed is None) < rows * length
        return
    inputs, targets = whole_epoch(streams, epoch)
    for read, wanted in zip(inputs, targets, strict=True):
        assert read.shape == wanted.shape == (rows, length) == (streams.rows, streams.length)
        np.testing.assert_array_equal(wanted, (read + 1) % characters)
    read = np.concatenate(inputs, axis=1)
    np.testing.assert_array_equal(read[:, 1:], np.concatenate(targets, axis=1)[:, :-1])
    assert len(set(read.ravel().tolist())) == read.size
    assert 0 <= characters - read.size < rows * length + rows + (seed is None)
    if seed is None:
        assert read[0, 0] == 0 and read.max() + 1 < characters  # each target stands in the text


@given(st.integers(20, 400), st.integers(1, 4), st.integers(1, 5), st.integers(0, 99), st.data())
def test_a_batch_depends_on_seed_epoch_and_place_alone(characters, rows, length, seed, data):
    ids = text_of(characters)
    feeds = [
        lambda: Streams(ids, rows, length, seed),
        lambda: Windows(ids, length, rows, rows + 1, seed),
        lambda: Windows(ids, length, rows, rows + 1, None),
    ]
    for feed in feeds:
        used, places = feed(), data.draw(st.lists(st.tuples(epochs, st.integers(0, 10**6)), max_size=6))
        for epoch, place in places:
            index = place % used.batches
            for ours, fresh in zip(used.batch(epoch, index), feed().batch(epoch, index), strict=True):
                assert ours.dtype == np.int32
                np.testing.assert_array_equal(ours, fresh)


@given(lengths, st.integers(1, 50), st.integers(1, 9), st.integers(1, 40), seeds, epochs)
def test_windows_come_each_once_with_the_character_after_it(
    characters, length, stride, batch_size, seed, epoch
):
    if characters <= length:
        with pytest.raises(CorpusError):
            Windows(text_of(characters), length, stride, batch_size, seed)
        return
    windows = Windows(text_of(characters), length, stride, batch_size, seed)
    inputs, targets = whole_epoch(windows, epoch)
    assert [len(batch) for batch in inputs[:-1]] == [batch_size] * (windows.batches - 1)
    assert 1 <= len(inputs[-1]) <= batch_size == windows.rows
    read, wanted = np.concatenate(inputs), np.concatenate(targets)
    assert read.shape == (windows.examples, length) and wanted.shape == (windows.examples,)
    np.testing.assert_array_equal(read, read[:, :1] + np.arange(length))
    np.testing.assert_array_equal(wanted, read[:, -1] + 1)
    starts = read[:, 0].tolist()
    assert sorted(starts) == list(range(0, characters - length, stride))
    if seed is None:
        assert starts == sorted(starts)


@given(lengths, st.integers(1, 64), st.integers(1, 100), st.integers(0, 99))
def test_what_is_chosen_for_a_text_fits_into_it(characters, most, length, seed):
    ids = text_of(characters)
    if characters < 200:
        with pytest.raises(CorpusError):
            training_streams(ids, most, length, seed)
    else:
        streams = training_streams(ids, most, length, seed)
        assert streams.batches >= 20 and streams.rows <= most and streams.length <= length
    if characters < 2:
        with pytest.raises(CorpusError):
            validation_streams(ids, length)
    else:
        inputs, targets = whole_epoch(validation_streams(ids, length, most), 3)
        assert np.concatenate([batch.ravel() for batch in targets]).max() < characters
        assert len(inputs[0][0]) <= length


@given(
    st.sampled_from(["plays", "sonnets", "mine.txt"]),
    st.booleans(),
    st.integers(0, 10**7),
    st.floats(0, 1, exclude_max=True),
)
def test_the_parts_of_a_split_are_the_whole_text(source, right, characters, share):
    sha256 = corpora.KNOWN[source].sha256 if right and source in corpora.KNOWN else "another"
    split = Split.of(source, sha256, characters, share)
    spans = split.spans()
    stretches = sorted(pairs(spans["training"]) + pairs(spans["validation"]))
    ends = [0, *(end for _, end in stretches)]
    assert [first for first, _ in stretches] == ends[:-1] == sorted(ends[:-1])
    assert spans["test"] == [ends[-1], characters]
    assert sum(end - first for first, end in pairs(spans["validation"])) == split.cut
    kept_back = characters - split.end
    reserved = right and source in corpora.KNOWN
    assert kept_back == (-(-characters // 10) if reserved else 0)
    assert spans["validation"][0] == 0 or not reserved
    assert abs(split.cut - share * split.end) <= 0.5
