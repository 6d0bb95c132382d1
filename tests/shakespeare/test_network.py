"""The Keras network, and its LSTM layer against Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from charlm.language_model import BLANK
from charlm.vocabulary import Vocabulary
from shakespeare import keras_file
from shakespeare.lstm import FastLSTM
from shakespeare.network import CharacterLSTM, extended, from_arrays, to_arrays

IDS = np.random.default_rng(0).integers(0, 5, (3, 12))


def network(**options):
    keras.utils.set_random_seed(0)
    return CharacterLSTM("abcde", **{"units": 6, "embedding_size": 4, **options})


def both_layers(units=6, features=4):
    keras.utils.set_random_seed(0)
    ours, theirs = FastLSTM(units), keras.layers.LSTM(units, return_sequences=True, return_state=True)
    for layer in (ours, theirs):
        layer.build((None, None, features))
    ours.set_weights(theirs.get_weights())
    return ours, theirs


@pytest.mark.parametrize(("batch", "time"), [(3, 7), (1, 1)])
def test_results_and_gradients_are_those_of_keras(batch, time):
    generator = np.random.default_rng(1)
    inputs, h, c = (
        tf.constant(generator.normal(size=shape), tf.float32)
        for shape in ((batch, time, 4), (batch, 6), (batch, 6))
    )
    weights = tf.constant(generator.normal(size=(batch, time, 6)), tf.float32)

    def run(layer, carried):
        with tf.GradientTape() as tape:
            tape.watch([inputs, h, c])
            hidden, last_h, last_c = carried(layer)
            loss = tf.reduce_sum(hidden * weights) + tf.reduce_sum(last_h * last_c)
        variables = [variable.value for variable in layer.trainable_variables]
        return [hidden, last_h, last_c, *tape.gradient(loss, [inputs, h, c, *variables])]

    ours, theirs = both_layers()

    def flat(layer):
        hidden, state = layer(inputs, (h, c))
        return hidden, *state

    for mine, keras_own in zip(
        run(ours, flat), run(theirs, lambda layer: layer(inputs, initial_state=[h, c])), strict=True
    ):
        np.testing.assert_allclose(mine, keras_own, rtol=1e-4, atol=1e-6)


def test_a_new_layer_remembers_at_first_as_keras_has_it():
    ours, theirs = FastLSTM(3), keras.layers.LSTM(3)
    for layer in (ours, theirs):
        layer.build((None, None, 2))
    np.testing.assert_array_equal(ours.get_weights()[2], theirs.get_weights()[2])


def test_two_halves_with_the_state_carried_are_the_whole():
    model = network()
    whole, _ = model.read(IDS)
    first, state = model.read(IDS[:, :5])
    second, _ = model.read(IDS[:, 5:], state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)


@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid"])
@pytest.mark.parametrize("window", [None, 12])
def test_a_file_is_whole(tmp_path, activation, window):
    model = network(recurrent_activation=activation, window=window, about={"training": [{"epochs": 3}]})
    path = tmp_path / "model.keras"
    model.save(path)
    for loaded in (keras.saving.load_model(path), from_arrays(keras_file.read(path))):
        assert loaded.get_config() == {**model.get_config(), "name": loaded.name}
        np.testing.assert_array_equal(loaded(IDS), model(IDS))


def test_plain_arrays_and_back():
    model = network(recurrent_activation="hard_sigmoid", window=12, about={"training": []})
    again = from_arrays(to_arrays(model))
    assert again.arguments() == model.arguments()
    np.testing.assert_array_equal(again(IDS), model(IDS))


def test_a_window_gives_one_prediction_that_of_its_end():
    windowed, plain = network(window=12), network()
    plain.set_weights(windowed.get_weights())
    np.testing.assert_allclose(windowed(IDS), plain(IDS)[:, -1], atol=1e-6)


def test_a_blank_is_a_vector_of_zeros():
    model = network()
    model.embedding.set_weights([np.zeros((5, 4))])
    expected = model(IDS)
    model.embedding.set_weights([np.ones((5, 4))])
    np.testing.assert_array_equal(model(np.full_like(IDS, BLANK)), expected)


def test_one_hot_input_is_not_trained():
    model = network(window=12, embedding_size=5)
    np.testing.assert_array_equal(model.embedding.get_weights()[0], np.eye(5))
    assert not any("embedding" in variable.path for variable in model.trainable_variables)


@pytest.mark.parametrize("options", [{}, {"window": 12, "embedding_size": 5}])
def test_new_characters_leave_what_was_known(options):
    model = network(**options)
    larger = extended(model, Vocabulary("Qabcdeé"))
    assert larger.vocabulary.characters == "Qabcdeé" and larger.units == model.units
    old, new = np.asarray(model(IDS)), np.asarray(larger(IDS + 1))
    np.testing.assert_allclose(new[..., 1:-1], old, atol=1e-6)
    assert np.isfinite(new).all()
    generator = np.random.default_rng(0)
    model.head.set_weights([generator.normal(size=(6, 5)), np.arange(5.0)])
    bias = extended(model, Vocabulary("Qabcdeé")).head.get_weights()[1]
    np.testing.assert_array_equal(bias, [0, 0, 1, 2, 3, 4, 0])


@pytest.mark.parametrize("options", [{}, {"window": 12, "embedding_size": 5}])
def test_the_rows_of_new_characters_come_from_the_seed(options):
    model, wider = network(**options), Vocabulary("Qabcdeé")
    one, same, other = (extended(model, wider, seed).get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(left, right) for left, right in zip(one, same, strict=True))
    assert not all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))
