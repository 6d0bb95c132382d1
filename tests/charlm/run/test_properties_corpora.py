"""Text files with any line endings, byte order marks and characters, read whole or piece by piece."""

import hashlib
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charlm.errors import CorpusError
from charlm.run.corpora import read
from charlm.vocabulary import Vocabulary
from dino.names import LONGEST, load_names
from shakespeare import encoded
from shakespeare.encoded import encode

parts = st.sampled_from(
    ["\r", "\n", "\r\n", "\n\r", "\ufeff", "\u2028", "\x85", "\x0b", "Σ", "ΑΣ", "İ", "ǅ", "é", "😀"]
)
contents = st.lists(
    parts | st.text(st.characters(codec="utf-8", min_codepoint=1), max_size=4), max_size=12
).map("".join)
marks = st.sampled_from(["", "\ufeff"])
OTHER_FILES = (b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"{\\rtf", b"\xd0\xcf\x11\xe0")
KNOWN = [None, Vocabulary.of("abc"), Vocabulary.of("abcABC"), Vocabulary.of("\ud800σ")]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("corpora") / "text.txt"


def in_pieces(path, size, known=None):
    """A file's text as it is read when it is large, so many bytes at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoded, "_PIECE", size)
        return encode(str(path), known, large=0)


@given(marks, contents)
def test_every_line_ends_with_a_newline_alone_and_the_rest_is_as_it_was(path, mark, content):
    path.write_bytes((mark + content).encode())
    expected = re.sub("\r\n|\r", "\n", content if mark else content.removeprefix("\ufeff"))
    if not expected.strip():
        with pytest.raises(CorpusError, match="is empty"):
            read(path, "it")
        return
    corpus = read(path, "it")
    assert (corpus.text, corpus.source) == (expected, "it")
    assert corpus.sha256 == hashlib.sha256((mark + content).encode()).hexdigest()


@given(marks, contents, st.integers(1, 9), st.sampled_from(KNOWN))
@example("", "ΑΣΑ", 4, KNOWN[1]).via("Python's lower case of a sigma depends on what follows")
@example("\ufeff", "a\r\n\r\r\nb", 1, KNOWN[0]).via("every pair of bytes is torn apart")
def test_a_large_text_is_read_in_pieces_as_it_is_whole(path, mark, content, size, known):
    path.write_bytes((mark + content).encode())
    try:
        whole = encode(str(path), known)
    except CorpusError:
        with pytest.raises(CorpusError):
            in_pieces(path, size, known)
        return
    pieces = in_pieces(path, size, known)
    assert isinstance(pieces.ids, np.memmap) and pieces.ids.dtype == whole.ids.dtype
    assert pieces.ids.tolist() == whole.ids.tolist()
    for name in ("vocabulary", "new", "lowered", "source", "sha256"):
        assert getattr(pieces, name) == getattr(whole, name), name
    if known:
        assert set(known.characters) | set(whole.new) == set(whole.vocabulary.characters)
    if not whole.lowered:
        assert whole.vocabulary.decode(whole.ids) == read(path, "it").text


@given(st.binary(max_size=30), st.integers(1, 9))
def test_bytes_are_a_text_either_way_or_neither(path, content, size):
    path.write_bytes(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if text.strip() and "\0" not in text and not content.startswith(OTHER_FILES):
        decoded = in_pieces(path, size)
        assert decoded.vocabulary.decode(decoded.ids) == read(path, "it").text
        return
    for reading in (lambda: read(path, "it"), lambda: in_pieces(path, size)):
        with pytest.raises(CorpusError) as caught:
            reading()
        assert len(str(caught.value).splitlines()) == 1


@given(marks, contents)
def test_names_are_the_lines_without_the_spaces_around_them_and_without_blank_ones(path, mark, content):
    path.write_bytes((mark + "x\n" + content).encode())
    lines = [line.strip() for line in re.split("\r\n|\r|\n", "x\n" + content)]
    assert load_names(str(path)).names == tuple(line for line in lines if line)


@given(st.lists(st.integers(0, LONGEST + 1), min_size=1, max_size=5))
def test_the_first_line_that_is_too_long_is_named(path, lengths):
    path.write_text("\n".join(["a", *("x" * length for length in lengths)]), encoding="utf-8")
    long = [number for number, length in enumerate(lengths, start=2) if length > LONGEST]
    if not long:
        assert len(load_names(str(path))) == 1 + sum(map(bool, lengths))
        return
    with pytest.raises(CorpusError, match=f"line {long[0]} of "):
        load_names(str(path))
