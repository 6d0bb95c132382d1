"""A network in training; on streams, the state after each batch is the state before the next."""

from typing import Any

import keras
import numpy as np
from keras import ops

from shakespeare.callbacks import Logs, network_of
from shakespeare.network import CharacterLSTM


class InTraining(keras.Model):  # type: ignore[misc]
    """A network with what its training needs; it is this that is compiled, and the network that is saved.

    Args:
        network: what is trained.
    """

    def __init__(self, network: CharacterLSTM) -> None:
        super().__init__()
        self.network = network
        self.built = True

    def call(self, ids: Any, training: bool = False) -> Any:  # noqa: ANN401 - tensors of any backend
        """The network's logits."""
        return self.network(ids, training=training)

    def clear(self, *, training: bool) -> None:
        """Nothing is carried here, so there is nothing to set to zeros."""


class CarriedState(InTraining):
    """A network with a state that goes on from batch to batch.

    Training and validation have a state each, so neither disturbs the other.

    Args:
        network: what is trained; without a window.
        streams: the rows of a batch in training.
        validation_streams: the rows of a batch in validation.
    """

    def __init__(self, network: CharacterLSTM, streams: int, validation_streams: int) -> None:
        super().__init__(network)
        self.training_state = self._zeros(streams, "training")
        self.validation_state = self._zeros(validation_streams, "validation")

    def _zeros(self, rows: int, name: str) -> list[Any]:
        """Hidden and cell state of each layer, one after the other, each (rows, units)."""
        shape = rows, self.network.units
        return [
            self.add_weight(name=f"{name}_{index}", shape=shape, initializer="zeros", trainable=False)
            for index in range(2 * self.network.layer_count)
        ]

    def call(self, ids: Any, training: bool = False) -> Any:  # noqa: ANN401
        """Logits (batch, time, vocabulary) for indices (batch, time), which go on from the last call's."""
        carried = self.training_state if training else self.validation_state
        before = [(h.value, c.value) for h, c in zip(carried[::2], carried[1::2], strict=True)]
        # fit leaves open how many rows its batches have; the loop over time must know.
        ids = ops.reshape(ids, (carried[0].shape[0], ids.shape[1] or -1))
        logits, after = self.network.read(ids, before, training=training)
        for variable, value in zip(carried, (part for state in after for part in state), strict=True):
            variable.assign(value)
        return logits

    def clear(self, *, training: bool) -> None:
        """Set the state of training or of validation to zeros."""
        for variable in self.training_state if training else self.validation_state:
            variable.assign(np.zeros(variable.shape, dtype=np.float32))


class EpochStart(keras.callbacks.Callback):  # type: ignore[misc]
    """Before each epoch, sets the state to zeros and dropout's seed to what ``seed`` and the epoch make.

    So what an epoch does depends on the weights before it and on these two alone.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before the first batch of an epoch, counted from 0."""
        if isinstance(self.model, InTraining):
            self.model.clear(training=True)
        dropout = network_of(self.model).dropout
        if dropout.rate > 0:
            drawn = np.random.SeedSequence([self._seed, epoch]).generate_state(2)
            dropout.seed_generator.state.assign(drawn)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Before the first batch of validation."""
        if isinstance(self.model, InTraining):
            self.model.clear(training=False)
