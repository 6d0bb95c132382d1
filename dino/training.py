"""A run over a list of names: stochastic gradient descent, one name at a time."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import charlm
from charlm.errors import MissingFile, ModelFileError, WrongCall, require_number
from charlm.language_model import BLANK
from charlm.run.checkpoints import PROCESSOR, Checkpoint, processor, unusable
from charlm.run.console import progress_of
from charlm.run.history import History
from charlm.run.model_file import Arrays
from charlm.run.signals import deferred_interrupt
from charlm.run.threads import one_thread
from charlm.run.training import Kept, Losses, Report, Run
from charlm.vocabulary import Ids, Vocabulary
from dino.fast_rnn import BackpropagationThroughTime, Parameters
from dino.names import END, NameList
from dino.names_model import NamesModel, load, usable
from dino.origin import MODEL, Origin
from dino.rnn import DinoRNN
from dino.training_settings import REPORT_EVERY, TrainingSettings

CLIP = 5.0
"""The bound of every gradient, the course's."""


class Sequences:
    """Names as indices: of each the blank input, its characters and the end.

    Args:
        ids: all names in a row, (length,), with ``end`` before the first and after each.
        end: the index that ends a name.

    Attributes:
        longest: the most predictions that a name takes.
    """

    def __init__(self, ids: Ids, end: int) -> None:
        ends = np.flatnonzero(ids == end)
        self._ids = np.insert(ids, ends + 1, BLANK)
        self._starts = ends + np.arange(1, len(ends) + 1)  # where each blank went
        self.longest = int(np.diff(ends).max())

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> tuple[Ids, Ids]:
        """Inputs and targets of one name, both (characters + 1,)."""
        start, next_start = self._starts[index], self._starts[index + 1]
        return self._ids[start : next_start - 1], self._ids[start + 1 : next_start]


def descend(
    network: BackpropagationThroughTime,
    sequences: Sequences,
    order: Iterator[int],
    *,
    learning_rate: float,
    carry_state: bool,
) -> Iterator[tuple[float, int]]:
    """Train on one name after the other; yield each one's loss in nats and its number of predictions.

    Args:
        network: its parameters are updated in place.
        sequences: the names.
        order: which name comes next; the training ends with it.
        learning_rate: of gradient descent on the clipped gradients.
        carry_state: start each name from the hidden state that the last one ended in, as the course does,
            in place of zeros.
    """
    state: npt.NDArray[np.float64] | None = None
    for index in order:
        inputs, targets = sequences[index]
        loss = network.forward(inputs, targets, state)
        network.backward(inputs, targets)
        network.clip(CLIP)
        network.descend(learning_rate)
        if carry_state:
            state = network.hidden[len(inputs)]
        yield loss, len(inputs)


def shuffled_epochs(count: int, seed: int, passed: int = 0) -> Iterator[int]:
    """Endlessly, every index once an epoch, in an order that depends only on the seed and the epoch.

    Args:
        count: how many indices there are.
        seed: of the orders.
        passed: this many, of all epochs together, are left out at the beginning.
    """
    epoch, first = divmod(passed, count)
    while True:
        yield from np.random.default_rng([seed, epoch]).permutation(count)[first:].tolist()
        epoch, first = epoch + 1, 0


