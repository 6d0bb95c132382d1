"""Texts cut, encoded and fed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import CorpusError, MissingFile
from charlm.run import corpora, fetching
from charlm.vocabulary import Vocabulary
from shakespeare.corpus import (
    Split,
    Streams,
    Stretches,
    Windows,
    pairs,
    training_streams,
    validation_streams,
)
from shakespeare.encoded import encode

TEXT = np.arange(1000, dtype=np.uint16)


def test_the_known_texts_keep_their_last_tenth():
    plays = corpora.KNOWN["plays"].sha256
    assert Split.of("plays", plays, 1_115_394, 0.05) == Split(50_193, 1_003_854, 1_115_394)
    assert Split.of("plays", "another file of that name", 1000, 0.1) == Split(100, 1000, 1000)
    assert Split.of("mine.txt", plays, 1000, 0.0) == Split(0, 1000, 1000)
    assert Split(1, 9, 10).spans() == {"training": [1, 9], "validation": [0, 1], "test": [9, 10]}


def test_each_stream_goes_on_where_it_ended():
    streams = Streams(TEXT, 4, 30, seed=7)
    assert streams.batches == 8 and streams.rows == 4
    inputs, targets = zip(*(streams.batch(3, index) for index in range(streams.batches)), strict=True)
    read, wanted = np.concatenate(inputs, axis=1), np.concatenate(targets, axis=1)
    assert read.dtype == np.int32 and read.shape == (4, 240)
    np.testing.assert_array_equal(wanted, (read + 1) % 1000)
    np.testing.assert_array_equal(read[:, 1:], wanted[:, :-1])
    assert len(np.unique(read)) == read.size  # nothing is read twice in an epoch
    np.testing.assert_array_equal(np.diff(read[:, 0]) % 1000, 250)


def test_where_an_epoch_begins_depends_on_seed_and_epoch_alone():
    first = {
        (seed, epoch): int(Streams(TEXT, 2, 50, seed).batch(epoch, 0)[0][0, 0])
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len(set(first.values())) == 4
    again = Streams(TEXT, 2, 50, 1)
    again.batch(0, 3)
    assert int(again.batch(1, 0)[0][0, 0]) == first[1, 1]


@pytest.mark.parametrize("feed", [Streams(TEXT, 6, 20, 0), Windows(TEXT, 7, 3, 6, 0)])
def test_parts_of_a_batch_are_the_batch(feed):
    for index in (0, feed.batches - 1):
        rows = feed.rows_of(index)
        whole = feed.batch(2, index)
        parts = [feed.batch(2, index, part) for part in (slice(0, 1), slice(1, rows))]
        for place in (0, 1):
            assert len(whole[place]) == rows
            np.testing.assert_array_equal(np.concatenate([part[place] for part in parts]), whole[place])


@given(st.integers(200, 300_000))
def test_an_epoch_has_twenty_updates_at_least(characters):
    streams = training_streams(np.broadcast_to(np.uint8(0), characters), 16, 100, 0)
    assert streams.batches >= 20 and streams.rows <= 16 and streams.length <= 100
    assert streams.length == 100 or streams.rows == 1


@given(st.integers(2, 200_000))
def test_scoring_leaves_nearly_nothing_over(characters):
    streams = validation_streams(np.broadcast_to(np.uint8(0), characters), 100)
    scored = streams.rows * streams.length * streams.batches
    assert characters - 1 - scored <= streams.rows * (1 + streams.batches)


def test_scoring_begins_at_the_first_character_and_ends_before_the_last():
    inputs, targets = Streams(TEXT, 1, 999).batch(5, 0)
    assert (inputs[0, 0], targets[0, -1]) == (0, 999)


def test_a_short_text_is_told():
    with pytest.raises(CorpusError, match="100 characters, too few for 16 streams of 100"):
        Streams(TEXT[:100], 16, 100, 0)
    with pytest.raises(CorpusError, match="40 characters, and a window takes 40"):
        Windows(TEXT[:40], 40, 3, 128, 0)
    with pytest.raises(CorpusError, match="199 characters, too few for 20 updates of 10"):
        training_streams(TEXT[:199], 16, 100, 0)
    with pytest.raises(CorpusError):
        validation_streams(TEXT[:1], 100)
    with pytest.raises(CorpusError, match="0 characters"):
        Streams(TEXT[:0], 1, 1)


def test_windows_are_the_plain_way_s():
    windows = Windows(TEXT, 40, 3, 64, None)
    expected = [TEXT[start : start + 41] for start in range(0, 1000 - 40, 3)]
    assert windows.examples == len(expected) == 320 and windows.batches == 5
    read = [windows.batch(0, index) for index in range(windows.batches)]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in read]), [row[:40] for row in expected])
    np.testing.assert_array_equal(np.concatenate([y for _, y in read]), [row[40] for row in expected])


def test_windows_are_shuffled_by_seed_and_epoch():
    def targets(seed, epoch):
        windows = Windows(TEXT, 40, 3, 64, seed)
        return np.concatenate([windows.batch(epoch, index)[1] for index in range(windows.batches)]).tolist()

    assert targets(0, 0) == targets(0, 0) != targets(0, 1) != targets(1, 1)
    assert sorted(targets(0, 0)) == sorted(targets(1, 1))


def test_the_course_s_windows(course_data):
    course_data("sonnets")
    corpus = encode("sonnets", Vocabulary("\n abcdefghijklmnopqrstuvwxyz"))
    windows = Windows(corpus.ids, 40, 3, 128, 0)
    assert (windows.examples, windows.batches, len(corpus.vocabulary)) == (31_412, 246, 38)


def test_a_text_as_indices(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffA b\r\nß\r".encode())
    corpus = encode(str(path))
    assert (
        corpus.vocabulary.decode(corpus.ids) == "A b\nß\n"
        and corpus.new == ""
        and corpus.ids.dtype == np.uint8
    )
    known = encode(str(path), Vocabulary("ABab"))
    assert known.vocabulary.characters == "\n ABabß" and known.new == "\n ß" and not known.lowered
    small = encode(str(path), Vocabulary("abc"))
    assert small.vocabulary.decode(small.ids) == "a b\nß\n" and small.lowered


@pytest.mark.parametrize("border", range(2**20 - 6, 2**20 + 2))
def test_a_large_text_stays_on_disk_and_reads_the_same(tmp_path, border):
    path = tmp_path / "large.txt"
    path.write_bytes("\ufeff".encode() + b"x" * (border - 6) + "é\r\nzß\r\n\rlast".encode())
    here, there = encode(str(path)), encode(str(path), large=100)
    assert isinstance(there.ids, np.memmap)
    np.testing.assert_array_equal(there.ids, here.ids)
    assert (there.vocabulary, there.sha256) == (here.vocabulary, here.sha256)
    encoded = list(fetching.cache_folder().glob("*.ids"))
    stamp = encoded[0].stat().st_mtime_ns
    assert encode(str(path), large=100).ids.filename == there.ids.filename
    assert len(encoded) == 1 and encoded[0].stat().st_mtime_ns == stamp  # encoded once


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"good \xff bad" * 20, "UTF-8"),
        (b"with\0nul" * 20, "NUL"),
        (b" \n" * 100, "empty"),
        (b"cut \xc3" * 30, "UTF-8"),
    ],
)
def test_a_large_file_that_is_no_text(tmp_path, content, message):
    path = tmp_path / "large.txt"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        encode(str(path), large=10)
    assert not list(fetching.cache_folder().glob("*"))


def test_where_the_sonnets_cannot_be_had_the_way_out_is_named(monkeypatch):
    def unreachable(known):
        raise CorpusError("cannot fetch it")

    monkeypatch.setattr(fetching, "locate", unreachable)
    with pytest.raises(CorpusError, match=r"cannot fetch it.*--corpus bundled"):
        encode("sonnets")
    with pytest.raises(MissingFile):
        encode("nothing.txt")


def test_several_texts_are_one(tmp_path):
    texts = {"a.txt": "one fish\ntwo", "b.txt": "red fish\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-16" if name == "b.txt" else "utf-8")
    with pytest.raises(CorpusError, match="give --encoding utf-16"):
        encode([str(tmp_path / name) for name in texts])
    (tmp_path / "b.txt").write_text("red fish\n", encoding="utf-8")
    corpus = encode([str(tmp_path / name) for name in texts])
    assert corpus.vocabulary.decode(corpus.ids) == "one fish\ntwo\nred fish\n"
    assert corpus.source == f"{tmp_path / 'a.txt'}, {tmp_path / 'b.txt'}"
    assert corpus.whence["sources"] == [str((tmp_path / name).resolve()) for name in texts]
    assert encode(str(tmp_path / "a.txt")).sha256 != corpus.sha256
    assert len(repr(corpus)) < 200


@pytest.mark.parametrize("several", [False, True])
def test_a_model_finds_its_text_from_another_folder(tmp_path, monkeypatch, several):
    from shakespeare.evaluation import training_text

    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here/own.txt").write_bytes("naïve verse\n".encode("cp1252") * 9)
    corpus = encode(["own.txt"] * (1 + several), encoding="cp1252")
    whole = {"training": [0, len(corpus.ids)], "validation": [0, 0]}
    run = {"corpus": corpus.source, "sha256": corpus.sha256, "split": whole, **corpus.whence}
    monkeypatch.chdir(tmp_path / "there")
    text = training_text({"training": [run]}, corpus.vocabulary)
    assert text == "naïve verse\n" * 9 * (1 + several)
    (tmp_path / "there/own.txt").write_text("another text of that name\n")
    assert training_text({"training": [run]}, corpus.vocabulary) == text
    (tmp_path / "here/own.txt").unlink()
    with pytest.raises(CorpusError if not several else MissingFile):
        training_text({"training": [run]}, corpus.vocabulary)


@given(st.integers(1, 60_000), st.floats(0, 0.9))
def test_what_is_held_out_lies_in_blocks_over_the_text(characters, share):
    split = Split.of("mine.txt", "", characters, share)
    spans = split.spans()
    parts = {name: pairs(spans[name]) for name in ("training", "validation")}
    covered = sorted(span for spans in parts.values() for span in spans if span[0] < span[1])
    assert [first for first, _ in covered] == [0, *(end for _, end in covered)][: len(covered)]
    assert covered[-1][1] == characters  # every character is in one of the two
    held_out = sum(end - first for first, end in parts["validation"])
    assert held_out == split.cut == round(characters * share)
    assert len(parts["validation"]) == max(1, min(10, held_out // 200))
    if split.blocks > 1:
        assert all(end - first >= 200 for first, end in parts["validation"])
        lengths = [end - first for first, end in parts["training"]]
        assert lengths[0] > 0 and max(lengths[1:-1], default=0) - 2 * min(lengths[0], lengths[-1]) <= 3


def test_stretches_are_read_as_the_text_that_they_make():
    ids = np.arange(1000, dtype=np.uint16)
    text = Stretches(ids, [10, 20, 500, 501, 990, 1000])
    whole = np.concatenate([ids[10:20], ids[500:501], ids[990:1000]])
    assert len(text) == len(whole) == 21
    places = np.arange(21).reshape(3, 7)
    assert text[places].tolist() == whole[places].tolist()
    for feed in (lambda part: Streams(part, 2, 3, 7), lambda part: Windows(part, 4, 3, 2, 0)):
        for one, other in zip(feed(text).batch(1, 1), feed(whole).batch(1, 1), strict=True):
            np.testing.assert_array_equal(one, other)


def test_of_two_languages_both_are_held_out(tmp_path):
    path = tmp_path / "two.txt"
    path.write_text("the sea, the sea\n" * 200 + "морем, море\n" * 280, encoding="utf-8")
    corpus = encode(str(path))
    held_out = Split.of(corpus.source, corpus.sha256, len(corpus.ids), 0.1).spans()["validation"]
    text = corpus.vocabulary.decode(np.concatenate([corpus.ids[first:end] for first, end in pairs(held_out)]))
    assert "sea" in text and "море" in text
