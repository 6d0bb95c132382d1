"""Model files: what is read is what was written, and everything else is refused by name."""

import io
import json
import os
import zipfile

import h5py
import numpy as np
import pytest

from charlm.errors import MissingFile, ModelFileError
from shakespeare import keras_file
from shakespeare.archive import sign


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.keras"


def refused(path, told):
    with pytest.raises(ModelFileError) as error:
        keras_file.read(path)
    message = str(error.value)
    assert str(path) in message and told in message and "give one that" in message and "\n" not in message


def test_a_file_is_read_whole(path, write_poem_model):
    network = keras_file.read(write_poem_model(path, about={"training": []}, layers=3))
    assert [layer.kernel.shape for layer in network.layers] == [(6, 48), (12, 48), (12, 48)]
    assert network.embedding.shape == (len(network.vocabulary), 6)
    assert network.head_kernel.shape == (12, len(network.vocabulary)) and network.about == {"training": []}


def test_keras_s_own_files_are_read_to_the_last_bit(path):
    import keras

    from shakespeare.network import CharacterLSTM

    for activation, window in (("sigmoid", None), ("hard_sigmoid", 7)):
        model = CharacterLSTM("\nab", 5, 2, 4, recurrent_activation=activation, window=window)
        model.compile(keras.optimizers.Adam(), "mse")
        model.save(path)
        network = keras_file.read(path)
        assert (network.window, network.recurrent_activation) == (window, activation)
        ours = [network.embedding]
        for layer in network.layers:
            ours += [layer.kernel, layer.recurrent_kernel, layer.bias]
        ours += [network.head_kernel, network.head_bias]
        for array, theirs in zip(ours, model.weights, strict=False):
            assert np.array_equal(array, theirs.numpy())


def test_a_missing_file(path):
    with pytest.raises(MissingFile, match="there is no model of poems"):
        keras_file.read(path)


@pytest.fixture
def tiny_file(path, write_poem_model):
    """A model of one unit, in the smallest form that HDF5 has."""
    write_poem_model(path, vocabulary="\nab", units=1, layers=1, embedding_size=1)
    with zipfile.ZipFile(path) as archive:
        config, weights = archive.read("config.json"), io.BytesIO(archive.read("model.weights.h5"))
    smaller = io.BytesIO()
    with h5py.File(weights) as old, h5py.File(smaller, "w", libver="latest") as new:
        for name in ("embedding", "layers/fast_lstm", "head"):
            for number, array in old[f"{name}/vars"].items():
                new[f"{name}/vars/{number}"] = array[...]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", smaller.getvalue())
    with path.open("rb+") as file:
        sign(file)
    return path


def contents(network):
    """All that a network holds, to be compared."""
    arrays = [network.embedding, network.head_kernel, network.head_bias]
    arrays += [array for layer in network.layers for array in vars(layer).values()]
    rest = (network.vocabulary.characters, network.window, network.recurrent_activation, network.dropout)
    return [array.tobytes() for array in arrays], rest, network.about


def same_or_refused(path, before):
    try:
        return contents(keras_file.read(path)) == before
    except ModelFileError as error:
        return "\n" not in str(error)


@pytest.mark.slow
def test_a_file_with_any_bit_flipped(tiny_file, flipping):
    before = contents(keras_file.read(tiny_file))
    for bit in flipping(tiny_file, range(8 * tiny_file.stat().st_size)):
        assert same_or_refused(tiny_file, before), f"bit {bit}"


def test_a_file_cut_short_at_any_length(tiny_file):
    for length in reversed(range(tiny_file.stat().st_size)):
        os.truncate(tiny_file, length)
        refused(tiny_file, "cut short or altered")


@pytest.mark.slow
def test_the_model_that_ships_cut_short_or_altered(path, flipping):
    path.write_bytes(keras_file.shipped().read_bytes())
    before, size = contents(keras_file.read(path)), path.stat().st_size
    for bit in flipping(path, np.random.default_rng(0).integers(8 * size, size=300).tolist()):
        assert same_or_refused(path, before), f"bit {bit}"
    assert keras_file.read(path).verified
    for length in np.linspace(size - 1, 0, 200, dtype=int).tolist():
        os.truncate(path, length)
        refused(path, "cut short or altered")


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", b"{}", b'{"format": 1}', b'{"format": 0, "sha256": "ab"}', b'{"format": true}']
)
def test_a_digest_that_is_none(path, write_poem_model, said):
    write_poem_model(path, signed=False)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("digest.json", said)
    refused(path, "has a digest.json that cannot be read")


