"""The front door in Python: the same verbs on both sides, keywords, plain lists, and reprs of one line."""

import hashlib
from itertools import islice

import numpy as np
import pytest

import dino
import shakespeare
from charlm.errors import InvalidOption
from charlm.run import corpora
from charlm.run.history import History
from charlm.scoring import Evaluation, costs_in_text
from charlm.vocabulary import Vocabulary
from shakespeare import keras_file
from shakespeare.writer import writer_of

VERSE = "the reed that bends outlives the prouder tree,\nand so my pen shall bend to write of thee.\n" * 20


@pytest.fixture
def model_file(tmp_path, write_poem_model):
    """A model that says what it learned from, and what it held out of it."""
    text = tmp_path / "verse.txt"
    text.write_text(VERSE, encoding="utf-8")
    split = {"training": [0, 900, 1000, len(VERSE)], "validation": [900, 1000]}
    told = {"corpus": str(text), "sha256": hashlib.sha256(text.read_bytes()).hexdigest(), "split": split}
    return write_poem_model(tmp_path / "model.keras", about={"training": [told]})


@pytest.mark.parametrize("package", [dino, shakespeare])
def test_every_name_that_is_offered_is_there(package):
    assert {"SamplingOptions", "load", "train", "generate", "evaluate", "shipped", "__version__"} <= set(
        dir(package)
    )
    assert list(package.__all__) == sorted(
        package.__all__, key=lambda name: (name.lstrip("_").islower(), name)
    )
    without_keras = set(package.__all__) - {"train", "finetune", "save"}
    assert all(getattr(package, name) for name in without_keras)


def test_names_in_one_call():
    names = dino.generate(count=4, start="tri", temperature=0.7, seed=3, new_only=True)
    stream = dino.load(dino.shipped()).stream(start="tri", temperature=0.7, seed=3, new_only=True)
    assert names == list(islice(stream, 4))
    assert dino.generate(dino.shipped(), 2, start="TRI", seed=1)[0].startswith("tri")
    assert dino.generate(count=0) == []


def test_plain_lists_are_names():
    model = dino.train(["Rex", "Minmi", "Troodon", "Anna"], steps=30, hidden_size=4, validation=0.3)
    figures = dino.evaluate(model, ["Rona", "Mirex"])
    assert isinstance(figures, Evaluation) and "2 names from a list" in figures.title
    assert str(figures).splitlines()[1].startswith("  this model ")


def test_a_poem_in_one_call(model_file):
    options = {"temperature": 0.5, "seed": 3, "length": 30}
    stream = shakespeare.stream_poem(shakespeare.load(model_file), "the reed ", **options)
    whole = "the reed " + "".join(stream)
    for model in (model_file, str(model_file), keras_file.read(model_file), shakespeare.load(model_file)):
        assert shakespeare.generate(model, "the reed ", **options) == whole
    with pytest.raises(InvalidOption, match="both given"):
        shakespeare.generate(model_file, options=shakespeare.SamplingOptions(), temperature=1)


def test_what_a_model_held_out_is_scored_beside_what_only_counts(model_file):
    figures = shakespeare.evaluate(model_file)
    network = keras_file.read(model_file)
    ids = network.vocabulary.encode(VERSE[900:1000])
    assert figures.title.startswith("nats per character over 100 characters of what the model held out of ")
    assert figures.rows[0] == ("this model", pytest.approx(costs_in_text(writer_of(network), ids).mean()))
    assert [what for what, _ in figures.rows[1:]] == ["equal chances", "unigram", "6-gram with backoff"]
    other = shakespeare.evaluate(shakespeare.load(model_file), "the réed is a réed")
    assert other.title.endswith("18 characters of a text") and len(other.rows) == 1
    with pytest.raises(InvalidOption, match="give evaluate a text"):
        shakespeare.evaluate(shakespeare.load(model_file))


@pytest.mark.slow
def test_a_sonnet_and_its_lines(course_data):
    course_data("sonnets")
    options = {"seed": 2, "candidates": 4}
    written = shakespeare.sonnet(form="couplets", **options)
    model = shakespeare.load(shakespeare.shipped())
    assert written == shakespeare.sonnet(form="couplets", temperature=0.8, **options)
    lines = list(shakespeare.stream_lines(model, shakespeare.form("couplets"), **options))
    assert len(written.splitlines()) == len(lines) == len(shakespeare.form("couplets"))
    with pytest.raises(InvalidOption, match="exclude each other"):
        shakespeare.sonnet(repetition_penalty=1.2)


def test_what_is_shown_of_a_value_is_one_short_line(model_file, tmp_path):
    model = dino.load(dino.shipped())
    network = keras_file.read(model_file)
    corpus = corpora.load(str(tmp_path / "verse.txt"), bundled_as="")
    values = [
        model,
        model.rnn,
        model.vocabulary,
        model.history,
        network,
        shakespeare.load(model_file),
        corpus,
    ]
    values += [Vocabulary("".join(map(chr, range(0x4E00, 0x6000)))), dino.load_names()]
    values += [History(tuple(range(1500)), (1.0,) * 1500, (None,) * 1500), np.float64(0)]
    assert all(len(repr(value)) < 500 and "\n" not in repr(value) for value in values)
    assert repr(model.rnn) == "DinoRNN(100 hidden units, 27 characters)"