class Training:
    """One run over a list of names, one update a name; follows ``charlm.run.training.Training``.

    Args:
        names: the list; it is divided here if the settings say so.
        settings: see :class:`TrainingSettings`.
        every: how many updates make a period, after which the losses are reported.
        origin: the model that it goes on from, of as many hidden units; None for new weights.

    Attributes:
        trained_on: the names that it learns from.
        held_out: those that it is scored by.

    Raises:
        InvalidOption: for ``every`` below 1.
    """

    chunk = 100
    span, span_name = 2_000, "2,000 names"
    unit = 1, "step"

    def __init__(
        self,
        names: NameList,
        settings: TrainingSettings,
        every: int = REPORT_EVERY,
        origin: Origin | None = None,
    ) -> None:
        require_number("every", every, at_least=1)
        self.names, self.settings, self.period = names, settings, every
        self.source = names.source
        self.trained_on, self.held_out = names.split(settings.validation, settings.seed)
        self.origin, self.begins_trained = origin, origin is not None
        self.vocabulary = Vocabulary.of([*names.names, END, origin.characters if origin else ""])
        self.guessing = math.log(len(self.vocabulary))
        self.made, self.total = 0, settings.steps
        self._parameters = Parameters.drawn(
            settings.hidden_size, len(self.vocabulary), np.random.RandomState(settings.seed)
        )
        if origin:
            origin.lay_out(self._parameters, self.vocabulary)
        self._sequences = Sequences(
            self.vocabulary.encode(END.join(["", *self.trained_on, ""])), self.vocabulary.index(END)
        )
        self._updates = self._started()

    def _started(self) -> Iterator[tuple[float, int]]:
        """The updates from the current one on."""
        return descend(
            BackpropagationThroughTime(self._parameters, self._sequences.longest),
            self._sequences,
            shuffled_epochs(len(self._sequences), self.settings.seed, self.made),
            learning_rate=self.settings.learning_rate,
            carry_state=False,
        )

    @property
    def learning_rate(self) -> float:
        """Of every update."""
        return self.settings.learning_rate

    @property
    def finished(self) -> bool:
        """Whether all updates were made."""
        return self.made >= self.total

    @property
    def identity(self) -> Mapping[str, Any]:
        """What determines the run, apart from its length."""
        return {
            "the program's version": charlm.__version__,
            "NumPy's version": np.__version__,
            PROCESSOR: processor(),
            "the names' sha256": self.names.sha256,
            "the characters": self.vocabulary.characters,
            "hidden": self.settings.hidden_size,
            "learning rate": self.settings.learning_rate,
            "seed": self.settings.seed,
            "validation": self.settings.validation,
            **({MODEL: self.origin.digest} if self.origin else {}),
        }

    def advance(self, updates: int) -> Losses:
        """Make so many updates, or as many as are left; a weight out of bounds shows as an infinite loss."""
        losses = []
        with (
            one_thread,
            np.errstate(all="ignore"),
        ):  # overflow shows in the loss, or in the weights at the end
            for _ in range(min(updates, self.total - self.made)):
                losses.append(next(self._updates))
                self.made += 1
        return losses if usable(self._parameters.flat) else [*losses[:-1], (math.inf, 1)]

    def score(self) -> float | None:
        """What the held-out names cost now, in nats per character; None without any."""
        return self.model().nats_per_character(self.held_out) if self.held_out else None

    def ended(self, training: float, validation: float | None) -> None:
        """There is nobody to tell."""

    def weights(self) -> Arrays:
        """A copy of the weights as they are now."""
        return {"weights": self._parameters.flat.copy()}

    def checkpoint(self) -> tuple[Mapping[str, Any], Arrays]:
        """All that it takes to go on from here."""
        return {"step": self.made}, self.weights() | (self.origin.arrays() if self.origin else {})

    def restore(self, checkpoint: Checkpoint, path: Path) -> Sequence[str]:
        """Go on from a checkpoint, read from ``path``.

        Raises:
            WrongCall: if it is of another run, or has made more steps than this one will.
            ModelFileError: if it makes no sense; nothing has been changed then.
        """
        notes = checkpoint.require_same(self.identity, path)
        mine = self._parameters.flat
        try:
            step, weights = checkpoint.progress["step"], checkpoint.arrays["weights"]
            if type(step) is not int or step < 0:
                raise ValueError("its step is not a whole number from 0 on")
            if weights.shape != mine.shape or weights.dtype != mine.dtype or not usable(weights):
                raise ValueError("its weights do not fit the hidden units and the names, or are too large")
        except (KeyError, ValueError) as error:
            raise unusable(path, error) from error
        if step > self.total:
            raise WrongCall(f"{path} has made {step:,} steps already; --steps must be at least as many")
        self.made = step
        mine[...] = weights
        self._updates = self._started()
        return notes

    def when(self, update: int) -> str:
        """A moment in words."""
        return f"step {update:,}"

    def told(self, kept: Kept) -> str:
        """What is said about the model file."""
        if kept.update == 0 and kept.validation is not None:
            return (
                ", weights as they were: this run made nothing better on held-out names than their "
                f"{kept.validation:.4f} nats per character"
            )
        which = ""
        if kept.validation is not None:
            cost = f"{kept.validation:.4f} nats per character"
            which = f", weights of step {kept.update:,}, the best on held-out names: {cost}"
        return f" after {self._steps(kept):,} steps{which}"

    def _steps(self, kept: Kept | None) -> int:
        """The number of steps to report for these weights; the best ones stand for the whole run."""
        return self.made if kept is None or kept.validation is not None else kept.update

    def model(self, kept: Kept | None = None, history: History | None = None) -> NamesModel:
        """The model with the weights that were kept, or with the current ones."""
        parameters, history = self._parameters, history or History()
        if kept and kept.update == 0 and (nats := kept.validation) is not None:  # those of the model before
            steps, training, validation = vars(history).values()
            history = History((0, *steps), (nats, *training), (nats, *validation))
        if kept:
            parameters = Parameters(parameters.hidden_size, parameters.vocabulary_size)
            parameters.flat[...] = kept.weights["weights"]
        return NamesModel(
            rnn=DinoRNN(self.vocabulary, parameters.letters()),
            trained_on=self.trained_on,
            held_out=self.held_out,
            source=self.names.source,
            sha256=self.names.sha256,
            settings={
                **vars(self.settings),
                "steps": self._steps(kept),
                **({"from": self.origin.digest} if self.origin else {}),
            },
            history=history,
            learned_before=self.origin.learned_from if self.origin else (),
        )

    def save(self, path: Path, kept: Kept, history: History) -> None:
        """Write a model file.

        Raises:
            OutputError: if it cannot be written.
        """
        self.model(kept, history).save(path)

    def continues(self, path: Path) -> bool:
        """Whether a model file is of the same run, at the same step or before."""
        try:
            return self.model().follows(load(path))
        except (MissingFile, ModelFileError):
            return False


