"""Checkpoints in Keras's ``fit``, and how it goes on from one in the middle of an epoch.

A checkpoint holds what Keras's own leaves out too: dropout's seed generators, the running mean of the loss,
the state carried from batch to batch, the best weights so far. Data order needs none of it, as it is a
function of seed and epoch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from charlm.run.array_file import Arrays
from charlm.run.checkpoints import Checkpoint, Checkpoints
from charlm.run.signals import Stop
from shakespeare.best_weights import KeepBest
from shakespeare.callbacks import Logs, network_of
from shakespeare.resuming import require_like


class WriteCheckpoints(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes a checkpoint before the first batch, after one where it is due, and where the process is to end.

    It stands behind the callbacks whose state it writes. A ``fit`` that goes on from a checkpoint begins with
    that one's epoch; up to where it was written, the batches pass by without training, then everything is
    put in place.

    Args:
        checkpoints: where they go.
        identity: what the run is determined by.
        kept: the best weights and the losses.
        patience: what counts epochs without progress, or None.
        stop: whether the process is to end.
        found: what to go on from, or None.
        batches: how many of the first epoch pass by.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        identity: Mapping[str, Any],
        kept: KeepBest,
        patience: keras.callbacks.EarlyStopping | None,
        stop: Stop,
        found: Checkpoint | None,
        batches: int,
    ) -> None:
        super().__init__()
        self._checkpoints, self._identity = checkpoints, identity
        self._kept, self._patience, self._stop = kept, patience, stop
        self._found, self._passing = found, batches
        self._epoch = 0
        self._at_end: tuple[Checkpoint, str] | None = None  # an epoch's, unless a later one was written

    def on_train_begin(self, logs: Logs = None) -> None:
        """Keep ``fit`` from training as long as there is something to put in place."""
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        self._train = self.model.train_function
        if self._found is not None:
            self._kept.idle = True
            self.model.train_function = lambda _: {"loss": 0.0}

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """A moment between two batches, as good as the others."""
        self._epoch = epoch
        self._between(0)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Write, or put in place, or neither."""
        self._between(batch + 1)

    def on_train_end(self, logs: Logs = None) -> None:
        """The last checkpoint is of the moment before the last scoring, which a resumed run does again."""
        self.rescue(finished=True)

    def rescue(self, *, finished: bool = False) -> None:
        """Write the moment after the last epoch's batches, if that is later than what was written.

        Args:
            finished: whether there is nothing more to do.
        """
        if self._at_end is not None:
            checkpoint, moment = self._at_end
            self._at_end = None
            progress = {**checkpoint.progress, "finished": finished}
            self._checkpoints.write(replace(checkpoint, progress=progress), moment)

    def _between(self, batches: int) -> None:
        """So many batches of the epoch are done."""
        at_end, moment = batches == self.params["steps"], f"epoch {self._epoch + 1}, update {batches}"
        if self._found is not None:
            if batches == self._passing:
                self._at_end = (self._found, moment) if at_end else None
                self._restore(self._found)
            return
        # The first one takes the place of another run's, so that --resume goes on with this one.
        wanted = self._checkpoints.due or self._stop.wanted or self._checkpoints.written is None
        if (wanted or at_end) and (checkpoint := self._checkpoint(batches)):
            self._at_end = (checkpoint, moment) if at_end else None
            if wanted:
                self._checkpoints.write(checkpoint, moment)
        self._stop.check()

    def _checkpoint(self, batches: int) -> Checkpoint | None:
        """All of this moment; None if a weight is no number, as the next loss will tell."""
        arrays: Arrays = {name: np.asarray(variable).copy() for name, variable in self._variables()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            return None
        kept, weights = self._kept.state()
        progress = {
            "network": self._kept.began_as(),
            "epochs": self.params["epochs"],
            "epoch": self._epoch,
            "batches": batches,
            "kept": kept,
            "patience": self._patience and [self._patience.wait, self._patience.best],
        }
        arrays |= {f"kept/{index}": array for index, array in enumerate(weights)}
        return Checkpoint(self._identity, progress, arrays)

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Put everything in place; what ``progress`` says has been checked before the run began.

        Raises:
            ModelFileError: if the arrays do not fit; nothing has been changed then.
        """
        arrays, progress, variables = checkpoint.arrays, checkpoint.progress, dict(self._variables())
        now = {name: np.asarray(variable) for name, variable in variables.items()}
        weights = {f"kept/{index}": array for index, array in enumerate(network_of(self.model).get_weights())}
        require_like(checkpoint, now | weights, self._checkpoints.path)
        for name, variable in variables.items():
            variable.assign(arrays[name])
        self._kept.restore(progress["kept"], [arrays[name] for name in weights])
        if self._patience is not None and progress["patience"]:
            self._patience.wait, self._patience.best = progress["patience"]
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
