"""A training run over a list of names: its state, its losses, its checkpoints."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import charlm
from charlm.errors import TrainingDiverged, WrongCall, require_number
from charlm.run.checkpoints import Checkpoint, unusable
from charlm.vocabulary import Vocabulary
from dino.descent import descend, shuffled_epochs
from dino.history import History
from dino.names import END, NameList
from dino.names_model import LARGEST_WEIGHT, NamesModel, usable
from dino.rnn import Array, BackpropagationThroughTime, DinoRNN, Parameters
from dino.sequences import Sequences
from dino.training_settings import REPORT_EVERY, TrainingSettings

SMOOTHING = 0.999
"""How much of the smoothed loss stays at each step, the course's."""


class Training:
    """One run over a list of names; :meth:`advance` goes on with it, :meth:`model` is what it has learned.

    Args:
        names: the list; it is divided here if the settings say so.
        settings: see :class:`TrainingSettings`.

    Attributes:
        step: how many updates were made.
        loss: the smoothed training loss in nats per character.
        history: the losses so far.
    """

    def __init__(self, names: NameList, settings: TrainingSettings) -> None:
        self.names = names
        self.settings = settings
        self.trained_on, self.held_out = names.split(settings.validation, settings.seed)
        self.vocabulary = Vocabulary.of([*names.names, END])
        self.step = 0
        self._parameters = Parameters.drawn(
            settings.hidden_size, len(self.vocabulary), np.random.RandomState(settings.seed)
        )
        self._sequences = Sequences(
            self.vocabulary.encode(END.join(["", *self.trained_on, ""])), self.vocabulary.index(END)
        )
        self._updates = self._started()
        self._smoothed = math.log(len(self.vocabulary)), 1.0  # nats, and the predictions they are for
        self._good = self._parameters.flat.copy()  # the weights to go back to
        self._best = self._parameters.flat.copy(), math.inf
        self.history = History((), (), ())

    def _started(self) -> Iterator[tuple[float, int]]:
        """The updates from the current step on."""
        return descend(
            BackpropagationThroughTime(self._parameters, self._sequences.longest),
            self._sequences,
            shuffled_epochs(len(self._sequences), self.settings.seed, self.step),
            learning_rate=self.settings.learning_rate,
            carry_state=False,
        )

    @property
    def loss(self) -> float:
        """The smoothed training loss, nats per character."""
        nats, predictions = self._smoothed
        return nats / predictions

    @property
    def finished(self) -> bool:
        """Whether all steps were made."""
        return self.step >= self.settings.steps

    def advance(self, steps: int) -> None:
        """Make this many updates, or as many as are left.

        Raises:
            TrainingDiverged: if the loss or a weight is out of all bounds. Whatever ends it early, step and
                weights go back to those before.
        """
        before, smoothed = self.step, self._smoothed
        self._good[...] = self._parameters.flat
        try:
            self._descend(steps)
        except BaseException:
            self.step, self._smoothed = before, smoothed
            self._parameters.flat[...] = self._good
            self._updates = self._started()
            raise

    def _descend(self, steps: int) -> None:
        nats, predictions = self._smoothed
        before = self.step
        with np.errstate(all="ignore"):  # what overflows shows in the loss, or in the weights at the end
            for _ in range(min(steps, self.settings.steps - self.step)):
                loss, count = next(self._updates)
                if not loss < math.inf:
                    raise self._diverged(f"the loss became {loss}", before)
                nats = SMOOTHING * nats + (1 - SMOOTHING) * loss
                predictions = SMOOTHING * predictions + (1 - SMOOTHING) * count
                self.step += 1
        if not usable(self._parameters.flat):
            raise self._diverged(f"a weight grew beyond {LARGEST_WEIGHT:g}", before)
        self._smoothed = nats, predictions

    def _diverged(self, what: str, before: int) -> TrainingDiverged:
        return TrainingDiverged(
            f"{what} at step {self.step:,}; lower the learning rate (it is {self.settings.learning_rate:g}); "
            f"the weights of step {before:,} are kept"
        )

    def record(self) -> float | None:
        """Note the losses for the plot; with held-out names, return theirs in nats per character."""
        validation = None
        if self.held_out:
            validation = self.current().nats_per_character(self.held_out)
            if validation < self._best[1]:
                self._best = self._parameters.flat.copy(), validation
        self.history = self.history.extended(self.step, self.loss, validation)
        return validation

    def current(self) -> NamesModel:
        """The model with the current weights."""
        return NamesModel(
            rnn=DinoRNN(self.vocabulary, self._parameters),
            trained_on=self.trained_on,
            held_out=self.held_out,
            source=self.names.source,
            sha256=self.names.sha256,
            settings={**vars(self.settings), "steps": self.step},
            history=self.history,
        )

    def model(self) -> NamesModel:
        """The model with the best weights by the held-out names, or the current ones without any."""
        if not math.isfinite(self._best[1]):
            return self.current()
        best = Parameters(self._parameters.hidden_size, self._parameters.vocabulary_size)
        best.flat[...] = self._best[0]
        return replace(self.current(), rnn=DinoRNN(self.vocabulary, best))

    @property
    def identity(self) -> dict[str, object]:
        """What the run is determined by, beside how long it lasts."""
        return {
            "the program's version": charlm.__version__,
            "NumPy's version": np.__version__,
            "the names' sha256": self.names.sha256,
            "the characters": self.vocabulary.characters,
            "hidden": self.settings.hidden_size,
            "learning rate": self.settings.learning_rate,
            "seed": self.settings.seed,
            "validation": self.settings.validation,
        }

    def checkpoint(self) -> Checkpoint:
        """All that it takes to go on from here."""
        best, best_loss = self._best
        progress = {
            "step": self.step,
            "finished": self.finished,
            "smoothed": self._smoothed,
            "best": best_loss if math.isfinite(best_loss) else None,
            "history": vars(self.history),
        }
        return Checkpoint(self.identity, progress, {"weights": self._parameters.flat, "best": best})

    def restore(self, checkpoint: Checkpoint, path: Path) -> None:
        """Go on from a checkpoint, read from ``path``.

        Raises:
            WrongCall: if it is of another run, or has made more steps than this one will.
            ModelFileError: if it makes no sense.
        """
        checkpoint.require_same(self.identity, path)
        try:
            step = int(checkpoint.progress["step"])
            nats, predictions = map(float, checkpoint.progress["smoothed"])
            best_loss = checkpoint.progress["best"]
            best_loss = math.inf if best_loss is None else float(best_loss)
            history = History.of(checkpoint.progress["history"])
            weights, best = (self._fitting(checkpoint.arrays[name]) for name in ("weights", "best"))
            if step < 0 or not 0 <= nats < math.inf or not 0 < predictions < math.inf or not best_loss > 0:
                raise ValueError("its step or its losses are out of all bounds")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise unusable(path, error) from error
        if step > self.settings.steps:
            raise WrongCall(f"{path} has made {step:,} steps already; --steps must be at least as many")
        self.step, self._smoothed, self.history = step, (nats, predictions), history
        self._parameters.flat[...] = weights
        self._best = best, best_loss
        self._updates = self._started()

    def _fitting(self, weights: Array) -> Array:
        """Weights of a checkpoint, if they are such as this run could have; else a ValueError."""
        mine = self._parameters.flat
        if weights.shape != mine.shape or weights.dtype != mine.dtype or not usable(weights):
            raise ValueError(
                "its weights do not fit the hidden units and the names, or are out of all bounds"
            )
        return weights


def train(
    names: NameList,
    *,
    steps: int = TrainingSettings.steps,
    hidden_size: int = TrainingSettings.hidden_size,
    learning_rate: float = TrainingSettings.learning_rate,
    seed: int = TrainingSettings.seed,
    validation: float = TrainingSettings.validation,
    every: int = REPORT_EVERY,
) -> NamesModel:
    """Train on names from beginning to end.

    Args:
        names: see :func:`dino.load_names`.
        steps: see :class:`TrainingSettings`, as the next four.
        hidden_size: n_a.
        learning_rate: of plain gradient descent.
        seed: of everything that is drawn.
        validation: the share of names held out.
        every: after how many steps the losses are noted and the held-out names scored.

    Raises:
        InvalidOption: for a value out of its range.
        TrainingDiverged: if the loss or a weight is out of all bounds.
    """
    settings = TrainingSettings(steps, hidden_size, learning_rate, seed, validation)
    require_number("every", every, at_least=1)
    training = Training(names, settings)
    while not training.finished:
        training.advance(every)
        training.record()
    return training.model()
