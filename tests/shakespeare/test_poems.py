"""Poems as streams: beginnings, lengths, lines and seeds."""

import numpy as np
import pytest

import shakespeare
from charlm.errors import InvalidOption, VocabularyError
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Vocabulary
from shakespeare import stream_poem
from shakespeare.poems import adapted


@pytest.fixture
def model(tmp_path, write_poem_model):
    return shakespeare.load(write_poem_model(tmp_path / "model.keras"))


def poem(model, *arguments, **options):
    return "".join(stream_poem(model, *arguments, **options))


def test_the_same_seed_gives_the_same_poem(model):
    one, same, other = (poem(model, "the road", length=200, seed=seed) for seed in (3, 3, 4))
    assert len(one) == 200 and one == same and one != other


def test_a_trailing_space_counts(model):
    assert poem(model, "the road", seed=1) != poem(model, "the road ", seed=1)


@pytest.mark.parametrize("seed", range(6))
def test_four_hundred_characters_are_usual_and_then_the_line_ends(model, seed):
    whole, longer = poem(model, "a", seed=seed), poem(model, "a", seed=seed, length=560)
    assert 400 <= len(whole) <= 560 and longer.startswith(whole)
    assert whole.endswith("\n") or longer[len(whole)] == "\n" or len(whole) >= 480


class Scripted:
    """A model that goes on with what is written down, from whatever it reads first."""

    def __init__(self, text, characters="\n ',abcdefghijklmnopqrstuvwxyzSA"):
        self.vocabulary, self.text = Vocabulary.of(characters), text

    def start(self, batch_size):
        return np.full((batch_size, 1), -self.read)

    def advance(self, state, ids):
        return state + 1

    def logits(self, state):
        wanted = self.vocabulary.index(self.text[int(state[0, 0]) % len(self.text)])
        scores = np.zeros((1, len(self.vocabulary)))
        scores[0, self.vocabulary.index(" ")] = 1.0
        scores[0, wanted] = 2.0
        return scores


def scripted(beginning, text, **options):
    model = Scripted(text)
    model.read = len(beginning)
    return beginning + poem(model, beginning, temperature=0, **options)


@pytest.mark.parametrize(
    ("beginning", "text", "written"),
    [
        ("So", "ns of", "So s of"),  # what is drawn in its place is its best character that is no letter
        ("count the", "e mean", "count the  mean"),
        ("compar", "e thee", "compare thee"),
        ("So ", "ns of", "So ns of"),
        ("So,", "ns of", "So,ns of"),
        ("So", " it is", "So it is"),
        ("So", "'s it", "So's it"),
        ("xqz", "ns of", "xqzns of"),
    ],
)
def test_a_finished_word_of_the_beginning_is_not_lengthened(beginning, text, written):
    assert scripted(beginning, text, length=len(text)) == written


def test_prose_ends_at_the_end_of_a_word():
    text = "a long word and another " * 40
    written = scripted("A ", text).removeprefix("A ")
    assert 480 <= len(written) < 500 and text.startswith(written)
    assert text[len(written)] == " "


def test_lines_end_the_poem(model):
    for lines in (1, 3, 8):
        written = poem(model, "a", lines=lines, seed=2)
        assert sum(bool(line.strip()) for line in f"a{written}".split("\n")) == lines
        assert not written.endswith("\n")
    assert len(poem(model, "a", lines=50, length=30, seed=2)) == 30


def test_an_empty_beginning_is_the_start_of_a_line(model):
    assert poem(model, "", seed=5) == poem(model, "\n", seed=5)


def test_a_beginning_is_read_whole(model):
    long = "a rose by any name\n" * 200
    likeliest = SamplingOptions(temperature=0)
    assert poem(model, long, length=50, options=likeliest, seed=0)
    assert adapted(model.vocabulary, long).text == long


def test_a_beginning_is_fitted_to_the_alphabet(model):
    assert poem(model, "The Road’s", seed=1) == poem(model, "the road's", seed=1)
    with pytest.raises(VocabularyError, match="nothing is left"):
        poem(model, "€€")


@pytest.mark.parametrize("wrong", [{"length": -1}, {"lines": 0}, {"seed": -1}])
def test_numbers_out_of_range(model, wrong):
    with pytest.raises(InvalidOption):
        stream_poem(model, "a", **wrong)
