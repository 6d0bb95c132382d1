"""A trained model: the names that it yields, and the file that holds it."""

import itertools
import json
import os
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy

import dino
from charlm.errors import (
    CorpusError,
    InvalidOption,
    MissingFile,
    ModelFileError,
    OutputError,
    UnknownCharacter,
    VocabularyError,
)
from charlm.sampling import SamplingOptions
from dino import NameList, load, names_model, train
from dino.names_model import FORMAT
from dino.rnn import LETTERS

NAMES = NameList(("rex", "troodon", "iguanodon", "allosaurus", "stegosaurus"), "five.txt", "ab" * 32)
PARTS = {*LETTERS.values(), "about", "trained_on", "held_out"}


@pytest.fixture(scope="module")
def model():
    return train(NAMES, steps=300, hidden_size=12, validation=0.2, every=100)


@pytest.fixture(scope="module")
def rex():
    """A model that knows one name by heart."""
    return train(NameList(("rex",), "one.txt", "ab" * 32), steps=400, hidden_size=10, learning_rate=0.1)


def first(count, stream):
    return list(itertools.islice(stream, count))


def test_what_is_promised_can_be_imported():
    assert {name for name in dino.__all__ if getattr(dino, name)} == set(dino.__all__)
    assert dir(dino) == sorted(dino.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = dino.nothing


def test_plain_names_and_plain_options_are_enough():
    model = train(["Anna", " Emma ", ""], steps=3, hidden_size=2)
    assert model.trained_on == ("Anna", "Emma")
    assert repr(model) == "NamesModel(2 names from 'a list', 6 characters, 2 hidden units)"
    assert repr(NameList.of(["Anna"])) == "NameList(1 names from 'a list')"
    assert first(3, model.stream(temperature=0.5)) == first(
        3, model.stream(options=SamplingOptions(temperature=0.5))
    )
    with pytest.raises(InvalidOption, match="options and top_k are both given"):
        next(model.stream(options=SamplingOptions(), top_k=3))
    for wrong in ([], ["a\nb"], ["x" * 1001]):
        with pytest.raises(CorpusError, match=r"give one or more|a name is one line"):
            train(wrong, steps=1)


def test_names_are_distinct_and_spelled_in_the_alphabet(model):
    names = first(300, model.stream())
    assert len(set(names)) == len(names) == 300
    assert set("".join(names)) <= set(model.vocabulary.characters) - {"\n"}
    assert "" not in names
    assert max(map(len, names)) <= model.limit == 50


def test_the_seed_determines_the_names(model):
    assert first(50, model.stream(seed=3)) == first(50, model.stream(seed=3))
    assert first(50, model.stream(seed=3)) != first(50, model.stream(seed=4))


def test_more_names_begin_with_the_same(model):
    assert first(200, model.stream(seed=3))[:7] == first(7, model.stream(seed=3))


def test_every_name_begins_with_the_start(model):
    names = first(40, model.stream(start="tro"))
    assert all(name.startswith("tro") for name in names)
    assert len(set(names)) == 40


def test_a_start_as_long_as_a_name_can_be_still_gets_a_character(model):
    assert {len(name) for name in first(5, model.stream(start="o" * 50))} <= {50, 51}


def test_options_reach_the_sampling(rex):
    likeliest = SamplingOptions(temperature=0)
    assert next(rex.stream(options=likeliest, seed=1)) == next(rex.stream(options=likeliest, seed=2)) == "rex"


def test_a_stream_ends_when_nothing_more_comes(rex, monkeypatch):
    monkeypatch.setattr(names_model, "PATIENCE", 100)
    assert list(rex.stream(options=SamplingOptions(temperature=0))) == ["rex"]
    assert list(rex.stream(options=SamplingOptions(temperature=0), new_only=True)) == []


def test_new_names_are_not_in_the_training_list(rex):
    assert "rex" in first(20, rex.stream(seed=5))
    assert "rex" not in first(20, rex.stream(seed=5, new_only=True))
    assert rex.known == {"rex"}


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [("tRo", UnknownCharacter, "'R'.* at position 1 "), ("tro\n", VocabularyError, "line break")],
)
def test_a_start_that_cannot_be_is_refused(model, start, error, message):
    with pytest.raises(error, match=message):
        next(model.stream(start=start))


