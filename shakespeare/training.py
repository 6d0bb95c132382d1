"""Training a network on streams of text: ``fit`` with all that belongs to it."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import typer

from charlm.cli import on_terminal
from charlm.corpora import Corpus
from charlm.errors import TrainingDiverged, require_number
from charlm.files import replacing
from charlm.vocabulary import Vocabulary
from shakespeare.carried_state import CarriedState, EpochStart
from shakespeare.corpus import Parts, Streams, parts, validation_streams
from shakespeare.network import CharacterLSTM

GRADIENT_NORM = 1.0
"""The bound of the norm of all gradients together."""

FINAL_RATE = 0.05
"""What is left of the learning rate at the end of its fall along a cosine."""

AVERAGED = 0.04
"""The weights scored and kept are an average over about the last so many of all the run's updates."""


@dataclass(frozen=True)
class TrainingSettings:
    """What a run is determined by, beside the text and the network.

    Args:
        epochs: passes over the text.
        streams: how many places of the text are read side by side, the rows of a batch.
        length: characters that each reads in a batch; gradients reach as far back.
        learning_rate: of AdamW, at first; it falls along a cosine.
        weight_decay: of AdamW.
        validation: the share of the text that is held out to choose among the epochs by.
        seed: of new weights, of dropout, and of where in the text each epoch begins.

    Raises:
        InvalidOption: for a value out of its range.
    """

    epochs: int = 20
    streams: int = 64
    length: int = 100
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    validation: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        require_number("epochs", self.epochs, at_least=1)
        require_number("the number of streams", self.streams, at_least=1, at_most=4096)
        require_number("the length of a stream's step", self.length, at_least=1, at_most=10_000)
        require_number("the learning rate", self.learning_rate, above=0)
        require_number("the weight decay", self.weight_decay, at_least=0)
        require_number("the validation share", self.validation, at_least=0, below=1)
        require_number("seed", self.seed, at_least=0, at_most=2**32 - 1)


class KeepBest(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the network after each epoch that is the best so far, and keeps the losses.

    Args:
        network: what is written.
        output: the file.
        about: what the file says of this run; the epoch and its loss are added.

    Attributes:
        history: of each epoch the training loss and the validation loss, nats per character; the second is
            None without validation.
    """

    def __init__(self, network: CharacterLSTM, output: Path, about: dict[str, Any]) -> None:
        super().__init__()
        self._network = network
        self._output = output
        self._about = about
        self._before = list(network.about.get("training", []))
        self._best = math.inf
        self._started = time.monotonic()
        self.history: list[tuple[float, float | None]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Compare, write, and say so in a line where no progress bar does."""
        logs = logs or {}
        training, validation = logs["loss"], logs.get("val_loss")
        if not math.isfinite(training):
            raise TrainingDiverged(
                f"the loss became {training} in epoch {epoch + 1}; lower the learning rate; "
                "the best weights of before are kept"
            )
        self.history.append((training, validation))
        nats = training if validation is None else validation
        if nats < self._best or validation is None:
            self._best = nats
            self._write(epoch + 1, validation)
        if not on_terminal():
            held_out = "" if validation is None else f", held out {validation:.4f}"
            seconds = time.monotonic() - self._started
            typer.echo(
                f"epoch {epoch + 1}: training {training:.4f}{held_out} nats per character, {seconds:.0f} s"
            )

    def _write(self, epochs: int, validation: float | None) -> None:
        run = {**self._about, "epochs": epochs, "validation_nats": validation}
        self._network.about = {**self._network.about, "training": [*self._before, run]}
        with replacing(self._output) as temporary:
            self._network.save(temporary)


def new_network(corpus: Corpus, *, units: int, layers: int, dropout: float, seed: int) -> CharacterLSTM:
    """A network with weights drawn anew, for the characters of a text and those of the rest of its corpus."""
    require_number("units", units, at_least=1, at_most=4096)
    require_number("layers", layers, at_least=1, at_most=8)
    require_number("dropout", dropout, at_least=0, below=1)
    keras.utils.set_random_seed(seed)
    vocabulary = Vocabulary.of(corpus.text)
    return CharacterLSTM(vocabulary.characters, units, layers, dropout=dropout)


def fit(
    network: CharacterLSTM,
    corpus: Corpus,
    settings: TrainingSettings,
    output: Path,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> list[tuple[float, float | None]]:
    """Train a network on a text, and write it as it was at its best epoch.

    Returns:
        Of each epoch the training and the validation loss, nats per character.

    Raises:
        CorpusError: if the text is too short.
        OutputError: if the file cannot be written.
        TrainingDiverged: if the loss is no longer a number.
    """
    cut = parts(corpus, settings.validation)
    ids = network.vocabulary.encode(cut.training).astype(np.uint16)
    streams = Streams(ids, settings.streams, settings.length, settings.seed)
    held_out = validation_streams(network.vocabulary.encode(cut.validation)) if cut.validation else None
    trained = CarriedState(network, streams.streams, held_out.streams if held_out else 1)
    trained.compile(
        optimizer(settings, streams.batches),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    keep = KeepBest(network, output, about(corpus, cut, settings))
    trained.fit(
        streams.endlessly(),
        steps_per_epoch=streams.batches,
        epochs=settings.epochs,
        validation_data=held_out.endlessly() if held_out else None,
        validation_steps=held_out.batches if held_out else None,
        callbacks=[
            EpochStart(settings.seed),
            keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
            keep,
            *callbacks,
        ],
        shuffle=False,
        verbose=1 if on_terminal() else 0,
    )
    return keep.history


def optimizer(settings: TrainingSettings, updates: int) -> keras.optimizers.Optimizer:
    """AdamW with a rate that rises for a little while, then falls along a cosine over so many epochs' updates."""
    steps = settings.epochs * updates
    warmup = min(100, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else settings.learning_rate,
        max(1, steps - warmup),
        alpha=FINAL_RATE,
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    adam = keras.optimizers.AdamW(
        rate,
        weight_decay=settings.weight_decay,
        global_clipnorm=GRADIENT_NORM,
        use_ema=True,
        ema_momentum=max(0.0, 1 - 1 / (AVERAGED * steps)),
    )
    adam.exclude_from_weight_decay(var_names=["bias"])
    return adam


def about(corpus: Corpus, cut: Parts, settings: TrainingSettings) -> dict[str, Any]:
    """What a model file says of a run, before it has begun."""
    return {
        "corpus": corpus.source if len(corpus.source) < 200 else corpus.source[-200:],
        "sha256": corpus.sha256,
        "characters": len(corpus.text),
        "split": {
            "training": [0, len(cut.training)],
            "validation": [len(cut.training), len(cut.training) + len(cut.validation)],
            "test": [len(corpus.text) - len(cut.test), len(corpus.text)],
        },
        "seed": settings.seed,
        "settings": asdict(settings),
    }
