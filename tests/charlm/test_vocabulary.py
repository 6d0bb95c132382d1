"""Characters, indices, and texts that are made to fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import UnknownCharacter, VocabularyError
from charlm.vocabulary import MOST_CHARACTERS, Vocabulary, printable

LOWER = Vocabulary.of("abcdefghijklmnopqrstuvwxyz\n")
TYPEWRITER = Vocabulary.of("abcdefghijklmnopqrstuvwxyz \n'\"-.")

# NUL is the one character that no vocabulary holds.
characters = st.characters(min_codepoint=1)
texts = st.text(characters, min_size=1)


def test_characters_are_sorted_by_code_point_and_counted_once():
    vocabulary = Vocabulary.of(["cab", "bé\n"])
    assert vocabulary.characters == "\nabcé"
    assert len(vocabulary) == 5
    assert "é" in vocabulary
    assert "z" not in vocabulary


@pytest.mark.parametrize("characters", ["", "ba", "aa", "\0a"])
def test_an_alphabet_is_distinct_sorted_not_empty_and_without_nul(characters):
    with pytest.raises(VocabularyError, match="distinct characters in sorted order, without NUL"):
        Vocabulary(characters)


def test_the_index_is_the_place_in_the_alphabet():
    assert LOWER.encode("az\n").tolist() == [1, 26, 0]
    assert LOWER.index("b") == 2
    assert LOWER.decode([1, 26, 0]) == "az\n"


@given(texts)
def test_what_is_encoded_is_decoded_again(text):
    vocabulary = Vocabulary.of(text)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert [vocabulary.characters[index] for index in ids] == list(text)


@given(st.lists(texts, min_size=1))
def test_padded_rows_are_decoded_as_each_alone(lines):
    vocabulary = Vocabulary.of(lines)
    ids = np.full((len(lines), max(map(len, lines))), -1)
    for row, line in zip(ids, lines, strict=True):
        row[: len(line)] = vocabulary.encode(line)
    assert vocabulary.decode_rows(ids) == lines
    assert vocabulary.decode_rows(np.asfortranarray(ids)) == lines


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0)])
def test_rows_without_characters_are_empty_texts(shape):
    assert LOWER.decode_rows(np.empty(shape, dtype=np.intp)) == [""] * shape[0]


def test_minus_one_spells_nothing():
    assert LOWER.decode([-1, 1, -1, 2]) == "ab"


@pytest.mark.parametrize(
    ("text", "character", "position", "code_point"),
    [
        ("abéd", "é", 2, "U+00E9"),
        ("😀", "😀", 0, "U+1F600"),
        ("a\0", "\0", 1, "U+0000"),
        ("ab~|", "~", 2, "U+007E"),
    ],
)
def test_an_unknown_character_is_named_with_its_code_point_and_position(
    text, character, position, code_point
):
    with pytest.raises(UnknownCharacter) as caught:
        LOWER.encode(text)
    assert (caught.value.character, caught.value.position) == (character, position)
    for part in (repr(character), code_point, f"position {position} "):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("given_text", "fitted"),
    [
        ("rex", "rex"),
        ("T-Rex", "t-rex"),
        ("‘O rose’, “sick”…", "'o rose' \"sick\"..."),
        ("love—all\u00a0alike", "love-all alike"),
        ("Éowyn ñandú", "eowyn nandu"),
        ("E\u0301owyn", "eowyn"),
        ("ﬁn", "fin"),
        ("a1b2", "ab"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_a_text_is_brought_to_the_nearest_that_can_be_spelled(given_text, fitted):
    assert TYPEWRITER.adapt(given_text).text == fitted


def test_a_character_that_is_known_stays_as_it_is():
    every = Vocabulary.of("Éé’'Ee—-")
    assert every.adapt("É’—e").text == "É’—e"


def test_an_alphabet_of_letters_and_accents_keeps_both():
    parts = Vocabulary.of("e\u0301")
    assert parts.adapt("e\u0301").text == "e\u0301"


@pytest.mark.parametrize(
    ("alphabet", "given_text", "fitted"),
    [
        ("’“”—… abcdo", "a'b", "a’b"),
        ("’“”—… abcdo", '"a" b', "“a” b"),
        ("‘’ abcdo", "'a b' c'd", "‘a b’ c’d"),
        ("’“”—… abcdo", "a--b...", "a—b…"),
        ("’“”—… abcdo", "a-b", "a—b"),
        ("’“”—… abcdo", "a\u00a0b–c", "a b—c"),
        ("e\u0301ab", "e\u0301aZ", "e\u0301a"),
        ("e\u0301ab", "éaZ", "e\u0301a"),
        ("éab", "e\u0301aZ", "éa"),
        ("ée\u0301a", "e\u0301éZ", "e\u0301é"),
        ("각", "\u1100\u1161\u11a8!", "각"),
    ],
)
def test_a_prompt_is_adapted_to_a_typographer_s_alphabet_as_well(alphabet, given_text, fitted):
    assert Vocabulary.of(alphabet).adapt(given_text).text == fitted


def test_small_letters_become_capitals_where_only_those_are_known():
    assert Vocabulary.of("REX").adapt("rex").text == "REX"


def test_what_was_changed_is_said_in_one_line():
    note = TYPEWRITER.adapt("Réx’s 1st\nday").note
    assert note == (
        "read as \"rex's st\\nday\": changed the case of 'R'; took the accents off 'é'; "
        "straightened '’'; dropped '1'"
    )


def test_nothing_is_said_where_nothing_was_changed():
    assert LOWER.adapt("rex").note == ""


@pytest.mark.parametrize("text", ["123", "  ", "日本"])
def test_a_text_of_which_nothing_is_left_is_refused_with_the_alphabet(text):
    with pytest.raises(VocabularyError) as caught:
        LOWER.adapt(text)
    assert repr(text) in str(caught.value)
    assert "'a' to 'z'" in str(caught.value)


def test_the_empty_text_fits():
    assert LOWER.adapt("").text == ""


@given(alphabet=texts, text=st.text(characters))
def test_a_fitted_text_can_be_spelled_and_fits_as_it_is(alphabet, text):
    vocabulary = Vocabulary.of(alphabet)
    try:
        fitted = vocabulary.adapt(text)
    except VocabularyError:
        assert not set(text) & set(alphabet)
        return
    assert vocabulary.decode(vocabulary.encode(fitted.text)) == fitted.text
    assert vocabulary.adapt(fitted.text).text == fitted.text
    assert vocabulary.adapt(fitted.text).note == ""
    assert "\n" not in fitted.note


@given(alphabet=texts, data=st.data())
def test_a_text_of_known_characters_is_left_alone(alphabet, data):
    text = data.draw(st.text(st.sampled_from(alphabet)))
    assert Vocabulary.of([alphabet, "\r"]).adapt(text).text == text


@pytest.mark.parametrize(
    ("alphabet", "text"),
    [
        ("abc", "'a' to 'c'"),
        ("ab", "'a', 'b'"),
        ("ab z", "'a', 'b', ' ', 'z'"),
        ("\n", "'\\n'"),
        ("", ""),
    ],
)
def test_an_alphabet_is_shown_with_runs_drawn_together(alphabet, text):
    assert printable(alphabet) == text


def test_a_long_alphabet_is_shown_in_part():
    assert printable("acegikmoq", most=3) == "'a', 'c', 'e', …"


def test_more_characters_than_a_model_can_have_are_refused():
    most = "".join(map(chr, range(0x4E00, 0x4E00 + MOST_CHARACTERS)))
    assert len(Vocabulary(most)) == 10_000
    with pytest.raises(VocabularyError, match=r"there are 10,001 different characters; 10,000 are the most"):
        Vocabulary.of(most + "a")
