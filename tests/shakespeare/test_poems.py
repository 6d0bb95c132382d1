"""Poems as streams: beginnings, lengths, lines and seeds."""

import pytest

import shakespeare
from charlm.errors import InvalidOption, VocabularyError
from charlm.sampling import SamplingOptions
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


def test_four_hundred_characters_are_usual(model):
    assert len(poem(model, "a")) == 400


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