def test_names_may_be_as_long_as_the_longest_that_was_learned():
    long = train(NameList(("x" * 80,), "one.txt", ""), steps=1, hidden_size=2)
    assert long.limit == 81


@pytest.mark.parametrize(("source", "shown"), [("bundled", "Rex"), ("own.txt", "rex")])
def test_a_capital_is_shown_where_the_program_took_it(source, shown):
    assert train(NameList(("rex",), source, ""), steps=1, hidden_size=2).titled("rex") == shown


def test_the_cost_of_names_includes_their_ends(rex):
    state, cost = rex.rnn.start(1), 0.0
    for character in rex.vocabulary.encode("rex\n"):
        scores = rex.rnn.logits(state)[0]
        cost += np.log(np.exp(scores).sum()) - scores[character]
        state = rex.rnn.advance(state, np.array([character]))
    assert rex.nats_per_character(["rex"]) == pytest.approx(cost / 4, rel=1e-13, abs=0)


def test_what_is_loaded_is_what_was_saved(model, tmp_path):
    path = tmp_path / "models" / "dino.safetensors"
    model.save(path)
    loaded = load(str(path))
    for letter, array in model.rnn.parameters.items():
        assert loaded.rnn.parameters[letter].tolist() == array.tolist()
    assert replace(loaded, rnn=model.rnn) == model
    assert loaded.vocabulary == model.vocabulary
    assert first(20, loaded.stream(seed=1)) == first(20, model.stream(seed=1))
    assert [entry.name for entry in path.parent.iterdir()] == ["dino.safetensors"]
    assert model.held_out
    assert model.settings["steps"] == 300


def test_a_file_says_what_it_is_in_arrays_alone(model, tmp_path):
    model.save(tmp_path / "dino.safetensors")
    arrays = safetensors.numpy.load_file(tmp_path / "dino.safetensors")  # as any program would
    assert set(arrays) == PARTS
    about = json.loads(arrays["about"].tobytes())
    assert arrays["trained_on"].tobytes().decode().split("\n") == list(model.trained_on)
    assert about["source"] == "five.txt"
    assert about["sha256"] == "ab" * 32
    assert about["vocabulary"] == model.vocabulary.characters


def test_accents_and_spaces_come_back(tmp_path):
    names = NameList(("Ōta Jirō", "李", "o'neil"), "names.txt", "")
    train(names, steps=2, hidden_size=2).save(tmp_path / "names.safetensors")
    assert load(tmp_path / "names.safetensors").trained_on == names.names


def test_a_model_that_cannot_be_written_is_told(model, tmp_path):
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OutputError, match="cannot write"):
        model.save(tmp_path / "file" / "dino.safetensors")


def test_no_file_is_a_wrong_call(tmp_path):
    for path in (tmp_path / "none.safetensors", tmp_path, tmp_path / ("x" * 5000)):
        with pytest.raises(MissingFile, match="there is no model of dinosaur names"):
            load(path)


