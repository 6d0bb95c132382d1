"""Training a network on a text: one compiled update, state in and state out, and a run of such updates."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import charlm
from charlm.errors import CorpusError, MissingFile, ModelFileError, WrongCall
from charlm.run.checkpoints import PROCESSOR, THREADS, Checkpoint, processor, require_like, unusable
from charlm.run.console import progress_of
from charlm.run.history import History
from charlm.run.model_file import Arrays
from charlm.run.signals import deferred_interrupt
from charlm.run.training import Files, Kept, Losses, Report, Run
from charlm.vocabulary import Vocabulary
from shakespeare import keras_file
from shakespeare.backend import threads
from shakespeare.cluster import ALONE, Cluster
from shakespeare.corpus import Split, feeds, report_every, split_of
from shakespeare.encoded import EncodedCorpus, encode, encode_text
from shakespeare.keras_file import config_in
from shakespeare.lstm import States
from shakespeare.network import CharacterLSTM, extended, from_arrays
from shakespeare.saving import save
from shakespeare.training_settings import (
    FINETUNE_EPOCHS,
    FINETUNE_RATE,
    FINETUNE_STREAMS,
    NetworkSettings,
    TrainingSettings,
)
from shakespeare.update import compiled_update, costs, optimizer, zeros
from shakespeare.weights import Network

AVERAGED_SHARE = 0.04
"""The weights scored and kept are an average over about this share of the run's updates, the last ones."""


def new_network(vocabulary: Vocabulary, settings: NetworkSettings, seed: int) -> CharacterLSTM:
    """A network with weights drawn anew."""
    keras.utils.set_random_seed(seed)
    return CharacterLSTM(vocabulary.characters, settings.units, settings.layers, dropout=settings.dropout)


