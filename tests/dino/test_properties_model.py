"""Any names, settings and weights are in the file that was written of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.run.history import History
from charlm.vocabulary import Vocabulary
from dino.fast_rnn import Parameters
from dino.names import END
from dino.names_model import LARGEST_WEIGHT, NamesModel, load
from dino.rnn import DinoRNN
from dino.training import Sequences

characters = st.characters(min_codepoint=1, exclude_characters=END) | st.sampled_from(
    'aé😀\ud83d\ude00\r\u2028"\\'
)
names = st.lists(st.text(characters, min_size=1, max_size=9), max_size=6).map(tuple)
losses = st.floats(0, 1e308)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(characters)
points = st.lists(st.tuples(st.integers(0, 10**12), losses, st.none() | losses), max_size=4)
weights = st.floats(-LARGEST_WEIGHT, LARGEST_WEIGHT) | st.sampled_from([5e-324, -0.0, 1e-310])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model.safetensors"


@given(
    trained_on=names,
    held_out=names,
    source=st.text(characters),
    settings=st.dictionaries(st.text(characters), scalars, max_size=5),
    points=points,
    hidden=st.integers(1, 3),
    few=st.lists(weights, min_size=1, max_size=7),
)
def test_any_model_is_loaded_as_it_was_saved(
    path, trained_on, held_out, source, settings, points, hidden, few
):
    vocabulary = Vocabulary.of([*trained_on, *held_out, END])
    parameters = Parameters(hidden, len(vocabulary))
    parameters.flat[...] = np.resize(few, parameters.flat.size)
    columns = zip(*points, strict=True) if points else ((), (), ())
    model = NamesModel(
        rnn=DinoRNN(vocabulary, parameters.letters()),
        trained_on=trained_on,
        held_out=held_out,
        source=source,
        sha256="ab" * 32,
        settings=settings,
        history=History(*map(tuple, columns)),
    )
    model.save(path)
    loaded = load(path)
    for letter, array in parameters.letters().items():
        assert loaded.rnn.parameters[letter].tobytes() == array.tobytes()
    assert loaded.vocabulary == vocabulary
    for name in ("trained_on", "held_out", "source", "sha256", "settings", "history"):
        assert getattr(loaded, name) == getattr(model, name), name
    written = path.read_bytes()
    loaded.save(path)
    assert path.read_bytes() == written


@given(names.filter(bool))
def test_every_name_is_read_from_a_blank_to_its_end_and_predicted_from_its_start(listed):
    vocabulary = Vocabulary.of([*listed, END])
    sequences = Sequences(vocabulary.encode(END.join(["", *listed, ""])), vocabulary.index(END))
    assert len(sequences) == len(listed) and sequences.longest == 1 + max(map(len, listed))
    for index, name in enumerate(listed):
        inputs, targets = sequences[index]
        assert inputs.tolist() == [-1, *vocabulary.encode(name)]
        assert vocabulary.decode(targets) == name + END
    assert math.fsum(len(sequences[index][0]) for index in range(len(listed))) == sum(map(len, listed)) + len(
        listed
    )
