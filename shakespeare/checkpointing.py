"""Checkpoints in Keras's ``fit``, and how it goes on from one in the middle of an epoch.

A checkpoint holds what Keras's own leaves out too: dropout's seed generators, the running mean of the loss,
the state carried from batch to batch, the best weights so far. Data order needs none of it, as it is a
function of seed and epoch.
"""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from charlm.array_file import Arrays
from charlm.checkpoints import Checkpoint, Checkpoints, unusable
from charlm.errors import WrongCall
from charlm.signals import Stop
from shakespeare.best_weights import KeepBest
from shakespeare.callbacks import Logs
from shakespeare.keras_config import CLASS_NAME, checked_config, shapes_of
from shakespeare.network import CharacterLSTM


class WriteCheckpoints(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes a checkpoint after a batch where one is due, where the process is to end, and after the last.

    It stands behind the callbacks whose state it writes, and before those that print: the terminal may be
    gone. A ``fit`` that goes on from a checkpoint begins with that one's epoch; up to where it was written,
    the batches are gone through without training, then everything is put in place.

    Args:
        checkpoints: where they go.
        identity: what the run is determined by.
        kept: the best weights and the losses.
        patience: what counts epochs without progress, or None.
        stop: whether the process is to end.
        found: what to go on from, or None.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        identity: Mapping[str, Any],
        kept: KeepBest,
        patience: keras.callbacks.EarlyStopping | None,
        stop: Stop,
        found: Checkpoint | None,
    ) -> None:
        super().__init__()
        self._checkpoints, self._identity = checkpoints, identity
        self._kept, self._patience, self._stop = kept, patience, stop
        self._found = found
        self._epoch = 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Keep ``fit`` from training as long as there is something to put in place."""
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        self._train = self.model.train_function
        if self._found is not None:
            self.model.train_function = lambda _: {"loss": 0.0}

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """A moment between two batches, as good as the others."""
        self._epoch = epoch
        self._between(0)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Write, or put in place, or neither."""
        self._between(batch + 1)

    def _between(self, batches: int) -> None:
        """So many batches of the epoch are done."""
        if self._found is not None:
            if batches == self._found.progress["batches"]:
                self._restore(self._found)
            return
        last = (self._epoch + 1, batches) == (self.params["epochs"], self.params["steps"])
        if self._checkpoints.due or self._stop.wanted or last:
            self._write(batches, finished=last)
        self._stop.check()

    def _write(self, batches: int, *, finished: bool) -> None:
        kept, best = self._kept.state()
        progress = {
            "network": self._kept.began_as(),
            "epoch": self._epoch,
            "batches": batches,
            "finished": finished,
            "kept": kept,
            "patience": self._patience and [self._patience.wait, self._patience.best],
        }
        arrays: Arrays = {name: np.asarray(variable) for name, variable in self._variables()}
        arrays |= {f"best/{index}": array for index, array in enumerate(best)}
        self._checkpoints.write(Checkpoint(self._identity, progress, arrays))

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Put everything in place.

        Raises:
            ModelFileError: if it does not fit.
        """
        arrays, progress = checkpoint.arrays, checkpoint.progress
        try:
            for name, variable in self._variables():
                now, then = np.asarray(variable), arrays[name]
                if (then.shape, then.dtype) != (now.shape, now.dtype):
                    raise ValueError(f"{name} does not fit")
                variable.assign(then)
            best = [
                arrays[f"best/{index}"] for index in range(sum(name.startswith("best/") for name in arrays))
            ]
            self._kept.restore(progress["kept"], best)
            if self._patience is not None and progress["patience"]:
                self._patience.wait, self._patience.best = progress["patience"]
        except (KeyError, TypeError, ValueError) as error:
            raise unusable(self._checkpoints.path, error) from error
        self.model.train_function = self._train
        self._found = None

    def _variables(self) -> Iterator[tuple[str, Any]]:
        """Every variable that changes in training, each under a name of its own."""
        model = self.model
        groups = {
            "model": model.variables,  # weights, dropout's seeds, carried states
            "optimizer": model.optimizer.variables,
            "metrics": model.metrics_variables,
        }
        for group, variables in groups.items():
            for index, variable in enumerate(variables):
                yield f"{group}/{index}", variable


def network_in(checkpoint: Checkpoint, path: Path) -> CharacterLSTM:
    """A network of the shape that the checkpoint is of, its weights still to be put in place.

    Raises:
        ModelFileError: if it makes no sense, or asks for more numbers than are in the file ``path``.
    """
    whole = {"class_name": CLASS_NAME, "config": checkpoint.progress.get("network")}
    config = checked_config(path, json.dumps(whole))
    numbers = sum(math.prod(shape) for of_layer in shapes_of(config).values() for shape in of_layer)
    if numbers > sum(array.size for array in checkpoint.arrays.values()):
        raise unusable(path, ValueError(f"its network has {numbers:,} weights, more than are in it"))
    try:
        return CharacterLSTM(**config)
    except TypeError as error:
        raise unusable(path, error) from error


def position(checkpoint: Checkpoint | None, path: Path, epochs: int) -> tuple[int, int]:
    """The epoch and the batch to go on with, counted from 0, in a run of so many epochs.

    Raises:
        WrongCall: if the run was longer.
        ModelFileError: if the checkpoint makes no sense.
    """
    if checkpoint is None:
        return 0, 0
    try:
        epoch, batch = int(checkpoint.progress["epoch"]), int(checkpoint.progress["batches"])
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(path, error) from error
    if epoch >= epochs:
        raise WrongCall(f"{path} has come to epoch {epoch + 1:,} already; --epochs must be at least as many")
    return epoch, batch