def refused(path):
    """The message with which a file is refused, without the file's name."""
    with pytest.raises(ModelFileError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message.replace(str(path), "")


@pytest.fixture(scope="module")
def tiny():
    return train(NameList(("ab", "ba"), "two.txt", "ab" * 32), steps=3, hidden_size=1)


@pytest.fixture
def tiny_file(tiny, tmp_path):
    path = tmp_path / "tiny.safetensors"
    tiny.save(path)
    return path


def test_a_file_cut_short_at_any_byte_is_refused(tiny_file):
    for length in reversed(range(tiny_file.stat().st_size)):
        os.truncate(tiny_file, length)
        refused(tiny_file)


def test_more_bytes_behind_it_are_refused(tiny_file):
    tiny_file.write_bytes(tiny_file.read_bytes() + b"more")
    assert "altered" in refused(tiny_file)


def test_every_flipped_bit_is_refused(tiny_file, flipping):
    for _ in flipping(tiny_file, range(8 * tiny_file.stat().st_size)):
        refused(tiny_file)


def test_the_model_that_ships_cut_short_or_altered(tmp_path, flipping):
    shipped, path = names_model.shipped(), tmp_path / "dino.safetensors"
    size = shipped.stat().st_size
    path.write_bytes(shipped.read_bytes())
    places = np.random.default_rng(0).integers(8 * size, size=300).tolist()
    for _ in flipping(path, places):
        refused(path)
    assert load(path).known == load(shipped).known
    for length in np.linspace(size - 1, 0, 200, dtype=int).tolist():
        os.truncate(path, length)
        refused(path)


@pytest.fixture
def rewritten(tiny, tmp_path):
    """Writes a file whose digest is right, with some of its arrays changed; None takes one away."""

    def rewrite(**changes):
        path = tmp_path / "changed.safetensors"
        tiny.save(path)
        arrays = FORMAT.read(path, PARTS) | changes
        FORMAT.write(path, {name: array for name, array in arrays.items() if array is not None})
        return path

    return rewrite


def as_bytes(text):
    return np.frombuffer(text.encode(), dtype=np.uint8)


def test_rewriting_without_a_change_is_no_damage(tiny, rewritten):
    assert load(rewritten()).known == tiny.known


@pytest.mark.parametrize("part", LETTERS.values())
@pytest.mark.parametrize(
    "damage",
    [
        lambda weights: np.full_like(weights, np.nan),
        lambda weights: np.full_like(weights, -np.inf),
        lambda weights: np.full_like(weights, 1e31),
        lambda weights: weights.astype(np.float32),
        lambda weights: weights[:, :0],
        lambda weights: weights.ravel(),
        lambda weights: np.vstack([weights, weights]),
    ],
    ids=["NaN", "infinite", "too large", "float32", "empty", "flat", "too long"],
)
def test_weights_of_another_shape_or_kind_or_not_finite_are_refused(tiny, rewritten, part, damage):
    letter = next(letter for letter, name in LETTERS.items() if name == part)
    path = rewritten(**{part: damage(tiny.rnn.parameters[letter])})
    assert f"{part} must be" in refused(path)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_file_without_a_part_is_of_another_kind(rewritten, part):
    assert f"it has no array '{part}'" in refused(rewritten(**{part: None}))


def about(**changes):
    true = {
        "vocabulary": "\nab",
        "hidden_size": 1,
        "source": "two.txt",
        "sha256": "",
        "settings": {},
        "history": {"steps": [], "training": [], "validation": []},
    }
    return json.dumps(true | changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "{" * 10,
        "[" * 100_000,
        about(vocabulary="abc"),
        about(vocabulary="ba\n"),
        about(vocabulary=5),
        about(vocabulary="\nabc"),
        about(hidden_size=2),
        about(hidden_size=-1),
        about(hidden_size=10**7),
        about(hidden_size=float("inf")),
        about(hidden_size=None),
        about(settings=5),
        about(history=5),
        about(history={"steps": [1]}),
        about(history={"steps": [1], "training": ["x"], "validation": [None]}),
        about(history={"steps": [1, 2], "training": [1.0], "validation": [None]}),
    ],
    ids=lambda text: text[:90],
)
def test_a_description_that_makes_no_sense_is_refused(rewritten, text):
    refused(rewritten(about=as_bytes(text)))


def test_a_description_without_end_is_refused_unread(rewritten):
    path = rewritten(about=as_bytes("[" * (2**20 + 1)))
    assert "has an array 'about' of 1,048,577 numbers, where 1,048,576 are the most" in refused(path)


def test_the_description_above_does_make_sense(rewritten):
    assert load(rewritten(about=as_bytes(about()))).source == "two.txt"


def test_text_that_is_not_utf_8_is_refused(rewritten):
    refused(rewritten(trained_on=np.array([0xFF], dtype=np.uint8)))


def test_a_newer_version_is_refused_with_the_remedy(tiny, tiny_file, monkeypatch):
    monkeypatch.setattr(names_model, "FORMAT", replace(FORMAT, version=2))
    tiny.save(tiny_file)
    monkeypatch.undo()
    assert "is of format 2, and this program reads up to 1; install a newer one" in refused(tiny_file)


def test_a_file_of_an_earlier_form_is_refused_with_the_way_out(tmp_path):
    np.savez(tmp_path / "old.npz", version=np.array([1]))
    told = refused(tmp_path / "old.npz")
    assert "is a zip file, such as earlier versions wrote; give one that 'dino train' wrote" in told


@pytest.mark.parametrize(
    "content", [b"", b"rex\n", b"\x80\x04N.", b"PK\x05\x06" + bytes(18), bytes(100), b"\xff" * 99]
)
def test_files_of_another_kind_are_refused(tmp_path, content):
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    refused(path)


def test_a_text_file_of_names_is_no_model():
    refused(names_model.bundled("data/dinosaurs.txt"))
