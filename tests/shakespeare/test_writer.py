"""The writers against Keras, on the same weights and the same text."""

import numpy as np
import pytest

import shakespeare
from charlm.errors import NoPrediction
from charlm.language_model import BLANK, read_text, take_rows
from charlm.sampling import likeliest, softmax
from shakespeare import keras_file
from shakespeare.writer import SonnetWriter, writer_of, writer_of_model

VOCABULARY = "".join(map(chr, range(32, 97)))


def network_in_keras(**config):
    """With weights of about the size that training gives them."""
    import keras

    from shakespeare.network import CharacterLSTM

    keras.utils.set_random_seed(3)
    model = CharacterLSTM(VOCABULARY, **config)
    for weight in model.weights:
        weight.assign(weight.numpy() + 0.05 * keras.ops.convert_to_numpy(keras.random.normal(weight.shape)))
    return model


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_thousand_characters_with_the_state_carried(tmp_path, layers):
    model = network_in_keras(units=48, layers=layers, embedding_size=16)
    model.save(tmp_path / "model.keras")
    writer = shakespeare.load(tmp_path / "model.keras")
    ids = np.random.default_rng(0).integers(0, len(VOCABULARY), (2, 1000))
    theirs = softmax(model.predict(ids, verbose=0).astype(np.float64))
    state = writer.start(2)
    for time, column in enumerate(ids.T):
        state = writer.advance(state, column)
        ours = softmax(writer.logits(state).astype(np.float64))
        assert np.abs(ours - theirs[:, time]).max() < 1e-5


@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid"])
def test_windows_with_blanks_before_the_beginning(activation):
    model = network_in_keras(units=32, window=40, recurrent_activation=activation)
    writer = writer_of_model(model)
    assert writer.window == 40
    ids = np.random.default_rng(0).integers(0, len(VOCABULARY), (3, 40))
    ids[0, :30] = ids[1, :1] = BLANK
    theirs = softmax(model.predict(ids, verbose=0).astype(np.float64))
    assert np.abs(softmax(writer.logits(ids).astype(np.float64)) - theirs).max() < 1e-5


@pytest.fixture
def network(tmp_path, write_poem_model):
    return keras_file.read(write_poem_model(tmp_path / "model.keras"))


@pytest.fixture
def window_network(tmp_path, write_poem_model):
    return keras_file.read(write_poem_model(tmp_path / "window.keras", window=5))


def test_a_window_holds_the_last_characters_and_blanks_before_them(window_network):
    writer = writer_of(window_network)
    assert writer.start(2).tolist() == [[BLANK] * 5] * 2
    state = read_text(writer, writer.start(1), [3, 4], 1)
    assert state.tolist() == [[BLANK, BLANK, BLANK, 3, 4]]
    assert read_text(writer, state, [5, 6, 7, 8], 1).tolist() == [[4, 5, 6, 7, 8]]


def test_only_the_window_counts(window_network):
    writer = writer_of(window_network)
    one = read_text(writer, writer.start(1), [1, 2, 3, 4, 5, 6], 1)
    other = read_text(writer, writer.start(1), [9, 2, 3, 4, 5, 6], 1)
    assert np.array_equal(writer.logits(one), writer.logits(other))


def test_a_state_is_never_changed(network):
    writer = writer_of(network)
    assert isinstance(writer, SonnetWriter)
    state = read_text(writer, writer.start(2), [1, 2], 2)
    before = [part.copy() for part in state]
    logits = writer.logits(state)
    again = [writer.advance(state, np.array([3, 4])) for _ in range(2)]
    for one, other in zip(*again, strict=True):
        assert np.array_equal(one, other)
    for part, kept in zip(state, before, strict=True):
        assert np.array_equal(part, kept)
    assert np.array_equal(logits, writer.logits(state))


def test_rows_of_a_batch_do_not_mix(network):
    writer = writer_of(network)
    ids = np.random.default_rng(0).integers(0, len(network.vocabulary), (20, 4))
    together = writer.start(4)
    for row in ids:
        together = writer.advance(together, row)
    for place in range(4):
        alone = read_text(writer, writer.start(1), ids[:, place], 1)
        assert np.allclose(writer.logits(alone), writer.logits(together)[[place]], atol=1e-5)
    kept = take_rows(together, np.array([False, True, True, False]))
    assert np.allclose(writer.logits(kept), writer.logits(together)[1:3], atol=1e-6)


def test_the_weights_are_copied(network):
    writer = writer_of(network)
    state = read_text(writer, writer.start(1), [1, 2, 3], 1)
    before = writer.logits(state)
    for array in (network.embedding, network.head_kernel, network.head_bias, network.layers[1].kernel):
        array[...] = 0
    assert np.array_equal(writer.logits(read_text(writer, writer.start(1), [1, 2, 3], 1)), before)


@pytest.mark.parametrize("window", [None, 3])
def test_weights_out_of_range_show_in_the_scores_and_nowhere_else(tmp_path, write_poem_model, window):
    def change(file):
        for layer in file["layers"].values():
            for array in layer["vars"].values():
                array[...] = 3e38

    model = writer_of(keras_file.read(write_poem_model(tmp_path / "m.keras", window=window, change=change)))
    with np.errstate(all="raise"):
        state = read_text(model, model.start(2), [1, 2, 3], 2)
        scores = model.logits(state)
        assert not np.isfinite(scores).all()
        with pytest.raises(NoPrediction):
            likeliest(scores)
