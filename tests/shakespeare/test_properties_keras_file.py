"""Any alphabet, shape and description is in the network that is read from a file, and the network writes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.errors import ModelFileError
from shakespeare import keras_file
from shakespeare.poems import stream_poem
from shakespeare.writer import writer_of

characters = st.characters(min_codepoint=1) | st.sampled_from('\n "\\é😀\u2028')
alphabets = st.sets(characters, min_size=1, max_size=20).map(lambda chosen: "".join(sorted(chosen)))
descriptions = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.sampled_from(["Lambda", "class_name"])
        | st.text(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model.keras"


@settings(max_examples=60)
@given(
    vocabulary=alphabets,
    units=st.integers(1, 5),
    layers=st.integers(1, 4),
    embedding_size=st.integers(1, 5),
    window=st.none() | st.integers(1, 6),
    recurrent_activation=st.sampled_from(keras_file.ACTIVATIONS),
    about=descriptions,
    scale=st.sampled_from([0, 1e-30, 1, 1e4]),
)
def test_any_network_is_read_as_it_was_written(path, write_poem_model, units, layers, scale, **config):
    arrays: dict[str, list[np.ndarray]] = {}

    def note(file):
        groups = {name: file[name] for name in ("embedding", "head")} | dict(file["layers"].items())
        for name, group in groups.items():
            for number in group["vars"]:
                values = group["vars"][number][...] * np.float32(scale)
                group["vars"][number][...] = values
                arrays.setdefault(name, []).append(values)

    config["about"].pop("training", None)
    write_poem_model(path, units=units, layers=layers, change=note, **config)
    network = keras_file.read(path)
    assert network.vocabulary.characters == config["vocabulary"]
    for name in ("recurrent_activation", "window", "about"):
        assert getattr(network, name) == config[name]
    read = {"embedding": [network.embedding], "head": [network.head_kernel, network.head_bias]}
    for index, layer in enumerate(network.layers):
        read[f"fast_lstm_{index}".removesuffix("_0")] = [layer.kernel, layer.recurrent_kernel, layer.bias]
    assert {name: [array.tobytes() for array in of_layer] for name, of_layer in read.items()} == {
        name: [array.tobytes() for array in of_layer] for name, of_layer in arrays.items()
    }
    assert len(network.layers) == layers and network.head_kernel.shape == (units, len(config["vocabulary"]))
    written = "".join(stream_poem(writer_of(network), config["vocabulary"][:3], length=7))
    assert len(written) == 7 and set(written) <= set(config["vocabulary"])


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_a_file_that_was_altered_is_refused_or_the_same(path, write_poem_model, place, by):
    config = {"units": 2, "layers": 1, "embedding_size": 2, "vocabulary": "\nab"}
    content = write_poem_model(path, **config).read_bytes()
    whole = keras_file.read(path)
    place %= len(content)
    path.write_bytes(content[:place] + by + content[place + len(by) :])
    try:
        network = keras_file.read(path)
    except ModelFileError as error:
        assert len(str(error).splitlines()) == 1
        return
    assert network.vocabulary == whole.vocabulary and network.about == whole.about
    for ours, theirs in zip(network.layers, whole.layers, strict=True):
        assert ours.kernel.tobytes() == theirs.kernel.tobytes()
        assert ours.recurrent_kernel.tobytes() == theirs.recurrent_kernel.tobytes()
