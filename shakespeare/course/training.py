"""The course's training: its network, its windows, its batches, through Keras's own ``fit``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from charlm.errors import CorpusError
from charlm.run.console import say, show
from charlm.run.fetching import locate
from charlm.run.files import digest
from charlm.run.signals import Stop
from charlm.run.training import Files, Losses, Run
from charlm.vocabulary import Vocabulary, printable
from shakespeare import course
from shakespeare.corpus import Batch, Feed, Split
from shakespeare.course import h5_file
from shakespeare.encoded import EncodedCorpus, encode
from shakespeare.network import CharacterLSTM
from shakespeare.saving import save
from shakespeare.training import Training
from shakespeare.training_settings import WINDOW_BATCH, TrainingSettings

PUBLISHED = 2.5550
"""The loss at which the course's notebook ends its one epoch."""

WEIGHTS = "the first weights' sha256"
"""What a run's identity calls the file that it began with."""

NEAR = 0.1
"""A loss that differs by no more is taken for the same."""


class CourseTraining(Training):
    """A run of the course's: each epoch is one ``model.fit``, so it is resumed from the epoch's beginning.

    Args:
        network: compiled, with its optimizer's state.
        corpus: the text; all of it is trained on.
        epochs: passes over it.
        seed: of dropout and of the order of the windows.
        identity: what determines the run beside these.
        callbacks: handed to ``fit``.
        stop: whether the process is to end.
    """

    def __init__(
        self,
        network: CharacterLSTM,
        corpus: EncodedCorpus,
        epochs: int,
        seed: int,
        identity: Mapping[str, Any] | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        stop: Stop | None = None,
    ) -> None:
        self._stop, self._in_fit = stop or Stop(), list(callbacks)
        settings = TrainingSettings(epochs, WINDOW_BATCH, validation=0, seed=seed)
        super().__init__(network, corpus, settings, {**(identity or {}), "the course's way": True})
        self.begins_trained = False  # nothing is held out to score it on

    def _parts(self) -> Split:
        return Split(0, len(self._corpus.ids), len(self._corpus.ids))

    def _compile(self) -> None:
        """The network is compiled already; its optimizer may still have no variables."""
        if not self.network.optimizer.built:
            self.network.optimizer.build(self.network.trainable_variables)

    def advance(self, updates: int) -> Losses:
        """Run one epoch of ``fit``, however many updates are asked for."""
        epoch = self.made // self.period
        self.network.dropout.seed_generator.state.assign(
            np.random.SeedSequence([self.settings.seed, epoch]).generate_state(2)
        )
        counted = keras.callbacks.LambdaCallback(on_train_batch_end=self._count)
        history = self.network.fit(
            _Batches(self.feed, epoch),
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=[counted, keras.callbacks.TerminateOnNaN(), *self._in_fit],
            shuffle=False,  # seed and epoch determine the order of the windows
            verbose=0,
        )
        self.network.stop_training = False
        windows = sum(map(self.feed.rows_of, range(self.period)))
        return [(history.history["loss"][-1] * windows, windows)]

    def _count(self, batch: int, logs: Any) -> None:  # noqa: ANN401 - Keras's signature
        self.made += 1
        self._stop.check()

    def ended(self, training: float, validation: float | None) -> None:
        """``fit`` has told the callbacks."""

    def _about(self) -> dict[str, Any]:
        settings = {"course": True, "epochs": self.settings.epochs, "batch_size": WINDOW_BATCH}
        return {**super()._about(), "settings": settings}

    def save(self, path: Path, kept: Any, history: Any) -> None:  # noqa: ANN401 - as Training has them
        """Write the network with its optimizer's state."""
        network = self.network
        before = network.about
        network.about = self.trained(kept).about
        network.set_weights([kept.weights[f"{index}"] for index in range(len(network.weights))])
        save(network, path)
        network.about = before


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """An epoch's batches, as ``fit`` takes them."""

    def __init__(self, feed: Feed, epoch: int) -> None:
        super().__init__()
        self._feed, self._epoch = feed, epoch

    def __len__(self) -> int:
        return self._feed.batches

    def __getitem__(self, index: int) -> Batch:
        return self._feed.batch(self._epoch, index)


def train_as_the_course(
    source: str,
    weights: Path | None,
    files: Files,
    callbacks: Sequence[keras.callbacks.Callback],
    watched: Mapping[str, Any],
    *,
    epochs: int,
    seed: int,
) -> None:
    """Train without validation, print the loss beside the published one, and write the network.

    Args:
        source: the corpus; the published loss is of the Sonnets, 246 updates an epoch.
        weights: one of the course's ``.h5`` files; None: that of its notebook, or new weights if it cannot
            be had.
        files: where the network goes, with Adam's state in it.
        callbacks: handed to ``fit``.
        watched: what ``console.watched`` yields.
        epochs: passes over the corpus.
        seed: of dropout, of the order of the windows, and of new weights.

    Raises:
        CorpusError: if the text cannot be had, or has characters that the course's network does not know.
        TrainingDiverged: if the loss is no longer a number.
        WrongCall: if the checkpoint that is to be gone on from is of another run.
    """
    corpus = encode(source, Vocabulary(h5_file.VOCABULARY))
    if corpus.new:
        raise CorpusError(
            f"{source} has characters that the course's network does not know: {printable(corpus.new)}; "
            "without --course they are added to the model's"
        )
    found = files.checkpoints.found()
    new = found is not None and weights is None and found.identity.get(WEIGHTS) is None
    weights, network = (None, course.new_model()) if new else _network(weights, seed)
    identity = {WEIGHTS: weights and digest(weights)}
    training = CourseTraining(network, corpus, epochs, seed, identity, callbacks, watched["stop"])
    windows = sum(map(training.feed.rows_of, range(training.period)))
    show(f"{windows:,} windows, {training.period:,} updates of {WINDOW_BATCH} an epoch, none held out")
    run = Run(training, files, **watched)
    run.run()
    loss = run.reports.training[0]
    show(f"loss of the first epoch {loss:.4f}; the course publishes {PUBLISHED:.4f}")
    if abs(loss - PUBLISHED) > NEAR:
        show(_reason(source, weights))


def _network(weights: Path | None, seed: int) -> tuple[Path | None, CharacterLSTM]:
    """The file of the weights to begin with, None if they are new ones, and the network."""
    try:
        path = weights or locate(h5_file.KNOWN["course-350"])
    except CorpusError as error:
        say(f"the course's weights cannot be had, so training begins with new ones: {error}")
        keras.utils.set_random_seed(seed)
        return None, course.new_model()
    network, adam = h5_file.read(path)
    show(f"weights of {path.name}, after {adam.steps:,} updates by Adam")
    return path, course.keras_model(network, adam)


def _reason(source: str, weights: Path | None) -> str:
    """Why the loss is not the published one."""
    if source != "sonnets":
        return f"they differ, for the published loss is of the Sonnets, and this one of {source}"
    if weights is None:
        return "they differ, for the course goes on from weights of 350 epochs, and this network was new"
    usual = h5_file.KNOWN["course-350"].file_name
    return f"they differ, for the course goes on from {usual}, and this run from {weights.name}"