def test_archives_of_another_kind(path, write_poem_model):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "nothing")
    refused(path, "it has no 'config.json'")
    write_poem_model(path.with_suffix(".stored"))
    with zipfile.ZipFile(path.with_suffix(".stored")) as stored, zipfile.ZipFile(path, "w") as archive:
        for name in stored.namelist():
            archive.writestr(name, stored.read(name), zipfile.ZIP_DEFLATED)
    refused(path, "compressed parts")


def test_a_text_may_be_called_lambda(path, write_poem_model):
    about = {"training": [{"corpus": "Lambda", "note": '"class_name": "Lambda"'}]}
    assert keras_file.read(write_poem_model(path, about=about)).about == about


def test_another_class_or_a_lambda(path, write_poem_model):
    refused(write_poem_model(path, class_name="Sequential"), "of class 'Sequential', not CharacterLSTM")
    refused(write_poem_model(path, about={"layers": [{"class_name": "Lambda"}]}), "Lambda layer")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"class_name": "CharacterLSTM"}', "[" * 100_000])
def test_a_config_that_is_none(path, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", b"")
    refused(path, "a config that")


WRONG_CONFIGS = [
    ({"units": 5000}, "units is 5000, not from 1 to 4,096"),
    ({"units": True}, "units is True"),
    ({"units": 12.0}, "units is 12.0"),
    ({"layers": 9}, "layers is 9, not from 1 to 8"),
    ({"layers": 0}, "layers is 0"),
    ({"embedding_size": 10**12}, "embedding_size is 1000000000000"),
    ({"window": 0}, "window is 0"),
    ({"window": "40"}, "window is '40'"),
    ({"dropout": 1}, "its dropout is 1, not a number from 0 to below 1"),
    ({"dropout": False}, "its dropout is False"),
    ({"vocabulary": ""}, "its vocabulary is ''"),
    ({"vocabulary": "ba"}, "distinct sorted"),
    ({"vocabulary": None}, "its vocabulary is not a text"),
    ({"vocabulary": "".join(map(chr, range(20_000)))}, "at most 10,000 characters"),
    ({"recurrent_activation": "relu"}, "its recurrent activation is 'relu'"),
    ({"about": "nothing"}, "what it says about its training"),
    ({"about": {"training": 3}}, "what it says about its training"),
]


@pytest.mark.parametrize(("changes", "told"), WRONG_CONFIGS, ids=[told for _, told in WRONG_CONFIGS])
def test_a_config_that_asks_for_what_is_not_allowed(path, write_poem_model, changes, told):
    write_poem_model(path)
    with zipfile.ZipFile(path) as archive:
        whole, weights = json.loads(archive.read("config.json")), archive.read("model.weights.h5")
    whole["config"] |= changes
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(whole))
        archive.writestr("model.weights.h5", weights)
    refused(path, told)


def replaced(name, value):
    def change(file):
        del file[name]
        file[name] = value

    return change


def renamed(file):
    file.move("layers/fast_lstm_1", "layers/fast_lstm_7")


def compressed(file):
    values = file["head/vars/0"][...] * 0
    del file["head/vars/0"]
    file.create_dataset("head/vars/0", data=values, compression="gzip")


def never_written(file):
    del file["head/vars/0"]
    file.create_dataset("head/vars/0", shape=(12, 31), dtype=np.float32)


def round_in_a_circle(file):
    del file["head"]
    file["head"] = file["/"]


HEAD = "head/vars/0"
WRONG_WEIGHTS = [
    (lambda file: file.__delitem__(HEAD), "the weights head/0 are missing"),
    (renamed, "the weights lstm_1/0 are missing"),
    (replaced(HEAD, np.zeros((31, 12), np.float32)), "must be (12, 31) of float32, but are (31, 12)"),
    (replaced(HEAD, np.zeros((12, 31))), "of float64"),
    (replaced(HEAD, np.full((12, 31), np.nan, np.float32)), "the weights head/0 hold numbers"),
    (replaced(HEAD, h5py.ExternalLink("other.h5", "/weights")), "links are never followed"),
    (replaced("head", h5py.ExternalLink("other.h5", "/head")), "links are never followed"),
    (replaced("head", h5py.SoftLink("/embedding")), "links are never followed"),
    (compressed, "not stored plainly"),
    (never_written, "not stored plainly"),
    (round_in_a_circle, "head/0 are missing"),
]


@pytest.mark.parametrize(("change", "told"), WRONG_WEIGHTS)
def test_weights_that_do_not_fit(path, write_poem_model, change, told):
    refused(write_poem_model(path, change=change), told)


def test_weights_that_are_no_hdf5(path, write_poem_model):
    write_poem_model(path)
    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", b"not HDF5")
    refused(path, "weights that cannot be used")
