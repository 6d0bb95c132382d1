"""A trained network that goes on learning: read from its file, with room for new characters."""

from typing import Any

import keras
import numpy as np

from charlm.vocabulary import Vocabulary
from shakespeare.hdf5 import Array
from shakespeare.keras_file import Network
from shakespeare.network import CharacterLSTM


def trainable(plain: Network) -> CharacterLSTM:
    """The Keras network with these arrays, checked as they are; nothing that their file says is run."""
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
    network.embedding.set_weights([plain.embedding])
    for index, layer in enumerate(plain.layers):
        arrays = [layer.kernel, layer.recurrent_kernel, layer.bias]
        getattr(network, f"lstm_{index}").set_weights(arrays)
    network.head.set_weights([plain.head_kernel, plain.head_bias])
    return network


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
