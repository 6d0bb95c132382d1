"""Poems under a form: whatever the model, the form is kept, and the seed decides the poem."""

import re

import numpy as np
import pytest

import dino
from charlm.errors import InvalidOption, VocabularyError
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Vocabulary
from shakespeare.keras_file import shipped as shipped_model
from shakespeare.verse.beginning import BeginningError, laid
from shakespeare.verse.form import FORMS, form
from shakespeare.verse.lexicon import entry, shipped, words_of, written
from shakespeare.verse.scan import scan_poem
from shakespeare.verse.writing import Source, lexicon, stream_lines
from shakespeare.writer import load_writer

LETTERS = "\n ',-.:;?!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Equal:
    """A language model for which all characters are equally likely; it knows no English."""

    def __init__(self, characters=LETTERS):
        self.vocabulary = Vocabulary.of(characters)

    def start(self, batch_size):
        return np.zeros((batch_size, 1), dtype=np.float32)

    def advance(self, state, ids):
        assert len(state) == len(ids)
        return state + 1

    def logits(self, state):
        return np.zeros((len(state), len(self.vocabulary)), dtype=np.float32)


def scanned(lines, name):
    return scan_poem(list(enumerate(lines, start=1)), form(name))


@pytest.fixture(scope="module")
def model():
    return load_writer(shipped_model())


@pytest.mark.parametrize("name", [*FORMS, "ABAB: iambic trimeter", "AA: trochaic tetrameter"])
@pytest.mark.parametrize("characters", [LETTERS, "\n abcdefghijklmnopqrstuvwxyz"], ids=["cased", "small"])
def test_a_form_is_kept_even_by_a_model_that_knows_nothing(name, characters):
    lines = list(stream_lines(Equal(characters), form(name), seed=3))
    poem = scanned(lines, name)
    assert poem.departures == () and poem.form == form(name).name
    words = {word.lower() for line in lines for word in re.findall(r"[\w'-]+", line)}
    assert words <= set(shipped())
    ends = [re.findall(r"[\w'-]+", line)[-1].lower() for line in lines]
    assert len(set(ends)) == len(ends) and len(set(lines)) == len(lines)


def test_that_a_model_knows_no_english_is_told_once():
    told = []
    list(stream_lines(Equal(), form("quatrain"), tell=told.append))
    assert sum("knows no English" in line for line in told) == 1


def test_the_same_seed_gives_the_same_poem_also_after_a_reload(model):
    def poem(writer, seed):
        return list(stream_lines(writer, form("quatrain"), "My love", seed=seed))

    first = poem(model, 5)
    assert first == poem(load_writer(shipped_model()), 5) != poem(model, 6)
    assert first[0].startswith("My love ") and scanned(first, "quatrain").departures == ()
    assert first[-1][-1] in ".?!" and all(line[0].isupper() for line in first)


def test_the_likeliest_characters_at_temperature_0(model):
    options = SamplingOptions(0)
    one, two = (list(stream_lines(model, form("AA"), options=options, seed=seed)) for seed in (1, 2))
    assert one == two and scanned(one, "AA").departures == ()


def test_a_beginning_that_fills_the_line_is_line_1(model):
    lines = stream_lines(model, form("quatrain"), "Shall I compare thee to a summer's day?", seed=1)
    assert next(lines) == "Shall I compare thee to a summer's day?"


@pytest.mark.parametrize(
    ("beginning", "told"),
    [
        (
            "Shall I compare thee to a summer's day, my love",
            "12 syllables, and a line of iambic pentameter has 10 or 11",
        ),
        ("Shall I compare thee to the seventh month", "too few words rhyme"),
        ("one\ntwo", "several lines"),
        ("...", "has no word"),
        ("My bzzt", "'bzzt', which cannot be said"),
        ("I have contracted", "breaks the iambic pentameter at its word 3, 'contracted'"),
    ],
)
def test_a_beginning_that_fits_no_line_says_why(beginning, told):
    with pytest.raises(BeginningError, match=re.escape(told)):
        stream_lines(Equal(), form("sonnet"), beginning)


@pytest.mark.parametrize(
    ("characters", "told"),
    [("\nabc", "no space"), (" abc", "no newline"), ("\n абв", "spells 0 words of English")],
)
def test_an_alphabet_without_english_is_refused(characters, told):
    with pytest.raises(VocabularyError, match=told):
        stream_lines(Equal(characters), form("sonnet"))


def test_names_have_no_space_to_part_words_by():
    with pytest.raises(VocabularyError, match="this model's alphabet has no space"):
        stream_lines(dino.load(dino.shipped()).rnn, form("sonnet"))


def test_numbers_out_of_range_are_refused():
    for settings in ({"candidates": 0}, {"candidates": 10_000}, {"seed": -1}):
        with pytest.raises(InvalidOption):
            stream_lines(Equal(), form("sonnet"), **settings)


def test_no_line_of_the_source_is_repeated(model):
    first = list(stream_lines(model, form("AA"), seed=4))
    again = list(stream_lines(model, form("AA"), seed=4, source=Source("\n".join(first))))
    assert not {line.strip(",;:.?!") for line in first} & {line.strip(",;:.?!") for line in again}


def test_any_words_allows_those_of_the_model():
    lines = list(stream_lines(Equal("\n abcdefghijklmnopqrstuvwxyz"), form("AA"), seed=1, any_words=True))
    assert len(lines) == 2 and {len(line.fitted.pattern) for line in scanned(lines, "AA").lines} <= {10, 11}


def test_the_words_that_ship_are_as_the_rules_make_them(course_data):
    plays = course_data("plays").read_text(encoding="utf-8")[:1_003_854]
    sonnets = course_data("sonnets").read_text(encoding="utf-8")[:84_847]
    words = words_of(f"{plays}\n{sonnets}")
    assert list(shipped()) == [word for word in words if entry(word)]
    some = words[::20]
    assert written(some).splitlines() == [
        f"{word} {','.join(shipped()[word].stresses)} {','.join(shipped()[word].tails)}"
        for word in some
        if word in shipped()
    ]


def test_a_beginning_is_laid_on_its_feet():
    words = lexicon(Equal().vocabulary)
    begun = laid("My love ", Equal().vocabulary, form("sonnet"), words)
    assert begun.text == "My love" and not begun.whole and {at for _, at in begun.feet} == {2}
