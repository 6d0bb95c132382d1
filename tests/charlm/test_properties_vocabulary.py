"""What holds of a vocabulary of any characters, halves of pairs and those beyond the first plane too."""

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charlm.errors import UnknownCharacter, VocabularyError
from charlm.vocabulary import STRAIGHT, Vocabulary

characters = st.one_of(
    st.characters(min_codepoint=1),
    st.characters(categories=["Cs"]),
    st.characters(min_codepoint=0x10000),
    st.sampled_from("\n\r \tabcABCéÉ\u0301ﬁßİıΣσςǅ‘’“”—…\u00a0\ud83d\ude00😀"),
)
texts = st.text(characters, min_size=1)


@given(texts)
@example("\ud83d\ude00")  # the halves of one character, as two
@example("😀\ude00\ud83d")
def test_any_text_is_spelled_by_the_sorted_set_of_its_characters(text):
    vocabulary = Vocabulary.of(text)
    points = [ord(character) for character in vocabulary.characters]
    assert points == sorted({ord(character) for character in text}) and len(vocabulary) == len(points)
    ids = vocabulary.encode(text)
    assert [points[index] for index in ids] == [ord(character) for character in text]
    assert vocabulary.decode(ids) == text == vocabulary.decode(ids.tolist())
    assert [vocabulary.index(character) for character in text] == ids.tolist()
    assert all(character in vocabulary for character in text)


@given(texts, texts)
def test_the_first_character_that_cannot_be_spelled_is_named(alphabet, text):
    vocabulary = Vocabulary.of(alphabet)
    strange = [(place, one) for place, one in enumerate(text) if one not in alphabet]
    if not strange:
        assert vocabulary.decode(vocabulary.encode(text)) == text
        return
    with pytest.raises(UnknownCharacter) as caught:
        vocabulary.encode(text)
    assert (caught.value.position, caught.value.character) == strange[0]
    assert len(str(caught.value).splitlines()) == 1


@given(st.lists(texts, min_size=1), st.data())
def test_rows_are_spelled_one_by_one_wherever_they_are_padded(lines, data):
    vocabulary = Vocabulary.of(lines)
    length = max(map(len, lines)) + data.draw(st.integers(0, 3))
    rows = [np.pad(vocabulary.encode(line), (0, length - len(line)), constant_values=-1) for line in lines]
    assert vocabulary.decode_rows(np.stack(rows)) == lines
    shuffled = data.draw(st.permutations(range(length)))
    for row, line in zip(rows, lines, strict=True):
        order = [place for place in shuffled if place < len(line)]
        assert vocabulary.decode(row[shuffled]) == "".join(line[place] for place in order)


@given(texts)
def test_only_the_sorted_set_of_characters_is_an_alphabet(text):
    alphabet = "".join(sorted(set(text)))
    assert Vocabulary(alphabet) == Vocabulary.of(text)
    if text != alphabet:
        with pytest.raises(VocabularyError):
            Vocabulary(text)


def letter(text: str) -> str:
    """What is left of a text without its typography, its case and its accents."""
    for _ in range(3):  # folding one may bring another to light
        parts = unicodedata.normalize("NFKD", text.translate(STRAIGHT))
        text = "".join(part for part in parts if not unicodedata.combining(part)).upper().casefold()
    return text.translate(STRAIGHT)


@given(alphabet=texts, character=characters)
@example("SS", "ß").via("a letter whose capital is two")
@example("i", "İ").via("a letter whose small form is two")
@example("I", "ı").via("a letter whose capital is another's")
def test_a_character_is_kept_or_becomes_another_form_of_itself_or_nothing(alphabet, character):
    vocabulary = Vocabulary.of([alphabet, "~"])
    fitted = vocabulary.adapt(f"{character}~")
    replacement = fitted.text.removesuffix("~")
    assert set(replacement) <= set(vocabulary.characters)
    if character in vocabulary:
        assert (replacement, fitted.note) == (character, "")
    elif replacement:
        assert letter(replacement) == letter(character) or replacement == "\n"
    else:
        wanted = character.translate(STRAIGHT)
        assert not {wanted, wanted.lower(), wanted.upper()} & set(vocabulary.characters)


@given(alphabet=texts, text=st.text(characters))
def test_what_is_changed_is_told_in_one_line_and_what_is_not_is_not(alphabet, text):
    vocabulary = Vocabulary.of([alphabet, "~"])
    fitted = vocabulary.adapt(f"{text}~")
    lines = f"{text}~" if "\r" in vocabulary else f"{text}~".replace("\r\n", "\n").replace("\r", "\n")
    if fitted.note:
        assert not set(unicodedata.normalize("NFC", lines)) <= set(vocabulary.characters)
        assert len(fitted.note.splitlines()) == 1 and repr(fitted.text) in fitted.note
    else:
        assert fitted.text in (lines, unicodedata.normalize("NFC", lines))
