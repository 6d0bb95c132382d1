"""Language models that step a trained network in NumPy, without TensorFlow.

Of every LSTM layer, with x the layer below and h, c its own state:

    i, f, o = sigmoid(x W + h U + b)     g = tanh(x W + h U + b)
    c = f * c + i * g                    h = o * tanh(c)

Four things make a step fast. The lowest layer's x W + b is a look-up, in a table made once. The hidden states
of all layers lie side by side, so that [x, h] is a view and x W + h U one product. A sigmoid is
(tanh(x / 2) + 1) / 2, so with the weights halved beforehand one tanh serves all four gates. And the gates are
laid out i, f, o, g, so that the three sigmoids are neighbours.
"""

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from charlm.language_model import Logits, WindowModel
from charlm.run.threads import one_thread
from charlm.vocabulary import Ids, Vocabulary
from shakespeare.weights import Array, LSTMWeights, Network

if TYPE_CHECKING:
    from shakespeare.network import CharacterLSTM

# Weights out of range show in the scores, which whoever chooses by them looks at.
_out_of_range = np.errstate(over="ignore", under="ignore", invalid="ignore")

FEW_ROWS = 64
"""A product of no more rows is one thread's work."""

LSTMState: TypeAlias = tuple[Array, Array]
"""Hidden and cell states of all layers side by side, each (batch, layers * units)."""


class SonnetWriter:
    """A network that carries its state from one character to the next.

    Args:
        network: its weights; they are copied.
    """

    @_out_of_range
    def __init__(self, network: Network) -> None:
        self._vocabulary = network.vocabulary
        self._units = len(network.layers[0].recurrent_kernel)
        self._width = len(network.layers) * self._units
        self._sigmoid_gates = network.recurrent_activation == "sigmoid"
        first, *upper = (self._prepared(layer) for layer in network.layers)
        kernel, recurrent_kernel, bias = first
        blank = np.zeros((1, network.embedding.shape[1]), dtype=np.float32)
        # (vocabulary + 1, 4 units); the last row, which the index BLANK reaches, is the bias alone.
        self._table = np.concatenate([network.embedding, blank]) @ kernel + bias
        self._recurrent = np.ascontiguousarray(recurrent_kernel)
        self._upper = [(np.concatenate([below, own]), bias) for below, own, bias in upper]
        self._head = network.head_kernel.copy(), network.head_bias.copy()

    def _prepared(self, layer: LSTMWeights) -> tuple[Array, Array, Array]:
        """Kernel, recurrent kernel and bias with the gates i, f, o, g, the first three scaled."""
        scale, shift = (0.5, 0.0) if self._sigmoid_gates else (0.2, 0.5)
        arrays = []
        for array in (layer.kernel, layer.recurrent_kernel, layer.bias):
            i, f, g, o = np.split(array, 4, axis=-1)
            gates = np.concatenate([i, f, o], axis=-1) * np.float32(scale)
            arrays.append(np.concatenate([gates, g], axis=-1))
        arrays[2][: 3 * self._units] += np.float32(shift)
        return arrays[0], arrays[1], arrays[2]

    def __repr__(self) -> str:
        """One short line."""
        layers = self._width // self._units
        return f"SonnetWriter({layers} x {self._units} units, {len(self._vocabulary)} characters)"

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the model reads and writes."""
        return self._vocabulary

    def start(self, batch_size: int) -> LSTMState:
        """States of zeros."""
        zeros = np.zeros((batch_size, self._width), dtype=np.float32)
        return zeros, zeros

    def advance(self, state: LSTMState, ids: Ids) -> LSTMState:
        """The states after one character more; BLANK is a vector of zeros."""
        if len(ids) > FEW_ROWS:
            return self._advanced(state, ids)
        with one_thread:
            return self._advanced(state, ids)

    @_out_of_range
    def _advanced(self, state: LSTMState, ids: Ids) -> LSTMState:
        units = self._units
        hidden, cell = state[0].copy(), np.empty_like(state[1])
        gates = hidden[:, :units] @ self._recurrent
        gates += self._table[ids]
        self._apply_gates(gates, state[1][:, :units], hidden[:, :units], cell[:, :units])
        for below, (kernel, bias) in enumerate(self._upper):
            first, last = below * units, (below + 2) * units
            own = slice(first + units, last)
            gates = hidden[:, first:last] @ kernel
            gates += bias
            self._apply_gates(gates, state[1][:, own], hidden[:, own], cell[:, own])
        return hidden, cell

    def _apply_gates(self, gates: Array, before: Array, hidden: Array, cell: Array) -> None:
        """Write a layer's states, each (batch, units), from its gates (batch, 4 units) and its old cell."""
        units = self._units
        sigmoids = gates[:, : 3 * units]
        if self._sigmoid_gates:
            np.tanh(gates, gates)
            sigmoids *= 0.5
            sigmoids += 0.5
        else:
            np.clip(sigmoids, 0, 1, sigmoids)
            np.tanh(gates[:, 3 * units :], gates[:, 3 * units :])
        np.multiply(gates[:, units : 2 * units], before, cell)
        written = np.multiply(gates[:, :units], gates[:, 3 * units :], gates[:, :units])
        cell += written
        np.tanh(cell, hidden)
        hidden *= gates[:, 2 * units : 3 * units]

    @_out_of_range
    def logits(self, state: LSTMState) -> Logits:
        """Scores for the next character, (batch, vocabulary)."""
        kernel, bias = self._head
        with one_thread:
            scores: Logits = state[0][:, -self._units :] @ kernel
        scores += bias
        return scores


Writer: TypeAlias = SonnetWriter | WindowModel


def writer_of(network: Network) -> Writer:
    """The language model of a network: with its state carried, or with a window, as the course has it."""
    writer = SonnetWriter(network)
    if network.window is None:
        return writer

    def read(windows: Ids) -> Logits:
        state = writer.start(len(windows))
        for column in windows.T:
            state = writer.advance(state, column)
        return writer.logits(state)

    return WindowModel(network.vocabulary, network.window, read)


def writer_of_model(model: "CharacterLSTM") -> Writer:
    """The language model of a Keras network with its current weights."""
    from shakespeare.network import to_arrays  # noqa: PLC0415 - Keras is slow to load, and by now loaded

    return writer_of(to_arrays(model))


def load_writer(path: str | Path) -> Writer:
    """The language model in a ``.keras`` file.

    Raises:
        MissingFile: if there is none.
        ModelFileError: if it is damaged or of another kind.
    """
    from shakespeare import keras_file  # noqa: PLC0415 - a callback needs no files

    return writer_of(keras_file.read(path))