class Training:
    """One run over a text; follows ``charlm.run.training.Training``.

    Args:
        network: what learns.
        corpus: the text, in the network's vocabulary.
        settings: see :class:`TrainingSettings`.
        identity: what determines the run beside the text and the settings.
        callbacks: Keras's or anybody's, called as ``fit`` calls them.
        cluster: the processes that share each batch.
        begins_trained: whether the network has learned something, even if it does not say what.
        every: the updates after which to report within an epoch; None: at its end alone. A callback that has
            a method ``on_part_end`` is told, with the number of updates made and the losses.

    Attributes:
        epoch: how many updates it has.
        network: the same; during an epoch's end it has the average of its weights.
        split: what is trained on, and what is held out.
        feed: the batches.
        held_out: those that it is scored on, or None.
        cluster: see above.
        logs: the last epoch's losses, as Keras's callbacks are told them.

    Raises:
        CorpusError: if the text is too short.
    """

    chunk = 1
    span_name = "an epoch"

    def __init__(
        self,
        network: CharacterLSTM,
        corpus: EncodedCorpus,
        settings: TrainingSettings,
        identity: Mapping[str, Any] | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        cluster: Cluster = ALONE,
        *,
        begins_trained: bool = False,
        every: int | None = None,
    ) -> None:
        self.network, self.settings, self.source = network, settings, corpus.source
        self._given, self._corpus, self.cluster = identity or {}, corpus, cluster
        self.split = self._parts()
        self.feed, self.held_out = feeds(network.window, corpus.ids, self.split, settings)
        if self.feed.rows < cluster.size:
            raise CorpusError(
                f"a batch has {self.feed.rows} rows, fewer than there are processes, {cluster.size}; "
                "take a larger batch size or a longer text"
            )
        self.epoch = self.span = self.feed.batches
        self.period = self.epoch if every is None else min(every, self.epoch)
        self.made, self.total = 0, settings.epochs * self.epoch
        self.unit = self.epoch, "epoch"
        self.guessing = math.log(len(network.vocabulary))
        self.begins_trained = begins_trained or bool(network.about)
        self._before = list(network.about.get("training", []))
        self._average: list[tf.Variable] = []
        self._states: list[States] = []
        self._epoch_nats = 0.0, 0
        self.logs: dict[str, float] = {}
        self._compile()
        network.stop_training = False
        self.callbacks = keras.callbacks.CallbackList(
            list(callbacks), model=network, verbose=0, epochs=settings.epochs, steps=self.epoch
        )

    @property
    def corpus(self) -> EncodedCorpus:
        """The text, in the network's vocabulary."""
        return self._corpus

    def _parts(self) -> Split:
        return split_of(self._corpus, self.settings)

    def _compile(self) -> None:
        """Make the update, and give the network what callbacks ask a model for."""
        network, adam = self.network, optimizer(self.settings, self.epoch)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(adam, loss, jit_compile=False)
        adam.build(network.trainable_variables)
        self._average = [tf.Variable(weight.value) for weight in network.trainable_variables]
        self._update = compiled_update(network, adam, self._average, self.cluster)

    @property
    def learning_rate(self) -> float:
        """Of the next update."""
        return float(keras.ops.convert_to_numpy(self.network.optimizer.learning_rate))

    @property
    def finished(self) -> bool:
        """Whether all updates were made, or a callback ended the run."""
        return self.made >= self.total or bool(self.network.stop_training)

    @property
    def identity(self) -> Mapping[str, Any]:
        """What determines the run, apart from its length."""
        settings = self.settings
        return {
            "the program's version": charlm.__version__,
            "Keras's version": keras.__version__,
            "TensorFlow's version": tf.__version__,
            THREADS: threads(),
            PROCESSOR: processor(),
            **self._given,
            "the corpus's sha256": self._corpus.sha256,
            "the parts of the text": self.split.spans(),
            "batch size": settings.batch_size,
            "learning rate": settings.learning_rate,
            "weight decay": settings.weight_decay,
            "seed": settings.seed,
        }

    def advance(self, updates: int) -> Losses:
        """Make so many updates, or as many as are left; a weight that is no number shows as such a loss."""
        return [self._advance() for _ in range(min(updates, self.total - self.made))]

    def _advance(self) -> tuple[float, int]:
        epoch, index = divmod(self.made, self.epoch)
        if index == 0:
            self._states = zeros(self.network, self._rows(self.feed.rows)[0])
            self._epoch_nats = 0.0, 0
            self.callbacks.on_epoch_begin(epoch)
        self.callbacks.on_train_batch_begin(index)
        rows, counts = self._rows(self.feed.rows_of(index))
        inputs, targets = self.feed.batch(epoch, index, rows)
        characters = self.feed.rows_of(index) * math.prod(targets.shape[1:])
        key = np.random.SeedSequence([self.settings.seed, self.made]).generate_state(1, np.uint64)
        loss, self._states = self._update(
            inputs,
            targets,
            self._states,
            np.float32(counts / characters),
            key,
            np.uint64(rows.start),
            np.float32(self._momentum if self.made else 0),
        )
        nats = float(loss) * characters
        self.made += 1
        total, count = self._epoch_nats
        self._epoch_nats = total + nats, count + characters
        self.callbacks.on_train_batch_end(index, {"loss": self._epoch_nats[0] / self._epoch_nats[1]})
        self._agree_to_stop()
        return nats, characters

    def _agree_to_stop(self) -> None:
        """Callbacks run in one process; what ends the run there ends it everywhere."""
        self.network.stop_training = bool(self.cluster.settle(int(self.network.stop_training))[0])

    def _rows(self, total: int) -> tuple[slice, int]:
        """This process's rows of a batch, and 1; without any, the first row, which counts 0."""
        rows = self.cluster.rows(total)
        return (rows, 1) if rows.start < rows.stop else (slice(0, 1), 0)

    @property
    def _momentum(self) -> float:
        return max(0.0, 1 - 1 / (AVERAGED_SHARE * self.total))

    def score(self) -> float | None:
        """What the held-out text costs with the average of the weights, nats per character; None without."""
        if self.held_out is None:
            return None
        told = (
            self.callbacks if self.made else keras.callbacks.CallbackList()
        )  # callbacks are not told of the score before the run
        told.on_test_begin()
        feed, nats, characters = self.held_out, 0.0, 0
        states = zeros(self.network, self._rows(feed.rows)[0])
        with self._averaged():
            for index in range(feed.batches):
                told.on_test_batch_begin(index)
                rows, counts = self._rows(feed.rows_of(index))
                inputs, targets = feed.batch(0, index, rows)
                cost, states = costs(self.network, inputs, targets, states)
                nats += self.cluster.sum_now(float(cost) * counts)
                characters += feed.rows_of(index) * math.prod(targets.shape[1:])
                told.on_test_batch_end(index, {"loss": nats / characters})
        told.on_test_end({"loss": nats / characters})
        return nats / characters

    def ended(self, training: float, validation: float | None) -> None:
        """An epoch, or a part of one, has ended; callbacks see the average of the weights."""
        if self.period < self.epoch:
            training = self._epoch_nats[0] / max(1, self._epoch_nats[1])
        logs = {"loss": training} | ({} if validation is None else {"val_loss": validation})
        with self._averaged():
            if self.made % self.epoch == 0 or self.finished:
                self.logs = logs
                self.callbacks.on_epoch_end(-(-self.made // self.epoch) - 1, logs)
            else:
                for callback in self.callbacks.callbacks:
                    if hasattr(callback, "on_part_end"):
                        callback.on_part_end(self.made, logs)
        self._agree_to_stop()

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Within it the network has the average of its weights."""
        weights = self.network.trainable_variables
        now = [weight.numpy() for weight in weights]
        for weight, mean in zip(weights, self._average, strict=True):
            weight.assign(mean)
        try:
            yield
        finally:
            for weight, value in zip(weights, now, strict=True):
                weight.assign(value)

    def weights(self) -> Arrays:
        """A copy of the average of the weights, under the names of their variables."""
        pairs = zip(
            self.network.trainable_variables, self._average, strict=False
        )  # the course keeps no average
        means = {id(weight): mean for weight, mean in pairs}
        return {
            f"{index}": means.get(id(weight), weight).numpy()
            for index, weight in enumerate(self.network.weights)
        }

    def _arguments(self) -> dict[str, Any]:
        """The network's, with what it was trained on before this run."""
        about = {**self.network.about, "training": self._before} if self._before else {}
        return {**self.network.arguments(), "about": about}

    def _variables(self) -> Iterator[tuple[str, Any]]:
        """Every variable that changes, each under a name of its own."""
        groups = {
            "weights": self.network.weights,
            "average": self._average,
            "optimizer": self.network.optimizer.variables,
        }
        for group, variables in groups.items():
            for index, variable in enumerate(variables):
                yield f"{group}/{index}", variable

    def checkpoint(self) -> tuple[Mapping[str, Any], Arrays]:
        """All that it takes to go on from here; in a cluster each process gives the states of its rows."""
        arrays = {name: variable.numpy() for name, variable in self._variables()}
        states = [part.numpy() for state in self._states for part in state]
        arrays |= {f"states/{index}": self.cluster.gather(part) for index, part in enumerate(states)}
        progress = {
            "network": self._arguments(),
            "epochs": self.settings.epochs,
            "update": self.made,
            "epoch's nats": self._epoch_nats,
            "processes": self.cluster.size,
        }
        return progress, arrays

    def restore(self, checkpoint: Checkpoint, path: Path) -> Sequence[str]:
        """Go on from a checkpoint, read from ``path``.

        Raises:
            WrongCall: if it is of another run, or of a longer one.
            ModelFileError: if it makes no sense; nothing has been changed then.
        """
        progress, arrays = checkpoint.progress, checkpoint.arrays
        fewer_or_more = progress.get("processes") != self.cluster.size
        notes = checkpoint.require_same(self.identity, path, (THREADS,) if fewer_or_more else ())
        states = zeros(self.network, slice(0, self.feed.rows))
        wanted = {name: variable.numpy() for name, variable in self._variables()}
        try:
            made, (nats, count) = progress["update"], progress["epoch's nats"]
            if type(made) is not int or made < 0 or not math.isfinite(float(nats)) or type(count) is not int:
                raise ValueError("its update or its losses are out of all bounds")
            names = [f"states/{index}" for index in range(2 * len(states))] if made else []
            parts = [part.numpy() for state in states for part in state]
            require_like(arrays, wanted | dict(zip(names, parts, strict=False)))
            before = int(progress["epochs"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise unusable(path, error) from error
        if made > self.total:
            epochs = -(-made // self.epoch)
            raise WrongCall(f"{path} has come to epoch {epochs:,} already; --epochs must be at least as many")
        for name, variable in self._variables():
            variable.assign(arrays[name])
        mine = self.cluster.rows(self.feed.rows)
        kept = [tf.constant(arrays[name][mine]) for name in names]
        self._states = list(zip(kept[::2], kept[1::2], strict=True))
        self.made, self._epoch_nats = made, (float(nats), count)
        if before != self.settings.epochs:
            notes.append(
                f"the learning rate now falls over {self.settings.epochs:,} epochs, no longer over {before:,}"
            )
        if fewer_or_more:
            notes.append(
                f"{progress.get('processes')} processes began it, and {self.cluster.size} go on: "
                "the weights will be the same but for rounding"
            )
        return notes

    def when(self, update: int) -> str:
        """A moment in words."""
        epoch, index = divmod(update, self.epoch)
        return f"epoch {epoch + 1}, update {index}" if index or not epoch else f"epoch {epoch}"

    def told(self, kept: Kept) -> str:
        """What is said about the model file."""
        if kept.update == 0 and kept.validation is not None:
            return (
                ", weights as they were: this run made nothing better on held-out text than their "
                f"{kept.validation:.4f} nats per character"
            )
        whole, more = divmod(kept.update, self.epoch)
        when = f"from within epoch {whole + 1}" if more else f"of epoch {whole}"
        nats = kept.validation
        return f", weights {when}" + (
            "" if nats is None else f", the best on held-out text: {nats:.4f} nats per character"
        )

    def trained(self, kept: Kept) -> CharacterLSTM:
        """A network of its own with the weights that were kept, which says what it was trained on."""
        run = {**self._about(), "epochs": kept.update // self.epoch, "validation_nats": kept.validation}
        arguments = self._arguments()
        arguments["about"] = {**arguments["about"], "training": [*self._before, run]}
        network = CharacterLSTM(**arguments)
        network.set_weights([kept.weights[f"{index}"] for index in range(len(network.weights))])
        return network

    def _about(self) -> dict[str, Any]:
        return {
            "corpus": self._corpus.source,
            "sha256": self._corpus.sha256,
            "characters": len(self._corpus.ids),
            **self._corpus.whence,
            "split": self.split.spans(),
            "seed": self.settings.seed,
            "settings": {**asdict(self.settings), "dropout": self.network.dropout_rate},
        }

    def save(self, path: Path, kept: Kept, history: History) -> None:
        """Write a model file.

        Raises:
            OutputError: if it cannot be written.
        """
        save(self.trained(kept), path)

    def continues(self, path: Path) -> bool:
        """Whether a model file is of the same run, at any of its moments."""
        try:
            *before, run = keras_file.read(path).about["training"]
        except (MissingFile, ModelFileError, KeyError, ValueError, TypeError):
            return False
        ours = self._about()
        ours["settings"] = {**ours["settings"], "epochs": run.get("settings", {}).get("epochs")}
        apart = dict.fromkeys(("epochs", "validation_nats", "sources"))  # the folder may have moved
        return before == self._before and {**run, **apart} == {**ours, **apart}


def network_in(checkpoint: Checkpoint, path: Path) -> CharacterLSTM:
    """A network of the shape that the checkpoint is of, its weights still to be put in place.

    Raises:
        WrongCall: if it is of a run that is none of poems.
        ModelFileError: if it makes no sense, or asks for more numbers than are in the file ``path``.
    """
    try:
        return CharacterLSTM(**config_in(checkpoint, path))
    except TypeError as error:
        raise unusable(path, error) from error


def run(
    training: Training,
    files: Files | None = None,
    *,
    give_back: bool = False,
    **options: Any,  # noqa: ANN401
) -> CharacterLSTM:
    """Train to the end, with all that Keras's callbacks are told of a ``fit``.

    Args:
        training: what learns.
        files: what is left behind, or None.
        give_back: whether Ctrl-C gives back what was learned; otherwise it is raised.
        options: more of what :class:`charlm.run.training.Run` takes.

    Returns:
        A network with the weights worth keeping.

    Raises:
        TrainingDiverged, OutputError, WrongCall, KeyboardInterrupt: as ``Run.run`` has them.
    """
    driver = Run(training, files, settle=training.cluster.settle, **options)
    training.callbacks.on_train_begin()
    kept = driver.run_or_stop() if give_back else driver.run()
    training.callbacks.on_train_end(training.logs)
    return training.trained(kept)


def train(
    text: str | Path,
    *,
    units: int = NetworkSettings.units,
    layers: int = NetworkSettings.layers,
    dropout: float = NetworkSettings.dropout,
    epochs: int = TrainingSettings.epochs,
    batch_size: int | None = None,
    learning_rate: float = TrainingSettings.learning_rate,
    validation: float = TrainingSettings.validation,
    patience: int | None = None,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    every: int | None = None,
    progress: Callable[[Report], object] | None = None,
) -> CharacterLSTM:
    """Train a new network on a text; nothing is written. Ctrl-C ends it early, with what was learned by then.

    Args:
        text: the text itself, or a path to its file.
        units: see :class:`NetworkSettings`, as the next two.
        layers: see there.
        dropout: see there.
        epochs: see :class:`TrainingSettings`, as the next six.
        batch_size: see there.
        learning_rate: see there.
        validation: see there.
        patience: see there.
        seed: see there.
        callbacks: Keras's or anybody's, called as ``fit`` calls them.
        every: the updates after which to score within an epoch; left out: EVERY where an epoch is long.
        progress: takes a :class:`charlm.run.training.Report` after each update; left out, a notebook shows a
            line that moves, and nothing is printed elsewhere.

    Returns:
        The network with the weights of its best epoch; ``shakespeare.save`` writes it.

    Raises:
        InvalidOption: for a value out of its range.
        MissingFile: if a path names nothing.
        CorpusError: if the text cannot be read or is too short.
        TrainingDiverged: if the loss is no longer a number, or hopeless.
    """
    shape = NetworkSettings(units, layers, dropout)
    settings = TrainingSettings(
        epochs, batch_size, learning_rate=learning_rate, validation=validation, patience=patience, seed=seed
    )
    corpus = encode(str(text)) if isinstance(text, Path) else encode_text(text)
    network = new_network(corpus.vocabulary, shape, seed)
    part = report_every(every, None, corpus, settings)
    training = Training(network, corpus, settings, vars(shape), callbacks, every=part)
    with deferred_interrupt() as stop, progress_of(progress) as report:
        return run(training, give_back=True, patience=patience, stop=stop, report=report)


def finetune(
    text: str | Path,
    model: str | Path | None = None,
    *,
    epochs: int = FINETUNE_EPOCHS,
    batch_size: int | None = None,
    learning_rate: float = FINETUNE_RATE,
    validation: float = TrainingSettings.validation,
    patience: int | None = None,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    every: int | None = None,
    progress: Callable[[Report], object] | None = None,
) -> CharacterLSTM:
    """Go on training a model on a text; nothing is written, and Ctrl-C ends it as in :func:`train`.

    The text's characters that the model does not know are added to it.

    Args:
        text: the text itself, or a path to its file.
        model: its file; None: the one that ships.
        epochs: see :func:`train`, as the others.
        batch_size: see there.
        learning_rate: see there.
        validation: see there.
        patience: see there.
        seed: see there.
        callbacks: see there.
        every: see there.
        progress: see there.

    Returns:
        The network with the weights of its best epoch, or those that it began with if none is better.

    Raises:
        ModelFileError: for a model file that is damaged or of another kind; otherwise as :func:`train`.
    """
    settings = TrainingSettings(
        epochs,
        batch_size,
        FINETUNE_STREAMS,
        learning_rate,
        validation=validation,
        patience=patience,
        seed=seed,
    )
    plain = keras_file.read(model or keras_file.shipped())
    known = plain.vocabulary
    corpus = encode(str(text), known) if isinstance(text, Path) else encode_text(text, known)
    network = network_for(plain, corpus, seed)
    part = report_every(every, plain.window, corpus, settings)
    training = Training(network, corpus, settings, callbacks=callbacks, begins_trained=True, every=part)
    with deferred_interrupt() as stop, progress_of(progress) as report:
        return run(training, give_back=True, patience=patience, stop=stop, report=report)


def network_for(plain: Network, corpus: EncodedCorpus, seed: int) -> CharacterLSTM:
    """The network in a model file, with room for what the corpus has that is new to it."""
    network = from_arrays(plain)
    return extended(network, corpus.vocabulary, seed) if corpus.new else network
