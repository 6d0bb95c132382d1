"""Copying: exact against a search that tries every span, and bounded in time and memory."""

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from charlm import novelty
from charlm.novelty import SPAN, copying
from charlm.run import corpora


def tried(text, corpus):
    """The length of the longest common span and the number of copied ones, by trying each."""
    longest = 0
    for first in range(len(text)):
        while first + longest < len(text) and text[first : first + longest + 1] in corpus:
            longest += 1
    return longest, sum(text[first : first + SPAN] in corpus for first in range(len(text) - SPAN + 1))


@given(st.text("ab\n", max_size=200), st.text("ab\n", max_size=80), st.integers(0, 200), st.integers(0, 80))
@example("", "abc", 0, 0)
@example("abc", "", 0, 0)
@example("a" * 100, "a" * 50, 0, 0)
def test_it_finds_what_trying_every_span_finds(corpus, text, first, length):
    text += corpus[first : first + length]  # so that long copies are there to be found
    found = copying(text, corpus)
    assert (len(found.longest), found.copied) == tried(text, corpus)
    assert found.longest in text and found.longest in corpus


@given(st.text("abc", max_size=300), st.text("abc", max_size=40))
def test_pieces_of_the_corpus_change_nothing(corpus, text):
    whole = copying(text, corpus)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(novelty, "_PIECE", 7)
        in_pieces = copying(text, corpus)
    assert (len(in_pieces.longest), in_pieces.copied) == (len(whole.longest), whole.copied)


def test_the_line_is_the_one_with_the_most_of_the_span():
    corpus = "one\nthe quick brown fox jumps over\nthe lazy dog\n"
    found = copying("x fox jumps over\nthe z", corpus)
    assert found.longest == " fox jumps over\nthe "
    assert found.line == "the quick brown fox jumps over"
    assert copying("0123", corpus).longest == "" and copying("0123", corpus).share == 0


def test_hash_values_that_agree_by_chance_do_not_count(monkeypatch):
    monkeypatch.setattr(novelty._Hashed, "hashes", lambda self, length: self._sums[length:] * 0)
    assert copying("b" * 30, "a" * 50).longest == ""
    assert copying("b" * 30, "a" * 50).copied == 0


def test_every_character_of_unicode_is_one_character():
    found = copying("né𝄞\ud800 vu", "déjà né𝄞\ud800 vu!")
    assert found.longest == "né𝄞\ud800 vu"


def test_the_figures_in_words_stay_in_one_line():
    text = "a line\n" * 60
    assert "100.00%" in str(copying(text, text)) and "\n" not in str(copying(text, text))
    assert len(str(copying(text, text))) < 200


def test_the_held_out_sonnets_have_little_in_common_with_the_rest(course_data):
    for name in ("sonnets", "plays"):
        course_data(name)
    sonnets, plays = (corpora.load(name, bundled_as="").text for name in ("sonnets", "plays"))
    cut = len(sonnets) * 9 // 10
    found = copying(sonnets[cut:], plays[: len(plays) * 9 // 10] + "\0" + sonnets[:cut])
    assert len(found.longest) == 24
    assert f"{found.share:.2%}" == "0.06%"
