"""Keras's ``fit`` as all training here calls it."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

import charlm
from charlm.run.checkpoints import Checkpoint, Checkpoints
from charlm.run.console import begin, on_terminal, say
from charlm.run.signals import Stopped, deferred
from shakespeare.backend import threads
from shakespeare.best_weights import KeepBest
from shakespeare.carried_state import EpochStart
from shakespeare.checkpointing import WriteCheckpoints
from shakespeare.corpus import Batch, Feed, endlessly
from shakespeare.results import Results
from shakespeare.resuming import position


class ValidationBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The same batches in the same order at each scoring.

    A generator will not do: from the second scoring on, Keras begins with its first two batches, then goes on
    wherever the generator had got to.
    """

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed

    def __len__(self) -> int:
        """How many batches there are."""
        return self._feed.batches

    def __getitem__(self, index: int) -> Batch:
        """Inputs and targets."""
        return self._feed.batch(0, index)


def batches(feed: Feed, epoch: int, first: int) -> tf.data.Dataset:
    """What :func:`shakespeare.corpus.endlessly` yields, as a pipeline that ends at once when it is let go of.

    The one that Keras makes of a generator tunes itself in a thread that sleeps for up to a minute, and a
    process that is interrupted waits for it.
    """
    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in feed.batch(epoch, 0))
    data = tf.data.Dataset.from_generator(lambda: endlessly(feed, epoch, first), output_signature=signature)
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.with_options(options)


def fit(
    model: keras.Model,
    feed: Feed,
    kept: KeepBest,
    results: Results,
    identity: Mapping[str, Any],
    found: Checkpoint | None,
    *,
    epochs: int,
    seed: int,
    falling: bool = False,
    averaging: Sequence[keras.callbacks.Callback] = (),
    patience: keras.callbacks.EarlyStopping | None = None,
    held_out: Feed | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Keras's ``fit`` with what all training here has: an order of the callbacks, checkpoints, signals.

    Args:
        model: compiled; what ``feed`` is for.
        feed: what it learns from.
        kept: keeps the losses and the best weights.
        results: where everything goes.
        identity: what the run is determined by, beside the versions and the threads.
        found: the checkpoint to go on from, or None.
        epochs: passes over the text.
        seed: of dropout.
        falling: whether the learning rate falls over the epochs.
        averaging: callbacks that exchange the weights for their mean at an epoch's end, before all others.
        patience: stops the run early, or None.
        held_out: what is scored after each epoch, if anything.
        callbacks: more of them, called last.

    Raises:
        OutputError: if a file cannot be written.
        TrainingDiverged: if the loss is no longer a number.
        WrongCall: if the checkpoint is of another run, or of a longer one.
        KeyboardInterrupt: after Ctrl-C, with a checkpoint written; so does ``signals.Stopped``
            after another signal.
    """
    identity = {**_versions(), **identity}
    epoch, batch = _begun(results.checkpoints, found, identity, epochs, feed.batches, falling)
    with deferred() as stop:
        writer = WriteCheckpoints(results.checkpoints, identity, kept, patience, stop, found, batch)
        try:
            model.fit(
                batches(feed, epoch, batch),
                steps_per_epoch=feed.batches,
                initial_epoch=epoch,
                epochs=epochs,
                validation_data=ValidationBatches(held_out) if held_out else None,
                callbacks=[
                    EpochStart(seed),
                    *averaging,
                    kept,
                    *([patience] if patience else []),
                    writer,
                    # Before those that print, so that it has ended its line.
                    *([keras.callbacks.ProgbarLogger()] if on_terminal() else []),
                    *results.callbacks(seed, kept),
                    *callbacks,
                ],
                shuffle=False,  # the batches come in their order
                verbose=int(on_terminal()),
            )
        except (KeyboardInterrupt, Stopped, OSError):  # between two epochs, or nobody reads on
            writer.rescue()
            raise
        stop.check()


def _versions() -> dict[str, Any]:
    """What decides about the last bits, beside a run's own settings."""
    return {
        "the program's version": charlm.__version__,
        "Keras's version": keras.__version__,
        "TensorFlow's version": tf.__version__,
        "threads": threads(),
    }


def _begun(
    checkpoints: Checkpoints,
    found: Checkpoint | None,
    identity: Mapping[str, Any],
    epochs: int,
    updates: int,
    falling: bool,
) -> tuple[int, int]:
    """The epoch and the update of it that the run begins with, told to who watches.

    Raises:
        WrongCall: if the checkpoint is of another run, or of a longer one.
    """
    if found:
        found.require_same(identity, checkpoints.path)
    epoch, update = position(found, checkpoints.path, epochs, updates)
    begin(checkpoints, f"epoch {epoch + 1}, update {update}" if found else None)
    if found and falling and (before := found.progress.get("epochs")) != epochs:
        say(f"the learning rate now falls over {epochs:,} epochs, no longer over {before}")
    return epoch, update