def hidden_units(wanted: int | None, origin: Origin | None) -> int:
    """How many a run has: the model's that it goes on from, or as many as are wanted, or the usual.

    Raises:
        InvalidOption: if another number is wanted than the model has.
    """
    if origin:
        return origin.require_hidden(wanted)
    return TrainingSettings.hidden_size if wanted is None else wanted


def train(
    names: NameList | Iterable[str],
    *,
    steps: int = TrainingSettings.steps,
    hidden_size: int | None = None,
    learning_rate: float = TrainingSettings.learning_rate,
    seed: int = TrainingSettings.seed,
    validation: float = TrainingSettings.validation,
    patience: int | None = None,
    every: int = REPORT_EVERY,
    model: NamesModel | None = None,
    progress: Callable[[Report], object] | None = None,
) -> NamesModel:
    """Train on names from beginning to end; Ctrl-C ends it early, with what was learned by then.

    Args:
        names: see :func:`dino.load_names`; or plain strings.
        steps: see :class:`TrainingSettings`, as the next four.
        hidden_size: n_a; left out: 50, or as many as ``model`` has.
        learning_rate: of plain gradient descent.
        seed: of everything that is drawn.
        validation: the share of names held out.
        patience: stop after so many reports in a row without improvement; None: never before the end.
        every: after how many steps the losses are reported and the held-out names scored.
        model: what to go on from, with these names in place of its own; None for new weights.
        progress: takes a :class:`charlm.run.training.Report` of each hundred steps or less; left
            out, a notebook shows a line that moves, and nothing is printed elsewhere.

    Raises:
        InvalidOption: for a value out of its range.
        TrainingDiverged: if the loss or a weight is out of all bounds.
    """
    origin = None if model is None else Origin.of(model)
    settings = TrainingSettings(steps, hidden_units(hidden_size, origin), learning_rate, seed, validation)
    own = names if isinstance(names, NameList) else NameList.of(names)
    training = Training(own, settings, every, origin)
    with deferred_interrupt() as stop, progress_of(progress) as report:
        run = Run(training, patience=patience, stop=stop, report=report)
        return training.model(run.run_or_stop(), run.reports)
