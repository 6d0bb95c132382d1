"""The Keras model: stacked LSTM layers over characters, and a linear head that gives logits.

Its config carries the vocabulary and what it was trained on, so one ``.keras`` file is whole.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import keras
import numpy as np
from keras import ops

from charlm.vocabulary import Vocabulary
from shakespeare.lstm import FastLSTM, States
from shakespeare.weights import Array, LSTMWeights, Network


def old_hard_sigmoid(x: Any) -> Any:  # noqa: ANN401 - a tensor of any backend
    """Keras 2's hard sigmoid, clip(0.2 x + 0.5, 0, 1); Keras 3 means relu6(x + 3) / 6 by that name."""
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


RECURRENT_ACTIVATIONS = {"sigmoid": ops.sigmoid, "hard_sigmoid": old_hard_sigmoid}


@keras.saving.register_keras_serializable(package="shakespeare")
class CharacterLSTM(keras.Model):  # type: ignore[misc]
    """Stacked LSTM layers that predict the next character.

    Args:
        vocabulary: the characters, sorted; an input is an index into them, or BLANK.
        units: of each LSTM layer.
        layers: how many LSTM layers.
        embedding_size: numbers that stand for a character.
        dropout: the share of each LSTM layer's outputs that training leaves out.
        recurrent_activation: of the gates: ``sigmoid``, or ``hard_sigmoid`` as Keras 2 had it.
        window: None for a model that predicts at every position; else how many characters it reads, from a
            state of zeros, to predict the one after the last.
        about: what it was trained on; anything that JSON can hold.
    """

    def __init__(
        self,
        vocabulary: str,
        units: int,
        layers: int = 2,
        embedding_size: int = 64,
        dropout: float = 0.2,
        recurrent_activation: str = "sigmoid",
        window: int | None = None,
        about: dict[str, Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - what keras.Model takes
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary = Vocabulary(vocabulary)
        self.units = units
        self.layer_count = layers
        self.embedding_size = embedding_size
        self.dropout_rate = dropout
        self.recurrent_activation = recurrent_activation
        self.window = window
        self.about = about or {}
        # The course's input is one-hot: an embedding that is the identity, and stays so in training.
        one_hot = window is not None and embedding_size == len(vocabulary)
        self.embedding = keras.layers.Embedding(
            len(vocabulary),
            embedding_size,
            # With Keras's default, below 0.05, a new network hardly sees its input for an epoch.
            embeddings_initializer="identity" if one_hot else keras.initializers.RandomNormal(stddev=1.0),
            trainable=not one_hot,
            name="embedding",
        )
        for index in range(layers):
            setattr(self, f"lstm_{index}", self._lstm(index))
        self.dropout = keras.layers.Dropout(dropout, name="dropout")
        self.head = keras.layers.Dense(len(vocabulary), name="head")
        self.build((None, window))

    def _lstm(self, index: int) -> keras.layers.Layer:
        name = f"lstm_{index}"
        if self.recurrent_activation == "sigmoid":
            return FastLSTM(self.units, name=name)
        activation = RECURRENT_ACTIVATIONS[self.recurrent_activation]
        return keras.layers.LSTM(
            self.units,
            recurrent_activation=activation,
            return_sequences=True,
            return_state=True,
            name=name,
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make every weight."""
        if self.head.built:
            return
        self.embedding.build(input_shape)
        size = self.embedding_size
        for index in range(self.layer_count):
            getattr(self, f"lstm_{index}").build((*input_shape, size))
            size = self.units
        self.head.build((*input_shape, size))
        self.built = True

    def call(self, ids: Any, training: bool = False) -> Any:  # noqa: ANN401 - tensors of any backend
        """Logits (batch, time, vocabulary) for indices (batch, time); (batch, vocabulary) with a window."""
        return self.read(ids, training=training)[0]

    def read(
        self,
        ids: Any,  # noqa: ANN401
        states: Sequence[States] | None = None,
        training: bool = False,
        drop: Callable[[Any, int], Any] | None = None,
    ) -> tuple[Any, list[States]]:
        """Logits as of :meth:`call`, and the state of each layer after the last character.

        Args:
            ids: (batch, time).
            states: of each layer before the first character; None for zeros.
            training: whether Keras's dropout applies.
            drop: applied to each layer's outputs, with the layer's number, in place of Keras's dropout.
        """
        known = ops.cast(ids >= 0, self.compute_dtype)[..., None]
        values = self.embedding(ops.maximum(ids, 0)) * known
        after: list[States] = []
        for index in range(self.layer_count):
            values, state = self._layer(index, values, None if states is None else states[index])
            after.append(state)
            if self.window is not None and index + 1 == self.layer_count:
                values = values[:, -1]
            values = drop(values, index) if drop else self.dropout(values, training=training)
        return self.head(values), after

    def _layer(self, index: int, values: Any, state: States | None) -> tuple[Any, States]:  # noqa: ANN401
        layer = getattr(self, f"lstm_{index}")
        if isinstance(layer, FastLSTM):
            values, state = layer(values, state)
            return values, state
        values, h, c = layer(values, initial_state=state)
        return values, (h, c)

    def get_config(self) -> dict[str, Any]:
        """Every argument under its own name."""
        return {**super().get_config(), **self.arguments()}

    def arguments(self) -> dict[str, Any]:
        """The arguments that make another of the same shape."""
        return {
            "vocabulary": self.vocabulary.characters,
            "units": self.units,
            "layers": self.layer_count,
            "embedding_size": self.embedding_size,
            "dropout": self.dropout_rate,
            "recurrent_activation": self.recurrent_activation,
            "window": self.window,
            "about": self.about,
        }


def from_arrays(plain: Network) -> CharacterLSTM:
    """The Keras network with these arrays, which have been checked; nothing in their file is run."""
    network = CharacterLSTM(
        plain.vocabulary.characters,
        units=len(plain.layers[0].recurrent_kernel),
        layers=len(plain.layers),
        embedding_size=plain.embedding.shape[1],
        dropout=plain.dropout,
        recurrent_activation=plain.recurrent_activation,
        window=plain.window,
        about=plain.about,
    )
    set_arrays(network, plain)
    return network


def set_arrays(network: CharacterLSTM, plain: Network) -> None:
    """Give a network of the same shape the weights of plain arrays."""
    of_layers = [(layer.kernel, layer.recurrent_kernel, layer.bias) for layer in plain.layers]
    network.set_weights([plain.embedding, *chain(*of_layers), plain.head_kernel, plain.head_bias])


def to_arrays(network: CharacterLSTM) -> Network:
    """A copy of the network as plain arrays."""
    embedding, *of_layers, head_kernel, head_bias = network.get_weights()
    return Network(
        vocabulary=network.vocabulary,
        recurrent_activation=network.recurrent_activation,
        window=network.window,
        embedding=embedding,
        layers=tuple(LSTMWeights(*of_layers[first : first + 3]) for first in range(0, len(of_layers), 3)),
        head_kernel=head_kernel,
        head_bias=head_bias,
        about=network.about,
        dropout=network.dropout_rate,
    )


def extended(network: CharacterLSTM, vocabulary: Vocabulary, seed: int = 0) -> CharacterLSTM:
    """The same network for more characters: new rows in embedding and head, the old ones kept.

    Before it has learned anything of them, a new character is as improbable as the least probable old one.

    Args:
        network: what is extended; it is left as it was.
        vocabulary: all of the network's characters and more.
        seed: of the new rows.
    """
    keras.utils.set_random_seed(seed)
    config: dict[str, Any] = {**network.get_config(), "vocabulary": vocabulary.characters}
    old_size = len(network.vocabulary)
    one_hot = network.window is not None and network.embedding_size == old_size
    if one_hot:
        config["embedding_size"] = len(vocabulary)
    larger = CharacterLSTM.from_config(config)
    places = vocabulary.encode(network.vocabulary.characters)
    for index in range(network.layer_count):
        arrays = getattr(network, f"lstm_{index}").get_weights()
        layer = getattr(larger, f"lstm_{index}")
        if one_hot and index == 0:  # a row of the first kernel for each character
            arrays[0] = _placed(layer.get_weights()[0], arrays[0], places)
        layer.set_weights(arrays)
    if not one_hot:
        rows = _placed(larger.embedding.get_weights()[0], network.embedding.get_weights()[0], places)
        larger.embedding.set_weights([rows])
    kernel, bias = network.head.get_weights()
    columns = np.repeat(kernel.mean(axis=1, keepdims=True), len(vocabulary), axis=1)
    biases = np.full(len(vocabulary), bias.min(), dtype=bias.dtype)
    biases[places] = bias
    larger.head.set_weights([_placed(columns.T, kernel.T, places).T, biases])
    return larger  # type: ignore[no-any-return]


def _placed(into: Array, rows: Array, places: np.ndarray[Any, Any]) -> Array:
    """A copy of ``into`` that has these rows at these places."""
    copy: Array = into.copy()
    copy[places] = rows
    return copy
