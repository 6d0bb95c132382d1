"""The best weights of a run, written whenever they are found, and its losses."""

import math
import time
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from charlm.errors import TrainingDiverged
from charlm.run.console import on_terminal, show
from shakespeare.callbacks import Logs, network_of
from shakespeare.saving import save

POINTS = 20
"""The training loss is noted this many times an epoch."""


class Point(NamedTuple):
    """Losses at one moment of a run.

    Attributes:
        epochs: how many had passed, with the share of the one under way.
        training: nats per character, since the point before.
        validation: nats per character, or None where it was not measured.
    """

    epochs: float
    training: float
    validation: float | None


class KeepBest(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the network after each epoch that is the best so far, and keeps the losses.

    Args:
        output: the file.
        about: what the file says of this run; the epoch and its loss are added.

    Attributes:
        best: how many epochs the weights in the file have learned for, and what the held-out text cost then
            (None without any); None as long as nothing is written.
        history: the losses.
        epochs: of each epoch the mean training loss, and what the held-out text cost after it.
        idle: whether batches only pass by, up to where a run was interrupted.
    """

    def __init__(self, output: Path, about: dict[str, Any]) -> None:
        super().__init__()
        self._output, self._about = output, about
        self._started = time.monotonic()
        self._good: list[np.ndarray[Any, Any]] = []  # the last weights that were all finite
        self._epoch, self._taken = 0, (0, 0.0)  # batches and their summed loss at the last point
        self.best: tuple[int, float | None] | None = None
        self.history: list[Point] = []
        self.epochs: list[tuple[float, float | None]] = []
        self.idle = False
        self._best_weights: list[np.ndarray[Any, Any]] = []

    def began_as(self) -> dict[str, Any]:
        """The network's arguments, with what it was trained on before this run."""
        network = network_of(self.model)
        about = {**network.about, "training": self._before}
        return {**network.arguments(), "about": about if self._before else {}}

    def state(self) -> tuple[dict[str, Any], list[np.ndarray[Any, Any]]]:
        """What :meth:`restore` takes: numbers that JSON can hold, and the weights to keep.

        Those are the best, or the last good ones before there are any.
        """
        numbers = {
            "best": self.best,
            "history": list(self.history),
            "epochs": list(self.epochs),
            "taken": self._taken,
        }
        return numbers, self._best_weights if self.best else self._good

    def restore(self, state: dict[str, Any], weights: list[np.ndarray[Any, Any]]) -> None:
        """Go on from an earlier run's state; its best weights are written to this one's file.

        Raises:
            OutputError: if they cannot be.
        """
        self.idle = False
        self.history = [Point(*point) for point in state["history"]]
        self.epochs = [(training, validation) for training, validation in state["epochs"]]
        batches, nats = state["taken"]
        self._taken = int(batches), float(nats)
        network = network_of(self.model)
        now = network.get_weights()
        network.set_weights(weights)
        if state["best"] is None:
            self._good = weights
        else:
            self.write(*state["best"])
            self._good = now
        network.set_weights(now)

    def set_model(self, model: keras.Model) -> None:
        """Called by Keras before all else."""
        super().set_model(model)
        network = network_of(model)
        self._before = list(network.about.get("training", []))
        self._good = network.get_weights()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """The mean that Keras gives begins anew."""
        self._epoch, self._taken = epoch, (0, 0.0)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Note the loss now and then; end the run if it or a gradient is no longer a number.

        Raises:
            TrainingDiverged: naming the step.
        """
        if self.idle:
            return
        done, total = batch + 1, (logs or {})["loss"] * (batch + 1)
        steps = self.params["steps"]
        if not math.isfinite(total):
            self._diverged("the loss", self._epoch * steps + done)
        # One gradient that is no number makes the norm of all none, and with it every weight that is updated;
        # a few of them show it, before the next loss does.
        if not np.isfinite(np.asarray(network_of(self.model).weights[-1])).all():
            self._diverged("a gradient", self._epoch * steps + done)
        if done * POINTS // steps > batch * POINTS // steps:
            before, nats = self._taken
            self.history.append(Point(self._epoch + done / steps, (total - nats) / (done - before), None))
            self._taken = done, total
            weights = network_of(self.model).get_weights()
            if all(np.isfinite(array).all() for array in weights):
                self._good = weights

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Compare, write, and say so in a line where no progress bar does."""
        logs = logs or {}
        training, validation = float(logs["loss"]), logs.get("val_loss")
        validation = None if validation is None else float(validation)
        self.history[-1] = self.history[-1]._replace(validation=validation)
        self.epochs.append((training, validation))
        if validation is not None and not math.isfinite(validation):
            self._diverged("the loss on held-out text", (epoch + 1) * self.params["steps"])
        if self.best is None or self.best[1] is None or validation is None or validation < self.best[1]:
            self.write(epoch + 1, validation)
        if not on_terminal():
            held_out = "" if validation is None else f", held out {validation:.4f}"
            seconds = time.monotonic() - self._started
            show(f"epoch {epoch + 1}: training {training:.4f}{held_out} nats per character, {seconds:.0f} s")

    def write(self, epochs: int, validation: float | None) -> None:
        """Write the network as it is.

        Raises:
            OutputError: if the file cannot be written.
        """
        network = network_of(self.model)
        run = {**self._about, "epochs": epochs, "validation_nats": validation}
        network.about = {**network.about, "training": [*self._before, run]}
        save(network, self._output)
        self.best = epochs, validation
        self._best_weights = network.get_weights()

    def keep(self) -> None:
        """Write what a run that ends within its first epoch has learned by then, if it has anything."""
        if self.best is None and self.history:
            network_of(self.model).set_weights(self._good)
            self.write(0, None)

    def _diverged(self, what: str, step: int) -> None:
        self.keep()
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        kept = f"the last good weights are in {self._output}" if self.best else "nothing was written"
        raise TrainingDiverged(
            f"{what} is no longer a number at step {step:,}; the likely cause is too high a learning rate: "
            f"lower it (it is {rate:.3g}); {kept}"
        )
